//! Nodes and CSINodes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Meta, object, time};
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::resources::Resources;
use crate::decode::Kind;
use crate::decode::node::{Node, Readiness};
use crate::decode::storage::CsiNode;

/// A node.
pub(crate) fn node(node: &Node) -> Value {
    let metadata = Meta {
        key: Some(ObjectKey::new(Name::default(), node.name)),
        labels: Some(&node.labels),
        created: node.creation_timestamp,
        ..Meta::default()
    };
    let spec = json!({
        "unschedulable": node.unschedulable.then_some(true),
        "taints": taints(node),
        "providerID": node.provider_id,
    });
    let status = json!({
        "capacity": amounts(&node.capacity),
        "allocatable": amounts(&node.allocatable),
        "images": node.images,
        "declaredFeatures": node.declared_features,
        "nodeInfo": { "kubeletVersion": node.kubelet_version },
        "conditions": conditions(node),
    });
    object(Kind::Node, &metadata.to_json(), &spec, &status)
}

/// Its taints, with the times when they were added.
pub(crate) fn taints(node: &Node) -> Vec<Value> {
    let added = |taint| node.taint_times.iter().find(|(other, _)| other == taint).map(|(_, since)| *since);
    let json = node.taints.iter().map(|taint| {
        let mut json = json!(taint);
        if let (Value::Object(fields), Some(since)) = (&mut json, added(taint)) {
            fields.insert("timeAdded".to_owned(), json!(since.to_string()));
        }
        json
    });
    json.collect()
}

fn amounts(resources: &Resources) -> BTreeMap<Name, String> {
    let Resources { milli_cpu, memory, ephemeral_storage, allowed_pod_number, scalars } = resources;
    let standard = [
        ("cpu", *milli_cpu, "m"),
        ("memory", *memory, ""),
        ("ephemeral-storage", *ephemeral_storage, ""),
        ("pods", *allowed_pod_number, ""),
    ];
    let standard = standard.into_iter().filter(|(_, amount, _)| *amount != 0);
    let standard = standard.map(|(resource, amount, unit)| (name(resource), format!("{amount}{unit}")));
    standard.chain(scalars.iter().map(|(resource, amount)| (resource, amount.to_string()))).collect()
}

fn conditions(node: &Node) -> Vec<Value> {
    let Readiness { known, ready, since, suspended } = node.readiness;
    let mut conditions = Vec::new();
    if known {
        let status = if ready { "True" } else { "False" };
        conditions.push(json!({ "type": "Ready", "status": status, "lastTransitionTime": time(since) }));
    } else if !ready || since.is_some() {
        let status = if ready { "False" } else { "True" };
        conditions.push(json!({ "type": "DiskPressure", "status": status, "lastTransitionTime": time(since) }));
    }
    if suspended {
        conditions.push(json!({ "type": "Suspended", "status": "True" }));
    }
    if node.last_transition != since {
        // Which one it was is not kept.
        conditions.push(json!({
            "type": "MemoryPressure", "status": "False", "lastTransitionTime": time(node.last_transition),
        }));
    }
    conditions
}

/// What CSI drivers report of a node.
pub(crate) fn csi_node(node: &CsiNode) -> Value {
    let mut metadata = Meta { key: Some(ObjectKey::new(Name::default(), node.name)), ..Meta::default() };
    if !node.migrated_plugins.is_empty() {
        let plugins = node.migrated_plugins.iter().map(Name::as_str).collect::<Vec<_>>().join(",");
        metadata.annotations.insert("storage.alpha.kubernetes.io/migrated-plugins".to_owned(), json!(plugins));
    }
    let drivers: Vec<Value> = node
        .drivers
        .iter()
        .map(|driver| json!({ "name": driver, "allocatable": node.limit(*driver).map(|count| json!({ "count": count })) }))
        .collect();
    object(Kind::CsiNode, &metadata.to_json(), &json!({ "drivers": drivers }), &Value::Null)
}
