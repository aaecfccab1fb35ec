//! A message taken apart: the one place where the scheduler's text is read.

use std::collections::{BTreeMap, BTreeSet};

use crate::framework::{NodePlacement, Placement};

use super::{Phrase, wording};

/// What both wordings begin with (upstream tainttoleration/taint_toleration.go, Filter).
const TAINT: &str = "node(s) had untolerated taint";

/// `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable.`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// How many nodes there were.
    pub(super) nodes: usize,
    /// Each phrase with the nodes it was given on; one that holds for all is on all of them. All in present words.
    phrases: BTreeMap<String, usize>,
    /// What PostFilter added, as far as releases agree on it.
    post_filter: String,
}

impl Counts {
    /// Reads a message; none if it is not of this form. What PostFilter added is left out.
    pub(super) fn parse(message: &str) -> Option<Self> {
        let (nodes, text) = message.strip_prefix("0/")?.split_once(" nodes are available:")?;
        let nodes = nodes.parse().ok()?;
        let (filters, post_filter) = text.split_once(". ").unwrap_or((text, ""));
        let filters = filters.trim();
        let filters = filters.strip_suffix('.').unwrap_or(filters);
        let mut phrases = BTreeMap::new();
        let mut rest = filters;
        while !rest.is_empty() {
            let (phrase, after) = split(rest);
            let (count, text) = counted(phrase).unwrap_or((nodes, phrase));
            if let Some(text) = wording::present(text) {
                *phrases.entry(text).or_default() += count;
            }
            rest = after;
        }
        Some(Self { nodes, phrases, post_filter: wording::post_filter(post_filter) })
    }

    /// What a placement in a state of so many `nodes` says.
    pub(super) fn of(placement: &Placement, nodes: usize) -> Self {
        let mut phrases: BTreeMap<String, usize> = BTreeMap::new();
        if let Some(rejection) = &placement.pre_filter {
            phrases.extend(wording::present(&rejection.rejection.message()).map(|text| (text, nodes)));
        } else {
            for reason in placement.nodes.iter().flat_map(NodePlacement::reasons) {
                if let Some(text) = wording::present(&reason.to_string()) {
                    *phrases.entry(text).or_default() += 1;
                }
            }
        }
        Self { nodes, phrases, post_filter: wording::post_filter(&placement.post_filter) }
    }

    /// Whether both say the same of the nodes.
    pub(super) fn agrees(&self, ours: &Self) -> bool {
        (self.nodes, &self.phrases) == (ours.nodes, &ours.phrases)
    }

    /// Whether both say the same of preemption, or one of them nothing.
    pub(super) fn agrees_on_preemption(&self, ours: &Self) -> bool {
        self.post_filter == ours.post_filter || self.post_filter.is_empty() || ours.post_filter.is_empty()
    }

    /// Phrases with different counts.
    pub(super) fn against(&self, ours: &Self) -> Vec<Phrase> {
        let texts: BTreeSet<&String> = self.phrases.keys().chain(ours.phrases.keys()).collect();
        let count = |counts: &Self, text| counts.phrases.get(text).copied().unwrap_or_default();
        let compared = texts.into_iter().map(|text| Phrase {
            text: text.clone(),
            theirs: count(self, text),
            ours: count(ours, text),
        });
        compared.filter(|phrase| phrase.theirs != phrase.ours).collect()
    }

    /// Whether both say the same but for which taints they name.
    pub(super) fn differ_in_taints_only(&self, ours: &Self) -> bool {
        !self.agrees(ours) && self.nodes == ours.nodes && self.without_taints() == ours.without_taints()
    }

    fn without_taints(&self) -> BTreeMap<&str, usize> {
        let mut phrases = BTreeMap::new();
        for (text, count) in &self.phrases {
            let text = if text.starts_with(TAINT) { TAINT } else { text };
            *phrases.entry(text).or_default() += count;
        }
        phrases
    }
}

/// The first phrase and what follows it: another begins where a number stands behind a comma.
fn split(text: &str) -> (&str, &str) {
    for (at, _) in text.match_indices(", ") {
        let next = text.get(at + 2..).unwrap_or_default();
        if counted(next).is_some() {
            return (text.get(..at).unwrap_or_default(), next);
        }
    }
    (text, "")
}

fn counted(phrase: &str) -> Option<(usize, &str)> {
    let (count, text) = phrase.split_once(' ')?;
    count.bytes().all(|byte| byte.is_ascii_digit()).then(|| count.parse().ok().map(|count| (count, text)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(message: &str, expected: Option<&[(&str, usize)]>) {
        let found = Counts::parse(message);
        let phrases: Option<Vec<(&str, usize)>> =
            found.as_ref().map(|counts| counts.phrases.iter().map(|(text, count)| (text.as_str(), *count)).collect());
        assert_eq!(phrases.as_deref(), expected, "{message}");
    }

    #[test]
    fn phrases_and_counts() {
        case(
            "0/12 nodes are available: 1 node(s) had untolerated taint {a: b}, 11 Insufficient cpu. \
             preemption: 0/12 nodes are available: 12 No preemption victims found for incoming pod.",
            Some(&[("Insufficient cpu", 11), ("node(s) had untolerated taint {a: b}", 1)]),
        );
        case(
            "0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s).",
            Some(&[("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)", 2)]),
        );
        case(
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
            Some(&[("pod has unbound immediate PersistentVolumeClaims", 3)]),
        );
        case("0/0 nodes are available:", Some(&[]));
        case("skip schedule deleting pod: a/b", None);
        case("0/x nodes are available: 1 y.", None);
        case("0/99999999999999999999999 nodes are available: 1 y.", None);
        case("0/1 nodes are available: 99999999999999999999999 y.", Some(&[("99999999999999999999999 y", 1)]));
    }

    #[test]
    fn two_wordings_of_taints() {
        let counts = |phrases: &str| Counts::parse(&format!("0/5 nodes are available: {phrases}.")).unwrap();
        let named =
            counts("1 node(s) had untolerated taint {a: }, 2 Insufficient cpu, 2 node(s) had untolerated taint {b: c}");
        let unnamed = counts("2 Insufficient cpu, 3 node(s) had untolerated taint(s)");
        assert!(unnamed.differ_in_taints_only(&named) && named.differ_in_taints_only(&unnamed));
        assert!(!named.differ_in_taints_only(&named));
        assert!(!counts("3 Insufficient cpu, 2 node(s) had untolerated taint(s)").differ_in_taints_only(&named));
        let phrase = |text: &str, theirs, ours| Phrase { text: text.to_owned(), theirs, ours };
        assert_eq!(counts("2 x, 3 y").against(&counts("2 x, 1 y, 2 z")), [phrase("y", 3, 1), phrase("z", 0, 2)]);
    }
}
