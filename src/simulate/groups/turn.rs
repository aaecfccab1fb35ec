//! A group's turn: from the queue to its cycle (upstream schedule_one_podgroup.go,
//! podGroupInfoForPod and scheduleOnePodGroup).

use std::cmp::Reverse;

use crate::api::pod_spec::PreemptionPolicy;
use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey};
use crate::config::PodGroupScheduling;
use crate::decode::pod_group::PodGroup;
use crate::framework::{Framework, GroupReason, GroupStatus};
use crate::simulate::Simulation;
use crate::simulate::queue::arrival;
use crate::simulate::step::{Outcome, Step, Unplaced};
use crate::state::{Pod, PodId};

use super::attempt::Attempt;
use super::by_permit::PostFilters;
use super::preemption::Preempted;
use super::submit::GroupCycleEnd;
use super::{GroupCycle, placements, preemption, submit};

/// A group whose turn it is.
pub(in crate::simulate) struct Turn<'f> {
    /// The group.
    pub(super) group: PodGroup,
    /// Its pods that are tried, in order.
    pub(super) members: Vec<PodId>,
    /// The profile of all of them.
    pub(super) framework: Framework<'f>,
    /// Whether topology constraints are applied.
    pub(super) topology_aware: bool,
}

/// Pods that the group's cycle asked to be evicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulate) struct Evicted {
    /// For one of its pods; none for the group as a whole.
    pub(in crate::simulate) by: Option<PodId>,
    /// The node they leave; none where they may be on several.
    pub(in crate::simulate) node: Option<Name>,
    /// The pods, the most important first.
    pub(in crate::simulate) victims: Vec<PodId>,
}

/// What a turn came to.
pub(in crate::simulate) struct GroupTurn {
    /// A step for each pod of the group that was waiting.
    pub(in crate::simulate) steps: Vec<Step>,
    /// The cycle, if there was one.
    pub(in crate::simulate) cycle: Option<GroupCycle>,
    /// Who was asked to leave.
    pub(in crate::simulate) evicted: Vec<Evicted>,
}

