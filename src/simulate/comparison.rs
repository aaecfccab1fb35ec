//! The same pods under several strategies, side by side.

use crate::api::{Name, ObjectKey};
use crate::control_plane::attach::MultiAttach;
use crate::framework::NotEvaluated;
use crate::state::Cluster;

use super::bound::nodes_needed;
use super::measures::{Measures, used};
use super::scenario::{ScenarioRun, StepReport};
use super::state_summary::StateSummary;
use super::step::Step;
use super::strategy::{self, Strategy};
use super::summary::{UnplacedGroup, unplaced_by_cause};

/// What became of the pods under one strategy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StrategyResult {
    /// The strategy.
    pub strategy: Strategy,
    /// What the configuration is called that it was asked of; none for that of the question.
    pub configuration: Option<String>,
    /// Pods that went to a node.
    pub placed: usize,
    /// Pods that stay pending.
    pub unplaced: usize,
    /// Those that stay pending, by what stands in their way, the largest group first.
    pub groups: Vec<UnplacedGroup>,
    /// Steps of the scenario that did not do all that they were to do.
    pub undone: Vec<StepReport>,
    /// Budgets of which more pods were missing at some moment than they allow.
    pub violated_budgets: Vec<ObjectKey>,
    /// Pods that were placed and cannot start on their node, as another has their volume.
    pub cannot_start: Vec<MultiAttach>,
    /// All nodes.
    pub nodes: usize,
    /// Nodes with a pod, at the end.
    pub nodes_used: usize,
    /// The placed pods need at least so many, whatever the strategy.
    pub nodes_needed: usize,
    /// How full, how fragmented and how even the cluster is at the end.
    pub measures: Measures,
    /// The prices of the nodes with a pod, summed; none where nobody asked.
    pub cost: Option<f64>,
}

impl StrategyResult {
    /// What it is called: `best-fit`, `config=packed.yaml`.
    pub fn name(&self) -> String {
        self.configuration.as_ref().map_or_else(|| self.strategy.name().to_owned(), |file| format!("config={file}"))
    }

    /// Whether the steps of the scenario did all that they were to do, and no budget was violated.
    pub fn steps_done(&self) -> bool {
        self.undone.is_empty() && self.violated_budgets.is_empty() && self.cannot_start.is_empty()
    }

    /// The outcome of `run`, which `strategy` led to; it began with `before` and ended in `cluster`.
    /// What a node costs is the value of the label `price`.
    pub fn of(
        strategy: Strategy,
        before: &StateSummary,
        run: &ScenarioRun,
        cluster: &Cluster,
        price: Option<Name>,
    ) -> Self {
        let steps: &[Step] = &run.steps;
        let placed = steps.iter().filter(|step| step.place().is_some()).count();
        Self {
            strategy,
            configuration: None,
            placed,
            unplaced: steps.len() - placed,
            groups: unplaced_by_cause(steps),
            undone: run.reports.iter().filter(|report| !report.is_done()).cloned().collect(),
            violated_budgets: run.violated_budgets.clone(),
            cannot_start: run.cannot_start.clone(),
            nodes: cluster.nodes().len(),
            nodes_used: used(cluster).count(),
            nodes_needed: nodes_needed(cluster, steps),
            measures: Measures::of(cluster, before.typical),
            cost: price.map(|price| cost(cluster, price)),
        }
    }
}

/// What costs do not rest on in this cluster.
pub fn without_price(cluster: &Cluster, price: Name) -> Option<NotEvaluated> {
    let without = cluster.nodes().iter().filter(|node| strategy::number(node, price).is_none()).count();
    (without > 0).then(|| {
        NotEvaluated::new(
            format!("price of {without} of {} nodes", cluster.nodes().len()),
            format!("label {price} is missing or no positive number"),
            "they are counted as free",
        )
    })
}

/// To four digits: more would be noise of the arithmetic.
fn cost(cluster: &Cluster, price: Name) -> f64 {
    // The sum of nothing is -0.
    let sum = used(cluster).filter_map(|node| strategy::number(node, price)).sum::<f64>() + 0.0;
    (sum * 10_000.0).round() / 10_000.0
}
