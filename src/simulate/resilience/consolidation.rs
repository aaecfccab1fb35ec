//! Which nodes are not needed: as many as can be drained one after the other with every pod placed again and every
//! budget kept.
//!
//! The largest such set is a packing problem, so it is searched: in several orders (least used first, dearest first,
//! ...) each node is drained if its pods find places on the rest, and removed; the best order counts. A lower bound
//! says how far from the best this can be: so many nodes are needed for what the pods request, whatever their rules.

use std::cmp::Reverse;

use indexmap::IndexMap;

use crate::api::resources::Resources;
use crate::api::{Name, ObjectKey, name};
use crate::edit::{Edit, EditError};
use crate::framework::NotEvaluated;
use crate::state::{Cluster, NodeInfo};

use super::super::scenario::drain::{Keeper, keeper};
use super::super::{Assumption, Simulation, strategy};
use super::drain_plan::{NodeDrain, Planner};

/// A node that stays, and why.
pub type KeptNode = (Name, String);

/// Labels that say of which pool a node is; the first that a node has counts.
const POOLS: [&str; 8] = [
    "karpenter.sh/nodepool",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "pool",
    "node.kubernetes.io/instance-type",
];

/// Nodes that can go.
#[derive(Clone, Debug, Default)]
pub struct Consolidation {
    /// The nodes that can be drained and removed, in this order, and where their pods go.
    pub drains: Vec<NodeDrain>,
    /// Nodes that were asked about and stay, with what keeps each: the first pod that fits nowhere else, or the refusal.
    pub kept: Vec<KeptNode>,
    /// Of all nodes that were asked about so many are needed at least.
    pub needed_at_least: usize,
    /// The nodes of each pool: how many there are, and how many can go.
    pub pools: Vec<PoolSaving>,
    /// The sum of the nodes' prices, and what is left of it.
    pub cost: Option<(f64, f64)>,
    /// What could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
    /// What was taken to be so.
    pub assumptions: Vec<Assumption>,
}

/// A pool of nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSaving {
    /// Its name: the value of the label that makes it.
    pub pool: Name,
    /// Its nodes.
    pub nodes: usize,
    /// Those of them that can go.
    pub removed: usize,
    /// What these cost.
    pub saved: Option<f64>,
}

/// Finds the nodes of `candidates` that can go. What a node costs is the value of the label `price`. The simulation ends
/// as it began.
///
/// # Errors
/// One of the nodes is not there.
pub fn find(
    simulation: &mut Simulation<'_>,
    candidates: &[Name],
    price: Option<Name>,
) -> Result<Consolidation, EditError> {
    let mut best: Option<(f64, Vec<NodeDrain>, Vec<KeptNode>)> = None;
    for order in orders(simulation.cluster(), candidates, price) {
        let savepoint = simulation.savepoint();
        let (drains, kept) = drain_in(simulation, &order)?;
        simulation.rollback(savepoint);
        let worth = |drain: &NodeDrain| {
            let node = simulation.cluster().node_named(drain.node);
            price.and_then(|price| strategy::number(node?, price)).unwrap_or(1.0)
        };
        let value = drains.iter().map(worth).sum::<f64>();
        if best.as_ref().is_none_or(|(other, ..)| value > *other) {
            best = Some((value, drains, kept));
        }
    }
    let (_, drains, mut kept) = best.unwrap_or_default();
    kept.sort_unstable();
    let cluster = simulation.cluster();
    Ok(Consolidation {
        needed_at_least: needed_at_least(cluster, candidates),
        pools: pools(cluster, candidates, &drains, price),
        cost: price.map(|price| cost(cluster, &drains, price)),
        drains,
        kept,
        not_evaluated: simulation.not_evaluated(),
        assumptions: simulation.assumptions(),
    })
}

