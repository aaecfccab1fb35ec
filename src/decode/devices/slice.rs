//! ResourceSlices: what a driver offers, and to which nodes.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::api::list::List;
use crate::api::meta::Metadata;
use crate::api::name::Name;
use crate::api::node_selector::{LazyErrorNodeSelector, NodeSelector};
use crate::api::quantity::Quantity;

/// A pool of devices of one driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PoolId {
    /// The driver.
    pub driver: Name,
    /// The pool's name.
    pub pool: Name,
}

impl fmt::Display for PoolId {
    /// `driver/pool`, as upstream prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.driver, self.pool)
    }
}

/// One device of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeviceId {
    /// The pool it is in.
    #[serde(flatten)]
    pub pool: PoolId,
    /// Its name within the pool.
    pub device: Name,
}

impl fmt::Display for DeviceId {
    /// `driver/pool/device`, as upstream prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pool, self.device)
    }
}

/// A ResourceSlice.
#[derive(Clone, Debug, Hash)]
pub struct ResourceSlice {
    /// The name.
    pub name: Name,
    /// The pool it is a part of.
    pub pool: PoolId,
    /// Which edition of the pool it belongs to; only the newest counts.
    pub generation: i64,
    /// How many slices make up that edition.
    pub slice_count: i64,
    /// The nodes that reach its devices.
    pub reach: Reach,
    /// The devices.
    pub devices: Box<[Device]>,
}

/// The nodes that reach the devices of a slice.
#[derive(Clone, Debug, Hash)]
pub enum Reach {
    /// One node.
    Node(Name),
    /// Every node.
    AllNodes,
    /// Nodes by label; upstream's text where the selector is invalid.
    Selected(Result<LazyErrorNodeSelector, String>),
    /// Each device says so itself (`perDeviceNodeSelection`, gate `DRAPartitionableDevices`).
    PerDevice,
    /// Nothing that this version knows.
    Unknown,
}

/// A device of a slice.
#[derive(Clone, Debug, Hash)]
pub struct Device {
    /// The name, unique in the pool.
    pub name: Name,
    /// Attributes by name; one without a domain belongs to the driver's.
    pub attributes: BTreeMap<Name, Attribute>,
    /// Capacities by name.
    pub capacity: BTreeMap<Name, Quantity>,
    /// It takes from counters that it shares with others (gate `DRAPartitionableDevices`).
    pub consumes_counters: bool,
    /// It must be made ready before a pod is bound (gate `DRADeviceBindingConditions`).
    pub has_binding_conditions: bool,
}

impl Device {
    /// The attribute called `domain/name`; without a domain where that is the driver's
    /// (upstream structured/internal/experimental/allocator_experimental.go, lookupAttribute).
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

/// The value of a device's attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// A number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Text.
    String(Name),
    /// A semantic version.
    Version(Name),
    /// A type that this version does not know.
    Unknown,
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            int: Option<i64>,
            bool: Option<bool>,
            string: Option<Name>,
            version: Option<Name>,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(match wire {
            Wire { int: Some(int), .. } => Self::Int(int),
            Wire { bool: Some(bool), .. } => Self::Bool(bool),
            Wire { string: Some(string), .. } => Self::String(string),
            Wire { version: Some(version), .. } => Self::Version(version),
            _ => Self::Unknown,
        })
    }
}

