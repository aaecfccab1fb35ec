//! Who puts a taint on a node, and what it means, where that is documented.
//!
//! Kubernetes' own controllers, autoscalers and clouds taint nodes with keys of their own:
//! <https://kubernetes.io/docs/reference/labels-annotations-taints/>, the documentation of the
//! Cluster Autoscaler, of Karpenter, EKS, GKE and AKS. Of other taints nothing is said.

use serde::Serialize;

use crate::api::Timestamp;
use crate::api::name::Name;
use crate::api::resources::is_extended_resource_name;
use crate::api::taint::Taint;
use crate::state::{Cluster, NodeInfo, Pod};

/// What is known of a taint that some nodes have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaintOrigin {
    /// Whose it is; none for a key that is nobody's in particular.
    pub kind: Option<TaintKind>,
    /// When it was added, the first and the last time, where the nodes say so.
    pub since: Option<(Timestamp, Timestamp)>,
}

/// Taints whose meaning is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum TaintKind {
    /// The node's condition Ready is False.
    NotReady,
    /// The node's condition Ready is Unknown: its kubelet does not answer.
    Unreachable,
    /// The condition MemoryPressure.
    MemoryPressure,
    /// The condition DiskPressure.
    DiskPressure,
    /// The condition PIDPressure.
    PidPressure,
    /// The condition NetworkUnavailable.
    NetworkUnavailable,
    /// The node is cordoned.
    Unschedulable,
    /// Set by hand: the node was shut down and its pods are to move.
    OutOfService,
    /// The cloud controller manager has not seen the node yet.
    CloudUninitialized,
    /// The cloud says that the machine is shut down.
    CloudShutdown,
    /// The Cluster Autoscaler removes the node.
    AutoscalerDeletion,
    /// The Cluster Autoscaler may remove the node.
    AutoscalerCandidate,
    /// Karpenter removes or replaces the node.
    KarpenterDisruption,
    /// Karpenter waits for the node to register.
    KarpenterUnregistered,
    /// The node runs the control plane.
    ControlPlane,
    /// An agent on the node (network, storage) takes it away once it is ready.
    AgentNotReady,
    /// AWS Fargate: a node for one pod that Fargate chose.
    Fargate,
    /// A spot machine of AKS.
    AksSpot,
    /// GKE: nodes for sandboxed pods.
    GkeSandbox,
    /// The machine will end soon.
    Termination,
    /// By convention, nodes with an extended resource carry its name: for pods that request it.
    ExtendedResource {
        /// Whether the pod requests the resource.
        requested: bool,
    },
}

const KNOWN: [(&str, TaintKind); 26] = [
    ("node.kubernetes.io/not-ready", TaintKind::NotReady),
    ("node.kubernetes.io/unreachable", TaintKind::Unreachable),
    ("node.kubernetes.io/memory-pressure", TaintKind::MemoryPressure),
    ("node.kubernetes.io/disk-pressure", TaintKind::DiskPressure),
    ("node.kubernetes.io/pid-pressure", TaintKind::PidPressure),
    ("node.kubernetes.io/network-unavailable", TaintKind::NetworkUnavailable),
    ("node.kubernetes.io/unschedulable", TaintKind::Unschedulable),
    ("node.kubernetes.io/out-of-service", TaintKind::OutOfService),
    ("node.cloudprovider.kubernetes.io/uninitialized", TaintKind::CloudUninitialized),
    ("node.cloudprovider.kubernetes.io/shutdown", TaintKind::CloudShutdown),
    ("ToBeDeletedByClusterAutoscaler", TaintKind::AutoscalerDeletion),
    ("DeletionCandidateOfClusterAutoscaler", TaintKind::AutoscalerCandidate),
    ("karpenter.sh/disrupted", TaintKind::KarpenterDisruption),
    ("karpenter.sh/disruption", TaintKind::KarpenterDisruption),
    ("karpenter.sh/unregistered", TaintKind::KarpenterUnregistered),
    ("node-role.kubernetes.io/control-plane", TaintKind::ControlPlane),
    ("node-role.kubernetes.io/master", TaintKind::ControlPlane),
    ("eks.amazonaws.com/compute-type", TaintKind::Fargate),
    ("kubernetes.azure.com/scalesetpriority", TaintKind::AksSpot),
    ("sandbox.gke.io/runtime", TaintKind::GkeSandbox),
    ("cloud.google.com/impending-node-termination", TaintKind::Termination),
    ("aws-node-termination-handler/spot-itn", TaintKind::Termination),
    ("aws-node-termination-handler/scheduled-maintenance", TaintKind::Termination),
    ("aws-node-termination-handler/asg-lifecycle-termination", TaintKind::Termination),
    ("aws-node-termination-handler/rebalance-recommendation", TaintKind::Termination),
    ("node.cloudprovider.kubernetes.io/impending-node-termination", TaintKind::Termination),
];

/// What is known of `taint`, which `nodes` have and `pod` does not tolerate. None when that is
/// nothing.
pub fn find<'a>(
    taint: &Taint,
    nodes: impl Iterator<Item = &'a NodeInfo>,
    cluster: &Cluster,
    pod: &Pod,
) -> Option<TaintOrigin> {
    let mut since: Option<(Timestamp, Timestamp)> = None;
    for node in nodes {
        let added = node.node.taint_times.iter().find(|(other, _)| other == taint).map(|(_, time)| *time);
        if let Some(time) = added {
            let (first, last) = since.get_or_insert((time, time));
            *first = (*first).min(time);
            *last = (*last).max(time);
        }
    }
    let kind = kind(taint.key).or_else(|| extended_resource(taint.key, cluster, pod));
    (kind.is_some() || since.is_some()).then_some(TaintOrigin { kind, since })
}

fn kind(key: Name) -> Option<TaintKind> {
    let known = KNOWN.iter().find(|(known, _)| key == *known).map(|(_, kind)| *kind);
    // Cilium, the EBS and EFS drivers and others name theirs so.
    known.or_else(|| key.ends_with("/agent-not-ready").then_some(TaintKind::AgentNotReady))
}

/// Upstream plugin/pkg/admission/extendedresourcetoleration lets pods that request the resource
/// tolerate a taint with its name, where a cluster has that admission plugin on.
fn extended_resource(key: Name, cluster: &Cluster, pod: &Pod) -> Option<TaintKind> {
    if !is_extended_resource_name(&key) {
        return None;
    }
    let offered = cluster.nodes().iter().any(|node| node.node.allocatable.scalars.get(key) > 0);
    let requested = pod.class.requests.requested.scalars.get(key) > 0;
    (offered || requested).then_some(TaintKind::ExtendedResource { requested })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[track_caller]
    fn case(key: &str, expected: Option<TaintKind>) {
        assert_eq!(kind(name(key)), expected, "{key}");
    }

    #[test]
    fn keys_with_a_meaning() {
        case("node.kubernetes.io/not-ready", Some(TaintKind::NotReady));
        case("node.cilium.io/agent-not-ready", Some(TaintKind::AgentNotReady));
        case("ToBeDeletedByClusterAutoscaler", Some(TaintKind::AutoscalerDeletion));
        case("karpenter.sh/disrupted", Some(TaintKind::KarpenterDisruption));
        case("dedicated", None);
        case("example.com/not-ready", None);
    }
}
