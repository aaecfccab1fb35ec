//! What a user writes: `KubeSchedulerConfiguration` of `kubescheduler.config.k8s.io/v1`, field by field
//! (`k8s.io/kube-scheduler/config/v1/types.go`, `types_pluginargs.go`, `k8s.io/component-base/config/v1alpha1`).
//! Nothing is defaulted here.

use serde_json::Value;

use super::decode::wire_struct;
use super::duration::GoDuration;

/// The API group of the configuration.
pub(super) const GROUP: &str = "kubescheduler.config.k8s.io";
/// The one version of it that Kubernetes 1.33 and newer read.
pub(super) const API_VERSION: &str = "kubescheduler.config.k8s.io/v1";
/// The kind of the configuration.
pub(super) const KIND: &str = "KubeSchedulerConfiguration";

wire_struct! {
    pub(super) struct KubeSchedulerConfiguration {
        pub(super) parallelism: Option<i32> = "parallelism",
        pub(super) leader_election: LeaderElection = "leaderElection",
        pub(super) client_connection: ClientConnection = "clientConnection",
        pub(super) percentage_of_nodes_to_score: Option<i32> = "percentageOfNodesToScore",
        pub(super) pod_initial_backoff_seconds: Option<i64> = "podInitialBackoffSeconds",
        pub(super) pod_max_backoff_seconds: Option<i64> = "podMaxBackoffSeconds",
        pub(super) profiles: Vec<Profile> = "profiles",
        pub(super) extenders: Vec<Extender> = "extenders",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
        "enableProfiling": Option<bool>,
        "enableContentionProfiling": Option<bool>,
        "delayCacheUntilActive": bool,
    }
}

wire_struct! {
    pub(super) struct LeaderElection {
        pub(super) leader_elect: Option<bool> = "leaderElect",
        pub(super) lease_duration: GoDuration = "leaseDuration",
        pub(super) renew_deadline: GoDuration = "renewDeadline",
        pub(super) retry_period: GoDuration = "retryPeriod",
        pub(super) resource_lock: String = "resourceLock",
        pub(super) resource_name: String = "resourceName",
        pub(super) resource_namespace: String = "resourceNamespace",
    }
}

wire_struct! {
    pub(super) struct ClientConnection {
        pub(super) burst: i32 = "burst",
    }
    checked: {
        "kubeconfig": String,
        "acceptContentTypes": String,
        "contentType": String,
        "qps": f64,
    }
}

wire_struct! {
    pub(super) struct Profile {
        pub(super) scheduler_name: Option<String> = "schedulerName",
        pub(super) percentage_of_nodes_to_score: Option<i32> = "percentageOfNodesToScore",
        pub(super) plugins: Plugins = "plugins",
        pub(super) plugin_config: Vec<PluginConfig> = "pluginConfig",
    }
}

wire_struct! {
    pub(super) struct Plugins {
        pub(super) pre_enqueue: PluginSet = "preEnqueue",
        pub(super) queue_sort: PluginSet = "queueSort",
        pub(super) pre_filter: PluginSet = "preFilter",
        pub(super) filter: PluginSet = "filter",
        pub(super) post_filter: PluginSet = "postFilter",
        pub(super) pre_score: PluginSet = "preScore",
        pub(super) score: PluginSet = "score",
        pub(super) reserve: PluginSet = "reserve",
        pub(super) permit: PluginSet = "permit",
        pub(super) pre_bind: PluginSet = "preBind",
        pub(super) bind: PluginSet = "bind",
        pub(super) post_bind: PluginSet = "postBind",
        pub(super) placement_generate: PluginSet = "placementGenerate",
        pub(super) placement_score: PluginSet = "placementScore",
        pub(super) pod_group_post_filter: PluginSet = "podGroupPostFilter",
        pub(super) multi_point: PluginSet = "multiPoint",
    }
}

wire_struct! {
    pub(super) struct PluginSet {
        pub(super) enabled: Vec<Plugin> = "enabled",
        pub(super) disabled: Vec<Plugin> = "disabled",
    }
}

wire_struct! {
    pub(super) struct Plugin {
        pub(super) name: String = "name",
        pub(super) weight: Option<i32> = "weight",
    }
}

wire_struct! {
    pub(super) struct PluginConfig {
        pub(super) name: String = "name",
        /// Read once the plugin is known; `null` when absent.
        pub(super) args: Value = "args",
    }
}

wire_struct! {
    pub(super) struct Extender {
        pub(super) url_prefix: String = "urlPrefix",
        pub(super) filter_verb: String = "filterVerb",
        pub(super) preempt_verb: String = "preemptVerb",
        pub(super) prioritize_verb: String = "prioritizeVerb",
        pub(super) weight: i64 = "weight",
        pub(super) bind_verb: String = "bindVerb",
        pub(super) enable_https: bool = "enableHTTPS",
        pub(super) tls_config: Option<ExtenderTls> = "tlsConfig",
        pub(super) http_timeout: GoDuration = "httpTimeout",
        pub(super) node_cache_capable: bool = "nodeCacheCapable",
        pub(super) managed_resources: Vec<ManagedResource> = "managedResources",
        pub(super) ignorable: bool = "ignorable",
    }
}

