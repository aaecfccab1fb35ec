//! `--compare`: the same pods by several strategies.

use std::collections::BTreeSet;

use crate::api::Timestamp;
use crate::cli::error::{Error, Result};
use crate::control_plane::admission::AdmissionRefusal;
use crate::framework::NotEvaluated;
use crate::report::Answered;
use crate::report::comparison::ComparisonAnswer;
use crate::simulate::comparison::without_price;
use crate::simulate::scenario::{self, Scenario};
use crate::simulate::{Simulation, StateSummary, StrategyResult, Ties};
use crate::state::PodId;

use super::super::Status;
use super::super::strategy_args::ComparedStrategy;
use super::SimulateArgs;
use crate::session::State;

/// What is asked of every strategy.
pub(super) struct ComparisonQuestion<'a> {
    pub(super) arguments: &'a SimulateArgs,
    pub(super) scenario: &'a Scenario,
    pub(super) pods: &'a [PodId],
    pub(super) ties: Ties,
    pub(super) now: Timestamp,
}

/// Asks each strategy the same, one after the other on the same state.
pub(super) fn run(
    state: &mut State,
    questions: &ComparisonQuestion<'_>,
    compared: &[ComparedStrategy],
    refused: Vec<AdmissionRefusal>,
) -> Result<Status> {
    let ComparisonQuestion { arguments, scenario, pods, ties, now } = questions;
    let price = arguments.strategies.price();
    let before = StateSummary::of(&state.cluster);
    let mut notes = BTreeSet::new();
    let mut trials = Vec::new();
    // All files are read before the first pod is placed: a mistake is reported at once.
    let of = |compared: &ComparedStrategy| {
        let file = compared.configuration.as_deref();
        file.map(|file| arguments.common.state.scheduler_of(file, state)).transpose()
    };
    let others = compared.iter().map(of).collect::<Result<Vec<_>>>()?;
    for (ComparedStrategy { strategy, configuration }, other) in compared.iter().zip(&others) {
        let scheduler = other.as_ref().unwrap_or(&state.scheduler);
        let mut simulation = Simulation::new(scheduler, &mut state.cluster, *now, *ties)
            .preempting(arguments.preempt)
            .following(*strategy);
        let run = scenario::run(&mut simulation, scenario, pods).map_err(Error::from_error)?;
        let trial = StrategyResult::of(*strategy, &before, &run, simulation.cluster(), price);
        let configuration = configuration.as_ref().map(|file| file.display().to_string());
        trials.push(StrategyResult { configuration, ..trial });
        notes.extend(simulation.not_evaluated());
        notes.extend(strategy.not_evaluated(simulation.cluster()));
        notes.extend(price.and_then(|price| without_price(simulation.cluster(), price)));
        simulation.rewind();
    }
    let mut not_evaluated = Vec::from_iter(notes);
    NotEvaluated::join(&mut not_evaluated, &state.notes);
    let answer = ComparisonAnswer { trials, refused, not_evaluated };
    arguments.common.output.print(&Answered { answer: &answer, provenance: &state.provenance(*now) })?;
    Ok(if arguments.exit_code && !answer.fits() { Status::DoesNotFit } else { Status::Answered })
}
