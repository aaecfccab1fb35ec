//! What would help: changes after which the pod does find a place.
//!
//! Candidates come from the reasons that keep the pod off the closest nodes ([`remedies`]); where
//! one change is not enough, two and three are tried, each time from the reasons that are left
//! ([`search`]). Pods that could go elsewhere are found by [`victims`]. None is believed: each is
//! applied to the state in place, put to the same cycle, and undone ([`trial`]); what stays is
//! ordered by how small the change is ([`rank`]). What no edit brings about is named beside them ([`needed`]).

mod labels;
mod lower;
mod need;
mod needed;
mod preemption;
mod rank;
mod remedies;
mod search;
mod taints;
mod targets;
mod trial;
mod victims;

use crate::api::meta::OwnerReference;
use crate::api::name::Name;
use crate::api::taint::{Taint, TaintEffect};
use crate::api::{ObjectKey, Timestamp};
use crate::control_plane::controller::lacking_claims;
use crate::decode::devices::taint::DeviceTaint;
use crate::edit::{ClaimChange, Edit, PodChange, strategic_merge};
use crate::explain::findings::{self, Unblocking};
use crate::framework::Placement;
use crate::node_groups::maker::Maker;
use crate::scheduler::Scheduler;
use crate::state::{Cluster, Pod, PodId};

use trial::WhatIf;

pub(crate) use lower::{amount, quantity, units};
pub use need::Need;
pub use needed::needed;
pub use preemption::{CandidateDetail, GoesTo, NotEligible, PreemptionDetail, VictimDetail, WhyNot};
pub use taints::tells_of_condition;
pub(crate) use taints::waits_for as removed_by;

/// Suggestions kept.
const MOST: usize = 8;

/// A change that was re-run and does place the pod.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Suggestion {
    /// The change: one edit or up to three, changes of one pod taken together.
    pub edits: Vec<Edit>,
    /// What `kubectl patch` takes, when a pod is changed.
    pub patch: Option<serde_json::Value>,
    /// The node that would be chosen; the first in the order of names where several tie.
    pub node: Name,
    /// All nodes that could be had, in the order of names.
    pub opens: Vec<Name>,
    /// Pods that would have to move, and the node each would go to.
    pub moves: Vec<Move>,
    /// What is given up.
    pub weakens: Vec<Weakening>,
    /// Whether a changed request needs the container's name to be understood.
    pub several_containers: bool,
    /// The pod that it places.
    pub pod: ObjectKey,
    /// The controller at the end of the chain, whose template is to be changed in place of the pod.
    pub owner: Option<OwnerReference>,
    /// Of one more node: who could make it, where that is known.
    pub maker: Option<Maker>,
}

/// A pod that is evicted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Move {
    /// The pod.
    pub pod: ObjectKey,
    /// The node it would go to; none when it fits nowhere else.
    pub node: Option<Name>,
}

/// A safety property that a change gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Weakening {
    /// The taint tells that something is wrong with the node.
    NodeCondition(Taint),
    /// The taint is there to empty the node.
    Eviction(Taint),
    /// The node is there for what runs the cluster itself.
    ControlPlane(Taint),
    /// The images must support the machines that this label stands for.
    Platform(Name),
    /// Pods that must be kept apart over this key may come together.
    AntiAffinity(Name),
    /// The pods are no longer sure to be spread over this key.
    Spread(Name),
    /// The controller that set the gates has not released the pod.
    SchedulingGates,
    /// The taint keeps pods off a device.
    DeviceTaint(DeviceTaint),
    /// The devices need no longer have the same value of this attribute.
    MatchAttribute(Name),
    /// Pods that use the claim would have to go.
    ClaimInUse(Vec<ObjectKey>),
    /// A cordon is there to keep pods away.
    Cordon(Name),
    /// A pod of at least the same priority would lose its place.
    NoPlaceFor(ObjectKey),
}

/// Looks for changes that would place the pod of `placement`, which is pending in `cluster`; the
/// state is as it was when this returns. None for a pod that fits or that no change could help:
/// one without a profile, one whose cycle failed, one in a cluster without nodes.
pub fn find(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    placement: &Placement,
    now: Timestamp,
) -> Option<Vec<Suggestion>> {
    let is_managed = findings::is_gated_by_manager(cluster.pod(placement.pod_id));
    if placement.schedulable || !placement.errors.is_empty() || cluster.nodes().is_empty() || is_managed {
        return None;
    }
    let mut trial = WhatIf::new(scheduler, cluster, placement.pod_id, now);
    let mut found = own_causes(&mut trial, placement);
    found.extend(search::find(&mut trial, placement));
    if placement.preemption.is_none() && found.iter().all(|suggestion| suggestion.edits.len() == 1) {
        found.extend(victims::find(&mut trial, placement));
    }
    if !found.iter().any(Suggestion::adds_node) {
        found.extend(in_new_domain(&mut trial, placement));
    }
    let pods = found_pods(&found);
    found.retain(|suggestion| !is_found_with_cause(suggestion, &pods));
    rank::sort(&mut found, trial.cluster());
    found.truncate(MOST);
    Some(found)
}

