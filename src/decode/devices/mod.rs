//! Devices that pods claim: classes, claims and slices.

pub mod claim;
pub mod slice;

pub use claim::{AllocatedDevice, DeviceClass, ResourceClaim};
pub use slice::{DeviceId, PoolId, ResourceSlice};
