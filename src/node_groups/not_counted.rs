//! Objects that change what the programs that make nodes do, and that are not counted here: each is named.

use super::cluster_autoscaler::Flags;
use crate::decode::autoscaling::{Provisioning, ProvisioningKind};
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
            (Provisioning::Buffer(_), ProvisioningKind::CapacityQuota) if flags.capacity_quotas => {
                Some(format!("CapacityQuota {name} may keep node groups from growing: it was not counted"))
            }
            (Provisioning::Buffer(buffer), ProvisioningKind::CapacityBuffer) if flags.capacity_buffers => {
                let pods = buffer.replicas.map(|replicas| format!("{replicas} ")).unwrap_or_default();
                Some(format!("CapacityBuffer {key} adds {pods}spare pods to the loop: they were not counted"))
            }
            (Provisioning::Buffer(_), ProvisioningKind::ProvisioningRequest) if flags.provisioning_requests => {
                Some(format!("ProvisioningRequest {key} may make node groups grow: it was not counted"))
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
