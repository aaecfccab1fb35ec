//! From objects as they are read to the state.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Cluster;
use super::devices::Devices;
use super::node_info::{NodeId, NodeInfo};
use super::pod::{Pod, PodId};
use super::pod_class::PodClass;
use super::raw::{RawObject, RawObjects};
use super::storage::Storage;
use crate::api::image::ImageState;
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::api::pod_template::PodTemplate;
use crate::api::requests::RequestGates;
use crate::decode::devices::{DeviceClass, ResourceClaim, ResourceSlice};
use crate::decode::gang::Gang;
use crate::decode::limit_range::LimitRange;
use crate::decode::node::Node;
use crate::decode::object::{Kind, Object};
use crate::decode::pod::PodObject;
use crate::decode::resource_quota::ResourceQuota;
use crate::decode::runtime_class::RuntimeClass;
use crate::decode::scheduler_process::SchedulerProcess;
use crate::decode::scheduling_event::{SchedulingEvent, SchedulingEvents};
use crate::decode::storage::StorageObject;
use crate::decode::workload::{PodDisruptionBudget, PriorityClass, Service, Workload, WorkloadKind};

/// Takes objects in any order; an object that comes twice counts as its later self.
#[derive(Clone, Debug, Default)]
pub struct ClusterBuilder {
    pods: Store<PodObject>,
    nodes: Store<Node>,
    namespaces: FxHashMap<Name, Labels>,
    services: Store<Service>,
    budgets: Store<PodDisruptionBudget>,
    priority_classes: Store<PriorityClass>,
    limit_ranges: Store<LimitRange>,
    quotas: Store<ResourceQuota>,
    runtime_classes: Store<RuntimeClass>,
    gangs: Store<Gang>,
    device_classes: Store<DeviceClass>,
    resource_claims: Store<ResourceClaim>,
    resource_slices: Store<ResourceSlice>,
    workloads: Store<Workload>,
    storage: Store<StorageObject>,
    kinds: BTreeSet<Kind>,
    templates: FxHashSet<Arc<PodTemplate>>,
    labels: FxHashSet<Arc<Labels>>,
    sequence: u32,
    scheduling_events: SchedulingEvents,
    has_statuses: bool,
    scheduler: Option<SchedulerProcess>,
    /// Whole Pods and Nodes, if they are to be kept.
    raw: Option<FxHashMap<(Kind, ObjectKey), RawObject>>,
}

impl ClusterBuilder {
    /// Notes that the input speaks of `kind`, be it by an empty list.
    pub fn saw(&mut self, kind: Kind) {
        self.kinds.insert(kind);
    }

    /// Takes in one object. Answers whether it replaced an earlier one.
    pub fn add(&mut self, object: Object) -> bool {
        let (kind, key) = object.identity();
        self.kinds.insert(kind);
        let sequence = self.sequence;
        self.sequence += 1;
        match object {
            Object::Pod(mut pod) => {
                pod.own.sequence = sequence;
                self.has_statuses |= pod.own.scheduled.is_some() || pod.own.start_time.is_some();
                if let Some(found) = pod.scheduler.take() {
                    self.scheduler = Some(match self.scheduler.take() {
                        Some(known) => known.newer(*found),
                        None => *found,
                    });
                }
                pod.own.labels = shared(&mut self.labels, pod.own.labels);
                pod.template = shared(&mut self.templates, pod.template);
                self.pods.insert((kind, key), *pod)
            }
            Object::Node(node) => self.nodes.insert((kind, key), *node),
            Object::Namespace(name, labels) => self.namespaces.insert(name, labels).is_some(),
            Object::Service(service) => self.services.insert((kind, key), service),
            Object::PodDisruptionBudget(budget) => self.budgets.insert((kind, key), budget),
            Object::PriorityClass(class) => self.priority_classes.insert((kind, key), class),
            Object::LimitRange(limits) => self.limit_ranges.insert((kind, key), limits),
            Object::ResourceQuota(quota) => self.quotas.insert((kind, key), quota),
            Object::RuntimeClass(class) => self.runtime_classes.insert((kind, key), class),
            Object::PodGroup(group) => self.gangs.insert((kind, key), group),
            Object::DeviceClass(class) => self.device_classes.insert((kind, key), class),
            Object::ResourceClaim(claim) => self.resource_claims.insert((kind, key), *claim),
            Object::ResourceSlice(slice) => self.resource_slices.insert((kind, key), *slice),
            Object::Workload(workload) => self.workloads.insert((kind, key), *workload),
            Object::Storage(object) => self.storage.insert((kind, key), object),
        }
    }

