//! Many pods, one after the other: each is scheduled against the state that its predecessors left.
//!
//! A [`Simulation`] is a fold of [`Scheduler::decide`] over pods. A pod that finds a node is
//! assumed on it, and its Reserve plugins take volumes and devices; nothing is bound. A pod that
//! finds none stays pending and changes nothing, unless others may be preempted for it ([`preempt`]).
//! Pods of a group stay together ([`gang`]). The state is changed in place, never copied, and
//! [`Simulation::rewind`] changes it back. Between pods the cluster itself can be changed:
//! [`Simulation::edit`] for one change, [`scenario`] for all that a person would do.

pub mod assumption;
pub mod autoscale;
pub mod bound;
pub mod capacity;
mod change;
pub mod check;
pub mod comparison;
mod cycle_caches;
pub mod diff;
pub mod gang;
pub mod groups;
pub mod measures;
pub mod missing;
pub mod new_nodes;
pub mod preempt;
pub mod queue;
pub mod rebalance;
pub mod resilience;
mod run;
pub mod scenario;
pub mod state_summary;
pub mod step;
pub mod strategy;
pub mod summary;
pub mod sweep;
pub mod ties;
mod workers;
pub mod workload;

#[cfg(test)]
mod tests;

pub use assumption::Assumption;
pub use comparison::StrategyResult;
pub use diff::{Diff, PodDiff};
pub use measures::{Measures, Shares};
pub use preempt::Eviction;
pub use state_summary::{Load, PodLocation, StateSummary};
pub use step::{Outcome, Place, Step, Unplaced, UnplacedCause};
pub use strategy::Strategy;
pub use summary::{NodeChange, NodeLoad, Summary, UnplacedGroup};
pub use ties::Ties;
pub use workers::{Unwatched, Watcher};
pub use workload::WorkloadPlacement;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::config::Behaviour;
use crate::control_plane::controller;
use crate::decode::pod::PodOwn;
use crate::edit::{BuiltNode, Edit, EditError};
use crate::framework::{NotEvaluated, Placement};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, Pod, PodId};

use change::{Mutation, SimulationBefore};
use cycle_caches::{CacheLookup, Choice, CycleCaches, FoundPlace};
use groups::GroupCycle;
use run::SchedulingRun;

/// A state in which pods find their nodes.
pub struct Simulation<'a> {
    scheduler: &'a Scheduler,
    cluster: &'a mut Cluster,
    now: Timestamp,
    ties: Ties,
    strategy: Strategy,
    /// Where the next cycle begins to look, if that is drawn.
    start: Option<usize>,
    preempts: bool,
    /// The lowest priority of a pod on a node, where pods of that priority or below are not even tried for preemption;
    /// their messages then do not speak of it.
    lowest_priority: i32,
    /// What was changed, in order.
    done: Vec<SimulationBefore>,
    /// Pods that were nominated here.
    nominated: FxHashSet<PodId>,
    caches: CycleCaches<'a>,
    group_cycles: Vec<GroupCycle>,
    /// What could not be judged, by what and why, and of a kind by its effect.
    notes: BTreeMap<(String, String, String), NotEvaluated>,
    /// What was taken to be so, by what it is about, and the pods that it was about.
    assumptions: BTreeMap<(String, String), BTreeSet<ObjectKey>>,
    watcher: &'a dyn Watcher,
}

/// The lowest priority of a pod on a node.
fn lowest_priority(cluster: &Cluster) -> i32 {
    let on_nodes = cluster.pods().iter().filter(|pod| pod.own.node_name.is_some());
    on_nodes.map(Pod::priority).min().unwrap_or(i32::MAX)
}

impl<'a> Simulation<'a> {
    /// A simulation that begins with `cluster` as it is; all its questions are asked at `now`.
    pub fn new(scheduler: &'a Scheduler, cluster: &'a mut Cluster, now: Timestamp, ties: Ties) -> Self {
        Self {
            start: ties.start(cluster.nodes().len()),
            scheduler,
            cluster,
            now,
            ties,
            strategy: Strategy::Default,
            preempts: false,
            lowest_priority: i32::MIN,
            done: Vec::new(),
            nominated: FxHashSet::default(),
            caches: CycleCaches::default(),
            group_cycles: Vec::new(),
            notes: BTreeMap::new(),
            assumptions: BTreeMap::new(),
            watcher: &Unwatched,
        }
    }

    /// `watcher` hears how many pods of a queue had their turn.
    #[must_use]
    pub fn watched_by(mut self, watcher: &'a dyn Watcher) -> Self {
        self.watcher = watcher;
        self
    }

    /// So many of so many pods had their turn.
    fn watched(&self, turns: usize, of: usize) {
        // The queue of a single pod says nothing of how far a longer list is.
        if of > 1 {
            self.watcher.answered(turns, of);
        }
    }

