//! `-o table` and `-o wide` of a simulation.
//!
//! How many pods are placed comes first; then why the others are not, in kube-scheduler's words;
//! then how full the nodes get; then pod by pod. Lists are capped unless `wide`, and say what
//! they leave out.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::api::{Name, ObjectKey, name};
use crate::control_plane::admission::AdmissionRefusal;
use crate::framework::Amount;
use crate::simulate::rebalance::Rebalance;
use crate::simulate::scenario::rollout::{Rollout, RolloutEnd};
use crate::simulate::scenario::{StepAction, StepReport};
use crate::simulate::{NodeChange, NodeLoad, Outcome, Shares, Step, Strategy, Summary, Unplaced};

use super::super::Setting;
use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::super::{Look, Provenance};
use super::{SimulationAnswer, autoscale, diff, groups, rollout, scenario};
use crate::report::screen::{Grid, Screen, assumed, not_evaluated};
use crate::report::words::amount;

/// Groups of pods without a place that are shown.
const GROUPS: usize = 5;
/// Nodes that are shown.
const NODES: usize = 10;
/// Pods that are shown.
const PODS: usize = 20;

/// The simulation as a person reads it.
pub(super) fn screen(answer: &SimulationAnswer, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let most = |most: usize| if look.wide { usize::MAX } else { most };
    let (label, headline) = match &answer.diff {
        Some(diff) => diff::headline(diff),
        None => headline(answer),
    };
    screen.headline(label, &headline, &provenance.to_string());
    if answer.strategy != Strategy::Default {
        let text = format!("by {}: kube-scheduler itself chooses by score", answer.strategy.name());
        screen.paragraph(Label::Warning, &text);
    }
    asides(&mut screen, &answer.summary);
    if let Some(with) = &answer.with_preemption {
        let names = |pods: &[ObjectKey]| list(&pods.iter().map(ToString::to_string).collect::<Vec<_>>(), 2);
        let verb = if with.placed.len() == 1 { "fits" } else { "fit" };
        let preempt = screen.spelled(Setting::Preempt).unwrap_or("preemption");
        let placed = format!("{preempt} would change this: {} {verb}", names(&with.placed));
        let preempts = match with.preempted.as_slice() {
            [] => String::new(),
            preempted => format!(", preempting {}", names(preempted)),
        };
        let unplaced = match with.unplaced {
            0 => String::new(),
            unplaced => format!("; {} then without a place", count(unplaced, "pod")),
        };
        screen.paragraph(Label::Warning, &format!("{placed}{preempts}{unplaced}"));
    }
    if let Some(autoscaled) = &answer.autoscaled {
        autoscale::render(&mut screen, autoscaled);
    }
    refused(&mut screen, answer, most(GROUPS));
    scenario::render(&mut screen, answer, look.wide);
    cannot_start(&mut screen, answer, most(GROUPS));
    groups::render(&mut screen, answer, most(GROUPS));
    unplaced(&mut screen, &answer.summary, most(GROUPS));
    if let Some(diff) = &answer.diff {
        diff::render(&mut screen, diff, look.wide, most(PODS), most(NODES));
    } else {
        nodes(&mut screen, &answer.summary.loads, look.wide, most(NODES));
        measures(&mut screen, answer);
        if answer.summary.placed > 0 {
            pods(&mut screen, answer, most(PODS), look.wide);
        }
    }
    assumed(&mut screen, &answer.assumptions);
    not_evaluated(&mut screen, &answer.not_evaluated);
    screen
}

