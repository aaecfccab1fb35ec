//! Whether any scheduler looks at the pod at all, and if none does, why.

use std::collections::BTreeMap;

use super::ended::{self, EndedPod};
use super::obstacles::{self, StartObstacle};
use crate::api::Timestamp;
use crate::api::name::Name;
use crate::decode::pod::{PodObject, PodPhase};
use crate::did_you_mean;
use crate::framework::Placement;
use crate::state::{Cluster, Pod};

/// Something about the pod that no scheduling cycle tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchedulingStatus {
    /// No profile has its scheduler name.
    UnknownScheduler {
        /// The name.
        name: Name,
        /// Pods of the state that it has placed.
        placed: usize,
        /// Whether it said something of any pod.
        spoke: bool,
        /// Schedulers that other pods on nodes name, with how many do, most first; and those that
        /// said something.
        others: Vec<(Name, usize)>,
        /// Names that are nearly the same.
        near: Vec<Name>,
    },
    /// It waits and no scheduler has said a word.
    NotAttempted {
        /// When it was created.
        since: Timestamp,
    },
    /// It is being deleted, and schedulers pass it over.
    Terminating {
        /// When it is to be gone.
        at: Timestamp,
    },
    /// It was given a node, where no kubelet has taken it up: not the scheduler's matter.
    NotStarted {
        /// The node.
        node: Name,
        /// Since when.
        since: Option<Timestamp>,
        /// Why, as far as the state tells.
        obstacles: Vec<StartObstacle>,
    },
    /// It has a node and started there, and will not go on as it is.
    Impaired {
        /// The node.
        node: Name,
        /// Why.
        obstacles: Vec<StartObstacle>,
    },
    /// It is in a final phase: no scheduler looks at it again.
    Ended(Box<EndedPod>),
}

/// What there is to tell of the pod of `placement`, whose node is that of `placement.current`.
/// `has_statuses` says that pods come with the status that a cluster gives them.
pub fn find(placement: &Placement, cluster: &Cluster, has_statuses: bool) -> Option<SchedulingStatus> {
    let pod = cluster.pod(placement.pod_id);
    if let Some(current) = &placement.current {
        let waits = has_statuses && pod.own.phase == PodPhase::Pending && pod.own.start_time.is_none();
        let bound = pod.own.scheduled.as_ref().filter(|condition| condition.status);
        let since = bound.and_then(|condition| condition.since).or(pod.own.creation_timestamp);
        let mut obstacles = obstacles::find(pod, cluster, current.node);
        if waits {
            return Some(SchedulingStatus::NotStarted { node: current.node, since, obstacles });
        }
        // Claims do not stop a pod that has started.
        obstacles.retain(|obstacle| {
            matches!(
                obstacle,
                StartObstacle::Terminating { .. } | StartObstacle::NodeMissing | StartObstacle::NodeNotReady { .. }
            )
        });
        let impaired = !obstacles.is_empty();
        return impaired.then_some(SchedulingStatus::Impaired { node: current.node, obstacles });
    }
    if let Some(ended) = ended_self(pod, cluster) {
        return Some(SchedulingStatus::Ended(Box::new(ended::find(cluster, ended))));
    }
    // Upstream schedule_one.go, skipPodSchedule.
    if let Some(at) = pod.own.deletion_timestamp {
        return Some(SchedulingStatus::Terminating { at });
    }
    // Only such a placement has an error and no message.
    if !placement.errors.is_empty() && placement.message.is_none() {
        return Some(unknown_scheduler(pod, cluster));
    }
    let name = pod.spec().scheduler_name();
    let mut said = cluster.events.scheduling(pod.key(), pod.own.uid);
    let untouched = pod.own.scheduled.is_none() && !said.any(|event| event.is_by(name));
    let since = pod.own.creation_timestamp.filter(|_| has_statuses && untouched && placement.pre_enqueue.is_none())?;
    Some(SchedulingStatus::NotAttempted { since })
}

/// The pod in a final phase that `pod` was made from, to ask whether a new one would fit.
fn ended_self<'a>(pod: &Pod, cluster: &'a Cluster) -> Option<&'a PodObject> {
    let ended = cluster.ended_named(pod.key())?;
    (pod.own.creation_timestamp.is_none() && ended.own.as_ref().clone().with_uid().uid == pod.own.uid).then_some(ended)
}

fn unknown_scheduler(pod: &Pod, cluster: &Cluster) -> SchedulingStatus {
    let name = pod.spec().scheduler_name();
    let mut placed: BTreeMap<Name, usize> = BTreeMap::new();
    for other in cluster.pods().iter().filter(|other| other.own.node_name.is_some()) {
        *placed.entry(other.spec().scheduler_name()).or_default() += 1;
    }
    let reporters = cluster.events.scheduling_reporters();
    for reporter in &reporters {
        placed.entry(*reporter).or_default();
    }
    let mut others: Vec<(Name, usize)> = placed.iter().map(|(name, count)| (*name, *count)).collect();
    others.retain(|(other, _)| *other != name);
    others.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let count = placed.get(&name).copied().unwrap_or_default();
    let known = others.iter().map(|(other, _)| other.as_str()).chain(["default-scheduler"]);
    let mut near: Vec<Name> = did_you_mean::near(&name, known).into_iter().map(crate::api::name).collect();
    near.dedup();
    let mut said = cluster.events.of("Pod", pod.key(), pod.own.uid);
    let spoke = reporters.contains(&name) || said.any(|event| event.is_by(name));
    SchedulingStatus::UnknownScheduler { name, placed: count, spoke, others, near }
}
