//! What a scenario did and changes, as data; shares of the summary.
//!
//! Part of the contract with scripts: fields may be added, never removed or renamed.

use std::borrow::Cow;

use serde::Serialize;

use crate::api::{Name, ObjectKey};
use crate::control_plane::admission;
use crate::simulate::scenario::{AppliedScenario, RefusedAction, StepReport};
use crate::simulate::{Diff, PodDiff, PodLocation, Shares, UnplacedGroup};

use super::json::NodeObject;
use super::rollout::RolloutObject;
use super::scenario::words;

/// Shares from 0 to 1, before and after.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct MeasureObject {
    before: SharesObject,
    after: SharesObject,
}

/// Of cpu, memory and pods.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct SharesObject {
    cpu: f64,
    memory: f64,
    pods: f64,
}

/// A step of the scenario, and what it did; lists that are empty are left out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct ScenarioStepObject<'a> {
    /// Where the step was said.
    step: &'a str,
    summary: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    nodes: &'a [Name],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    evicted: &'a [ObjectKey],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    created: &'a [ObjectKey],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    deleted: &'a [ObjectKey],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    remaining: &'a [ObjectKey],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    lost: &'a [ObjectKey],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    empty_dir_lost: &'a [ObjectKey],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusalObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retried_evictions: Option<usize>,
    /// Pods that are being deleted and stay, as the kubelet of their node does not answer.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stuck_terminating: &'a [ObjectKey],
    /// A StatefulSet that waits for a pod before it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<WaitsObject>,
    /// Of how many pods some are deleted where which ones cannot be said: they are equal to the controller, or the second
    /// at which it acts decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    equal_pods: Option<usize>,
    /// How far a rollout came.
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<RolloutObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusalObject<'a> {
    /// Absent when a new pod was refused, which has no node.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Name>,
    /// Absent when the whole node was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<ObjectKey>,
    message: Cow<'a, str>,
    /// What the eviction API adds: how many pods the budget needs, and has.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    budgets: &'a [ObjectKey],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct WaitsObject {
    pod: ObjectKey,
    /// Pods that are not created until then.
    not_created: usize,
    /// Pods that are not deleted until then.
    not_deleted: usize,
}

/// What was changed before the question was asked; empty where nothing was.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct AppliedObject<'a> {
    /// The changes that were made first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scenario: Vec<ScenarioStepObject<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    violated_budgets: &'a [ObjectKey],
    /// Pods that the changes leave without a place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scenario_unplaced: Vec<UnplacedPodsObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnplacedPodsObject<'a> {
    pods: &'a [ObjectKey],
    /// What kube-scheduler says of the first.
    message: &'a str,
}

impl<'a> AppliedObject<'a> {
    pub(in crate::report) fn new(applied: &'a AppliedScenario) -> Self {
        let group = |group: &'a UnplacedGroup| UnplacedPodsObject { pods: &group.pods, message: &group.first.message };
        Self {
            scenario: applied.reports.iter().map(ScenarioStepObject::new).collect(),
            violated_budgets: &applied.violated_budgets,
            scenario_unplaced: applied.unplaced.iter().map(group).collect(),
        }
    }
}

/// What the scenario changes against the unchanged cluster.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct DiffObject<'a> {
    pods: Vec<PodDiffObject<'a>>,
    /// `before` is without the scenario.
    nodes: Vec<NodeObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PodDiffObject<'a> {
    pod: ObjectKey,
    without_changes: PodLocationObject,
    with_changes: PodLocationObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PodLocationObject {
    /// `OnNode`, `Pending` or `Absent`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Name>,
}

impl MeasureObject {
    pub(super) fn new(before: Shares, after: Shares) -> Self {
        Self { before: SharesObject::new(before), after: SharesObject::new(after) }
    }
}

impl SharesObject {
    /// To four digits: more would be noise of the arithmetic.
    pub(in crate::report) fn new(shares: Shares) -> Self {
        let round = |share: f64| (share * 10_000.0).round() / 10_000.0;
        Self { cpu: round(shares.cpu), memory: round(shares.memory), pods: round(shares.pods) }
    }
}

impl<'a> ScenarioStepObject<'a> {
    pub(super) fn new(report: &'a StepReport) -> Self {
        Self {
            step: &report.said,
            summary: words(&report.change),
            nodes: &report.nodes,
            evicted: &report.evicted,
            created: &report.created,
            deleted: &report.deleted,
            remaining: &report.kept,
            lost: &report.lost,
            empty_dir_lost: &report.local_data,
            refused: report
                .refused
                .iter()
                .map(RefusalObject::new)
                .chain(report.not_created.iter().map(RefusalObject::new_pod))
                .collect(),
            retried_evictions: Some(report.retries).filter(|retries| *retries > 0),
            stuck_terminating: &report.stuck,
            waits_for: report.waits.as_ref().map(|waits| WaitsObject {
                pod: waits.for_pod,
                not_created: waits.not_created,
                not_deleted: waits.not_deleted,
            }),
            equal_pods: report.draw.map(|draw| draw.pods),
            rollout: report.rollout.as_ref().map(RolloutObject::new),
        }
    }
}

impl<'a> RefusalObject<'a> {
    fn new(refusal: &'a RefusedAction) -> Self {
        Self {
            node: Some(refusal.node),
            pod: refusal.pod,
            message: Cow::Borrowed(&refusal.message),
            cause: refusal.cause.as_deref(),
            budgets: &refusal.budgets,
        }
    }

    fn new_pod(refusal: &admission::AdmissionRefusal) -> Self {
        Self { node: None, pod: Some(refusal.pod), message: Cow::Owned(refusal.to_string()), cause: None, budgets: &[] }
    }
}

impl<'a> DiffObject<'a> {
    pub(super) fn new(diff: &'a Diff) -> Self {
        Self {
            pods: diff.pods.iter().map(PodDiffObject::new).collect(),
            nodes: diff.nodes.iter().map(NodeObject::new).collect(),
        }
    }
}

impl<'a> PodDiffObject<'a> {
    fn new(diff: &'a PodDiff) -> Self {
        Self {
            pod: diff.pod,
            without_changes: PodLocationObject::new(diff.without),
            with_changes: PodLocationObject::new(diff.with),
            message: diff.message.as_deref(),
        }
    }
}

impl PodLocationObject {
    fn new(location: PodLocation) -> Self {
        let state = match location {
            PodLocation::Node(_) => "OnNode",
            PodLocation::Pending => "Pending",
            PodLocation::Absent => "Absent",
        };
        Self { state, node: location.node() }
    }
}
