//! How an answer looks: tables and pages for people, JSON and YAML for programs, names for pipes.
//!
//! Nothing here changes an answer. An answer implements [`Report`], whose parts are functions of the
//! same values; a [`Format`] shows one part, whatever the report is about. A new answer is one
//! implementation, a new format one file in `format`.
//!
//! A folder an answer (`explain`, `capacity`, ...): its data in `json`, its screen in `table`. What they share: `words`
//! says reasons and changes in a reader's words, [`screen`] lays blocks and tables out, `html` writes pages.

pub mod capacity;
pub mod check;
mod commands;
pub mod comparison;
pub mod devices;
pub mod difference;
pub mod explain;
pub mod format;
mod html;
pub mod node_groups;
mod node_names;
pub mod pending;
mod provenance;
pub mod resilience;
#[cfg(all(test, feature = "cli"))]
pub(crate) mod schema;
pub mod screen;
pub mod setting;
pub mod simulation;
pub mod style;
pub mod sweep;
pub mod text;
mod words;

use serde::Serialize;
use serde_json::Value;

pub use explain::{Answer, ExplainAnswer};
pub use format::{Annotation, Format, FormatError, Metric, Severity, TestCase, TestOutcome};
pub use node_names::NodeNames;
pub use provenance::{Provenance, StateAge};
pub use screen::Screen;
pub use setting::{Setting, Spelling, unspelled};

/// The version of the data that programs read.
pub const API_VERSION: &str = "kubectl-sched/v1";

/// An answer, as formats see it.
pub trait Report {
    /// What programs read: the documented shape, stable between releases.
    fn data(&self) -> Box<dyn Data + '_>;

    /// What a person reads, as blocks of text and tables.
    fn screen(&self, look: Look) -> Screen;

    /// The objects that it is about, as `TYPE/NAME`; none for a report that is about figures.
    fn names(&self) -> Option<Vec<String>> {
        None
    }

    /// A self-contained page for a browser, if it has one.
    fn page(&self) -> Option<String> {
        None
    }

    /// Figures to watch over time, if it has such.
    fn metrics(&self) -> Option<Vec<Metric>> {
        None
    }

    /// A comment for a pull request, in Markdown, if it is about one.
    fn comment(&self) -> Option<String> {
        None
    }

    /// What was tested, if it is a test.
    fn cases(&self) -> Option<Vec<TestCase>> {
        None
    }

    /// What is to be said beside lines of files, if it is about such.
    fn annotations(&self) -> Option<Vec<Annotation>> {
        None
    }
}

/// A part of a report, of which a format shows one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// [`Report::data`].
    Data,
    /// [`Report::screen`].
    Screen,
    /// [`Report::names`].
    Names,
    /// [`Report::page`].
    Page,
    /// [`Report::metrics`].
    Metrics,
    /// [`Report::comment`].
    Comment,
    /// [`Report::cases`].
    Cases,
    /// [`Report::annotations`].
    Annotations,
}

impl Part {
    /// The parts of a report that has all but figures to watch.
    pub const ALL: &'static [Self] = &[Self::Data, Self::Screen, Self::Names, Self::Page];
    /// The parts of a report whose figures are worth watching over time, too.
    pub const WITH_METRICS: &'static [Self] = &[Self::Data, Self::Screen, Self::Names, Self::Page, Self::Metrics];
    /// The parts of a report without a page.
    pub const WITHOUT_PAGE: &'static [Self] = &[Self::Data, Self::Screen, Self::Names];
    /// The parts of a report that is about no object in particular.
    pub const WITHOUT_NAMES: &'static [Self] = &[Self::Data, Self::Screen, Self::Page];
    /// The parts of a report that is figures only.
    pub const OF_FIGURES: &'static [Self] = &[Self::Data, Self::Screen];
}

/// What the one who reads a screen decides about its looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Every plugin, also those that make no difference between nodes, and every row.
    pub wide: bool,
    /// Whether tables have a header.
    pub headers: bool,
    /// Whether suggestions come with the commands that make them.
    pub commands: bool,
    /// How what can be set is written.
    pub spelling: Spelling,
}

/// Anything that can be serialised, by whatever format.
pub trait Data {
    /// As JSON text, indented as kubectl does, in the order of the fields.
    ///
    /// # Errors
    /// What the serialiser says.
    fn json(&self) -> Result<String, FormatError>;

    /// As a value.
    ///
    /// # Errors
    /// What the serialiser says.
    fn value(&self) -> Result<Value, FormatError>;
}

impl<T: Serialize> Data for T {
    fn json(&self) -> Result<String, FormatError> {
        format::pretty(self)
    }

    fn value(&self) -> Result<Value, FormatError> {
        serde_json::to_value(self).map_err(|error| FormatError::Data(error.into()))
    }
}

/// An answer and what it rests on: together they are a report.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a, A> {
    /// What was found.
    pub answer: &'a A,
    /// What it rests on.
    pub provenance: &'a Provenance,
}
