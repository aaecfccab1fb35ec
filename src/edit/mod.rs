//! What-if edits of the state: one vocabulary for suggestions and scenarios.
//!
//! An [`Edit`] is one change that a person could make to the cluster. It is applied in place and
//! hands back an [`Undo`], so that a question about a state of 150,000 pods costs no copy of it;
//! undone in the opposite order, edits leave the state as they found it. As JSON an edit is a
//! step of a scenario: its name in `kind`, and its fields.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::quantity::Quantity;
use crate::api::requests::RequestGates;
use crate::api::taint::{Taint, TaintEffect};
use crate::api::update_strategy::UpdateKind;
use crate::decode::workload::{PodTemplateSpec, Workload, WorkloadKey, WorkloadKind};
use crate::state::Cluster;

mod add_node;
mod add_pod;
mod built_node;
mod claim_change;
mod leave;
mod merge;
mod patch;
mod pod_change;
mod remove_node;
#[cfg(test)]
mod tests;
mod undo;
mod workload;

pub use built_node::{BuiltNode, BuiltPod};
pub use claim_change::ClaimChange;
pub use patch::strategic_merge;
pub use pod_change::{NotChanged, PodChange};
pub use undo::Undo;

/// The taint that the node controller puts on cordoned nodes.
const UNSCHEDULABLE_TAINT: &str = "node.kubernetes.io/unschedulable";

/// One change to the state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all_fields = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Edit {
    /// Keeps new pods off a node, as `kubectl cordon` does.
    Cordon {
        /// The node.
        node: Name,
    },
    /// Takes a cordon away, and the taint that goes with it.
    Uncordon {
        /// The node.
        node: Name,
    },
    /// Puts a taint on a node, in place of one with the same key and effect. Nobody is evicted by it.
    AddTaint {
        /// The node.
        node: Name,
        /// The taint.
        taint: Taint,
    },
    /// Takes a taint off a node.
    RemoveTaint {
        /// The node.
        node: Name,
        /// The taint.
        taint: Taint,
    },
    /// Sets a label of a node.
    LabelNode {
        /// The node.
        node: Name,
        /// The label's key.
        key: Name,
        /// Its value.
        value: Name,
    },
    /// Takes a label off a node.
    UnlabelNode {
        /// The node.
        node: Name,
        /// The label's key.
        key: Name,
    },
    /// Adds an empty node with the labels, taints and size of another, and with copies of the pods
    /// that every node of its kind has (those of DaemonSets, and static ones). The other's cordon
    /// and the taints of its condition are not taken along, nor are its images. It comes last in
    /// the order of nodes, whatever its name.
    AddNode {
        /// The node it is like.
        like: Name,
        /// Its own name.
        name: Name,
    },
    /// Adds an empty node that a manifest describes. It comes last in the order of nodes.
    CreateNode {
        /// A Node.
        object: Value,
    },
    /// Takes a node away. Pods on it stay bound to a node that is not there, as they do until
    /// somebody deletes them: they count for nothing.
    RemoveNode {
        /// The node.
        node: Name,
    },
    /// Gives back an amount of a resource that any pods of a node hold.
    FreeResource {
        /// The node.
        node: Name,
        /// The resource.
        resource: Name,
        /// How much.
        amount: Quantity,
    },
    /// Changes a pod's specification.
    PatchPod {
        /// The pod.
        pod: ObjectKey,
        /// What is changed, in this order.
        changes: Vec<PodChange>,
    },
    /// Changes what a ResourceClaim without devices asks for, as a recreated one would.
    PatchClaim {
        /// The claim.
        claim: ObjectKey,
        /// What is changed, in this order.
        changes: Vec<ClaimChange>,
    },
    /// Takes the devices of a ResourceClaim away from it, as when the pods that use it are gone.
    DeallocateClaim {
        /// The claim.
        claim: ObjectKey,
        /// The pods that use it; nothing hangs on them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pods: Vec<ObjectKey>,
    },
    /// Takes a pod off its node. It stays in the state as a pending pod, as its controller would
    /// recreate it: just created, without a nomination, its claims without their devices.
    Evict {
        /// The pod.
        pod: ObjectKey,
    },
    /// Deletes a pod from the state.
    DeletePod {
        /// The pod.
        pod: ObjectKey,
    },
    /// Adds a pod from a workload's template, as its controller and the API server would make it.
    CreatePod {
        /// The workload.
        workload: WorkloadKey,
        /// The pod's name.
        name: Name,
        /// The node it is on; a pending pod without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<Name>,
    },
    /// Changes a workload's template, or none of it: a new revision either way. A Deployment that
    /// has ReplicaSets gets one of the new template. Its pods stay as they are.
    PatchWorkload {
        /// The workload.
        workload: WorkloadKey,
        /// What is changed, in this order.
        changes: Vec<PodChange>,
    },
    /// Sets `maxUnavailable` of a workload's rolling update: how many pods may be missing while it is rolled out.
    SetMaxUnavailable {
        /// The workload.
        workload: WorkloadKey,
        /// How many.
        max_unavailable: i32,
    },
    /// Sets how a workload replaces its pods: `strategy.type` of a Deployment, `updateStrategy.type` of any other. Bounds of a
    /// rolling update go with `RollingUpdate`.
    SetStrategy {
        /// The workload.
        workload: WorkloadKey,
        /// The type.
        strategy: UpdateKind,
    },
    /// Takes a workload out of the state. Its pods stay.
    DeleteWorkload {
        /// The workload.
        workload: WorkloadKey,
    },
    /// Takes in a workload, as `kubectl apply` does. One that is there keeps its identity, its template and its number of
    /// pods: these change in steps of their own. No step of a scenario.
    #[serde(skip)]
    ApplyWorkload {
        /// The workload.
        workload: Box<Workload>,
    },
    /// Gives a workload another template: a new revision, unless one of before has it. No step of a scenario.
    #[serde(skip)]
    SetTemplate {
        /// The workload.
        workload: WorkloadKey,
        /// The template.
        template: Arc<PodTemplateSpec>,
        /// A new revision in any case: what changed is nothing that is read here.
        restart: bool,
    },
    /// Says how many pods a workload has; they neither come nor go by it. No step of a scenario.
    #[serde(skip)]
    SetReplicas {
        /// The workload.
        workload: WorkloadKey,
        /// How many.
        replicas: i32,
    },
    /// What the disruption controller writes down of a PodDisruptionBudget. No step of a scenario.
    #[serde(skip)]
    SetBudgetStatus {
        /// The PodDisruptionBudget.
        budget: ObjectKey,
        /// `disruptionsAllowed`.
        allowed: i32,
        /// `currentHealthy` and `desiredHealthy`, where they are known.
        counts: Option<(i32, i32)>,
    },
    /// Says how many pods of a PodDisruptionBudget may be evicted.
    SetDisruptionsAllowed {
        /// The PodDisruptionBudget.
        budget: ObjectKey,
        /// How many.
        allowed: i32,
    },
}

