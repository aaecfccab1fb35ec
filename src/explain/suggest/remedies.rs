//! From a reason to the changes that might take it away, the smallest first.
//!
//! They are guesses: whether one helps is found out by asking again.

use crate::cluster::edit::{Edit, PodChange};
use crate::cluster::name::{Name, name};
use crate::cluster::pod_spec::{NodeInclusionPolicy, PodAffinity, TopologySpreadConstraint, WhenUnsatisfiable};
use crate::cluster::quantity::{Format, Quantity};
use crate::cluster::resources::STANDARD;
use crate::cluster::taint::{Taint, Toleration};
use crate::cluster::{NodeInfo, Pod};
use crate::framework::{Amount, Reason};

use super::lower::lower;
use super::targets;
use super::trial::Trial;

/// Taints that tell of a node's condition begin so; a controller sets them and takes them away.
const CONDITION_PREFIX: &str = "node.kubernetes.io/";
/// Labels that tell what a node is, not what somebody wants of it, have one of these domains.
const FACT_DOMAINS: [&str; 5] = [
    "kubernetes.io",
    "node.kubernetes.io",
    "beta.kubernetes.io",
    "topology.kubernetes.io",
    "failure-domain.beta.kubernetes.io",
];

/// Whether the label tells for which machines an image must be made.
pub(super) fn is_platform(key: Name) -> bool {
    matches!(
        key.as_str(),
        "kubernetes.io/arch" | "kubernetes.io/os" | "beta.kubernetes.io/arch" | "beta.kubernetes.io/os"
    )
}

/// Whether the taint keeps pods off nodes that run the cluster itself.
pub(super) fn is_control_plane(key: Name) -> bool {
    matches!(key.as_str(), "node-role.kubernetes.io/control-plane" | "node-role.kubernetes.io/master")
}

/// Whether the taint tells that something is wrong with the node. A cordon is somebody's wish.
pub(super) fn tells_of_condition(taint: &Taint) -> bool {
    taint.key.starts_with(CONDITION_PREFIX) && !is_cordon(taint)
}

fn is_cordon(taint: &Taint) -> bool {
    taint.key == "node.kubernetes.io/unschedulable"
}

