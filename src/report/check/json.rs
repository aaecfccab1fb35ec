//! `-o json` and `-o yaml` of a check.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use serde::Serialize;

use crate::api::{Name, ObjectKey};
use crate::framework::{Amount, NotEvaluated};
use crate::simulate::UnplacedCause;
use crate::simulate::check::{Change, Displaced, FieldChange, MoreNodes, NodesInUse, Problem, ProblemKind, Tally};

use super::super::simulation::{CauseObject, RolloutObject};
use super::super::{API_VERSION, Provenance};
use super::{CheckAnswer, ManifestPlace, words};

/// Whether the manifests of a change fit.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct CheckObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "Check")))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    /// `Fits`, `BrokenBefore` (something does not fit, and did not before) or `Breaks`.
    #[cfg_attr(test, schemars(extend("enum" = ["Fits", "BrokenBefore", "Breaks"])))]
    verdict: &'static str,
    /// The answer in one line.
    summary: String,
    /// Whether it was compared with the manifests of `--base`.
    compared_with_base: bool,
    /// What the manifests change.
    changes: Vec<ChangeObject<'a>>,
    /// What does not fit.
    problems: Vec<ProblemObject<'a>>,
    /// Pods that are preempted, and are not without the change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    preempted: Vec<PreemptedObject>,
    /// PodDisruptionBudgets of which more pods are missing at some moment than they allow.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    violated_budgets: &'a [ObjectKey],
    /// PodDisruptionBudgets that allow no eviction in the end, and did before.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    blocked_budgets: &'a [ObjectKey],
    nodes: NodesObject,
    /// Nodes with which everything fits that the change breaks; absent where nodes do not help.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_nodes: Option<MoreNodesObject>,
    not_evaluated: &'a [NotEvaluated],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ChangeObject<'a> {
    /// `TYPE/NAMESPACE/NAME`.
    object: String,
    /// `Added`, `Changed`, `Unchanged` or `Removed`.
    change: &'static str,
    /// What is different, as far as placement goes.
    fields: Vec<FieldObject>,
    /// Pods that there are to be.
    replicas: usize,
    /// Those of them that have a node.
    placed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<RolloutObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'a ManifestPlace>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct FieldObject {
    /// `replicas`, a resource that a pod requests, the field of a pod template, or `other`.
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ProblemObject<'a> {
    /// `TYPE/NAMESPACE/NAME`.
    object: String,
    /// `Unschedulable`, `RolloutStuck`, `Refused`, `MultiAttach` or `Immutable`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether it was as bad without the change.
    before: bool,
    /// Whether the change is about this object.
    in_change: bool,
    /// In one line.
    summary: String,
    /// The message of kube-scheduler or the API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Pods that fit nowhere.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pods: &'a [ObjectKey],
    /// What stood in their way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<CauseObject<'a>>,
    with_change: TallyObject,
    without_change: TallyObject,
    /// Where the field stands that asks too much.
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'a ManifestPlace>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct TallyObject {
    /// Pods that there are to be.
    replicas: usize,
    /// Those of them that have a node; of a rollout that is stuck, those of the new template.
    placed: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PreemptedObject {
    pod: ObjectKey,
    /// The pod it was preempted for.
    preempted_by: ObjectKey,
    node: Name,
    /// The node it went to; absent where it fits nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_node: Option<Name>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct NodesObject {
    with_change: NodesInUseObject,
    without_change: NodesInUseObject,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct NodesInUseObject {
    nodes: usize,
    nodes_used: usize,
    /// No fewer nodes could hold what all pods request, pending ones included.
    nodes_lower_bound: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct MoreNodesObject {
    count: u32,
    /// The node they are like.
    like: Name,
}

impl<'a> CheckObject<'a> {
    pub(super) fn new(answer: &'a CheckAnswer, provenance: &'a Provenance) -> Self {
        let result = &answer.result;
        Self {
            api_version: API_VERSION,
            kind: "Check",
            provenance,
            verdict: result.verdict().as_str(),
            summary: words::headline(answer),
            compared_with_base: answer.has_base,
            changes: result.changes.iter().map(|change| ChangeObject::new(change, answer)).collect(),
            problems: answer.problems().map(|(problem, place)| ProblemObject::new(problem, place)).collect(),
            preempted: result.preempted.iter().map(PreemptedObject::new).collect(),
            violated_budgets: &result.violated_budgets,
            blocked_budgets: &result.blocked_budgets,
            nodes: NodesObject {
                with_change: NodesInUseObject::new(result.nodes.after),
                without_change: NodesInUseObject::new(result.nodes.before),
            },
            more_nodes: result.more_nodes.map(|MoreNodes { count, like }| MoreNodesObject { count, like }),
            not_evaluated: &result.not_evaluated,
        }
    }
}

impl<'a> ChangeObject<'a> {
    fn new(change: &'a Change, answer: &'a CheckAnswer) -> Self {
        Self {
            object: change.owner.to_string(),
            change: change.kind.as_str(),
            fields: change.fields.iter().map(FieldObject::new).collect(),
            replicas: change.tally.wanted,
            placed: change.tally.placed,
            rollout: change.rollout.as_ref().map(RolloutObject::new),
            manifest: answer.places.get(&change.owner),
        }
    }
}

impl FieldObject {
    fn new(change: &FieldChange) -> Self {
        let amount = |amount: &Amount| Some(amount.to_string());
        match change {
            FieldChange::Replicas(before, now) => {
                Self { field: "replicas".to_owned(), before: Some(before.to_string()), after: Some(now.to_string()) }
            }
            FieldChange::Request { resource, before, now } => {
                Self { field: resource.to_string(), before: amount(before), after: amount(now) }
            }
            FieldChange::Field(name) => Self { field: (*name).to_owned(), before: None, after: None },
            _ => Self { field: "other".to_owned(), before: None, after: None },
        }
    }
}

impl<'a> ProblemObject<'a> {
    fn new(problem: &'a Problem, manifest: Option<&'a ManifestPlace>) -> Self {
        let pods: &[ObjectKey] = match &problem.kind {
            ProblemKind::NoPlace { pods, .. } => pods,
            _ => &[],
        };
        let causes: &[UnplacedCause] = problem.kind.unplaced().map(|why| why.causes.as_slice()).unwrap_or_default();
        Self {
            object: problem.owner.to_string(),
            kind: problem.kind.as_str(),
            before: problem.was_before,
            in_change: problem.is_changed,
            summary: words::title(problem),
            message: words::why(problem),
            pods,
            causes: causes.iter().map(CauseObject::new).collect(),
            with_change: TallyObject::new(problem.tally),
            without_change: TallyObject::new(problem.tally_before),
            manifest,
        }
    }
}

impl TallyObject {
    fn new(tally: Tally) -> Self {
        Self { replicas: tally.wanted, placed: tally.placed }
    }
}

impl PreemptedObject {
    fn new(pod: &Displaced) -> Self {
        Self { pod: pod.pod, preempted_by: pod.by, node: pod.from, new_node: pod.to }
    }
}

impl NodesInUseObject {
    fn new(nodes: NodesInUse) -> Self {
        Self { nodes: nodes.all, nodes_used: nodes.used, nodes_lower_bound: nodes.at_least }
    }
}
