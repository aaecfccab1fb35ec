//! What a group's cycle means for its pods and for the group (upstream schedule_one_podgroup.go,
//! submitPodGroupAlgorithmResult and updatePodGroupCondition).

use rustc_hash::FxHashMap;

use crate::api::Name;
use crate::api::scheduling_group::GroupKey;
use crate::config::PodGroupScheduling;
use crate::decode::pod_group::PodGroup;
use crate::framework::{GroupReason, GroupStatus};
use crate::simulate::Simulation;
use crate::simulate::change::Mutation;
use crate::simulate::step::{Outcome, Step, Unplaced};
use crate::state::PodId;

use super::attempt::{Fate, Member};
use super::turn::Evicted;
use super::{Condition, GroupCycle};

/// A cycle that has ended.
pub(super) struct GroupCycleEnd {
    pub(super) members: Vec<Member>,
    /// What it came to, with what preemption said.
    pub(super) status: GroupStatus,
    /// What is said of pods that were not tried.
    untried: GroupStatus,
    pub(super) waits_for_preemption: bool,
    pub(super) domain: Option<Name>,
    /// Nodes that group preemption has chosen.
    pub(super) nominated: FxHashMap<PodId, Name>,
    pub(super) evicted: Vec<Evicted>,
    /// Whether it writes a condition on the group.
    writes: bool,
}

impl GroupCycleEnd {
    pub(super) fn of(
        members: Vec<Member>,
        status: GroupStatus,
        waits_for_preemption: bool,
        domain: Option<Name>,
    ) -> Self {
        let evicted = members.iter().filter_map(asked_to_leave).collect();
        Self {
            members,
            untried: status.clone(),
            status,
            waits_for_preemption,
            domain,
            nominated: FxHashMap::default(),
            evicted,
            writes: true,
        }
    }

    /// The cycle ended before any pod was tried. Only since v1.37 the group's status says so.
    pub(super) fn before(status: GroupStatus, scheduling: PodGroupScheduling) -> Self {
        Self { writes: scheduling == PodGroupScheduling::FeasibleCycle, ..Self::of(Vec::new(), status, false, None) }
    }
}

fn asked_to_leave(member: &Member) -> Option<Evicted> {
    match &member.fate {
        Fate::Preempts { name, victims, .. } => {
            Some(Evicted { by: Some(member.pod), node: Some(*name), victims: victims.clone() })
        }
        _ => None,
    }
}

/// The cycle as it is reported.
pub(super) struct Submitted {
    pub(super) steps: Vec<Step>,
    pub(super) cycle: GroupCycle,
    pub(super) evicted: Vec<Evicted>,
}

/// Where a pod that goes nowhere is nominated to from now on.
enum Nomination {
    Keep,
    Clear,
    To(Name),
}

