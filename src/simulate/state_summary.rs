//! What a state looked like at a moment: what its nodes carried, and where its pods were.
//!
//! Taken before a simulation and compared with the state behind it. Nodes come and go in between,
//! so everything is by name.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::Name;
use crate::decode::node::Node;
use crate::state::{Cluster, NodeInfo, Pod, PodId};

use super::measures::{Measures, Typical};

/// A state at a moment.
#[derive(Clone, Debug, Default)]
pub struct StateSummary {
    /// Nodes in the order of the state.
    nodes: Vec<NodeSummary>,
    by_name: FxHashMap<Name, usize>,
    /// Where each pod is, by pod id.
    pods: Vec<PodLocation>,
    /// Utilization, fragmentation and balance.
    pub measures: Measures,
    /// The pod that fragmentation is measured with.
    pub typical: Typical,
}

/// Where a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PodLocation {
    /// On a node.
    Node(Name),
    /// Nowhere: it waits.
    Pending,
    /// It is not there, or bound to a node that is not.
    Absent,
}

/// A node at a moment.
#[derive(Clone, Debug)]
pub struct NodeSummary {
    /// The node.
    pub node: Arc<Node>,
    /// What pods request of it.
    pub load: Load,
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

impl StateSummary {
    /// The state as it is.
    pub fn of(cluster: &Cluster) -> Self {
        let typical = Typical::of(cluster);
        let nodes: Vec<NodeSummary> = cluster.nodes().iter().map(NodeSummary::of).collect();
        Self {
            by_name: nodes.iter().enumerate().map(|(place, node)| (node.node.name, place)).collect(),
            pods: cluster.pods().iter().map(|pod| PodLocation::of(pod, cluster)).collect(),
            measures: Measures::of(cluster, typical),
            nodes,
            typical,
        }
    }

    /// All nodes, in the order of the state.
    pub fn nodes(&self) -> &[NodeSummary] {
        &self.nodes
    }

    /// The node called `name`.
    pub fn node(&self, name: Name) -> Option<&NodeSummary> {
        self.by_name.get(&name).and_then(|place| self.nodes.get(*place))
    }

    /// Where the pod was; absent for one that has come since.
    pub fn pod(&self, pod: PodId) -> PodLocation {
        self.pods.get(pod.0 as usize).copied().unwrap_or(PodLocation::Absent)
    }
}

impl PodLocation {
    /// Where the pod is.
    pub fn of(pod: &Pod, cluster: &Cluster) -> Self {
        match cluster.node_of(pod.id) {
            Some(node) => Self::Node(cluster.node(node).name()),
            None if pod.own.node_name.is_none() && cluster.has_pod(pod.id) => Self::Pending,
            None => Self::Absent,
        }
    }

    /// The node, if the pod is on one.
    pub fn node(self) -> Option<Name> {
        match self {
            Self::Node(node) => Some(node),
            Self::Pending | Self::Absent => None,
        }
    }
}

impl NodeSummary {
    /// The node as it is.
    pub fn of(info: &NodeInfo) -> Self {
        let allocatable = &info.node.allocatable;
        Self {
            node: Arc::clone(&info.node),
            load: Load::of(info),
            allocatable: Load {
                pods: allocatable.allowed_pod_number,
                milli_cpu: allocatable.milli_cpu,
                memory: allocatable.memory,
            },
        }
    }
}

impl Load {
    /// What the pods of a node request.
    pub fn of(info: &NodeInfo) -> Self {
        Self { pods: info.pods.len() as i64, milli_cpu: info.requested.milli_cpu, memory: info.requested.memory }
    }
}
