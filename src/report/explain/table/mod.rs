//! `-o table` and `-o wide`: what a person reads.
//!
//! The answer comes first, in one line; then the event's text as kube-scheduler writes it; then
//! causes, closest nodes or scores. One node and 5,000 fit on a screen: lists are capped and say
//! what they leave out.

mod cause_tables;
pub(in crate::report) mod cluster_messages;
mod counterfactual;
mod domains;
pub(in crate::report) mod fits;
pub(in crate::report) mod help;
mod implicit_rules;
pub(in crate::report) mod new_nodes;
pub(in crate::report) mod node;
pub(in crate::report) mod pod_group;
pub(in crate::report) mod preemption;
pub(in crate::report) mod rejected;
pub(in crate::report) mod reported_events;
pub(in crate::report) mod workload;

use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::control_plane::controller::Hold;
use crate::decode::event::Event;
use crate::decode::pod::PodPhase;
use crate::decode::workload::WorkloadKind;
use crate::explain::SchedulingStatus;
use crate::explain::findings::Finding;
use crate::framework::Placement;
use crate::report::explain::Refused;
use crate::report::screen::{Screen, not_evaluated};
use crate::report::style::Label;
use crate::report::text::{count, list, thousands};
use crate::report::words::{findings as finding_words, life as life_words};
use crate::report::{Answer, Look, Provenance, StateAge};
use crate::simulate::WorkloadPlacement;
use crate::simulate::groups::whole::GroupPlacement;

/// Pods that are named of those of which the same is true.
const MOST_ALIKE: usize = 3;

/// The answers, one below the other.
pub(in crate::report) fn render(answers: &[Answer], provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let mut shown: Option<&Arc<WorkloadPlacement>> = None;
    let mut shown_group: Option<&Arc<GroupPlacement>> = None;
    for (index, (answer, others)) in together(answers, provenance, look).into_iter().enumerate() {
        if index > 0 {
            screen.blank();
            screen.rule();
        }
        let basis = basis(answer, provenance);
        let (label, headline) = headline(answer);
        let group = answer.group.as_ref().filter(|group| shown_group.is_none_or(|shown| !Arc::ptr_eq(shown, group)));
        shown_group = group.or(shown_group);
        match (&answer.workload, group) {
            // The outcome of the workload comes first, once for all its pods.
            (Some(workload), _) if shown.is_none_or(|shown| !Arc::ptr_eq(shown, workload)) => {
                let (label_of_workload, outcome) = workload::headline(workload);
                screen.headline(label_of_workload, &outcome, &basis);
                age(&mut screen, provenance);
                workload::render(&mut screen, workload, answer.cluster_messages.as_of);
                if let Some(group) = group {
                    let (label_of_group, outcome) = pod_group::headline(group);
                    screen.blank();
                    screen.paragraph(label_of_group, &outcome);
                    pod_group::render(&mut screen, group, provenance.as_of);
                }
                // What would win stands for no pod of a DaemonSet.
                if answer.has_winner() || answer.placement.feasible().next().is_none() {
                    screen.blank();
                    screen.paragraph(label, &headline);
                }
                shown = Some(workload);
            }
            // So does that of the group, without which the pod goes nowhere.
            (_, Some(group)) => {
                let (label_of_group, outcome) = pod_group::headline(group);
                screen.headline(label_of_group, &outcome, &basis);
                age(&mut screen, provenance);
                pod_group::render(&mut screen, group, provenance.as_of);
                screen.blank();
                screen.paragraph(label, &headline);
            }
            _ => {
                screen.headline(label, &headline, &basis);
                age(&mut screen, provenance);
            }
        }
        if !others.is_empty() {
            let names: Vec<&str> = others.iter().map(|other| other.placement.pod.name.as_str()).collect();
            let most = if look.wide { names.len() } else { MOST_ALIKE };
            let text = format!("the same is true of {}: {}", count(names.len(), "more pod"), list(&names, most));
            screen.paragraph(Label::Plain, &text);
        }
        explain(&mut screen, answer, look);
    }
    screen
}

