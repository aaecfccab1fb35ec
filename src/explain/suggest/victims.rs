//! Other pods that could be evicted, where preemption would not do it by itself.
//!
//! On the closest nodes: the smallest pod whose going is enough, else the fewest pods. Only pods
//! of no higher priority, and none that would come back to the same node. Each must find another
//! place while the pod is where they were; if one does not, that is said.

use std::cmp::Reverse;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::edit::Edit;
use crate::framework::{Placement, Reason, VolumeReason};
use crate::state::{Cluster, NodeInfo, Pod, PodId};

use super::lower::amount;
use super::targets;
use super::trial::WhatIf;
use super::{Move, Suggestion, Weakening, search};

/// Pods that may have to go together.
const MOST_VICTIMS: usize = 3;
/// Nodes that are tried.
const MOST_NODES: usize = 4;

/// The suggestion that displaces the least, if there is one: pods that all can be rescheduled
/// before pods that do not.
pub(super) fn find(trial: &mut WhatIf<'_>, placement: &Placement) -> Option<Suggestion> {
    let targets = targets::find(placement);
    let sets: Vec<(Name, Vec<ObjectKey>)> = targets
        .iter()
        .filter_map(|target| {
            let node = trial.cluster().node_named(target.node)?;
            Some((target.node, victims(trial, node, &target.reasons)?))
        })
        .take(MOST_NODES)
        .collect();
    sets.into_iter()
        .filter_map(|(node, victims)| suggestion(trial, node, &victims))
        .min_by_key(|suggestion| (suggestion.weakens.len(), suggestion.edits.len()))
}

fn suggestion(trial: &mut WhatIf<'_>, node: Name, victims: &[ObjectKey]) -> Option<Suggestion> {
    let edits: Vec<Edit> = victims.iter().map(|pod| Edit::Evict { pod: *pod }).collect();
    if !trial.with(&edits, |trial| trial.judge(node))??.is_empty() {
        return None;
    }
    let mut suggestion = search::prove(trial, &edits)?;
    let ids: Vec<PodId> = victims.iter().filter_map(|pod| Some(trial.cluster().pod_named(*pod)?.id)).collect();
    let chosen = suggestion.node;
    let places = trial.with_pod_on(&edits, chosen, |trial| trial.place(&ids))?;
    suggestion.moves = victims.iter().zip(places).map(|(pod, node)| Move { pod: *pod, node }).collect();
    // A sibling that then fits nowhere only changes places with the pod.
    let is_swap = victims.iter().zip(&suggestion.moves).any(|(pod, moved)| {
        let sibling = trial.cluster().pod_named(*pod).and_then(|pod| super::top_owner(trial.cluster(), pod));
        moved.node.is_none() && sibling.is_some() && sibling == suggestion.owner
    });
    if is_swap {
        return None;
    }
    suggestion.weakens = suggestion
        .moves
        .iter()
        .filter(|moved| moved.node.is_none())
        .map(|moved| Weakening::NoPlaceFor(moved.pod))
        .collect();
    Some(suggestion)
}

/// The pods whose going may take all of `reasons` away from `node`; none when no pod's can.
fn victims(trial: &WhatIf<'_>, node: &NodeInfo, reasons: &[Reason]) -> Option<Vec<ObjectKey>> {
    let (cluster, pod) = (trial.cluster(), trial.pod());
    let mut chosen: Vec<&Pod> = Vec::new();
    for culprit in
        reasons.iter().map(|reason| culprits(cluster, node, pod, reason)).collect::<Option<Vec<_>>>()?.concat()
    {
        if !chosen.iter().any(|other| other.id == culprit.id) {
            chosen.push(culprit);
        }
    }
    let mut others: Vec<&Pod> =
        node.pods.iter().map(|id| cluster.pod(*id)).filter(|other| may_go(pod, other)).collect();
    // The least important first, and of those the smallest that is enough.
    others.sort_by_key(|other| (other.priority(), missing(node, reasons, &[other]), size(other)));
    if missing(node, reasons, &chosen) > 0
        && let Some(enough) = others.iter().find(|other| missing(node, reasons, &extended(&chosen, other)) == 0)
    {
        chosen.push(enough);
    }
    others.sort_by_key(|other| (Reverse(gain(node, reasons, other)), other.priority()));
    for other in others {
        if missing(node, reasons, &chosen) == 0 || chosen.len() >= MOST_VICTIMS {
            break;
        }
        if !chosen.iter().any(|pod| pod.id == other.id) {
            chosen.push(other);
        }
    }
    let all_may_go = chosen.iter().all(|other| may_go(pod, other));
    (!chosen.is_empty() && all_may_go && chosen.len() <= MOST_VICTIMS && missing(node, reasons, &chosen) == 0)
        .then(|| chosen.iter().map(|pod| pod.key()).collect())
}