/// One more node like the one that is closest to taking the pod, and one in a domain of its own: for many pods at once
/// they may do more than any smaller change.
pub fn more_nodes(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    placement: &Placement,
    now: Timestamp,
) -> Vec<Suggestion> {
    let mut trial = WhatIf::new(scheduler, cluster, placement.pod_id, now);
    let one_more = targets::find(placement).into_iter().find_map(|target| {
        let info = trial.cluster().node_named(target.node)?;
        let edit = remedies::one_more(&trial, info)?;
        search::prove(&mut trial, &[edit])
    });
    let new_domain = in_new_domain(&mut trial, placement);
    one_more.into_iter().chain(new_domain).collect()
}

/// One more node in a zone, or another domain, that there is not yet: what keeps pods apart by domains may leave no
/// domain for the pod.
fn in_new_domain(trial: &mut WhatIf<'_>, placement: &Placement) -> Option<Suggestion> {
    targets::find(placement).into_iter().find_map(|target| {
        let key = target.reasons.iter().find_map(targets::domain_key)?;
        let info = trial.cluster().node_named(target.node)?;
        let add = remedies::one_more(trial, info)?;
        let Edit::AddNode { name, .. } = &add else { return None };
        let value = crate::api::name::name(&format!("another-{}", key.rsplit('/').next().unwrap_or_default()));
        let label = Edit::LabelNode { node: *name, key, value };
        search::prove(trial, &[add, label])
    })
}

/// Changes of what holds the nodes: a rollout that waits for itself, a resize that waits for room.
fn own_causes(trial: &mut WhatIf<'_>, placement: &Placement) -> Vec<Suggestion> {
    // One for each kind of change: the smallest bound that does it, and the other strategy.
    let mut found: Vec<Suggestion> = Vec::new();
    let mut ends: Vec<(Edit, bool)> = Vec::new();
    for unblocking in findings::unblocking(placement, trial.cluster(), trial.pod()) {
        let Unblocking { change, leave, workload, replicas } = unblocking;
        let is_bound = matches!(change, Edit::SetMaxUnavailable { .. });
        if is_bound && !found.is_empty() {
            continue;
        }
        // One re-run a change, however many pods are in the way.
        let known = ends.iter().find(|(known, _)| *known == change).map(|(_, ends)| *ends);
        let completes = known.unwrap_or_else(|| trial.rolls_out(&change, workload, replicas));
        ends.push((change.clone(), completes));
        if completes {
            let edits: Vec<Edit> = std::iter::once(change).chain(leave).collect();
            found.extend(search::prove(trial, &edits));
        }
    }
    found.extend(recreated(trial));
    if !found.is_empty() {
        return found;
    }
    let resizes = findings::resizes_taken_back(placement, trial.cluster());
    resizes.iter().filter_map(|edits| search::prove(trial, edits)).collect()
}

/// A pod whose StatefulSet lacks claims that it creates with the pod: deleted, both are recreated.
fn recreated(trial: &mut WhatIf<'_>) -> Option<Suggestion> {
    let key = trial.pod().key();
    let workload = lacking_claims(trial.cluster(), trial.pod())?;
    search::prove(trial, &[Edit::DeletePod { pod: key }, Edit::CreatePod { workload, name: key.name, node: None }])
}

/// Pods that suggestions of [`own_causes`] speak of.
fn found_pods(found: &[Suggestion]) -> Vec<ObjectKey> {
    let edits = found.iter().filter(|suggestion| suggestion.is_of_own_cause()).flat_map(|suggestion| &suggestion.edits);
    edits
        .filter_map(|edit| match edit {
            Edit::PatchPod { pod, .. } | Edit::DeletePod { pod } => Some(*pod),
            _ => None,
        })
        .collect()
}

