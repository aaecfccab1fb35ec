//! Which runs of a sweep are played: all, or a part of them.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The runs of a sweep, which differ by their seeds only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed of the first run; the others have the next ones.
    pub seed: u64,
    /// How many runs the whole sweep has.
    pub runs: u64,
    /// The part of it that is played; all of it without.
    pub shard: Option<Shard>,
}

/// One of several equal parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which, from 0: as Kubernetes numbers the pods of an Indexed Job.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

impl Plan {
    /// The seeds of the runs that are played.
    pub fn seeds(&self) -> Range<u64> {
        let Shard { index, of } = self.shard.unwrap_or(Shard { index: 0, of: 1 });
        // Parts differ by one run at most, and follow each other.
        let begin = |index: u32| {
            let runs = u128::from(self.runs) * u128::from(index) / u128::from(of.max(1));
            self.seed.saturating_add(u64::try_from(runs).unwrap_or(u64::MAX))
        };
        begin(index)..begin(index.saturating_add(1))
    }

    /// How many runs are played.
    pub fn count(&self) -> u64 {
        let seeds = self.seeds();
        seeds.end.saturating_sub(seeds.start)
    }
}

/// A text that names no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// It has no `/`.
    #[error("write INDEX/COUNT, such as 0/4")]
    Form,
    /// A part of it is not a number.
    #[error("\"{0}\" is not a number")]
    NotANumber(String),
    /// The count is 0.
    #[error("there are no shards of 0")]
    NoShards,
    /// The index is the count or more.
    #[error("{of} shards are numbered from 0 to {}", of.saturating_sub(1))]
    OutOfRange {
        /// The count.
        of: u32,
    },
}

impl FromStr for Shard {
    type Err = ShardError;

    /// `0/4` to `3/4`.
    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (index, of) = text.split_once('/').ok_or(ShardError::Form)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| ShardError::NotANumber(text.to_owned()));
        let shard = Self { index: number(index)?, of: number(of)? };
        if shard.index >= shard.of {
            return Err(match shard.of {
                0 => ShardError::NoShards,
                of => ShardError::OutOfRange { of },
            });
        }
        Ok(shard)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(seed: u64, runs: u64, shard: &str) -> Range<u64> {
        Plan { seed, runs, shard: shard.parse().ok() }.seeds()
    }

    #[test]
    fn shards_follow_each_other_and_leave_nothing_out() {
        assert_eq!(seeds(7, 10, ""), 7..17);
        assert_eq!(["0/3", "1/3", "2/3"].map(|shard| seeds(7, 10, shard)), [7..10, 10..13, 13..17]);
        // More shards than runs: some have none.
        assert_eq!(["0/3", "1/3", "2/3"].map(|shard| seeds(0, 1, shard)), [0..0, 0..0, 0..1]);
        assert_eq!(seeds(0, u64::MAX, "4294967294/4294967295").end, u64::MAX);
    }

    #[test]
    fn shards_are_read() {
        assert_eq!("3/4".parse(), Ok(Shard { index: 3, of: 4 }));
        let refused = |text: &str| text.parse::<Shard>().unwrap_err().to_string();
        assert_eq!(refused("3"), "write INDEX/COUNT, such as 0/4");
        assert_eq!(refused("4/4"), "4 shards are numbered from 0 to 3");
        assert_eq!(refused("0/0"), "there are no shards of 0");
        assert_eq!(refused("a/4"), "\"a\" is not a number");
        assert_eq!(refused("-1/4"), "\"-1\" is not a number");
    }
}
