//! The cluster's state as the scheduler sees it.

pub mod labels;
pub mod name;
pub mod node_selector;
pub mod quantity;
pub mod requests;
pub mod resources;
pub mod selector;
pub mod validation;