    /// Preempts pods of lower priority for one that fits nowhere.
    #[must_use]
    pub fn preempting(mut self, preempts: bool) -> Self {
        self.preempts = preempts;
        self.lowest_priority = i32::MIN;
        self
    }

    /// The same, and pods of which no other on a node has a lower priority are not tried for it: as their messages are
    /// not wanted in full, many pods without a place are answered fast.
    #[must_use]
    pub fn preempting_briefly(self) -> Self {
        let lowest = lowest_priority(self.cluster);
        self.preempting_above(lowest)
    }

    /// The same where the lowest priority of a pod on a node is known.
    fn preempting_above(mut self, lowest: i32) -> Self {
        self.preempts = true;
        self.lowest_priority = lowest;
        self
    }

    /// Whether any pod on a node has a lower priority than `pod`, which is to be preempted for it. A nominated pod
    /// goes through a whole cycle.
    fn may_preempt(&self, pod: PodId) -> bool {
        let pod = self.cluster.pod(pod);
        let lowest = self.lowest_priority;
        self.preempts && (lowest == i32::MIN || pod.priority() > lowest || pod.own.nominated_node_name.is_some())
    }

    /// Chooses among the feasible nodes by another rule than the profile's score. A random choice is
    /// drawn, with seed 0 where ties are not.
    #[must_use]
    pub fn following(mut self, strategy: Strategy) -> Self {
        self.ties = strategy.draws(self.ties);
        self.strategy = strategy;
        self.draw_start();
        self
    }

    /// Where the first cycle begins. Other rules than the profile's score compare all feasible nodes.
    fn draw_start(&mut self) {
        let start = self.ties.start(self.cluster.nodes().len());
        self.start = start.filter(|_| self.strategy == Strategy::Default);
    }

    /// Schedules `pods`, which are pending, in the order given, that of [`queue::sort`]. Answers
    /// with a step for each, and for each pod that was preempted.
    pub fn run(&mut self, pods: &[PodId]) -> Vec<Step> {
        SchedulingRun::new(self, pods).finish()
    }

    /// Schedules one pod, which is pending; no pod is preempted for it. The same as to
    /// [`Simulation::ask`] and to [`Simulation::settle`], but for the time it takes when pods like
    /// it were scheduled before.
    pub fn step(&mut self, pod: PodId) -> Step {
        match self.lookup(pod) {
            CacheLookup::Miss => {
                if let Some(place) = self.find_place(pod) {
                    return self.settle_found(pod, &place);
                }
                self.caches.expect_again(self.cluster.pod(pod), self.cluster);
                self.settle(&self.ask(pod))
            }
            CacheLookup::Nowhere => {
                let step = self.settle(&self.ask(pod));
                if let Outcome::Unplaced(unplaced) = &step.outcome {
                    self.caches.store(self.cluster.pod(pod), self.cluster, unplaced);
                }
                step
            }
            CacheLookup::Unplaced(unplaced) => self.stays(pod, unplaced),
            CacheLookup::Place(place) => self.settle_found(pod, &place),
        }
    }

    /// Schedules one pod if it finds its node without a whole cycle.
    fn step_if_placed(&mut self, pod: PodId) -> Option<Step> {
        let place = match self.lookup(pod) {
            CacheLookup::Place(place) => place,
            CacheLookup::Miss => {
                let found = self.find_place(pod);
                if found.is_none() {
                    self.caches.expect_again(self.cluster.pod(pod), self.cluster);
                }
                found?
            }
            CacheLookup::Nowhere | CacheLookup::Unplaced(_) => return None,
        };
        Some(self.settle_found(pod, &place))
    }

    /// Where one pod goes, by a cycle that writes down nothing but sums of scores. None where that cannot say: a cycle
    /// begins at a drawn place, or nothing fits.
    fn find_place(&mut self, pod: PodId) -> Option<FoundPlace> {
        if self.start.is_some() {
            return None;
        }
        let (found, notes) = self.scheduler.totals(self.cluster, pod, self.now, self.caches.common())?;
        let cluster = &*self.cluster;
        let picks: Vec<Name> = match self.strategy {
            Strategy::Default => found.best().map(|node| cluster.node(node).name()).collect(),
            other => other.among(found.nodes.iter().map(|(node, _)| cluster.node(*node)), cluster.pod(pod)),
        };
        let name = self.ties.choose(&picks)?;
        let node = cluster.node_named(name)?.id;
        let place = Place { node, name, total: found.of(node)?, tied: picks.len() };
        Some(FoundPlace { place, notes, reserving: found.reserving })
    }

