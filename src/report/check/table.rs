//! `-o table` and `-o wide` of a check: the verdict, what does not fit and why, then what changes.

use crate::simulate::check::{ChangeKind, Verdict};

use super::super::style::Label;
use super::super::{Look, Provenance};
use super::{CheckAnswer, words};
use crate::report::screen::{Grid, Screen, assumed, not_evaluated};

/// The check as a person reads it; `wide` with what does not change, too.
pub(super) fn screen(answer: &CheckAnswer, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let result = &answer.result;
    let label = match result.verdict() {
        Verdict::Fits => Label::Fits,
        Verdict::BrokenBefore => Label::Warning,
        Verdict::Breaks => Label::Rejected,
    };
    screen.headline(label, &words::headline(answer), &provenance.to_string());
    if !result.problems.is_empty() {
        screen.heading("WHAT DOES NOT FIT", "");
    }
    for (problem, place) in answer.problems() {
        let label = if answer.fails(problem) { Label::Rejected } else { Label::Warning };
        screen.indented(label, "", &words::title(problem));
        if let Some(why) = words::why(problem) {
            screen.quoted(Label::Plain, "  ", &why);
        }
        if let Some(place) = place {
            screen.indented(Label::Dim, "  ", &place.to_string());
        }
    }
    if let Some(more) = result.more_nodes {
        screen.heading("WHAT WOULD HELP", "was re-run and does place the pods");
        screen.indented(Label::Hint, "", &words::help(more));
    }
    let cautions = words::cautions(result);
    if !cautions.is_empty() {
        screen.blank();
    }
    for caution in cautions {
        screen.indented(Label::Warning, "", &format!("caution: {caution}"));
    }
    changes(&mut screen, answer, look.wide);
    screen.blank();
    screen.paragraph(Label::Dim, &words::nodes(&result.nodes));
    assumed(&mut screen, &result.assumptions);
    not_evaluated(&mut screen, &result.not_evaluated);
    screen
}

fn changes(screen: &mut Screen, answer: &CheckAnswer, wide: bool) {
    let shown = answer.result.changes.iter().filter(|change| wide || change.kind != ChangeKind::Unchanged);
    let mut grid = Grid::new(["CHANGE", "OBJECT", "PODS", "WHAT"]);
    for change in shown {
        let fails = answer.result.problems_of(change.owner).next().is_some();
        let label = if fails { Label::Rejected } else { Label::Plain };
        let kind = change.kind.as_str().to_lowercase();
        grid.row(label, [kind, change.owner.to_string(), words::pods(change), words::fields(change)]);
    }
    if !grid.is_empty() {
        screen.blank();
        screen.grid(&grid);
    }
    let same = answer.result.changes.iter().filter(|change| change.kind == ChangeKind::Unchanged).count();
    if same > 0 && !wide {
        let text = if answer.has_base {
            format!("{} unchanged", super::super::text::count(same, "object"))
        } else {
            format!(
                "{} as in the state, as far as placement goes; the manifests before the change would show whether their pods are replaced",
                super::super::text::count(same, "object")
            )
        };
        screen.blank();
        screen.paragraph(Label::Dim, &text);
    }
}
