//! Extension points at which plugins decide about groups of pods.
//!
//! Upstream: Permit (kube-scheduler/framework/interface.go), and since v1.36 or v1.37
//! PlacementGenerate, PlacementScore, PlacementFeasible and PodGroupPostFilter. What a plugin
//! looks at is the state as the group's cycle has it: with the places of the pods that came before.

use crate::api::Name;
use crate::api::UpstreamError;
use crate::decode::pod_group::PodGroup;
use crate::state::{Cluster, NodeId, PodId};

use super::context::Cycle;
use super::group_reason::GroupReason;
use super::group_status::GroupStatus;

/// Says whether a pod that has its node may be bound.
pub trait PermitPlugin {
    /// The pod of `cycle` is on its node in the state.
    fn permit(&self, cycle: Cycle<'_>) -> Permit;
}

/// What Permit said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permit {
    /// It may.
    Allow,
    /// It keeps its place and waits.
    Wait(GroupReason),
    /// The plugin failed, in upstream's words.
    Error(String),
}

/// How far the cycle of a group has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupProgress {
    /// Pods of the group that have a node.
    pub scheduled: usize,
    /// Pods that were not tried yet.
    pub remaining: usize,
}

/// Says whether the group can still be placed.
pub trait PlacementFeasiblePlugin {
    /// Success, a wait for the remaining pods, or that nothing helps any more.
    fn placement_feasible(&self, group: &PodGroup, progress: GroupProgress) -> GroupStatus;
}

/// Nodes that a group may be placed on together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlacement {
    /// The domain; none for all nodes.
    pub domain: Option<Name>,
    /// Its nodes, in the order of names.
    pub nodes: Vec<NodeId>,
}

/// Says on which nodes a group may be placed together.
pub trait PlacementGeneratePlugin {
    /// The choices, in the order of their names.
    ///
    /// # Errors
    /// The plugin failed, in upstream's words.
    fn generate_placements(&self, cluster: &Cluster, group: &PodGroup) -> Result<Vec<GroupPlacement>, UpstreamError>;
}

/// A placement that the group fits in.
#[derive(Clone, Copy, Debug)]
pub struct Proposed<'a> {
    /// The group.
    pub group: &'a PodGroup,
    /// The nodes of the placement.
    pub nodes: &'a [NodeId],
    /// Pods of the group that would find a node in it; in the state they are on none.
    pub pods: &'a [PodId],
}

/// Compares placements that the group fits in.
pub trait PlacementScorePlugin {
    /// The raw score.
    fn score_placement(&self, cluster: &Cluster, proposed: &Proposed<'_>) -> i64;

    /// Brings the scores of all placements into 0 to 100, for a plugin whose raw scores are not.
    ///
    /// # Errors
    /// The plugin failed, in upstream's words.
    fn normalize(&self, _scores: &mut [i64]) -> Result<(), UpstreamError> {
        Ok(())
    }
}

/// A group's cycle that failed, as PodGroupPostFilter plugins see it.
#[derive(Clone, Copy, Debug)]
pub struct FailedGroup<'a> {
    /// The group.
    pub group: &'a PodGroup,
    /// Plugins whose PreFilter was reached for any of its pods.
    pub reached: &'a [&'static str],
    /// Whether topology constraints are applied at all.
    pub topology_aware: bool,
}

/// What is done for a group that fits nowhere.
pub trait PodGroupPostFilterPlugin {
    /// What it could do.
    fn pod_group_post_filter(&self, failed: FailedGroup<'_>) -> PodGroupPostFilter;
}

/// What such a plugin answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PodGroupPostFilter {
    /// Pods and groups of lower priority may be preempted: the cycle tries which.
    Preempt,
    /// Nothing helps; the next plugin is asked. The text may be empty.
    Unschedulable(String),
    /// The plugin failed, in upstream's words.
    Error(String),
}
