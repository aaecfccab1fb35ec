//! What a step of a scenario did.

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::control_plane::admission;

use super::super::summary::{UnplacedGroup, unplaced_by_cause};
use super::deletion_order::Draw;
use super::rollout::Rollout;
use super::{ScenarioRun, ScenarioStep, StepAction};

/// What was changed before a question was asked.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AppliedScenario {
    /// What each step did.
    pub reports: Vec<StepReport>,
    /// Budgets of which more pods were missing at some moment than they allow.
    pub violated_budgets: Vec<ObjectKey>,
    /// Pods that the steps leave without a place, the largest group first.
    pub unplaced: Vec<UnplacedGroup>,
}

impl AppliedScenario {
    /// Of a scenario that was played.
    pub fn of(run: ScenarioRun) -> Self {
        let unplaced = unplaced_by_cause(&run.steps);
        Self { reports: run.reports, violated_budgets: run.violated_budgets, unplaced }
    }

    /// Whether the steps did all that they were to do.
    pub fn is_done(&self) -> bool {
        let none_left = self.violated_budgets.is_empty() && self.unplaced.is_empty();
        none_left && self.reports.iter().all(StepReport::is_done)
    }
}

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
    /// Pods that are being deleted and stay, as the kubelet of their node does not answer.
    pub stuck: Vec<ObjectKey>,
    /// Pods of a StatefulSet that are not created as it waits for another pod, and for which.
    pub waits: Option<Waits>,
    /// That a real controller may choose others than those that are deleted here.
    pub draw: Option<Draw>,
    /// How often a drain asked again for pods that a budget had held, after others had found a place.
    pub retries: usize,
}

/// A StatefulSet that does not go on: `podManagementPolicy: OrderedReady`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// The pod that it waits for.
    pub for_pod: ObjectKey,
    /// Pods that are not created until then.
    pub not_created: usize,
    /// Pods that are not deleted until then.
    pub not_deleted: usize,
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
    /// What the eviction API adds: how many pods the budget needs, and has.
    pub cause: Option<String>,
}

impl StepReport {
    /// Whether the step did all that it was to do: nothing was refused, and nothing waits for ever.
    pub fn is_done(&self) -> bool {
        self.refused.is_empty()
            && self.not_created.is_empty()
            && self.waits.is_none()
            && self.rollout.as_ref().is_none_or(|rollout| !rollout.end.is_stuck())
    }

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
            stuck: Vec::new(),
            waits: None,
            draw: None,
            retries: 0,
        }
    }
}
