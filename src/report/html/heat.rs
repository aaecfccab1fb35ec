//! The matrix in plain markup: the legend, a row a verdict, and the filters without a column.

use rustc_hash::FxHashMap;

use super::super::Answer;
use super::super::text::count;
use super::classes::Classes;
use super::markup::Markup;
use super::matrix::{MatrixColumn, VerdictRow, filters};
use super::scores::breakable;

/// Rows shown.
const MOST_ROWS: usize = 60;

/// The filters without a column, in a line each.
pub(super) fn others(page: &mut Markup, answer: &Answer) {
    let says_no = filters(answer);
    let skipped = &answer.placement.skipped_filters;
    let (skipped, passed): (Vec<&str>, Vec<&str>) =
        answer.filters.iter().filter(|filter| !says_no.contains(filter)).partition(|filter| skipped.contains(filter));
    if !passed.is_empty() {
        page.raw("<p class=\"aside\">No node is rejected by: ").text(passed.join(", ")).raw("</p>\n");
    }
    if !skipped.is_empty() {
        page.raw("<p class=\"aside\">Skipped, because the pod has nothing for them to check: ");
        page.text(skipped.join(", ")).raw("</p>\n");
    }
}

pub(super) fn legend(page: &mut Markup, columns: &[MatrixColumn]) {
    page.raw("<p class=\"aside legend\">");
    let said = |said: char| {
        let mut filters = columns.iter().filter_map(|column| match column {
            MatrixColumn::Filter { values, .. } => Some(values),
            _ => None,
        });
        filters.any(|values| values.contains(said))
    };
    if said('1') {
        page.raw("<span><b class=\"key no\">✕</b> the first filter that rejects the node</span> ");
    }
    if said('2') {
        page.raw("<span><b class=\"key also\">+</b> also rejects it</span> ");
    }
    if said('0') {
        page.raw("<span><b class=\"key\">✓</b> passes</span> ");
    }
    if said('-') {
        page.raw("<span><b class=\"key\">–</b> not run</span> ");
    }
    if columns.iter().any(|column| matches!(column, MatrixColumn::Score { .. })) {
        page.raw("<span><b class=\"key score\">75</b> weighted points; the stronger the colour, the higher the value in its column</span>");
    }
    page.raw("</p>\n");
}

/// The matrix without the script: a row a verdict.
pub(super) fn table(
    page: &mut Markup,
    columns: &[MatrixColumn],
    rows: &[usize],
    classes: &Classes,
    verdicts: &[VerdictRow],
) {
    page.raw("<div class=\"scroll\"><table class=\"heat\"><thead><tr><th scope=\"col\">Verdict</th>");
    page.raw("<th scope=\"col\" class=\"num\">Nodes</th>");
    for column in columns {
        match column {
            MatrixColumn::Number { title, .. } => page.raw("<th scope=\"col\">").text(title),
            MatrixColumn::Filter { title, .. } => page.raw("<th scope=\"col\">").append(&breakable(title)),
            MatrixColumn::Score { title, weight, .. } => {
                page.raw("<th scope=\"col\">").append(&breakable(title)).raw(" <span class=\"weight\">×");
                page.text(weight).raw("</span>")
            }
        };
        page.raw("</th>");
    }
    page.raw("</tr></thead><tbody>\n");
    let place: FxHashMap<usize, usize> = rows.iter().enumerate().map(|(place, node)| (*node, place)).collect();
    let mut shown: Vec<(usize, Vec<usize>, &VerdictRow)> = classes
        .list
        .iter()
        .zip(verdicts)
        .map(|((_, nodes), verdict)| {
            let mut places: Vec<usize> = nodes.iter().filter_map(|node| place.get(node).copied()).collect();
            places.sort_unstable();
            (places.first().copied().unwrap_or_default(), places, verdict)
        })
        .collect();
    shown.sort_by_key(|(first, _, _)| *first);
    for (_, places, verdict) in shown.iter().take(MOST_ROWS) {
        page.raw("<tr><th scope=\"row\">").text(&verdict.title).raw(" <span class=\"place\">").text(&verdict.place);
        page.raw("</span></th>").classed("td", "num", places.len());
        for column in columns {
            cell(page, column, places);
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    if shown.len() > MOST_ROWS {
        page.raw("<p class=\"aside\">and ").text(count(shown.len() - MOST_ROWS, "more group")).raw("</p>\n");
    }
}

/// What the column says of nodes of one verdict.
fn cell(page: &mut Markup, column: &MatrixColumn, places: &[usize]) {
    match column {
        MatrixColumn::Number { values, .. } => {
            page.classed("td", "num", range(values, places).map_or_else(|| "–".to_owned(), |(text, _)| text))
        }
        MatrixColumn::Filter { values, .. } => {
            // One verdict, so what the first node got all got.
            let first = places.first().and_then(|place| values.get(*place..)).and_then(|rest| rest.chars().next());
            page.raw(match first {
                Some('1') => "<td class=\"no\">✕</td>",
                Some('2') => "<td class=\"also\">+</td>",
                Some('0') => "<td class=\"pass\">✓</td>",
                _ => "<td class=\"pass\">–</td>",
            })
        }
        MatrixColumn::Score { values, least, most, .. } => match range(values, places) {
            Some((text, mean)) => {
                // A plugin that tells no nodes apart stays blank.
                let share = (mean - least) * 100 / (most - least).max(1);
                page.raw("<td class=\"score\" style=\"--share:").text(share).raw("%\">").text(text).raw("</td>")
            }
            None => page.raw("<td class=\"pass\">–</td>"),
        },
    };
}

/// `56` or `56–75`, and the mean.
fn range(values: &[Option<i64>], places: &[usize]) -> Option<(String, i64)> {
    let of: Vec<i64> = places.iter().filter_map(|place| values.get(*place).copied().flatten()).collect();
    let (least, most) = (of.iter().min()?, of.iter().max()?);
    let mean = of.iter().copied().fold(0, i64::saturating_add) / i64::try_from(of.len()).unwrap_or(1).max(1);
    Some((if least == most { least.to_string() } else { format!("{least}–{most}") }, mean))
}
