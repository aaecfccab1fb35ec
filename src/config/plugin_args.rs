//! The arguments of the in-tree plugins, with defaults filled in and checked: what a plugin is built from
//! (`k8s.io/kube-scheduler/config/v1/types_pluginargs.go`).

use serde_json::Value;

use super::duration::GoDuration;
use super::types;
use crate::api::name::{Name, name};

/// The arguments of every in-tree plugin that takes any, whether it is enabled or not.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct PluginArgs {
    /// `NodeResourcesFit`
    pub node_resources_fit: NodeResourcesFitArgs,
    /// `NodeResourcesBalancedAllocation`
    pub node_resources_balanced_allocation: NodeResourcesBalancedAllocationArgs,
    /// `NodeAffinity`
    pub node_affinity: NodeAffinityArgs,
    /// `PodTopologySpread`
    pub pod_topology_spread: PodTopologySpreadArgs,
    /// `InterPodAffinity`
    pub inter_pod_affinity: InterPodAffinityArgs,
    /// `VolumeBinding`
    pub volume_binding: VolumeBindingArgs,
    /// `DefaultPreemption`
    pub default_preemption: DefaultPreemptionArgs,
    /// `DynamicResources`
    pub dynamic_resources: DynamicResourcesArgs,
    /// Plugin and arguments of everything else, unread, in the order of `pluginConfig`.
    pub out_of_tree: Vec<(Name, Value)>,
}

/// How `NodeResourcesFit` filters and scores.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeResourcesFitArgs {
    /// Resources that Filter does not look at.
    pub ignored_resources: Vec<Name>,
    /// Groups (what stands before the `/`) of resources that Filter does not look at.
    pub ignored_resource_groups: Vec<Name>,
    /// How Score turns requested and allocatable into points.
    pub strategy: ScoringStrategy,
    /// What Score looks at.
    pub resources: Vec<ResourceWeight>,
}

/// How `NodeResourcesFit` scores (`ScoringStrategyType`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScoringStrategy {
    /// Empty nodes first.
    LeastAllocated,
    /// Full nodes first.
    MostAllocated,
    /// A function of the utilization.
    RequestedToCapacityRatio {
        /// The points it goes through, by rising utilization.
        shape: Vec<ShapePoint>,
    },
}

/// A point of a score function (`UtilizationShapePoint`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapePoint {
    /// 0 to 100 percent.
    pub utilization: i32,
    /// 0 to 10 points, as written: plugins multiply by 10.
    pub score: i32,
}

/// A resource and its weight in a score (`ResourceSpec`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResourceWeight {
    /// The resource.
    pub resource: Name,
    /// 1 to 100.
    pub weight: i64,
}

/// What `NodeResourcesBalancedAllocation` balances.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeResourcesBalancedAllocationArgs {
    /// The resources; every weight is 1.
    pub resources: Vec<ResourceWeight>,
}

/// What every pod is additionally asked for.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct NodeAffinityArgs {
    /// A `core/v1` `NodeAffinity` as the user wrote it; its syntax was checked.
    pub added_affinity: Option<Value>,
}

/// Constraints for pods that have none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PodTopologySpreadArgs {
    /// Where they come from.
    pub default_constraints: DefaultConstraints,
}

/// Constraints for pods that have none (`defaultingType`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DefaultConstraints {
    /// Kubernetes' own: over nodes and zones.
    System,
    /// These.
    List(Vec<SpreadConstraint>),
}

/// A `core/v1` `TopologySpreadConstraint` without its selector, which follows from the pod's owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpreadConstraint {
    /// At least 1.
    pub max_skew: i32,
    /// The node label.
    pub topology_key: Name,
    /// `DoNotSchedule` rather than `ScheduleAnyway`.
    pub do_not_schedule: bool,
    /// The least number of domains; `None` counts as 1.
    pub min_domains: Option<i32>,
    /// Only nodes that the pod's node affinity admits count. Default true.
    pub honor_node_affinity: bool,
    /// Only nodes whose taints the pod tolerates count. Default false.
    pub honor_node_taints: bool,
    /// Labels whose values join the selector.
    pub match_label_keys: Vec<Name>,
}

/// How `InterPodAffinity` scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InterPodAffinityArgs {
    /// The weight of an existing pod's required affinity to the incoming pod, 0 to 100.
    pub hard_pod_affinity_weight: i32,
    /// Pods without affinity of their own are scored without looking at others' preferences.
    pub ignore_preferred_terms_of_existing_pods: bool,
}

/// How `VolumeBinding` waits and scores.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VolumeBindingArgs {
    /// Seconds; 0 does not wait.
    pub bind_timeout_seconds: i64,
    /// The score function; empty without the gate `StorageCapacityScoring`.
    pub shape: Vec<ShapePoint>,
}

