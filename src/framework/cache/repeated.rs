//! Scorers that are prepared again for each of the equal pods, as they look at devices, and which of these are in use
//! changes with more than the pods on the nodes. Which nodes are to be scored again is all that they keep.

use crate::api::UpstreamError;
use crate::framework::context::Cycle;
use crate::framework::plugin::{NodeScorer, Normalizer};
use crate::state::NodeInfo;

use super::dirty_set::{Change, DeviceReach, DirtySet};
use super::plugin::IncrementalScorer;

/// Makes the scorer of a plugin for one cycle; none where it fails.
type Prepare<P> = for<'c> fn(&'c P, Cycle<'c>) -> Option<Box<dyn NodeScorer + 'c>>;

/// The scorer of a plugin `P`.
pub struct RepeatedScorer<'a, P> {
    plugin: &'a P,
    prepare: Prepare<P>,
    normalizer: Option<&'static dyn Normalizer>,
}

impl<'a, P> RepeatedScorer<'a, P> {
    /// For a plugin whose scores are not normalized, or by `normalizer`.
    pub fn new(plugin: &'a P, prepare: Prepare<P>, normalizer: Option<&'static dyn Normalizer>) -> Self {
        Self { plugin, prepare, normalizer }
    }
}

impl<P: Sync> NodeScorer for RepeatedScorer<'_, P> {
    fn score(&self, _node: &NodeInfo) -> Result<i64, UpstreamError> {
        Err("not prepared".into())
    }

    fn normalizer(&self) -> Option<&dyn Normalizer> {
        self.normalizer
    }
}

impl<P: Sync> IncrementalScorer for RepeatedScorer<'_, P> {
    fn update(&mut self, change: Change<'_>, dirty: &mut DirtySet) {
        dirty.node(change.node.id);
        mark_devices(change, dirty);
    }

    fn now<'c>(&'c self, cycle: Cycle<'c>) -> Option<Box<dyn NodeScorer + 'c>> {
        (self.prepare)(self.plugin, cycle)
    }
}

/// Marks the nodes on which it makes a difference which devices are in use.
pub fn mark_devices(change: Change<'_>, dirty: &mut DirtySet) {
    match change.devices {
        DeviceReach::Nowhere => {}
        DeviceReach::Node => dirty.node(change.node.id),
        DeviceReach::Everywhere => dirty.everything(),
    }
}
