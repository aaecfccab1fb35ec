//! Pods that leave their node and are recreated.

use std::sync::Arc;

use super::Cluster;
use super::devices::Released;
use super::node_info::NodeId;
use super::pod::PodId;
use super::pod_class::PodClass;
use crate::api::meta::ObjectKey;
use crate::api::time::Timestamp;
use crate::decode::pod::PodOwn;
use crate::decode::storage::PersistentVolumeClaim;

/// What [`Cluster::recreate`] changed, and how it was before.
#[must_use = "without it the state cannot be changed back"]
#[derive(Debug)]
pub struct Recreated {
    node: NodeId,
    left: Departure,
}

/// A pod that has left its node, or the state, as it was before.
#[derive(Debug)]
pub(crate) struct Departure {
    pod: PodId,
    own: PodOwn,
    class: Arc<PodClass>,
    node: Option<NodeId>,
    /// What its claims had, the last one last.
    claims: Vec<Released>,
    /// Claims of its generic ephemeral volumes, which are gone with it.
    ephemeral: Vec<Arc<PersistentVolumeClaim>>,
}

impl Recreated {
    /// The pod.
    pub fn pod(&self) -> PodId {
        self.left.pod
    }

    /// The node the pod left.
    pub fn node(&self) -> NodeId {
        self.node
    }
}

impl Cluster {
    /// Takes a pod off its node and puts a pending one in its place, as its controller would:
    /// created now, not started, nominated to no node, its claims without their devices. It goes by
    /// the name of the one that left, as nobody knows its own. With `class` it is of another template. None for a
    /// pod that is on no node.
    pub fn recreate(&mut self, pod: PodId, class: Option<Arc<PodClass>>) -> Option<Recreated> {
        let node = self.node_of(pod)?;
        let mut left = self.take_out(pod);
        left.ephemeral = self.renew_ephemeral_claims(pod);
        if let Some(pod) = self.pods.get_mut(pod.0 as usize) {
            pod.class = class.unwrap_or_else(|| Arc::clone(&pod.class));
            let fresh = PodOwn::fresh(pod.own.key, Arc::clone(&pod.own.labels), pod.own.controller);
            let claims = std::mem::take(&mut pod.own.resource_claim_statuses);
            *pod.own = PodOwn { uid: pod.own.uid, resource_claim_statuses: claims, ..fresh };
        }
        Some(Recreated { node, left })
    }

    /// Puts the pod that left back on its node.
    pub fn undo_recreate(&mut self, recreated: Recreated) {
        self.put_back(recreated.left);
    }

    /// The ResourceClaims that a pod uses: those it names, those made for it, and the one that a scheduler made for its
    /// extended resources. They need not exist.
    pub fn claims_of(&self, id: PodId) -> impl Iterator<Item = ObjectKey> {
        let pod = self.pod(id);
        let named = pod.spec().resource_claims.iter().filter_map(|claim| claim.resource_claim_name);
        let generated = pod.own.resource_claim_statuses.iter().filter_map(|status| status.resource_claim_name);
        let keys = named.chain(generated).map(|claim| ObjectKey::new(pod.key().namespace, claim));
        keys.chain(self.devices.claim_for_extended_resources(pod.key().name, pod.own.uid).map(|claim| claim.key))
    }

    /// The claims of a pod's generic ephemeral volumes go with it, and the pod that comes in its place has new ones
    /// (upstream pkg/controller/volume/ephemeral/controller.go, handleVolume). Answers with the old ones.
    fn renew_ephemeral_claims(&mut self, id: PodId) -> Vec<Arc<PersistentVolumeClaim>> {
        let pod = self.pod(id);
        let volumes = pod.spec().volumes.iter().filter(|volume| volume.is_ephemeral());
        let own = volumes.filter_map(|volume| self.storage.claim(volume.claim_of(pod.key())?));
        let fresh: Vec<PersistentVolumeClaim> =
            own.filter(|claim| claim.is_for(&pod.own)).map(PersistentVolumeClaim::again).collect();
        fresh.into_iter().filter_map(|claim| self.storage.replace_claim(Arc::new(claim))).collect()
    }

    /// Takes the pod off its node and out of what is nominated, and its claims their devices.
    pub(crate) fn take_out(&mut self, id: PodId) -> Departure {
        let (own, class) = (PodOwn::clone(&self.pod(id).own), Arc::clone(&self.pod(id).class));
        let named: Vec<ObjectKey> = self.claims_of(id).collect();
        let mut claims: Vec<Released> =
            named.into_iter().filter_map(|claim| self.devices.release(claim, own.uid)).collect();
        claims.extend(self.devices.release_extended_resources(own.key.name, own.uid));
        let node = self.node_of(id);
        if node.is_some() {
            self.forget(id);
        }
        self.unnominate(id);
        Departure { pod: id, own, class, node, claims, ephemeral: Vec::new() }
    }

    /// Takes [`Cluster::take_out`] back; whatever was done to the pod since goes with it.
    pub(crate) fn put_back(&mut self, left: Departure) {
        let Departure { pod: id, own, class, node, claims, ephemeral } = left;
        for claim in ephemeral {
            self.storage.replace_claim(claim);
        }
        let pending = own.node_name.is_none();
        self.pod_ids.insert(own.key, id);
        // The nomination that the pod may have by now would be looked for under the older one.
        self.unnominate(id);
        if let Some(pod) = self.pods.get_mut(id.0 as usize) {
            pod.class = class;
        }
        if let Some(node) = node {
            self.assume(id, node);
        }
        if let Some(pod) = self.pods.get_mut(id.0 as usize) {
            *pod.own = own;
        }
        if node.is_none() && pending {
            self.nominate(id);
        }
        for claim in claims.into_iter().rev() {
            self.devices.restore(claim);
        }
    }
}

impl Cluster {
    /// Says that a pod on a node is being deleted since `since`, or is not. It stays where it is until its kubelet
    /// has stopped it. Answers what was said before.
    pub(crate) fn set_deletion(&mut self, pod: PodId, since: Option<Timestamp>) -> Option<Timestamp> {
        let node = self.node_of(pod);
        // Pods that are being deleted count in another way: the pod is counted off, and on again.
        if node.is_some() {
            self.forget(pod);
        }
        let before =
            self.pods.get_mut(pod.0 as usize).and_then(|pod| std::mem::replace(&mut pod.own.deletion_timestamp, since));
        if let Some(node) = node {
            self.assume(pod, node);
        }
        before
    }

    /// Takes the pod out that was added last and is pending: what undoes [`Cluster::add_pending`].
    pub(crate) fn remove_last(&mut self) {
        let Some(pod) = self.pods.last().map(|pod| pod.id) else { return };
        if self.node_of(pod).is_some() {
            self.forget(pod);
        }
        self.unnominate(pod);
        self.placed.pop();
        if let Some(pod) = self.pods.pop() {
            self.pod_ids.remove(&pod.key());
        }
    }
}
