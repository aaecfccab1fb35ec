//! Devices that pods claim: classes, claims and slices, and the rules that taint devices.

pub mod attribute;
pub mod claim;
pub mod class;
pub mod device;
mod selector;
pub mod slice;
pub mod taint;

pub use attribute::{Attribute, DeviceCapacity};
pub use claim::{AllocatedDevice, ResourceClaim, ResourceClaimTemplate};
pub use class::DeviceClass;
pub use device::Device;
pub use slice::{DeviceId, PoolId, ResourceSlice};
pub use taint::DeviceTaintRule;
