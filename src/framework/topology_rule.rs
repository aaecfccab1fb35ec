//! A rule over topology domains as a filter applies it: what `explain` makes its domain tables of.
//!
//! The counts are the filter's own; nothing is counted a second time.

use serde::Serialize;

use crate::api::ObjectKey;
use crate::api::name::Name;

/// A rule by which a pod's place depends on the pods in each domain of a topology key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TopologyRule {
    /// What it demands.
    pub kind: RuleKind,
    /// The node label that makes a domain.
    pub topology_key: Name,
    /// The pods it counts: the label selector, `<all>` or `<none>`. Empty where each counted pod
    /// brings its own selector.
    pub selector: Name,
    /// The namespaces it counts in; none means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Vec<Name>>,
    /// The domains that count, in the order of names; to InterPodAffinity those with a pod.
    pub domains: Vec<DomainCount>,
    /// Whether the rule lets the pod into the domains that do not count.
    pub allows_others: bool,
}

/// What a [`TopologyRule`] demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "rule", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum RuleKind {
    /// PodTopologySpread: no domain more than `max_skew` above the minimum.
    Spread {
        /// The difference allowed, in pods.
        max_skew: i64,
        /// With fewer domains than this the minimum is 0.
        min_domains: i64,
        /// The pods that a domain's are measured against.
        minimum: i64,
        /// Whether the pod itself counts.
        self_match: bool,
        /// Nodes that the pod's node affinity excludes make no domain.
        honors_node_affinity: bool,
        /// Nodes with a taint that the pod does not tolerate make no domain.
        honors_node_taints: bool,
        /// The constraint is the profile's and not the pod's.
        from_profile: bool,
    },
    /// InterPodAffinity: a pod must be in the domain.
    Affinity {
        /// No pod matches anywhere and the pod matches itself: it may be the first.
        first_pod_allowed: bool,
    },
    /// InterPodAffinity: no pod may be in the domain.
    AntiAffinity,
    /// InterPodAffinity: pods in the domain keep this one away.
    ExistingAntiAffinity,
}

/// A domain and its pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DomainCount {
    /// The label's value.
    pub domain: Name,
    /// Pods in it that count.
    pub pods: i64,
    /// Whether the rule lets the pod into it.
    pub allowed: bool,
    /// The first of them, in the order of namespace and name; at most [`MOST_EXAMPLES`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<ObjectKey>,
}

/// Pods of a domain that are named.
pub const MOST_EXAMPLES: usize = 5;
