//! `-o table` and `-o wide` of a capacity.
//!
//! The number first; then what runs out; then node by node what it takes and what stops the next.

use crate::api::name;
use crate::framework::{Amount, DeviceReason, DeviceShortage, Reason};
use crate::simulate::capacity::{Limit, Needed, NodeRoom, Stopped, TemplateResult};

use super::super::setting::{Setting, with};
use super::super::simulation::scenario;
use super::super::style::Label;
use super::super::text::{break_long, count, list, thousands};
use super::super::{Look, Provenance};
use super::CapacityAnswer;
use crate::report::screen::{Grid, Screen, assumed, not_evaluated};
use crate::report::words::{amount, brief, findings as finding_words, new_nodes as new_node_words, on_node, subject};

/// Nodes that are shown.
const NODES: usize = 15;
/// Things that stop the next copy that are shown.
const LIMITS: usize = 8;

/// The capacity as a person reads it.
pub(super) fn screen(answer: &CapacityAnswer, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let label = if answer.is_enough() { Label::Fits } else { Label::Rejected };
    screen.headline(label, &headline(answer), &provenance.to_string());
    cannot_start(&mut screen, answer);
    wanted(&mut screen, answer);
    scenario::applied(&mut screen, &answer.applied, look.wide);
    for finding in &answer.findings {
        screen.paragraph(Label::Warning, &finding_words::finding(finding));
    }
    if let Some(stopped) = &answer.capacity.stopped {
        runs_out(&mut screen, answer, stopped);
    } else {
        screen.blank();
        let text = format!("Stopped counting at {}: more may fit.", thousands(answer.limit));
        screen.paragraph(Label::Plain, &text);
    }
    nodes(&mut screen, answer, if look.wide { usize::MAX } else { NODES });
    assumed(&mut screen, &answer.assumptions);
    not_evaluated(&mut screen, &answer.not_evaluated);
    screen
}

/// Copies that get a node and never run there.
fn cannot_start(screen: &mut Screen, answer: &CapacityAnswer) {
    let Some((copies, attach)) = &answer.capacity.cannot_start else { return };
    let (verb, copies) = if *copies == 1 { ("gets", "1 more copy".to_owned()) } else { ("get", more_copies(*copies)) };
    let text = format!(
        "{copies} {verb} a node and cannot start there: the ReadWriteOnce volume of claim {} is attached to {} (Multi-Attach)",
        attach.claim, attach.attached_to
    );
    screen.paragraph(Label::Rejected, &text);
}

/// The answer in one line.
fn headline(answer: &CapacityAnswer) -> String {
    let capacity = &answer.capacity;
    let taking = capacity.nodes.iter().filter(|room| took(room) > 0).count();
    let on = format!("on {} of {}", thousands(taking), count(capacity.nodes.len(), "node"));
    if let Some(wanted) = &answer.wanted
        && let Some((placed, of)) = short_of(answer, wanted.copies)
    {
        return format!("{} of {} fit on the existing nodes", thousands(placed), thousands(of));
    }
    match capacity.templates.as_slice() {
        [only] if only.placed == 0 && capacity.nodes.is_empty() => {
            format!("No copy of {} fits: the state has no nodes", called(only))
        }
        [only] if only.placed == 0 => format!("No further copy of {} fits", called(only)),
        [only] => format!("{} of {}, {on}", more_copies(only.placed), called(only)),
        templates => {
            let turn: Vec<String> =
                templates.iter().map(|template| format!("{} {}", template.share, called(template))).collect();
            let turn = list(&turn, 4);
            match capacity.turns {
                0 => format!("Not even one set of {turn} fits"),
                turns => format!("{} of {turn}, {on}", count(turns, "more set")),
            }
        }
    }
}

/// The pod, or the workload that makes the copies.
fn called(template: &TemplateResult) -> String {
    template.workload.map_or_else(|| template.pod.to_string(), |workload| workload.to_string())
}

/// How many of the copies that are wanted fit, where not all do.
fn short_of(answer: &CapacityAnswer, wanted: usize) -> Option<(usize, usize)> {
    let placed = answer.copies();
    (placed < wanted).then_some((placed, wanted))
}

/// `1 more copy`, `12 more copies`.
fn more_copies(number: usize) -> String {
    format!("{} more {}", thousands(number), if number == 1 { "copy" } else { "copies" })
}

fn took(room: &NodeRoom) -> usize {
    room.copies.iter().sum()
}

