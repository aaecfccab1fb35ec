//! A plain table: its first rows as markup, all of it as data for the script.

use serde::Serialize;

use super::super::text::count;
use super::markup::Markup;

/// Rows without the script.
const MOST_ROWS: usize = 50;

/// A table, a column at a time.
#[derive(Serialize)]
pub(super) struct Sheet {
    /// What a row is: `node`.
    pub(super) noun: &'static str,
    /// The first column.
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<SheetColumn>,
}

/// A column behind the first.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum SheetColumn {
    Number {
        title: &'static str,
        values: Vec<Option<i64>>,
    },
    /// Words; `none` is said where there are none.
    Text {
        title: &'static str,
        values: Vec<Option<String>>,
        none: &'static str,
    },
    /// Shares of what is allocatable, in percent, and the amounts.
    Load {
        title: &'static str,
        before: Vec<i64>,
        after: Vec<i64>,
        amounts: Vec<String>,
    },
}

impl Sheet {
    pub(super) fn render(&self, page: &mut Markup, title: &'static str) {
        page.raw("<div class=\"grid\"><div class=\"scroll\"><table class=\"sheet\"><thead><tr><th scope=\"col\">");
        page.raw(title).raw("</th>");
        for column in &self.columns {
            match column {
                SheetColumn::Number { title, .. } => page.raw("<th scope=\"col\" class=\"num\">").raw(title),
                SheetColumn::Text { title, .. } | SheetColumn::Load { title, .. } => {
                    page.raw("<th scope=\"col\">").raw(title)
                }
            };
            page.raw("</th>");
        }
        page.raw("</tr></thead><tbody>\n");
        for (row, name) in self.names.iter().enumerate().take(MOST_ROWS) {
            page.raw("<tr><th scope=\"row\">").text(name).raw("</th>");
            for column in &self.columns {
                column.cell(page, row);
            }
            page.raw("</tr>\n");
        }
        page.raw("</tbody></table></div>\n");
        if self.names.len() > MOST_ROWS {
            let more = count(self.names.len() - MOST_ROWS, &format!("more {}", self.noun));
            page.raw("<p class=\"aside\">and ").text(more).raw("</p>\n");
        }
        page.data("data", self).raw("</div>");
    }
}

impl SheetColumn {
    fn cell(&self, page: &mut Markup, row: usize) {
        match self {
            Self::Number { values, .. } => match values.get(row).copied().flatten() {
                Some(value) => page.classed("td", "num", value),
                None => page.raw("<td class=\"num\">–</td>"),
            },
            Self::Text { values, none, .. } => match values.get(row).and_then(Option::as_ref) {
                Some(value) => page.element("td", value),
                None if none.starts_with('✕') => page.classed("td", "no", none),
                None => page.element("td", none),
            },
            Self::Load { before, after, amounts, .. } => {
                let at = |shares: &[i64]| shares.get(row).copied().unwrap_or_default();
                let (before, after) = (at(before), at(after));
                page.raw(if after < before { "<td class=\"load less\">" } else { "<td class=\"load\">" });
                page.raw("<span class=\"bar\" style=\"--kept:").text(before.min(after).min(100));
                page.raw("%;--most:").text(before.max(after).min(100)).raw("%\"></span>");
                page.text(format_args!("{before}% → {after}%")).raw(" <span class=\"place\">");
                page.text(amounts.get(row).map_or("", String::as_str)).raw("</span></td>")
            }
        };
    }
}
