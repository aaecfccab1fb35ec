//! What a pod wants of a node's labels, against what the cluster's nodes have.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::name::{Name, name};
use crate::api::node_selector::{LazyErrorNodeSelector, NODE_NAME_FIELD, NodeSelector, NodeSelectorTerm};
use crate::api::pod_spec::PodSpec;
use crate::api::selector::SelectorRequirement;
use crate::did_you_mean;
use crate::state::{Cluster, NodeInfo};

/// Values of a key that are kept.
const MOST_VALUES: usize = 8;

/// The demands that nodes of a cause do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LabelDemand {
    /// Each by itself: those of `nodeSelector`, then those of the alternative that came closest.
    pub unmet: Vec<Demand>,
    /// How many alternatives required node affinity has.
    pub alternatives: usize,
    /// Of these the one that the most of holds on a node, counted from 0, if any was looked at.
    pub closest: Option<usize>,
}

/// One demand on a label, and how the cluster's nodes meet it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Demand {
    /// Where it stands.
    pub source: DemandOf,
    /// The label's key, or `metadata.name`.
    pub key: Name,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    pub operator: Name,
    /// What it is compared with.
    pub values: Vec<Name>,
    /// Nodes of the cluster that meet it.
    pub matching_nodes: usize,
    /// Nodes of the cluster that have the key.
    pub nodes_with_key: usize,
    /// Values that the key has, with their nodes, the most common first; at most eight.
    pub values_found: Vec<ValueFound>,
    /// How many values it has.
    pub distinct_values: usize,
    /// Where no node meets it: a value, or else a key, that looks like the wanted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did_you_mean: Option<Name>,
}

/// A value of a label and how many nodes have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ValueFound {
    /// The value.
    pub value: Name,
    /// Nodes that have it.
    pub nodes: usize,
}

/// Where a demand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum DemandOf {
    /// In the pod's `nodeSelector`.
    NodeSelector,
    /// In the pod's required node affinity.
    NodeAffinity,
    /// In the profile's `addedAffinity`.
    AddedAffinity,
}

/// What of `spec` the nodes of a cause do not meet.
pub fn of_pod(spec: &PodSpec, nodes: &[&NodeInfo], cluster: &Cluster) -> LabelDemand {
    let mut unmet: Vec<Demand> = spec
        .node_selector
        .iter()
        .filter(|(key, value)| nodes.iter().any(|node| node.node.labels.get(*key) != Some(*value)))
        .map(|(key, value)| {
            let wanted = SelectorRequirement { key, operator: name("In"), values: [value].into() };
            demand(DemandOf::NodeSelector, &Requirement::of_label(&wanted), cluster)
        })
        .collect();
    let Some(required) = spec.required_node_affinity() else {
        return LabelDemand { unmet, alternatives: 0, closest: None };
    };
    let of_terms = of_terms(DemandOf::NodeAffinity, required, nodes, cluster);
    unmet.extend(of_terms.unmet);
    LabelDemand { unmet, ..of_terms }
}

/// What of `terms`, which are alternatives, the nodes do not meet.
pub fn of_terms(source: DemandOf, terms: &NodeSelector, nodes: &[&NodeInfo], cluster: &Cluster) -> LabelDemand {
    let alternatives = terms.node_selector_terms.len();
    let compiled: Vec<Vec<Requirement>> = terms.node_selector_terms.iter().map(requirements).collect();
    let mut closest: Option<(usize, usize, &NodeInfo)> = None;
    for (index, requirements) in compiled.iter().enumerate() {
        for node in nodes {
            let unmet = requirements.iter().filter(|wanted| !wanted.is_met(node)).count();
            if unmet > 0 && closest.is_none_or(|(least, ..)| unmet < least) {
                closest = Some((unmet, index, node));
            }
        }
    }
    let unmet = closest.map_or_else(Vec::new, |(_, index, node)| {
        let requirements = compiled.get(index).into_iter().flatten().filter(|wanted| !wanted.is_met(node));
        requirements.map(|wanted| demand(source, wanted, cluster)).collect()
    });
    LabelDemand { unmet, alternatives, closest: closest.map(|(_, index, _)| index) }
}

/// One condition of a term, compiled to be asked by itself.
struct Requirement {
    wanted: SelectorRequirement,
    is_label: bool,
    compiled: LazyErrorNodeSelector,
}

fn requirements(term: &NodeSelectorTerm) -> Vec<Requirement> {
    let labels = term.match_expressions.iter().map(Requirement::of_label);
    labels.chain(term.match_fields.iter().map(Requirement::of_field)).collect()
}

impl Requirement {
    fn of_label(wanted: &SelectorRequirement) -> Self {
        let term = NodeSelectorTerm { match_expressions: [wanted.clone()].into(), ..Default::default() };
        Self { wanted: wanted.clone(), is_label: true, compiled: compile(term) }
    }

    fn of_field(wanted: &SelectorRequirement) -> Self {
        let term = NodeSelectorTerm { match_fields: [wanted.clone()].into(), ..Default::default() };
        Self { wanted: wanted.clone(), is_label: false, compiled: compile(term) }
    }

    fn is_met(&self, node: &NodeInfo) -> bool {
        self.compiled.matches(node.name(), &node.node.labels).unwrap_or(false)
    }
}

