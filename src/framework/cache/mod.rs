//! The cycle cache: what the cycles of equal pods have in common, kept from one to the next.
//!
//! Pods of one template get the same verdict and the same scores, except where pods placed in the
//! meantime made a difference. A [`CycleCache`] keeps the prepared filters and scorers of one cycle, every
//! node's verdict and every plugin's raw scores in flat columns. A [`Change`] is reported to each filter and
//! scorer, which updates itself and marks nodes in its [`DirtySet`]; only those are evaluated again.
//! The filters and scorers are those of the plain cycle: there is no second implementation of a predicate
//! here. What they need beyond the plain traits is in [`IncrementalFilter`] and [`IncrementalScorer`].

mod column;
mod dirty_set;
mod extremes;
mod plugin;
mod ranking;
mod repeated;
mod shared;
mod starts;
mod table;

pub use dirty_set::{Change, DeviceReach, DirtySet, Topology};
pub use plugin::{Incremental, IncrementalFilter, IncrementalPlugin, IncrementalScorer};
pub use ranking::Best;
pub use repeated::{RepeatedScorer, mark_devices};
pub use shared::{BLOCK, BLOCKS, SharedAnswers, SharedKey};
pub use starts::sample;

use std::collections::HashMap;
use std::ops::Range;

use crate::state::{NodeId, NodeInfo};

use super::context::Cycle;
use super::not_evaluated::Notes;
use super::plugin::NodeFilter;
use super::profile::Framework;
use super::sampling::Ring;
use super::status::Code;

use column::ScoreColumn;
use ranking::Ranking;
use shared::admit;

/// One bit for each condition of a filter that a node does not meet.
type Rejections = u32;

/// The best of the nodes that are compared from some start.
pub struct BestFrom {
    /// Their sum of weighted scores.
    pub total: i64,
    /// The nodes that have it, in the order of the state.
    pub tied: Vec<NodeId>,
    /// Where the next cycle begins.
    pub next_start: usize,
}

/// What the caches of all classes have in common.
#[derive(Default)]
pub struct Common {
    topology: Topology,
    pub(crate) shared: SharedAnswers,
}

impl Common {
    /// A pod came to a node or left it.
    pub fn node_changed(&mut self, node: NodeId) {
        self.shared.node_changed(node);
    }
}

/// A cycle's filters and scorers with all their answers.
pub struct CycleCache<'a> {
    filters: Vec<CachedFilter<'a>>,
    columns: Vec<ScoreColumn<'a>>,
    /// By node.
    rejections: Vec<Rejections>,
    /// Whether nobody rejects a node, as the scorers know it, and the sums of weighted scores.
    ranking: Ranking,
    /// Plugins whose Reserve takes something on the node that the pod gets.
    reserving: Vec<&'static str>,
}

struct CachedFilter<'a> {
    plugin: &'static str,
    filter: Box<dyn IncrementalFilter + 'a>,
    dirty: DirtySet,
    /// The places in [`Rejections`] of its conditions.
    bits: Range<usize>,
}

impl<'a> CycleCache<'a> {
    /// Runs the cycle up to the scores, and caches it. None where something takes part that
    /// cannot be cached: a plugin that is not an [`IncrementalPlugin`] or refuses (claims of volumes or
    /// devices), an extender, a gate, a pod that is rejected before any node is looked at or that
    /// PreFilter narrows down to some nodes, an error.
    ///
    /// Pods nominated to nodes are not taken into account: use it only while there are none that
    /// the pod would have to yield to.
    pub fn new(framework: &Framework<'a>, cycle: Cycle<'_>, common: &mut Common) -> Option<Self> {
        let gated = || framework.pre_enqueue.iter().any(|(_, point)| point.pre_enqueue(cycle).is_err());
        if !framework.extenders.is_empty() || gated() {
            return None;
        }
        let filters = filters(framework, cycle)?;
        let nodes = cycle.cluster.nodes().len();
        let is_reserving =
            |filter: &&CachedFilter<'_>| framework.reserve.iter().any(|(name, _)| *name == filter.plugin);
        let reserving = filters.iter().filter(is_reserving).map(|filter| filter.plugin).collect();
        let mut cache = Self {
            filters,
            columns: columns(framework, cycle)?,
            rejections: vec![0; nodes],
            // Without any score plugin in the profile each total is 1.
            ranking: Ranking::new(nodes, i64::from(framework.score.is_empty())),
            reserving,
        };
        let rejected = cache.refilter(cycle, common)?;
        cache.refresh(cycle, common, rejected)?;
        Some(cache)
    }

