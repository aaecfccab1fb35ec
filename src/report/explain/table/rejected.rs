//! Why nodes do not take the pod: `REASON`, `CLOSEST NODES`.

use crate::explain::{Cause, NearMiss};
use crate::framework::Reason;
use crate::report::explain::table::cause_tables;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{break_long, count, list, thousands};
use crate::report::{Answer, Look, words};

/// Causes shown.
pub(in crate::report) const MOST_CAUSES: usize = 12;
/// Closest nodes shown.
pub(in crate::report) const MOST_NEAR_MISSES: usize = 5;

pub(in crate::report) fn render(screen: &mut Screen, answer: &Answer, look: Look) {
    let placement = &answer.placement;
    turned_away(screen, answer);
    causes(screen, answer);
    cause_tables::render(screen, answer, look);
    if placement.feasible().next().is_none() {
        near_misses(screen, &answer.explanation.near_misses);
    }
}

/// PreFilter's no, which holds for every node.
fn turned_away(screen: &mut Screen, answer: &Answer) {
    let Some(rejection) = &answer.placement.pre_filter else { return };
    let mut grid = Grid::new(["REASON", "", "NODES", "WHERE"]).right_aligned([2]);
    for reason in &rejection.rejection.reasons {
        grid.row(
            Label::Plugin,
            vec![
                rejection.plugin.unwrap_or("PreFilter").to_owned(),
                break_long(&screen.short(&words::brief(reason)), (screen.width() / 3).max(20)),
                thousands(answer.nodes),
                "every node: rejected before any node was checked".to_owned(),
            ],
        );
    }
    screen.blank();
    screen.grid(&grid);
}

fn causes(screen: &mut Screen, answer: &Answer) {
    let causes = &answer.explanation.causes;
    if causes.is_empty() {
        return;
    }
    let mut grid = Grid::new(["REASON", "", "NODES", "WHERE"]).right_aligned([2]);
    let room = detail_width(screen, causes);
    for cause in causes.iter().take(MOST_CAUSES) {
        let nodes: Vec<_> = cause.nodes.iter().chain(&cause.behind).copied().collect();
        grid.row(
            Label::Plugin,
            vec![
                plugin(cause),
                words::cause(cause)
                    .lines()
                    .map(|line| break_long(&screen.short(line), room))
                    .collect::<Vec<_>>()
                    .join("\n"),
                nodes_of(cause),
                words::place(&nodes, cause.label.as_ref(), nodes.len() == answer.nodes),
            ],
        );
    }
    let others = answer.placement.nodes.iter().filter(|node| !node.is_feasible()).count();
    screen.blank();
    if others < answer.placement.nodes.len() {
        screen.paragraph(
            Label::Plain,
            &format!("{} {} it:", count(others, "node"), if others == 1 { "rejects" } else { "reject" }),
        );
    }
    screen.grid(&grid);
    if causes.len() > MOST_CAUSES {
        screen.line(&[(Label::Dim, &format!("and {}", count(causes.len() - MOST_CAUSES, "more cause")))]);
    }
    if causes.iter().any(|cause| !cause.behind.is_empty()) {
        screen.paragraph(Label::Dim, "+N: also fails on N nodes that are counted above");
    }
}

/// The room for what a cause is: a little more than half of what plugin and count leave.
fn detail_width(screen: &Screen, causes: &[Cause]) -> usize {
    const NODES: usize = 8;
    let plugin = causes.iter().map(|cause| plugin(cause).len() + 3).max().unwrap_or_default();
    (screen.width().saturating_sub(plugin + NODES) * 4 / 7).max(20)
}

pub(in crate::report) fn plugin(cause: &Cause) -> String {
    match (&cause.reason, cause.plugin) {
        (Reason::ExcludedByPreFilter { plugins }, _) => plugins.join(", "),
        (_, plugin) => plugin.unwrap_or("framework").to_owned(),
    }
}

/// `3`, `3 +4`, `+4`.
pub(in crate::report) fn nodes_of(cause: &Cause) -> String {
    match (cause.nodes.len(), cause.behind.len()) {
        (first, 0) => thousands(first),
        (0, behind) => format!("+{}", thousands(behind)),
        (first, behind) => format!("{} +{}", thousands(first), thousands(behind)),
    }
}

fn near_misses(screen: &mut Screen, near_misses: &[NearMiss]) {
    if near_misses.is_empty() {
        return;
    }
    screen.heading("CLOSEST NODES", "");
    let mut grid = Grid::default();
    for near_miss in near_misses.iter().take(MOST_NEAR_MISSES) {
        for (index, miss) in near_miss.misses.iter().enumerate() {
            let node = if index == 0 { list(&near_miss.nodes, 1) } else { String::new() };
            grid.row(Label::Plain, vec![node, words::subject(miss.plugin, &miss.reason), words::miss(miss)]);
        }
    }
    screen.grid(&grid);
    let shown = near_misses.iter().take(MOST_NEAR_MISSES).map(|near_miss| near_miss.nodes.len()).sum::<usize>();
    let rest = near_misses.iter().map(|near_miss| near_miss.nodes.len()).sum::<usize>() - shown;
    if rest > 0 {
        screen.line(&[(Label::Dim, &format!("and {}, farther away", count(rest, "more node")))]);
    }
}
