//! NodeUnschedulable: a cordoned node takes only pods that tolerate its being cordoned.
//!
//! Reads `spec.unschedulable`, never conditions; upstream
//! plugins/nodeunschedulable/node_unschedulable.go.

use crate::api::name::name;
use crate::api::taint::{Taint, TaintEffect, tolerated};
use crate::framework::cache::SharedKey;
use crate::framework::{
    Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter, Plugin, Reason, Rejection,
    points,
};
use crate::state::NodeInfo;

/// The plugin.
pub struct NodeUnschedulable;

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }

    points!(filter, incremental);
}

impl IncrementalPlugin for NodeUnschedulable {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::filter(Filter::of(cycle))
    }
}

impl FilterPlugin for NodeUnschedulable {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Filter::of(cycle))
    }
}

struct Filter {
    /// Whether the pod tolerates the taint that stands for a cordon.
    tolerated: bool,
}

impl Filter {
    fn of(cycle: Cycle<'_>) -> Self {
        let taint =
            Taint { key: name("node.kubernetes.io/unschedulable"), value: name(""), effect: TaintEffect::NoSchedule };
        Self {
            tolerated: tolerated(
                &cycle.pod.spec().tolerations,
                &taint,
                cycle.behaviour.gates.taint_toleration_comparison_operators,
            ),
        }
    }
}

impl NodeFilter for Filter {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if node.node.unschedulable && !self.tolerated {
            return Err(Rejection::unresolvable(Reason::NodeUnschedulable));
        }
        Ok(())
    }

    fn shared_key(&self) -> Option<SharedKey> {
        Some(SharedKey::of(self.tolerated))
    }
}

impl IncrementalFilter for Filter {}
