//! What the cycles of like pods have in common, kept from one to the next.
//!
//! Pods of one template get the same verdict and the same scores, but for what the pods placed
//! in the meantime have changed. A [`Memory`] keeps the prepared filters and scorers of one
//! cycle, every node's verdict and every plugin's raw scores in flat columns. Told of a
//! [`Change`], each filter and each scorer brings itself up to date and says what that [`Touched`];
//! only there they are asked again. They are the very filters and scorers of the plain cycle:
//! there is no second predicate here, only a memory of the first one's answers.

mod column;
mod extremes;
mod ranking;
mod table;
mod touched;

pub use ranking::Best;
pub use touched::{Change, Topology, Touched};

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::state::{Cluster, NodeId, NodeInfo};

use super::cycle::Cycle;
use super::plugin::{NodeFilter, NodeScorer, PreFilter, PreScore};
use super::profile::Framework;
use super::status::{Code, Rejection};

use column::Column;
use ranking::Ranking;

/// One bit for each condition of a filter that a node does not meet.
type Rejections = u32;

/// A cycle's filters and scorers with all they have said.
pub struct Memory<'a> {
    filters: Vec<Remembered<'a>>,
    columns: Vec<Column<'a>>,
    /// By node.
    rejections: Vec<Rejections>,
    /// Whether nobody rejects a node, as the scorers know it, and the sums of weighted scores.
    ranking: Ranking,
}

struct Remembered<'a> {
    filter: Box<dyn NodeFilter + 'a>,
    touched: Touched,
    /// The places in [`Rejections`] of its conditions.
    bits: Range<usize>,
}

impl<'a> Memory<'a> {
    /// Runs the cycle up to the scores, to remember it. None where something takes part that
    /// cannot be remembered: a plugin that answers for itself (volumes, devices), an extender, a
    /// gate, a pod that is turned away before any node is looked at or that can have some nodes
    /// only, an error.
    ///
    /// Pods nominated to nodes are not looked at: it must be asked only while there are none that
    /// the pod would have to yield to.
    pub fn new(framework: &Framework<'a>, cycle: Cycle<'_>) -> Option<Self> {
        let gated = || framework.pre_enqueue.iter().any(|(_, point)| point.pre_enqueue(cycle).is_err());
        if !framework.extenders.is_empty() || gated() {
            return None;
        }
        let filters = filters(framework, cycle)?;
        let nodes = cycle.cluster.nodes();
        let judge = |node: &NodeInfo| filters.iter().map(|filter| filter.judge(node)).sum::<Option<Rejections>>();
        let rejections: Vec<Rejections> = nodes.par_iter().map(judge).collect::<Option<_>>()?;
        let mut memory = Self {
            filters,
            columns: columns(framework, cycle)?,
            rejections,
            // Without any score plugin in the profile each total is 1.
            ranking: Ranking::new(nodes.len(), i64::from(framework.score.is_empty())),
        };
        memory.mend(cycle.cluster, &mut Topology::default(), nodes.iter().map(|node| node.id).collect())?;
        Some(memory)
    }

