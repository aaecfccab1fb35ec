//! The block above the pods of a workload: how many it wants, how many there are, and why the rest is missing.

use indexmap::IndexMap;

use crate::api::Timestamp;
use crate::control_plane::controller::Hold;
use crate::decode::workload::WorkloadKind;
use crate::report::screen::Screen;
use crate::report::style::Label;
use crate::report::text::{count, list, thousands};
use crate::report::words::cluster_messages::ago;
use crate::report::words::life;
use crate::simulate::WorkloadPlacement;
use crate::simulate::workload::{TerminatingPod, UnplacedReplica};

/// Reasons that are shown, each with the replicas that it keeps off the nodes.
const MOST: usize = 5;
/// Names in a list.
const MOST_NAMES: usize = 3;

/// The outcome in one line.
pub(in crate::report) fn headline(workload: &WorkloadPlacement) -> (Label, String) {
    let of = format!("{} {}", workload.workload.kind, workload.workload.key);
    match &workload.hold {
        Some(Hold::Suspended) => {
            return (Label::Warning, format!("{of} is suspended: its controller creates no pods"));
        }
        Some(Hold::Ended(end)) if end.failed => {
            let reason = if end.reason.is_empty() { String::new() } else { format!(" ({})", end.reason) };
            return (Label::Rejected, format!("{of} has Failed{reason}: its controller creates no more pods"));
        }
        Some(Hold::Ended(_)) => return (Label::Fits, format!("{of} is Complete: its controller creates no more pods")),
        _ => {}
    }
    if workload.open() == 0 {
        return all_there(workload, &of);
    }
    let is_refused = workload.refused.is_some() || workload.reported_refusal().is_some();
    if workload.surge > 0 && is_refused {
        let what = "its rollout cannot continue: the API server refuses the next new pod";
        return (Label::Rejected, format!("{of}: {what}"));
    }
    let open = count(workload.open(), open_pods(workload).trim_end_matches('s'));
    if let Some((refused, _)) = &workload.refused {
        let all = *refused == workload.missing && workload.pending == 0;
        let refused = match (all, workload.open()) {
            (true, 1) => "it".to_owned(),
            (true, _) => "them".to_owned(),
            (false, _) => format!("{} of them", thousands(*refused)),
        };
        return (Label::Rejected, format!("{of}: {open}; the API server refuses {refused}"));
    }
    let held = match &workload.hold {
        Some(hold @ Hold::Refused { .. }) if workload.reported_refusal().is_some() => Some(hold),
        Some(hold @ (Hold::WaitsFor { .. } | Hold::NameTaken { .. } | Hold::Backoff { .. })) => Some(hold),
        _ => None,
    };
    if let Some(hold) = held {
        return (Label::Rejected, format!("{of}: {open}; {}", life::hold(hold)));
    }
    let its = if workload.next_job { "its next Job's" } else { "its" };
    let what = open_pods(workload);
    let open = workload.open();
    let one = match workload.absent.as_slice() {
        [only] if open == 1 => format!("{} does not exist yet; it", only.name),
        _ => format!("{its} {}", what.trim_end_matches('s')),
    };
    let outcome = match (workload.placed, open) {
        (1, 1) if workload.fits() => format!("{one} would fit"),
        (0, 1) => format!("{one} {}", if workload.pending > 0 { "does not fit" } else { "would not fit" }),
        (all, _) if workload.fits() && all == open => format!("all {} {what} would fit", thousands(open)),
        (0, _) => format!("none of {its} {} {what} fits", thousands(open)),
        (placed, _) => {
            let fit = if placed == 1 { "fits" } else { "fit" };
            let of = if workload.next_job { "of its next Job's " } else { "of " };
            format!("{} {of}{} {what} {fit}", thousands(placed), thousands(open))
        }
    };
    (if workload.fits() { Label::Fits } else { Label::Rejected }, format!("{of}: {outcome}"))
}

/// What the pods are called that have no node.
fn open_pods(workload: &WorkloadPlacement) -> &'static str {
    match (workload.pending, workload.missing) {
        _ if workload.next_job => "pods",
        (_, 0) => "pending pods",
        (0, _) => "missing pods",
        _ => "pending or missing pods",
    }
}

