//! What a step of a scenario did.

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::control_plane::admission;

use super::rollout::Rollout;
use super::{ScenarioStep, StepAction};

/// What a step did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepReport {
    /// Where the step was said.
    pub said: String,
    /// The step.
    pub change: StepAction,
    /// The nodes it was about, or that it added.
    pub nodes: Vec<Name>,
    /// Pods that went back to the queue.
    pub evicted: Vec<ObjectKey>,
    /// Pods that are new.
    pub created: Vec<ObjectKey>,
    /// Pods that are gone as they should be.
    pub deleted: Vec<ObjectKey>,
    /// Pods that are gone and that no controller recreates.
    pub lost: Vec<ObjectKey>,
    /// Pods that stay on a drained node: those of DaemonSets, and static ones.
    pub kept: Vec<ObjectKey>,
    /// Pods whose data on their node is lost.
    pub local_data: Vec<ObjectKey>,
    /// What was not done.
    pub refused: Vec<RefusedAction>,
    /// Pods that would be new, and that the API server does not let in.
    pub not_created: Vec<admission::AdmissionRefusal>,
    /// How far a rollout came.
    pub rollout: Option<Rollout>,
    /// How often a drain asked again for pods that a budget had held, after others had found a place.
    pub retries: usize,
}

/// Something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedAction {
    /// The pod that stays; none when a whole node was refused.
    pub pod: Option<ObjectKey>,
    /// The node.
    pub node: Name,
    /// Why, in the words of kubectl or of the eviction API.
    pub message: String,
    /// The budgets that hold the pod.
    pub budgets: Vec<ObjectKey>,
}

impl StepReport {
    pub(super) fn new(step: &ScenarioStep) -> Self {
        Self {
            said: step.said.clone(),
            change: step.change.clone(),
            nodes: Vec::new(),
            evicted: Vec::new(),
            created: Vec::new(),
            deleted: Vec::new(),
            lost: Vec::new(),
            kept: Vec::new(),
            local_data: Vec::new(),
            refused: Vec::new(),
            not_created: Vec::new(),
            rollout: None,
            retries: 0,
        }
    }
}
