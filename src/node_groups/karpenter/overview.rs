//! Every NodePool by itself: how many nodes it has, whether it is asked, and what a new node of it could be.

use std::collections::BTreeMap;

use super::amounts::{Amounts, is_negative};
use super::solver::{Offer, Pool, Solver};
use super::stuck::{self, StuckClaim};
use super::{Outcomes, Run, pools};
use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::taint::Taint;
use crate::decode::autoscaling::karpenter::PoolRequirement;
use crate::node_groups::new_node::NewNode;
use crate::state::Cluster;
use crate::state::pod::PodId;

/// All pools, in the order in which they are asked; those that are not asked last.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The pools.
    pub pools: Vec<PoolOverview>,
    /// Whether the instance types are all that there are.
    pub complete: bool,
    /// What becomes of each pending pod.
    pub outcomes: Outcomes,
    /// Pools that are asked before the one that makes the pod's node, and that may make it with an unknown instance type.
    pub passed: BTreeMap<PodId, Name>,
}

/// A NodePool.
#[derive(Clone, Debug)]
pub struct PoolOverview {
    /// Its name.
    pub name: Name,
    /// `spec.weight`.
    pub weight: i64,
    /// Its nodes.
    pub nodes: usize,
    /// Nodes that were asked for and are not initialised.
    pub under_way: usize,
    /// Why it is not asked.
    pub why: Option<&'static str>,
    /// More of that, in the pool's own words.
    pub because: Option<String>,
    /// Its limits: the resource, what of it is used, the limit, whether nothing is left.
    pub limits: Vec<(Name, String, String, bool)>,
    /// What its nodes must be like.
    pub requirements: Vec<PoolRequirement>,
    /// Their taints.
    pub taints: Vec<Taint>,
    /// NodeClaims of it that have not become nodes.
    pub stuck: Vec<StuckClaim>,
    /// What a new node could be: one for each known instance type that its own requirements leave.
    pub new_nodes: Vec<NewNode>,
}

impl PoolOverview {
    /// Whether it is asked, and its limits leave anything.
    pub fn can_grow(&self) -> bool {
        self.why.is_none() && self.limits.iter().all(|(.., exhausted)| !exhausted)
    }
}

impl Run {
    /// All pools.
    pub fn overview(&self, cluster: &Cluster) -> Overview {
        let (asked, others) = pools(cluster);
        let volumes = BTreeMap::new();
        let world = self.world(cluster, &volumes);
        let all: Vec<Pool<'_>> = asked.iter().copied().chain(others.iter().map(|(pool, ..)| *pool)).collect();
        let mut offers: BTreeMap<Name, Vec<Offer>> =
            Solver::new(&world, &all, &[], true).offers().into_iter().collect();
        let mut found = Vec::new();
        for pool in &all {
            let not_asked = others.iter().find(|(other, ..)| other.name == pool.name);
            let offers = offers.remove(&pool.name).unwrap_or_default();
            let no_types = offers.is_empty() && self.catalogue.complete;
            let own = || self.nodes.iter().filter(|node| !node.leaving && node.pool() == Some(pool.name));
            found.push(PoolOverview {
                name: pool.name,
                weight: pool.data.weight,
                nodes: own().filter(|node| node.node.is_some()).count(),
                under_way: own().filter(|node| node.node.is_none() || !node.initialized).count(),
                why: not_asked.map(|(_, why, _)| *why).or(no_types.then_some("no-instance-types")),
                because: not_asked.and_then(|(.., because)| because.clone()),
                limits: self.exhausted(pool),
                requirements: pool.data.node.requirements.to_vec(),
                taints: pool.data.node.taints.to_vec(),
                stuck: stuck::of_pool(cluster, pool.name),
                new_nodes: offers.into_iter().filter_map(|offer| self.new_node(cluster, pool, &offer)).collect(),
            });
        }
        let (outcomes, passed) = (self.outcomes.clone(), self.passed.clone());
        Overview { pools: found, complete: self.catalogue.complete, outcomes, passed }
    }

    /// The limits of a pool, and whether nothing is left of each.
    fn exhausted(&self, pool: &Pool<'_>) -> Vec<(Name, String, String, bool)> {
        let mut left: Amounts = pool.data.limits.iter().collect();
        let own = self.nodes.iter().filter(|node| !node.leaving && node.pool() == Some(pool.name));
        own.for_each(|node| left = left.minus(&node.capacity));
        let limits = self.limits(pool).into_iter();
        limits
            .map(|(resource, used, limit)| {
                let left = left.get(resource);
                (resource, used, limit, left.is_zero() || is_negative(left))
            })
            .collect()
    }

    fn new_node(&self, cluster: &Cluster, pool: &Pool<'_>, offer: &Offer) -> Option<NewNode> {
        let instance = self.catalogue.types.get(offer.instance_type)?;
        let mut daemons = offer.overhead.to_resources();
        daemons.allowed_pod_number = i64::try_from(offer.daemons.len()).unwrap_or(i64::MAX);
        let owner = |pod: &PodId| {
            let daemon = self.daemons.iter().find(|daemon| daemon.id == *pod)?;
            let running = cluster.pod_named(daemon.key).and_then(|pod| pod.own.controller);
            Some(running.map_or(daemon.key.name, |owner| owner.name))
        };
        // Of a type's labels those with one value are known.
        let known = instance.requirements.iter().filter_map(|it| Some((it.key, it.only()?)));
        let labels: Labels = pool.data.labels.iter().chain(known).collect();
        let class = name("node.kubernetes.io/instance-type");
        Some(NewNode {
            like: None,
            instance_type: Some(labels.get(class).unwrap_or(instance.name)),
            allocatable: instance.allocatable.to_resources(),
            daemons,
            daemon_owners: offer.daemons.iter().filter_map(owner).collect(),
            labels,
            taints: pool.data.node.taints.to_vec(),
        })
    }
}
