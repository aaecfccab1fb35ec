//! Labels that a pod asks for and a node lacks: the node gets the label, or the pod asks for
//! another one. What looks like a slip of the pen, or like the old name of a label, comes first.

use crate::api::name::{Name, name};
use crate::edit::{Edit, PodChange};
use crate::state::NodeInfo;
use crate::state::{Cluster, Pod};

use super::remedies::{patch, prefer_node_affinity};
use super::trial::WhatIf;

/// The labels of this domain and below tell what a node is, not what somebody wants of it ...
const FACT_DOMAIN: &str = "kubernetes.io";
/// ... but for these two.
const WISH_DOMAINS: [&str; 2] = ["node-role.kubernetes.io", "node-restriction.kubernetes.io"];
/// Letters by which a typing mistake may differ, and the length below which everything is similar.
const SLIP: usize = 2;
const SHORTEST: usize = 4;
/// Labels that have another name now
/// (<https://kubernetes.io/docs/reference/labels-annotations-taints/>).
const RENAMED: [(&str, &str); 6] = [
    ("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
];

/// Whether the label tells for which machines an image must be made.
pub(super) fn is_platform(key: Name) -> bool {
    matches!(
        key.as_str(),
        "kubernetes.io/arch" | "kubernetes.io/os" | "beta.kubernetes.io/arch" | "beta.kubernetes.io/os"
    )
}

/// Whether no node has the label at all: then it was forgotten rather than put elsewhere.
pub(super) fn is_nowhere(cluster: &Cluster, key: Name) -> bool {
    !cluster.nodes().iter().any(|node| node.node.labels.contains_key(key))
}

/// Whether some node has the label: then the pod asks for nodes that there are.
pub(super) fn is_somewhere(cluster: &Cluster, key: Name, value: Name) -> bool {
    cluster.nodes().iter().any(|node| node.node.labels.get(key) == Some(value))
}

/// Changes after which `node` may have the labels that the pod asks for.
pub(super) fn remedies(trial: &WhatIf<'_>, node: &NodeInfo, unmatched: &[Name], affinity: bool) -> Vec<Edit> {
    let pod = trial.pod();
    let mut edits = Vec::new();
    // One label after the other: what is left is asked about again.
    if let Some(key) = unmatched.first() {
        if let Some(value) = pod.spec().node_selector.get(*key) {
            edits.extend(meant(trial.cluster(), node, *key, value).map(|change| patch(pod, change)));
            if is_wish(*key) {
                edits.push(Edit::LabelNode { node: node.name(), key: *key, value });
            }
        }
        edits.push(patch(pod, PodChange::DropNodeSelector { key: *key }));
    } else if affinity {
        edits.extend(wanted_labels(pod, node));
        edits.extend(prefer_node_affinity(pod));
    }
    edits
}

/// The label of `node` that was meant by one that no node has.
fn meant(cluster: &Cluster, node: &NodeInfo, key: Name, value: Name) -> Option<PodChange> {
    if is_somewhere(cluster, key, value) {
        return None;
    }
    let (to_key, to_value) = node.node.labels.iter().find(|(other, has)| {
        let renamed = RENAMED.iter().any(|(old, new)| key == *old && *other == *new) && *has == value;
        let misspelt = (*other == key && is_wish(key) && is_slip(value.as_str(), has.as_str()))
            || (*has == value && !value.is_empty() && is_slip(key.as_str(), other.as_str()));
        renamed || misspelt
    })?;
    Some(PodChange::ReplaceNodeSelector { key, to_key, to_value })
}

/// Whether two words differ as by a slip of the pen; words that are counted on (`pool-1`, `pool-2`) do not.
fn is_slip(a: &str, b: &str) -> bool {
    let without_digits = |word: &str| word.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    a.len().min(b.len()) >= SHORTEST
        && a != b
        && without_digits(a) != without_digits(b)
        && distance(&a.to_lowercase(), &b.to_lowercase()) <= SLIP
}

/// Letters to put in, take out or change to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, letter) in a.chars().enumerate() {
        let mut next = vec![index + 1];
        for ((other, diagonal), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or_default();
            let changed = diagonal + usize::from(*other != letter);
            next.push(changed.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Labels that the alternatives of required node affinity want and the node lacks, where one
/// label is all that an alternative lacks.
fn wanted_labels(pod: &Pod, node: &NodeInfo) -> Vec<Edit> {
    let Some(required) = pod.spec().required_node_affinity() else { return Vec::new() };
    let labels = &node.node.labels;
    required
        .node_selector_terms
        .iter()
        .filter_map(|term| {
            let mut lacking = term.match_expressions.iter().filter(|wanted| match wanted.operator.as_str() {
                "In" => labels.get(wanted.key).is_none_or(|value| !wanted.values.contains(&value)),
                "Exists" => !labels.contains_key(wanted.key),
                _ => false,
            });
            let (wanted, None) = (lacking.next()?, lacking.next()) else { return None };
            let value = wanted.values.first().copied().unwrap_or_default();
            is_wish(wanted.key).then_some(Edit::LabelNode { node: node.name(), key: wanted.key, value })
        })
        .take(2)
        .collect()
}

/// The label that makes the node part of a topology: its own name, or the domain of the first node
/// that has one.
pub(super) fn of_topology(cluster: &Cluster, node: &NodeInfo, key: Name) -> Option<Edit> {
    let value = if key == "kubernetes.io/hostname" {
        node.name()
    } else {
        cluster.nodes().iter().find_map(|other| other.node.labels.get(key))?
    };
    Some(Edit::LabelNode { node: node.name(), key: name(key.as_str()), value })
}

fn is_wish(key: Name) -> bool {
    key.split_once('/').is_none_or(|(domain, _)| {
        let below = domain.strip_suffix(FACT_DOMAIN).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        !below || WISH_DOMAINS.contains(&domain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen() {
        let case = |a: &str, b: &str, slip: bool| assert_eq!(is_slip(a, b), slip, "{a} {b}");
        case("gpu-nodes", "gpu-node", true);
        case("Database", "database", true);
        case("disktype", "disk-type", true);
        case("pool-1", "pool-2", false);
        case("ssd", "hdd", false);
        case("database", "frontend", false);
    }

    #[test]
    fn facts_and_wishes() {
        let case = |key: &str, wish: bool| assert_eq!(is_wish(name(key)), wish, "{key}");
        case("disktype", true);
        case("node-role.kubernetes.io/worker", true);
        case("nvidia.com/gpu.present", true);
        case("mykubernetes.io/x", true);
        case("kubernetes.io/arch", false);
        case("feature.node.kubernetes.io/pci-10de.present", false);
    }
}
