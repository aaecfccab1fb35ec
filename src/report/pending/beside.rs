//! What `pending` shows beside pending pods: pods that do not exist, and pods that kubelets rejected.

use crate::control_plane::controller::Hold;
use crate::explain::ended::Rejections;
use crate::explain::pending::{Owner, Pending};
use crate::simulate::WorkloadPlacement;

use super::super::style::Label;
use super::super::text::{count, list, thousands};
use crate::report::explain::table::workload;
use crate::report::screen::Screen;

/// Nodes of a DaemonSet, and pods that are being deleted, that are named.
const NAMED: usize = 3;
/// Rejections that are shown.
const REJECTIONS: usize = 10;

pub(super) fn render(screen: &mut Screen, pending: &Pending, wide: bool) {
    if !pending.missing.is_empty() {
        screen.heading("MISSING PODS", "wanted by their controllers, and not created");
        for workload in &pending.missing {
            missing(screen, workload);
        }
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

fn missing(screen: &mut Screen, placement: &WorkloadPlacement) {
    let pods = count(placement.missing, "pod");
    screen.paragraph(Label::Rejected, &format!("{pods} of {}", placement.workload));
    for line in why(placement) {
        screen.indented(Label::Plain, "  ", &line);
    }
}

/// Why they do not exist, and whether they would fit.
pub(in crate::report) fn why(placement: &WorkloadPlacement) -> Vec<String> {
    let mut lines = Vec::new();
    match (&placement.refused, &placement.hold) {
        (Some((refused, why)), _) => {
            let which =
                if *refused == placement.missing { String::new() } else { format!("{}: ", thousands(*refused)) };
            lines.push(format!("{which}refused by the API server: {why}"));
        }
        (None, Some(Hold::Refused { message, .. })) => {
            lines.push(format!("refused by the API server, as its controller reported: {message}"));
        }
        (None, Some(Hold::WaitsFor { pod, terminating })) => {
            let what = if *terminating { "which is being deleted" } else { "which does not run yet" };
            lines.push(format!("created in order: the next one waits for {}, {what}", pod.name));
        }
        (None, Some(Hold::Suspended) | None) => {
            let waits = placement.terminating.is_empty();
            if waits && placement.unplaced.is_empty() {
                lines.push("its controller has not created them; they would fit".to_owned());
            }
        }
    }
    if !placement.terminating.is_empty() {
        lines.push(format!("being deleted: {}", workload::terminating(placement)));
    }
    let nodes = workload::unplaced(&placement.unplaced);
    if !nodes.is_empty() {
        lines.push(format!("would not fit: {}", list(&nodes, NAMED)));
    }
    lines
}
