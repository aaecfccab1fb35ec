//! Which pods of a workload ought to be there and are not, and why its controller does not create them.

use indexmap::IndexMap;
use rustc_hash::FxHashSet;

use super::super::create::NewPods;
use super::{daemon_set, owned, pods, replicas};
use crate::api::{Name, ObjectKey, Timestamp};
use crate::decode::event::{Event, FAILED_CREATE, SUCCESSFUL_CREATE};
use crate::decode::pod::{PodOwn, PodPhase};
use crate::decode::workload::{JobEnd, Workload, WorkloadKind};
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
    /// Whether they are those of a CronJob's next Job: nobody misses them yet.
    pub next_job: bool,
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
        /// Whether that pod has a node.
        placed: bool,
    },
    /// A pod of another owner, such as a StatefulSet of the same name that was deleted, has the name of the next one.
    NameTaken {
        /// That pod.
        pod: ObjectKey,
        /// Whether it is being deleted.
        terminating: bool,
    },
    /// A Job waits after pods that failed, longer each time (upstream pkg/controller/job/backoff_utils.go).
    Backoff {
        /// How many pods failed.
        failed: usize,
    },
    /// A Job has ended: no more pods are created.
    Ended(JobEnd),
    /// The API server refuses them, as a controller says in its condition `ReplicaFailure` or an event.
    Refused {
        /// The API server's message.
        message: String,
        /// When it was reported last; of a condition that is not known.
        at: Option<Timestamp>,
        /// Whether the state shows that it no longer holds.
        outdated: bool,
    },
}

