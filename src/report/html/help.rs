//! What would help, and whom kube-scheduler would evict.

use super::super::text::{count, list};
use super::markup::Markup;
use crate::explain::suggest::CandidateDetail;
use crate::explain::{Need, PreemptionDetail, Suggestion};
use crate::report::commands;
use crate::report::explain::table::help;
use crate::report::explain::table::preemption::{MOST_CANDIDATES, MOST_VICTIMS, rest, victim, why};
use crate::report::words::{help as help_words, new_nodes as new_node_words};

pub(super) fn suggestions(page: &mut Markup, suggestions: &[Suggestion], needed: &[Need]) {
    page.raw("<section class=\"help\"><h3>What would help</h3>\n");
    if suggestions.is_empty() {
        page.element("p", help::NOTHING);
        needs(page, needed, "It needs");
        page.raw("</section>\n");
        return;
    }
    page.raw("<p class=\"aside\">Each one was re-run and does place the pod.</p>\n<ol>\n");
    for suggestion in suggestions {
        page.raw("<li><p><strong>").text(help_words::summary(suggestion)).raw("</strong> ");
        page.raw(
            "<span class=\"to\"><span aria-hidden=\"true\">→</span><span class=\"unseen\"> then it goes to</span> ",
        );
        page.text(help::nodes(suggestion)).raw("</span></p>");
        if let Some(moves) = help_words::moves(&suggestion.moves) {
            page.element("p", moves);
        }
        if let Some(maker) = &suggestion.maker {
            page.element("p", new_node_words::maker(maker));
        }
        for weakening in &suggestion.weakens {
            page.raw("<p class=\"caution\"><strong>Caution:</strong> ")
                .text(help_words::weakening(weakening))
                .raw("</p>");
        }
        for command in commands::of(suggestion) {
            page.raw("<pre class=\"command\">").text(command).raw("</pre>");
        }
        data(page, suggestion);
        page.raw("</li>\n");
    }
    page.raw("</ol>\n");
    needs(page, needed, "Or");
    page.raw("</section>\n");
}

/// What would do as well and could not be tried.
fn needs(page: &mut Markup, needed: &[Need], lead: &str) {
    for text in help::needs_in_words(needed, lead) {
        page.element("p", text);
    }
}

/// The change as `kubectl patch` takes it, and as steps of a scenario.
fn data(page: &mut Markup, suggestion: &Suggestion) {
    if let Some(patch) = &suggestion.patch {
        block(page, "Strategic merge patch of the pod, for its template", patch);
    } else {
        block(page, "As steps of a scenario", &suggestion.edits);
    }
}

fn block(page: &mut Markup, title: &'static str, value: &impl serde::Serialize) {
    let Ok(json) = serde_json::to_string_pretty(value) else { return };
    page.raw("<details><summary>").raw(title).raw("</summary><pre>");
    // Line by line, as a line break is a control character to be shown.
    for line in json.lines() {
        page.text(line).raw("\n");
    }
    page.raw("</pre></details>");
}

pub(super) fn preemption(page: &mut Markup, preemption: &PreemptionDetail) {
    page.raw("<section><h3>Preemption</h3>\n<p class=\"aside\">What kube-scheduler would evict to make room.</p>\n");
    page.raw("<dl class=\"misses\">\n");
    for candidate in preemption.candidates.iter().take(MOST_CANDIDATES) {
        self::candidate(page, candidate);
    }
    page.raw("</dl>\n");
    let more = preemption.candidates.len().saturating_sub(MOST_CANDIDATES);
    if more > 0 {
        page.raw("<p class=\"aside\">and ").text(count(more, "more node")).raw("</p>\n");
    }
    if let Some(criterion) = preemption.decided_by {
        page.raw("<p>Picked for: ").text(criterion).raw("</p>\n");
    }
    for group in &preemption.not_eligible {
        page.raw("<p class=\"aside\">No room on ").text(list(&group.nodes, 3)).raw(": ").text(why(group)).raw("</p>\n");
    }
    page.raw("</section>\n");
}

fn candidate(page: &mut Markup, candidate: &CandidateDetail) {
    page.raw("<div><dt>").text(candidate.node);
    if candidate.picked {
        page.raw(" <span class=\"tag yes\">picked</span>");
    }
    page.raw("</dt>");
    for evicted in candidate.victims.iter().take(MOST_VICTIMS) {
        page.element("dd", victim(evicted));
    }
    if let Some(rest) = rest(candidate) {
        page.element("dd", rest);
    }
    if let Some(criterion) = candidate.lost_by {
        page.raw("<dd>not picked: behind on ").text(criterion).raw("</dd>");
    }
    page.raw("</div>\n");
}
