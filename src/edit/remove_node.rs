//! A node that is gone.
//!
//! Nodes are found by their place, so those behind it move up by one. What counts pods on nodes
//! or nodes with an image is updated.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::EditError;
use super::undo::{Before, Undo};
use crate::api::image::ImageState;
use crate::api::name::Name;
use crate::decode::node::Node;
use crate::decode::storage::CsiNode;
use crate::state::Cluster;
use crate::state::node_info::{NodeId, NodeInfo};
use crate::state::pod::PodId;

/// A node as it was, and what went with it.
#[derive(Debug)]
pub(super) struct Removed {
    info: NodeInfo,
    csi_node: Option<Arc<CsiNode>>,
    /// Images that were on no other node.
    images: Vec<(Name, ImageState)>,
}

pub(super) fn apply(cluster: &mut Cluster, node: Name) -> Result<Undo, EditError> {
    let id = cluster.node_named(node).ok_or(EditError::NoSuchNode(node))?.id;
    let info = cluster.nodes.remove(id.index());
    cluster.node_index.clear();
    cluster.node_ids.remove(&node);
    for pod in &info.pods {
        count_pod(cluster, *pod, false);
    }
    for place in &mut cluster.placed {
        match place {
            Some(on) if *on == id => *place = None,
            Some(on) if *on > id => on.0 -= 1,
            _ => {}
        }
    }
    renumber(cluster, id);
    let csi_node = cluster.storage.take_csi_node(node);
    let images = discount_images(cluster, &info.node);
    Ok(Undo(Before::RemovedNode(Box::new(Removed { info, csi_node, images }))))
}

impl Removed {
    pub(super) fn undo(self, cluster: &mut Cluster) {
        let Self { info, csi_node, images } = self;
        let id = info.id;
        for on in cluster.placed.iter_mut().flatten() {
            if *on >= id {
                on.0 += 1;
            }
        }
        for pod in &info.pods {
            if let Some(place) = cluster.placed.get_mut(pod.0 as usize) {
                *place = Some(id);
            }
            count_pod(cluster, *pod, true);
        }
        count_images(cluster, &info.node);
        // The size of an image is that of the first node that had it, which may be another.
        cluster.images.extend(images);
        if let Some(csi_node) = csi_node {
            cluster.storage.put_csi_node(csi_node);
        }
        cluster.nodes.insert(id.index(), info);
        cluster.node_index.clear();
        renumber(cluster, id);
    }
}

/// Nodes from `first` on get the id of their place.
fn renumber(cluster: &mut Cluster, first: NodeId) {
    for (index, node) in cluster.nodes.iter_mut().enumerate().skip(first.index()) {
        node.id = NodeId(index as u32);
        cluster.node_ids.insert(node.name(), node.id);
    }
}

/// Counts a pod among those on nodes, or no longer.
fn count_pod(cluster: &mut Cluster, pod: PodId, in_state: bool) {
    let Some(pod) = cluster.pods.get(pod.0 as usize) else { return };
    if in_state {
        cluster.groups.add(pod);
        cluster.storage.add_pod(pod);
    } else {
        cluster.groups.remove(pod);
        cluster.storage.remove_pod(pod);
    }
}

/// The images of a node that has come (upstream backend/cache/cache.go, addNodeImageStates).
pub(super) fn count_images(cluster: &mut Cluster, node: &Node) {
    for (image, size) in distinct_images(node) {
        cluster.images.entry(image).or_insert(ImageState { size, nodes: 0 }).nodes += 1;
    }
}

/// The images of a node that has gone (removeNodeImageStates). Answers with those that are on no
/// node any more.
pub(super) fn discount_images(cluster: &mut Cluster, node: &Node) -> Vec<(Name, ImageState)> {
    let mut gone = Vec::new();
    for (image, _) in distinct_images(node) {
        let Some(state) = cluster.images.get_mut(&image) else { continue };
        if state.nodes > 1 {
            state.nodes -= 1;
        } else {
            gone.extend(cluster.images.remove(&image).map(|state| (image, state)));
        }
    }
    gone
}

/// The names of a node's images, each once.
fn distinct_images(node: &Node) -> Vec<(Name, i64)> {
    let mut seen = FxHashSet::default();
    let images = node.images.iter().flat_map(|image| {
        let size = image.size_bytes.unwrap_or_default();
        image.names.iter().map(move |name| (*name, size))
    });
    images.filter(|(name, _)| seen.insert(*name)).collect()
}
