//! What fits nowhere with a change, and whether that is worse than before.

use std::collections::BTreeSet;

use crate::api::ObjectKey;
use crate::control_plane::admission::AdmissionRefusal;
use crate::control_plane::attach::MultiAttach;

use super::super::scenario::rollout::{Rollout, RolloutEnd};
use super::super::step::Unplaced;
use super::change::Change;
use super::side::{CheckSide, Owner, Tally};

/// Something that does not fit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// Whose pods they are.
    pub owner: Owner,
    /// What is wrong.
    pub kind: ProblemKind,
    /// How many pods there are to be, and have their place, with the change.
    pub tally: Tally,
    /// The same without it.
    pub tally_before: Tally,
    /// Whether it was as bad before the change.
    pub was_before: bool,
    /// Whether the change is about the workload itself.
    pub is_changed: bool,
}

/// What is wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Pods fit on no node.
    NoPlace {
        /// The pods.
        pods: Vec<ObjectKey>,
        /// Why the first of them has none.
        why: Unplaced,
    },
    /// A rollout does not end.
    Stuck {
        /// How far it came.
        rollout: Rollout,
        /// Why its next pod fits nowhere, if it is that.
        why: Option<Unplaced>,
    },
    /// The API server does not let pods in.
    Refused {
        /// The first refusal.
        refusal: AdmissionRefusal,
        /// How many pods are not created.
        pods: usize,
    },
    /// A pod has its node, and its volume is attached to another.
    CannotStart(MultiAttach),
    /// The API server does not take the manifest: what it changes is immutable.
    Immutable,
}

impl ProblemKind {
    /// The word for it in data.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NoPlace { .. } => "Unschedulable",
            Self::Stuck { .. } => "RolloutStuck",
            Self::Refused { .. } => "Refused",
            Self::CannotStart(_) => "MultiAttach",
            Self::Immutable => "Immutable",
        }
    }

    /// Why a pod fits on no node, where that is what is wrong.
    pub fn unplaced(&self) -> Option<&Unplaced> {
        match self {
            Self::NoPlace { why, .. } => Some(why),
            Self::Stuck { why, .. } => why.as_ref(),
            _ => None,
        }
    }

    /// What the API server says of pods that it does not let in, where that is what is wrong.
    pub fn refusal(&self) -> Option<&AdmissionRefusal> {
        match self {
            Self::Refused { refusal, .. }
            | Self::Stuck { rollout: Rollout { end: RolloutEnd::Refused(refusal), .. }, .. } => Some(refusal),
            _ => None,
        }
    }
}

/// What does not fit in `head`, what is worse than in `base` first.
pub fn problems(base: &CheckSide, head: &CheckSide, changes: &[Change]) -> Vec<Problem> {
    let changed: BTreeSet<Owner> = changes.iter().map(|change| change.owner).collect();
    let refused_pods = head.refused.iter().map(|refusal| Owner::Pod(refusal.pod));
    let owners: BTreeSet<Owner> = changed
        .iter()
        .copied()
        .chain(head.waiting.keys().copied())
        .chain(head.cannot_start.iter().map(|(owner, _)| *owner))
        .chain(refused_pods)
        .collect();
    let mut problems: Vec<Problem> = Vec::new();
    for owner in owners {
        let is_changed = changed.contains(&owner);
        let tally = head.tallies.get(&owner).copied().unwrap_or_default();
        let tally_before = base.tallies.get(&owner).copied().unwrap_or_default();
        let waited = base.waiting.get(&owner).map_or(0, Vec::len);
        let waits = head.waiting.get(&owner).map_or(0, Vec::len);
        let short_before = tally_before.short().max(waited);
        // Fewer that are short, and no fewer that run.
        let was_before = short_before > 0
            && tally.short().max(waits) <= short_before
            && (tally.placed >= tally_before.placed || tally.wanted < tally_before.wanted);
        let mut add = |kind: ProblemKind| {
            problems.push(Problem { owner, kind, tally, tally_before, was_before, is_changed });
        };
        let change = changes.iter().find(|change| change.owner == owner);
        if change.is_some_and(Change::is_refused) {
            add(ProblemKind::Immutable);
            continue;
        }
        of_owner(head, owner, change, &mut add);
    }
    problems.sort_by_key(|problem| (problem.was_before, !problem.is_changed));
    problems
}

fn of_owner(head: &CheckSide, owner: Owner, change: Option<&Change>, add: &mut impl FnMut(ProblemKind)) {
    let waiting = head.waiting.get(&owner).map(Vec::as_slice).unwrap_or_default();
    let report = change.and_then(Change::workload).and_then(|workload| head.report(workload));
    let rollout = report.and_then(|report| report.rollout.as_ref()).filter(|rollout| rollout.end.is_stuck());
    if let Some(rollout) = rollout {
        let why = match &rollout.end {
            RolloutEnd::NoPlace { pod, .. } => waiting.iter().find(|waiting| waiting.pod == *pod).or(waiting.first()),
            RolloutEnd::Waits(_) => waiting.first(),
            _ => None,
        };
        return add(ProblemKind::Stuck { rollout: rollout.clone(), why: why.map(|waiting| waiting.why.clone()) });
    }
    if let Some(first) = waiting.first() {
        add(ProblemKind::NoPlace { pods: waiting.iter().map(|waiting| waiting.pod).collect(), why: first.why.clone() });
    }
    let of_report = report.map(|report| report.not_created.as_slice()).unwrap_or_default();
    let of_pod = head.refused.iter().filter(|refusal| Owner::Pod(refusal.pod) == owner);
    let refusals: Vec<&AdmissionRefusal> = of_report.iter().chain(of_pod).collect();
    if let Some(first) = refusals.first() {
        add(ProblemKind::Refused { refusal: (*first).clone(), pods: refusals.len() });
    }
    if let Some((_, attach)) = head.cannot_start.iter().find(|(of, _)| *of == owner) {
        add(ProblemKind::CannotStart(*attach));
    }
}
