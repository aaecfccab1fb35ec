//! The one value a cycle yields: what was said of every node.

use std::collections::BTreeSet;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::state::{NodeId, NodeInfo, PodId};

use super::context::Cycle;
use super::not_evaluated::NotEvaluated;
use super::post_filter::Preemption;
use super::profile::Framework;
use super::reason::Reason;
use super::sampling::Sampling;
use super::status::{Code, PluginRejection, Rejection};

/// Everything a scheduling cycle said of one pod.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Placement {
    /// The pod.
    pub pod: ObjectKey,
    /// Its place in the state.
    pub pod_id: PodId,
    /// The profile that was asked.
    pub profile: Name,
    /// Whether the cycle found a node.
    pub schedulable: bool,
    /// The text of the `FailedScheduling` event.
    pub message: Option<String>,
    /// What PostFilter plugins add to it; the message ends with this.
    pub post_filter: String,
    /// Whether the cycle clears the pod's nomination, if it has one.
    pub clears_nomination: bool,
    /// PreEnqueue keeps the pod out of the queue.
    pub pre_enqueue: Option<PluginRejection>,
    /// PreFilter turned the pod away.
    pub pre_filter: Option<PluginRejection>,
    /// Names that PreFilter narrowed the search down to.
    pub pre_filter_nodes: Option<BTreeSet<Name>>,
    /// Plugins that PreFilter took out of this cycle, sorted.
    pub skipped_filters: Vec<&'static str>,
    /// Plugins whose PreFilter was reached.
    pub pre_filters_run: Vec<&'static str>,
    /// Plugins that PreScore took out of this cycle, sorted.
    pub skipped_scores: Vec<&'static str>,
    /// Every node, in the order of names; empty when PreFilter turned the pod away.
    pub nodes: Vec<NodePlacement>,
    /// The nominated node, when the pod fits there: then it is taken without comparison.
    pub nominated_fits: Option<Name>,
    /// Nodes tied at the highest total.
    pub best: Vec<Name>,
    /// What the scheduler could really choose.
    pub picks: Vec<Name>,
    /// Where kube-scheduler compares fewer nodes than are feasible: which it would choose, by where it begins.
    pub sampling: Option<Sampling>,
    /// Where the next cycle begins to look, if this one began at a place ([`super::sampling::ComparedNodes::From`]).
    pub next_start: Option<usize>,
    /// Errors instead of a verdict.
    pub errors: Vec<String>,
    /// What DefaultPreemption found.
    pub preemption: Option<Preemption>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Where the pod runs, for a pod that was taken out of the state to be explained.
    pub current: Option<Current>,
}

/// The node a running pod is on, as the cycle sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Current {
    /// Its name.
    pub node: Name,
    /// Its rank among the feasible nodes.
    pub rank: Option<usize>,
    /// Whether the pod would be let onto it now.
    pub feasible: bool,
}

/// What was said of one node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NodePlacement {
    /// The node's name.
    pub name: Name,
    /// Its place in the state.
    pub id: NodeId,
    /// Whether the filter pass came to it: not when PreFilter narrowed the search down.
    pub considered: bool,
    /// The filter pass's no; none when the node is feasible.
    pub rejection: Option<PluginRejection>,
    /// Every filter's no, each asked by itself; empty in a cycle of [`super::Depth::Decision`].
    pub filters: Vec<FilterVerdict>,
    /// Scores, in the profile's order; feasible nodes only.
    pub scores: Vec<PluginScore>,
    /// The sum of weighted scores.
    pub total: Option<i64>,
    /// 1 for the best; equal totals share a rank.
    pub rank: Option<usize>,
}

/// A filter's no.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterVerdict {
    /// The plugin.
    pub plugin: &'static str,
    /// What it said.
    pub rejection: Rejection,
}

/// What a score plugin gave a node, in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PluginScore {
    /// The plugin.
    pub plugin: &'static str,
    /// What Score returned.
    pub raw: i64,
    /// After NormalizeScore: 0 to 100.
    pub normalized: i64,
    /// The profile's weight.
    pub weight: i64,
    /// `normalized` times `weight`.
    pub weighted: i64,
}

