//! ResourceSlices: what a driver offers, and to which nodes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::api::list::List;
use crate::api::meta::Metadata;
use crate::api::name::Name;
use crate::api::node_selector::NodeSelector;

use super::device::{CounterSet, Device, DeviceNodes, WireCounterSet, WireDevice};

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
    pub nodes: DeviceNodes,
    /// Whether each device says itself which nodes reach it; none where the field is absent
    /// (gate `DRAPartitionableDevices`).
    pub per_device_node_selection: Option<bool>,
    /// Counters that the pool's devices share (gate `DRAPartitionableDevices`).
    pub shared_counters: Box<[CounterSet]>,
    /// Nodes need to do nothing to make the devices ready (gate `DRAOptionalNodeOperations`).
    pub skips_node_operations: bool,
    /// The devices.
    pub devices: Box<[Device]>,
}

impl ResourceSlice {
    /// Whether a device must be made ready before a pod is bound.
    pub fn has_binding_conditions(&self) -> bool {
        self.devices.iter().any(|device| !device.binding_conditions.is_empty())
    }

    /// Whether a device restricts which others can be in use beside it (gate `DRADeviceCompatibilityGroups`).
    pub fn has_compatibility_groups(&self) -> bool {
        let consumptions = self.devices.iter().flat_map(|device| &device.consumes_counters);
        consumptions.into_iter().any(|consumption| !consumption.compatibility_groups.is_empty())
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
    shared_counters: List<WireCounterSet>,
    #[serde(default)]
    skip_node_operations: List<serde::de::IgnoredAny>,
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

impl WireResourceSlice {
    pub(crate) fn into_slice(self) -> ResourceSlice {
        let spec = self.spec;
        ResourceSlice {
            name: self.metadata.name.unwrap_or_default(),
            pool: PoolId { driver: spec.driver, pool: spec.pool.name },
            generation: spec.pool.generation,
            slice_count: spec.pool.resource_slice_count,
            nodes: DeviceNodes::new(spec.node_name, spec.all_nodes, spec.node_selector.as_ref()),
            per_device_node_selection: spec.per_device_node_selection,
            shared_counters: spec.shared_counters.into_vec().into_iter().map(WireCounterSet::into_set).collect(),
            skips_node_operations: !spec.skip_node_operations.is_empty(),
            devices: spec.devices.into_vec().into_iter().map(WireDevice::into_device).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attribute::Attribute;
    use super::*;
    use crate::api::labels::Labels;
    use crate::api::name::name;

    #[track_caller]
    fn slice(spec: &str) -> ResourceSlice {
        let json = format!(r#"{{"metadata":{{"name":"s"}},"spec":{spec}}}"#);
        serde_json::from_str::<WireResourceSlice>(&json).unwrap().into_slice()
    }

    #[test]
    fn a_device_reads_the_same_in_every_version() {
        let content = r#""attributes":{"model":{"string":"a100"},"x.com/n":{"int":3},"links":{"strings":["a"]}},
            "capacity":{"memory":{"value":"40Gi","requestPolicy":{"default":"1Gi","validRange":{"min":"1Gi"}}}},
            "consumesCounters":[{"counterSet":"c","counters":{"slots":{"value":"2"}}}],"nodeName":"n",
            "taints":[{"key":"k","effect":"NoSchedule"}],"allowMultipleAllocations":true"#;
        for device in [format!(r#"{{"name":"d",{content}}}"#), format!(r#"{{"name":"d","basic":{{{content}}}}}"#)] {
            let slice = slice(&format!(
                r#"{{"driver":"gpu","nodeName":"n","pool":{{"name":"n","generation":1,"resourceSliceCount":1}},"devices":[{device}]}}"#
            ));
            let device = &slice.devices[0];
            assert_eq!(device.attribute(name("gpu"), name("gpu/model")), Some(&Attribute::String(name("a100"))));
            assert_eq!(device.attribute(name("net"), name("gpu/model")), None);
            assert_eq!(device.attribute(name("gpu"), name("x.com/n")), Some(&Attribute::Int(3)));
            assert!(device.attributes[&name("links")].is_list());
            let memory = &device.capacity[&name("memory")];
            assert_eq!(memory.value.to_string(), "40Gi");
            assert!(memory.policy.as_ref().unwrap().valid_range.is_some());
            assert_eq!(device.consumes_counters[0].counters[&name("slots")].to_string(), "2");
            assert_eq!((device.nodes.named(), device.taints[0].to_string()), (Some(name("n")), "k:NoSchedule".into()));
            assert!(device.allows_multiple_allocations);
        }
    }

    #[test]
    fn who_reaches_a_slice() {
        let reaches = |spec: &str| slice(spec).nodes.matches(name("n"), &Labels::default());
        assert_eq!(reaches(r#"{"nodeName":"n"}"#), Ok(true));
        assert_eq!(reaches(r#"{"nodeName":"m","allNodes":true}"#), Ok(false));
        assert_eq!(reaches(r#"{"nodeName":"","allNodes":true}"#), Ok(true));
        assert_eq!(reaches(r#"{"nodeSelector":{"nodeSelectorTerms":[]}}"#), Ok(false));
        assert_eq!(reaches("{}"), Ok(false));
        assert_eq!(slice(r#"{"perDeviceNodeSelection":false}"#).per_device_node_selection, Some(false));
    }
}
