//! Kubernetes' own vocabulary: names, quantities, labels and selectors, taints, pod specifications.
//!
//! Knows nothing of the rest of the crate.

pub mod affinity_term;
pub(crate) mod decode_error;
pub(crate) mod fnv;
pub mod host_ports;
pub mod image;
pub mod labels;
pub mod list;
pub mod meta;
pub mod name;
pub mod node_selector;
mod pairs;
pub mod pod_spec;
pub mod pod_template;
pub mod quantity;
pub mod requests;
pub mod resize;
pub mod resources;
pub mod scheduling_group;
pub mod selector;
pub mod selector_text;
pub mod taint;
pub mod time;
pub mod update_strategy;
pub mod upstream_error;
pub mod validation;
pub mod volume;

pub use labels::Labels;
pub use list::List;
pub use meta::ObjectKey;
pub use name::{Name, name};
pub use time::Timestamp;
pub use upstream_error::UpstreamError;
