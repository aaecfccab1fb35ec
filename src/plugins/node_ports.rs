//! NodePorts: a port of the node can be had once.
//!
//! Counts host ports of containers and restartable init containers; upstream
//! plugins/nodeports/node_ports.go.

use std::sync::Arc;

use crate::framework::{
    Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter, Plugin, PreFilter,
    PreFilterPlugin, Reason, Rejection, Unprepared, points,
};
use crate::state::NodeInfo;
use crate::state::pod_class::PodClass;

const NAME: &str = "NodePorts";

/// The plugin.
pub struct NodePorts;

impl Plugin for NodePorts {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(pre_filter, filter, incremental);
}

impl IncrementalPlugin for NodePorts {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Filter::of(cycle).map_or(Incremental::Skip, Incremental::filter)
    }
}

impl PreFilterPlugin for NodePorts {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        Filter::of(cycle).map_or(PreFilter::Skip, PreFilter::run)
    }
}

impl FilterPlugin for NodePorts {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Unprepared(NAME))
    }
}

struct Filter {
    /// Whose ports are wanted.
    class: Arc<PodClass>,
}

impl Filter {
    /// None for a pod without host ports.
    fn of(cycle: Cycle<'_>) -> Option<Self> {
        let class = Arc::clone(&cycle.pod.class);
        (!class.host_ports.is_empty()).then_some(Self { class })
    }
}

impl IncrementalFilter for Filter {}

impl NodeFilter for Filter {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let wanted = self.class.host_ports.iter();
        let taken: Vec<_> = wanted.filter(|port| node.used_ports.conflict(**port).is_some()).collect();
        if taken.is_empty() {
            return Ok(());
        }
        let ports = taken.into_iter().map(ToString::to_string).collect();
        Err(Rejection::unschedulable(Reason::HostPortConflict { ports }))
    }
}
