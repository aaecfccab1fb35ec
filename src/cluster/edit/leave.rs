//! Pods that leave their node, or the state.
//!
//! Pods are found by their place, so one that is deleted keeps its place and nothing finds it by
//! name: see [`Cluster::has_pod`].

use super::super::Cluster;
use super::super::meta::ObjectKey;
use super::EditError;
use super::undo::{Before, Undo};

pub(super) fn evict(cluster: &mut Cluster, key: ObjectKey) -> Result<Undo, EditError> {
    let pod = cluster.pod_named(key).ok_or(EditError::NoSuchPod(key))?.id;
    let remade = cluster.remake(pod).ok_or(EditError::NotOnANode(key))?;
    Ok(Undo(Before::Remade(remade)))
}

pub(super) fn delete(cluster: &mut Cluster, key: ObjectKey) -> Result<Undo, EditError> {
    let pod = cluster.pod_named(key).ok_or(EditError::NoSuchPod(key))?.id;
    let left = cluster.take_out(pod);
    cluster.pod_ids.remove(&key);
    Ok(Undo(Before::Left(Box::new(left))))
}