fn all_there(workload: &WorkloadPlacement, of: &str) -> (Label, String) {
    let what = match (workload.wanted, workload.workload.kind) {
        (0, _) => return (Label::Warning, format!("{of} wants no pods")),
        _ if !workload.stranded.is_empty() => {
            let lost = workload.stranded.len();
            let is = if lost == 1 { "is" } else { "are" };
            let what = format!(
                "{} of its {} {is} on nodes that are gone or do not report",
                thousands(lost),
                count(workload.present, "pod")
            );
            return (Label::Rejected, format!("{of}: {what}"));
        }
        (_, WorkloadKind::DaemonSet) => "each eligible node has a pod".to_owned(),
        (1, _) => "its pod has a node".to_owned(),
        (wanted, _) => format!("all {} pods have a node", thousands(wanted)),
    };
    (Label::Fits, format!("{of}: {what}"))
}

pub(in crate::report) fn render(screen: &mut Screen, workload: &WorkloadPlacement, as_of: Option<Timestamp>) {
    screen.paragraph(Label::Plain, &figures(workload));
    for (label, line) in lines(workload, as_of) {
        screen.indented(label, "  ", &line);
    }
}

/// Why pods are missing, and which find no node.
pub(in crate::report) fn lines(workload: &WorkloadPlacement, as_of: Option<Timestamp>) -> Vec<(Label, String)> {
    let mut lines = Vec::new();
    match &workload.hold {
        Some(Hold::WaitsFor { pod, terminating, .. }) => {
            let what = if *terminating { "is gone" } else { "is running and ready" };
            lines.push((
                Label::Warning,
                format!("its pods are created in order: the next one waits until {} {what}", pod.name),
            ));
        }
        Some(Hold::NameTaken { pod, .. }) => {
            let why = format!("the API server refuses the next one (AlreadyExists) until {} is gone", pod.name);
            lines.push((Label::Warning, why));
        }
        Some(Hold::Backoff { .. }) => {
            let why = "the Job controller creates the next pod after a delay: 10 s, doubled with each failure, at most \
                       10 minutes; check why the pods failed";
            lines.push((Label::Warning, why.to_owned()));
        }
        Some(Hold::Ended(end)) if !end.message.is_empty() => lines.push((Label::Warning, end.message.to_string())),
        _ => {}
    }
    if let Some((_, why)) = &workload.refused {
        lines.push((Label::Warning, why.clone()));
    }
    if let Some(Hold::Refused { message, at, outdated }) = &workload.hold {
        let when = at.map_or_else(String::new, |at| format!(" {}", ago(at, as_of)));
        let same = workload.refused.as_ref().is_some_and(|(_, own)| refusal(own) == refusal(message));
        let reported = match (same, outdated) {
            (true, _) => format!("its controller reported the same{when}"),
            (false, false) => format!("its controller reported{when}: {message}"),
            (false, true) => format!(
                "its controller reported{when}: {message}. This no longer holds: the API server would admit the pod now, \
                 and the controller tries again (at most about 17 minutes later)"
            ),
        };
        lines.push((Label::Warning, reported));
    }
    lines.extend(workload.terminating.iter().take(MOST_NAMES).map(|pod| (Label::Warning, terminating(pod, as_of))));
    if let Some(more) = workload.terminating.len().checked_sub(MOST_NAMES + 1) {
        lines.push((Label::Warning, format!("and {} being deleted", count(more + 1, "more pod"))));
    }
    lines.extend(workload.stranded.iter().take(MOST_NAMES).map(|(pod, node, is_gone)| {
        let text = if *is_gone {
            format!(
                "{} is on node {node}, which does not exist: nothing runs it; kubectl delete pod {} -n {} --force",
                pod.name, pod.name, pod.namespace
            )
        } else {
            format!("{} is on node {node}, whose kubelet does not report: check the node", pod.name)
        };
        (Label::Warning, text)
    }));
    if let Some(more) = workload.stranded.len().checked_sub(MOST_NAMES + 1) {
        lines.push((Label::Warning, format!("and {} on such nodes", count(more + 1, "more pod"))));
    }
    if workload.workload.kind == WorkloadKind::DaemonSet && workload.missing > 0 && !workload.places.is_empty() {
        let nodes: Vec<&str> = workload.places.iter().map(|(_, node)| node.as_str()).collect();
        lines.push((Label::Warning, format!("missing on {}: its pod would fit there", list(&nodes, MOST_NAMES))));
    }
    let unplaced = unplaced(&workload.unplaced);
    lines.extend(unplaced.iter().take(MOST).map(|line| (Label::Dim, line.clone())));
    if let Some(more) = unplaced.len().checked_sub(MOST + 1) {
        lines.push((Label::Dim, format!("and {} that keep pods off the nodes", count(more + 1, "more reason"))));
    }
    for (why, nodes) in &workload.ineligible {
        let names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        let nodes = count(nodes.len(), "node");
        lines.push((Label::Dim, format!("not eligible: {nodes} ({why}): {}", list(&names, MOST_NAMES))));
    }
    if workload.paused {
        let key = workload.workload.key;
        let why = format!(
            "it is paused: changes of its template are not rolled out before kubectl rollout resume deployment/{} -n {}",
            key.name, key.namespace
        );
        lines.push((Label::Warning, why));
    }
    lines
}

