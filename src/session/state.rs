//! The state a question is asked of, and the scheduler that is asked.

use std::sync::Arc;

use crate::api::requests::RequestGates;
use crate::api::{ObjectKey, Timestamp};
use crate::control_plane::admission::AdmissionRefusal;
use crate::framework::NotEvaluated;
use crate::report::{NodeNames, Provenance};
use crate::scheduler::Scheduler;
#[cfg(feature = "live")]
use crate::source::live;
use crate::state::Cluster;

use super::provenance::StateProvenance;

/// A state and a scheduler.
pub struct State {
    /// The state.
    pub cluster: Cluster,
    /// Who is asked.
    pub scheduler: Scheduler,
    /// How pods' requests are counted.
    pub gates: RequestGates,
    /// The namespace of objects that are named without one.
    pub namespace: String,
    /// What is missing in it.
    pub notes: Vec<NotEvaluated>,
    /// Pods that were created here though the API server would refuse them.
    pub refused: Vec<AdmissionRefusal>,
    /// Whether whole Pods and Nodes are kept, to be sent to extenders.
    pub keeps_raw: bool,
    /// Where more can be asked; none for a state from files.
    #[cfg(feature = "live")]
    pub connection: Option<live::Connection>,
    /// What answers rest on.
    pub basis: StateProvenance,
}

impl State {
    /// Why the API server would refuse `pod`, which was created here all the same.
    pub fn refusal(&self, pod: ObjectKey) -> Option<String> {
        self.refused.iter().find(|refusal| refusal.pod == pod).map(ToString::to_string)
    }

    /// What an answer rests on that is given now and was asked for at `asked_at`.
    pub fn provenance(&self, asked_at: Timestamp) -> Provenance {
        let names = self.cluster.nodes().iter().map(|node| node.node.name.as_str());
        Provenance {
            node_names: NodeNames::of(names).map(Arc::new),
            ..self.basis.by_now(self.scheduler.behaviour().version, asked_at)
        }
    }
}
