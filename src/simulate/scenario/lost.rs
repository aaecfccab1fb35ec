//! Pods whose node is gone, or whose node has a taint that evicts them.

use crate::api::meta::ObjectKey;
use crate::api::taint::{Taint, TaintEffect};
use crate::edit::Edit;
use crate::state::{Cluster, NodeInfo, Pod, PodId};

use crate::decode::workload::WorkloadKind;

use super::drain::{Keeper, Orphan, keeper};

/// What becomes of pods that leave without being asked; pods in the order of namespace and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossPlan {
    /// Pods that their controllers recreate: they go back to the queue.
    pub requeued: Vec<PodId>,
    /// Pods that go with the node: those of DaemonSets, static ones, and those that were being
    /// deleted.
    pub deleted: Vec<ObjectKey>,
    /// Pods that no controller recreates.
    pub lost: Vec<ObjectKey>,
}

/// The taint of a node whose kubelet does not report any more (upstream
/// pkg/controller/nodelifecycle/node_lifecycle_controller.go, UnreachableTaintTemplate).
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Whether the node's kubelet does not answer: pods that are deleted stay there, terminating, until the node is
/// back or is deleted.
pub fn is_unreachable(node: &NodeInfo) -> bool {
    node.node.taints.iter().any(|taint| taint.key == UNREACHABLE)
}

/// What the loss of `node` does to its pods. The pods of a DaemonSet that is gone are lost.
pub fn node(cluster: &Cluster, node: &NodeInfo) -> LossPlan {
    of(cluster, node.pods.iter().map(|pod| cluster.pod(*pod)))
}

/// What a `NoExecute` taint does to the pods of a node: a pod that does not tolerate it has to go, even
/// after `tolerationSeconds` (upstream pkg/controller/tainteviction/taint_eviction.go,
/// processPodOnNode). Static pods stay: the kubelet runs them whatever the API server says.
pub fn taint(cluster: &Cluster, node: &NodeInfo, taint: &Taint) -> LossPlan {
    if taint.effect != TaintEffect::NoExecute {
        return LossPlan::default();
    }
    let pods = node.pods.iter().map(|pod| cluster.pod(*pod));
    of(cluster, pods.filter(|pod| !stays(pod, taint) && keeper(cluster, pod) != Keeper::Kubelet))
}

/// Whether the pod tolerates a `NoExecute` taint without an end.
pub(in crate::simulate) fn stays(pod: &Pod, taint: &Taint) -> bool {
    let tolerations = &pod.spec().tolerations;
    // An API server admits comparisons only where its gate is on, and then the controller's is, too.
    let mut covering = tolerations.iter().filter(|toleration| toleration.tolerates(taint, true)).peekable();
    covering.peek().is_some() && covering.all(|toleration| toleration.toleration_seconds.is_none())
}

/// What becomes of `pods` when they leave their nodes.
pub fn of<'a>(cluster: &Cluster, pods: impl Iterator<Item = &'a Pod>) -> LossPlan {
    let mut pods: Vec<&Pod> = pods.collect();
    pods.sort_by_key(|pod| pod.key());
    let mut plan = LossPlan::default();
    for pod in pods {
        match keeper(cluster, pod) {
            Keeper::Controller => plan.requeued.push(pod.id),
            Keeper::DaemonSet | Keeper::Kubelet | Keeper::Nobody(Orphan::Terminating) => plan.deleted.push(pod.key()),
            Keeper::Nobody(Orphan::NoController | Orphan::DaemonSetGone) => plan.lost.push(pod.key()),
        }
    }
    plan
}

impl LossPlan {
    /// Pods that are taken to come back as their controllers are of a kind that is not known here.
    pub fn assumed<'a>(&'a self, cluster: &'a Cluster) -> impl Iterator<Item = &'a Pod> {
        let unknown = |pod: &&Pod| {
            let owner = pod.own.controller.as_ref();
            owner.is_some_and(|owner| WorkloadKind::from_resource(&owner.kind.to_ascii_lowercase()).is_none())
        };
        self.requeued.iter().map(|pod| cluster.pod(*pod)).filter(unknown)
    }

    /// The plan as edits of the state.
    pub fn edits(&self, cluster: &Cluster) -> Vec<Edit> {
        let requeued = self.requeued.iter().map(|pod| Edit::Evict { pod: cluster.pod(*pod).key() });
        let deleted = self.deleted.iter().chain(&self.lost).map(|pod| Edit::DeletePod { pod: *pod });
        requeued.chain(deleted).collect()
    }
}
