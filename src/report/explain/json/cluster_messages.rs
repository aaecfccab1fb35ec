//! What the cluster itself says, as data: `schedulerMessages` and `schedulingStatus`.
//!
//! The scheduler's `message` is text as it wrote it; all that is found in it by comparison
//! stands beside it under stable names.

use serde::Serialize;

use crate::api::Timestamp;
use crate::api::name::Name;
use crate::decode::pod::PodPhase;
use crate::explain::ended::{EndedBy, EndedPod, Rejections};
use crate::explain::obstacles::StartObstacle;
use crate::explain::scheduler_messages::{
    Comparison, Differs, Possibly, SchedulerMessages, Several, Source, StateChange,
};
use crate::explain::scheduling_status::SchedulingStatus;
use crate::report::setting::unspelled;
use crate::report::words::cluster_messages as words;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct ClusterSaysObject<'a> {
    source: &'static str,
    reporter: Name,
    message: &'a str,
    /// RFC 3339. Of a condition's message: then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differs_in: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reason_counts: Vec<PhraseObject<'a>>,
    /// Nodes that the difference can be about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differing_nodes: Vec<DifferingNodeObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes_since: Vec<ChangeObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    possible_reasons: Vec<ReasonObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PhraseObject<'a> {
    message: &'a str,
    /// In the scheduler's message.
    scheduler_count: usize,
    /// In the message of this answer.
    answer_count: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct DifferingNodeObject<'a> {
    node: Name,
    /// What this answer says of it; nothing for a node that fits.
    answer_reasons: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type")]
