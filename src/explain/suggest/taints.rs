//! What a taint tells, and what takes it away: by that a toleration, the taint's removal, or the
//! fixing the node is the smaller change.

use crate::api::name::Name;
use crate::api::taint::{Taint, TaintEffect, Toleration};
use crate::edit::{Edit, PodChange};
use crate::state::{Cluster, NodeInfo, Pod};

use super::remedies::patch;
use super::trial::WhatIf;

/// Taints that tell of a node's condition begin so; a controller sets them and takes them away.
const CONDITION_PREFIXES: [&str; 2] = ["node.kubernetes.io/", "node.cloudprovider.kubernetes.io/"];
/// What network plugins and other agents name the taint that is there until they run.
const UNTIL_READY: &str = "not-ready";
/// The domains of taints that belong to a pool of nodes or to an autoscaler: they would be put back.
const POOL_DOMAINS: [&str; 6] = [
    "cloud.google.com",
    "kubernetes.azure.com",
    "eks.amazonaws.com",
    "karpenter.sh",
    "cluster-autoscaler.kubernetes.io",
    "nvidia.com",
];
const AUTOSCALER_SUFFIX: &str = "ClusterAutoscaler";

/// Whether the taint keeps pods off nodes that run the cluster itself.
pub(super) fn is_control_plane(key: Name) -> bool {
    matches!(key.as_str(), "node-role.kubernetes.io/control-plane" | "node-role.kubernetes.io/master")
}

/// Whether the taint keeps nodes free for what runs the cluster: the control plane's, and the one
/// that marks pools for add-ons.
pub(super) fn is_reserved(key: Name) -> bool {
    is_control_plane(key) || key == "CriticalAddonsOnly"
}

/// Whether the taint tells that something is wrong with the node, or not ready on it: it goes
/// away by itself once that is fixed. A cordon is intended.
pub fn tells_of_condition(taint: &Taint) -> bool {
    let component = || taint.key.split_once('/').is_some_and(|(_, part)| part.contains(UNTIL_READY));
    (CONDITION_PREFIXES.iter().any(|prefix| taint.key.starts_with(prefix)) || component()) && !is_cordon(taint)
}

/// Whether the taint goes with a cordon.
pub(super) fn is_cordon(taint: &Taint) -> bool {
    taint.key == "node.kubernetes.io/unschedulable"
}

/// Whether the taint says that the node's kubelet, or the machine, does not answer (upstream
/// pkg/controller/nodelifecycle/node_lifecycle_controller.go; cloud-provider node lifecycle).
pub(super) fn is_of_dead_node(taint: &Taint) -> bool {
    matches!(
        taint.key.as_str(),
        "node.kubernetes.io/unreachable"
            | "node.kubernetes.io/out-of-service"
            | "node.cloudprovider.kubernetes.io/shutdown"
    ) || taint.key == "node.kubernetes.io/not-ready" && taint.effect == TaintEffect::NoExecute
}

/// What the pods are called that take a taint away, by the taint.
const REMOVED_BY: [(&str, &[&str]); 3] = [
    ("node.cloudprovider.kubernetes.io/uninitialized", &["cloud-controller", "cloud-node-manager", "ccm"]),
    ("node.kubernetes.io/network-unavailable", &NETWORK_PLUGINS),
    ("node.kubernetes.io/not-ready", &NETWORK_PLUGINS),
];

const NETWORK_PLUGINS: [&str; 12] = [
    "calico",
    "flannel",
    "cilium",
    "weave",
    "kindnet",
    "aws-node",
    "antrea",
    "canal",
    "kube-router",
    "ovn",
    "cni",
    "kube-proxy",
];

