//! How few nodes the pods that were placed could do with, whatever the strategy.
//!
//! A node with a pod that was not placed by the simulation is in use anyway. What the placed pods
//! request beyond what is free there needs other nodes: of each resource at least so many as its
//! largest nodes would take it with. Rules of pods and taints make it more, never less.
//!
//! A resource of which a placed pod has overrun its node is no limit here: this profile does not
//! look at it.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::api::Name;
use crate::api::resources::Resources;
use crate::state::{Cluster, PodId};

use super::step::Step;

/// An amount of one resource.
type Part<'a> = &'a dyn Fn(&Resources) -> i64;

/// Nodes that `cluster`, in the state in which `steps` ended, has to use at least. Never more than
/// those with a pod.
pub fn nodes_needed(cluster: &Cluster, steps: &[Step]) -> usize {
    let placed: FxHashSet<PodId> = steps.iter().filter(|step| step.place().is_some()).map(|step| step.pod_id).collect();
    let nodes: Vec<Node<'_>> = cluster
        .nodes()
        .iter()
        .map(|info| {
            let mut node =
                Node { has: &info.node.allocatable, stays: Resources::default(), came: Resources::default() };
            for pod in &info.pods {
                let side = if placed.contains(pod) { &mut node.came } else { &mut node.stays };
                side.add_resources(&cluster.pod(*pod).class.requests.requested, false);
                side.allowed_pod_number += 1;
            }
            node
        })
        .collect();
    let scalars: BTreeSet<Name> =
        nodes.iter().flat_map(|node| node.came.scalars.iter()).map(|(resource, _)| resource).collect();
    let fixed = nodes.iter().filter(|node| node.is_used_anyway()).count();
    let standard: [Part<'_>; 4] =
        [&|all| all.milli_cpu, &|all| all.memory, &|all| all.ephemeral_storage, &|all| all.allowed_pod_number];
    let more = standard.into_iter().map(|part| more(&nodes, part));
    let of_scalars = scalars.into_iter().map(|resource| self::more(&nodes, &|all| all.scalars.get(resource)));
    fixed + more.chain(of_scalars).max().unwrap_or_default()
}

/// A node, by whose pods request what. `allowed_pod_number` of what is requested counts the pods.
struct Node<'a> {
    has: &'a Resources,
    /// What pods request that were not placed by the simulation.
    stays: Resources,
    /// What pods request that were.
    came: Resources,
}

impl Node<'_> {
    fn is_used_anyway(&self) -> bool {
        self.stays.allowed_pod_number > 0
    }
}

/// How many nodes are needed of one resource beyond those that are used anyway.
fn more(nodes: &[Node<'_>], part: Part<'_>) -> usize {
    let amounts = |node: &Node<'_>| [part(node.has), part(&node.stays), part(&node.came)].map(i128::from);
    let overruns = |node: &Node<'_>| {
        let [has, stays, came] = amounts(node);
        came > 0 && stays + came > has
    };
    if nodes.iter().any(overruns) {
        return 0;
    }
    let mut left: i128 = nodes.iter().map(|node| i128::from(part(&node.came))).sum();
    let mut others = Vec::new();
    for node in nodes {
        let [has, stays, _] = amounts(node);
        if node.is_used_anyway() { left -= (has - stays).max(0) } else { others.push(has.max(0)) }
    }
    others.sort_unstable_by(|a, b| b.cmp(a));
    let mut others = others.into_iter();
    let mut needed = 0;
    while left > 0 {
        let Some(largest) = others.next() else { break };
        left -= largest;
        needed += 1;
    }
    needed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::name;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};
    use crate::simulate::{Outcome, Place};
    use crate::state::{ClusterBuilder, NodeId};

    /// Nodes of `cpus`, the first `used` of them with a pod of one cpu; so many pods of two cpus are
    /// placed on the others, one each.
    #[track_caller]
    fn case(cpus: &[i64], used: usize, pods: usize, expected: usize) {
        let mut builder = ClusterBuilder::default();
        let mut add = |kind, object: serde_json::Value| {
            builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
        };
        for (index, cpus) in cpus.iter().enumerate() {
            let allocatable = json!({"cpu": cpus.to_string(), "pods": "3"});
            add(Kind::Node, json!({"metadata": {"name": format!("n{index}")}, "status": {"allocatable": allocatable}}));
        }
        for index in 0..used + pods {
            let cpus = if index < used { "1" } else { "2" };
            let containers = json!([{"resources": {"requests": {"cpu": cpus}}}]);
            add(
                Kind::Pod,
                json!({"metadata": {"name": format!("p{index}")}, "spec": {"nodeName": format!("n{index}"), "containers": containers}}),
            );
        }
        let cluster = builder.build(RequestGates::default());
        let came = cluster.pods().iter().filter(|pod| pod.class.requests.requested.milli_cpu == 2000);
        let steps: Vec<Step> = came
            .map(|pod| {
                let place = Place { node: NodeId(0), name: name("n0"), total: 0, tied: 1 };
                Step::new(pod.key(), pod.id, Outcome::Placed(place))
            })
            .collect();
        assert_eq!(nodes_needed(&cluster, &steps), expected);
    }

    #[test]
    fn no_strategy_does_with_fewer() {
        case(&[], 0, 0, 0);
        // Six cpus go to the largest node.
        case(&[4, 4, 6], 0, 3, 1);
        case(&[4, 4, 4], 0, 3, 2);
        // Three pods and no more fit on a node.
        case(&[9, 9, 9, 9], 0, 4, 2);
        // The used node is used anyway, and takes a pod.
        case(&[3, 2, 2], 1, 2, 2);
        // It has no room left.
        case(&[1, 2, 2], 1, 2, 3);
        // Two cpus on a node of one: this profile does not look at cpu.
        case(&[1, 1, 1], 0, 3, 1);
    }
}
