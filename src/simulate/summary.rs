//! The outcome of a simulation: how many pods were placed, why others were not, how full nodes are.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::api::{Name, ObjectKey};
use crate::decode::node::Node;
use crate::state::Cluster;

use super::bound::nodes_needed;
use super::measures::{Measures, used};
use super::state_summary::{Load, NodeSummary, PodLocation, StateSummary};
use super::step::{Outcome, Step, Unplaced, UnplacedCause};

/// The outcome of a simulation.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// Pods that went to a node.
    pub placed: usize,
    /// Pods that stay pending.
    pub unplaced: usize,
    /// Those of them that wait for their scheduling gates.
    pub gated: usize,
    /// Pods that were on nodes at the beginning and were preempted. They are among the pods above, as
    /// they became pending.
    pub evicted: usize,
    /// Those of them that went to a node again.
    pub rescheduled: usize,
    /// All nodes, at the end.
    pub nodes: usize,
    /// Nodes with a pod at the end.
    pub nodes_used: usize,
    /// The placed pods need at least so many, whatever the strategy ([`nodes_needed`]).
    pub nodes_needed: usize,
    /// Of those in use: that had no pod at the beginning.
    pub nodes_newly_used: usize,
    /// Cordoned nodes, at the end: the measures do not count them.
    pub cordoned: usize,
    /// Nodes that changed, be it by pods that came or left, in the order of names.
    pub loads: Vec<NodeLoad>,
    /// Pods that stay pending, by what stood in their way, the largest group first.
    pub unplaced_by_cause: Vec<UnplacedGroup>,
    /// How full, how fragmented and how even the cluster was.
    pub before: Measures,
    /// How it is now.
    pub after: Measures,
}

/// A node before and after.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NodeLoad {
    /// The node.
    pub node: Name,
    /// Pods that went to it.
    pub placed: usize,
    /// Pods that were on it and are no more.
    pub left: usize,
    /// What was requested of it at the beginning; nothing of a node that was not there.
    pub before: Load,
    /// What is requested of it at the end; nothing of a node that is gone.
    pub after: Load,
    /// What it has, or had.
    pub allocatable: Load,
    /// What happened to the node itself.
    pub changes: Vec<NodeChange>,
}

/// What happened to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeChange {
    /// It was not there.
    Added,
    /// It is gone.
    Removed,
    /// It was cordoned.
    Cordoned,
    /// It was uncordoned.
    Uncordoned,
    /// It has other taints, beside that of a cordon.
    Tainted,
    /// It has other labels.
    Labelled,
}

/// Pods that the same causes left pending.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnplacedGroup {
    /// The pods, in the queue's order.
    pub pods: Vec<ObjectKey>,
    /// Why the first of them was not placed. The number of nodes that a cause concerns can differ
    /// for the others.
    pub first: Unplaced,
}

impl Summary {
    /// Sums `steps` up; `before` is the state they began with, `cluster` the one they ended in.
    pub fn of(before: &StateSummary, steps: &[Step], cluster: &Cluster) -> Self {
        let mut placed: FxHashMap<Name, usize> = FxHashMap::default();
        for place in steps.iter().filter_map(Step::place) {
            *placed.entry(place.name).or_default() += 1;
        }
        let ran = |step: &&Step| !step.evictions.is_empty() && before.pod(step.pod_id).node().is_some();
        let evicted = || steps.iter().filter(ran);
        let gated = |step: &&Step| matches!(&step.outcome, Outcome::Unplaced(unplaced) if unplaced.gated);
        let unplaced_by_cause = unplaced_by_cause(steps);
        let had_none = |name| before.node(name).is_none_or(|node| node.load.pods == 0);
        Self {
            placed: placed.values().sum(),
            unplaced: unplaced_by_cause.iter().map(|group| group.pods.len()).sum(),
            gated: steps.iter().filter(gated).count(),
            evicted: evicted().count(),
            rescheduled: evicted().filter(|step| step.place().is_some()).count(),
            nodes: cluster.nodes().len(),
            nodes_used: used(cluster).count(),
            nodes_needed: nodes_needed(cluster, steps),
            nodes_newly_used: used(cluster).filter(|node| had_none(node.name())).count(),
            cordoned: cluster.nodes().iter().filter(|node| node.node.unschedulable).count(),
            loads: loads(before, cluster, &placed),
            unplaced_by_cause,
            before: before.measures,
            after: Measures::of(cluster, before.typical),
        }
    }
}

