//! How a sweep looks: a table for people; JSON and YAML for programs, and for merging shards.

mod json;
mod table;

pub use json::{json, read, yaml};
pub use table::table;

use crate::simulate::sweep::{Distribution, Seen};

/// How many pods went to a node in all `runs`: in those that `pods` does not count, none.
fn pods_of_node(pods: &Distribution, runs: u64) -> Distribution {
    let mut whole = pods.clone();
    let without = runs.saturating_sub(pods.runs());
    if without > 0 {
        // Which runs those are is not known, and not told.
        whole.join(0, Seen { runs: without, seed: 0 });
    }
    whole
}
