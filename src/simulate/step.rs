//! What became of one pod, and why.

use rustc_hash::FxHashMap;

use crate::api::{Name, ObjectKey};
use crate::framework::{Placement, PluginRejection};
use crate::state::{NodeId, PodId};

use super::preempt::Eviction;

/// What became of one pod of a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The pod.
    pub pod: ObjectKey,
    /// Its place in the state.
    pub pod_id: PodId,
    /// Where it went, if anywhere.
    pub outcome: Outcome,
    /// Pods that were preempted for it, in that order.
    pub preempted: Vec<ObjectKey>,
    /// The node from which it was preempted itself before this.
    pub evictions: Vec<Eviction>,
}

/// Where a pod went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Onto a node.
    Placed(Place),
    /// Nowhere: it stays pending.
    Unplaced(Unplaced),
}

/// The node a pod went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Its place in the state.
    pub node: NodeId,
    /// Its name.
    pub name: Name,
    /// Its sum of weighted scores.
    pub total: i64,
    /// How many nodes could as well have been taken, this one among them.
    pub tied: usize,
}

/// Why a pod went nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unplaced {
    /// The scheduler's message, or the gate's. What PostFilter adds is in it only where others could
    /// were preempted.
    pub message: String,
    /// What stood in its way, the most common first.
    pub causes: Vec<UnplacedCause>,
    /// Whether it is no more: it was preempted, and no controller recreates it.
    pub gone: bool,
    /// Whether it was not tried at all: its scheduling gates, or its group, keep it out of the queue.
    pub gated: bool,
    /// The node that the cycle nominated it to.
    pub nominated: Option<Name>,
    /// The node that it holds while it waits on permit for others of its group.
    pub holds: Option<Name>,
}

/// One thing that stood in a pod's way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnplacedCause {
    /// The plugin; none where the framework itself spoke.
    pub plugin: Option<&'static str>,
    /// The reason in upstream's words.
    pub message: String,
    /// Nodes where it was given; 0 for what holds whatever the node.
    pub nodes: usize,
}

impl Step {
    /// A step in which no pod is preempted.
    pub(super) fn new(pod: ObjectKey, pod_id: PodId, outcome: Outcome) -> Self {
        Self { pod, pod_id, outcome, preempted: Vec::new(), evictions: Vec::new() }
    }

    /// Whether the pod was tried and found no node.
    pub(super) fn waits_for_room(&self) -> bool {
        matches!(&self.outcome, Outcome::Unplaced(unplaced) if !unplaced.gated && !unplaced.gone)
    }

    /// Where the pod went.
    pub fn place(&self) -> Option<&Place> {
        match &self.outcome {
            Outcome::Placed(place) => Some(place),
            Outcome::Unplaced(_) => None,
        }
    }
}

impl Unplaced {
    /// Why the pod of `placement`, which found no node, found none.
    pub(super) fn of(placement: &Placement) -> Self {
        if let Some(held_back) = &placement.pre_enqueue {
            return Self::held(held_back);
        }
        // A pod without a profile has no message, only an error.
        let message = placement.message.clone().or_else(|| placement.errors.first().cloned()).unwrap_or_default();
        let causes = match &placement.pre_filter {
            Some(turned_away) => everywhere(turned_away),
            None if placement.errors.is_empty() && !placement.nodes.is_empty() => by_node(placement),
            None => vec![UnplacedCause { plugin: None, message: message.clone(), nodes: 0 }],
        };
        Self { causes, ..Self::because(message) }
    }

    /// PreEnqueue keeps it out of the queue.
    pub(super) fn held(held_back: &PluginRejection) -> Self {
        let message = held_back.rejection.message();
        Self { causes: everywhere(held_back), gated: true, ..Self::because(message) }
    }

    /// Nothing was tried.
    pub(super) fn because(message: String) -> Self {
        let causes = vec![UnplacedCause { plugin: None, message: message.clone(), nodes: 0 }];
        Self { message, causes, gated: false, gone: false, nominated: None, holds: None }
    }
}

fn everywhere(said: &PluginRejection) -> Vec<UnplacedCause> {
    vec![UnplacedCause { plugin: said.plugin, message: said.rejection.message(), nodes: 0 }]
}

/// The reasons of the filter pass, counted.
fn by_node(placement: &Placement) -> Vec<UnplacedCause> {
    let mut counts: FxHashMap<(Option<&'static str>, String), usize> = FxHashMap::default();
    for rejection in placement.nodes.iter().filter_map(|node| node.rejection.as_ref()) {
        for reason in &rejection.rejection.reasons {
            *counts.entry((rejection.plugin, reason.to_string())).or_default() += 1;
        }
    }
    let mut causes: Vec<UnplacedCause> =
        counts.into_iter().map(|((plugin, message), nodes)| UnplacedCause { plugin, message, nodes }).collect();
    causes.sort_by(|a, b| b.nodes.cmp(&a.nodes).then_with(|| (a.plugin, &a.message).cmp(&(b.plugin, &b.message))));
    causes
}
