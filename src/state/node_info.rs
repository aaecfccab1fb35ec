//! A node with the pods on it, as a filter is handed it.

use std::sync::Arc;

use super::node_volumes::NodeVolumes;
use super::pod::{Pod, PodId};
use crate::api::host_ports::UsedPorts;
use crate::api::name::Name;
use crate::api::resources::Resources;
use crate::decode::node::Node;

/// A node's place in [`super::Cluster`]; ids follow the order of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

impl NodeId {
    /// As an index into a column of all nodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node and the sums over its pods (upstream framework/types.go, NodeInfo).
///
/// Filters look at nothing of a node but this, so that preemption and what-if questions can
/// hand them a changed copy.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Where in the state it stands.
    pub id: NodeId,
    /// The node itself.
    pub node: Arc<Node>,
    /// The pods on it, in the order of their ids.
    pub pods: Vec<PodId>,
    /// What they request.
    pub requested: Resources,
    /// The same for scoring: millicores, with 100m for each container that requests none.
    pub non_zero_cpu: i64,
    /// Bytes, with 200Mi for each container that requests none.
    pub non_zero_memory: i64,
    /// Host ports taken.
    pub used_ports: UsedPorts,
    /// The priorities of its pods, in step with them: preemption asks every node for pods that are below one, and a
    /// look at each pod would be a look at memory far apart.
    priorities: Vec<i32>,
    /// The volumes of its pods.
    pub volumes: NodeVolumes,
}

impl NodeInfo {
    /// An empty node.
    pub fn new(id: NodeId, node: Arc<Node>) -> Self {
        Self {
            id,
            node,
            pods: Vec::new(),
            requested: Resources::default(),
            non_zero_cpu: 0,
            non_zero_memory: 0,
            used_ports: UsedPorts::default(),
            priorities: Vec::new(),
            volumes: NodeVolumes::default(),
        }
    }

    /// The node's name.
    pub fn name(&self) -> Name {
        self.node.name
    }

    /// Puts `pod` on the node.
    pub fn add_pod(&mut self, pod: &Pod) {
        if let Err(place) = self.pods.binary_search(&pod.id) {
            self.pods.insert(place, pod.id);
            self.count(pod, 1);
            self.volumes.add(pod);
            self.priorities.insert(place, pod.priority());
            for port in &pod.class.host_ports {
                self.used_ports.add(*port);
            }
        }
    }

    /// Takes `pod` off the node; nothing happens when it is not there.
    pub fn remove_pod(&mut self, pod: &Pod) {
        if let Ok(place) = self.pods.binary_search(&pod.id) {
            self.pods.remove(place);
            self.count(pod, -1);
            self.volumes.remove(pod);
            self.priorities.remove(place);
            for port in &pod.class.host_ports {
                self.used_ports.remove(*port);
            }
        }
    }

    /// Its pods of a lower priority, in the order of their ids.
    pub fn pods_below(&self, priority: i32) -> impl Iterator<Item = PodId> {
        self.pods.iter().zip(&self.priorities).filter(move |(_, other)| **other < priority).map(|(pod, _)| *pod)
    }

    fn count(&mut self, pod: &Pod, sign: i64) {
        let requests = &pod.class.requests;
        self.requested.add_resources(&requests.requested, sign < 0);
        self.non_zero_cpu = self.non_zero_cpu.wrapping_add(sign.wrapping_mul(requests.non_zero_milli_cpu));
        self.non_zero_memory = self.non_zero_memory.wrapping_add(sign.wrapping_mul(requests.non_zero_memory));
    }
}
