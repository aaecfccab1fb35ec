//! How a simulation looks: a table for people, JSON and YAML for programs, names for pipes.

pub(super) mod diff;
mod json;
mod json_change;
mod rollout;
pub(super) mod scenario;
pub(super) mod table;

pub use json::{json, yaml};
pub(super) use json_change::SharesObject;
pub use table::table;

use std::fmt::Write;

use crate::cluster::ObjectKey;
use crate::cluster::admission::Refusal;
use crate::framework::NotEvaluated;
use crate::simulate::scenario::StepReport;
use crate::simulate::{Diff, Picture, Step, Strategy, Summary};

use super::text::escape;

/// What a simulation said.
#[derive(Clone, Debug)]
pub struct SimulationAnswer {
    /// How nodes were chosen.
    pub strategy: Strategy,
    /// What became of each pod, in the queue's order.
    pub steps: Vec<Step>,
    /// Pods that the API server would not let in, in the order of their creation.
    pub refused: Vec<Refusal>,
    /// What it comes to.
    pub summary: Summary,
    /// The state it began with.
    pub before: Picture,
    /// What each step of the scenario did.
    pub scenario: Vec<StepReport>,
    /// PodDisruptionBudgets of which more pods were missing at some moment than they allow.
    pub violated_budgets: Vec<ObjectKey>,
    /// What the scenario changes against the unchanged cluster; none where nobody asked.
    pub diff: Option<Diff>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl SimulationAnswer {
    /// Whether every pod comes into being, and finds a place.
    pub fn fits(&self) -> bool {
        let is_refused = !self.refused.is_empty() || self.scenario.iter().any(|step| !step.not_created.is_empty());
        self.summary.unplaced == 0 && !is_refused
    }
}

/// `-o name`: `pod/NAME`, one a line, in the queue's order.
pub fn names(answer: &SimulationAnswer) -> String {
    let mut text = String::new();
    for step in &answer.steps {
        let _ = writeln!(text, "pod/{}", escape(&step.pod.name));
    }
    text
}
