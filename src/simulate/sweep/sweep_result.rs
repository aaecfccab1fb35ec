//! A sweep, or a shard of one, with what it is of; and how shards become the whole.

use std::collections::BTreeSet;

use crate::api::ObjectKey;
use crate::framework::NotEvaluated;

use super::shard::{Plan, Shard};
use super::tally::RunCounts;

/// A sweep, or a shard of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepResult {
    /// Whose scheduler was reproduced.
    pub kube_version: String,
    /// When the state was read, where that is known.
    pub read_at: Option<String>,
    /// What tells one question from another ([`super::fingerprint`]); of shards only.
    pub question: Option<String>,
    /// The strategy's name; none where it is the profile's score.
    pub strategy: Option<String>,
    /// Which runs.
    pub plan: Plan,
    /// What they came to.
    pub tally: RunCounts,
    /// Pods that the API server would not let in, and what it would say.
    pub refused: Vec<(ObjectKey, String)>,
    /// What the answer does not rest on, sorted.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl SweepResult {
    /// Whether every pod is let in and goes to a node in every run, no step is refused and no budget violated.
    pub fn fits(&self) -> bool {
        let is_refused = !self.refused.is_empty() || self.tally.refusing > 0;
        let is_done = self.tally.refused_steps.is_empty() && self.tally.violated_budgets.is_empty();
        !is_refused && is_done && self.tally.whole_runs() == self.tally.runs()
    }

    /// What differs between this and a shard of the same sweep that it could not.
    fn differs(&self, other: &Self) -> Option<&'static str> {
        let of = |plan: &Plan| plan.shard.map(|shard| shard.of);
        let differences = [
            (self.kube_version != other.kube_version, "version of the scheduler"),
            (self.read_at != other.read_at, "state"),
            (self.question != other.question, "cluster state or command"),
            (self.strategy != other.strategy, "strategy"),
            (self.plan.seed != other.plan.seed, "first seed"),
            (self.plan.runs != other.plan.runs, "number of runs"),
            (of(&self.plan) != of(&other.plan), "number of shards"),
            (self.refused != other.refused, "list of refused pods"),
        ];
        differences.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
    }
}

/// Shards that are not those of one sweep; each is called as the caller calls it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("there is no shard to merge")]
    None,
    /// One is a whole sweep.
    #[error("{called}: is a complete sweep, not a shard")]
    NotAShard {
        /// Which one.
        called: String,
    },
    /// One was stopped.
    #[error("{called}: shard {shard} completed only {runs} of its {asked} runs: run it again")]
    Stopped {
        /// Which one.
        called: String,
        /// Its place.
        shard: Shard,
        /// Runs that were completed.
        runs: u64,
        /// Runs that it should have.
        asked: u64,
    },
    /// One is of another sweep.
    #[error("{called}: belongs to a different sweep than {first}: the {what} differs")]
    Different {
        /// Which one.
        called: String,
        /// The one that it is compared with.
        first: String,
        /// What shows it.
        what: &'static str,
    },
    /// One is there twice.
    #[error("{called}: is shard {shard}, like {first}")]
    Twice {
        /// The later one.
        called: String,
        /// Its place.
        shard: Shard,
        /// The earlier one.
        first: String,
    },
    /// One is not there.
    #[error("shard {0} is missing")]
    Missing(Shard),
}

/// Puts the shards of one sweep together, each with what it is called in sentences. The whole is what
/// the sweep would have had in one piece.
///
/// # Errors
/// They are not all shards of one sweep, or one is missing, there twice, or was stopped.
pub fn merge(shards: Vec<(String, SweepResult)>) -> Result<SweepResult, MergeError> {
    let mut numbered: Vec<(Shard, String, SweepResult)> = Vec::with_capacity(shards.len());
    for (called, sweep_result) in shards {
        let Some(shard) = sweep_result.plan.shard else {
            return Err(MergeError::NotAShard { called });
        };
        let (played, asked) = (sweep_result.tally.runs(), sweep_result.plan.count());
        if played != asked {
            return Err(MergeError::Stopped { called, shard, runs: played, asked });
        }
        numbered.push((shard, called, sweep_result));
    }
    let mut all = numbered.into_iter();
    let Some((first, first_called, mut whole)) = all.next() else {
        return Err(MergeError::None);
    };
    let mut places = vec![(first, first_called.clone())];
    let mut notes = BTreeSet::from_iter(std::mem::take(&mut whole.not_evaluated));
    for (shard, called, sweep_result) in all {
        if let Some(what) = whole.differs(&sweep_result) {
            return Err(MergeError::Different { called, first: first_called, what });
        }
        whole.tally.merge(sweep_result.tally);
        notes.extend(sweep_result.not_evaluated);
        places.push((shard, called));
    }
    complete(first.of, places)?;
    whole.not_evaluated = notes.into_iter().collect();
    whole.plan.shard = None;
    whole.question = None;
    Ok(whole)
}

