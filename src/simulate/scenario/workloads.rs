//! Workloads: their pods, and which come or go when they are scaled.

use super::StepError;
use crate::api::name::{Name, name};
use crate::api::selector::Selector;
use crate::api::{ObjectKey, Timestamp};
use crate::control_plane::attach::multi_attach;
use crate::control_plane::controller::{daemon_on, free_names, owned, still_wanted};
use crate::decode::Kind;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::state::{Cluster, NodeId, Pod};

use super::deletion_order::{Draw, draw, goes_first};
use super::report::Waits;

/// Pods that come and go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScalePlan {
    /// Names of new pods, in the order in which they are made.
    pub create: Vec<Name>,
    /// Pods that are deleted, in this order.
    pub delete: Vec<ObjectKey>,
    /// Whether each pod is created only when the one before it runs.
    pub ordered: bool,
    /// Why a StatefulSet does nothing for now.
    pub waits: Option<Waits>,
    /// Where others could as well be deleted as those that are.
    pub draw: Option<Draw>,
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
pub fn not_found(cluster: &Cluster, key: WorkloadKey) -> StepError {
    let beside = |other: &&Workload| other.kind == key.kind && other.key.namespace == key.key.namespace;
    let names = cluster.workloads.iter().filter(beside).map(|other| other.key.name.as_str());
    StepError::NoSuchWorkload { workload: key, near: crate::did_you_mean::question(&key.key.name, names) }
}

/// What scaling to `replicas` changes.
///
/// # Errors
/// There is no such workload, or it is of a kind that has no number of replicas.
pub fn scale(cluster: &Cluster, key: WorkloadKey, replicas: u32, now: Timestamp) -> Result<ScalePlan, StepError> {
    let workload = cluster.workload(key).ok_or_else(|| not_found(cluster, key))?;
    if matches!(key.kind, WorkloadKind::DaemonSet | WorkloadKind::CronJob) {
        return Err(StepError::NotScalable(key.kind));
    }
    let mut pods = pods(cluster, key);
    let (has, wanted) = (pods.len(), still_wanted(cluster, workload, replicas as usize));
    let mut plan = ScalePlan::default();
    if wanted < has {
        let all = pods.clone();
        goes_first(&mut pods, &all, key.kind, now);
        plan.draw = draw(&pods, &all, key.kind, has - wanted, now);
        plan.delete = pods.into_iter().take(has - wanted).map(Pod::key).collect();
    } else {
        plan.create = names(cluster, workload, wanted - has);
        plan.ordered = key.kind == WorkloadKind::StatefulSet && !workload.parallel;
    }
    if key.kind == WorkloadKind::StatefulSet && !workload.parallel {
        plan.waits = waits(cluster, workload, &plan, wanted);
        if plan.waits.is_some() {
            plan.delete.clear();
        }
    }
    Ok(plan)
}

/// The pod that keeps a StatefulSet with `OrderedReady` from going on: the lowest number among those wanted that does
/// not run, is not ready or is being deleted (upstream pkg/controller/statefulset/stateful_set_control.go,
/// updateStatefulSet, processReplica: nothing is created, updated or scaled down beyond it).
fn waits(cluster: &Cluster, set: &Workload, plan: &ScalePlan, wanted: usize) -> Option<Waits> {
    let (not_created, not_deleted) = (plan.create.len(), plan.delete.len());
    if not_created + not_deleted == 0 {
        return None;
    }
    let first = i64::from(set.first_ordinal);
    let ordinals = first..first.saturating_add_unsigned(wanted as u64);
    let key = |ordinal| ObjectKey::new(set.key.namespace, name(&format!("{}-{ordinal}", set.key.name)));
    let pods = ordinals.map_while(|ordinal| cluster.pod_named(key(ordinal)));
    let for_pod = pods.into_iter().find(|pod| !is_available(cluster, pod))?.key();
    Some(Waits { for_pod, not_created, not_deleted })
}

/// Whether the pod has its node, is ready there as far as its status tells, and is not being deleted. One that cannot
/// start as another node has its volume is not.
pub(super) fn is_available(cluster: &Cluster, pod: &Pod) -> bool {
    cluster.node_of(pod.id).is_some()
        && !pod.is_terminating()
        && pod.own.ready.is_none_or(|ready| ready.status)
        && multi_attach(cluster, pod.id).is_none()
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

/// DaemonSets of the state that have a pod on the node.
pub fn daemon_sets_of(cluster: &Cluster, node: NodeId) -> Vec<WorkloadKey> {
    let node = cluster.node(node);
    let daemon_sets = cluster.workloads.iter().filter(|workload| workload.kind == WorkloadKind::DaemonSet);
    let wanted = daemon_sets.filter(|workload| daemon_on(cluster, workload, node).is_some());
    wanted.map(Workload::identity).collect()
}
