//! The scores of one plugin, a column over all nodes.

use rayon::prelude::*;

use crate::api::UpstreamError;
use crate::framework::context::Cycle;
use crate::framework::not_evaluated::Notes;
use crate::framework::plugin::{MAX_NODE_SCORE, MIN_NODE_SCORE, NodeScorer};
use crate::state::{NodeId, NodeInfo};

use super::dirty_set::{Change, DirtySet, Topology};
use super::extremes::Extremes;
use super::plugin::IncrementalScorer;
use super::ranking::Ranking;
use super::table::Table;

/// A scorer with its score of every node.
pub(super) struct ScoreColumn<'a> {
    weight: i64,
    scorer: Box<dyn IncrementalScorer + 'a>,
    dirty: DirtySet,
    raw: Vec<i64>,
    /// Raw scores brought into 0 to 100. Of infeasible nodes too, where they mean nothing.
    normalized: Vec<i64>,
    /// Nodes whose raw score has changed since it was normalized.
    stale: Vec<usize>,
    /// How many normalized scores, infeasible nodes' among them, are outside 0 to 100.
    outside: usize,
    /// Nodes that take part, and their range as far as they are feasible; none where the plugin
    /// does not normalize.
    range: Option<(Vec<bool>, Extremes)>,
    table: Table,
}

/// The scorer failed, or a score is out of range: a plain cycle gives the error's text.
pub(super) struct Failed;

impl<'a> ScoreColumn<'a> {
    /// Asks `scorer`, prepared with all nodes feasible, about every node. None if it fails.
    pub(super) fn new(scorer: Box<dyn IncrementalScorer + 'a>, weight: i64, cycle: Cycle<'_>) -> Option<Self> {
        let nodes = cycle.cluster.nodes();
        let notes = Notes::default();
        let now = now(&*scorer, Cycle { notes: &notes, ..cycle });
        let score = |node| score(&*scorer, now.as_deref(), node);
        let raw: Vec<i64> = nodes.par_iter().map(score).collect::<Result<_, _>>().ok()?;
        drop(now);
        // A plain cycle would not have asked about each of these nodes.
        if !notes.take().is_empty() {
            return None;
        }
        let range = scorer.normalizer().map(|normalizer| {
            let takes_part: Vec<bool> = nodes.iter().map(|node| normalizer.takes_part(node)).collect();
            let counted = raw.iter().zip(&takes_part).filter(|(_, takes_part)| **takes_part);
            let extremes = Extremes::of(counted.map(|(raw, _)| *raw));
            (takes_part, extremes)
        });
        Some(Self {
            weight,
            scorer,
            dirty: DirtySet::default(),
            normalized: vec![0; raw.len()],
            stale: (0..raw.len()).collect(),
            outside: 0,
            raw,
            range,
            table: Table::default(),
        })
    }

    /// Reports a change to the scorer.
    pub(super) fn update(&mut self, change: Change<'_>) {
        self.scorer.update(change, &mut self.dirty);
    }

    /// Scores dirty nodes again, and adds the difference to each total. The `flipped` nodes are in
    /// `ranking` as they are now.
    pub(super) fn refresh(
        &mut self,
        cycle: Cycle<'_>,
        topology: &mut Topology,
        flipped: &[(&NodeInfo, bool)],
        ranking: &mut Ranking,
    ) -> Result<(), Failed> {
        if !flipped.is_empty() {
            self.scorer.set_feasible(flipped, &mut self.dirty);
            self.count(flipped);
        }
        self.rescore(cycle, topology, ranking.feasible())?;
        self.normalize(ranking);
        let feasible = || self.normalized.iter().zip(ranking.feasible()).filter(|(_, feasible)| **feasible);
        if self.outside > 0 && feasible().any(|(score, _)| is_outside(*score)) {
            return Err(Failed);
        }
        Ok(())
    }

    /// Counts raw scores into the range for nodes that became feasible, and out of it for the others.
    fn count(&mut self, flipped: &[(&NodeInfo, bool)]) {
        let Some((takes_part, extremes)) = &mut self.range else { return };
        for (node, feasible) in flipped {
            let index = node.id.index();
            if let (Some(true), Some(raw)) = (takes_part.get(index), self.raw.get(index)) {
                if *feasible { extremes.add(*raw) } else { extremes.remove(*raw) }
            }
        }
    }

