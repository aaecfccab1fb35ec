//! How the explanation of one pod or several looks.

use crate::explain::{ClusterMessages, Explanation, NodeDetail, PreemptionDetail, Suggestion};
use crate::framework::Placement;
use crate::state::Cluster;

use super::json::Document;
use super::{Answered, Data, Look, Part, Report, Screen, html, table};

/// The answer for one pod.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the cycle said.
    pub placement: Placement,
    /// What it means.
    pub explanation: Explanation,
    /// The node asked about, if one was, in full.
    pub detail: Option<NodeDetail>,
    /// What would help; none where nobody asked, and for a pod that needs no help.
    pub suggestions: Option<Vec<Suggestion>>,
    /// The placement's preemption in full.
    pub preemption: Option<PreemptionDetail>,
    /// What the cluster itself says of the pod.
    pub cluster_messages: ClusterMessages,
    /// Pods without a profile have no cycle: this many nodes were not looked at.
    pub nodes: usize,
    /// The profile's filter plugins, in order; none without a profile.
    pub filters: Vec<&'static str>,
}

/// The answers for all pods in question.
#[derive(Clone, Copy, Debug)]
pub struct ExplainAnswer<'a> {
    /// One for each pod.
    pub answers: &'a [Answer],
    /// The state with the nodes of the answers.
    pub cluster: &'a Cluster,
}

impl ExplainAnswer<'_> {
    /// What it can be shown as.
    pub const PARTS: &'static [Part] = Part::ALL;
}

impl Report for Answered<'_, ExplainAnswer<'_>> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(Document::of(self.answer.answers, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::render(self.answer.answers, self.provenance, look)
    }

    /// The pod, not the node: a workload has several pods, and where they could go is in the data (`picks`).
    fn names(&self) -> Option<Vec<String>> {
        Some(self.answer.answers.iter().map(|answer| format!("pod/{}", answer.placement.pod.name)).collect())
    }

    fn page(&self) -> Option<String> {
        Some(html::explain(self.answer.answers, self.answer.cluster, self.provenance))
    }
}
