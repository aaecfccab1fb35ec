//! All pending pods, grouped by what stands in their way.
//!
//! The state is gone through once: pods that differ in name only are asked about together, each
//! such kind in one cycle against the state as it is. What keeps a kind from the node that is
//! closest to taking it is its root cause, and kinds with the same root cause are one group
//! ([`root`]). Each group gets the one change that is most likely to be wanted, with the number of
//! pods that find a place after it when they are placed one after the other ([`advice`]).

mod advice;
mod root;

pub use advice::Advice;
pub use root::{Blocker, Root};

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::api::meta::OwnerReference;
use crate::api::{Name, ObjectKey, Timestamp};
use crate::decode::event::Event;
use crate::decode::pod::PodPhase;
use crate::framework::{NotEvaluated, Placement};
use crate::node_groups::fates::Fates;
use crate::scheduler::Scheduler;
use crate::simulate::WorkloadPlacement;
use crate::state::{Cluster, Pod, PodId};

use super::ended::{self, Rejections};
use super::findings::{self, Finding};
use super::obstacles::{self, StartObstacle};
use super::scheduler_messages::{self, MessageBasis, SchedulerMessages};
use super::scheduling_status::{self, SchedulingStatus};
use super::{reported_events, suggest};

/// The pending pods of a state.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pending {
    /// Pods with the same root cause; the largest group first, and pods that fit last.
    pub groups: Vec<Group>,
    /// What could not be judged for any of them, each thing once, sorted.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Nodes of the state.
    pub nodes: usize,
    /// Workloads that lack pods which do not exist, each with the reason.
    pub missing: Vec<WorkloadPlacement>,
    /// Pods that kubelets did not let start, by controller, node and reason; the most first.
    pub rejections: Vec<(Owner, Rejections)>,
    /// Pods that have a node and have not started there, for a reason that the state shows.
    pub not_started: Vec<NotStartedPod>,
    /// Whether no scheduler has tried any of the pending pods.
    pub untouched: bool,
}

/// Pods with the same root cause.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Group {
    /// What stands in their way.
    pub root: Root,
    /// The pods, in the order they were given.
    pub pods: Vec<ObjectKey>,
    /// Who made them and how many each, the largest number first.
    pub owners: Vec<(Owner, usize)>,
    /// When the first of them was created.
    pub since: Option<Timestamp>,
    /// How many of them can get a node by preemption.
    pub preempting: usize,
    /// The cycle of one of them: of those that are most alike the first.
    pub example: Placement,
    /// What the scheduler itself says of the example, where the answer is that it fits.
    pub said: Option<SchedulerMessages>,
    /// What others report of the example, the newest first.
    pub events: Vec<Event>,
    /// What stands beside the cycles and decides them.
    pub findings: Vec<Finding>,
    /// Schedulers of nearly the name that the pods ask for, where none has it.
    pub near: Vec<Name>,
    /// What would help, the best first; none where nothing within reach does, and where nobody asked.
    pub advice: Vec<Advice>,
    /// What those who make nodes do for its pods; none where nobody does.
    pub new_nodes: Option<Fates>,
}

/// What a pod was made by: a controller, at the end of the chain, or nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Owner {
    /// `Deployment`; `Pod` for a pod that nobody made.
    pub kind: Name,
    /// Namespace and name.
    pub key: ObjectKey,
}

/// Kinds of a group of which it is looked at what stands beside their cycles.
const KINDS_WITH_FINDINGS: usize = 5;

/// Pods that differ in name only.
struct Kind {
    pods: Vec<PodId>,
    placement: Placement,
}