/// The pods that `workload` should have, held against those that there are.
pub fn wanted(cluster: &Cluster, workload: &Workload) -> WantedPods {
    let present = owned_pods(cluster, workload);
    let mut found = match workload.kind {
        WorkloadKind::DaemonSet => daemons(cluster, workload, &present),
        WorkloadKind::StatefulSet => numbered(cluster, workload),
        WorkloadKind::CronJob => of_jobs(cluster, workload),
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
    if let Some(end) = &workload.end {
        found.hold = Some(Hold::Ended(JobEnd::clone(end)));
    } else if workload.suspended {
        found.hold = Some(Hold::Suspended);
    } else if !found.missing.is_empty() && found.hold.is_none() {
        found.hold = creation_failure(cluster, workload).or_else(|| backoff(cluster, workload));
    }
    found
}

/// The pods that the unfinished Jobs of a CronJob want; where it has none, those of its next one.
fn of_jobs(cluster: &Cluster, workload: &Workload) -> WantedPods {
    let jobs = managers(cluster, workload).filter(|manager| manager.kind == WorkloadKind::Job);
    let mut found = WantedPods::default();
    let mut active = false;
    for job in jobs.filter(|job| job.end.is_none() && !job.suspended) {
        let of_job = wanted(cluster, job);
        active |= of_job.wanted > 0;
        found.wanted += of_job.wanted;
        found.missing.extend(of_job.missing);
        found.hold = found.hold.or(of_job.hold);
    }
    if active {
        return found;
    }
    let next = replicas(workload);
    let missing = if next == 0 { Vec::new() } else { pods(cluster, workload, Some(next)) };
    WantedPods { wanted: next, missing, next_job: true, ..WantedPods::default() }
}

/// Whether pods of a Job failed, none of which has been replaced yet.
fn backoff(cluster: &Cluster, workload: &Workload) -> Option<Hold> {
    if workload.kind != WorkloadKind::Job {
        return None;
    }
    let has_failed = |pod: &&crate::decode::pod::PodObject| {
        pod.own.phase == PodPhase::Failed && owned(pod.own.key.namespace, pod.own.controller.as_ref(), workload)
    };
    let failed = cluster.ended().iter().filter(has_failed).count();
    (failed > 0).then_some(Hold::Backoff { failed })
}

/// How many of the `wanted` pods a workload is to have beside those that ended well: a Job counts these as completed
/// (upstream pkg/controller/job/job_controller.go, manageJob).
pub fn still_wanted(cluster: &Cluster, workload: &Workload, wanted: usize) -> usize {
    if workload.end.is_some() {
        return 0;
    }
    let Some(completions) = workload.completions.filter(|_| workload.kind == WorkloadKind::Job) else { return wanted };
    let is_done = |pod: &&crate::decode::pod::PodObject| {
        pod.own.phase == PodPhase::Succeeded && owned(pod.own.key.namespace, pod.own.controller.as_ref(), workload)
    };
    let done = cluster.ended().iter().filter(is_done).count();
    wanted.min(usize::try_from(completions).unwrap_or(0).saturating_sub(done))
}

fn daemons(cluster: &Cluster, workload: &Workload, present: &[PodId]) -> WantedPods {
    let all = daemon_set::pods(cluster, workload);
    let wanted = all.len();
    // Upstream daemon_controller.go, getNodesToDaemonPods: a pod that waits counts for the node that it is for.
    let waiting: FxHashSet<Name> =
        present.iter().filter_map(|pod| daemon_set::pinned_node(cluster.pod(*pod).spec())).collect();
    let is_waited_for =
        |new: &NewPods| daemon_set::pinned_node(&new.template.spec).is_some_and(|node| waiting.contains(&node));
    WantedPods {
        wanted,
        missing: all.into_iter().filter(|new| new.replaces.is_empty() && !is_waited_for(new)).collect(),
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
            if hold.is_some() {
                continue;
            }
            let terminating = pod.is_terminating();
            if is_foreign(pod, set) {
                hold = Some(Hold::NameTaken { pod: own.key, terminating });
            } else if !set.parallel && (terminating || !is_running_and_ready(cluster, pod)) {
                let placed = cluster.node_of(pod.id).is_some();
                hold = Some(Hold::WaitsFor { pod: own.key, terminating, placed });
            }
        }
        let is_there = |own: &PodOwn| cluster.pod_named(own.key).is_some_and(|pod| !is_foreign(pod, set));
        new.own.retain(|own| !is_there(own));
        // Of another owner's pod the name is free once that is gone.
        new.replaces.retain(|pod| is_foreign(cluster.pod(*pod), set));
        if !new.own.is_empty() {
            missing.push(new);
        }
    }
    let hold = hold.filter(|_| !missing.is_empty());
    WantedPods { wanted, missing, hold, ..WantedPods::default() }
}

/// Whether the pod belongs to another owner (upstream controller_ref_manager.go, ClaimObject: what has no owner is
/// adopted).
fn is_foreign(pod: &Pod, set: &Workload) -> bool {
    pod.own.controller.is_some() && !owned(pod.key().namespace, pod.own.controller.as_ref(), set)
}

/// Whether the pod runs and is ready, as far as the state tells (upstream stateful_set_utils.go, isRunningAndReady).
fn is_running_and_ready(cluster: &Cluster, pod: &Pod) -> bool {
    let started = pod.own.phase == PodPhase::Running || pod.own.start_time.is_some();
    cluster.node_of(pod.id).is_some() && started && pod.own.ready.is_none_or(|ready| ready.status)
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
    Some(Hold::Refused { message: said.to_owned(), at, outdated: false })
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

/// Nodes that no pod of a DaemonSet is for, by the reason, in the order of the nodes; none of any other workload.
pub fn ineligible_nodes(cluster: &Cluster, workload: &Workload) -> Vec<(String, Vec<Name>)> {
    if workload.kind != WorkloadKind::DaemonSet {
        return Vec::new();
    }
    let mut found: IndexMap<String, Vec<Name>> = IndexMap::new();
    for node in cluster.nodes() {
        if let Some(why) = daemon_set::ineligible(workload, node) {
            found.entry(why).or_default().push(node.name());
        }
    }
    found.into_iter().collect()
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
