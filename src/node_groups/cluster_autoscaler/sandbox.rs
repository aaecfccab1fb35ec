//! A state in which pods are put on nodes and nodes are added, for a while.

use crate::api::name::Name;
use crate::api::time::Timestamp;
use crate::edit::{BuiltNode, Undo};
use crate::framework::PluginRejection;
use crate::scheduler::Scheduler;
use crate::state::pod::PodId;
use crate::state::{Cluster, NodeId, Reservation};

/// The state, and what was done to it.
pub(super) struct Sandbox<'s> {
    scheduler: &'s Scheduler,
    now: Timestamp,
    cluster: Cluster,
    done: Vec<Done>,
}

enum Done {
    Placed(PodId, Reservation),
    Node(Box<Undo>),
}

impl<'s> Sandbox<'s> {
    /// Nothing done yet.
    pub(super) fn new(scheduler: &'s Scheduler, cluster: Cluster, now: Timestamp) -> Self {
        Self { scheduler, now, cluster, done: Vec::new() }
    }

    /// The state as it is now.
    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The same, to be changed for good.
    pub(super) fn cluster_mut(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    /// Where to go back to.
    pub(super) fn mark(&self) -> usize {
        self.done.len()
    }

    /// Takes back what was done since `mark`.
    pub(super) fn rollback(&mut self, mark: usize) {
        while self.done.len() > mark {
            match self.done.pop() {
                Some(Done::Placed(pod, reservation)) => {
                    self.cluster.unreserve(reservation);
                    self.cluster.forget(pod);
                }
                Some(Done::Node(undo)) => (*undo).undo(&mut self.cluster),
                None => return,
            }
        }
    }

    /// Adds a node.
    pub(super) fn add(&mut self, node: &BuiltNode, called: Name) -> NodeId {
        let (id, undo) = node.add(&mut self.cluster, called);
        self.done.push(Done::Node(Box::new(undo)));
        id
    }

    /// What the filters say of a pod on a node (CheckPredicates).
    ///
    /// # Errors
    /// The first no.
    pub(super) fn check(&self, pod: PodId, node: NodeId) -> Result<(), PluginRejection> {
        self.scheduler.filter_on(&self.cluster, pod, node, self.now)
    }

    /// Puts a pod on a node if the filters let it (SchedulePod).
    ///
    /// # Errors
    /// The first no.
    pub(super) fn place(&mut self, pod: PodId, node: NodeId) -> Result<(), PluginRejection> {
        self.check(pod, node)?;
        self.put(pod, node);
        Ok(())
    }

    /// Puts a pod on the first of `nodes` that the filters let it be on (SchedulePodOnAnyNodeMatching).
    pub(super) fn place_on_any(&mut self, pod: PodId, nodes: impl Iterator<Item = NodeId>) -> Option<NodeId> {
        let open = nodes.filter(|node| !self.cluster.node(*node).node.unschedulable);
        let node = self.scheduler.first_fit(&self.cluster, pod, self.now, open).ok()?;
        self.put(pod, node);
        Some(node)
    }

    fn put(&mut self, pod: PodId, node: NodeId) {
        let claims = !self.cluster.pod(pod).spec().resource_claims.is_empty();
        let takes = if claims { self.scheduler.reserve_on(&self.cluster, pod, node, self.now) } else { Ok(Vec::new()) };
        let takes = takes.unwrap_or_default();
        let devices = takes.into_iter().filter(|take| matches!(take, crate::state::Take::Claim(_))).collect();
        let reservation = self.cluster.reserve(devices);
        self.cluster.assume(pod, node);
        self.done.push(Done::Placed(pod, reservation));
    }
}
