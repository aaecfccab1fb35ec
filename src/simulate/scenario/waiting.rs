//! The pods of a scenario that wait for a place.

use rustc_hash::FxHashMap;

use crate::state::PodId;

/// Pods without a place, in the order in which they lost it. One that is gone costs the same however many wait: a state that
/// is repacked has a hundred thousand.
#[derive(Default)]
pub(super) struct WaitingPods {
    pods: FxHashMap<PodId, Waiting>,
    /// How many have come so far.
    came: u64,
}

/// A pod that waits.
#[derive(Clone, Copy)]
struct Waiting {
    /// How many had come before it.
    number: u64,
    /// Not before the next `Schedule` step.
    later: bool,
    /// How often the state had changed when it was tried last.
    tried: Option<u64>,
}

impl WaitingPods {
    /// The pod waits, as one that was not tried yet. One that waits already keeps its place.
    pub(super) fn add(&mut self, pod: PodId, later: bool) {
        self.set(pod, later, None);
    }

    /// The pod was tried when the state had changed so often, and waits.
    pub(super) fn tried(&mut self, pod: PodId, changes: u64) {
        self.set(pod, false, Some(changes));
    }

    fn set(&mut self, pod: PodId, later: bool, tried: Option<u64>) {
        let waiting = self.pods.entry(pod).or_insert_with(|| {
            self.came += 1;
            Waiting { number: self.came, later, tried }
        });
        (waiting.later, waiting.tried) = (later, tried);
    }

    /// The pod has a place, or is no more.
    pub(super) fn remove(&mut self, pod: PodId) {
        self.pods.remove(&pod);
    }

    /// The turn of all has come.
    pub(super) fn release(&mut self) {
        self.pods.values_mut().for_each(|waiting| waiting.later = false);
    }

    /// Those whose turn it is and which were not tried since the state changed for this time.
    pub(super) fn due(&self, changes: u64) -> Vec<PodId> {
        let due = |(_, waiting): &(&PodId, &Waiting)| !waiting.later && waiting.tried != Some(changes);
        let mut pods: Vec<(u64, PodId)> =
            self.pods.iter().filter(due).map(|(pod, waiting)| (waiting.number, *pod)).collect();
        pods.sort_unstable();
        pods.into_iter().map(|(_, pod)| pod).collect()
    }
}
