//! What an answer does not rest on, shortened so that it can be read: of many things that differ in
//! numbers only, the first and how many more there are.

use indexmap::IndexMap;

use crate::framework::NotEvaluated;

/// So many of one kind are listed in full.
const MOST: usize = 2;

/// The things to tell, each with how many more there are like it.
pub(super) fn in_groups(items: &[NotEvaluated]) -> Vec<(&NotEvaluated, usize)> {
    let mut groups: IndexMap<&str, Vec<&NotEvaluated>> = IndexMap::new();
    for item in items {
        groups.entry(&item.what).or_default().push(item);
    }
    let listed = groups.into_values().flat_map(|group| {
        let more = if group.len() > MOST { group.len() - 1 } else { 0 };
        let shown = group.len() - more;
        group.into_iter().take(shown).map(move |item| (item, more))
    });
    listed.collect()
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
