//! The cluster's state as the scheduler sees it.
//!
//! Built once from the objects that were read ([`ClusterBuilder`]), then asked: nodes with the
//! sums over their pods, pods by label, domains by key. [`Cluster::assume`] and
//! [`Cluster::forget`] keep every index up to date, so nothing is ever rebuilt.

use std::sync::Arc;

use rustc_hash::FxHashMap;

pub mod additions;
pub mod autoscaling;
pub mod builder;
pub mod default_selector;
pub mod devices;
pub mod group_members;
pub mod node_affinity;
pub mod node_index;
pub mod node_info;
pub mod node_tree;
pub mod node_volumes;
mod objects;
pub mod pod;
pub mod pod_class;
pub mod pod_groups;
pub(crate) mod quota_usage;
pub mod raw;
pub mod recreate;
pub mod reservation;
mod snapshot_lists;
pub mod storage;

pub use builder::ClusterBuilder;
pub(crate) use builder::PodHashes;
pub use node_info::{NodeId, NodeInfo};
pub use pod::{Pod, PodId};
pub use reservation::{Reservation, Take};

use crate::api::image::ImageState;
use crate::api::meta::OwnerReference;
use crate::api::{Labels, Name, ObjectKey};
use crate::decode::coscheduling::CoschedulingPodGroup;
use crate::decode::event::Events;
use crate::decode::limit_range::LimitRange;
use crate::decode::node::Node;
use crate::decode::pod::{PodObject, PodOwn};
use crate::decode::pod_group::{PodGroup, SchedulingWorkload};
use crate::decode::queueing::QueueingObject;
use crate::decode::resource_quota::ResourceQuota;
use crate::decode::runtime_class::RuntimeClass;
use crate::decode::workload::{
    Namespace, PodDisruptionBudget, PriorityClass, Service, Workload, WorkloadKey, WorkloadKind,
};
use crate::decode::{Kind, Object};
use devices::{DeviceObjects, Devices};
use group_members::GroupMembers;
use objects::Store;
use pod_class::PodClass;
use pod_groups::PodGroups;
use snapshot_lists::SnapshotLists;
use storage::Storage;

/// The state of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    pub(crate) nodes: Vec<NodeInfo>,
    pub(crate) node_index: node_index::NodeIndex,
    pub(crate) node_ids: FxHashMap<Name, NodeId>,
    pub(crate) pods: Vec<Pod>,
    pub(crate) pod_ids: FxHashMap<ObjectKey, PodId>,
    /// Pods in a final phase, in the order of namespace and name: they count for nothing on nodes.
    ended: Vec<PodObject>,
    /// The node each pod is on, by pod id.
    pub(crate) placed: Vec<Option<NodeId>>,
    pub(crate) groups: PodGroups,
    pub(crate) nominated: FxHashMap<Name, Vec<PodId>>,
    pub(crate) images: FxHashMap<Name, ImageState>,
    /// Whole objects; shared by all copies of the state, and empty unless asked for.
    pub(crate) raw: Arc<raw::RawObjects>,
    pub(crate) storage: Storage,
    /// Namespaces and their labels.
    pub namespaces: FxHashMap<Name, Labels>,
    /// Objects with pod templates.
    pub workloads: Vec<Workload>,
    /// Services.
    pub services: Vec<Service>,
    /// PodDisruptionBudgets, in the order of namespace and name.
    pub budgets: Vec<PodDisruptionBudget>,
    /// PriorityClasses.
    pub priority_classes: Vec<PriorityClass>,
    /// LimitRanges, in the order of namespace and name.
    pub limit_ranges: Vec<LimitRange>,
    /// ResourceQuotas, in the order of namespace and name.
    pub quotas: Vec<ResourceQuota>,
    /// RuntimeClasses.
    pub runtime_classes: Vec<RuntimeClass>,
    /// PodGroups, in the order of namespace and name.
    pub gangs: Vec<CoschedulingPodGroup>,
    /// What queues and other schedulers say of pods.
    pub queueing: Vec<QueueingObject>,
    /// PodGroups of `scheduling.k8s.io`, in the order of namespace and name.
    pub pod_groups: Vec<PodGroup>,
    /// Workloads of `scheduling.k8s.io`, in the order of namespace and name.
    pub group_workloads: Vec<SchedulingWorkload>,
    group_members: GroupMembers,
    /// Set while kube-scheduler looks at lists that are out of date.
    frozen_lists: Option<SnapshotLists>,
    /// What components reported of pods and other objects.
    pub events: Events,
    /// Whether any pod of the input had the status that a cluster gives it: if not, that one lacks
    /// it says nothing.
    pub has_statuses: bool,
    /// DeviceClasses, ResourceClaims and ResourceSlices.
    pub devices: Devices,
    /// What tells of nodes that could be made.
    pub autoscaling: autoscaling::Autoscaling,
    /// What admission adds to pods beyond their templates, once it was asked for.
    pub(crate) additions: additions::Found,
    /// The places of the workloads that were there at the beginning.
    pub(crate) workload_places: FxHashMap<WorkloadKey, usize>,
    /// Kinds of which the input had at least one object, or said that there is none.
    pub kinds: std::collections::BTreeSet<Kind>,
}

