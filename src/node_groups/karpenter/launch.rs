//! The nodes that a round of Karpenter's asks for, as they would come up.
//!
//! A NodeClaim names its instance types, the cheapest first (`nodeclaimtemplate.go`, ToNodeClaim; `cloudprovider/types.go`,
//! OrderByPrice), and the provider launches one of them. Karpenter's own provider takes the cheapest offering
//! (`kwok/cloudprovider/cloudprovider.go`, toNode), and so does this file. Providers of clouds weigh more than the price
//! (how much of a type there is), which no state shows. Where no price is known the smallest type stands for the cheapest.

use std::cmp::Ordering;
use std::sync::Arc;

use super::amounts::{Amounts, nodes};
use super::catalogue::{InstanceType, Offering};
use super::nodes::StateNode;
use super::requirement::{
    CAPACITY_TYPE, HOSTNAME, INITIALIZED, INSTANCE_TYPE, NODE_POOL, REGISTERED, Requirement, ZONE,
};
use super::solver::Claim;
use super::{Run, pools};
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::requests::RequestGates;
use crate::api::resources::STANDARD;
use crate::decode::autoscaling::karpenter::NodePool;
use crate::decode::autoscaling::{Provisioning, ProvisioningKind};
use crate::decode::node::{Node, Readiness};
use crate::edit::BuiltNode;
use crate::node_groups::new_node::daemon_pod;
use crate::state::Cluster;
use crate::state::node_info::{NodeId, NodeInfo};

/// What a provider launches for a NodeClaim.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The pool.
    pub pool: Name,
    /// The instance type that is taken.
    pub instance_type: Name,
    /// Its zone.
    pub zone: Option<Name>,
    /// `spot`, `on-demand`, `reserved`.
    pub capacity_type: Option<Name>,
    /// Its price, where it is known.
    pub price: Option<f64>,
    /// Other instance types that the NodeClaim allows.
    pub other_types: usize,
}

/// A node that Karpenter asks its provider for.
#[derive(Clone, Debug)]
pub struct Launch {
    /// What is launched.
    pub instance: Instance,
    /// Labels that the pool leaves open: the real node gets random values.
    pub random_labels: Vec<Name>,
    /// The node, with the pods of DaemonSets.
    pub built: BuiltNode,
}

impl Instance {
    /// Whether another is like it, whatever else each might have been.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.pool, self.instance_type, self.zone, self.capacity_type)
            == (other.pool, other.instance_type, other.zone, other.capacity_type)
    }
}

impl Run {
    /// The nodes that this round asks for, in the order of the claims.
    pub fn launches(&self, cluster: &Cluster, gates: RequestGates) -> Vec<Launch> {
        let (asked, _) = pools(cluster);
        let launch = |claim: &Claim| {
            let pool = asked.iter().find(|pool| pool.name == claim.pool)?;
            self.launch(cluster, gates, pool.data, claim)
        };
        self.claims.iter().filter_map(launch).collect()
    }

    /// The nodes of NodeClaims that were launched and have no node yet, as they will come up: pool, NodeClaim, node.
    pub fn arriving(&self, cluster: &Cluster, gates: RequestGates) -> Vec<(Name, Name, BuiltNode)> {
        let arriving = self.nodes.iter().filter(|node| node.node.is_none() && !node.leaving);
        let build = |state: &StateNode| {
            let key = ObjectKey::new(name(""), state.name);
            let claim = cluster.autoscaling.get(ProvisioningKind::NodeClaim, key)?;
            let Provisioning::Claim(claim) = claim else { return None };
            if state.available.get(STANDARD.cpu).is_zero() {
                return None;
            }
            let ready = [REGISTERED, INITIALIZED].map(|key| (name(key), name("true")));
            let capacity: Amounts = state.capacity.iter().filter(|(resource, _)| *resource != nodes()).collect();
            let node = Node {
                labels: state.labels.iter().chain(ready).collect(),
                taints: state.taints.clone().into(),
                provider_id: Some(claim.provider_id),
                readiness: Readiness { known: true, ready: true, ..Readiness::default() },
                capacity: capacity.to_resources(),
                allocatable: state.available.to_resources(),
                ..Node::default()
            };
            Some((state.pool()?, state.name, built(cluster, gates, node)))
        };
        arriving.filter_map(build).collect()
    }

