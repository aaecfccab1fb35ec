//! How the devices of a cluster look: a table for people, the documented JSON for programs.

mod json;
mod table;

use crate::framework::NotEvaluated;
use crate::plugins::dynamic_resources::overview::PoolOverview;
#[cfg(test)]
pub(super) use json::DevicesObject;

use super::{Answered, Data, Look, Part, Report, Screen};

/// The devices of a cluster.
#[derive(Clone, Debug)]
pub struct DevicesAnswer {
    /// Pool by pool.
    pub pools: Vec<PoolOverview>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl DevicesAnswer {
    /// What it can be shown as.
    pub const PARTS: &'static [Part] = Part::OF_FIGURES;
}

impl Report for Answered<'_, DevicesAnswer> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::DevicesObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }
}
