//! Workloads: their pods, and which come or go when they are scaled.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::StepError;
use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::selector::Selector;
use crate::control_plane::controller::{daemon_on, free_names, owned};
use crate::decode::Kind;
use crate::decode::pod::PodPhase;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::state::{Cluster, NodeId, Pod};

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
    let managed = |other: &&Workload| owned(other.key.namespace, other.controller.as_ref(), workload);
    std::iter::once(workload).chain(cluster.workloads.iter().filter(managed)).collect()
}

/// Pods of the workload that are not being deleted, in the order of the state. Those of a Deployment
/// in a state without ReplicaSets are those that it selects and that some ReplicaSet manages.
pub fn pods(cluster: &Cluster, key: WorkloadKey) -> Vec<&Pod> {
    let managers = managers(cluster, key);
    let replica_set = WorkloadKind::ReplicaSet;
    let not_listed = key.kind == WorkloadKind::Deployment && !cluster.kinds.contains(&Kind::Workload(replica_set));
    let selector = managers.first().and_then(|workload| workload.selector.as_ref()).filter(|_| not_listed);
    let selector = selector.and_then(|selector| Selector::new(Some(selector)).ok());
    let managed = |pod: &&Pod| {
        let owner = pod.own.controller.as_ref();
        let selected = || {
            let of_replica_set = owner.is_some_and(|owner| owner.kind == replica_set.as_str());
            let selects = |selector: &Selector| selector.matches(pod.labels());
            of_replica_set && pod.key().namespace == key.key.namespace && selector.as_ref().is_some_and(selects)
        };
        !pod.is_terminating()
            && (managers.iter().any(|manager| owned(pod.key().namespace, owner, manager)) || selected())
            && cluster.has_pod(pod.id)
    };
    cluster.pods().iter().filter(managed).collect()
}

/// That there is no such workload, and which one was probably meant.
pub(super) fn not_found(cluster: &Cluster, key: WorkloadKey) -> StepError {
    let beside = |other: &&Workload| other.kind == key.kind && other.key.namespace == key.key.namespace;
    let names = cluster.workloads.iter().filter(beside).map(|other| other.key.name.as_str());
    StepError::NoSuchWorkload { workload: key, near: crate::did_you_mean::question(&key.key.name, names) }
}

/// What scaling to `replicas` changes.
///
/// # Errors
/// There is no such workload, or it is of a kind that has no number of replicas.
pub fn scale(cluster: &Cluster, key: WorkloadKey, replicas: u32) -> Result<ScalePlan, StepError> {
    let workload = cluster.workload(key).ok_or_else(|| not_found(cluster, key))?;
    if matches!(key.kind, WorkloadKind::DaemonSet | WorkloadKind::CronJob) {
        return Err(StepError::NotScalable(key.kind));
    }
    let mut pods = pods(cluster, key);
    let (has, wanted) = (pods.len(), replicas as usize);
    let mut plan = ScalePlan::default();
    if wanted < has {
        let all = pods.clone();
        goes_first(&mut pods, &all, key.kind);
        plan.delete = pods.into_iter().take(has - wanted).map(Pod::key).collect();
    } else {
        plan.create = names(cluster, workload, wanted - has);
    }
    Ok(plan)
}

/// Names as controllers give them: a StatefulSet's pods are numbered, others get a suffix.
pub(super) fn names(cluster: &Cluster, workload: &Workload, count: usize) -> Vec<Name> {
    let ObjectKey { namespace, name: own } = workload.key;
    if workload.kind != WorkloadKind::StatefulSet {
        return free_names(cluster, workload.key, "-new", count).map(|key| key.name).collect();
    }
    let names = (workload.first_ordinal..).map(|number| name(&format!("{own}-{number}")));
    let free = |pod: &Name| cluster.pod_named(ObjectKey::new(namespace, *pod)).is_none();
    names.filter(free).take(count).collect()
}

/// Sorts pods as controllers delete them, `all` being those of their kind. A StatefulSet's highest number first (upstream
/// pkg/controller/statefulset/stateful_set_control.go); of others those without a node, those not
/// running, those on nodes with more of their kind, the younger ones (pkg/controller/controller_utils.go,
/// ActivePodsWithRanks). Readiness, restarts and deletion costs are not known here.
pub(super) fn goes_first(pods: &mut [&Pod], all: &[&Pod], kind: WorkloadKind) {
    if kind == WorkloadKind::StatefulSet {
        pods.sort_by_key(|pod| Reverse(ordinal(pod)));
        return;
    }
    let mut together: FxHashMap<Name, usize> = FxHashMap::default();
    for node in all.iter().filter_map(|pod| pod.own.node_name) {
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
pub fn daemon_sets_of(cluster: &Cluster, node: NodeId) -> Vec<WorkloadKey> {
    let node = cluster.node(node);
    let daemon_sets = cluster.workloads.iter().filter(|workload| workload.kind == WorkloadKind::DaemonSet);
    let wanted = daemon_sets.filter(|workload| daemon_on(cluster, workload, node).is_some());
    wanted.map(Workload::identity).collect()
}
