//! `-o json` and `-o yaml` of a simulation: the documented shape.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use serde::Serialize;

use crate::api::{Name, ObjectKey, name};
use crate::control_plane::admission::AdmissionRefusal;
use crate::control_plane::attach::MultiAttach;
use crate::framework::{Amount, NotEvaluated};
use crate::simulate::Assumption;
use crate::simulate::{Load, NodeLoad, Outcome, StateSummary, Step, Strategy, UnplacedCause, UnplacedGroup};

use super::super::{API_VERSION, Provenance};
use super::autoscale::{NodeClaimsObject, ScaleUpObject, UnderWayObject};
use super::groups::GroupCycleObject;
use super::json_change::{DiffObject, MeasureObject, ScenarioStepObject};
use super::{SimulationAnswer, WithPreemption};

/// Where pods go, one after the other.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct SimulationObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "Simulation")))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    /// Absent where it is the profile's score, as kube-scheduler chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<&'static str>,
    steps: Vec<StepObject<'a>>,
    /// Cycles of groups of pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pod_groups: Vec<GroupCycleObject<'a>>,
    /// Pods that the API server would not let in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusalObject>,
    /// Nodes that changed.
    nodes: Vec<NodeObject>,
    summary: SummaryObject<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scenario: Vec<ScenarioStepObject<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    violated_budgets: &'a [ObjectKey],
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<DiffObject<'a>>,
    /// Pods that got a node and cannot start there, as another node has their volume.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cannot_start: Vec<CannotStartObject>,
    /// What becomes of the same pods with `--preempt`, where that is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    with_preemption: Option<WithPreemptionObject<'a>>,
    /// Nodes that were under way already, with `--autoscale`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes_under_way: Vec<UnderWayObject<'a>>,
    /// Node groups that the Cluster Autoscaler made larger, with `--autoscale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    scale_ups: Option<Vec<ScaleUpObject<'a>>>,
    /// NodeClaims that Karpenter created, with `--autoscale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    node_claims: Option<Vec<NodeClaimsObject<'a>>>,
    /// What of it is not certain.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    scale_up_notes: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    assumptions: &'a [Assumption],
    not_evaluated: &'a [NotEvaluated],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StepObject<'a> {
    pod: ObjectKey,
    /// The node it had at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_node: Option<Name>,
    node: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    /// Nodes that could as well have been taken, this one among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    tied_nodes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    /// The node that the cycle nominated it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    nominated_node: Option<Name>,
    /// The node that it holds while it waits on permit for others of its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_on: Option<Name>,
    /// Pods that were preempted for it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    preempted: &'a [ObjectKey],
    /// The pod for which it was preempted itself before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    preempted_by: Option<ObjectKey>,
    /// The node it left then.
    #[serde(skip_serializing_if = "Option::is_none")]
    preempted_from: Option<Name>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct CannotStartObject {
    pod: ObjectKey,
    node: Name,
    claim: ObjectKey,
    /// The node that has the volume.
    attached_to: Name,
    /// The pod there that uses it.
    used_by: ObjectKey,
}

impl CannotStartObject {
    fn new(attach: &MultiAttach) -> Self {
        let MultiAttach { pod, node, claim, attached_to, used_by } = *attach;
        Self { pod, node, claim, attached_to, used_by }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WithPreemptionObject<'a> {
    /// Pods that are placed with it and not without.
    placed: &'a [ObjectKey],
    preempted: &'a [ObjectKey],
    /// Pods that stay without a place.
    unplaced: usize,
}

impl<'a> WithPreemptionObject<'a> {
    fn new(with: &'a WithPreemption) -> Self {
        Self { placed: &with.placed, preempted: &with.preempted, unplaced: with.unplaced }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusalObject {
    pod: ObjectKey,
    message: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct NodeObject {
    name: Name,
    /// `Added`, `Removed`, `Cordoned`, `Uncordoned`, `Tainted`, `Labelled`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<String>,
    placed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<usize>,
    before: LoadObject,
    after: LoadObject,
    allocatable: LoadObject,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LoadObject {
    pods: i64,
    cpu: Amount,
    memory: Amount,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct SummaryObject<'a> {
    placed: usize,
    unplaced: usize,
    /// Those of the unplaced that wait for their scheduling gates.
    gated: usize,
    refused: usize,
    evicted: usize,
    rescheduled: usize,
    nodes: usize,
    nodes_used: usize,
    /// Where a step places all pods again: no fewer nodes could hold what they request.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes_lower_bound: Option<usize>,
    nodes_newly_used: usize,
    utilization: MeasureObject,
    fragmentation: MeasureObject,
    balance: MeasureObject,
    unplaced_by_cause: Vec<GroupObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GroupObject<'a> {
    pods: usize,
    /// The first pod of the group, whose numbers of nodes the causes tell.
    example: Option<ObjectKey>,
    causes: Vec<CauseObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct CauseObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    message: &'a str,
    /// Absent for what holds whatever the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<usize>,
}

impl<'a> CauseObject<'a> {
    pub(in crate::report) fn new(cause: &'a UnplacedCause) -> Self {
        Self { plugin: cause.plugin, message: &cause.message, nodes: Some(cause.nodes).filter(|nodes| *nodes > 0) }
    }
}

impl<'a> SimulationObject<'a> {
    pub(super) fn new(answer: &'a SimulationAnswer, provenance: &'a Provenance) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Simulation",
            provenance,
            strategy: (answer.strategy != Strategy::Default).then(|| answer.strategy.name()),
            steps: answer.steps.iter().map(|step| StepObject::new(step, &answer.before)).collect(),
            pod_groups: answer.group_cycles.iter().map(|cycle| GroupCycleObject::new(cycle, &answer.steps)).collect(),
            refused: answer.refused.iter().map(RefusalObject::new).collect(),
            nodes: answer.summary.loads.iter().map(NodeObject::new).collect(),
            summary: SummaryObject::new(answer),
            scenario: answer.scenario.iter().map(ScenarioStepObject::new).collect(),
            violated_budgets: &answer.violated_budgets,
            diff: answer.diff.as_ref().map(DiffObject::new),
            cannot_start: answer.cannot_start.iter().map(CannotStartObject::new).collect(),
            with_preemption: answer.with_preemption.as_ref().map(WithPreemptionObject::new),
            nodes_under_way: answer.autoscaled.as_ref().map(UnderWayObject::all).unwrap_or_default(),
            scale_ups: answer.autoscaled.as_ref().filter(|it| it.by_autoscaler).map(ScaleUpObject::all),
            node_claims: answer.autoscaled.as_ref().and_then(NodeClaimsObject::all),
            scale_up_notes: answer.autoscaled.as_ref().map_or(&[], |autoscaled| &autoscaled.notes),
            assumptions: &answer.assumptions,
            not_evaluated: &answer.not_evaluated,
        }
    }
}

impl<'a> StepObject<'a> {
    fn new(step: &'a Step, before: &StateSummary) -> Self {
        let evicted = step.evictions.last();
        let pending = Self {
            pod: step.pod,
            original_node: before.pod(step.pod_id).node(),
            node: None,
            total: None,
            tied_nodes: None,
            message: None,
            nominated_node: None,
            waiting_on: None,
            preempted: &step.preempted,
            preempted_by: evicted.map(|eviction| eviction.by),
            preempted_from: evicted.map(|eviction| eviction.node),
        };
        match &step.outcome {
            Outcome::Placed(place) => Self {
                node: Some(place.name),
                total: Some(place.total),
                tied_nodes: Some(place.tied).filter(|tied| *tied > 1),
                ..pending
            },
            Outcome::Unplaced(unplaced) => Self {
                message: Some(&unplaced.message),
                nominated_node: unplaced.nominated,
                waiting_on: unplaced.holds,
                ..pending
            },
        }
    }
}

impl RefusalObject {
    fn new(refusal: &AdmissionRefusal) -> Self {
        Self { pod: refusal.pod, message: refusal.to_string() }
    }
}

impl NodeObject {
    pub(super) fn new(load: &NodeLoad) -> Self {
        Self {
            name: load.node,
            changes: load.changes.iter().map(|change| format!("{change:?}")).collect(),
            placed: load.placed,
            removed: Some(load.left).filter(|left| *left > 0),
            before: LoadObject::new(load.before),
            after: LoadObject::new(load.after),
            allocatable: LoadObject::new(load.allocatable),
        }
    }
}

impl LoadObject {
    fn new(load: Load) -> Self {
        Self {
            pods: load.pods,
            cpu: Amount::new(name("cpu"), load.milli_cpu),
            memory: Amount::new(name("memory"), load.memory),
        }
    }
}

impl<'a> SummaryObject<'a> {
    fn new(answer: &'a SimulationAnswer) -> Self {
        let (summary, refused) = (&answer.summary, answer.refused.len());
        Self {
            placed: summary.placed,
            unplaced: summary.unplaced,
            gated: summary.gated,
            refused,
            evicted: summary.evicted,
            rescheduled: summary.rescheduled,
            nodes: summary.nodes,
            nodes_used: summary.nodes_used,
            nodes_lower_bound: answer.nodes_lower_bound(),
            nodes_newly_used: summary.nodes_newly_used,
            utilization: MeasureObject::new(summary.before.utilization, summary.after.utilization),
            fragmentation: MeasureObject::new(summary.before.fragmentation, summary.after.fragmentation),
            balance: MeasureObject::new(summary.before.balance, summary.after.balance),
            unplaced_by_cause: summary.unplaced_by_cause.iter().map(GroupObject::new).collect(),
        }
    }
}

impl<'a> GroupObject<'a> {
    fn new(group: &'a UnplacedGroup) -> Self {
        Self {
            pods: group.pods.len(),
            example: group.pods.first().copied(),
            causes: group.first.causes.iter().map(CauseObject::new).collect(),
        }
    }
}
