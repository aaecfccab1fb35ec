//! How a sweep looks: a table for people; JSON and YAML for programs, and for merging shards.

mod json;
mod table;

#[cfg(test)]
pub(super) use json::SweepObject;
pub use json::{NotASweep, read};

use crate::simulate::sweep::{Distribution, SweepResult, ValueRuns};

use super::{Answered, Data, Look, Part, Report, Screen};

/// What it can be shown as: figures only.
pub const PARTS: &[Part] = Part::OF_FIGURES;

/// How many pods went to a node in all `runs`: in those that `pods` does not count, none.
fn pods_of_node(pods: &Distribution, runs: u64) -> Distribution {
    let mut whole = pods.clone();
    let without = runs.saturating_sub(pods.runs());
    if without > 0 {
        // Which runs those are is not known, and not shown.
        whole.join(0, ValueRuns { runs: without, seed: 0 });
    }
    whole
}

impl Report for Answered<'_, SweepResult> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::SweepObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }
}
