//! What an answer does not rest on, shortened so that it can be read: of many things that differ in
//! numbers only, the first and how many more there are.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::framework::NotEvaluated;
use crate::report::style::Label;
use crate::report::text::thousands;

use super::{Grid, Screen};

/// So many of one kind are listed in full.
const MOST: usize = 2;

/// The things to tell, each with how many more there are like it. Of a kind every plugin says what it means to it: nothing
/// of that is left out.
pub(in crate::report) fn in_groups(items: &[NotEvaluated]) -> Vec<(&NotEvaluated, usize)> {
    let mut groups: IndexMap<&str, Vec<&NotEvaluated>> = IndexMap::new();
    for item in items {
        groups.entry(&item.what).or_default().push(item);
    }
    let listed = groups.into_values().flat_map(|group| {
        let more = if group.len() > MOST && group.iter().all(|item| item.kind.is_none()) { group.len() - 1 } else { 0 };
        let shown = group.len() - more;
        group.into_iter().take(shown).map(move |item| (item, more))
    });
    listed.collect()
}

/// The section that says what could change the answer; none where there is nothing.
pub(crate) fn not_evaluated(screen: &mut Screen, items: &[NotEvaluated]) {
    if items.is_empty() {
        return;
    }
    screen.heading("NOT CONSIDERED", "could change the answer");
    let mut grid = Grid::default();
    let mut rows: IndexMap<(&str, &str), String> = IndexMap::new();
    for (item, more) in in_groups(items) {
        let more = if more > 0 { format!("; {} more like this", thousands(more)) } else { String::new() };
        let effects = rows.entry((&item.what, &item.why)).or_default();
        let parting = if effects.is_empty() { "" } else { "; " };
        effects.extend([parting, &item.effect, &more]);
    }
    for ((what, why), effects) in rows {
        grid.row(Label::Warning, vec![what.to_owned(), format!("{why}: {effects}")]);
    }
    screen.grid(&grid);
    // In one line, to be copied.
    let resources: BTreeSet<String> = items.iter().filter_map(|item| Some(item.rbac.as_ref()?.resource())).collect();
    if !resources.is_empty() {
        let resources = Vec::from_iter(resources).join(",");
        let command = format!("kubectl create clusterrole kubectl-sched-more --verb=list --resource={resources}");
        screen.line(&[(Label::Dim, "A role that grants the access: "), (Label::Plain, &command)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_first_is_listed() {
        let note = |what: &str, why: &str| NotEvaluated::new(what, why, "");
        let items = [note("a", "1"), note("b", "1"), note("a", "2"), note("b", "2"), note("a", "3")];
        let listed: Vec<(&str, &str, usize)> =
            in_groups(&items).into_iter().map(|(item, more)| (&*item.what, &*item.why, more)).collect();
        assert_eq!(listed, [("a", "1", 2), ("b", "1", 0), ("b", "2", 0)]);
    }
}
