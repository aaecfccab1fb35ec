//! What changed of the objects that scheduling reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::resources::{Resources, STANDARD};
use crate::api::{Name, ObjectKey};
use crate::decode::node::Node;
use crate::decode::workload::WorkloadKind;
use crate::framework::Amount;
use crate::state::{Cluster, Pod};

/// An object that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDifference {
    /// Its kind.
    pub kind: &'static str,
    /// Its name, with the namespace before it if it has one.
    pub name: String,
    /// What happened to it.
    pub how: How,
    /// What is different.
    pub fields: Vec<FieldDifference>,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum How {
    /// It was not there.
    Added,
    /// It is gone.
    Removed,
    /// It is different.
    Changed,
}

impl How {
    /// The word for it in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Removed => "Removed",
            Self::Changed => "Changed",
        }
    }
}

/// A field that is different.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldDifference {
    /// The field: `allocatable cpu`, `taint dedicated`, `label zone`.
    pub field: String,
    /// How it was; none where it was not there.
    pub before: Option<String>,
    /// How it is; none where it is gone.
    pub now: Option<String>,
}

/// The pods of a workload, of which there are more or fewer, or which are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodsDifference {
    /// Whose they are: `deployment/shop/web`, or `pod/shop/x`.
    pub owner: String,
    /// Those with a node, before and now.
    pub placed: (usize, usize),
    /// Those without one.
    pub pending: (usize, usize),
    /// Pods of the same name that are on another node.
    pub moved: Vec<(ObjectKey, Name, Name)>,
}

/// The fields of an object, by name.
type Fields = BTreeMap<String, String>;

/// What changed of nodes, budgets, classes, quotas and workloads.
pub fn objects(before: &Cluster, now: &Cluster) -> Vec<ObjectDifference> {
    let mut found = Vec::new();
    let nodes =
        |cluster: &Cluster| cluster.nodes().iter().map(|info| (info.name().to_string(), node(&info.node))).collect();
    add(&mut found, "Node", &nodes(before), &nodes(now));
    let budgets = |cluster: &Cluster| {
        let of = |bound: Option<crate::api::update_strategy::IntOrPercent>| bound.map(|bound| format!("{bound}"));
        let fields = |budget: &crate::decode::workload::PodDisruptionBudget| {
            given([
                ("minAvailable", of(budget.min_available)),
                ("maxUnavailable", of(budget.max_unavailable)),
                ("disruptionsAllowed", Some(budget.disruptions_allowed.to_string())),
            ])
        };
        cluster.budgets.iter().map(|budget| (budget.key.to_string(), fields(budget))).collect()
    };
    add(&mut found, "PodDisruptionBudget", &budgets(before), &budgets(now));
    let priorities = |cluster: &Cluster| {
        let fields = |class: &crate::decode::workload::PriorityClass| {
            given([
                ("value", Some(class.value.to_string())),
                ("globalDefault", class.global_default.then(|| "true".to_owned())),
                ("preemptionPolicy", class.preemption_policy.map(|policy| policy.as_str().to_owned())),
            ])
        };
        cluster.priority_classes.iter().map(|class| (class.name.to_string(), fields(class))).collect()
    };
    add(&mut found, "PriorityClass", &priorities(before), &priorities(now));
    let quotas = |cluster: &Cluster| {
        let fields = |quota: &crate::decode::resource_quota::ResourceQuota| {
            let hard = quota.hard.iter().map(|(resource, most)| (format!("hard {resource}"), most.to_string()));
            hard.collect::<Fields>()
        };
        cluster.quotas.iter().map(|quota| (quota.key.to_string(), fields(quota))).collect()
    };
    add(&mut found, "ResourceQuota", &quotas(before), &quotas(now));
    let workloads = |cluster: &Cluster| {
        let own = cluster.workloads.iter().filter(|workload| workload.kind != WorkloadKind::ReplicaSet);
        let fields = |workload: &crate::decode::workload::Workload| {
            let images = workload.template.spec.all_containers().filter_map(|container| container.image);
            let images: Vec<String> = images.map(|image| image.to_string()).collect();
            let mut fields = given([
                ("replicas", workload.replicas.map(|replicas| replicas.to_string())),
                ("image", Some(images.join(", ")).filter(|images| !images.is_empty())),
            ]);
            for container in workload.template.spec.all_containers() {
                let own = container.name.map_or_else(String::new, |name| name.to_string());
                let requests = container.requests().iter();
                fields.extend(
                    requests.map(|(resource, amount)| (format!("{own} requests {resource}"), amount.to_string())),
                );
            }
            fields
        };
        own.map(|workload| (format!("{}", workload.identity()), fields(workload))).collect()
    };
    add(&mut found, "Workload", &workloads(before), &workloads(now));
    found
}