fn wanted(screen: &mut Screen, answer: &CapacityAnswer) {
    let Some(wanted) = &answer.wanted else { return };
    let pods = count(wanted.copies, "pod");
    let verb = if wanted.copies == 1 { "needs" } else { "need" };
    let like = wanted.like.map(|like| like.to_string()).unwrap_or_default();
    let (label, text) = match &wanted.needed {
        Some(Needed::Nodes(0)) => (Label::Fits, format!("{pods} fit on the existing nodes: no more node is needed")),
        Some(Needed::Nodes(nodes)) => (
            Label::Hint,
            format!("{pods} {verb} {} like {like}; with one fewer they do not all fit", count(*nodes, "more node")),
        ),
        Some(Needed::Never { nodes, placed, .. }) => (
            Label::Rejected,
            format!(
                "no number of nodes like {like} is enough for {pods}: with {} more nodes, {} fit",
                thousands(*nodes),
                thousands(*placed)
            ),
        ),
        Some(Needed::Refused { copies, refusal }) => (
            Label::Rejected,
            format!(
                "no number of nodes is enough for {pods}: the API server lets in {}. {refusal}",
                thousands(*copies)
            ),
        ),
        None => (
            Label::Rejected,
            format!(
                "one more node like any of the existing ones would not take a copy{}",
                with("; try another", screen.spelling(), Setting::Like)
            ),
        ),
    };
    screen.paragraph(label, &text);
    if let Some(Needed::Never { message, .. }) = &wanted.needed
        && !message.is_empty()
    {
        screen.quoted(Label::Plain, "  ", message);
    }
    if let (Some(maker), Some(Needed::Nodes(nodes))) = (&wanted.maker, &wanted.needed)
        && *nodes > 0
    {
        let label = if maker.room().is_none_or(|room| room >= *nodes) { Label::Plain } else { Label::Warning };
        screen.paragraph(label, &new_node_words::maker_of(maker, *nodes));
    }
    if matches!(wanted.needed, Some(Needed::Nodes(1..))) {
        for note in &wanted.notes {
            screen.paragraph(Label::Warning, note);
        }
    }
}

fn runs_out(screen: &mut Screen, answer: &CapacityAnswer, stopped: &Stopped) {
    if let [_, _, ..] = answer.capacity.templates.as_slice()
        && let Some(template) = answer.capacity.templates.get(stopped.template)
    {
        screen.blank();
        screen.paragraph(Label::Plain, &format!("The next copy of {} fits on no node.", called(template)));
    }
    if let Some(refusal) = &stopped.refused {
        let by = refusal.quota.map_or_else(|| "the API server".to_owned(), |quota| format!("ResourceQuota {quota}"));
        screen.heading("WHAT RUNS OUT", &format!("{by} refuses the next copy"));
        screen.indented(Label::Rejected, "", &refusal.to_string());
        return;
    }
    if stopped.runs_out.is_empty() && stopped.never.is_empty() {
        screen.blank();
        screen.quoted(Label::Plain, "", &stopped.unplaced.message);
        return;
    }
    limits(screen, "WHAT RUNS OUT", &stopped.runs_out);
    let left = &answer.capacity.left;
    if !stopped.runs_out.is_empty() {
        let print = |resource, value| amount(name(resource), Amount::new(name(resource), value));
        let text = format!(
            "still free on these nodes: cpu {}, memory {}",
            print("cpu", left.milli_cpu),
            print("memory", left.memory)
        );
        screen.paragraph(Label::Dim, &text);
    }
    limits(screen, "NODES WITHOUT ROOM", &stopped.never);
}

fn limits(screen: &mut Screen, heading: &str, limits: &[Limit]) {
    if limits.is_empty() {
        return;
    }
    screen.blank();
    let mut grid = Grid::new([heading, "", "NODES"]).right_aligned([2]);
    for limit in limits.iter().take(LIMITS) {
        let plugin = limit.plugin.unwrap_or("framework").to_owned();
        let reason = break_long(&screen.short(&what(&limit.reason)), screen.width() / 2);
        grid.row(Label::Plugin, [plugin, reason, thousands(limit.nodes)]);
    }
    screen.grid(&grid);
    if limits.len() > LIMITS {
        screen.line(&[(Label::Dim, &format!("and {}", count(limits.len() - LIMITS, "more cause")))]);
    }
}

/// The reason without the numbers of one node: a resource by its name.
fn what(reason: &Reason) -> String {
    match reason {
        Reason::InsufficientResource { .. } | Reason::TooManyPods { .. } => subject(None, reason),
        // Each copy has a claim of its own.
        Reason::Device(DeviceReason::DevicesInsufficient { requests, .. }) => {
            let mut classes: Vec<_> = requests
                .iter()
                .filter(|request: &&DeviceShortage| !request.is_enough())
                .map(|request| request.class)
                .collect();
            classes.dedup();
            if classes.is_empty() { brief(reason) } else { format!("devices of class {}", list(&classes, 2)) }
        }
        other => brief(other),
    }
}

/// Nodes that take a copy, those that take most first.
fn nodes(screen: &mut Screen, answer: &CapacityAnswer, most: usize) {
    let mut rooms: Vec<&NodeRoom> = answer.capacity.nodes.iter().filter(|room| took(room) > 0).collect();
    if rooms.is_empty() {
        return;
    }
    // Stable: nodes that take as many stay in the order of names.
    rooms.sort_by_key(|room| std::cmp::Reverse(took(room)));
    let several = answer.capacity.templates.len() > 1;
    screen.blank();
    let mut grid = Grid::new(["NODE", "MORE", "WHAT STOPS THE NEXT COPY"]).right_aligned([1]);
    for room in rooms.iter().take(most) {
        let more = match (several, took(room)) {
            (false, all) => thousands(all),
            (true, _) => room.copies.iter().map(|copies| thousands(*copies)).collect::<Vec<_>>().join(" + "),
        };
        let stops: Vec<String> = room
            .stops
            .iter()
            .map(|(plugin, reason)| format!("{}: {}", subject(*plugin, reason), on_node(reason)))
            .collect();
        let stops = if stops.is_empty() { "nothing".to_owned() } else { stops.join("; ") };
        grid.row(Label::Fits, [room.node.to_string(), more, stops]);
    }
    screen.grid(&grid);
    screen.left_out(rooms.len(), most, "node");
}
