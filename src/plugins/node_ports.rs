//! NodePorts: a port of the node can be had once.
//!
//! Counts host ports of containers and restartable init containers; upstream
//! plugins/nodeports/node_ports.go.

use crate::cluster::NodeInfo;
use crate::cluster::host_ports::HostPort;
use crate::framework::{
    Cycle, FilterPlugin, NodeFilter, Plugin, PreFilter, PreFilterPlugin, Reason, Rejection, Unprepared,
};

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
        let wanted = &*cycle.pod.class.host_ports;
        if wanted.is_empty() { PreFilter::Skip } else { PreFilter::run(Filter { wanted }) }
    }
}

impl FilterPlugin for NodePorts {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Unprepared(NAME))
    }
}

struct Filter<'a> {
    wanted: &'a [HostPort],
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let taken: Vec<_> = self.wanted.iter().filter(|port| node.used_ports.conflict(**port).is_some()).collect();
        if taken.is_empty() {
            return Ok(());
        }
        let ports = taken.into_iter().map(ToString::to_string).collect();
        Err(Rejection::unschedulable(Reason::HostPortConflict { ports }))
    }
}
