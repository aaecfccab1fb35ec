//! The cluster's state as the scheduler sees it.

pub mod labels;
pub mod name;
