//! Lists that kube-scheduler's snapshot keeps beside the nodes, for a cycle in which they are out of date.
//!
//! In v1.36 a pod of a group that is assumed within the group's cycle is on its node, but the lists of nodes with
//! pods that have (anti-)affinity, and of claims in use, stay as they were when the cycle began: nobody notices the
//! pod's own anti-affinity unless its node was listed before (upstream backend/cache/snapshot.go, AssumePod; v1.37
//! updates them).

use rustc_hash::FxHashSet;

use super::Cluster;
use super::node_info::NodeId;
use super::pod::PodId;
use crate::api::ObjectKey;

/// The lists as they were.
#[derive(Clone, Debug, Default)]
pub(super) struct SnapshotLists {
    /// Nodes with a pod that has affinity or anti-affinity of any kind.
    affinity: FxHashSet<NodeId>,
    /// Nodes with a pod that has required anti-affinity.
    anti_affinity: FxHashSet<NodeId>,
    /// Claims of pods on nodes.
    claims: FxHashSet<ObjectKey>,
}

impl Cluster {
    /// From now on the lists stay as they are.
    pub fn freeze_lists(&mut self) {
        let mut lists = SnapshotLists { claims: self.storage.claims_in_use().collect(), ..SnapshotLists::default() };
        for group in self.groups.with_affinity() {
            let nodes: Vec<NodeId> = group.pods.iter().filter_map(|pod| self.node_of(*pod)).collect();
            if !group.class.affinity.required_anti_affinity.is_empty() {
                lists.anti_affinity.extend(&nodes);
            }
            lists.affinity.extend(nodes);
        }
        self.frozen_lists = Some(lists);
    }

    /// From now on they follow the pods.
    pub fn thaw_lists(&mut self) {
        self.frozen_lists = None;
    }

    /// Those of `pods` whose own affinity is noticed.
    pub fn listed_for_affinity<'p>(&self, pods: &'p [PodId]) -> std::borrow::Cow<'p, [PodId]> {
        self.listed(pods, |lists| &lists.affinity)
    }

    /// Those of `pods` whose own required anti-affinity is noticed.
    pub fn listed_for_anti_affinity<'p>(&self, pods: &'p [PodId]) -> std::borrow::Cow<'p, [PodId]> {
        self.listed(pods, |lists| &lists.anti_affinity)
    }

    /// Whether a pod on a node is known to use the claim.
    pub fn is_claim_in_use(&self, claim: ObjectKey) -> bool {
        match &self.frozen_lists {
            Some(lists) => lists.claims.contains(&claim),
            None => !self.storage.claim_users(claim).is_empty(),
        }
    }

    fn listed<'p>(
        &self,
        pods: &'p [PodId],
        list: impl Fn(&SnapshotLists) -> &FxHashSet<NodeId>,
    ) -> std::borrow::Cow<'p, [PodId]> {
        let Some(lists) = &self.frozen_lists else { return pods.into() };
        let nodes = list(lists);
        pods.iter().copied().filter(|pod| self.node_of(*pod).is_some_and(|node| nodes.contains(&node))).collect()
    }
}
