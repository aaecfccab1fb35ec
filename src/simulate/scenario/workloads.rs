//! Workloads: their pods, and which come or go when they are scaled.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::cluster::edit::EditError;
use crate::cluster::name::{Name, name};
use crate::cluster::pod::PodPhase;
use crate::cluster::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::cluster::{Cluster, NodeId, ObjectKey, Pod};

/// Pods that come and go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScalePlan {
    /// Names of new pods, in the order in which they are made.
    pub create: Vec<Name>,
    /// Pods that are deleted, in this order.
    pub delete: Vec<ObjectKey>,
}

/// The workload and what it manages in turn that has pods: a Deployment's ReplicaSets, a CronJob's Jobs.
pub fn managers(cluster: &Cluster, key: WorkloadKey) -> Vec<&Workload> {
    let Some(workload) = cluster.workload(key) else { return Vec::new() };
    let owned = |other: &&Workload| workload.is_owner(other.key.namespace, other.controller.as_ref());
    std::iter::once(workload).chain(cluster.workloads.iter().filter(owned)).collect()
}

/// Pods of the workload that are not being deleted, in the order of the state.
pub fn pods(cluster: &Cluster, key: WorkloadKey) -> Vec<&Pod> {
    let managers = managers(cluster, key);
    let managed = |pod: &&Pod| {
        let owner = pod.own.controller.as_ref();
        !pod.is_terminating()
            && managers.iter().any(|manager| manager.is_owner(pod.key().namespace, owner))
            && cluster.has_pod(pod.id)
    };
    cluster.pods().iter().filter(managed).collect()
}

/// What scaling to `replicas` comes to.
///
/// # Errors
/// There is no such workload, or it is of a kind that has no number of replicas.
pub fn scale(cluster: &Cluster, key: WorkloadKey, replicas: u32) -> Result<ScalePlan, String> {
    if cluster.workload(key).is_none() {
        return Err(EditError::NoSuchWorkload(key).to_string());
    }
    if matches!(key.kind, WorkloadKind::DaemonSet | WorkloadKind::CronJob) {
        return Err(format!("a {} cannot be scaled", key.kind));
    }
    let mut pods = pods(cluster, key);
    let (has, wanted) = (pods.len(), replicas as usize);
    let mut plan = ScalePlan::default();
    if wanted < has {
        goes_first(&mut pods, key.kind);
        plan.delete = pods.into_iter().take(has - wanted).map(Pod::key).collect();
    } else {
        plan.create = names(cluster, key, wanted - has);
    }
    Ok(plan)
}

/// Names as controllers give them: a StatefulSet's pods are numbered from 0, others get a suffix.
fn names(cluster: &Cluster, key: WorkloadKey, count: usize) -> Vec<Name> {
    let ObjectKey { namespace, name: workload } = key.key;
    let numbered = key.kind == WorkloadKind::StatefulSet;
    let names = (0_usize..).map(|number| match (numbered, number) {
        (true, _) => format!("{workload}-{number}"),
        (false, 0) => format!("{workload}-new"),
        (false, _) => format!("{workload}-new-{}", number + 1),
    });
    let free = |pod: &Name| cluster.pod_named(ObjectKey::new(namespace, *pod)).is_none();
    names.map(|pod| name(&pod)).filter(free).take(count).collect()
}

/// Sorts pods as controllers delete them. A StatefulSet's highest number first (upstream
/// pkg/controller/statefulset/stateful_set_control.go); of others those without a node, those not
/// running, those on nodes with more of their kind, the younger ones (pkg/controller/controller_utils.go,
/// ActivePodsWithRanks). Readiness, restarts and deletion costs are not known here.
fn goes_first(pods: &mut [&Pod], kind: WorkloadKind) {
    if kind == WorkloadKind::StatefulSet {
        pods.sort_by_key(|pod| Reverse(ordinal(pod)));
        return;
    }
    let mut together: FxHashMap<Name, usize> = FxHashMap::default();
    for node in pods.iter().filter_map(|pod| pod.own.node_name) {
        *together.entry(node).or_default() += 1;
    }
    pods.sort_by_key(|pod| {
        let running = match pod.own.phase {
            PodPhase::Pending => 0,
            PodPhase::Unknown => 1,
            _ => 2,
        };
        let rank = pod.own.node_name.and_then(|node| together.get(&node)).copied().unwrap_or_default();
        let created = pod.own.creation_timestamp.map_or(i64::MAX, |time| time.0);
        (pod.own.node_name.is_some(), running, Reverse(rank), Reverse(created), pod.key())
    });
}

fn ordinal(pod: &Pod) -> Option<u64> {
    pod.key().name.rsplit_once('-').and_then(|(_, number)| number.parse().ok())
}

/// DaemonSets of the state that have a pod on the node.
pub fn daemon_sets_of(
    cluster: &Cluster,
    node: NodeId,
    gates: crate::cluster::requests::RequestGates,
) -> Vec<WorkloadKey> {
    let node = cluster.node(node);
    let daemon_sets = cluster.workloads.iter().filter(|workload| workload.kind == WorkloadKind::DaemonSet);
    let wanted = daemon_sets.filter(|workload| crate::cluster::edit::runs_on(cluster, workload, node, gates));
    wanted.map(Workload::identity).collect()
}
