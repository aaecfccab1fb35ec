//! The state a question is asked of, and the scheduler that is asked.

use crate::api::requests::RequestGates;
use crate::api::{ObjectKey, Timestamp};
use crate::control_plane::admission::Refusal;
use crate::framework::NotEvaluated;
use crate::report::Provenance;
use crate::scheduler::Scheduler;
use crate::source::live;
use crate::state::Cluster;

use super::provenance::StateProvenance;

/// A state and a scheduler.
pub(crate) struct State {
    pub(crate) cluster: Cluster,
    pub(crate) scheduler: Scheduler,
    /// How pods' requests are counted.
    pub(crate) gates: RequestGates,
    /// The namespace of objects that are named without one.
    pub(crate) namespace: String,
    /// What is missing in it.
    pub(crate) notes: Vec<NotEvaluated>,
    /// Pods that were created here though the API server would refuse them.
    pub(crate) refused: Vec<Refusal>,
    /// Whether whole Pods and Nodes are kept, to be sent to extenders.
    pub(crate) keeps_raw: bool,
    /// Where more can be asked; none for a state from files.
    pub(crate) connection: Option<live::Connection>,
    /// What answers rest on.
    pub(crate) basis: StateProvenance,
}

impl State {
    /// Why `pod` would not come into being, if it was created all the same.
    pub(crate) fn not_let_in(&self, pod: ObjectKey) -> impl Iterator<Item = NotEvaluated> {
        let effect = "the API server refuses this pod; the answer shows where it would fit if it were admitted";
        let of_pod = self.refused.iter().filter(move |refusal| refusal.pod == pod);
        of_pod.map(move |refusal| NotEvaluated::new("admission", refusal.to_string(), effect))
    }

    /// What an answer rests on that is given now and was asked for at `asked_at`.
    pub(crate) fn provenance(&self, asked_at: Timestamp) -> Provenance {
        self.basis.by_now(self.scheduler.behaviour().version, asked_at)
    }
}
