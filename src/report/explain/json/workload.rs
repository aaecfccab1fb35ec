//! A workload as a whole, and what the API server refuses, as data.

use serde::Serialize;

use crate::api::Timestamp;
use crate::api::name::Name;
use crate::control_plane::controller::Hold;
use crate::simulate::WorkloadPlacement;

/// A pod that the API server refuses: `schedulable` is false, whatever a cycle would say.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct AdmissionObject<'a> {
    /// The API server's message.
    #[serde(rename = "message")]
    pub(in crate::report) refused: &'a str,
    pub(in crate::report) fits_if_admitted: bool,
}

/// The workload that was asked about: pods wanted and present, and what prevents the others.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct WorkloadObject<'a> {
    kind: &'static str,
    namespace: Name,
    name: Name,
    #[serde(rename = "desired")]
    wanted: usize,
    #[serde(rename = "current")]
    present: usize,
    pending: usize,
    missing: usize,
    /// Whether these are the pods of a CronJob's next Job.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    next_job: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    /// Missing pods that a rollout adds beyond those that are desired.
    #[serde(skip_serializing_if = "is_zero")]
    surge: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    terminating: Vec<String>,
    /// Pods on nodes that are gone or do not report.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    on_silent_nodes: Vec<String>,
    /// Why its controller creates no pod for now.
    #[serde(rename = "creationBlockedBy", skip_serializing_if = "Option::is_none")]
    hold: Option<HoldObject<'a>>,
    /// Missing pods that the API server would refuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedObject<'a>>,
    /// How many of the pending and missing pods find a node, one after the other.
    placed: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unplaced: Vec<UnplacedObject<'a>>,
    /// Nodes that a DaemonSet is not for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ineligible_nodes: Vec<Name>,
    /// The same, by the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ineligible_reasons: Vec<IneligibleObject<'a>>,
    /// Whether every pod that is wanted exists or would get a node.
    fits: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
enum HoldObject<'a> {
    Suspended,
    WaitsFor {
        pod: String,
        terminating: bool,
        /// Whether that pod has a node.
        placed: bool,
    },
    /// A pod of another owner has the name of the next one.
    NameTaken {
        pod: String,
        terminating: bool,
    },
    /// A Job delays its next pod after others failed.
    Backoff {
        failed_pods: usize,
    },
    /// A Job has ended.
    Ended {
        failed: bool,
        reason: &'a str,
        message: &'a str,
    },
    Refused {
        message: &'a str,
        /// Whether the state shows that it no longer holds.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        outdated: bool,
        /// When its controller reported it last.
        #[serde(skip_serializing_if = "Option::is_none")]
        reported_at: Option<String>,
    },
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct IneligibleObject<'a> {
    reason: &'a str,
    nodes: &'a [Name],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusedObject<'a> {
    count: usize,
    message: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnplacedObject<'a> {
    pod: String,
    message: &'a str,
    /// The node that a DaemonSet's pod is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Name>,
    /// Why that does not take it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [String],
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
pub(super) fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl<'a> WorkloadObject<'a> {
    pub(in crate::report) fn new(workload: &'a WorkloadPlacement) -> Self {
        let key = workload.workload;
        Self {
            kind: key.kind.as_str(),
            namespace: key.key.namespace,
            name: key.key.name,
            wanted: workload.wanted,
            present: workload.present,
            pending: workload.pending,
            missing: workload.missing,
            next_job: workload.next_job,
            paused: workload.paused,
            surge: workload.surge,
            terminating: workload.terminating.iter().map(|pod| pod.pod.to_string()).collect(),
            on_silent_nodes: workload.stranded.iter().map(|(pod, ..)| pod.to_string()).collect(),
            hold: workload.hold.as_ref().map(HoldObject::new),
            refused: workload.refused.as_ref().map(|(count, message)| RefusedObject { count: *count, message }),
            placed: workload.placed,
            unplaced: workload
                .unplaced
                .iter()
                .map(|replica| UnplacedObject {
                    pod: replica.pod.to_string(),
                    message: &replica.message,
                    node: replica.daemon.as_ref().map(|(node, _)| *node),
                    reasons: replica.daemon.as_ref().map_or(&[], |(_, reasons)| reasons),
                })
                .collect(),
            ineligible_nodes: workload.ineligible.iter().flat_map(|(_, nodes)| nodes).copied().collect(),
            ineligible_reasons: workload
                .ineligible
                .iter()
                .map(|(reason, nodes)| IneligibleObject { reason, nodes })
                .collect(),
            fits: workload.fits(),
        }
    }
}

impl<'a> HoldObject<'a> {
    fn new(hold: &'a Hold) -> Self {
        match hold {
            Hold::Suspended => Self::Suspended,
            Hold::WaitsFor { pod, terminating, placed } => {
                Self::WaitsFor { pod: pod.to_string(), terminating: *terminating, placed: *placed }
            }
            Hold::NameTaken { pod, terminating } => Self::NameTaken { pod: pod.to_string(), terminating: *terminating },
            Hold::Backoff { failed } => Self::Backoff { failed_pods: *failed },
            Hold::Ended(end) => Self::Ended { failed: end.failed, reason: &end.reason, message: &end.message },
            Hold::Refused { message, at, outdated } => {
                Self::Refused { message, outdated: *outdated, reported_at: at.as_ref().map(Timestamp::to_string) }
            }
        }
    }
}
