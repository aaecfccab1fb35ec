//! The scores of one plugin, a column over all nodes.

use crate::api::Name;
use crate::framework::context::Cycle;
use crate::framework::not_evaluated::Notes;
use crate::framework::plugin::{MAX_NODE_SCORE, MIN_NODE_SCORE, NodeScorer, Normalizer, takes_part};
use crate::state::{NodeId, NodeInfo};

use super::Common;
use super::dirty_set::{Change, DirtySet, Topology};
use super::extremes::Extremes;
use super::plugin::IncrementalScorer;
use super::ranking::Ranking;
use super::shared::{SharedAnswers, every};
use super::table::Table;

/// A scorer with its score of every node.
pub(super) struct ScoreColumn<'a> {
    plugin: &'static str,
    weight: i64,
    scorer: Box<dyn IncrementalScorer + 'a>,
    dirty: DirtySet,
    raw: Vec<i64>,
    /// Raw scores brought into 0 to 100. Of infeasible nodes too, where they mean nothing.
    normalized: Vec<i64>,
    stale: Stale,
    /// How many normalized scores, infeasible nodes' among them, are outside 0 to 100.
    outside: usize,
    /// The range of the feasible nodes that take part; none where the plugin does not normalize.
    range: Option<Extremes>,
    table: Table,
}

/// Nodes whose raw score has changed since it was normalized.
enum Stale {
    Every,
    These(Vec<usize>),
}

impl Stale {
    fn add(&mut self, index: usize) {
        if let Self::These(stale) = self {
            stale.push(index);
        }
    }
}

/// The scorer failed, or a score is out of range: a plain cycle gives the error's text.
pub(super) struct Failed;

impl<'a> ScoreColumn<'a> {
    /// Of `plugin`'s scorer, prepared with all `nodes` feasible. It is asked by [`ScoreColumn::refresh`].
    pub(super) fn new(
        plugin: &'static str,
        scorer: Box<dyn IncrementalScorer + 'a>,
        weight: i64,
        nodes: usize,
    ) -> Self {
        Self {
            plugin,
            weight,
            dirty: DirtySet::full(),
            raw: vec![0; nodes],
            normalized: vec![0; nodes],
            stale: Stale::Every,
            outside: 0,
            range: scorer.normalizer().map(|_| Extremes::unknown()),
            table: Table::default(),
            scorer,
        }
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
        common: &mut Common,
        flipped: &[(&NodeInfo, bool)],
        ranking: &mut Ranking,
    ) -> Result<(), Failed> {
        if !flipped.is_empty() {
            self.scorer.set_feasible(flipped, &mut self.dirty);
            self.count(flipped);
        }
        self.rescore(cycle, common, ranking.feasible())?;
        self.normalize(ranking);
        let feasible = || self.normalized.iter().zip(ranking.feasible()).filter(|(_, feasible)| **feasible);
        if self.outside > 0 && feasible().any(|(score, _)| is_outside(*score)) {
            return Err(Failed);
        }
        Ok(())
    }

    /// Counts raw scores into the range for nodes that became feasible, and out of it for the others.
    fn count(&mut self, flipped: &[(&NodeInfo, bool)]) {
        let Some(extremes) = &mut self.range else { return };
        let left_out = self.scorer.normalizer().and_then(Normalizer::left_out);
        for (node, feasible) in flipped {
            if let (true, Some(raw)) = (takes_part(left_out, node.id), self.raw.get(node.id.index())) {
                if *feasible { extremes.add(*raw) } else { extremes.remove(*raw) }
            }
        }
    }

    fn rescore(&mut self, cycle: Cycle<'_>, common: &mut Common, feasible: &[bool]) -> Result<(), Failed> {
        if self.dirty.is_empty() {
            return Ok(());
        }
        let notes = Notes::default();
        let cycle = Cycle { notes: &notes, ..cycle };
        let uniform_over = common.topology.coarse(cycle.cluster, self.scorer.uniform_over());
        let outcome = if self.dirty.is_everything() && uniform_over.is_none() {
            self.score_every(cycle, &mut common.shared)
        } else {
            self.score_dirty(cycle, &mut common.topology, uniform_over, feasible)
        };
        self.dirty.clear();
        // A plain cycle would not have asked about each of these nodes.
        if notes.take().is_empty() { outcome } else { Err(Failed) }
    }

