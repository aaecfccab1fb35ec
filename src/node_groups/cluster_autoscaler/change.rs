//! What would make the Cluster Autoscaler grow a group: a change of the status, with which its loop is run once more.
//!
//! A group that is not asked may refuse the pod as well, and then raising its maximum helps nobody: nothing is proposed
//! before the loop says so.

use std::borrow::Cow;

use super::{GroupVerdict, Loop, Skip};
use crate::api::name::Name;
use crate::decode::autoscaling::status::Status;
use crate::state::pod::PodId;

/// A change of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It may have so many nodes.
    Max {
        /// The group.
        group: Name,
        /// The new maximum.
        max: i64,
    },
    /// It got so many nodes more.
    Grown {
        /// The group.
        group: Name,
        /// How many.
        by: i64,
    },
    /// Nodes that were under way are there.
    Started {
        /// The group.
        group: Name,
        /// How many.
        by: i64,
    },
    /// Its backoff is over.
    BackoffOver {
        /// The group.
        group: Name,
    },
}

impl Change {
    /// What would make the autoscaler ask each group that is full or in backoff.
    pub fn all(run: &Loop) -> impl Iterator<Item = (usize, Self)> + '_ {
        run.groups.iter().enumerate().filter_map(|(place, group)| {
            let change = match group.skip {
                Some(Skip::MaxSize) => Self::Max { group: group.id, max: group.target.saturating_add(1) },
                Some(Skip::Backoff) => Self::BackoffOver { group: group.id },
                _ => return None,
            };
            Some((place, change))
        })
    }

    /// Those of groups whose new node would take the pod.
    pub fn promising(run: &Loop, pod: PodId) -> Vec<(usize, Self)> {
        let verdicts = run.pods.get(&pod).map_or(&[][..], |answer| &answer.verdicts);
        Self::all(run).filter(|(place, _)| verdicts.get(*place) == Some(&GroupVerdict::Fits)).collect()
    }

    /// The group.
    pub fn group(self) -> Name {
        match self {
            Self::Max { group, .. }
            | Self::Grown { group, .. }
            | Self::Started { group, .. }
            | Self::BackoffOver { group } => group,
        }
    }
}

/// The status after changes.
pub(super) fn changed<'s>(status: &'s Status, changes: &[Change]) -> Cow<'s, Status> {
    if changes.is_empty() {
        return Cow::Borrowed(status);
    }
    let mut status = status.clone();
    for change in changes {
        let Some(group) = status.groups.iter_mut().find(|group| group.name == change.group()) else { continue };
        match *change {
            Change::Grown { by, .. } => {
                for count in [&mut group.target, &mut group.ready, &mut group.registered] {
                    *count = count.saturating_add(by);
                }
            }
            Change::Started { by, .. } => {
                for count in [&mut group.ready, &mut group.registered] {
                    *count = count.saturating_add(by);
                }
            }
            Change::Max { max, .. } => group.max = max,
            Change::BackoffOver { .. } if group.scale_up == "Backoff" => {
                group.scale_up = crate::api::name("NoActivity");
            }
            Change::BackoffOver { .. } => {}
        }
    }
    Cow::Owned(status)
}
