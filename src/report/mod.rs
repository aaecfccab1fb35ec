//! How an answer looks: tables for people, JSON and YAML for programs, names for pipes.
//!
//! Nothing here changes an answer. Every form is a function of the same values: the
//! [`Placement`] and what `explain` found in it.

mod age;
pub mod capacity;
pub mod json;
mod json_help;
pub mod name;
pub mod pending;
pub mod simulation;
pub mod style;
pub mod table;
pub mod text;

use std::fmt;
use std::str::FromStr;

pub use age::{Basis, StateAge};

use crate::explain::{Explanation, NodeDetail, PreemptionDetail, Suggestion};
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
}

impl Format {
    const ALL: [(&'static str, Self); 5] = [
        ("json", Self::Json),
        ("name", Self::Name),
        ("table", Self::Table),
        ("wide", Self::Wide),
        ("yaml", Self::Yaml),
    ];

    /// The names of all formats, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(name, _)| *name)
    }
}

/// A format that there is not; worded as kubectl words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed: Vec<&str> = Format::names().collect();
        write!(
            f,
            "unable to match a printer suitable for the output format \"{}\", allowed formats are: {}",
            self.0,
            allowed.join(",")
        )
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, format)| *format)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

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
    /// Pods without a profile have no cycle: this many nodes were not looked at.
    pub nodes: usize,
}
