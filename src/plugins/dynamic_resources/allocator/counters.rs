//! Counters that devices share: how much is left of each, and what the solution so far takes
//! (upstream structured/internal/*/allocator_*.go, checkAvailableCounters, deallocateCountersForDevice).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::api::name::{Name, name};
use crate::api::quantity::Quantity;
use crate::decode::devices::device::{CounterSet, Device};
use crate::decode::devices::{DeviceId, ResourceSlice};
use crate::state::devices::Devices;

use super::super::gates::Gates;
use super::pools::Pool;

/// A counter: its set and its name.
pub(in crate::plugins::dynamic_resources) type CounterId = (Name, Name);

/// What is kept together: the counters of a pool, or of a slice.
type Scope = (Option<Name>, Name);

/// The counters of all pools that devices were tried from.
#[derive(Default)]
pub(super) struct Counters {
    scopes: FxHashMap<Scope, Counted>,
}

struct Counted {
    available: BTreeMap<CounterId, Quantity>,
    consumed: BTreeMap<CounterId, Quantity>,
}

impl Counters {
    /// Takes what `device` needs; false, and nothing is taken, where there is not enough.
    pub(super) fn take(
        &mut self,
        pool: &Pool<'_>,
        slice: &ResourceSlice,
        device: &Device,
        devices: &Devices,
        gates: &Gates,
    ) -> bool {
        let counted = self.scopes.entry(scope(pool, slice, gates)).or_insert_with(|| Counted {
            available: available(pool, slice, devices, gates),
            consumed: BTreeMap::new(),
        });
        for (counter, amount) in consumption(device) {
            *counted.consumed.entry(counter).or_default() += amount;
        }
        // All counters of the scope are looked at, those that the device takes nothing of included.
        let is_enough = counted.available.iter().all(|(counter, available)| {
            let consumed = counted.consumed.get(counter).copied().unwrap_or_default();
            available.compare(consumed).is_ge()
        });
        if !is_enough {
            self.give_back(pool, slice, device, gates);
        }
        is_enough
    }

    /// Gives back what [`Counters::take`] took.
    pub(super) fn give_back(&mut self, pool: &Pool<'_>, slice: &ResourceSlice, device: &Device, gates: &Gates) {
        if let Some(counted) = self.scopes.get_mut(&scope(pool, slice, gates)) {
            for (counter, amount) in consumption(device) {
                *counted.consumed.entry(counter).or_default() -= amount;
            }
        }
    }
}

fn scope(pool: &Pool<'_>, slice: &ResourceSlice, gates: &Gates) -> Scope {
    if !gates.behaviour.counter_sets_belong_to_pools {
        (Some(name("")), slice.name)
    } else if gates.behaviour.counters_by_pool_name {
        (None, pool.id.pool)
    } else {
        (Some(pool.id.driver), pool.id.pool)
    }
}

/// What the device takes of each counter.
pub(in crate::plugins::dynamic_resources) fn consumption(
    device: &Device,
) -> impl Iterator<Item = (CounterId, Quantity)> {
    let of = |consumption: &'_ crate::decode::devices::device::CounterConsumption| {
        let set = consumption.counter_set;
        consumption.counters.iter().map(|(counter, amount)| ((set, *counter), *amount)).collect::<Vec<_>>()
    };
    device.consumes_counters.iter().flat_map(of)
}

/// What devices in use have left of the counters that count together with those of `slice`.
pub(in crate::plugins::dynamic_resources) fn available(
    pool: &Pool<'_>,
    slice: &ResourceSlice,
    devices: &Devices,
    gates: &Gates,
) -> BTreeMap<CounterId, Quantity> {
    let own = [slice];
    let (sets, slices): (Vec<&CounterSet>, Vec<&ResourceSlice>) = if gates.behaviour.counter_sets_belong_to_pools {
        (pool.counter_sets.clone(), pool.slices.iter().chain(&pool.others).copied().collect())
    } else {
        (slice.shared_counters.iter().collect(), own.to_vec())
    };
    let mut available = BTreeMap::new();
    for set in sets {
        available.extend(set.counters.iter().map(|(counter, amount)| ((set.name, *counter), *amount)));
    }
    for slice in slices {
        for device in slice.devices.iter().filter(|device| !device.consumes_counters.is_empty()) {
            if takes_counters(DeviceId { pool: slice.pool, device: device.name }, devices, gates) {
                for (counter, amount) in consumption(device) {
                    // May become negative: then nothing of the pool can be had.
                    if let Some(left) = available.get_mut(&counter) {
                        *left -= amount;
                    }
                }
            }
        }
    }
    available
}

/// Whether claims have shares of the device, so that a further one takes no counters (upstream
/// structured/internal/*/allocator_*.go, deviceCapacityInUse).
pub(in crate::plugins::dynamic_resources) fn is_shared(device: DeviceId, devices: &Devices, gates: &Gates) -> bool {
    devices.usage(device).is_some_and(|usage| {
        !usage.consumed.is_empty() || (gates.behaviour.shares_without_capacity_count && usage.shares > 0)
    })
}

/// Whether the device is in use, as far as counters are concerned (upstream structured/internal/allocatedstate.go,
/// IsDeviceAllocated).
fn takes_counters(device: DeviceId, devices: &Devices, gates: &Gates) -> bool {
    devices.usage(device).is_some_and(|usage| {
        usage.is_exclusive(gates.consumable_capacity) || (gates.behaviour.shares_take_counters && usage.shares > 0)
    })
}
