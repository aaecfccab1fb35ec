//! Which nodes could be made for the pod, group by group and pool by pool.

use super::markup::Markup;
use crate::node_groups::NewNodes;
use crate::report::words::new_nodes as words;

pub(super) fn section(page: &mut Markup, new_nodes: &NewNodes) {
    if let Some(found) = &new_nodes.cluster_autoscaler {
        open(page, &words::basis(found));
        lines(page, words::groups(found));
        close(page, words::outcome(found), &found.run.notes);
    }
    if let Some(found) = &new_nodes.karpenter {
        open(page, &words::karpenter_basis(found));
        lines(page, words::pools(found));
        close(page, words::karpenter_outcome(found), &[]);
    }
    if let Some(conflict) = &new_nodes.conflict {
        page.raw("<p class=\"caution\"><strong>Caution:</strong> ").text(words::conflict(conflict)).raw("</p>\n");
    }
    if new_nodes.cluster_autoscaler.is_none() && new_nodes.karpenter.is_none() {
        page.raw("<h3>New nodes</h3>\n");
    }
    for note in &new_nodes.notes {
        page.raw("<p class=\"caution\"><strong>Caution:</strong> ").text(note).raw("</p>\n");
    }
}

fn open(page: &mut Markup, basis: &str) {
    page.raw("<section><h3>New nodes</h3>\n<p class=\"aside\">").text(basis).raw("</p>\n<dl class=\"misses\">\n");
}

fn lines(page: &mut Markup, lines: Vec<words::GroupLine>) {
    for line in lines {
        page.raw("<div><dt>").text(&line.id);
        if line.helps {
            page.raw(" <span class=\"tag yes\">would make one</span>");
        }
        page.raw("</dt>").element("dd", &line.text);
        for fix in &line.fixes {
            page.raw("<dd><strong>").text(fix).raw("</strong></dd>");
        }
        page.raw("</div>\n");
    }
}

fn close(page: &mut Markup, outcome: Option<String>, notes: &[String]) {
    page.raw("</dl>\n");
    if let Some(outcome) = outcome {
        page.element("p", outcome);
    }
    for note in notes {
        page.raw("<p class=\"aside\">Not known: ").text(note).raw("</p>\n");
    }
    page.raw("</section>\n");
}
