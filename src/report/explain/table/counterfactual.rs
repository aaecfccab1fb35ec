//! What a node would need to win.

use crate::explain::{Counterfactual, Position};
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{break_long, thousands};
use crate::report::words::help as help_words;

pub(in crate::report) fn render(screen: &mut Screen, counterfactual: &Counterfactual, several_containers: bool) {
    let node = counterfactual.node;
    let position = match counterfactual.position {
        Position::Wins { points_ahead: Some(ahead) } => format!("{node} wins, {ahead} points ahead of the next"),
        // The only node, or the one that the pod is nominated to: said above.
        Position::Wins { points_ahead: None } => return,
        Position::Ties { tied_nodes: nodes } => {
            format!(
                "{node} ties with {} others: picked with a chance of 1 in {nodes}",
                thousands(nodes.saturating_sub(1))
            )
        }
        Position::Nominated { nominated_node: to } => {
            format!("{to} is used without comparison: the pod is nominated to it")
        }
        Position::Behind { best_node: best, points_behind: points } => {
            let gaps: Vec<String> =
                counterfactual.gaps.iter().map(|gap| format!("{} {:+}", gap.plugin, -gap.points)).collect();
            format!("{node} is {points} points behind {best}: {}", gaps.join(", "))
        }
    };
    screen.blank();
    screen.paragraph(Label::Plain, &position);
    if !matches!(counterfactual.position, Position::Behind { .. }) {
        return;
    }
    if counterfactual.changes.is_empty() {
        screen.paragraph(Label::Plain, "no single change of the node or pod that was tried makes it win");
        return;
    }
    screen.heading("WHAT WOULD MAKE IT WIN", "each one was re-run");
    let mut grid = Grid::default();
    let room = (screen.width() * 5 / 8).max(24);
    for (index, change) in counterfactual.changes.iter().enumerate() {
        let steps: Vec<String> =
            change.steps.iter().flat_map(|edit| help_words::of_edit(edit, several_containers)).collect();
        let outcome = if change.tied_nodes > 1 {
            format!("{} points, a tie of {}", change.total, change.tied_nodes)
        } else {
            format!("{} points", change.total)
        };
        grid.row(
            Label::Hint,
            vec![(index + 1).to_string(), break_long(&screen.short(&steps.join(", and ")), room), outcome],
        );
    }
    screen.grid(&grid);
}
