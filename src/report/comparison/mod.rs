//! How a comparison of strategies looks: a table for people, the documented JSON for programs.

mod json;
mod table;

pub(super) use table::headline;

#[cfg(test)]
pub(super) use json::ComparisonObject;

use crate::control_plane::admission::AdmissionRefusal;
use crate::framework::NotEvaluated;
use crate::simulate::StrategyResult;

use super::{Answered, Data, Look, Part, Report, Screen, html};

/// The same pods under several strategies.
#[derive(Clone, Debug)]
pub struct ComparisonAnswer {
    /// One for each strategy, in the order in which they were named.
    pub trials: Vec<StrategyResult>,
    /// Pods that the API server would not let in.
    pub refused: Vec<AdmissionRefusal>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl ComparisonAnswer {
    /// What it can be shown as: a comparison is about no pod in particular.
    pub const PARTS: &'static [Part] = Part::WITHOUT_NAMES;

    /// Whether all pods are placed and all steps do what they are to do, whatever the strategy.
    pub fn fits(&self) -> bool {
        self.refused.is_empty() && self.trials.iter().all(|trial| trial.unplaced == 0 && trial.steps_done())
    }
}

impl Report for Answered<'_, ComparisonAnswer> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::ComparisonObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }

    fn page(&self) -> Option<String> {
        Some(html::comparison(self.answer, self.provenance))
    }
}
