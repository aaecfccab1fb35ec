//! What a controller makes in the place of a pod that is gone: not a copy of it, but a pod of today's template.

use std::sync::Arc;

use super::super::admission::{self, Admitted};
use super::{NewPods, daemon_on, one_called, owned, siblings};
use crate::api::ObjectKey;
use crate::api::requests::RequestGates;
use crate::api::update_strategy::UpdateKind;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::state::pod_class::PodClass;
use crate::state::{Cluster, Pod};

/// The workload that manages the pod itself: a Deployment's ReplicaSet, not the Deployment.
pub fn maker_of<'a>(cluster: &'a Cluster, pod: &Pod) -> Option<&'a Workload> {
    let owner = pod.own.controller.as_ref()?;
    let kind = WorkloadKind::from_resource(&owner.kind.to_ascii_lowercase())?;
    let namespace = pod.key().namespace;
    let maker = cluster.workload(WorkloadKey { kind, key: ObjectKey::new(namespace, owner.name) })?;
    owned(namespace, Some(owner), maker).then_some(maker)
}

/// What the pod that comes in the place of `pod` is like; none where it is as `pod` was.
pub fn remade(cluster: &Cluster, pod: &Pod, gates: RequestGates) -> Option<Arc<PodClass>> {
    let maker = maker_of(cluster, pod)?;
    if maker.template.spec.containers.is_empty()
        || siblings::follows_template(maker, pod)
        || keeps_its_revision(maker, pod)
    {
        return None;
    }
    let on_node = cluster.node_of(pod.id).map(|node| cluster.node(node));
    let daemon = on_node.filter(|_| maker.kind == WorkloadKind::DaemonSet);
    let NewPods { own, template, .. } = daemon
        .and_then(|node| daemon_on(cluster, maker, node))
        .unwrap_or_else(|| one_called(cluster, maker, pod.key().name));
    let own = own.first()?;
    let Admitted { template, .. } = admission::admit(own, &template, cluster, gates);
    Some(Arc::new(PodClass::new(template, gates)))
}

/// Whether a StatefulSet makes the pod of its old revision, of which only the pod itself tells: it is below the
/// partition (upstream pkg/controller/statefulset/stateful_set_utils.go, isCurrentRevisionNeeded).
fn keeps_its_revision(set: &Workload, pod: &Pod) -> bool {
    if set.kind != WorkloadKind::StatefulSet || set.strategy.kind != UpdateKind::RollingUpdate {
        return false;
    }
    let partition = set.strategy.rolling_update.and_then(|update| update.partition).unwrap_or(0);
    let number = pod.key().name.rsplit_once('-').and_then(|(_, number)| number.parse::<i64>().ok());
    number.is_some_and(|number| number < i64::from(set.first_ordinal) + i64::from(partition))
}
