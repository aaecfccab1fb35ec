//! Changes that open a node: one first, and where none does, two and three together.
//!
//! Each target is a node and the reasons it was rejected for. A reason has few remedies; one is
//! made, the node is judged again, and the search goes on with the reasons that are left: also
//! those that only show now, since a plugin names one taint at a time. All of them must go in the
//! end, so it is enough to branch over one. What opens a node is put to the whole cycle.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::api::name::Name;
use crate::edit::{ClaimChange, Edit, PodChange};
use crate::framework::{Placement, Reason};

use super::targets::{self, least_changes};
use super::trial::WhatIf;
use super::{Suggestion, lower, rank, remedies};

/// Changes taken together.
const MOST_CHANGES: usize = 3;
/// Suggestions of one change that are proven.
const MOST_SINGLE: usize = 14;
/// Suggestions of several changes.
const MOST_COMBINED: usize = 4;

/// Suggestions with as few changes as will do.
pub(super) fn find(trial: &mut WhatIf<'_>, placement: &Placement) -> Vec<Suggestion> {
    let mut first = Vec::new();
    if placement.pre_enqueue.is_some() {
        first.push(remedies::patch(trial.pod(), PodChange::RemoveSchedulingGates));
        if let Some(suggestion) = prove(trial, &first) {
            return vec![suggestion];
        }
    }
    let turned_away = placement.pre_filter.iter().flat_map(|rejection| &rejection.rejection.reasons);
    let mut found: Vec<Suggestion> = turned_away
        .flat_map(|reason| remedies::of_pre_filter(trial.pod(), reason))
        .collect::<Vec<Edit>>()
        .into_iter()
        .filter_map(|edit| prove(trial, &with(&first, edit)))
        .collect();
    let targets = targets::find(placement);
    for changes in 1..=MOST_CHANGES - first.len() {
        if !found.is_empty() {
            break;
        }
        let mut search = Search { trial, openings: BTreeMap::new() };
        for target in &targets {
            search.extend(target.node, &mut first.clone(), &target.reasons, changes);
        }
        let mut openings: Vec<Vec<Edit>> = search.openings.into_values().collect();
        openings.retain(|edits| !splits_a_need(edits));
        openings.sort_by_key(|edits| rank::cost(edits, trial.cluster()));
        openings.truncate(if changes == 1 { MOST_SINGLE } else { MOST_COMBINED });
        found.extend(openings.iter().filter_map(|edits| prove(trial, edits)));
    }
    found
}

/// Whether one need, for a kind of node, is met half by a label of the node and half by a change of the pod.
fn splits_a_need(edits: &[Edit]) -> bool {
    let labels = edits.iter().filter(|edit| matches!(edit, Edit::LabelNode { .. })).count();
    let changes = edits.iter().flat_map(|edit| match edit {
        Edit::PatchPod { changes, .. } => changes.as_slice(),
        _ => &[],
    });
    let selectors = changes.filter(|change| {
        matches!(
            change,
            PodChange::DropNodeSelector { .. } | PodChange::ReplaceNodeSelector { .. } | PodChange::PreferNodeAffinity
        )
    });
    labels > 0 && selectors.count() > 0
}

fn with(first: &[Edit], edit: Edit) -> Vec<Edit> {
    first.iter().cloned().chain([edit]).collect()
}

/// The suggestion to make `edits`, if the cycle then places the pod.
pub(super) fn prove(trial: &mut WhatIf<'_>, edits: &[Edit]) -> Option<Suggestion> {
    let after = trial.with(edits, WhatIf::run)??;
    Suggestion::proven(trial, edits, &after)
}

struct Search<'a, 'b> {
    trial: &'a mut WhatIf<'b>,
    /// What opens a node, by what is the same but for node and amount: of these the smallest.
    openings: BTreeMap<Vec<String>, Vec<Edit>>,
}

