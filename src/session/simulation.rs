//! Many pods placed one after the other on a state that a scenario changes, and what came of it.

use std::collections::BTreeSet;

use crate::api::{ObjectKey, Timestamp};
use crate::framework::NotEvaluated;
use crate::report::simulation::{SimulationAnswer, WithPreemption};
use crate::simulate::scenario::{self, Scenario, ScenarioError, ScenarioRun};
use crate::simulate::{Assumption, Diff, Simulation, StateSummary, Step, Strategy, Summary, Ties, Watcher, autoscale};
use crate::state::{Cluster, Pod, PodId};

use super::State;

/// What is simulated.
#[derive(Clone, Copy)]
pub struct SimulationQuestion<'a> {
    /// What changes the state first, and in between.
    pub scenario: &'a Scenario,
    /// The pods that are placed, in the order of the queue.
    pub pods: &'a [PodId],
    /// By which rule.
    pub strategy: Strategy,
    /// Whether pods of lower priority may be preempted.
    pub preempts: bool,
    /// What is done where several nodes are equally good.
    pub ties: Ties,
    /// The moment of the question.
    pub now: Timestamp,
    /// Whether it is compared with the unchanged state.
    pub diff: bool,
    /// The programs that add nodes, if they may.
    pub autoscaler: Option<&'a autoscale::Options>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// A step of the scenario cannot be taken.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Nodes may be added, and the state has neither a Cluster Autoscaler nor Karpenter.
    #[error("the state has no readable status of the Cluster Autoscaler and no NodePool")]
    NoAutoscaler,
}

/// Plays it; `done` sees the state as it became. The state is as it was when this returns.
///
/// # Errors
/// A step cannot be taken, or there is no autoscaler.
pub fn answer(
    state: &mut State,
    question: &SimulationQuestion<'_>,
    watcher: Option<&dyn Watcher>,
    done: impl FnOnce(&Cluster, &ScenarioRun),
) -> Result<SimulationAnswer, SimulationError> {
    let SimulationQuestion { scenario, pods, strategy, preempts, ties, now, diff, autoscaler } = *question;
    let without = diff.then(|| unchanged(state, question));
    let before = StateSummary::of(&state.cluster);
    let mut simulation =
        Simulation::new(&state.scheduler, &mut state.cluster, now, ties).preempting(preempts).following(strategy);
    if let Some(watcher) = watcher {
        simulation = simulation.watched_by(watcher);
    }
    let of_state = simulation.cluster().pods().len();
    let run = scenario::run(&mut simulation, scenario, pods)?;
    let mut steps = run.steps.clone();
    let autoscaled = match autoscaler {
        Some(options) => {
            let grown = autoscale::grow(&mut simulation, options, &mut steps);
            let grown = grown.map(|grown| grown.with_stuck_rollouts(&run.reports));
            Some(grown.ok_or(SimulationError::NoAutoscaler)?)
        }
        None => None,
    };
    done(simulation.cluster(), &run);
    let ScenarioRun { reports, violated_budgets, cannot_start, .. } = run;
    let mut not_evaluated = simulation.not_evaluated();
    NotEvaluated::join(&mut not_evaluated, &state.notes);
    not_evaluated.extend(strategy.not_evaluated(simulation.cluster()));
    let mut assumptions = simulation.assumptions();
    let first_new = of_state.saturating_sub(pods.len());
    assumptions.extend(Assumption::of_new_pods(simulation.cluster(), first_new));
    let answer = SimulationAnswer {
        strategy,
        summary: Summary::of(&before, &steps, simulation.cluster()),
        diff: without.map(|without| Diff::of(&without, simulation.cluster(), &steps)),
        before,
        steps,
        group_cycles: simulation.group_cycles().to_vec(),
        refused: Vec::new(),
        scenario: reports,
        violated_budgets,
        cannot_start,
        with_preemption: None,
        rebalance: None,
        autoscaled,
        assumptions,
        not_evaluated,
    };
    simulation.rewind();
    let with_preemption =
        if preempts || autoscaler.is_some() { None } else { with_preemption(state, question, &answer) };
    Ok(SimulationAnswer { with_preemption, ..answer })
}

/// What preemption would change, which is part of every default profile; none where it changes nothing.
fn with_preemption(
    state: &mut State,
    question: &SimulationQuestion<'_>,
    answer: &SimulationAnswer,
) -> Option<WithPreemption> {
    let SimulationQuestion { scenario, pods, strategy, ties, now, .. } = question;
    let lowest = state.cluster.pods().iter().filter(|pod| pod.own.node_name.is_some()).map(Pod::priority).min()?;
    let waiting: BTreeSet<ObjectKey> =
        answer.steps.iter().filter(|step| step.place().is_none()).map(|step| step.pod).collect();
    // Pods that a step created are of the simulation's own state, and may have any priority.
    let may = |step: &Step| state.cluster.get_pod(step.pod_id).is_none_or(|pod| pod.priority() > lowest);
    if !answer.steps.iter().any(|step| step.place().is_none() && may(step)) {
        return None;
    }
    let mut simulation =
        Simulation::new(&state.scheduler, &mut state.cluster, *now, *ties).preempting(true).following(*strategy);
    let run = scenario::run(&mut simulation, scenario, pods).ok();
    simulation.rewind();
    let run = run?;
    let placed = run.steps.iter().filter(|step| step.place().is_some());
    let placed: Vec<ObjectKey> = placed.map(|step| step.pod).filter(|pod| waiting.contains(pod)).collect();
    let evicted = run.steps.iter().filter(|step| !step.evictions.is_empty());
    (!placed.is_empty()).then(|| WithPreemption {
        placed,
        preempted: evicted.map(|step| step.pod).collect(),
        unplaced: run.steps.iter().filter(|step| step.place().is_none()).count(),
    })
}

/// How the same pods leave the cluster as it is; the state is as it was when this returns.
fn unchanged(state: &mut State, question: &SimulationQuestion<'_>) -> StateSummary {
    let SimulationQuestion { pods, strategy, preempts, ties, now, .. } = question;
    let mut simulation =
        Simulation::new(&state.scheduler, &mut state.cluster, *now, *ties).preempting(*preempts).following(*strategy);
    simulation.run(pods);
    let state_summary = StateSummary::of(simulation.cluster());
    simulation.rewind();
    state_summary
}
