//! Many pods, one after the other: each is scheduled against the state that its predecessors left.
//!
//! A [`Simulation`] is a fold of [`Scheduler::decide`] over pods. A pod that finds a node is
//! assumed on it, and its Reserve plugins take volumes and devices; nothing is bound. A pod that
//! finds none stays pending and changes nothing. The state is changed in place, never copied, and
//! [`Simulation::rewind`] changes it back.

pub mod capacity;
pub mod queue;
pub mod step;
pub mod summary;
pub mod ties;

pub use step::{Cause, Outcome, Place, Step, Unplaced};
pub use summary::{Load, NodeLoad, Summary, UnplacedGroup};
pub use ties::Ties;

use std::collections::BTreeMap;

use crate::cluster::{Cluster, PodId, Reservation, Timestamp};
use crate::framework::{NotEvaluated, Placement};
use crate::scheduler::Scheduler;

/// A state in which pods find their nodes.
pub struct Simulation<'a> {
    scheduler: &'a Scheduler,
    cluster: &'a mut Cluster,
    now: Timestamp,
    ties: Ties,
    /// Pods that were placed, in order, with what they took.
    placed: Vec<(PodId, Reservation)>,
    /// What could not be judged, by what and why.
    notes: BTreeMap<(String, String), NotEvaluated>,
}

impl<'a> Simulation<'a> {
    /// A simulation that begins with `cluster` as it is; all its questions are asked at `now`.
    pub fn new(scheduler: &'a Scheduler, cluster: &'a mut Cluster, now: Timestamp, ties: Ties) -> Self {
        Self { scheduler, cluster, now, ties, placed: Vec::new(), notes: BTreeMap::new() }
    }

    /// Schedules `pods`, which are pending, in the order given.
    pub fn run(&mut self, pods: &[PodId]) -> Vec<Step> {
        pods.iter().map(|pod| self.step(*pod)).collect()
    }

    /// Schedules one pod, which is pending.
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
        for note in &placement.not_evaluated {
            self.notes.entry((note.what.clone(), note.why.clone())).or_insert_with(|| note.clone());
        }
        let outcome = match self.place(placement) {
            Ok(place) => Outcome::Placed(place),
            Err(unplaced) => Outcome::Unplaced(unplaced),
        };
        Step { pod: placement.pod, pod_id: placement.pod_id, outcome }
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
        self.placed.push((placement.pod_id, self.cluster.reserve(takes)));
        self.cluster.assume(placement.pod_id, node);
        let total = placement.nodes.get(node.index()).and_then(|node| node.total).unwrap_or_default();
        Ok(Place { node, name, total, tied: placement.picks.len() })
    }

    /// The state as it is now.
    pub fn cluster(&self) -> &Cluster {
        self.cluster
    }

    /// The state as it is now, to add pods to it.
    fn cluster_mut(&mut self) -> &mut Cluster {
        self.cluster
    }

    /// What could not be judged in any step so far, each thing once, sorted.
    pub fn not_evaluated(&self) -> Vec<NotEvaluated> {
        self.notes.values().cloned().collect()
    }

    /// Takes all pods off their nodes again: the state is as it was at the beginning.
    pub fn rewind(mut self) {
        while let Some((pod, reservation)) = self.placed.pop() {
            self.cluster.forget(pod);
            self.cluster.unreserve(reservation);
        }
    }
}
