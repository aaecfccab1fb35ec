//! A cycle of which only the sums of scores are asked for: one of many in a simulation.
//!
//! Filters and scorers are those of the plain cycle ([`super::cycle`]), asked in the same order. What that writes down of
//! every node for those who read it (reasons, each plugin's points, ranks) takes longer than the answers themselves, and
//! is left out here. Where more than filters and scores takes part, or no node is left, there is no answer: a plain cycle
//! gives it.

use rayon::prelude::*;

use crate::state::{NodeId, NodeInfo};

use super::context::Cycle;
use super::filter_set::FilterSet;
use super::plugin::{MAX_NODE_SCORE, MIN_NODE_SCORE, NodeScorer};
use super::profile::Framework;
use super::scoring::{self, Scorers};
use super::status::Code;
use super::{cycle, prepared};

/// So many nodes are worth a thread's while.
const CHUNK: usize = 512;

/// The feasible nodes, and what each is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// At least one, in the order of the state, each with its sum of weighted scores.
    pub nodes: Vec<(NodeId, i64)>,
    /// Plugins whose Reserve takes something on the node that the pod gets.
    pub reserving: Vec<&'static str>,
}

impl Totals {
    /// The nodes with the highest sum.
    pub fn best(&self) -> impl Iterator<Item = NodeId> {
        let best = self.nodes.iter().map(|(_, total)| *total).max();
        self.nodes.iter().filter(move |(_, total)| Some(*total) == best).map(|(node, _)| *node)
    }

    /// The sum of a node.
    pub fn of(&self, node: NodeId) -> Option<i64> {
        self.nodes.iter().find(|(other, _)| *other == node).map(|(_, total)| *total)
    }
}

/// All feasible nodes with their sums. None where the pod fits nowhere, waits for something else than room, has extenders or
/// nominations to go by, is narrowed down to some nodes, or a plugin fails.
pub fn find(framework: &Framework<'_>, cycle: Cycle<'_>) -> Option<Totals> {
    let is_plain = framework.extenders.is_empty()
        && cycle.pod.own.nominated_node_name.is_none()
        && cycle.cluster.nominated().next().is_none();
    if !is_plain || cycle.pod.is_terminating() || cycle::pre_enqueue(framework, cycle).is_some() {
        return None;
    }
    let prepared = prepared::pre_filter(framework, cycle);
    if prepared.rejection.is_some() || prepared.nodes.is_some() {
        return None;
    }
    let feasible = feasible(&prepared.filters, cycle.cluster.nodes())?;
    if feasible.is_empty() {
        return None;
    }
    let totals = totals(framework, cycle, &feasible)?;
    let filters = |plugin: &&'static str| framework.filter.iter().any(|(other, _)| other == plugin);
    let reserving = framework.reserve.iter().map(|(plugin, _)| *plugin).filter(filters);
    let reserving = reserving.filter(|plugin| !prepared.skipped.contains(plugin)).collect();
    Some(Totals { nodes: feasible.iter().map(|node| node.id).zip(totals).collect(), reserving })
}

/// Nodes that no filter rejects; none where one fails.
fn feasible<'a>(filters: &FilterSet<'_>, nodes: &'a [NodeInfo]) -> Option<Vec<&'a NodeInfo>> {
    let judge = |node: &'a NodeInfo| match filters.run(node) {
        Ok(()) => Ok(Some(node)),
        Err(no) if no.rejection.code == Code::Error => Err(()),
        Err(_) => Ok(None),
    };
    let judged = nodes.par_chunks(CHUNK).map(|nodes| {
        let judged = nodes.iter().filter_map(|node| judge(node).transpose());
        judged.collect::<Result<Vec<&NodeInfo>, ()>>()
    });
    let judged = judged.collect::<Result<Vec<_>, ()>>().ok()?;
    Some(judged.into_iter().flatten().collect())
}

/// The sums of weighted scores, in step with `feasible`. None where a plugin fails or a score is out of range.
fn totals(framework: &Framework<'_>, cycle: Cycle<'_>, feasible: &[&NodeInfo]) -> Option<Vec<i64>> {
    if framework.score.is_empty() {
        return Some(vec![1; feasible.len()]);
    }
    let Scorers { scorers, .. } = scoring::prepare(framework, cycle, feasible).ok()?;
    let mut totals = vec![0; feasible.len()];
    let mut scores = vec![0; feasible.len()];
    for (_, weight, scorer) in &scorers {
        score(scorer.as_ref(), feasible, &mut scores)?;
        scoring::normalize(scorer.as_ref(), feasible, &mut scores);
        for (total, score) in totals.iter_mut().zip(&scores) {
            if !(MIN_NODE_SCORE..=MAX_NODE_SCORE).contains(score) {
                return None;
            }
            *total += score.wrapping_mul(*weight);
        }
    }
    Some(totals)
}

/// The raw score of each node.
fn score(scorer: &dyn NodeScorer, nodes: &[&NodeInfo], scores: &mut [i64]) -> Option<()> {
    let chunks = scores.par_chunks_mut(CHUNK).zip(nodes.par_chunks(CHUNK));
    chunks
        .map(|(scores, nodes)| {
            scores.iter_mut().zip(nodes).try_for_each(|(score, node)| {
                *score = scorer.score(node).ok()?;
                Some(())
            })
        })
        .collect()
}
