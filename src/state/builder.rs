//! From objects as they are read to the state.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::Cluster;
use super::node_info::{NodeId, NodeInfo};
use super::objects::Store;
use super::pod::{Pod, PodId};
use super::pod_class::PodClass;
use super::raw::{RawObject, RawObjects};
use crate::api::image::ImageState;
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::api::pod_template::PodTemplate;
use crate::api::requests::RequestGates;
use crate::decode::autoscaling::process::AutoscalerProcess;
use crate::decode::event::{Event, Events};
use crate::decode::node::Node;
use crate::decode::pod::PodObject;
use crate::decode::scheduler_process::SchedulerProcess;
use crate::decode::workload::{Workload, WorkloadKind};
use crate::decode::{Kind, Object};

/// Takes objects in any order; an object that comes twice counts as its later self.
#[derive(Clone, Debug, Default)]
pub struct ClusterBuilder {
    pods: Store<PodObject>,
    nodes: Store<Node>,
    /// All other objects.
    objects: Store<Object>,
    kinds: BTreeSet<Kind>,
    templates: FxHashSet<Hashed<PodTemplate>>,
    labels: FxHashSet<Hashed<Labels>>,
    sequence: u32,
    events: Events,
    has_statuses: bool,
    scheduler: Option<SchedulerProcess>,
    autoscaler: Option<Arc<AutoscalerProcess>>,
    /// Whether some object tells of a program that makes nodes.
    shows_autoscaler: bool,
    /// Whole Pods and Nodes, if they are to be kept.
    raw: Option<FxHashMap<(Kind, ObjectKey), RawObject>>,
}

impl ClusterBuilder {
    /// Notes that the input has a list of `kind`, even an empty one.
    pub fn saw(&mut self, kind: Kind) {
        self.kinds.insert(kind);
    }

    /// Takes in one object. Answers whether it replaced an earlier one.
    pub fn add(&mut self, object: Object) -> bool {
        self.kinds.insert(object.identity().0);
        let sequence = self.sequence;
        self.sequence += 1;
        match object {
            Object::Pod(mut pod) => {
                self.share(&mut pod);
                self.add_pod(*pod, sequence)
            }
            // Of ConfigMaps two are kept.
            Object::AutoscalerStatus(status) if !status.is_status && status.priorities.is_none() => false,
            object @ (Object::AutoscalerStatus(_) | Object::Provisioning(_)) => {
                self.shows_autoscaler = true;
                self.objects.insert(object)
            }
            Object::Node(node) => self.nodes.insert(*node),
            object => self.objects.insert(object),
        }
    }

    /// Lets a pod share its labels and its specification with equal ones.
    pub(crate) fn share(&mut self, pod: &mut PodObject) {
        self.share_hashed(pod, PodHashes::of(pod));
    }

    /// The same, where the hashes are known.
    pub(crate) fn share_hashed(&mut self, pod: &mut PodObject, hashes: PodHashes) {
        pod.own.labels = shared(&mut self.labels, Arc::clone(&pod.own.labels), hashes.labels);
        pod.template = shared(&mut self.templates, Arc::clone(&pod.template), hashes.template);
    }

    /// As [`ClusterBuilder::add`], for a pod that shares both by [`ClusterBuilder::share`], as its template did.
    pub(crate) fn add_sharing(&mut self, pod: PodObject) -> bool {
        self.kinds.insert(Kind::Pod);
        let sequence = self.sequence;
        self.sequence += 1;
        self.add_pod(pod, sequence)
    }

    fn add_pod(&mut self, mut pod: PodObject, sequence: u32) -> bool {
        pod.own.sequence = sequence;
        self.has_statuses |= pod.own.scheduled.is_some() || pod.own.start_time.is_some();
        if let Some(found) = pod.scheduler.take() {
            self.scheduler = Some(match self.scheduler.take() {
                Some(known) => known.newer(*found),
                None => *found,
            });
        }
        if let Some(found) = pod.autoscaler.take() {
            self.autoscaler = Some(Arc::from(found));
        }
        self.pods.insert(pod)
    }

    /// Takes all objects of `kind` out again: their list starts again.
    pub fn remove_all(&mut self, kind: Kind) {
        match kind {
            Kind::Pod => self.pods.remove(kind),
            Kind::Node => self.nodes.remove(kind),
            kind => self.objects.remove(kind),
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
            Kind::Pod => self.pods.remove_one(identity),
            Kind::Node => self.nodes.remove_one(identity),
            _ => self.objects.remove_one(identity),
        }
    }

    /// The pod called `key`.
    pub fn pod(&self, key: ObjectKey) -> Option<&PodObject> {
        self.pods.get((Kind::Pod, key))
    }

    /// The object of `kind` called `key`.
    pub fn workload(&self, kind: WorkloadKind, key: ObjectKey) -> Option<&Workload> {
        match self.objects.get((Kind::Workload(kind), key))? {
            Object::Workload(workload) => Some(workload),
            _ => None,
        }
    }

    /// The workloads of a kind.
    pub fn workloads(&self, kind: WorkloadKind) -> impl Iterator<Item = &Workload> {
        self.objects.items.iter().filter_map(move |object| match object {
            Object::Workload(workload) if workload.kind == kind => Some(workload.as_ref()),
            _ => None,
        })
    }