    /// Takes all objects of `kind` out again: their list begins anew.
    pub fn remove_all(&mut self, kind: Kind) {
        match kind {
            Kind::Pod => self.pods.remove(kind),
            Kind::Node => self.nodes.remove(kind),
            Kind::Namespace => self.namespaces.clear(),
            Kind::Service => self.services.remove(kind),
            Kind::PodDisruptionBudget => self.budgets.remove(kind),
            Kind::PriorityClass => self.priority_classes.remove(kind),
            Kind::LimitRange => self.limit_ranges.remove(kind),
            Kind::ResourceQuota => self.quotas.remove(kind),
            Kind::RuntimeClass => self.runtime_classes.remove(kind),
            Kind::PodGroup => self.gangs.remove(kind),
            Kind::DeviceClass => self.device_classes.remove(kind),
            Kind::ResourceClaim => self.resource_claims.remove(kind),
            Kind::ResourceSlice => self.resource_slices.remove(kind),
            Kind::Workload(_) => self.workloads.remove(kind),
            Kind::Storage(_) => self.storage.remove(kind),
        }
        if let Some(raw) = &mut self.raw {
            raw.retain(|(other, _), _| *other != kind);
        }
    }

    /// Takes one object out again; those without a namespace have an empty one. Answers whether it was there.
    pub fn remove(&mut self, kind: Kind, key: ObjectKey) -> bool {
        if let Some(raw) = &mut self.raw {
            raw.remove(&(kind, key));
        }
        let identity = (kind, key);
        match kind {
            Kind::Pod => self.pods.remove_one(&identity),
            Kind::Node => self.nodes.remove_one(&identity),
            Kind::Namespace => self.namespaces.remove(&key.name).is_some(),
            Kind::Service => self.services.remove_one(&identity),
            Kind::PodDisruptionBudget => self.budgets.remove_one(&identity),
            Kind::PriorityClass => self.priority_classes.remove_one(&identity),
            Kind::LimitRange => self.limit_ranges.remove_one(&identity),
            Kind::ResourceQuota => self.quotas.remove_one(&identity),
            Kind::RuntimeClass => self.runtime_classes.remove_one(&identity),
            Kind::PodGroup => self.gangs.remove_one(&identity),
            Kind::DeviceClass => self.device_classes.remove_one(&identity),
            Kind::ResourceClaim => self.resource_claims.remove_one(&identity),
            Kind::ResourceSlice => self.resource_slices.remove_one(&identity),
            Kind::Workload(_) => self.workloads.remove_one(&identity),
            Kind::Storage(_) => self.storage.remove_one(&identity),
        }
    }

    /// The pod called `key`.
    pub fn pod(&self, key: ObjectKey) -> Option<&PodObject> {
        self.pods.get(&(Kind::Pod, key))
    }

    /// The object of `kind` called `key`.
    pub fn workload(&self, kind: WorkloadKind, key: ObjectKey) -> Option<&Workload> {
        self.workloads.get(&(Kind::Workload(kind), key))
    }

