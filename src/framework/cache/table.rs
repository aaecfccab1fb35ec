//! Normalized scores looked up instead of divided out: many nodes have the same raw score.

use crate::framework::plugin::Normalizer;
use crate::framework::scoring::ScoreRange;

/// Wider ranges are not laid out: there could be more scores in them than nodes.
const WIDEST: i64 = 1024;

/// What every raw score of a range becomes.
#[derive(Debug, Default)]
pub(super) struct Table {
    range: Option<ScoreRange>,
    /// From the range's least score on; empty for a wide range.
    scores: Vec<i64>,
}

impl Table {
    /// Makes the table that of `range`; whether it had another range before.
    pub(super) fn prepare(&mut self, normalizer: &dyn Normalizer, range: ScoreRange) -> bool {
        if self.range == Some(range) {
            return false;
        }
        self.range = Some(range);
        self.scores.clear();
        if range.most.saturating_sub(range.least) < WIDEST {
            self.scores.extend((range.least..=range.most).map(|score| normalizer.normalize(score, range)));
        }
        true
    }

    /// What `score` becomes; it may lie outside the range.
    pub(super) fn normalize(&self, normalizer: &dyn Normalizer, score: i64) -> i64 {
        let range = self.range.unwrap_or_default();
        let place = usize::try_from(score.wrapping_sub(range.least)).ok();
        let known = place.and_then(|place| self.scores.get(place)).copied();
        known.unwrap_or_else(|| normalizer.normalize(score, range))
    }
}
