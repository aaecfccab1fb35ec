//! The node labels along whose values the verdicts divide best.
//!
//! No list of well-known keys: a pool, a zone or an instance type is found because its values
//! divide the nodes into a few groups, most of which got one verdict.

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::state::Cluster;

/// A label key and each node's value under it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiscriminatingLabel {
    /// The key.
    pub key: Name,
    /// Its values, in the order of names; none stands for nodes without the label, and comes first.
    pub values: Vec<Option<Name>>,
    /// For each node, in the cluster's order, the place of its value in `values`.
    pub of: Vec<usize>,
}

/// More groups than this explain nothing.
const MOST_VALUES: usize = 100;

/// Up to `most` keys, the most discriminating first; `verdicts` says for each node of `cluster`, in its
/// order, which verdict it got. Of keys that divide the nodes alike there is one.
pub fn find(cluster: &Cluster, verdicts: &[usize], most: usize) -> Vec<DiscriminatingLabel> {
    let mut keys: Vec<Name> =
        cluster.nodes().iter().flat_map(|node| node.node.labels.iter()).map(|(key, _)| key).collect();
    keys.sort_unstable_by(|a, b| a.as_str().len().cmp(&b.as_str().len()).then_with(|| a.cmp(b)));
    keys.dedup();
    let mut found: Vec<(usize, DiscriminatingLabel)> = Vec::new();
    for key in keys {
        let Some(label) = divide(cluster, key) else { continue };
        if found.iter().all(|(_, other)| !divides_equally(other, &label)) {
            found.push((agreement(&label, verdicts), label));
        }
    }
    // Stable: keys that tell as much stay in the order of their lengths.
    found.sort_by_key(|(agreement, label)| (std::cmp::Reverse(*agreement), label.values.len()));
    found.truncate(most);
    found.into_iter().map(|(_, label)| label).collect()
}

/// The nodes by their values under `key`; none when that makes one group, or too many.
fn divide(cluster: &Cluster, key: Name) -> Option<DiscriminatingLabel> {
    let nodes = cluster.nodes();
    let of_node: Vec<Option<Name>> = nodes.iter().map(|node| node.node.labels.get(key)).collect();
    let mut values = of_node.clone();
    values.sort_unstable();
    values.dedup();
    // Two nodes a group, else a name would do as well.
    if values.len() < 2 || values.len() > MOST_VALUES || values.len() * 2 > nodes.len() {
        return None;
    }
    let of = of_node.iter().map(|value| values.partition_point(|other| other < value)).collect();
    Some(DiscriminatingLabel { key, values, of })
}

/// Whether both make the same groups, whatever the values are called.
fn divides_equally(a: &DiscriminatingLabel, b: &DiscriminatingLabel) -> bool {
    let mut stands_for: FxHashMap<usize, usize> = FxHashMap::default();
    a.values.len() == b.values.len() && a.of.iter().zip(&b.of).all(|(a, b)| *stands_for.entry(*a).or_insert(*b) == *b)
}

/// Nodes that got what most nodes of their group got.
fn agreement(label: &DiscriminatingLabel, verdicts: &[usize]) -> usize {
    let mut counts: Vec<FxHashMap<usize, usize>> = vec![FxHashMap::default(); label.values.len()];
    for (group, verdict) in label.of.iter().zip(verdicts) {
        if let Some(counts) = counts.get_mut(*group) {
            *counts.entry(*verdict).or_default() += 1;
        }
    }
    counts.iter().filter_map(|counts| counts.values().max()).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{Behaviour, KubeVersion};
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    /// Nodes with these labels and verdicts are best distinguished by `keys`.
    #[track_caller]
    fn case(nodes: &[(serde_json::Value, usize)], keys: &[&str]) {
        let mut builder = ClusterBuilder::default();
        for (index, (labels, _)) in nodes.iter().enumerate() {
            let node = json!({ "metadata": { "name": format!("n{index}"), "labels": labels } });
            builder.add(Object::decode(Kind::Node, node.to_string().as_bytes()).unwrap().0);
        }
        let cluster = builder.build(Behaviour::new(KubeVersion::NEWEST).request_gates());
        let verdicts: Vec<usize> = nodes.iter().map(|(_, verdict)| *verdict).collect();
        let found: Vec<Name> = find(&cluster, &verdicts, 2).iter().map(|label| label.key).collect();
        assert_eq!(found, keys);
    }

    #[test]
    fn the_label_that_verdicts_follow_comes_first() {
        let node = |pool: &str, zone: &str, name: &str| json!({ "pool": pool, "zone": zone, "host": name });
        let nodes = [("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")].map(|(pool, zone)| node(pool, zone, pool));
        let with = |verdicts: [usize; 4]| nodes.iter().cloned().zip(verdicts).collect::<Vec<_>>();
        case(&with([0, 1, 0, 1]), &["zone", "host"]);
        // `host` divides as `pool` does: there is one of them.
        case(&with([0, 0, 1, 1]), &["host", "zone"]);
        // One value for all, or one for each, makes no groups.
        case(&[(json!({ "os": "l", "host": "1" }), 0), (json!({ "os": "l", "host": "2" }), 1)], &[]);
        // Not to have a label makes a group too.
        case(&[(json!({}), 0), (json!({ "gpu": "t" }), 1), (json!({}), 0), (json!({ "gpu": "t" }), 1)], &["gpu"]);
    }
}
