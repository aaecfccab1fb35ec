//! Storage objects: volumes, claims, classes, and what CSI drivers report.

mod claim;
mod class;
mod csi;
mod persistent_volume;
mod topology;
mod wire;

pub use claim::PersistentVolumeClaim;
pub(crate) use claim::WireClaim;
pub(crate) use class::WireStorageClass;
pub use class::{BindingMode, StorageClass, TopologyRequirement, TopologyTerm};
pub use csi::{CsiDriver, CsiNode, CsiStorageCapacity, DriverLimit, VolumeAttachment};
pub(crate) use csi::{WireCsiDriver, WireCsiNode, WireCsiStorageCapacity, WireVolumeAttachment};
pub(crate) use persistent_volume::WirePersistentVolume;
pub use persistent_volume::{ClaimReference, CsiSource, InTreeSource, PersistentVolume, TranslatedVolume};
pub use topology::VolumeTopology;
