//! The page of a simulation: its outcome, why pods stay pending, how full nodes get, pod by pod.

use std::cmp::Reverse;
use std::fmt::Display;

use crate::simulate::{NodeLoad, Shares, Step, Strategy, Summary};

use super::super::Provenance;
use super::super::simulation::SimulationAnswer;
use super::super::simulation::groups::line;
use super::super::simulation::table::{amounts, changes, headline, percent, preemption, refusals_by_reason};
use super::super::simulation::{autoscale, diff};
use super::super::text::{count, list, thousands};
use super::markup::Markup;
use super::sheet::{Sheet, SheetColumn};
use super::shell;
use super::{mark, notes, scenario};
use crate::simulate::autoscale::Autoscaled;

/// Groups of pods without a place.
const MOST_GROUPS: usize = 50;

/// The page of a `simulate`.
pub(in crate::report) fn page(answer: &SimulationAnswer, provenance: &Provenance) -> String {
    let mut body = Markup::default();
    let (label, headline) = answer.diff.as_ref().map_or_else(|| headline(answer), diff::headline);
    body.raw("<article class=\"answer\">\n<h2>").append(&mark(label)).text(&headline).raw("</h2>\n");
    if answer.strategy != Strategy::Default {
        body.raw("<p class=\"aside\">By ").text(answer.strategy.name());
        body.raw(": kube-scheduler itself chooses by score.</p>\n");
    }
    figures(&mut body, &answer.summary, answer.refused.len());
    notes::not_evaluated(&mut body, &answer.not_evaluated);
    if let Some(autoscaled) = &answer.autoscaled {
        added(&mut body, autoscaled);
    }
    refused(&mut body, answer);
    scenario::steps(&mut body, answer);
    groups(&mut body, answer);
    unplaced(&mut body, &answer.summary);
    if let Some(diff) = &answer.diff {
        scenario::different(&mut body, diff);
        nodes(&mut body, &diff.nodes);
    } else {
        nodes(&mut body, &answer.summary.loads);
        measures(&mut body, &answer.summary);
        steps(&mut body, answer);
    }
    body.raw("</article>\n");
    shell::page("simulate", &headline, &body, provenance)
}

/// The nodes that the Cluster Autoscaler and Karpenter added.
fn added(page: &mut Markup, autoscaled: &Autoscaled) {
    let basis = autoscale::basis(autoscaled);
    page.raw("<section><h3>Nodes added</h3>\n").raw("<p class=\"aside\">").text(&basis).raw("</p>\n");
    page.raw("<dl class=\"misses\">\n");
    for (group, text) in autoscale::lines(autoscaled) {
        page.raw("<div><dt>").text(&group).raw("</dt>").element("dd", text).raw("</div>\n");
    }
    page.raw("</dl>\n");
    for text in autoscale::nothing(autoscaled) {
        page.element("p", text);
    }
    for text in autoscale::left(autoscaled).iter().chain(&autoscaled.notes) {
        page.element("p", text);
    }
    page.raw("</section>\n");
}

fn figures(page: &mut Markup, summary: &Summary, refused: usize) {
    let figures = [
        ("placed", summary.placed),
        ("not placed", summary.unplaced),
        ("nodes used", summary.nodes_used),
        ("newly used", summary.nodes_newly_used),
        ("nodes in total", summary.nodes),
    ];
    // Figures of what is not in every simulation.
    let others = [
        ("scheduling gates", summary.gated),
        ("preempted", summary.evicted),
        ("of them rescheduled", summary.rescheduled),
        ("refused", refused),
    ];
    let others = others.into_iter().filter(|(_, figure)| *figure > 0);
    page.raw("<dl class=\"figures\">");
    for (name, figure) in figures.into_iter().chain(others) {
        page.raw("<div>").element("dt", name).element("dd", thousands(figure)).raw("</div>");
    }
    page.raw("</dl>\n");
}

