//! What others than the scheduler do to pods: the API server's defaults and admission, and the controllers that create them.

pub mod admission;
pub mod attach;
pub mod controller;
mod create;
pub mod disruption;
pub mod resource_claims;
pub mod volume_claims;

pub use create::{Created, NewPods, OnRefusal};
