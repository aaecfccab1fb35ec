//! What filters and scores read of a Node.

use super::{Facts, Object};
use crate::api::Name;
use crate::api::resources::{Resources, STANDARD};
use crate::decode::Kind;
use crate::decode::node::Node;
use crate::framework::Amount;
use crate::state::Cluster;

pub(super) fn nodes(cluster: &Cluster) -> Vec<Object> {
    cluster.nodes().iter().map(|info| (Kind::Node, info.name().to_string(), node(&info.node))).collect()
}

fn node(node: &Node) -> Facts {
    let amounts = amounts(&node.allocatable).into_iter();
    Facts::default()
        .each("allocatable", amounts.map(|(resource, amount)| (resource, Amount::new(resource, amount))))
        .taints("taint", &node.taints)
        .labels("label", &node.labels)
        .flag("cordoned", node.unschedulable)
        .list("declaredFeatures", node.declared_features.iter())
}

fn amounts(resources: &Resources) -> Vec<(Name, i64)> {
    let standard = [
        (STANDARD.cpu, resources.milli_cpu),
        (STANDARD.memory, resources.memory),
        (STANDARD.ephemeral_storage, resources.ephemeral_storage),
        (STANDARD.pods, resources.allowed_pod_number),
    ];
    standard.into_iter().filter(|(_, amount)| *amount != 0).chain(resources.scalars.iter()).collect()
}