    fn rescore(&mut self, cycle: Cycle<'_>, topology: &mut Topology, feasible: &[bool]) -> Result<(), Failed> {
        let Self { scorer, dirty, raw, stale, range, .. } = self;
        if dirty.is_empty() {
            return Ok(());
        }
        let cluster = cycle.cluster;
        let notes = Notes::default();
        let now = now(&**scorer, Cycle { notes: &notes, ..cycle });
        let mut outcome = Ok(());
        dirty.each(cluster, topology, scorer.uniform_over(), |nodes: &[NodeId]| {
            let Some(first) = nodes.first() else { return };
            let Ok(score) = score(&**scorer, now.as_deref(), cluster.node(*first)) else {
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
        dirty.clear();
        drop(now);
        if notes.take().is_empty() { outcome } else { Err(Failed) }
    }

    /// Normalizes what is stale: everything where the range has changed.
    fn normalize(&mut self, ranking: &mut Ranking) {
        let Self { scorer, raw, normalized, stale, outside, range, table, weight, .. } = self;
        // Sets a node's score; returns what that adds to its total.
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
        let range_changed = table.prepare(normalizer, extremes.range());
        let of =
            |raw: i64, takes_part: bool| if takes_part { table.normalize(normalizer, raw) } else { MIN_NODE_SCORE };
        if range_changed {
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

/// [`IncrementalScorer::now`]. What preparing it could not find out, the cycle that was cached has noted already.
fn now<'c>(scorer: &'c (dyn IncrementalScorer + '_), cycle: Cycle<'c>) -> Option<Box<dyn NodeScorer + 'c>> {
    let now = scorer.now(cycle);
    cycle.notes.take();
    now
}

fn score(
    scorer: &(dyn IncrementalScorer + '_),
    now: Option<&(dyn NodeScorer + '_)>,
    node: &NodeInfo,
) -> Result<i64, UpstreamError> {
    match now {
        Some(now) => now.score(node),
        None => scorer.score(node),
    }
}

fn is_outside(score: i64) -> bool {
    !(MIN_NODE_SCORE..=MAX_NODE_SCORE).contains(&score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::requests::RequestGates;
    use crate::api::{ObjectKey, Timestamp, name};
    use crate::config::Behaviour;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    struct Fixed(i64);

    impl NodeScorer for Fixed {
        fn score(&self, _node: &NodeInfo) -> Result<i64, UpstreamError> {
            Ok(self.0)
        }
    }

    impl IncrementalScorer for Fixed {}

    /// The best total of one node with this score and a weight of 3; an error for a score out of range.
    #[track_caller]
    fn case(score: i64, is_feasible: bool, expected: Result<Option<i64>, ()>) {
        let mut builder = ClusterBuilder::default();
        builder.add(Object::decode(Kind::Node, br#"{"metadata": {"name": "a"}}"#).unwrap().0);
        builder.add(Object::decode(Kind::Pod, br#"{"metadata": {"name": "p", "namespace": "n"}}"#).unwrap().0);
        let cluster = builder.build(RequestGates::OFF);
        let (behaviour, notes) = (Behaviour::default(), Notes::default());
        let pod = cluster.pod_named(ObjectKey::new(name("n"), name("p"))).unwrap();
        let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let mut ranking = Ranking::new(1, 0);
        ranking.set_feasible(0, is_feasible);
        let mut column = ScoreColumn::new(Box::new(Fixed(score)), 3, cycle).unwrap();
        let refreshed = column.refresh(cycle, &mut Topology::default(), &[], &mut ranking);
        let found = refreshed.map(|()| ranking.best().map(|best| best.total)).map_err(|Failed| ());
        assert_eq!(found, expected, "{score}");
    }

    #[test]
    fn a_feasible_node_with_a_score_out_of_range_is_an_error() {
        case(0, true, Ok(Some(0)));
        case(100, true, Ok(Some(300)));
        case(101, true, Err(()));
        case(-1, true, Err(()));
        case(101, false, Ok(None));
    }
}