/// Whether it only moves pods that are better dealt with at their cause.
fn is_found_with_cause(suggestion: &Suggestion, pods: &[ObjectKey]) -> bool {
    let mut edits = suggestion.edits.iter();
    edits.all(|edit| match edit {
        Edit::Evict { pod } => pods.contains(pod),
        Edit::FreeResource { .. } => !pods.is_empty(),
        _ => false,
    })
}

/// The placement's preemption with everything a reader wants to know of it; see
/// [`PreemptionDetail`]. The state is as it was when this returns.
pub fn explain_preemption(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    placement: &Placement,
    now: Timestamp,
) -> Option<PreemptionDetail> {
    let preemption = placement.preemption.as_ref()?;
    let mut trial = WhatIf::new(scheduler, cluster, placement.pod_id, now);
    Some(preemption::explain(&mut trial, placement, preemption))
}

/// Whether what helps one pending pod helps the other by the same edits: they differ in name only.
/// Claims are made for each pod by itself, and a nomination is a pod's own.
pub fn is_equal_but_for_name(cluster: &Cluster, a: PodId, b: PodId) -> bool {
    let (a, b) = (cluster.pod(a), cluster.pod(b));
    let spec = a.spec();
    std::sync::Arc::ptr_eq(&a.class, &b.class)
        && a.own.labels == b.own.labels
        && a.own.key.namespace == b.own.key.namespace
        && a.own.controller == b.own.controller
        && a.own.node_name.is_none()
        && b.own.node_name.is_none()
        && a.own.nominated_node_name.is_none()
        && b.own.nominated_node_name.is_none()
        && spec.resource_claims.is_empty()
        && !spec.volumes.iter().any(crate::api::volume::Volume::is_ephemeral)
}

impl Suggestion {
    /// The node that one more is to be made like; none for any other change.
    pub fn one_more_like(&self) -> Option<Name> {
        match self.edits.as_slice() {
            [Edit::AddNode { like, .. }] => Some(*like),
            _ => None,
        }
    }

    /// Whether it needs a machine that there is not.
    pub fn adds_node(&self) -> bool {
        matches!(self.edits.as_slice(), [Edit::AddNode { .. }, ..])
    }

    /// Whether it changes what holds the nodes rather than the pod: a rollout, or the resize of another pod.
    pub fn is_of_own_cause(&self) -> bool {
        self.edits.iter().any(|edit| match edit {
            Edit::SetMaxUnavailable { .. } | Edit::SetStrategy { .. } => true,
            Edit::PatchPod { pod, .. } => *pod != self.pod,
            _ => false,
        })
    }

    /// The same for a pod that is [`is_equal_but_for_name`].
    #[must_use]
    pub fn for_sibling(&self, pod: ObjectKey, sibling: ObjectKey) -> Self {
        let mut suggestion = self.clone();
        suggestion.pod = sibling;
        for edit in &mut suggestion.edits {
            if let Edit::PatchPod { pod: patched, .. } = edit
                && *patched == pod
            {
                *patched = sibling;
            }
        }
        suggestion
    }

    /// The suggestion to make `edits`, whose outcome is `after`; none when that places no pod.
    fn proven(trial: &WhatIf<'_>, edits: &[Edit], after: &Placement) -> Option<Self> {
        // A node whose kubelet does not report starts no pod.
        let is_dead = |node: &Name| {
            let info = trial.cluster().node_named(*node);
            info.is_some_and(|info| info.node.taints.iter().any(|taint| stays_dead(*node, taint, edits)))
        };
        let node = after.picks.iter().copied().find(|node| !is_dead(node)).filter(|_| after.schedulable)?;
        let edits = merged(edits);
        let spec = trial.pod().spec();
        let changes = edits.iter().find_map(|edit| match edit {
            Edit::PatchPod { pod, changes } if *pod == after.pod => Some(changes),
            _ => None,
        });
        Some(Self {
            patch: changes.and_then(|changes| strategic_merge(&trial.pod().class.template, changes)),
            node,
            opens: after.feasible().map(|node| node.name).filter(|node| !is_dead(node)).collect(),
            pod: after.pod,
            owner: top_owner(trial.cluster(), trial.pod()),
            moves: Vec::new(),
            several_containers: spec.containers.len() + spec.init_containers.len() > 1,
            maker: None,
            weakens: edits.iter().flat_map(|edit| weakens(edit, trial.pod())).collect(),
            edits,
        })
    }
}