impl Search<'_, '_> {
    /// Adds up to `left` changes to `edits`, after which `reasons` keep the pod off `node`.
    fn extend(&mut self, node: Name, edits: &mut Vec<Edit>, reasons: &[Reason], left: usize) {
        if reasons.is_empty() {
            self.keep(edits);
            return;
        }
        if least_changes(reasons) > left {
            return;
        }
        // A change that is part of several is reported once.
        let alone = edits.is_empty() && least_changes(reasons) == 1;
        let branches = self.trial.with(edits, |trial| {
            let info = trial.cluster().node_named(node)?;
            reasons.iter().map(|reason| remedies::of(trial, info, reason, alone)).min_by_key(Vec::len)
        });
        for remedy in branches.flatten().into_iter().flatten() {
            let target = if let Edit::AddNode { name, .. } = &remedy { *name } else { node };
            edits.push(remedy);
            let rest = self.trial.with(edits, |trial| trial.judge(target)).flatten();
            if let Some(rest) = rest.filter(|rest| rest != reasons) {
                self.extend(target, edits, &rest, left - 1);
            }
            edits.pop();
        }
    }

    fn keep(&mut self, edits: &[Edit]) {
        let mut shape: Vec<String> = edits.iter().map(shape).collect();
        shape.sort_unstable();
        match self.openings.entry(shape) {
            Entry::Vacant(place) => {
                place.insert(edits.to_vec());
            }
            Entry::Occupied(mut place) => {
                let size = |edits: &[Edit]| edits.iter().map(size).fold(0, i64::saturating_add);
                if size(edits) < size(place.get()) {
                    place.insert(edits.to_vec());
                }
            }
        }
    }
}

/// What makes two edits the same to a reader, whatever the node and the amount.
fn shape(edit: &Edit) -> String {
    match edit {
        Edit::Cordon { .. } => "cordon".to_owned(),
        Edit::Uncordon { .. } => "uncordon".to_owned(),
        Edit::RemoveTaint { taint, .. } => format!("remove taint {taint}"),
        Edit::LabelNode { key, value, .. } => format!("label {key}={value}"),
        Edit::AddNode { .. } => "add node".to_owned(),
        Edit::FreeResource { resource, .. } => format!("free {resource}"),
        Edit::Evict { .. } => "evict".to_owned(),
        Edit::PatchPod { changes, .. } => {
            let shapes: Vec<String> = changes
                .iter()
                .map(|change| match change {
                    PodChange::Request { container, resource, .. } => format!("request {container:?} {resource}"),
                    PodChange::RaiseMaxSkew { topology_key, .. } => format!("maxSkew {topology_key}"),
                    PodChange::LowerMinDomains { topology_key, .. } => format!("minDomains {topology_key}"),
                    other => format!("{other:?}"),
                })
                .collect();
            shapes.join(", ")
        }
        Edit::PatchClaim { claim, changes } => {
            let shapes: Vec<String> = changes
                .iter()
                .map(|change| match change {
                    ClaimChange::Capacity { request, capacity, .. } => format!("capacity {request} {capacity}"),
                    ClaimChange::DeviceCount { request, .. } => format!("devices {request}"),
                    other => format!("{other:?}"),
                })
                .collect();
            format!("claim {claim} {}", shapes.join(", "))
        }
        // Of the others none is like another.
        other => format!("{other:?}"),
    }
}

/// How much of it: of one shape the smaller is the better.
fn size(edit: &Edit) -> i64 {
    match edit {
        Edit::FreeResource { resource, amount, .. } => lower::units(*resource, *amount),
        Edit::PatchPod { changes, .. } => changes
            .iter()
            .map(|change| match change {
                PodChange::Request { resource, from, to, .. } => {
                    lower::units(*resource, *from).saturating_sub(lower::units(*resource, *to))
                }
                PodChange::RaiseMaxSkew { from, to, .. } => i64::from(*to) - i64::from(*from),
                PodChange::LowerMinDomains { from, to, .. } => i64::from(*from) - i64::from(*to),
                _ => 0,
            })
            .fold(0, i64::saturating_add),
        Edit::PatchClaim { changes, .. } => changes
            .iter()
            .map(|change| match change {
                ClaimChange::Capacity { from, to, .. } => from.value().saturating_sub(to.value()),
                ClaimChange::DeviceCount { from, to, .. } => from.saturating_sub(*to),
                _ => 0,
            })
            .fold(0, i64::saturating_add),
        _ => 0,
    }
}
