//! The cycle of a group since v1.37: PlacementFeasible says when to stop, and nobody preempts until
//! the group as a whole has failed (upstream schedule_one_podgroup.go, podGroupSchedulingDefaultAlgorithm).

use std::collections::BTreeSet;

use crate::api::scheduling_group::GroupKey;
use crate::framework::{Depth, GroupCode, GroupProgress, GroupStatus};
use crate::simulate::Simulation;
use crate::simulate::step::Unplaced;
use crate::state::NodeId;

use super::attempt::{Attempt, Fate, Member, error_of};
use super::turn::Turn;

/// Tries the group's pods on the nodes of `within`, on a state that is as before when it returns.
pub(super) fn attempt(simulation: &mut Simulation<'_>, turn: &Turn<'_>, within: Option<&BTreeSet<NodeId>>) -> Attempt {
    let mark = simulation.savepoint();
    let mut attempt = run(simulation, turn, within);
    if attempt.status.code == GroupCode::Wait {
        attempt.status = GroupStatus::unschedulable(attempt.status.reasons);
    }
    simulation.rollback(mark);
    attempt
}

fn run(simulation: &mut Simulation<'_>, turn: &Turn<'_>, within: Option<&BTreeSet<NodeId>>) -> Attempt {
    let scheduled = simulation.cluster().placed_members(GroupKey::PodGroup(turn.group.key));
    let mut progress = GroupProgress { scheduled, remaining: turn.members.len() };
    let mut attempt = Attempt::untried(feasible(turn, progress));
    match attempt.status.code {
        GroupCode::Unschedulable => {
            attempt.status = GroupStatus::unschedulable(attempt.status.reasons);
            return attempt;
        }
        GroupCode::Error => return attempt,
        _ => {}
    }
    for pod in &turn.members {
        let placement = simulation.ask_member(*pod, Depth::Decision, within);
        attempt.reached(&placement);
        let fate = match error_of(&placement) {
            Some(error) => Fate::Failed(error),
            None if placement.schedulable => simulation.assume_member(&placement),
            None => Fate::Unplaced(Unplaced::of(&placement)),
        };
        let failed = match &fate {
            Fate::Failed(error) => Some(format!("failed to schedule other pod from a pod group: {error}")),
            _ => None,
        };
        let placed = fate.node().is_some();
        attempt.members.push(Member { pod: *pod, fate, skipped: placement.skipped_filters });
        if let Some(error) = failed {
            attempt.status = GroupStatus::failed(error);
            return attempt;
        }
        progress.remaining -= 1;
        progress.scheduled += usize::from(placed);
        attempt.status = feasible(turn, progress);
        if matches!(attempt.status.code, GroupCode::Unschedulable | GroupCode::Error) {
            return attempt;
        }
    }
    attempt
}

/// What the profile's plugins say (upstream runtime/framework.go, RunPlacementFeasiblePlugins).
fn feasible(turn: &Turn<'_>, progress: GroupProgress) -> GroupStatus {
    let mut status = GroupStatus::SUCCESS;
    for (_, plugin) in &turn.framework.placement_feasible {
        let said = plugin.placement_feasible(&turn.group, progress);
        match said.code {
            GroupCode::Success => {}
            GroupCode::Wait => status = said,
            GroupCode::Unschedulable => return said,
            GroupCode::UnschedulableAndUnresolvable | GroupCode::Error => {
                return GroupStatus::failed(format!(
                    "failed to evaluate placement feasibility: running PlacementFeasible plugin: {}",
                    said.as_error()
                ));
            }
        }
    }
    status
}
