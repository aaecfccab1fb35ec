//! How the pending pods of a cluster look: a block a root cause for people, the documented JSON
//! for programs.

mod json;
mod table;

pub use json::{json, yaml};
pub use table::table;

use std::fmt::Write;

use crate::explain::pending::Pending;

use super::text::escape;

/// `pod/NAME`, one a line, in the order of the groups.
pub fn names(pending: &Pending) -> String {
    let mut text = String::new();
    for pod in pending.groups.iter().flat_map(|group| &group.pods) {
        let _ = writeln!(text, "pod/{}", escape(&pod.name));
    }
    text
}