/// Changes that might take `reason` away from `node`, as the state of `trial` is now.
pub(super) fn of(trial: &Trial<'_>, node: &NodeInfo, reason: &Reason) -> Vec<Edit> {
    let pod = trial.pod();
    let mut edits = match reason {
        Reason::NodeUnschedulable => vec![Edit::Uncordon { node: node.name() }],
        Reason::UntoleratedTaint { taint, .. } => of_taint(pod, node, taint),
        Reason::NodeAffinityMismatch { unmatched_labels, affinity } => {
            of_labels(pod, node, unmatched_labels, *affinity)
        }
        Reason::InsufficientResource { resource, requested, used, allocatable, short } => {
            let target = allocatable.value.saturating_sub(used.value);
            let lowered = lower(&pod.class.template, trial.gates(), *resource, target).map(|change| patch(pod, change));
            let can_be_freed = requested.value <= allocatable.value;
            let freed = Edit::Free { node: node.name(), resource: *resource, amount: quantity(*resource, *short) };
            lowered.into_iter().chain(Some(freed).filter(|_| can_be_freed)).collect()
        }
        Reason::TopologySkew { topology_key, skew, max_skew, .. } => {
            let constraint = |skew: i64| i32::try_from(skew).unwrap_or(i32::MAX);
            of_skew(pod, *topology_key, constraint(*max_skew), constraint(*skew))
        }
        Reason::TopologyLabelMissing { topology_key } if own_constraint(pod, *topology_key).is_some() => {
            vec![patch(pod, PodChange::ScheduleAnyway { topology_key: *topology_key })]
        }
        Reason::PodAffinityUnmet { topology_key, .. } => terms(pod, *topology_key, pod_affinity)
            .map(|index| patch(pod, PodChange::PreferPodAffinity { index, topology_key: *topology_key }))
            .collect(),
        Reason::PodAntiAffinityViolated { topology_key, .. } => terms(pod, *topology_key, pod_anti_affinity)
            .map(|index| patch(pod, PodChange::PreferPodAntiAffinity { index, topology_key: *topology_key }))
            .collect(),
        Reason::NodeAffinityConflict | Reason::NothingLeftByPreFilter { .. } | Reason::LeftOutByPreFilter { .. } => {
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
        Reason::NodeAffinityConflict | Reason::NothingLeftByPreFilter { .. } => prefer_node_affinity(pod),
        _ => Vec::new(),
    }
}

/// The pod with this one change.
pub(super) fn patch(pod: &Pod, change: PodChange) -> Edit {
    Edit::PatchPod { pod: pod.key(), changes: vec![change] }
}

/// One more node like this one; a copy is not copied again.
fn one_more(trial: &Trial<'_>, node: &NodeInfo) -> Option<Edit> {
    let copy = name(&format!("{}-copy", node.name()));
    let is_copy =
        node.name().strip_suffix("-copy").is_some_and(|model| trial.cluster().node_named(name(model)).is_some());
    (!is_copy && trial.cluster().node_named(copy).is_none()).then(|| Edit::AddNode { like: node.name(), name: copy })
}

fn quantity(resource: Name, amount: Amount) -> Quantity {
    if resource == STANDARD.cpu {
        Quantity::from_milli(amount.value)
    } else if resource == STANDARD.memory || resource == STANDARD.ephemeral_storage {
        Quantity::from_value(amount.value, Format::BinarySI)
    } else {
        Quantity::from_value(amount.value, Format::DecimalSI)
    }
}

/// The narrowest toleration. That the taint should go is not for the pod to say: it was put there
/// on purpose, or by a controller that would put it back.
fn of_taint(pod: &Pod, node: &NodeInfo, taint: &Taint) -> Vec<Edit> {
    if is_cordon(taint) {
        return vec![Edit::Uncordon { node: node.name() }];
    }
    let value = Some(taint.value).filter(|value| !value.is_empty());
    let toleration = Toleration {
        key: Some(taint.key),
        operator: Some(name(if value.is_some() { "Equal" } else { "Exists" })),
        value,
        effect: Some(name(taint.effect.as_str())),
        toleration_seconds: None,
    };
    vec![patch(pod, PodChange::Tolerate { toleration })]
}

fn of_labels(pod: &Pod, node: &NodeInfo, unmatched: &[Name], affinity: bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    for key in unmatched {
        if let Some(value) = pod.spec().node_selector.get(*key).filter(|_| is_wish(*key)) {
            edits.push(Edit::LabelNode { node: node.name(), key: *key, value });
        }
        edits.push(patch(pod, PodChange::DropNodeSelector { key: *key }));
    }
    // One label after the other: what is left is asked about again.
    edits.truncate(2);
    if affinity && unmatched.is_empty() {
        edits.extend(wanted_labels(pod, node));
        edits.extend(prefer_node_affinity(pod));
    }
    edits
}

/// Labels that the alternatives of required node affinity want and the node lacks, where one
/// label is all that an alternative lacks.
fn wanted_labels(pod: &Pod, node: &NodeInfo) -> Vec<Edit> {
    let Some(required) = pod.spec().required_node_affinity() else { return Vec::new() };
    let labels = &node.node.labels;
    required
        .node_selector_terms
        .iter()
        .filter_map(|term| {
            let mut lacking = term.match_expressions.iter().filter(|wanted| match wanted.operator.as_str() {
                "In" => labels.get(wanted.key).is_none_or(|value| !wanted.values.contains(&value)),
                "Exists" => !labels.contains_key(wanted.key),
                _ => false,
            });
            let (wanted, None) = (lacking.next()?, lacking.next()) else { return None };
            let value = wanted.values.first().copied().unwrap_or_default();
            is_wish(wanted.key).then_some(Edit::LabelNode { node: node.name(), key: wanted.key, value })
        })
        .take(2)
        .collect()
}

fn is_wish(key: Name) -> bool {
    key.split_once('/').is_none_or(|(domain, _)| !FACT_DOMAINS.contains(&domain))
}

fn prefer_node_affinity(pod: &Pod) -> Vec<Edit> {
    let required = pod.spec().required_node_affinity();
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
    honor
        .into_iter()
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
