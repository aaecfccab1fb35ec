//! Pods that leave their node, or the state.
//!
//! Pods are found by their place, so one that is deleted keeps its place and nothing finds it by
//! name: see [`Cluster::has_pod`].

use std::sync::Arc;

use super::super::Cluster;
use super::super::devices::Released;
use super::super::meta::ObjectKey;
use super::super::node_info::NodeId;
use super::super::pod::{Pod, PodId, PodOwn};
use super::EditError;
use super::undo::{Before, Undo};

/// How a pod was before it left.
#[derive(Debug)]
pub(super) struct Left {
    pod: PodId,
    own: Box<PodOwn>,
    node: Option<NodeId>,
    /// What its claims had, the last one last.
    claims: Vec<Released>,
}

pub(super) fn evict(cluster: &mut Cluster, key: ObjectKey) -> Result<Undo, EditError> {
    let pod = cluster.pod_named(key).ok_or(EditError::NoSuchPod(key))?;
    let id = pod.id;
    if cluster.node_of(id).is_none() {
        return Err(EditError::NotOnANode(key));
    }
    let left = take(cluster, id);
    if let Some(pod) = cluster.pods.get_mut(id.0 as usize) {
        let fresh = PodOwn::fresh(key, Arc::clone(&pod.own.labels), pod.own.controller);
        let claims = std::mem::take(&mut pod.own.resource_claim_statuses);
        *pod.own = PodOwn { uid: pod.own.uid, resource_claim_statuses: claims, ..fresh };
    }
    Ok(left)
}

pub(super) fn delete(cluster: &mut Cluster, key: ObjectKey) -> Result<Undo, EditError> {
    let id = cluster.pod_named(key).ok_or(EditError::NoSuchPod(key))?.id;
    let left = take(cluster, id);
    cluster.pod_ids.remove(&key);
    Ok(left)
}

/// Takes the pod off its node and out of what is nominated, and its claims their devices.
fn take(cluster: &mut Cluster, id: PodId) -> Undo {
    let own = cluster.pod(id).own.clone();
    let claims = claims(cluster.pod(id)).into_iter();
    let claims = claims.filter_map(|claim| cluster.devices.release(claim, own.uid)).collect();
    let node = cluster.node_of(id);
    if node.is_some() {
        cluster.forget(id);
    }
    cluster.unnominate(id);
    Undo(Before::Pod(Box::new(Left { pod: id, own, node, claims })))
}

/// The claims that a pod uses.
fn claims(pod: &Pod) -> Vec<ObjectKey> {
    let named = pod.spec().resource_claims.iter().filter_map(|claim| claim.resource_claim_name);
    let generated = pod.own.resource_claim_statuses.iter().filter_map(|status| status.resource_claim_name);
    named.chain(generated).map(|claim| ObjectKey::new(pod.key().namespace, claim)).collect()
}

impl Left {
    pub(super) fn undo(self, cluster: &mut Cluster) {
        let Self { pod: id, own, node, claims } = self;
        cluster.pod_ids.insert(own.key, id);
        if let Some(pod) = cluster.pods.get_mut(id.0 as usize) {
            pod.own.clone_from(&own);
        }
        match node {
            Some(node) => cluster.assume(id, node),
            None if own.node_name.is_none() => cluster.nominate(id),
            None => {}
        }
        for claim in claims.into_iter().rev() {
            cluster.devices.restore(claim);
        }
    }
}
