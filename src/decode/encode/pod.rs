//! Pods.

use serde_json::{Map, Value, json};

use super::{Meta, object, time};
use crate::api::pod_template::PodTemplate;
use crate::api::resize::{ContainerResize, ResizeStatus, ResizedResources};
use crate::decode::Kind;
use crate::decode::pod::PodOwn;

/// A pod with what is its own, of `template`.
pub(crate) fn pod(own: &PodOwn, template: &PodTemplate) -> Value {
    let metadata = Meta {
        key: Some(own.key),
        uid: own.uid,
        labels: Some(&own.labels),
        owner: own.controller,
        created: own.creation_timestamp,
        deleted: own.deletion_timestamp,
        annotations: annotations(own),
    };
    let mut spec = json!(template.spec);
    if let Value::Object(fields) = &mut spec {
        fields.insert("nodeName".to_owned(), json!(own.node_name));
    }
    object(Kind::Pod, &metadata.to_json(), &spec, &status(own, template))
}

fn annotations(own: &PodOwn) -> Map<String, Value> {
    let mut annotations = Map::new();
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            annotations.insert(key.to_owned(), value);
        }
    };
    set("kubernetes.io/limit-ranger", own.limit_ranged.then(|| json!("")));
    set("kubernetes.io/config.mirror", own.mirror.then(|| json!("")));
    set("cluster-autoscaler.kubernetes.io/daemonset-pod", own.daemon_set_pod.then(|| json!("true")));
    set(
        "cluster-autoscaler.kubernetes.io/pod-scale-up-delay",
        own.annotated().scale_up_delay.map(|delay| json!(delay)),
    );
    set("scheduling.k8s.io/group-name", own.annotated().group.map(|group| json!(group)));
    let request = own.annotated().provisioning_request.map(|request| json!(request));
    set("autoscaling.x-k8s.io/consume-provisioning-request", request);
    let cost = Some(own.deletion_cost).filter(|cost| *cost != 0);
    set("controller.kubernetes.io/pod-deletion-cost", cost.map(|cost| json!(cost.to_string())));
    set("vpaUpdates", own.vpa_updated.then(|| json!("")));
    annotations
}

fn status(own: &PodOwn, template: &PodTemplate) -> Value {
    let ResizeStatus { infeasible, deferred, containers, pod } = &template.resize;
    let mut conditions = Vec::new();
    if let Some(ready) = own.ready {
        conditions.push(json!({
            "type": "Ready", "status": truth(ready.status), "lastTransitionTime": time(ready.since),
        }));
    }
    if own.preempted_by_scheduler {
        conditions.push(json!({ "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler" }));
    }
    if let Some(scheduled) = &own.scheduled {
        conditions.push(json!({
            "type": "PodScheduled",
            "status": truth(scheduled.status),
            "reason": scheduled.unschedulable.then_some("Unschedulable"),
            "lastTransitionTime": time(scheduled.since),
            "message": scheduled.message,
        }));
    }
    for (holds, reason) in [(infeasible, "Infeasible"), (deferred, "Deferred")] {
        if *holds {
            conditions.push(json!({ "type": "PodResizePending", "status": "True", "reason": reason }));
        }
    }
    let mut statuses: Vec<Value> = containers.iter().map(container_status).collect();
    if own.restarts != 0 {
        // Of the pod's containers only the most restarts are known.
        if statuses.is_empty() {
            let first = template.spec.containers.first().and_then(|container| container.name);
            statuses.push(json!({ "name": first.unwrap_or_default() }));
        }
        if let Some(Value::Object(first)) = statuses.first_mut() {
            first.insert("restartCount".to_owned(), json!(own.restarts));
        }
    }
    let (resources, allocated) = reported(pod);
    json!({
        "phase": own.phase,
        "reason": own.end.as_ref().map(|end| &end.reason),
        "message": own.end.as_ref().map(|end| &end.message),
        "nominatedNodeName": own.nominated_node_name,
        "startTime": time(own.start_time),
        "conditions": conditions,
        "containerStatuses": statuses,
        "resourceClaimStatuses": own.resource_claim_statuses,
        "resources": resources,
        "allocatedResources": allocated,
    })
}

fn truth(holds: bool) -> &'static str {
    if holds { "True" } else { "False" }
}

fn container_status(status: &ContainerResize) -> Value {
    let (resources, allocated) = reported(&status.resources);
    json!({ "name": status.container, "resources": resources, "allocatedResources": allocated })
}

fn reported(resources: &ResizedResources) -> (Option<Value>, Value) {
    let ResizedResources { has_resources, actuated, allocated } = resources;
    (has_resources.then(|| json!({ "requests": actuated })), json!(allocated))
}
