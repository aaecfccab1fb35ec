//! Which pods of a workload ought to be there and are not, and why its controller does not create them.

use super::super::create::NewPods;
use super::{daemon_set, owned, pods, replicas};
use crate::api::{Name, ObjectKey};
use crate::decode::pod::PodPhase;
use crate::decode::workload::{Workload, WorkloadKind};
use crate::state::{Cluster, Pod, PodId};

/// The pods of a workload, wanted and present.
#[derive(Clone, Debug, Default)]
pub struct WantedPods {
    /// How many there should be; of a DaemonSet one for each node that it is for.
    pub wanted: usize,
    /// Pods that exist and are not in a final phase, in the order of namespace and name; those of
    /// older revisions as well.
    pub present: Vec<PodId>,
    /// Pods that are not there, as the controller would create them, in its order.
    pub missing: Vec<NewPods>,
    /// Why the controller creates none of them for now.
    pub hold: Option<Hold>,
}

/// Why a controller does not create pods that are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hold {
    /// `spec.suspend`.
    Suspended,
    /// A StatefulSet creates a pod when those of lower numbers are running and ready
    /// (`podManagementPolicy: OrderedReady`; upstream pkg/controller/statefulset/stateful_set_control.go,
    /// processReplica).
    WaitsFor {
        /// The pod that it waits for.
        pod: ObjectKey,
        /// Whether that pod is being deleted.
        terminating: bool,
    },
    /// The API server refuses them, as the condition `ReplicaFailure` of a controller says.
    Refused(String),
}

/// The pods that `workload` should have, held against those that there are.
pub fn wanted(cluster: &Cluster, workload: &Workload) -> WantedPods {
    let present = owned_pods(cluster, workload);
    let mut found = match workload.kind {
        WorkloadKind::DaemonSet => daemons(cluster, workload),
        WorkloadKind::StatefulSet => numbered(cluster, workload),
        // Its Jobs have pods, it has none itself.
        WorkloadKind::CronJob => WantedPods::default(),
        _ => {
            let wanted = still_wanted(cluster, workload);
            let there = present.iter().filter(|pod| !cluster.pod(**pod).is_terminating()).count();
            let missing = wanted.saturating_sub(there);
            WantedPods {
                wanted,
                missing: if missing == 0 { Vec::new() } else { pods(cluster, workload, Some(missing)) },
                ..WantedPods::default()
            }
        }
    };
    found.present = present;
    if workload.suspended {
        found.hold = Some(Hold::Suspended);
    } else if !found.missing.is_empty() && found.hold.is_none() {
        found.hold = creation_failure(cluster, workload).map(Hold::Refused);
    }
    found
}

/// How many pods a workload is to have beside those that ended well: a Job counts these as completed
/// (upstream pkg/controller/job/job_controller.go, manageJob).
fn still_wanted(cluster: &Cluster, workload: &Workload) -> usize {
    let wanted = replicas(workload);
    let Some(completions) = workload.completions.filter(|_| workload.kind == WorkloadKind::Job) else { return wanted };
    let is_done = |pod: &&crate::decode::pod::PodObject| {
        pod.own.phase == PodPhase::Succeeded && owned(pod.own.key.namespace, pod.own.controller.as_ref(), workload)
    };
    let done = cluster.ended().iter().filter(is_done).count();
    wanted.min(usize::try_from(completions).unwrap_or(0).saturating_sub(done))
}

fn daemons(cluster: &Cluster, workload: &Workload) -> WantedPods {
    let all = daemon_set::pods(cluster, workload);
    let wanted = all.len();
    WantedPods {
        wanted,
        missing: all.into_iter().filter(|pod| pod.replaces.is_empty()).collect(),
        ..WantedPods::default()
    }
}

fn numbered(cluster: &Cluster, set: &Workload) -> WantedPods {
    let wanted = replicas(set);
    let mut missing = Vec::new();
    let mut hold = None;
    for mut new in pods(cluster, set, Some(wanted)) {
        for own in &new.own {
            // The numbers come in order: what is seen here is lower than every missing one behind it.
            let Some(pod) = cluster.pod_named(own.key) else { continue };
            if hold.is_none() && !set.parallel && (pod.is_terminating() || !has_started(cluster, pod)) {
                hold = Some(Hold::WaitsFor { pod: own.key, terminating: pod.is_terminating() });
            }
        }
        new.own.retain(|own| cluster.pod_named(own.key).is_none());
        new.replaces = Vec::new();
        if !new.own.is_empty() {
            missing.push(new);
        }
    }
    let hold = hold.filter(|_| !missing.is_empty());
    WantedPods { wanted, missing, hold, ..WantedPods::default() }
}

/// Whether a kubelet has taken up the pod, as far as the state tells.
fn has_started(cluster: &Cluster, pod: &Pod) -> bool {
    cluster.node_of(pod.id).is_some() && (pod.own.phase == PodPhase::Running || pod.own.start_time.is_some())
}

/// Pods that `workload` manages, itself or through others (a Deployment's ReplicaSets, a CronJob's Jobs).
pub fn owned_pods(cluster: &Cluster, workload: &Workload) -> Vec<PodId> {
    let managers: Vec<&Workload> = managers(cluster, workload).collect();
    let is_owned = |pod: &&Pod| {
        let owner = pod.own.controller.as_ref();
        cluster.has_pod(pod.id) && managers.iter().any(|manager| owned(pod.key().namespace, owner, manager))
    };
    cluster.pods().iter().filter(is_owned).map(|pod| pod.id).collect()
}

/// `workload` itself, and what it manages pods through.
fn managers<'a>(cluster: &'a Cluster, workload: &'a Workload) -> impl Iterator<Item = &'a Workload> {
    let others = cluster.workloads.iter().filter(move |other| other.identity() != workload.identity());
    let managed = others.filter(move |other| owned(other.key.namespace, other.controller.as_ref(), workload));
    std::iter::once(workload).chain(managed)
}

/// The condition of the workload, or of a ReplicaSet of it that should have pods.
fn creation_failure(cluster: &Cluster, workload: &Workload) -> Option<String> {
    let failed = |manager: &Workload| manager.creation_failure.as_deref().map(str::to_owned);
    managers(cluster, workload).filter(|manager| manager.replicas != Some(0)).find_map(failed)
}

/// Nodes that no pod of a DaemonSet is for; none of any other workload.
pub fn ineligible_nodes(cluster: &Cluster, workload: &Workload) -> Vec<Name> {
    if workload.kind != WorkloadKind::DaemonSet {
        return Vec::new();
    }
    let nodes = cluster.nodes().iter();
    nodes
        .filter(|node| daemon_set::pod_on(cluster, workload, node).is_none())
        .map(crate::state::NodeInfo::name)
        .collect()
}

/// The StatefulSet that wants a pod called `key`, which does not exist.
pub fn set_that_wants(cluster: &Cluster, key: ObjectKey) -> Option<&Workload> {
    let sets = cluster.workloads.iter().filter(|set| {
        set.kind == WorkloadKind::StatefulSet
            && set.key.namespace == key.namespace
            && key.name.as_str().strip_prefix(set.key.name.as_str()).is_some_and(|rest| rest.starts_with('-'))
    });
    sets.into_iter().find(|set| wanted(cluster, set).missing.iter().any(|new| new.own.iter().any(|own| own.key == key)))
}
