//! From a queue of pods to what became of each.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::ObjectKey;
use crate::api::scheduling_group::GroupKey;
use crate::decode::coscheduling::{CoschedulingPodGroup, gang_of};
use crate::framework::{NotEvaluated, Placement};
use crate::state::PodId;

use super::change::Mutation;
use super::groups::{self, Evicted, GroupTurn, Permitted};
use super::preempt::{Eviction, MOST_TIMES, PreemptedPod, PreemptionResult};
use super::step::{Outcome, Place, Step, Unplaced};
use super::{Simulation, gang};

/// So often pods that were rejected are tried again because others left.
const MOST_ROUNDS: usize = 10;

/// A simulation at work.
pub(super) struct SchedulingRun<'s, 'a> {
    simulation: &'s mut Simulation<'a>,
    queue: VecDeque<PodId>,
    /// Whether PostFilter is part of every cycle ([`groups`]).
    whole_cycles: bool,
    /// Pods that hold their nodes and wait on permit, by group.
    waiting: FxHashMap<GroupKey, Vec<(PodId, Place)>>,
    /// The latest step of each pod; an empty place where a later one counts.
    steps: Vec<Option<Step>>,
    places: FxHashMap<PodId, usize>,
    /// The pods that were preempted for a pod.
    preempted_for: FxHashMap<PodId, Vec<ObjectKey>>,
    /// How often a pod has preempted others.
    times: FxHashMap<PodId, usize>,
    evictions: FxHashMap<PodId, Vec<Eviction>>,
    /// Pods that were placed by this simulation.
    placed: FxHashSet<PodId>,
    /// How many pods have left so far.
    left: usize,
    /// Pods that fit nowhere, and how many had left when they were tried.
    turned_away: Vec<(PodId, usize)>,
}

impl<'s, 'a> SchedulingRun<'s, 'a> {
    pub(super) fn new(simulation: &'s mut Simulation<'a>, pods: &[PodId]) -> Self {
        let mut queue = pods.to_vec();
        groups::sort(simulation.cluster(), simulation.pod_groups(), &mut queue);
        Self {
            whole_cycles: simulation.has_pod_groups(),
            waiting: FxHashMap::default(),
            simulation,
            queue: queue.into(),
            steps: Vec::with_capacity(pods.len()),
            places: FxHashMap::default(),
            preempted_for: FxHashMap::default(),
            times: FxHashMap::default(),
            evictions: FxHashMap::default(),
            placed: FxHashSet::default(),
            left: 0,
            turned_away: Vec::new(),
        }
    }

    /// Schedules all pods; one step for each, and for each that was preempted, in the order in which it
    /// was known what became of it.
    pub(super) fn finish(mut self) -> Vec<Step> {
        let mut rounds = 0;
        loop {
            while let Some(pod) = self.queue.pop_front() {
                self.simulation.watched(self.steps.len(), self.steps.len() + self.queue.len() + 1);
                if let Some(group) = self.simulation.pod_group(pod) {
                    self.take_turn(group, pod);
                    continue;
                }
                match self.simulation.gang(pod) {
                    Some(gang) => self.together(gang, pod),
                    None => self.alone(pod),
                }
            }
            let again: Vec<PodId> =
                self.turned_away.iter().filter(|(_, left)| *left < self.left).map(|(pod, _)| *pod).collect();
            if again.is_empty() {
                break;
            }
            if rounds == MOST_ROUNDS {
                self.simulation.note(&NotEvaluated::new(
                    "whether rejected pods fit by now",
                    format!("other pods left after each of {MOST_ROUNDS} rounds"),
                    "they stay pending",
                ));
                break;
            }
            rounds += 1;
            self.turned_away.clear();
            for pod in again {
                self.enqueue(pod);
            }
        }
        let Self { steps, mut preempted_for, mut evictions, .. } = self;
        let finished = steps.into_iter().flatten().map(|mut step| {
            step.preempted = preempted_for.remove(&step.pod_id).unwrap_or_default();
            step.evictions = evictions.remove(&step.pod_id).unwrap_or_default();
            step
        });
        finished.collect()
    }

    /// Behind all pods of the same priority.
    fn enqueue(&mut self, pod: PodId) {
        let cluster = self.simulation.cluster();
        let priority = cluster.pod(pod).priority();
        let place = self.queue.partition_point(|other| cluster.pod(*other).priority() >= priority);
        self.queue.insert(place, pod);
    }

