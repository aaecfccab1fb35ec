//! How often each value was seen, and with which seed first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A value, such as the number of pods placed, over many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution(BTreeMap<u64, ValueRuns>);

/// The runs with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValueRuns {
    /// How many they are.
    pub runs: u64,
    /// The lowest of their seeds.
    pub seed: u64,
}

impl Distribution {
    /// Counts the run with `seed`, whose value is `value`.
    pub fn add(&mut self, value: u64, seed: u64) {
        self.join(value, ValueRuns { runs: 1, seed });
    }

    /// Counts runs that were counted elsewhere.
    pub fn join(&mut self, value: u64, more: ValueRuns) {
        let seen = self.0.entry(value).or_insert(ValueRuns { runs: 0, ..more });
        *seen = ValueRuns { runs: seen.runs.saturating_add(more.runs), seed: seen.seed.min(more.seed) };
    }

    /// Counts all runs of `other`.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(value, seen)| self.join(value, seen));
    }

    /// The values in order, each with its runs.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, ValueRuns)> + '_ {
        self.0.iter().map(|(value, seen)| (*value, *seen))
    }

    /// All runs.
    pub fn runs(&self) -> u64 {
        self.0.values().fold(0, |sum, seen| sum.saturating_add(seen.runs))
    }

    /// The lowest value; 0 without a run.
    pub fn least(&self) -> u64 {
        self.0.keys().next().copied().unwrap_or_default()
    }

    /// The highest value; 0 without a run.
    pub fn most(&self) -> u64 {
        self.0.keys().next_back().copied().unwrap_or_default()
    }

    /// The value in the middle; of two in the middle the lower one.
    pub fn median(&self) -> u64 {
        let half = self.runs().div_ceil(2);
        let mut sum = 0_u64;
        let middle = self.0.iter().find(|(_, seen)| {
            sum = sum.saturating_add(seen.runs);
            sum >= half
        });
        middle.map(|(value, _)| *value).unwrap_or_default()
    }

    /// The runs with this value.
    pub fn with(&self, value: u64) -> Option<ValueRuns> {
        self.0.get(&value).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> Distribution {
        let mut distribution = Distribution::default();
        values.iter().zip(0..).for_each(|(value, seed)| distribution.add(*value, seed));
        distribution
    }

    #[test]
    fn least_median_and_most() {
        let figures = |values| {
            let found = of(values);
            [found.least(), found.median(), found.most(), found.runs()]
        };
        assert_eq!(figures(&[]), [0, 0, 0, 0]);
        assert_eq!(figures(&[3]), [3, 3, 3, 1]);
        assert_eq!(figures(&[5, 1, 1, 9]), [1, 1, 9, 4]);
        assert_eq!(figures(&[5, 1, 2, 9, 7]), [1, 5, 9, 5]);
    }

    #[test]
    fn the_lowest_seed_is_kept_in_whatever_order() {
        let mut early = of(&[4, 4, 2]);
        let mut late = Distribution::default();
        late.add(2, 9);
        late.add(4, 0);
        let mut turned = late.clone();
        turned.merge(&early);
        early.merge(&late);
        assert_eq!(early, turned);
        assert_eq!(early.with(2), Some(ValueRuns { runs: 2, seed: 2 }));
        assert_eq!(early.with(4), Some(ValueRuns { runs: 3, seed: 0 }));
    }
}
