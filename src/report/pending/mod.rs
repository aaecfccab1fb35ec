//! How the pending pods of a cluster look: a block a root cause for people, a page to share, the documented JSON
//! for programs, figures to watch.

pub(super) mod beside;
mod json;
mod metrics;
pub(super) mod table;

use crate::explain::pending::Pending;
#[cfg(test)]
pub(super) use json::PendingObject;

use super::{Answered, Data, Look, Metric, Part, Report, Screen, html};

/// What it can be shown as.
pub const PARTS: &[Part] = Part::WITH_METRICS;

impl Report for Answered<'_, Pending> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::PendingObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }

    /// The pods in the order of the groups.
    fn names(&self) -> Option<Vec<String>> {
        let pods = self.answer.groups.iter().flat_map(|group| &group.pods);
        Some(pods.map(|pod| format!("pod/{}", pod.name)).collect())
    }

    fn page(&self) -> Option<String> {
        Some(html::pending(self.answer, self.provenance))
    }

    fn metrics(&self) -> Option<Vec<Metric>> {
        Some(metrics::of(self.answer))
    }
}