wire_struct! {
    pub(super) struct ManagedResource {
        pub(super) name: String = "name",
        pub(super) ignored_by_scheduler: bool = "ignoredByScheduler",
    }
}

wire_struct! {
    pub(super) struct ExtenderTls {
        pub(super) insecure: bool = "insecure",
        pub(super) server_name: String = "serverName",
        pub(super) cert_file: String = "certFile",
        pub(super) key_file: String = "keyFile",
        pub(super) ca_file: String = "caFile",
        pub(super) cert_data: String = "certData",
        pub(super) key_data: String = "keyData",
        pub(super) ca_data: String = "caData",
    }
}

wire_struct! {
    pub(super) struct DefaultPreemptionArgs {
        pub(super) min_candidate_nodes_percentage: Option<i32> = "minCandidateNodesPercentage",
        pub(super) min_candidate_nodes_absolute: Option<i32> = "minCandidateNodesAbsolute",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
    }
}

wire_struct! {
    pub(super) struct DynamicResourcesArgs {
        pub(super) filter_timeout: Option<GoDuration> = "filterTimeout",
        pub(super) binding_timeout: Option<GoDuration> = "bindingTimeout",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
    }
}

wire_struct! {
    pub(super) struct InterPodAffinityArgs {
        pub(super) hard_pod_affinity_weight: Option<i32> = "hardPodAffinityWeight",
        pub(super) ignore_preferred_terms_of_existing_pods: bool = "ignorePreferredTermsOfExistingPods",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
    }
}

wire_struct! {
    pub(super) struct NodeResourcesFitArgs {
        pub(super) ignored_resources: Vec<String> = "ignoredResources",
        pub(super) ignored_resource_groups: Vec<String> = "ignoredResourceGroups",
        pub(super) scoring_strategy: Option<ScoringStrategy> = "scoringStrategy",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
    }
}

wire_struct! {
    pub(super) struct ScoringStrategy {
        pub(super) kind: String = "type",
        pub(super) resources: Vec<ResourceSpec> = "resources",
        pub(super) requested_to_capacity_ratio: Option<RequestedToCapacityRatio> = "requestedToCapacityRatio",
    }
}

wire_struct! {
    pub(super) struct RequestedToCapacityRatio {
        pub(super) shape: Vec<ShapePoint> = "shape",
    }
}

wire_struct! {
    pub(super) struct ShapePoint {
        pub(super) utilization: i32 = "utilization",
        pub(super) score: i32 = "score",
    }
}

wire_struct! {
    pub(super) struct ResourceSpec {
        pub(super) name: String = "name",
        pub(super) weight: i64 = "weight",
    }
}

wire_struct! {
    pub(super) struct NodeResourcesBalancedAllocationArgs {
        pub(super) resources: Vec<ResourceSpec> = "resources",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
    }
}

wire_struct! {
    pub(super) struct PodTopologySpreadArgs {
        pub(super) default_constraints: Vec<TopologySpreadConstraint> = "defaultConstraints",
        pub(super) defaulting_type: String = "defaultingType",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
    }
}

wire_struct! {
    pub(super) struct TopologySpreadConstraint {
        pub(super) max_skew: i32 = "maxSkew",
        pub(super) topology_key: String = "topologyKey",
        pub(super) when_unsatisfiable: String = "whenUnsatisfiable",
        /// Never allowed here, so it is enough to know that it is there.
        pub(super) label_selector: Option<Value> = "labelSelector",
        pub(super) min_domains: Option<i32> = "minDomains",
        pub(super) node_affinity_policy: Option<String> = "nodeAffinityPolicy",
        pub(super) node_taints_policy: Option<String> = "nodeTaintsPolicy",
        pub(super) match_label_keys: Vec<String> = "matchLabelKeys",
    }
}

wire_struct! {
    pub(super) struct VolumeBindingArgs {
        pub(super) bind_timeout_seconds: Option<i64> = "bindTimeoutSeconds",
        pub(super) shape: Option<Vec<ShapePoint>> = "shape",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
    }
}

wire_struct! {
    pub(super) struct NodeAffinityArgs {
        pub(super) added_affinity: Option<NodeAffinity> = "addedAffinity",
    }
    checked: {
        "apiVersion": String,
        "kind": String,
    }
}

wire_struct! {
    pub(super) struct NodeAffinity {
        pub(super) required: Option<NodeSelector> = "requiredDuringSchedulingIgnoredDuringExecution",
        pub(super) preferred: Vec<PreferredSchedulingTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }
}

wire_struct! {
    pub(super) struct NodeSelector {
        pub(super) terms: Vec<NodeSelectorTerm> = "nodeSelectorTerms",
    }
}

wire_struct! {
    pub(super) struct PreferredSchedulingTerm {
        pub(super) weight: i32 = "weight",
        pub(super) preference: NodeSelectorTerm = "preference",
    }
}

wire_struct! {
    pub(super) struct NodeSelectorTerm {
        pub(super) match_expressions: Vec<NodeSelectorRequirement> = "matchExpressions",
        pub(super) match_fields: Vec<NodeSelectorRequirement> = "matchFields",
    }
}

wire_struct! {
    pub(super) struct NodeSelectorRequirement {
        pub(super) key: String = "key",
        pub(super) operator: String = "operator",
        pub(super) values: Vec<String> = "values",
    }
}
