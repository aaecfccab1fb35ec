//! `-o table` and `-o wide` of the pending pods.
//!
//! A block a root cause: how many pods, what is in their way on the node that is closest to taking
//! them, whose they are, and the one change that helps. `wide` adds what kube-scheduler says of one.

use crate::decode::event::Event;
use crate::explain::pending::{Advice, Blocker, Group, Owner, Pending, Root};
use crate::explain::scheduler_messages::{Comparison, Possibly};
use crate::framework::{Amount, Reason};

use super::super::commands;
use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::super::{Look, Provenance, Setting};
use super::beside;
use crate::report::explain::table::reported_events;
use crate::report::screen::{Screen, not_evaluated};
use crate::report::words::{
    amount, brief, cluster_messages as cluster_message_words, findings as finding_words, help as help_words,
    new_nodes as new_node_words,
};

/// Groups that are shown.
const GROUPS: usize = 20;
/// Owners of a group that are named.
const OWNERS: usize = 3;
/// Events of a group that are shown.
const EVENTS: usize = 2;

/// What is said where no pod has a trace of a scheduler.
pub(in crate::report) const UNTOUCHED: &str = "no scheduler has tried any of these pods: they have neither events nor the \
                                               condition PodScheduled; is kube-scheduler running?";

/// The pending pods as a person reads them.
pub(super) fn screen(pending: &Pending, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let (label, headline) = headline(pending);
    screen.headline(label, &headline, &provenance.to_string());
    let most = if look.wide { usize::MAX } else { GROUPS };
    let widest = pending.groups.iter().map(|group| pods(group).len()).max().unwrap_or_default();
    for shown in pending.groups.iter().take(most) {
        group(&mut screen, shown, pending, widest, look);
    }
    if pending.groups.len() > most {
        screen.blank();
        screen.left_out(pending.groups.len(), most, "group");
    }
    new_nodes(&mut screen, pending);
    if pending.untouched {
        screen.blank();
        screen.paragraph(Label::Warning, UNTOUCHED);
    }
    beside::render(&mut screen, pending, provenance.as_of, look.wide);
    not_evaluated(&mut screen, &pending.not_evaluated);
    screen
}

/// The answer in one line.
pub(in crate::report) fn headline(pending: &Pending) -> (Label, String) {
    let number = |fits: bool| -> (usize, usize) {
        let groups = pending.groups.iter().filter(|group| matches!(group.root, Root::Fits) == fits);
        groups.fold((0, 0), |(groups, pods), group| (groups + 1, pods + group.pods.len()))
    };
    let ((reasons, waiting), (_, fitting)) = (number(false), number(true));
    let fit = if fitting == 1 { "fits" } else { "fit" };
    let all = count(waiting + fitting, "pod");
    match (waiting, fitting) {
        (0, 0) => beside_pending(pending),
        (0, _) => (Label::Fits, format!("{all} pending: {} {fit} now", thousands(fitting))),
        (_, 0) => (Label::Rejected, format!("{all} pending, for {}", count(reasons, "reason"))),
        _ => (
            Label::Rejected,
            format!(
                "{all} pending: {} for {}, {} {fit} now",
                thousands(waiting),
                count(reasons, "reason"),
                thousands(fitting)
            ),
        ),
    }
}

/// The first line where no pod waits for a node: what else is wrong.
fn beside_pending(pending: &Pending) -> (Label, String) {
    let missing: usize = pending.missing.iter().map(|workload| workload.missing).sum();
    let rejected: usize = pending.rejections.iter().map(|(_, rejections)| rejections.count).sum();
    let found = [
        (missing, "missing"),
        (pending.not_started.len(), "unable to run on its node"),
        (rejected, "rejected by kubelets"),
    ];
    let parts: Vec<String> = found
        .iter()
        .filter(|(pods, _)| *pods > 0)
        .map(|(pods, what)| {
            let what = if *pods > 1 { what.replace("its node", "their nodes") } else { (*what).to_owned() };
            format!("{} {what}", count(*pods, "pod"))
        })
        .collect();
    if parts.is_empty() {
        return (Label::Fits, "No pod is pending".to_owned());
    }
    (Label::Rejected, format!("No pod is pending; {}", list(&parts, parts.len())))
}

