//! Nodes that are added: like one of the state, or as a manifest has them, with the pods of their DaemonSets.

use serde_json::Value;

use crate::api::{Name, name};
use crate::edit::{Edit, EditError};
use crate::framework::NotEvaluated;
use crate::state::Cluster;

use super::scenario::workloads;

/// The label by which a node is a topology domain of its own.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// What new nodes are like.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum NodeModel {
    /// A node of the state.
    Like(Name),
    /// A manifest.
    Object(Value),
}

impl NodeModel {
    /// The name that those of new nodes begin with.
    pub fn base(&self) -> &str {
        match self {
            Self::Like(like) => like.as_str(),
            Self::Object(object) => object
                .pointer("/metadata/name")
                .and_then(Value::as_str)
                .filter(|name| !name.is_empty())
                .unwrap_or("node"),
        }
    }
}

/// Adds a node called `new`: each change goes through `edit`.
///
/// # Errors
/// The model is not there or is no node, the name is taken.
pub fn edits(
    cluster: &mut Cluster,
    model: &NodeModel,
    new: Name,
    mut edit: impl FnMut(&mut Cluster, &Edit) -> Result<(), EditError>,
) -> Result<(), EditError> {
    match model {
        NodeModel::Like(like) => edit(cluster, &Edit::AddNode { like: *like, name: new }),
        NodeModel::Object(object) => {
            edit(cluster, &Edit::CreateNode { object: named(object.clone(), model.base(), new) })?;
            for daemon in daemon_pods(cluster, new) {
                match edit(cluster, &daemon) {
                    // A pod that the API server does not let in is not created.
                    Ok(()) | Err(EditError::Forbidden(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }
    }
}

/// The pods that the DaemonSets of the state have on the node.
pub fn daemon_pods(cluster: &Cluster, node: Name) -> Vec<Edit> {
    let Some(id) = cluster.node_named(node).map(|node| node.id) else { return Vec::new() };
    let pods = workloads::daemon_sets_of(cluster, id).into_iter().map(|workload| Edit::CreatePod {
        workload,
        name: name(&format!("{}-{node}", workload.key.name)),
        node: Some(node),
    });
    pods.collect()
}

/// What is not known of a node that a manifest describes, which has no CSINode.
pub fn not_known(cluster: &Cluster, node: Name) -> Option<NotEvaluated> {
    if !cluster.storage().has_csi_nodes() || cluster.storage().csi_node(node).is_some() {
        return None;
    }
    Some(NotEvaluated::new(
        "the CSINode of new nodes",
        "a Node manifest does not have it, and no node has its instance type",
        "NodeVolumeLimits took the new nodes to have no limit of attached volumes",
    ))
}

/// The manifest of a node under another name. Its hostname goes with it: the label is the node's name, or, as on
/// some clouds, another name that no two machines have in common.
pub fn named(mut object: Value, own: &str, new: Name) -> Value {
    if let Some(name) = object.pointer_mut("/metadata/name") {
        *name = Value::from(new.as_str());
    }
    if new != own
        && let Some(labels) = object.pointer_mut("/metadata/labels")
        && let Some(hostname) = labels.get_mut(HOSTNAME)
    {
        *hostname = Value::from(new.as_str());
    }
    object
}
