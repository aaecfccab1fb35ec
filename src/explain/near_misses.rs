//! Rejected nodes in the order of how little is missing.
//!
//! Two kinds of distance: an amount (the share of the node that is short) and a step (a taint, a
//! selector, a cordon: there or not). A node with no steps to go is closer than one with a step,
//! whatever the amounts; a request above what the node has at all is a step, since no
//! removal of pods makes room for it. Nodes that miss by the very same are one entry.

use crate::cluster::name::Name;
use crate::framework::{Amount, Code, NodePlacement, Placement, Reason};

use super::causes;

/// One or more nodes that miss by the same.
#[derive(Clone, Debug)]
pub struct NearMiss {
    /// The nodes, in the order of names.
    pub nodes: Vec<Name>,
    /// Everything that is missing there.
    pub misses: Vec<Miss>,
    /// How far.
    pub distance: Distance,
}

/// One reason that a node was rejected for.
#[derive(Clone, Debug)]
pub struct Miss {
    /// The plugin; none where the framework itself spoke.
    pub plugin: Option<&'static str>,
    /// The reason.
    pub reason: Reason,
}

/// How far a node is from being feasible: steps first, then amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Distance {
    /// Conditions that must change.
    pub steps: usize,
    /// Missing resources, each in millionths of what the node has, summed.
    pub missing: i128,
}

/// All rejected nodes of `placement`, the closest first. Nodes that the search never came to
/// are left out when there are others, and so are nodes on which a plugin failed.
pub fn find(placement: &Placement) -> Vec<NearMiss> {
    let any_considered = placement.nodes.iter().any(|node| node.considered && !node.is_feasible());
    let mut nodes: Vec<(Distance, NearMiss)> = placement
        .nodes
        .iter()
        .filter(|node| !node.is_feasible() && node.code() != Code::Error && (node.considered || !any_considered))
        .map(|node| {
            let misses = misses(node);
            let distance = distance(&misses);
            (distance, NearMiss { nodes: vec![node.name], misses, distance })
        })
        .collect();
    nodes.sort_by_key(|(distance, _)| *distance);
    let mut found: Vec<NearMiss> = Vec::new();
    for (_, near_miss) in nodes {
        let mut same_distance = found.iter_mut().rev().take_while(|earlier| earlier.distance == near_miss.distance);
        match same_distance.find(|earlier| same_misses(earlier, &near_miss)) {
            Some(earlier) => earlier.nodes.extend(near_miss.nodes),
            None => found.push(near_miss),
        }
    }
    found
}

/// Everything that keeps the pod off `node`: every failing filter, and the verdict where it
/// came from none of them (pods nominated to the node, a narrowed search).
pub fn misses(node: &NodePlacement) -> Vec<Miss> {
    let mut misses: Vec<Miss> = node
        .filters
        .iter()
        .flat_map(|filter| {
            let plugin = Some(filter.plugin);
            filter.rejection.reasons.iter().map(move |reason| Miss { plugin, reason: reason.clone() })
        })
        .collect();
    if let Some(verdict) = &node.rejection
        && misses.iter().all(|miss| miss.plugin != verdict.plugin)
    {
        let verdict_misses = verdict.rejection.reasons.iter();
        misses.splice(0..0, verdict_misses.map(|reason| Miss { plugin: verdict.plugin, reason: reason.clone() }));
    }
    misses
}

fn distance(misses: &[Miss]) -> Distance {
    misses.iter().fold(Distance::default(), |mut sum, miss| {
        match missing_share(&miss.reason) {
            Some(share) => sum.missing += share,
            None => sum.steps += 1,
        }
        sum
    })
}

/// The missing amount in millionths of what the node has; none for a step.
fn missing_share(reason: &Reason) -> Option<i128> {
    let share = |short: i64, allocatable: i64| i128::from(short).max(0) * 1_000_000 / i128::from(allocatable).max(1);
    match reason {
        Reason::InsufficientResource { requested, allocatable, short, .. } if fits(*requested, *allocatable) => {
            Some(share(short.value, allocatable.value))
        }
        Reason::TooManyPods { used, allocatable } if *allocatable > 0 => {
            Some(share(used.saturating_add(1).saturating_sub(*allocatable), *allocatable))
        }
        _ => None,
    }
}

fn fits(requested: Amount, allocatable: Amount) -> bool {
    requested.value <= allocatable.value
}

fn same_misses(a: &NearMiss, b: &NearMiss) -> bool {
    a.distance == b.distance
        && a.misses.len() == b.misses.len()
        && a.misses
            .iter()
            .zip(&b.misses)
            .all(|(a, b)| a.plugin == b.plugin && (a.reason == b.reason || reads_the_same(&a.reason, &b.reason)))
}

/// Whether two reasons read the same, so that one can stand for both.
fn reads_the_same(a: &Reason, b: &Reason) -> bool {
    causes::identity(a) == causes::identity(b)
        && match (a, b) {
            (
                Reason::InsufficientResource { requested, allocatable: ours, .. },
                Reason::InsufficientResource { allocatable: theirs, .. },
            ) => ours == theirs && !fits(*requested, *ours),
            (Reason::TopologySkew { domain: ours, .. }, Reason::TopologySkew { domain: theirs, .. }) => ours == theirs,
            (Reason::TooManyPods { .. }, _) => false,
            _ => true,
        }
}