/// A pod that was taken off its node, and which that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "Cluster::restore puts the pod back"]
pub struct Lifted {
    /// The pod.
    pub pod: PodId,
    /// The node that it names; none for a pod that was pending.
    pub node: Option<Name>,
    /// The same, if the state has it.
    place: Option<NodeId>,
}

impl Cluster {
    /// The state of `objects`, without nodes and pods.
    fn of(objects: &mut Store<Object>) -> Self {
        Self {
            namespaces: objects.take().into_iter().map(|found: Namespace| (found.name, found.labels)).collect(),
            workloads: objects.take(),
            services: objects.take(),
            budgets: objects.take(),
            priority_classes: objects.take(),
            limit_ranges: objects.take(),
            quotas: objects.take(),
            runtime_classes: objects.take(),
            gangs: objects.take(),
            queueing: objects.take(),
            pod_groups: objects.take(),
            group_workloads: objects.take(),
            autoscaling: autoscaling::Autoscaling::of(objects),
            storage: Storage::of(objects),
            devices: Devices::new(DeviceObjects {
                classes: objects.take(),
                claims: objects.take(),
                templates: objects.take(),
                slices: objects.take(),
                taint_rules: objects.take(),
            }),
            ..Self::default()
        }
    }

    /// All nodes, in the order of their names.
    pub fn nodes(&self) -> &[NodeInfo] {
        &self.nodes
    }

    /// The node with this id.
    ///
    /// # Panics
    /// The id is that of another state; [`Cluster::get_node`] answers then, too.
    pub fn node(&self, id: NodeId) -> &NodeInfo {
        &self.nodes[id.index()]
    }

    /// The node with this id, if it is one of this state.
    pub fn get_node(&self, id: NodeId) -> Option<&NodeInfo> {
        self.nodes.get(id.index())
    }

    /// The topology domains that the label `key` makes of the nodes.
    pub fn domains(&self, key: Name) -> Arc<node_index::NodeDomains> {
        self.node_index.domains(&self.nodes, key)
    }

    /// The nodes that have an image of this full name.
    pub fn nodes_with_image(&self, image: Name) -> Arc<node_index::ImageNodes> {
        self.node_index.with_image(&self.nodes, image)
    }

    /// The node called `name`.
    pub fn node_named(&self, name: Name) -> Option<&NodeInfo> {
        self.node_ids.get(&name).map(|id| self.node(*id))
    }

    /// All pods that have not ended, in the order of namespace and name; behind them those that
    /// were added, and among them those that were taken out ([`Cluster::has_pod`] tells).
    pub fn pods(&self) -> &[Pod] {
        &self.pods
    }

    /// The pod with this id.
    ///
    /// # Panics
    /// The id is that of another state; [`Cluster::get_pod`] answers then, too.
    pub fn pod(&self, id: PodId) -> &Pod {
        &self.pods[id.0 as usize]
    }

    /// The pod with this id, if it is one of this state.
    pub fn get_pod(&self, id: PodId) -> Option<&Pod> {
        self.pods.get(id.0 as usize)
    }

    /// The pod called `key`.
    pub fn pod_named(&self, key: ObjectKey) -> Option<&Pod> {
        self.pod_ids.get(&key).map(|id| self.pod(*id))
    }