fn new_nodes(screen: &mut Screen, pending: &Pending) {
    let basis = new_nodes_basis(pending);
    if !basis.is_empty() {
        screen.blank();
    }
    for (label, text) in basis {
        screen.paragraph(label, &text);
    }
}

/// What the lines on new nodes rest on, once.
pub(in crate::report) fn new_nodes_basis(pending: &Pending) -> Vec<(Label, String)> {
    let Some(found) = pending.groups.iter().find_map(|group| group.new_nodes.as_ref()) else { return Vec::new() };
    let mut basis = Vec::new();
    if let Some(found) = &found.example.cluster_autoscaler {
        let (stale, age) = new_node_words::status_basis(found.status_age);
        let text = format!("new nodes: cluster-autoscaler, {age}; its loop was run again over all pending pods");
        basis.push((if stale { Label::Warning } else { Label::Dim }, text));
    }
    if let Some(found) = &found.example.karpenter {
        basis.push((Label::Dim, format!("new nodes: {}", new_node_words::karpenter_basis(found))));
    }
    basis.extend(found.example.notes.iter().map(|note| (Label::Warning, note.clone())));
    basis
}

pub(in crate::report) fn pods(group: &Group) -> String {
    count(group.pods.len(), "pod")
}

fn group(screen: &mut Screen, group: &Group, pending: &Pending, widest: usize, look: Look) {
    let wide = look.wide;
    screen.blank();
    let margin = " ".repeat(widest + 3);
    let label = if matches!(group.root, Root::Fits) { Label::Fits } else { Label::Rejected };
    let mut first = format!("{:>widest$}   ", pods(group));
    for line in causes(&group.root) {
        screen.indented(label, &first, &line);
        first.clone_from(&margin);
    }
    screen.indented(Label::Plain, &format!("{margin}of: "), &owners(group));
    if let Some(text) = preempting(group) {
        screen.indented(Label::Plain, &margin, &text);
    }
    for (index, advice) in group.advice.iter().filter(|advice| advice.places > 0).enumerate() {
        let lead = if index == 0 { "help" } else { "or" };
        screen.indented(Label::Hint, &format!("{margin}{lead}: "), &helps(advice, group));
        if look.commands {
            for command in commands::of(&advice.suggestion) {
                screen.command((Label::Plain, &margin), &command);
            }
        }
        if let Some(maker) = &advice.suggestion.maker {
            screen.indented(Label::Plain, &format!("{margin}      "), &new_node_words::maker(maker));
        }
        for weakening in &advice.suggestion.weakens {
            screen.indented(Label::Dim, &format!("{margin}caution: "), &help_words::weakening(weakening));
        }
    }
    for (helped, fate) in group.new_nodes.iter().flat_map(new_node_words::fates) {
        screen.indented(if helped { Label::Fits } else { Label::Plain }, &format!("{margin}new nodes: "), &fate);
    }
    if let Some(near) = group.near.first() {
        screen.indented(Label::Hint, &margin, &format!("did you mean {near}?"));
    }
    let is_of_group = |owner: &Owner| group.owners.iter().any(|(other, _)| other == owner);
    if matches!(group.root, Root::Fits) {
        for (owner, rejections) in pending.rejections.iter().filter(|(owner, _)| is_of_group(owner)).take(EVENTS) {
            let of = format!("{} {}", owner.kind.to_ascii_lowercase(), owner.key);
            let text = format!(
                "but the kubelet of {} rejected {} of {of} ({}): a new one may end in the same way",
                rejections.node,
                count(rejections.count, "pod"),
                rejections.reason
            );
            screen.indented(Label::Warning, &margin, &text);
        }
    }
    for finding in &group.findings {
        screen.indented(Label::Warning, &margin, &finding_words::finding(finding));
    }
    if let Some(said) = &group.said {
        // The words themselves stand here: `explain` compares them in full.
        let often = if said.count > 1 { format!(" ({} times)", thousands(said.count as usize)) } else { String::new() };
        let lead = format!("{margin}but {}{often}: ", cluster_message_words::source(said, None));
        screen.indented(Label::Warning, &lead, "");
        screen.quoted(Label::Dim, &format!("{margin}  "), &said.message);
        if matches!(&said.comparison, Comparison::Different(reasons) if reasons.contains(&Possibly::StaleMemory)) {
            screen.indented(
                Label::Warning,
                &margin,
                &cluster_message_words::reason(&Possibly::StaleMemory, screen.spelling()),
            );
        }
    }
    for event in reported(group) {
        let lead = reported_events::lead(event, &format!("Pod {}", group.example.pod.name), None);
        screen.indented(Label::Plain, &margin, &lead);
        screen.quoted(
            Label::Dim,
            &format!("{margin}  "),
            &reported_events::cut(&event.message, screen.spelled(Setting::Wide)),
        );
    }
    if wide && let Some(message) = &group.example.message {
        screen.indented(Label::Dim, &format!("{margin}{}: ", group.example.pod), message);
    }
}