/// What became of groups of pods.
fn groups(page: &mut Markup, answer: &SimulationAnswer) {
    if answer.group_cycles.is_empty() {
        return;
    }
    page.raw("<section><h3>Pod groups</h3>\n");
    for cycle in answer.group_cycles.iter().take(MOST_GROUPS) {
        let (label, line) = line(cycle, &answer.steps);
        page.raw("<p>").append(&mark(label)).text(&line).raw("</p>\n");
        if !cycle.condition.message.is_empty() {
            page.element("p", &cycle.condition.message);
        }
    }
    page.raw("</section>\n");
}

/// Pods that never come into being.
fn refused(page: &mut Markup, answer: &SimulationAnswer) {
    if answer.refused.is_empty() {
        return;
    }
    page.raw("<section><h3>Refused</h3>\n<p class=\"aside\">The API server would refuse these pods; ");
    page.raw("its message for the first of each group.</p>\n");
    let groups = refusals_by_reason(&answer.refused);
    for refusals in groups.iter().take(MOST_GROUPS) {
        let pods: Vec<String> = refusals.iter().map(|refusal| refusal.pod.to_string()).collect();
        group(page, &pods, refusals.first().map(ToString::to_string).unwrap_or_default());
    }
    more_groups(page, groups.len());
    page.raw("</section>\n");
}

/// Why pods stay pending; grouped by cause.
fn unplaced(page: &mut Markup, summary: &Summary) {
    if summary.unplaced_by_cause.is_empty() {
        return;
    }
    page.raw("<section><h3>Not placed</h3>\n");
    page.raw("<p class=\"aside\">kube-scheduler's message for the first pod of each group.</p>\n");
    for unplaced in summary.unplaced_by_cause.iter().take(MOST_GROUPS) {
        let pods: Vec<String> = unplaced.pods.iter().map(ToString::to_string).collect();
        group(page, &pods, &unplaced.first.message);
    }
    more_groups(page, summary.unplaced_by_cause.len());
    page.raw("</section>\n");
}

/// Pods, and what is said of the first.
fn group(page: &mut Markup, pods: &[String], said: impl Display) {
    page.raw("<figure class=\"message\"><figcaption>").text(count(pods.len(), "pod")).raw(": ").text(list(pods, 2));
    page.raw("</figcaption><blockquote>").text(said).raw("</blockquote></figure>\n");
}

fn more_groups(page: &mut Markup, all: usize) {
    if all > MOST_GROUPS {
        page.raw("<p class=\"aside\">and ").text(count(all - MOST_GROUPS, "more group")).raw("</p>\n");
    }
}

/// How full nodes get, those that most pods go to first.
fn nodes(page: &mut Markup, loads: &[NodeLoad]) {
    if loads.is_empty() {
        return;
    }
    let mut loads: Vec<&NodeLoad> = loads.iter().collect();
    // Stable: nodes with as many pods stay in the order of names.
    loads.sort_by_key(|load| Reverse(load.placed));
    page.raw("<section><h3>Nodes before and after</h3>\n<p class=\"aside legend\">");
    page.raw("<span><b class=\"key before\"></b> requested before</span> ");
    page.raw("<span><b class=\"key after\"></b> added</span>");
    let left = loads.iter().any(|load| load.left > 0);
    let changed = loads.iter().any(|load| !load.changes.is_empty());
    if left || changed {
        page.raw(" <span><b class=\"key freed\"></b> freed</span>");
    }
    page.raw("</p>\n");
    let number = |title, of: fn(&NodeLoad) -> usize| SheetColumn::Number {
        title,
        values: loads.iter().map(|load| i64::try_from(of(load)).ok()).collect(),
    };
    let mut columns = vec![number("Placed", |load| load.placed)];
    columns.extend(left.then(|| number("Left", |load| load.left)));
    columns.push(usage(&loads, "CPU", |load| {
        ("cpu", load.before.milli_cpu, load.after.milli_cpu, load.allocatable.milli_cpu)
    }));
    columns.push(usage(&loads, "Memory", |load| {
        ("memory", load.before.memory, load.after.memory, load.allocatable.memory)
    }));
    columns.push(usage(&loads, "Pods", |load| ("pods", load.before.pods, load.after.pods, load.allocatable.pods)));
    columns.extend(changed.then(|| SheetColumn::Text {
        title: "Change",
        values: loads.iter().map(|load| Some(changes(load)).filter(|text| !text.is_empty())).collect(),
        none: "",
    }));
    let names = loads.iter().map(|load| load.node.to_string()).collect();
    Sheet { noun: "node", names, columns }.render(page, "Node");
    page.raw("</section>\n");
}

