//! A table in kubectl's look: upper-case header, three blanks between columns, no lines, no
//! trailing blanks. The last column wraps within itself.
//!
//! The layout is comfy-table's. It measures escape codes as text, so colour comes afterwards,
//! to the first cell of a row, which the laid out line begins with.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

use crate::report::style::Label;
use crate::report::text::{break_long, columns, escape};

/// Blanks between columns.
const GAP: u16 = 3;

/// A table: a header if it has one, and rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    header: Vec<String>,
    rows: Vec<(Label, Vec<String>)>,
    /// Columns of numbers.
    right: Vec<usize>,
    /// Rather wider than the page than broken.
    unbroken: bool,
    /// What stands in its place where it is wider than the page.
    narrower: Option<Box<Self>>,
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

    /// Never breaks a cell, be the table wider than the page: as `kubectl get` does.
    pub(crate) fn unbroken(mut self) -> Self {
        self.unbroken = true;
        self
    }

    /// `narrower` stands in its place where it is wider than the page.
    pub(crate) fn or_if_too_wide(self, narrower: Self) -> Self {
        Self { narrower: Some(Box::new(narrower)), ..self }
    }

    /// A row; `label` is for its first cell. Cells may hold line breaks of our own.
    pub(crate) fn row(&mut self, label: Label, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| cell.split('\n').map(escape).collect::<Vec<_>>().join("\n")).collect();
        self.rows.push((label, cells));
    }

    /// The same table with other cells.
    pub(crate) fn map(&self, change: &dyn Fn(&str) -> String) -> Self {
        let rows = self.rows.iter().map(|(label, cells)| (*label, cells.iter().map(|cell| change(cell)).collect()));
        Self {
            rows: rows.collect(),
            header: self.header.clone(),
            right: self.right.clone(),
            unbroken: self.unbroken,
            narrower: self.narrower.as_ref().map(|narrower| Box::new(narrower.map(change))),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn render(&self, width: usize, headers: bool) -> String {
        let header = if headers { self.header.as_slice() } else { &[] };
        let room = self.room_for_last(header, width);
        // A last column with room enough is broken within itself.
        let is_too_wide = room.is_none() && self.width(header) > width;
        if let Some(narrower) = self.narrower.as_ref().filter(|_| is_too_wide) {
            return narrower.render(width, headers);
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(match room {
            Some(_) if !self.unbroken => ContentArrangement::Dynamic,
            _ => ContentArrangement::Disabled,
        });
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        if !header.is_empty() {
            table.add_row(header.to_vec());
        }
        for (_, cells) in &self.rows {
            table.add_row(broken(cells, room.filter(|_| !self.unbroken)));
        }
        let last = self.columns().saturating_sub(1);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if index == last { 0 } else { GAP }));
            if self.right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if index != last {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        self.paint(&table.trim_fmt(), lines(header))
    }

    /// Colours the header, and the first cell of every row.
    fn paint(&self, text: &str, lines_of_header: usize) -> String {
        let mut rows = self.rows.iter().peekable();
        let mut painted = String::with_capacity(text.len());
        for (index, line) in text.lines().enumerate() {
            let first = rows.peek().and_then(|(label, cells)| Some((*label, cells.first()?.lines().next()?)));
            if index < lines_of_header {
                painted.push_str(&Label::Heading.paint(line));
            } else if let Some((label, cell, rest)) =
                first.and_then(|(label, cell)| Some((label, cell, line.strip_prefix(cell)?)))
            {
                rows.next();
                painted.push_str(&label.paint(cell));
                painted.push_str(rest);
            } else {
                // The continuation of a row.
                painted.push_str(line);
            }
            painted.push('\n');
        }
        painted
    }

    fn columns(&self) -> usize {
        self.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(self.header.len())
    }

    /// How wide a column is, with nothing broken.
    fn widest(&self, header: &[String], column: usize) -> usize {
        let rows = self.rows.iter().map(|(_, cells)| cells.as_slice()).chain([header]);
        let cells = rows.filter_map(|cells| cells.get(column));
        cells.flat_map(|cell| cell.lines()).map(columns).max().unwrap_or(0)
    }

    /// How wide the table is, with nothing broken.
    fn width(&self, header: &[String]) -> usize {
        let all: usize = (0..self.columns()).map(|column| self.widest(header, column) + usize::from(GAP)).sum();
        all.saturating_sub(usize::from(GAP))
    }

    /// What the other columns leave to the last one; none when that is too little to read.
    fn room_for_last(&self, header: &[String], width: usize) -> Option<usize> {
        const LEAST: usize = 12;
        let last = self.columns().checked_sub(1)?;
        let before: usize = (0..last).map(|column| self.widest(header, column) + usize::from(GAP)).sum();
        width.checked_sub(before).filter(|room| *room >= LEAST)
    }
}

/// The cells with the last one broken at readable places.
fn broken(cells: &[String], room: Option<usize>) -> Vec<Cell> {
    let last = cells.len().saturating_sub(1);
    let cell = |(index, cell): (usize, &String)| match room {
        Some(room) if index == last => {
            Cell::new(cell.lines().map(|line| break_long(line, room)).collect::<Vec<_>>().join("\n"))
        }
        _ => Cell::new(cell),
    };
    cells.iter().enumerate().map(cell).collect()
}

fn lines(cells: &[String]) -> usize {
    cells.iter().map(|cell| cell.lines().count()).max().unwrap_or(0)
}
