//! The other way: objects as the API has them, from what the state keeps.
//!
//! For objects that a what-if question made or changed, which no input has. Decoded again each is what it was written
//! from. Fields that scheduling does not read are not there.

mod device_claim;
mod node;
mod pod;
mod storage;
mod workload;

pub(crate) use device_claim::resource_claim;
pub(crate) use node::{csi_node, node, taints};
pub(crate) use pod::pod;
pub(crate) use storage::persistent_volume_claim;
pub(crate) use workload::workload;

use serde_json::{Map, Value, json};

use crate::api::meta::{Annotations, Metadata, ObjectKey, OwnerReference};
use crate::api::time::Timestamp;
use crate::api::{Labels, Name};
use crate::decode::Kind;

/// An object of `kind`. Nulls and empty lists mean the same as nothing, and are left out.
fn object(kind: Kind, metadata: &Value, spec: &Value, status: &Value) -> Value {
    tidy(json!({
        "apiVersion": kind.api_version(),
        "kind": kind.as_str(),
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }))
}

fn tidy(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().map(|(field, value)| (field, tidy(value)));
            Value::Object(kept.filter(|(_, value)| !is_nothing(value)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(tidy).collect()),
        other => other,
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// What all metadata has.
#[derive(Default)]
struct Meta<'a> {
    key: Option<ObjectKey>,
    uid: Name,
    labels: Option<&'a Labels>,
    owner: Option<OwnerReference>,
    created: Option<Timestamp>,
    deleted: Option<Timestamp>,
    annotations: Map<String, Value>,
}

impl Meta<'_> {
    fn to_json(&self) -> Value {
        let key = self.key.filter(|key| !key.name.is_empty());
        json!({
            "name": key.map(|key| key.name),
            "namespace": self.key.map(|key| key.namespace).filter(|namespace| !namespace.is_empty()),
            "uid": Some(self.uid).filter(|uid| !uid.is_empty()),
            "labels": self.labels.filter(|labels| !labels.is_empty()),
            "ownerReferences": self.owner.map(|owner| [OwnerReference { controller: Some(true), ..owner }]),
            "creationTimestamp": time(self.created),
            "deletionTimestamp": time(self.deleted),
            "annotations": Some(&self.annotations).filter(|annotations| !annotations.is_empty()),
        })
    }
}

/// The metadata of a pod template.
fn template_metadata(metadata: &Metadata) -> Value {
    let Metadata {
        name,
        namespace,
        generate_name,
        uid,
        labels,
        creation_timestamp,
        deletion_timestamp,
        owner_references,
        annotations,
    } = metadata;
    json!({
        "name": name,
        "namespace": namespace,
        "generateName": generate_name,
        "uid": uid,
        "labels": Some(labels).filter(|labels| !labels.is_empty()),
        "creationTimestamp": time(*creation_timestamp),
        "deletionTimestamp": time(*deletion_timestamp),
        "ownerReferences": owner_references,
        "annotations": annotations.as_ref().map(all_annotations),
    })
}

fn all_annotations(annotations: &Annotations) -> Value {
    let Annotations {
        limit_ranger,
        extended_resource_claim,
        mirror,
        scale_up_delay,
        provisioning_request,
        old_provisioning_request,
        daemon_set_pod,
        deletion_cost,
        volcano_group,
        volcano_own_group,
        kai_group,
        vpa_updates,
    } = annotations;
    json!({
        "kubernetes.io/limit-ranger": limit_ranger.map(|_| ""),
        "resource.kubernetes.io/extended-resource-claim": extended_resource_claim,
        "kubernetes.io/config.mirror": mirror.map(|_| ""),
        "cluster-autoscaler.kubernetes.io/pod-scale-up-delay": scale_up_delay,
        "autoscaling.x-k8s.io/consume-provisioning-request": provisioning_request,
        "cluster-autoscaler.kubernetes.io/consume-provisioning-request": old_provisioning_request,
        "cluster-autoscaler.kubernetes.io/daemonset-pod": daemon_set_pod,
        "controller.kubernetes.io/pod-deletion-cost": deletion_cost,
        "scheduling.k8s.io/group-name": volcano_group,
        "scheduling.volcano.sh/group-name": volcano_own_group,
        "pod-group-name": kai_group,
        "vpaUpdates": vpa_updates.map(|_| ""),
    })
}

fn time(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}
