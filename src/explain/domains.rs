//! The domain table of a rule over topology domains: which domains count, with how many pods, and
//! what else keeps the pod off their nodes.
//!
//! A spread constraint measures every domain against the emptiest one, also against one that the
//! pod could not go to for other reasons: it is full, tainted, cordoned. That is what such a table
//! is there to show.

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::framework::{
    Cycle, DomainCount, Framework, NodePlacement, Placement, Reason, RuleKind, TopologyRule, prepared,
};
use crate::state::{Cluster, NodeId};

use super::causes;

/// A rule and the domains of its topology key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainTable {
    /// The plugin whose rule it is.
    pub plugin: &'static str,
    /// What the rule demands.
    pub kind: RuleKind,
    /// The node label that makes a domain.
    pub topology_key: Name,
    /// The pods it counts: the label selector, `<all>` or `<none>`; empty for anti-affinity of
    /// other pods, each of which brings its own.
    pub selector: Name,
    /// The namespaces it counts in; none means all.
    pub namespaces: Option<Vec<Name>>,
    /// Every domain that a node is in, in the order of names.
    pub domains: Vec<Domain>,
    /// Nodes that lack the key.
    pub nodes_without_key: usize,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Domain {
    /// The label's value.
    pub domain: Name,
    /// Pods in it that count.
    pub pods: i64,
    /// The first of them, where the rule has them by name.
    pub examples: Vec<ObjectKey>,
    /// Nodes in it.
    pub nodes: usize,
    /// Nodes in it that the pod fits on.
    pub feasible: usize,
    /// Whether the rule lets the pod in.
    pub allowed: bool,
    /// Whether it is the one, or one of those, that the others are measured against.
    pub is_minimum: bool,
    /// Why it does not count, if it does not.
    pub left_out: Option<LeftOut>,
    /// What else keeps the pod off its nodes, the most common first; empty unless that closes all
    /// of them.
    pub closed_by: Vec<Closed>,
}

/// Something else that keeps the pod off nodes of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// The plugin; none where the framework itself spoke.
    pub plugin: Option<&'static str>,
    /// The reason on the first of the nodes.
    pub reason: Reason,
    /// How many nodes of the domain it closes.
    pub nodes: usize,
}

/// Why a domain does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LeftOut {
    /// All its nodes are outside the pod's node affinity, which the constraint honors.
    NodeAffinity,
    /// All its nodes have taints that the pod does not tolerate, which the constraint honors.
    Taints,
    /// Its nodes lack the topology key of another of the pod's constraints.
    OtherTopologyKey,
}

/// The tables of the rules that the filters of `framework` apply; `cycle` is the one that gave
/// `placement`.
pub fn find(framework: &Framework<'_>, cycle: Cycle<'_>, placement: &Placement) -> Vec<DomainTable> {
    if placement.pre_filter.is_some() || placement.nodes.is_empty() {
        return Vec::new();
    }
    let prepared = prepared::pre_filter(framework, cycle);
    prepared
        .filters
        .iter()
        .flat_map(|(plugin, filter)| filter.topology_rules().into_iter().map(move |rule| (plugin, rule)))
        .map(|(plugin, rule)| table(plugin, rule, placement, cycle))
        .collect()
}

fn table(plugin: &'static str, rule: TopologyRule, placement: &Placement, cycle: Cycle<'_>) -> DomainTable {
    let cluster = cycle.cluster;
    let mut nodes_of: FxHashMap<Name, Vec<&NodePlacement>> = FxHashMap::default();
    let mut nodes_without_key = 0;
    for node in &placement.nodes {
        match cluster.node(node.id).node.labels.get(rule.topology_key) {
            Some(domain) => nodes_of.entry(domain).or_default().push(node),
            None => nodes_without_key += 1,
        }
    }
    let counts: FxHashMap<Name, &DomainCount> = rule.domains.iter().map(|count| (count.domain, count)).collect();
    let mut domains: Vec<Domain> = nodes_of
        .into_iter()
        .map(|(domain, nodes)| {
            let count = counts.get(&domain);
            let closed_by = closed_by(plugin, &rule, &nodes);
            let is_minimum =
                matches!((rule.kind, count), (RuleKind::Spread { minimum, .. }, Some(count)) if count.pods == minimum);
            Domain {
                domain,
                pods: count.map_or(0, |count| count.pods),
                examples: count.map(|count| count.examples.clone()).unwrap_or_default(),
                nodes: nodes.len(),
                feasible: nodes.iter().filter(|node| node.is_feasible()).count(),
                allowed: count.map_or(rule.allows_others, |count| count.allowed),
                is_minimum,
                left_out: if count.is_some() { None } else { left_out(rule.kind, &nodes, cycle) },
                closed_by,
            }
        })
        .collect();
    domains.sort_unstable_by_key(|domain| domain.domain);
    let TopologyRule { kind, topology_key, selector, namespaces, .. } = rule;
    DomainTable { plugin, kind, topology_key, selector, namespaces, domains, nodes_without_key }
}

