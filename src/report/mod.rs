//! How an answer looks: tables and pages for people, JSON and YAML for programs, names for pipes.
//!
//! Nothing here changes an answer. Every form is a function of the same values: the
//! [`Placement`] and what `explain` found in it.

mod age;
pub mod capacity;
pub mod comparison;
pub mod html;
pub mod json;
mod json_causes;
mod json_cluster_says;
mod json_help;
pub mod name;
pub mod pending;
pub mod resilience;
pub mod simulation;
pub mod style;
pub mod sweep;
pub mod table;
pub mod text;
mod unseen_in_groups;

use std::fmt;

pub use age::{Grounds, StateAge};

use crate::explain::{ClusterSays, Explanation, NodeDetail, PreemptionDetail, Suggestion};
use crate::framework::Placement;

/// An output format, as `-o` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// What a person reads.
    #[default]
    Table,
    /// The same with every column.
    Wide,
    /// The documented JSON, indented as kubectl does.
    Json,
    /// The same as YAML.
    Yaml,
    /// `pod/NAME`, one a line.
    Name,
    /// One self-contained page.
    Html,
}

/// The formats that a command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats(&'static [(&'static str, Format)]);

impl Formats {
    /// All there are.
    pub const ALL: Self = Self(&[
        ("html", Format::Html),
        ("json", Format::Json),
        ("name", Format::Name),
        ("table", Format::Table),
        ("wide", Format::Wide),
        ("yaml", Format::Yaml),
    ]);

    /// Those of a command whose answer needs no page.
    pub const WITHOUT_HTML: Self = Self(&[
        ("json", Format::Json),
        ("name", Format::Name),
        ("table", Format::Table),
        ("wide", Format::Wide),
        ("yaml", Format::Yaml),
    ]);

    /// Those of a comparison, which is about no pod in particular.
    pub const WITHOUT_NAME: Self = Self(&[
        ("html", Format::Html),
        ("json", Format::Json),
        ("table", Format::Table),
        ("wide", Format::Wide),
        ("yaml", Format::Yaml),
    ]);

    /// Those of an answer that is figures only.
    pub const OF_FIGURES: Self =
        Self(&[("json", Format::Json), ("table", Format::Table), ("wide", Format::Wide), ("yaml", Format::Yaml)]);

    /// Their names, sorted.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// The format of that name.
    ///
    /// # Errors
    /// The command has no such format.
    pub fn parse(self, text: &str) -> Result<Format, UnknownFormat> {
        let found = self.0.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or_else(|| self.unknown(text))
    }

    /// What is said to one who asks for `format`, which is none of them.
    pub fn unknown(self, format: &str) -> UnknownFormat {
        UnknownFormat { format: format.to_owned(), allowed: self }
    }
}

/// A format that there is not; worded as kubectl words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat {
    format: String,
    allowed: Formats,
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed: Vec<&str> = self.allowed.names().collect();
        write!(
            f,
            "unable to match a printer suitable for the output format \"{}\", allowed formats are: {}",
            self.format,
            allowed.join(",")
        )
    }
}

impl std::error::Error for UnknownFormat {}

/// The answer for one pod.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the cycle said.
    pub placement: Placement,
    /// What it means.
    pub explanation: Explanation,
    /// The node asked about, if one was, in full.
    pub detail: Option<NodeDetail>,
    /// What would help; none where nobody asked, and for a pod that needs no help.
    pub suggestions: Option<Vec<Suggestion>>,
    /// The placement's preemption in full.
    pub preemption: Option<PreemptionDetail>,
    /// What the cluster itself says of the pod.
    pub cluster_says: ClusterSays,
    /// Pods without a profile have no cycle: this many nodes were not looked at.
    pub nodes: usize,
    /// The profile's filter plugins, in order; none without a profile.
    pub filters: Vec<&'static str>,
}