    fn lookup(&mut self, pod: PodId) -> CacheLookup {
        let choice = &mut Choice { strategy: self.strategy, ties: &mut self.ties, start: &mut self.start };
        self.caches.lookup(self.scheduler, self.cluster, self.cluster.pod(pod), self.now, choice)
    }

    fn settle_found(&mut self, pod: PodId, found: &FoundPlace) -> Step {
        for note in &found.notes {
            self.note(note);
        }
        let place = found.place;
        let outcome = match self.scheduler.reserve_cached(self.cluster, pod, place.node, self.now, &found.reserving) {
            Ok(takes) => {
                self.change(Mutation::Place { pod, node: place.node, takes });
                Outcome::Placed(place)
            }
            Err(error) => Outcome::Unplaced(Unplaced::because(error.into())),
        };
        Step::new(self.cluster.pod(pod).key(), pod, outcome)
    }

    /// Where the pod could go now. Changes nothing.
    pub fn ask(&self, pod: PodId) -> Placement {
        match self.start {
            None => self.scheduler.decide(self.cluster, pod, self.now),
            Some(start) => self.scheduler.decide_from(self.cluster, pod, self.now, start),
        }
    }

    /// The pod that a StatefulSet with `podManagementPolicy: OrderedReady` waits for before it makes `pod`: the lowest of
    /// those of lower numbers that has no node. None for pods that the state has, and where those before it run.
    fn waits_for_sibling(&self, pod: PodId) -> Option<ObjectKey> {
        let pod = self.cluster.pod(pod);
        let owner = pod.own.controller.as_ref().filter(|owner| owner.kind == "StatefulSet")?;
        if pod.own.sequence != u32::MAX || self.nominated.contains(&pod.id) {
            return None;
        }
        let set = controller::maker_of(self.cluster, pod).filter(|set| !set.parallel)?;
        let number: i64 = pod.key().name.rsplit_once('-')?.1.parse().ok()?;
        let key =
            |number: i64| ObjectKey::new(pod.key().namespace, crate::api::name(&format!("{}-{number}", owner.name)));
        let waits = |number: &i64| {
            let sibling = self.cluster.pod_named(key(*number));
            sibling.is_some_and(|sibling| self.cluster.node_of(sibling.id).is_none() || sibling.is_terminating())
        };
        let before = (i64::from(set.first_ordinal)..number).rev().take_while(waits).last()?;
        Some(key(before))
    }

    /// Whether the pod, which is pending, has a node to go to, with preemption where that is on.
    fn fits(&self, pod: PodId) -> bool {
        let placement = if self.preempts { self.ask_preempting(pod) } else { self.ask(pod) };
        placement.schedulable || placement.preemption.is_some_and(|preemption| !preemption.pick.is_empty())
    }

    /// Where another pod like `pod`, which is on a node, could go now. Changes nothing in the end.
    fn ask_again(&mut self, pod: PodId) -> Placement {
        let savepoint = self.savepoint();
        let old = self.cluster.pod(pod);
        let key = controller::free_names(self.cluster, old.key(), "-next", 1).next().unwrap_or(old.key());
        let own = PodOwn::fresh(key, Arc::clone(&old.own.labels), old.own.controller).with_uid();
        let class = Arc::clone(&old.class);
        let next = PodId(self.cluster.pods().len() as u32);
        self.change(Mutation::Add { own: Box::new(own), class });
        let placement = self.ask(next);
        self.rollback(savepoint);
        placement
    }

    /// Puts the pod of `placement`, which was asked for just now, on its node.
    pub fn settle(&mut self, placement: &Placement) -> Step {
        self.start = self.start.map(|start| placement.next_start.unwrap_or(start));
        placement.not_evaluated.iter().for_each(|note| self.note(note));
        let outcome = match self.place(placement) {
            Ok(place) => Outcome::Placed(place),
            Err(unplaced) => Outcome::Unplaced(unplaced),
        };
        Step::new(placement.pod, placement.pod_id, outcome)
    }

    fn place(&mut self, placement: &Placement) -> Result<Place, Unplaced> {
        let pod = self.cluster.pod(placement.pod_id);
        if pod.is_terminating() && placement.pre_enqueue.is_none() && self.scheduler.framework_for(pod).is_some() {
            // Upstream schedule_one.go, skipPodSchedule.
            return Err(Unplaced::because(format!("skip schedule deleting pod: {}", pod.key())));
        }
        if !placement.schedulable {
            return Err(Unplaced::of(placement));
        }
        let picks = self.strategy.picks(placement, self.cluster);
        let chosen = self.ties.choose(&picks).and_then(|name| self.cluster.node_named(name));
        let Some(node) = chosen else { return Err(Unplaced::of(placement)) };
        let (node, name) = (node.id, node.name());
        let takes = self
            .scheduler
            .reserve(self.cluster, placement, node, self.now)
            .map_err(|error| Unplaced::because(error.into()))?;
        self.change(Mutation::Place { pod: placement.pod_id, node, takes });
        let total = placement.nodes.get(node.index()).and_then(|node| node.total).unwrap_or_default();
        Ok(Place { node, name, total, tied: picks.len() })
    }

