//! Whether the autoscaler takes a node for ready: it has a rule of its own.

use super::cloud::Cloud;
use super::flags::Flags;
use crate::api::name::name;
use crate::api::time::Timestamp;
use crate::decode::node::Node;

/// The taint on nodes that the autoscaler is about to delete.
pub(super) const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";
/// So long a node must have been as it is to stand for new ones (`mixed_nodeinfos_processor.go`, stabilizationDelay).
const STABLE_AFTER: i64 = 60;
/// Taints that make a node unready (`utils/kubernetes/ready.go`, GetNodeReadiness).
const NOT_READY: [&str; 3] =
    ["node.kubernetes.io/not-ready", "node.kubernetes.io/disk-pressure", "node.kubernetes.io/network-unavailable"];
/// Resources that are GPUs (`utils/gpu/gpu.go`, GPUVendorResourceNames).
pub(super) const GPUS: [&str; 5] =
    ["nvidia.com/gpu", "habana.ai/gaudi", "gpu.intel.com/xe", "amd.com/gpu", "microsoft.com/directx"];

/// Judges nodes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'a> {
    pub(super) flags: &'a Flags,
    pub(super) cloud: Cloud,
    pub(super) now: Timestamp,
}

impl Judge<'_> {
    /// Whether the node is ready, and since when that is so (GetNodeReadiness; GpuCustomResourcesProcessor and
    /// FilterOutNodesWithStartupTaints override it for nodes that look ready).
    pub(super) fn readiness(&self, node: &Node) -> (bool, Option<Timestamp>) {
        let mut ready = node.readiness.ready;
        let mut since = node.readiness.since;
        for taint in node.taints.iter().filter(|taint| NOT_READY.contains(&taint.key.as_str())) {
            ready = false;
            let added = node.taint_times.iter().find(|(other, _)| other == taint).map(|(_, time)| *time);
            since = since.max(added);
        }
        if ready && !node.unschedulable && (self.lacks_gpus(node) || self.starts_up(node)) {
            return (false, node.creation_timestamp);
        }
        (ready, since)
    }

    /// A node with the label of GPU nodes that has no GPUs yet.
    pub(super) fn lacks_gpus(&self, node: &Node) -> bool {
        let label = self.cloud.gpu_label().map(name);
        label.is_some_and(|label| node.labels.contains_key(label)) && gpus(node).is_none()
    }

    fn starts_up(&self, node: &Node) -> bool {
        node.taints.iter().any(|taint| self.flags.is_startup_taint(&taint.key))
    }

    /// Whether a node counts among the ready ones (IsNodeReadyAndSchedulable).
    pub(super) fn is_ready_and_schedulable(&self, node: &Node) -> bool {
        self.readiness(node).0 && !node.unschedulable
    }

    /// Whether a node may stand for new ones of its group (isNodeGoodTemplateCandidate).
    pub(super) fn is_good_example(&self, node: &Node) -> bool {
        let (ready, since) = self.readiness(node);
        let stable = since.is_none_or(|since| since.0.saturating_add(STABLE_AFTER) < self.now.0);
        ready && stable && !node.unschedulable && !is_to_be_deleted(node)
    }

    /// Why a node is no good example.
    pub(super) fn flaw(&self, node: &Node) -> &'static str {
        if node.unschedulable {
            "is cordoned"
        } else if is_to_be_deleted(node) {
            "is being removed"
        } else if !node.readiness.ready {
            "is not ready"
        } else if !self.readiness(node).0 {
            "has a startup taint, or not its GPUs yet"
        } else {
            "has not been ready for a minute"
        }
    }

    /// Whether a node is about to start (`clusterstate.go`, updateReadinessStats).
    pub(super) fn is_starting(&self, node: &Node) -> bool {
        let startup = self.flags.max_node_startup.nanoseconds / 1_000_000_000;
        let young = node.creation_timestamp.is_some_and(|created| created.0.saturating_add(startup) > self.now.0);
        !is_to_be_deleted(node) && !node.readiness.suspended && !self.readiness(node).0 && young
    }
}

/// Whether the node is being deleted.
pub(super) fn is_to_be_deleted(node: &Node) -> bool {
    node.taints.iter().any(|taint| taint.key == TO_BE_DELETED)
}

/// How many GPUs are allocatable; none where there is not one (`gpu.go`, NodeHasGpuAllocatable).
pub(super) fn gpus(node: &Node) -> Option<i64> {
    GPUS.iter().map(|gpu| node.allocatable.scalars.get(name(gpu))).find(|count| *count > 0)
}
