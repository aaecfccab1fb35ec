//! Preemption: pods of lower priority are evicted for a pod that fits nowhere.
//!
//! What upstream does over minutes happens here at once and in a fixed order (framework/preemption/
//! preemption.go, prepareCandidate; backend/queue/scheduling_queue.go, AddUnschedulableIfNotPresent):
//!
//! 1. A pod that fits nowhere asks PostFilter. The victims on the node that is picked leave without
//!    grace; each takes one off what its PodDisruptionBudgets allow.
//! 2. The pod is nominated to that node, and pods of lower priority that were lose it. It goes back
//!    to the queue, behind those of its own priority and before all lower ones, and is scheduled
//!    like any other when it comes: others may have taken the place, and it may go elsewhere.
//!    A pod for which no candidate is found loses its own nomination; one that is not eligible, because
//!    victims are still leaving or by `preemptionPolicy: Never`, keeps it (preemption.go, Preempt).
//! 3. A victim's controller recreates it: a pod created now, behind those of its priority. A pod
//!    that nobody manages is gone, and so is one whose node runs it without a scheduler, or that was
//!    being deleted anyway.
//! 4. When the queue is empty, pods that were rejected before others left are tried once more.
//!
//! Victims have lower priority than the pod they are preempted for, and a preempted pod never
//! preempts others of its own priority or above: this ends. For what a plugin or an
//! extender may do to that argument, a pod makes room [`MOST_TIMES`] times and no more.

use crate::api::{Name, ObjectKey};
use crate::framework::{Candidate, Placement};
use crate::state::{Cluster, Pod, PodId};

use super::Simulation;
use super::change::Mutation;

/// So often a pod may preempt others.
pub(super) const MOST_TIMES: usize = 10;

/// A pod that lost its place to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eviction {
    /// The pod it was preempted for.
    pub by: ObjectKey,
    /// The node it left.
    pub node: Name,
    /// Whether it was there before the simulation began.
    pub ran: bool,
}

/// A pod that has left.
pub(super) struct PreemptedPod {
    pub(super) pod: PodId,
    /// The node it left.
    pub(super) node: Name,
    /// Why no controller recreates it; none if one does.
    pub(super) not_recreated: Option<String>,
}

/// What a pod that fits nowhere can do.
pub(super) enum PreemptionResult {
    /// These are preempted, and it is nominated.
    Made(Vec<PreemptedPod>),
    /// Nothing: this is what was said of it.
    None(Box<Placement>),
}

impl Simulation<'_> {
    /// Where the pod could go now, and if it could go nowhere, which pods could be preempted for it.
    pub(super) fn ask_preempting(&self, pod: PodId) -> Placement {
        // Where a cycle begins makes no difference to a pod that fits nowhere.
        let begun = self.start.map(|_| self.ask(pod)).filter(|placement| placement.schedulable);
        begun.unwrap_or_else(|| self.scheduler.preempt(self.cluster, pod, self.now))
    }

    /// Preempts pods of lower priority for `pod`, which fits nowhere, as [`Simulation::ask_preempting`] answered.
    pub(super) fn make_room(&mut self, pod: PodId, placement: Placement) -> PreemptionResult {
        let Some(candidate) = self.candidate(&placement) else {
            let is_nominated = self.cluster.pod(pod).own.nominated_node_name.is_some();
            if self.nominated.remove(&pod) || is_nominated && placement.clears_nomination {
                self.change(Mutation::Nominate { pod, node: None });
            }
            return PreemptionResult::None(Box::new(placement));
        };
        let node = candidate.node;
        let victims: Vec<PodId> =
            candidate.victims.iter().filter_map(|victim| Some(self.cluster.pod_named(*victim)?.id)).collect();
        let victims = victims.into_iter().map(|victim| self.evict(victim, node)).collect();
        self.nominate(pod, node);
        PreemptionResult::Made(victims)
    }

    /// Where others would have to leave for the pod of `placement`, which fits nowhere; none if that does not help.
    pub(super) fn candidate<'p>(&mut self, placement: &'p Placement) -> Option<&'p Candidate> {
        let preemption = placement.preemption.as_ref().filter(|_| !placement.schedulable)?;
        let node = self.ties.choose(&preemption.pick)?;
        preemption.candidates.iter().find(|candidate| candidate.node == node)
    }

    pub(super) fn evict(&mut self, victim: PodId, node: Name) -> PreemptedPod {
        self.note_preemption();
        let pod = self.cluster.pod(victim);
        let not_recreated = not_recreated(pod);
        let budgets = drawn_on(self.cluster, pod);
        for (place, allowed) in budgets {
            self.change(Mutation::Budget { place, allowed });
        }
        self.change(Mutation::Evict { pod: victim });
        PreemptedPod { pod: victim, node, not_recreated }
    }

    /// Lower nominations to the node are cleared: those pods may not fit there any more.
    pub(super) fn nominate(&mut self, pod: PodId, node: Name) {
        let priority = self.cluster.pod(pod).priority();
        let lower: Vec<PodId> = self
            .cluster
            .nominated_to(node)
            .iter()
            .copied()
            .filter(|other| self.cluster.pod(*other).priority() < priority)
            .collect();
        for pod in lower {
            self.change(Mutation::Nominate { pod, node: None });
        }
        self.change(Mutation::Nominate { pod, node: Some(node) });
        self.nominated.insert(pod);
    }
}

/// Why no controller would recreate `pod`.
fn not_recreated(pod: &Pod) -> Option<String> {
    if pod.is_terminating() {
        return Some("it was being deleted".to_owned());
    }
    match &pod.own.controller {
        None => Some("no controller recreates it".to_owned()),
        Some(owner) if owner.kind == "Node" => Some("its node runs it without a scheduler".to_owned()),
        Some(_) => None,
    }
}

/// The budgets that `pod` draws on when it goes, by their places, and what they allow then.
fn drawn_on(cluster: &Cluster, pod: &Pod) -> Vec<(usize, i32)> {
    let budgets = cluster.budgets.iter().enumerate();
    budgets
        .filter(|(_, budget)| {
            budget.compiled_selector().is_some_and(|selector| budget.selects(&selector, &pod.own))
                && !budget.disrupted_pods.contains(&pod.own.key.name)
        })
        .map(|(place, budget)| (place, budget.disruptions_allowed.saturating_sub(1).max(0)))
        .collect()
}
