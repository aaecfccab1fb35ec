//! What stands between a request and a device, before anything is given to the pod's other requests: in the order in which
//! the allocator looks.

use rustc_hash::FxHashMap;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::quantity::Quantity;

use super::allocator::capacity::{self, Refusal};
use super::allocator::counters::{self, CounterId};
use super::allocator::pools::{Pool, Target};
use super::allocator::taints::Taint;
use super::allocator::{Candidate, Context};
use super::cel::{CelSelector, DeviceInput, Failure};
use super::claims::QueryInput;
use super::selection;

/// Why a request cannot have a device.
pub(super) enum DeviceObstacle<'a> {
    /// A feature gate is off, or the node does not know the feature.
    Feature(&'static str),
    /// The node does not reach the device.
    NotOnNode,
    /// A selector is false.
    Selector { is_of_class: bool, selector: Arc<CelSelector> },
    /// A selector has no answer.
    Unclear(String),
    /// A claim has it.
    Taken,
    /// Its capacity does not do.
    Capacity(Refusal),
    /// Too little is left of a counter.
    Counter { counter: CounterId, needed: Quantity, left: Quantity },
    /// A taint.
    Taint(Taint<'a>),
}

/// Looks for obstacles on one node.
pub(super) struct DeviceObstacles<'a> {
    pools: &'a [Pool<'a>],
    node: Target<'a>,
    context: Context<'a>,
    /// What is left of counters, by pool and slice.
    left: FxHashMap<(usize, Name), BTreeMap<CounterId, Quantity>>,
}

impl<'a> DeviceObstacles<'a> {
    /// Nothing looked at yet.
    pub(super) fn new(pools: &'a [Pool<'a>], node: Target<'a>, context: Context<'a>) -> Self {
        Self { pools, node, context, left: FxHashMap::default() }
    }

    /// All devices that the node reaches.
    pub(super) fn devices(&self) -> impl Iterator<Item = Candidate<'a>> + use<'a> {
        self.pools.iter().enumerate().flat_map(|(index, pool)| {
            let of_slice = move |slice: &&'a crate::decode::devices::ResourceSlice| {
                let slice = *slice;
                slice.devices.iter().map(move |device| Candidate::new(index, slice, device)).collect::<Vec<_>>()
            };
            pool.slices.iter().flat_map(of_slice).collect::<Vec<_>>()
        })
    }

    /// The first thing that keeps the device from the request.
    pub(super) fn between(&mut self, query: &QueryInput<'_>, candidate: Candidate<'a>) -> Option<DeviceObstacle<'a>> {
        let (context, gates) = (self.context, self.context.gates);
        let (slice, device) = (candidate.slice, candidate.device);
        if !gates.binding_conditions && !device.binding_conditions.is_empty() {
            return Some(DeviceObstacle::Feature("DRADeviceBindingConditions"));
        }
        if !gates.partitionable_devices && !device.consumes_counters.is_empty() {
            return Some(DeviceObstacle::Feature("DRAPartitionableDevices"));
        }
        if slice.skips_node_operations && !(gates.optional_node_operations && self.node.has_optional_operations) {
            return Some(DeviceObstacle::Feature("DRAOptionalNodeOperations"));
        }
        if selection::reaches(candidate, self.node) != Ok(true) {
            return Some(DeviceObstacle::NotOnNode);
        }
        if let Some(obstacle) = self.selector(query, candidate) {
            return Some(obstacle);
        }
        let usage = context.devices.usage(candidate.id);
        if !query.has_admin_access() && usage.is_some_and(|usage| usage.is_exclusive(gates.consumable_capacity)) {
            return Some(DeviceObstacle::Taken);
        }
        if gates.consumable_capacity {
            let taken: Vec<_> = usage.map(|usage| &usage.consumed).into_iter().collect();
            if let Err(refusal) = capacity::check(query.query.capacity.as_ref(), &device.capacity, &taken, gates) {
                return Some(DeviceObstacle::Capacity(refusal));
            }
        }
        if let Some(obstacle) = self.counter(candidate) {
            return Some(obstacle);
        }
        context.taint_rules.untolerated(slice, device, &query.query.tolerations, gates).map(DeviceObstacle::Taint)
    }

    fn selector(&self, query: &QueryInput<'_>, candidate: Candidate<'_>) -> Option<DeviceObstacle<'a>> {
        let input = DeviceInput::new(candidate.slice.pool.driver, candidate.device, self.context.gates.view());
        for (is_of_class, selectors) in [(true, &query.class_selectors), (false, &query.selectors)] {
            for selector in selectors {
                let Some(selector) = selector else {
                    return Some(DeviceObstacle::Unclear("a selector is not a valid CEL expression".to_owned()));
                };
                match selector.matches(&input) {
                    Ok(true) => {}
                    Ok(false) => return Some(DeviceObstacle::Selector { is_of_class, selector: Arc::clone(selector) }),
                    Err(Failure::Error(why) | Failure::Unknown(why)) => {
                        return Some(DeviceObstacle::Unclear(format!("{}: {why}", selector.expression)));
                    }
                }
            }
        }
        None
    }

    /// The first counter of which the device needs more than is left.
    fn counter(&mut self, candidate: Candidate<'_>) -> Option<DeviceObstacle<'a>> {
        let (context, gates) = (self.context, self.context.gates);
        let (slice, device) = (candidate.slice, candidate.device);
        if device.consumes_counters.is_empty() {
            return None;
        }
        let is_further_share = gates.consumable_capacity
            && device.allows_multiple_allocations
            && gates.behaviour.further_shares_take_no_counters
            && counters::is_shared(candidate.id, context.devices, gates);
        if is_further_share {
            return None;
        }
        let pool = self.pools.get(candidate.pool())?;
        let left = self
            .left
            .entry((candidate.pool(), slice.name))
            .or_insert_with(|| counters::available(pool, slice, context.devices, gates));
        counters::consumption(device).find_map(|(counter, needed)| {
            let left = left.get(&counter).copied().unwrap_or_default();
            left.compare(needed).is_lt().then_some(DeviceObstacle::Counter { counter, needed, left })
        })
    }

    /// What the node and the rest of the scheduler's state are.
    pub(super) fn context(&self) -> Context<'a> {
        self.context
    }
}

/// The claims that have devices which take from the counter set in the candidate's pool.
pub(super) fn users_of_set(candidate: Candidate<'_>, set: Name, context: Context<'_>) -> Vec<ObjectKey> {
    let slices: Vec<_> = context.devices.slices_of(candidate.slice.pool).collect();
    let takes = |device: Name| {
        let devices = slices.iter().flat_map(|slice| &slice.devices);
        devices
            .filter(|known| known.name == device)
            .any(|known| known.consumes_counters.iter().any(|consumption| consumption.counter_set == set))
    };
    let mut users: Vec<ObjectKey> = context
        .devices
        .allocated()
        .filter(|(_, device)| device.id.pool == candidate.slice.pool && takes(device.id.device))
        .map(|(claim, _)| claim)
        .collect();
    users.sort_unstable();
    users.dedup();
    users
}

/// The claims that have the device.
pub(super) fn users_of(candidate: Candidate<'_>, context: Context<'_>) -> Vec<ObjectKey> {
    let users = context.devices.allocated().filter(|(_, device)| device.id == candidate.id);
    let mut users: Vec<ObjectKey> = users.map(|(claim, _)| claim).collect();
    users.sort_unstable();
    users.dedup();
    users
}