/// The answers, each with those behind it that differ from it in the pod's name only: these are not shown again.
fn together<'a>(answers: &'a [Answer], provenance: &Provenance, look: Look) -> Vec<(&'a Answer, Vec<&'a Answer>)> {
    let mut found: IndexMap<String, (&Answer, Vec<&Answer>)> = IndexMap::new();
    for answer in answers {
        let pod = answer.placement.pod;
        let mut screen = Screen::of(look, provenance);
        about(&mut screen, answer, look);
        let whole = answer.workload.as_ref().map(|workload| workload.workload.to_string());
        let texts = format!("{whole:?} {:?} {} {screen:?}", headline(answer), cluster_messages::gist(answer));
        let key = format!("{} {}", pod.namespace, texts.replace(pod.name.as_str(), ""));
        match found.entry(key) {
            Entry::Occupied(mut entry) => entry.get_mut().1.push(answer),
            Entry::Vacant(entry) => {
                entry.insert((answer, Vec::new()));
            }
        }
    }
    found.into_values().collect()
}

fn basis(answer: &Answer, provenance: &Provenance) -> String {
    let placement = &answer.placement;
    let profile = if has_no_profile(placement) { "no profile" } else { placement.profile.as_str() };
    format!("{profile} · {provenance}")
}

fn age(screen: &mut Screen, provenance: &Provenance) {
    if let Some(remark) = provenance.age.as_ref().and_then(StateAge::remark) {
        screen.paragraph(Label::Dim, &remark);
    }
}

fn explain(screen: &mut Screen, answer: &Answer, look: Look) {
    let placement = &answer.placement;
    let is_said = |refused: &Refused| {
        let workload = answer.workload.as_ref();
        let own = workload.and_then(|workload| workload.refused.as_ref()).map(|(_, why)| why.as_str());
        own == Some(&refused.message)
            || workload.is_some_and(|known| known.reported_refusal() == Some(&refused.message))
    };
    if let Some(refused) = answer.refused.as_ref().filter(|refused| !is_said(refused)) {
        screen.blank();
        screen.paragraph(Label::Rejected, &refused.message);
    }
    if let Some(own) = answer.evaluated_for {
        let text = format!("evaluated as kube-scheduler would: the pod's own scheduler is {own}");
        screen.paragraph(Label::Dim, &text);
    }
    for text in messages(placement) {
        screen.blank();
        screen.quoted(Label::Plain, "", &text);
    }
    cluster_messages::render(screen, answer);
    for finding in &answer.explanation.findings {
        screen.blank();
        screen.paragraph(Label::Warning, &finding_words::finding(finding));
    }
    // Where the pod fits, that nobody has tried it is the answer.
    let is_answer = answer.placement.schedulable || has_no_profile(placement);
    if is_answer {
        cluster_messages::render_aside(screen, answer);
    }
    let subject = format!("Pod {}", placement.pod.name);
    let messages = &answer.cluster_messages;
    if answer.detail.is_none() {
        // What the controller reports of a refusal stands above.
        let told = answer.workload.as_ref().and_then(|workload| match &workload.hold {
            Some(Hold::Refused { message, .. }) => Some(message.as_str()),
            _ => None,
        });
        let is_told = |event: &Event| told.is_some_and(|told| event.message.ends_with(told));
        let events: Vec<Event> = messages.events.iter().filter(|event| !is_told(event)).cloned().collect();
        reported_events::render(screen, &events, &subject, messages.as_of, look.wide);
    }
    about(screen, answer, look);
    if !is_answer {
        cluster_messages::render_aside(screen, answer);
    }
    not_evaluated(screen, &placement.not_evaluated);
}