    /// Pods that wait for a node, in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = &PodObject> {
        self.pods.items.iter().filter(|pod| pod.own.node_name.is_none() && !pod.own.phase.is_terminal())
    }

    /// Each specification that pods have, once.
    pub fn specs(&self) -> impl Iterator<Item = &PodSpec> {
        self.templates.iter().map(|template| &template.spec)
    }

    /// Takes in an event.
    pub fn add_event(&mut self, event: SchedulingEvent) {
        self.scheduling_events.add(event);
    }

    /// The kube-scheduler that runs as a pod of the cluster; of several the newest.
    pub fn scheduler(&self) -> Option<&SchedulerProcess> {
        self.scheduler.as_ref()
    }

    /// Asks for whole Pods and Nodes to be kept, which extenders are sent: several times the
    /// memory of the state itself.
    pub fn keep_raw(&mut self) {
        self.raw = Some(FxHashMap::default());
    }

    /// Whether whole Pods and Nodes are kept.
    pub fn keeps_raw(&self) -> bool {
        self.raw.is_some()
    }

    /// What is to be kept of the text that `object` was decoded from, for
    /// [`ClusterBuilder::add_raw`]; nothing unless [`ClusterBuilder::keep_raw`] asked for it.
    pub fn raw(&self, object: &Object, json: &[u8]) -> Option<RawObject> {
        self.raw.as_ref()?;
        RawObject::of(object.identity().0, json)
    }

    /// As [`ClusterBuilder::add`], with the text to be kept.
    pub fn add_raw(&mut self, object: Object, raw: Option<RawObject>) -> bool {
        if let (Some(kept), Some(raw)) = (&mut self.raw, raw) {
            kept.insert(object.identity(), raw);
        }
        self.add(object)
    }

    /// The newest `kubeletVersion` that any node reports, as `(minor, text)`.
    pub fn newest_kubelet(&self) -> Option<Name> {
        let minor = |version: &Name| version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
        self.nodes.items.iter().filter_map(|node| node.kubelet_version).max_by_key(minor)
    }

    /// Builds the state. Pods in a final phase stand apart: they count for nothing.
    pub fn build(mut self, gates: RequestGates) -> Cluster {
        let raw = self.raw.take();
        let mut cluster = Cluster {
            namespaces: self.namespaces,
            workloads: self.workloads.sorted_by_key(|workload| (workload.key, workload.kind)),
            services: self.services.sorted_by_key(|service| service.key),
            budgets: self.budgets.sorted_by_key(|budget| budget.key),
            priority_classes: self.priority_classes.sorted_by_key(|class| class.name),
            limit_ranges: self.limit_ranges.sorted_by_key(|limits| limits.key),
            quotas: self.quotas.sorted_by_key(|quota| quota.key),
            runtime_classes: self.runtime_classes.sorted_by_key(|class| class.name),
            gangs: self.gangs.sorted_by_key(|gang| gang.key),
            storage: Storage::new(self.storage.items),
            devices: Devices::new(self.device_classes.items, self.resource_claims.items, self.resource_slices.items),
            kinds: self.kinds,
            scheduling_events: self.scheduling_events,
            has_statuses: self.has_statuses,
            ..Cluster::default()
        };
        drop((self.templates, self.labels));
        let nodes = self.nodes.sorted_by_key(|node| node.name);
        cluster.images = images(&nodes);
        cluster.nodes = nodes
            .into_iter()
            .enumerate()
            .map(|(index, node)| NodeInfo::new(NodeId(index as u32), Arc::new(node)))
            .collect();
        cluster.node_ids = cluster.nodes.iter().map(|node| (node.name(), node.id)).collect();
        add_pods(&mut cluster, self.pods, gates);
        count_quotas(&mut cluster, gates);
        if let Some(raw) = raw {
            cluster.raw = Arc::new(raw_objects(&cluster, raw));
        }
        cluster
    }
}

fn raw_objects(cluster: &Cluster, mut raw: FxHashMap<(Kind, ObjectKey), RawObject>) -> RawObjects {
    let mut kept = RawObjects::default();
    for node in &cluster.nodes {
        if let Some(raw) = raw.remove(&(Kind::Node, ObjectKey::new(name(""), node.name()))) {
            kept.keep_node(node, raw);
        }
    }
    for pod in &cluster.pods {
        if let Some(raw) = raw.remove(&(Kind::Pod, pod.key())) {
            kept.keep_pod(pod, raw);
        }
    }
    kept
}

