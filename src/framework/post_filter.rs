//! What happens when no node fits (upstream runtime/framework.go, RunPostFilterPlugins).

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::state::NodeInfo;

use super::context::Cycle;
use super::extender::Round;
use super::placement::NodePlacement;
use super::prepared::Prepared;
use super::profile::Framework;
use super::reason::Reason;
use super::status::{Code, PluginRejection};

/// A cycle that found no node, as PostFilter plugins see it.
#[non_exhaustive]
pub struct FailedCycle<'a> {
    /// The cycle.
    pub cycle: Cycle<'a>,
    /// The filters, ready to be asked again.
    pub prepared: &'a Prepared<'a>,
    /// What was said of each node; empty when PreFilter turned the pod away.
    pub nodes: &'a [NodePlacement],
    /// PreFilter's no, which then holds for every node.
    pub pre_filter: Option<&'a PluginRejection>,
    /// The extenders, ready to be asked.
    pub extenders: &'a Round<'a>,
}

impl<'a> FailedCycle<'a> {
    /// The code a node was rejected with.
    pub fn code(&self, node: &NodeInfo) -> Code {
        match self.pre_filter {
            Some(rejection) => rejection.rejection.code,
            None => self.nodes.get(node.id.index()).map_or(Code::UnschedulableAndUnresolvable, NodePlacement::code),
        }
    }

    /// Nodes where removing pods might help.
    pub fn potential_nodes(&self) -> impl Iterator<Item = &'a NodeInfo> {
        self.cycle.cluster.nodes().iter().filter(|node| self.code(node) == Code::Unschedulable)
    }

    /// Asks the profile's plugins in order, until one succeeds, fails, or says that nothing helps.
    pub fn post_filter(&self, framework: &Framework<'_>) -> PostFilterOutcome {
        let mut texts = Vec::new();
        let mut clears_nomination =
            framework.post_filter.is_empty() && self.cycle.behaviour.no_post_filter_clears_nomination;
        for (_, plugin) in &framework.post_filter {
            match plugin.post_filter(self) {
                PostFilter::Success { preemption, text } => {
                    return PostFilterOutcome { message: text, preemption: Some(preemption), clears_nomination: false };
                }
                PostFilter::Final(text) => return PostFilterOutcome { message: text, ..PostFilterOutcome::default() },
                PostFilter::Unschedulable(text) => texts.push(text),
                PostFilter::NoCandidate(text) => {
                    clears_nomination = true;
                    texts.push(text);
                }
            }
        }
        texts.retain(|text| !text.is_empty());
        PostFilterOutcome { message: texts.join(", "), preemption: None, clears_nomination }
    }
}

/// A PostFilter plugin's answer.
#[non_exhaustive]
pub enum PostFilter {
    /// Room can be made.
    Success {
        /// How.
        preemption: Preemption,
        /// What the event says of it; nothing in older versions.
        text: String,
    },
    /// Upstream's Error or UnschedulableAndUnresolvable: no other plugin is asked.
    Final(String),
    /// Nothing helps; the next plugin is asked.
    Unschedulable(String),
    /// The same; and if the pod is nominated to a node, it no longer is (upstream framework/preemption/preemption.go,
    /// Preempt, where no candidate is found).
    NoCandidate(String),
}

/// What all PostFilter plugins said.
#[derive(Default)]
#[non_exhaustive]
pub struct PostFilterOutcome {
    /// What the event's text ends with.
    pub message: String,
    /// The room that can be made.
    pub preemption: Option<Preemption>,
    /// Whether the pod's nomination is cleared.
    pub clears_nomination: bool,
}

/// Room made by removing pods of lower priority.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Preemption {
    /// Nodes where it can be made, in the order of names.
    pub candidates: Vec<Candidate>,
    /// Nodes that may be picked when all candidates are compared: more than one when all criteria tie.
    pub pick: Vec<Name>,
    /// Where kube-scheduler compares fewer candidates than there are: which it may pick.
    pub sampling: Option<CandidateSampling>,
    /// The criterion that decided between the candidates.
    pub decided_by: Option<&'static str>,
    /// Nodes that were tried in vain, with what keeps the pod off them still when all pods of lower
    /// priority are gone; in the order of names.
    pub refused: Vec<(Name, Vec<Reason>)>,
}

/// Which candidates are picked where the dry run ends at enough of them.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateSampling {
    /// How many are compared.
    pub compared: usize,
    /// Nodes that may be picked, in the order of names, and how likely, from 0 to 1.
    pub picks: Vec<(Name, f64)>,
}

/// A node where room can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The node.
    pub node: Name,
    /// The pods that would go, the most important first.
    pub victims: Vec<ObjectKey>,
    /// How many of them a PodDisruptionBudget protects.
    pub pdb_violations: usize,
    /// The criterion by which another candidate was better; none for those that may be picked.
    pub lost_by: Option<&'static str>,
}
