//! Whether a group still fits where a trial has put its pods, once a victim is back (upstream v1.37
//! framework/preemption/podgrouppreemption.go, reprieveVictim).
//!
//! Upstream keeps the cycle state of each pod from the trial and adds the victim to it. Here the
//! filters are prepared again, on a state that has the same pods; plugins that skipped the trial stay out.

use rustc_hash::FxHashMap;

use crate::api::Name;
use crate::simulate::Simulation;
use crate::simulate::change::Mutation;
use crate::state::{NodeId, PodId, Take};

use super::attempt::{Attempt, Fate};

/// The pods of a group and the nodes that a trial has given them, in order.
pub(super) struct Assigned<'t>(Vec<Assignment<'t>>);

struct Assignment<'t> {
    pod: PodId,
    node: NodeId,
    name: Name,
    takes: &'t [Take],
    skipped: &'t [&'static str],
}

impl<'t> Assigned<'t> {
    pub(super) fn all_of(trial: &'t Attempt) -> Self {
        let placed = trial.members.iter().filter_map(|member| match &member.fate {
            Fate::Placed { place, takes, .. } => Some(Assignment {
                pod: member.pod,
                node: place.node,
                name: place.name,
                takes,
                skipped: &member.skipped,
            }),
            Fate::Preempts { .. } | Fate::Unplaced(_) | Fate::Failed(_) => None,
        });
        Self(placed.collect())
    }

    /// The node of each pod.
    pub(super) fn nodes(&self) -> FxHashMap<PodId, Name> {
        self.0.iter().map(|assigned| (assigned.pod, assigned.name)).collect()
    }

    /// Whether all of them fit on their nodes, each with those before it. The state is as before then.
    pub(super) fn fit(&self, simulation: &mut Simulation<'_>) -> bool {
        let mark = simulation.savepoint();
        let fit = self.0.iter().all(|Assignment { pod, node, takes, skipped, .. }| {
            let fits = simulation.scheduler.fits_on(simulation.cluster, *pod, *node, skipped, simulation.now);
            if fits {
                simulation.change(Mutation::Place { pod: *pod, node: *node, takes: takes.to_vec() });
            }
            fits
        });
        simulation.rollback(mark);
        fit
    }
}
