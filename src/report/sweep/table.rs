//! `-o table` and `-o wide` of a sweep.
//!
//! In how many runs every pod finds a place comes first; then the least, the middle and the most
//! of all runs; then which pods find none and why, and where pods and nodes end up.

use std::cmp::Reverse;

use crate::api::{Name, ObjectKey};
use crate::simulate::sweep::{Distribution, PodTally, Shard, SweepResult};

use super::super::Setting;
use super::super::style::Label;
use super::super::text::{count, list, natural, thousands};
use super::super::{Look, Provenance};
use super::pods_of_node;
use crate::report::screen::{Grid, Screen, not_evaluated};

/// Groups of pods without a place that are shown.
const GROUPS: usize = 5;
/// Nodes that are shown.
const NODES: usize = 10;
/// Pods that are shown.
const PODS: usize = 20;

/// The sweep as a person reads it.
pub(super) fn screen(sweep_result: &SweepResult, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let most = |most: usize| if look.wide { usize::MAX - 1 } else { most };
    let (label, headline) = headline(sweep_result);
    screen.headline(label, &headline, &provenance.to_string());
    if let Some(strategy) = &sweep_result.strategy {
        let text = format!("by {strategy}: kube-scheduler itself chooses by score");
        screen.paragraph(Label::Warning, &text);
    }
    if let Some((first, message)) = sweep_result.refused.first() {
        let refused = count(sweep_result.refused.len(), "pod");
        screen.paragraph(Label::Rejected, &format!("{refused} refused by the API server, such as {first}: {message}"));
    }
    if !sweep_result.tally.pods.is_empty() {
        figures(&mut screen, sweep_result);
        worst(&mut screen, sweep_result);
        unplaced(&mut screen, sweep_result, most(GROUPS));
        nodes(&mut screen, sweep_result, most(NODES));
        pods(&mut screen, sweep_result, most(PODS), look.wide);
    }
    scenario(&mut screen, sweep_result);
    not_evaluated(&mut screen, &sweep_result.not_evaluated);
    screen
}