/// What went wrong, the worst first; empty where all went as asked.
fn problems(answer: &SimulationAnswer) -> Vec<String> {
    let mut problems = Vec::new();
    for report in &answer.scenario {
        if let Some(rollout) = report.rollout.as_ref().filter(|rollout| rollout.end.is_stuck()) {
            problems.push(rollout::outcome(rollout));
        }
        let not_drained: BTreeSet<&str> = report.refused.iter().map(|refusal| refusal.node.as_str()).collect();
        let staying = report.refused.iter().filter(|refusal| refusal.pod.is_some()).count();
        if !not_drained.is_empty() {
            let drained = report.nodes.len().saturating_sub(not_drained.len());
            let why = match staying {
                0 => "kubectl refuses".to_owned(),
                staying => format!("{} not evicted", count(staying, "pod")),
            };
            problems.push(match report.nodes.len() {
                1 => format!("{} cannot be drained: {why}", not_drained.into_iter().collect::<String>()),
                nodes => format!("{} of {} can be drained: {why}", thousands(drained), count(nodes, "node")),
            });
        }
        if let Some(waits) = &report.waits {
            problems.push(format!(
                "{} stuck: the controller waits for {}",
                scenario::words(&report.change),
                waits.for_pod
            ));
        }
        if let Some(refusal) = report.not_created.first() {
            let by = refusal.quota.map_or_else(|| "the API server".to_owned(), |quota| format!("quota {quota}"));
            problems.push(format!("{} refused by {by}", count(report.not_created.len(), "pod")));
        }
    }
    // Those at which a rollout is stuck are on the screen already.
    let is_shown = |pod: ObjectKey| {
        let mut rollouts = answer.scenario.iter().filter_map(|report| report.rollout.as_ref());
        rollouts.any(|rollout| matches!(&rollout.end, RolloutEnd::MultiAttach(attach) if attach.pod == pod))
    };
    let waiting = answer.cannot_start.iter().filter(|attach| !is_shown(attach.pod)).count();
    if waiting > 0 {
        let pods = count(waiting, "pod");
        problems.push(format!("{pods} cannot start: another node has the volume (Multi-Attach)"));
    }
    if !answer.violated_budgets.is_empty() {
        problems.push(format!("{} violated", count(answer.violated_budgets.len(), "PodDisruptionBudget")));
    }
    problems
}

/// Pods that got a node and never run there.
fn cannot_start(screen: &mut Screen, answer: &SimulationAnswer, most: usize) {
    if answer.cannot_start.is_empty() {
        return;
    }
    screen.heading("CANNOT START", "kube-scheduler does not check where volumes are attached");
    for attach in answer.cannot_start.iter().take(most) {
        screen.indented(Label::Rejected, "", &format!("{} {}", attach.pod, rollout::why_not_started(attach)));
    }
    screen.left_out(answer.cannot_start.len(), most, "pod");
}

/// The answer in one line.
pub(in crate::report) fn headline(answer: &SimulationAnswer) -> (Label, String) {
    let summary = &answer.summary;
    // Preempted pods have a line of their own.
    let placed = summary.placed - summary.rescheduled;
    let unplaced = summary.unplaced - (summary.evicted - summary.rescheduled);
    let all = placed + unplaced;
    let used = summary.loads.iter().filter(|load| load.placed > 0).count();
    let nodes = format!("{} of {}", thousands(used), count(summary.nodes, "node"));
    let refused = answer.refused.len() + answer.scenario.iter().map(|step| step.not_created.len()).sum::<usize>();
    let problems = problems(answer);
    if let Some(first) = problems.first().filter(|_| unplaced == 0 || answer.scenario.len() == 1) {
        let more = match (problems.len() - 1, unplaced) {
            (0, _) => String::new(),
            (more, _) => format!("; and {}", count(more, "more problem")),
        };
        return (Label::Rejected, format!("{first}{more}"));
    }
    let rollouts: Vec<&Rollout> = answer.scenario.iter().filter_map(|step| step.rollout.as_ref()).collect();
    if let [rollout] = rollouts.as_slice()
        && answer.scenario.len() == 1
        && unplaced == 0
        && rollout.end == RolloutEnd::Complete
    {
        return (Label::Fits, format!("{}, on {nodes}", rollout::outcome(rollout)));
    }
    if let ([rollout], 0, 0, 0) = (rollouts.as_slice(), placed, unplaced, refused)
        && answer.scenario.len() == 1
    {
        return (Label::Plain, rollout::outcome(rollout));
    }
    // Where nothing else was asked.
    let moves = |report: &StepReport| matches!(report.change, StepAction::Rebalance { .. });
    let rebalance = answer.rebalance.as_ref().filter(|_| answer.scenario.iter().all(moves));
    let deleted: usize = answer.scenario.iter().map(|step| step.deleted.len()).sum();
    // Pods of manifests that never come into being; those of steps are among the problems.
    let never = match answer.refused.len() {
        0 => String::new(),
        never => format!("; {} refused by the API server", count(never, "pod")),
    };
    match (placed, unplaced) {
        (0, 0) if refused > 0 => (Label::Rejected, format!("{} refused by the API server", count(refused, "pod"))),
        (0, 0) if let Some(rebalance) = rebalance => (Label::Plain, no_move(rebalance)),
        (0, 0) if answer.scenario.is_empty() => (Label::Plain, "No pod to schedule".to_owned()),
        (0, 0) if deleted > 0 => (Label::Plain, format!("{} deleted; no other has to move", count(deleted, "pod"))),
        (0, 0) => (Label::Plain, "No pod has to move".to_owned()),
        (placed, 0) if rebalance.is_some() => {
            let verb = "would land better if evicted";
            (Label::Fits, format!("{} {verb}, on {nodes}", count(placed, "pod")))
        }
        (placed, 0) => {
            let label = if never.is_empty() { Label::Fits } else { Label::Rejected };
            (label, format!("{} placed, on {nodes}{never}", count(placed, "pod")))
        }
        (0, _) if summary.nodes == 0 => {
            (Label::Rejected, format!("{}: the state has no nodes{never}", count(all, "pod")))
        }
        (0, _) => {
            let nodes = count(summary.nodes, "node");
            let text = match answer.steps.as_slice() {
                [step] => format!("Pod {} does not fit: 0 of {nodes}{never}", step.pod),
                _ => format!("{}: none fits on {nodes}{never}", count(all, "pod")),
            };
            (Label::Rejected, text)
        }
        (placed, _) => {
            (Label::Rejected, format!("{} of {} placed, on {nodes}{never}", thousands(placed), count(all, "pod")))
        }
    }
}

