//! What stands beside a scheduling cycle, as data: `findings`.

use serde::Serialize;

use crate::explain::Finding;

use crate::report::words::findings as finding_words;

/// A finding: its facts, and a sentence for people.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct FindingObject<'a> {
    summary: String,
    #[serde(flatten)]
    finding: &'a Finding,
}

impl<'a> FindingObject<'a> {
    pub(in crate::report) fn new(finding: &'a Finding) -> Self {
        Self { summary: finding_words::finding(finding), finding }
    }
}