fn add_pods(cluster: &mut Cluster, pods: Store<PodObject>, gates: RequestGates) {
    let mut classes: FxHashMap<*const PodTemplate, Arc<PodClass>> = FxHashMap::default();
    let pods = pods.sorted_by_key(|pod| pod.own.key);
    cluster.pods.reserve_exact(pods.len());
    cluster.placed.reserve_exact(pods.len());
    for object in pods {
        if object.own.phase.is_terminal() {
            cluster.ended.push(object);
            continue;
        }
        let id = PodId(cluster.pods.len() as u32);
        let class = classes
            .entry(Arc::as_ptr(&object.template))
            .or_insert_with(|| Arc::new(PodClass::new(Arc::clone(&object.template), gates)));
        let pod = Pod { id, own: object.own, class: Arc::clone(class) };
        let node = pod.own.node_name.and_then(|name| cluster.node_ids.get(&name).copied());
        if let Some(node) = node {
            cluster.nodes[node.index()].add_pod(&pod);
            cluster.groups.add(&pod);
            cluster.storage.add_pod(&pod);
        }
        cluster.pod_ids.insert(pod.own.key, id);
        cluster.placed.push(node);
        let pending = pod.own.node_name.is_none();
        cluster.pods.push(pod);
        if pending {
            cluster.nominate(id);
        }
    }
}

/// A quota of which the input does not say what is used: it is what its pods use.
fn count_quotas(cluster: &mut Cluster, gates: RequestGates) {
    let (quotas, pods) = (&mut cluster.quotas, &cluster.pods);
    for quota in quotas.iter_mut().filter(|quota| quota.used.is_none()) {
        let namespace = quota.key.namespace;
        let templates = pods.iter().filter(|pod| pod.key().namespace == namespace).map(|pod| &*pod.class.template);
        quota.count(templates, gates);
    }
}

/// Sizes and spread of images; the first node to have a name sets its size
/// (upstream backend/cache/cache.go, addNodeImageStates). Which is first hangs on the order in
/// which upstream's cache met the nodes: taken here is that of a list, by name.
fn images(nodes: &[Node]) -> FxHashMap<Name, ImageState> {
    let mut images: FxHashMap<Name, ImageState> = FxHashMap::default();
    for node in nodes {
        let mut on_this_node = FxHashSet::default();
        for image in &node.images {
            for name in &image.names {
                let state =
                    images.entry(*name).or_insert(ImageState { size: image.size_bytes.unwrap_or_default(), nodes: 0 });
                if on_this_node.insert(*name) {
                    state.nodes += 1;
                }
            }
        }
    }
    images
}

/// One copy of each distinct value.
fn shared<T: std::hash::Hash + Eq>(known: &mut FxHashSet<Arc<T>>, value: Arc<T>) -> Arc<T> {
    if let Some(first) = known.get(&value) {
        return Arc::clone(first);
    }
    known.insert(Arc::clone(&value));
    value
}

/// Objects of one kind by identity.
#[derive(Clone, Debug)]
struct Store<T> {
    items: Vec<T>,
    places: FxHashMap<(Kind, ObjectKey), usize>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: FxHashMap::default() }
    }
}

impl<T> Store<T> {
    /// Answers whether the object replaced an earlier one.
    fn insert(&mut self, identity: (Kind, ObjectKey), item: T) -> bool {
        if let Some(&place) = self.places.get(&identity) {
            self.items[place] = item;
            return true;
        }
        self.places.insert(identity, self.items.len());
        self.items.push(item);
        false
    }

    fn get(&self, identity: &(Kind, ObjectKey)) -> Option<&T> {
        self.items.get(*self.places.get(identity)?)
    }

    /// Takes out one object; the others keep their order.
    fn remove_one(&mut self, identity: &(Kind, ObjectKey)) -> bool {
        let Some(place) = self.places.remove(identity) else { return false };
        self.items.remove(place);
        self.places.values_mut().filter(|other| **other > place).for_each(|other| *other -= 1);
        true
    }

    /// Takes out all objects of `kind`; the others keep their order.
    fn remove(&mut self, kind: Kind) {
        let mut kept: Vec<(usize, (Kind, ObjectKey))> = Vec::new();
        for (identity, place) in self.places.drain().filter(|(identity, _)| identity.0 != kind) {
            kept.push((place, identity));
        }
        kept.sort_unstable();
        self.places = kept.iter().enumerate().map(|(place, (_, identity))| (*identity, place)).collect();
        let mut place = 0;
        self.items.retain(|_| {
            place += 1;
            kept.binary_search_by_key(&(place - 1), |(place, _)| *place).is_ok()
        });
    }

    fn sorted_by_key<K: Ord>(self, key: impl FnMut(&T) -> K) -> Vec<T> {
        let mut items = self.items;
        items.sort_by_key(key);
        items
    }
}
