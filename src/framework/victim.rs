//! Who may have to leave: a pod, or a group of pods that is preempted as one.
//!
//! Upstream framework/preemption/types.go (Victim) and util.go (MoreImportantVictim,
//! FilterVictimsWithPDBViolation).

use std::cmp::Reverse;

use rustc_hash::FxHashSet;

use crate::api::scheduling_group::GroupKey;
use crate::api::{ObjectKey, Timestamp};
use crate::config::PodGroupScheduling;
use crate::decode::pod_group::PodGroup;
use crate::state::{Cluster, NodeInfo, Pod, PodId};

/// One thing that leaves as a whole, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Victim {
    /// Its pods.
    pub pods: Vec<PodId>,
    /// Its priority: of a group, the group's.
    pub priority: i32,
    /// Whether it is a group or a pod of one.
    pub grouped: bool,
    /// When the first of its pods started.
    pub start: Timestamp,
}

impl Victim {
    /// A pod by itself.
    pub fn pod(pod: &Pod, now: Timestamp) -> Self {
        Self { pods: vec![pod.id], priority: pod.priority(), grouped: false, start: start_time(pod, now) }
    }

    /// Sorts the most important first: by priority, groups before pods, larger groups before smaller
    /// ones, and what has been running for longest.
    pub fn importance(&self) -> impl Ord + use<> {
        (Reverse(self.priority), Reverse(self.grouped), Reverse(self.pods.len()), self.start)
    }
}

/// When the pod started; a pod that has not counts as started now.
pub fn start_time(pod: &Pod, now: Timestamp) -> Timestamp {
    pod.own.start_time.unwrap_or(now)
}

/// All that runs on `nodes`, as far as preemption for a group sees it (upstream v1.36
/// newDomainForWorkloadPreemption, v1.37 getCrossNodesVictims). A group that is preempted as one is
/// there once, with its pods on other nodes as well.
pub fn victims_on<'c>(
    cluster: &'c Cluster,
    nodes: impl Iterator<Item = &'c NodeInfo>,
    scheduling: PodGroupScheduling,
    now: Timestamp,
) -> Vec<Victim> {
    let mut groups: FxHashSet<ObjectKey> = FxHashSet::default();
    let mut victims = Vec::new();
    for pod in nodes.flat_map(|node| &node.pods).map(|id| cluster.pod(*id)) {
        let group = group_of(cluster, scheduling, pod);
        match group.filter(|group| group.disrupted_as_one) {
            Some(group) if !groups.insert(group.key) => {}
            Some(group) => victims.push(as_one(cluster, group, now)),
            None => {
                // v1.36 takes a pod of a group that is not preempted as one by its own priority.
                let priority = group
                    .filter(|_| scheduling == PodGroupScheduling::FeasibleCycle)
                    .map_or_else(|| pod.priority(), |group| group.priority);
                let grouped = scheduling.group_of(pod).is_some();
                victims.push(Victim { priority, grouped, ..Victim::pod(pod, now) });
            }
        }
    }
    victims
}

fn group_of<'c>(cluster: &'c Cluster, scheduling: PodGroupScheduling, pod: &Pod) -> Option<&'c PodGroup> {
    match scheduling.group_of(pod)? {
        GroupKey::PodGroup(key) => cluster.pod_group(key),
        GroupKey::Workload { .. } => None,
    }
}

fn as_one(cluster: &Cluster, group: &PodGroup, now: Timestamp) -> Victim {
    let pods = cluster.group_members(GroupKey::PodGroup(group.key));
    let placed: Vec<&Pod> = pods.filter(|pod| pod.own.node_name.is_some()).collect();
    Victim {
        pods: placed.iter().map(|pod| pod.id).collect(),
        priority: group.priority,
        grouped: true,
        start: placed.iter().map(|pod| start_time(pod, now)).min().unwrap_or(now),
    }
}

/// How PodDisruptionBudgets are drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BudgetCount {
    /// v1.36: a victim is done with at its first pod that breaks a budget.
    FirstPod,
    /// v1.37: all pods of a victim are counted.
    EveryPod,
}

/// Splits victims into those whose removal would break a budget and the others, keeping the order.
/// Budgets are drawn on for all in turn, before any victim is reprieved.
pub fn by_budget(cluster: &Cluster, victims: Vec<Victim>, count: BudgetCount) -> (Vec<Victim>, Vec<Victim>) {
    let mut budgets: Vec<_> = cluster
        .budgets
        .iter()
        .filter_map(|budget| Some((budget, budget.compiled_selector()?, budget.disruptions_allowed)))
        .collect();
    // The first budget that is broken ends the count for the pod.
    let mut breaks_one = |pod: &Pod| {
        budgets.iter_mut().any(|(budget, selector, allowed)| {
            if !budget.selects(selector, &pod.own) || budget.disrupted_pods.contains(&pod.own.key.name) {
                return false;
            }
            *allowed -= 1;
            *allowed < 0
        })
    };
    victims.into_iter().partition(|victim| {
        let mut pods = victim.pods.iter().map(|id| cluster.pod(*id));
        match count {
            BudgetCount::FirstPod => pods.any(&mut breaks_one),
            BudgetCount::EveryPod => pods.filter(|pod| breaks_one(pod)).count() > 0,
        }
    })
}
