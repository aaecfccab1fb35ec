//! What CSI drivers report: CSINode, CSIDriver, CSIStorageCapacity, VolumeAttachment.

use serde::Deserialize;

use super::wire::WireStorageMetadata;
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::quantity::Quantity;
use crate::api::selector::{LabelSelector, Selector};

/// The drivers on a node.
#[derive(Clone, Debug, Default, Hash)]
pub struct CsiNode {
    /// The node's name.
    pub name: Name,
    /// In-tree plugins that a CSI driver replaces on the node (annotation
    /// `storage.alpha.kubernetes.io/migrated-plugins`).
    pub migrated_plugins: Box<[Name]>,
    /// The drivers.
    pub drivers: Box<[Name]>,
    /// How many volumes a driver can attach; drivers without a limit are left out.
    pub limits: Box<[DriverLimit]>,
}

/// `drivers[].allocatable.count` of a CSINode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DriverLimit {
    /// The driver.
    pub driver: Name,
    /// Volumes it can attach.
    pub count: i64,
}

impl CsiNode {
    /// How many volumes `driver` can attach; none without a limit. Of two entries the later counts.
    pub fn limit(&self, driver: Name) -> Option<i64> {
        self.limits.iter().rev().find(|limit| limit.driver == driver).map(|limit| limit.count)
    }
}

/// A CSI driver.
#[derive(Clone, Copy, Debug, Hash)]
pub struct CsiDriver {
    /// Its name.
    pub name: Name,
    /// Whether its volumes are attached to a node before pods use them; they are unless `attachRequired` is false.
    pub attach_required: bool,
    /// Whether it publishes CSIStorageCapacities, so that free space is checked.
    pub storage_capacity: bool,
    /// Whether pods with its volumes go only to nodes that have it (`preventPodSchedulingIfMissing`).
    pub prevents_scheduling_if_missing: bool,
}

/// How much space a class has left on some nodes.
#[derive(Clone, Debug, Hash)]
pub struct CsiStorageCapacity {
    /// Namespace and name.
    pub key: ObjectKey,
    /// The StorageClass.
    pub class: Name,
    /// The nodes; none means none at all, and so does an invalid selector.
    node_topology: Option<Selector>,
    /// `capacity`: free in total.
    pub capacity: Option<Quantity>,
    /// `maximumVolumeSize`: the largest volume that could be made.
    pub maximum_volume_size: Option<Quantity>,
}

impl CsiStorageCapacity {
    /// The nodes that reach the storage; none means no node.
    pub fn node_topology(&self) -> Option<&Selector> {
        self.node_topology.as_ref()
    }

    /// Whether a node with `labels` can reach the storage (upstream volumebinding/binder.go,
    /// nodeHasAccess).
    pub fn is_accessible(&self, labels: &Labels) -> bool {
        self.node_topology.as_ref().is_some_and(|selector| selector.matches(labels))
    }

    /// The largest volume that fits (upstream volumebinding/binder.go, volumeLimit).
    pub fn volume_limit(&self) -> Option<Quantity> {
        self.maximum_volume_size.or(self.capacity)
    }
}

/// A volume that is attached to a node, or about to be.
#[derive(Clone, Copy, Debug, Hash)]
pub struct VolumeAttachment {
    /// Its name.
    pub name: Name,
    /// The driver; empty where the object lacks it.
    pub attacher: Name,
    /// The node.
    pub node: Name,
    /// The PersistentVolume, unless the volume is inline in a pod.
    pub volume: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireCsiNode {
    metadata: WireStorageMetadata,
    spec: WireCsiNodeSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireCsiNodeSpec {
    drivers: List<WireCsiNodeDriver>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireCsiNodeDriver {
    name: Name,
    allocatable: Option<WireAllocatable>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireAllocatable {
    count: Option<i32>,
}

impl WireCsiNode {
    pub(crate) fn into_node(self) -> CsiNode {
        let plugins = self.metadata.annotations().migrated_plugins.unwrap_or_default();
        let limit = |driver: &WireCsiNodeDriver| {
            let count = driver.allocatable.as_ref()?.count?;
            Some(DriverLimit { driver: driver.name, count: count.into() })
        };
        CsiNode {
            name: self.metadata.name,
            migrated_plugins: plugins.split(',').filter(|plugin| !plugin.is_empty()).map(name).collect(),
            drivers: self.spec.drivers.iter().map(|driver| driver.name).collect(),
            limits: self.spec.drivers.iter().filter_map(limit).collect(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireCsiDriver {
    metadata: WireStorageMetadata,
    spec: WireCsiDriverSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireCsiDriverSpec {
    attach_required: Option<bool>,
    storage_capacity: Option<bool>,
    prevent_pod_scheduling_if_missing: Option<bool>,
}

impl WireCsiDriver {
    pub(crate) fn into_driver(self) -> CsiDriver {
        CsiDriver {
            name: self.metadata.name,
            attach_required: self.spec.attach_required.unwrap_or(true),
            storage_capacity: self.spec.storage_capacity.unwrap_or_default(),
            prevents_scheduling_if_missing: self.spec.prevent_pod_scheduling_if_missing.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireCsiStorageCapacity {
    metadata: WireStorageMetadata,
    storage_class_name: Name,
    node_topology: Option<LabelSelector>,
    capacity: Option<Quantity>,
    maximum_volume_size: Option<Quantity>,
}

impl WireCsiStorageCapacity {
    pub(crate) fn into_capacity(self) -> CsiStorageCapacity {
        CsiStorageCapacity {
            key: self.metadata.key(),
            class: self.storage_class_name,
            node_topology: self.node_topology.and_then(|topology| Selector::new(Some(&topology)).ok()),
            capacity: self.capacity,
            maximum_volume_size: self.maximum_volume_size,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireVolumeAttachment {
    metadata: WireStorageMetadata,
    spec: WireAttachmentSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireAttachmentSpec {
    attacher: Name,
    node_name: Name,
    source: WireAttachmentSource,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireAttachmentSource {
    persistent_volume_name: Option<Name>,
}

impl WireVolumeAttachment {
    pub(crate) fn into_attachment(self) -> VolumeAttachment {
        VolumeAttachment {
            name: self.metadata.name,
            attacher: self.spec.attacher,
            node: self.spec.node_name,
            volume: self.spec.source.persistent_volume_name,
        }
    }
}