/// Puts the group's pods on their nodes, or says why none goes anywhere.
pub(super) fn submit(
    simulation: &mut Simulation<'_>,
    group: &PodGroup,
    pods: &[PodId],
    mut ended: GroupCycleEnd,
) -> Submitted {
    let scheduling = simulation.pod_groups();
    let found = ended.members.iter().filter_map(|member| match &member.fate {
        Fate::Placed { place, .. } => Some((simulation.cluster().pod(member.pod).key(), place.name)),
        Fate::Preempts { .. } | Fate::Unplaced(_) | Fate::Failed(_) => None,
    });
    let found = found.collect();
    let mut fates: Vec<Option<Fate>> =
        std::mem::take(&mut ended.members).into_iter().map(|member| Some(member.fate)).collect();
    fates.resize_with(pods.len(), || None);
    let mut steps = Vec::with_capacity(pods.len());
    for (pod, fate) in pods.iter().zip(fates) {
        let outcome = match fate {
            Some(Fate::Placed { place, takes, .. }) if ended.status.is_success() => {
                simulation.change(Mutation::Place { pod: *pod, node: place.node, takes });
                Outcome::Placed(place)
            }
            fate => {
                let (unplaced, nomination) = ended.failed(*pod, fate, scheduling);
                let node = match nomination {
                    Nomination::Keep => None,
                    Nomination::Clear => Some(None),
                    Nomination::To(node) => Some(Some(node)),
                };
                if let Some(node) = node {
                    simulation.change(Mutation::Nominate { pod: *pod, node });
                }
                Outcome::Unplaced(Unplaced { nominated: node.flatten(), ..unplaced })
            }
        };
        steps.push(Step::new(simulation.cluster().pod(*pod).key(), *pod, outcome));
    }
    let cluster = simulation.cluster();
    let condition = ended.condition(scheduling);
    let cycle = GroupCycle {
        group: GroupKey::PodGroup(group.key),
        pods: pods.iter().map(|pod| cluster.pod(*pod).key()).collect(),
        written: ended.writes && is_news(group, &condition),
        condition,
        found,
        domain: ended.domain,
        evicted: ended
            .evicted
            .iter()
            .flat_map(|evicted| &evicted.victims)
            .map(|victim| cluster.pod(*victim))
            .filter(|victim| !victim.is_terminating())
            .map(crate::state::Pod::key)
            .collect(),
    };
    Submitted { steps, cycle, evicted: ended.evicted }
}

impl GroupCycleEnd {
    /// What is said of a pod that goes nowhere.
    fn failed(&self, pod: PodId, fate: Option<Fate>, scheduling: PodGroupScheduling) -> (Unplaced, Nomination) {
        let kept = || self.nominated.get(&pod).map_or(Nomination::Keep, |node| Nomination::To(*node));
        if self.status.is_error() {
            let text = match fate {
                Some(Fate::Failed(error)) => error,
                _ => self.status.message(),
            };
            return (Unplaced::because(text), Nomination::Clear);
        }
        let whole = Unplaced::because(self.status.message());
        let since_v37 = scheduling == PodGroupScheduling::FeasibleCycle;
        match fate {
            Some(Fate::Placed { place, .. }) if self.waits_for_preemption => {
                (whole, if since_v37 { kept() } else { Nomination::To(place.name) })
            }
            Some(Fate::Placed { .. }) if since_v37 => {
                let reasons = vec![GroupReason::text(self.status.message())];
                (Unplaced::because(GroupStatus::unschedulable(reasons).message()), Nomination::Clear)
            }
            Some(Fate::Preempts { name, said, .. }) if self.waits_for_preemption => (said, Nomination::To(name)),
            Some(Fate::Placed { waits, .. } | Fate::Preempts { waits, .. }) => {
                let texts: Vec<String> = waits.iter().flatten().map(ToString::to_string).collect();
                let status = GroupStatus::unschedulable(vec![GroupReason::text(texts.join(", "))]);
                (Unplaced::because(status.message()), Nomination::Clear)
            }
            Some(Fate::Unplaced(said)) => (said, kept()),
            Some(Fate::Failed(error)) => (Unplaced::because(error), Nomination::Clear),
            None if since_v37 => (Unplaced::because(self.untried.message()), kept()),
            None => (whole, Nomination::Keep),
        }
    }

    fn condition(&self, scheduling: PodGroupScheduling) -> Condition {
        let r#type = scheduling.condition_type();
        let (status, reason, message) = if self.status.is_success() {
            (true, "Scheduled", String::new())
        } else if self.status.is_error() {
            (false, "SchedulerError", self.status.as_error())
        } else {
            (false, "Unschedulable", self.status.message())
        };
        Condition { r#type, status, reason, message }
    }
}

/// Whether `condition` is written on `group`: not if it says so already, and a group that was
/// scheduled once stays so.
fn is_news(group: &PodGroup, condition: &Condition) -> bool {
    let Some(existing) = group.conditions.iter().find(|existing| existing.r#type == condition.r#type) else {
        return true;
    };
    let was = existing.status == "True";
    if was && !condition.status {
        return false;
    }
    was != condition.status || existing.reason != condition.reason || *existing.message != *condition.message
}