enum ChangeObject<'a> {
    NodeCount { then: usize, now: usize },
    NodesCreated(Named<'a>),
    NodesChanged(Named<'a>),
    PodsPlaced(Named<'a>),
    PodsTerminating(Named<'a>),
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Named<'a> {
    count: usize,
    /// The first of them.
    names: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ReasonObject {
    r#type: &'static str,
    text: String,
}

impl<'a> ClusterSaysObject<'a> {
    pub(in crate::report) fn new(said: &'a SchedulerMessages) -> Self {
        let (comparison, changed, reasons) = match &said.comparison {
            Comparison::Same => (Some("same"), [].as_slice(), [].as_slice()),
            Comparison::Stale(changes) => (Some("stale"), changes.as_slice(), [].as_slice()),
            Comparison::Different(reasons) => (Some("different"), [].as_slice(), reasons.as_slice()),
            Comparison::NotCompared => (None, [].as_slice(), [].as_slice()),
        };
        Self {
            source: match said.source {
                Source::Event => "Event",
                Source::Condition => "Condition",
            },
            reporter: said.reporter,
            message: &said.message,
            at: said.at.map(|at| at.to_string()),
            count: said.count,
            comparison,
            differs_in: match said.differs {
                Differs::Nothing => None,
                Differs::Wording => Some("Wording"),
                Differs::Preemption => Some("Preemption"),
                Differs::TaintText => Some("TaintText"),
                Differs::Message => Some("Message"),
            },
            reason_counts: said
                .phrases
                .iter()
                .map(|phrase| PhraseObject {
                    message: &phrase.text,
                    scheduler_count: phrase.theirs,
                    answer_count: phrase.ours,
                })
                .collect(),
            differing_nodes: said
                .nodes
                .iter()
                .map(|(node, reasons)| DifferingNodeObject { node: *node, answer_reasons: reasons })
                .collect(),
            changes_since: changed.iter().map(ChangeObject::new).collect(),
            possible_reasons: reasons.iter().map(ReasonObject::new).collect(),
        }
    }
}

impl<'a> ChangeObject<'a> {
    fn new(change: &'a StateChange) -> Self {
        let named = |several: &'a Several| Named { count: several.count, names: &several.names };
        match change {
            StateChange::NodeCount { then, now } => Self::NodeCount { then: *then, now: *now },
            StateChange::NodesCreated(nodes) => Self::NodesCreated(named(nodes)),
            StateChange::NodesChanged(nodes) => Self::NodesChanged(named(nodes)),
            StateChange::PodsPlaced(pods) => Self::PodsPlaced(named(pods)),
            StateChange::PodsLeaving(pods) => Self::PodsTerminating(named(pods)),
        }
    }
}

impl ReasonObject {
    fn new(reason: &Possibly) -> Self {
        let name = match reason {
            Possibly::StaleMemory => "StaleMemory",
            Possibly::TaintText => "TaintText",
            Possibly::Configuration => "Configuration",
            Possibly::OutOfTreePlugins(_) => "OutOfTreePlugins",
            Possibly::Extenders => "Extenders",
            Possibly::Sampling => "Sampling",
            Possibly::NominatedPods(_) => "NominatedPods",
            Possibly::Version => "Version",
            Possibly::NotEvaluated => "NotEvaluated",
            Possibly::Untraced => "UntracedChange",
        };
        Self { r#type: name, text: words::reason(reason, unspelled) }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(in crate::report) enum SchedulingStatusObject<'a> {
    UnknownScheduler {
        scheduler_name: Name,
        placed_pods: usize,
        has_events: bool,
        other_schedulers: Vec<SchedulerObject>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        similar_names: Vec<Name>,
    },
    NotAttempted {
        since: String,
    },
    Terminating {
        deadline: String,
    },
    NotStarted {
        node: &'a str,
        since: Option<String>,
        obstacles: Vec<ObstacleObject>,
    },
    Impaired {
        node: &'a str,
        obstacles: Vec<ObstacleObject>,
    },
    Ended(EndedObject<'a>),
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct SchedulerObject {
    name: Name,
    /// Pods on nodes that name it.
    placed_pods: usize,
}

impl<'a> SchedulingStatusObject<'a> {
    pub(in crate::report) fn new(scheduling_status: &'a SchedulingStatus) -> Self {
        match scheduling_status {
            SchedulingStatus::UnknownScheduler { name, placed, spoke, others, near } => Self::UnknownScheduler {
                scheduler_name: *name,
                placed_pods: *placed,
                has_events: *spoke,
                other_schedulers: others
                    .iter()
                    .map(|(name, placed)| SchedulerObject { name: *name, placed_pods: *placed })
                    .collect(),
                similar_names: near.clone(),
            },
            SchedulingStatus::NotAttempted { since } => Self::NotAttempted { since: since.to_string() },
            SchedulingStatus::Terminating { at } => Self::Terminating { deadline: at.to_string() },
            SchedulingStatus::NotStarted { node, since, obstacles } => Self::NotStarted {
                node: node.as_str(),
                since: since.as_ref().map(Timestamp::to_string),
                obstacles: obstacles.iter().map(ObstacleObject::new).collect(),
            },
            SchedulingStatus::Impaired { node, obstacles } => {
                Self::Impaired { node: node.as_str(), obstacles: obstacles.iter().map(ObstacleObject::new).collect() }
            }
            SchedulingStatus::Ended(ended) => Self::Ended(EndedObject::new(ended)),
        }
    }
}

/// The end of a pod in a final phase; the rest of the answer is about a new pod like it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct EndedObject<'a> {
    phase: &'static str,
    /// Who ended it.
    ended_by: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Name>,
    /// Other pods of its controller that ended for the same reason.
    siblings: usize,
    /// Pods of its controller that go on.
    replacements: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<String>,
}

impl<'a> EndedObject<'a> {
    fn new(ended: &'a EndedPod) -> Self {
        Self {
            phase: if ended.phase == PodPhase::Succeeded { "Succeeded" } else { "Failed" },
            ended_by: match ended.by {
                EndedBy::Containers => "Containers",
                EndedBy::KubeletAdmission => "KubeletAdmission",
                EndedBy::KubeletEviction => "KubeletEviction",
                EndedBy::KubeletPreemption => "KubeletPreemption",
                EndedBy::NodeShutdown => "NodeShutdown",
                EndedBy::Deadline => "Deadline",
                EndedBy::Other => "Other",
            },
            reason: &ended.reason,
            message: &ended.message,
            node: ended.node,
            siblings: ended.siblings,
            replacements: ended.replacements,
            replacement: ended.replacement.map(|key| key.to_string()),
        }
    }
}

/// Something that keeps a pod with a node from starting.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(in crate::report) enum ObstacleObject {
    Terminating { deadline: String },
    NodeMissing,
    NodeNotReady { taint: Name, since: Option<String> },
    ClaimMissing { claim: String },
    ClaimLost { claim: String },
    ClaimNeverScheduled { claim: String, class: Name },
    ClaimUnbound { claim: String, class: Name },
}

impl ObstacleObject {
    fn new(obstacle: &StartObstacle) -> Self {
        match obstacle {
            StartObstacle::Terminating { at } => Self::Terminating { deadline: at.to_string() },
            StartObstacle::NodeMissing => Self::NodeMissing,
            StartObstacle::NodeNotReady { taint, since } => {
                Self::NodeNotReady { taint: *taint, since: since.as_ref().map(Timestamp::to_string) }
            }
            StartObstacle::ClaimMissing(claim) => Self::ClaimMissing { claim: claim.to_string() },
            StartObstacle::ClaimLost(claim) => Self::ClaimLost { claim: claim.to_string() },
            StartObstacle::ClaimNeverScheduled { claim, class } => {
                Self::ClaimNeverScheduled { claim: claim.to_string(), class: *class }
            }
            StartObstacle::ClaimUnbound { claim, class } => {
                Self::ClaimUnbound { claim: claim.to_string(), class: *class }
            }
        }
    }
}

/// Siblings that the kubelet of a node which the pod could get did not let start.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct RejectionsObject<'a> {
    node: Name,
    reason: &'a str,
    message: &'a str,
    count: usize,
}

impl<'a> RejectionsObject<'a> {
    pub(in crate::report) fn new(rejections: &'a Rejections) -> Self {
        let Rejections { node, reason, message, count } = rejections;
        Self { node: *node, reason, message, count: *count }
    }
}
