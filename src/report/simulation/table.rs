//! `-o table` and `-o wide` of a simulation.
//!
//! How many pods are placed comes first; then why the others are not, in kube-scheduler's words;
//! then how full the nodes get; then pod by pod. Lists are capped unless `wide`, and say what
//! they leave out.

use crate::cluster::name;
use crate::framework::Amount;
use crate::simulate::{NodeLoad, Outcome, Summary};

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
    screen.headline(label, &headline, &options.basis.to_string());
    let most = |most: usize| if options.wide { usize::MAX } else { most };
    unplaced(&mut screen, &answer.summary, most(GROUPS));
    nodes(&mut screen, &answer.summary, options.wide, most(NODES));
    if answer.summary.placed > 0 {
        pods(&mut screen, answer, most(PODS));
    }
    not_evaluated(&mut screen, &answer.not_evaluated);
    screen.finish()
}

/// The answer in one line.
fn headline(summary: &Summary) -> (Label, String) {
    let all = summary.placed + summary.unplaced;
    let nodes = format!("{} of {}", thousands(summary.loads.len()), count(summary.nodes, "node"));
    match (summary.placed, summary.unplaced) {
        (0, 0) => (Label::Plain, "No pod to schedule".to_owned()),
        (placed, 0) => (Label::Fits, format!("{} placed, on {nodes}", count(placed, "pod"))),
        (0, _) => (Label::Rejected, format!("No place for {} on {}", count(all, "pod"), count(summary.nodes, "node"))),
        (placed, _) => (Label::Rejected, format!("{} of {} placed, on {nodes}", thousands(placed), count(all, "pod"))),
    }
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
type Change<'a> = (&'a str, i64, i64, i64);

fn amounts((resource, before, after, allocatable): Change<'_>) -> String {
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
    let mut grid = Grid::new(["POD", "NODE", "TOTAL", "TIES"]).right_aligned([2, 3]);
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
        grid.row(label, cells);
    }
    screen.grid(&grid);
    left_out(screen, answer.steps.len(), most, "pod");
}

fn left_out(screen: &mut Screen, all: usize, most: usize, noun: &str) {
    if all > most {
        screen.line(&[(Label::Dim, &format!("and {}: -o wide shows all", count(all - most, &format!("more {noun}"))))]);
    }
}
