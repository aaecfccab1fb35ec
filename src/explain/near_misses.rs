//! Rejected nodes in the order of how little is missing.
//!
//! Three kinds of distance: a step (a taint, a selector, a cordon: there or not), pods that are in
//! the way or too many, and an amount (the share of the node that is short). A node with fewer
//! steps to go is closer, whatever the rest; a request above what the node has at all is a step,
//! since no removal of pods makes room for it. Nodes that miss by the very same are one entry.

use crate::api::name::Name;
use crate::framework::volume_reason::VolumeReason;
use crate::framework::{Amount, Code, DeviceReason, DeviceShortage, NodePlacement, Placement, Reason};

use super::causes;

/// One or more nodes that miss by the same.
#[derive(Clone, Debug)]
#[non_exhaustive]
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
#[non_exhaustive]
pub struct Miss {
    /// The plugin; none where the framework itself spoke.
    pub plugin: Option<&'static str>,
    /// The reason; the first node's, where they differ in what is a node's own.
    pub reason: Reason,
    /// Whether it reads the same on all nodes of the entry.
    pub same: bool,
    /// How far.
    pub distance: Distance,
}

/// How far a node is from being feasible: steps first, then pods, then amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Distance {
    /// Conditions that must change.
    pub steps: usize,
    /// Conflicting pods, or pods too many in the node's domain; each such reason is a step too.
    pub pods: i64,
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
            Some(earlier) => {
                for (ours, theirs) in earlier.misses.iter_mut().zip(&near_miss.misses) {
                    ours.same &= ours.reason == theirs.reason || tells_no_more(&ours.reason);
                }
                earlier.nodes.extend(near_miss.nodes);
            }
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
            filter.rejection.reasons.iter().map(move |reason| Miss::new(plugin, reason))
        })
        .collect();
    if let Some(verdict) = &node.rejection
        && misses.iter().all(|miss| miss.plugin != verdict.plugin)
    {
        let verdict_misses = verdict.rejection.reasons.iter();
        misses.splice(0..0, verdict_misses.map(|reason| Miss::new(verdict.plugin, reason)));
    }
    misses
}

fn distance(misses: &[Miss]) -> Distance {
    misses.iter().fold(Distance::default(), |sum, miss| Distance {
        steps: sum.steps + miss.distance.steps,
        pods: sum.pods.saturating_add(miss.distance.pods),
        missing: sum.missing + miss.distance.missing,
    })
}

impl Miss {
    fn new(plugin: Option<&'static str>, reason: &Reason) -> Self {
        Self { plugin, reason: reason.clone(), same: true, distance: Distance::of(reason) }
    }
}

impl Distance {
    fn of(reason: &Reason) -> Self {
        let missing = |short: i64, of: i64| Self { missing: share(short, of), ..Self::default() };
        let steps = |steps: usize| Self { steps, ..Self::default() };
        let pods = |pods: i64| Self { steps: 1, pods, missing: 0 };
        match reason {
            Reason::InsufficientResource { requested, allocatable, short, .. } if fits(*requested, *allocatable) => {
                missing(short.value, allocatable.value)
            }
            Reason::TooManyPods { used, allocatable } if *allocatable > 0 => {
                missing(used.saturating_add(1).saturating_sub(*allocatable), *allocatable)
            }
            Reason::Volume(VolumeReason::VolumeLimitExceeded { wanted, used, limit, .. }) if wanted <= limit => {
                missing(used.saturating_add(*wanted).saturating_sub(*limit), *limit)
            }
            // Of the nodes that cannot have it, one that is almost large enough is closer.
            Reason::InsufficientResource { requested, allocatable, .. } => {
                Self { steps: 1, ..missing(requested.value.saturating_sub(allocatable.value), allocatable.value) }
            }
            Reason::NodeAffinityMismatch { unmatched_labels, affinity } => {
                steps((unmatched_labels.len() + usize::from(*affinity)).max(1))
            }
            Reason::Device(DeviceReason::DevicesInsufficient { requests, .. }) => Self::of_devices(requests),
            Reason::HostPortConflict { ports } => steps(ports.len().max(1)),
            Reason::TopologySkew { skew, max_skew, .. } => pods(skew.saturating_sub(*max_skew)),
            Reason::PodAntiAffinityViolated { matching, .. } => pods(*matching),
            Reason::ExistingPodAntiAffinity { pods: against, .. } => pods(*against),
            _ => steps(1),
        }
    }
}

impl Distance {
    /// A step, since devices are not given back for a pod; and the share of them that is missing.
    fn of_devices(requests: &[DeviceShortage]) -> Self {
        let missing = requests.iter().map(|request| {
            let available = i64::try_from(request.available).unwrap_or(i64::MAX);
            request.wanted.map_or(0, |wanted| share(wanted.saturating_sub(available), wanted))
        });
        Self { steps: 1, pods: 0, missing: missing.sum() }
    }
}

/// `short` in millionths of `of`.
fn share(short: i64, of: i64) -> i128 {
    i128::from(short).max(0) * 1_000_000 / i128::from(of).max(1)
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

/// Whether everything that is reported of the reason is the same wherever [`reads_the_same`] says so.
fn tells_no_more(reason: &Reason) -> bool {
    matches!(reason, Reason::InsufficientResource { .. } | Reason::TopologySkew { .. })
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
            (
                Reason::TooManyPods { .. }
                | Reason::NodeAffinityMismatch { .. }
                | Reason::HostPortConflict { .. }
                | Reason::Device(DeviceReason::DevicesInsufficient { .. }),
                _,
            ) => false,
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    fn cpu(requested: i64, used: i64, allocatable: i64) -> Reason {
        let amount = |value| Amount::new(name("cpu"), value);
        Reason::InsufficientResource {
            resource: name("cpu"),
            requested: amount(requested),
            used: amount(used),
            allocatable: amount(allocatable),
            short: amount(requested + used - allocatable),
        }
    }

    fn labels(keys: &[&str]) -> Reason {
        Reason::NodeAffinityMismatch { unmatched_labels: keys.iter().map(|key| name(key)).collect(), affinity: false }
    }

    fn skew(skew: i64) -> Reason {
        let (topology_key, domain) = (name("zone"), name("a"));
        Reason::TopologySkew { topology_key, domain, matching: skew - 1, minimum: 0, skew, max_skew: 1 }
    }

    /// The reasons of each node, from the closest to the farthest.
    #[track_caller]
    fn case(nodes: &[&[Reason]]) {
        let distances: Vec<Distance> = nodes
            .iter()
            .map(|reasons| distance(&reasons.iter().map(|reason| Miss::new(None, reason)).collect::<Vec<_>>()))
            .collect();
        assert!(distances.is_sorted_by(|a, b| a < b), "{distances:?}");
    }

    #[test]
    fn how_little_is_missing() {
        case(&[
            &[cpu(2, 7, 8)],
            &[cpu(4, 7, 8)],
            &[labels(&["a"])],
            &[labels(&["a"]), cpu(2, 7, 8)],
            // More than the node has at all.
            &[cpu(12, 0, 8)],
            &[skew(2)],
            &[skew(4)],
            &[labels(&["a", "b"])],
            &[labels(&["a", "b"]), cpu(2, 7, 8)],
        ]);
    }
}