/// The scores of all feasible nodes.
#[non_exhaustive]
pub struct Scores {
    /// In step with the feasible nodes: each node's scores and their sum.
    pub nodes: Vec<(NodeId, Vec<PluginScore>, i64)>,
    /// Plugins that PreScore took out, sorted.
    pub skipped: Vec<&'static str>,
}

impl NodePlacement {
    pub(super) fn judged(
        node: &NodeInfo,
        rejection: Option<PluginRejection>,
        filters: Vec<FilterVerdict>,
        considered: bool,
    ) -> Self {
        Self {
            name: node.name(),
            id: node.id,
            considered,
            rejection,
            filters,
            scores: Vec::new(),
            total: None,
            rank: None,
        }
    }

    /// Whether the pod may go there.
    pub fn is_feasible(&self) -> bool {
        self.rejection.is_none()
    }

    /// The filter pass's answer.
    pub fn code(&self) -> Code {
        self.rejection.as_ref().map_or(Code::Success, |rejection| rejection.rejection.code)
    }

    /// The filter pass's reasons.
    pub fn reasons(&self) -> &[Reason] {
        self.rejection.as_ref().map_or(&[], |rejection| &rejection.rejection.reasons)
    }
}

impl Placement {
    pub(super) fn new(framework: &Framework<'_>, cycle: Cycle<'_>) -> Self {
        Self::empty(cycle.pod.key(), cycle.pod.id, framework.scheduler_name)
    }

    /// A placement in which nothing was said yet.
    pub fn empty(pod: ObjectKey, pod_id: PodId, profile: Name) -> Self {
        Self {
            pod,
            pod_id,
            profile,
            schedulable: false,
            message: None,
            post_filter: String::new(),
            clears_nomination: false,
            pre_enqueue: None,
            pre_filter: None,
            pre_filter_nodes: None,
            skipped_filters: Vec::new(),
            pre_filters_run: Vec::new(),
            skipped_scores: Vec::new(),
            nodes: Vec::new(),
            nominated_fits: None,
            best: Vec::new(),
            picks: Vec::new(),
            sampling: None,
            next_start: None,
            errors: Vec::new(),
            preemption: None,
            not_evaluated: Vec::new(),
            current: None,
        }
    }

    /// Feasible nodes, in the order of names.
    pub fn feasible(&self) -> impl Iterator<Item = &NodePlacement> {
        self.nodes.iter().filter(|node| node.is_feasible())
    }

    /// The cycle ended with `error` instead of a verdict.
    pub(super) fn fail(&mut self, error: String) {
        self.message = Some(error.clone());
        self.errors = vec![error];
    }

    /// Writes scores, totals and ranks to the nodes, and the best ones down.
    pub(super) fn set_scores(&mut self, scores: Scores) {
        self.skipped_scores = scores.skipped;
        self.schedulable = true;
        let mut totals: Vec<i64> = scores.nodes.iter().map(|(_, _, total)| *total).collect();
        totals.sort_unstable_by(|a, b| b.cmp(a));
        for (id, plugins, total) in scores.nodes {
            if let Some(node) = self.nodes.get_mut(id.index()) {
                node.scores = plugins;
                node.total = Some(total);
                node.rank = Some(totals.partition_point(|better| *better > total) + 1);
            }
        }
        self.best = self.nodes.iter().filter(|node| node.rank == Some(1)).map(|node| node.name).collect();
        self.picks = match (self.nominated_fits, &self.sampling) {
            (Some(node), _) => vec![node],
            (None, Some(sampling)) => sampling.starts.iter().map(|(node, _)| *node).collect(),
            (None, None) => self.best.clone(),
        };
    }

    /// A pod behind PreEnqueue has no cycle: what a cycle would give stays, its outcome goes.
    pub(super) fn finish(&mut self, cycle: Cycle<'_>) {
        if self.pre_enqueue.is_some() {
            self.schedulable = false;
            self.message = None;
            self.preemption = None;
        }
        self.not_evaluated.extend(cycle.notes.take());
    }
}