/// Whether the taint stays until the pod's own component has run on the node: taking it away another way is circular.
pub(crate) fn waits_for(key: Name, pod: &Pod) -> bool {
    let known = REMOVED_BY.iter().find(|(taint, _)| key == *taint).map(|(_, names)| *names);
    // An agent's own taint has its name in the domain: `node.cilium.io/agent-not-ready`, `ebs.csi.aws.com/agent-not-ready`.
    let domain = key.split_once('/').filter(|(_, part)| part.contains(UNTIL_READY)).map(|(domain, _)| domain);
    let parts: Vec<&str> = match (known, domain) {
        (Some(names), _) => names.to_vec(),
        (None, Some(domain)) => domain.split('.').filter(|part| part.len() > 2 && !GENERIC.contains(part)).collect(),
        (None, None) => return false,
    };
    let name = pod.key().name;
    let owner = pod.own.controller.as_ref().map(|owner| owner.name);
    parts.iter().any(|part| name.contains(part) || owner.is_some_and(|owner| owner.contains(part)))
}

/// Parts of domains that name no component.
const GENERIC: [&str; 6] = ["node", "com", "org", "net", "kubernetes", "k8s"];

/// Whether a controller would put the taint back.
fn is_maintained(taint: &Taint) -> bool {
    taint.key.ends_with(AUTOSCALER_SUFFIX)
        || taint.key.split_once('/').is_some_and(|(domain, _)| POOL_DOMAINS.contains(&domain))
}

/// Whether the pod asks by its labels for nodes that are all kept for what runs the cluster.
pub(super) fn is_meant_for_reserved(cluster: &Cluster, pod: &Pod) -> bool {
    let wanted = &pod.class.required_node_affinity;
    let mut nodes = cluster.nodes().iter().filter(|node| wanted.matches(node)).peekable();
    !wanted.is_empty()
        && nodes.peek().is_some()
        && nodes.all(|node| node.node.taints.iter().any(|taint| is_reserved(taint.key)))
}

/// Whether every node runs the cluster itself, so that its taint leaves no place for anything else.
pub(super) fn is_control_plane_only(cluster: &Cluster) -> bool {
    cluster.nodes().iter().all(|node| node.node.taints.iter().any(|taint| is_control_plane(taint.key)))
}

/// Changes that might take the taint out of the way. Only the likeliest when it is one change of several
/// (`alone` is false): the others would say the same in other words.
pub(super) fn remedies(trial: &WhatIf<'_>, node: &NodeInfo, taint: &Taint, alone: bool) -> Vec<Edit> {
    let name = node.name();
    if is_cordon(taint) {
        return vec![Edit::Uncordon { node: name }];
    }
    let tolerated = patch(trial.pod(), PodChange::Tolerate { toleration: Toleration::of(taint) });
    let removed = Edit::RemoveTaint { node: name, taint: *taint };
    let mut edits = if waits_for(taint.key, trial.pod()) {
        vec![tolerated]
    } else if is_of_dead_node(taint) {
        vec![removed]
    } else if tells_of_condition(taint) {
        vec![removed, tolerated]
    } else if is_control_plane(taint.key) {
        if is_control_plane_only(trial.cluster()) { vec![removed, tolerated] } else { vec![tolerated] }
    } else if is_maintained(taint) || is_reserved(taint.key) {
        vec![tolerated]
    } else {
        vec![tolerated, removed]
    };
    if !alone {
        edits.truncate(1);
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;
    #[test]
    fn what_a_taint_tells() {
        let case = |key: &str, condition: bool, maintained: bool| {
            let taint = Taint { key: name(key), value: name("x"), effect: TaintEffect::NoSchedule };
            assert_eq!((tells_of_condition(&taint), is_maintained(&taint)), (condition, maintained), "{key}");
        };
        case("node.kubernetes.io/disk-pressure", true, false);
        case("node.kubernetes.io/unschedulable", false, false);
        case("node.cloudprovider.kubernetes.io/uninitialized", true, false);
        case("node.cilium.io/agent-not-ready", true, false);
        case("ToBeDeletedByClusterAutoscaler", false, true);
        case("karpenter.sh/disrupted", false, true);
        case("dedicated", false, false);
    }
}