/// The answer in one line.
fn headline(sweep_result: &SweepResult) -> (Label, String) {
    let tally = &sweep_result.tally;
    let (whole, runs) = (tally.whole_runs(), tally.runs());
    let shard =
        sweep_result.plan.shard.map(|Shard { index, of }| format!("Shard {index} of {of}: ")).unwrap_or_default();
    let of = thousands(number(runs));
    let (label, text) = if runs == 0 {
        (Label::Plain, "no run was completed".to_owned())
    } else if tally.pods.is_empty() {
        (Label::Plain, format!("no pod to schedule in {}", count(number(runs), "run")))
    } else if whole == runs {
        let pods = match (tally.placed.least(), tally.placed.most()) {
            (least, most) if least == most => count(number(most), "pod"),
            _ => "every pod".to_owned(),
        };
        (
            Label::Fits,
            format!("{pods} placed in {}", if runs == 1 { "the run".to_owned() } else { format!("all {of} runs") }),
        )
    } else if whole == 0 {
        (Label::Rejected, format!("no run of {of} places every pod"))
    } else {
        (
            Label::Rejected,
            format!("every pod placed in {} of {of} runs ({})", thousands(number(whole)), share(whole, runs)),
        )
    };
    (label, format!("{shard}{}", if shard.is_empty() { capitalised(&text) } else { text }))
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The least, the middle and the most of what can differ.
fn figures(screen: &mut Screen, sweep_result: &SweepResult) {
    let tally = &sweep_result.tally;
    screen.blank();
    let mut grid = Grid::new(["OVER ALL RUNS", "MIN", "MEDIAN", "MAX"]).right_aligned(1..4);
    let mut row = |name: &str, distribution: &Distribution, print: fn(u64) -> String| {
        let values = [distribution.least(), distribution.median(), distribution.most()];
        grid.row(Label::Plain, [name.to_owned()].into_iter().chain(values.map(print)));
    };
    let counted = |value: u64| thousands(number(value));
    let percent = |thousandths: u64| format!("{}.{}%", thousandths / 10, thousandths % 10);
    row("pods placed", &tally.placed, counted);
    row("pods not placed", &tally.unplaced, counted);
    if tally.preempted.most() > 0 {
        row("pods preempted", &tally.preempted, counted);
    }
    row("nodes with pods", &tally.nodes_used, counted);
    row("balance, cpu", &tally.balance.cpu, percent);
    row("balance, memory", &tally.balance.memory, percent);
    screen.grid(&grid);
}

/// How to see the runs at both ends.
fn worst(screen: &mut Screen, sweep_result: &SweepResult) {
    let placed = &sweep_result.tally.placed;
    let (least, most) = (placed.least(), placed.most());
    if let (Some(worst), Some(best)) = (placed.with(least), placed.with(most))
        && least < most
    {
        let spelled = screen.spelled(Setting::Runs).zip(screen.spelled(Setting::Seed));
        let (lead, seed) =
            spelled.map_or_else(Default::default, |(runs, seed)| (format!("replay without {runs}: "), seed));
        let seed = if seed.is_empty() { "seed" } else { seed };
        let text = format!(
            "{lead}{seed} {} places {}, {seed} {} places {}",
            worst.seed,
            thousands(number(least)),
            best.seed,
            thousands(number(most))
        );
        screen.line(&[(Label::Hint, &text)]);
    }
}

/// Pods that find no place in some run, those with the same fate together.
fn unplaced(screen: &mut Screen, sweep_result: &SweepResult, most: usize) {
    let mut pods: Vec<(&ObjectKey, &PodTally)> =
        sweep_result.tally.pods.iter().filter(|(_, pod)| pod.unplaced > 0).collect();
    if pods.is_empty() {
        return;
    }
    pods.sort_by_key(|(key, pod)| (Reverse(pod.unplaced), pod.first_unplaced.as_ref(), **key));
    screen.heading("NOT ALWAYS PLACED", "kube-scheduler's message in the first such run");
    let same = |one: &PodTally, other: &PodTally| {
        (one.unplaced, &one.first_unplaced) == (other.unplaced, &other.first_unplaced)
    };
    let groups: Vec<&[(&ObjectKey, &PodTally)]> = pods.chunk_by(|(_, one), (_, other)| same(one, other)).collect();
    for group in groups.iter().take(most) {
        let Some((_, pod)) = group.first() else { continue };
        let names: Vec<String> = group.iter().map(|(key, _)| key.to_string()).collect();
        let runs = pod.runs();
        let in_runs = if pod.unplaced == runs {
            format!("in all {}", count(number(runs), "run"))
        } else {
            let of = count(number(runs), "run");
            format!("in {} of {of} ({})", thousands(number(pod.unplaced)), share(pod.unplaced, runs))
        };
        screen.paragraph(Label::Rejected, &format!("{in_runs}: {}", list(&names, 2)));
        if let Some(first) = &pod.first_unplaced {
            screen.quoted(Label::Plain, "  ", &first.message);
        }
    }
    screen.left_out(groups.len(), most, "group");
}

/// The nodes that pods go to.
fn nodes(screen: &mut Screen, sweep_result: &SweepResult, most: usize) {
    let runs = sweep_result.tally.runs();
    let mut nodes: Vec<(&Name, &Distribution)> = sweep_result.tally.nodes.iter().collect();
    if nodes.is_empty() {
        return;
    }
    nodes.sort_by_key(|(node, pods)| (Reverse(pods.runs()), **node));
    screen.blank();
    let mut grid = Grid::new(["NODE", "RUNS", "SHARE", "MIN PODS", "MEDIAN", "MAX"]).right_aligned(1..6);
    for (node, pods) in nodes.iter().take(most) {
        let whole = pods_of_node(pods, runs);
        let figures = [whole.least(), whole.median(), whole.most()].map(|pods| thousands(number(pods)));
        let cells = [node.to_string(), thousands(number(pods.runs())), share(pods.runs(), runs)];
        grid.row(Label::Plain, cells.into_iter().chain(figures));
    }
    screen.grid(&grid);
    screen.left_out(nodes.len(), most, "node");
}

/// Where each pod goes, and how often; `wide` with all nodes.
fn pods(screen: &mut Screen, sweep_result: &SweepResult, most: usize, wide: bool) {
    let mut pods: Vec<(&ObjectKey, &PodTally)> = sweep_result.tally.pods.iter().collect();
    pods.sort_by(|(one, _), (other, _)| {
        one.namespace.cmp(&other.namespace).then_with(|| natural(&one.name, &other.name))
    });
    screen.blank();
    let mut grid =
        Grid::new(["POD", "UNPLACED", "NODES", if wide { "ON" } else { "MOST OFTEN ON" }]).right_aligned(1..3);
    for (key, pod) in pods.iter().take(most) {
        let runs = pod.runs();
        let nodes = pod.by_frequency();
        let shown = nodes.iter().take(if wide { nodes.len() } else { 1 });
        let on: Vec<String> = shown.map(|(node, on_it)| format!("{node} {}", share(*on_it, runs))).collect();
        let on = if on.is_empty() { "<none>".to_owned() } else { on.join(", ") };
        let label = if pod.unplaced == 0 { Label::Fits } else { Label::Rejected };
        grid.row(label, [key.to_string(), share(pod.unplaced, runs), thousands(nodes.len()), on]);
    }
    screen.grid(&grid);
    screen.left_out(pods.len(), most, "pod");
}

/// Budgets that were overrun, and steps that were refused.
fn scenario(screen: &mut Screen, sweep_result: &SweepResult) {
    let tally = &sweep_result.tally;
    let mut lines: Vec<(String, u64)> = tally
        .violated_budgets
        .iter()
        .map(|(budget, runs)| (format!("PodDisruptionBudget {budget} violated"), *runs))
        .chain(tally.refused_steps.iter().map(|(step, runs)| (format!("{step}: refused, at least in part"), *runs)))
        .collect();
    if lines.is_empty() {
        return;
    }
    lines.sort();
    screen.blank();
    for (line, runs) in lines {
        let in_runs = format!("in {} of {}", thousands(number(runs)), count(number(tally.runs()), "run"));
        screen.paragraph(Label::Rejected, &format!("{line}, {in_runs}"));
    }
}

fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn share(part: u64, whole: u64) -> String {
    let share = if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
    super::super::simulation::table::percent(share)
}
