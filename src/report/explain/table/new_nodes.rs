//! Which nodes could be made for the pod, group by group.

use crate::node_groups::NewNodes;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::words::new_nodes as words;

fn row(line: words::GroupLine) -> Vec<String> {
    let lines: Vec<String> = std::iter::once(line.text).chain(line.fixes).collect();
    vec![line.id, lines.join("\n")]
}

/// The section; none where nobody makes nodes.
pub(in crate::report) fn render(screen: &mut Screen, new_nodes: &NewNodes) {
    if let Some(found) = &new_nodes.cluster_autoscaler {
        screen.heading("NEW NODES", &words::basis(found));
        let mut grid = Grid::default();
        for line in words::groups(found) {
            grid.row(if line.helps { Label::Fits } else { Label::Plain }, row(line));
        }
        screen.grid(&grid);
        if let Some(text) = words::outcome(found) {
            screen.paragraph(Label::Plain, &text);
        }
        for note in &found.run.notes {
            screen.paragraph(Label::Dim, &format!("Not known: {note}"));
        }
    }
    if let Some(found) = &new_nodes.karpenter {
        screen.heading("NEW NODES", &words::karpenter_basis(found));
        let mut grid = Grid::default();
        for line in words::pools(found) {
            grid.row(if line.helps { Label::Fits } else { Label::Plain }, row(line));
        }
        screen.grid(&grid);
        if let Some(text) = words::karpenter_outcome(found) {
            screen.paragraph(Label::Plain, &text);
        }
    }
    if let Some(conflict) = &new_nodes.conflict {
        screen.paragraph(Label::Warning, &words::conflict(conflict));
    }
    if new_nodes.cluster_autoscaler.is_none() && new_nodes.karpenter.is_none() {
        screen.heading("NEW NODES", "not known");
    }
    for note in &new_nodes.notes {
        screen.paragraph(Label::Warning, note);
    }
}
