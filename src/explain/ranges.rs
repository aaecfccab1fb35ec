//! Numbers that differ from node to node of one cause: from where to where.

use std::cmp::Ordering;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::framework::volume_reason::VolumeReason;
use crate::framework::{Amount, Reason};

/// A fact's least and largest number over the nodes of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FactRange {
    /// The fact, as the reason's JSON names it; `free` is what the node has left.
    pub fact: &'static str,
    /// The least.
    pub least: Number,
    /// The largest.
    pub most: Number,
}

/// A number of a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Pods, volumes.
    Count(i64),
    /// An amount of a resource.
    Amount(Amount),
}

impl Number {
    fn value(self) -> i64 {
        match self {
            Self::Count(count) => count,
            Self::Amount(amount) => amount.value,
        }
    }

    fn compare(self, other: Self) -> Ordering {
        self.value().cmp(&other.value())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Amount(amount) => amount.fmt(f),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_i64(*count),
            Self::Amount(amount) => amount.serialize(serializer),
        }
    }
}

/// Widens `ranges` by the numbers of `reason`.
pub(super) fn widen(ranges: &mut Vec<FactRange>, reason: &Reason) {
    for (fact, number) in numbers(reason) {
        match ranges.iter_mut().find(|range| range.fact == fact) {
            Some(range) => {
                if number.compare(range.least).is_lt() {
                    range.least = number;
                }
                if number.compare(range.most).is_gt() {
                    range.most = number;
                }
            }
            None => ranges.push(FactRange { fact, least: number, most: number }),
        }
    }
}

/// The numbers that are a node's own.
fn numbers(reason: &Reason) -> Vec<(&'static str, Number)> {
    match reason {
        Reason::InsufficientResource { resource, used, allocatable, short, .. } => {
            let free = Amount::new(*resource, allocatable.value.saturating_sub(used.value));
            [("used", *used), ("allocatable", *allocatable), ("free", free), ("short", *short)]
                .map(|(fact, amount)| (fact, Number::Amount(amount)))
                .to_vec()
        }
        Reason::TooManyPods { used, allocatable } => {
            vec![("used", Number::Count(*used)), ("allocatable", Number::Count(*allocatable))]
        }
        Reason::TopologySkew { matching, skew, .. } => {
            vec![("matching", Number::Count(*matching)), ("skew", Number::Count(*skew))]
        }
        Reason::PodAntiAffinityViolated { matching, .. } => vec![("matching", Number::Count(*matching))],
        Reason::ExistingPodAntiAffinity { pods, .. } => vec![("pods", Number::Count(*pods))],
        Reason::Volume(VolumeReason::VolumeLimitExceeded { wanted, used, limit, .. }) => {
            [("wanted", *wanted), ("used", *used), ("limit", *limit)]
                .map(|(fact, count)| (fact, Number::Count(count)))
                .to_vec()
        }
        _ => Vec::new(),
    }
}
