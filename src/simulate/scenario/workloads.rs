//! Workloads: their pods, and which come or go when they are scaled.

use std::cmp::{Ordering, Reverse};

use rustc_hash::FxHashMap;

use super::StepError;
use crate::api::name::{Name, name};
use crate::api::selector::Selector;
use crate::api::{ObjectKey, Timestamp};
use crate::control_plane::attach::multi_attach;
use crate::control_plane::controller::{daemon_on, free_names, owned, still_wanted};
use crate::decode::Kind;
use crate::decode::pod::PodPhase;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::state::{Cluster, NodeId, Pod};

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
    /// Pods that would as well be deleted as those that are, both together, where only chance decides.
    pub draw: Option<usize>,
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

/// Sorts pods as controllers delete them, `all` being those of their kind. A StatefulSet's highest number first (upstream
/// pkg/controller/statefulset/stateful_set_control.go); others by [`compare`].
pub(super) fn goes_first(pods: &mut [&Pod], all: &[&Pod], kind: WorkloadKind, now: Timestamp) {
    if kind == WorkloadKind::StatefulSet {
        pods.sort_by_key(|pod| Reverse(ordinal(pod)));
        return;
    }
    let together = together(all);
    // What upstream leaves to chance is decided by the uid, or by the name where the state has none: the same in every
    // run.
    pods.sort_by(|a, b| {
        let order = by_kind(kind, a, b, &together, now);
        order.then_with(|| (a.own.uid, a.key()).cmp(&(b.own.uid, b.key())))
    });
}

/// How many pods that are as good to delete there are around the last of the first `deleted`: among them the choice is a
/// draw. None where the choice is clear.
pub(super) fn draw(sorted: &[&Pod], all: &[&Pod], kind: WorkloadKind, deleted: usize, now: Timestamp) -> Option<usize> {
    if kind == WorkloadKind::StatefulSet {
        return None;
    }
    let together = together(all);
    let (last, first_kept) = (sorted.get(deleted.checked_sub(1)?)?, sorted.get(deleted)?);
    let is_equal = |a: &Pod, b: &Pod| by_kind(kind, a, b, &together, now).is_eq();
    if !is_equal(last, first_kept) {
        return None;
    }
    Some(sorted.iter().filter(|pod| is_equal(pod, last)).count())
}

/// How many pods each node has.
fn together(all: &[&Pod]) -> FxHashMap<Name, usize> {
    let mut together: FxHashMap<Name, usize> = FxHashMap::default();
    for node in all.iter().filter_map(|pod| pod.own.node_name) {
        *together.entry(node).or_default() += 1;
    }
    together
}

fn by_kind(kind: WorkloadKind, a: &Pod, b: &Pod, together: &FxHashMap<Name, usize>, now: Timestamp) -> Ordering {
    if kind == WorkloadKind::Job { compare_of_job(a, b) } else { compare(a, b, together, now) }
}

/// Which of two pods a Job deletes first (controller_utils.go, ActivePods.Less): as a ReplicaSet, but for cost and company
/// on a node, and by the very times.
fn compare_of_job(a: &Pod, b: &Pod) -> Ordering {
    let first = |pod: &Pod| (pod.own.node_name.is_some(), phase(pod), is_ready(pod));
    let later = |a: Option<Timestamp>, b: Option<Timestamp>| match (a, b) {
        (Some(a), Some(b)) => b.cmp(&a),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    first(a)
        .cmp(&first(b))
        .then_with(|| if is_ready(a) && is_ready(b) { later(since(a), since(b)) } else { Ordering::Equal })
        .then_with(|| b.own.restarts.cmp(&a.own.restarts))
        .then_with(|| later(a.own.creation_timestamp, b.own.creation_timestamp))
}

fn phase(pod: &Pod) -> u8 {
    match pod.own.phase {
        // A pod that was created here runs as soon as it has a node.
        PodPhase::Pending if pod.own.sequence != u32::MAX => 0,
        PodPhase::Unknown => 1,
        _ => 2,
    }
}

/// Which of two pods a ReplicaSet deletes first (upstream pkg/controller/controller_utils.go,
/// ActivePodsWithRanks.Less): without a node, pending, not ready, with a lower deletion cost, on a node with more of
/// their kind, ready for a shorter time, restarted more often, younger. Times count in powers of two; where they differ
/// by less, the uid decides. Pods of the same times are equal.
fn compare(a: &Pod, b: &Pod, together: &FxHashMap<Name, usize>, now: Timestamp) -> Ordering {
    let first = |pod: &Pod| {
        let rank = pod.own.node_name.and_then(|node| together.get(&node)).copied().unwrap_or_default();
        (pod.own.node_name.is_some(), phase(pod), is_ready(pod), pod.own.deletion_cost, Reverse(rank))
    };
    // A uid that the state has decides as in the cluster; one that was made up does not.
    let uids = || if has_uid(a) && has_uid(b) { a.own.uid.cmp(&b.own.uid) } else { Ordering::Equal };
    let by_time = |time: fn(&Pod) -> Option<Timestamp>| {
        let (of_a, of_b) = (time(a), time(b));
        if of_a == of_b { Ordering::Equal } else { younger(of_a, of_b, now).then_with(uids) }
    };
    first(a)
        .cmp(&first(b))
        .then_with(|| if is_ready(a) && is_ready(b) { by_time(since) } else { Ordering::Equal })
        .then_with(|| b.own.restarts.cmp(&a.own.restarts))
        .then_with(|| by_time(|pod| pod.own.creation_timestamp))
}

fn since(pod: &Pod) -> Option<Timestamp> {
    pod.own.ready.and_then(|ready| ready.since).or(pod.own.creation_timestamp)
}

fn has_uid(pod: &Pod) -> bool {
    pod.own.uid.as_str() != pod.key().to_string()
}

fn is_ready(pod: &Pod) -> bool {
    pod.own.node_name.is_some() && pod.own.ready.is_none_or(|ready| ready.status)
}

/// The younger first, by the logarithm of their ages (logarithmicRankDiff); without a time first of all (afterOrZero).
fn younger(a: Option<Timestamp>, b: Option<Timestamp>, now: Timestamp) -> Ordering {
    let rank = |time: Timestamp| {
        let nanoseconds = (now.0 - time.0).saturating_mul(1_000_000_000);
        if nanoseconds > 0 { i64::from(nanoseconds.ilog2()) } else { -1 }
    };
    match (a, b) {
        (Some(a), Some(b)) => rank(a).cmp(&rank(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
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
