//! What-if edits of the state: one vocabulary for suggestions and scenarios.
//!
//! An [`Edit`] is one change that a person could make to the cluster. It is applied in place and
//! hands back an [`Undo`], so that a question about a state of 150,000 pods costs no copy of it;
//! undone in the opposite order, edits leave the state as they found it. As JSON an edit is a
//! step of a scenario: its name in `kind`, and its fields.

use serde::{Deserialize, Serialize};

use super::Cluster;
use super::labels::Labels;
use super::meta::ObjectKey;
use super::name::{Name, name};
use super::quantity::Quantity;
use super::requests::RequestGates;
use super::taint::{Taint, TaintEffect};

mod add_node;
mod patch;
mod pod_change;
#[cfg(test)]
mod tests;
mod undo;

pub use patch::strategic_merge;
pub use pod_change::{Missing, PodChange};
pub use undo::Undo;

/// The taint that the node controller puts on cordoned nodes.
const UNSCHEDULABLE_TAINT: &str = "node.kubernetes.io/unschedulable";

/// One change to the state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all_fields = "camelCase", deny_unknown_fields)]
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
    /// Gives back an amount of a resource that pods of a node hold, whoever they are.
    Free {
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
    /// Takes a pod off its node. It stays in the state as a pending pod, without a nomination: its
    /// controller makes it anew.
    Evict {
        /// The pod.
        pod: ObjectKey,
    },
}

/// An edit that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// A pod that is to be evicted is on no node.
    #[error("pod \"{0}\" is on no node")]
    NotOnANode(ObjectKey),
    /// The pod has nothing of what is to be changed.
    #[error("pod \"{pod}\" has no {what}")]
    NothingToChange {
        /// The pod.
        pod: ObjectKey,
        /// What it lacks.
        what: String,
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
            Self::RemoveTaint { node, taint } => Undo::node(cluster, *node, |node| {
                node.taints = node.taints.iter().copied().filter(|other| other != taint).collect();
            }),
            Self::LabelNode { node, key, value } => Undo::node(cluster, *node, |node| {
                node.labels = labelled(&node.labels, *key, *value);
            }),
            Self::AddNode { like, name } => add_node::apply(cluster, *like, *name),
            Self::Free { node, resource, amount } => Undo::free(cluster, *node, *resource, *amount),
            Self::PatchPod { pod, changes } => Undo::patch(cluster, *pod, changes, gates),
            Self::Evict { pod } => Undo::evict(cluster, *pod),
        }
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
