//! What a simulation comes to: how many pods were placed, why others were not, how full nodes are.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::cluster::{Cluster, Name, NodeId, NodeInfo, ObjectKey, PodId};

use super::step::{Cause, Outcome, Step, Unplaced};

/// What a simulation comes to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Pods that went to a node.
    pub placed: usize,
    /// Pods that stay pending.
    pub unplaced: usize,
    /// Those of them that wait for their scheduling gates.
    pub gated: usize,
    /// Pods that were on nodes at the beginning and had to make way. They are among the pods above, as
    /// they became pending.
    pub evicted: usize,
    /// Those of them that went to a node again.
    pub placed_again: usize,
    /// All nodes.
    pub nodes: usize,
    /// Nodes with a pod at the end.
    pub nodes_used: usize,
    /// Those of them that had none at the beginning.
    pub nodes_newly_used: usize,
    /// Nodes that pods went to or had to leave, in the order of names.
    pub loads: Vec<NodeLoad>,
    /// Pods that stay pending, by what stood in their way, the largest group first.
    pub unplaced_by_cause: Vec<UnplacedGroup>,
}

/// A node before and after.
#[derive(Clone, Copy, Debug)]
pub struct NodeLoad {
    /// The node.
    pub node: Name,
    /// Pods that went to it.
    pub placed: usize,
    /// Pods that had to leave it and were there at the beginning.
    pub left: usize,
    /// What was requested of it at the beginning.
    pub before: Load,
    /// What is requested of it now.
    pub after: Load,
    /// What it has.
    pub allocatable: Load,
}

/// What pods request of a node, or what it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Pods.
    pub pods: i64,
    /// CPU in millicores.
    pub milli_cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
}

/// Pods that the same things stood in the way of.
#[derive(Clone, Debug)]
pub struct UnplacedGroup {
    /// The pods, in the queue's order.
    pub pods: Vec<ObjectKey>,
    /// Why the first of them was not placed. On how many nodes a thing was in the way can differ
    /// for the others.
    pub first: Unplaced,
}

impl Summary {
    /// Sums `steps` up; `cluster` is the state they ended in.
    pub fn of(steps: &[Step], cluster: &Cluster) -> Self {
        let mut on_nodes: BTreeMap<NodeId, Moved> = BTreeMap::new();
        let mut groups: IndexMap<BTreeSet<(Option<&str>, &str)>, UnplacedGroup> = IndexMap::new();
        for step in steps {
            let left = step.evictions.iter().filter(|eviction| eviction.ran);
            for node in left.filter_map(|eviction| cluster.node_named(eviction.node)) {
                on_nodes.entry(node.id).or_default().left.push(step.pod_id);
            }
            match &step.outcome {
                Outcome::Placed(place) => on_nodes.entry(place.node).or_default().came.push(step.pod_id),
                Outcome::Unplaced(unplaced) => groups
                    .entry(unplaced.causes.iter().map(Cause::identity).collect())
                    .or_insert_with(|| UnplacedGroup { pods: Vec::new(), first: unplaced.clone() })
                    .pods
                    .push(step.pod),
            }
        }
        let loads: Vec<NodeLoad> =
            on_nodes.iter().map(|(node, moved)| NodeLoad::new(cluster, cluster.node(*node), moved)).collect();
        let evicted = || steps.iter().filter(|step| step.evictions.iter().any(|eviction| eviction.ran));
        let gated = |step: &&Step| matches!(&step.outcome, Outcome::Unplaced(unplaced) if unplaced.gated);
        let mut unplaced_by_cause: Vec<UnplacedGroup> = groups.into_values().collect();
        // Stable: groups of one size stay in the queue's order.
        unplaced_by_cause.sort_by_key(|group| std::cmp::Reverse(group.pods.len()));
        Self {
            placed: loads.iter().map(|load| load.placed).sum(),
            unplaced: unplaced_by_cause.iter().map(|group| group.pods.len()).sum(),
            gated: steps.iter().filter(gated).count(),
            evicted: evicted().count(),
            placed_again: evicted().filter(|step| step.place().is_some()).count(),
            nodes: cluster.nodes().len(),
            nodes_used: cluster.nodes().iter().filter(|node| !node.pods.is_empty()).count(),
            nodes_newly_used: loads.iter().filter(|load| load.before.pods == 0 && load.after.pods > 0).count(),
            loads,
            unplaced_by_cause,
        }
    }
}

impl Cause {
    /// What makes two causes the same.
    fn identity(&self) -> (Option<&str>, &str) {
        (self.plugin, &self.message)
    }
}

/// Pods that came to a node and pods that were there at the beginning and left.
#[derive(Default)]
struct Moved {
    came: Vec<PodId>,
    left: Vec<PodId>,
}

impl Load {
    fn plus(self, pod: PodId, cluster: &Cluster, sign: i64) -> Self {
        let requested = &cluster.pod(pod).class.requests.requested;
        Self {
            pods: self.pods + sign,
            milli_cpu: self.milli_cpu.wrapping_add(requested.milli_cpu.wrapping_mul(sign)),
            memory: self.memory.wrapping_add(requested.memory.wrapping_mul(sign)),
        }
    }
}

impl NodeLoad {
    fn new(cluster: &Cluster, node: &NodeInfo, moved: &Moved) -> Self {
        let after =
            Load { pods: node.pods.len() as i64, milli_cpu: node.requested.milli_cpu, memory: node.requested.memory };
        let before = moved.came.iter().fold(after, |load, pod| load.plus(*pod, cluster, -1));
        let before = moved.left.iter().fold(before, |load, pod| load.plus(*pod, cluster, 1));
        let allocatable = &node.node.allocatable;
        Self {
            node: node.name(),
            placed: moved.came.len(),
            left: moved.left.len(),
            before,
            after,
            allocatable: Load {
                pods: allocatable.allowed_pod_number,
                milli_cpu: allocatable.milli_cpu,
                memory: allocatable.memory,
            },
        }
    }
}
