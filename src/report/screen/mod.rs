//! What a person reads: blocks of labelled text and tables, before they are laid out.
//!
//! Everything that comes from a cluster passes through here and is escaped where it is laid out.

pub(in crate::report) mod assumed;
pub(in crate::report) mod grid;
pub(in crate::report) mod not_evaluated;

use std::borrow::Cow;
use std::sync::Arc;

use crate::report::style::Label;
use crate::report::text::{columns, count, escape, wrap};
use crate::report::{Look, NodeNames, Provenance, Setting, Spelling};

pub(crate) use assumed::assumed;
pub(crate) use grid::Grid;
pub(crate) use not_evaluated::not_evaluated;

/// The blocks of an answer, from top to bottom, for a terminal of a certain width.
#[derive(Clone, Debug)]
pub struct Screen {
    blocks: Vec<Block>,
    width: usize,
    headers: bool,
    spelling: Spelling,
    /// The nodes' names that are to be shortened.
    names: Option<Arc<NodeNames>>,
    /// Whether tables may be wider than the screen.
    wide: bool,
}

#[derive(Clone, Debug)]
enum Block {
    /// Labelled pieces on one line, however long.
    Line(Vec<(Label, String)>),
    /// The same with a command, to be copied: nothing in it is shortened.
    Command(Vec<(Label, String)>),
    Blank,
    /// A line across the screen.
    Rule,
    /// The answer in one line, and what it rests on.
    Headline {
        label: Label,
        answer: String,
        provenance: String,
    },
    /// A section's heading and a remark.
    Heading {
        heading: String,
        remark: String,
    },
    /// A text that wraps, behind a margin.
    Paragraph {
        label: Label,
        margin: String,
        text: String,
        /// A message of kube-scheduler or the API server: nothing in it is shortened.
        verbatim: bool,
    },
    Grid(Grid),
}

impl Screen {
    pub(crate) fn new(look: Look) -> Self {
        // Narrower than this no table can be read.
        let Look { width, headers, spelling, wide, .. } = look;
        Self { blocks: Vec::new(), width: width.max(40), headers, spelling, names: None, wide }
    }

    /// A screen about the nodes of a cluster, whose long names are shortened unless it is `wide`.
    pub(crate) fn of(look: Look, provenance: &Provenance) -> Self {
        Self { names: provenance.node_names.clone().filter(|_| !look.wide), ..Self::new(look) }
    }

