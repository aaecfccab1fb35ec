//! The section of one pod: verdict, kube-scheduler's words, causes, closest nodes, and what follows.

use crate::explain::{Cause, NearMiss};

use super::super::Answer;
use super::super::text::{count, list, thousands};
use super::markup::Markup;
use super::matrix::Matrices;
use super::{cluster_messages, help, mark, new_nodes, node, notes, scores};
use crate::api::Timestamp;
use crate::report::explain::table;
use crate::report::explain::table::rejected::{MOST_CAUSES, MOST_NEAR_MISSES, nodes_of, plugin};
use crate::report::explain::table::workload as workload_lines;
use crate::report::words;
use crate::report::words::findings as finding_words;
use crate::simulate::WorkloadPlacement;

/// The beginning of the section of the pod at `index`.
pub(super) fn open(page: &mut Markup, answer: &Answer, index: usize) {
    let (label, headline) = table::headline(answer);
    page.raw("<article class=\"answer\" id=\"pod-").text(index + 1).raw("\">\n");
    if answer.has_winner() || answer.placement.feasible().next().is_none() {
        page.raw("<h2>").append(&mark(label)).text(headline).raw("</h2>\n");
    }
    if let Some(refused) = &answer.refused {
        page.raw("<p class=\"caution\">").text(&refused.message).raw("</p>\n");
    }
    let placement = &answer.placement;
    let profile = if table::has_no_profile(placement) { "no profile" } else { placement.profile.as_str() };
    page.raw("<p class=\"basis\">Profile ").element("code", profile).raw("</p>\n");
    for text in table::messages(placement) {
        page.raw("<figure class=\"message\"><figcaption>kube-scheduler's message</figcaption><blockquote>");
        page.text(text).raw("</blockquote></figure>\n");
    }
    cluster_messages::render(page, &answer.cluster_messages);
    for finding in &answer.explanation.findings {
        page.raw("<p class=\"caution\">").text(finding_words::finding(finding)).raw("</p>\n");
    }
}

/// The pods of a workload as a whole: how many there are, and why the others are missing.
pub(super) fn of_workload(page: &mut Markup, workload: &WorkloadPlacement, as_of: Option<Timestamp>) {
    let (label, headline) = workload_lines::headline(workload);
    page.raw("<h2>").append(&mark(label)).text(headline).raw("</h2>\n");
    page.raw("<p>").text(workload_lines::figures(workload)).raw("</p>\n");
    let lines = workload_lines::lines(workload, as_of);
    if !lines.is_empty() {
        page.raw("<ul class=\"plain\">\n");
        for (_, line) in lines {
            page.raw("<li>").text(line).raw("</li>\n");
        }
        page.raw("</ul>\n");
    }
}

/// What follows: nothing in it names the pod, so that replicas share it.
pub(super) fn body(page: &mut Markup, answer: &Answer, matrices: &mut Matrices<'_>) {
    let placement = &answer.placement;
    notes::not_evaluated(page, &placement.not_evaluated);
    if let Some(detail) = &answer.detail {
        node::detail(page, answer, detail);
        return;
    }
    if answer.has_winner() {
        scores::section(page, answer);
    }
    turned_away(page, answer);
    causes(page, answer);
    if placement.feasible().next().is_none() {
        near_misses(page, &answer.explanation.near_misses);
    }
    if let Some(suggestions) = &answer.suggestions {
        help::suggestions(page, suggestions, &answer.explanation.needed);
    }
    if let Some(preemption) = &answer.preemption {
        help::preemption(page, preemption);
    }
    if let Some(new_nodes) = &answer.new_nodes {
        new_nodes::section(page, new_nodes);
    }
    matrices.section(page, answer);
}

/// PreFilter's no, which holds for every node.
fn turned_away(page: &mut Markup, answer: &Answer) {
    let Some(rejection) = &answer.placement.pre_filter else { return };
    page.raw("<section><h3>Why</h3>\n<ul class=\"plain\">\n");
    for reason in &rejection.rejection.reasons {
        page.raw("<li>").element("strong", words::brief(reason)).raw(" ");
        page.classed("span", "plugin", rejection.plugin.unwrap_or("PreFilter"));
        page.raw("<br>every node: rejected before any of ")
            .text(count(answer.nodes, "node"))
            .raw(" was looked at</li>\n");
    }
    page.raw("</ul></section>\n");
}

fn causes(page: &mut Markup, answer: &Answer) {
    let causes = &answer.explanation.causes;
    if causes.is_empty() {
        return;
    }
    let rejected = answer.placement.nodes.iter().filter(|node| !node.is_feasible()).count();
    page.raw("<section><h3>Why ");
    page.text(count(rejected, "node")).raw(if rejected == 1 { " rejects" } else { " reject" });
    page.raw(" it</h3>\n<div class=\"scroll\"><table class=\"causes\"><thead><tr>");
    page.raw("<th scope=\"col\">Cause</th><th scope=\"col\" class=\"num\">Nodes</th><th scope=\"col\">Where</th>");
    page.raw("</tr></thead><tbody>\n");
    for cause in causes.iter().take(MOST_CAUSES) {
        row(page, answer, cause);
    }
    page.raw("</tbody></table></div>\n");
    if causes.len() > MOST_CAUSES {
        page.raw("<p class=\"aside\">and ").text(count(causes.len() - MOST_CAUSES, "more cause")).raw("</p>\n");
    }
    if causes.iter().any(|cause| !cause.behind.is_empty()) {
        page.raw("<p class=\"aside\">+N: also fails on N nodes that are counted above</p>\n");
    }
    page.raw("</section>\n");
}

fn row(page: &mut Markup, answer: &Answer, cause: &Cause) {
    let nodes: Vec<_> = cause.nodes.iter().chain(&cause.behind).copied().collect();
    let percent = |part: usize| (part * 100).div_ceil(answer.nodes.max(1)).min(100);
    page.raw("<tr><th scope=\"row\">").text(words::cause(cause).replace('\n', "; ")).raw(" ");
    page.classed("span", "plugin", plugin(cause)).raw("</th><td class=\"num\">").text(nodes_of(cause));
    page.raw("<span class=\"share\" style=\"--first:").text(percent(cause.nodes.len()));
    page.raw("%;--all:").text(percent(nodes.len())).raw("%\"></span></td><td>");
    page.text(words::place(&nodes, cause.label.as_ref(), nodes.len() == answer.nodes)).raw("</td></tr>\n");
}

fn near_misses(page: &mut Markup, near_misses: &[NearMiss]) {
    if near_misses.is_empty() {
        return;
    }
    page.raw("<section><h3>Closest nodes</h3>\n<dl class=\"misses\">\n");
    for near_miss in near_misses.iter().take(MOST_NEAR_MISSES) {
        page.raw("<div><dt>").text(list(&near_miss.nodes, 1)).raw("</dt>");
        for miss in &near_miss.misses {
            page.raw("<dd>").element("strong", words::subject(miss.plugin, &miss.reason)).raw(" ");
            page.text(words::miss(miss)).raw("</dd>");
        }
        page.raw("</div>\n");
    }
    page.raw("</dl>\n");
    let nodes = |near_misses: &[NearMiss]| near_misses.iter().map(|near_miss| near_miss.nodes.len()).sum::<usize>();
    let rest = near_misses.get(MOST_NEAR_MISSES..).map_or(0, nodes);
    if rest > 0 {
        page.raw("<p class=\"aside\">and ").text(thousands(rest));
        page.raw(if rest == 1 { " more node" } else { " more nodes" }).raw(", farther away</p>\n");
    }
    page.raw("</section>\n");
}
