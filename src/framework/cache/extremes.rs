//! The least and the largest of scores that come and go.

use crate::framework::scoring::ScoreRange;

/// A range, and how many scores are at each of its ends.
#[derive(Debug, Default)]
pub(super) struct Extremes {
    range: ScoreRange,
    at_least: usize,
    at_most: usize,
    /// The last score at an end was removed: only a look at all scores finds the next.
    lost: bool,
}

impl Extremes {
    /// Those of scores that are still to be looked at.
    pub(super) fn unknown() -> Self {
        Self { lost: true, ..Self::default() }
    }

    /// Those of `scores`.
    pub(super) fn of(scores: impl Iterator<Item = i64>) -> Self {
        scores.fold(Self::default(), |mut extremes, score| {
            extremes.add(score);
            extremes
        })
    }

    /// The range; 0 and 0 of no scores.
    pub(super) fn range(&self) -> ScoreRange {
        self.range
    }

    /// Whether the range must be computed again.
    pub(super) fn are_lost(&self) -> bool {
        self.lost
    }

    /// One score more.
    pub(super) fn add(&mut self, score: i64) {
        if self.at_least == 0 || score < self.range.least {
            (self.range.least, self.at_least) = (score, 1);
        } else if score == self.range.least {
            self.at_least += 1;
        }
        if self.at_most == 0 || score > self.range.most {
            (self.range.most, self.at_most) = (score, 1);
        } else if score == self.range.most {
            self.at_most += 1;
        }
    }

    /// One score less, which was there.
    pub(super) fn remove(&mut self, score: i64) {
        if score == self.range.least {
            self.at_least = self.at_least.saturating_sub(1);
        }
        if score == self.range.most {
            self.at_most = self.at_most.saturating_sub(1);
        }
        self.lost |= self.at_least == 0 || self.at_most == 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores, then the changes to them: what comes and (negative) what goes.
    #[track_caller]
    fn case(scores: &[i64], changes: &[i64], expected: Option<(i64, i64)>) {
        let mut extremes = Extremes::of(scores.iter().copied());
        for change in changes {
            if *change > 0 { extremes.add(*change) } else { extremes.remove(-change) }
        }
        let known = (!extremes.are_lost()).then_some((extremes.range().least, extremes.range().most));
        assert_eq!(known, expected);
    }

    #[test]
    fn the_ends_are_known_until_the_last_score_there_is_removed() {
        case(&[], &[], Some((0, 0)));
        case(&[3, 5, 7], &[], Some((3, 7)));
        case(&[3, 5, 7], &[2, 9], Some((2, 9)));
        case(&[3, 5, 7, 7], &[-7, -5], Some((3, 7)));
        case(&[3, 5, 7], &[-7], None);
        case(&[3, 5, 7], &[-3, 4], None);
        case(&[4], &[-4], None);
    }
}
