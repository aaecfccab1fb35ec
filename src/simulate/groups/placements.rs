//! A group with a topology constraint: each domain is tried, and the best of those that fit is taken
//! (upstream schedule_one_podgroup.go, podGroupSchedulingPlacementAlgorithm).
//!
//! Upstream tries the domains in the random order of a map and reports of the first when none fits;
//! here they are in the order of their names, unless ties are drawn.

use std::collections::BTreeSet;

use crate::config::PodGroupScheduling;
use crate::framework::{GroupCode, GroupPlacement, GroupReason, GroupStatus, Proposed};
use crate::simulate::Simulation;
use crate::state::NodeId;

use super::attempt::Attempt;
use super::by_permit::PostFilters;
use super::turn::Turn;
use super::{by_feasibility, by_permit};

/// Tries the group, in every domain if it has a topology constraint (upstream v1.37 runRootSchedulingAlgorithm).
pub(super) fn attempt(simulation: &mut Simulation<'_>, turn: &Turn<'_>, post_filters: PostFilters) -> Attempt {
    let mut attempt = in_domains(simulation, turn, post_filters);
    let feasible_cycle = simulation.pod_groups() == PodGroupScheduling::FeasibleCycle;
    if feasible_cycle && attempt.status.is_success() && attempt.proposed().is_empty() {
        // A group that is no gang fits wherever none of its pods does; in the end at least one has to find a node.
        attempt.status = GroupStatus::unschedulable(Vec::new());
    }
    attempt
}

fn in_domains(simulation: &mut Simulation<'_>, turn: &Turn<'_>, post_filters: PostFilters) -> Attempt {
    if !turn.topology_aware {
        return within(simulation, turn, None, post_filters);
    }
    let mut placements = match placements(simulation, turn) {
        Ok(placements) => placements,
        Err(error) => return Attempt::untried(GroupStatus::failed(error)),
    };
    if placements.is_empty() {
        return Attempt::untried(GroupStatus::new(GroupCode::Unschedulable, GroupReason::NoPlacement));
    }
    simulation.ties.shuffle(&mut placements);
    let count = placements.len();
    let (mut first, mut fitting) = (None, Vec::new());
    for placement in placements {
        let all = placement.nodes.len() == simulation.cluster().nodes().len();
        let nodes: BTreeSet<NodeId> = placement.nodes.iter().copied().collect();
        let mut attempt = within(simulation, turn, (!all).then_some(&nodes), post_filters);
        attempt.domain = placement.domain;
        if attempt.status.is_error() {
            return attempt;
        }
        if attempt.status.is_success() || attempt.waits_for_preemption {
            fitting.push((attempt, placement.nodes));
        } else if first.is_none() {
            first = Some(attempt);
        }
    }
    if fitting.is_empty() {
        let mut attempt = first.unwrap_or_else(|| Attempt::untried(GroupStatus::unschedulable(Vec::new())));
        let none = GroupReason::NoPlacementFits { placements: count, first: attempt.status.as_error() };
        attempt.status = match simulation.pod_groups() {
            PodGroupScheduling::FeasibleCycle => GroupStatus::unschedulable(vec![none]),
            _ => GroupStatus::new(GroupCode::Unschedulable, none),
        };
        return attempt;
    }
    best(simulation, turn, fitting)
}

fn within(
    simulation: &mut Simulation<'_>,
    turn: &Turn<'_>,
    nodes: Option<&BTreeSet<NodeId>>,
    post_filters: PostFilters,
) -> Attempt {
    match simulation.pod_groups() {
        PodGroupScheduling::FeasibleCycle => by_feasibility::attempt(simulation, turn, nodes),
        _ => by_permit::attempt(simulation, turn, nodes, post_filters),
    }
}

/// Upstream runtime/framework.go, RunPlacementGeneratePlugins: the first plugin is the only one asked.
fn placements(simulation: &Simulation<'_>, turn: &Turn<'_>) -> Result<Vec<GroupPlacement>, String> {
    let cluster = simulation.cluster();
    if let Some((_, plugin)) = turn.framework.placement_generate.first() {
        return Ok(plugin.generate_placements(cluster, &turn.group)?);
    }
    let nodes = cluster.nodes().iter().map(|node| node.id).collect();
    Ok(vec![GroupPlacement { domain: None, nodes }])
}

/// The placement with the highest sum of weighted scores (upstream findBestPlacement).
fn best(simulation: &mut Simulation<'_>, turn: &Turn<'_>, mut fitting: Vec<(Attempt, Vec<NodeId>)>) -> Attempt {
    let only = (fitting.len() == 1).then(|| fitting.pop()).flatten();
    if let Some((only, _)) = only {
        return only;
    }
    let mut totals = vec![0_i64; fitting.len()];
    for (name, weight, plugin) in &turn.framework.placement_score {
        let cluster = simulation.cluster();
        let score = |(fits, nodes): &(Attempt, Vec<NodeId>)| {
            let proposed = Proposed { group: &turn.group, nodes, pods: &fits.proposed() };
            plugin.score_placement(cluster, &proposed)
        };
        let mut scores: Vec<i64> = fitting.iter().map(score).collect();
        if let Err(error) = plugin.normalize(&mut scores) {
            return Attempt::untried(GroupStatus::failed(format!(
                "running NormalizePlacementScore on PlacementScore plugins: plugin \"{name}\" failed with: {error}"
            )));
        }
        for (total, score) in totals.iter_mut().zip(scores) {
            *total += score * weight;
        }
    }
    let most = totals.iter().copied().max().unwrap_or_default();
    let tied: Vec<usize> =
        totals.iter().enumerate().filter(|(_, total)| **total == most).map(|(place, _)| place).collect();
    let chosen = tied.get(simulation.ties.place(tied.len())).copied().unwrap_or_default();
    fitting.swap_remove(chosen).0
}