    /// Pods in a final phase (Succeeded, Failed), in the order of namespace and name. They are no
    /// part of [`Cluster::pods`], and count for nothing on nodes.
    pub fn ended(&self) -> &[PodObject] {
        &self.ended
    }

    /// The pod in a final phase called `key`.
    pub fn ended_named(&self, key: ObjectKey) -> Option<&PodObject> {
        let place = self.ended.binary_search_by_key(&key, |pod| pod.own.key).ok()?;
        self.ended.get(place)
    }

    /// The node `pod` is on; none for a pending pod, and for one whose node is gone.
    pub fn node_of(&self, pod: PodId) -> Option<NodeId> {
        self.placed.get(pod.0 as usize).copied().flatten()
    }

    /// Pods on nodes by namespace and labels.
    pub fn groups(&self) -> &PodGroups {
        &self.groups
    }

    /// Pending pods nominated to the node called `node`.
    pub fn nominated_to(&self, node: Name) -> &[PodId] {
        self.nominated.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Pending pods nominated to nodes, whether or not these exist.
    pub fn nominated(&self) -> impl Iterator<Item = &Pod> {
        self.nominated.values().flatten().map(|id| self.pod(*id))
    }

    /// What is known of the image `name` (in full, with its tag).
    pub fn image(&self, name: Name) -> Option<ImageState> {
        self.images.get(&name).copied()
    }

    /// Keeps the whole Pod that a pod of the state is, for one that the builder did not read.
    pub fn keep_raw_pod(&mut self, pod: PodId, json: &[u8]) {
        if let (Some(pod), Some(raw)) = (self.pods.get(pod.0 as usize), raw::RawObject::of(Kind::Pod, json)) {
            Arc::make_mut(&mut self.raw).keep_pod(pod, raw);
        }
    }

    /// Whole Pods and Nodes, for those who are sent them.
    pub fn raw(&self) -> &raw::RawObjects {
        &self.raw
    }

    /// Volumes, claims, classes and what CSI drivers report.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Whether the input spoke of objects of `kind`: if not, that one is missing says nothing.
    pub fn holds(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The labels of a namespace; none for one that the state does not have.
    pub fn namespace_labels(&self, namespace: Name) -> &Labels {
        static NONE: std::sync::LazyLock<Labels> = std::sync::LazyLock::new(Labels::default);
        self.namespaces.get(&namespace).unwrap_or(&NONE)
    }

    /// Pods that wait for a node, in the order of namespace and name.
    pub fn pending(&self) -> impl Iterator<Item = &Pod> {
        self.pods.iter().filter(|pod| pod.own.node_name.is_none() && self.has_pod(pod.id))
    }

    /// Whether the pod is part of the state: not deleted, nor replaced by another of its name.
    pub fn has_pod(&self, pod: PodId) -> bool {
        self.pod_ids.get(&self.pod(pod).key()) == Some(&pod)
    }

    /// The workload `key` names.
    pub fn workload(&self, key: WorkloadKey) -> Option<&Workload> {
        let there = self.workload_places.get(&key).and_then(|place| self.workloads.get(*place));
        match there.filter(|workload| workload.identity() == key) {
            Some(workload) => Some(workload),
            // Nothing has come or gone: what has no place is not there.
            None if self.workload_places.len() == self.workloads.len() => None,
            None => self.workloads.iter().find(|workload| workload.identity() == key),
        }
    }

    /// The workload that an owner reference of an object in `namespace` names.
    pub fn owning_workload(&self, namespace: Name, owner: &OwnerReference) -> Option<&Workload> {
        let kind = WorkloadKind::from_kind(owner.kind.as_str())?;
        self.workload(WorkloadKey { kind, key: ObjectKey::new(namespace, owner.name) })
    }

    /// Puts a pending pod on a node.
    pub fn assume(&mut self, pod: PodId, node: NodeId) {
        let name = self.nodes[node.index()].name();
        self.unnominate(pod);
        let pod = &mut self.pods[pod.0 as usize];
        pod.own.node_name = Some(name);
        self.nodes[node.index()].add_pod(pod);
        self.groups.add(pod);
        self.storage.add_pod(pod);
        self.placed[pod.id.0 as usize] = Some(node);
    }

    /// Takes a pod off its node and makes it pending: what undoes [`Cluster::assume`].
    pub fn forget(&mut self, pod: PodId) {
        let pod = &mut self.pods[pod.0 as usize];
        pod.own.node_name = None;
        let node = self.placed[pod.id.0 as usize].take();
        if let Some(node) = node {
            self.nodes[node.index()].remove_pod(pod);
            self.groups.remove(pod);
            self.storage.remove_pod(pod);
        }
        let id = pod.id;
        self.nominate(id);
        self.restore_shared_ports(id, node);
    }

    /// Takes a pod off its node, to ask about it as if it were pending; [`Cluster::restore`] puts it back.
    pub fn lift(&mut self, pod: PodId) -> Lifted {
        let lifted = Lifted { pod, node: self.pod(pod).own.node_name, place: self.node_of(pod) };
        if lifted.node.is_some() {
            self.forget(pod);
        }
        lifted
    }

    /// Puts a pod back that [`Cluster::lift`] took away, also one whose node the state does not have.
    pub fn restore(&mut self, lifted: Lifted) {
        let Lifted { pod, node, place } = lifted;
        match place {
            Some(place) => self.assume(pod, place),
            None if node.is_some() => {
                self.unnominate(pod);
                if let Some(pod) = self.pods.get_mut(pod.0 as usize) {
                    pod.own.node_name = node;
                }
            }
            None => {}
        }
    }

    /// Changes a node: what a what-if question does to it. The name must stay.
    pub fn change_node(&mut self, id: NodeId, change: impl FnOnce(&mut Node)) {
        if let Some(info) = self.nodes.get_mut(id.index()) {
            change(Arc::make_mut(&mut info.node));
            self.node_index.clear();
        }
    }

    /// Adds a pending pod that the input did not have.
    pub fn add_pending(&mut self, own: Box<PodOwn>, class: Arc<PodClass>) -> PodId {
        let id = PodId(self.pods.len() as u32);
        self.pod_ids.insert(own.key, id);
        self.pods.push(Pod { id, own, class });
        self.placed.push(None);
        self.group_members.add(&self.pods[id.0 as usize]);
        self.nominate(id);
        id
    }

    /// A node's used ports are a set: with one of two pods that share a port the port is gone, as
    /// upstream has it within a cycle. For a pod that leaves the state the others' ports must stay.
    pub(crate) fn restore_shared_ports(&mut self, pod: PodId, node: Option<NodeId>) {
        let Some(node) = node.map(|node| &mut self.nodes[node.index()]) else { return };
        if self.pods[pod.0 as usize].class.host_ports.is_empty() {
            return;
        }
        for other in &node.pods {
            for port in &self.pods[other.0 as usize].class.host_ports {
                node.used_ports.add(*port);
            }
        }
    }

    /// The nomination of a pod behind scheduling gates counts for nothing: it never reaches the
    /// queue (upstream backend/queue/scheduling_queue.go, moveToActiveQ).
    pub(crate) fn nominate(&mut self, pod: PodId) {
        let nominated = &self.pods[pod.0 as usize];
        let gated = !nominated.spec().scheduling_gates.is_empty();
        if let Some(node) = nominated.own.nominated_node_name.filter(|_| !gated) {
            self.nominated.entry(node).or_default().push(pod);
        }
    }

    /// Nominates a pending pod to a node, or to none; answers where it was nominated to.
    pub fn set_nomination(&mut self, pod: PodId, node: Option<Name>) -> Option<Name> {
        self.unnominate(pod);
        let before = match self.pods.get_mut(pod.0 as usize) {
            Some(pod) => std::mem::replace(&mut pod.own.nominated_node_name, node),
            None => None,
        };
        self.nominate(pod);
        before
    }

    pub(crate) fn unnominate(&mut self, pod: PodId) {
        let Some(node) = self.pods[pod.0 as usize].own.nominated_node_name else { return };
        if let Some(pods) = self.nominated.get_mut(&node) {
            pods.retain(|id| *id != pod);
            if pods.is_empty() {
                self.nominated.remove(&node);
            }
        }
    }
}
