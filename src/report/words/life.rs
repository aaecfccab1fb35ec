//! Words for what happened to a pod beside the scheduler: its end, what keeps it from starting, and
//! what kubelets did with its siblings.

use crate::api::Timestamp;
use crate::control_plane::controller::Hold;
use crate::decode::pod::PodPhase;
use crate::explain::ended::{EndedBy, EndedPod, Rejections};
use crate::explain::obstacles::StartObstacle;
use crate::framework::Placement;
use crate::report::text::{count, thousands};

/// The headline of a pod in a final phase: what ended it, and where.
pub(in crate::report) fn ended_headline(pod: &str, ended: &EndedPod) -> String {
    let node = ended.node.map_or_else(String::new, |node| format!(" on {node}"));
    let kubelet = ended.node.map_or_else(|| "a kubelet".to_owned(), |node| format!("the kubelet of {node}"));
    let reason = if ended.reason.is_empty() { String::new() } else { format!(" ({})", ended.reason) };
    if ended.phase == PodPhase::Succeeded {
        return format!("{pod} has Succeeded{node}: it is finished");
    }
    match ended.by {
        EndedBy::Containers => format!("{pod} has Failed{node}: a container ended with an error"),
        EndedBy::KubeletAdmission => format!("{pod} has Failed: rejected by {kubelet}{reason}"),
        EndedBy::KubeletEviction => format!("{pod} has Failed: evicted by {kubelet}{reason}"),
        EndedBy::KubeletPreemption => format!("{pod} has Failed: {kubelet} ended it for a critical pod{reason}"),
        EndedBy::NodeShutdown => format!("{pod} has Failed: its node{node} was shut down{reason}", node = on(ended)),
        EndedBy::Deadline => format!("{pod} has Failed{node}: its activeDeadlineSeconds have passed{reason}"),
        EndedBy::Other => format!("{pod} has Failed{node}{reason}"),
    }
}

fn on(ended: &EndedPod) -> String {
    ended.node.map_or_else(String::new, |node| format!(" {node}"))
}

/// What follows from the end: final, replaced or not, and whether a new one would fit.
pub(in crate::report) fn ended(ended: &EndedPod) -> String {
    let mut text = String::new();
    if !ended.message.is_empty() {
        text.push_str(format!("its status: {}. ", ended.message.trim_end_matches('.')).as_str());
    }
    text.push_str("This is final: no scheduler will try this pod again");
    match (&ended.replacement, ended.replacements) {
        (None, _) => {}
        (Some(replacement), 1) => text.push_str(format!("; {replacement} of the same controller replaces it").as_str()),
        (Some(replacement), more) => {
            text.push_str(
                format!("; {replacement} and {} of the same controller continue", count(more - 1, "more pod")).as_str(),
            );
        }
    }
    if ended.replacement.is_some() {
        text.push_str(", so this one is safe to delete");
    }
    if ended.siblings > 0 {
        let pods = count(ended.siblings, "other pod");
        let have = if ended.siblings == 1 { "has" } else { "have" };
        text.push_str(format!("; {pods} of its controller {have} ended in the same way").as_str());
    }
    text
}

/// Whether a new pod like the ended one would fit: what the rest of the answer is about.
pub(in crate::report) fn fits_again(placement: &Placement, nodes: usize) -> String {
    let feasible = placement.feasible().count();
    let would = if placement.schedulable { "would fit" } else { "would not fit" };
    format!(
        "a new pod like it {would}: {} of {}; the rest of this answer is about that new pod",
        thousands(feasible),
        count(nodes, "node")
    )
}

/// The state of a pod that runs and will not go on: `is being deleted`, `has a node that does not report`.
pub(in crate::report) fn impaired(obstacles: &[StartObstacle]) -> String {
    let words = obstacles.iter().map(|obstacle| match obstacle {
        StartObstacle::Terminating { .. } => "is being deleted",
        StartObstacle::NodeMissing => "is on a node that does not exist",
        _ => "has a node whose kubelet does not report",
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// What keeps a pod from starting, and what to do.
pub(in crate::report) fn obstacle(obstacle: &StartObstacle, as_of: Option<Timestamp>) -> String {
    match obstacle {
        StartObstacle::Terminating { at } => format!("it is being deleted (deadline {at})"),
        StartObstacle::NodeMissing => "this node does not exist: nothing will start the pod; delete it".to_owned(),
        StartObstacle::NodeNotReady { taint, since } => {
            let since = since.map_or_else(String::new, |since| {
                format!(" {}", crate::report::words::cluster_messages::how_long(since, as_of))
            });
            format!("the node's kubelet does not report (taint {taint}){since}: check the node")
        }
        StartObstacle::ClaimMissing(claim) => format!("claim {claim} does not exist: create it"),
        StartObstacle::ClaimLost(claim) => format!("claim {claim} is Lost: its volume was deleted; recreate the claim"),
        StartObstacle::ClaimNeverScheduled { claim, class } => format!(
            "claim {claim} of StorageClass {class} gets a volume only when a scheduler chooses the pod's node, and none \
             did: the pod was created with spec.nodeName. Use a node selector instead, or annotate the claim \
             with volume.kubernetes.io/selected-node"
        ),
        StartObstacle::ClaimUnbound { claim, class } if class.is_empty() => {
            format!("claim {claim} has no volume and names no StorageClass: create a volume for it")
        }
        StartObstacle::ClaimUnbound { claim, class } => {
            format!(
                "claim {claim} has no volume yet: check the events of the claim, and the provisioner of StorageClass {class}"
            )
        }
    }
}

/// Why a controller creates no pods for now.
pub(in crate::report) fn hold(hold: &Hold) -> String {
    match hold {
        Hold::WaitsFor { pod, terminating, placed } => {
            let what = match (terminating, placed) {
                (true, _) => "which is Terminating",
                (false, false) => "which has no node yet",
                (false, true) => "which is not running and ready",
            };
            format!("not created before pod {}, {what}", pod.name)
        }
        Hold::NameTaken { pod, terminating } => {
            let what = if *terminating { ", which is Terminating" } else { "" };
            format!("pod {} of another owner{what} has the name of the next one", pod.name)
        }
        Hold::Backoff { failed } => format!("its controller waits after {} (backoff)", count(*failed, "failed pod")),
        Hold::Suspended => "it is suspended: its controller creates no pods".to_owned(),
        Hold::Ended(_) => "it has ended: its controller creates no more pods".to_owned(),
        Hold::Refused { .. } => "the API server refuses them".to_owned(),
    }
}

/// Kubelets that rejected siblings on a node that the pod could get.
pub(in crate::report) fn rejections(rejections: &Rejections) -> String {
    let Rejections { node, reason, message, count: many } = rejections;
    let message = if message.is_empty() { String::new() } else { format!(": {}", message.trim_end_matches('.')) };
    format!(
        "the kubelet of {node} rejected {} of the same controller ({reason}{message}); a new one may end in the same way",
        count(*many, "pod")
    )
}
