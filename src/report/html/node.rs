//! `--node NODE`: every plugin's verdict on one node, with the numbers behind it.

use crate::explain::node_detail::FilterVerdict;
use crate::explain::{FilterDetail, NodeDetail};

use super::super::Answer;
use super::mark;
use super::markup::Markup;
use crate::report::explain::table::node::{facts, verdict};
use crate::report::words;

pub(super) fn detail(page: &mut Markup, answer: &Answer, detail: &NodeDetail) {
    let node = answer.placement.nodes.iter().find(|node| node.name == detail.node);
    let (label, verdict) = verdict(node);
    page.raw("<section><h3>").append(&mark(label)).raw("Node ").text(detail.node).raw(" ").text(verdict);
    page.raw("</h3>\n");
    if let (None, Some(turned_away)) = (node, &answer.placement.pre_filter) {
        let plugin = turned_away.plugin.unwrap_or("PreFilter");
        page.raw("<p>").text(plugin).raw(": ").text(turned_away.rejection.message()).raw("</p>\n");
    }
    filters(page, &detail.filters);
    scores(page, detail);
    page.raw("</section>\n");
}

fn filters(page: &mut Markup, filters: &[FilterDetail]) {
    page.raw("<div class=\"scroll\"><table class=\"filters\"><thead><tr><th scope=\"col\">Filter</th>");
    page.raw("<th scope=\"col\">Verdict</th><th scope=\"col\">Why</th></tr></thead><tbody>\n");
    for filter in filters.iter().filter(|filter| filter.verdict != FilterVerdict::Skipped) {
        page.raw("<tr><th scope=\"row\">").text(filter.plugin).raw("</th><td>");
        let mut why: Vec<String> = Vec::new();
        match &filter.verdict {
            FilterVerdict::Skipped | FilterVerdict::NotAsked => page.raw("not run"),
            FilterVerdict::Passed => page.raw("<span class=\"mark yes\" aria-hidden=\"true\">✓</span>yes"),
            FilterVerdict::Rejected(rejection) => {
                why.extend(rejection.reasons.iter().map(|reason| format!("{reason}: {}", words::on_node(reason))));
                page.raw("<span class=\"mark no\" aria-hidden=\"true\">✕</span>no")
            }
        };
        why.extend(facts(&filter.facts));
        page.raw("</td><td>");
        lines(page, &why);
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    let skipped = filters.iter().filter(|filter| filter.verdict == FilterVerdict::Skipped).map(|filter| filter.plugin);
    nothing_for(page, "check", &skipped.collect::<Vec<_>>());
}

/// The plugins that skip this pod, in one go.
fn nothing_for(page: &mut Markup, what: &'static str, plugins: &[&str]) {
    if !plugins.is_empty() {
        page.raw("<p class=\"aside\">Skipped, because the pod has nothing for them to ").raw(what).raw(": ");
        page.text(plugins.join(", ")).raw("</p>\n");
    }
}

fn scores(page: &mut Markup, detail: &NodeDetail) {
    if detail.scores.is_empty() {
        return;
    }
    page.raw("<div class=\"scroll\"><table class=\"filters\"><thead><tr><th scope=\"col\">Score</th>");
    page.raw("<th scope=\"col\" class=\"num\">Raw</th><th scope=\"col\" class=\"num\">0–100</th>");
    page.raw("<th scope=\"col\" class=\"num\">Weight</th><th scope=\"col\">Points</th><th scope=\"col\">Why</th>");
    page.raw("</tr></thead><tbody>\n");
    let mut total = 0;
    let mut skipped = Vec::new();
    for scored in &detail.scores {
        let Some(score) = &scored.score else {
            skipped.push(scored.plugin);
            continue;
        };
        total += score.weighted;
        page.raw("<tr><th scope=\"row\">").text(scored.plugin).raw("</th>");
        for points in [score.raw, score.normalized, score.weight] {
            page.classed("td", "num", points);
        }
        page.raw("<td class=\"points\"><span class=\"bar\" style=\"--share:").text(score.normalized.clamp(0, 100));
        page.raw("%\"></span>").text(score.weighted).raw("</td><td>");
        lines(page, &facts(&scored.facts));
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody><tfoot><tr><th scope=\"row\">total</th><td></td><td></td><td></td><td class=\"points\"><strong>");
    page.text(total).raw("</strong></td><td></td></tr></tfoot></table></div>\n");
    nothing_for(page, "score", &skipped);
}

fn lines(page: &mut Markup, lines: &[String]) {
    for (index, line) in lines.iter().enumerate() {
        page.raw(if index > 0 { "<br>" } else { "" }).text(line);
    }
}
