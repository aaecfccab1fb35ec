//! One more pod of a workload.

use std::sync::Arc;

use super::super::admission;
use super::super::meta::{ObjectKey, OwnerReference};
use super::super::name::{Name, name};
use super::super::node_info::NodeInfo;
use super::super::pod::{Pod, PodObject, PodOwn};
use super::super::pod_class::{PodClass, PodTemplate};
use super::super::requests::RequestGates;
use super::super::taint::tolerated;
use super::super::workload::{Workload, WorkloadKey, WorkloadKind};
use super::super::{Cluster, Labels};
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
    let maker = maker(cluster, workload);
    let controller = OwnerReference {
        api_version: Name::default(),
        kind: name(maker.kind.as_str()),
        name: maker.key.name,
        uid: maker.uid,
        controller: Some(true),
    };
    let labels = Arc::new(maker.template.metadata.labels.clone());
    let admitted = admitted(cluster, maker, &labels);
    let class = shared_class(cluster, &controller, admitted, gates);
    let own = PodOwn { uid: name(&pod.to_string()), ..PodOwn::fresh(pod, labels, Some(controller)) };
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
    let template = admitted(cluster, workload, &Arc::new(workload.template.metadata.labels.clone()));
    let class = PodClass::new(template, gates);
    let repelled = |taint| !tolerated(&class.template.spec.tolerations, taint);
    class.required_node_affinity.matches(node) && !node.node.taints.iter().any(|t| t.effect.rejects() && repelled(t))
}

/// A Deployment's pods are made by the ReplicaSet of its present template, which adds a label.
fn maker<'a>(cluster: &'a Cluster, workload: &'a Workload) -> &'a Workload {
    let owned = |other: &&Workload| {
        workload.is_owner(other.key.namespace, other.controller.as_ref())
            && other.template.spec == workload.template.spec
    };
    cluster.workloads.iter().find(owned).unwrap_or(workload)
}

/// What the API server makes of the maker's template.
fn admitted(cluster: &Cluster, maker: &Workload, labels: &Arc<Labels>) -> Arc<PodTemplate> {
    let mut spec = maker.template.spec.clone();
    if maker.kind == WorkloadKind::DaemonSet {
        admission::add_daemon_tolerations(&mut spec);
    }
    let pod = PodObject {
        own: Box::new(PodOwn::fresh(maker.key, Arc::clone(labels), None)),
        template: Arc::new(PodTemplate { spec, ..PodTemplate::default() }),
        scheduler: None,
    };
    admission::admit(pod, &cluster.priority_classes).pod.template
}

/// The class of a sibling where one has it already: pods of one template are asked about once.
fn shared_class(
    cluster: &Cluster,
    controller: &OwnerReference,
    template: Arc<PodTemplate>,
    gates: RequestGates,
) -> Arc<PodClass> {
    let sibling = |pod: &&Pod| {
        let owner = pod.own.controller.as_ref();
        owner.is_some_and(|owner| owner.name == controller.name && owner.kind == controller.kind)
            && pod.class.template == template
    };
    match cluster.pods.iter().rev().find(sibling) {
        Some(pod) => Arc::clone(&pod.class),
        None => Arc::new(PodClass::new(template, gates)),
    }
}
