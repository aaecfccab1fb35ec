//! Nodes and pods at a glance: what the map and the list of pods are drawn from.
//!
//! A column at a time, and texts that repeat as numbers: 150,000 pods are a few megabytes.

use std::collections::{BTreeMap, HashMap};

use kubectl_sched::api::{Name, name};
use kubectl_sched::session::State;
use kubectl_sched::simulate::resilience::consolidation::pool_of;
use kubectl_sched::simulate::scenario::ZONE;
use kubectl_sched::state::{Cluster, NodeInfo, Pod};
use serde::Serialize;

/// A state at a glance.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    /// The version that is reproduced.
    kube_version: String,
    /// When the state was read, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    /// A word on its age.
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<String>,
    nodes: Nodes,
    pods: Pods,
    /// `TYPE/NAMESPACE/NAME` of what has a template.
    workloads: Vec<String>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Nodes {
    names: Vec<Name>,
    pools: Column,
    zones: Column,
    taints: Column,
    /// 1 where the node is cordoned.
    cordoned: Vec<u8>,
    /// 1 where a condition says that the node is not ready.
    not_ready: Vec<u8>,
    /// Millicores, bytes, pods, and extended resources in their own units.
    resources: Vec<Resource>,
}

#[derive(Serialize)]
struct Resource {
    name: Name,
    allocatable: Vec<i64>,
    requested: Vec<i64>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Pods {
    names: Vec<Name>,
    namespaces: Column,
    /// The place of the node in `nodes`; -1 for a pod without one.
    nodes: Vec<i32>,
    /// 1 where the pod is being deleted.
    terminating: Vec<u8>,
}

/// A container and what it requests.
#[derive(Serialize)]
pub(crate) struct Container {
    name: Option<Name>,
    requests: BTreeMap<Name, String>,
}

/// The containers of `pod`.
pub(crate) fn containers(pod: &Pod) -> Vec<Container> {
    let of = |container: &kubectl_sched::api::pod_spec::Container| Container {
        name: container.name,
        requests: container.requests().iter().map(|(resource, amount)| (resource, amount.to_string())).collect(),
    };
    pod.spec().containers.iter().map(of).collect()
}

/// Texts that repeat.
#[derive(Serialize, Default)]
struct Column {
    texts: Vec<String>,
    of: Vec<u32>,
    #[serde(skip)]
    known: HashMap<String, u32>,
}

impl Column {
    fn push(&mut self, text: &str) {
        let next = self.texts.len() as u32;
        let place = *self.known.entry(text.to_owned()).or_insert(next);
        if place == next {
            self.texts.push(text.to_owned());
        }
        self.of.push(place);
    }
}

/// What the page draws of `state`.
pub(crate) fn of(state: &State) -> Overview {
    let cluster = &state.cluster;
    let workloads = cluster.workloads.iter().map(|workload| {
        format!("{}/{}/{}", workload.kind.as_str().to_lowercase(), workload.key.namespace, workload.key.name)
    });
    Overview {
        kube_version: state.scheduler.behaviour().version.to_string(),
        as_of: state.basis.as_of.map(|time| time.to_string()),
        age: state.basis.age.as_ref().and_then(kubectl_sched::session::Age::by_now).map(|age| age.to_string()),
        nodes: nodes(cluster),
        pods: pods(cluster),
        workloads: workloads.collect(),
    }
}

fn nodes(cluster: &Cluster) -> Nodes {
    let mut nodes = Nodes::default();
    let all = || cluster.nodes().iter();
    for node in all() {
        let own = &node.node;
        nodes.names.push(own.name);
        nodes.pools.push(pool_of(node).as_str());
        nodes.zones.push(own.labels.get(name(ZONE)).map_or("", |zone| zone.as_str()));
        let taints: Vec<String> = own.taints.iter().map(ToString::to_string).collect();
        nodes.taints.push(&taints.join(", "));
        nodes.cordoned.push(u8::from(own.unschedulable));
        nodes.not_ready.push(u8::from(own.readiness.known && !own.readiness.ready));
    }
    let column = |name: &str, allocatable: &dyn Fn(&NodeInfo) -> i64, requested: &dyn Fn(&NodeInfo) -> i64| Resource {
        name: self::name(name),
        allocatable: all().map(allocatable).collect(),
        requested: all().map(requested).collect(),
    };
    nodes.resources = vec![
        column("cpu", &|node| node.node.allocatable.milli_cpu, &|node| node.requested.milli_cpu),
        column("memory", &|node| node.node.allocatable.memory, &|node| node.requested.memory),
        column("pods", &|node| node.node.allocatable.allowed_pod_number, &|node| {
            i64::try_from(node.pods.len()).unwrap_or(i64::MAX)
        }),
    ];
    let mut extended: Vec<Name> =
        all().flat_map(|node| node.node.allocatable.scalars.iter().map(|(resource, _)| resource)).collect();
    extended.sort_unstable();
    extended.dedup();
    for resource in extended {
        let of = column(resource.as_str(), &|node| node.node.allocatable.scalars.get(resource), &|node| {
            node.requested.scalars.get(resource)
        });
        if of.allocatable.iter().any(|amount| *amount > 0) {
            nodes.resources.push(of);
        }
    }
    nodes
}

fn pods(cluster: &Cluster) -> Pods {
    let mut pods = Pods::default();
    for pod in cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id)) {
        pods.names.push(pod.key().name);
        pods.namespaces.push(pod.key().namespace.as_str());
        pods.nodes.push(cluster.node_of(pod.id).map_or(-1, |node| i32::try_from(node.0).unwrap_or(-1)));
        pods.terminating.push(u8::from(pod.is_terminating()));
    }
    pods
}
