//! `-o json` and `-o yaml`: the documented shape, serialised from a placement.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

mod causes;
pub(in crate::report) mod cluster_messages;
pub(in crate::report) mod events;
pub(in crate::report) mod findings;
pub(in crate::report) mod help;
pub(in crate::report) mod new_nodes;
mod pod_group;
pub(in crate::report) mod workload;

use serde::Serialize;

use crate::api::name::Name;
use crate::explain::PreemptionDetail;
use crate::framework::placement::PluginScore;
use crate::framework::sampling::Sampling;
use crate::framework::{
    CandidateSampling, Code, NodePlacement, NotEvaluated, PluginRejection, Preemption, Reason, Rejection,
};
use crate::report::explain::json::causes::{CounterfactualObject, ExplanationObject};
use crate::report::explain::json::cluster_messages::{ClusterSaysObject, RejectionsObject, SchedulingStatusObject};
use crate::report::explain::json::events::EventObject;
use crate::report::explain::json::findings::FindingObject;
use crate::report::explain::json::help as json_help;
use crate::report::explain::json::help::{NeedObject, NotEligibleObject, SuggestionObject, VictimObject};
use crate::report::explain::json::new_nodes::NewNodesObject;
use crate::report::explain::json::pod_group::PodGroupObject;
use crate::report::explain::json::workload::{AdmissionObject, WorkloadObject};
use crate::report::{API_VERSION, Answer, Provenance};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(in crate::report) enum Document<'a> {
    One(Box<PlacementObject<'a>>),
    Several(PlacementList<'a>),
}

impl<'a> Document<'a> {
    /// One object for one pod, a list for any other number.
    pub(in crate::report) fn of(answers: &'a [Answer], provenance: &'a Provenance) -> Self {
        let mut items: Vec<_> = answers.iter().map(|answer| PlacementObject::new(answer, provenance)).collect();
        match items.pop() {
            Some(only) if items.is_empty() => Self::One(Box::new(only)),
            last => {
                items.extend(last);
                Self::Several(PlacementList { api_version: API_VERSION, kind: "PlacementList", items })
            }
        }
    }
}

/// The answers for any number of pods but one.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct PlacementList<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "PlacementList")))]
    kind: &'static str,
    items: Vec<PlacementObject<'a>>,
}

