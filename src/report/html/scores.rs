//! Where the pod could go: what decided it, and the points of each plugin as bars.

use std::cmp::Reverse;

use crate::framework::{NodePlacement, Placement};

use super::super::Answer;
use super::super::text::count;
use super::markup::Markup;
use crate::report::explain::table::fits;

/// Nodes shown, beside the current one.
const MOST_NODES: usize = 10;

pub(super) fn section(page: &mut Markup, answer: &Answer) {
    let placement = &answer.placement;
    page.raw("<section><h3>Scores</h3>\n");
    if let Some(decision) = &answer.explanation.decision {
        for text in fits::decided(decision, placement) {
            page.element("p", text);
        }
    }
    if let Some(text) = answer.explanation.attribution.as_ref().and_then(fits::current) {
        page.element("p", text);
    }
    bars(page, placement);
    page.raw("</section>\n");
}

fn bars(page: &mut Markup, placement: &Placement) {
    let mut nodes: Vec<&NodePlacement> = placement.feasible().collect();
    // Stable: equal totals stay in the order of names.
    nodes.sort_by_key(|node| Reverse(node.total));
    let distinguishing = fits::plugins(&nodes, nodes.len() == 1);
    let on = placement.current.as_ref().map(|current| current.node);
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Scores\"><table class=\"scores\"><thead><tr>");
    page.raw("<th scope=\"col\">Node</th><th scope=\"col\" class=\"num\">Rank</th><th scope=\"col\" class=\"num\">Total</th>");
    for (plugin, weight) in &distinguishing {
        page.raw("<th scope=\"col\">").append(&breakable(plugin)).raw(" <span class=\"weight\">×").text(weight);
        page.raw("</span></th>");
    }
    page.raw("</tr></thead><tbody>\n");
    let shown = nodes.iter().enumerate().filter(|(index, node)| *index < MOST_NODES || Some(node.name) == on);
    let mut rows = 0;
    for (_, node) in shown {
        rows += 1;
        row(page, placement, node, &distinguishing);
    }
    page.raw("</tbody></table></div>\n");
    if nodes.len() > rows {
        page.raw("<p class=\"aside\">and ").text(count(nodes.len() - rows, "more feasible node")).raw("</p>\n");
    }
    same(page, &nodes, &distinguishing);
}

fn row(page: &mut Markup, placement: &Placement, node: &NodePlacement, plugins: &[(&'static str, i64)]) {
    let current = placement.current.as_ref().is_some_and(|current| current.node == node.name);
    page.raw("<tr><th scope=\"row\">").text(node.name);
    if current {
        page.raw(" <span class=\"tag\">runs here</span>");
    } else if placement.current.is_none() && placement.picks.contains(&node.name) {
        page.raw(" <span class=\"tag yes\">picked</span>");
    }
    page.raw("</th><td class=\"num\">").text(node.rank.unwrap_or_default());
    page.raw("</td><td class=\"num\"><strong>").text(node.total.unwrap_or_default()).raw("</strong></td>");
    for (plugin, _) in plugins {
        match node.scores.iter().find(|score| score.plugin == *plugin) {
            Some(score) => {
                page.raw("<td class=\"points\"><span class=\"bar\" style=\"--share:");
                page.text(score.normalized.clamp(0, 100)).raw("%\"></span>").text(score.weighted).raw("</td>");
            }
            None => {
                page.raw("<td class=\"points\">–</td>");
            }
        }
    }
    page.raw("</tr>\n");
}

/// The plugins that tell no nodes apart, and what each gave.
fn same(page: &mut Markup, nodes: &[&NodePlacement], distinguishing: &[(&'static str, i64)]) {
    let scores = nodes.first().map_or(&[][..], |node| &node.scores);
    let others = scores.iter().filter(|score| distinguishing.iter().all(|(plugin, _)| *plugin != score.plugin));
    let others: Vec<String> = others.map(|score| format!("{} {}", score.plugin, score.weighted)).collect();
    if !others.is_empty() {
        page.raw("<p class=\"aside\">The same for every node: ").text(others.join(", ")).raw("</p>\n");
    }
}

/// A plugin's name that may be broken before its capitals.
pub(super) fn breakable(plugin: &str) -> Markup {
    let mut name = Markup::default();
    for line in super::super::text::break_camel_case(plugin, 1).lines() {
        name.text(line).raw("<wbr>");
    }
    name
}
