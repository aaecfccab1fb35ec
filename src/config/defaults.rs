//! The plugins of a profile that names none, in upstream's order
//! (`pkg/scheduler/apis/config/v1/default_plugins.go: getDefaultPlugins, applyFeatureGates`).
//!
//! v1.34 is read from its source. What the other minors add is known from their feature gates and documentation:
//! 1.33 leaves `DynamicResources` out (its gate is off); from 1.35 on `DynamicResources` scores, with weight 2; from 1.36
//! on `NodeDeclaredFeatures` is there (that it stands at the end is inferred). The plugins behind gates that are off by
//! default everywhere (`GangScheduling` and the like) are named when their gate is set, so that the answer can say they
//! were not evaluated.

use super::behaviour::Behaviour;
use super::types::{Plugin, PluginSet};

/// The plugins up to where `DynamicResources` goes, and their score weights; 0 where upstream gives none.
const BEFORE_PREEMPTION: [(&str, i32); 14] = [
    ("SchedulingGates", 0),
    ("PrioritySort", 0),
    ("NodeUnschedulable", 0),
    ("NodeName", 0),
    ("TaintToleration", 3),
    ("NodeAffinity", 2),
    ("NodePorts", 0),
    ("NodeResourcesFit", 1),
    ("VolumeRestrictions", 0),
    ("NodeVolumeLimits", 0),
    ("VolumeBinding", 0),
    ("VolumeZone", 0),
    ("PodTopologySpread", 2),
    ("InterPodAffinity", 2),
];

const FROM_PREEMPTION: [(&str, i32); 4] =
    [("DefaultPreemption", 0), ("NodeResourcesBalancedAllocation", 1), ("ImageLocality", 1), ("DefaultBinder", 0)];

/// The default `multiPoint`.
pub(super) fn default_multi_point(behaviour: &Behaviour) -> PluginSet {
    let gates = &behaviour.gates;
    let mut plugins = BEFORE_PREEMPTION.to_vec();
    if gates.in_place_pod_vertical_scaling_scheduler_preemption {
        let fit = plugins.iter().position(|(name, _)| *name == "NodeResourcesFit");
        plugins.insert(fit.unwrap_or(plugins.len()), ("DeferredPodScheduling", 0));
    }
    if gates.dynamic_resource_allocation {
        // An idle ResourceClaim is given up before a pod is evicted.
        let weight = if behaviour.dynamic_resources_scores { 2 } else { 0 };
        plugins.push(("DynamicResources", weight));
    }
    plugins.extend(FROM_PREEMPTION);
    if gates.node_declared_features {
        plugins.push(("NodeDeclaredFeatures", 0));
    }
    if gates.gang_scheduling || (gates.generic_workload && behaviour.version.minor >= 37) {
        plugins.push(("GangScheduling", 0));
    }
    if gates.topology_aware_workload_scheduling {
        plugins.extend([("TopologyPlacementGenerator", 0), ("PodGroupPodsCount", 1)]);
    }
    PluginSet {
        enabled: plugins
            .into_iter()
            .map(|(name, weight)| Plugin { name: name.to_owned(), weight: Some(weight) })
            .collect(),
        disabled: Vec::new(),
    }
}
