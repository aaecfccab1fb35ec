//! `-o markdown` of a check: a comment for a pull request. The verdict and what does not fit come first, the rest is
//! folded. The first line is a mark by which the next run finds its own comment and replaces it.

use std::fmt::Write;

use crate::simulate::check::{ChangeKind, Verdict};

use super::super::Provenance;
use super::super::format::{block, code, plain};
use super::super::text::count;
use super::{CheckAnswer, words};

/// The mark of the comment.
const MARK: &str = "<!-- kubectl-sched-check -->";
/// Rows of the folded table.
const MOST: usize = 50;

/// The comment.
pub(super) fn comment(answer: &CheckAnswer, provenance: &Provenance) -> String {
    let result = &answer.result;
    let sign = match result.verdict() {
        Verdict::Fits => "✅",
        Verdict::BrokenBefore => "⚠️",
        Verdict::Breaks => "❌",
    };
    // Writing to a String cannot fail.
    let mut text = format!("{MARK}\n### {sign} {}\n", plain(&words::headline(answer)));
    if !result.problems.is_empty() {
        text.push('\n');
    }
    for (problem, place) in answer.problems() {
        let place = place.map_or_else(String::new, |place| format!(" ({})", code(&place.to_string())));
        let _ = writeln!(text, "- {}{place}", plain(&words::title(problem)));
    }
    for caution in words::cautions(result) {
        let _ = writeln!(text, "\n**Caution**: {}", plain(&caution));
    }
    if let Some(more) = result.more_nodes {
        let _ = writeln!(text, "\nWhat would help: {}.", plain(&words::help(more)));
    }
    let reasons: Vec<String> = answer
        .problems()
        .filter_map(|(problem, _)| Some(format!("{}:\n  {}", problem.owner, words::why(problem)?)))
        .collect();
    if !reasons.is_empty() {
        folded(&mut text, "Why", &block(&reasons.join("\n")));
    }
    let shown: Vec<_> = result.changes.iter().filter(|change| change.kind != ChangeKind::Unchanged).collect();
    if !shown.is_empty() {
        let mut table = "| change | object | pods | what |\n|---|---|---|---|\n".to_owned();
        for change in shown.iter().take(MOST) {
            let cells = [
                change.kind.as_str().to_lowercase(),
                code(&change.owner.to_string()),
                words::pods(change),
                plain(&words::fields(change)),
            ];
            let _ = writeln!(table, "| {} |", cells.join(" | "));
        }
        if shown.len() > MOST {
            let _ = writeln!(table, "\nand {}", count(shown.len() - MOST, "more object"));
        }
        folded(&mut text, &format!("{} changed", count(shown.len(), "object")), &table);
    }
    let mut basis = format!("{}; {}.\n", plain(&words::nodes(&result.nodes)), plain(&provenance.to_string()));
    for note in &result.not_evaluated {
        let _ = writeln!(
            basis,
            "\n- not considered: {}: {} ({})",
            plain(&note.what),
            plain(&note.effect),
            plain(&note.why)
        );
    }
    folded(&mut text, "Nodes, and what this rests on", &basis);
    text
}

fn folded(text: &mut String, summary: &str, inside: &str) {
    let _ = write!(text, "\n<details><summary>{}</summary>\n\n{inside}\n</details>\n", plain(summary));
}
