//! `--diff`: only what the scenario changes.

use crate::simulate::{Diff, PodDiff, PodLocation};

use super::super::style::Label;
use super::super::text::count;
use super::table::nodes;
use crate::report::screen::{Grid, Screen};

/// The first line.
pub(in crate::report) fn headline(diff: &Diff) -> (Label, String) {
    let pods = |wanted: fn(&PodDiff) -> bool| diff.pods.iter().filter(|pod| wanted(pod)).count();
    let unplaced = pods(|pod| pod.with == PodLocation::Pending);
    let parts = [
        (pods(|pod| pod.without.node().is_some() && pod.with.node().is_some()), "moves", "move"),
        (pods(|pod| pod.without == PodLocation::Pending && pod.with.node().is_some()), "now fits", "now fit"),
        (pods(|pod| pod.without == PodLocation::Absent && pod.with.node().is_some()), "is new", "are new"),
        (unplaced, "does not fit any more", "do not fit any more"),
        (pods(|pod| pod.with == PodLocation::Absent), "is deleted", "are deleted"),
    ];
    let counts: Vec<String> = parts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, several)| format!("{} {}", count(number, "pod"), if number == 1 { one } else { several }))
        .collect();
    if counts.is_empty() {
        let what = if diff.nodes.is_empty() { "No difference" } else { "No difference in placement" };
        return (Label::Plain, what.to_owned());
    }
    (if unplaced > 0 { Label::Rejected } else { Label::Fits }, counts.join(", "))
}

/// Pods that are somewhere else, and nodes that carry something else.
pub(super) fn render(screen: &mut Screen, diff: &Diff, wide: bool, most_pods: usize, most_nodes: usize) {
    if !diff.pods.is_empty() {
        screen.heading("DIFFERENCES", "where each pod is without the changes, and with them");
        let mut grid = Grid::new(["POD", "WITHOUT", "WITH"]);
        for pod in diff.pods.iter().take(most_pods) {
            let label = if pod.with.node().is_some() { Label::Fits } else { Label::Rejected };
            grid.row(label, [pod.pod.to_string(), word(pod.without), word(pod.with)]);
        }
        screen.grid(&grid);
        screen.left_out(diff.pods.len(), most_pods, "pod");
    }
    nodes(screen, &diff.nodes, wide, most_nodes);
}

pub(in crate::report) fn word(location: PodLocation) -> String {
    match location {
        PodLocation::Node(node) => node.to_string(),
        PodLocation::Pending => "<pending>".to_owned(),
        PodLocation::Absent => "<none>".to_owned(),
    }
}
