//! The cycle of a group in v1.36: each pod may preempt for itself, and Permit says whether enough
//! of the group have a node (upstream schedule_one_podgroup.go, podGroupSchedulingDefaultAlgorithm).

use std::collections::BTreeSet;

use crate::framework::{Depth, GroupReason, GroupStatus, Placement};
use crate::simulate::Simulation;
use crate::simulate::change::Mutation;
use crate::simulate::step::Unplaced;
use crate::state::{NodeId, PodId};

use super::attempt::{Attempt, Fate, Member, error_of};
use super::permit::{Permitted, permit};
use super::turn::Turn;

/// Whether pods of the group may preempt for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PostFilters {
    Run,
    Skip,
}

/// Tries the group's pods on the nodes of `within`, on a state that is as before when it returns.
pub(super) fn attempt(
    simulation: &mut Simulation<'_>,
    turn: &Turn<'_>,
    within: Option<&BTreeSet<NodeId>>,
    post_filters: PostFilters,
) -> Attempt {
    let mark = simulation.savepoint();
    let mut attempt = Attempt::untried(GroupStatus::unschedulable(Vec::new()));
    let mut preempts = false;
    for pod in &turn.members {
        let depth = match post_filters {
            PostFilters::Run => Depth::Preemption,
            PostFilters::Skip => Depth::Decision,
        };
        let placement = simulation.ask_member(*pod, depth, within);
        attempt.reached(&placement);
        let fate = member(simulation, turn, &placement);
        let waits = match &fate {
            Fate::Failed(error) => {
                let text = format!("failed to schedule other pod from a pod group: {error}");
                attempt.status = GroupStatus::failed(text);
                attempt.waits_for_preemption = false;
                attempt.members.push(Member { pod: *pod, fate, skipped: Vec::new() });
                break;
            }
            Fate::Unplaced(_) => None,
            Fate::Placed { waits, .. } => Some(waits.is_some()),
            Fate::Preempts { waits, .. } => {
                preempts = true;
                Some(waits.is_some())
            }
        };
        attempt.members.push(Member { pod: *pod, fate, skipped: Vec::new() });
        if waits == Some(false) {
            // Permit lets one of the group go, and with it the group.
            attempt.waits_for_preemption = preempts;
            attempt.status = if preempts {
                GroupStatus::unschedulable(vec![GroupReason::WaitsForPreemption])
            } else {
                GroupStatus::SUCCESS
            };
        }
    }
    simulation.rollback(mark);
    attempt
}

fn member(simulation: &mut Simulation<'_>, turn: &Turn<'_>, placement: &Placement) -> Fate {
    if let Some(error) = error_of(placement) {
        return Fate::Failed(error);
    }
    let before = simulation.savepoint();
    let mut fate =
        if placement.schedulable { simulation.assume_member(placement) } else { preempting(simulation, placement) };
    let waits = match &mut fate {
        Fate::Placed { waits, .. } | Fate::Preempts { waits, .. } => waits,
        Fate::Unplaced(_) | Fate::Failed(_) => return fate,
    };
    match permit(simulation, &turn.framework, placement.pod_id) {
        Permitted::Allowed => {}
        Permitted::Waits(reasons) => *waits = Some(reasons),
        Permitted::Failed(error) => {
            simulation.rollback(before);
            return Fate::Failed(error);
        }
    }
    fate
}

/// A pod that others would be preempted for counts as on its node, though they are still there too.
fn preempting(simulation: &mut Simulation<'_>, placement: &Placement) -> Fate {
    let said = Unplaced::of(placement);
    let Some((node, name, victims)) = picked(simulation, placement) else { return Fate::Unplaced(said) };
    match simulation.scheduler.reserve(simulation.cluster, placement, node, simulation.now) {
        Ok(takes) => {
            simulation.change(Mutation::Place { pod: placement.pod_id, node, takes });
            Fate::Preempts { node, name, victims, said, waits: None }
        }
        Err(error) => Fate::Failed(error.into()),
    }
}

/// The node that preemption picks, and who would have to leave it.
fn picked(simulation: &mut Simulation<'_>, placement: &Placement) -> Option<(NodeId, crate::api::Name, Vec<PodId>)> {
    let candidate = simulation.candidate(placement)?;
    let node = simulation.cluster.node_named(candidate.node)?.id;
    let victims = candidate.victims.iter().filter_map(|victim| Some(simulation.cluster.pod_named(*victim)?.id));
    Some((node, candidate.node, victims.collect()))
}
