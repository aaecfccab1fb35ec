//! NodeName: a pod that names its node goes nowhere else.
//!
//! Upstream plugins/nodename/node_name.go. A pending pod has no `spec.nodeName`, so this
//! speaks only for manifests that carry one.

use crate::api::name::Name;
use crate::framework::{
    Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter, Plugin, Reason, Rejection,
};
use crate::state::NodeInfo;

/// The plugin.
pub struct NodeName;

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }

    fn filter(&self) -> Option<&dyn FilterPlugin> {
        Some(self)
    }

    fn incremental(&self) -> Option<&dyn IncrementalPlugin> {
        Some(self)
    }
}

impl IncrementalPlugin for NodeName {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::filter(Filter { wanted: cycle.pod.own.node_name })
    }
}

impl FilterPlugin for NodeName {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Filter { wanted: cycle.pod.own.node_name })
    }
}

struct Filter {
    wanted: Option<Name>,
}

impl NodeFilter for Filter {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        match self.wanted {
            Some(wanted) if wanted != node.name() => {
                Err(Rejection::unresolvable(Reason::NodeNameMismatch { node_name: wanted }))
            }
            _ => Ok(()),
        }
    }
}

impl IncrementalFilter for Filter {}
