//! The page of a simulation: what it comes to, why pods stay pending, how full nodes get, pod by pod.

use std::cmp::Reverse;

use serde::Serialize;

use crate::cluster::admission::Refusal;
use crate::cluster::{Name, ObjectKey, name};
use crate::simulate::{NodeLoad, Step, Summary};

use super::super::simulation::SimulationAnswer;
use super::super::simulation::scenario::{happened, words};
use super::super::simulation::table::{amounts, changes, headline, percent, preemption, refusals_by_reason};
use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::markup::Markup;
use super::shell::{self, Provenance};
use super::{mark, notes};

/// Rows without the script.
const MOST_ROWS: usize = 50;
/// Groups of pods without a place.
const MOST_GROUPS: usize = 50;

/// Pods named of each sort in what a step did.
const MOST_PODS: usize = 20;

/// A table for the script.
#[derive(Serialize)]
struct Data<T: Serialize> {
    noun: &'static str,
    names: Vec<T>,
    columns: Vec<Column>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Column {
    Number {
        title: &'static str,
        values: Vec<Option<i64>>,
    },
    Text {
        title: &'static str,
        values: Vec<Option<Name>>,
    },
    /// Shares of what is allocatable, in percent, and the amounts.
    Load {
        title: &'static str,
        before: Vec<i64>,
        after: Vec<i64>,
        amounts: Vec<String>,
    },
}

/// How much of a resource is requested, before and after, and allocatable.
struct Usage {
    before: i64,
    after: i64,
    amounts: String,
}

/// The page of a `simulate`.
pub fn page(answer: &SimulationAnswer, provenance: &Provenance<'_>) -> String {
    let mut body = Markup::default();
    let (label, headline) = headline(answer);
    body.raw("<article class=\"answer\">\n<h2>").append(&mark(label)).text(&headline).raw("</h2>\n");
    summary(&mut body, &answer.summary, answer.refused.len());
    notes::not_evaluated(&mut body, &answer.not_evaluated);
    scenario(&mut body, answer);
    refused(&mut body, &answer.refused);
    unplaced(&mut body, &answer.summary);
    nodes(&mut body, &answer.summary);
    steps(&mut body, &answer.steps);
    body.raw("</article>\n");
    shell::page("simulate", &headline, &body, provenance)
}

fn summary(page: &mut Markup, summary: &Summary, refused: usize) {
    let figures = [
        ("placed", summary.placed),
        ("not placed", summary.unplaced),
        ("nodes used", summary.nodes_used),
        ("of them newly", summary.nodes_newly_used),
        ("nodes in all", summary.nodes),
    ];
    // Figures of what is not in every simulation.
    let others = [
        ("scheduling gates", summary.gated),
        ("preempted", summary.evicted),
        ("of them placed again", summary.placed_again),
        ("refused", refused),
    ];
    let others = others.into_iter().filter(|(_, figure)| *figure > 0);
    page.raw("<dl class=\"figures\">");
    for (name, figure) in figures.into_iter().chain(others) {
        page.raw("<div>").element("dt", name).element("dd", thousands(figure)).raw("</div>");
    }
    page.raw("</dl>\n");
    let measures = [
        ("utilisation", summary.before.utilisation, summary.after.utilisation),
        ("fragmentation", summary.before.fragmentation, summary.after.fragmentation),
        ("balance", summary.before.balance, summary.after.balance),
    ];
    for (name, before, after) in measures {
        let change = |resource: &str, before, after| format!("{resource} {} → {}", percent(before), percent(after));
        let change = [
            change("cpu", before.cpu, after.cpu),
            change("memory", before.memory, after.memory),
            change("pods", before.pods, after.pods),
        ];
        page.raw("<p class=\"aside\">").text(name).raw(": ").text(change.join(", ")).raw("</p>\n");
    }
}

/// What was changed, and what came of it at once.
fn scenario(page: &mut Markup, answer: &SimulationAnswer) {
    if answer.scenario.is_empty() {
        return;
    }
    page.raw("<section><h3>Scenario</h3>\n<ol>\n");
    for report in &answer.scenario {
        page.raw("<li>").text(words(&report.change));
        for (label, line) in happened(report, MOST_PODS) {
            page.raw("<br><span class=\"place\">").append(&mark(label)).text(line).raw("</span>");
        }
        page.raw("</li>\n");
    }
    page.raw("</ol>\n");
    if !answer.broken_budgets.is_empty() {
        let budgets: Vec<String> = answer.broken_budgets.iter().map(ToString::to_string).collect();
        page.raw("<p>").append(&mark(Label::Rejected)).raw("More pods missing than PodDisruptionBudgets allow: ");
        page.text(list(&budgets, MOST_PODS)).raw("</p>\n");
    }
    page.raw("</section>\n");
}

/// Pods that the API server would not let in.
fn refused(page: &mut Markup, refused: &[Refusal]) {
    if refused.is_empty() {
        return;
    }
    page.raw("<section><h3>Refused</h3>\n<p class=\"aside\">The API server would not create these pods; what it says of the first.</p>\n");
    for group in refusals_by_reason(refused).iter().take(MOST_GROUPS) {
        let pods: Vec<String> = group.iter().map(|refusal| refusal.pod.to_string()).collect();
        let words = group.first().map(ToString::to_string).unwrap_or_default();
        page.raw("<figure class=\"told\"><figcaption>").text(count(pods.len(), "pod")).raw(": ").text(list(&pods, 2));
        page.raw("</figcaption><blockquote>").text(&words).raw("</blockquote></figure>\n");
    }
    page.raw("</section>\n");
}

fn unplaced(page: &mut Markup, summary: &Summary) {
    if summary.unplaced_by_cause.is_empty() {
        return;
    }
    page.raw("<section><h3>Not placed</h3>\n<p class=\"aside\">For each group of pods what kube-scheduler says of its first.</p>\n");
    for group in summary.unplaced_by_cause.iter().take(MOST_GROUPS) {
        let pods: Vec<String> = group.pods.iter().map(ToString::to_string).collect();
        page.raw("<figure class=\"told\"><figcaption>").text(count(pods.len(), "pod")).raw(": ").text(list(&pods, 2));
        page.raw("</figcaption><blockquote>").text(&group.first.message).raw("</blockquote></figure>\n");
    }
    let more = summary.unplaced_by_cause.len().saturating_sub(MOST_GROUPS);
    if more > 0 {
        page.raw("<p class=\"aside\">and ").text(count(more, "more group")).raw("</p>\n");
    }
    page.raw("</section>\n");
}

/// How full nodes get, those that most pods go to first.
fn nodes(page: &mut Markup, summary: &Summary) {
    if summary.loads.is_empty() {
        return;
    }
    let mut loads: Vec<&NodeLoad> = summary.loads.iter().collect();
    // Stable: nodes with as many pods stay in the order of names.
    loads.sort_by_key(|load| Reverse(load.placed));
    page.raw("<section><h3>Nodes before and after</h3>\n<p class=\"aside legend\">");
    page.raw(
        "<span><b class=\"key before\"></b> requested before</span> <span><b class=\"key after\"></b> and after</span>",
    );
    page.raw("</p>\n<div class=\"grid\"><div class=\"scroll\"><table class=\"loads\"><thead><tr>");
    page.raw("<th scope=\"col\">Node</th><th scope=\"col\" class=\"num\">Placed</th><th scope=\"col\">CPU</th>");
    page.raw("<th scope=\"col\">Memory</th><th scope=\"col\">Pods</th>");
    let marked = loads.iter().any(|load| !load.changes.is_empty());
    if marked {
        page.raw("<th scope=\"col\">Change</th>");
    }
    page.raw("</tr></thead><tbody>\n");
    for load in loads.iter().take(MOST_ROWS) {
        page.raw("<tr><th scope=\"row\">").text(load.node).raw("</th>").classed("td", "num", load.placed);
        for usage in [cpu(load), memory(load), pods(load)] {
            usage.cell(page);
        }
        if marked {
            page.element("td", changes(load));
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    more(page, loads.len(), "more node");
    let column = |title: &'static str, usage: fn(&NodeLoad) -> Usage| {
        let of: Vec<Usage> = loads.iter().map(|load| usage(load)).collect();
        Column::Load {
            title,
            before: of.iter().map(|usage| usage.before).collect(),
            after: of.iter().map(|usage| usage.after).collect(),
            amounts: of.into_iter().map(|usage| usage.amounts).collect(),
        }
    };
    let placed = loads.iter().map(|load| i64::try_from(load.placed).ok()).collect();
    let mut columns = vec![
        Column::Number { title: "Placed", values: placed },
        column("CPU", cpu),
        column("Memory", memory),
        column("Pods", pods),
    ];
    if marked {
        let change = |load: &&NodeLoad| Some(changes(load)).filter(|change| !change.is_empty()).map(|text| name(&text));
        columns.push(Column::Text { title: "Change", values: loads.iter().map(change).collect() });
    }
    let data = Data { noun: "node", names: loads.iter().map(|load| load.node).collect(), columns };
    page.data("data", &data).raw("</div></section>\n");
}

fn cpu(load: &NodeLoad) -> Usage {
    usage(load, "cpu", load.before.milli_cpu, load.after.milli_cpu, load.allocatable.milli_cpu)
}

fn memory(load: &NodeLoad) -> Usage {
    usage(load, "memory", load.before.memory, load.after.memory, load.allocatable.memory)
}

fn pods(load: &NodeLoad) -> Usage {
    usage(load, "pods", load.before.pods, load.after.pods, load.allocatable.pods)
}

fn usage(load: &NodeLoad, resource: &'static str, before: i64, after: i64, allocatable: i64) -> Usage {
    let share = |value: i64| {
        let share = i128::from(value.max(0)) * 100 / i128::from(allocatable).max(1);
        i64::try_from(share).unwrap_or(i64::MAX)
    };
    Usage {
        before: share(before),
        after: share(after),
        amounts: amounts(load.sides(), (resource, before, after, allocatable)),
    }
}

impl Usage {
    fn cell(&self, page: &mut Markup) {
        let Self { before, after, amounts } = self;
        page.raw("<td class=\"load\"><span class=\"bar\" style=\"--before:").text(before.min(&100));
        page.raw("%;--after:").text(after.min(&100)).raw("%\"></span>").text(format_args!("{before}% → {after}%"));
        page.raw(" <span class=\"place\">").text(amounts).raw("</span></td>");
    }
}

/// Pod by pod, in the queue's order.
fn steps(page: &mut Markup, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    page.raw("<section><h3>Pod by pod</h3>\n<p class=\"aside\">In the order of the queue. Ties: other nodes that were as good.</p>\n");
    page.raw("<div class=\"grid\"><div class=\"scroll\"><table class=\"steps\"><thead><tr><th scope=\"col\">Pod</th>");
    page.raw("<th scope=\"col\">Node</th><th scope=\"col\" class=\"num\">Total</th><th scope=\"col\" class=\"num\">Ties</th>");
    let moved = steps.iter().any(|step| !step.evictions.is_empty());
    if moved {
        page.raw("<th scope=\"col\">Preemption</th>");
    }
    page.raw("</tr></thead><tbody>\n");
    for step in steps.iter().take(MOST_ROWS) {
        page.raw("<tr><th scope=\"row\">").text(step.pod).raw("</th>");
        match step.place() {
            Some(place) => page.element("td", place.name).classed("td", "num", place.total).classed(
                "td",
                "num",
                place.tied.saturating_sub(1),
            ),
            None => page.raw("<td class=\"no\">✕ no node</td><td class=\"num\">–</td><td class=\"num\">–</td>"),
        };
        if moved {
            page.element("td", preemption(step));
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    more(page, steps.len(), "more pod");
    let tied = |step: &Step| i64::try_from(step.place()?.tied.saturating_sub(1)).ok();
    let mut columns = vec![
        Column::Text { title: "Node", values: steps.iter().map(|step| Some(step.place()?.name)).collect() },
        Column::Number { title: "Total", values: steps.iter().map(|step| Some(step.place()?.total)).collect() },
        Column::Number { title: "Ties", values: steps.iter().map(tied).collect() },
    ];
    if moved {
        let words = |step: &Step| Some(name(&preemption(step))).filter(|words| !words.is_empty());
        columns.push(Column::Text { title: "Preemption", values: steps.iter().map(words).collect() });
    }
    let data = Data::<ObjectKey> { noun: "pod", names: steps.iter().map(|step| step.pod).collect(), columns };
    page.data("data", &data).raw("</div></section>\n");
}

fn more(page: &mut Markup, all: usize, noun: &str) {
    if all > MOST_ROWS {
        page.raw("<p class=\"aside\">and ").text(count(all - MOST_ROWS, noun)).raw("</p>\n");
    }
}
