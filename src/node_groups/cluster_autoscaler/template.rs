//! The node that stands for a new one of a group.
//!
//! As upstream makes it of a node that is there (`simulator/node_info_utils.go`, SanitizedTemplateNodeInfoFromNodeInfo):
//! its own name and hostname, without taints of its condition, with the pods that every node of the group has.

use std::sync::Arc;

use super::flags::Flags;
use super::readiness::TO_BE_DELETED;
use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::pod_spec::PreemptionPolicy;
use crate::api::requests::RequestGates;
use crate::api::taint::Taint;
use crate::decode::node::Node;
use crate::decode::workload::{Workload, WorkloadKind};
use crate::edit::{BuiltNode, BuiltPod};
use crate::node_groups::new_node::daemon_pod;
use crate::state::node_info::{NodeId, NodeInfo};
use crate::state::{Cluster, Pod};

/// Where a template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// A ready node of the group.
    ReadyNode(Name),
    /// A node that is not ready, cordoned, too young or being removed, and which of it.
    LastResort(Name, &'static str),
    /// What the provider says a new node is like.
    Provider,
    /// What the autoscaler itself reported: `/snapshotz`, or a file of the user's.
    File,
}

impl From {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadyNode(_) => "ready-node",
            Self::LastResort(..) => "last-resort-node",
            Self::Provider => "provider",
            Self::File => "file",
        }
    }

    /// The node it was made from.
    pub fn node(self) -> Option<Name> {
        match self {
            Self::ReadyNode(node) | Self::LastResort(node, _) => Some(node),
            Self::Provider | Self::File => None,
        }
    }
}

/// A group's template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Where it comes from.
    pub from: From,
    /// The node, and what comes with it.
    pub built: BuiltNode,
    /// How many of its pods are of DaemonSets or static.
    pub daemons: usize,
}

/// Taints of a node's condition (`utils/taints/taints.go`, NodeConditionTaints).
const CONDITION_TAINTS: [&str; 11] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/pid-pressure",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "node.cloudprovider.kubernetes.io/shutdown",
    "cloud.google.com/impending-node-termination",
    "NodeWithImpairedVolumes",
];
const DELETION_CANDIDATE: &str = "DeletionCandidateOfClusterAutoscaler";
/// By this label a template is known (SanitizedTemplateNodeInfoFromNodeInfo).
pub const TEMPLATE_LABEL: &str = "cluster-autoscaler.kubernetes.io/template-node";
/// Pods of this class come to a node whatever else is on it.
const NODE_CRITICAL: &str = "system-node-critical";

/// Builds templates.
#[derive(Clone, Copy)]
pub(super) struct Builder<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) flags: &'a Flags,
    pub(super) gates: RequestGates,
}

impl Builder<'_> {
    /// The template of a group of which `example` is a node.
    pub(super) fn of_node(self, example: &NodeInfo, from: From) -> Template {
        let node = self.sanitized(&example.node);
        let running = example.pods.iter().map(|pod| self.cluster.pod(*pod)).filter(|pod| !pod.is_terminating());
        let mut pods: Vec<BuiltPod> = Vec::new();
        let mut known: Vec<Name> = Vec::new();
        for pod in running {
            if pod.own.mirror || is_daemon_set_pod(pod) {
                pods.push(BuiltPod { own: (*pod.own).clone(), class: Arc::clone(&pod.class) });
            }
            if let Some(owner) = pod.own.controller.filter(|owner| owner.kind == "DaemonSet") {
                known.extend([owner.uid, owner.name]);
            }
        }
        let info = NodeInfo::new(NodeId(u32::MAX), Arc::new(node));
        pods.extend(self.missing_daemons(&info, &known, self.flags.force_daemon_sets));
        let csi_node = self.cluster.storage().csi_node(example.name()).filter(|_| self.flags.csi_aware).cloned();
        let slices = self.cluster.devices.slices().iter();
        let slices = slices.filter(|slice| slice.nodes.named() == Some(example.name())).cloned().collect();
        let daemons = pods.len();
        Template { from, built: BuiltNode { node: (*info.node).clone(), pods, csi_node, slices }, daemons }
    }

    /// The template of a group whose provider says what a new node is like: every DaemonSet that suits it is on it
    /// (SanitizedTemplateNodeInfoFromNodeGroup).
    pub(super) fn of_provider(self, provided: BuiltNode) -> Template {
        let mut node = self.sanitized(&provided.node);
        node.labels = with_deprecated(&node.labels);
        let info = NodeInfo::new(NodeId(u32::MAX), Arc::new(node));
        let mut pods = provided.pods;
        pods.extend(self.missing_daemons(&info, &[], true));
        let daemons = pods.len();
        let built = BuiltNode {
            node: (*info.node).clone(),
            pods,
            csi_node: provided.csi_node.filter(|_| self.flags.csi_aware),
            slices: provided.slices,
        };
        Template { from: From::Provider, built, daemons }
    }

    fn sanitized(self, node: &Node) -> Node {
        let taints: Box<[Taint]> = node.taints.iter().filter(|taint| self.keeps(&taint.key)).copied().collect();
        let mark = [(name(TEMPLATE_LABEL), name("true"))];
        Node {
            labels: node.labels.iter().chain(mark).collect(),
            unschedulable: node.unschedulable && !self.flags.scales_from_unschedulable,
            taints,
            taint_times: Box::default(),
            images: crate::api::image::NodeImages::default(),
            ..node.clone()
        }
    }

    /// SanitizeTaints.
    fn keeps(self, key: &str) -> bool {
        !(key == TO_BE_DELETED
            || key == DELETION_CANDIDATE
            || CONDITION_TAINTS.contains(&key)
            || self.flags.is_startup_taint(key)
            || self.flags.is_status_taint(key))
    }

    /// Pods of DaemonSets that suit the node and of which none runs there: all of them, or just those that come
    /// whatever else is there (podsExpectedOnFreshNode).
    fn missing_daemons(self, node: &NodeInfo, running: &[Name], all: bool) -> Vec<BuiltPod> {
        let sets = self.cluster.workloads.iter().filter(|set| set.kind == WorkloadKind::DaemonSet);
        let missing = sets.filter(|set| {
            let known = if set.uid.is_empty() { set.key.name } else { set.uid };
            !running.contains(&known)
        });
        missing
            .filter(|set| all || preempts(set))
            .filter_map(|set| daemon_pod(self.cluster, set, node, self.gates))
            .collect()
    }
}

/// isPreemptingSystemNodeCritical.
fn preempts(set: &Workload) -> bool {
    let spec = &set.template.spec;
    spec.priority_class_name.is_some_and(|class| class == NODE_CRITICAL)
        && spec.preemption_policy.is_none_or(|policy| policy == PreemptionPolicy::PreemptLowerPriority)
}

/// Whether the autoscaler takes a pod for one of a DaemonSet (`utils/pod/pod.go`, IsDaemonSetPod).
pub(super) fn is_daemon_set_pod(pod: &Pod) -> bool {
    pod.own.daemon_set_pod || pod.own.controller.is_some_and(|owner| owner.kind == "DaemonSet")
}

/// The older names of three labels (`utils/labels/labels.go`, UpdateDeprecatedLabels).
fn with_deprecated(labels: &Labels) -> Labels {
    let twins = [
        ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"),
        ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"),
        ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"),
    ];
    let more = twins.into_iter().filter_map(|(new, old)| Some((name(old), labels.get(name(new))?)));
    labels.iter().chain(more.collect::<Vec<_>>()).collect()
}
