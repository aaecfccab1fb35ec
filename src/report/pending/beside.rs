//! What `pending` shows beside pending pods: pods that do not exist, and pods that kubelets rejected.

use crate::control_plane::controller::Hold;
use crate::explain::ended::Rejections;
use crate::explain::pending::{NotStartedPod, Owner, Pending};
use crate::simulate::WorkloadPlacement;

use super::super::style::Label;
use super::super::text::{count, list, thousands};
use crate::api::Timestamp;
use crate::report::explain::table::workload;
use crate::report::screen::Screen;
use crate::report::words::life;

/// Nodes of a DaemonSet, and pods that are being deleted, that are named.
const NAMED: usize = 3;
/// Rejections that are shown.
const REJECTIONS: usize = 10;

pub(super) fn render(screen: &mut Screen, pending: &Pending, as_of: Option<Timestamp>, wide: bool) {
    if !pending.missing.is_empty() {
        screen.heading("MISSING PODS", "wanted by their controllers, and not created");
        for workload in &pending.missing {
            missing(screen, workload, as_of);
        }
    }
    if !pending.not_started.is_empty() {
        screen.heading("NOT STARTED", "these pods have a node, and cannot run there");
        let most = if wide { usize::MAX } else { REJECTIONS };
        for NotStartedPod { pod, node, obstacles, .. } in pending.not_started.iter().take(most) {
            let why: Vec<String> = obstacles.iter().map(|obstacle| life::obstacle(obstacle, as_of)).collect();
            screen.paragraph(Label::Warning, &format!("{pod} on {node}: {}", why.join("; ")));
        }
        screen.left_out(pending.not_started.len(), most, "pod");
    }
    if !pending.rejections.is_empty() {
        screen.heading("REJECTED", "rejected by kubelets: these pods stay Failed");
        let most = if wide { usize::MAX } else { REJECTIONS };
        for (owner, rejections) in pending.rejections.iter().take(most) {
            screen.paragraph(Label::Warning, &rejection(owner, rejections));
            screen.quoted(Label::Dim, "  ", &rejections.message);
        }
        screen.left_out(pending.rejections.len(), most, "group");
    }
}

/// Pods that a kubelet rejected.
pub(in crate::report) fn rejection(owner: &Owner, rejections: &Rejections) -> String {
    let of = format!("{} {}", owner.kind.to_ascii_lowercase(), owner.key);
    let pods = count(rejections.count, "pod");
    format!("{pods} of {of} on {}: {}", rejections.node, rejections.reason)
}

fn missing(screen: &mut Screen, placement: &WorkloadPlacement, as_of: Option<Timestamp>) {
    let pods = count(placement.missing, "pod");
    let names: Vec<&str> = placement.absent.iter().map(|pod| pod.name.as_str()).collect();
    let names = if names.is_empty() { String::new() } else { format!(": {}", list(&names, NAMED)) };
    screen.paragraph(Label::Rejected, &format!("{pods} of {}{names}", placement.workload));
    for line in why(placement, as_of) {
        screen.indented(Label::Plain, "  ", &line);
    }
}

/// Why they do not exist, and whether they would fit.
pub(in crate::report) fn why(placement: &WorkloadPlacement, as_of: Option<Timestamp>) -> Vec<String> {
    let mut lines = Vec::new();
    match (&placement.refused, &placement.hold) {
        (Some((refused, why)), _) => {
            let which =
                if *refused == placement.missing { String::new() } else { format!("{}: ", thousands(*refused)) };
            lines.push(format!("{which}refused by the API server: {why}"));
        }
        (None, Some(Hold::Refused { message, outdated, .. })) => {
            let now = if *outdated { "; the API server would admit them now" } else { "" };
            lines.push(format!("refused by the API server, as its controller reported: {message}{now}"));
        }
        (None, Some(hold @ (Hold::WaitsFor { .. } | Hold::NameTaken { .. } | Hold::Backoff { .. }))) => {
            lines.push(life::hold(hold));
        }
        (None, _) => {
            let waits = placement.terminating.is_empty();
            if waits && placement.unplaced.is_empty() {
                lines.push("its controller has not created them; they would fit".to_owned());
            }
        }
    }
    lines.extend(placement.terminating.iter().take(NAMED).map(|pod| workload::terminating(pod, as_of)));
    let nodes = workload::unplaced(&placement.unplaced);
    if !nodes.is_empty() {
        lines.push(format!("would not fit: {}", list(&nodes, NAMED)));
    }
    lines
}