    fn score_every(&mut self, cycle: Cycle<'_>, shared: &mut SharedAnswers) -> Result<(), Failed> {
        let Self { plugin, scorer, raw, .. } = self;
        let nodes = cycle.cluster.nodes();
        let now = now(&**scorer, cycle);
        let scorer: &dyn NodeScorer = now.as_deref().unwrap_or(&**scorer);
        let asked = match shared.scores(plugin, scorer, cycle) {
            Some(scores) => {
                raw.copy_from_slice(scores);
                Some(())
            }
            None => every(nodes, raw, &|nodes, scores| scorer.score_all(nodes, scores).ok()),
        };
        self.stale = Stale::Every;
        self.range = self.range.take().map(|_| Extremes::unknown());
        asked.ok_or(Failed)
    }

    fn score_dirty(
        &mut self,
        cycle: Cycle<'_>,
        topology: &mut Topology,
        uniform_over: Option<Name>,
        feasible: &[bool],
    ) -> Result<(), Failed> {
        let Self { scorer, dirty, raw, stale, range, .. } = self;
        let left_out = scorer.normalizer().and_then(Normalizer::left_out);
        let now = now(&**scorer, cycle);
        let scorer: &dyn NodeScorer = now.as_deref().unwrap_or(&**scorer);
        let set = |node: NodeId, score: i64| {
            let index = node.index();
            let Some(raw) = raw.get_mut(index).filter(|raw| **raw != score) else { return };
            if let Some(extremes) = range
                && takes_part(left_out, node)
                && feasible.get(index) == Some(&true)
            {
                extremes.remove(*raw);
                extremes.add(score);
            }
            *raw = score;
            stale.add(index);
        };
        let ask = |nodes: &[&NodeInfo], scores: &mut [i64]| scorer.score_all(nodes, scores).ok();
        dirty.ask_again(cycle.cluster, topology, uniform_over, ask, set).ok_or(Failed)
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
        let normalizer = scorer.normalizer();
        let left_out = normalizer.and_then(Normalizer::left_out);
        if let (Some(extremes), Some(normalizer)) = (range, normalizer) {
            if extremes.are_lost() {
                let nodes = raw.iter().zip(ranking.feasible()).enumerate();
                let counted =
                    nodes.filter(|(index, (_, feasible))| **feasible && takes_part(left_out, NodeId(*index as u32)));
                *extremes = Extremes::of(counted.map(|(_, (raw, _))| *raw));
            }
            if table.prepare(normalizer, extremes.range()) {
                *stale = Stale::Every;
            }
        }
        let of = |raw: i64, index: usize| match normalizer {
            None => raw,
            Some(normalizer) if takes_part(left_out, NodeId(index as u32)) => table.normalize(normalizer, raw),
            Some(_) => MIN_NODE_SCORE,
        };
        match std::mem::replace(stale, Stale::These(Vec::new())) {
            Stale::Every => {
                let nodes = raw.iter().zip(&mut *normalized).zip(ranking.totals_mut()).enumerate();
                for (index, ((raw, normalized), total)) in nodes {
                    *total = total.wrapping_add(set(normalized, of(*raw, index)));
                }
            }
            Stale::These(indexes) => {
                for index in indexes {
                    if let (Some(raw), Some(normalized)) = (raw.get(index), normalized.get_mut(index)) {
                        ranking.add(index, set(normalized, of(*raw, index)));
                    }
                }
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

fn is_outside(score: i64) -> bool {
    !(MIN_NODE_SCORE..=MAX_NODE_SCORE).contains(&score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::requests::RequestGates;
    use crate::api::{ObjectKey, Timestamp, UpstreamError, name};
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
        let mut column = ScoreColumn::new("Fixed", Box::new(Fixed(score)), 3, 1);
        let refreshed = column.refresh(cycle, &mut Common::default(), &[], &mut ranking);
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
