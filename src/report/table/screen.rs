//! The page that is being written: lines of labelled text, wrapped to a width.
//!
//! Everything that comes from a cluster passes through here and is escaped here.

use super::super::style::Label;
use super::super::text::{escape, wrap};
use super::grid::Grid;

/// A page of a certain width.
#[derive(Debug)]
pub(crate) struct Screen {
    text: String,
    width: usize,
    headers: bool,
}

impl Screen {
    pub(crate) fn new(width: usize, headers: bool) -> Self {
        // Narrower than this no table can be read.
        Self { text: String::new(), width: width.max(40), headers }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// A line made of labelled pieces, as long as it is.
    pub(crate) fn line(&mut self, pieces: &[(Label, &str)]) {
        let mut line = String::new();
        for (label, piece) in pieces {
            line.push_str(&label.paint(&escape(piece)));
        }
        self.text.push_str(&line);
        self.text.push('\n');
    }

    pub(crate) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A section's heading, with a remark behind it.
    pub(crate) fn heading(&mut self, heading: &str, remark: &str) {
        self.blank();
        if remark.is_empty() {
            self.line(&[(Label::Heading, heading)]);
        } else {
            self.line(&[(Label::Heading, heading), (Label::Plain, "   "), (Label::Dim, remark)]);
        }
    }

    /// The first line: the answer on the left, what it rests on at the right edge.
    pub(crate) fn headline(&mut self, label: Label, left: &str, right: &str) {
        let (left, right) = (escape(left), escape(right));
        let used = left.chars().count() + right.chars().count();
        if used + 2 <= self.width {
            let gap = " ".repeat(self.width - used);
            self.line(&[(label, &left), (Label::Plain, &gap), (Label::Dim, &right)]);
        } else {
            self.paragraph(label, &left);
            self.line(&[(Label::Dim, &right)]);
        }
    }

    /// A text, wrapped, every line in the style of `label`.
    pub(crate) fn paragraph(&mut self, label: Label, text: &str) {
        self.indented(label, "", text);
    }

    /// A text behind `first`, its later lines indented under it.
    pub(crate) fn indented(&mut self, label: Label, first: &str, text: &str) {
        let indent = first.chars().count();
        for (index, line) in wrap(&escape(text), self.width.saturating_sub(indent)).iter().enumerate() {
            let margin = if index == 0 { first.to_owned() } else { " ".repeat(indent) };
            self.line(&[(Label::Plain, &margin), (label, line)]);
        }
    }

    pub(crate) fn grid(&mut self, grid: &Grid) {
        self.text.push_str(&grid.render(self.width, self.headers));
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}
