//! One more node: like another, or as a manifest has it.

use std::sync::Arc;

use serde_json::Value;

use super::undo::{Before, Undo};
use super::{EditError, labelled, remove_node};
use crate::api::image::NodeImages;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::decode::node::Node;
use crate::decode::{Kind, Object};
use crate::state::Cluster;
use crate::state::node_info::{NodeId, NodeInfo};
use crate::state::pod::{Pod, PodId};

/// The label by which a node is a topology domain of its own.
pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";
/// The label that tells of what machine a node is.
const INSTANCE_TYPE: &str = "node.kubernetes.io/instance-type";
/// Taints that tell of a node's condition begin so; they are the node's own trouble.
const CONDITION_PREFIX: &str = "node.kubernetes.io/";

pub(super) fn apply(cluster: &mut Cluster, like: Name, new: Name) -> Result<Undo, EditError> {
    if cluster.node_named(new).is_some() {
        return Err(EditError::NodeExists(new));
    }
    let model = cluster.node_named(like).ok_or(EditError::NoSuchNode(like))?;
    let node = Arc::new(copy(&model.node, new));
    let model_pods = model.pods.clone();
    let id = push(cluster, node);
    cluster.storage.copy_csi_node(like, new);
    let mut pods = 0;
    for pod in model_pods {
        if let Some(pod) = daemon_copy(cluster, pod, new) {
            place(cluster, pod, id);
            pods += 1;
        }
    }
    Ok(Undo(Before::NoNode(pods)))
}

pub(super) fn create(cluster: &mut Cluster, object: &Value) -> Result<Undo, EditError> {
    let node = decode(object).map_err(EditError::NotANode)?;
    if cluster.node_named(node.name).is_some() {
        return Err(EditError::NodeExists(node.name));
    }
    remove_node::count_images(cluster, &node);
    // Machines of one instance type take as many volumes.
    let kind = node.labels.get(name(INSTANCE_TYPE));
    let same = |other: &&NodeInfo| {
        kind.is_some()
            && other.node.labels.get(name(INSTANCE_TYPE)) == kind
            && cluster.storage.csi_node(other.name()).is_some()
    };
    let like = cluster.nodes.iter().find(same).map(NodeInfo::name);
    let new = node.name;
    push(cluster, Arc::new(node));
    if let Some(like) = like {
        cluster.storage.copy_csi_node(like, new);
    }
    Ok(Undo(Before::NoNode(0)))
}

fn decode(object: &Value) -> Result<Node, String> {
    match object.get("kind").and_then(Value::as_str) {
        Some("Node") => {}
        Some(kind) => return Err(format!("the object is a {kind} and not a Node")),
        None => return Err("the object has no kind; write apiVersion: v1 and kind: Node".to_owned()),
    }
    let json = object.to_string();
    let (Object::Node(node), _) = Object::decode(Kind::Node, json.as_bytes()).map_err(|error| error.to_string())?
    else {
        return Err("the object is not a Node".to_owned());
    };
    if node.name.is_empty() {
        return Err("the Node has no metadata.name".to_owned());
    }
    Ok(*node)
}

pub(super) fn push(cluster: &mut Cluster, node: Arc<Node>) -> NodeId {
    let id = NodeId(cluster.nodes.len() as u32);
    cluster.node_ids.insert(node.name, id);
    cluster.nodes.push(NodeInfo::new(id, node));
    cluster.node_index.clear();
    id
}

pub(super) fn undo(cluster: &mut Cluster, pods: usize) {
    for _ in 0..pods {
        cluster.placed.pop();
        if let Some(pod) = cluster.pods.pop() {
            cluster.pod_ids.remove(&pod.key());
            cluster.groups.remove(&pod);
            cluster.storage.remove_pod(&pod);
        }
    }
    if let Some(info) = cluster.nodes.pop() {
        cluster.node_index.clear();
        cluster.node_ids.remove(&info.name());
        cluster.storage.take_csi_node(info.name());
        remove_node::discount_images(cluster, &info.node);
    }
}

fn copy(model: &Node, new: Name) -> Node {
    let hostname = name(HOSTNAME);
    let labels =
        if model.labels.contains_key(hostname) { labelled(&model.labels, hostname, new) } else { model.labels.clone() };
    Node {
        name: new,
        labels,
        creation_timestamp: None,
        last_transition: None,
        unschedulable: false,
        taints: model.taints.iter().copied().filter(|taint| !taint.key.starts_with(CONDITION_PREFIX)).collect(),
        taint_times: Box::default(),
        provider_id: None,
        images: NodeImages::default(),
        ..model.clone()
    }
}

/// The pod that the new node would have in place of `pod`, if every node of its kind has one: a
/// DaemonSet's, or a static one, whose owner is the node.
fn daemon_copy(cluster: &Cluster, pod: PodId, node: Name) -> Option<Pod> {
    let pod = cluster.pod(pod);
    let owner = pod.own.controller.as_ref()?;
    if pod.is_terminating() || !matches!(owner.kind.as_str(), "DaemonSet" | "Node") {
        return None;
    }
    let mut copy = pod.clone();
    let key = pod.key();
    copy.id = PodId(cluster.pods.len() as u32);
    copy.own.key = ObjectKey::new(key.namespace, name(&format!("{}-{node}", key.name)));
    copy.own.uid = name(&copy.own.key.to_string());
    copy.own.node_name = Some(node);
    copy.own.nominated_node_name = None;
    // A name that is taken would be ambiguous: no pod is created.
    cluster.pod_named(copy.own.key).is_none().then_some(copy)
}

pub(super) fn place(cluster: &mut Cluster, pod: Pod, node: NodeId) {
    if let Some(info) = cluster.nodes.get_mut(node.index()) {
        info.add_pod(&pod);
    }
    cluster.groups.add(&pod);
    cluster.storage.add_pod(&pod);
    cluster.pod_ids.insert(pod.key(), pod.id);
    cluster.placed.push(Some(node));
    cluster.pods.push(pod);
}