    /// `text` with nodes' names as they are shown: for what is measured before it is laid out.
    pub(crate) fn short<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.names.as_ref().map_or(Cow::Borrowed(text), |names| names.shorten(text))
    }

    /// Whether tables may be wider than the screen.
    pub(crate) fn is_wide(&self) -> bool {
        self.wide
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn spelling(&self) -> Spelling {
        self.spelling
    }

    /// How `setting` is written where the screen is shown.
    pub(crate) fn spelled(&self, setting: Setting) -> Option<&'static str> {
        (self.spelling)(setting)
    }

    /// Says how many more there are than are shown, and how to see them.
    pub(crate) fn left_out(&mut self, all: usize, shown: usize, noun: &str) {
        if all > shown {
            let rest = format!("and {}", count(all - shown, &format!("more {noun}")));
            let text = self.spelled(Setting::Wide).map_or(rest.clone(), |wide| format!("{rest}: {wide} shows all"));
            self.line(&[(Label::Dim, &text)]);
        }
    }

    /// A line made of labelled pieces, as long as it is.
    pub(crate) fn line(&mut self, pieces: &[(Label, &str)]) {
        self.blocks.push(Block::Line(pieces.iter().map(|(label, piece)| (*label, (*piece).to_owned())).collect()));
    }

    /// A command in one line, to be copied, behind `lead`.
    pub(crate) fn command(&mut self, lead: (Label, &str), command: &str) {
        let pieces = [lead, (Label::Hint, command)];
        self.blocks.push(Block::Command(pieces.map(|(label, piece)| (label, piece.to_owned())).to_vec()));
    }

    pub(crate) fn blank(&mut self) {
        self.blocks.push(Block::Blank);
    }

    /// A line that parts two answers.
    pub(crate) fn rule(&mut self) {
        self.blocks.push(Block::Rule);
    }

    /// A section's heading, with a remark behind it.
    pub(crate) fn heading(&mut self, heading: &str, remark: &str) {
        self.blocks.push(Block::Heading { heading: heading.to_owned(), remark: remark.to_owned() });
    }

    /// The first line: the answer on the left, what it rests on at the right edge.
    pub(crate) fn headline(&mut self, label: Label, answer: &str, provenance: &str) {
        let (answer, provenance) = (answer.to_owned(), provenance.to_owned());
        self.blocks.push(Block::Headline { label, answer, provenance });
    }

    /// A text, wrapped, every line in the style of `label`.
    pub(crate) fn paragraph(&mut self, label: Label, text: &str) {
        self.indented(label, "", text);
    }

    /// A text behind `margin`, its later lines indented under it.
    pub(crate) fn indented(&mut self, label: Label, margin: &str, text: &str) {
        let (margin, text) = (margin.to_owned(), text.to_owned());
        self.blocks.push(Block::Paragraph { label, margin, text, verbatim: false });
    }

    /// A message as kube-scheduler or the API server wrote it, behind `margin`.
    pub(crate) fn quoted(&mut self, label: Label, margin: &str, text: &str) {
        let (margin, text) = (margin.to_owned(), text.to_owned());
        self.blocks.push(Block::Paragraph { label, margin, text, verbatim: true });
    }

    pub(crate) fn grid(&mut self, grid: &Grid) {
        self.blocks.push(Block::Grid(grid.clone()));
    }

    /// As text for a terminal, with escape codes for colours.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for block in &self.blocks {
            self.lay_out(block, &mut text);
        }
        if let Some(names) = self.names.as_ref().filter(|names| names.are_in(&text)) {
            blank(&mut text);
            self.wrapped(&mut text, Label::Dim, "", &names.legend(self.spelled(Setting::Wide)));
        }
        text
    }

    fn lay_out(&self, block: &Block, text: &mut String) {
        match block {
            Block::Line(pieces) => {
                let pieces: Vec<(Label, &str)> = pieces.iter().map(|(label, piece)| (*label, piece.as_str())).collect();
                let pieces: Vec<(Label, Cow<'_, str>)> =
                    pieces.into_iter().map(|(label, piece)| (label, self.short(piece))).collect();
                let pieces: Vec<(Label, &str)> = pieces.iter().map(|(label, piece)| (*label, &**piece)).collect();
                line(text, &pieces);
            }
            Block::Command(pieces) => {
                let pieces: Vec<(Label, &str)> = pieces.iter().map(|(label, piece)| (*label, piece.as_str())).collect();
                line(text, &pieces);
            }
            Block::Blank => blank(text),
            Block::Rule => line(text, &[(Label::Dim, &"-".repeat(self.width))]),
            Block::Headline { label, answer, provenance } => {
                let answer = &self.short(answer);
                let used = columns(&escape(answer)) + columns(&escape(provenance));
                if used + 2 <= self.width {
                    let gap = " ".repeat(self.width - used);
                    line(text, &[(*label, answer), (Label::Plain, &gap), (Label::Dim, provenance)]);
                } else {
                    self.wrapped(text, *label, "", answer);
                    line(text, &[(Label::Dim, provenance)]);
                }
            }
            Block::Heading { heading, remark } => {
                blank(text);
                let heading = &self.short(heading);
                if remark.is_empty() {
                    line(text, &[(Label::Heading, heading)]);
                } else {
                    line(text, &[(Label::Heading, heading), (Label::Plain, "   "), (Label::Dim, remark)]);
                }
            }
            Block::Paragraph { label, margin, text: words, verbatim } => {
                let words = if *verbatim { Cow::Borrowed(words.as_str()) } else { self.short(words) };
                self.wrapped(text, *label, &self.short(margin), &words);
            }
            Block::Grid(grid) => {
                let shown = grid.map(&|cell| self.short(cell).into_owned());
                text.push_str(&shown.render(self.width, self.headers));
            }
        }
    }

    fn wrapped(&self, text: &mut String, label: Label, margin: &str, words: &str) {
        let indent = columns(margin);
        for (index, words) in wrap(&escape(words), self.width.saturating_sub(indent)).iter().enumerate() {
            let margin = if index == 0 { margin.to_owned() } else { " ".repeat(indent) };
            line(text, &[(Label::Plain, &margin), (label, words)]);
        }
    }
}

fn line(text: &mut String, pieces: &[(Label, &str)]) {
    for (label, piece) in pieces {
        text.push_str(&label.paint(&escape(piece)));
    }
    text.push('\n');
}

/// An empty line, unless there is one already.
fn blank(text: &mut String) {
    if !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
}
