//! `WHAT WOULD HELP`: one line a suggestion, and what it costs under it.

use crate::api::name::Name;
use crate::explain::{Need, Suggestion};
use crate::report::commands;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{break_long, list};
use crate::report::words::{help as help_words, need as need_words, new_nodes as new_node_words};

const HEADING: &str = "WHAT WOULD HELP";
/// Said when no suggestion was found.
pub(in crate::report) const NOTHING: &str = "No change of the pod, of a node or of other pods that was tried places it, \
     neither alone nor in combinations of up to three.";

pub(in crate::report) fn render(screen: &mut Screen, suggestions: &[Suggestion], needed: &[Need], commands: bool) {
    if suggestions.is_empty() {
        screen.heading(HEADING, "");
        screen.paragraph(Label::Plain, NOTHING);
        needs(screen, needed, "It needs");
        return;
    }
    screen.heading(HEADING, "each one was re-run and does place the pod");
    let mut grid = Grid::default();
    if screen.is_wide() {
        grid = grid.unbroken();
    }
    let room = (screen.width() * 5 / 8).max(24);
    for (index, suggestion) in suggestions.iter().enumerate() {
        grid.row(
            Label::Hint,
            vec![(index + 1).to_string(), lines(screen, suggestion, room).join("\n"), nodes(suggestion)],
        );
    }
    screen.grid(&grid);
    if commands {
        for (index, suggestion) in suggestions.iter().enumerate() {
            for command in commands::of(suggestion) {
                screen.command((Label::Dim, &format!("{}   ", index + 1)), &command);
            }
        }
    }
    needs(screen, needed, "Or");
}

/// What would do as well and could not be tried.
fn needs(screen: &mut Screen, needed: &[Need], lead: &str) {
    for text in needs_in_words(needed, lead) {
        screen.paragraph(Label::Plain, &text);
    }
}

/// A line a need; the first begins with `lead`.
pub(in crate::report) fn needs_in_words(needed: &[Need], lead: &str) -> Vec<String> {
    let leads = std::iter::once(lead).chain(std::iter::repeat("and"));
    needed.iter().zip(leads).map(|(need, lead)| format!("{lead} {}", need_words::need(need))).collect()
}

/// What to do, and indented under it where others would go and what is given up.
fn lines(screen: &Screen, suggestion: &Suggestion, room: usize) -> Vec<String> {
    let summary = help_words::summary(suggestion);
    let weakens = suggestion.weakens.iter().map(|weakening| format!("caution: {}", help_words::weakening(weakening)));
    let maker = suggestion.maker.as_ref().map(new_node_words::maker);
    let under = help_words::moves(&suggestion.moves).into_iter().chain(maker).chain(weakens);
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in break_long(&screen.short(&summary), room).lines().enumerate() {
        lines.push(if index == 0 { line.to_owned() } else { format!("  {line}") });
    }
    for text in under {
        lines.extend(break_long(&screen.short(&text), room.saturating_sub(2)).lines().map(|line| format!("  {line}")));
    }
    lines
}

/// The node that would be chosen, and how many others could be had.
pub(in crate::report) fn nodes(suggestion: &Suggestion) -> String {
    let others = suggestion.opens.iter().filter(|node| **node != suggestion.node);
    let nodes: Vec<Name> = std::iter::once(&suggestion.node).chain(others).copied().collect();
    list(&nodes, 2)
}