impl Simulation<'_> {
    /// Schedules `pods`, those of the group `key` that wait, as the group's turn has come.
    pub(in crate::simulate) fn take_turn(&mut self, key: GroupKey, pods: &[PodId]) -> GroupTurn {
        let mut taken = GroupTurn { steps: Vec::new(), cycle: None, evicted: Vec::new() };
        let mut members = self.admitted(pods, &mut taken.steps);
        let Some(group) = self.pod_group_object(key).filter(|_| !members.is_empty()) else {
            if let GroupKey::PodGroup(ObjectKey { name, .. }) = key {
                // Upstream keeps such pods apart (v1.37: incompletePodGroupPods).
                let missing = GroupReason::PodGroupMissing { pod_group: name }.to_string();
                taken.steps.extend(members.into_iter().map(|pod| self.unplaced(pod, &missing)));
            }
            return taken;
        };
        self.order(key, &group, &mut members);
        if let Err(error) = self.agree(&group, &members) {
            let ended = GroupCycleEnd::before(GroupStatus::failed(error), self.pod_groups());
            self.finish_turn(&group, &members, ended, &mut taken);
            return taken;
        }
        members.retain(|pod| {
            let terminating = self.cluster.pod(*pod).is_terminating();
            if terminating {
                let key = self.cluster.pod(*pod).key();
                // Upstream skipPodGroupPodSchedule.
                taken.steps.push(self.unplaced(*pod, &format!("skip schedule deleting pod: {key}")));
            }
            !terminating
        });
        let Some(first) = members.first() else { return taken };
        let scheduler = self.scheduler;
        let Some((_, framework)) = scheduler.framework_for(self.cluster.pod(*first)) else { return taken };
        let topology_aware = scheduler.behaviour().gates.topology_aware_workload_scheduling;
        let turn = Turn { group, members, framework, topology_aware };
        let ended = self.cycle_of(&turn);
        let Turn { group, members, .. } = turn;
        self.finish_turn(&group, &members, ended, &mut taken);
        taken
    }

    fn finish_turn(&mut self, group: &PodGroup, members: &[PodId], ended: GroupCycleEnd, taken: &mut GroupTurn) {
        let submitted = submit::submit(self, group, members, ended);
        taken.steps.extend(submitted.steps);
        taken.evicted = submitted.evicted;
        taken.cycle = Some(submitted.cycle);
    }

    /// The group's cycle (upstream podGroupCycle).
    fn cycle_of(&mut self, turn: &Turn<'_>) -> GroupCycleEnd {
        if self.scheduler.behaviour().group_cycle_keeps_snapshot_lists {
            self.cluster.freeze_lists();
        }
        let ended = self.tried(turn);
        self.cluster.thaw_lists();
        ended
    }

    fn tried(&mut self, turn: &Turn<'_>) -> GroupCycleEnd {
        let attempt = placements::attempt(self, turn, PostFilters::Run);
        let Attempt { members, status, waits_for_preemption, domain, reached } = attempt;
        let mut ended = GroupCycleEnd::of(members, status, waits_for_preemption, domain);
        match preemption::after(self, turn, &ended, &reached) {
            Preempted::NotAsked => {}
            Preempted::Refused(said) if said.is_error() => ended.status = said,
            Preempted::Refused(said) => ended.status.reasons.push(GroupReason::text(said.message())),
            Preempted::Made { victims, nominated, said } => {
                ended.waits_for_preemption = true;
                ended.status.reasons.extend(said);
                ended.nominated = nominated;
                ended.evicted.push(Evicted { by: None, node: None, victims });
            }
        }
        ended
    }

    /// Pods that are in the queue. The others get their step.
    fn admitted(&mut self, pods: &[PodId], steps: &mut Vec<Step>) -> Vec<PodId> {
        let mut members = Vec::new();
        let mut held_by: Option<(ObjectKey, String)> = None;
        for pod in pods {
            if self.scheduler.framework_for(self.cluster.pod(*pod)).is_none() {
                // No profile answers to its scheduler name: it is never queued.
                let placement = self.ask(*pod);
                steps.push(self.settle(&placement));
            } else if let Some(held) = self.held_back(*pod) {
                held_by.get_or_insert((self.cluster.pod(*pod).key(), held.rejection.message()));
                let unplaced = Unplaced::held(&held);
                steps.push(self.stays(*pod, unplaced));
            } else {
                members.push(*pod);
            }
        }
        // Since v1.37 all of a group are held if one of them is (backend/queue/scheduling_queue.go, runPreEnqueuePlugins).
        if let Some((pod, why)) = held_by.filter(|_| self.pod_groups() == PodGroupScheduling::FeasibleCycle) {
            let text = format!("its pod group waits for pod {pod}: {why}");
            for pod in members.drain(..) {
                let unplaced = Unplaced { gated: true, ..Unplaced::because(text.clone()) };
                steps.push(self.stays(pod, unplaced));
            }
        }
        members
    }

    fn unplaced(&self, pod: PodId, why: &str) -> Step {
        Step::new(self.cluster.pod(pod).key(), pod, Outcome::Unplaced(Unplaced::because(why.to_owned())))
    }

    /// Sorts the group's pods as they are tried: by priority, then by when they came.
    ///
    /// In v1.36 the pod that made a gang complete comes first, as it was never held back; upstream lets the
    /// pods that waited for it follow in random order (podGroupInfoForPod sorts by InitialAttemptTimestamp). Here they
    /// are in the order in which they came, unless ties are drawn.
    fn order(&mut self, key: GroupKey, group: &PodGroup, members: &mut [PodId]) {
        let completing = match (self.pod_groups(), group.min_count) {
            (PodGroupScheduling::PermitCycle, Some(min_count)) => self.completing(key, min_count),
            _ => None,
        };
        members.sort_by_key(|id| arrival(self.cluster.pod(*id)));
        if let Some(completing) = completing {
            let came = arrival(self.cluster.pod(completing));
            let waited = members.partition_point(|id| arrival(self.cluster.pod(*id)) < came);
            if let Some(waited) = members.get_mut(..waited) {
                self.ties.shuffle(waited);
            }
            members.sort_by_key(|id| *id != completing);
        }
        members.sort_by_key(|id| Reverse(self.cluster.pod(*id).priority()));
    }

    /// The pod with which the gang had `min_count` pods; none if it had them without any that waits.
    fn completing(&self, key: GroupKey, min_count: usize) -> Option<PodId> {
        let pods = self.cluster.group_members(key);
        let (placed, mut waiting): (Vec<&Pod>, Vec<&Pod>) = pods.partition(|pod| pod.own.node_name.is_some());
        waiting.sort_by_key(|pod| arrival(pod));
        let before = min_count.checked_sub(placed.len() + 1)?;
        waiting.get(before).map(|pod| pod.id)
    }

    /// Whether the pods may be scheduled as one (upstream v1.36 frameworkForPodGroup, v1.37 validatePodGroup).
    fn agree(&self, group: &PodGroup, members: &[PodId]) -> Result<(), String> {
        let members = members.iter().map(|id| self.cluster.pod(*id));
        let whole = self.pod_groups() == PodGroupScheduling::FeasibleCycle;
        let mut agreement = Agreement { scheduler_name: None, policy: None };
        if whole && self.scheduler.behaviour().gates.pod_group_preemption_policy {
            agreement.policy = Some((group.preemption_policy.unwrap_or_default(), true));
        }
        for pod in members {
            agreement.add(group, pod, whole)?;
        }
        if whole {
            let all = self.cluster.group_members(GroupKey::PodGroup(group.key));
            for pod in all.filter(|pod| pod.own.node_name.is_some()) {
                agreement.add(group, pod, whole)?;
            }
        }
        Ok(())
    }
}

/// What all pods of a group have to have in common.
struct Agreement {
    scheduler_name: Option<Name>,
    /// Whether the group says so, or its first pod.
    policy: Option<(PreemptionPolicy, bool)>,
}

impl Agreement {
    fn add(&mut self, group: &PodGroup, pod: &Pod, whole: bool) -> Result<(), String> {
        let name = pod.spec().scheduler_name();
        let first = *self.scheduler_name.get_or_insert(name);
        if name != first {
            return Err(format!(
                "all pods in a single pod group should have the same .spec.schedulerName set, got: \"{name}\" and \
                 \"{first}\""
            ));
        }
        if !whole {
            return Ok(());
        }
        if pod.priority() != group.priority {
            return Err(format!(
                "all pods in a single pod group should have the same priority as the pod group's priority, got {} and {}",
                pod.priority(),
                group.priority
            ));
        }
        let policy = pod.spec().preemption_policy.unwrap_or_default();
        let (wanted, of_group) = *self.policy.get_or_insert((policy, false));
        if policy != wanted {
            let whose = if of_group { " as the pod group's preemption policy" } else { "" };
            return Err(format!(
                "all pods in a single pod group should have the same preemption policy{whose}, got {} and {}",
                policy.as_str(),
                wanted.as_str()
            ));
        }
        Ok(())
    }
}
