//! From bytes to objects: which kinds there are, what each is on the wire, and which of its fields are read.

pub mod autoscaling;
pub mod coscheduling;
pub mod csi_migration;
pub mod devices;
pub(crate) mod direct;
pub(crate) mod encode;
pub mod event;
pub mod fields;
pub mod kinds;
pub mod limit_range;
pub mod limits;
pub mod node;
pub mod object;
pub mod pod;
pub mod pod_group;
pub mod prune;
pub mod queueing;
pub mod resource_quota;
pub mod runtime_class;
pub mod scheduler_process;
pub mod storage;
mod whole;
mod wire;
pub mod workload;
pub(crate) mod yaml;

pub use kinds::{Decoded, Kind, Object};
pub use whole::ObjectError;
