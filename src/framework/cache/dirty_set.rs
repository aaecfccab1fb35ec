//! The dirty set: nodes whose verdict or score may differ since a change.

use rustc_hash::FxHashMap;

use super::shared::BLOCK;
use crate::api::name::Name;
use crate::state::{Cluster, NodeId, NodeInfo, Pod};

/// A pod was added to a node or left it.
#[derive(Clone, Copy)]
pub struct Change<'c> {
    /// The pod.
    pub pod: &'c Pod,
    /// The node, as it is when the change is reported: later changes have been made to it as well.
    pub node: &'c NodeInfo,
    /// 1 for a pod that came, -1 for one that left.
    pub sign: i64,
    /// The nodes for which it makes a difference which devices are in use.
    pub devices: DeviceReach,
}

/// Nodes that reach the devices which a pod took or gave back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceReach {
    /// None: there were no devices.
    Nowhere,
    /// Only the pod's node.
    Node,
    /// Others as well.
    Everywhere,
}

/// Nodes that are evaluated again together.
#[derive(Clone, Copy, Debug)]
enum DirtyNodes<'n> {
    /// They share one answer.
    Alike(&'n [NodeId]),
    /// Each has an answer of its own.
    Apart(&'n [NodeId]),
}

/// Nodes to be evaluated again.
#[derive(Debug, Default)]
pub struct DirtySet {
    everything: bool,
    nodes: Vec<NodeId>,
    /// Labels all of whose domains are dirty.
    keys: Vec<Name>,
    /// Label and value.
    domains: Vec<(Name, Name)>,
}

impl DirtySet {
    /// Every node, as nothing was asked yet.
    pub(super) fn full() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// One node.
    pub fn node(&mut self, node: NodeId) {
        if self.nodes.last() != Some(&node) {
            self.nodes.push(node);
        }
    }

    /// All nodes whose label `key` has this value.
    pub fn domain(&mut self, key: Name, value: Name) {
        if !self.domains.contains(&(key, value)) {
            self.domains.push((key, value));
        }
    }

    /// All nodes in the same domain of `key` as `node`; none where it has no such label.
    pub fn domain_of(&mut self, node: &NodeInfo, key: Name) {
        if let Some(value) = node.node.labels.get(key) {
            self.domain(key, value);
        }
    }

    /// All nodes, by their domain of `key`: what differs depends on that and on nothing else.
    pub fn every_domain(&mut self, key: Name) {
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }

    /// Every node.
    pub fn everything(&mut self) {
        self.everything = true;
    }

    /// Empties the set.
    pub(super) fn clear(&mut self) {
        self.everything = false;
        self.keys.clear();
        self.nodes.clear();
        self.domains.clear();
    }

    /// Whether every node is, each with an answer of its own.
    pub(super) fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether no node is dirty.
    pub(super) fn is_empty(&self) -> bool {
        !self.everything && self.nodes.is_empty() && self.domains.is_empty() && self.keys.is_empty()
    }

    /// Asks about every dirty node again, about many at a time, and hands on each node's `answer`. None where asking fails.
    pub(super) fn ask_again<T: Copy + Default>(
        &mut self,
        cluster: &Cluster,
        topology: &mut Topology,
        uniform_over: Option<Name>,
        ask: impl Fn(&[&NodeInfo], &mut [T]) -> Option<()>,
        mut answer: impl FnMut(NodeId, T),
    ) -> Option<()> {
        let mut outcome = Some(());
        self.each(cluster, topology, uniform_over, |nodes| {
            let (asked, alike) = match nodes {
                DirtyNodes::Alike(nodes) => (nodes.get(..1).unwrap_or_default(), nodes.get(1..).unwrap_or_default()),
                DirtyNodes::Apart(nodes) => (nodes, [].as_slice()),
            };
            if let [node] = asked {
                // The pod that came just now is on one node: no lists for that.
                let mut given = [T::default()];
                outcome = outcome.and(ask(&[cluster.node(*node)], &mut given));
                std::iter::once(node).chain(alike).for_each(|node| answer(*node, given[0]));
                return;
            }
            for nodes in asked.chunks(BLOCK) {
                let infos: Vec<&NodeInfo> = nodes.iter().map(|node| cluster.node(*node)).collect();
                let mut given = vec![T::default(); nodes.len()];
                outcome = outcome.and(ask(&infos, &mut given));
                nodes.iter().zip(given).for_each(|(node, given)| answer(*node, given));
            }
        });
        outcome
    }

    /// Hands every dirty node to `evaluate`. Where the answer is uniform over a label, nodes with the same value share one,
    /// and dirty domains of other labels do not matter. A node can come more than once.
    fn each(
        &mut self,
        cluster: &Cluster,
        topology: &mut Topology,
        uniform_over: Option<Name>,
        mut evaluate: impl FnMut(DirtyNodes<'_>),
    ) {
        if self.is_empty() {
            return;
        }
        let all = self.everything || uniform_over.map_or(!self.keys.is_empty(), |key| self.keys.contains(&key));
        match uniform_over {
            Some(key) if all => return topology.groups(cluster, key).map(DirtyNodes::Alike).for_each(evaluate),
            None if all => return evaluate(DirtyNodes::Apart(topology.all(cluster))),
            Some(uniform) => {
                for (key, value) in self.domains.iter().filter(|(key, _)| *key == uniform) {
                    evaluate(DirtyNodes::Alike(topology.nodes(cluster, *key, *value)));
                }
            }
            None => {
                for (key, value) in &self.domains {
                    evaluate(DirtyNodes::Apart(topology.nodes(cluster, *key, *value)));
                }
            }
        }
        self.nodes.sort_unstable();
        self.nodes.dedup();
        evaluate(DirtyNodes::Apart(&self.nodes));
    }
}

/// Nodes by the values of labels, looked up once for each label.
#[derive(Debug, Default)]
pub struct Topology {
    keys: FxHashMap<Name, FxHashMap<Option<Name>, Vec<NodeId>>>,
    all: Vec<NodeId>,
}

impl Topology {
    fn of(&mut self, cluster: &Cluster, key: Name) -> &FxHashMap<Option<Name>, Vec<NodeId>> {
        self.keys.entry(key).or_insert_with(|| {
            let mut groups: FxHashMap<Option<Name>, Vec<NodeId>> = FxHashMap::default();
            for node in cluster.nodes() {
                groups.entry(node.node.labels.get(key)).or_default().push(node.id);
            }
            groups
        })
    }

    /// The label, unless most nodes have a value of their own: to ask about each is faster than to look for the few that
    /// share an answer.
    pub(super) fn coarse(&mut self, cluster: &Cluster, key: Option<Name>) -> Option<Name> {
        key.filter(|key| self.of(cluster, *key).len() <= cluster.nodes().len() / 2)
    }

    /// The nodes of one domain.
    fn nodes(&mut self, cluster: &Cluster, key: Name, value: Name) -> &[NodeId] {
        self.of(cluster, key).get(&Some(value)).map_or(&[], Vec::as_slice)
    }

    /// The nodes of each domain, and those in none.
    fn groups(&mut self, cluster: &Cluster, key: Name) -> impl Iterator<Item = &[NodeId]> {
        self.of(cluster, key).values().map(Vec::as_slice)
    }

    fn all(&mut self, cluster: &Cluster) -> &[NodeId] {
        if self.all.is_empty() {
            self.all = cluster.nodes().iter().map(|node| node.id).collect();
        }
        &self.all
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::name;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    const GATES: RequestGates =
        RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..RequestGates::OFF };

    /// Nodes 0 and 1 are in zone a, 2 is in zone b, 3 is in none.
    fn cluster() -> Cluster {
        let mut builder = ClusterBuilder::default();
        for (number, labels) in
            [json!({ "zone": "a" }), json!({ "zone": "a" }), json!({ "zone": "b" }), json!({})].into_iter().enumerate()
        {
            let node = json!({ "metadata": { "name": format!("node-{number}"), "labels": labels } });
            builder.add(Object::decode(Kind::Node, node.to_string().as_bytes()).unwrap().0);
        }
        builder.build(GATES)
    }

    /// The groups that are evaluated again, sorted: nodes by number.
    #[track_caller]
    fn case(uniform_over: Option<&str>, mark: impl FnOnce(&mut DirtySet), expected: &str) {
        let (cluster, mut dirty, mut groups) = (cluster(), DirtySet::default(), Vec::new());
        mark(&mut dirty);
        let text = |nodes: &[NodeId]| nodes.iter().map(|node| node.0.to_string()).collect::<String>();
        dirty.each(&cluster, &mut Topology::default(), uniform_over.map(name), |nodes| match nodes {
            DirtyNodes::Alike(nodes) => groups.push(text(nodes)),
            DirtyNodes::Apart(nodes) => groups.extend(nodes.chunks(1).map(text)),
        });
        groups.sort();
        assert_eq!(groups.join(" "), expected);
    }

    #[test]
    fn nodes_with_a_shared_answer_are_evaluated_once() {
        let zone = Some("zone");
        case(None, |_| {}, "");
        case(None, |dirty| dirty.node(NodeId(2)), "2");
        case(None, |dirty| dirty.domain(name("zone"), name("a")), "0 1");
        case(zone, |dirty| dirty.domain(name("zone"), name("a")), "01");
        case(None, DirtySet::everything, "0 1 2 3");
        case(zone, DirtySet::everything, "01 2 3");
        case(zone, |dirty| dirty.every_domain(name("zone")), "01 2 3");
        case(None, |dirty| dirty.every_domain(name("zone")), "0 1 2 3");
    }

    #[test]
    fn dirty_domains_of_another_label_do_not_matter() {
        case(Some("zone"), |dirty| dirty.every_domain(name("rack")), "");
        case(Some("zone"), |dirty| dirty.domain(name("rack"), name("1")), "");
    }
}
