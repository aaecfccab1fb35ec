//! Objects by which queues and other schedulers say how far a pod has come: Kueue's Workload, the PodGroups of Volcano
//! and of KAI Scheduler.
//!
//! kube-scheduler knows none of them. Each kind comes with a CRD and says in conditions why its pods wait:
//! <https://github.com/kubernetes-sigs/kueue> apis/kueue/v1beta1/workload_types.go,
//! <https://github.com/volcano-sh/apis> pkg/apis/scheduling/v1beta1/types.go,
//! <https://github.com/NVIDIA/KAI-Scheduler> pkg/apis/scheduling/v2alpha2/podgroup_types.go.

use serde::Deserialize;

use super::autoscaling::{Condition, WireCondition, conditions};
use super::fields::{FieldShape, Hint, Role, metadata};
use crate::api::list::List;
use crate::api::meta::{Metadata, ObjectKey, OwnerReference};
use crate::api::name::Name;

/// Kinds of which the API server knows only if somebody installed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QueueingKind {
    /// Kueue's `Workload`.
    Workload,
    /// Volcano's `PodGroup`.
    PodGroup,
    /// KAI Scheduler's `PodGroup`.
    KaiPodGroup,
}

/// An object of one of these kinds.
#[derive(Clone, Debug)]
pub struct QueueingObject {
    /// Its kind.
    pub kind: QueueingKind,
    /// Namespace and name.
    pub key: ObjectKey,
    /// What it was made for: a Job, a ReplicaSet, a pod.
    pub owner: Option<OwnerReference>,
    /// The queue that it waits in; empty where it says none.
    pub queue: Name,
    /// `status.phase` of a PodGroup: `Pending`, `Inqueue`, `Running`.
    pub phase: Name,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
}

/// The scheduling condition of a KAI PodGroup that fits nowhere.
pub const UNSCHEDULABLE_ON_NODE_POOL: &str = "UnschedulableOnNodePool";

/// The conditions that say why pods wait.
const CONDITIONS: &[&str] =
    &["QuotaReserved", "Admitted", "Evicted", "Finished", "Unschedulable", "Scheduled", UNSCHEDULABLE_ON_NODE_POOL];

/// What is read of either.
pub(super) const FIELDS: FieldShape = FieldShape::Fields(&[
    ("metadata", metadata!(Role::Name(Hint::Group))),
    (
        "spec",
        FieldShape::Fields(&[
            ("queueName", FieldShape::Text(Role::Name(Hint::Group))),
            ("queue", FieldShape::Text(Role::Name(Hint::Group))),
        ]),
    ),
    (
        "status",
        FieldShape::Fields(&[
            ("phase", FieldShape::Kept),
            ("conditions", FieldShape::Conditions(CONDITIONS)),
            ("schedulingConditions", FieldShape::Conditions(CONDITIONS)),
        ]),
    ),
]);

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireQueueingObject {
    metadata: Metadata,
    spec: WireSpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    queue_name: Name,
    queue: Name,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireStatus {
    phase: Name,
    conditions: List<WireCondition>,
    scheduling_conditions: List<WireCondition>,
}

impl WireQueueingObject {
    pub(crate) fn into_object(self, kind: QueueingKind) -> QueueingObject {
        let Self { metadata, spec, status } = self;
        QueueingObject {
            kind,
            key: metadata.key(),
            owner: metadata.owner_references.iter().find(|owner| owner.controller != Some(false)).copied(),
            queue: if spec.queue_name.is_empty() { spec.queue } else { spec.queue_name },
            phase: status.phase,
            conditions: conditions(status.conditions)
                .into_iter()
                .chain(conditions(status.scheduling_conditions))
                .collect(),
        }
    }
}