/// A refusal without the name of the pod, which is drawn anew each time.
fn refusal(message: &str) -> &str {
    message.split_once(" is forbidden: ").map_or(message, |(_, why)| why)
}

/// `40 wanted, 30 exist (2 pending), 10 missing`.
pub(in crate::report) fn figures(workload: &WorkloadPlacement) -> String {
    let for_nodes = if workload.workload.kind == WorkloadKind::DaemonSet { ", one for each eligible node" } else { "" };
    let exist = if workload.present == 1 { "exists" } else { "exist" };
    let pending =
        if workload.pending > 0 { format!(" ({} pending)", thousands(workload.pending)) } else { String::new() };
    let missing = match (workload.missing - workload.surge, workload.surge) {
        _ if workload.next_job => ", no Job of it is active".to_owned(),
        (0, 0) => String::new(),
        (missing, 0) => format!(", {} missing", thousands(missing)),
        (0, surge) => format!(", {} more missing for its rollout", thousands(surge)),
        (missing, surge) => {
            format!(", {} missing and {} more for its rollout", thousands(missing), thousands(surge))
        }
    };
    let names = if workload.absent.is_empty() {
        String::new()
    } else {
        let names: Vec<&str> = workload.absent.iter().map(|pod| pod.name.as_str()).collect();
        format!(": {}", list(&names, MOST_NAMES))
    };
    format!(
        "{} wanted{for_nodes}, {} {exist}{pending}{missing}{names}",
        thousands(workload.wanted),
        thousands(workload.present)
    )
}

/// A pod that is being deleted, when it is to be gone, and what prevents it.
pub(in crate::report) fn terminating(pod: &TerminatingPod, as_of: Option<Timestamp>) -> String {
    let deadline = pod.deadline.map_or_else(String::new, |at| match as_of {
        Some(as_of) if as_of > at => format!(", and should have been gone {}", ago(at, Some(as_of))),
        _ => format!(" (to be gone by {at})"),
    });
    let TerminatingPod { pod, silent_node, .. } = pod;
    let stuck = silent_node.map_or_else(String::new, |node| {
        format!(
            "; its node {node} does not report, so nothing finishes the deletion: repair or delete the node, or \
             kubectl delete pod {} -n {} --force",
            pod.name, pod.namespace
        )
    });
    format!("{} is Terminating{deadline}{stuck}", pod.name)
}

/// Replicas without a node, together where the same keeps them all off: of a DaemonSet's pod what its one node says.
pub(in crate::report) fn unplaced(replicas: &[UnplacedReplica]) -> Vec<String> {
    let mut groups: IndexMap<(bool, String), Vec<String>> = IndexMap::new();
    for replica in replicas {
        let (key, name) = match &replica.daemon {
            Some((node, reasons)) if !reasons.is_empty() => ((true, reasons.join(", ")), node.to_string()),
            _ => ((false, replica.message.clone()), replica.pod.name.to_string()),
        };
        groups.entry(key).or_default().push(name);
    }
    let line = |((of_nodes, why), names): ((bool, String), Vec<String>)| {
        let names = list(&names, MOST_NAMES);
        if of_nodes { format!("no pod runs on {names}: {why}") } else { format!("{names}: {why}") }
    };
    groups.into_iter().map(line).collect()
}
