//! What the API server reads when it admits a pod: classes, quotas, limits; and the labels of namespaces, by which terms of
//! pod affinity select them.

use super::{Facts, Object, condition_text};
use crate::api::resources::ResourceList;
use crate::decode::Kind;
use crate::state::Cluster;

pub(super) fn namespaces(cluster: &Cluster) -> Vec<Object> {
    let namespaces = cluster.namespaces.iter();
    namespaces
        .map(|(name, labels)| (Kind::Namespace, name.to_string(), Facts::default().labels("label", labels)))
        .collect()
}

pub(super) fn priority_classes(cluster: &Cluster) -> Vec<Object> {
    let facts = |class: &crate::decode::workload::PriorityClass| {
        Facts::default()
            .with("value", class.value)
            .flag("globalDefault", class.global_default)
            .some("preemptionPolicy", class.preemption_policy.map(crate::api::pod_spec::PreemptionPolicy::as_str))
    };
    let classes = cluster.priority_classes.iter();
    classes.map(|class| (Kind::PriorityClass, class.name.to_string(), facts(class))).collect()
}

pub(super) fn runtime_classes(cluster: &Cluster) -> Vec<Object> {
    let facts = |class: &crate::decode::runtime_class::RuntimeClass| {
        let tolerations = class.tolerations.iter().filter_map(|toleration| serde_json::to_string(toleration).ok());
        Facts::default()
            .each("overhead", class.overhead.iter().flat_map(ResourceList::iter))
            .labels("nodeSelector", &class.node_selector)
            .list("tolerations", tolerations)
    };
    let classes = cluster.runtime_classes.iter();
    classes.map(|class| (Kind::RuntimeClass, class.name.to_string(), facts(class))).collect()
}

pub(super) fn quotas(cluster: &Cluster) -> Vec<Object> {
    let facts = |quota: &crate::decode::resource_quota::ResourceQuota| {
        let scopes = quota.scopes.iter();
        Facts::default()
            .amounts("hard", &quota.hard)
            .each("used", quota.used.iter().flat_map(ResourceList::iter))
            .list("scopes", scopes.map(|scope| condition_text(scope.scope_name, scope.operator, &scope.values)))
    };
    let quotas = cluster.quotas.iter();
    quotas.map(|quota| (Kind::ResourceQuota, quota.key.to_string(), facts(quota))).collect()
}

pub(super) fn limit_ranges(cluster: &Cluster) -> Vec<Object> {
    let facts = |range: &crate::decode::limit_range::LimitRange| {
        range.limits.iter().fold(Facts::default(), |facts, item| {
            let of = item.of;
            facts
                .amounts(&format!("{of} max"), &item.max)
                .amounts(&format!("{of} min"), &item.min)
                .amounts(&format!("{of} default"), &item.default)
                .amounts(&format!("{of} defaultRequest"), &item.default_request)
                .amounts(&format!("{of} maxLimitRequestRatio"), &item.max_limit_request_ratio)
        })
    };
    let ranges = cluster.limit_ranges.iter();
    ranges.map(|range| (Kind::LimitRange, range.key.to_string(), facts(range))).collect()
}
