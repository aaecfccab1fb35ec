//! The nodes that a search for changes begins at: for each combination of causes the closest.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::explain::near_misses::Miss;
use crate::explain::{causes, near_misses};
use crate::framework::{Amount, NodePlacement, Placement, Reason, VolumeReason};

use super::taints;

/// The label by which a node is a topology domain of its own.
const HOSTNAME: &str = "kubernetes.io/hostname";
/// Combinations of causes that are looked at, those with the fewest changes to make first.
const MOST_COMBINATIONS: usize = 10;
/// Nodes of a combination: the closest by share, and those that miss by the smallest amount.
const NODES_OF_COMBINATION: usize = 3;

/// A node to be opened.
pub(super) struct NodeTarget {
    pub(super) node: Name,
    /// What keeps the pod off it.
    pub(super) reasons: Vec<Reason>,
}

/// The targets, in the order in which they are worth trying.
pub(super) fn find(placement: &Placement) -> Vec<NodeTarget> {
    let mut combinations: BTreeMap<(usize, Vec<String>), Vec<NodeTarget>> = BTreeMap::new();
    let nodes: FxHashMap<Name, &NodePlacement> = placement.nodes.iter().map(|node| (node.name, node)).collect();
    for near_miss in near_misses::find(placement) {
        let reasons = |misses: Vec<Miss>| -> Vec<Reason> { misses.into_iter().map(|miss| miss.reason).collect() };
        // Nodes that miss by the same need not have the same in use.
        let of_nodes = near_miss.nodes.iter().filter_map(|node| Some((*node, near_misses::misses(nodes.get(node)?))));
        let targets: Vec<NodeTarget> =
            of_nodes.map(|(node, misses)| NodeTarget { node, reasons: reasons(misses) }).collect();
        let reasons = reasons(near_miss.misses);
        let mut causes: Vec<String> = reasons.iter().map(identity).collect();
        causes.sort_unstable();
        combinations.entry((least_changes(&reasons), causes)).or_default().extend(targets);
    }
    let mut combinations: Vec<_> = combinations.into_iter().collect();
    // Of combinations that need as many changes, those with fewer causes, then with more nodes.
    combinations.sort_by_key(|((changes, causes), nodes)| (*changes, causes.len(), std::cmp::Reverse(nodes.len())));
    combinations.into_iter().take(MOST_COMBINATIONS).flat_map(|(_, nodes)| representatives(nodes)).collect()
}

/// The closest node, the one that misses by the least of what is counted, and one more.
fn representatives(mut nodes: Vec<NodeTarget>) -> Vec<NodeTarget> {
    if nodes.len() > NODES_OF_COMBINATION {
        let least = nodes.iter().enumerate().min_by_key(|(_, target)| amount(&target.reasons)).map(|(index, _)| index);
        if let Some(least) = least {
            let target = nodes.remove(least);
            nodes.insert(1.min(least), target);
        }
        nodes.truncate(NODES_OF_COMBINATION);
    }
    nodes
}

/// By how much the node misses, in the units of its first reason that counts anything.
fn amount(reasons: &[Reason]) -> i64 {
    reasons
        .iter()
        .find_map(|reason| match reason {
            Reason::InsufficientResource { short: Amount { value, .. }, .. } => Some(*value),
            Reason::TopologySkew { skew, .. } => Some(*skew),
            _ => None,
        })
        .unwrap_or_default()
}

/// What tells causes apart, but for the numbers of a node.
pub(super) fn identity(reason: &Reason) -> String {
    match reason {
        Reason::NodeAffinityMismatch { unmatched_labels, affinity } => {
            format!("{reason} {unmatched_labels:?} {affinity}")
        }
        Reason::InsufficientResource { requested, allocatable, .. } if requested.value > allocatable.value => {
            format!("{reason} at all")
        }
        _ => causes::identity(reason),
    }
}

/// No fewer changes than this can open the node: what comes of other pods on it can go away by
/// one change, and so can a cordon and its taint; everything else needs its own.
pub(super) fn least_changes(reasons: &[Reason]) -> usize {
    let of_pods = reasons.iter().filter(|reason| comes_of_pods(reason)).count();
    let of_cordon = reasons.iter().filter(|reason| comes_of_cordon(reason)).count();
    reasons.len() - of_pods - of_cordon + of_pods.min(1) + of_cordon.min(1)
}

fn comes_of_cordon(reason: &Reason) -> bool {
    match reason {
        Reason::NodeUnschedulable => true,
        Reason::UntoleratedTaint { taint, .. } => taints::is_cordon(taint),
        _ => false,
    }
}

/// The key of the domains, other than nodes, that pods are kept apart by.
pub(super) fn domain_key(reason: &Reason) -> Option<Name> {
    match reason {
        Reason::PodAntiAffinityViolated { topology_key, .. }
        | Reason::ExistingPodAntiAffinity { topology_key, .. }
        | Reason::TopologySkew { topology_key, .. } => Some(*topology_key).filter(|key| *key != HOSTNAME),
        _ => None,
    }
}

/// Whether an empty node of the kind might not say so.
pub(super) fn comes_of_pods(reason: &Reason) -> bool {
    match reason {
        Reason::InsufficientResource { requested, allocatable, .. } => requested.value <= allocatable.value,
        Reason::TooManyPods { allocatable, .. } => *allocatable > 0,
        Reason::PodAntiAffinityViolated { topology_key, .. }
        | Reason::ExistingPodAntiAffinity { topology_key, .. }
        | Reason::TopologySkew { topology_key, .. } => *topology_key == HOSTNAME,
        Reason::HostPortConflict { .. }
        | Reason::Volume(VolumeReason::VolumeLimitExceeded { .. } | VolumeReason::DiskConflict { .. }) => true,
        _ => false,
    }
}
