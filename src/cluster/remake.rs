//! Pods that leave their node and are made anew.

use super::Cluster;
use super::node_info::NodeId;
use super::pod::{PodId, PodOwn, PodPhase};

/// What [`Cluster::remake`] changed, and how it was before.
#[must_use = "without it the state cannot be changed back"]
#[derive(Debug)]
pub struct Remade {
    pod: PodId,
    node: NodeId,
    own: PodOwn,
}

impl Remade {
    /// The node the pod left.
    pub fn node(&self) -> NodeId {
        self.node
    }
}

impl Cluster {
    /// Takes a pod off its node and puts a pending one in its place, as its controller would:
    /// created now, not started, nominated to no node. It goes by the name of the one that left,
    /// as nobody knows its own. None for a pod that is on no node.
    pub fn remake(&mut self, pod: PodId) -> Option<Remade> {
        let node = self.node_of(pod)?;
        let before = self.pods.get_mut(pod.0 as usize)?;
        let own = PodOwn::clone(&before.own);
        before.own.nominated_node_name = None;
        self.forget(pod);
        if let Some(pod) = self.pods.get_mut(pod.0 as usize) {
            pod.own.creation_timestamp = None;
            pod.own.deletion_timestamp = None;
            pod.own.start_time = None;
            pod.own.phase = PodPhase::Pending;
            pod.own.preempted_by_scheduler = false;
            pod.own.sequence = u32::MAX;
        }
        Some(Remade { pod, node, own })
    }

    /// Puts the pod that left back on its node.
    pub fn unmake(&mut self, remade: Remade) {
        let Remade { pod, node, own } = remade;
        self.assume(pod, node);
        if let Some(pod) = self.pods.get_mut(pod.0 as usize) {
            *pod.own = own;
        }
    }
}
