//! `-o json` and `-o yaml` of the pending pods.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{API_VERSION, Provenance};
use crate::api::{Name, ObjectKey};
use crate::explain::pending::{Advice, Blocker, Group, Owner, Pending, Root};
use crate::framework::{Amount, NotEvaluated, Reason};
use crate::node_groups::fates::Fates;
use crate::report::explain::json::cluster_messages::{ClusterSaysObject, RejectionsObject};
use crate::report::explain::json::events::EventObject;
use crate::report::explain::json::findings::FindingObject;
use crate::report::explain::json::help::SuggestionObject;
use crate::report::explain::json::new_nodes::NewNodesObject;
use crate::report::explain::json::workload::WorkloadObject;
use crate::report::words::life;

/// Every pending pod, grouped by root cause.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct PendingObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "PendingPods")))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    /// All pending pods.
    pods: usize,
    groups: Vec<GroupObject<'a>>,
    /// Workloads that lack pods which do not exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_pods: Vec<WorkloadObject<'a>>,
    /// Pods that kubelets did not let start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kubelet_rejections: Vec<RejectedObject<'a>>,
    /// Pods that have a node and cannot run there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_started: Vec<NotStartedObject>,
    /// No scheduler has tried any of the pods.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_scheduler_seen: bool,
    not_evaluated: &'a [NotEvaluated],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NotStartedObject {
    pod: ObjectKey,
    node: Name,
    reasons: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct GroupObject<'a> {
    root_cause: RootObject<'a>,
    count: usize,
    pods: &'a [ObjectKey],
    owners: Vec<OwnerObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_since: Option<String>,
    /// How many can get a node by preemption.
    preemption_helps: usize,
    /// The pod that stands for all, and what kube-scheduler says of it.
    example: ObjectKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    /// What the scheduler itself says of the example, where the answer is that it fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduler_messages: Option<[ClusterSaysObject<'a>; 1]>,
    /// What stands beside the example's cycle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingObject<'a>>,
    /// What others report of the example.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<AdviceObject<'a>>,
    /// Other changes that were tried: one that adds a node, where the first does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<AdviceObject<'a>>,
    /// What those who make nodes do for the example.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_nodes: Option<NewNodesObject<'a>>,
    /// How many of the pods meet each outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_node_outcomes: Option<OutcomesObject>,
}

/// How many pods meet each outcome.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct OutcomesObject {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    cluster_autoscaler: BTreeMap<&'static str, usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    karpenter: BTreeMap<&'static str, usize>,
}