/// An edit that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// There is no such node.
    #[error("nodes \"{0}\" not found")]
    NoSuchNode(Name),
    /// There is a node of that name already.
    #[error("nodes \"{0}\" already exists")]
    NodeExists(Name),
    /// There is no such pod.
    #[error("pods \"{0}\" not found")]
    NoSuchPod(ObjectKey),
    /// There is no such ResourceClaim.
    #[error("resourceclaims.resource.k8s.io \"{0}\" not found")]
    NoSuchClaim(ObjectKey),
    /// A ResourceClaim that is to be changed has its devices already.
    #[error("resourceclaim \"{0}\" is allocated; what it asks for cannot be changed")]
    ClaimAllocated(ObjectKey),
    /// A pod that is to be evicted is on no node.
    #[error("pod \"{0}\" is on no node")]
    NotOnANode(ObjectKey),
    /// There is a pod of that name already.
    #[error("pods \"{0}\" already exists")]
    PodExists(ObjectKey),
    /// The API server would refuse the pod, in its words.
    #[error("{0}")]
    Forbidden(crate::control_plane::admission::AdmissionRefusal),
    /// There is no such workload.
    #[error("{} \"{}\" not found", (.0.kind).resource(), .0.key)]
    NoSuchWorkload(WorkloadKey),
    /// There is no such PodDisruptionBudget.
    #[error("poddisruptionbudgets.policy \"{0}\" not found")]
    NoSuchBudget(ObjectKey),
    /// The manifest is not that of a node.
    #[error("{0}")]
    NotANode(String),
    /// The pod or template has nothing of what is to be changed.
    #[error("{owner} has no {what}")]
    NothingToChange {
        /// The pod or template, in words.
        owner: String,
        /// What it lacks.
        what: String,
    },
    /// A patch cannot be merged into the pod or template.
    #[error("{owner}: {message}")]
    NotMerged {
        /// The pod or template, in words.
        owner: String,
        /// Where and why.
        message: String,
    },
}