/// Whether every shard is there once.
fn complete(of: u32, mut places: Vec<(Shard, String)>) -> Result<(), MergeError> {
    places.sort();
    let twice = places.windows(2).find_map(|pair| match pair {
        [(shard, one), (again, other)] if shard == again => {
            Some(MergeError::Twice { called: other.clone(), shard: *shard, first: one.clone() })
        }
        _ => None,
    });
    if let Some(twice) = twice {
        return Err(twice);
    }
    let mut there = places.iter().map(|(shard, _)| shard.index);
    match (0..of).find(|index| there.next() != Some(*index)) {
        Some(index) => Err(MergeError::Missing(Shard { index, of })),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(index: u32, of: u32, runs: u64) -> SweepResult {
        let plan = Plan { seed: 0, runs, shard: Some(Shard { index, of }) };
        let mut tally = RunCounts::default();
        plan.seeds().for_each(|seed| tally.placed.add(seed % 3, seed));
        let note = NotEvaluated::new(format!("{index}"), "", "");
        SweepResult {
            kube_version: "v1.34.1".to_owned(),
            read_at: None,
            question: Some("0".to_owned()),
            strategy: None,
            plan,
            tally,
            refused: Vec::new(),
            not_evaluated: vec![note],
        }
    }

    fn merged(shards: impl IntoIterator<Item = SweepResult>) -> Result<SweepResult, MergeError> {
        merge(shards.into_iter().zip('a'..).map(|(shard, name)| (name.to_string(), shard)).collect())
    }

    #[test]
    fn all_shards_are_the_whole_in_any_order() {
        let whole = merged([shard(2, 3, 10), shard(0, 3, 10), shard(1, 3, 10)]).unwrap();
        let one = merged([shard(0, 1, 10)]).unwrap();
        assert_eq!((whole.plan, &whole.tally), (one.plan, &one.tally));
        let notes: Vec<&str> = whole.not_evaluated.iter().map(|note| &*note.what).collect();
        assert_eq!((notes, whole.question), (vec!["0", "1", "2"], None));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let refused = |shards: Vec<SweepResult>| merged(shards).unwrap_err().to_string();
        assert_eq!(refused(vec![]), "there is no shard to merge");
        assert_eq!(refused(vec![shard(0, 3, 9), shard(2, 3, 9)]), "shard 1/3 is missing");
        assert_eq!(refused(vec![shard(0, 4_000_000_000, 9)]), "shard 1/4000000000 is missing");
        assert_eq!(refused(vec![shard(1, 2, 9), shard(0, 2, 9), shard(1, 2, 9)]), "c: is shard 1/2, like a");
        let part = "a: shard 0/1 completed only 4 of its 9 runs: run it again";
        let stopped = SweepResult { plan: Plan { runs: 9, ..shard(0, 1, 4).plan }, ..shard(0, 1, 4) };
        assert_eq!(refused(vec![stopped]), part);
        let other = |change: fn(&mut SweepResult)| {
            let mut other = shard(1, 2, 9);
            change(&mut other);
            refused(vec![shard(0, 2, 9), other])
        };
        assert_eq!(
            other(|sweep_result| sweep_result.question = Some("1".to_owned())),
            "b: belongs to a different sweep than a: the cluster state or command differs"
        );
        assert_eq!(
            other(|sweep_result| sweep_result.strategy = Some("random".to_owned())),
            "b: belongs to a different sweep than a: the strategy differs"
        );
        assert_eq!(other(|sweep_result| sweep_result.plan.shard = None), "b: is a complete sweep, not a shard");
    }
}