    fn alone(&mut self, pod: PodId) {
        if let Some(before) = self.simulation.waits_for_sibling(pod) {
            let why = format!("not created: the StatefulSet controller waits for pod {before} first (OrderedReady)");
            let step = self.simulation.stays(pod, Unplaced::because(why));
            self.record(step, Again::No);
            return;
        }
        if self.whole_cycles && !self.simulation.preempts {
            let step = self.simulation.whole_step(pod);
            self.permit(step);
            return;
        }
        if !self.simulation.may_preempt(pod) {
            let step = self.simulation.step(pod);
            // Where nobody leaves nobody is tried again.
            let again = if self.simulation.preempts && step.waits_for_room() { Again::Yes } else { Again::No };
            self.record(step, again);
            return;
        }
        if let Some(step) = self.simulation.step_if_placed(pod) {
            self.record(step, Again::No);
            return;
        }
        let (placement, may_make_room) = self.ask(pod);
        if !may_make_room {
            let step = self.simulation.settle(&placement);
            self.record(step, Again::of(&placement));
            return;
        }
        match self.simulation.make_room(pod, placement) {
            PreemptionResult::Made(victims) => {
                *self.times.entry(pod).or_default() += 1;
                self.left(pod, victims);
                self.enqueue(pod);
            }
            PreemptionResult::None(placement) => {
                let step = self.simulation.settle(&placement);
                if step.place().is_some() {
                    self.permit(step);
                } else {
                    self.record(step, Again::of(&placement));
                }
            }
        }
    }

    /// Writes a step down after Permit was asked: a pod that has to wait keeps its place, and the last of its group
    /// lets all of them go.
    fn permit(&mut self, step: Step) {
        let pod = step.pod_id;
        let group = self.simulation.pod_groups().group_of(self.simulation.cluster().pod(pod));
        let (Some(place), Some(group)) = (step.place().copied(), group) else {
            self.record(step, Again::No);
            return;
        };
        match self.simulation.permit(pod) {
            Permitted::Allowed => {
                for (waited, place) in self.waiting.remove(&group).unwrap_or_default() {
                    self.simulation.change(Mutation::Wait { pod: waited, waits: false });
                    let key = self.simulation.cluster().pod(waited).key();
                    self.record(Step::new(key, waited, Outcome::Placed(place)), Again::No);
                }
                self.record(step, Again::No);
            }
            Permitted::Waits(reasons) => {
                self.simulation.change(Mutation::Wait { pod, waits: true });
                self.waiting.entry(group).or_default().push((pod, place));
                let why = reasons.first().map(ToString::to_string).unwrap_or_default();
                let unplaced = Unplaced { holds: Some(place.name), ..Unplaced::because(why) };
                self.record(Step { outcome: Outcome::Unplaced(unplaced), ..step }, Again::No);
            }
            Permitted::Failed(error) => {
                self.simulation.take_off(pod);
                let unplaced = Outcome::Unplaced(Unplaced::because(error));
                self.record(Step { outcome: unplaced, ..step }, Again::No);
            }
        }
    }

    /// All waiting pods of a group that is scheduled as one, of which it is the turn of `first`.
    fn take_turn(&mut self, group: GroupKey, first: PodId) {
        let mut pods = vec![first];
        let (cluster, scheduling) = (self.simulation.cluster(), self.simulation.pod_groups());
        self.queue.retain(|pod| {
            let joins = scheduling.group_of(cluster.pod(*pod)) == Some(group);
            if joins {
                pods.push(*pod);
            }
            !joins
        });
        let mut taken = self.simulation.take_turn(group, &pods);
        self.simulation.group_cycles.extend(taken.cycle.take());
        let spent = self.times.get(&first).is_some_and(|times| *times >= MOST_TIMES);
        if self.simulation.preempts && !taken.evicted.is_empty() && !spent {
            self.make_room(taken);
            return;
        }
        for step in taken.steps {
            let again = if step.waits_for_room() { Again::Yes } else { Again::No };
            self.record(step, again);
        }
    }

    /// Those that a group's cycle asked to be evicted leave, and its pods that have no node go back to the queue.
    fn make_room(&mut self, taken: GroupTurn) {
        for Evicted { by, node, victims } in taken.evicted {
            let by = by.or_else(|| taken.steps.first().map(|step| step.pod_id));
            let Some(by) = by else { continue };
            let victims = victims.into_iter().filter_map(|victim| self.simulation.leave(victim, node)).collect();
            self.left(by, victims);
        }
        for step in taken.steps {
            if step.waits_for_room() {
                *self.times.entry(step.pod_id).or_default() += 1;
                self.enqueue(step.pod_id);
            } else {
                self.record(step, Again::No);
            }
        }
    }

    /// Where a pod could go now; and if it could go nowhere, whether others may be preempted for it.
    fn ask(&mut self, pod: PodId) -> (Placement, bool) {
        if !self.simulation.preempts {
            return (self.simulation.ask(pod), false);
        }
        let placement = self.simulation.ask_preempting(pod);
        let may_make_room = self.may_make_room(&placement);
        if may_make_room || placement.schedulable {
            return (placement, may_make_room);
        }
        // Nobody is asked to leave: the message does not speak of preemption.
        (self.simulation.ask(pod), false)
    }

