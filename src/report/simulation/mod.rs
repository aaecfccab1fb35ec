//! How a simulation looks: a table for people, JSON and YAML for programs, names for pipes.

mod json;
pub(super) mod table;

pub use json::{json, yaml};
pub use table::table;

use std::fmt::Write;

use crate::cluster::admission::Refusal;
use crate::framework::NotEvaluated;
use crate::simulate::{Step, Summary};

use super::text::escape;

/// What a simulation said.
#[derive(Clone, Debug)]
pub struct SimulationAnswer {
    /// What became of each pod, in the queue's order.
    pub steps: Vec<Step>,
    /// Pods that the API server would not let in, in the order of their creation.
    pub refused: Vec<Refusal>,
    /// What it comes to.
    pub summary: Summary,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// `-o name`: `pod/NAME`, one a line, in the queue's order.
pub fn names(answer: &SimulationAnswer) -> String {
    let mut text = String::new();
    for step in &answer.steps {
        let _ = writeln!(text, "pod/{}", escape(&step.pod.name));
    }
    text
}
