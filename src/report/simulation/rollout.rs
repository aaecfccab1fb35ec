//! How far a rollout came, in words and as data.

use serde::Serialize;

use crate::api::{Name, ObjectKey};
use crate::control_plane::admission;
use crate::control_plane::attach::MultiAttach;
use crate::decode::workload::WorkloadKey;
use crate::simulate::scenario::rollout::{Bounds, Rollout, RolloutEnd};

use super::super::style::Label;
use super::super::text::{count, list};

/// Nodes that are named where a DaemonSet is stuck.
const FAILING: usize = 10;

/// How far it came, a line each.
pub(super) fn lines(rollout: &Rollout) -> Vec<(Label, String)> {
    let resumed = if rollout.resumed { ", after a later step made room" } else { "" };
    let so_far = format!("updated {} of {}{resumed}", rollout.rolled, rollout.replicas);
    let label = match rollout.end {
        RolloutEnd::Complete => Label::Plain,
        _ if rollout.end.is_stuck() => Label::Rejected,
        _ => Label::Warning,
    };
    let (first, second) = match &rollout.end {
        RolloutEnd::Complete => (format!("{so_far}{}", meanwhile(rollout.bounds)), None),
        RolloutEnd::NoPlace { pod, message } => {
            let old = if rollout.old > 0 { " while the old pods keep their nodes" } else { "" };
            // A pod that waited before and was not tried here has no message.
            let detail = if message.is_empty() { format!("{pod} is pending") } else { format!("{pod}: {message}") };
            (format!("{so_far}: the next pod fits nowhere{old}"), Some(detail))
        }
        RolloutEnd::Refused(refusal) => {
            (format!("{so_far}: the API server refuses the next pod"), Some(refusal.to_string()))
        }
        RolloutEnd::Waits(pod) => {
            (format!("{so_far}: the controller waits for {pod}, which fits nowhere; delete it by hand"), None)
        }
        RolloutEnd::NotReady(pod) => (
            format!(
                "{so_far}: the controller waits for {pod}, which is not ready; make it ready, or delete it by hand"
            ),
            None,
        ),
        RolloutEnd::Terminating { pod, node } => (
            format!("{so_far}: the controller waits for {pod} to be gone"),
            Some(format!(
                "it stays terminating on {node}, whose kubelet does not answer, until {node} is back or is deleted"
            )),
        ),
        RolloutEnd::MultiAttach(attach) => {
            let MultiAttach { pod, node, claim, attached_to, used_by } = attach;
            (
                format!(
                    "{so_far}: deadlock: {pod} waits for a volume, and {used_by} is not deleted before it is ready"
                ),
                Some(format!(
                    "Multi-Attach: the ReadWriteOnce volume of claim {claim} is attached to {attached_to}, where {used_by} uses it; {pod} was placed on {node}. With strategy Recreate, or maxSurge 0 and maxUnavailable 1, the old pod leaves first"
                )),
            )
        }
        RolloutEnd::Partition(kept) => {
            (format!("{so_far}: its partition excludes {} from the update", count(*kept, "pod")), None)
        }
        RolloutEnd::OnDelete => {
            (format!("{so_far}: its strategy is OnDelete; each pod stays until it is deleted by hand"), None)
        }
        RolloutEnd::Paused => (format!("{so_far}: it is paused"), None),
        RolloutEnd::NeverReplaces => {
            let kind = rollout.workload.kind;
            (format!("a {kind} does not replace existing pods; only new pods use the changed template"), None)
        }
    };
    let failing: Vec<&str> = rollout.failing_nodes.iter().map(Name::as_str).collect();
    let failing = (!failing.is_empty()).then(|| {
        let nodes = format!("{}: {}", count(failing.len(), "node"), list(&failing, FAILING));
        (Label::Rejected, format!("the new pod does not fit on {nodes}"))
    });
    std::iter::once((label, first)).chain(second.map(|line| (Label::Plain, line))).chain(failing).collect()
}

/// Why a pod that has its node does not start there.
pub(in crate::report) fn why_not_started(attach: &MultiAttach) -> String {
    let MultiAttach { node, claim, attached_to, used_by, .. } = attach;
    format!(
        "cannot start on {node} (Multi-Attach): the ReadWriteOnce volume of claim {claim} is attached to {attached_to}, where {used_by} uses it"
    )
}