/// Where a pod can go, and why: one scheduling cycle.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct PlacementObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "Placement")))]
    kind: &'static str,
    pod: PodObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Name>,
    #[serde(flatten)]
    provenance: &'a Provenance,
    schedulable: bool,
    /// False where something that was not evaluated could turn the verdict; absent means true.
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusive: Option<bool>,
    /// The scheduler that the pod names, where it was evaluated by kube-scheduler's profile instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluated_for: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    errors: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduler_messages: Option<[ClusterSaysObject<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduling_status: Option<SchedulingStatusObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admission: Option<AdmissionObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<WorkloadObject<'a>>,
    /// Pods of the workload that fit and were placed before this one, the first that does not.
    #[serde(skip_serializing_if = "workload::is_zero")]
    placed_before: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_group: Option<PodGroupObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kubelet_rejections: Vec<RejectionsObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<CurrentObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_enqueue: Option<VerdictObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_filter: Option<VerdictObject<'a>>,
    nodes: Vec<NodeObject<'a>>,
    best: &'a [Name],
    picks: &'a [Name],
    #[serde(skip_serializing_if = "Option::is_none")]
    sampling: Option<SamplingObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preemption: Option<PreemptionObject<'a>>,
    #[serde(flatten)]
    explanation: ExplanationObject<'a>,
    /// The node asked about against the best one.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes_to_win: Option<CounterfactualObject<'a>>,
    not_evaluated: &'a [NotEvaluated],
    suggestions: Vec<SuggestionObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_nodes: Option<NewNodesObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prerequisites: Vec<NeedObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PodObject {
    namespace: Name,
    name: Name,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CurrentObject {
    node: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<usize>,
    feasible: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VerdictObject<'a> {
    code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<ReasonObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ReasonObject<'a> {
    message: String,
    #[serde(flatten)]
    facts: &'a Reason,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NodeObject<'a> {
    name: Name,
    verdict: VerdictObject<'a>,
    filters: Vec<VerdictObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scores: Vec<ScoreObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<usize>,
}

/// Where fewer nodes are compared than are feasible.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SamplingObject {
    /// All nodes, each a starting point.
    nodes: usize,
    feasible: usize,
    compared: usize,
    /// Workers that filter nodes side by side.
    parallelism: usize,
    picks: Vec<SampledObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct SampledObject {
    node: Name,
    starting_points: usize,
}

impl SamplingObject {
    fn new(sampling: &Sampling) -> Self {
        let picks =
            sampling.starts.iter().map(|(node, starts)| SampledObject { node: *node, starting_points: *starts });
        Self {
            nodes: sampling.nodes,
            feasible: sampling.feasible,
            compared: sampling.compared,
            parallelism: sampling.parallelism,
            picks: picks.collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ScoreObject {
    plugin: &'static str,
    raw: i64,
    normalized: i64,
    weight: i64,
    weighted: i64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PreemptionObject<'a> {
    candidates: Vec<CandidateObject>,
    pick: &'a [Name],
    #[serde(skip_serializing_if = "Option::is_none")]
    sampling: Option<CandidateSamplingObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_eligible: Vec<NotEligibleObject>,
}

/// Where kube-scheduler compares fewer candidates than there are.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CandidateSamplingObject {
    compared: usize,
    /// Nodes that it may pick.
    picks: Vec<CandidatePickObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CandidatePickObject {
    node: Name,
    /// How likely, from 0 to 1.
    probability: f64,
}

impl CandidateSamplingObject {
    fn new(sampling: &CandidateSampling) -> Self {
        let pick = |(node, probability): &(Name, f64)| CandidatePickObject { node: *node, probability: *probability };
        Self { compared: sampling.compared, picks: sampling.picks.iter().map(pick).collect() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct CandidateObject {
    node: Name,
    victims: Vec<String>,
    pdb_violations: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    worse_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    victim_details: Vec<VictimObject>,
}

impl<'a> PlacementObject<'a> {
    fn new(answer: &'a Answer, provenance: &'a Provenance) -> Self {
        let placement = &answer.placement;
        Self {
            api_version: API_VERSION,
            kind: "Placement",
            pod: PodObject { namespace: placement.pod.namespace, name: placement.pod.name },
            profile: Some(placement.profile).filter(|profile| !profile.is_empty()),
            provenance,
            schedulable: placement.schedulable,
            conclusive: (!answer.undecided().is_empty()).then_some(false),
            evaluated_for: answer.evaluated_for,
            message: placement.message.as_deref(),
            errors: &placement.errors,
            scheduler_messages: answer.cluster_messages.words.as_ref().map(|words| [ClusterSaysObject::new(words)]),
            scheduling_status: answer.cluster_messages.scheduling_status.as_ref().map(SchedulingStatusObject::new),
            admission: answer.refused.as_ref().map(|refused| AdmissionObject {
                refused: &refused.message,
                fits_if_admitted: refused.fits_if_admitted,
            }),
            workload: answer.workload.as_deref().map(WorkloadObject::new),
            findings: answer.explanation.findings.iter().map(FindingObject::new).collect(),
            placed_before: answer.placed_before,
            pod_group: answer.group.as_deref().map(PodGroupObject::new),
            events: answer.cluster_messages.events.iter().map(EventObject::new).collect(),
            kubelet_rejections: answer.cluster_messages.rejections.iter().map(RejectionsObject::new).collect(),
            current: placement.current.as_ref().map(|current| CurrentObject {
                node: current.node,
                rank: current.rank,
                feasible: current.feasible,
            }),
            pre_enqueue: placement.pre_enqueue.as_ref().map(VerdictObject::of),
            pre_filter: placement.pre_filter.as_ref().map(VerdictObject::of),
            nodes: placement.nodes.iter().map(NodeObject::new).collect(),
            best: &placement.best,
            picks: &placement.picks,
            sampling: placement.sampling.as_ref().map(SamplingObject::new),
            preemption: placement
                .preemption
                .as_ref()
                .map(|preemption| PreemptionObject::new(preemption, answer.preemption.as_ref())),
            explanation: ExplanationObject::new(placement, &answer.explanation),
            changes_to_win: answer
                .detail
                .as_ref()
                .and_then(|detail| detail.counterfactual.as_ref())
                .map(CounterfactualObject::new),
            not_evaluated: &placement.not_evaluated,
            new_nodes: answer.new_nodes.as_ref().map(NewNodesObject::new),
            suggestions: answer.suggestions.iter().flatten().map(SuggestionObject::new).collect(),
            prerequisites: answer.explanation.needed.iter().map(NeedObject::new).collect(),
        }
    }
}

impl<'a> VerdictObject<'a> {
    fn new(plugin: Option<&'static str>, rejection: &'a Rejection) -> Self {
        let reasons = rejection
            .reasons
            .iter()
            .map(|reason| ReasonObject { message: reason.to_string(), facts: reason })
            .collect();
        Self { code: rejection.code, plugin, reasons }
    }

    fn of(rejection: &'a PluginRejection) -> Self {
        Self::new(rejection.plugin, &rejection.rejection)
    }
}

impl<'a> NodeObject<'a> {
    fn new(node: &'a NodePlacement) -> Self {
        let verdict = match &node.rejection {
            Some(rejection) => VerdictObject::of(rejection),
            None => VerdictObject { code: Code::Success, plugin: None, reasons: Vec::new() },
        };
        Self {
            name: node.name,
            verdict,
            filters: node
                .filters
                .iter()
                .map(|filter| VerdictObject::new(Some(filter.plugin), &filter.rejection))
                .collect(),
            scores: node.scores.iter().map(ScoreObject::new).collect(),
            total: node.total,
            rank: node.rank,
        }
    }
}

impl ScoreObject {
    fn new(score: &PluginScore) -> Self {
        let PluginScore { plugin, raw, normalized, weight, weighted } = *score;
        Self { plugin, raw, normalized, weight, weighted }
    }
}

impl<'a> PreemptionObject<'a> {
    fn new(preemption: &'a Preemption, detail: Option<&PreemptionDetail>) -> Self {
        let details = |node: Name| {
            let candidate = detail?.candidates.iter().find(|candidate| candidate.node == node)?;
            Some(json_help::victims(candidate))
        };
        let candidates = preemption
            .candidates
            .iter()
            .map(|candidate| CandidateObject {
                node: candidate.node,
                victims: candidate.victims.iter().map(ToString::to_string).collect(),
                pdb_violations: candidate.pdb_violations,
                worse_by: candidate.lost_by,
                victim_details: details(candidate.node).unwrap_or_default(),
            })
            .collect();
        let not_eligible = detail.iter().flat_map(|detail| &detail.not_eligible).map(NotEligibleObject::new).collect();
        let sampling = preemption.sampling.as_ref().map(CandidateSamplingObject::new);
        Self { candidates, pick: &preemption.pick, sampling, decided_by: preemption.decided_by, not_eligible }
    }
}
