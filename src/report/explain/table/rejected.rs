//! Why nodes do not take the pod: `REASON`, `CLOSEST NODES`.

use crate::explain::{Cause, NearMiss};
use crate::framework::Reason;
use crate::report::explain::table::cause_tables;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{break_long, count, list, longest_part, thousands};
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
    const WHERE: &str = "every node: rejected before any node was checked";
    let Some(rejection) = &answer.placement.pre_filter else { return };
    let mut grid = Grid::new(["REASON", "", "NODES", "WHERE"]).right_aligned([2]);
    let plugin = rejection.plugin.unwrap_or("PreFilter");
    let details: Vec<String> =
        rejection.rejection.reasons.iter().map(|reason| screen.short(&words::brief(reason)).into_owned()).collect();
    let room = DetailRoom { plugin: plugin.len(), usual: (screen.width() / 3).max(20) };
    let room = room.of(screen, &details, &[WHERE.to_owned()]);
    for detail in details {
        grid.row(
            Label::Plugin,
            vec![plugin.to_owned(), break_long(&detail, room), thousands(answer.nodes), WHERE.to_owned()],
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
    if screen.is_wide() {
        grid = grid.unbroken();
    }
    let shown: Vec<&Cause> = causes.iter().take(MOST_CAUSES).collect();
    let details: Vec<String> = shown.iter().map(|cause| screen.short(&words::cause(cause)).into_owned()).collect();
    let places: Vec<String> = shown
        .iter()
        .map(|cause| {
            let nodes: Vec<_> = cause.nodes.iter().chain(&cause.behind).copied().collect();
            let place = words::place(&nodes, cause.label.as_ref(), nodes.len() == answer.nodes);
            screen.short(&place).into_owned()
        })
        .collect();
    // A wide table has room for both.
    let beside = if screen.is_wide() { &[] } else { places.as_slice() };
    let room = DetailRoom::usual(screen, causes).of(screen, &details, beside);
    for ((cause, detail), place) in shown.into_iter().zip(details).zip(places) {
        let detail = detail.lines().map(|line| break_long(line, room)).collect::<Vec<_>>().join("\n");
        grid.row(Label::Plugin, vec![plugin(cause), detail, nodes_of(cause), place]);
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

/// The room for what a cause is, beside the plugin, the count and where it is.
struct DetailRoom {
    /// Columns of the longest plugin.
    plugin: usize,
    /// What is mostly right.
    usual: usize,
}

impl DetailRoom {
    /// Columns of the count, and blanks between the columns.
    const NODES: usize = 8;
    const GAP: usize = 3;
    /// Less cannot be read.
    const LEAST: usize = 20;

    /// A little more than half of what plugin and count leave.
    fn usual(screen: &Screen, causes: &[Cause]) -> Self {
        let plugin = causes.iter().map(|cause| plugin(cause).len()).max().unwrap_or_default();
        let left = screen.width().saturating_sub(plugin + Self::GAP + Self::NODES);
        Self { plugin, usual: (left * 4 / 7).max(Self::LEAST) }
    }

    /// Less or more than usual, so that neither a name among `details` nor one among `places` is cut.
    fn of(self, screen: &Screen, details: &[String], places: &[String]) -> usize {
        let longest = |texts: &[String]| texts.iter().map(|text| longest_part(text)).max().unwrap_or(0);
        let both = screen.width().saturating_sub(self.plugin + Self::NODES + 2 * Self::GAP);
        let most = both.saturating_sub(longest(places));
        self.usual.max(longest(details)).min(most).max(Self::LEAST)
    }
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
