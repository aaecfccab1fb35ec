//! TopologyPlacementGenerator: a group with a topology constraint goes to one domain as a whole.
//!
//! A placement is all nodes with one value of the constraint's label. Where pods of the group run
//! already, theirs is the only one. Upstream plugins/topologyaware/topology_placement.go.

use std::collections::BTreeMap;

use crate::api::Name;
use crate::api::UpstreamError;
use crate::api::scheduling_group::GroupKey;
use crate::decode::pod_group::PodGroup;
use crate::framework::{GroupPlacement, PlacementGeneratePlugin, Plugin};
use crate::state::{Cluster, NodeId, NodeInfo};

/// The plugin.
pub struct TopologyPlacementGenerator;

impl Plugin for TopologyPlacementGenerator {
    fn name(&self) -> &'static str {
        "TopologyPlacementGenerator"
    }

    fn placement_generate(&self) -> Option<&dyn PlacementGeneratePlugin> {
        Some(self)
    }
}

impl PlacementGeneratePlugin for TopologyPlacementGenerator {
    fn generate_placements(&self, cluster: &Cluster, group: &PodGroup) -> Result<Vec<GroupPlacement>, UpstreamError> {
        let Some(key) = group.topology_key else {
            let nodes = cluster.nodes().iter().map(|node| node.id).collect();
            return Ok(vec![GroupPlacement { domain: None, nodes }]);
        };
        let required = domain_of_placed(cluster, group, key)
            .map_err(|why| format!("cannot determine domain for already scheduled pods: {why}"))?;
        let mut domains: BTreeMap<Name, Vec<NodeId>> = BTreeMap::new();
        for node in cluster.nodes() {
            if let Some(domain) = domain(node, key).filter(|domain| required.is_none_or(|only| only == *domain)) {
                domains.entry(domain).or_default().push(node.id);
            }
        }
        Ok(domains.into_iter().map(|(domain, nodes)| GroupPlacement { domain: Some(domain), nodes }).collect())
    }
}

fn domain(node: &NodeInfo, key: Name) -> Option<Name> {
    node.node.labels.get(key)
}

/// The domain of the group's pods that have a node (upstream getScheduledPodsTopologyDomain).
fn domain_of_placed(cluster: &Cluster, group: &PodGroup, key: Name) -> Result<Option<Name>, String> {
    let mut found: Option<Name> = None;
    for pod in cluster.group_members(GroupKey::PodGroup(group.key)) {
        let Some(node) = pod.own.node_name else { continue };
        let Some(info) = cluster.node_named(node) else {
            return Err(format!("getting node for pod {}: nodeinfo not found for node name \"{node}\"", pod.key()));
        };
        let Some(domain) = domain(info, key) else {
            return Err(format!("no topology domain found for pod {}", pod.key()));
        };
        match found {
            Some(other) if other != domain => {
                return Err(format!("more than 1 domain found for pod group: {other}, {domain}"));
            }
            _ => found = Some(domain),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::ObjectKey;
    use crate::api::name::name;
    use crate::plugins::volume_state;

    /// The domains that a group may go to, or why it goes to none, with pods of it on these nodes: a and b are in the
    /// zone x, c in y, and d in none.
    #[track_caller]
    fn case(placed: &[&str], expected: &str) {
        let node = |node: &str, labels: Value| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node, "labels": labels}});
        let mut objects = vec![
            node("a", json!({"zone": "x"})),
            node("b", json!({"zone": "x"})),
            node("c", json!({"zone": "y"})),
            node("d", json!({})),
            json!({"apiVersion": "scheduling.k8s.io/v1alpha2", "kind": "PodGroup", "metadata": {"name": "g", "namespace": "n"},
                "spec": {"schedulingConstraints": {"topology": [{"key": "zone"}]}}}),
        ];
        objects.extend(placed.iter().enumerate().map(|(index, node)| {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("p-{index}"), "namespace": "n"},
                "spec": {"nodeName": node, "schedulingGroup": {"podGroupName": "g"}}})
        }));
        let cluster = volume_state::cluster(&objects);
        let group = cluster.pod_group(ObjectKey::new(name("n"), name("g"))).unwrap();
        let shown = |placement: GroupPlacement| {
            let nodes: Vec<String> =
                placement.nodes.iter().map(|node| cluster.node(*node).name().to_string()).collect();
            format!("{}: {}", placement.domain.unwrap_or_default(), nodes.join(" "))
        };
        let found = TopologyPlacementGenerator.generate_placements(&cluster, group).map_or_else(
            |error| error.to_string(),
            |placements| placements.into_iter().map(shown).collect::<Vec<_>>().join(", "),
        );
        assert_eq!(found, expected, "{placed:?}");
    }

    #[test]
    fn a_group_stays_in_the_domain_of_its_pods() {
        case(&[], "x: a b, y: c");
        case(&["a"], "x: a b");
        case(&["a", "b"], "x: a b");
        case(&["c", "c"], "y: c");
        let refusal = "cannot determine domain for already scheduled pods: ";
        case(&["a", "c"], &format!("{refusal}more than 1 domain found for pod group: x, y"));
        case(&["a", "d"], &format!("{refusal}no topology domain found for pod n/p-1"));
    }
}