/// A ResourceSlice on the wire, of any version since v1beta1.
#[derive(Deserialize)]
pub(crate) struct WireResourceSlice {
    #[serde(default)]
    metadata: Metadata,
    spec: WireSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSpec {
    #[serde(default)]
    driver: Name,
    #[serde(default)]
    pool: WirePool,
    node_name: Option<Name>,
    all_nodes: Option<bool>,
    node_selector: Option<NodeSelector>,
    per_device_node_selection: Option<bool>,
    #[serde(default)]
    devices: List<WireDevice>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WirePool {
    name: Name,
    generation: i64,
    resource_slice_count: i64,
}

#[derive(Deserialize, Clone)]
struct WireDevice {
    name: Name,
    /// v1beta1 has everything but the name one level deeper.
    basic: Option<WireBasicDevice>,
    #[serde(flatten)]
    flat: WireBasicDevice,
}

#[derive(Deserialize, Clone, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireBasicDevice {
    attributes: Option<BTreeMap<Name, Attribute>>,
    capacity: Option<BTreeMap<Name, WireCapacity>>,
    consumes_counters: List<serde::de::IgnoredAny>,
    binding_conditions: List<Name>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum WireCapacity {
    Structured { value: Quantity },
    Plain(Quantity),
}

impl WireResourceSlice {
    pub(crate) fn into_slice(self) -> ResourceSlice {
        let spec = self.spec;
        // Upstream's GatherPools asks in this order, and skips a slice that so much as has the
        // field `perDeviceNodeSelection` while the gate is off.
        let reach = match (spec.per_device_node_selection, spec.node_name, spec.all_nodes, spec.node_selector) {
            (Some(_), ..) => Reach::PerDevice,
            (None, Some(node), ..) if !node.is_empty() => Reach::Node(node),
            (None, _, Some(true), _) => Reach::AllNodes,
            (None, _, _, Some(selector)) => Reach::Selected(LazyErrorNodeSelector::strict(&selector)),
            _ => Reach::Unknown,
        };
        ResourceSlice {
            name: self.metadata.name.unwrap_or_default(),
            pool: PoolId { driver: spec.driver, pool: spec.pool.name },
            generation: spec.pool.generation,
            slice_count: spec.pool.resource_slice_count,
            reach,
            devices: spec.devices.iter().cloned().map(WireDevice::into_device).collect(),
        }
    }
}

impl WireDevice {
    fn into_device(self) -> Device {
        let device = self.basic.unwrap_or(self.flat);
        let capacity = device.capacity.unwrap_or_default().into_iter().map(|(name, capacity)| {
            let (WireCapacity::Structured { value } | WireCapacity::Plain(value)) = capacity;
            (name, value)
        });
        Device {
            name: self.name,
            attributes: device.attributes.unwrap_or_default(),
            capacity: capacity.collect(),
            consumes_counters: !device.consumes_counters.is_empty(),
            has_binding_conditions: !device.binding_conditions.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[track_caller]
    fn slice(spec: &str) -> ResourceSlice {
        let json = format!(r#"{{"metadata":{{"name":"s"}},"spec":{spec}}}"#);
        serde_json::from_str::<WireResourceSlice>(&json).unwrap().into_slice()
    }

    #[test]
    fn a_device_reads_the_same_in_every_version() {
        let content =
            r#""attributes":{"model":{"string":"a100"},"x.com/n":{"int":3}},"capacity":{"memory":{"value":"40Gi"}}"#;
        for device in [format!(r#"{{"name":"d",{content}}}"#), format!(r#"{{"name":"d","basic":{{{content}}}}}"#)] {
            let slice = slice(&format!(
                r#"{{"driver":"gpu","nodeName":"n","pool":{{"name":"n","generation":1,"resourceSliceCount":1}},"devices":[{device}]}}"#
            ));
            let device = &slice.devices[0];
            assert_eq!(device.attribute(name("gpu"), name("gpu/model")), Some(&Attribute::String(name("a100"))));
            assert_eq!(device.attribute(name("net"), name("gpu/model")), None);
            assert_eq!(device.attribute(name("gpu"), name("x.com/n")), Some(&Attribute::Int(3)));
            assert_eq!(device.capacity[&name("memory")].to_string(), "40Gi");
        }
    }

    #[test]
    fn who_reaches_a_slice() {
        assert!(matches!(slice(r#"{"nodeName":"n"}"#).reach, Reach::Node(_)));
        assert!(matches!(slice(r#"{"nodeName":"","allNodes":true}"#).reach, Reach::AllNodes));
        assert!(matches!(slice(r#"{"nodeSelector":{"nodeSelectorTerms":[]}}"#).reach, Reach::Selected(_)));
        assert!(matches!(slice(r#"{"allNodes":true,"perDeviceNodeSelection":false}"#).reach, Reach::PerDevice));
        assert!(matches!(slice("{}").reach, Reach::Unknown));
    }
}