/// The pods of `steps` that stay pending, by what stood in their way, the largest group first.
pub(super) fn unplaced_by_cause(steps: &[Step]) -> Vec<UnplacedGroup> {
    let mut groups: IndexMap<BTreeSet<(Option<&str>, &str)>, UnplacedGroup> = IndexMap::new();
    for step in steps {
        let Outcome::Unplaced(unplaced) = &step.outcome else { continue };
        groups
            .entry(unplaced.causes.iter().map(UnplacedCause::identity).collect())
            .or_insert_with(|| UnplacedGroup { pods: Vec::new(), first: unplaced.clone() })
            .pods
            .push(step.pod);
    }
    let mut groups: Vec<UnplacedGroup> = groups.into_values().collect();
    // Stable: groups of one size stay in the queue's order.
    groups.sort_by_key(|group| std::cmp::Reverse(group.pods.len()));
    groups
}

impl UnplacedCause {
    /// What makes two causes the same.
    fn identity(&self) -> (Option<&str>, &str) {
        (self.plugin, &self.message)
    }
}

/// The nodes that changed; `placed` is how many pods went to each.
pub(super) fn loads(before: &StateSummary, cluster: &Cluster, placed: &FxHashMap<Name, usize>) -> Vec<NodeLoad> {
    let left = left(before, cluster);
    let there = cluster.nodes().iter().map(|node| (before.node(node.name()), Some(NodeSummary::of(node))));
    let gone = before.nodes().iter().filter(|node| cluster.node_named(node.node.name).is_none());
    let pairs = there.chain(gone.map(|node| (Some(node), None)));
    let mut loads: Vec<NodeLoad> = pairs
        .filter_map(|(before, after)| {
            let state_summary = after.as_ref().or(before)?;
            let name = state_summary.node.name;
            let load = NodeLoad {
                node: name,
                placed: placed.get(&name).copied().unwrap_or_default(),
                left: left.get(&name).copied().unwrap_or_default(),
                before: before.map(|node| node.load).unwrap_or_default(),
                after: after.as_ref().map(|node| node.load).unwrap_or_default(),
                allocatable: state_summary.allocatable,
                changes: changes(before.map(|node| &*node.node), after.as_ref().map(|node| &*node.node)),
            };
            load.is_changed().then_some(load)
        })
        .collect();
    loads.sort_by_key(|load| load.node);
    loads
}

/// How many pods of each node are no longer on it.
fn left(before: &StateSummary, cluster: &Cluster) -> FxHashMap<Name, usize> {
    let mut left = FxHashMap::default();
    for pod in cluster.pods() {
        let (was, is) = (before.pod(pod.id), PodLocation::of(pod, cluster));
        if let Some(node) = was.node().filter(|_| was != is) {
            *left.entry(node).or_default() += 1;
        }
    }
    left
}

fn changes(before: Option<&Node>, after: Option<&Node>) -> Vec<NodeChange> {
    const CORDON: &str = "node.kubernetes.io/unschedulable";
    let (before, after) = match (before, after) {
        (None, _) => return vec![NodeChange::Added],
        (_, None) => return vec![NodeChange::Removed],
        (Some(before), Some(after)) => (before, after),
    };
    let taints = |node: &Node| {
        let mut taints: Vec<String> =
            node.taints.iter().filter(|taint| taint.key != CORDON).map(ToString::to_string).collect();
        taints.sort_unstable();
        taints
    };
    let mut changes = Vec::new();
    match (before.unschedulable, after.unschedulable) {
        (false, true) => changes.push(NodeChange::Cordoned),
        (true, false) => changes.push(NodeChange::Uncordoned),
        _ => {}
    }
    if before.taints != after.taints && taints(before) != taints(after) {
        changes.push(NodeChange::Tainted);
    }
    if before.labels != after.labels {
        changes.push(NodeChange::Labelled);
    }
    changes
}

impl NodeLoad {
    /// Whether the node, or what it carries, is not as it was.
    fn is_changed(&self) -> bool {
        self.placed > 0 || self.left > 0 || self.before != self.after || !self.changes.is_empty()
    }

    /// Whether the node was there before, and whether it is there after.
    pub fn sides(&self) -> (bool, bool) {
        (!self.has(NodeChange::Added), !self.has(NodeChange::Removed))
    }

    /// Whether something of this kind happened to the node.
    pub fn has(&self, change: NodeChange) -> bool {
        self.changes.contains(&change)
    }
}
