//! `-o json` and `-o yaml` of losses and drain plans.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use serde::Serialize;

use crate::api::{Name, ObjectKey, name};
use crate::framework::NotEvaluated;
use crate::report::simulation::json::CauseObject;
use crate::simulate::resilience::drain_plan::{DrainPlan, NodeDrain, Wave};
use crate::simulate::resilience::{BrokenBudget, By, Loss};
use crate::simulate::scenario::RefusedAction;
use crate::simulate::{Step, UnplacedGroup};

use super::super::{API_VERSION, Provenance};
use super::{LossAnswer, ResilienceAnswer};

/// What the loss of nodes does, or how to drain them.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct ResilienceObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("enum" = ["Resilience", "DrainPlan"])))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    #[serde(flatten)]
    answer: AnswerObject<'a>,
    not_evaluated: &'a [NotEvaluated],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, rename_all_fields = "camelCase")]
enum AnswerObject<'a> {
    Resilience {
        /// `node`, or the key of a label.
        by: Name,
        /// Nodes without the label.
        nodes_without_label: usize,
        /// The worst first.
        losses: Vec<LossObject<'a>>,
    },
    DrainPlan {
        /// Whether every node ends empty and every pod with a place.
        complete: bool,
        /// In this order.
        drains: Vec<DrainObject<'a>>,
        unplaced_by_cause: Vec<GroupObject<'a>>,
    },
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct LossObject<'a> {
    /// The node, or the label's value.
    name: Name,
    nodes: &'a [Name],
    /// Pods that find another place.
    placed: usize,
    /// Pods that find none.
    unplaced: usize,
    unplaced_by_cause: Vec<GroupObject<'a>>,
    violated_budgets: Vec<BudgetObject>,
    /// Pods that no controller recreates.
    lost: &'a [ObjectKey],
    /// Pods whose data in an `emptyDir` is gone.
    empty_dir_lost: &'a [ObjectKey],
    moves: Vec<MoveObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GroupObject<'a> {
    pods: &'a [ObjectKey],
    /// What kube-scheduler says of the first.
    message: &'a str,
    causes: Vec<CauseObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct BudgetObject {
    budget: ObjectKey,
    allowed: usize,
    /// Pods of it that are gone at once.
    evicted: usize,
    /// Those of them that stay so.
    unrecoverable: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MoveObject {
    pod: ObjectKey,
    /// Null where it finds no place.
    node: Option<Name>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct DrainObject<'a> {
    node: Name,
    waves: Vec<WaveObject<'a>>,
    /// Pods that stay as they should.
    remaining: &'a [ObjectKey],
    lost: &'a [ObjectKey],
    empty_dir_lost: &'a [ObjectKey],
    refused: Vec<RefusalObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WaveObject<'a> {
    evicted: &'a [ObjectKey],
    moves: Vec<MoveObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusalObject<'a> {
    /// Absent where the whole node was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<ObjectKey>,
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    budgets: &'a [ObjectKey],
}

impl<'a> ResilienceObject<'a> {
    pub(super) fn new(answer: &'a ResilienceAnswer, provenance: &'a Provenance) -> Self {
        let (kind, object) = match answer {
            ResilienceAnswer::Losses(answer) => ("Resilience", AnswerObject::resilience(answer)),
            ResilienceAnswer::Drains(plan) => ("DrainPlan", AnswerObject::drain_plan(plan)),
        };
        Self { api_version: API_VERSION, kind, provenance, answer: object, not_evaluated: answer.not_evaluated() }
    }
}

impl<'a> AnswerObject<'a> {
    fn resilience(answer: &'a LossAnswer) -> Self {
        Self::Resilience {
            by: By::label(answer.by).unwrap_or_else(|| name("node")),
            nodes_without_label: answer.unlabelled,
            losses: answer.sweep.losses.iter().map(LossObject::new).collect(),
        }
    }

    fn drain_plan(plan: &'a DrainPlan) -> Self {
        Self::DrainPlan {
            complete: plan.is_complete(),
            drains: plan.drains.iter().map(DrainObject::new).collect(),
            unplaced_by_cause: plan.unplaced.iter().map(GroupObject::new).collect(),
        }
    }
}

impl<'a> LossObject<'a> {
    fn new(loss: &'a Loss) -> Self {
        let unplaced = loss.pods_without_a_place();
        Self {
            name: loss.unit.name,
            nodes: &loss.unit.nodes,
            placed: loss.steps.len() - unplaced,
            unplaced,
            unplaced_by_cause: loss.unplaced.iter().map(GroupObject::new).collect(),
            violated_budgets: loss.broken.iter().map(BudgetObject::new).collect(),
            lost: &loss.lost,
            empty_dir_lost: &loss.local_data,
            moves: moves(&loss.steps),
        }
    }
}

impl<'a> GroupObject<'a> {
    fn new(group: &'a UnplacedGroup) -> Self {
        Self {
            pods: &group.pods,
            message: &group.first.message,
            causes: group.first.causes.iter().map(CauseObject::new).collect(),
        }
    }
}

impl BudgetObject {
    fn new(broken: &BrokenBudget) -> Self {
        let BrokenBudget { budget, allowed, gone, unrecoverable } = *broken;
        Self { budget, allowed, evicted: gone, unrecoverable }
    }
}

fn moves(steps: &[Step]) -> Vec<MoveObject> {
    steps.iter().map(|step| MoveObject { pod: step.pod, node: step.place().map(|place| place.name) }).collect()
}

impl<'a> DrainObject<'a> {
    fn new(drain: &'a NodeDrain) -> Self {
        Self {
            node: drain.node,
            waves: drain.waves.iter().map(WaveObject::new).collect(),
            remaining: &drain.kept,
            lost: &drain.lost,
            empty_dir_lost: &drain.local_data,
            refused: drain.refused.iter().map(RefusalObject::new).collect(),
        }
    }
}

impl<'a> WaveObject<'a> {
    fn new(wave: &'a Wave) -> Self {
        Self { evicted: &wave.evicted, moves: moves(&wave.steps) }
    }
}

impl<'a> RefusalObject<'a> {
    fn new(refusal: &'a RefusedAction) -> Self {
        Self { pod: refusal.pod, message: &refusal.message, budgets: &refusal.budgets }
    }
}
