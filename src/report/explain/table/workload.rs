//! The block above the pods of a workload: how many it wants, how many there are, and why the rest is missing.

use indexmap::IndexMap;

use crate::api::Timestamp;
use crate::control_plane::controller::Hold;
use crate::decode::workload::WorkloadKind;
use crate::report::screen::Screen;
use crate::report::style::Label;
use crate::report::text::{count, list, thousands};
use crate::report::words::cluster_messages::ago;
use crate::simulate::WorkloadPlacement;
use crate::simulate::workload::UnplacedReplica;

/// Reasons that are shown, each with the replicas that it keeps off the nodes.
const MOST: usize = 5;
/// Names in a list.
const MOST_NAMES: usize = 3;

/// The outcome in one line.
pub(in crate::report) fn headline(workload: &WorkloadPlacement) -> (Label, String) {
    let key = workload.workload;
    let (kind, name) = (key.kind, key.key);
    if let Some(Hold::Suspended) = workload.hold {
        return (Label::Warning, format!("{kind} {name} is suspended: its controller creates no pods"));
    }
    if workload.open() == 0 {
        let pods = if workload.wanted == 1 {
            "its pod has".to_owned()
        } else {
            format!("all {} pods have", thousands(workload.wanted))
        };
        let nodes = "each of its nodes has a pod".to_owned();
        let pods = if kind == WorkloadKind::DaemonSet { nodes } else { format!("{pods} a node") };
        return match workload.wanted {
            0 => (Label::Warning, format!("{kind} {name} wants no pods")),
            _ => (Label::Fits, format!("{kind} {name}: {pods}")),
        };
    }
    let open = count(workload.open(), if workload.missing == 0 { "pending pod" } else { "missing pod" });
    let is_refused = workload.refused.is_some() || matches!(workload.hold, Some(Hold::Refused { .. }));
    if workload.surge > 0 && is_refused {
        let what = "its rollout cannot continue: the API server refuses the next new pod";
        return (Label::Rejected, format!("{kind} {name}: {what}"));
    }
    if let Some((refused, _)) = &workload.refused {
        let refused =
            if *refused == workload.missing && workload.pending == 0 { "all".to_owned() } else { thousands(*refused) };
        return (Label::Rejected, format!("{kind} {name}: {open}; the API server refuses {refused} of them"));
    }
    match &workload.hold {
        Some(Hold::Refused { .. }) => {
            return (Label::Rejected, format!("{kind} {name}: {open}; the API server refuses its pods"));
        }
        Some(Hold::WaitsFor { pod, terminating }) => {
            let what = if *terminating { "which is being deleted" } else { "which is not running yet" };
            return (Label::Rejected, format!("{kind} {name}: {open}, not created before pod {}, {what}", pod.name));
        }
        _ => {}
    }
    if workload.fits() {
        return (Label::Fits, format!("{kind} {name}: all of {open} would fit"));
    }
    let placed = match workload.placed {
        0 => "none of them fits".to_owned(),
        1 => "1 of them fits".to_owned(),
        placed => format!("{} of them fit", thousands(placed)),
    };
    (Label::Rejected, format!("{kind} {name}: {open}; {placed}"))
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
    if let Some(Hold::WaitsFor { pod, terminating }) = &workload.hold {
        let what = if *terminating { "is gone" } else { "runs" };
        let why = format!("its pods are created in order: the next one waits until {} {what}", pod.name);
        lines.push((Label::Warning, why));
    }
    if let Some((_, why)) = &workload.refused {
        lines.push((Label::Warning, why.clone()));
    }
    if let Some(Hold::Refused { message, at }) = &workload.hold {
        let when = at.map_or_else(String::new, |at| format!(" {}", ago(at, as_of)));
        lines.push((Label::Warning, format!("its controller reported{when}: {message}")));
    }
    if !workload.terminating.is_empty() {
        lines.push((Label::Warning, format!("being deleted: {}", terminating(workload))));
    }
    let unplaced = unplaced(&workload.unplaced);
    lines.extend(unplaced.iter().take(MOST).map(|line| (Label::Dim, line.clone())));
    if let Some(more) = unplaced.len().checked_sub(MOST + 1) {
        lines.push((Label::Dim, format!("and {} that keep pods off the nodes", count(more + 1, "more reason"))));
    }
    if !workload.ineligible.is_empty() {
        let names: Vec<String> = workload.ineligible.iter().map(ToString::to_string).collect();
        let nodes = count(workload.ineligible.len(), "node");
        lines.push((Label::Dim, format!("not for {nodes}: {}", list(&names, MOST_NAMES))));
    }
    lines
}

/// `40 wanted, 30 exist (2 pending), 10 missing`.
pub(in crate::report) fn figures(workload: &WorkloadPlacement) -> String {
    let for_nodes =
        if workload.workload.kind == WorkloadKind::DaemonSet { ", one for each node that it is for" } else { "" };
    let exist = if workload.present == 1 { "exists" } else { "exist" };
    let pending =
        if workload.pending > 0 { format!(" ({} pending)", thousands(workload.pending)) } else { String::new() };
    let missing = match (workload.missing - workload.surge, workload.surge) {
        (0, 0) => String::new(),
        (missing, 0) => format!(", {} missing", thousands(missing)),
        (0, surge) => format!(", {} more missing for its rollout", thousands(surge)),
        (missing, surge) => {
            format!(", {} missing and {} more for its rollout", thousands(missing), thousands(surge))
        }
    };
    format!(
        "{} wanted{for_nodes}, {} {exist}{pending}{missing}",
        thousands(workload.wanted),
        thousands(workload.present)
    )
}

/// Pods that are being deleted, and when each is to be gone.
pub(in crate::report) fn terminating(workload: &WorkloadPlacement) -> String {
    let gone_by = |at: Option<Timestamp>| at.map_or_else(String::new, |at| format!(" (to be gone by {at})"));
    let names: Vec<String> =
        workload.terminating.iter().map(|(pod, at)| format!("{}{}", pod.name, gone_by(*at))).collect();
    list(&names, MOST_NAMES)
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
        if of_nodes { format!("no pod on {names}: {why}") } else { format!("{names}: {why}") }
    };
    groups.into_iter().map(line).collect()
}
