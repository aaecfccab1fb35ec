//! The same simulation many times, with other draws among equally good nodes each time.
//!
//! kube-scheduler draws one of the nodes with the best score, so one run is one of many that may
//! come about. A sweep runs as many as are asked for, one a seed, and counts the outcomes
//! ([`RunCounts`]). What a seed does is the same on every machine and every number of threads;
//! counts add up in any order; so a sweep can be split ([`Shard`]) and put together again.

mod distribution;
mod fingerprint;
mod shard;
mod sweep_result;
mod tally;
#[cfg(test)]
mod tests;

pub use distribution::{Distribution, ValueRuns};
pub use fingerprint::fingerprint;
pub use shard::{Plan, Shard, ShardError};
pub use sweep_result::{MergeError, SweepResult, merge};
pub use tally::{Balance, FirstUnplaced, PodTally, RunCounts};

use std::collections::BTreeSet;

use crate::api::Timestamp;
use crate::framework::NotEvaluated;
use crate::scheduler::Scheduler;
use crate::state::{Cluster, PodId};

use super::scenario::{self, Scenario, ScenarioError};
use super::state_summary::StateSummary;
use super::workers::{self, Watcher};
use super::{Simulation, Strategy, Ties};

/// What is simulated in every run.
#[derive(Clone, Copy, Debug)]
pub struct SweepSpec<'a> {
    /// Changes of the cluster, and when pods are placed.
    pub scenario: &'a Scenario,
    /// The pods that were asked about, in the order of the queue.
    pub pods: &'a [PodId],
    /// How nodes are chosen among the feasible ones.
    pub strategy: Strategy,
    /// Whether pods of lower priority are preempted.
    pub preempts: bool,
    /// When it is asked.
    pub now: Timestamp,
}

/// What a sweep came to.
#[derive(Clone, Debug, Default)]
pub struct SweepOutcome {
    /// What was counted.
    pub tally: RunCounts,
    /// What could not be judged in any run, sorted.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// Plays the runs of `plan`, on all cores. One that `watcher` stops has played the first of them.
///
/// # Errors
/// A step of the scenario cannot be taken.
pub fn sweep(
    scheduler: &Scheduler,
    cluster: &Cluster,
    spec: &SweepSpec<'_>,
    plan: &Plan,
    watcher: &dyn Watcher,
) -> Result<SweepOutcome, ScenarioError> {
    let before = StateSummary::of(cluster);
    let seeds = plan.seeds();
    let count = usize::try_from(plan.count()).unwrap_or(usize::MAX);
    let (shares, played) = workers::share(cluster, count, watcher, |cluster, runs| {
        let (mut tally, mut notes) = (RunCounts::default(), BTreeSet::new());
        let mut simulation = Simulation::new(scheduler, cluster, spec.now, Ties::First)
            .preempting(spec.preempts)
            .following(spec.strategy);
        for run in runs {
            let seed = seeds.start.saturating_add(run as u64);
            simulation.again(Ties::seeded(seed));
            let run = scenario::run(&mut simulation, spec.scenario, spec.pods)?;
            tally.add(seed, &before, &run, simulation.cluster());
            notes.extend(spec.strategy.not_evaluated(simulation.cluster()));
        }
        notes.extend(simulation.not_evaluated());
        Ok((tally, notes))
    })?;
    let (mut tally, mut notes) = (RunCounts::default(), BTreeSet::new());
    for (more, of_share) in shares {
        tally.merge(more);
        notes.extend(of_share);
    }
    if played < count {
        let what = format!("{} of {count} runs", count - played);
        notes.insert(NotEvaluated::new(what, "stopped early", "their results are unknown"));
    }
    Ok(SweepOutcome { tally, not_evaluated: notes.into_iter().collect() })
}
