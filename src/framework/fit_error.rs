//! The text of the `FailedScheduling` event (upstream framework/types.go, FitError.Error).

use std::collections::BTreeMap;
use std::fmt::Write;

/// No node passed the filters: every reason with the number of nodes it was given on.
///
/// Upstream sorts the finished phrases as strings, so `10 x` comes before `2 y`.
pub fn no_node<T: ToString>(nodes: usize, reasons: impl Iterator<Item = T>, post_filter: &str) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason.to_string()).or_default() += 1;
    }
    let mut phrases: Vec<String> = counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    phrases.sort();
    let mut text = format!("0/{nodes} nodes are available:");
    if !phrases.is_empty() {
        let _ = write!(text, " {}.", phrases.join(", "));
    }
    with_post_filter(text, post_filter)
}

/// PreFilter turned the pod away with `message`.
pub fn turned_away(nodes: usize, message: &str, post_filter: &str) -> String {
    let mut text = format!("0/{nodes} nodes are available:");
    if !message.is_empty() {
        let _ = write!(text, " {message}.");
    }
    with_post_filter(text, post_filter)
}

fn with_post_filter(mut text: String, post_filter: &str) -> String {
    if !post_filter.is_empty() {
        let _ = write!(text, " {post_filter}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_sorted_as_strings_with_their_counts() {
        let reasons = std::iter::repeat_n("x", 10).chain(std::iter::repeat_n("y", 2));
        assert_eq!(no_node(12, reasons, ""), "0/12 nodes are available: 10 x, 2 y.");
    }

    #[test]
    fn the_post_filter_text_follows() {
        assert_eq!(turned_away(3, "no", "not found"), "0/3 nodes are available: no. not found");
    }
}
