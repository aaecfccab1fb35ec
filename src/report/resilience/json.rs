//! `-o json` and `-o yaml` of losses and drain plans.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use serde::Serialize;

use crate::api::{Name, ObjectKey, name};
use crate::framework::NotEvaluated;
use crate::report::simulation::json::CauseObject;
use crate::simulate::resilience::consolidation::{Consolidation, PoolSaving};
use crate::simulate::resilience::drain_plan::{DrainPlan, NodeDrain, Wave};
use crate::simulate::resilience::{BrokenBudget, By, Loss, Registered};
use crate::simulate::scenario::RefusedAction;
use crate::simulate::{Assumption, Step, UnplacedGroup};

use super::super::simulation::AppliedObject;
use super::super::{API_VERSION, Provenance};
use super::{LossAnswer, ResilienceAnswer, ResilienceReport};

/// What the loss of nodes does, or how to drain them.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct ResilienceObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("enum" = ["Resilience", "DrainPlan", "Consolidation"])))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    #[serde(flatten)]
    applied: AppliedObject<'a>,
    #[serde(flatten)]
    answer: AnswerObject<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    assumptions: &'a [Assumption],
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
        /// Pods without a place that find one as soon as the drained nodes are removed.
        #[serde(skip_serializing_if = "Option::is_none")]
        placed_when_removed: Option<usize>,
        /// Orders of the nodes that were tried, and none of which leaves a pod behind.
        #[serde(skip_serializing_if = "Option::is_none")]
        orders_tried: Option<usize>,
    },
    Consolidation {
        /// Nodes that can be drained and removed, in this order.
        removed: Vec<DrainObject<'a>>,
        /// Nodes that stay.
        kept: Vec<KeptObject<'a>>,
        /// So many nodes are needed at least for what the pods request.
        min_nodes: usize,
        pools: Vec<PoolObject>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<CostObject>,
    },
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct KeptObject<'a> {
    node: Name,
    /// The first thing that keeps it.
    reason: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PoolObject {
    pool: Name,
    nodes: usize,
    removed: usize,
    /// What the nodes cost that can go.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<f64>,
}

/// The sum of the nodes' prices.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CostObject {
    before: f64,
    after: f64,
}

/// What comes of a loss while the nodes stay registered and do not answer.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct RegisteredObject<'a> {
    placed: usize,
    unplaced: usize,
    unplaced_by_cause: Vec<GroupObject<'a>>,
    /// Pods of StatefulSets that stay terminating, so that none is made in their place.
    stuck_terminating: &'a [ObjectKey],
    /// Pods that tolerate the taint without an end, so that none is made in their place.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    kept: &'a [ObjectKey],
    /// Pods that get a node and cannot start while another has their volume.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cannot_start: Vec<ObjectKey>,
    moves: Vec<MoveObject>,
}

/// A workload whose ready pods are all lost at once.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct OutageObject {
    kind: Name,
    workload: ObjectKey,
    ready_pods: usize,
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
    /// Workloads that lose all their ready pods.
    outages: Vec<OutageObject>,
    /// The same while the nodes stay registered: the rest is about nodes that are deleted.
    registered: RegisteredObject<'a>,
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
    /// Nodes with the same number can be drained at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<usize>,
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
    /// What the eviction API adds: how many pods the budget needs, and has.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    budgets: &'a [ObjectKey],
}

impl<'a> ResilienceObject<'a> {
    pub(super) fn new(report: &'a ResilienceReport, provenance: &'a Provenance) -> Self {
        let answer = &report.answer;
        let (kind, object) = match answer {
            ResilienceAnswer::Losses(answer) => ("Resilience", AnswerObject::resilience(answer)),
            ResilienceAnswer::Drains(plan) => ("DrainPlan", AnswerObject::drain_plan(plan)),
            ResilienceAnswer::Consolidation(found) => ("Consolidation", AnswerObject::consolidation(found)),
        };
        Self {
            api_version: API_VERSION,
            kind,
            provenance,
            applied: AppliedObject::new(&report.applied),
            answer: object,
            assumptions: answer.assumptions(),
            not_evaluated: answer.not_evaluated(),
        }
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
            placed_when_removed: Some(plan.placed_when_removed).filter(|placed| *placed > 0),
            orders_tried: Some(plan.orders_tried).filter(|tried| *tried > 0),
        }
    }

    fn consolidation(found: &'a Consolidation) -> Self {
        let pool = |pool: &PoolSaving| PoolObject {
            pool: pool.pool,
            nodes: pool.nodes,
            removed: pool.removed,
            saved: pool.saved,
        };
        Self::Consolidation {
            removed: found.drains.iter().map(DrainObject::new).collect(),
            kept: found.kept.iter().map(|(node, reason)| KeptObject { node: *node, reason }).collect(),
            min_nodes: found.needed_at_least,
            pools: found.pools.iter().map(pool).collect(),
            cost: found.cost.map(|(before, after)| CostObject { before, after }),
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
            outages: loss
                .outages
                .iter()
                .map(|outage| OutageObject { kind: outage.kind, workload: outage.workload, ready_pods: outage.ready })
                .collect(),
            registered: RegisteredObject::new(&loss.registered),
        }
    }
}

impl<'a> RegisteredObject<'a> {
    fn new(registered: &'a Registered) -> Self {
        let unplaced = registered.unplaced_pods();
        Self {
            placed: registered.steps.len() - unplaced,
            unplaced,
            unplaced_by_cause: registered.unplaced.iter().map(GroupObject::new).collect(),
            stuck_terminating: &registered.stuck,
            kept: &registered.kept,
            cannot_start: registered.cannot_start.iter().map(|attach| attach.pod).collect(),
            moves: moves(&registered.steps),
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
            batch: Some(drain.batch).filter(|batch| *batch > 0),
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
        Self { pod: refusal.pod, message: &refusal.message, cause: refusal.cause.as_deref(), budgets: &refusal.budgets }
    }
}
