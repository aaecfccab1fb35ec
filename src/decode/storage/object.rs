//! The storage kinds among the objects of the input.

use super::super::object::{Taken, take};
use super::claim::{PersistentVolumeClaim, WireClaim};
use super::class::{StorageClass, WireStorageClass};
use super::csi::{
    CsiDriver, CsiNode, CsiStorageCapacity, VolumeAttachment, WireCsiDriver, WireCsiNode, WireCsiStorageCapacity,
    WireVolumeAttachment,
};
use super::persistent_volume::{PersistentVolume, WirePersistentVolume};
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};

/// Kinds of storage objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StorageKind {
    /// core/v1
    PersistentVolume,
    /// core/v1
    PersistentVolumeClaim,
    /// storage.k8s.io/v1
    StorageClass,
    /// storage.k8s.io/v1
    CsiNode,
    /// storage.k8s.io/v1
    CsiDriver,
    /// storage.k8s.io/v1
    CsiStorageCapacity,
    /// storage.k8s.io/v1
    VolumeAttachment,
}

impl StorageKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::PersistentVolume,
        Self::PersistentVolumeClaim,
        Self::StorageClass,
        Self::CsiNode,
        Self::CsiDriver,
        Self::CsiStorageCapacity,
        Self::VolumeAttachment,
    ];

    /// The kind called `kind` in the API group `group`.
    pub fn of(group: &str, kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|candidate| candidate.group() == group && candidate.as_str() == kind)
    }

    fn group(self) -> &'static str {
        match self {
            Self::PersistentVolume | Self::PersistentVolumeClaim => "",
            _ => "storage.k8s.io",
        }
    }

    /// The API's word for the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PersistentVolume => "PersistentVolume",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::StorageClass => "StorageClass",
            Self::CsiNode => "CSINode",
            Self::CsiDriver => "CSIDriver",
            Self::CsiStorageCapacity => "CSIStorageCapacity",
            Self::VolumeAttachment => "VolumeAttachment",
        }
    }

    /// Whether objects of this kind live in a namespace.
    pub fn is_namespaced(self) -> bool {
        matches!(self, Self::PersistentVolumeClaim | Self::CsiStorageCapacity)
    }
}

/// What is kept of a storage object.
#[derive(Clone, Debug, Hash)]
pub enum StorageObject {
    /// A PersistentVolume.
    PersistentVolume(Box<PersistentVolume>),
    /// A PersistentVolumeClaim.
    PersistentVolumeClaim(Box<PersistentVolumeClaim>),
    /// A StorageClass.
    StorageClass(StorageClass),
    /// A CSINode.
    CsiNode(CsiNode),
    /// A CSIDriver.
    CsiDriver(CsiDriver),
    /// A CSIStorageCapacity.
    CsiStorageCapacity(Box<CsiStorageCapacity>),
    /// A VolumeAttachment.
    VolumeAttachment(VolumeAttachment),
}

impl StorageObject {
    /// Kind, namespace (empty where there is none) and name.
    pub fn identity(&self) -> (StorageKind, ObjectKey) {
        let unspaced = |object: Name| ObjectKey::new(name(""), object);
        match self {
            Self::PersistentVolume(volume) => (StorageKind::PersistentVolume, unspaced(volume.name)),
            Self::PersistentVolumeClaim(claim) => (StorageKind::PersistentVolumeClaim, claim.key),
            Self::StorageClass(class) => (StorageKind::StorageClass, unspaced(class.name)),
            Self::CsiNode(node) => (StorageKind::CsiNode, unspaced(node.name)),
            Self::CsiDriver(driver) => (StorageKind::CsiDriver, unspaced(driver.name)),
            Self::CsiStorageCapacity(capacity) => (StorageKind::CsiStorageCapacity, capacity.key),
            Self::VolumeAttachment(attachment) => (StorageKind::VolumeAttachment, unspaced(attachment.name)),
        }
    }
}

/// Decodes the object of `kind` that `json` begins with.
pub(crate) fn decode(kind: StorageKind, json: &[u8]) -> serde_json::Result<Taken<StorageObject>> {
    Ok(match kind {
        StorageKind::PersistentVolume => take::<WirePersistentVolume>(json)?
            .map(|volume| StorageObject::PersistentVolume(Box::new(volume.into_volume()))),
        StorageKind::PersistentVolumeClaim => {
            take::<WireClaim>(json)?.map(|claim| StorageObject::PersistentVolumeClaim(Box::new(claim.into_claim())))
        }
        StorageKind::StorageClass => {
            take::<WireStorageClass>(json)?.map(|class| StorageObject::StorageClass(class.into_class()))
        }
        StorageKind::CsiNode => take::<WireCsiNode>(json)?.map(|node| StorageObject::CsiNode(node.into_node())),
        StorageKind::CsiDriver => {
            take::<WireCsiDriver>(json)?.map(|driver| StorageObject::CsiDriver(driver.into_driver()))
        }
        StorageKind::CsiStorageCapacity => take::<WireCsiStorageCapacity>(json)?
            .map(|capacity| StorageObject::CsiStorageCapacity(Box::new(capacity.into_capacity()))),
        StorageKind::VolumeAttachment => take::<WireVolumeAttachment>(json)?
            .map(|attachment| StorageObject::VolumeAttachment(attachment.into_attachment())),
    })
}