    /// Brings everything up to date with `changes` of the state, in their order; `cycle` is that of the pod that is asked
    /// for next. None when a plugin fails: the cache must be thrown away then.
    pub fn update<'c>(
        &mut self,
        cycle: Cycle<'_>,
        common: &mut Common,
        changes: impl Iterator<Item = Change<'c>>,
    ) -> Option<()> {
        for change in changes {
            for CachedFilter { filter, dirty, .. } in &mut self.filters {
                filter.update(change, dirty);
            }
            for column in &mut self.columns {
                column.update(change);
            }
        }
        let changed = self.refilter(cycle, common)?;
        self.refresh(cycle, common, changed)
    }

    /// Plugins whose Reserve takes something on the node that the pod gets.
    pub fn reserving(&self) -> &[&'static str] {
        &self.reserving
    }

    /// Runs the filters again on dirty nodes; the nodes where an answer changed.
    fn refilter(&mut self, cycle: Cycle<'_>, common: &mut Common) -> Option<Vec<NodeId>> {
        let mut changed = Vec::new();
        let rejections = &mut self.rejections;
        let notes = Notes::default();
        let cycle = Cycle { notes: &notes, ..cycle };
        for filter in self.filters.iter_mut().filter(|filter| !filter.dirty.is_empty()) {
            filter.judge(cycle, common, |place, node, admitted| {
                let Some(rejections) = rejections.get_mut(node.index()) else { return };
                let after = (*rejections & !(1 << place)) | Rejections::from(!admitted) << place;
                if after != *rejections {
                    *rejections = after;
                    changed.push(node);
                }
            })?;
        }
        // A plain cycle would not have asked about each of these nodes.
        notes.take().is_empty().then_some(changed)
    }

    /// Reports to the scorers which of `nodes` have become feasible or ceased to be, and refreshes the totals.
    fn refresh(&mut self, cycle: Cycle<'_>, common: &mut Common, nodes: Vec<NodeId>) -> Option<()> {
        let mut flipped = Vec::new();
        for node in nodes {
            let Some(rejections) = self.rejections.get(node.index()) else { continue };
            let feasible = *rejections == 0;
            if self.ranking.set_feasible(node.index(), feasible) {
                flipped.push((cycle.cluster.node(node), feasible));
            }
        }
        for column in &mut self.columns {
            column.refresh(cycle, common, &flipped, &mut self.ranking).ok()?;
        }
        Some(())
    }

    /// How many nodes are feasible.
    pub fn feasible_nodes(&self) -> usize {
        self.ranking.feasible_nodes()
    }

    /// The best nodes; none when no node is feasible.
    pub fn best(&mut self) -> Option<Best> {
        self.ranking.best()
    }

    /// The best of the `compared` feasible nodes that kube-scheduler looks at from `start` on, where more are feasible
    /// ([`super::sampling`]). None when a plugin fails: the cache must be thrown away then.
    pub fn best_from(
        &mut self,
        cycle: Cycle<'_>,
        common: &mut Common,
        start: usize,
        compared: usize,
    ) -> Option<BestFrom> {
        let cluster = cycle.cluster;
        let feasible = self.ranking.feasible().to_vec();
        let ring = Ring::new(cluster, |node| feasible.get(node.index()) == Some(&true));
        let window = ring.window(start, compared);
        let next_start = window.next_start().unwrap_or(start);
        let mut left_out = feasible;
        for node in window.nodes() {
            *left_out.get_mut(node.index())? = false;
        }
        let left_out: Vec<&NodeInfo> =
            cluster.nodes().iter().zip(left_out).filter(|(_, left_out)| *left_out).map(|(node, _)| node).collect();
        self.set_feasible(cycle, common, &left_out, false)?;
        let best = self.ranking.best()?;
        let tied = self.ranking.tied(best).collect();
        self.set_feasible(cycle, common, &left_out, true)?;
        Some(BestFrom { total: best.total, tied, next_start })
    }

    fn set_feasible(
        &mut self,
        cycle: Cycle<'_>,
        common: &mut Common,
        nodes: &[&NodeInfo],
        feasible: bool,
    ) -> Option<()> {
        for node in nodes {
            self.ranking.set_feasible(node.id.index(), feasible);
        }
        let flipped: Vec<(&NodeInfo, bool)> = nodes.iter().map(|node| (*node, feasible)).collect();
        for column in &mut self.columns {
            column.refresh(cycle, common, &flipped, &mut self.ranking).ok()?;
        }
        Some(())
    }

    /// The feasible nodes with their sums of weighted scores, in the order of the state.
    pub fn feasible(&self) -> impl Iterator<Item = (NodeId, i64)> {
        self.ranking.feasible_totals()
    }

    /// The nodes tied with `best`, in the order of the state.
    pub fn tied(&self, best: Best) -> impl Iterator<Item = NodeId> {
        self.ranking.tied(best)
    }
}

