//! `-o json` and `-o yaml` of a comparison.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use serde::Serialize;

use crate::api::{Name, ObjectKey};
use crate::framework::NotEvaluated;
use crate::simulate::{Strategy, StrategyResult};

use super::super::simulation::SharesObject;
use super::super::{API_VERSION, Provenance};
use super::ComparisonAnswer;

/// The same pods by several strategies.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct ComparisonObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "Comparison")))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    strategies: Vec<TrialObject>,
    /// Pods that the API server would not let in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusalObject>,
    not_evaluated: &'a [NotEvaluated],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct TrialObject {
    /// `default`, `best-fit`, ...; `config=FILE` for the score of another configuration.
    strategy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_label: Option<Name>,
    placed: usize,
    unplaced: usize,
    /// kube-scheduler's message for the largest group of pods that stay pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Whether every step of the scenario did what it was to do, without a violated budget.
    steps_done: bool,
    nodes: usize,
    nodes_used: usize,
    /// No strategy places the same pods with fewer nodes in use.
    nodes_lower_bound: usize,
    /// Shares from 0 to 1, at the end.
    utilization: SharesObject,
    fragmentation: SharesObject,
    balance: SharesObject,
    /// Absent where no label of prices was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusalObject {
    pod: ObjectKey,
    message: String,
}

impl<'a> ComparisonObject<'a> {
    pub(super) fn new(answer: &'a ComparisonAnswer, provenance: &'a Provenance) -> Self {
        let refused = answer.refused.iter();
        Self {
            api_version: API_VERSION,
            kind: "Comparison",
            provenance,
            strategies: answer.trials.iter().map(TrialObject::new).collect(),
            refused: refused.map(|refusal| RefusalObject { pod: refusal.pod, message: refusal.to_string() }).collect(),
            not_evaluated: &answer.not_evaluated,
        }
    }
}

impl TrialObject {
    fn new(trial: &StrategyResult) -> Self {
        let weight_label = match trial.strategy {
            Strategy::WeightedLeastLoad(label) => Some(label),
            _ => None,
        };
        Self {
            strategy: trial.name(),
            weight_label,
            placed: trial.placed,
            unplaced: trial.unplaced,
            message: trial.groups.first().map(|group| group.first.message.clone()),
            steps_done: trial.steps_done(),
            nodes: trial.nodes,
            nodes_used: trial.nodes_used,
            nodes_lower_bound: trial.nodes_needed,
            utilization: SharesObject::new(trial.measures.utilization),
            fragmentation: SharesObject::new(trial.measures.fragmentation),
            balance: SharesObject::new(trial.measures.balance),
            cost: trial.cost,
        }
    }
}