fn compile(term: NodeSelectorTerm) -> LazyErrorNodeSelector {
    LazyErrorNodeSelector::new(&NodeSelector { node_selector_terms: [term].into() })
}

fn demand(source: DemandOf, wanted: &Requirement, cluster: &Cluster) -> Demand {
    let key = wanted.wanted.key;
    let values: Vec<Name> = wanted.wanted.values.to_vec();
    let mut counts: BTreeMap<Name, usize> = BTreeMap::new();
    let mut matching_nodes = 0;
    for node in cluster.nodes() {
        matching_nodes += usize::from(wanted.is_met(node));
        if wanted.is_label
            && let Some(value) = node.node.labels.get(key)
        {
            *counts.entry(value).or_default() += 1;
        }
    }
    let distinct_values = counts.len();
    let nodes_with_key =
        if key == NODE_NAME_FIELD && !wanted.is_label { cluster.nodes().len() } else { counts.values().sum() };
    let did_you_mean =
        if matching_nodes == 0 && wanted.is_label { looks_like(key, &values, &counts, cluster) } else { None };
    let mut values_found: Vec<ValueFound> =
        counts.into_iter().map(|(value, nodes)| ValueFound { value, nodes }).collect();
    // Stable: values of equally many nodes stay in the order of names.
    values_found.sort_by_key(|found| std::cmp::Reverse(found.nodes));
    values_found.truncate(MOST_VALUES);
    let operator = wanted.wanted.operator;
    Demand {
        source,
        key,
        operator,
        values,
        matching_nodes,
        nodes_with_key,
        values_found,
        distinct_values,
        did_you_mean,
    }
}

/// A value of the key that looks like a wanted one; where no node has the key, a key that looks
/// like it.
fn looks_like(key: Name, values: &[Name], counts: &BTreeMap<Name, usize>, cluster: &Cluster) -> Option<Name> {
    if !counts.is_empty() {
        return values.iter().find_map(|wanted| did_you_mean::find(wanted, counts.keys().map(Name::as_str))).map(name);
    }
    let mut keys: Vec<Name> =
        cluster.nodes().iter().flat_map(|node| node.node.labels.iter().map(|(key, _)| key)).collect();
    keys.sort_unstable();
    keys.dedup();
    let same_word = || {
        let word = |key: &Name| key.rsplit('/').next().map(str::to_lowercase);
        keys.iter().find(|other| word(other) == word(&key)).map(Name::as_str)
    };
    did_you_mean::find(&key, keys.iter().map(Name::as_str)).or_else(same_word).map(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Behaviour;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    fn cluster(labels: &[serde_json::Value]) -> Cluster {
        let mut builder = ClusterBuilder::default();
        for (index, labels) in labels.iter().enumerate() {
            let node = json!({"metadata": {"name": format!("node-{index}"), "labels": labels}}).to_string();
            builder.add(Object::decode(Kind::Node, node.as_bytes()).unwrap().0);
        }
        builder.build(Behaviour::default().request_gates())
    }

    /// The demands that no node meets or that only some do: key, nodes that meet it, nodes_with_key, and
    /// what it resembles.
    #[track_caller]
    fn case(labels: &[serde_json::Value], spec: serde_json::Value, expected: &[(&str, usize, usize, Option<&str>)]) {
        let cluster = cluster(labels);
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        let nodes: Vec<&NodeInfo> = cluster.nodes().iter().collect();
        let demand = of_pod(&spec, &nodes, &cluster);
        let found: Vec<(&str, usize, usize, Option<&str>)> = demand
            .unmet
            .iter()
            .map(|demand| {
                (
                    demand.key.as_str(),
                    demand.matching_nodes,
                    demand.nodes_with_key,
                    demand.did_you_mean.as_ref().map(Name::as_str),
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn wanted_against_found() {
        let disks = [json!({"disk": "ssd", "zone": "a"}), json!({"disk": "hdd", "zone": "b"})];
        case(&disks, json!({"nodeSelector": {"disk": "SSD"}}), &[("disk", 0, 2, Some("ssd"))]);
        case(&disks, json!({"nodeSelector": {"Disk": "ssd"}}), &[("Disk", 0, 0, Some("disk"))]);
        case(&disks, json!({"nodeSelector": {"example.com/disk": "ssd"}}), &[("example.com/disk", 0, 0, Some("disk"))]);
        case(&disks, json!({"nodeSelector": {"gpu": "yes"}}), &[("gpu", 0, 0, None)]);
        // Each is met somewhere, never both together.
        case(
            &disks,
            json!({"nodeSelector": {"disk": "ssd", "zone": "b"}}),
            &[("disk", 1, 2, None), ("zone", 1, 2, None)],
        );
    }

    #[test]
    fn the_closest_alternative_is_named() {
        let nodes = [json!({"disk": "ssd", "zone": "a"})];
        let term = |zone: &str, disk: &str| {
            json!({"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]},
                                        {"key": "disk", "operator": "In", "values": [disk]}]})
        };
        let terms = json!([term("x", "y"), term("a", "nvme")]);
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
        let spec = json!({"affinity": {"nodeAffinity": required}});
        case(&nodes, spec.clone(), &[("disk", 0, 1, None)]);
        let cluster = cluster(&nodes);
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        let demand = of_pod(&spec, &cluster.nodes().iter().collect::<Vec<_>>(), &cluster);
        assert_eq!((demand.alternatives, demand.closest), (2, Some(1)));
    }
}
