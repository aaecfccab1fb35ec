//! How small a change is: the order in which suggestions are shown.
//!
//! Points, by judgement: what touches only the pod is smaller than what touches a node, and that
//! smaller than what touches other pods or costs a machine; what gives up a safety property comes
//! late. Amounts count by their share. Among equals, what opens more nodes comes first.

use std::cmp::Reverse;

use crate::cluster::Cluster;
use crate::cluster::edit::{Edit, PodChange};
use crate::cluster::name::Name;
use crate::cluster::taint::Taint;

use super::lower::{amount, units};
use super::{Suggestion, Weakening, remedies};

/// The smallest change first.
pub(super) fn sort(suggestions: &mut [Suggestion], cluster: &Cluster) {
    suggestions.sort_by_cached_key(|suggestion| {
        let homeless = suggestion.weakens.iter().filter(|weakens| matches!(weakens, Weakening::NoPlaceFor(_))).count();
        let cost = cost(&suggestion.edits, cluster) + homeless as i64 * 300;
        // Amounts make small differences that should not hide how much is opened.
        (cost / 50, Reverse(suggestion.opens.len()), cost)
    });
}

/// Points of all edits together.
pub(super) fn cost(edits: &[Edit], cluster: &Cluster) -> i64 {
    edits.iter().map(|edit| of_edit(edit, cluster)).sum()
}

fn of_edit(edit: &Edit, cluster: &Cluster) -> i64 {
    match edit {
        Edit::PatchPod { changes, .. } => changes.iter().map(of_change).sum(),
        Edit::Uncordon { .. } => 250,
        Edit::Cordon { .. } => 300,
        Edit::LabelNode { .. } => 320,
        Edit::RemoveTaint { .. } => 400,
        Edit::Free { node, resource, amount: freed } => {
            let size = cluster.node_named(*node).map_or(0, |node| amount(&node.node.allocatable, *resource));
            360 + share(units(*resource, *freed), size, 300)
        }
        Edit::Evict { .. } => 380,
        // A machine; nobody suggests the others.
        _ => 500,
    }
}

fn of_change(change: &PodChange) -> i64 {
    match change {
        PodChange::RemoveSchedulingGates => 50,
        PodChange::HonorTaints { .. } => 100,
        PodChange::Request { resource, from, to, .. } => {
            let (from, to) = (units(*resource, *from), units(*resource, *to));
            50 + share(from.saturating_sub(to), from, 700)
        }
        PodChange::RaiseMaxSkew { from, to, .. } => 150 + 40 * (i64::from(*to) - i64::from(*from)).clamp(0, 10),
        PodChange::Tolerate { toleration } => {
            let no_execute = toleration.effect.is_some_and(|effect| effect == "NoExecute");
            if toleration.key.is_some_and(condition) {
                900
            } else if toleration.key.is_some_and(remedies::is_control_plane) {
                600
            } else if no_execute {
                400
            } else {
                200
            }
        }
        PodChange::DropNodeSelector { key } if remedies::is_platform(*key) => 600,
        PodChange::DropNodeSelector { .. } => 300,
        PodChange::PreferNodeAffinity => 340,
        PodChange::PreferPodAffinity { .. } => 350,
        PodChange::ScheduleAnyway { .. } => 420,
        PodChange::PreferPodAntiAffinity { .. } => 450,
        // Nobody suggests one.
        PodChange::Patch { .. } => 500,
    }
}

fn condition(key: Name) -> bool {
    let taint = Taint { key, value: Name::default(), effect: crate::cluster::taint::TaintEffect::NoSchedule };
    remedies::tells_of_condition(&taint)
}

/// `part` of `whole`, where the whole is `points`.
fn share(part: i64, whole: i64, points: i64) -> i64 {
    let share = i128::from(part) * i128::from(points) / i128::from(whole.max(1));
    i64::try_from(share).unwrap_or(points).clamp(0, points)
}
