//! `-o html`: one self-contained page.
//!
//! It asks for nothing (no network, no storage it could not do without), so it can be mailed,
//! kept beside an incident, opened offline, printed. Everything essential is plain markup; the
//! script adds what a large cluster needs: groups that unfold, sorting, filtering, pages of rows.

mod answer;
mod classes;
mod cluster_messages;
mod comparison;
mod heat;
mod help;
mod markup;
mod matrix;
mod new_nodes;
mod node;
mod notes;
mod pending;
mod scenario;
mod scores;
mod sheet;
mod shell;
mod simulation;

pub(super) use comparison::page as comparison;
pub(super) use pending::page as pending;
pub(super) use simulation::page as simulation;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::state::Cluster;

use self::markup::Markup;
use self::matrix::Matrices;
use super::style::Label;
use super::text::count;
use super::{Answer, Provenance};
use crate::report::explain::table;

/// The page of an `explain`: a section a pod, and an index before them when there are several.
/// The nodes of the answers are those of `cluster`.
pub(super) fn explain(answers: &[Answer], cluster: &Cluster, provenance: &Provenance) -> String {
    let mut matrices = Matrices::new(cluster);
    let mut body = Markup::default();
    let title = match answers {
        [Answer { workload: Some(workload), .. }] => table::workload::headline(workload).1,
        [only] => table::headline(only).1,
        _ => format!("Placement of {}", count(answers.len(), "pod")),
    };
    if answers.len() != 1 {
        body.element("h2", &title).raw("\n");
        index(&mut body, answers);
    }
    let mut sections: FxHashMap<Markup, usize> = FxHashMap::default();
    for (index, answer) in answers.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| answers.get(before)?.workload.as_ref());
        if let Some(workload) = &answer.workload
            && before.is_none_or(|before| !Arc::ptr_eq(before, workload))
        {
            answer::of_workload(&mut body, workload, answer.cluster_messages.as_of);
        }
        let mut section = Markup::default();
        answer::body(&mut section, answer, &mut matrices);
        answer::open(&mut body, answer, index);
        // Replicas mostly get the same answer: it is shown once.
        if let Some(earlier) = sections.get(&section) {
            same_as(&mut body, answers, *earlier);
        } else {
            body.append(&section);
            matrices.keep();
            sections.insert(section, index);
        }
        body.raw("</article>\n");
    }
    matrices.nodes(&mut body);
    shell::page("explain", &title, &body, provenance)
}

fn same_as(body: &mut Markup, answers: &[Answer], earlier: usize) {
    let Some(answer) = answers.get(earlier) else { return };
    body.raw("<p>All else as for <a href=\"#pod-").text(earlier + 1).raw("\">").text(answer.placement.pod);
    body.raw("</a>.</p>\n");
}

/// The pods and in a word what became of them.
fn index(body: &mut Markup, answers: &[Answer]) {
    body.raw("<nav aria-label=\"Pods\"><ol class=\"index\">\n");
    for (index, answer) in answers.iter().enumerate() {
        let (label, headline) = table::headline(answer);
        body.raw("<li>").append(&mark(label)).raw("<a href=\"#pod-").text(index + 1).raw("\">");
        body.text(headline).raw("</a></li>\n");
    }
    body.raw("</ol></nav>\n");
}

/// A sign for yes or no, which is not only a colour.
fn mark(label: Label) -> Markup {
    let mut mark = Markup::default();
    match label {
        Label::Fits => mark.raw("<span class=\"mark yes\" aria-hidden=\"true\">✓</span>"),
        Label::Rejected => mark.raw("<span class=\"mark no\" aria-hidden=\"true\">✕</span>"),
        _ => mark.raw("<span class=\"mark\" aria-hidden=\"true\">·</span>"),
    };
    mark
}