/// What a cycle says of the pod, beyond its message.
fn about(screen: &mut Screen, answer: &Answer, look: Look) {
    if let Some(detail) = &answer.detail {
        node::render(screen, answer, detail);
    } else {
        if answer.has_winner() {
            fits::render(screen, answer, look);
        }
        rejected::render(screen, answer, look);
        implicit_rules::render(screen, answer, look);
        if let Some(preemption) = &answer.preemption {
            preemption::render(screen, preemption);
        }
        if let Some(suggestions) = &answer.suggestions {
            help::render(screen, suggestions, &answer.explanation.needed, look.commands);
        }
        if let Some(new_nodes) = &answer.new_nodes {
            new_nodes::render(screen, new_nodes);
        }
    }
}

/// The answer in one line.
pub(in crate::report) fn headline(answer: &Answer) -> (Label, String) {
    let placement = &answer.placement;
    // A pod that was made from a template is not spoken of as if it existed.
    let pod = subject(answer);
    let nodes = count(answer.nodes, "node");
    let feasible = placement.feasible().count();
    match &answer.cluster_messages.scheduling_status {
        Some(SchedulingStatus::Ended(ended)) => {
            let label = if ended.phase == PodPhase::Succeeded { Label::Fits } else { Label::Rejected };
            return (label, life_words::ended_headline(&pod, ended));
        }
        Some(SchedulingStatus::Impaired { node, obstacles }) => {
            return (Label::Warning, format!("{pod} on {node} {}", life_words::impaired(obstacles)));
        }
        Some(SchedulingStatus::NotStarted { node, .. }) => {
            return (Label::Rejected, format!("{pod} has node {node} and has not started there"));
        }
        _ => {}
    }
    if let Some(refused) = &answer.refused {
        let then = match (refused.fits_if_admitted, feasible) {
            (true, feasible) => format!("it would fit {} of {nodes}", thousands(feasible)),
            (false, _) => format!("it would not fit either: 0 of {nodes}"),
        };
        return (Label::Rejected, format!("{pod} is refused by the API server; if it were admitted, {then}"));
    }
    // Whether it would fit is not what its workload waits for.
    if let Some(hold) = answer.workload.as_ref().filter(|_| answer.is_made_up()).and_then(|whole| whole.hold.as_ref())
        && !matches!(hold, Hold::Refused { .. })
        && placement.errors.is_empty()
        && placement.pre_enqueue.is_none()
    {
        let pod = pod.replacen("A new", "a new", 1).replacen("Pod", "pod", 1).replace(", which does not exist,", "");
        let would = if feasible > 0 { "would fit" } else { "would not fit" };
        let text = format!("If it were created, {pod} {would}: {} of {nodes}", thousands(feasible));
        return (if feasible > 0 { Label::Plain } else { Label::Rejected }, text);
    }
    if has_no_profile(placement) {
        let missing = answer.explanation.findings.iter().find_map(|finding| match finding {
            Finding::ClaimMissing { claim, known } => Some((claim, *known)),
            _ => None,
        });
        let text = match missing {
            Some((claim, true)) => format!("{pod} cannot be placed by any scheduler: claim {claim} does not exist"),
            Some((claim, false)) => {
                format!("{pod} is not handled by this scheduler, and its claim {claim} does not exist in the input")
            }
            None if answer.undecided().is_empty() => {
                format!("{pod} is not handled by this scheduler: no profile has its schedulerName")
            }
            None => format!(
                "{pod} is not handled by this scheduler, as far as can be judged without {}: no known profile has its \
                 schedulerName",
                list(&answer.undecided(), 2)
            ),
        };
        return (Label::Rejected, text);
    }
    if !placement.errors.is_empty() {
        return (Label::Rejected, format!("{pod} is not scheduled: the scheduling cycle failed with an error"));
    }
    if let Some(held) = &placement.pre_enqueue {
        let (what, without) = match held.plugin {
            Some("GangScheduling") => ("its group", "it alone"),
            Some("DynamicResources") => ("its ResourceClaims", "without them it"),
            _ => ("its scheduling gates", "it"),
        };
        let then = match (without, feasible > 0) {
            ("it", true) => "it would fit without them".to_owned(),
            ("it", false) => "it would not fit without them either".to_owned(),
            (without, true) => format!("{without} would fit"),
            (without, false) => format!("{without} would not fit either"),
        };
        return (Label::Rejected, format!("{pod} waits for {what}; {then}"));
    }
    match &placement.current {
        Some(current) if current.feasible => {
            let rank = current.rank.unwrap_or(1);
            (
                Label::Fits,
                format!("{pod} runs on {}, rank {} of {} feasible", current.node, thousands(rank), thousands(feasible)),
            )
        }
        Some(current) if placement.nodes.iter().all(|node| node.name != current.node) => {
            (Label::Rejected, format!("{pod} is on {}, a node that does not exist", current.node))
        }
        Some(current) => (Label::Rejected, format!("{pod} runs on {}, which would reject it now", current.node)),
        None => pending_headline(answer, &pod, feasible, &nodes),
    }
}

