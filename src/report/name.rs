//! `-o name`: `pod/NAME`, one a line, as every kubectl command prints it.
//!
//! The object an answer is about, not the node: the line is meant for `xargs kubectl describe`,
//! and a workload has several pods. Where they could go is in `-o json` (`picks`).

use std::fmt::Write;

use super::Answer;
use super::text::escape;

/// The names of the pods that were explained.
pub fn render(answers: &[Answer]) -> String {
    let mut text = String::new();
    for answer in answers {
        let _ = writeln!(text, "pod/{}", escape(&answer.placement.pod.name));
    }
    text
}
