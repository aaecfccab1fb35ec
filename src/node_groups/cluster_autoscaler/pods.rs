//! Which pending pods the autoscaler looks at, and which of them are alike.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Options;
use super::flags::Flags;
use super::readiness::GPUS;
use crate::api::name::{Name, name};
use crate::api::time::Timestamp;
use crate::config::GoDuration;
use crate::state::pod::PodId;
use crate::state::{Cluster, Pod};

/// If the oldest pod is younger than this, all wait for more to come (`static_autoscaler.go`, unschedulablePodTimeBuffer).
const NEW: i64 = 2;
/// The same for pods that ask for GPUs.
const NEW_WITH_GPU: i64 = 30;
/// So many kinds of pods of one controller are kept apart (`equivalence/groups.go`).
const MOST_KINDS: usize = 10;

/// What became of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodOutcome {
    /// A group grows for it.
    Triggered,
    /// Several groups are as good for it; which of them grows is drawn.
    Option,
    /// Another group grows first.
    AwaitsEvaluation,
    /// The group that grows takes it, but was not given nodes for it.
    HelpedLater,
    /// No group grows for it.
    NotTriggered,
    /// The simulation puts it on a node that is there.
    FitsExisting(Name),
    /// It goes to a node under way, of this group.
    FitsUpcoming(usize),
    /// All pods are too new; the autoscaler waits for more.
    Waiting,
    /// It is too new itself.
    TooYoung,
    /// Its priority is below the cutoff.
    Expendable,
    /// It is a DaemonSet's: new nodes are made without regard to it.
    DaemonSet,
    /// It consumes a ProvisioningRequest, for which nodes are made apart from this.
    ConsumesProvisioningRequest,
    /// It is nominated to a node.
    Nominated,
    /// kube-scheduler has not said that it fits nowhere.
    NotUnschedulable,
    /// The cluster is unhealthy: no pod is looked at.
    ClusterUnhealthy,
}

impl PodOutcome {
    /// Whether the simulation gives the pod a node.
    pub(super) fn is_placed(self) -> bool {
        matches!(self, Self::FitsExisting(_) | Self::FitsUpcoming(_))
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Option => "option",
            Self::AwaitsEvaluation => "awaits-evaluation",
            Self::HelpedLater => "helped-later",
            Self::NotTriggered => "not-triggered",
            Self::FitsExisting(_) => "fits-existing",
            Self::FitsUpcoming(_) => "fits-upcoming",
            Self::Waiting => "waiting",
            Self::TooYoung => "too-young",
            Self::Expendable => "expendable",
            Self::DaemonSet => "daemonset",
            Self::ConsumesProvisioningRequest => "provisioning-request",
            Self::Nominated => "nominated",
            Self::NotUnschedulable => "not-unschedulable",
            Self::ClusterUnhealthy => "cluster-unhealthy",
        }
    }
}

/// The pods of the state.
pub(super) struct Sorted {
    /// Those that are looked at.
    pub(super) candidates: Vec<PodId>,
    /// Pending ones that are not, and why.
    pub(super) outside: Vec<(PodId, PodOutcome)>,
    /// Pending ones that sit on the node they are nominated to.
    pub(super) nominated: Vec<PodId>,
    /// Running ones that count for nothing.
    pub(super) expendable_running: Vec<PodId>,
}