    /// Whether others may be preempted for a pod that `placement` found no node for.
    fn may_make_room(&mut self, placement: &Placement) -> bool {
        let fails = !placement.schedulable && placement.pre_enqueue.is_none() && placement.errors.is_empty();
        let terminating = self.simulation.cluster().pod(placement.pod_id).is_terminating();
        if !self.simulation.preempts || !fails || terminating {
            return false;
        }
        let spent = self.times.get(&placement.pod_id).is_some_and(|times| *times >= MOST_TIMES);
        if spent {
            self.simulation.note(&NotEvaluated::new(
                format!("further preemption for pod {}", placement.pod),
                format!("it has preempted others {MOST_TIMES} times"),
                "it stays pending",
            ));
        }
        !spent
    }

    /// All waiting pods of `gang`, of which it is the turn of `first`.
    fn together(&mut self, gang: CoschedulingPodGroup, first: PodId) {
        let mut pods = vec![first];
        let cluster = self.simulation.cluster();
        self.queue.retain(|pod| {
            let joins = gang_of(&cluster.pod(*pod).own) == Some(gang.key);
            if joins {
                pods.push(*pod);
            }
            !joins
        });
        let on_nodes = self.simulation.on_nodes(gang.key);
        if on_nodes + pods.len() < gang.min_member {
            let unplaced = gang::too_few(gang, on_nodes + pods.len());
            for pod in pods {
                let step = self.simulation.stays(pod, unplaced.clone());
                self.record(step, Again::No);
            }
            return;
        }
        let savepoint = self.simulation.savepoint();
        let mut victims: Vec<(PodId, Vec<PreemptedPod>)> = Vec::new();
        let steps: Vec<Step> = pods.into_iter().map(|pod| self.member(pod, &mut victims)).collect();
        // Counted again: one of the group may have been preempted for another.
        if self.simulation.on_nodes(gang.key) >= gang.min_member {
            for step in steps {
                self.record(step, Again::Yes);
            }
            for (pod, victims) in victims {
                self.left(pod, victims);
            }
            return;
        }
        self.simulation.rollback(savepoint);
        for step in gang::given_back(gang, on_nodes, steps) {
            self.record(step, Again::Yes);
        }
    }

    /// One of a gang: victims leave at once, as no other pod is scheduled in between.
    fn member(&mut self, pod: PodId, victims: &mut Vec<(PodId, Vec<PreemptedPod>)>) -> Step {
        loop {
            let (placement, may_make_room) = self.ask(pod);
            if !may_make_room {
                return self.simulation.settle(&placement);
            }
            match self.simulation.make_room(pod, placement) {
                PreemptionResult::Made(left) => {
                    *self.times.entry(pod).or_default() += 1;
                    victims.push((pod, left));
                }
                PreemptionResult::None(last) => return self.simulation.settle(&last),
            }
        }
    }

    /// `victims` were preempted for `pod`: those that are recreated go back to the queue.
    fn left(&mut self, pod: PodId, victims: Vec<PreemptedPod>) {
        let by = self.simulation.cluster().pod(pod).key();
        for PreemptedPod { pod: victim, node, not_recreated } in victims {
            self.left += 1;
            let key = self.simulation.cluster().pod(victim).key();
            self.preempted_for.entry(pod).or_default().push(key);
            let ran = !self.placed.remove(&victim);
            self.evictions.entry(victim).or_default().push(Eviction { by, node, ran });
            match not_recreated {
                Some(why) => {
                    let because = Unplaced::because(format!("preempted by pod {by} on node {node}, and {why}"));
                    let unplaced = Unplaced { gone: true, ..because };
                    let step = self.simulation.stays(victim, unplaced);
                    self.record(step, Again::No);
                }
                None => self.enqueue(victim),
            }
        }
    }

    /// Writes a step down. A pod that is still pending keeps its place among the steps.
    fn record(&mut self, step: Step, again: Again) {
        let pod = step.pod_id;
        let is_placed = step.place().is_some();
        if is_placed {
            self.placed.insert(pod);
        } else if again == Again::Yes {
            self.turned_away.push((pod, self.left));
        }
        if let Some(earlier) = self.places.get(&pod).and_then(|place| self.steps.get_mut(*place)) {
            if !is_placed && earlier.as_ref().is_some_and(|earlier| earlier.place().is_none()) {
                *earlier = Some(step);
                return;
            }
            *earlier = None;
        }
        self.places.insert(pod, self.steps.len());
        self.steps.push(Some(step));
    }
}

/// Whether a pod that stays pending is tried again once others have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

impl Again {
    /// Not if it waits for something else than room.
    fn of(placement: &Placement) -> Self {
        let waits = placement.pre_enqueue.is_none() && placement.errors.is_empty();
        if waits { Self::Yes } else { Self::No }
    }
}
