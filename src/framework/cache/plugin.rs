//! What a plugin may implement beside the plain traits, so that the cycle cache can use it.
//!
//! An incremental filter or scorer borrows nothing of the state. Each change of the state is reported to
//! it; it must then equal the one that a new cycle would prepare.

use crate::api::name::Name;
use crate::framework::context::Cycle;
use crate::framework::plugin::{NodeFilter, NodeScorer, Plugin};
use crate::framework::status::Rejection;
use crate::state::NodeInfo;

use super::dirty_set::{Change, DirtySet};

/// A plugin whose cycles can be cached.
pub trait IncrementalPlugin: Plugin {
    /// The filter that PreFilter and Filter would use.
    fn incremental_filter<'a>(&'a self, _cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::Uncached
    }

    /// The scorer that PreScore and Score would use if all `nodes`, which are all there are, were
    /// feasible. [`IncrementalScorer::set_feasible`] reports which are.
    fn incremental_scorer<'a>(
        &'a self,
        _cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        Incremental::Uncached
    }
}

/// What a plugin gives to the cycle cache for one pod.
pub enum Incremental<T> {
    /// The pod's cycles cannot be cached.
    Uncached,
    /// Whichever pods are on nodes, the plugin lets every node pass, or gives every node 0 points.
    Skip,
    /// This can be kept up to date. It may be there where the plugin would skip in a cycle of its own, if it
    /// then lets every node pass, or gives every node 0 points.
    Run(T),
}

impl<T> Incremental<T> {
    /// For a plugin that is cached only where it has nothing to do for a pod. `skips` must not depend on which
    /// pods are on nodes.
    pub fn skip_only_if(skips: bool) -> Self {
        if skips { Self::Skip } else { Self::Uncached }
    }
}

impl<'a> Incremental<Box<dyn IncrementalFilter + 'a>> {
    /// Keep `filter` up to date.
    pub fn filter(filter: impl IncrementalFilter + 'a) -> Self {
        Self::Run(Box::new(filter))
    }
}

impl<'a> Incremental<Box<dyn IncrementalScorer + 'a>> {
    /// Keep `scorer` up to date.
    pub fn scorer(scorer: impl IncrementalScorer + 'a) -> Self {
        Self::Run(Box::new(scorer))
    }
}

/// A filter that is kept up to date with the state. The methods as they are here suit one that
/// looks at the [`NodeInfo`] alone.
pub trait IncrementalFilter: NodeFilter {
    /// The state has changed: the filter becomes the one that a new cycle would prepare, and marks
    /// the nodes on which its verdict may differ now. Not the same as [`NodeFilter::add_pod`]:
    /// upstream's counts within a cycle differ from those of a new one here and there.
    fn update(&mut self, change: Change<'_>, dirty: &mut DirtySet) {
        dirty.node(change.node.id);
    }

    /// How many conditions make up the verdict: [`NodeFilter::filter`] reports the first that fails.
    fn parts(&self) -> usize {
        1
    }

    /// One of the conditions, counted from 0.
    ///
    /// # Errors
    /// As [`NodeFilter::filter`].
    fn filter_part(&self, _part: usize, node: &NodeInfo) -> Result<(), Rejection> {
        self.filter(node)
    }

    /// If a condition's answer is the same for all nodes with the same value of a label: that label.
    fn uniform_over(&self, _part: usize) -> Option<Name> {
        None
    }

    /// For a filter that looks at more of the state than a node: the one that judges in the state of `cycle`, in place
    /// of this one, which only says which nodes are to be judged again. What it could not judge is in the cycle's notes.
    fn now<'c>(&'c self, _cycle: Cycle<'c>) -> Option<Box<dyn NodeFilter + 'c>> {
        None
    }

    /// Whether [`IncrementalFilter::update`] hears of everything that the plugin's Reserve takes, also for others.
    fn hears_of_reserve(&self) -> bool {
        false
    }
}

/// A scorer that is kept up to date with the state. The methods as they are here suit one that
/// looks at each node by itself.
pub trait IncrementalScorer: NodeScorer {
    /// The state has changed: the scorer becomes the one that a new cycle would prepare, and marks
    /// the nodes whose raw score may differ now.
    fn update(&mut self, change: Change<'_>, dirty: &mut DirtySet) {
        dirty.node(change.node.id);
    }

    /// Nodes that have become feasible, and (false) nodes that are no longer. All nodes are at first.
    fn set_feasible(&mut self, _nodes: &[(&NodeInfo, bool)], _dirty: &mut DirtySet) {}

    /// If the raw score is the same for all nodes with the same value of a label: that label.
    fn uniform_over(&self) -> Option<Name> {
        None
    }

    /// For a scorer that looks at more of the state than a node: the one that scores in the state of `cycle`, in place
    /// of this one, as [`IncrementalFilter::now`]. This one normalizes.
    fn now<'c>(&'c self, _cycle: Cycle<'c>) -> Option<Box<dyn NodeScorer + 'c>> {
        None
    }
}
