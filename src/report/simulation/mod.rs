//! How a simulation looks: a table for people, JSON and YAML for programs, names for pipes.

pub(super) mod autoscale;
pub(super) mod diff;
pub(super) mod groups;
pub(in crate::report) mod json;
mod json_change;
mod rollout;
pub(super) mod scenario;
pub(super) mod table;

pub(super) use json::CauseObject;
pub(super) use json_change::{AppliedObject, SharesObject};
pub(super) use rollout::{RolloutObject, outcome, why_not_started};

#[cfg(test)]
pub(super) use json::SimulationObject;

use crate::api::ObjectKey;
use crate::control_plane::admission::AdmissionRefusal;
use crate::control_plane::attach::MultiAttach;
use crate::framework::NotEvaluated;
use crate::simulate::Assumption;
use crate::simulate::autoscale::Autoscaled;
use crate::simulate::groups::GroupCycle;
use crate::simulate::rebalance::Rebalance;
use crate::simulate::scenario::{StepAction, StepReport};
use crate::simulate::{Diff, StateSummary, Step, Strategy, Summary};

use super::{Answered, Data, Look, Part, Report, Screen, html};

/// What a simulation said.
#[derive(Clone, Debug)]
pub struct SimulationAnswer {
    /// How nodes were chosen.
    pub strategy: Strategy,
    /// What became of each pod, in the queue's order.
    pub steps: Vec<Step>,
    /// Cycles of groups of pods, in order.
    pub group_cycles: Vec<GroupCycle>,
    /// Pods that the API server would not let in, in the order of their creation.
    pub refused: Vec<AdmissionRefusal>,
    /// Its outcome.
    pub summary: Summary,
    /// The state it began with.
    pub before: StateSummary,
    /// What each step of the scenario did.
    pub scenario: Vec<StepReport>,
    /// PodDisruptionBudgets of which more pods were missing at some moment than they allow.
    pub violated_budgets: Vec<ObjectKey>,
    /// Pods that got a node and cannot start there, as another node has their volume.
    pub cannot_start: Vec<MultiAttach>,
    /// What preemption would change.
    pub with_preemption: Option<WithPreemption>,
    /// Which pods would land better; none where nobody asked.
    pub rebalance: Option<Rebalance>,
    /// The nodes that the Cluster Autoscaler added; none where nobody asked.
    pub autoscaled: Option<Autoscaled>,
    /// What was taken to be so.
    pub assumptions: Vec<Assumption>,
    /// What the scenario changes against the unchanged cluster; none where nobody asked.
    pub diff: Option<Diff>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// What preemption changes about a simulation without it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithPreemption {
    /// Pods that are placed with it and not without.
    pub placed: Vec<ObjectKey>,
    /// Pods that are preempted for others.
    pub preempted: Vec<ObjectKey>,
    /// How many pods stay without a place.
    pub unplaced: usize,
}

impl SimulationAnswer {
    /// The fewest nodes that could hold what all pods request, where all were placed again: how near to it the answer is.
    pub(in crate::report) fn nodes_lower_bound(&self) -> Option<usize> {
        let repacks = self.scenario.iter().any(|report| matches!(report.change, StepAction::Repack));
        (repacks && self.summary.unplaced == 0).then_some(self.summary.nodes_needed)
    }

    /// What it can be shown as.
    pub const PARTS: &'static [Part] = Part::ALL;

    /// Whether everything that was asked for came about: every pod was created, found a place and can start there,
    /// nothing was refused, no rollout is stuck and no budget was overrun.
    pub fn fits(&self) -> bool {
        self.summary.unplaced == 0
            && self.refused.is_empty()
            && self.cannot_start.is_empty()
            && self.violated_budgets.is_empty()
            && self.scenario.iter().all(StepReport::is_done)
    }
}

impl Report for Answered<'_, SimulationAnswer> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::SimulationObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }

    /// The pods in the queue's order.
    fn names(&self) -> Option<Vec<String>> {
        Some(self.answer.steps.iter().map(|step| format!("pod/{}", step.pod.name)).collect())
    }

    fn page(&self) -> Option<String> {
        Some(html::simulation(self.answer, self.provenance))
    }
}