/// ArrangePodsBySchedulability, FilterOutExpendablePods. Pods of `asked` that nobody has tried to schedule count as tried.
pub(super) fn sort(cluster: &Cluster, options: &Options, asked: &[PodId]) -> Sorted {
    let flags = &options.flags;
    let is_expendable = |pod: &Pod| pod.spec().priority.is_some_and(|it| i64::from(it) < flags.expendable_cutoff);
    let mut sorted =
        Sorted { candidates: Vec::new(), outside: Vec::new(), nominated: Vec::new(), expendable_running: Vec::new() };
    let asked: FxHashSet<PodId> = asked.iter().copied().collect();
    let is_allowed = |pod: &Pod| {
        let allowed = &flags.allowed_schedulers;
        allowed.is_empty() || allowed.iter().any(|name| pod.spec().scheduler_name() == name.as_str())
    };
    for pod in cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id)) {
        if pod.own.node_name.is_some() {
            if is_expendable(pod) && cluster.node_of(pod.id).is_some() {
                sorted.expendable_running.push(pod.id);
            }
            continue;
        }
        // A manifest's pod is asked about as if it were there.
        let is_new = (options.simulated || pod.own.creation_timestamp.is_none()) && asked.contains(&pod.id);
        let bypassed = flags.bypassed_schedulers.iter().any(|name| pod.spec().scheduler_name() == name.as_str())
            && pod.own.scheduled.is_none();
        let tried = is_new || bypassed || pod.own.scheduled.as_ref().is_some_and(|condition| condition.unschedulable);
        // Pending pods that a simulation leaves out count for nothing.
        let is_left_out = options.simulated && !asked.contains(&pod.id);
        if pod.is_terminating() || !is_allowed(pod) || is_left_out {
            sorted.outside.push((pod.id, PodOutcome::NotUnschedulable));
        } else if pod.own.nominated_node_name.is_some() {
            sorted.outside.push((pod.id, PodOutcome::Nominated));
            if !is_expendable(pod) {
                sorted.nominated.push(pod.id);
            }
        } else if !tried {
            sorted.outside.push((pod.id, PodOutcome::NotUnschedulable));
        } else if is_expendable(pod) {
            sorted.outside.push((pod.id, PodOutcome::Expendable));
        } else {
            sorted.candidates.push(pod.id);
        }
    }
    sorted
}

/// filterOutYoungPods: an annotation that cannot be read, or asks for less than the flag, counts for nothing.
pub(super) fn is_young(pod: &Pod, flags: &Flags, now: Timestamp) -> bool {
    let Some(created) = pod.own.creation_timestamp else { return false };
    let own = pod.own.annotated().scale_up_delay.and_then(|text| GoDuration::parse(&text));
    let delay = own.filter(|own| *own >= flags.new_pod_delay).unwrap_or(flags.new_pod_delay);
    let age = now.0.saturating_sub(created.0).saturating_mul(1_000_000_000);
    age <= delay.nanoseconds
}

/// allPodsAreNew.
pub(super) fn all_are_new(cluster: &Cluster, pods: &[PodId], now: Timestamp) -> bool {
    let age = |pod: &PodId| {
        let created = cluster.pod(*pod).own.creation_timestamp;
        created.map_or(i64::MAX, |created| now.0.saturating_sub(created.0))
    };
    let asks_for_gpu = |pod: &&PodId| {
        let requested = &cluster.pod(**pod).class.requests.requested;
        GPUS.iter().any(|gpu| requested.scalars.find(name(gpu)).is_some())
    };
    let oldest = pods.iter().map(age).max().unwrap_or_default();
    let oldest_with_gpu = pods.iter().filter(asks_for_gpu).map(age).max();
    oldest < NEW || oldest_with_gpu.is_some_and(|age| age < NEW_WITH_GPU)
}

/// Pods of one controller that are alike, of which one is tried for all.
pub(super) struct Equivalence {
    pub(super) pods: Vec<PodId>,
}

impl Equivalence {
    pub(super) fn sample(&self) -> Option<PodId> {
        self.pods.first().copied()
    }
}

/// groupPodsBySchedulingProperties.
pub(super) fn equivalences(cluster: &Cluster, pods: &[PodId]) -> Vec<Equivalence> {
    let mut groups: Vec<Equivalence> = Vec::new();
    for pod in pods {
        let owner = controller(cluster.pod(*pod));
        let mut kinds = 0;
        let mut joined = false;
        if owner.is_some() {
            for group in &mut groups {
                let Some(sample) = group.pods.first().copied() else { continue };
                if controller(cluster.pod(sample)) != owner {
                    continue;
                }
                kinds += 1;
                if kinds <= MOST_KINDS && are_similar(cluster, sample, *pod) {
                    group.pods.push(*pod);
                    joined = true;
                    break;
                }
            }
        }
        if !joined {
            groups.push(Equivalence { pods: vec![*pod] });
        }
    }
    groups
}

fn controller(pod: &Pod) -> Option<(Name, Name, Name)> {
    pod.own.controller.map(|owner| (pod.key().namespace, owner.name, owner.uid))
}

/// Whether two pods have the same controller, labels and specification.
pub(super) fn are_similar(cluster: &Cluster, a: PodId, b: PodId) -> bool {
    let (a, b) = (cluster.pod(a), cluster.pod(b));
    let same_spec = Arc::ptr_eq(&a.class, &b.class) || a.spec() == b.spec();
    controller(a).is_some() && controller(a) == controller(b) && a.own.labels == b.own.labels && same_spec
}