    /// All pods, in no particular order.
    pub fn pods(&self) -> impl Iterator<Item = &PodObject> {
        self.pods.items.iter()
    }

    /// Pods that wait for a node, in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = &PodObject> {
        self.pods.items.iter().filter(|pod| pod.own.node_name.is_none() && !pod.own.phase.is_terminal())
    }

    /// Each specification that pods have, once.
    pub fn specs(&self) -> impl Iterator<Item = &PodSpec> {
        self.templates.iter().map(|template| &template.value.spec)
    }

    /// Takes in an event.
    pub fn add_event(&mut self, event: Event) {
        self.events.add(event);
    }

    /// The kube-scheduler that runs as a pod of the cluster; of several the newest.
    pub fn scheduler(&self) -> Option<&SchedulerProcess> {
        self.scheduler.as_ref()
    }

    /// Whether some object tells of a program that makes nodes.
    pub fn shows_autoscaler(&self) -> bool {
        self.shows_autoscaler
    }

    /// The Cluster Autoscaler that runs as a pod of the cluster.
    pub fn autoscaler(&self) -> Option<&AutoscalerProcess> {
        self.autoscaler.as_deref()
    }

    /// Notes how the Cluster Autoscaler runs, where its pod does not say so any more.
    pub fn set_autoscaler(&mut self, process: AutoscalerProcess) {
        self.autoscaler = Some(Arc::new(process));
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
            kinds: self.kinds,
            events: self.events,
            has_statuses: self.has_statuses,
            ..Cluster::of(&mut self.objects)
        };
        cluster.autoscaling.process = self.autoscaler;
        drop(self.labels);
        cluster.workload_places =
            cluster.workloads.iter().enumerate().map(|(place, workload)| (workload.identity(), place)).collect();
        let nodes = self.nodes.sorted_by_key(|node| node.name);
        cluster.images = images(&nodes);
        cluster.nodes = nodes
            .into_iter()
            .enumerate()
            .map(|(index, node)| NodeInfo::new(NodeId(index as u32), Arc::new(node)))
            .collect();
        cluster.node_ids = cluster.nodes.iter().map(|node| (node.name(), node.id)).collect();
        add_pods(&mut cluster, self.pods, self.templates, gates);
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

fn add_pods(
    cluster: &mut Cluster,
    pods: Store<PodObject>,
    templates: FxHashSet<Hashed<PodTemplate>>,
    gates: RequestGates,
) {
    let place = |template: &Arc<PodTemplate>| Arc::as_ptr(template).addr();
    let templates: Vec<Arc<PodTemplate>> = templates.into_iter().map(|template| template.value).collect();
    let class = |template: Arc<PodTemplate>| (place(&template), Arc::new(PodClass::new(template, gates)));
    let classes: Vec<(usize, Arc<PodClass>)> = templates.into_par_iter().map(class).collect();
    let mut classes: FxHashMap<usize, Arc<PodClass>> = classes.into_iter().collect();
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
            .entry(place(&object.template))
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
        cluster.group_members.add(&pod);
        cluster.pods.push(pod);
        if pending {
            cluster.nominate(id);
        }
    }
}

/// A quota of which the input does not say what is used: it is what its pods and claims use.
fn count_quotas(cluster: &mut Cluster, gates: RequestGates) {
    let (quotas, pods, storage) = (&mut cluster.quotas, &cluster.pods, &cluster.storage);
    for quota in quotas.iter_mut().filter(|quota| quota.used.is_none()) {
        let namespace = quota.key.namespace;
        let templates = pods.iter().filter(|pod| pod.key().namespace == namespace).map(|pod| &*pod.class.template);
        let claims = storage.claims().filter(|claim| claim.key.namespace == namespace);
        quota.count(templates, claims, gates);
    }
}

/// Sizes and spread of images; the first node to have a name sets its size
/// (upstream backend/cache/cache.go, addNodeImageStates). Which is first hangs on the order in
/// which upstream's cache met the nodes: taken here is that of a list, by name.
fn images(nodes: &[Node]) -> FxHashMap<Name, ImageState> {
    let mut images: FxHashMap<Name, ImageState> = FxHashMap::default();
    for node in nodes {
        let mut on_this_node = FxHashSet::default();
        for image in node.images.iter() {
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

/// The hashes of what pods share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PodHashes {
    labels: u64,
    template: u64,
}

impl PodHashes {
    /// Those of `pod`: they take longer than all else that sharing does.
    pub(crate) fn of(pod: &PodObject) -> Self {
        Self { labels: FxBuildHasher.hash_one(&pod.own.labels), template: FxBuildHasher.hash_one(&pod.template) }
    }
}

/// A value with its hash, which a set that grows asks for again and again.
#[derive(Clone, Debug)]
struct Hashed<T> {
    hash: u64,
    value: Arc<T>,
}

impl<T> Hash for Hashed<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<T: PartialEq> PartialEq for Hashed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.value == other.value
    }
}

impl<T: Eq> Eq for Hashed<T> {}

/// One copy of each distinct value.
fn shared<T: Eq>(known: &mut FxHashSet<Hashed<T>>, value: Arc<T>, hash: u64) -> Arc<T> {
    let value = Hashed { hash, value };
    if let Some(first) = known.get(&value) {
        return Arc::clone(&first.value);
    }
    let shared = Arc::clone(&value.value);
    known.insert(value);
    shared
}