/// Whether preemption makes room.
pub(in crate::report) fn preempting(group: &Group) -> Option<String> {
    match group.preempting {
        0 => None,
        all if all == group.pods.len() => Some("kube-scheduler can make room by preemption".to_owned()),
        some => Some(format!("kube-scheduler can make room for {} by preemption", thousands(some))),
    }
}

/// Events of others that say why.
pub(in crate::report) fn reported(group: &Group) -> impl Iterator<Item = &Event> {
    group.events.iter().filter(|event| event.warning || event.reason == "NotTriggerScaleUp").take(EVENTS)
}

/// One line for each cause.
pub(in crate::report) fn causes(root: &Root) -> Vec<String> {
    match root {
        Root::Fits => vec!["would fit now; kube-scheduler has not bound them yet".to_owned()],
        Root::Terminating => vec!["being deleted: kube-scheduler skips them".to_owned()],
        Root::NoNodes => vec!["the state has no nodes".to_owned()],
        Root::NoProfile(name) => vec![format!("no profile has the schedulerName {name}")],
        Root::Failed(error) => vec![error.clone()],
        Root::HeldBack(obstacles) | Root::PodRejected(obstacles) | Root::Rejected(obstacles) => {
            obstacles.iter().map(obstacle).collect()
        }
    }
}

/// `NodeResourcesFit: cpu is short by 200m to 1400m on the closest node`.
fn obstacle(obstacle: &Blocker) -> String {
    let plugin = obstacle.plugin.unwrap_or("framework");
    let what = match (&obstacle.reason, obstacle.shortfall) {
        (Reason::InsufficientResource { resource, allocatable, .. }, Some(_))
            if obstacle.is_beyond_the_node() && allocatable.value == 0 =>
        {
            format!("{resource}: the closest node has none")
        }
        (Reason::InsufficientResource { resource, .. }, Some((least, most))) => {
            let print = |value: Amount| amount(*resource, value);
            let short = match (print(least), print(most)) {
                (least, most) if least == most => least,
                (least, most) => format!("{least} to {most}"),
            };
            let beyond = match &obstacle.reason {
                Reason::InsufficientResource { allocatable, .. } if obstacle.is_beyond_the_node() => {
                    format!(", which has only {} in total", print(*allocatable))
                }
                _ => String::new(),
            };
            format!("{resource}: short by {short} on the closest node{beyond}")
        }
        (Reason::TooManyPods { .. }, _) => "pods: the closest node is full".to_owned(),
        (reason, _) => brief(reason),
    };
    format!("{plugin}: {what}")
}

/// `deployment shop/web (12), job ml/train (2) and 3 more`.
pub(in crate::report) fn owners(group: &Group) -> String {
    let named = |(owner, pods): &(Owner, usize)| {
        let made = owner.kind != "Pod";
        let many = if made { format!(" ({})", thousands(*pods)) } else { String::new() };
        format!("{} {}{many}", owner.kind.to_ascii_lowercase(), owner.key)
    };
    list(&group.owners.iter().map(named).collect::<Vec<_>>(), OWNERS)
}

/// What to do and how far it goes.
pub(in crate::report) fn helps(advice: &Advice, group: &Group) -> String {
    let places = match (advice.places, group.pods.len()) {
        (1, 1) => format!("goes to {}", advice.suggestion.node),
        (all, pods) if all == pods => format!("places all {}", thousands(all)),
        (some, pods) => format!("places {} of {}", thousands(some), thousands(pods)),
    };
    format!("{} → {places}", help_words::summary(&advice.suggestion))
}
