//! One more pod of a workload.

use std::sync::Arc;

use super::super::meta::{ObjectKey, OwnerReference};
use super::super::name::{Name, name};
use super::super::node_info::NodeInfo;
use super::super::pod::{Pod, PodOwn};
use super::super::pod_class::{PodClass, PodTemplate};
use super::super::requests::RequestGates;
use super::super::taint::tolerated;
use super::super::workload::{Workload, WorkloadKey};
use super::super::{Cluster, Labels, admission, controller};
use super::EditError;
use super::undo::{Before, Undo};

pub(super) fn apply(
    cluster: &mut Cluster,
    key: WorkloadKey,
    pod: Name,
    node: Option<Name>,
    gates: RequestGates,
) -> Result<Undo, EditError> {
    let workload = cluster.workload(key).ok_or(EditError::NoSuchWorkload(key))?;
    let node = match node {
        Some(node) => Some(cluster.node_named(node).ok_or(EditError::NoSuchNode(node))?.id),
        None => None,
    };
    let pod = ObjectKey::new(key.key.namespace, pod);
    if cluster.pod_named(pod).is_some() {
        return Err(EditError::PodExists(pod));
    }
    let Made { labels, controller, template } = made(cluster, workload, gates);
    let class = shared_class(cluster, controller.as_ref(), template, gates);
    let own = PodOwn { uid: name(&pod.to_string()), ..PodOwn::fresh(pod, labels, controller) };
    let id = cluster.add_pending(Box::new(own), class);
    if let Some(node) = node {
        cluster.assume(id, node);
    }
    Ok(Undo(Before::NoPod))
}

pub(super) fn undo(cluster: &mut Cluster) {
    let Some(pod) = cluster.pods.last().map(|pod| pod.id) else { return };
    if cluster.node_of(pod).is_some() {
        cluster.forget(pod);
    }
    cluster.unnominate(pod);
    cluster.placed.pop();
    if let Some(pod) = cluster.pods.pop() {
        cluster.pod_ids.remove(&pod.key());
    }
}

/// Whether the DaemonSet `workload` would have a pod on `node` (upstream
/// pkg/controller/daemon/daemon_controller.go, NodeShouldRunDaemonPod).
pub fn runs_on(cluster: &Cluster, workload: &Workload, node: &NodeInfo, gates: RequestGates) -> bool {
    let class = PodClass::new(made(cluster, workload, gates).template, gates);
    let repelled = |taint| !tolerated(&class.template.spec.tolerations, taint);
    class.required_node_affinity.matches(node) && !node.node.taints.iter().any(|t| t.effect.rejects() && repelled(t))
}

/// What a pod of a workload is like, whatever its name.
#[derive(Default)]
struct Made {
    labels: Arc<Labels>,
    controller: Option<OwnerReference>,
    template: Arc<PodTemplate>,
}

/// What the API server makes of a pod of `workload`; that of a StatefulSet without its claims.
fn made(cluster: &Cluster, workload: &Workload, gates: RequestGates) -> Made {
    let new = controller::alike(cluster, workload, 1);
    let Some(own) = new.own.into_iter().next() else { return Made::default() };
    let template = admission::admit(&own, &new.template, cluster, gates).template;
    Made { labels: own.labels, controller: own.controller, template }
}

/// The class of a sibling where one has it already: pods of one template are asked about once.
fn shared_class(
    cluster: &Cluster,
    controller: Option<&OwnerReference>,
    template: Arc<PodTemplate>,
    gates: RequestGates,
) -> Arc<PodClass> {
    let sibling = |pod: &&Pod| {
        let owner = pod.own.controller.as_ref();
        owner.zip(controller).is_some_and(|(owner, ours)| owner.name == ours.name && owner.kind == ours.kind)
            && pod.class.template == template
    };
    match cluster.pods.iter().rev().find(sibling) {
        Some(pod) => Arc::clone(&pod.class),
        None => Arc::new(PodClass::new(template, gates)),
    }
}
