//! The order in which kube-scheduler goes through the nodes: zones in turn
//! (upstream backend/cache/node_tree.go, list; component-helpers node/topology/helpers.go, GetZoneKey).

use rustc_hash::FxHashMap;

use crate::api::name::{Name, name};
use crate::decode::node::Node;

use super::{NodeId, NodeInfo};

/// One node of each zone after the other, then the second of each, and so on.
///
/// Upstream's zones, and the nodes of a zone, are in the order in which the scheduler first heard of them. That
/// order is not in the state: the order of names, in which a scheduler that starts lists them, stands for it.
pub fn node_tree(nodes: &[NodeInfo]) -> Vec<NodeId> {
    let mut places: FxHashMap<(Name, Name), usize> = FxHashMap::default();
    let mut zones: Vec<Vec<NodeId>> = Vec::new();
    for node in nodes {
        let place = *places.entry(zone(&node.node)).or_insert_with(|| {
            zones.push(Vec::new());
            zones.len() - 1
        });
        if let Some(zone) = zones.get_mut(place) {
            zone.push(node.id);
        }
    }
    let longest = zones.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|place| zones.iter().filter_map(move |zone| zone.get(place)).copied()).collect()
}

/// Region and zone: the old labels stand before the new ones, as upstream has them.
fn zone(node: &Node) -> (Name, Name) {
    let label = |old: &str, new: &str| {
        let value = node.labels.get(name(old)).or_else(|| node.labels.get(name(new)));
        value.unwrap_or_default()
    };
    (
        label("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
        label("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    #[test]
    fn zones_take_turns() {
        let mut builder = ClusterBuilder::default();
        let zones = [("a", "z1"), ("b", "z1"), ("c", "z2"), ("d", ""), ("e", "z2"), ("f", "z1"), ("g", "z1")];
        for (name, zone) in zones {
            let labels = if zone.is_empty() { json!({}) } else { json!({"topology.kubernetes.io/zone": zone}) };
            let node = json!({"metadata": {"name": name, "labels": labels}}).to_string();
            builder.add(Object::decode(Kind::Node, node.as_bytes()).unwrap().0);
        }
        let cluster = builder.build(crate::api::requests::RequestGates::default());
        let order = node_tree(cluster.nodes());
        let names: Vec<String> = order.into_iter().map(|id| cluster.node(id).name().to_string()).collect();
        assert_eq!(names.join(" "), "a c d b e f g");
    }
}