/// What else than the rule keeps the pod off `nodes`; nothing unless every node has such a thing.
fn closed_by(plugin: &'static str, rule: &TopologyRule, nodes: &[&NodePlacement]) -> Vec<Closed> {
    let mut found: Vec<(String, Closed)> = Vec::new();
    for node in nodes {
        let mut is_closed = false;
        for (of, reason) in others(plugin, rule, node) {
            is_closed = true;
            let identity = causes::identity(reason);
            match found.iter_mut().find(|(known, closed)| closed.plugin == of && *known == identity) {
                Some((_, closed)) => closed.nodes += 1,
                None => found.push((identity, Closed { plugin: of, reason: reason.clone(), nodes: 1 })),
            }
        }
        if !is_closed {
            return Vec::new();
        }
    }
    let mut closed: Vec<Closed> = found.into_iter().map(|(_, closed)| closed).collect();
    closed.sort_by_key(|closed| std::cmp::Reverse(closed.nodes));
    closed
}

/// The reasons on a node that are not those of `rule`.
fn others<'a>(
    plugin: &'static str,
    rule: &'a TopologyRule,
    node: &'a NodePlacement,
) -> impl Iterator<Item = (Option<&'static str>, &'a Reason)> {
    // A node that the search left out says so in its verdict, and its filters may all be silent.
    let verdict = node.rejection.iter().filter(|verdict| verdict.plugin.is_none());
    let verdict = verdict.flat_map(|verdict| verdict.rejection.reasons.iter().map(|reason| (None, reason)));
    let filters = node
        .filters
        .iter()
        .flat_map(|filter| filter.rejection.reasons.iter().map(move |reason| (Some(filter.plugin), reason)));
    filters.chain(verdict).filter(move |(of, reason)| *of != Some(plugin) || key_of(reason) != Some(rule.topology_key))
}

/// The topology key that a reason is about.
fn key_of(reason: &Reason) -> Option<Name> {
    match reason {
        Reason::TopologySkew { topology_key, .. }
        | Reason::TopologyLabelMissing { topology_key }
        | Reason::PodAffinityUnmet { topology_key, .. }
        | Reason::PodAntiAffinityViolated { topology_key, .. }
        | Reason::ExistingPodAntiAffinity { topology_key, .. } => Some(*topology_key),
        _ => None,
    }
}

/// Only to a spread constraint is it odd that a domain does not count.
fn left_out(kind: RuleKind, nodes: &[&NodePlacement], cycle: Cycle<'_>) -> Option<LeftOut> {
    let RuleKind::Spread { honors_node_affinity, honors_node_taints, .. } = kind else { return None };
    let matches = |id: NodeId| cycle.pod.class.required_node_affinity.matches(cycle.cluster.node(id));
    if honors_node_affinity && !nodes.iter().any(|node| matches(node.id)) {
        return Some(LeftOut::NodeAffinity);
    }
    let tainted = |node: &&NodePlacement| untolerated(node.id, cycle.cluster, cycle);
    if honors_node_taints && nodes.iter().all(tainted) {
        Some(LeftOut::Taints)
    } else {
        Some(LeftOut::OtherTopologyKey)
    }
}

fn untolerated(node: NodeId, cluster: &Cluster, cycle: Cycle<'_>) -> bool {
    let tolerations = &cycle.pod.spec().tolerations;
    let taints = &cluster.node(node).node.taints;
    let comparisons = cycle.behaviour.gates.taint_toleration_comparison_operators;
    taints.iter().any(|taint| taint.effect.rejects() && !crate::api::taint::tolerated(tolerations, taint, comparisons))
}