impl CachedFilter<'_> {
    /// Judges the dirty nodes. `answer` hears the place of each condition's bit, a node, and whether that condition admits it.
    /// None where the filter fails.
    fn judge(
        &mut self,
        cycle: Cycle<'_>,
        common: &mut Common,
        mut answer: impl FnMut(usize, NodeId, bool),
    ) -> Option<()> {
        let Self { plugin, filter, dirty, bits } = self;
        let cluster = cycle.cluster;
        let now = filter.now(cycle);
        // What preparing it could not find out, the cycle that was cached has noted already.
        cycle.notes.take();
        let uniform_over = |part, common: &mut Common| common.topology.coarse(cluster, filter.uniform_over(part));
        if dirty.is_everything() && bits.len() == 1 && uniform_over(0, common).is_none() {
            let filter: &dyn NodeFilter = now.as_deref().unwrap_or(&**filter);
            let admitted = common.shared.admitted_or_asked(plugin, filter, cycle)?;
            for (node, admitted) in cluster.nodes().iter().zip(&*admitted) {
                answer(bits.start, node.id, *admitted);
            }
            dirty.clear();
            return Some(());
        }
        let is_one = bits.len() == 1;
        let mut outcome = Some(());
        for (part, place) in bits.clone().enumerate() {
            let ask = |nodes: &[&NodeInfo], admitted: &mut [bool]| match now.as_deref() {
                Some(now) => admit(now, nodes, admitted),
                None if is_one => admit(&**filter, nodes, admitted),
                None => admit_part(&**filter, part, nodes, admitted),
            };
            let uniform_over = uniform_over(part, common);
            let answer = |node, admitted| answer(place, node, admitted);
            outcome = outcome.and(dirty.ask_again(cluster, &mut common.topology, uniform_over, ask, answer));
        }
        dirty.clear();
        outcome
    }
}

/// Which of `nodes` one condition of a filter admits; none where it fails.
fn admit_part(
    filter: &(dyn IncrementalFilter + '_),
    part: usize,
    nodes: &[&NodeInfo],
    admitted: &mut [bool],
) -> Option<()> {
    for (node, admitted) in nodes.iter().zip(admitted) {
        *admitted = match filter.filter_part(part, node) {
            Err(rejection) if rejection.code == Code::Error => return None,
            verdict => verdict.is_ok(),
        };
    }
    Some(())
}

/// The filters in the order of the Filter point, if all of them can be cached.
fn filters<'a>(framework: &Framework<'a>, cycle: Cycle<'_>) -> Option<Vec<CachedFilter<'a>>> {
    let mut ready: HashMap<&'static str, Incremental<Box<dyn IncrementalFilter + 'a>>> = HashMap::new();
    for (plugin, _) in &framework.pre_filter {
        match framework.plugin(plugin)?.incremental()?.incremental_filter(cycle) {
            Incremental::Uncached => return None,
            given => ready.insert(plugin, given),
        };
    }
    let mut filters = Vec::new();
    let mut bits = 0..0;
    for (name, _) in &framework.filter {
        let given = if let Some(given) = ready.remove(name) {
            given
        } else {
            let plugin = framework.plugin(name)?;
            if plugin.pre_filter().is_some() {
                return None; // the profile took it out of PreFilter only
            }
            plugin.incremental()?.incremental_filter(cycle)
        };
        let filter = match given {
            Incremental::Uncached => return None,
            Incremental::Skip => continue,
            Incremental::Run(filter) => filter,
        };
        // Reserve changes what a pod takes beside the node's resources.
        if !filter.hears_of_reserve() && framework.reserve.iter().any(|(other, _)| other == name) {
            return None;
        }
        bits = bits.end..bits.end + filter.parts();
        filters.push(CachedFilter { plugin: name, filter, dirty: DirtySet::full(), bits: bits.clone() });
    }
    (bits.end <= Rejections::BITS as usize).then_some(filters)
}

/// The columns of the scorers, if all of them can be cached.
fn columns<'a>(framework: &Framework<'a>, cycle: Cycle<'_>) -> Option<Vec<ScoreColumn<'a>>> {
    if framework.score.is_empty() {
        return Some(Vec::new());
    }
    let nodes: Vec<&NodeInfo> = cycle.cluster.nodes().iter().collect();
    let mut ready: HashMap<&'static str, Incremental<Box<dyn IncrementalScorer + 'a>>> = HashMap::new();
    for (plugin, _) in &framework.pre_score {
        match framework.plugin(plugin)?.incremental()?.incremental_scorer(cycle, &nodes) {
            Incremental::Uncached => return None,
            given => ready.insert(plugin, given),
        };
    }
    let mut columns = Vec::new();
    for (name, weight, _) in &framework.score {
        let given = if let Some(given) = ready.remove(name) {
            given
        } else {
            let plugin = framework.plugin(name)?;
            if plugin.pre_score().is_some() {
                return None; // the profile took it out of PreScore only
            }
            plugin.incremental()?.incremental_scorer(cycle, &nodes)
        };
        match given {
            Incremental::Uncached => return None,
            Incremental::Skip => {}
            Incremental::Run(scorer) => columns.push(ScoreColumn::new(name, scorer, *weight, nodes.len())),
        }
    }
    Some(columns)
}
