//! Groups that are alike, between which new nodes are shared out (`processors/nodegroupset`).

use std::collections::BTreeMap;

use super::cloud::Cloud;
use super::flags::Flags;
use super::template::Template;
use crate::api::name::{Name, name};
use crate::api::resources::Resources;
use crate::decode::node::Node;

/// Labels in which similar groups may differ on every cloud (compare_nodegroups.go, BasicIgnoredLabels).
const IGNORED: [&str; 7] = [
    "kubernetes.io/hostname",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "beta.kubernetes.io/fluentd-ds-ready",
    "kops.k8s.io/instancegroup",
];
/// How far allocatable and free amounts may differ.
const MAX_DIFFERENCE: f64 = 0.05;
/// How far capacities in memory may differ.
const MAX_MEMORY_DIFFERENCE: f64 = 0.015;

/// Whether two templates are similar (IsCloudProviderNodeInfoSimilar and its variants).
pub(super) fn similar(flags: &Flags, cloud: Cloud, a: &Template, b: &Template) -> bool {
    let (one, two) = (&a.built.node, &b.built.node);
    if !flags.balancing_labels.is_empty() {
        return flags.balancing_labels.iter().all(|label| {
            let value = |node: &Node| node.labels.get(name(label));
            value(one).is_some() && value(one) == value(two)
        });
    }
    if cloud == Cloud::Azure && same_azure_pool(one, two) {
        return true;
    }
    let (capacity, other) = (amounts(&one.capacity), amounts(&two.capacity));
    let same_capacity = capacity.len() == other.len()
        && capacity.iter().all(|(resource, amount)| match other.get(resource) {
            Some(other) if resource == "memory" => within(*amount, *other, MAX_MEMORY_DIFFERENCE),
            Some(other) => amount == other,
            None => false,
        });
    same_capacity
        && all_within(&amounts(&one.allocatable), &amounts(&two.allocatable))
        && all_within(&free(a), &free(b))
        && same_labels(flags, cloud, one, two)
}

fn same_azure_pool(a: &Node, b: &Node) -> bool {
    ["kubernetes.azure.com/agentpool", "agentpool"].iter().any(|key| {
        let pool = |node: &Node| node.labels.get(name(key)).filter(|pool| !pool.is_empty());
        pool(a).is_some() && pool(a) == pool(b)
    })
}

/// Amounts by resource, CPU in millicores.
fn amounts(resources: &Resources) -> BTreeMap<String, i64> {
    let standard = [
        ("cpu", resources.milli_cpu),
        ("memory", resources.memory),
        ("ephemeral-storage", resources.ephemeral_storage),
        ("pods", resources.allowed_pod_number),
    ];
    let standard =
        standard.into_iter().filter(|(_, amount)| *amount != 0).map(|(name, amount)| (name.to_owned(), amount));
    standard.chain(resources.scalars.iter().map(|(name, amount)| (name.to_string(), amount))).collect()
}

/// What the pods of a template leave of it, of the resources that they request.
fn free(template: &Template) -> BTreeMap<String, i64> {
    let mut requested = Resources::default();
    for pod in &template.built.pods {
        requested.add_resources(&pod.class.requests.requested, false);
    }
    let all = amounts(&template.built.node.allocatable);
    let standard = [
        ("cpu", requested.milli_cpu),
        ("memory", requested.memory),
        ("ephemeral-storage", requested.ephemeral_storage),
    ];
    let scalars = requested.scalars.iter().map(|(name, amount)| (name.to_string(), amount));
    let requested = standard.into_iter().map(|(name, amount)| (name.to_owned(), amount)).chain(scalars);
    requested.map(|(name, amount)| (name.clone(), all.get(&name).copied().unwrap_or_default() - amount)).collect()
}

fn all_within(a: &BTreeMap<String, i64>, b: &BTreeMap<String, i64>) -> bool {
    a.len() == b.len()
        && a.iter()
            .all(|(resource, amount)| b.get(resource).is_some_and(|other| within(*amount, *other, MAX_DIFFERENCE)))
}

fn within(a: i64, b: i64, difference: f64) -> bool {
    let (larger, smaller) = (a.max(b) as f64, a.min(b) as f64);
    larger - smaller <= larger * difference
}

fn same_labels(flags: &Flags, cloud: Cloud, a: &Node, b: &Node) -> bool {
    let is_compared = |key: &Name| {
        !IGNORED.contains(&key.as_str())
            && !cloud.ignored_labels().contains(&key.as_str())
            && !flags.balancing_ignored_labels.iter().any(|ignored| ignored == key.as_str())
    };
    let compared = |node: &Node| node.labels.iter().filter(|(key, _)| is_compared(key)).collect::<Vec<_>>();
    compared(a) == compared(b)
}

/// A group that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Which group.
    pub group: usize,
    /// Its target.
    pub from: i64,
    /// Its new target.
    pub to: i64,
    /// Its maximum.
    pub max: i64,
}

/// Shares `nodes` out between groups, the smallest first (BalanceScaleUpBetweenGroups).
pub(super) fn balance(groups: &[(usize, i64, i64)], nodes: i64) -> Vec<Growth> {
    let mut growths: Vec<Growth> = groups
        .iter()
        .filter(|(_, target, max)| target != max)
        .map(|(group, target, max)| Growth { group: *group, from: *target, to: *target, max: *max })
        .collect();
    let room: i64 = growths.iter().map(|growth| (growth.max - growth.from).max(0)).sum();
    for _ in 0..nodes.min(room) {
        // Upstream goes round in the order of sizes; the smallest that has room is the next in turn.
        let next = growths.iter_mut().filter(|growth| growth.to < growth.max).min_by_key(|growth| growth.to);
        if let Some(growth) = next {
            growth.to += 1;
        }
    }
    growths.retain(|growth| growth.to != growth.from);
    growths
}
