//! `--runs`: the same simulation with many seeds, whole or a shard of it.

use clap::Args;

use crate::cli::error::{Error, Result};
use crate::control_plane::admission::AdmissionRefusal;
use crate::framework::NotEvaluated;
use crate::report::sweep::PARTS;
use crate::report::{Answered, Provenance};
use crate::simulate::Strategy;
use crate::simulate::sweep::{Plan, Shard, SweepOutcome, SweepResult, SweepSpec, fingerprint, sweep};

use super::super::Status;
use super::super::output::OutputFlags;
use super::super::watch::Watch;
use crate::session::State;

/// Many runs.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options for many runs")]
pub(super) struct SweepFlags {
    /// Run the simulation with this many seeds, and count the outcomes
    #[arg(long, value_name = "NUMBER", value_parser = some_runs)]
    #[arg(conflicts_with_all = ["diff", "compare"])]
    runs: Option<u64>,
    /// Run only one of several equal shards of the runs; the first is 0/COUNT; see simulate merge
    #[arg(long, value_name = "INDEX/COUNT", hide_short_help = true, requires_all = ["runs", "snapshot"])]
    shard: Option<Shard>,
}

impl SweepFlags {
    /// Which runs to play; none where it is one simulation.
    ///
    /// # Errors
    /// There are not so many seeds, or a sweep does not have this format.
    pub(super) fn plan(&self, seed: Option<u64>, output: &OutputFlags) -> Result<Option<Plan>> {
        let Some(runs) = self.runs else { return Ok(None) };
        let seed = seed.unwrap_or_default();
        if seed.checked_add(runs).is_none() {
            return Err(
                Error::new(format!("there are fewer than {runs} seeds from {seed} on")).hint("use a lower --seed")
            );
        }
        output.check(PARTS, "--runs shows figures")?;
        Ok(Some(Plan { seed, runs, shard: self.shard }))
    }
}

/// One at least.
fn some_runs(text: &str) -> std::result::Result<u64, String> {
    text.parse()
        .ok()
        .filter(|runs| *runs > 0)
        .ok_or_else(|| format!("\"{text}\" is not a number of runs; write a number of at least 1"))
}

/// What is asked, and which pods never come into being.
pub(super) struct SweepQuestion<'a> {
    pub(super) question: SweepSpec<'a>,
    pub(super) plan: Plan,
    pub(super) refused: Vec<AdmissionRefusal>,
    pub(super) exit_code: bool,
}

/// Plays the runs. An interrupt ends it early with the runs so far.
pub(super) fn run(state: &State, asked: SweepQuestion<'_>, output: &OutputFlags) -> Result<Status> {
    let SweepQuestion { question, plan, refused, exit_code } = asked;
    let watch = Watch::over("runs");
    let sweep_result = sweep(&state.scheduler, &state.cluster, &question, &plan, &watch);
    watch.end();
    let SweepOutcome { tally, mut not_evaluated } = sweep_result.map_err(Error::from_error)?;
    NotEvaluated::join(&mut not_evaluated, &state.notes);
    // Shards read them back without their kinds; the whole is to say the same in the same order.
    for note in &mut not_evaluated {
        note.kind = None;
    }
    not_evaluated.sort();
    not_evaluated.dedup();
    let provenance = state.provenance(question.now);
    let (played, runs) = (tally.runs(), plan.count());
    let sweep_result = SweepResult {
        kube_version: provenance.kube_version.clone(),
        read_at: provenance.age.as_ref().map(|age| age.read_at.clone()),
        question: plan.shard.map(|_| fingerprint(&state.scheduler, &state.cluster, &question)),
        strategy: (question.strategy != Strategy::Default).then(|| question.strategy.name().to_owned()),
        plan,
        tally,
        refused: refused.iter().map(|refusal| (refusal.pod, refusal.to_string())).collect(),
        not_evaluated,
    };
    let status = print(&sweep_result, &provenance, exit_code, output)?;
    if played < runs {
        return Err(Error::new(format!("stopped after {played} of {runs} runs")));
    }
    Ok(status)
}

/// Prints a sweep, whole or in part.
pub(super) fn print(
    sweep_result: &SweepResult,
    provenance: &Provenance,
    exit_code: bool,
    output: &OutputFlags,
) -> Result<Status> {
    output.print(&Answered { answer: sweep_result, provenance })?;
    Ok(if exit_code && !sweep_result.fits() { Status::DoesNotFit } else { Status::Answered })
}
