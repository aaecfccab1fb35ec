//! From a reason to the changes that might take it away, the smallest first.
//!
//! They are guesses: whether one helps is found out by asking again.

use crate::api::name::{Name, name};
use crate::api::pod_spec::{NodeInclusionPolicy, PodAffinity, TopologySpreadConstraint, WhenUnsatisfiable};
use crate::edit::{Edit, PodChange};
use crate::explain::findings;
use crate::framework::{Amount, DeviceReason, Reason};
use crate::state::{NodeInfo, Pod};

use super::lower::{amount, lower, one_unit_smaller, quantity};
use super::trial::WhatIf;
use super::{labels, taints, targets};

/// Lower values of `minDomains` that are tried.
const MOST_DOMAINS: usize = 4;
/// A request so many times larger than any node is a slip in its unit rather than a wish.
const ABSURD: i64 = 10;

/// Changes that might take `reason` away from `node`, as the state of `trial` is now; `alone` when
/// one of them would have to do.
pub(super) fn of(trial: &WhatIf<'_>, node: &NodeInfo, reason: &Reason, alone: bool) -> Vec<Edit> {
    let pod = trial.pod();
    let mut edits = match reason {
        Reason::NodeUnschedulable => vec![Edit::Uncordon { node: node.name() }],
        Reason::UntoleratedTaint { taint, .. } => taints::remedies(trial, node, taint, alone),
        Reason::NodeAffinityMismatch { unmatched_labels, affinity } => {
            labels::remedies(trial, node, unmatched_labels, *affinity)
        }
        Reason::InsufficientResource { resource, requested, used, allocatable, short } => {
            let target = allocatable.value.saturating_sub(used.value);
            let lowered = lower(&pod.class.template, trial.gates(), *resource, target)
                .or_else(|| misread(trial, *resource, *requested, target))
                .map(|change| patch(pod, change));
            let can_be_freed = short.value <= findings::freeable(trial.cluster(), node, *resource);
            let freed =
                Edit::FreeResource { node: node.name(), resource: *resource, amount: quantity(*resource, short.value) };
            lowered.into_iter().chain(Some(freed).filter(|_| can_be_freed)).collect()
        }
        Reason::TopologySkew { topology_key, skew, max_skew, .. } => {
            let constraint = |skew: i64| i32::try_from(skew).unwrap_or(i32::MAX);
            of_skew(pod, *topology_key, constraint(*max_skew), constraint(*skew))
        }
        Reason::TopologyLabelMissing { topology_key } if own_constraint(pod, *topology_key).is_some() => {
            let anyway = patch(pod, PodChange::ScheduleAnyway { topology_key: *topology_key });
            labels::of_topology(trial.cluster(), node, *topology_key).into_iter().chain([anyway]).collect()
        }
        Reason::PodAffinityUnmet { topology_key, .. } => terms(pod, *topology_key, pod_affinity)
            .map(|index| patch(pod, PodChange::PreferPodAffinity { index, topology_key: *topology_key }))
            .collect(),
        Reason::PodAntiAffinityViolated { topology_key, .. } => terms(pod, *topology_key, pod_anti_affinity)
            .map(|index| patch(pod, PodChange::PreferPodAntiAffinity { index, topology_key: *topology_key }))
            .collect(),
        Reason::Device(DeviceReason::DevicesInsufficient { .. }) => trial.device_remedies(node),
        Reason::NodeAffinityConflict | Reason::NoNodeLeftByPreFilter { .. } | Reason::ExcludedByPreFilter { .. } => {
            prefer_node_affinity(pod)
        }
        _ => Vec::new(),
    };
    if targets::comes_of_pods(reason) {
        edits.extend(one_more(trial, node));
    }
    edits
}

/// Changes of the pod that might make PreFilter let it pass.
pub(super) fn of_pre_filter(pod: &Pod, reason: &Reason) -> Vec<Edit> {
    match reason {
        Reason::NodeAffinityConflict | Reason::NoNodeLeftByPreFilter { .. } => prefer_node_affinity(pod),
        _ => Vec::new(),
    }
}

/// The pod with this one change.
pub(super) fn patch(pod: &Pod, change: PodChange) -> Edit {
    Edit::PatchPod { pod: pod.key(), changes: vec![change] }
}

/// The request with the next smaller unit, where as it stands no node comes near it.
fn misread(trial: &WhatIf<'_>, resource: Name, requested: Amount, target: i64) -> Option<PodChange> {
    let has = |node: &NodeInfo| amount(&node.node.allocatable, resource);
    let largest = trial.cluster().nodes().iter().map(has).max().unwrap_or_default();
    let absurd = requested.value / ABSURD >= largest;
    absurd.then(|| one_unit_smaller(&trial.pod().class.template, trial.gates(), resource, target)).flatten()
}

/// One more node like this one; a copy is not copied again.
pub(super) fn one_more(trial: &WhatIf<'_>, node: &NodeInfo) -> Option<Edit> {
    let copy = name(&format!("{}-copy", node.name()));
    let is_copy =
        node.name().strip_suffix("-copy").is_some_and(|model| trial.cluster().node_named(name(model)).is_some());
    (!is_copy && trial.cluster().node_named(copy).is_none()).then(|| Edit::AddNode { like: node.name(), name: copy })
}

/// Not for a DaemonSet's pod: its controller binds it to one node, and means it.
pub(super) fn prefer_node_affinity(pod: &Pod) -> Vec<Edit> {
    let is_bound = pod.own.controller.as_ref().is_some_and(|owner| owner.kind == "DaemonSet");
    let required = pod.spec().required_node_affinity().filter(|_| !is_bound);
    required.map(|_| patch(pod, PodChange::PreferNodeAffinity)).into_iter().collect()
}

/// Constraints of the profile are no pod's to change.
fn own_constraint(pod: &Pod, topology_key: Name) -> Option<&TopologySpreadConstraint> {
    pod.spec().topology_spread_constraints.iter().find(|constraint| {
        constraint.topology_key == topology_key && constraint.when_unsatisfiable == WhenUnsatisfiable::DoNotSchedule
    })
}

fn of_skew(pod: &Pod, topology_key: Name, from: i32, to: i32) -> Vec<Edit> {
    let Some(constraint) = own_constraint(pod, topology_key) else { return Vec::new() };
    let honor = (constraint.node_taints_policy != Some(NodeInclusionPolicy::Honor))
        .then_some(PodChange::HonorTaints { topology_key });
    let domains = (1..constraint.min_domains.unwrap_or_default()).rev().take(MOST_DOMAINS).map(|fewer| {
        PodChange::LowerMinDomains { topology_key, from: constraint.min_domains.unwrap_or_default(), to: fewer }
    });
    honor
        .into_iter()
        .chain(domains)
        .chain([PodChange::RaiseMaxSkew { topology_key, from, to }])
        .map(|change| patch(pod, change))
        .collect()
}

fn pod_affinity(pod: &Pod) -> Option<&PodAffinity> {
    pod.spec().affinity.as_ref()?.pod_affinity.as_ref()
}

fn pod_anti_affinity(pod: &Pod) -> Option<&PodAffinity> {
    pod.spec().affinity.as_ref()?.pod_anti_affinity.as_ref()
}

/// The places of the required terms over `topology_key`.
fn terms(pod: &Pod, topology_key: Name, affinity: fn(&Pod) -> Option<&PodAffinity>) -> impl Iterator<Item = usize> {
    affinity(pod)
        .into_iter()
        .flat_map(|affinity| affinity.required.iter().enumerate())
        .filter(move |(_, term)| term.topology_key == topology_key)
        .map(|(index, _)| index)
}
