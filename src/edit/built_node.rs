//! One more node that somebody built: a node group's template, of which there can be several.

use std::sync::Arc;

use super::undo::{Before, Undo};
use super::{add_node, labelled};
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::decode::devices::{PoolId, ResourceSlice};
use crate::decode::node::Node;
use crate::decode::pod::PodOwn;
use crate::decode::storage::CsiNode;
use crate::state::Cluster;
use crate::state::node_info::NodeId;
use crate::state::pod::{Pod, PodId};
use crate::state::pod_class::PodClass;

/// A node with all that comes with it.
#[derive(Clone, Debug)]
pub struct BuiltNode {
    /// The node; its name and hostname are set when it is added.
    pub node: Node,
    /// The pods that are on it from the start.
    pub pods: Vec<BuiltPod>,
    /// Its CSI drivers.
    pub csi_node: Option<CsiNode>,
    /// Its devices.
    pub slices: Vec<ResourceSlice>,
}

/// A pod of such a node.
#[derive(Clone, Debug)]
pub struct BuiltPod {
    /// What is its own.
    pub own: PodOwn,
    /// What it shares with others.
    pub class: Arc<PodClass>,
}

impl BuiltNode {
    /// Adds one such node to the state, called `called`. It comes last in the order of nodes.
    pub fn add(&self, cluster: &mut Cluster, called: Name) -> (NodeId, Undo) {
        let hostname = name(add_node::HOSTNAME);
        let labels = labelled(&self.node.labels, hostname, called);
        let node = Node { name: called, labels, ..self.node.clone() };
        let id = add_node::push(cluster, Arc::new(node));
        if let Some(drivers) = &self.csi_node {
            cluster.storage.put_csi_node(Arc::new(CsiNode { name: called, ..drivers.clone() }));
        }
        let slices: Vec<ResourceSlice> = self.slices.iter().map(|slice| renamed(slice, called)).collect();
        cluster.devices.add_slices(&slices);
        for (index, pod) in self.pods.iter().enumerate() {
            let mut own = pod.own.clone();
            own.key = ObjectKey::new(own.key.namespace, name(&format!("{}-{called}-{index}", own.key.name)));
            own.uid = name(&own.key.to_string());
            own.node_name = Some(called);
            own.nominated_node_name = None;
            let pod = Pod { id: PodId(cluster.pods.len() as u32), own: Box::new(own), class: Arc::clone(&pod.class) };
            add_node::place(cluster, pod, id);
        }
        let names = slices.iter().map(|slice| slice.name).collect();
        (id, Undo(Before::NoBuiltNode(self.pods.len(), names)))
    }
}

/// The slice of another node: pools have one name in a cluster (cluster-autoscaler
/// `simulator/dynamicresources/utils/sanitize.go`, SanitizedNodeResourceSlices).
fn renamed(slice: &ResourceSlice, node: Name) -> ResourceSlice {
    let mut renamed = slice.clone();
    renamed.name = name(&format!("{}-{node}", slice.name));
    renamed.pool = PoolId { pool: name(&format!("{}-{node}", slice.pool.pool)), ..slice.pool };
    renamed.nodes.node_name = Some(node);
    renamed
}
