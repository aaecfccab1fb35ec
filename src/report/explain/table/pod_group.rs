//! The block above the pods of a group: how many fit together, on which nodes, and what holds the rest.

use std::collections::BTreeMap;

use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey, Timestamp};
use crate::report::screen::Screen;
use crate::report::style::Label;
use crate::report::text::{count, duration, list, thousands};
use crate::simulate::groups::whole::GroupPlacement;

/// Pods that are named with kube-scheduler's message, and nodes with their pods.
const MOST: usize = 5;
/// Names in a list.
const MOST_NAMES: usize = 3;

/// The outcome in one line.
pub(in crate::report) fn headline(group: &GroupPlacement) -> (Label, String) {
    let name = name(group.group);
    let pending = count(group.pending, "pending pod");
    if !group.exists {
        return (Label::Rejected, format!("{name} does not exist: {pending} wait for it"));
    }
    if group.fits() {
        return (Label::Fits, format!("{name} fits: {pending} would be scheduled"));
    }
    let placed = group.placed.len();
    if placed > 0 {
        return (Label::Warning, format!("{name} fits in part: {} of {pending} would be scheduled", thousands(placed)));
    }
    let evicted = group.cycle.as_ref().map_or(0, |cycle| cycle.evicted.len());
    if evicted > 0 {
        return (Label::Rejected, format!("{name} does not fit yet: it would preempt {}", count(evicted, "pod")));
    }
    let needs = group.min_count.map_or_else(String::new, |min_count| format!(", minCount {min_count}"));
    if group.min_count.is_some_and(|min_count| group.pods < min_count) {
        return (Label::Rejected, format!("{name} waits for more pods: {} exist{needs}", thousands(group.pods)));
    }
    let found = match group.held.len() {
        0 => "none".to_owned(),
        found => thousands(found),
    };
    let have = match group.on_nodes {
        0 => String::new(),
        on_nodes => format!(" ({} have one)", thousands(on_nodes)),
    };
    let pods = count(group.pending, "pod");
    (Label::Rejected, format!("{name} does not fit: {found} of {pods} find a node{have}{needs}"))
}

pub(super) fn render(screen: &mut Screen, group: &GroupPlacement, as_of: Option<Timestamp>) {
    screen.paragraph(Label::Plain, &figures(group));
    nodes(screen, "would go to", &group.placed);
    nodes(screen, "find a node, and do not get it:", &group.held);
    unplaced(screen, group);
    if let Some(cycle) = group.cycle.as_ref().filter(|cycle| !cycle.evicted.is_empty()) {
        let pods: Vec<String> = cycle.evicted.iter().map(ToString::to_string).collect();
        screen.indented(Label::Warning, "  ", &format!("would preempt {}", list(&pods, MOST_NAMES)));
    }
    condition(screen, group, as_of);
}

/// What kube-scheduler says of pods without a node, the same text once.
fn unplaced(screen: &mut Screen, group: &GroupPlacement) {
    let mut by_message: Vec<(&str, Vec<Name>)> = Vec::new();
    for member in &group.unplaced {
        match by_message.iter_mut().find(|(message, _)| *message == member.message) {
            Some((_, pods)) => pods.push(member.pod.name),
            None => by_message.push((&member.message, vec![member.pod.name])),
        }
    }
    for (message, pods) in by_message.iter().take(MOST) {
        screen.indented(Label::Dim, "  ", &format!("{}: {message}", list(pods, MOST_NAMES)));
    }
    let more: usize = by_message.iter().skip(MOST).map(|(_, pods)| pods.len()).sum();
    if more > 0 {
        screen.indented(Label::Dim, "  ", &format!("and {} without a node", count(more, "more pod")));
    }
}

/// What kube-scheduler wrote on the group, and what it would write now if that differs.
fn condition(screen: &mut Screen, group: &GroupPlacement, as_of: Option<Timestamp>) {
    let agrees = group.condition_agrees();
    if let Some(condition) = &group.condition {
        let since = condition.last_transition_time.zip(as_of);
        let since = since.map_or_else(String::new, |(at, now)| format!(", for {}", duration(now.0 - at.0)));
        let same = if agrees == Some(true) { " (as found here)" } else { "" };
        let text = said(condition.reason.as_str(), &condition.message);
        let text = format!("its condition {}={}{since}{same}, {text}", condition.r#type, condition.status);
        screen.indented(Label::Plain, "  ", &text);
    }
    let Some(cycle) = group.cycle.as_ref().filter(|_| agrees != Some(true)) else { return };
    let condition = &cycle.condition;
    let status = if condition.status { "True" } else { "False" };
    let text = said(condition.reason, &condition.message);
    screen.indented(Label::Plain, "  ", &format!("kube-scheduler would write {}={status}, {text}", condition.r#type));
}

fn said(reason: &str, message: &str) -> String {
    if message.is_empty() { reason.to_owned() } else { format!("{reason}: {message}") }
}

/// `gang with minCount 4, topology rack: 5 pods exist, 1 of them on a node, 4 pending`.
fn figures(group: &GroupPlacement) -> String {
    let kind = match group.min_count {
        Some(min_count) => format!("gang with minCount {min_count}"),
        None => "no gang: its pods need not fit all".to_owned(),
    };
    let domain = group.cycle.as_ref().and_then(|cycle| cycle.domain);
    let topology = group.topology_key.map_or_else(String::new, |key| {
        domain.map_or_else(|| format!(", in one {key}"), |domain| format!(", in one {key} ({domain})"))
    });
    let exist = if group.pods == 1 { "exists" } else { "exist" };
    format!(
        "{kind}{topology}: {} {exist}, {} with a node, {} pending",
        count(group.pods, "pod"),
        thousands(group.on_nodes),
        thousands(group.pending)
    )
}

/// `would go to node-1 (pod-0, pod-2) and node-2 (pod-1)`.
fn nodes(screen: &mut Screen, what: &str, pods: &[(ObjectKey, Name)]) {
    if pods.is_empty() {
        return;
    }
    let mut by_node: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
    for (pod, node) in pods {
        by_node.entry(*node).or_default().push(pod.name);
    }
    let nodes: Vec<String> =
        by_node.iter().map(|(node, pods)| format!("{node} ({})", list(pods, MOST_NAMES))).collect();
    screen.indented(Label::Plain, "  ", &format!("{what} {}", list(&nodes, MOST)));
}

fn name(group: GroupKey) -> String {
    match group {
        GroupKey::PodGroup(_) => format!("PodGroup {group}"),
        GroupKey::Workload { .. } => format!("Pod group {group}"),
    }
}
