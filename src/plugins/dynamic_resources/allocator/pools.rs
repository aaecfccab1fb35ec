//! The pools that a node reaches (upstream structured/internal/*/pools_*.go).
//!
//! Until v1.35 upstream goes through pools, and through the slices of a pool, in the random order of a hash map; since
//! v1.36 in the order of their names. Here it is always the order of names, one of the orders that upstream might have.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::labels::Labels;
use crate::api::name::Name;
use crate::decode::devices::device::CounterSet;
use crate::decode::devices::{PoolId, ResourceSlice};
use crate::state::devices::Devices;

use super::super::gates::Gates;

/// The newest edition of a pool, as far as the node reaches it.
#[derive(Clone)]
pub(in crate::plugins::dynamic_resources) struct Pool<'a> {
    pub(in crate::plugins::dynamic_resources) id: PoolId,
    /// Slices with devices that the node might reach. Empty where the pool is not looked into.
    pub(in crate::plugins::dynamic_resources) slices: Vec<&'a ResourceSlice>,
    /// The pool's other slices, whose devices may take from the same counters.
    pub(super) others: Vec<&'a ResourceSlice>,
    /// The pool's counters.
    pub(super) counter_sets: Vec<&'a CounterSet>,
    /// Slices are missing: the driver is publishing them.
    pub(in crate::plugins::dynamic_resources) is_incomplete: bool,
    /// Why the pool is invalid.
    pub(in crate::plugins::dynamic_resources) invalid: Option<String>,
}

/// The node that devices are to be found for.
#[derive(Clone, Copy)]
pub(in crate::plugins::dynamic_resources) struct Target<'a> {
    pub(in crate::plugins::dynamic_resources) name: Name,
    pub(in crate::plugins::dynamic_resources) labels: &'a Labels,
    /// It declares that it knows devices for which it has nothing to do.
    pub(in crate::plugins::dynamic_resources) has_optional_operations: bool,
}

/// A node selector that cannot be judged: of which slice, and what is wrong with it.
pub(in crate::plugins::dynamic_resources) struct InvalidSelector {
    pub(in crate::plugins::dynamic_resources) slice: Name,
    pub(in crate::plugins::dynamic_resources) error: String,
}

/// The pools that the node reaches (GatherPools).
///
/// # Errors
/// A slice with an invalid node selector.
pub(in crate::plugins::dynamic_resources) fn gather<'a>(
    devices: &'a Devices,
    node: Target<'_>,
    gates: &Gates,
) -> Result<Vec<Pool<'a>>, InvalidSelector> {
    let mut pools: BTreeMap<PoolId, Vec<&ResourceSlice>> = BTreeMap::new();
    let mut last = Vec::new();
    for slice in devices.slices_near(node.name) {
        if !is_looked_at(slice, gates) {
            continue;
        }
        let reaches = reaches(slice, node, gates).map_err(|error| InvalidSelector { slice: slice.name, error })?;
        if !reaches {
            continue;
        }
        if gates.behaviour.slices_with_binding_conditions_come_last && slice.has_binding_conditions() {
            last.push(slice);
        } else {
            add(&mut pools, slice);
        }
    }
    for slice in last {
        add(&mut pools, slice);
    }
    let mut pools: Vec<Pool<'_>> =
        pools.into_iter().filter_map(|(id, slices)| build(id, slices, devices, gates)).collect();
    pools.sort_by_key(|pool| pool.slices.iter().any(|slice| slice.has_binding_conditions()));
    Ok(pools)
}

/// All pools of the cluster, as a node would see them that reaches every slice.
pub(in crate::plugins::dynamic_resources) fn all<'a>(devices: &'a Devices, gates: &Gates) -> Vec<Pool<'a>> {
    let mut pools: BTreeMap<PoolId, Vec<&ResourceSlice>> = BTreeMap::new();
    for slice in devices.slices().iter().filter(|slice| is_looked_at(slice, gates)) {
        add(&mut pools, slice);
    }
    pools.into_iter().filter_map(|(id, slices)| build(id, slices, devices, gates)).collect()
}

fn is_looked_at(slice: &ResourceSlice, gates: &Gates) -> bool {
    let needs_partitions = slice.per_device_node_selection.is_some()
        || (gates.behaviour.counter_slices_need_gate && !slice.shared_counters.is_empty());
    (gates.partitionable_devices || !needs_partitions) && !has_ignored_restrictions(slice, gates)
}

/// Whether the slice has compatibility groups, which nothing uses while their gate is off (sliceUsesCompatibilityGroups).
fn has_ignored_restrictions(slice: &ResourceSlice, gates: &Gates) -> bool {
    gates.behaviour.knows_compatibility_groups && !gates.compatibility_groups && slice.has_compatibility_groups()
}

