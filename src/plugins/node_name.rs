//! NodeName: a pod that names its node goes nowhere else.
//!
//! Upstream plugins/nodename/node_name.go. A pending pod has no `spec.nodeName`, so this
//! speaks only for manifests that carry one. Newer versions narrow the search down to that node in PreFilter.

use std::collections::BTreeSet;

use crate::api::name::Name;
use crate::config::Behaviour;
use crate::framework::{
    Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter, Plugin, PreFilter,
    PreFilterPlugin, Reason, Rejection, points,
};
use crate::state::NodeInfo;

/// The plugin.
pub struct NodeName {
    narrows: bool,
}

impl NodeName {
    /// As `behaviour` has it.
    pub fn new(behaviour: &Behaviour) -> Self {
        Self { narrows: behaviour.node_name_narrows }
    }
}

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }

    fn pre_filter(&self) -> Option<&dyn PreFilterPlugin> {
        self.narrows.then_some(self)
    }

    points!(filter, incremental);
}

impl IncrementalPlugin for NodeName {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        match cycle.pod.own.node_name {
            Some(_) if self.narrows => Incremental::Uncached,
            wanted => Incremental::filter(Filter { wanted }),
        }
    }
}

impl PreFilterPlugin for NodeName {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        let wanted = cycle.pod.own.node_name;
        let nodes = wanted.map(|wanted| BTreeSet::from([wanted]));
        PreFilter::Run { filter: Box::new(Filter { wanted }), nodes }
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
