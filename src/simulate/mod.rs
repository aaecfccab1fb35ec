//! Many pods, one after the other: each is scheduled against the state that its predecessors left.
//!
//! A [`Simulation`] is a fold of [`Scheduler::decide`] over pods. A pod that finds a node is
//! assumed on it, and its Reserve plugins take volumes and devices; nothing is bound. A pod that
//! finds none stays pending and changes nothing. The state is changed in place, never copied, and
//! [`Simulation::rewind`] changes it back.

pub mod capacity;
mod memories;
pub mod queue;
pub mod step;
pub mod summary;
pub mod ties;

pub use step::{Cause, Outcome, Place, Step, Unplaced};
pub use summary::{Load, NodeLoad, Summary, UnplacedGroup};
pub use ties::Ties;

use std::collections::BTreeMap;

use crate::cluster::{Cluster, NodeId, PodId, Reservation, Timestamp};
use crate::framework::{NotEvaluated, Placement};
use crate::scheduler::Scheduler;

use memories::{Memories, Recalled};

/// A state in which pods find their nodes.
pub struct Simulation<'a> {
    scheduler: &'a Scheduler,
    cluster: &'a mut Cluster,
    now: Timestamp,
    ties: Ties,
    /// What was done to the state, in order.
    done: Vec<Done>,
    memories: Memories<'a>,
    /// What could not be judged, by what and why.
    notes: BTreeMap<(String, String), NotEvaluated>,
}

/// Something that was done to the state.
enum Done {
    /// A pod was placed; what it took beside the node's resources.
    Placed(PodId, Reservation),
    /// A pod was taken off a node.
    TakenOff(PodId, NodeId),
}

impl<'a> Simulation<'a> {
    /// A simulation that begins with `cluster` as it is; all its questions are asked at `now`.
    pub fn new(scheduler: &'a Scheduler, cluster: &'a mut Cluster, now: Timestamp, ties: Ties) -> Self {
        Self { scheduler, cluster, now, ties, done: Vec::new(), memories: Memories::default(), notes: BTreeMap::new() }
    }

    /// Schedules `pods`, which are pending, in the order given.
    pub fn run(&mut self, pods: &[PodId]) -> Vec<Step> {
        pods.iter().map(|pod| self.step(*pod)).collect()
    }

    /// Schedules one pod, which is pending. The same as to [`Simulation::ask`] and to
    /// [`Simulation::settle`], but for the time it takes when pods like it were scheduled before.
    pub fn step(&mut self, pod: PodId) -> Step {
        let pending = self.cluster.pod(pod);
        let recalled = self.memories.recall(self.scheduler, self.cluster, pending, self.now, &mut self.ties);
        let key = pending.key();
        let outcome = match recalled {
            Recalled::Nothing => return self.settle(&self.ask(pod)),
            Recalled::Nowhere => {
                let step = self.settle(&self.ask(pod));
                if let Outcome::Unplaced(unplaced) = &step.outcome {
                    self.memories.keep(self.cluster.pod(pod), unplaced);
                }
                return step;
            }
            Recalled::Unplaced(unplaced) => Outcome::Unplaced(unplaced),
            Recalled::Place(place, notes) => {
                self.note(notes);
                self.put(pod, place.node, Reservation::default());
                Outcome::Placed(place)
            }
        };
        Step { pod: key, pod_id: pod, outcome }
    }

    /// Where the pod could go now. Changes nothing.
    pub fn ask(&self, pod: PodId) -> Placement {
        self.scheduler.decide(self.cluster, pod, self.now)
    }

    /// Puts the pod of `placement`, which was asked for just now, on its node.
    pub fn settle(&mut self, placement: &Placement) -> Step {
        self.note(placement.not_evaluated.iter().cloned());
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
        let reservation = self.cluster.reserve(takes);
        self.put(placement.pod_id, node, reservation);
        let total = placement.nodes.get(node.index()).and_then(|node| node.total).unwrap_or_default();
        Ok(Place { node, name, total, tied: placement.picks.len() })
    }

    fn note(&mut self, notes: impl IntoIterator<Item = NotEvaluated>) {
        for note in notes {
            self.notes.entry((note.what.clone(), note.why.clone())).or_insert(note);
        }
    }

    /// Puts a pending pod on a node. Every pod that a simulation places goes through here.
    fn put(&mut self, pod: PodId, node: NodeId, reservation: Reservation) {
        self.done.push(Done::Placed(pod, reservation));
        self.cluster.assume(pod, node);
        self.memories.came(pod, node);
    }

    /// Takes a pod off its node and makes it pending; it keeps the volumes and devices it took.
    /// Nothing happens to a pod that is on no node.
    pub fn take_off(&mut self, pod: PodId) {
        let Some(node) = self.cluster.node_of(pod) else { return };
        self.done.push(Done::TakenOff(pod, node));
        self.cluster.forget(pod);
        self.memories.left(pod, node);
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

    /// Changes the state in any other way. The pods must stay what they are, or only be more; the
    /// change is not undone by [`Simulation::rewind`].
    pub fn edit<T>(&mut self, edit: impl FnOnce(&mut Cluster) -> T) -> T {
        self.memories.forget();
        edit(self.cluster)
    }

    /// Takes all pods off their nodes again: the state is as it was at the beginning.
    pub fn rewind(mut self) {
        while let Some(done) = self.done.pop() {
            match done {
                Done::Placed(pod, reservation) => {
                    self.cluster.forget(pod);
                    self.cluster.unreserve(reservation);
                }
                Done::TakenOff(pod, node) => self.cluster.assume(pod, node),
            }
        }
    }
}
