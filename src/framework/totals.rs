//! A cycle of which only the sums of scores are asked for: one of many in a simulation.
//!
//! Filters and scorers are those of the plain cycle ([`super::cycle`]), asked in the same order. What that writes down of
//! every node for those who read it (reasons, each plugin's points, ranks) takes longer than the answers themselves, and
//! is left out here. Where more than filters and scores takes part, or no node is left, there is no answer: a plain cycle
//! gives it.

use rayon::prelude::*;

use crate::state::{NodeId, NodeInfo};

use super::cache::{BLOCK, BLOCKS, SharedAnswers};
use super::context::Cycle;
use super::filter_set::FilterSet;
use super::plugin::{MAX_NODE_SCORE, MIN_NODE_SCORE, NodeScorer};
use super::profile::Framework;
use super::scoring::{self, ScoreRange, Scorers};
use super::{cycle, prepared};

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

/// All feasible nodes with their sums; answers that pods share are kept in `shared`. None where the pod fits nowhere, waits for
/// something else than room, has extenders or nominations to go by, is narrowed down to some nodes, or a plugin fails.
pub fn find(framework: &Framework<'_>, cycle: Cycle<'_>, shared: &mut SharedAnswers) -> Option<Totals> {
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
    let feasible = feasible(&prepared.filters, cycle, shared)?;
    if feasible.is_empty() {
        return None;
    }
    let totals = totals(framework, cycle, &feasible, shared)?;
    let filters = |plugin: &&'static str| framework.filter.iter().any(|(other, _)| other == plugin);
    let reserving = framework.reserve.iter().map(|(plugin, _)| *plugin).filter(filters);
    let reserving = reserving.filter(|plugin| !prepared.skipped.contains(plugin)).collect();
    Some(Totals { nodes: feasible.iter().map(|node| node.id).zip(totals).collect(), reserving })
}

/// Nodes that no filter rejects; none where one fails.
fn feasible<'a>(filters: &FilterSet<'_>, cycle: Cycle<'a>, shared: &mut SharedAnswers) -> Option<Vec<&'a NodeInfo>> {
    let nodes = cycle.cluster.nodes();
    let mut admitted = vec![true; nodes.len()];
    let mut asked = Vec::new();
    for (plugin, filter) in filters.iter() {
        match shared.admitted(plugin, filter, cycle) {
            Some(known) => admitted.iter_mut().zip(known).for_each(|(admitted, known)| *admitted &= known),
            None => asked.push(filter),
        }
    }
    let judge = |(nodes, admitted): (&'a [NodeInfo], &[bool])| {
        let left = nodes.iter().zip(admitted).filter(|(_, admitted)| **admitted);
        let mut left: Vec<&NodeInfo> = left.map(|(node, _)| node).collect();
        asked.iter().try_for_each(|filter| filter.retain_admitted(&mut left))?;
        Some(left)
    };
    let blocks = nodes.par_chunks(BLOCK).zip(admitted.par_chunks(BLOCK)).with_min_len(BLOCKS);
    let judged = blocks.map(judge).collect::<Option<Vec<_>>>()?;
    Some(judged.into_iter().flatten().collect())
}

/// The sums of weighted scores, in step with `feasible`. None where a plugin fails or a score is out of range.
fn totals(
    framework: &Framework<'_>,
    cycle: Cycle<'_>,
    feasible: &[&NodeInfo],
    shared: &mut SharedAnswers,
) -> Option<Vec<i64>> {
    if framework.score.is_empty() {
        return Some(vec![1; feasible.len()]);
    }
    let Scorers { scorers, .. } = scoring::prepare(framework, cycle, feasible).ok()?;
    let mut totals = vec![0; feasible.len()];
    if scorers.is_empty() {
        return Some(totals);
    }
    // Of a block of nodes the scores by the first scorer, then those by the second, and so on.
    let mut scores = vec![0; feasible.len() * scorers.len()];
    let is_known = known(&scorers, cycle, feasible, shared, &mut scores);
    let ranges = feasible
        .par_chunks(BLOCK)
        .zip(scores.par_chunks_mut(BLOCK * scorers.len()))
        .with_min_len(BLOCKS)
        .map(|(nodes, scores)| raw_scores(&scorers, &is_known, nodes, scores))
        .try_reduce(Vec::new, |a, b| Some(wider(a, b)))?;
    let blocks = feasible.par_chunks(BLOCK).zip(scores.par_chunks_mut(BLOCK * scorers.len()));
    blocks
        .zip(totals.par_chunks_mut(BLOCK))
        .with_min_len(BLOCKS)
        .map(|((nodes, scores), totals)| add_up(&scorers, &ranges, nodes, scores, totals))
        .collect::<Option<()>>()?;
    Some(totals)
}

/// A plugin with its weight, as [`scoring::prepare`] gives it.
type Scorer<'a> = (&'static str, i64, Box<dyn NodeScorer + 'a>);

/// Puts down the raw scores that are known already; which scorers' are.
fn known(
    scorers: &[Scorer<'_>],
    cycle: Cycle<'_>,
    feasible: &[&NodeInfo],
    shared: &mut SharedAnswers,
    scores: &mut [i64],
) -> Vec<bool> {
    let each = scorers.iter().enumerate().map(|(place, (plugin, _, scorer))| {
        let Some(known) = shared.scores(plugin, &**scorer, cycle) else { return false };
        for (nodes, scores) in feasible.chunks(BLOCK).zip(scores.chunks_mut(BLOCK * scorers.len())) {
            let Some(scores) = scores.chunks_mut(nodes.len()).nth(place) else { continue };
            for (node, score) in nodes.iter().zip(scores) {
                *score = known.get(node.id.index()).copied().unwrap_or_default();
            }
        }
        true
    });
    each.collect()
}

/// The raw scores of a block of nodes, and by scorer their range.
fn raw_scores(
    scorers: &[Scorer<'_>],
    is_known: &[bool],
    nodes: &[&NodeInfo],
    scores: &mut [i64],
) -> Option<Vec<Option<ScoreRange>>> {
    scorers
        .iter()
        .zip(is_known)
        .zip(scores.chunks_mut(nodes.len()))
        .map(|(((_, _, scorer), is_known), scores)| {
            if !is_known {
                scorer.score_all(nodes, scores).ok()?;
            }
            Some(scorer.normalizer().and_then(|normalizer| normalizer.range(nodes, scores)))
        })
        .collect()
}

/// The ranges of two blocks as one, by scorer.
fn wider(a: Vec<Option<ScoreRange>>, b: Vec<Option<ScoreRange>>) -> Vec<Option<ScoreRange>> {
    if a.is_empty() {
        return b;
    }
    let ranges = a.into_iter().zip(b);
    ranges.map(|(a, b)| a.zip(b).map(|(a, b)| a.with(b)).or(a).or(b)).collect()
}

/// Normalizes the scores of a block, and adds them to its sums.
fn add_up(
    scorers: &[Scorer<'_>],
    ranges: &[Option<ScoreRange>],
    nodes: &[&NodeInfo],
    scores: &mut [i64],
    totals: &mut [i64],
) -> Option<()> {
    for (((_, weight, scorer), range), scores) in scorers.iter().zip(ranges).zip(scores.chunks_mut(nodes.len())) {
        if let Some(normalizer) = scorer.normalizer() {
            normalizer.normalize_all(nodes, scores, range.unwrap_or_default());
        }
        for (total, score) in totals.iter_mut().zip(scores) {
            if !(MIN_NODE_SCORE..=MAX_NODE_SCORE).contains(score) {
                return None;
            }
            *total += score.wrapping_mul(*weight);
        }
    }
    Some(())
}