impl Edit {
    /// Makes the change; `gates` say how requests of a changed pod are read.
    ///
    /// # Errors
    /// The change cannot be made; then nothing has changed.
    pub fn apply(&self, cluster: &mut Cluster, gates: RequestGates) -> Result<Undo, EditError> {
        match self {
            Self::Cordon { node } => Undo::node(cluster, *node, |node| {
                node.unschedulable = true;
                let taint =
                    Taint { key: name(UNSCHEDULABLE_TAINT), value: Name::default(), effect: TaintEffect::NoSchedule };
                if !node.taints.contains(&taint) {
                    node.taints = node.taints.iter().copied().chain([taint]).collect();
                }
            }),
            Self::Uncordon { node } => Undo::node(cluster, *node, |node| {
                node.unschedulable = false;
                node.taints = node.taints.iter().copied().filter(|taint| taint.key != UNSCHEDULABLE_TAINT).collect();
            }),
            Self::AddTaint { node, taint } => Undo::node(cluster, *node, |node| {
                let others = node.taints.iter().filter(|other| (other.key, other.effect) != (taint.key, taint.effect));
                node.taints = others.copied().chain([*taint]).collect();
            }),
            Self::RemoveTaint { node, taint } => Undo::node(cluster, *node, |node| {
                node.taints = node.taints.iter().copied().filter(|other| other != taint).collect();
            }),
            Self::LabelNode { node, key, value } => Undo::node(cluster, *node, |node| {
                node.labels = labelled(&node.labels, *key, *value);
            }),
            Self::UnlabelNode { node, key } => Undo::node(cluster, *node, |node| {
                node.labels = node.labels.iter().filter(|(other, _)| other != key).collect();
            }),
            Self::AddNode { like, name } => add_node::apply(cluster, *like, *name),
            Self::CreateNode { object } => add_node::create(cluster, object),
            Self::RemoveNode { node } => remove_node::apply(cluster, *node),
            Self::FreeResource { node, resource, amount } => Undo::free(cluster, *node, *resource, *amount),
            Self::PatchPod { pod, changes } => Undo::patch(cluster, *pod, changes, gates),
            Self::PatchClaim { claim, changes } => claim_change::patch(cluster, *claim, changes),
            Self::DeallocateClaim { claim, .. } => claim_change::deallocate(cluster, *claim),
            Self::Evict { pod } => leave::evict(cluster, *pod, gates),
            Self::DeletePod { pod } => leave::delete(cluster, *pod, gates),
            Self::CreatePod { workload, name, node } => add_pod::apply(cluster, *workload, *name, *node, gates),
            Self::PatchWorkload { workload, changes } => workload::patch(cluster, *workload, changes),
            Self::SetMaxUnavailable { workload, max_unavailable } => {
                workload::set_max_unavailable(cluster, *workload, *max_unavailable)
            }
            Self::SetStrategy { workload, strategy } => workload::set_strategy(cluster, *workload, *strategy),
            Self::DeleteWorkload { workload } => workload::delete(cluster, *workload),
            Self::ApplyWorkload { workload } => Ok(workload::apply(cluster, workload)),
            Self::SetTemplate { workload, template, restart } => {
                workload::set_template(cluster, *workload, Arc::clone(template), *restart)
            }
            Self::SetReplicas { workload, replicas } => workload::set_replicas(cluster, *workload, *replicas),
            Self::SetDisruptionsAllowed { budget, allowed } => workload::set_allowed(cluster, *budget, *allowed, None),
            Self::SetBudgetStatus { budget, allowed, counts } => {
                workload::set_allowed(cluster, *budget, *allowed, *counts)
            }
        }
    }

    /// The pod that it deletes.
    pub fn deleted_pod(&self) -> Option<ObjectKey> {
        if let Self::DeletePod { pod } = self { Some(*pod) } else { None }
    }

    /// The same for another node; an edit that is about no node stays as it is.
    #[must_use]
    pub fn on_node(&self, other: Name) -> Self {
        let mut edit = self.clone();
        match &mut edit {
            Self::Cordon { node }
            | Self::Uncordon { node }
            | Self::AddTaint { node, .. }
            | Self::RemoveTaint { node, .. }
            | Self::LabelNode { node, .. }
            | Self::UnlabelNode { node, .. }
            | Self::RemoveNode { node }
            | Self::FreeResource { node, .. } => *node = other,
            Self::AddNode { .. }
            | Self::CreateNode { .. }
            | Self::PatchPod { .. }
            | Self::PatchClaim { .. }
            | Self::DeallocateClaim { .. }
            | Self::Evict { .. }
            | Self::DeletePod { .. }
            | Self::CreatePod { .. }
            | Self::PatchWorkload { .. }
            | Self::SetMaxUnavailable { .. }
            | Self::SetStrategy { .. }
            | Self::ApplyWorkload { .. }
            | Self::SetTemplate { .. }
            | Self::SetReplicas { .. }
            | Self::DeleteWorkload { .. }
            | Self::SetBudgetStatus { .. }
            | Self::SetDisruptionsAllowed { .. } => {}
        }
        edit
    }

    /// Makes all changes, in order.
    ///
    /// # Errors
    /// One of them cannot be made; then nothing has changed.
    pub fn apply_all(edits: &[Self], cluster: &mut Cluster, gates: RequestGates) -> Result<Vec<Undo>, EditError> {
        let mut done = Vec::with_capacity(edits.len());
        for edit in edits {
            match edit.apply(cluster, gates) {
                Ok(undo) => done.push(undo),
                Err(error) => {
                    Undo::all(done, cluster);
                    return Err(error);
                }
            }
        }
        Ok(done)
    }
}

/// `labels` with `key` set to `value`; of a key given twice the later value counts.
fn labelled(labels: &Labels, key: Name, value: Name) -> Labels {
    labels.iter().chain([(key, value)]).collect()
}
