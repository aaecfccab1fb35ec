//! Preemption explained: who would go, who protects them, where they would go, and why other
//! nodes were no candidates.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::ObjectKey;
use crate::api::meta::OwnerReference;
use crate::api::name::Name;
use crate::edit::Edit;
use crate::explain::causes;
use crate::framework::{Candidate, CandidateSampling, Code, NodePlacement, Placement, Preemption, Reason};
use crate::state::{Cluster, Pod, PodId};

use super::trial::WhatIf;

/// Candidates whose victims' way is followed: it takes a cycle for each of them.
const MOST_FOLLOWED: usize = 3;
/// Victims of a candidate that are followed.
const MOST_VICTIMS: usize = 6;

/// A preemption in full.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PreemptionDetail {
    /// The candidates, those that may be picked first, then in the order of names.
    pub candidates: Vec<CandidateDetail>,
    /// The criterion that decided between them; none when there was one candidate, or all tie.
    pub decided_by: Option<&'static str>,
    /// Where kube-scheduler compares fewer candidates: which it may pick.
    pub sampling: Option<CandidateSampling>,
    /// Nodes where no room can be made.
    pub not_eligible: Vec<NotEligible>,
}

/// A node where room can be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CandidateDetail {
    /// The node.
    pub node: Name,
    /// Whether it may be picked.
    pub picked: bool,
    /// The pods that would go, the most important first.
    pub victims: Vec<VictimDetail>,
    /// How many of them a PodDisruptionBudget protects.
    pub pdb_violations: usize,
    /// The criterion by which another candidate was better; none for those that may be picked.
    pub lost_by: Option<&'static str>,
}

/// A pod that would go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VictimDetail {
    /// The pod.
    pub pod: ObjectKey,
    /// Its priority.
    pub priority: i32,
    /// What manages it.
    pub owner: Option<OwnerReference>,
    /// PodDisruptionBudgets that select it.
    pub budgets: Vec<ObjectKey>,
    /// Where it would go.
    pub goes_to: GoesTo,
}

/// Where a victim would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoesTo {
    /// Not asked: only the first candidates and victims are followed.
    NotAsked,
    /// No node takes it.
    Nowhere,
    /// To this node.
    Node(Name),
}

/// Nodes that are no candidates for one reason.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NotEligible {
    /// The reason.
    pub why: WhyNot,
    /// What keeps the pod off the first of them, whatever pods go: none with [`WhyNot::NoVictims`].
    pub reasons: Vec<Reason>,
    /// The nodes, in the order of names.
    pub nodes: Vec<Name>,
}

/// Why no room can be made on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WhyNot {
    /// The pod would not fit there without all pods of lower priority either.
    NotEnough,
    /// No pod on it has a lower priority.
    NoVictims,
    /// It was rejected for a reason that no removal of pods takes away.
    NotHelpful,
}

/// Tells everything about `preemption`, which is that of `placement`.
pub(super) fn explain(trial: &mut WhatIf<'_>, placement: &Placement, preemption: &Preemption) -> PreemptionDetail {
    let mut candidates: Vec<&Candidate> = preemption.candidates.iter().collect();
    candidates.sort_by_key(|candidate| !preemption.pick.contains(&candidate.node));
    let candidates = candidates
        .into_iter()
        .enumerate()
        .map(|(index, candidate)| {
            let places = if index < MOST_FOLLOWED { follow(trial, candidate) } else { Vec::new() };
            let victims = candidate.victims.iter().enumerate();
            CandidateDetail {
                node: candidate.node,
                picked: preemption.pick.contains(&candidate.node),
                victims: victims
                    .filter_map(|(index, victim)| victim_detail(trial.cluster(), *victim, goes_to(places.get(index))))
                    .collect(),
                pdb_violations: candidate.pdb_violations,
                lost_by: candidate.lost_by,
            }
        })
        .collect();
    PreemptionDetail {
        candidates,
        decided_by: preemption.decided_by,
        sampling: preemption.sampling.clone(),
        not_eligible: not_eligible(trial, placement, preemption),
    }
}

/// Where the victims would go once the pod has their place.
fn follow(trial: &mut WhatIf<'_>, candidate: &Candidate) -> Vec<Option<Name>> {
    let edits: Vec<Edit> = candidate.victims.iter().map(|pod| Edit::Evict { pod: *pod }).collect();
    let victims: Vec<PodId> = candidate
        .victims
        .iter()
        .take(MOST_VICTIMS)
        .filter_map(|pod| Some(trial.cluster().pod_named(*pod)?.id))
        .collect();
    trial.with_pod_on(&edits, candidate.node, |trial| trial.place(&victims)).unwrap_or_default()
}

fn goes_to(place: Option<&Option<Name>>) -> GoesTo {
    match place {
        None => GoesTo::NotAsked,
        Some(None) => GoesTo::Nowhere,
        Some(Some(node)) => GoesTo::Node(*node),
    }
}

fn victim_detail(cluster: &Cluster, victim: ObjectKey, goes_to: GoesTo) -> Option<VictimDetail> {
    let pod = cluster.pod_named(victim)?;
    Some(VictimDetail {
        pod: victim,
        priority: pod.priority(),
        owner: pod.own.controller,
        budgets: budgets(cluster, pod),
        goes_to,
    })
}

/// Budgets that protect the pod.
fn budgets(cluster: &Cluster, pod: &Pod) -> Vec<ObjectKey> {
    cluster
        .budgets
        .iter()
        .filter(|budget| budget.compiled_selector().is_some_and(|selector| budget.selects(&selector, &pod.own)))
        .map(|budget| budget.key)
        .collect()
}

fn not_eligible(trial: &WhatIf<'_>, placement: &Placement, preemption: &Preemption) -> Vec<NotEligible> {
    let cluster = trial.cluster();
    let why = |node: &NodePlacement| {
        let pods = cluster.node(node.id).pods.iter().map(|id| cluster.pod(*id));
        if node.code() != Code::Unschedulable {
            WhyNot::NotHelpful
        } else if pods.into_iter().any(|other| other.priority() < trial.pod().priority()) {
            WhyNot::NotEnough
        } else {
            WhyNot::NoVictims
        }
    };
    let is_candidate: FxHashSet<Name> = preemption.candidates.iter().map(|candidate| candidate.node).collect();
    let left: FxHashMap<Name, &[Reason]> =
        preemption.refused.iter().map(|(node, reasons)| (*node, reasons.as_slice())).collect();
    // By the words of the reasons, since their numbers differ from node to node.
    let mut groups: BTreeMap<(WhyNot, Vec<String>), NotEligible> = BTreeMap::new();
    for node in placement.nodes.iter().filter(|node| !is_candidate.contains(&node.name)) {
        let why = why(node);
        let reasons = match why {
            WhyNot::NotEnough => left.get(&node.name).copied().unwrap_or_default(),
            WhyNot::NoVictims => &[],
            WhyNot::NotHelpful => node.reasons(),
        };
        let words = reasons.iter().map(causes::identity).collect();
        let group = groups.entry((why, words));
        group
            .or_insert_with(|| NotEligible { why, reasons: reasons.to_vec(), nodes: Vec::new() })
            .nodes
            .push(node.name);
    }
    groups.into_values().collect()
}
