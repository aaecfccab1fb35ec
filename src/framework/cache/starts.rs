//! The best node from every starting point of a large cluster ([`crate::framework::sampling`]): the columns of a cycle
//! cache, of which one node after the other ceases to be feasible while another becomes so.

use rustc_hash::FxHashSet;

use crate::api::UpstreamError;
use crate::framework::context::Cycle;
use crate::framework::parallel_search::ParallelSearch;
use crate::framework::placement::Scores;
use crate::framework::plugin::{NodeScorer, Normalizer};
use crate::framework::profile::Framework;
use crate::framework::sampling::{Ring, Sampling};
use crate::framework::scoring;
use crate::state::{NodeId, NodeInfo};

use super::Common;
use super::column::ScoreColumn;
use super::plugin::{Incremental, IncrementalScorer};
use super::ranking::Ranking;

/// Which nodes would be chosen among `compared` of the `feasible` ones, whose scores among all of them are `scores`.
/// None where a plugin fails.
pub fn sample(
    framework: &Framework<'_>,
    cycle: Cycle<'_>,
    feasible: &[&NodeInfo],
    scores: &Scores,
    compared: usize,
) -> Option<Sampling> {
    let nodes = cycle.cluster.nodes();
    let mut is_feasible = vec![false; nodes.len()];
    for node in feasible {
        *is_feasible.get_mut(node.id.index())? = true;
    }
    let ring = Ring::new(cycle.cluster, |node| is_feasible.get(node.index()) == Some(&true));
    let mut columns = columns(framework, cycle, feasible, scores)?;
    let mut ranking = Ranking::new(nodes.len(), i64::from(framework.score.is_empty()));
    let mut common = Common::default();
    let mut starts = vec![0; nodes.len()];
    let mut in_window = vec![false; nodes.len()];
    for node in ring.windows(compared).next()?.nodes() {
        *in_window.get_mut(node.index())? = true;
    }
    // All nodes are feasible at first.
    let mut flipped: Vec<(&NodeInfo, bool)> = nodes
        .iter()
        .zip(&in_window)
        .filter(|(node, in_window)| !**in_window && ranking.set_feasible(node.id.index(), false))
        .map(|(node, _)| (node, false))
        .collect();
    for window in ring.windows(compared) {
        for column in &mut columns {
            column.refresh(cycle, &mut common, &flipped, &mut ranking).ok()?;
        }
        let best = ranking.best()?;
        for node in ranking.tied(best) {
            *starts.get_mut(node.index())? += window.starting_points();
        }
        let (first, next) = window.ends()?;
        ranking.set_feasible(first.index(), false);
        ranking.set_feasible(next.index(), true);
        flipped = vec![(cycle.cluster.node(first), false), (cycle.cluster.node(next), true)];
    }
    let possible = at_any_pace(framework, &ring, scores, compared, nodes.len());
    let starts = nodes.iter().zip(starts).filter(|(node, starts)| *starts > 0 || possible.contains(&node.id));
    Some(Sampling {
        nodes: nodes.len(),
        feasible: feasible.len(),
        compared,
        starts: starts.map(|(node, starts)| (node.name(), starts)).collect(),
        parallelism: framework.parallelism,
    })
}

/// Nodes that are chosen if the workers are as fast as it takes, by the totals among all feasible nodes.
fn at_any_pace(
    framework: &Framework<'_>,
    ring: &Ring,
    scores: &Scores,
    compared: usize,
    nodes: usize,
) -> FxHashSet<NodeId> {
    let mut totals: Vec<i64> = scores.nodes.iter().map(|(_, _, total)| *total).collect();
    totals.sort_unstable_by(|one, other| other.cmp(one));
    totals.dedup();
    let mut ranks = vec![0; nodes];
    for (node, _, total) in &scores.nodes {
        if let Some(rank) = ranks.get_mut(node.index()) {
            *rank = totals.partition_point(|better| better > total);
        }
    }
    let places = ring.by_place(|node| node);
    let ranks: Vec<Option<usize>> = places.iter().map(|node| ranks.get((*node)?.index()).copied()).collect();
    let search = ParallelSearch { ranks: &ranks, compared, parallelism: framework.parallelism };
    places.into_iter().zip(search.chosen()).filter_map(|(node, chosen)| node.filter(|_| chosen)).collect()
}

/// A column a plugin that scores. A plugin whose cycles cannot be cached scores each node by itself: its raw scores are
/// those that it gave among all feasible nodes.
fn columns<'a>(
    framework: &'a Framework<'_>,
    cycle: Cycle<'a>,
    feasible: &[&'a NodeInfo],
    scores: &Scores,
) -> Option<Vec<ScoreColumn<'a>>> {
    let nodes: Vec<&NodeInfo> = cycle.cluster.nodes().iter().collect();
    let mut plain = None;
    let mut columns = Vec::new();
    for (name, weight, _) in framework.score.iter().filter(|(name, ..)| !scores.skipped.contains(name)) {
        let plugin = framework.plugin(name)?;
        let incremental = plugin.incremental().map(|plugin| plugin.incremental_scorer(cycle, &nodes));
        let scorer: Box<dyn IncrementalScorer + 'a> = match incremental {
            Some(Incremental::Skip) => continue,
            Some(Incremental::Run(scorer)) => scorer,
            Some(Incremental::Uncached) | None => {
                if plain.is_none() {
                    plain = Some(scoring::prepare(framework, cycle, feasible).ok()?.scorers);
                }
                let plain = plain.as_mut()?;
                let (_, _, scorer) = plain.swap_remove(plain.iter().position(|(other, ..)| other == name)?);
                Box::new(Known::new(name, scorer, nodes.len(), scores))
            }
        };
        columns.push(ScoreColumn::new(name, scorer, *weight, nodes.len()));
    }
    Some(columns)
}

/// A scorer whose raw scores are known.
struct Known<'a> {
    /// By node; 0 for nodes that are not feasible.
    raw: Vec<i64>,
    scorer: Box<dyn NodeScorer + 'a>,
}

impl<'a> Known<'a> {
    fn new(plugin: &str, scorer: Box<dyn NodeScorer + 'a>, nodes: usize, scores: &Scores) -> Self {
        let mut raw = vec![0; nodes];
        for (node, plugins, _) in &scores.nodes {
            let score = plugins.iter().find(|score| score.plugin == plugin);
            if let (Some(raw), Some(score)) = (raw.get_mut(node.index()), score) {
                *raw = score.raw;
            }
        }
        Self { raw, scorer }
    }
}

impl NodeScorer for Known<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        Ok(self.raw.get(node.id.index()).copied().unwrap_or_default())
    }

    fn normalizer(&self) -> Option<&dyn Normalizer> {
        self.scorer.normalizer()
    }
}

impl IncrementalScorer for Known<'_> {}
