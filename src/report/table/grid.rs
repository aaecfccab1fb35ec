//! A table in kubectl's look: upper-case header, three blanks between columns, no lines, no
//! trailing blanks. The last column wraps within itself.
//!
//! The layout is comfy-table's. It measures escape codes as text, so colour comes afterwards,
//! to the first cell of a row, which the laid out line begins with.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::super::style::Label;
use super::super::text::escape;

/// A table: a header if it has one, and rows.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    header: Vec<String>,
    rows: Vec<(Label, Vec<String>)>,
    /// Columns of numbers.
    right: Vec<usize>,
}

impl Grid {
    pub(crate) fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { header: header.map(str::to_owned).to_vec(), ..Self::default() }
    }

    /// A table whose header depends on the answer.
    pub(crate) fn with_header(header: Vec<String>) -> Self {
        Self { header, ..Self::default() }
    }

    /// Aligns columns at the right: they hold numbers.
    pub(crate) fn right_aligned(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        self.right.extend(columns);
        self
    }

    /// A row; `label` is for its first cell. Cells may hold line breaks of our own.
    pub(crate) fn row(&mut self, label: Label, cells: Vec<String>) {
        let cells = cells.iter().map(|cell| cell.split('\n').map(escape).collect::<Vec<_>>().join("\n")).collect();
        self.rows.push((label, cells));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn render(&self, width: usize, headers: bool) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        let has_header = headers && !self.header.is_empty();
        if has_header {
            table.add_row(self.header.clone());
        }
        for (_, cells) in &self.rows {
            table.add_row(cells.iter().map(Cell::new).collect::<Vec<_>>());
        }
        self.set_columns(&mut table, width);
        let mut rows = self.rows.iter().peekable();
        let mut text = String::new();
        let mut lines_of_header = if has_header { lines(&self.header) } else { 0 };
        for line in table.trim_fmt().lines() {
            if lines_of_header > 0 {
                lines_of_header -= 1;
                text.push_str(&Label::Heading.paint(line));
            } else {
                let first = rows.peek().and_then(|(label, cells)| Some((*label, cells.first()?.as_str())));
                match first.and_then(|(label, cell)| Some((label, cell, line.strip_prefix(cell)?))) {
                    Some((label, cell, rest)) if !cell.is_empty() || !line.starts_with(' ') || rows.len() > 1 => {
                        rows.next();
                        text.push_str(&label.paint(cell));
                        text.push_str(rest);
                    }
                    _ => text.push_str(line),
                }
            }
            text.push('\n');
        }
        text
    }

    fn set_columns(&self, table: &mut Table, width: usize) {
        let widths: Vec<usize> = table.column_max_content_widths().into_iter().map(usize::from).collect();
        let last = widths.len().saturating_sub(1);
        let before: usize = widths.iter().take(last).map(|width| width + 3).sum();
        let room = width.saturating_sub(before);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if index == last { 0 } else { 3 }));
            if self.right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            // All columns keep their width and the last takes what is left, unless that is too
            // little to read; then comfy-table shares the pain out.
            if index != last && room >= 16 {
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(
                    u16::try_from(widths.get(index).copied().unwrap_or_default() + 3).unwrap_or(u16::MAX),
                )));
            }
        }
    }
}

fn lines(cells: &[String]) -> usize {
    cells.iter().map(|cell| cell.lines().count()).max().unwrap_or(1)
}
