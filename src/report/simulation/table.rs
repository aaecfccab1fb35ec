//! `-o table` and `-o wide` of a simulation.
//!
//! How many pods are placed comes first; then why the others are not, in kube-scheduler's words;
//! then how full the nodes get; then pod by pod. Lists are capped unless `wide`, and say what
//! they leave out.

use indexmap::IndexMap;

use crate::cluster::admission::Refusal;
use crate::cluster::name;
use crate::framework::Amount;
use crate::simulate::{NodeLoad, Outcome, Step, Summary};

use super::super::style::Label;
use super::super::table::{Grid, Options, Screen, amount, not_evaluated};
use super::super::text::{count, list, thousands};
use super::SimulationAnswer;

/// Groups of pods without a place that are shown.
const GROUPS: usize = 5;
/// Nodes that are shown.
const NODES: usize = 10;
/// Pods that are shown.
const PODS: usize = 20;

/// The simulation as a person reads it.
pub fn table(answer: &SimulationAnswer, options: Options<'_>) -> String {
    let mut screen = Screen::new(options.width, options.headers);
    let (label, headline) = headline(&answer.summary);
    screen.headline(label, &headline, options.kube_version);
    let most = |most: usize| if options.wide { usize::MAX } else { most };
    for (label, text) in asides(&answer.summary) {
        screen.paragraph(label, &text);
    }
    refused(&mut screen, answer, most(GROUPS));
    unplaced(&mut screen, &answer.summary, most(GROUPS));
    nodes(&mut screen, &answer.summary, options.wide, most(NODES));
    if answer.summary.placed > 0 {
        pods(&mut screen, answer, most(PODS));
    }
    not_evaluated(&mut screen, &answer.not_evaluated);
    screen.finish()
}

/// The answer in one line.
pub(in crate::report) fn headline(summary: &Summary) -> (Label, String) {
    // Pods that were preempted are told of in a line of their own.
    let placed = summary.placed - summary.placed_again;
    let unplaced = summary.unplaced - (summary.evicted - summary.placed_again);
    let all = placed + unplaced;
    let nodes = format!("{} of {}", thousands(summary.loads.len()), count(summary.nodes, "node"));
    match (placed, unplaced) {
        (0, 0) => (Label::Plain, "No pod to schedule".to_owned()),
        (placed, 0) => (Label::Fits, format!("{} placed, on {nodes}", count(placed, "pod"))),
        (0, _) => (Label::Rejected, format!("No place for {} on {}", count(all, "pod"), count(summary.nodes, "node"))),
        (placed, _) => (Label::Rejected, format!("{} of {} placed, on {nodes}", thousands(placed), count(all, "pod"))),
    }
}

/// What the headline does not tell of its pods.
pub(in crate::report) fn asides(summary: &Summary) -> Vec<(Label, String)> {
    let mut asides = Vec::new();
    if summary.evicted > 0 {
        let label = if summary.placed_again < summary.evicted { Label::Rejected } else { Label::Plain };
        let again = format!("{} of them placed again", thousands(summary.placed_again));
        asides.push((label, format!("{} preempted, {again}", count(summary.evicted, "pod"))));
    }
    if summary.gated > 0 {
        asides.push((Label::Plain, format!("{} not tried: scheduling gates", count(summary.gated, "pod"))));
    }
    asides
}

/// Pods that never come into being; those that are refused for the same reason together.
fn refused(screen: &mut Screen, answer: &SimulationAnswer, most: usize) {
    if answer.refused.is_empty() {
        return;
    }
    let groups = refusals(&answer.refused);
    screen.heading("REFUSED", "the API server would not create these pods; what it says of the first");
    for refusals in groups.values().take(most) {
        let pods: Vec<String> = refusals.iter().map(|refusal| refusal.pod.to_string()).collect();
        screen.paragraph(Label::Rejected, &format!("{}: {}", count(pods.len(), "pod"), list(&pods, 2)));
        if let Some(first) = refusals.first() {
            screen.indented(Label::Plain, "  ", &first.to_string());
        }
    }
    left_out(screen, groups.len(), most, "group");
}

/// The refusals by their reason, the first of each first.
pub(in crate::report) fn refusals(refused: &[Refusal]) -> IndexMap<&str, Vec<&Refusal>> {
    let mut groups: IndexMap<&str, Vec<&Refusal>> = IndexMap::new();
    for refusal in refused {
        groups.entry(&refusal.why).or_default().push(refusal);
    }
    groups
}

