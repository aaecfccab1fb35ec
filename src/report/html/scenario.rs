//! What a scenario did, and what it changes.

use crate::simulate::Diff;

use super::super::simulation::SimulationAnswer;
use super::super::simulation::diff::word;
use super::super::simulation::scenario::{happened, words};
use super::super::style::Label;
use super::super::text::list;
use super::mark;
use super::markup::Markup;
use super::sheet::{Sheet, SheetColumn};

/// Pods named of each sort in what a step did.
const MOST_PODS: usize = 20;

/// The steps, and what came of each at once.
pub(super) fn steps(page: &mut Markup, answer: &SimulationAnswer) {
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
    if !answer.violated_budgets.is_empty() {
        let budgets: Vec<String> = answer.violated_budgets.iter().map(ToString::to_string).collect();
        page.raw("<p>").append(&mark(Label::Rejected)).raw("PodDisruptionBudgets violated: ");
        page.text(list(&budgets, MOST_PODS)).raw("</p>\n");
    }
    page.raw("</section>\n");
}

/// Pods that are somewhere else than without the scenario.
pub(super) fn different(page: &mut Markup, diff: &Diff) {
    if diff.pods.is_empty() {
        return;
    }
    page.raw("<section><h3>Differences</h3>\n");
    page.raw("<p class=\"aside\">Where each pod is without the changes, and with them.</p>\n");
    let columns = vec![
        SheetColumn::Text {
            title: "Without",
            values: diff.pods.iter().map(|pod| Some(word(pod.without))).collect(),
            none: "",
        },
        SheetColumn::Text {
            title: "With",
            values: diff.pods.iter().map(|pod| Some(word(pod.with))).collect(),
            none: "",
        },
    ];
    let names = diff.pods.iter().map(|pod| pod.pod.to_string()).collect();
    Sheet { noun: "pod", names, columns }.render(page, "Pod");
    page.raw("</section>\n");
}
