//! DaemonSet: a pod for each node that can have one (upstream pkg/controller/daemon/daemon_controller.go).

use std::sync::Arc;

use super::super::create::NewPods;
use super::{free_names, labels, owned, owner, template, with};
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::node_selector::{NODE_NAME_FIELD, NodeSelector, NodeSelectorTerm};
use crate::api::pod_spec::PodSpec;
use crate::api::selector::SelectorRequirement;
use crate::api::taint::{Taint, Toleration, tolerated};
use crate::decode::pod::PodOwn;
use crate::decode::workload::Workload;
use crate::state::Cluster;
use crate::state::node_affinity::RequiredNodeAffinity;
use crate::state::node_info::NodeInfo;
use crate::state::pod::PodId;

/// A pod for each node, in the order of the nodes.
pub(super) fn pods(cluster: &Cluster, workload: &Workload) -> Vec<NewPods> {
    let daemon = Daemon::of(workload);
    cluster.nodes().iter().filter_map(|node| daemon.pod_on(cluster, workload, node)).collect()
}

/// Why no pod of the DaemonSet is for `node`; none where one is.
pub(super) fn ineligible(workload: &Workload, node: &NodeInfo) -> Option<String> {
    Daemon::of(workload).ineligible(node)
}

/// The pod that the DaemonSet would have on `node`; none where it would have none.
pub(super) fn pod_on(cluster: &Cluster, workload: &Workload, node: &NodeInfo) -> Option<NewPods> {
    Daemon::of(workload).pod_on(cluster, workload, node)
}

/// What all pods of a DaemonSet have in common.
struct Daemon {
    spec: PodSpec,
    /// The only node that the template wants, by name.
    only: Option<Name>,
    required: RequiredNodeAffinity,
    labels: Arc<Labels>,
}

impl Daemon {
    fn of(workload: &Workload) -> Self {
        let mut spec = workload.template.spec.clone();
        let only = spec.node_name.take().filter(|node| !node.is_empty());
        add_tolerations(&mut spec);
        Self { required: RequiredNodeAffinity::new(&spec), only, labels: Arc::new(labels(workload)), spec }
    }

    /// NodeShouldRunDaemonPod.
    fn ineligible(&self, node: &NodeInfo) -> Option<String> {
        if self.only.is_some_and(|only| only != node.name()) {
            return Some("its template names another node".to_owned());
        }
        if !self.required.matches(node) {
            return Some("node selector or affinity does not match".to_owned());
        }
        untolerated(&self.spec, node).map(|taint| format!("taint {taint} is not tolerated"))
    }

    fn pod_on(&self, cluster: &Cluster, workload: &Workload, node: &NodeInfo) -> Option<NewPods> {
        if self.ineligible(node).is_some() {
            return None;
        }
        let key = key(cluster, workload, node.name());
        let mut pinned = self.spec.clone();
        pin(&mut pinned, node.name());
        Some(NewPods {
            own: vec![PodOwn::fresh(key, Arc::clone(&self.labels), Some(owner(workload)))],
            template: template(cluster, workload, pinned),
            replaces: there(cluster, workload, node),
            ..NewPods::default()
        })
    }
}

/// Upstream draws letters; the node tells more.
fn key(cluster: &Cluster, workload: &Workload, node: Name) -> ObjectKey {
    let key = ObjectKey::new(workload.key.namespace, name(&format!("{}-{node}", workload.key.name)));
    if cluster.pod_named(key).is_none() { key } else { free_names(cluster, key, "-new", 1).next().unwrap_or(key) }
}

/// The first taint that keeps a pod off the node.
fn untolerated<'n>(spec: &PodSpec, node: &'n NodeInfo) -> Option<&'n Taint> {
    // An API server admits comparisons only where its gate is on, and then the controller's is, too.
    let mut rejecting = node.node.taints.iter().filter(|taint| taint.effect.rejects());
    rejecting.find(|taint| !tolerated(&spec.tolerations, taint, true))
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

/// The node that a pod of a DaemonSet is for, which its controller writes into its affinity.
pub fn pinned_node(spec: &PodSpec) -> Option<Name> {
    let terms = &spec.required_node_affinity()?.node_selector_terms;
    let [term] = &terms[..] else { return None };
    let [field] = &term.match_fields[..] else { return None };
    let [node] = &field.values[..] else { return None };
    (field.key == NODE_NAME_FIELD).then_some(*node)
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
        // One that tolerates the same for a limited time tolerates it without a limit from now on.
        let same = |own: &Toleration| Toleration { toleration_seconds: None, ..*own } == added;
        let others = spec.tolerations.iter().filter(|own| !same(own)).copied().collect();
        spec.tolerations = with(&others, added);
    }
}
