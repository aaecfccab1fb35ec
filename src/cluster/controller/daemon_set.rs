//! DaemonSet: a pod for each node that can have one (upstream pkg/controller/daemon/daemon_controller.go).

use std::sync::Arc;

use super::super::Cluster;
use super::super::create::NewPods;
use super::super::meta::ObjectKey;
use super::super::name::{Name, name};
use super::super::node_affinity::RequiredNodeAffinity;
use super::super::node_info::NodeInfo;
use super::super::node_selector::{NODE_NAME_FIELD, NodeSelector, NodeSelectorTerm};
use super::super::pod::{PodId, PodOwn};
use super::super::pod_spec::PodSpec;
use super::super::selector::SelectorRequirement;
use super::super::taint::{Toleration, tolerated};
use super::super::workload::Workload;
use super::{free_names, labels, owned, owner, template, with};

/// A pod for each node, in the order of the nodes.
pub(super) fn pods(cluster: &Cluster, workload: &Workload) -> Vec<NewPods> {
    let mut spec = workload.template.spec.clone();
    let only = spec.node_name.take().filter(|node| !node.is_empty());
    add_tolerations(&mut spec);
    let required = RequiredNodeAffinity::new(&spec);
    let labels = Arc::new(labels(workload));
    let nodes = cluster
        .nodes()
        .iter()
        .filter(|node| only.is_none_or(|only| only == node.name()) && required.matches(node) && tolerates(&spec, node));
    nodes
        .map(|node| {
            let key = key(cluster, workload, node.name());
            let mut pinned = spec.clone();
            pin(&mut pinned, node.name());
            NewPods {
                own: vec![PodOwn::fresh(key, Arc::clone(&labels), Some(owner(workload)))],
                template: template(pinned),
                replaces: there(cluster, workload, node),
                ..NewPods::default()
            }
        })
        .collect()
}

/// Upstream draws letters; the node tells more.
fn key(cluster: &Cluster, workload: &Workload, node: Name) -> ObjectKey {
    let key = ObjectKey::new(workload.key.namespace, name(&format!("{}-{node}", workload.key.name)));
    if cluster.pod_named(key).is_none() { key } else { free_names(cluster, key, "-new", 1).next().unwrap_or(key) }
}

/// NodeShouldRunDaemonPod, as far as taints decide.
fn tolerates(spec: &PodSpec, node: &NodeInfo) -> bool {
    node.node.taints.iter().filter(|taint| taint.effect.rejects()).all(|taint| tolerated(&spec.tolerations, taint))
}

/// The daemon's pods that are on the node already.
fn there(cluster: &Cluster, workload: &Workload, node: &NodeInfo) -> Vec<PodId> {
    let is_of = |pod: &&PodId| {
        let pod = cluster.pod(**pod);
        owned(pod.key().namespace, pod.own.controller.as_ref(), workload)
    };
    node.pods.iter().filter(is_of).copied().collect()
}

/// ReplaceDaemonSetPodNodeNameNodeAffinity (daemon/util/daemonset_util.go): what the node must be
/// was looked at, and gives way to its name.
fn pin(spec: &mut PodSpec, node: Name) {
    let field = SelectorRequirement { key: name(NODE_NAME_FIELD), operator: name("In"), values: Box::new([node]) };
    let term = NodeSelectorTerm { match_fields: Box::new([field]), ..NodeSelectorTerm::default() };
    let affinity = spec.affinity.get_or_insert_default().node_affinity.get_or_insert_default();
    affinity.required = Some(NodeSelector { node_selector_terms: Box::new([term]) });
}

/// The tolerations that the controller gives its pods (daemon/util/daemonset_util.go,
/// AddOrUpdateDaemonPodTolerations).
pub(super) fn add_tolerations(spec: &mut PodSpec) {
    let keys = [
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ];
    let on_host_network = spec.host_network == Some(true);
    let network = on_host_network.then_some(("node.kubernetes.io/network-unavailable", "NoSchedule"));
    for (key, effect) in keys.into_iter().chain(network) {
        let added = Toleration {
            key: Some(name(key)),
            operator: Some(name("Exists")),
            value: None,
            effect: Some(name(effect)),
            toleration_seconds: None,
        };
        // One that tolerates the same for a while only tolerates it for good from now on.
        let same = |own: &Toleration| Toleration { toleration_seconds: None, ..*own } == added;
        let others = spec.tolerations.iter().filter(|own| !same(own)).copied().collect();
        spec.tolerations = with(&others, added);
    }
}
