//! Who may have to leave: a pod, or a group of pods that is preempted as one.
//!
//! Upstream framework/preemption/types.go (Victim) and util.go (MoreImportantVictim, GetPodPriority,
//! FilterVictimsWithPDBViolation).

use std::cmp::Reverse;

use rustc_hash::FxHashSet;

use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey, Timestamp};
use crate::config::PodGroupScheduling;
use crate::decode::pod_group::PodGroup;
use crate::state::{Cluster, Pod, PodId};

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
    /// ones, and what has been running for longest. Of single pods, that is upstream's MoreImportantPod.
    pub fn importance(&self) -> impl Ord + use<> {
        (Reverse(self.priority), Reverse(self.grouped), Reverse(self.pods.len()), self.start)
    }
}

/// When the pod started; a pod that has not counts as started now.
pub fn start_time(pod: &Pod, now: Timestamp) -> Timestamp {
    pod.own.start_time.unwrap_or(now)
}

/// What `pods`, which are on nodes, are part of, as far as preemption sees them (upstream v1.36
/// newDomainForWorkloadPreemption, v1.37 getCrossNodesVictims). A group that is preempted as one is there once, with its pods on other nodes as well.
///
/// # Errors
/// Since v1.37, a pod of such a group is on a node that no longer exists; in upstream's words (newDomainVictim).
pub fn victims_among(
    cluster: &Cluster,
    pods: impl Iterator<Item = PodId>,
    scheduling: PodGroupScheduling,
    now: Timestamp,
) -> Result<Vec<Victim>, String> {
    let mut groups: FxHashSet<ObjectKey> = FxHashSet::default();
    let mut victims = Vec::new();
    for pod in pods.map(|id| cluster.pod(id)) {
        let group = group_of(cluster, scheduling, pod);
        match group.filter(|group| group.disrupted_as_one) {
            Some(group) if !groups.insert(group.key) => {}
            Some(group) => {
                let mut victim = as_one(cluster, group, scheduling, now)?;
                if scheduling != PodGroupScheduling::FeasibleCycle {
                    // v1.36 never looks at the start of the group's other pods (newVictim).
                    victim.start = start_time(pod, now);
                }
                victims.push(victim);
            }
            None => {
                let grouped = scheduling.group_of(pod).is_some();
                let priority = priority_as_victim(cluster, scheduling, pod);
                victims.push(Victim { priority, grouped, ..Victim::pod(pod, now) });
            }
        }
    }
    Ok(victims)
}

/// The priority by which `pod` may be preempted (upstream v1.37 GetPodPriority): that of its group. v1.36 takes a pod
/// of a group that is not preempted as one by its own.
pub fn priority_as_victim(cluster: &Cluster, scheduling: PodGroupScheduling, pod: &Pod) -> i32 {
    let group = match scheduling {
        PodGroupScheduling::FeasibleCycle => group_of(cluster, scheduling, pod),
        _ => None,
    };
    group.map_or_else(|| pod.priority(), |group| group.priority)
}

fn group_of<'c>(cluster: &'c Cluster, scheduling: PodGroupScheduling, pod: &Pod) -> Option<&'c PodGroup> {
    match scheduling.group_of(pod)? {
        GroupKey::PodGroup(key) => cluster.pod_group(key),
        GroupKey::Workload { .. } => None,
    }
}

fn as_one(
    cluster: &Cluster,
    group: &PodGroup,
    scheduling: PodGroupScheduling,
    now: Timestamp,
) -> Result<Victim, String> {
    let mut placed: Vec<&Pod> = Vec::new();
    for pod in cluster.group_members(GroupKey::PodGroup(group.key)) {
        let Some(name) = pod.own.node_name else { continue };
        if cluster.node_of(pod.id).is_some() {
            placed.push(pod);
        } else if scheduling == PodGroupScheduling::FeasibleCycle {
            return Err(format!(
                "failed to get node info for node \"{name}\" from snapshot: nodeinfo not found for node name \"{name}\""
            ));
        }
    }
    Ok(Victim {
        pods: placed.iter().map(|pod| pod.id).collect(),
        priority: group.priority,
        grouped: true,
        start: placed.iter().map(|pod| start_time(pod, now)).min().unwrap_or(now),
    })
}

/// How PodDisruptionBudgets are drawn on. No two upstream releases agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BudgetCount {
    /// Each pod draws on every budget that selects it.
    EveryBudget,
    /// A pod draws on no further budget once it breaks one.
    FirstBudget,
    /// And a victim is done with at its first pod that breaks one (v1.36, for groups).
    FirstPod,
}

/// Victims whose removal would break a budget, each with how many of its pods do, and the others, both in the order of
/// `victims`. Budgets are drawn on for all in turn, before any victim is reprieved.
pub fn by_budget(cluster: &Cluster, victims: Vec<Victim>, count: BudgetCount) -> (Vec<(Victim, i64)>, Vec<Victim>) {
    // A budget selects pods of its namespace: most are of others, and a selector takes time to compile.
    let namespaces: FxHashSet<Name> =
        victims.iter().flat_map(|victim| &victim.pods).map(|id| cluster.pod(*id).key().namespace).collect();
    let mut budgets: Vec<_> = cluster
        .budgets
        .iter()
        .filter(|budget| namespaces.contains(&budget.key.namespace))
        .filter_map(|budget| Some((budget, budget.compiled_selector()?, budget.disruptions_allowed)))
        .collect();
    let mut breaks_one = |pod: &Pod| {
        let mut breaks = false;
        for (budget, selector, allowed) in &mut budgets {
            if budget.selects(selector, &pod.own) && !budget.disrupted_pods.contains(&pod.own.key.name) {
                *allowed -= 1;
                breaks |= *allowed < 0;
                if breaks && count != BudgetCount::EveryBudget {
                    break;
                }
            }
        }
        breaks
    };
    let (mut protected, mut others) = (Vec::new(), Vec::new());
    for victim in victims {
        let mut pods = victim.pods.iter().map(|id| cluster.pod(*id));
        let breaking = match count {
            BudgetCount::FirstPod => i64::from(pods.any(&mut breaks_one)),
            BudgetCount::EveryBudget | BudgetCount::FirstBudget => pods.filter(|pod| breaks_one(pod)).count() as i64,
        };
        if breaking > 0 { protected.push((victim, breaking)) } else { others.push(victim) }
    }
    (protected, others)
}