/// Drains and removes each node whose pods find places on the rest; tries the others again until none goes.
fn drain_in(simulation: &mut Simulation<'_>, order: &[Name]) -> Result<(Vec<NodeDrain>, Vec<KeptNode>), EditError> {
    let mut planner = Planner::new(simulation, false);
    let mut drains = Vec::new();
    let mut left: Vec<Name> = order.to_vec();
    loop {
        let (before, mut kept) = (left.len(), Vec::new());
        let mut staying = Vec::new();
        for node in left {
            let savepoint = planner.simulation.savepoint();
            let ledger = planner.ledger.clone();
            planner.simulation.edit(&Edit::Cordon { node })?;
            let drain = planner.drain(node)?;
            if drain.is_complete() && drain.lost.is_empty() && planner.ledger.unplaced.is_empty() {
                planner.simulation.edit(&Edit::RemoveNode { node })?;
                drains.push(drain);
                continue;
            }
            kept.push((node, why_kept(&planner, &drain)));
            planner.simulation.rollback(savepoint);
            planner.ledger = ledger;
            staying.push(node);
        }
        if staying.len() == before || staying.is_empty() {
            return Ok((drains, kept));
        }
        left = staying;
    }
}

fn why_kept(planner: &Planner<'_, '_>, drain: &NodeDrain) -> String {
    if let Some(refusal) = drain.refused.first() {
        let pod = refusal.pod.map(|pod| format!("{pod}: ")).unwrap_or_default();
        return format!("{pod}{}", refusal.message);
    }
    if let Some(step) = planner.ledger.unplaced.values().next() {
        return format!("{} fits on no other node", step.pod);
    }
    let lost: Vec<String> = drain.lost.iter().map(ObjectKey::to_string).collect();
    format!("no controller recreates {}", lost.join(", "))
}

/// The orders in which nodes are tried: those with least to move first, those with fewest pods, the dearest, those with
/// most to move, and by name from both ends.
fn orders(cluster: &Cluster, candidates: &[Name], price: Option<Name>) -> Vec<Vec<Name>> {
    let mut nodes: Vec<&NodeInfo> = candidates.iter().filter_map(|node| cluster.node_named(*node)).collect();
    nodes.sort_unstable_by_key(|node| node.name());
    let share = |used: i64, has: i64| used.saturating_mul(10_000).checked_div(has).unwrap_or(0);
    let to_move = |node: &NodeInfo| {
        let mut sum = Resources::default();
        for pod in moving(cluster, node) {
            sum.add_resources(&cluster.pod(pod).class.requests.requested, false);
        }
        let has = &node.node.allocatable;
        share(sum.milli_cpu, has.milli_cpu).max(share(sum.memory, has.memory))
    };
    let costs = |node: &NodeInfo| price.and_then(|price| strategy::number(node, price)).unwrap_or(0.0);
    let names = |nodes: &[&NodeInfo]| nodes.iter().map(|node| node.name()).collect::<Vec<_>>();
    let mut orders = Vec::new();
    let mut by_load = nodes.clone();
    by_load.sort_by_cached_key(|node| to_move(node));
    orders.push(names(&by_load));
    let mut by_pods = nodes.clone();
    by_pods.sort_by_cached_key(|node| moving(cluster, node).count());
    orders.push(names(&by_pods));
    if price.is_some() {
        let mut by_cost = by_load.clone();
        by_cost.sort_by(|a, b| costs(b).total_cmp(&costs(a)));
        orders.push(names(&by_cost));
    }
    let mut by_size = nodes.clone();
    by_size.sort_by_key(|node| (node.node.allocatable.milli_cpu, node.node.allocatable.memory));
    orders.push(names(&by_size));
    orders.push(names(&nodes));
    nodes.reverse();
    orders.push(names(&nodes));
    by_load.sort_by_cached_key(|node| Reverse(to_move(node)));
    orders.push(names(&by_load));
    orders.dedup();
    orders
}

/// Pods that need another node when theirs goes.
fn moving<'c>(cluster: &'c Cluster, node: &'c NodeInfo) -> impl Iterator<Item = crate::state::PodId> + 'c {
    let stays = |keeper| matches!(keeper, Keeper::DaemonSet | Keeper::Kubelet);
    node.pods.iter().copied().filter(move |pod| !stays(keeper(cluster, cluster.pod(*pod))))
}

