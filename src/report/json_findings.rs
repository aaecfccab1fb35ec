//! What stands beside a scheduling cycle, as data: `findings`.

use serde::Serialize;

use crate::explain::Finding;

use super::table::finding_words;

/// A finding: its facts, and a sentence for people.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FindingObject<'a> {
    summary: String,
    #[serde(flatten)]
    finding: &'a Finding,
}

impl<'a> FindingObject<'a> {
    pub(super) fn new(finding: &'a Finding) -> Self {
        Self { summary: finding_words::finding(finding), finding }
    }
}
