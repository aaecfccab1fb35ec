//! Words for where a taint comes from.

use crate::explain::{TaintKind, TaintOrigin};

/// Who puts it there and what it means, and since when it is there; none where the key says all.
pub(in crate::report) fn origin(origin: &TaintOrigin) -> Option<String> {
    let kind = origin.kind.filter(|kind| *kind != TaintKind::ControlPlane).map(meaning);
    let since = origin.since.map(|(first, last)| {
        if first == last { format!("since {first}") } else { format!("added from {first} to {last}") }
    });
    let parts: Vec<String> = kind.map(str::to_owned).into_iter().chain(since).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn meaning(kind: TaintKind) -> &'static str {
    match kind {
        TaintKind::NotReady => "set while the node's condition Ready is False",
        TaintKind::Unreachable => "set while the node's kubelet does not report (Ready is Unknown)",
        TaintKind::MemoryPressure => "set while the node is short of memory (MemoryPressure)",
        TaintKind::DiskPressure => "set while the node is short of disk (DiskPressure)",
        TaintKind::PidPressure => "set while the node is short of process ids (PIDPressure)",
        TaintKind::NetworkUnavailable => "set until the node's network is configured",
        TaintKind::Unschedulable => "set by the cordon",
        TaintKind::OutOfService => "set by hand: the node was shut down",
        TaintKind::CloudUninitialized => "set until the cloud controller manager has seen the node",
        TaintKind::CloudShutdown => "set while the cloud says the machine is shut down",
        TaintKind::AutoscalerDeletion => "the Cluster Autoscaler removes the node",
        TaintKind::AutoscalerCandidate => "the Cluster Autoscaler may remove the node",
        TaintKind::KarpenterDisruption => "Karpenter removes or replaces the node",
        TaintKind::KarpenterUnregistered => "set until the node has registered with Karpenter",
        TaintKind::ControlPlane => "keeps other pods off control-plane nodes",
        TaintKind::AgentNotReady => "set until an agent on the node is ready",
        TaintKind::Fargate => "AWS Fargate: only for pods of a Fargate profile",
        TaintKind::AksSpot => "AKS sets it on spot nodes",
        TaintKind::GkeSandbox => "GKE sets it on nodes for sandboxed pods",
        TaintKind::Termination => "the machine will be stopped soon",
        TaintKind::ExtendedResource { requested: true } => "taint for pods that request it; this pod does",
        TaintKind::ExtendedResource { requested: false } => "taint for pods that request it; this pod does not",
    }
}
