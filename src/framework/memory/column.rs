//! The scores of one plugin, a column over all nodes.

use rayon::prelude::*;

use crate::cluster::{Cluster, NodeId, NodeInfo};
use crate::framework::plugin::{MAX_NODE_SCORE, MIN_NODE_SCORE, NodeScorer};

use super::extremes::Extremes;
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
    /// `flipped` nodes are in `feasible` as they are now.
    pub(super) fn mend(
        &mut self,
        cluster: &Cluster,
        topology: &mut Topology,
        flipped: &[(&NodeInfo, bool)],
        feasible: &[bool],
        totals: &mut [i64],
    ) -> Result<(), Failed> {
        if !flipped.is_empty() {
            self.scorer.set_feasible(flipped, &mut self.touched);
            self.count(flipped);
        }
        self.ask_again(cluster, topology, feasible)?;
        self.normalize(feasible, totals);
        let asked = self.stale.drain(..).chain(flipped.iter().map(|(node, _)| node.id.index()));
        let scores = &self.normalized;
        let mut asked = asked.filter(|index| feasible.get(*index) == Some(&true)).filter_map(|index| scores.get(index));
        if asked.all(|score| (MIN_NODE_SCORE..=MAX_NODE_SCORE).contains(score)) { Ok(()) } else { Err(Failed) }
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
    fn normalize(&mut self, feasible: &[bool], totals: &mut [i64]) {
        let Self { scorer, raw, normalized, stale, range, table, weight, .. } = self;
        let mut set = |index: usize, score: i64| {
            if let (Some(normalized), Some(total)) = (normalized.get_mut(index), totals.get_mut(index)) {
                *total = total.wrapping_add(score.wrapping_sub(*normalized).wrapping_mul(*weight));
                *normalized = score;
            }
        };
        let (Some((takes_part, extremes)), Some(normalizer)) = (range, scorer.normalizer()) else {
            for index in stale.iter() {
                set(*index, raw.get(*index).copied().unwrap_or_default());
            }
            return;
        };
        if extremes.are_lost() {
            let counted = raw.iter().zip(feasible).zip(takes_part.iter()).filter(|((_, f), t)| **f && **t);
            *extremes = Extremes::of(counted.map(|((raw, _), _)| *raw));
        }
        if table.prepare(normalizer, extremes.range()) {
            stale.clear();
            stale.extend(0..raw.len());
        }
        for index in stale.iter() {
            let score = match (raw.get(*index), takes_part.get(*index)) {
                (Some(raw), Some(true)) => table.normalize(normalizer, *raw),
                _ => MIN_NODE_SCORE,
            };
            set(*index, score);
        }
    }
}
