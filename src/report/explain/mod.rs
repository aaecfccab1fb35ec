//! How the explanation of one pod or several looks.

pub(in crate::report) mod json;
pub(in crate::report) mod table;

use std::sync::Arc;

use crate::api::Name;
use crate::decode::workload::WorkloadKind;
use crate::explain::{ClusterMessages, Explanation, NodeDetail, PreemptionDetail, Suggestion};
use crate::framework::Placement;
use crate::node_groups::NewNodes;
use crate::report::explain::json::Document;
use crate::report::{Answered, Data, Look, Part, Report, Screen, html};
use crate::simulate::WorkloadPlacement;
use crate::simulate::groups::whole::GroupPlacement;
use crate::state::Cluster;

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
    /// Why the API server refuses the pod, which then is not scheduled; the rest of the answer says
    /// what would happen if it did not.
    pub refused: Option<Refused>,
    /// Whether no cluster knows the pod: it was created for this answer.
    pub is_new: bool,
    /// Pods of the same workload that were placed before it; not 0 where those fit and this one is the first that does
    /// not.
    pub placed_before: usize,
    /// Which nodes could be made for it; none where nothing in the state makes nodes, and for a pod that has a node.
    pub new_nodes: Option<NewNodes>,
    /// The workload as a whole, where one was asked about.
    pub workload: Option<Arc<WorkloadPlacement>>,
    /// The scheduler that the pod names, where it was evaluated by kube-scheduler's profile instead.
    pub evaluated_for: Option<Name>,
    /// The group that the pod is scheduled with, where any of its pods waits for a node.
    pub group: Option<Arc<GroupPlacement>>,
}

/// A pod that the API server refuses.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why, in the API server's words.
    pub message: String,
    /// Whether it would fit if it were admitted.
    pub fits_if_admitted: bool,
}

impl Answer {
    /// Whether what was asked about fits: the pod, with its group if it waits in one, or every pod that its workload
    /// still needs.
    pub fn fits(&self) -> bool {
        match (&self.workload, &self.group) {
            (Some(workload), _) if workload.open() > 0 => workload.fits(),
            (_, Some(group)) if self.placement.current.is_none() => group.places(self.placement.pod),
            _ => self.placement.schedulable,
        }
    }

    /// What was not evaluated and could turn the verdict.
    pub fn undecided(&self) -> Vec<&str> {
        let items = self.placement.not_evaluated.iter().filter(|item| item.decides);
        let mut names: Vec<&str> = items.map(|item| item.what.as_str()).collect();
        names.dedup();
        names
    }

    /// Whether the pod does not exist: it was made from the workload's template for this answer.
    pub fn is_made_up(&self) -> bool {
        self.workload.is_some() && self.is_new
    }

    /// Whether the nodes compete for the pod. A DaemonSet's pods each have their one node; what was made from its
    /// template shows why nodes do not take such a pod, and no more.
    pub fn has_winner(&self) -> bool {
        let of_daemon_set =
            self.workload.as_ref().is_some_and(|workload| workload.workload.kind == WorkloadKind::DaemonSet);
        !(of_daemon_set && self.is_made_up()) && self.placement.feasible().next().is_some()
    }
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