    /// A pod stays pending without having been asked for.
    fn stays(&self, pod: PodId, why: Unplaced) -> Step {
        Step::new(self.cluster.pod(pod).key(), pod, Outcome::Unplaced(why))
    }

    /// Takes a pod off its node: it is pending again. Nothing happens to a pod that is on no node.
    pub fn take_off(&mut self, pod: PodId) {
        self.change(Mutation::Evict { pod });
    }

    /// Says that a pod on a node is being deleted, and stays there, as its kubelet does not answer.
    pub(crate) fn terminate(&mut self, pod: PodId) {
        self.change(Mutation::Terminate { pod });
    }

    /// Adds a pending pod in the place of `pod`, which stays for now: with a name of its own, as a ReplicaSet's has.
    pub(crate) fn replace(&mut self, pod: PodId) -> PodId {
        let cluster = &*self.cluster;
        let old = cluster.pod(pod);
        let key = controller::free_names(cluster, old.key(), "-new", 1).next().unwrap_or(old.key());
        let gates = self.scheduler.behaviour().request_gates();
        let class = controller::remade(cluster, old, gates).unwrap_or_else(|| Arc::clone(&old.class));
        let own = PodOwn::fresh(key, Arc::clone(&old.own.labels), old.own.controller).with_uid();
        let id = PodId(cluster.pods().len() as u32);
        self.change(Mutation::Add { own: Box::new(own), class });
        id
    }

    /// What differs between versions.
    pub(crate) fn behaviour(&self) -> &Behaviour {
        self.scheduler.behaviour()
    }

    /// The time of all questions.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Changes the cluster between two pods: the one way in which a what-if question does.
    ///
    /// # Errors
    /// The change cannot be made; then nothing has changed.
    pub fn edit(&mut self, edit: &Edit) -> Result<(), EditError> {
        if let Edit::Evict { pod } = edit {
            let id = self.cluster.pod_named(*pod).ok_or(EditError::NoSuchPod(*pod))?.id;
            self.cluster.node_of(id).ok_or(EditError::NotOnANode(*pod))?;
            // The same as this edit, and the cycle caches are updated by it.
            self.change(change::Mutation::Evict { pod: id });
            return Ok(());
        }
        let undo = edit.apply(self.cluster, self.scheduler.behaviour().request_gates())?;
        // Budgets and the sizes of workloads decide nothing that is cached.
        if matches!(edit, Edit::SetDisruptionsAllowed { .. } | Edit::SetBudgetStatus { .. } | Edit::SetReplicas { .. })
        {
            self.done.push(SimulationBefore::EditedAside(undo));
        } else {
            self.edited(undo);
        }
        Ok(())
    }

    /// Adds a node that somebody built, called `called`.
    pub(crate) fn add_node(&mut self, node: &BuiltNode, called: Name) {
        let (_, undo) = node.add(self.cluster, called);
        self.edited(undo);
    }

    /// The state as it is now.
    pub fn cluster(&self) -> &Cluster {
        self.cluster
    }

    /// The state as it is now, to add pods to it.
    fn cluster_mut(&mut self) -> &mut Cluster {
        self.cluster
    }

    fn note(&mut self, note: &NotEvaluated) {
        // Of a kind each plugin says what it means to it; of other things the effects differ in numbers only.
        let effect = if note.kind.is_some() { note.effect.clone() } else { String::new() };
        self.notes.entry((note.what.clone(), note.why.clone(), effect)).or_insert_with(|| note.clone());
    }

    /// Takes something to be so, about `pod` among others.
    pub(crate) fn assumes(&mut self, subject: &str, assumption: &str, pod: ObjectKey) {
        self.assumptions.entry((subject.to_owned(), assumption.to_owned())).or_default().insert(pod);
    }

    /// What was taken to be so in the steps so far, each thing once, sorted.
    pub fn assumptions(&self) -> Vec<Assumption> {
        let all = self.assumptions.iter().map(|((subject, assumption), pods)| Assumption {
            subject: subject.clone(),
            assumption: assumption.clone(),
            pods: pods.iter().copied().collect(),
        });
        all.collect()
    }

    /// What could not be judged in any step so far, each thing once, sorted.
    pub fn not_evaluated(&self) -> Vec<NotEvaluated> {
        self.notes.values().cloned().collect()
    }
}