/// How much of a resource is requested, before and after.
fn usage(loads: &[&NodeLoad], title: &'static str, of: fn(&NodeLoad) -> (&'static str, i64, i64, i64)) -> SheetColumn {
    let share = |value: i64, allocatable: i64| {
        let share = i128::from(value.max(0)) * 100 / i128::from(allocatable).max(1);
        i64::try_from(share).unwrap_or(i64::MAX)
    };
    let of_all = || loads.iter().map(|load| of(load));
    SheetColumn::Load {
        title,
        before: of_all().map(|(_, before, _, allocatable)| share(before, allocatable)).collect(),
        after: of_all().map(|(_, _, after, allocatable)| share(after, allocatable)).collect(),
        amounts: loads.iter().map(|load| amounts(load.sides(), of(load))).collect(),
    }
}

/// How full the cluster is, what of the rest can be used, and how even it is.
fn measures(page: &mut Markup, summary: &Summary) {
    if summary.loads.is_empty() {
        return;
    }
    let (before, after) = (summary.before, summary.after);
    let rows = [
        ("utilization", before.utilization, after.utilization),
        ("fragmentation", before.fragmentation, after.fragmentation),
        ("balance", before.balance, after.balance),
    ];
    page.raw("<section><h3>Cluster</h3>\n<div class=\"scroll\"><table class=\"sheet\"><thead><tr><th scope=\"col\">Measure</th>");
    page.raw(
        "<th scope=\"col\">CPU</th><th scope=\"col\">Memory</th><th scope=\"col\">Pods</th></tr></thead><tbody>\n",
    );
    for (name, before, after) in rows {
        page.raw("<tr><th scope=\"row\">").text(name).raw("</th>");
        let parts: [fn(&Shares) -> f64; 3] = [|shares| shares.cpu, |shares| shares.memory, |shares| shares.pods];
        for part in parts {
            page.element("td", format_args!("{} → {}", percent(part(&before)), percent(part(&after))));
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div></section>\n");
}

/// Pod by pod, in the queue's order; where pods had a node before, that as well.
fn steps(page: &mut Markup, answer: &SimulationAnswer) {
    let steps = &answer.steps;
    if steps.is_empty() {
        return;
    }
    page.raw("<section><h3>Pod by pod</h3>\n");
    page.raw("<p class=\"aside\">In queue order. Ties: other nodes that were equally good.</p>\n");
    let tied = |step: &Step| i64::try_from(step.place()?.tied.saturating_sub(1)).ok();
    let from = |step: &Step| answer.before.pod(step.pod_id).node();
    let mut columns = Vec::new();
    if steps.iter().any(|step| from(step).is_some()) {
        let values = steps.iter().map(|step| from(step).map(|node| node.to_string())).collect();
        columns.push(SheetColumn::Text { title: "From", values, none: "–" });
    }
    columns.push(SheetColumn::Text {
        title: "Node",
        values: steps.iter().map(|step| Some(step.place()?.name.to_string())).collect(),
        none: "✕ no node",
    });
    columns.push(SheetColumn::Number {
        title: "Total",
        values: steps.iter().map(|step| Some(step.place()?.total)).collect(),
    });
    columns.push(SheetColumn::Number { title: "Ties", values: steps.iter().map(tied).collect() });
    if steps.iter().any(|step| !step.evictions.is_empty()) {
        let values = steps.iter().map(|step| Some(preemption(step)).filter(|text| !text.is_empty())).collect();
        columns.push(SheetColumn::Text { title: "Preemption", values, none: "" });
    }
    let names = steps.iter().map(|step| step.pod.to_string()).collect();
    Sheet { noun: "pod", names, columns }.render(page, "Pod");
    page.raw("</section>\n");
}
