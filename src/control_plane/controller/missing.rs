//! Which pods of a workload ought to be there and are not, and why its controller does not create them.

use super::super::create::NewPods;
use super::{daemon_set, owned, pods, replicas};
use crate::api::{Name, ObjectKey, Timestamp};
use crate::decode::event::{Event, FAILED_CREATE, SUCCESSFUL_CREATE};
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
    /// How many of these belong to a rollout, beyond the pods that are wanted in the end.
    pub surge: usize,
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
    /// The API server refuses them, as a controller says in its condition `ReplicaFailure` or an event.
    Refused {
        /// The API server's message.
        message: String,
        /// When it was reported last; of a condition that is not known.
        at: Option<Timestamp>,
    },
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
            let wanted = still_wanted(cluster, workload, replicas(workload));
            let there = present.iter().filter(|pod| !cluster.pod(**pod).is_terminating()).count();
            let missing = wanted.saturating_sub(there);
            let surge = missing_of_replica_sets(cluster, workload).saturating_sub(missing);
            let all = missing + surge;
            let missing = if all == 0 { Vec::new() } else { pods(cluster, workload, Some(all)) };
            WantedPods { wanted, missing, surge, ..WantedPods::default() }
        }
    };
    found.present = present;
    if workload.suspended {
        found.hold = Some(Hold::Suspended);
    } else if !found.missing.is_empty() && found.hold.is_none() {
        found.hold = creation_failure(cluster, workload);
    }
    found
}

/// How many of the `wanted` pods a workload is to have beside those that ended well: a Job counts these as completed
/// (upstream pkg/controller/job/job_controller.go, manageJob).
pub fn still_wanted(cluster: &Cluster, workload: &Workload, wanted: usize) -> usize {
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

/// Pods that the ReplicaSets of a Deployment lack: amid a rollout there may be as many pods as are wanted in
/// the end, and the next one of the new revision is missing all the same.
fn missing_of_replica_sets(cluster: &Cluster, workload: &Workload) -> usize {
    if workload.kind != WorkloadKind::Deployment || workload.paused {
        return 0;
    }
    let sets = managers(cluster, workload).filter(|manager| manager.kind == WorkloadKind::ReplicaSet);
    let lacks = |set: &Workload| {
        let there = owned_pods(cluster, set).into_iter().filter(|pod| !cluster.pod(*pod).is_terminating()).count();
        // A set without a number stands for one from a manifest: nobody has scaled it.
        set.replicas.map_or(0, |replicas| usize::try_from(replicas).unwrap_or(0).saturating_sub(there))
    };
    sets.map(lacks).sum()
}

/// `workload` itself, and what it manages pods through.
pub fn managers<'a>(cluster: &'a Cluster, workload: &'a Workload) -> impl Iterator<Item = &'a Workload> {
    let others = cluster.workloads.iter().filter(move |other| other.identity() != workload.identity());
    let managed = others.filter(move |other| owned(other.key.namespace, other.controller.as_ref(), workload));
    std::iter::once(workload).chain(managed)
}

/// The API server's refusal as the workload reports it, or a ReplicaSet of it that should have pods: in a
/// condition, or by its newest event unless it created a pod later.
fn creation_failure(cluster: &Cluster, workload: &Workload) -> Option<Hold> {
    let managers = || managers(cluster, workload).filter(|manager| manager.replicas != Some(0));
    let event = reported_failure(cluster, managers());
    let at = event.and_then(|event| event.last);
    let condition = managers().find_map(|manager| manager.creation_failure.as_deref());
    let said = condition.or_else(|| Some(refusal_in(&event?.message)))?;
    Some(Hold::Refused { message: said.to_owned(), at })
}

/// What an event adds before the API server's own words (upstream pkg/controller/controller_utils.go, createPods;
/// pkg/controller/statefulset/stateful_pod_control.go, recordPodEvent).
fn refusal_in(message: &str) -> &str {
    let own = message.strip_prefix("Error creating: ").unwrap_or(message);
    own.split_once(" failed error: ").map_or(own, |(_, refusal)| refusal)
}

fn reported_failure<'a>(cluster: &'a Cluster, managers: impl Iterator<Item = &'a Workload>) -> Option<&'a Event> {
    let mut failed: Option<&Event> = None;
    let mut created: Option<Timestamp> = None;
    for manager in managers {
        for event in cluster.events.of(manager.kind.as_str(), manager.key, manager.uid) {
            if event.reason == SUCCESSFUL_CREATE {
                created = created.max(event.last);
            } else if event.reason == FAILED_CREATE && failed.is_none_or(|other| other.last < event.last) {
                failed = Some(event);
            }
        }
    }
    failed.filter(|event| event.last >= created)
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
