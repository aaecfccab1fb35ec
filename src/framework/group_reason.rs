//! Why a group of pods waits or fails: the facts, whose `Display` is upstream's text.
//!
//! The reasons of GangScheduling, and those of the group's own cycle (upstream
//! plugins/gangscheduling/gangscheduling.go and schedule_one_podgroup.go).

use std::fmt;

use serde::Serialize;

use crate::api::Name;

/// What holds a group of pods back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum GroupReason {
    /// GangScheduling: the pod's Workload (v1.35) does not exist.
    WorkloadMissing {
        /// The Workload.
        workload: Name,
    },
    /// GangScheduling: the pod's PodGroup does not exist.
    PodGroupMissing {
        /// The PodGroup.
        pod_group: Name,
    },
    /// GangScheduling: the Workload (v1.35) has no pod group of that name.
    PodGroupNotInWorkload {
        /// The pod group that the pod names.
        pod_group: Name,
        /// The Workload.
        workload: Name,
    },
    /// GangScheduling: fewer pods of the gang exist than it needs.
    GangIncomplete {
        /// Pods that exist.
        pods: usize,
        /// `minCount`.
        min_count: usize,
    },
    /// GangScheduling: the pod has its node, and waits until enough of its gang have theirs.
    GangWaits {
        /// Pods of the gang that have a node.
        placed: usize,
        /// `minCount`.
        min_count: usize,
        /// Whether the text speaks of pods on permit, as v1.35's does.
        on_permit: bool,
    },
    /// GangScheduling: whatever the remaining pods do, too few of the gang find a node.
    MinCountOutOfReach {
        /// `minCount`; 1 for a group that is no gang.
        min_count: usize,
        /// Pods of the group that have a node.
        scheduled: usize,
        /// Pods of the group that were not tried yet.
        remaining: usize,
    },
    /// GangScheduling: the remaining pods have to find a node as well.
    MinCountNotYet {
        /// `minCount`; 1 for a group that is no gang.
        min_count: usize,
        /// Pods of the group that have a node.
        scheduled: usize,
        /// Pods of the group that were not tried yet.
        remaining: usize,
    },
    /// The group's cycle found no way to place it.
    Unschedulable,
    /// The group fits once its victims are gone.
    WaitsForPreemption,
    /// No node has the label of the group's topology constraint.
    NoPlacement,
    /// The group fits in no domain of its topology constraint.
    NoPlacementFits {
        /// Domains that were tried.
        placements: usize,
        /// What was said of the first.
        first: String,
    },
    /// Group preemption: nothing of lower priority runs.
    NoVictims,
    /// What another part of the scheduler said.
    Text {
        /// In upstream's words.
        text: String,
    },
}

impl GroupReason {
    /// Another part's words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

impl fmt::Display for GroupReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkloadMissing { workload } => {
                write!(f, "waiting for pods's workload \"{workload}\" to appear in scheduling queue")
            }
            Self::PodGroupMissing { pod_group } => {
                write!(f, "waiting for pods's pod group \"{pod_group}\" to appear in scheduling queue")
            }
            Self::PodGroupNotInWorkload { pod_group, workload } => {
                write!(f, "pod group \"{pod_group}\" doesn't exist for a workload \"{workload}\"")
            }
            Self::GangIncomplete { .. } => {
                f.write_str("waiting for minCount pods from a gang to appear in scheduling queue")
            }
            Self::GangWaits { on_permit: true, .. } => {
                f.write_str("waiting for minCount pods from a gang to be waiting on permit")
            }
            Self::GangWaits { on_permit: false, .. } => {
                f.write_str("waiting for minCount pods from a gang to be scheduled")
            }
            Self::MinCountOutOfReach { min_count, scheduled, remaining } => {
                write!(f, "minCount ({min_count}) cannot be satisfied: {scheduled} scheduled, {remaining} remaining")
            }
            Self::MinCountNotYet { min_count, scheduled, remaining } => {
                write!(f, "minCount ({min_count}) is not yet satisfied: {scheduled} scheduled, {remaining} remaining")
            }
            Self::Unschedulable => f.write_str("pod group is unschedulable"),
            Self::WaitsForPreemption => f.write_str("pod group is waiting for preemption to complete"),
            Self::NoPlacement => f.write_str("no feasible placements found"),
            Self::NoPlacementFits { placements, first } => {
                write!(f, "0/{placements} placements are available, first placement status: {first}")
            }
            Self::NoVictims => f.write_str("No preemption victims found for incoming preemptor"),
            Self::Text { text } => f.write_str(text),
        }
    }
}
