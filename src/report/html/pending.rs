//! The page of a `pending`: a section for each reason, then every pod.

use super::super::Provenance;
use super::super::pending::{beside, table};
use super::super::text::{count, thousands};
use super::markup::Markup;
use super::sheet::{Sheet, SheetColumn};
use super::{mark, notes, shell};
use crate::api::Timestamp;
use crate::explain::pending::{Advice, Group, Pending, Root};
use crate::explain::scheduler_messages::Comparison;
use crate::report::commands;
use crate::report::explain::table::reported_events;
use crate::report::style::Label;
use crate::report::words::{
    cluster_messages as cluster_message_words, findings as finding_words, help as help_words, life as life_words,
    new_nodes as new_node_words,
};

/// Groups that have a section.
const MOST_GROUPS: usize = 100;
/// Rejections that are shown.
const MOST_REJECTIONS: usize = 100;

/// The page.
pub(in crate::report) fn page(pending: &Pending, provenance: &Provenance) -> String {
    let mut body = Markup::default();
    let (label, headline) = table::headline(pending);
    body.raw("<article class=\"answer\">\n<h2>").append(&mark(label)).text(&headline).raw("</h2>\n");
    figures(&mut body, pending);
    if pending.untouched {
        body.raw("<p class=\"caution\"><strong>Caution:</strong> ").text(table::UNTOUCHED).raw("</p>\n");
    }
    notes::not_evaluated(&mut body, &pending.not_evaluated);
    for (place, shown) in pending.groups.iter().enumerate().take(MOST_GROUPS) {
        group(&mut body, shown, place);
    }
    if pending.groups.len() > MOST_GROUPS {
        let more = count(pending.groups.len() - MOST_GROUPS, "more reason");
        body.raw("<p class=\"aside\">and ").text(more).raw("</p>\n");
    }
    new_nodes(&mut body, pending);
    missing(&mut body, pending, provenance.as_of);
    not_started(&mut body, pending, provenance.as_of);
    rejections(&mut body, pending);
    pods(&mut body, pending);
    body.raw("</article>\n");
    shell::page("pending", &headline, &body, provenance)
}

fn figures(page: &mut Markup, pending: &Pending) {
    let fitting = pending.groups.iter().filter(|group| matches!(group.root, Root::Fits));
    let fitting: usize = fitting.map(|group| group.pods.len()).sum();
    let all: usize = pending.groups.iter().map(|group| group.pods.len()).sum();
    let missing: usize = pending.missing.iter().map(|workload| workload.missing).sum();
    let always = [("pending", all), ("fit now", fitting)];
    let others = [("not created", missing), ("nodes in total", pending.nodes)];
    page.raw("<dl class=\"figures\">");
    for (name, figure) in always.into_iter().chain(others.into_iter().filter(|(_, figure)| *figure > 0)) {
        page.raw("<div><dt>").raw(name).raw("</dt><dd>").text(thousands(figure)).raw("</dd></div>");
    }
    page.raw("</dl>\n");
}

/// Pods with the same root cause: why, whose, and what helps.
fn group(page: &mut Markup, group: &Group, place: usize) {
    let label = if matches!(group.root, Root::Fits) { Label::Fits } else { Label::Rejected };
    page.raw("<section id=\"reason-").text(place + 1).raw("\"><h3>").append(&mark(label));
    page.text(table::pods(group)).raw(": ").text(table::causes(&group.root).join("; ")).raw("</h3>\n");
    page.raw("<dl class=\"misses\">\n");
    row(page, "Of", &table::owners(group));
    if let Some(text) = table::preempting(group) {
        row(page, "Preemption", &text);
    }
    for advice in group.advice.iter().filter(|advice| advice.places > 0) {
        help(page, advice, group);
    }
    let fates: Vec<_> = group.new_nodes.iter().flat_map(new_node_words::fates).collect();
    if !fates.is_empty() {
        page.raw("<div><dt>New nodes</dt>");
        for (helped, fate) in &fates {
            page.raw("<dd>").append(&mark(if *helped { Label::Fits } else { Label::Plain })).text(fate).raw("</dd>");
        }
        page.raw("</div>\n");
    }
    page.raw("</dl>\n");
    for finding in &group.findings {
        page.raw("<p class=\"caution\">").text(finding_words::finding(finding)).raw("</p>\n");
    }
    if let Some(said) = &group.said {
        let lead = format!("But {}", cluster_message_words::source(said, None));
        quoted(page, &lead, &said.message);
        if let Comparison::Different(reasons) = &said.comparison {
            for reason in reasons {
                let text = cluster_message_words::reason(reason, super::super::setting::unspelled);
                page.raw("<p class=\"aside\">possibly because ").text(text).raw("</p>\n");
            }
        }
    }
    for event in table::reported(group) {
        let lead = reported_events::lead(event, &format!("Pod {}", group.example.pod.name), None);
        quoted(page, &lead, &event.message);
    }
    if let Some(message) = &group.example.message {
        quoted(page, &format!("kube-scheduler's message for {}", group.example.pod), message);
    }
    page.raw("</section>\n");
}