/// How many nodes `DefaultPreemption` looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DefaultPreemptionArgs {
    /// Percent of the nodes.
    pub min_candidate_nodes_percentage: i32,
    /// But at least so many.
    pub min_candidate_nodes_absolute: i32,
}

/// How long `DynamicResources` searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DynamicResourcesArgs {
    /// For one node; `None` or 0: as long as it takes.
    pub filter_timeout: Option<GoDuration>,
    /// How long devices may take to become ready; `None`: 10 minutes.
    pub binding_timeout: Option<GoDuration>,
}

impl From<types::NodeResourcesFitArgs> for NodeResourcesFitArgs {
    fn from(args: types::NodeResourcesFitArgs) -> Self {
        let strategy = args.scoring_strategy.unwrap_or_default();
        let shape = strategy.requested_to_capacity_ratio.unwrap_or_default().shape;
        Self {
            ignored_resources: names(&args.ignored_resources),
            ignored_resource_groups: names(&args.ignored_resource_groups),
            strategy: match strategy.kind.as_str() {
                "MostAllocated" => ScoringStrategy::MostAllocated,
                "RequestedToCapacityRatio" => ScoringStrategy::RequestedToCapacityRatio { shape: points(&shape) },
                _ => ScoringStrategy::LeastAllocated,
            },
            resources: weights(&strategy.resources),
        }
    }
}

impl From<types::NodeResourcesBalancedAllocationArgs> for NodeResourcesBalancedAllocationArgs {
    fn from(args: types::NodeResourcesBalancedAllocationArgs) -> Self {
        Self { resources: weights(&args.resources) }
    }
}

impl From<types::PodTopologySpreadArgs> for PodTopologySpreadArgs {
    fn from(args: types::PodTopologySpreadArgs) -> Self {
        let default_constraints = if args.defaulting_type == "List" {
            DefaultConstraints::List(args.default_constraints.into_iter().map(Into::into).collect())
        } else {
            DefaultConstraints::System
        };
        Self { default_constraints }
    }
}

impl From<types::TopologySpreadConstraint> for SpreadConstraint {
    fn from(constraint: types::TopologySpreadConstraint) -> Self {
        // Upstream compares with "Honor" only (podtopologyspread/common.go: matchNodeInclusionPolicies).
        let honor = |policy: Option<String>, default: bool| policy.map_or(default, |policy| policy == "Honor");
        Self {
            max_skew: constraint.max_skew,
            topology_key: name(&constraint.topology_key),
            do_not_schedule: constraint.when_unsatisfiable == "DoNotSchedule",
            min_domains: constraint.min_domains,
            honor_node_affinity: honor(constraint.node_affinity_policy, true),
            honor_node_taints: honor(constraint.node_taints_policy, false),
            match_label_keys: names(&constraint.match_label_keys),
        }
    }
}

impl From<types::InterPodAffinityArgs> for InterPodAffinityArgs {
    fn from(args: types::InterPodAffinityArgs) -> Self {
        Self {
            hard_pod_affinity_weight: args.hard_pod_affinity_weight.unwrap_or_default(),
            ignore_preferred_terms_of_existing_pods: args.ignore_preferred_terms_of_existing_pods,
        }
    }
}

impl From<types::VolumeBindingArgs> for VolumeBindingArgs {
    fn from(args: types::VolumeBindingArgs) -> Self {
        Self {
            bind_timeout_seconds: args.bind_timeout_seconds.unwrap_or_default(),
            shape: points(&args.shape.unwrap_or_default()),
        }
    }
}

impl From<types::DefaultPreemptionArgs> for DefaultPreemptionArgs {
    fn from(args: types::DefaultPreemptionArgs) -> Self {
        Self {
            min_candidate_nodes_percentage: args.min_candidate_nodes_percentage.unwrap_or_default(),
            min_candidate_nodes_absolute: args.min_candidate_nodes_absolute.unwrap_or_default(),
        }
    }
}

impl From<types::DynamicResourcesArgs> for DynamicResourcesArgs {
    fn from(args: types::DynamicResourcesArgs) -> Self {
        Self { filter_timeout: args.filter_timeout, binding_timeout: args.binding_timeout }
    }
}

fn names(texts: &[String]) -> Vec<Name> {
    texts.iter().map(|text| name(text)).collect()
}

fn points(shape: &[types::ShapePoint]) -> Vec<ShapePoint> {
    shape.iter().map(|point| ShapePoint { utilization: point.utilization, score: point.score }).collect()
}

fn weights(resources: &[types::ResourceSpec]) -> Vec<ResourceWeight> {
    resources.iter().map(|spec| ResourceWeight { resource: name(&spec.name), weight: spec.weight }).collect()
}
