//! One scheduling cycle: the run from PreEnqueue to PostFilter.

use std::collections::{BTreeSet, HashSet};

use rayon::prelude::*;

use crate::state::{NodeId, NodeInfo};

use super::cache;
use super::context::{Cycle, Depth};
use super::extender::{self, Filtered, Round};
use super::filter_set::of_pass;
use super::fit_error;
use super::placement::{FilterVerdict, NodePlacement, Placement};
use super::post_filter::{FailedCycle, PostFilterOutcome};
use super::prepared::{self, Prepared};
use super::profile::Framework;
use super::reason::Reason;
use super::sampling::{ComparedNodes, Ring, feasible_nodes_to_find};
use super::scoring;
use super::status::{Code, PluginRejection, Rejection};

/// Runs one cycle for `cycle.pod` and writes down everything that was said.
pub fn run(framework: &Framework<'_>, cycle: Cycle<'_>, depth: Depth) -> Placement {
    run_within(framework, cycle, depth, None)
}

/// The same on the nodes of `within` only, if that is set.
pub fn run_within(
    framework: &Framework<'_>,
    cycle: Cycle<'_>,
    depth: Depth,
    within: Option<&BTreeSet<NodeId>>,
) -> Placement {
    let mut placement = Placement::new(framework, cycle);
    placement.pre_enqueue = pre_enqueue(framework, cycle);
    let prepared = Prepared { within, ..prepared::pre_filter(framework, cycle) };
    placement.skipped_filters.clone_from(&prepared.skipped);
    placement.pre_filters_run.clone_from(&prepared.ran);
    if cycle.cluster.nodes().is_empty() {
        // Upstream schedule_one.go, ErrNoNodesAvailable: an error, but one every user knows.
        placement.message = Some("no nodes available to schedule pods".to_owned());
    } else if let Some(error) = error_of(prepared.rejection.as_ref()) {
        placement.fail(error);
    } else {
        let round = Round::new(framework.extenders, cycle, placement.pre_enqueue.is_some());
        judge(framework, cycle, &prepared, &round, depth, &mut placement);
        round.finish();
    }
    placement.finish(cycle);
    placement
}

/// What keeps the pod out of the active queue: the first plugin's no.
pub fn pre_enqueue(framework: &Framework<'_>, cycle: Cycle<'_>) -> Option<PluginRejection> {
    framework.pre_enqueue.iter().find_map(|(plugin, point)| {
        let rejection = point.pre_enqueue(cycle).err()?;
        Some(PluginRejection { plugin: Some(*plugin), rejection })
    })
}

/// Filters, scores, and asks PostFilter where nothing fits (upstream schedule_one.go, schedulePod).
fn judge(
    framework: &Framework<'_>,
    cycle: Cycle<'_>,
    prepared: &Prepared<'_>,
    round: &Round<'_>,
    depth: Depth,
    placement: &mut Placement,
) {
    let mut filtered = Filtered::default();
    if prepared.rejection.is_none() {
        filter(cycle, prepared, depth, placement);
        if let Some(error) =
            placement.nodes.iter().find_map(|node| error_of(node.rejection.as_ref().filter(|_| node.considered)))
        {
            placement.fail(error);
            return;
        }
        match extender::filter(round, prepared, placement) {
            Ok(after) => filtered = after,
            Err(error) => {
                placement.fail(error);
                return;
            }
        }
    } else {
        placement.pre_filter.clone_from(&prepared.rejection);
    }
    let feasible: Vec<&NodeInfo> = placement.feasible().map(|node| filtered.node(cycle.cluster, node.id)).collect();
    if feasible.is_empty() {
        let failed = FailedCycle {
            cycle,
            prepared,
            nodes: &placement.nodes,
            pre_filter: prepared.rejection.as_ref(),
            extenders: round,
        };
        let outcome = match depth {
            // What is done for a group that fits nowhere is done for it as a whole.
            _ if cycle.behaviour.pod_groups().post_filters_group(cycle.pod) => PostFilterOutcome::default(),
            Depth::Everything | Depth::Preemption => failed.post_filter(framework),
            Depth::Decision => PostFilterOutcome::default(),
        };
        let pre_filter = prepared.rejection.as_ref().map(|rejection| rejection.rejection.message());
        let all_nodes = prepared.within.map_or(cycle.cluster.nodes().len(), BTreeSet::len);
        placement.message = Some(match pre_filter {
            Some(text) => fit_error::turned_away(all_nodes, &text, &outcome.message),
            None => fit_error::no_node(
                all_nodes,
                filtered.event_reasons(&placement.nodes, prepared).iter(),
                &outcome.message,
            ),
        });
        placement.post_filter = outcome.message;
        placement.clears_nomination = outcome.clears_nomination;
        placement.preemption = outcome.preemption;
        return;
    }
    let stops_at = stops_at(framework, cycle, prepared, placement, feasible.len());
    let compared = match (stops_at, framework.compared) {
        (Some(compared), ComparedNodes::From(start)) => window(cycle, &feasible, start, compared, placement),
        _ => feasible.clone(),
    };
    match scoring::score(framework, cycle, &compared) {
        Ok(mut scores) => {
            extender::prioritize(round, framework, &filtered, &mut scores);
            if let (Some(compared), ComparedNodes::All, Depth::Everything) = (stops_at, framework.compared, depth) {
                placement.sampling = cache::sample(framework, cycle, &feasible, &scores, compared);
            }
            placement.set_scores(scores);
        }
        Err(error) => placement.fail(error.into()),
    }
}

