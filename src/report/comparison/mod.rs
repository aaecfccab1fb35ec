//! How a comparison of strategies looks: a table for people, the documented JSON for programs.

mod json;
mod table;

pub use json::{json, yaml};
pub(super) use table::headline;
pub use table::table;

use crate::control_plane::admission::Refusal;
use crate::framework::NotEvaluated;
use crate::simulate::Trial;

/// The same pods under several strategies.
#[derive(Clone, Debug)]
pub struct ComparisonAnswer {
    /// One for each strategy, in the order in which they were named.
    pub trials: Vec<Trial>,
    /// Pods that the API server would not let in.
    pub refused: Vec<Refusal>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl ComparisonAnswer {
    /// Whether all pods are placed, whatever the strategy.
    pub fn fits(&self) -> bool {
        self.refused.is_empty() && self.trials.iter().all(|trial| trial.unplaced == 0)
    }
}
