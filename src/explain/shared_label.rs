//! The label that explains a split: one that a group of nodes has and all other nodes have not.
//!
//! No list of well-known labels: a pool, a zone or an instance type is found because its values
//! divide the nodes exactly as the verdicts do.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::cluster::name::Name;
use crate::cluster::{Cluster, NodeId};

/// A label key and the values by which a group of nodes is told from all other nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedLabel {
    /// The key.
    pub key: Name,
    /// The values, sorted; mostly one.
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
            (label.values.len(), std::cmp::Reverse(split.carriers), split.values, old, label.key.len(), label.key)
        })
        .map(|(_, label)| label)
}

/// How a label divides all nodes.
struct Split {
    /// Nodes that have the key.
    carriers: usize,
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
                if within { count.0 += 1 } else { count.1 += 1 }
            }
            None if within => return None,
            None => {}
        }
    }
    let mut values: Vec<Name> = Vec::new();
    for (value, (within, outside)) in &counts {
        match (within, outside) {
            (0, _) => {}
            (_, 0) => values.push(*value),
            _ => return None,
        }
    }
    // Values that name single nodes (a hostname) explain nothing.
    let explains = values.len() == 1 || (values.len() <= MOST_VALUES && values.len() * 2 <= inside.len());
    if !explains {
        return None;
    }
    values.sort_unstable();
    let split = Split { carriers: counts.values().map(|(a, b)| a + b).sum(), values: counts.len() };
    Some((split, SharedLabel { key, values }))
}
