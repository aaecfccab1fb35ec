//! Trying the pods of a group, one after the other (upstream schedule_one_podgroup.go,
//! podGroupPodSchedulingAlgorithm).

use std::collections::BTreeSet;

use crate::api::Name;
use crate::framework::{Depth, GroupReason, GroupStatus, Placement};
use crate::simulate::Simulation;
use crate::simulate::change::Mutation;
use crate::simulate::step::{Place, Unplaced};
use crate::state::{NodeId, PodId, Take};

/// How an attempt to place a group ended. Nothing of it stays in the state.
pub(super) struct Attempt {
    /// The pods that were tried, in order; not all of them where it ended early.
    pub(super) members: Vec<Member>,
    /// What it came to.
    pub(super) status: GroupStatus,
    /// v1.36: the group fits once the victims of its pods are gone.
    pub(super) waits_for_preemption: bool,
    /// The domain of a topology constraint that was tried.
    pub(super) domain: Option<Name>,
    /// Plugins whose PreFilter was reached for any pod.
    pub(super) reached: Vec<&'static str>,
}

impl Attempt {
    /// Nothing was tried.
    pub(super) fn untried(status: GroupStatus) -> Self {
        Self { members: Vec::new(), status, waits_for_preemption: false, domain: None, reached: Vec::new() }
    }

    /// Pods that would have a node, those that preempt for it among them.
    pub(super) fn proposed(&self) -> Vec<PodId> {
        self.members.iter().filter(|member| member.fate.node().is_some()).map(|member| member.pod).collect()
    }

    pub(super) fn reached(&mut self, placement: &Placement) {
        for plugin in &placement.pre_filters_run {
            if !self.reached.contains(plugin) {
                self.reached.push(plugin);
            }
        }
    }
}

/// What became of one pod.
pub(super) struct Member {
    pub(super) pod: PodId,
    pub(super) fate: Fate,
    /// Filters that its own cycle skipped.
    pub(super) skipped: Vec<&'static str>,
}

/// What a cycle of a pod of a group came to.
pub(super) enum Fate {
    /// It has a node.
    Placed {
        place: Place,
        takes: Vec<Take>,
        /// v1.36: why it would wait on permit; none if it need not.
        waits: Option<Vec<GroupReason>>,
    },
    /// v1.36: it has a node once others have left it, and counts as on it.
    Preempts { node: NodeId, name: Name, victims: Vec<PodId>, said: Unplaced, waits: Option<Vec<GroupReason>> },
    /// It has none.
    Unplaced(Unplaced),
    /// Its cycle failed.
    Failed(String),
}

impl Fate {
    /// The node that it counts as on.
    pub(super) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Placed { place, .. } => Some(place.node),
            Self::Preempts { node, .. } => Some(*node),
            Self::Unplaced(_) | Self::Failed(_) => None,
        }
    }
}

impl Simulation<'_> {
    /// The cycle of one pod of a group, on the nodes of `within` only.
    pub(super) fn ask_member(&mut self, pod: PodId, depth: Depth, within: Option<&BTreeSet<NodeId>>) -> Placement {
        let placement = self.scheduler.cycle_within(self.cluster, pod, self.now, depth, within);
        placement.not_evaluated.iter().for_each(|note| self.note(note));
        placement
    }

    /// Puts the pod of `placement`, which found a node, on it, for as long as the attempt lasts.
    pub(super) fn assume_member(&mut self, placement: &Placement) -> Fate {
        let picks = self.strategy.picks(placement, self.cluster);
        let Some(node) = self.ties.choose(&picks).and_then(|name| self.cluster.node_named(name)) else {
            return Fate::Unplaced(Unplaced::of(placement));
        };
        let (node, name) = (node.id, node.name());
        match self.scheduler.reserve(self.cluster, placement, node, self.now) {
            Ok(takes) => {
                self.change(Mutation::Place { pod: placement.pod_id, node, takes: takes.clone() });
                let total = placement.nodes.get(node.index()).and_then(|node| node.total).unwrap_or_default();
                Fate::Placed { place: Place { node, name, total, tied: picks.len() }, takes, waits: None }
            }
            Err(error) => Fate::Failed(error.into()),
        }
    }
}

/// The first error of a cycle, if it ended with one.
pub(super) fn error_of(placement: &Placement) -> Option<String> {
    placement.errors.first().cloned()
}
