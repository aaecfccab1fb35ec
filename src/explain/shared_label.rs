//! The label that explains a split: one that a group of nodes has and all other nodes have not.
//!
//! No list of well-known labels: a pool, a zone or an instance type is found because its values
//! divide the nodes exactly as the verdicts do.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::state::{Cluster, NodeId};

/// A label key and the values that distinguish a group of nodes from all other nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedLabel {
    /// The key.
    pub key: Name,
    /// The values, sorted; mostly one. None at all where it is the lack of the key that tells the
    /// group apart: every other node has it.
    pub values: Vec<Name>,
}

/// Most values a label may have within the group to still explain it.
const MOST_VALUES: usize = 3;

/// The label that tells `group` from all other nodes. None for a single node and for all nodes:
/// there is no split to explain.
pub fn find(cluster: &Cluster, group: &[NodeId]) -> Option<SharedLabel> {
    let first = group.first()?;
    if group.len() < 2 || group.len() >= cluster.nodes().len() {
        return None;
    }
    let inside: BTreeSet<NodeId> = group.iter().copied().collect();
    cluster
        .node(*first)
        .node
        .labels
        .iter()
        .filter_map(|(key, _)| candidate(cluster, &inside, key))
        // A label of every node explains more than one of a few; then the coarser one,
        // one whose key is not from before it was stable, and the shorter.
        .min_by_key(|(split, label)| {
            let old = label.key.contains("beta.");
            (label.values.len(), std::cmp::Reverse(split.nodes_with_key), split.values, old, label.key.len(), label.key)
        })
        .map(|(_, label)| label)
        .or_else(|| lacking(cluster, &inside))
}

/// A label that every other node has and none of the group.
fn lacking(cluster: &Cluster, inside: &BTreeSet<NodeId>) -> Option<SharedLabel> {
    let mut others = cluster.nodes().iter().filter(|node| !inside.contains(&node.id));
    let first = others.next()?;
    let mut keys: Vec<Name> = first.node.labels.iter().map(|(key, _)| key).collect();
    for node in others {
        keys.retain(|key| node.node.labels.contains_key(*key));
    }
    for node in inside {
        keys.retain(|key| !cluster.node(*node).node.labels.contains_key(*key));
    }
    let key = keys.into_iter().min_by_key(|key| (key.len(), *key))?;
    Some(SharedLabel { key, values: Vec::new() })
}

/// How a label divides all nodes.
struct Split {
    /// Nodes that have the key.
    nodes_with_key: usize,
    /// Its distinct values.
    values: usize,
}

fn candidate(cluster: &Cluster, inside: &BTreeSet<NodeId>, key: Name) -> Option<(Split, SharedLabel)> {
    // Per value: nodes within the group, nodes outside it.
    let mut counts: FxHashMap<Name, (usize, usize)> = FxHashMap::default();
    for node in cluster.nodes() {
        let within = inside.contains(&node.id);
        match node.node.labels.get(key) {
            Some(value) => {
                let count = counts.entry(value).or_default();
                if within {
                    count.0 += 1;
                } else {
                    count.1 += 1;
                }
                if count.0 > 0 && count.1 > 0 {
                    return None;
                }
            }
            None if within => return None,
            None => {}
        }
    }
    let mut values: Vec<Name> = Vec::new();
    for (value, (within, outside)) in &counts {
        if *within > 0 && *outside == 0 {
            values.push(*value);
        }
    }
    // Values that name single nodes (a hostname) explain nothing.
    let explains = values.len() == 1 || (values.len() <= MOST_VALUES && values.len() * 2 <= inside.len());
    if !explains {
        return None;
    }
    values.sort_unstable();
    let split = Split { nodes_with_key: counts.values().map(|(a, b)| a + b).sum(), values: counts.len() };
    Some((split, SharedLabel { key, values }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::name::name;
    use crate::config::Behaviour;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    /// What tells the first `group` nodes from the others.
    #[track_caller]
    fn case(labels: &[Value], group: usize, expected: Option<(&str, &[&str])>) {
        let mut builder = ClusterBuilder::default();
        for (index, labels) in labels.iter().enumerate() {
            let node = json!({"metadata": {"name": format!("n-{index}"), "labels": labels}}).to_string();
            builder.add(Object::decode(Kind::Node, node.as_bytes()).unwrap().0);
        }
        let cluster = builder.build(Behaviour::default().request_gates());
        let inside: Vec<NodeId> = cluster.nodes().iter().take(group).map(|node| node.id).collect();
        let expected = expected.map(|(key, values)| SharedLabel {
            key: name(key),
            values: values.iter().map(|value| name(value)).collect(),
        });
        assert_eq!(find(&cluster, &inside), expected);
    }

    #[test]
    fn the_label_that_divides_as_the_verdicts_do() {
        let node = |pool: &str, zone: &str| json!({"pool": pool, "zone": zone, "os": "linux"});
        let nodes = [node("gpu", "a"), node("gpu", "b"), node("web", "a"), node("web", "b")];
        case(&nodes, 2, Some(("pool", &["gpu"])));
        // One more: half a pool.
        case(&nodes, 3, None);
        case(&nodes, 1, None);
        case(&nodes, 4, None);
        let instances =
            |kind: &str| json!({"beta.kubernetes.io/instance-type": kind, "node.kubernetes.io/instance-type": kind});
        let nodes = [instances("big"), instances("big"), instances("small")];
        case(&nodes, 2, Some(("node.kubernetes.io/instance-type", &["big"])));
        // Two of three zones, with two nodes each.
        let zones = ["a", "a", "b", "b", "c"].map(|zone| json!({"zone": zone}));
        case(&zones, 4, Some(("zone", &["a", "b"])));
        let hosts = ["h1", "h2", "h3"].map(|host| json!({"hostname": host}));
        case(&hosts, 2, None);
    }

    #[test]
    fn the_lack_of_a_label_divides_too() {
        let nodes = [
            json!({"host": "1"}),
            json!({"host": "2"}),
            json!({"host": "3", "gpu": "a"}),
            json!({"host": "4", "gpu": "b"}),
        ];
        case(&nodes, 2, Some(("gpu", &[])));
    }
}