/// The pod that the answer is about. One that was made from a template is not spoken of as if it existed.
fn subject(answer: &Answer) -> String {
    let pod = answer.placement.pod;
    let Some(workload) = answer.workload.as_ref().filter(|_| answer.is_made_up()) else { return format!("Pod {pod}") };
    // Of a StatefulSet the name is known.
    let is_named = workload.workload.kind == WorkloadKind::StatefulSet;
    match (is_named, answer.placed_before) {
        (true, 0) => format!("Pod {pod}, which does not exist,"),
        (false, 0) => format!("A new pod of {} {}", workload.workload.kind, workload.workload.key),
        (true, before) => format!("After {}, pod {pod}, which does not exist,", count(before, "other pod")),
        (false, before) => format!("After {} of it, the next one", count(before, "pod")),
    }
}

/// The verdict on a pod without a node, and what could turn it.
fn pending_headline(answer: &Answer, pod: &str, feasible: usize, nodes: &str) -> (Label, String) {
    let undecided = answer.undecided();
    let what = list(&undecided, 2);
    // The outcome of its group stands above.
    let alone = if answer.group.is_some() { " alone" } else { "" };
    match (feasible, undecided.is_empty()) {
        (0, true) if answer.nodes == 0 => (Label::Rejected, format!("{pod} does not fit: the state has no nodes")),
        (0, true) => (Label::Rejected, format!("{pod}{alone} does not fit: 0 of {nodes}")),
        (0, false) => (
            Label::Rejected,
            format!("{pod}{alone} does not fit, as far as can be judged without {what}: 0 of {nodes}"),
        ),
        (some, true) => match answer.cluster_messages.rejections.first() {
            Some(rejected) => (
                Label::Warning,
                format!(
                    "{pod}{alone} fits: {} of {nodes}, but the kubelet of {} rejected {} like it",
                    thousands(some),
                    rejected.node,
                    count(rejected.count, "pod")
                ),
            ),
            None => (Label::Fits, format!("{pod}{alone} fits: {} of {nodes}", thousands(some))),
        },
        (some, false) => {
            let agree = if undecided.len() == 1 && !what.ends_with('s') { "agrees" } else { "agree" };
            let text = format!("{pod}{alone} would fit if {what} {agree}: {} of {nodes}", thousands(some));
            (Label::Warning, text)
        }
    }
}

/// Such a pod never enters the queue: there was no cycle.
pub(in crate::report) fn has_no_profile(placement: &Placement) -> bool {
    !placement.errors.is_empty() && placement.message.is_none()
}

/// What kube-scheduler itself says of it.
pub(in crate::report) fn messages(placement: &Placement) -> Vec<String> {
    let held_back = placement.pre_enqueue.as_ref().map(|held_back| held_back.rejection.message());
    let message = placement.message.clone().filter(|_| placement.errors.is_empty());
    held_back.into_iter().chain(message).chain(placement.errors.iter().cloned()).collect()
}