    /// Brings everything up to date with `changes` of the state, in their order. None when a
    /// plugin fails: the memory is worth nothing then.
    pub fn follow<'c>(
        &mut self,
        cluster: &Cluster,
        topology: &mut Topology,
        changes: impl Iterator<Item = Change<'c>>,
    ) -> Option<()> {
        for change in changes {
            for Remembered { filter, touched, .. } in &mut self.filters {
                filter.follow(change, touched);
            }
            for column in &mut self.columns {
                column.follow(change);
            }
        }
        let asked = self.ask_again(cluster, topology)?;
        self.mend(cluster, topology, asked)
    }

    /// Asks the filters again where they were touched; the nodes where one said something new.
    fn ask_again(&mut self, cluster: &Cluster, topology: &mut Topology) -> Option<Vec<NodeId>> {
        let mut changed = Vec::new();
        let mut outcome = Some(());
        let rejections = &mut self.rejections;
        for Remembered { filter, touched, bits } in &mut self.filters {
            for (part, place) in bits.clone().enumerate() {
                touched.each(cluster, topology, filter.alike(part), |nodes: &[NodeId]| {
                    let Some(first) = nodes.first() else { return };
                    let Some(bit) = bit(filter.filter_part(part, cluster.node(*first)), place) else {
                        outcome = None;
                        return;
                    };
                    for node in nodes {
                        let Some(rejections) = rejections.get_mut(node.index()) else { continue };
                        let after = (*rejections & !(1 << place)) | bit;
                        if after != *rejections {
                            *rejections = after;
                            changed.push(*node);
                        }
                    }
                });
            }
            touched.clear();
        }
        outcome.map(|()| changed)
    }

    /// Tells the scorers which of `nodes` have become feasible or ceased to be, and mends the totals.
    fn mend(&mut self, cluster: &Cluster, topology: &mut Topology, nodes: Vec<NodeId>) -> Option<()> {
        let mut flipped = Vec::new();
        for node in nodes {
            let Some(rejections) = self.rejections.get(node.index()) else { continue };
            let feasible = *rejections == 0;
            if self.ranking.set_feasible(node.index(), feasible) {
                flipped.push((cluster.node(node), feasible));
            }
        }
        for column in &mut self.columns {
            column.mend(cluster, topology, &flipped, &mut self.ranking).ok()?;
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

    /// The feasible nodes with their sums of weighted scores, in the order of the state.
    pub fn feasible(&self) -> impl Iterator<Item = (NodeId, i64)> {
        self.ranking.feasible_totals()
    }

    /// The nodes tied with `best`, in the order of the state.
    pub fn tied(&self, best: Best) -> impl Iterator<Item = NodeId> {
        self.ranking.tied(best)
    }
}

impl Remembered<'_> {
    /// The bits of all its conditions; none where it fails.
    fn judge(&self, node: &NodeInfo) -> Option<Rejections> {
        let parts = self.bits.clone().enumerate();
        parts.map(|(part, place)| bit(self.filter.filter_part(part, node), place)).sum()
    }
}

/// The bit at `place` where the node was rejected; none where the filter failed.
fn bit(verdict: Result<(), Rejection>, place: usize) -> Option<Rejections> {
    match verdict {
        Ok(()) => Some(0),
        Err(rejection) if rejection.code == Code::Error => None,
        Err(_) => Some(1 << place),
    }
}

/// The filters in the order of the Filter point, if all of them can be kept.
fn filters<'a>(framework: &Framework<'a>, cycle: Cycle<'_>) -> Option<Vec<Remembered<'a>>> {
    let mut ready: HashMap<&'static str, Option<Box<dyn NodeFilter + 'a>>> = HashMap::new();
    for (plugin, point) in &framework.pre_filter {
        let filter = match point.kept(cycle)? {
            PreFilter::Run { filter, nodes: None } => Some(filter),
            PreFilter::Skip => None,
            _ => return None,
        };
        ready.insert(plugin, filter);
    }
    let mut filters = Vec::new();
    let mut bits = 0..0;
    for (plugin, point) in &framework.filter {
        let filter = match ready.remove(plugin) {
            Some(Some(filter)) => filter,
            Some(None) => continue,
            None => point.kept(cycle)?,
        };
        // What a pod takes beside the node's resources is changed by Reserve, of which no filter here is told.
        if framework.reserve.iter().any(|(other, _)| other == plugin) {
            return None;
        }
        bits = bits.end..bits.end + filter.parts();
        filters.push(Remembered { filter, touched: Touched::default(), bits: bits.clone() });
    }
    (bits.end <= Rejections::BITS as usize).then_some(filters)
}

/// The columns of the scorers, if all of them can be kept.
fn columns<'a>(framework: &Framework<'a>, cycle: Cycle<'_>) -> Option<Vec<Column<'a>>> {
    if framework.score.is_empty() {
        return Some(Vec::new());
    }
    let nodes: Vec<&NodeInfo> = cycle.cluster.nodes().iter().collect();
    let mut ready: HashMap<&'static str, Option<Box<dyn NodeScorer + 'a>>> = HashMap::new();
    for (plugin, point) in &framework.pre_score {
        let scorer = match point.kept(cycle, &nodes)? {
            PreScore::Run(scorer) => Some(scorer),
            PreScore::Skip => None,
            PreScore::Error(_) => return None,
        };
        ready.insert(plugin, scorer);
    }
    let mut columns = Vec::new();
    for (plugin, weight, point) in &framework.score {
        let scorer = match ready.remove(plugin) {
            Some(Some(scorer)) => scorer,
            Some(None) => continue,
            None => point.kept(cycle)?,
        };
        columns.push(Column::new(scorer, *weight, cycle.cluster)?);
    }
    Some(columns)
}
