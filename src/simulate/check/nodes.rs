//! How many nodes a change needs: those in use, the fewest that could hold what is requested, and how many more would
//! take what fits nowhere.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::api::Name;
use crate::api::resources::Resources;
use crate::state::{Cluster, NodeInfo};

use super::change::amount;
use super::problem::{Problem, ProblemKind};
use super::side::CheckSide;

/// Kinds of nodes that are tried.
const MOST_MODELS: usize = 8;
/// More nodes than this are not tried.
const MOST_NODES: u32 = 64;

/// Nodes before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeCounts {
    /// Without the change.
    pub before: NodesInUse,
    /// With it.
    pub after: NodesInUse,
}

/// Nodes of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodesInUse {
    /// All of them.
    pub all: usize,
    /// Those with a pod.
    pub used: usize,
    /// No fewer could hold what all pods request: of each resource the largest nodes are taken first. Rules of pods and
    /// taints make it more, never less.
    pub at_least: usize,
}

/// Nodes that would take what fits nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoreNodes {
    /// How many.
    pub count: u32,
    /// The node they are like.
    pub like: Name,
}

/// What is in use.
pub(super) fn in_use(cluster: &Cluster) -> NodesInUse {
    let nodes = cluster.nodes();
    let mut requested = Resources::default();
    let placed = cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id) && !pod.is_terminating());
    for pod in placed {
        requested.add_resources(&pod.class.requests.requested, false);
        requested.allowed_pod_number += 1;
    }
    let scalars: BTreeSet<Name> = requested.scalars.iter().map(|(resource, _)| resource).collect();
    let least = |part: &dyn Fn(&Resources) -> i64| {
        let mut sizes: Vec<i64> = nodes.iter().map(|node| part(&node.node.allocatable)).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let mut left = part(&requested);
        sizes
            .into_iter()
            .take_while(|size| {
                let more = left > 0;
                left -= size;
                more
            })
            .count()
    };
    let standard: [&dyn Fn(&Resources) -> i64; 3] =
        [&|all| all.milli_cpu, &|all| all.memory, &|all| all.allowed_pod_number];
    let of_scalars = scalars.into_iter().map(|resource| least(&|all| amount(all, resource)));
    NodesInUse {
        all: nodes.len(),
        used: nodes.iter().filter(|node| !node.pods.is_empty()).count(),
        at_least: standard.into_iter().map(least).chain(of_scalars).max().unwrap_or_default(),
    }
}

/// Asks again with so many copies of each node.
type Again<'a> = &'a mut dyn FnMut(&[(Name, u32)]) -> Option<Vec<Problem>>;

/// The fewest copies of a node of `cluster` with which nothing is left of those `problems` that nodes could help with:
/// each number that is tried is tried by asking again, with the nodes.
pub(super) fn more(problems: &[Problem], head: &CheckSide, again: Again<'_>, cluster: &Cluster) -> Option<MoreNodes> {
    let is_open = |problem: &Problem| !problem.was_before && problem.kind.unplaced().is_some();
    if !problems.iter().any(is_open) {
        return None;
    }
    let others = problems.iter().filter(|problem| !problem.was_before && !is_open(problem)).count();
    let waiting: usize = head.waiting.values().map(Vec::len).sum();
    let most = u32::try_from(waiting).unwrap_or(MOST_NODES).saturating_mul(2).clamp(1, MOST_NODES);
    let mut helps = |like: Name, count: u32| {
        again(&[(like, count)]).is_some_and(|left| {
            !left.iter().any(is_open) && left.iter().filter(|problem| !problem.was_before).count() <= others
        })
    };
    let mut best: Option<MoreNodes> = None;
    for like in models(cluster) {
        let most = best.map_or(most, |best| best.count.saturating_sub(1));
        let (mut too_few, mut count) = (0, 1.min(most));
        if most == 0 {
            break;
        }
        let enough = loop {
            if helps(like, count) {
                break Some(count);
            }
            too_few = count;
            if count == most {
                break None;
            }
            count = (count * 2).min(most);
        };
        let Some(mut enough) = enough else { continue };
        while enough - too_few > 1 {
            let middle = u32::midpoint(too_few, enough);
            if helps(like, middle) { enough = middle } else { too_few = middle }
        }
        best = Some(MoreNodes { count: enough, like });
    }
    best
}

/// One node of each kind, by name: of one size, with the same taints and labels but for those that tell nodes apart.
fn models(cluster: &Cluster) -> Vec<Name> {
    let mut nodes: Vec<&NodeInfo> = cluster.nodes().iter().filter(|node| !node.node.unschedulable).collect();
    nodes.sort_by_key(|node| node.name());
    let mut kinds = FxHashSet::default();
    let kind = |node: &NodeInfo| {
        let own = node.node.labels.iter().filter(|(_, value)| *value != node.name());
        (format!("{:?} {:?}", node.node.allocatable, node.node.taints), own.collect::<Vec<_>>())
    };
    nodes.into_iter().filter(|node| kinds.insert(kind(node))).map(NodeInfo::name).take(MOST_MODELS).collect()
}

impl Problem {
    /// Whether pods of it fit on no node, whatever became of its rollout.
    pub fn is_unplaced(&self) -> bool {
        matches!(self.kind, ProblemKind::NoPlace { .. }) || self.kind.unplaced().is_some()
    }
}
