//! Pods that leave their node, or the state.
//!
//! Pods are found by their place, so one that is deleted keeps its place and nothing finds it by
//! name: see [`Cluster::has_pod`].

use std::sync::Arc;

use super::EditError;
use super::undo::{Before, Undo};
use crate::api::meta::ObjectKey;
use crate::api::requests::RequestGates;
use crate::control_plane::admission::{self, Charged};
use crate::control_plane::controller;
use crate::state::Cluster;

pub(super) fn evict(cluster: &mut Cluster, key: ObjectKey, gates: RequestGates) -> Result<Undo, EditError> {
    let pod = cluster.pod_named(key).ok_or(EditError::NoSuchPod(key))?;
    let (pod, class) = (pod.id, controller::remade(cluster, pod, gates));
    let recreated = cluster.recreate(pod, class).ok_or(EditError::NotOnANode(key))?;
    Ok(Undo(Before::Recreated(recreated)))
}

pub(super) fn delete(cluster: &mut Cluster, key: ObjectKey, gates: RequestGates) -> Result<Undo, EditError> {
    let pod = cluster.pod_named(key).ok_or(EditError::NoSuchPod(key))?;
    let (pod, template) = (pod.id, Arc::clone(&pod.class.template));
    let charged = Charged::of(cluster, key.namespace);
    let left = cluster.take_out(pod);
    cluster.pod_ids.remove(&key);
    admission::release(cluster, key, &template, gates);
    Ok(Undo(Before::Left(Box::new(left), charged)))
}