/// All changes of one pod or claim as one edit, at the place of the first.
fn merged(edits: &[Edit]) -> Vec<Edit> {
    let mut merged: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        if let Edit::PatchClaim { claim, changes } = edit
            && let Some(earlier) = merged.iter_mut().find_map(|other| match other {
                Edit::PatchClaim { claim: same, changes } if same == claim => Some(changes),
                _ => None,
            })
        {
            earlier.extend(changes.iter().cloned());
            continue;
        }
        if let Edit::PatchPod { pod, changes } = edit
            && let Some(earlier) = merged.iter_mut().find_map(|other| match other {
                Edit::PatchPod { pod: same, changes } if same == pod => Some(changes),
                _ => None,
            })
        {
            earlier.extend(changes.iter().cloned());
        } else {
            merged.push(edit.clone());
        }
    }
    merged
}

/// Whether `taint` of `node` says that its kubelet does not report, and goes on saying so after `edits`.
fn stays_dead(node: Name, taint: &Taint, edits: &[Edit]) -> bool {
    let removed = Edit::RemoveTaint { node, taint: *taint };
    taints::is_of_dead_node(taint) && !edits.contains(&removed)
}

/// The controller of the pod, or what manages that in turn.
fn top_owner(cluster: &Cluster, pod: &Pod) -> Option<OwnerReference> {
    let owner = pod.own.controller?;
    let maker = cluster.owning_workload(pod.key().namespace, &owner);
    Some(maker.and_then(|maker| maker.controller).unwrap_or(owner))
}

fn weakens(edit: &Edit, own: &Pod) -> Vec<Weakening> {
    match edit {
        // Taking a resize back gives nothing up that there was.
        Edit::PatchPod { pod, .. } if *pod != own.key() => Vec::new(),
        Edit::Uncordon { node } => vec![Weakening::Cordon(*node)],
        // A node that is fixed is as good as any other.
        Edit::RemoveTaint { taint, .. } if tells_of_condition(taint) => Vec::new(),
        Edit::RemoveTaint { taint, .. } => tolerating(taint).into_iter().collect(),
        Edit::PatchPod { changes, .. } => changes
            .iter()
            .filter_map(|change| match change {
                PodChange::Tolerate { toleration } => {
                    let key = toleration.key.unwrap_or_default();
                    let value = toleration.value.unwrap_or_default();
                    let effect = match toleration.effect.unwrap_or_default().as_str() {
                        "NoExecute" => TaintEffect::NoExecute,
                        _ => TaintEffect::NoSchedule,
                    };
                    tolerating(&Taint { key, value, effect }).filter(|_| !taints::waits_for(key, own))
                }
                PodChange::PreferPodAntiAffinity { topology_key, .. } => Some(Weakening::AntiAffinity(*topology_key)),
                PodChange::RaiseMaxSkew { topology_key, .. } | PodChange::ScheduleAnyway { topology_key } => {
                    Some(Weakening::Spread(*topology_key))
                }
                PodChange::LowerMinDomains { topology_key, .. } => Some(Weakening::Spread(*topology_key)),
                PodChange::RemoveSchedulingGates => Some(Weakening::SchedulingGates),
                PodChange::DropNodeSelector { key } if labels::is_platform(*key) => Some(Weakening::Platform(*key)),
                PodChange::Request { .. }
                | PodChange::DropNodeSelector { .. }
                | PodChange::ReplaceNodeSelector { .. }
                | PodChange::PreferNodeAffinity
                | PodChange::HonorTaints { .. }
                | PodChange::PreferPodAffinity { .. }
                | PodChange::Patch { .. } => None,
            })
            .collect(),
        Edit::PatchClaim { changes, .. } => changes
            .iter()
            .filter_map(|change| match change {
                ClaimChange::TolerateDevice { toleration, .. } => Some(Weakening::DeviceTaint(DeviceTaint {
                    key: toleration.key,
                    value: toleration.value,
                    effect: toleration.effect,
                })),
                ClaimChange::DropMatchAttribute { attribute } => Some(Weakening::MatchAttribute(*attribute)),
                _ => None,
            })
            .collect(),
        Edit::DeallocateClaim { pods, .. } if !pods.is_empty() => vec![Weakening::ClaimInUse(pods.clone())],
        // Nobody suggests the others that would.
        _ => Vec::new(),
    }
}

fn tolerating(taint: &Taint) -> Option<Weakening> {
    if tells_of_condition(taint) {
        Some(Weakening::NodeCondition(*taint))
    } else if taint.effect == TaintEffect::NoExecute {
        Some(Weakening::Eviction(*taint))
    } else if taints::is_reserved(taint.key) {
        Some(Weakening::ControlPlane(*taint))
    } else {
        None
    }
}
