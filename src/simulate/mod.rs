//! Many pods, one after the other: each is scheduled against the state that its predecessors left.
//!
//! A [`Simulation`] is a fold of [`Scheduler::decide`] over pods. A pod that finds a node is
//! assumed on it, and its Reserve plugins take volumes and devices; nothing is bound. A pod that
//! finds none stays pending and changes nothing, unless others may make way for it ([`preempt`]).
//! Pods of a group stay together ([`gang`]). The state is changed in place, never copied, and
//! [`Simulation::rewind`] changes it back.

pub mod capacity;
mod change;
pub mod gang;
pub mod preempt;
pub mod queue;
mod run;
pub mod step;
pub mod summary;
pub mod ties;

#[cfg(test)]
mod tests;

pub use preempt::Eviction;
pub use step::{Cause, Outcome, Place, Step, Unplaced};
pub use summary::{Load, NodeLoad, Summary, UnplacedGroup};
pub use ties::Ties;

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::cluster::{Cluster, PodId, Timestamp};
use crate::framework::{NotEvaluated, Placement};
use crate::scheduler::Scheduler;

use change::{Before, Change};
use run::Run;

/// A state in which pods find their nodes.
pub struct Simulation<'a> {
    scheduler: &'a Scheduler,
    cluster: &'a mut Cluster,
    now: Timestamp,
    ties: Ties,
    preempts: bool,
    /// What was changed, in order.
    done: Vec<Before>,
    /// Pods that were nominated here.
    nominated: FxHashSet<PodId>,
    /// What could not be judged, by what and why.
    notes: BTreeMap<(String, String), NotEvaluated>,
}

impl<'a> Simulation<'a> {
    /// A simulation that begins with `cluster` as it is; all its questions are asked at `now`.
    pub fn new(scheduler: &'a Scheduler, cluster: &'a mut Cluster, now: Timestamp, ties: Ties) -> Self {
        Self {
            scheduler,
            cluster,
            now,
            ties,
            preempts: false,
            done: Vec::new(),
            nominated: FxHashSet::default(),
            notes: BTreeMap::new(),
        }
    }

    /// Lets pods of lower priority make way for one that fits nowhere.
    #[must_use]
    pub fn preempting(mut self, preempts: bool) -> Self {
        self.preempts = preempts;
        self
    }

    /// Schedules `pods`, which are pending, in the order given, that of [`queue::sort`]. Answers
    /// with a step for each, and for each pod that had to make way.
    pub fn run(&mut self, pods: &[PodId]) -> Vec<Step> {
        Run::new(self, pods).finish()
    }

    /// Schedules one pod, which is pending; nobody makes way for it.
    pub fn step(&mut self, pod: PodId) -> Step {
        let placement = self.ask(pod);
        self.settle(&placement)
    }

    /// Where the pod could go now. Changes nothing.
    pub fn ask(&self, pod: PodId) -> Placement {
        self.scheduler.decide(self.cluster, pod, self.now)
    }

    /// Puts the pod of `placement`, which was asked for just now, on its node.
    pub fn settle(&mut self, placement: &Placement) -> Step {
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
        let chosen = self.ties.choose(&placement.picks).and_then(|name| self.cluster.node_named(name));
        let Some(node) = chosen else { return Err(Unplaced::of(placement)) };
        let (node, name) = (node.id, node.name());
        let takes = self.scheduler.reserve(self.cluster, placement, node, self.now).map_err(Unplaced::because)?;
        self.change(Change::Place { pod: placement.pod_id, node, takes });
        let total = placement.nodes.get(node.index()).and_then(|node| node.total).unwrap_or_default();
        Ok(Place { node, name, total, tied: placement.picks.len() })
    }

    /// A pod stays pending without having been asked for.
    fn stays(&self, pod: PodId, why: Unplaced) -> Step {
        Step::new(self.cluster.pod(pod).key(), pod, Outcome::Unplaced(why))
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
        self.notes.entry((note.what.clone(), note.why.clone())).or_insert_with(|| note.clone());
    }

    /// What could not be judged in any step so far, each thing once, sorted.
    pub fn not_evaluated(&self) -> Vec<NotEvaluated> {
        self.notes.values().cloned().collect()
    }
}
