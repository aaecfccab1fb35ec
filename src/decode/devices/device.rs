//! One device of a slice.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::UpstreamError;
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::name::Name;
use crate::api::node_selector::{LazyErrorNodeSelector, NodeSelector};
use crate::api::quantity::Quantity;

use super::attribute::{self, Attribute, DeviceCapacity, WireCounter};
use super::taint::DeviceTaint;

/// A device of a slice.
#[derive(Clone, Debug, Default, Hash)]
pub struct Device {
    /// The name, unique in the pool.
    pub name: Name,
    /// Attributes by name; one without a domain belongs to the driver's.
    pub attributes: BTreeMap<Name, Attribute>,
    /// Capacities by name.
    pub capacity: BTreeMap<Name, DeviceCapacity>,
    /// What it takes from counters that it shares with other devices (gate `DRAPartitionableDevices`).
    pub consumes_counters: Box<[CounterConsumption]>,
    /// The nodes that reach it, where the slice leaves that to its devices.
    pub nodes: DeviceNodes,
    /// Taints that its driver gives it (gate `DRADeviceTaints`).
    pub taints: Box<[DeviceTaint]>,
    /// A claim that gets it is bound to the node (gate `DRADeviceBindingConditions`).
    pub binds_to_node: bool,
    /// Conditions that must be true before a pod is bound (gate `DRADeviceBindingConditions`).
    pub binding_conditions: Box<[Name]>,
    /// Conditions that end the wait for them.
    pub binding_failure_conditions: Box<[Name]>,
    /// Several claims can have it at the same time (gate `DRAConsumableCapacity`).
    pub allows_multiple_allocations: bool,
}

impl Device {
    /// The attribute called `domain/name`; without a domain where that is the driver's
    /// (upstream structured/internal/*/allocator_*.go, lookupAttribute).
    pub fn attribute(&self, driver: Name, qualified: Name) -> Option<&Attribute> {
        self.attributes.get(&qualified).or_else(|| {
            let (domain, id) = qualified.split_once('/')?;
            if domain != driver.as_str() {
                return None;
            }
            self.attributes.iter().find(|(key, _)| key.as_str() == id).map(|(_, value)| value)
        })
    }
}

/// What a device takes from one set of counters.
#[derive(Clone, Debug, Hash)]
pub struct CounterConsumption {
    /// The set.
    pub counter_set: Name,
    /// How much of each counter.
    pub counters: BTreeMap<Name, Quantity>,
    /// Groups of which devices of the set in use at the same time must have one in common
    /// (gate `DRADeviceCompatibilityGroups`).
    pub compatibility_groups: Box<[Name]>,
}

/// Counters that devices of a pool share.
#[derive(Clone, Debug, Hash)]
pub struct CounterSet {
    /// The name, unique in the pool.
    pub name: Name,
    /// How much there is of each counter.
    pub counters: BTreeMap<Name, Quantity>,
}

/// Which nodes reach the devices of a slice, or one device.
#[derive(Clone, Debug, Default, Hash)]
pub struct DeviceNodes {
    /// One node, by name.
    pub node_name: Option<Name>,
    /// All nodes.
    pub all_nodes: bool,
    /// Nodes by label; upstream's text where the selector is invalid.
    pub node_selector: Option<Box<Result<LazyErrorNodeSelector, UpstreamError>>>,
}

impl DeviceNodes {
    pub(super) fn new(node_name: Option<Name>, all_nodes: Option<bool>, node_selector: Option<&NodeSelector>) -> Self {
        Self {
            node_name,
            all_nodes: all_nodes.unwrap_or_default(),
            node_selector: node_selector.map(|selector| Box::new(LazyErrorNodeSelector::strict(selector))),
        }
    }

    /// Whether it says anything.
    pub fn is_set(&self) -> bool {
        self.named().is_some() || self.all_nodes || self.node_selector.is_some()
    }

    /// The one node that reaches it.
    pub fn named(&self) -> Option<Name> {
        self.node_name.filter(|name| !name.is_empty())
    }

    /// Whether a node with this name and these labels reaches it (upstream structured/internal/*/pools_*.go, NodeMatches).
    ///
    /// # Errors
    /// What is wrong with the selector.
    pub fn matches(&self, name: Name, labels: &Labels) -> Result<bool, UpstreamError> {
        match (self.named(), self.all_nodes, self.node_selector.as_deref()) {
            (Some(named), ..) => Ok(named == name),
            (None, true, _) => Ok(true),
            (None, false, Some(Ok(selector))) => selector.matches(name, labels),
            (None, false, Some(Err(error))) => Err(error.clone()),
            (None, false, None) => Ok(false),
        }
    }
}

/// A device on the wire.
#[derive(Deserialize)]
pub(super) struct WireDevice {
    #[serde(default)]
    name: Name,
    /// v1beta1 has everything but the name one level deeper.
    basic: Option<WireBasicDevice>,
    #[serde(flatten)]
    flat: WireBasicDevice,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireBasicDevice {
    attributes: Option<BTreeMap<Name, Attribute>>,
    capacity: Option<BTreeMap<Name, DeviceCapacity>>,
    consumes_counters: List<WireCounterConsumption>,
    taints: List<DeviceTaint>,
    binds_to_node: Option<bool>,
    binding_conditions: List<Name>,
    binding_failure_conditions: List<Name>,
    allow_multiple_allocations: Option<bool>,
    node_name: Option<Name>,
    all_nodes: Option<bool>,
    node_selector: Option<NodeSelector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCounterConsumption {
    #[serde(default)]
    counter_set: Name,
    #[serde(default)]
    counters: Option<BTreeMap<Name, WireCounter>>,
    #[serde(default)]
    compatibility_groups: List<Name>,
}

/// A set of counters on the wire.
#[derive(Deserialize)]
pub(super) struct WireCounterSet {
    #[serde(default)]
    name: Name,
    #[serde(default)]
    counters: Option<BTreeMap<Name, WireCounter>>,
}

impl WireCounterSet {
    pub(super) fn into_set(self) -> CounterSet {
        CounterSet { name: self.name, counters: attribute::counters(self.counters.unwrap_or_default()) }
    }
}

impl WireDevice {
    pub(super) fn into_device(self) -> Device {
        let device = self.basic.unwrap_or(self.flat);
        let consumption = |wire: WireCounterConsumption| CounterConsumption {
            counter_set: wire.counter_set,
            counters: attribute::counters(wire.counters.unwrap_or_default()),
            compatibility_groups: wire.compatibility_groups.into_vec().into(),
        };
        Device {
            name: self.name,
            attributes: device.attributes.unwrap_or_default(),
            capacity: device.capacity.unwrap_or_default(),
            consumes_counters: device.consumes_counters.into_vec().into_iter().map(consumption).collect(),
            nodes: DeviceNodes::new(device.node_name, device.all_nodes, device.node_selector.as_ref()),
            taints: device.taints.into_vec().into(),
            binds_to_node: device.binds_to_node.unwrap_or_default(),
            binding_conditions: device.binding_conditions.into_vec().into(),
            binding_failure_conditions: device.binding_failure_conditions.into_vec().into(),
            allows_multiple_allocations: device.allow_multiple_allocations.unwrap_or_default(),
        }
    }
}