impl OutcomesObject {
    fn new(found: &Fates) -> Self {
        let mut counted = Self { cluster_autoscaler: BTreeMap::new(), karpenter: BTreeMap::new() };
        for (answer, number) in &found.autoscaler {
            *counted.cluster_autoscaler.entry(answer.outcome.as_str()).or_default() += number;
        }
        for ((outcome, _), number) in &found.karpenter {
            *counted.karpenter.entry(*outcome).or_default() += number;
        }
        counted
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RejectedObject<'a> {
    owner: OwnerObject,
    #[serde(flatten)]
    rejections: RejectionsObject<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type")]
enum RootObject<'a> {
    Fits,
    Terminating,
    NoNodes,
    #[serde(rename_all = "camelCase")]
    NoProfile {
        scheduler_name: Name,
    },
    Error {
        message: &'a str,
    },
    PreEnqueue {
        reasons: Vec<ObstacleObject<'a>>,
    },
    PreFilter {
        reasons: Vec<ObstacleObject<'a>>,
    },
    Filter {
        reasons: Vec<ObstacleObject<'a>>,
    },
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ObstacleObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    message: String,
    /// As the example met it.
    #[serde(flatten)]
    facts: &'a Reason,
    /// Least and most that is missing on the node closest to taking one of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    shortfall: Option<RangeObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RangeObject {
    min: Amount,
    max: Amount,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OwnerObject {
    kind: Name,
    namespace: Name,
    name: Name,
    pods: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AdviceObject<'a> {
    /// Pods of the group that find a node after it.
    pods_placed: usize,
    #[serde(flatten)]
    suggestion: SuggestionObject<'a>,
}

impl OwnerObject {
    fn new(owner: &Owner, pods: usize) -> Self {
        Self { kind: owner.kind, namespace: owner.key.namespace, name: owner.key.name, pods }
    }
}

impl<'a> PendingObject<'a> {
    pub(super) fn new(pending: &'a Pending, provenance: &'a Provenance) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "PendingPods",
            provenance,
            pods: pending.groups.iter().map(|group| group.pods.len()).sum(),
            groups: pending.groups.iter().map(GroupObject::new).collect(),
            missing_pods: pending.missing.iter().map(WorkloadObject::new).collect(),
            kubelet_rejections: pending
                .rejections
                .iter()
                .map(|(owner, rejections)| RejectedObject {
                    owner: OwnerObject::new(owner, rejections.count),
                    rejections: RejectionsObject::new(rejections),
                })
                .collect(),
            not_started: pending
                .not_started
                .iter()
                .map(|found| NotStartedObject {
                    pod: found.pod,
                    node: found.node,
                    reasons: found.obstacles.iter().map(|obstacle| life::obstacle(obstacle, None)).collect(),
                })
                .collect(),
            no_scheduler_seen: pending.untouched,
            not_evaluated: &pending.not_evaluated,
        }
    }
}

impl<'a> GroupObject<'a> {
    fn new(group: &'a Group) -> Self {
        Self {
            root_cause: RootObject::new(&group.root),
            count: group.pods.len(),
            pods: &group.pods,
            owners: group.owners.iter().map(|(owner, pods)| OwnerObject::new(owner, *pods)).collect(),
            pending_since: group.since.map(|since| since.to_string()),
            preemption_helps: group.preempting,
            example: group.example.pod,
            message: group.example.message.as_deref(),
            scheduler_messages: group.said.as_ref().map(|said| [ClusterSaysObject::new(said)]),
            findings: group.findings.iter().map(FindingObject::new).collect(),
            events: group.events.iter().map(EventObject::new).collect(),
            suggestion: group.advice.first().map(AdviceObject::new),
            alternatives: group.advice.iter().skip(1).map(AdviceObject::new).collect(),
            new_nodes: group.new_nodes.as_ref().map(|found| NewNodesObject::new(&found.example)),
            new_node_outcomes: group.new_nodes.as_ref().map(OutcomesObject::new),
        }
    }
}

impl<'a> RootObject<'a> {
    fn new(root: &'a Root) -> Self {
        let reasons = |obstacles: &'a [Blocker]| obstacles.iter().map(ObstacleObject::new).collect();
        match root {
            Root::Fits => Self::Fits,
            Root::Terminating => Self::Terminating,
            Root::NoNodes => Self::NoNodes,
            Root::NoProfile(name) => Self::NoProfile { scheduler_name: *name },
            Root::Failed(message) => Self::Error { message },
            Root::HeldBack(obstacles) => Self::PreEnqueue { reasons: reasons(obstacles) },
            Root::PodRejected(obstacles) => Self::PreFilter { reasons: reasons(obstacles) },
            Root::Rejected(obstacles) => Self::Filter { reasons: reasons(obstacles) },
        }
    }
}

impl<'a> ObstacleObject<'a> {
    fn new(obstacle: &'a Blocker) -> Self {
        Self {
            plugin: obstacle.plugin,
            message: obstacle.reason.to_string(),
            facts: &obstacle.reason,
            shortfall: obstacle.shortfall.map(|(min, max)| RangeObject { min, max }),
        }
    }
}

impl<'a> AdviceObject<'a> {
    fn new(advice: &'a Advice) -> Self {
        Self { pods_placed: advice.places, suggestion: SuggestionObject::new(&advice.suggestion) }
    }
}
