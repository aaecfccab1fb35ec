//! What an answer takes to be so where the input does not tell.

use crate::report::style::Label;
use crate::report::text::list;
use crate::simulate::Assumption;

use super::{Grid, Screen};

/// Pods that are named of each.
const PODS: usize = 3;

/// One line for each thing.
pub(crate) fn assumed(screen: &mut Screen, items: &[Assumption]) {
    if items.is_empty() {
        return;
    }
    screen.heading("ASSUMED", "the input does not tell");
    let mut grid = Grid::default();
    for item in items {
        let pods: Vec<String> = item.pods.iter().map(ToString::to_string).collect();
        let pods = if pods.is_empty() { String::new() } else { format!(": {}", list(&pods, PODS)) };
        grid.row(Label::Warning, vec![item.subject.clone(), format!("{}{pods}", item.assumption)]);
    }
    screen.grid(&grid);
}