/// Fewer nodes than this cannot hold what the pods request of CPU, memory and places for pods, whatever their rules:
/// counted by the largest nodes, beside what DaemonSets and static pods request there.
fn needed_at_least(cluster: &Cluster, candidates: &[Name]) -> usize {
    let is_candidate = |node: &NodeInfo| candidates.contains(&node.name());
    let amounts = |all: &Resources, pods: i64| [all.milli_cpu, all.memory, pods];
    let mut wanted = [0_i128; 3];
    let mut rooms: Vec<[i128; 3]> = Vec::new();
    // Pods that lack a place may go to nodes that stay.
    let mut elsewhere = [0_i128; 3];
    for node in cluster.nodes() {
        let mut moves = Resources::default();
        let mut count = 0;
        for pod in moving(cluster, node) {
            moves.add_resources(&cluster.pod(pod).class.requests.requested, false);
            count += 1;
        }
        let has = amounts(&node.node.allocatable, node.node.allocatable.allowed_pod_number);
        let used = amounts(&node.requested, node.pods.len() as i64);
        let moves = amounts(&moves, count);
        let room = |place: usize| i128::from(has[place]) - i128::from(used[place]) + i128::from(moves[place]);
        if is_candidate(node) {
            (0..3).for_each(|place| wanted[place] += i128::from(moves[place]));
            rooms.push([room(0).max(0), room(1).max(0), room(2).max(0)]);
        } else if !node.node.unschedulable {
            (0..3).for_each(|place| elsewhere[place] += (room(place) - i128::from(moves[place])).max(0));
        }
    }
    let needed = |place: usize| {
        let mut left = wanted[place] - elsewhere[place];
        let mut sizes: Vec<i128> = rooms.iter().map(|room| room[place]).collect();
        sizes.sort_unstable_by_key(|size| Reverse(*size));
        let mut nodes = 0;
        for size in sizes {
            if left <= 0 {
                break;
            }
            left -= size;
            nodes += 1;
        }
        nodes
    };
    (0..3).map(needed).max().unwrap_or(0)
}

/// The pool of a node; none where no label tells.
/// The pool of a node, by the labels that say so; `<none>` where none does.
pub fn pool_of(node: &NodeInfo) -> Name {
    let pool = POOLS.iter().find_map(|key| node.node.labels.get(name(key)));
    pool.unwrap_or_else(|| name("<none>"))
}

fn pools(cluster: &Cluster, candidates: &[Name], drains: &[NodeDrain], price: Option<Name>) -> Vec<PoolSaving> {
    let mut pools: IndexMap<Name, PoolSaving> = IndexMap::new();
    for node in candidates.iter().filter_map(|node| cluster.node_named(*node)) {
        let pool = pool_of(node);
        let entry = pools.entry(pool).or_insert(PoolSaving { pool, nodes: 0, removed: 0, saved: price.map(|_| 0.0) });
        entry.nodes += 1;
        if drains.iter().any(|drain| drain.node == node.name()) {
            entry.removed += 1;
            if let (Some(saved), Some(costs)) =
                (&mut entry.saved, price.and_then(|price| strategy::number(node, price)))
            {
                *saved += costs;
            }
        }
    }
    pools.sort_unstable_keys();
    let rounded = |pool: PoolSaving| PoolSaving { saved: pool.saved.map(round), ..pool };
    pools.into_values().map(rounded).collect()
}

fn cost(cluster: &Cluster, drains: &[NodeDrain], price: Name) -> (f64, f64) {
    let costs = |node: &NodeInfo| strategy::number(node, price).unwrap_or(0.0);
    let all: f64 = cluster.nodes().iter().map(costs).sum();
    let gone: f64 = drains.iter().filter_map(|drain| cluster.node_named(drain.node)).map(costs).sum();
    (round(all), round(all - gone))
}

/// To four digits: more would be noise of the arithmetic.
fn round(amount: f64) -> f64 {
    (amount * 10_000.0).round() / 10_000.0
}