/// `--rebalance` found nothing.
fn no_move(rebalance: &Rebalance) -> String {
    match &rebalance.held {
        None => "No pod would land better if it were evicted".to_owned(),
        Some((pod, node)) => {
            format!("No eviction that helps is allowed: {pod} would land better on {node}, but its budget is used up")
        }
    }
}

/// What the headline does not say about its pods.
fn asides(screen: &mut Screen, summary: &Summary) {
    if summary.evicted > 0 {
        let label = if summary.rescheduled < summary.evicted { Label::Rejected } else { Label::Plain };
        let again = format!("{} of them rescheduled", thousands(summary.rescheduled));
        screen.paragraph(label, &format!("{} preempted, {again}", count(summary.evicted, "pod")));
    }
    if summary.gated > 0 {
        let gated =
            format!("{} not scheduled because of scheduling gates or their pod group", count(summary.gated, "pod"));
        screen.paragraph(Label::Plain, &gated);
    }
}

/// Pods that never come into being; those that are refused for the same reason together.
fn refused(screen: &mut Screen, answer: &SimulationAnswer, most: usize) {
    if answer.refused.is_empty() {
        return;
    }
    let groups = refusals_by_reason(&answer.refused);
    screen.heading("REFUSED", "by the API server; its message for the first pod of each group");
    for refusals in groups.iter().take(most) {
        let pods: Vec<String> = refusals.iter().map(|refusal| refusal.pod.to_string()).collect();
        screen.paragraph(Label::Rejected, &format!("{}: {}", count(pods.len(), "pod"), list(&pods, 2)));
        if let Some(first) = refusals.first() {
            screen.indented(Label::Plain, "  ", &first.to_string());
        }
    }
    screen.left_out(groups.len(), most, "group");
}

/// Refusals in groups that have a reason in common, in the order of the first.
pub(in crate::report) fn refusals_by_reason(refused: &[AdmissionRefusal]) -> Vec<Vec<&AdmissionRefusal>> {
    let mut groups: IndexMap<&str, Vec<&AdmissionRefusal>> = IndexMap::new();
    for refusal in refused {
        groups.entry(&refusal.why).or_default().push(refusal);
    }
    groups.into_values().collect()
}

/// Why pods stay pending; grouped by cause.
fn unplaced(screen: &mut Screen, summary: &Summary, most: usize) {
    if summary.unplaced_by_cause.is_empty() {
        return;
    }
    screen.heading("NOT PLACED", "kube-scheduler's message for the first pod of each group");
    for group in summary.unplaced_by_cause.iter().take(most) {
        let pods: Vec<String> = group.pods.iter().map(ToString::to_string).collect();
        let pods = format!("{}: {}", count(pods.len(), "pod"), list(&pods, 2));
        screen.paragraph(Label::Rejected, &pods);
        screen.quoted(Label::Plain, "  ", &group.first.message);
    }
    screen.left_out(summary.unplaced_by_cause.len(), most, "group");
}

