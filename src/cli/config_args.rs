//! The arguments of plugins as a configuration writes them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::{DefaultConstraints, PluginArgs, ResourceWeight, ScoringStrategy, ShapePoint, SpreadConstraint};

/// The arguments of `plugin`, defaults filled in, by field.
pub(super) fn arguments(plugin: &str, args: &PluginArgs) -> BTreeMap<&'static str, Value> {
    let entries: Vec<(&'static str, Value)> = match plugin {
        "NodeResourcesFit" => {
            let fit = &args.node_resources_fit;
            let mut entries =
                vec![("scoringStrategy", strategy(&fit.strategy)), ("resources", weights(&fit.resources))];
            if !fit.ignored_resources.is_empty() {
                entries.push(("ignoredResources", json!(fit.ignored_resources)));
            }
            if !fit.ignored_resource_groups.is_empty() {
                entries.push(("ignoredResourceGroups", json!(fit.ignored_resource_groups)));
            }
            entries
        }
        "NodeResourcesBalancedAllocation" => {
            vec![("resources", weights(&args.node_resources_balanced_allocation.resources))]
        }
        "NodeAffinity" => {
            args.node_affinity.added_affinity.iter().map(|affinity| ("addedAffinity", affinity.clone())).collect()
        }
        "PodTopologySpread" => match &args.pod_topology_spread.default_constraints {
            DefaultConstraints::System => vec![("defaultingType", json!("System"))],
            DefaultConstraints::List(constraints) => vec![
                ("defaultingType", json!("List")),
                ("defaultConstraints", constraints.iter().map(constraint).collect()),
            ],
        },
        "InterPodAffinity" => vec![
            ("hardPodAffinityWeight", json!(args.inter_pod_affinity.hard_pod_affinity_weight)),
            (
                "ignorePreferredTermsOfExistingPods",
                json!(args.inter_pod_affinity.ignore_preferred_terms_of_existing_pods),
            ),
        ],
        "VolumeBinding" => {
            let mut entries = vec![("bindTimeoutSeconds", json!(args.volume_binding.bind_timeout_seconds))];
            if !args.volume_binding.shape.is_empty() {
                entries.push(("shape", shape(&args.volume_binding.shape)));
            }
            entries
        }
        "DefaultPreemption" => vec![
            ("minCandidateNodesPercentage", json!(args.default_preemption.min_candidate_nodes_percentage)),
            ("minCandidateNodesAbsolute", json!(args.default_preemption.min_candidate_nodes_absolute)),
        ],
        _ => Vec::new(),
    };
    entries.into_iter().collect()
}

fn strategy(strategy: &ScoringStrategy) -> Value {
    match strategy {
        ScoringStrategy::LeastAllocated => json!("LeastAllocated"),
        ScoringStrategy::MostAllocated => json!("MostAllocated"),
        ScoringStrategy::RequestedToCapacityRatio { shape: points } => {
            json!({"type": "RequestedToCapacityRatio", "shape": shape(points)})
        }
    }
}

fn shape(points: &[ShapePoint]) -> Value {
    points.iter().map(|point| json!({"utilization": point.utilization, "score": point.score})).collect()
}

fn weights(resources: &[ResourceWeight]) -> Value {
    Value::Object(resources.iter().map(|weight| (weight.resource.to_string(), json!(weight.weight))).collect())
}

fn constraint(constraint: &SpreadConstraint) -> Value {
    let when = if constraint.do_not_schedule { "DoNotSchedule" } else { "ScheduleAnyway" };
    json!({"maxSkew": constraint.max_skew, "topologyKey": constraint.topology_key, "whenUnsatisfiable": when})
}