/// Groups `pods`, which are pending in `cluster`. `advise` says whether to look for what would
/// help, `basis` what is known of the cluster's scheduler. The state is as it was when this returns.
pub fn find(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    pods: &[PodId],
    now: Timestamp,
    advise: bool,
    basis: MessageBasis,
) -> Pending {
    let mut notes: BTreeMap<(String, String), NotEvaluated> = BTreeMap::new();
    let mut roots: IndexMap<String, (Root, Vec<Kind>)> = IndexMap::new();
    for pods in kinds(cluster, pods) {
        let Some(first) = pods.first() else { continue };
        let placement = scheduler.schedule(cluster, *first, now);
        for note in &placement.not_evaluated {
            notes.entry((note.what.clone(), note.why.clone())).or_insert_with(|| note.clone());
        }
        let root = Root::of(&placement, cluster.pod(*first));
        let (together, kinds) = roots.entry(root.identity()).or_insert_with(|| (root.clone(), Vec::new()));
        together.take_in(&root);
        kinds.push(Kind { pods, placement });
    }
    let mut groups: Vec<Group> = roots
        .into_values()
        .filter_map(|(root, kinds)| group(scheduler, cluster, root, kinds, now, advise, basis))
        .collect();
    // Stable: groups of one size stay in the order of the queue.
    groups.sort_by_key(|group| (matches!(group.root, Root::Fits), std::cmp::Reverse(group.pods.len())));
    Pending {
        groups,
        not_evaluated: notes.into_values().collect(),
        nodes: cluster.nodes().len(),
        missing: Vec::new(),
        rejections: Vec::new(),
        not_started: Vec::new(),
        untouched: cluster.has_statuses && is_untouched_by_all(scheduler, cluster, pods),
    }
}

/// A pod that has a node and has not started there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NotStartedPod {
    /// The pod.
    pub pod: ObjectKey,
    /// Its node.
    pub node: Name,
    /// What keeps it from starting.
    pub obstacles: Vec<StartObstacle>,
}

/// Pods that have a node and have not started there, for a reason that the state shows.
pub fn not_started(cluster: &Cluster, is_wanted: impl Fn(Name) -> bool) -> Vec<NotStartedPod> {
    let pods = cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id) && is_wanted(pod.key().namespace));
    pods.filter_map(|pod| {
        let node = pod.own.node_name?;
        let waits = pod.own.phase == PodPhase::Pending && pod.own.start_time.is_none() && cluster.has_statuses;
        let is_gone = cluster.node_named(node).is_none() && !cluster.nodes().is_empty();
        if !waits && !is_gone {
            return None;
        }
        let mut obstacles = obstacles::find(pod, cluster, node);
        if is_gone && !waits {
            obstacles.retain(|obstacle| matches!(obstacle, StartObstacle::NodeMissing));
        }
        (!obstacles.is_empty()).then(|| NotStartedPod { pod: pod.key(), node, obstacles })
    })
    .collect()
}

/// Whether no scheduler has left a trace of trying any of the pods that are kube-scheduler's.
fn is_untouched_by_all(scheduler: &Scheduler, cluster: &Cluster, pods: &[PodId]) -> bool {
    let mut own = pods.iter().filter(|pod| scheduler.framework_for(cluster.pod(**pod)).is_some()).peekable();
    own.peek().is_some() && own.all(|pod| is_untouched(cluster, *pod))
}

/// Whether no scheduler has left a trace of trying the pod.
fn is_untouched(cluster: &Cluster, pod: PodId) -> bool {
    let pod = cluster.pod(pod);
    let is_waiting = pod.spec().scheduling_gates.is_empty() && !pod.is_terminating();
    is_waiting && pod.own.scheduled.is_none() && cluster.events.scheduling(pod.key(), pod.own.uid).next().is_none()
}

/// Pods that kubelets did not let start, by controller, node and reason; the most first.
pub fn rejections(cluster: &Cluster, is_wanted: impl Fn(Name) -> bool) -> Vec<(Owner, Rejections)> {
    let found = ended::all_rejections(cluster).into_iter();
    let mut found: Vec<(Owner, Rejections)> = found
        .filter(|(namespace, _, _)| is_wanted(*namespace))
        .map(|(namespace, controller, rejections)| (Owner::named(cluster, namespace, &controller), rejections))
        .collect();
    found.sort_by_key(|(_, rejections)| std::cmp::Reverse(rejections.count));
    found
}