fn add(
    found: &mut Vec<ObjectDifference>,
    kind: &'static str,
    before: &BTreeMap<String, Fields>,
    now: &BTreeMap<String, Fields>,
) {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    for name in names {
        let (was, is) = (before.get(name), now.get(name));
        let (how, fields) = match (was, is) {
            (None, _) => (How::Added, Vec::new()),
            (_, None) => (How::Removed, Vec::new()),
            (Some(was), Some(is)) if was == is => continue,
            (Some(was), Some(is)) => (How::Changed, different(was, is)),
        };
        found.push(ObjectDifference { kind, name: name.clone(), how, fields });
    }
}

fn different(was: &Fields, is: &Fields) -> Vec<FieldDifference> {
    let fields: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let difference = |field: &String| {
        let (before, now) = (was.get(field), is.get(field));
        (before != now).then(|| FieldDifference { field: field.clone(), before: before.cloned(), now: now.cloned() })
    };
    fields.into_iter().filter_map(difference).collect()
}

fn given<const N: usize>(fields: [(&str, Option<String>); N]) -> Fields {
    fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
}

/// What filters and scores read of a node.
fn node(node: &Node) -> Fields {
    let mut fields = Fields::new();
    for (resource, amount) in amounts(&node.allocatable) {
        fields.insert(format!("allocatable {resource}"), Amount::new(resource, amount).to_string());
    }
    for taint in &node.taints {
        fields.insert(format!("taint {}:{}", taint.key, taint.effect.as_str()), taint.value.to_string());
    }
    fields.extend(node.labels.iter().map(|(key, value)| (format!("label {key}"), value.to_string())));
    if node.unschedulable {
        fields.insert("cordoned".to_owned(), "true".to_owned());
    }
    fields
}

fn amounts(resources: &Resources) -> Vec<(Name, i64)> {
    let standard = [
        (STANDARD.cpu, resources.milli_cpu),
        (STANDARD.memory, resources.memory),
        (STANDARD.ephemeral_storage, resources.ephemeral_storage),
        (STANDARD.pods, resources.allowed_pod_number),
    ];
    standard.into_iter().filter(|(_, amount)| *amount != 0).chain(resources.scalars.iter()).collect()
}

/// Whose pods came, went, moved, or wait.
pub fn pods(before: &Cluster, now: &Cluster) -> Vec<PodsDifference> {
    let mut owners: BTreeMap<String, PodsDifference> = BTreeMap::new();
    let mut count = |cluster: &Cluster, pod: &Pod, of: fn(&mut (usize, usize)) -> &mut usize| {
        let owner = owner(cluster, pod);
        let found = owners.entry(owner.clone()).or_insert_with(|| PodsDifference {
            owner,
            placed: (0, 0),
            pending: (0, 0),
            moved: Vec::new(),
        });
        *of(if cluster.node_of(pod.id).is_some() { &mut found.placed } else { &mut found.pending }) += 1;
    };
    for pod in before.pods() {
        count(before, pod, |pair| &mut pair.0);
    }
    for pod in now.pods() {
        count(now, pod, |pair| &mut pair.1);
    }
    for pod in now.pods() {
        let then = before.pod_named(pod.key()).and_then(|then| then.own.node_name);
        if let (Some(then), Some(node)) = (then, pod.own.node_name)
            && then != node
            && let Some(found) = owners.get_mut(&owner(now, pod))
        {
            found.moved.push((pod.key(), then, node));
        }
    }
    let differs = |pods: &PodsDifference| {
        pods.placed.0 != pods.placed.1 || pods.pending.0 != pods.pending.1 || !pods.moved.is_empty()
    };
    owners.into_values().filter(differs).collect()
}

/// The topmost object that manages the pod, or the pod.
pub(super) fn owner(cluster: &Cluster, pod: &Pod) -> String {
    let namespace = pod.key().namespace;
    let Some(owner) = &pod.own.controller else { return format!("pod/{}", pod.key()) };
    let above = cluster.owning_workload(namespace, owner).and_then(|workload| workload.controller.as_ref());
    let top = above.unwrap_or(owner);
    format!("{}/{namespace}/{}", top.kind.as_str().to_lowercase(), top.name)
}
