//! Long node names, shortened the same way everywhere on a screen.
//!
//! The nodes of an EKS cluster all end in `.us-west-2.compute.internal`, those of a GKE cluster all begin
//! with `gke-production-`: what they share is written `…`, so that tables stay within the screen and no
//! name is cut inside a word. `wide`, data and pages have the names whole.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use super::text::columns;

/// Names up to this many columns stay whole.
const LONG: usize = 24;
/// Less than this is not worth an ellipsis.
const WORTH: usize = 8;

/// The names of a cluster's nodes, and what the long ones share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeNames {
    /// The short form of each name that has one.
    short: FxHashMap<String, String>,
    prefix: String,
    suffix: String,
}

impl NodeNames {
    /// The names of a cluster; none when they need no shortening, or would be ambiguous after it.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut names: Vec<&str> = names.collect();
        let known: FxHashSet<&str> = names.iter().copied().collect();
        // What a what-if question adds is called after the node that it is like.
        names.retain(|name| model(name).is_none_or(|(model, _)| !known.contains(model)));
        if names.iter().all(|name| columns(name) <= LONG) {
            return None;
        }
        let suffix = shared_suffix(&names);
        let without_suffix = |name: &&str| name.strip_suffix(suffix).unwrap_or(name).len();
        let still_long = names.iter().any(|name| without_suffix(name) > LONG);
        let prefix = if still_long { shared_prefix(&names) } else { "" };
        let mut taken: FxHashSet<String> = FxHashSet::default();
        let mut short = FxHashMap::default();
        for name in names {
            let rest = name.strip_suffix(suffix).unwrap_or(name);
            let rest = rest.strip_prefix(prefix).unwrap_or(rest);
            let lead = if name.starts_with(prefix) && !prefix.is_empty() { "…" } else { "" };
            let end = if name.ends_with(suffix) && !suffix.is_empty() { "…" } else { "" };
            let text = format!("{lead}{rest}{end}");
            if !taken.insert(text.clone()) {
                return None;
            }
            if text != name {
                short.insert(name.to_owned(), text);
            }
        }
        (!short.is_empty()).then(|| Self { short, prefix: prefix.to_owned(), suffix: suffix.to_owned() })
    }

    /// `text` with every node's name in its short form.
    pub fn shorten<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out: Option<String> = None;
        let mut copied = 0;
        let mut start = 0;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        while let Some(begin) = text[start..].find(is_name).map(|at| start + at) {
            let end = text[begin..].find(|c| !is_name(c)).map_or(text.len(), |at| begin + at);
            // A sentence may end behind the name.
            let word = text[begin..end].trim_end_matches('.');
            let added = || {
                let (model, rest) = model(word)?;
                Some(format!("{}{rest}", self.short.get(model)?))
            };
            if let Some(short) = self.short.get(word).cloned().or_else(added) {
                let out = out.get_or_insert_default();
                out.push_str(&text[copied..begin]);
                out.push_str(&short);
                copied = begin + word.len();
            }
            start = end;
        }
        match out {
            Some(mut out) => {
                out.push_str(&text[copied..]);
                Cow::Owned(out)
            }
            None => Cow::Borrowed(text),
        }
    }

    /// Whether a short form is in `text`.
    pub fn are_in(&self, text: &str) -> bool {
        self.short.values().any(|short| text.contains(short.as_str()))
    }

    /// What `…` stands for; `wide` is how to see the whole names.
    pub fn legend(&self, wide: Option<&str>) -> String {
        let parts = [self.prefix.as_str(), self.suffix.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let legend = format!("… in node names: {}", parts.join(" and "));
        wide.map_or(legend.clone(), |wide| format!("{legend}; {wide} shows whole names"))
    }
}

/// Of a node that a question adds the node that it is like, and what its name has behind that.
fn model(name: &str) -> Option<(&str, &str)> {
    let at = name.rfind("-new-").or_else(|| name.strip_suffix("-copy").map(str::len))?;
    Some(name.split_at(at))
}

/// The part from the first dot on that most of the names have, at least half of them.
fn shared_suffix<'a>(names: &[&'a str]) -> &'a str {
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    for name in names {
        if let Some(at) = name.find('.') {
            *counts.entry(&name[at..]).or_default() += 1;
        }
    }
    let most =
        counts.into_iter().filter(|(suffix, _)| suffix.len() >= WORTH).max_by_key(|(suffix, count)| (*count, *suffix));
    most.filter(|(_, count)| 2 * count >= names.len()).map_or("", |(suffix, _)| suffix)
}

/// What all names begin with, up to a `-`; several names share it.
fn shared_prefix<'a>(names: &[&'a str]) -> &'a str {
    let [first, others @ ..] = names else { return "" };
    if others.is_empty() {
        return "";
    }
    let common = |name: &&str| first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let shared = others.iter().map(common).min().unwrap_or(0);
    let end = first.get(..shared).and_then(|shared| shared.rfind('-')).map_or(0, |at| at + 1);
    first.get(..end).filter(|prefix| prefix.len() >= WORTH).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(names: &[&str], text: &str, expected: &str) {
        let names = NodeNames::of(names.iter().copied());
        let shown = names.as_ref().map_or(Cow::Borrowed(text), |names| names.shorten(text));
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_all_names_share_is_an_ellipsis() {
        let eks = ["ip-172-16-84-1.us-west-2.compute.internal", "ip-172-16-84-10.us-west-2.compute.internal"];
        case(&eks, "ip-172-16-84-1.us-west-2.compute.internal", "ip-172-16-84-1…");
        case(
            &eks,
            "on ip-172-16-84-1.us-west-2.compute.internal, ip-172-16-84-10.us-west-2.compute.internal.",
            "on ip-172-16-84-1…, ip-172-16-84-10….",
        );
        case(
            &eks,
            "kubernetes.io/hostname=ip-172-16-84-1.us-west-2.compute.internal",
            "kubernetes.io/hostname=ip-172-16-84-1…",
        );
        // A node that a question adds is called after the one that it is like; another name is left alone.
        case(&eks, "ip-172-16-84-1.us-west-2.compute.internal-copy", "ip-172-16-84-1…-copy");
        case(&eks, "ip-172-16-84-1.us-west-2.compute.internal-x", "ip-172-16-84-1.us-west-2.compute.internal-x");
        let gke = ["gke-production-eu-default-pool-7f3a2b1c-x8xq", "gke-production-eu-gpu-pool-1a2b3c4d-9kk2"];
        case(&gke, gke[1], "…gpu-pool-1a2b3c4d-9kk2");
        case(&["node-1", "node-2"], "node-1", "node-1");
        case(&["ip-10-0-0-1.ec2.internal", "node-1"], "ip-10-0-0-1.ec2.internal", "ip-10-0-0-1.ec2.internal");
        // Ambiguous without it.
        case(
            &["a-node-called-1.eu.example.com.internal", "a-node-called-1…"],
            "a-node-called-1.eu.example.com.internal",
            "a-node-called-1.eu.example.com.internal",
        );
    }
}
