//! Which pods are in which group ([`crate::api::scheduling_group`]).
//!
//! An index that is built once: what group a pod is in never changes.

use rustc_hash::FxHashMap;

use super::Cluster;
use super::node_info::NodeId;
use super::pod::{Pod, PodId};
use crate::api::pod_spec::PodSpec;
use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey};
use crate::decode::pod_group::{PodGroup, SchedulingWorkload};

/// Pods by group, on nodes or not.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupMembers(FxHashMap<GroupKey, Vec<PodId>>);

impl GroupMembers {
    pub(super) fn add(&mut self, pod: &Pod) {
        let (namespace, spec) = (pod.key().namespace, pod.spec());
        let keys = [pod_group_of(namespace, spec), workload_group_of(namespace, spec)];
        for key in keys.into_iter().flatten() {
            self.0.entry(key).or_default().push(pod.id);
        }
    }
}

/// The PodGroup that a pod says it is in (v1.36 on).
pub fn pod_group_of(namespace: Name, spec: &PodSpec) -> Option<GroupKey> {
    let group = spec.scheduling_group?.pod_group_name.filter(|name| !name.is_empty())?;
    Some(GroupKey::PodGroup(ObjectKey::new(namespace, group)))
}

/// The pod group of a Workload that a pod says it is in (v1.35).
pub fn workload_group_of(namespace: Name, spec: &PodSpec) -> Option<GroupKey> {
    let reference = spec.workload_ref?;
    let workload = ObjectKey::new(namespace, reference.name);
    let replica = reference.pod_group_replica_key.unwrap_or_default();
    Some(GroupKey::Workload { workload, pod_group: reference.pod_group, replica })
}

impl Cluster {
    /// Whether any pod is in a group.
    pub fn has_grouped_pods(&self) -> bool {
        !self.group_members.0.is_empty()
    }

    /// The pods of a group that are part of the state, on nodes or not.
    pub fn group_members(&self, key: GroupKey) -> impl Iterator<Item = &Pod> {
        let members = self.group_members.0.get(&key).map_or(&[][..], Vec::as_slice);
        members.iter().filter(|pod| self.has_pod(**pod)).map(|pod| self.pod(*pod))
    }

    /// How many pods of a group have a node.
    pub fn placed_members(&self, key: GroupKey) -> usize {
        self.group_members(key).filter(|pod| pod.own.node_name.is_some()).count()
    }

    /// The PodGroup called `key`.
    pub fn pod_group(&self, key: ObjectKey) -> Option<&PodGroup> {
        let place = self.pod_groups.binary_search_by_key(&key, |group| group.key).ok()?;
        self.pod_groups.get(place)
    }

    /// The Workload of v1.35 called `key`.
    pub fn group_workload(&self, key: ObjectKey) -> Option<&SchedulingWorkload> {
        let place = self.group_workloads.binary_search_by_key(&key, |workload| workload.key).ok()?;
        self.group_workloads.get(place)
    }

    /// Takes a pod off its node without making it pending: it counts for nothing until
    /// [`Cluster::attach`] brings it back. Answers with the node.
    pub fn detach(&mut self, pod: PodId) -> Option<NodeId> {
        let node = self.placed.get_mut(pod.0 as usize)?.take()?;
        let pod = self.pods.get(pod.0 as usize)?;
        if let Some(node) = self.nodes.get_mut(node.index()) {
            node.remove_pod(pod);
        }
        self.groups.remove(pod);
        self.storage.remove_pod(pod);
        let id = pod.id;
        self.restore_shared_ports(id, Some(node));
        Some(node)
    }

    /// Puts a pod back on the node that its `spec.nodeName` names. Answers with the node.
    pub fn attach(&mut self, pod: PodId) -> Option<NodeId> {
        let found = self.pods.get(pod.0 as usize)?;
        let name: Name = found.own.node_name?;
        let id = self.node_ids.get(&name).copied()?;
        if let Some(node) = self.nodes.get_mut(id.index()) {
            node.add_pod(found);
        }
        self.groups.add(found);
        self.storage.add_pod(found);
        if let Some(place) = self.placed.get_mut(pod.0 as usize) {
            *place = Some(id);
        }
        Some(id)
    }
}