/// Pods that are alike, together.
fn kinds(cluster: &Cluster, pods: &[PodId]) -> Vec<Vec<PodId>> {
    // Only pods of one class can be alike; without that, every pod would be compared with every other.
    let mut by_class: IndexMap<usize, Vec<Vec<PodId>>> = IndexMap::new();
    for pod in pods {
        let class = std::sync::Arc::as_ptr(&cluster.pod(*pod).class) as usize;
        let kinds = by_class.entry(class).or_default();
        let is_same =
            |kind: &&mut Vec<PodId>| kind.first().is_some_and(|other| in_same_situation(cluster, *other, *pod));
        match kinds.iter_mut().find(is_same) {
            Some(kind) => kind.push(*pod),
            None => kinds.push(vec![*pod]),
        }
    }
    by_class.into_values().flatten().collect()
}

/// A pod that is being deleted is skipped.
fn in_same_situation(cluster: &Cluster, a: PodId, b: PodId) -> bool {
    cluster.pod(a).is_terminating() == cluster.pod(b).is_terminating() && suggest::is_equal_but_for_name(cluster, a, b)
}

fn group(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    root: Root,
    mut kinds: Vec<Kind>,
    now: Timestamp,
    advise: bool,
    basis: MessageBasis,
) -> Option<Group> {
    // Stable: of kinds of one size the first in the queue speaks for all.
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.pods.len()));
    let preempting = |kind: &Kind| kind.placement.preemption.as_ref().is_some_and(|found| !found.pick.is_empty());
    let preempting = kinds.iter().filter(|kind| preempting(kind)).map(|kind| kind.pods.len()).sum();
    let mut pods: Vec<PodId> = kinds.iter().flat_map(|kind| &kind.pods).copied().collect();
    crate::simulate::queue::sort(cluster, &mut pods);
    let example = kinds.first().map(|kind| &kind.placement)?;
    let said =
        if matches!(root, Root::Fits) { scheduler_messages::find(example, cluster, scheduler, basis) } else { None };
    let events = reported_events::of_pod(cluster, cluster.pod(example.pod_id), false);
    let mut findings: Vec<Finding> = Vec::new();
    for kind in kinds.iter().take(KINDS_WITH_FINDINGS) {
        for finding in findings::find(&kind.placement, cluster) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    let near = match scheduling_status::find(example, cluster, cluster.has_statuses) {
        Some(SchedulingStatus::UnknownScheduler { near, .. }) => near,
        _ => Vec::new(),
    };
    let advice =
        if advise && root.can_be_helped() { advice::find(scheduler, cluster, &kinds, now) } else { Vec::new() };
    Some(Group {
        root,
        owners: owners(cluster, &pods),
        since: pods.iter().filter_map(|pod| cluster.pod(*pod).own.creation_timestamp).min(),
        pods: pods.iter().map(|pod| cluster.pod(*pod).key()).collect(),
        preempting,
        said,
        events,
        findings,
        near,
        example: kinds.into_iter().next()?.placement,
        advice,
        new_nodes: None,
    })
}

/// Who made `pods`, the one that made most first.
fn owners(cluster: &Cluster, pods: &[PodId]) -> Vec<(Owner, usize)> {
    let mut counts: IndexMap<Owner, usize> = IndexMap::new();
    for pod in pods {
        *counts.entry(Owner::of(cluster, cluster.pod(*pod))).or_default() += 1;
    }
    let mut owners: Vec<(Owner, usize)> = counts.into_iter().collect();
    owners.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    owners
}

impl Owner {
    /// Who made `pod`: a ReplicaSet's Deployment rather than the ReplicaSet, as far as it is known.
    fn of(cluster: &Cluster, pod: &Pod) -> Self {
        let namespace = pod.key().namespace;
        let Some(controller) = &pod.own.controller else {
            return Self { kind: crate::api::name("Pod"), key: pod.key() };
        };
        Self::named(cluster, namespace, controller)
    }

    /// The controller `controller` of a pod in `namespace`, or what manages that in turn.
    fn named(cluster: &Cluster, namespace: Name, controller: &OwnerReference) -> Self {
        let made = cluster
            .workloads
            .iter()
            .find(|workload| {
                workload.key == ObjectKey::new(namespace, controller.name)
                    && workload.kind.as_str() == controller.kind.as_str()
            })
            .and_then(|workload| workload.controller.as_ref());
        let owner = made.unwrap_or(controller);
        Self { kind: owner.kind, key: ObjectKey::new(namespace, owner.name) }
    }
}