/// What a rollout came to, in few words.
pub(in crate::report) fn outcome(rollout: &Rollout) -> String {
    let Rollout { workload, rolled, replicas, end, .. } = rollout;
    let why = match end {
        RolloutEnd::Complete => return format!("Rollout of {workload} complete: {rolled} of {replicas} updated"),
        RolloutEnd::NoPlace { .. } => "the next pod fits nowhere".to_owned(),
        RolloutEnd::Refused(admission::AdmissionRefusal { quota: Some(quota), .. }) => format!("quota {quota}"),
        RolloutEnd::Refused(_) => "the API server refuses the next pod".to_owned(),
        RolloutEnd::Waits(pod) => format!("it waits for {pod}, which fits nowhere"),
        RolloutEnd::NotReady(pod) => format!("it waits for {pod}, which is not ready"),
        RolloutEnd::Terminating { pod, node } => format!("{pod} stays terminating on {node}"),
        RolloutEnd::MultiAttach(attach) => {
            format!("deadlock: {} waits for a volume that is attached to {}", attach.pod, attach.attached_to)
        }
        RolloutEnd::Partition(_) => return format!("Rollout of {workload}: {rolled} of {replicas} updated"),
        RolloutEnd::OnDelete => return format!("No pod of {workload} is replaced: its strategy is OnDelete"),
        RolloutEnd::Paused => return format!("No pod of {workload} is replaced: it is paused"),
        RolloutEnd::NeverReplaces => {
            return format!("No pod of {workload} is replaced: a {} never does so", workload.kind);
        }
    };
    format!("Rollout of {workload} stuck at {rolled} of {replicas}: {why}")
}

fn meanwhile(bounds: Option<Bounds>) -> String {
    match bounds {
        None | Some(Bounds { surge: 0, unavailable: 0 }) => String::new(),
        Some(Bounds { surge: 0, unavailable }) => format!(", with at most {unavailable} unavailable meanwhile"),
        Some(Bounds { surge, unavailable: 0 }) => format!(", with at most {surge} extra meanwhile"),
        Some(Bounds { surge, unavailable }) => {
            format!(", with at most {surge} extra and {unavailable} unavailable meanwhile")
        }
    }
}

/// Pods that were not created, a line for each reason.
pub(super) fn not_created(refused: &[admission::AdmissionRefusal], most: usize) -> Vec<(Label, String)> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for refusal in refused {
        let pod = refusal.pod.to_string();
        match reasons.iter_mut().find(|(why, _)| *why == refusal.why) {
            Some((_, pods)) => pods.push(pod),
            None => reasons.push((&refusal.why, vec![pod])),
        }
    }
    let line = |(why, pods): (&str, Vec<String>)| {
        (Label::Rejected, format!("{} refused: {}: {why}", count(pods.len(), "pod"), list(&pods, most)))
    };
    reasons.into_iter().map(line).collect()
}

/// The same as data.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct RolloutObject<'a> {
    workload: WorkloadKey,
    /// `RollingUpdate`, `Recreate` or `OnDelete`.
    strategy: &'static str,
    /// Pods; absent where the strategy has no such bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_surge: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_unavailable: Option<usize>,
    /// Pods that are wanted in the end.
    replicas: usize,
    /// New pods that have a place.
    updated_replicas: usize,
    /// Old pods that are still there.
    old_replicas: usize,
    stuck: bool,
    /// Whether it was stuck, and went on after a later step; absent means false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resumed: bool,
    /// `Complete`, `Unschedulable`, `Refused`, `WaitsForDeletion`, `WaitsForReadiness`, `WaitsForTermination`, `MultiAttach`, `Partition`,
    /// `OnDelete`, `Paused` or `NeverReplaces`.
    outcome: &'static str,
    /// Of a DaemonSet that is stuck: all nodes that would not take the new pod in the place of the old one.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    failing_nodes: &'a [Name],
    /// The pod that it is stuck at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<ObjectKey>,
    /// kube-scheduler's message, or the API server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl<'a> RolloutObject<'a> {
    pub(in crate::report) fn new(rollout: &'a Rollout) -> Self {
        let (pod, message) = match &rollout.end {
            RolloutEnd::NoPlace { pod, message } => (Some(*pod), Some(message.clone())),
            RolloutEnd::Refused(refusal) => (Some(refusal.pod), Some(refusal.to_string())),
            RolloutEnd::Waits(pod) | RolloutEnd::NotReady(pod) | RolloutEnd::Terminating { pod, .. } => {
                (Some(*pod), None)
            }
            RolloutEnd::MultiAttach(attach) => (Some(attach.pod), Some(why_not_started(attach))),
            _ => (None, None),
        };
        Self {
            workload: rollout.workload,
            strategy: rollout.strategy.as_str(),
            max_surge: rollout.bounds.map(|bounds| bounds.surge),
            max_unavailable: rollout.bounds.map(|bounds| bounds.unavailable),
            replicas: rollout.replicas,
            updated_replicas: rollout.rolled,
            old_replicas: rollout.old,
            stuck: rollout.end.is_stuck(),
            resumed: rollout.resumed,
            outcome: rollout.end.as_str(),
            failing_nodes: &rollout.failing_nodes,
            pod,
            message,
        }
    }
}