/// Whether the node reaches the slice, or at least one of its devices.
fn reaches(slice: &ResourceSlice, node: Target<'_>, gates: &Gates) -> Result<bool, String> {
    if gates.counter_slices_reach_every_node && !slice.shared_counters.is_empty() {
        return Ok(true);
    }
    if slice.nodes.is_set() {
        return Ok(slice.nodes.matches(node.name, node.labels)?);
    }
    if slice.per_device_node_selection == Some(true) {
        for device in &slice.devices {
            if device.nodes.matches(node.name, node.labels)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// addSlice: a newer generation replaces all slices of the older ones.
fn add<'a>(pools: &mut BTreeMap<PoolId, Vec<&'a ResourceSlice>>, slice: &'a ResourceSlice) {
    let slices = pools.entry(slice.pool).or_default();
    match slices.first().map(|first| slice.generation.cmp(&first.generation)) {
        Some(std::cmp::Ordering::Less) => return,
        Some(std::cmp::Ordering::Greater) => slices.clear(),
        _ => {}
    }
    slices.push(slice);
}

/// The pool; none where a newer edition has nothing for the node.
fn build<'a>(id: PoolId, slices: Vec<&'a ResourceSlice>, devices: &'a Devices, gates: &Gates) -> Option<Pool<'a>> {
    let first = slices.first()?;
    let (generation, wanted) = (first.generation, first.slice_count);
    let is_whole = |slices: &[&ResourceSlice]| i64::try_from(slices.len()) == Ok(wanted);
    let mut pool =
        Pool { id, slices, others: Vec::new(), counter_sets: Vec::new(), is_incomplete: false, invalid: None };
    if !gates.behaviour.pools_count_all_slices {
        pool.is_incomplete = !is_whole(&pool.slices);
        pool.invalid = duplicate_device(&pool.slices);
        return Some(pool);
    }
    if !is_whole(&pool.slices) {
        let mut all: Vec<&ResourceSlice> = devices.slices_of(id).collect();
        if all.iter().any(|slice| slice.generation > generation) {
            return None;
        }
        all.retain(|slice| slice.generation == generation && !has_ignored_restrictions(slice, gates));
        if !is_whole(&all) {
            pool.is_incomplete = true;
            pool.slices.clear();
            return Some(pool);
        }
        let near: BTreeSet<Name> = pool.slices.iter().map(|slice| slice.name).collect();
        pool.others = all.into_iter().filter(|slice| !near.contains(&slice.name)).collect();
    }
    pool.sort_out_counters(gates);
    if pool.invalid.is_some() {
        pool.slices.clear();
    }
    Some(pool)
}

impl<'a> Pool<'a> {
    /// buildPool: slices with counter sets are separated from those with devices, and what does not belong together is found.
    fn sort_out_counters(&mut self, gates: &Gates) {
        let mut counters = Vec::new();
        if gates.partitionable_devices {
            for slices in [&mut self.slices, &mut self.others] {
                slices.retain(|slice| {
                    let has_sets = !slice.shared_counters.is_empty();
                    if has_sets {
                        counters.push(*slice);
                    }
                    !has_sets
                });
            }
        }
        self.invalid = duplicate_device(&self.slices);
        if self.invalid.is_some() || !gates.partitionable_devices {
            return;
        }
        let mut sets: BTreeMap<Name, &'a CounterSet> = BTreeMap::new();
        for set in counters.into_iter().flat_map(|slice: &ResourceSlice| &slice.shared_counters) {
            if sets.insert(set.name, set).is_some() {
                self.invalid = Some(format!("duplicate counter set name {}", set.name));
                return;
            }
        }
        self.invalid = unknown_counter(&sets, &self.slices).or_else(|| unknown_counter(&sets, &self.others));
        self.counter_sets = sets.into_values().collect();
    }

    /// Whether devices can be taken from it.
    pub(in crate::plugins::dynamic_resources) fn is_sound(&self) -> bool {
        !self.is_incomplete && self.invalid.is_none()
    }
}

/// validateDeviceNames
fn duplicate_device(slices: &[&ResourceSlice]) -> Option<String> {
    let mut names = BTreeSet::new();
    let mut devices = slices.iter().flat_map(|slice| &slice.devices);
    let device = devices.find(|device| !names.insert(device.name))?;
    Some(format!("duplicate device name {}", device.name))
}

/// validateDeviceCounterConsumption
fn unknown_counter(sets: &BTreeMap<Name, &CounterSet>, slices: &[&ResourceSlice]) -> Option<String> {
    let devices = slices.iter().flat_map(|slice| &slice.devices);
    for consumption in devices.flat_map(|device| &device.consumes_counters) {
        let Some(set) = sets.get(&consumption.counter_set) else {
            return Some(format!("counter set {} not found", consumption.counter_set));
        };
        if let Some(counter) = consumption.counters.keys().find(|counter| !set.counters.contains_key(*counter)) {
            return Some(format!("counter {counter} not found in counter set {}", set.name));
        }
    }
    None
}
