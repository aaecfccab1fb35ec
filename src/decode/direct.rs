//! Objects decoded from something else than text, for the kinds of which a state has many: the same types on the wire,
//! read by another deserializer.

use serde::{Deserialize, Deserializer};

use super::node::WireNode;
use super::storage::{WireClaim, WireCsiNode, WirePersistentVolume, WireVolumeAttachment};
use super::wire::{WireNamespace, WirePodDisruptionBudget, WireService, WireWorkload};
use super::workload::WorkloadKind;
use super::{Kind, Object};

/// The object of `kind`; none for one that only the decoder of text reads, or finds words for what is wrong with.
pub(crate) fn object<'de, D: Deserializer<'de>>(kind: Kind, value: D) -> Option<Object> {
    /// Reads what is on the wire, and makes of it what is kept.
    fn via<'de, W: Deserialize<'de>, T, D: Deserializer<'de>>(value: D, keep: impl FnOnce(W) -> T) -> Option<Box<T>> {
        W::deserialize(value).ok().map(|wire| Box::new(keep(wire)))
    }
    match kind {
        Kind::Node => via(value, WireNode::into_node).map(Object::Node),
        Kind::Namespace => via(value, WireNamespace::into_namespace).map(Object::Namespace),
        Kind::Service => via(value, WireService::into_service).map(Object::Service),
        Kind::PodDisruptionBudget => via(value, WirePodDisruptionBudget::into_budget).map(Object::PodDisruptionBudget),
        Kind::PersistentVolume => via(value, WirePersistentVolume::into_volume).map(Object::PersistentVolume),
        Kind::PersistentVolumeClaim => via(value, WireClaim::into_claim).map(Object::PersistentVolumeClaim),
        Kind::CsiNode => via(value, WireCsiNode::into_node).map(Object::CsiNode),
        Kind::VolumeAttachment => via(value, WireVolumeAttachment::into_attachment).map(Object::VolumeAttachment),
        Kind::Workload(kind) if !matches!(kind, WorkloadKind::ReplicationController | WorkloadKind::CronJob) => {
            via(value, |workload: WireWorkload| workload.into_workload(kind)).map(Object::Workload)
        }
        _ => None,
    }
}
