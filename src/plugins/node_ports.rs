//! NodePorts: a port of the node can be had once.
//!
//! Counts host ports of containers and restartable init containers; upstream
//! plugins/nodeports/node_ports.go.

use std::sync::Arc;

use crate::framework::{
    Cycle, FilterPlugin, NodeFilter, Plugin, PreFilter, PreFilterPlugin, Reason, Rejection, Unprepared,
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

    fn pre_filter(&self) -> Option<&dyn PreFilterPlugin> {
        Some(self)
    }

    fn filter(&self) -> Option<&dyn FilterPlugin> {
        Some(self)
    }
}

impl PreFilterPlugin for NodePorts {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        prepare(cycle)
    }

    fn kept<'a>(&'a self, cycle: Cycle<'_>) -> Option<PreFilter<'a>> {
        Some(prepare(cycle))
    }
}

impl FilterPlugin for NodePorts {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Unprepared(NAME))
    }
}

fn prepare(cycle: Cycle<'_>) -> PreFilter<'static> {
    let class = Arc::clone(&cycle.pod.class);
    if class.host_ports.is_empty() { PreFilter::Skip } else { PreFilter::run(Filter { class }) }
}

struct Filter {
    /// Whose ports are wanted.
    class: Arc<PodClass>,
}

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
