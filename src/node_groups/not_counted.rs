//! Objects that change what the programs that make nodes do, and that are not counted here: each is named, with why.

use super::cluster_autoscaler::{Flags, VALID};
use crate::decode::autoscaling::buffers::Buffer;
use crate::decode::autoscaling::{Condition, Provisioning, ProvisioningKind, condition};
use crate::state::Cluster;

/// A sentence for each such object of the state. Of the Cluster Autoscaler only those that a flag of it turns on
/// (cluster-autoscaler `config/flags/flags.go`: all are off by default); of Karpenter those of a feature gate that is off
/// by default (sigs.k8s.io/karpenter v1.15 `pkg/operator/options/options.go`, NodeOverlay).
pub fn notes(cluster: &Cluster, flags: &Flags) -> Vec<String> {
    let mut notes = Vec::new();
    for (key, content) in cluster.autoscaling.priorities.iter() {
        if let Err(error) = content {
            let text = "the expander priority ignores a ConfigMap that it cannot read";
            notes.push(format!("ConfigMap {key}: {error}; {text}"));
        }
    }
    for object in cluster.autoscaling.objects.iter() {
        let (key, kind) = (object.key, object.kind);
        let name = key.name;
        notes.extend(match (&object.data, kind) {
            (Provisioning::Buffer(quota), ProvisioningKind::CapacityQuota) if flags.capacity_quotas => {
                // Those that are valid count.
                let valid = condition(&quota.conditions, VALID);
                match valid {
                    Some(valid) if valid.is_true() => None,
                    Some(invalid) => Some(format!(
                        "CapacityQuota {name} limits nothing: the autoscaler found it invalid{}",
                        because(invalid)
                    )),
                    None => Some(format!(
                        "CapacityQuota {name} may keep node groups from growing: the autoscaler has not checked it yet, so \
                         it was not counted"
                    )),
                }
            }
            (Provisioning::Buffer(buffer), ProvisioningKind::CapacityBuffer) => buffer_note(&key.to_string(), buffer, flags),
            (Provisioning::Buffer(request), ProvisioningKind::ProvisioningRequest) => {
                request_note(&key.to_string(), request, flags)
            }
            (Provisioning::Overlay(overlay), _) => {
                let what = match (overlay.capacity.is_empty(), overlay.changes_price) {
                    (false, true) => "capacities and prices",
                    (false, false) => "capacities",
                    _ => "prices",
                };
                let gate = "where Karpenter's feature gate NodeOverlay is on";
                Some(format!("NodeOverlay {name} changes {what} of instance types {gate}: it was not counted"))
            }
            _ => None,
        });
    }
    notes
}

/// A CapacityBuffer stands for pods that are not there: what they are like is in a PodTemplate, which no question about pods
/// reads. The autoscaler's own controller says how many it counts (`processors/capacitybuffer/pod_list_processor.go`).
fn buffer_note(key: &str, buffer: &Buffer, flags: &Flags) -> Option<String> {
    let ready = condition(&buffer.conditions, "ReadyForProvisioning");
    let provisioning = condition(&buffer.conditions, "Provisioning");
    if let Some(not_ready) = ready.filter(|ready| !ready.is_true()) {
        return Some(format!("CapacityBuffer {key} adds no spare pods: it is not ready{}", because(not_ready)));
    }
    let counts = flags.capacity_buffers || provisioning.is_some_and(Condition::is_true);
    let pods = buffer.spare_pods.or(buffer.replicas);
    let count = match pods {
        Some(0) => return None,
        Some(pods) => format!("{pods} "),
        None => String::new(),
    };
    counts.then(|| {
        format!(
            "CapacityBuffer {key} adds {count}spare pods to the autoscaler's loop, which are not counted here (their \
             PodTemplate is not read): groups may grow for them, too, and they take room on new nodes"
        )
    })
}

/// A ProvisioningRequest has pods of its own, which the autoscaler provides for all at once or not at all
/// (`provisioningrequest/orchestrator`). What it came to is in the request's conditions.
fn request_note(key: &str, request: &Buffer, flags: &Flags) -> Option<String> {
    let holds = |kind: &str| condition(&request.conditions, kind).filter(|it| it.is_true());
    let class = request.class.map(|class| format!(" ({class})")).unwrap_or_default();
    if let Some(over) = ["CapacityRevoked", "BookingExpired", "Failed"].iter().find_map(|kind| holds(kind)) {
        return Some(format!("ProvisioningRequest {key}{class} is over: {}{}", over.r#type, because(over)));
    }
    if holds("Provisioned").is_some() {
        return None;
    }
    if let Some(waits) = condition(&request.conditions, "Provisioned") {
        return Some(format!(
            "ProvisioningRequest {key}{class} has no capacity yet{}. Nodes that the autoscaler may add for it are not counted \
             here",
            because(waits).trim_end_matches('.')
        ));
    }
    let accepted = holds("Accepted").is_some();
    (accepted || flags.provisioning_requests).then(|| {
        format!(
            "ProvisioningRequest {key}{class} may make node groups grow for pods that do not exist yet: they are not counted \
             here"
        )
    })
}

/// Why, in the words of the one who set the condition.
fn because(condition: &Condition) -> String {
    match (condition.message.trim(), condition.reason.as_str()) {
        ("", "") => String::new(),
        ("", reason) => format!(": {reason}"),
        (message, _) => format!(": {message}"),
    }
}
