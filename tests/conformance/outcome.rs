//! Whether an answer of ours is the recorded one, and where not.

use std::fmt::{Debug, Write};

use crate::common::Case;

/// What one pod's answer, or one step, was found to be.
pub(crate) struct Outcome {
    /// Case and pod.
    at: String,
    differences: Differences,
}

/// Differences of one pod's answer from the recorded one.
#[derive(Default)]
pub(crate) struct Differences(Vec<String>);

impl Differences {
    #[allow(clippy::needless_pass_by_value)] // callers build what they compare
    pub(crate) fn check<T: PartialEq + Debug>(&mut self, what: &str, expected: T, actual: T) {
        if expected != actual {
            self.add(what, &expected, &actual);
        }
    }

    pub(crate) fn add(&mut self, what: &str, expected: &dyn Debug, actual: &dyn Debug) {
        self.0.push(format!("{what}\n      kube-scheduler {expected:?}\n      kubectl-sched  {actual:?}"));
    }
}

impl Outcome {
    pub(crate) fn new(case: &Case, pod: &str, differences: Differences) -> Self {
        Self { at: format!("{} {pod}", case.name), differences }
    }

    pub(crate) fn agrees(&self) -> bool {
        self.differences.0.is_empty()
    }
}

/// The first outcomes that differ, with their first few differences.
pub(crate) fn show(outcomes: &[Outcome], most: usize) -> String {
    let mut text = String::new();
    for outcome in outcomes.iter().filter(|outcome| !outcome.agrees()).take(most) {
        let _ = write!(text, "\n  {}", outcome.at);
        for difference in outcome.differences.0.iter().take(4) {
            let _ = write!(text, "\n    {difference}");
        }
    }
    text
}