/// Why pods stay pending; those that the same things stood in the way of together.
fn unplaced(screen: &mut Screen, summary: &Summary, most: usize) {
    if summary.unplaced_by_cause.is_empty() {
        return;
    }
    screen.heading("NOT PLACED", "for each group of pods what kube-scheduler says of its first");
    for group in summary.unplaced_by_cause.iter().take(most) {
        let pods: Vec<String> = group.pods.iter().map(ToString::to_string).collect();
        let pods = format!("{}: {}", count(pods.len(), "pod"), list(&pods, 2));
        screen.paragraph(Label::Rejected, &pods);
        screen.indented(Label::Plain, "  ", &group.first.message);
    }
    left_out(screen, summary.unplaced_by_cause.len(), most, "group");
}

/// How full nodes get, those that most pods go to first: in shares of what is allocatable, `wide`
/// in amounts.
fn nodes(screen: &mut Screen, summary: &Summary, wide: bool, most: usize) {
    if summary.loads.is_empty() {
        return;
    }
    let mut loads: Vec<&NodeLoad> = summary.loads.iter().collect();
    // Stable: nodes with as many pods stay in the order of names.
    loads.sort_by_key(|load| std::cmp::Reverse(load.placed));
    screen.blank();
    let mut grid = Grid::new(["NODE", "PODS", "CPU", "MEMORY"]);
    for load in loads.iter().take(most) {
        let NodeLoad { before, after, allocatable, .. } = load;
        let cpu = ("cpu", before.milli_cpu, after.milli_cpu, allocatable.milli_cpu);
        let memory = ("memory", before.memory, after.memory, allocatable.memory);
        let pods = format!("{} → {}", before.pods, after.pods);
        let cells = if wide {
            [format!("{pods} of {}", allocatable.pods), amounts(cpu), amounts(memory)]
        } else {
            [pods, shares(cpu), shares(memory)]
        };
        grid.row(Label::Fits, [load.node.to_string()].into_iter().chain(cells));
    }
    screen.grid(&grid);
    left_out(screen, loads.len(), most, "node");
}

/// A resource; how much of it is requested before and after, and allocatable.
pub(in crate::report) type Change<'a> = (&'a str, i64, i64, i64);

pub(in crate::report) fn amounts((resource, before, after, allocatable): Change<'_>) -> String {
    let print = |value| amount(name(resource), Amount::new(name(resource), value));
    format!("{} → {} of {}", print(before), print(after), print(allocatable))
}

fn shares((_, before, after, allocatable): Change<'_>) -> String {
    if allocatable <= 0 {
        return "<none>".to_owned();
    }
    let share = |value| i128::from(value) * 100 / i128::from(allocatable);
    format!("{}% → {}%", share(before), share(after))
}

/// Pod by pod.
fn pods(screen: &mut Screen, answer: &SimulationAnswer, most: usize) {
    screen.blank();
    let moved = answer.steps.iter().any(|step| !step.evictions.is_empty());
    let header = ["POD", "NODE", "TOTAL", "TIES"].into_iter().chain(moved.then_some("PREEMPTION"));
    let mut grid = Grid::with_header(header.map(str::to_owned).collect()).right_aligned([2, 3]);
    for step in answer.steps.iter().take(most) {
        let pod = step.pod.to_string();
        let (label, cells) = match &step.outcome {
            Outcome::Placed(place) => {
                // The others that were as good.
                let ties = place.tied.saturating_sub(1);
                (Label::Fits, [pod, place.name.to_string(), place.total.to_string(), ties.to_string()])
            }
            Outcome::Unplaced(_) => {
                (Label::Rejected, [pod, "<none>".to_owned(), "<none>".to_owned(), "<none>".to_owned()])
            }
        };
        grid.row(label, cells.into_iter().chain(moved.then(|| preemption(step))));
    }
    screen.grid(&grid);
    left_out(screen, answer.steps.len(), most, "pod");
}

/// Whom it preempted, and who preempted it.
pub(in crate::report) fn preemption(step: &Step) -> String {
    let victims: Vec<String> = step.preempted.iter().map(ToString::to_string).collect();
    let victims = (!victims.is_empty()).then(|| format!("preempts {}", list(&victims, 2)));
    let left = step.evictions.last().map(|eviction| format!("preempted on {} by {}", eviction.node, eviction.by));
    victims.into_iter().chain(left).collect::<Vec<_>>().join("; ")
}

fn left_out(screen: &mut Screen, all: usize, most: usize, noun: &str) {
    if all > most {
        screen.line(&[(Label::Dim, &format!("and {}: -o wide shows all", count(all - most, &format!("more {noun}"))))]);
    }
}
