//! The scores of one plugin, a column over all nodes.

use rayon::prelude::*;

use crate::framework::plugin::{MAX_NODE_SCORE, MIN_NODE_SCORE, NodeScorer};
use crate::state::{Cluster, NodeId, NodeInfo};

use super::extremes::Extremes;
use super::ranking::Ranking;
use super::table::Table;
use super::touched::{Change, Topology, Touched};

/// A scorer with what it said of every node.
pub(super) struct Column<'a> {
    weight: i64,
    scorer: Box<dyn NodeScorer + 'a>,
    touched: Touched,
    raw: Vec<i64>,
    /// Raw scores brought into 0 to 100. Of infeasible nodes too, where they mean nothing.
    normalized: Vec<i64>,
    /// Nodes whose raw score is another since they were normalized.
    stale: Vec<usize>,
    /// How many normalized scores, infeasible nodes' among them, are outside 0 to 100.
    outside: usize,
    /// Nodes that take part, and their range as far as they are feasible; none where the plugin
    /// does not normalize.
    range: Option<(Vec<bool>, Extremes)>,
    table: Table,
}

/// The scorer failed, or gave a node what no score can be: the plain cycle has the words for it.
pub(super) struct Failed;

impl<'a> Column<'a> {
    /// Asks `scorer`, prepared with all nodes feasible, about every node. None if it fails.
    pub(super) fn new(scorer: Box<dyn NodeScorer + 'a>, weight: i64, cluster: &Cluster) -> Option<Self> {
        let nodes = cluster.nodes();
        let raw: Vec<i64> = nodes.par_iter().map(|node| scorer.score(node)).collect::<Result<_, _>>().ok()?;
        let range = scorer.normalizer().map(|normalizer| {
            let takes_part: Vec<bool> = nodes.iter().map(|node| normalizer.takes_part(node)).collect();
            let counted = raw.iter().zip(&takes_part).filter(|(_, takes_part)| **takes_part);
            let extremes = Extremes::of(counted.map(|(raw, _)| *raw));
            (takes_part, extremes)
        });
        Some(Self {
            weight,
            scorer,
            touched: Touched::default(),
            normalized: vec![0; raw.len()],
            stale: (0..raw.len()).collect(),
            outside: 0,
            raw,
            range,
            table: Table::default(),
        })
    }

    /// Tells the scorer of a change.
    pub(super) fn follow(&mut self, change: Change<'_>) {
        self.scorer.follow(change, &mut self.touched);
    }

    /// Asks again about what was touched, and adds to each total what is more than before. The
    /// `flipped` nodes are in `ranking` as they are now.
    pub(super) fn mend(
        &mut self,
        cluster: &Cluster,
        topology: &mut Topology,
        flipped: &[(&NodeInfo, bool)],
        ranking: &mut Ranking,
    ) -> Result<(), Failed> {
        if !flipped.is_empty() {
            self.scorer.set_feasible(flipped, &mut self.touched);
            self.count(flipped);
        }
        self.ask_again(cluster, topology, ranking.feasible())?;
        self.normalize(ranking);
        let feasible = || self.normalized.iter().zip(ranking.feasible()).filter(|(_, feasible)| **feasible);
        if self.outside > 0 && feasible().any(|(score, _)| is_outside(*score)) {
            return Err(Failed);
        }
        Ok(())
    }

    /// Counts the raw scores of nodes that joined into the range, and those of others out of it.
    fn count(&mut self, flipped: &[(&NodeInfo, bool)]) {
        let Some((takes_part, extremes)) = &mut self.range else { return };
        for (node, feasible) in flipped {
            let index = node.id.index();
            if let (Some(true), Some(raw)) = (takes_part.get(index), self.raw.get(index)) {
                if *feasible { extremes.add(*raw) } else { extremes.remove(*raw) }
            }
        }
    }

    fn ask_again(&mut self, cluster: &Cluster, topology: &mut Topology, feasible: &[bool]) -> Result<(), Failed> {
        let Self { scorer, touched, raw, stale, range, .. } = self;
        let mut outcome = Ok(());
        touched.each(cluster, topology, scorer.alike(), |nodes: &[NodeId]| {
            let Some(first) = nodes.first() else { return };
            let Ok(score) = scorer.score(cluster.node(*first)) else {
                outcome = Err(Failed);
                return;
            };
            for index in nodes.iter().map(|node| node.index()) {
                let Some(raw) = raw.get_mut(index).filter(|raw| **raw != score) else { continue };
                if let Some((takes_part, extremes)) = range
                    && takes_part.get(index) == Some(&true)
                    && feasible.get(index) == Some(&true)
                {
                    extremes.remove(*raw);
                    extremes.add(score);
                }
                *raw = score;
                stale.push(index);
            }
        });
        touched.clear();
        outcome
    }

    /// Normalizes what is stale: all of it where the range is another.
    fn normalize(&mut self, ranking: &mut Ranking) {
        let Self { scorer, raw, normalized, stale, outside, range, table, weight, .. } = self;
        // Makes a node's score another; what that adds to its total.
        let mut set = |normalized: &mut i64, score: i64| {
            let before = std::mem::replace(normalized, score);
            *outside = *outside + usize::from(is_outside(score)) - usize::from(is_outside(before));
            score.wrapping_sub(before).wrapping_mul(*weight)
        };
        let (Some((takes_part, extremes)), Some(normalizer)) = (range, scorer.normalizer()) else {
            for index in stale.drain(..) {
                if let (Some(raw), Some(normalized)) = (raw.get(index), normalized.get_mut(index)) {
                    ranking.add(index, set(normalized, *raw));
                }
            }
            return;
        };
        if extremes.are_lost() {
            let counted = raw.iter().zip(ranking.feasible()).zip(takes_part.iter()).filter(|((_, f), t)| **f && **t);
            *extremes = Extremes::of(counted.map(|((raw, _), _)| *raw));
        }
        let is_another = table.prepare(normalizer, extremes.range());
        let of =
            |raw: i64, takes_part: bool| if takes_part { table.normalize(normalizer, raw) } else { MIN_NODE_SCORE };
        if is_another {
            stale.clear();
            let nodes = raw.iter().zip(takes_part.iter()).zip(&mut *normalized).zip(ranking.totals_mut());
            for (((raw, takes_part), normalized), total) in nodes {
                *total = total.wrapping_add(set(normalized, of(*raw, *takes_part)));
            }
        }
        for index in stale.drain(..) {
            if let (Some(raw), Some(takes_part), Some(normalized)) =
                (raw.get(index), takes_part.get(index), normalized.get_mut(index))
            {
                ranking.add(index, set(normalized, of(*raw, *takes_part)));
            }
        }
    }
}

fn is_outside(score: i64) -> bool {
    !(MIN_NODE_SCORE..=MAX_NODE_SCORE).contains(&score)
}