    fn launch(&self, cluster: &Cluster, gates: RequestGates, pool: &NodePool, claim: &Claim) -> Option<Launch> {
        let words = Some(&self.catalogue.words);
        let types = claim.types.iter().filter_map(|place| self.catalogue.types.get(*place));
        let mut offered: Vec<(&InstanceType, &Offering)> = types
            .flat_map(|instance| instance.offerings.iter().map(move |offering| (instance, offering)))
            .filter(|(_, offering)| claim.requirements.compatible(&offering.requirements, words).is_ok())
            .collect();
        let priced = offered.iter().all(|(_, offering)| offering.price.is_some());
        offered.sort_by(|one, other| if priced { cheaper(one.1, other.1) } else { smaller(one.0, other.0) });
        let (instance, offering) = offered.first()?;
        let (labels, random_labels) = labels(pool, claim, instance, offering);
        let allocatable = instance.allocatable.to_resources();
        let node = Node {
            labels,
            taints: pool.node.taints.clone(),
            provider_id: Some(name("simulated")),
            readiness: Readiness { known: true, ready: true, ..Readiness::default() },
            capacity: instance.capacity.to_resources(),
            allocatable,
            ..Node::default()
        };
        let value = |key: &str| offering.requirements.get(name(key)).and_then(Requirement::only);
        let instance = Instance {
            pool: claim.pool,
            instance_type: instance.name,
            zone: value(ZONE),
            capacity_type: value(CAPACITY_TYPE),
            price: offering.price,
            other_types: claim.types.len().saturating_sub(1),
        };
        Some(Launch { instance, random_labels, built: built(cluster, gates, node) })
    }
}

/// The node with the pods of DaemonSets. Drivers are not in a catalogue: another node of the type shows them.
fn built(cluster: &Cluster, gates: RequestGates, node: Node) -> BuiltNode {
    let instance_type = node.labels.get(name(INSTANCE_TYPE));
    let info = NodeInfo::new(NodeId(u32::MAX), Arc::new(node));
    let pods = cluster.workloads.iter().filter_map(|set| daemon_pod(cluster, set, &info, gates)).collect();
    let same_type = |node: &&NodeInfo| node.node.labels.get(name(INSTANCE_TYPE)) == instance_type;
    let mut twins = cluster.nodes().iter().filter(same_type);
    let csi_node = twins.find_map(|node| cluster.storage().csi_node(node.name())).cloned();
    BuiltNode { node: (*info.node).clone(), pods, csi_node, slices: Vec::new() }
}

fn cheaper(one: &Offering, other: &Offering) -> Ordering {
    one.price.unwrap_or(f64::MAX).total_cmp(&other.price.unwrap_or(f64::MAX))
}

fn smaller(one: &InstanceType, other: &InstanceType) -> Ordering {
    let by = |resource| one.capacity.get(resource).compare(other.capacity.get(resource));
    by(STANDARD.cpu).then_with(|| by(STANDARD.memory))
}

/// The labels of the node: those of the pool, values for labels that the pool leaves open
/// (`resolveCustomLabelsFromRequirements`), and what is certain of the instance type and the offering. And which of them are
/// drawn.
fn labels(pool: &NodePool, claim: &Claim, instance: &InstanceType, offering: &Offering) -> (Labels, Vec<Name>) {
    let mut labels: Vec<(Name, Name)> = pool.labels.iter().collect();
    let mut random = Vec::new();
    let of_type = |key: Name| instance.requirements.get(key).or_else(|| offering.requirements.get(key));
    for requirement in claim.requirements.iter() {
        let key = requirement.key;
        if [HOSTNAME, REGISTERED, INITIALIZED].contains(&key.as_str()) || of_type(key).is_some() {
            continue;
        }
        if let Some(value) = requirement.any() {
            labels.push((key, value));
            if requirement.only().is_none() {
                random.push(key);
            }
        }
    }
    let certain = instance.requirements.iter().chain(offering.requirements.iter());
    labels.extend(certain.filter_map(|it| Some((it.key, it.only()?))));
    labels.extend([REGISTERED, INITIALIZED].map(|key| (name(key), name("true"))));
    labels.extend([(name(NODE_POOL), claim.pool), (name(INSTANCE_TYPE), instance.name)]);
    (labels.into_iter().collect(), random)
}