/// How full nodes get, those that most pods go to first: in shares of what is allocatable, `wide`
/// in amounts. A node that is new or gone has only one side.
pub(super) fn nodes(screen: &mut Screen, loads: &[NodeLoad], wide: bool, most: usize) {
    if loads.is_empty() {
        return;
    }
    let marked = loads.iter().any(|load| !load.changes.is_empty());
    let mut loads: Vec<&NodeLoad> = loads.iter().collect();
    // Stable: nodes with as many pods stay in the order of names.
    loads.sort_by_key(|load| std::cmp::Reverse(load.placed));
    screen.blank();
    let mut header = ["NODE", "PODS", "CPU", "MEMORY"].map(str::to_owned).to_vec();
    header.extend(marked.then(|| "CHANGE".to_owned()));
    let mut grid = Grid::with_header(header);
    for load in loads.iter().take(most) {
        let NodeLoad { before, after, allocatable, .. } = load;
        let sides = load.sides();
        let pods = arrow(sides, before.pods.to_string(), after.pods.to_string());
        let cpu = ("cpu", before.milli_cpu, after.milli_cpu, allocatable.milli_cpu);
        let memory = ("memory", before.memory, after.memory, allocatable.memory);
        let cells = if wide {
            [format!("{pods} of {}", allocatable.pods), amounts(sides, cpu), amounts(sides, memory)]
        } else {
            [pods, shares(sides, cpu), shares(sides, memory)]
        };
        let label = if load.has(NodeChange::Removed) { Label::Rejected } else { Label::Fits };
        grid.row(label, [load.node.to_string()].into_iter().chain(cells).chain(marked.then(|| changes(load))));
    }
    screen.grid(&grid);
    screen.left_out(loads.len(), most, "node");
}

/// What happened to a node, in a word or two; empty where nothing did.
pub(in crate::report) fn changes(load: &NodeLoad) -> String {
    load.changes.iter().map(|change| word(*change)).collect::<Vec<_>>().join(", ")
}

fn word(change: NodeChange) -> &'static str {
    match change {
        NodeChange::Added => "added",
        NodeChange::Removed => "removed",
        NodeChange::Cordoned => "cordoned",
        NodeChange::Uncordoned => "uncordoned",
        NodeChange::Tainted => "taints changed",
        NodeChange::Labelled => "labels changed",
    }
}

/// Before and after; what was not there, or is not, says so.
fn arrow((was, is): (bool, bool), before: String, after: String) -> String {
    let side = |there: bool, text: String| if there { text } else { "<none>".to_owned() };
    format!("{} → {}", side(was, before), side(is, after))
}

/// How full the cluster is, what of the rest can be used, and how even it is.
fn measures(screen: &mut Screen, answer: &SimulationAnswer) {
    let summary = &answer.summary;
    // Where nothing has moved there is nothing to compare.
    if summary.loads.is_empty() || summary.loads.iter().all(|load| load.before == load.after && load.placed == 0) {
        return;
    }
    screen.blank();
    let mut grid = Grid::new(["CLUSTER", "CPU", "MEMORY", "PODS"]);
    let (before, after) = (summary.before, summary.after);
    let rows = [
        ("utilization", before.utilization, after.utilization),
        ("fragmentation (lower is better)", before.fragmentation, after.fragmentation),
        ("imbalance (lower is better)", before.balance, after.balance),
    ];
    for (name, before, after) in rows {
        let change = |part: fn(&Shares) -> f64| format!("{} → {}", percent(part(&before)), percent(part(&after)));
        let cells = [change(|shares| shares.cpu), change(|shares| shares.memory), change(|shares| shares.pods)];
        grid.row(Label::Plain, [name.to_owned()].into_iter().chain(cells));
    }
    screen.grid(&grid);
    let newly = match summary.nodes_newly_used {
        0 => String::new(),
        newly => format!(", {} newly used", thousands(newly)),
    };
    let cordoned = match summary.cordoned {
        0 => String::new(),
        cordoned => format!("; {} not counted above", count(cordoned, "cordoned node")),
    };
    let nodes = count(summary.nodes, "node");
    let least = match answer.nodes_lower_bound() {
        None => String::new(),
        Some(least) => format!("; no fewer than {} could hold all requests", thousands(least)),
    };
    let used = format!("{} of {nodes} with pods{newly}{least}{cordoned}", thousands(summary.nodes_used));
    screen.line(&[(Label::Dim, &used)]);
}

/// `100%` has no digit behind it: three columns of `100.0% → 100.0%` are wider than a screen.
pub(in crate::report) fn percent(share: f64) -> String {
    let text = format!("{:.1}%", share * 100.0);
    if text == "100.0%" { "100%".to_owned() } else { text }
}