fn row(page: &mut Markup, title: &'static str, text: &str) {
    page.raw("<div><dt>").raw(title).raw("</dt>").element("dd", text).raw("</div>\n");
}

fn help(page: &mut Markup, advice: &Advice, group: &Group) {
    page.raw("<div><dt>Help</dt><dd><strong>").text(table::helps(advice, group)).raw("</strong></dd>");
    if let Some(maker) = &advice.suggestion.maker {
        page.element("dd", new_node_words::maker(maker));
    }
    for weakening in &advice.suggestion.weakens {
        page.raw("<dd class=\"caution\">Caution: ").text(help_words::weakening(weakening)).raw("</dd>");
    }
    for command in commands::of(&advice.suggestion) {
        page.raw("<dd><pre class=\"command\">").text(command).raw("</pre></dd>");
    }
    page.raw("</div>\n");
}

fn quoted(page: &mut Markup, lead: &str, text: &str) {
    page.raw("<figure class=\"message\"><figcaption>").text(lead).raw("</figcaption><blockquote>");
    page.text(text).raw("</blockquote></figure>\n");
}

/// What the lines on new nodes rest on, once.
fn new_nodes(page: &mut Markup, pending: &Pending) {
    let basis = table::new_nodes_basis(pending);
    if basis.is_empty() {
        return;
    }
    page.raw("<section><h3>New nodes</h3>\n");
    for (label, text) in basis {
        if label == Label::Warning {
            page.raw("<p class=\"caution\"><strong>Caution:</strong> ").text(text).raw("</p>\n");
        } else {
            page.raw("<p class=\"aside\">").text(text).raw("</p>\n");
        }
    }
    page.raw("</section>\n");
}

fn missing(page: &mut Markup, pending: &Pending, as_of: Option<Timestamp>) {
    if pending.missing.is_empty() {
        return;
    }
    page.raw("<section><h3>Missing pods</h3>\n<p class=\"aside\">Wanted by their controllers, and not created.</p>\n");
    page.raw("<dl class=\"misses\">\n");
    for workload in &pending.missing {
        page.raw("<div><dt>").text(workload.workload).raw("</dt>");
        page.element("dd", count(workload.missing, "pod"));
        for line in beside::why(workload, as_of) {
            page.element("dd", line);
        }
        page.raw("</div>\n");
    }
    page.raw("</dl></section>\n");
}

fn not_started(page: &mut Markup, pending: &Pending, as_of: Option<Timestamp>) {
    if pending.not_started.is_empty() {
        return;
    }
    page.raw("<section><h3>Not started</h3>\n<p class=\"aside\">These pods have a node, and cannot run there.</p>\n");
    page.raw("<dl class=\"misses\">\n");
    for found in &pending.not_started {
        page.raw("<div><dt>").text(format!("{} on {}", found.pod, found.node)).raw("</dt>");
        for obstacle in &found.obstacles {
            page.element("dd", life_words::obstacle(obstacle, as_of));
        }
        page.raw("</div>\n");
    }
    page.raw("</dl></section>\n");
}

fn rejections(page: &mut Markup, pending: &Pending) {
    if pending.rejections.is_empty() {
        return;
    }
    page.raw("<section><h3>Rejected</h3>\n<p class=\"aside\">By kubelets: these pods stay Failed.</p>\n");
    for (owner, rejections) in pending.rejections.iter().take(MOST_REJECTIONS) {
        quoted(page, &beside::rejection(owner, rejections), &rejections.message);
    }
    if pending.rejections.len() > MOST_REJECTIONS {
        let more = count(pending.rejections.len() - MOST_REJECTIONS, "more group");
        page.raw("<p class=\"aside\">and ").text(more).raw("</p>\n");
    }
    page.raw("</section>\n");
}

/// Every pod with its reason, to be searched and sorted.
fn pods(page: &mut Markup, pending: &Pending) {
    if pending.groups.is_empty() {
        return;
    }
    page.raw("<section><h3>Pod by pod</h3>\n");
    let (mut names, mut reasons) = (Vec::new(), Vec::new());
    for group in &pending.groups {
        let reason = table::causes(&group.root).join("; ");
        names.extend(group.pods.iter().map(ToString::to_string));
        reasons.extend(group.pods.iter().map(|_| Some(reason.clone())));
    }
    let columns = vec![SheetColumn::Text { title: "Reason", values: reasons, none: "" }];
    Sheet { noun: "pod", names, columns }.render(page, "Pod");
    page.raw("</section>\n");
}
