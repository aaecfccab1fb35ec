//! All devices of a cluster as the scheduler sees them: pool by pool what is free, held and by whom, blocked, or tainted.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::quantity::Quantity;
use crate::config::Behaviour;
use crate::decode::devices::device::DeviceNodes;
use crate::decode::devices::taint::DeviceTaint;
use crate::decode::devices::{Device, DeviceId, PoolId, ResourceSlice};
use crate::framework::device_refusal::DeviceHolder;
use crate::state::Cluster;

use super::allocator::counters;
use super::allocator::pools::{self, Pool};
use super::allocator::taints::TaintRules;
use super::cel::Cache;
use super::gates::Gates;

/// A pool of devices.
#[derive(Clone, Debug)]
pub struct PoolOverview {
    /// Driver and name.
    pub id: PoolId,
    /// Why nothing can be taken from it.
    pub unsound: Option<String>,
    /// Its devices, in the order in which the scheduler tries them.
    pub devices: Vec<DeviceOverview>,
}

/// A device.
#[derive(Clone, Debug)]
pub struct DeviceOverview {
    /// The name.
    pub name: Name,
    /// The nodes that reach it.
    pub reach: Reach,
    /// Whether it can be had.
    pub state: DeviceState,
    /// The claims that have it, or a share of it.
    pub held_by: Vec<DeviceHolder>,
    /// What is taken of the capacities of a shared device, and how much there is.
    pub consumed: Vec<(Name, Quantity, Quantity)>,
    /// Its taints, with the DeviceTaintRule that a taint comes from.
    pub taints: Vec<(DeviceTaint, Option<Name>)>,
}

/// The nodes that reach a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reach {
    /// One.
    Node(Name),
    /// These.
    Nodes(Vec<Name>),
    /// All.
    AllNodes,
    /// A selector decides that is invalid.
    Unknown,
}

impl Reach {
    /// Whether `node` is one of them.
    pub fn includes(&self, node: Name) -> bool {
        match self {
            Self::Node(named) => *named == node,
            Self::Nodes(nodes) => nodes.contains(&node),
            Self::AllNodes => true,
            Self::Unknown => false,
        }
    }
}

/// Whether a device can be had, taints aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceState {
    /// Nobody has it.
    Free,
    /// Claims have shares of it, and more can be had.
    Shared,
    /// A claim has it.
    Held,
    /// Nobody has it, but devices that somebody has left too little of a counter.
    Blocked,
}

/// All devices, in the order of pools.
pub fn overview(cluster: &Cluster, behaviour: &Behaviour) -> Vec<PoolOverview> {
    let gates = Gates::of(behaviour);
    let devices = &cluster.devices;
    let cache = Cache::default();
    let view =
        View { cluster, rules: TaintRules::new(devices, &gates, &cache), holders: holders(cluster), gates: &gates };
    pools::all(devices, &gates).iter().map(|pool| view.pool(pool)).collect()
}

/// The claims that have each device, and their pods.
fn holders(cluster: &Cluster) -> FxHashMap<DeviceId, Vec<DeviceHolder>> {
    let devices = &cluster.devices;
    let reserved: FxHashSet<Name> = devices.claims().flat_map(|claim| claim.reserved_for.iter().copied()).collect();
    let pods = cluster.pods().iter().filter(|pod| reserved.contains(&pod.own.uid));
    let pods: FxHashMap<Name, ObjectKey> = pods.map(|pod| (pod.own.uid, pod.key())).collect();
    let mut holders: FxHashMap<DeviceId, Vec<DeviceHolder>> = FxHashMap::default();
    for (claim, device) in devices.allocated() {
        let reserved = devices.claim(claim).map_or(&[][..], |claim| &claim.reserved_for);
        let pods = reserved.iter().filter_map(|uid| pods.get(uid)).copied().collect();
        let of_device = holders.entry(device.id).or_default();
        let holder = DeviceHolder { claim, pods };
        if !of_device.contains(&holder) {
            of_device.push(holder);
        }
    }
    for holders in holders.values_mut() {
        holders.sort_unstable();
    }
    holders
}

struct View<'a> {
    cluster: &'a Cluster,
    rules: TaintRules<'a>,
    holders: FxHashMap<DeviceId, Vec<DeviceHolder>>,
    gates: &'a Gates,
}

impl View<'_> {
    fn pool(&self, pool: &Pool<'_>) -> PoolOverview {
        let unsound = if pool.is_incomplete {
            Some("incomplete: its driver has not published all slices".to_owned())
        } else {
            pool.invalid.clone()
        };
        let devices = pool.slices.iter().flat_map(|slice| {
            let left = counters::available(pool, slice, &self.cluster.devices, self.gates);
            slice.devices.iter().map(|device| self.device(slice, device, &left)).collect::<Vec<_>>()
        });
        PoolOverview { id: pool.id, unsound, devices: devices.collect() }
    }

    fn device(
        &self,
        slice: &ResourceSlice,
        device: &Device,
        left: &BTreeMap<counters::CounterId, Quantity>,
    ) -> DeviceOverview {
        let id = DeviceId { pool: slice.pool, device: device.name };
        let usage = self.cluster.devices.usage(id);
        let is_short = || {
            counters::consumption(device)
                .any(|(counter, needed)| left.get(&counter).copied().unwrap_or_default().compare(needed).is_lt())
        };
        let state = match usage {
            Some(usage) if usage.is_exclusive(self.gates.consumable_capacity) => DeviceState::Held,
            Some(usage) if usage.shares > 0 => DeviceState::Shared,
            _ if is_short() => DeviceState::Blocked,
            _ => DeviceState::Free,
        };
        let consumed = usage.into_iter().flat_map(|usage| &usage.consumed).filter_map(|(capacity, amount)| {
            let of = device.capacity.get(capacity)?.value;
            Some((*capacity, *amount, of))
        });
        let taints = if self.gates.taints {
            self.rules.of(slice, device).map(|found| (*found.taint, found.rule.map(|rule| rule.name))).collect()
        } else {
            Vec::new()
        };
        let is_own = slice.per_device_node_selection == Some(true);
        DeviceOverview {
            name: device.name,
            reach: self.reach(if is_own { &device.nodes } else { &slice.nodes }),
            state,
            held_by: self.holders.get(&id).cloned().unwrap_or_default(),
            consumed: consumed.collect(),
            taints,
        }
    }

    fn reach(&self, nodes: &DeviceNodes) -> Reach {
        if let Some(node) = nodes.named() {
            return Reach::Node(node);
        }
        if nodes.all_nodes {
            return Reach::AllNodes;
        }
        let mut reached = Vec::new();
        for node in self.cluster.nodes() {
            match nodes.matches(node.name(), &node.node.labels) {
                Ok(true) => reached.push(node.name()),
                Ok(false) => {}
                Err(_) => return Reach::Unknown,
            }
        }
        Reach::Nodes(reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[test]
    fn nodes_that_reach_a_device() {
        for (reach, a, b) in [
            (Reach::Node(name("a")), true, false),
            (Reach::Nodes(vec![name("c"), name("b")]), false, true),
            (Reach::AllNodes, true, true),
            (Reach::Unknown, false, false),
        ] {
            assert_eq!((reach.includes(name("a")), reach.includes(name("b"))), (a, b), "{reach:?}");
        }
    }
}
