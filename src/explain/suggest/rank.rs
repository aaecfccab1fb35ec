//! How small a change is: the order in which suggestions are shown.
//!
//! Points, by judgement: what touches only the pod is smaller than what touches a node, and that
//! smaller than what touches other pods or costs a machine; what gives up a safety property comes
//! late. Amounts count by their share. Among equals, what opens more nodes comes first.

use std::cmp::Reverse;

use crate::api::name::Name;
use crate::api::taint::Taint;
use crate::edit::{ClaimChange, Edit, PodChange};
use crate::state::{Cluster, Pod};

use super::lower::{amount, units};
use super::{Suggestion, Weakening, labels, taints};

/// The smallest change first.
pub(super) fn sort(suggestions: &mut [Suggestion], cluster: &Cluster) {
    suggestions.sort_by_cached_key(|suggestion| {
        let unplaced = suggestion.weakens.iter().filter(|weakens| matches!(weakens, Weakening::NoPlaceFor(_))).count();
        let cost = cost(&suggestion.edits, cluster) + unplaced as i64 * 300;
        // Amounts make small differences that should not hide how much is opened.
        // What deals with the cause itself comes before all that works around it.
        (!suggestion.is_of_own_cause(), cost / 50, Reverse(suggestion.opens.len()), cost)
    });
}

/// Points of all edits together.
pub(super) fn cost(edits: &[Edit], cluster: &Cluster) -> i64 {
    edits.iter().map(|edit| of_edit(edit, cluster)).sum()
}

fn of_edit(edit: &Edit, cluster: &Cluster) -> i64 {
    match edit {
        Edit::PatchPod { pod, changes } => {
            let pod = cluster.pod_named(*pod);
            changes.iter().map(|change| of_change(change, cluster, pod)).sum()
        }
        Edit::Uncordon { .. } => 250,
        Edit::Cordon { .. } => 300,
        // A label that no node has was forgotten; one that others have keeps the pod to them.
        Edit::LabelNode { key, value, .. } if labels::is_somewhere(cluster, *key, *value) => 640,
        Edit::LabelNode { key, .. } if labels::is_nowhere(cluster, *key) => 240,
        Edit::LabelNode { .. } => 320,
        Edit::RemoveTaint { taint, .. } if taints::tells_of_condition(taint) => 550,
        Edit::RemoveTaint { taint, .. } if taints::is_control_plane(taint.key) => 150,
        Edit::RemoveTaint { .. } => 400,
        Edit::FreeResource { node, resource, amount: freed } => {
            let size = cluster.node_named(*node).map_or(0, |node| amount(&node.node.allocatable, *resource));
            // A quarter of a node's worth of pods is no smaller a thing than another node.
            360 + share(units(*resource, *freed), size, 600)
        }
        Edit::Evict { .. } => 380,
        // Two settings of the strategy cost nothing; the old pod goes with them.
        Edit::SetMaxUnavailable { .. } => 60,
        // The pods that run are gone until the new ones do.
        Edit::SetStrategy { .. } => 120,
        Edit::DeletePod { .. } => 40,
        // Its controller creates it.
        Edit::CreatePod { .. } => 0,
        Edit::PatchClaim { changes, .. } => changes.iter().map(of_claim_change).sum(),
        // Nobody misses the devices of a claim that no pod uses.
        Edit::DeallocateClaim { pods, .. } if pods.is_empty() => 100,
        Edit::DeallocateClaim { .. } => 390,
        // A machine; nobody suggests the others.
        _ => 500,
    }
}

fn of_change(change: &PodChange, cluster: &Cluster, pod: Option<&Pod>) -> i64 {
    match change {
        PodChange::RemoveSchedulingGates => 50,
        PodChange::HonorTaints { .. } => 100,
        PodChange::Request { resource, from, to, .. } => {
            let (from, to) = (units(*resource, *from), units(*resource, *to));
            50 + share(from.saturating_sub(to), from, 600)
        }
        PodChange::LowerMinDomains { from, to, .. } => 130 + 10 * (i64::from(*from) - i64::from(*to)).clamp(0, 10),
        PodChange::RaiseMaxSkew { from, to, .. } => 150 + 40 * (i64::from(*to) - i64::from(*from)).clamp(0, 10),
        PodChange::Tolerate { toleration } => {
            let no_execute = toleration.effect.is_some_and(|effect| effect == "NoExecute");
            let own = |key: Name| pod.is_some_and(|pod| taints::waits_for(key, pod));
            if toleration.key.is_some_and(own) {
                100
            } else if toleration.key.is_some_and(condition) {
                900
            } else if toleration.key.is_some_and(taints::is_reserved)
                && !pod.is_some_and(|pod| taints::is_meant_for_reserved(cluster, pod))
            {
                600
            } else if no_execute {
                400
            } else {
                200
            }
        }
        PodChange::DropNodeSelector { key } if labels::is_platform(*key) => 600,
        PodChange::ReplaceNodeSelector { .. } => 200,
        PodChange::DropNodeSelector { key } => {
            let value = pod.and_then(|pod| pod.spec().node_selector.get(*key));
            let there = value.is_some_and(|value| labels::is_somewhere(cluster, *key, value));
            if there { 500 } else { 300 }
        }
        PodChange::PreferNodeAffinity => 340,
        PodChange::PreferPodAffinity { .. } => 350,
        PodChange::ScheduleAnyway { .. } => 420,
        PodChange::PreferPodAntiAffinity { .. } => 450,
        // Nobody suggests one.
        PodChange::Patch { .. } => 500,
    }
}

fn of_claim_change(change: &ClaimChange) -> i64 {
    match change {
        ClaimChange::Capacity { from, to, .. } => {
            50 + share(from.value().saturating_sub(to.value()), from.value(), 600)
        }
        ClaimChange::DeviceCount { from, to, .. } => 100 + share(from.saturating_sub(*to), *from, 600),
        ClaimChange::Selector { .. } => 200,
        ClaimChange::DeviceClass { .. } => 250,
        ClaimChange::TolerateDevice { toleration, .. } if toleration.effect == "NoExecute" => 400,
        ClaimChange::TolerateDevice { .. } => 300,
        ClaimChange::DropMatchAttribute { .. } => 350,
    }
}

fn condition(key: Name) -> bool {
    let taint = Taint { key, value: Name::default(), effect: crate::api::taint::TaintEffect::NoSchedule };
    taints::tells_of_condition(&taint)
}

/// `part` of `whole`, where the whole is `points`.
fn share(part: i64, whole: i64, points: i64) -> i64 {
    let share = i128::from(part) * i128::from(points) / i128::from(whole.max(1));
    i64::try_from(share).unwrap_or(points).clamp(0, points)
}
