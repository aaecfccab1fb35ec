//! Kinds that the input does not have, and what of a what-if answer rests on them beyond what plugins say in their cycles:
//! budgets of pods that are evicted or lost, limits and quotas of pods that are created.

use crate::decode::Kind;
use crate::framework::{NotEvaluated, Turns};
use crate::state::Cluster;

use super::Simulation;

const WHY: &str = "not in the input; add them to the dump";

/// What is not known of pods that are created, as the input lacks what admission asks.
pub fn of_new_pods(cluster: &Cluster) -> impl Iterator<Item = NotEvaluated> {
    let effects = [
        (Kind::LimitRange, "new pods got no defaults, and were not checked against limits"),
        (Kind::ResourceQuota, "new pods were not checked against quotas"),
    ];
    let missing = effects.into_iter().filter(|(kind, _)| !cluster.holds(*kind));
    missing.map(|(kind, effect)| NotEvaluated::of_kind(kind, WHY, effect).turning(Turns::Fits))
}

impl Simulation<'_> {
    /// Pods were created.
    pub(super) fn note_creation(&mut self) {
        let notes: Vec<NotEvaluated> = of_new_pods(self.cluster()).collect();
        for note in &notes {
            self.note(note);
        }
    }

    /// A pod was evicted as the eviction API lets it go.
    pub(super) fn note_eviction(&mut self) {
        self.note_budgets("no budget held a pod back; the cluster may refuse evictions");
    }

    /// A pod is gone without being asked.
    pub(super) fn note_loss(&mut self) {
        self.note_budgets("budgets that this violates are not shown");
    }

    /// A pod was preempted.
    pub(super) fn note_preemption(&mut self) {
        self.note_budgets("preemption did not spare pods with budgets");
    }

    fn note_budgets(&mut self, effect: &str) {
        if !self.cluster().holds(Kind::PodDisruptionBudget) {
            self.note(&NotEvaluated::of_kind(Kind::PodDisruptionBudget, WHY, effect));
        }
    }
}