/// A resource; how much of it is requested before and after, and allocatable.
pub(in crate::report) type BeforeAfter<'a> = (&'a str, i64, i64, i64);

pub(in crate::report) fn amounts(
    sides: (bool, bool),
    (resource, before, after, allocatable): BeforeAfter<'_>,
) -> String {
    let print = |value| amount(name(resource), Amount::new(name(resource), value));
    format!("{} of {}", arrow(sides, print(before), print(after)), print(allocatable))
}

fn shares(sides: (bool, bool), (_, before, after, allocatable): BeforeAfter<'_>) -> String {
    if allocatable <= 0 {
        return "<none>".to_owned();
    }
    let share = |value| i128::from(value) * 100 / i128::from(allocatable);
    arrow(sides, format!("{}%", share(before)), format!("{}%", share(after)))
}

/// Pod by pod; where pods had a node before, that as well.
fn pods(screen: &mut Screen, answer: &SimulationAnswer, most: usize, wide: bool) {
    screen.blank();
    let from = |step: &Step| answer.before.pod(step.pod_id).node();
    let moved = answer.steps.iter().any(|step| from(step).is_some());
    let preempts = answer.steps.iter().any(|step| !step.evictions.is_empty());
    let shown = || answer.steps.iter().take(most);
    // Said once in the header, if it is the same for all.
    let namespace = shown().next().map(|step| step.pod.namespace);
    let namespace = namespace.filter(|namespace| shown().all(|step| step.pod.namespace == *namespace));
    let grid = |moved: bool, namespace: Option<Name>| {
        let mut header = vec![namespace.map_or_else(|| "POD".to_owned(), |namespace| format!("POD in {namespace}"))];
        header.extend(moved.then(|| "FROM".to_owned()));
        header.extend(["NODE", "TOTAL", "TIES"].map(str::to_owned));
        let columns = header.len();
        header.extend(preempts.then(|| "PREEMPTION".to_owned()));
        let mut grid = Grid::with_header(header).right_aligned([columns - 2, columns - 1]);
        for step in shown() {
            let none = || "<none>".to_owned();
            let (label, cells) = match &step.outcome {
                Outcome::Placed(place) => {
                    // The others that were as good.
                    let ties = place.tied.saturating_sub(1);
                    (Label::Fits, [place.name.to_string(), place.total.to_string(), ties.to_string()])
                }
                Outcome::Unplaced(unplaced) => (Label::Rejected, [stays(unplaced), none(), none()]),
            };
            let pod = if namespace.is_some() { step.pod.name.to_string() } else { step.pod.to_string() };
            let from = moved.then(|| from(step).map_or_else(none, |node| node.to_string()));
            grid.row(label, [pod].into_iter().chain(from).chain(cells).chain(preempts.then(|| preemption(step))));
        }
        grid
    };
    // Where a pod was, the steps of the scenario say, too.
    let narrowest = grid(moved && wide, namespace);
    let narrower = grid(moved, namespace).or_if_too_wide(narrowest);
    screen.grid(&grid(moved, None).or_if_too_wide(narrower));
    screen.left_out(answer.steps.len(), most, "pod");
    if answer.steps.iter().filter_map(Step::place).any(|place| place.tied > 1) {
        let more = screen.spelled(Setting::Runs).map_or_else(String::new, |runs| format!("; try {runs} 100"));
        screen.line(&[(Label::Dim, &format!("TIES: other nodes that are equally good{more}"))]);
    }
}

/// Where a pod that is not placed stands: on a node where it waits, or nominated to one.
fn stays(unplaced: &Unplaced) -> String {
    match (unplaced.holds, unplaced.nominated) {
        (Some(node), _) => format!("{node} (waits)"),
        (None, Some(node)) => format!("<none> (nominated: {node})"),
        (None, None) => "<none>".to_owned(),
    }
}

/// Whom it preempted, and who preempted it.
pub(in crate::report) fn preemption(step: &Step) -> String {
    let victims: Vec<String> = step.preempted.iter().map(ToString::to_string).collect();
    let victims = (!victims.is_empty()).then(|| format!("preempts {}", list(&victims, 2)));
    let left = step.evictions.last().map(|eviction| format!("preempted on {} by {}", eviction.node, eviction.by));
    victims.into_iter().chain(left).collect::<Vec<_>>().join("; ")
}