fn extended<'a>(chosen: &[&'a Pod], other: &'a Pod) -> Vec<&'a Pod> {
    chosen.iter().copied().chain([other]).collect()
}

fn may_go(pod: &Pod, other: &Pod) -> bool {
    // But for a pod's predecessor, whom it replaces.
    let comes_back = other.own.controller.as_ref().is_some_and(|owner| {
        matches!(owner.kind.as_str(), "DaemonSet" | "Node")
            && pod.own.controller.as_ref().is_none_or(|own| own.uid != owner.uid)
    });
    // One that was made up for the question does not exist.
    let exists = other.own.creation_timestamp.is_some() || other.own.sequence != u32::MAX;
    other.priority() <= pod.priority() && !comes_back && other.id != pod.id && exists
}

fn size(pod: &Pod) -> (i64, i64) {
    (pod.class.requests.requested.milli_cpu, pod.class.requests.requested.memory)
}

/// The very pods behind a reason; empty where any pod's going counts, none where no pod's does.
fn culprits<'a>(cluster: &'a Cluster, node: &NodeInfo, pod: &Pod, reason: &Reason) -> Option<Vec<&'a Pod>> {
    let named = |key: &ObjectKey| cluster.pod_named(*key).map(|pod| vec![pod]);
    match reason {
        Reason::InsufficientResource { requested, allocatable, .. } if requested.value <= allocatable.value => {
            Some(Vec::new())
        }
        Reason::TooManyPods { allocatable, .. } if *allocatable > 0 => Some(Vec::new()),
        Reason::HostPortConflict { .. } => {
            let wanted = &pod.class.host_ports;
            let holds = |other: &&Pod| {
                other.class.host_ports.iter().any(|port| wanted.iter().any(|other| other.port == port.port))
            };
            Some(node.pods.iter().map(|id| cluster.pod(*id)).filter(holds).collect())
        }
        Reason::PodAntiAffinityViolated { matching: 1, pod: Some(pod), .. }
        | Reason::ExistingPodAntiAffinity { pods: 1, pod: Some(pod), .. }
        | Reason::Volume(VolumeReason::DiskConflict { pod, .. }) => named(pod),
        Reason::Volume(VolumeReason::ReadWriteOncePodConflict { claims, .. }) => {
            claims.iter().flat_map(|claim| &claim.pods).map(|pod| cluster.pod_named(*pod)).collect()
        }
        _ => None,
    }
}

/// What is still short with `gone` off the node, over all resources and the number of pods, as a
/// sum of shares in millionths; 0 when nothing is.
fn missing(node: &NodeInfo, reasons: &[Reason], gone: &[&Pod]) -> i128 {
    reasons.iter().map(|reason| missing_of(node, reason, gone)).sum()
}

fn missing_of(node: &NodeInfo, reason: &Reason, gone: &[&Pod]) -> i128 {
    let here: Vec<&&Pod> = gone.iter().filter(|pod| node.pods.contains(&pod.id)).collect();
    let share = |short: i64, whole: i64| i128::from(short.max(0)) * 1_000_000 / i128::from(whole.max(1));
    match reason {
        Reason::InsufficientResource { resource, allocatable, short, .. } => {
            let amounts = here.iter().map(|pod| amount(&pod.class.requests.requested, *resource));
            let freed = amounts.fold(0, i64::saturating_add);
            // Any shortage counts, even a small part of a large node.
            let left = short.value.saturating_sub(freed);
            share(left, allocatable.value) + i128::from(left > 0)
        }
        Reason::TooManyPods { used, allocatable } => {
            share(used.saturating_add(1).saturating_sub(*allocatable).saturating_sub(here.len() as i64), *allocatable)
        }
        _ => 0,
    }
}

fn gain(node: &NodeInfo, reasons: &[Reason], other: &Pod) -> i128 {
    missing(node, reasons, &[]) - missing(node, reasons, &[other])
}