/// How many of the feasible nodes kube-scheduler compares, if not all: nodes that extenders or a nomination single out,
/// and those that PreFilter names, which upstream takes in no order, are compared all.
fn stops_at(
    framework: &Framework<'_>,
    cycle: Cycle<'_>,
    prepared: &Prepared<'_>,
    placement: &Placement,
    feasible: usize,
) -> Option<usize> {
    let whole = prepared.nodes.is_none() && prepared.within.is_none();
    let in_order = framework.extenders.is_empty() && whole && placement.nominated_fits.is_none();
    let compared = feasible_nodes_to_find(cycle.cluster.nodes().len(), framework.percentage_of_nodes_to_score);
    (in_order && compared < feasible).then_some(compared)
}

/// The feasible nodes that are compared from a place on, in the order of names.
fn window<'a>(
    cycle: Cycle<'a>,
    feasible: &[&'a NodeInfo],
    start: usize,
    compared: usize,
    placement: &mut Placement,
) -> Vec<&'a NodeInfo> {
    let ring = Ring::new(cycle.cluster, |id| placement.nodes.get(id.index()).is_some_and(NodePlacement::is_feasible));
    let window = ring.window(start, compared);
    placement.next_start = window.next_start();
    let within: HashSet<NodeId> = window.nodes().collect();
    feasible.iter().copied().filter(|node| within.contains(&node.id)).collect()
}

fn error_of(rejection: Option<&PluginRejection>) -> Option<String> {
    rejection.filter(|r| r.rejection.code == Code::Error).map(|r| r.rejection.message())
}

/// Judges every node, by every filter if `depth` says so; `verdict` is what upstream's own pass gives.
fn filter(cycle: Cycle<'_>, prepared: &Prepared<'_>, depth: Depth, placement: &mut Placement) {
    let mut nodes: Vec<NodePlacement> =
        cycle.cluster.nodes().par_iter().map(|node| judge_node(cycle, prepared, depth, node)).collect();
    // Upstream tries the nominated node first, also one that PreFilter left out; if the pod fits
    // there, no other node is compared (schedule_one.go, evaluateNominatedNode).
    if let Some(index) = nodes.iter().position(|node| Some(node.name) == cycle.pod.own.nominated_node_name) {
        let node = &mut nodes[index];
        if node.is_feasible() {
            placement.nominated_fits = Some(node.name);
            node.considered = true;
        }
    }
    placement.pre_filter_nodes.clone_from(&prepared.nodes);
    placement.nodes = nodes;
}

fn judge_node(cycle: Cycle<'_>, prepared: &Prepared<'_>, depth: Depth, node: &NodeInfo) -> NodePlacement {
    if prepared.within.is_some_and(|nodes| !nodes.contains(&node.id)) {
        let rejection = Rejection::unresolvable(Reason::OutsidePlacement);
        return NodePlacement::judged(node, Some(PluginRejection { plugin: None, rejection }), Vec::new(), false);
    }
    let all = match depth {
        Depth::Everything => Some(prepared.filters.run_all(node)),
        Depth::Decision | Depth::Preemption => None,
    };
    let considered = prepared.considers(node.name());
    let nominated = cycle.pod.own.nominated_node_name == Some(node.name());
    let rejection = if !considered && !nominated {
        let plugins = prepared.narrowed_by.clone();
        let rejection = Rejection::unresolvable(Reason::ExcludedByPreFilter { plugins });
        Some(PluginRejection { plugin: None, rejection })
    } else if cycle.cluster.nominated_to(node.name()).is_empty() {
        match &all {
            // The pass stops at the first no, which was heard already.
            Some(all) => all.first().map(|(plugin, rejection)| of_pass(plugin, rejection.clone())),
            None => prepared.filters.run(node).err(),
        }
    } else {
        prepared.filters.run_with_nominated(cycle, node).err()
    };
    let filters = all.into_iter().flatten().map(|(plugin, rejection)| FilterVerdict { plugin, rejection }).collect();
    NodePlacement::judged(node, rejection, filters, considered)
}
