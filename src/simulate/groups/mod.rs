//! Groups of pods as kube-scheduler itself schedules them (`scheduling.k8s.io`).
//!
//! What a minor does with a group is one of [`PodGroupScheduling`]: in v1.35 its pods are scheduled
//! one by one and wait on permit for each other ([`permit`]); since v1.36 the group has a cycle of
//! its own: all its waiting pods, one after the other, on a state of which nothing stays unless the
//! group as a whole fits. [`turn`] is that cycle from the queue to the condition that it writes;
//! [`attempt`] tries the pods; [`placements`] does so for each domain of a topology constraint;
//! [`preemption`] finds which pods would be preempted for the group.
//!
//! Where there are such groups, PostFilter is part of every cycle, that of single pods as well: it
//! is in what the group's condition says, and whom it nominates counts for those behind.

mod attempt;
mod by_feasibility;
mod by_permit;
mod permit;
mod placements;
mod preemption;
mod queue;
mod reprieve;
mod submit;
mod turn;
pub mod whole;

use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey};
use crate::config::PodGroupScheduling;
use crate::decode::pod_group::PodGroup;
use crate::framework::PluginRejection;
use crate::state::PodId;

use super::Simulation;
use super::preempt::PreemptedPod;
use super::step::{Outcome, Step};

pub(super) use permit::Permitted;
pub(super) use queue::sort;
pub(super) use turn::{Evicted, GroupTurn};

/// A cycle of a group that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCycle {
    /// The group.
    pub group: GroupKey,
    /// Its pods that were tried, in order.
    pub pods: Vec<ObjectKey>,
    /// What it came to, as the group's condition has it.
    pub condition: Condition,
    /// Whether that is written on the group: not where it is no news.
    pub written: bool,
    /// Those of them that found a node, with it, whether or not the group as a whole did.
    pub found: Vec<(ObjectKey, Name)>,
    /// The domain that the group went to, if it had to choose one.
    pub domain: Option<Name>,
    /// Pods that it asked to be evicted, the most important first.
    pub evicted: Vec<ObjectKey>,
}

/// A condition of a PodGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its type.
    pub r#type: &'static str,
    /// Whether it is True.
    pub status: bool,
    /// One word.
    pub reason: &'static str,
    /// Upstream's text.
    pub message: String,
}

impl Simulation<'_> {
    /// How this version schedules groups.
    pub(super) fn pod_groups(&self) -> PodGroupScheduling {
        self.scheduler.behaviour().pod_groups()
    }

    /// Whether the scheduler's own groups matter to what happens here.
    pub(super) fn has_pod_groups(&self) -> bool {
        self.pod_groups() != PodGroupScheduling::None && self.cluster.has_grouped_pods()
    }

    /// The group whose cycle `pod` is part of; none for a pod that has a cycle of its own.
    pub(super) fn pod_group(&self, pod: PodId) -> Option<GroupKey> {
        self.pod_groups().has_group_cycle().then(|| self.pod_groups().group_of(self.cluster.pod(pod))).flatten()
    }

    /// The PodGroup called `key`, if it exists.
    fn pod_group_object(&self, key: GroupKey) -> Option<PodGroup> {
        match key {
            GroupKey::PodGroup(object) => self.cluster.pod_group(object).cloned(),
            GroupKey::Workload { .. } => None,
        }
    }

    /// What keeps `pod` out of the active queue.
    pub(super) fn held_back(&self, pod: PodId) -> Option<PluginRejection> {
        self.scheduler.pre_enqueue(self.cluster, pod, self.now)
    }

    /// Schedules one pod with PostFilter as part of its cycle: what it says is in the pod's message, and the node
    /// that it picks is nominated. Nobody leaves.
    pub(super) fn whole_step(&mut self, pod: PodId) -> Step {
        if let Some(step) = self.step_if_placed(pod) {
            return step;
        }
        let placement = self.scheduler.preempt(self.cluster, pod, self.now);
        let mut step = self.settle(&placement);
        if let Outcome::Unplaced(unplaced) = &mut step.outcome
            && let Some(node) = self.candidate(&placement).map(|candidate| candidate.node)
        {
            self.nominate(pod, node);
            unplaced.nominated = Some(node);
        }
        step
    }

    /// A pod leaves its node, `node` if that is known, in favour of a group.
    pub(super) fn leave(&mut self, victim: PodId, node: Option<Name>) -> Option<PreemptedPod> {
        let node = node.or(self.cluster.pod(victim).own.node_name)?;
        Some(self.evict(victim, node))
    }

    /// The cycles of groups so far, in order.
    pub fn group_cycles(&self) -> &[GroupCycle] {
        &self.group_cycles
    }
}
