//! Output formats: one file each, and one line in [`ALL`].
//!
//! A format shows one [`Part`] of a report and knows nothing of what the report is about; a report knows
//! nothing of the formats that there are.

mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod name;
mod openmetrics;
mod table;
mod yaml;

use std::fmt;

pub use github::{Annotation, Severity};
pub use json::pretty;
pub use junit::{TestCase, TestOutcome};
pub(super) use markdown::{block, code, plain};
pub use openmetrics::Metric;

use super::{Look, Part, Report};

/// Every format, in the order in which help names them.
pub static ALL: [&dyn Format; 10] = [
    &table::TableFormat,
    &table::Wide,
    &json::Json,
    &yaml::Yaml,
    &name::NameFormat,
    &html::Html,
    &openmetrics::OpenMetrics,
    &markdown::Markdown,
    &junit::Junit,
    &github::Github,
];

/// The format that is used where none is named.
pub const DEFAULT: &str = "table";

/// A way to write a report down.
pub trait Format: fmt::Debug + Sync {
    /// What `-o` calls it.
    fn name(&self) -> &'static str;

    /// The part of a report that it shows.
    fn part(&self) -> Part;

    /// The report in this format.
    ///
    /// # Errors
    /// The report does not have that part, or its data cannot be serialised.
    fn render(&self, report: &dyn Report, look: Look) -> Result<String, FormatError>;
}

/// Names of the formats that show one of `parts`.
pub fn names(parts: &[Part]) -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|format| parts.contains(&format.part())).map(|format| format.name())
}

/// The format of that name, of those that show one of `parts`.
///
/// # Errors
/// There is no such format.
pub fn parse(text: &str, parts: &'static [Part]) -> Result<&'static dyn Format, FormatError> {
    let found = ALL.iter().find(|format| format.name() == text && parts.contains(&format.part()));
    found.copied().ok_or_else(|| FormatError::Unknown { format: text.to_owned(), parts })
}

/// Whether `format` shows one of `parts`.
///
/// # Errors
/// It does not.
pub fn check(format: &dyn Format, parts: &'static [Part]) -> Result<(), FormatError> {
    parse(format.name(), parts).map(|_| ())
}

/// Why an answer cannot be written in a format.
#[derive(Debug)]
#[non_exhaustive]
pub enum FormatError {
    /// No format of that name shows one of these parts; worded as kubectl words it.
    Unknown {
        /// What was asked for.
        format: String,
        /// What the report consists of.
        parts: &'static [Part],
    },
    /// The report does not have the part that the format shows.
    NoSuchPart(&'static str),
    /// The data cannot be serialised: never for the types of this crate, but `serde` can not know that.
    Data(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { format, parts } => {
                let mut allowed: Vec<&str> = names(parts).collect();
                allowed.sort_unstable();
                write!(
                    f,
                    "unable to match a printer suitable for the output format \"{format}\", allowed formats are: {}",
                    allowed.join(",")
                )
            }
            Self::NoSuchPart(format) => write!(f, "this answer cannot be written as {format}"),
            Self::Data(error) => write!(f, "the answer cannot be serialised: {error}"),
        }
    }
}

impl std::error::Error for FormatError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Data(error) => Some(error.as_ref()),
            Self::Unknown { .. } | Self::NoSuchPart(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_name() {
        const PARTS: &[Part] = &[
            Part::Data,
            Part::Screen,
            Part::Names,
            Part::Page,
            Part::Metrics,
            Part::Comment,
            Part::Cases,
            Part::Annotations,
        ];
        let all: Vec<&str> = names(PARTS).collect();
        let expected = ["table", "wide", "json", "yaml", "name", "html", "openmetrics", "markdown", "junit", "github"];
        assert_eq!(all, expected);
        assert!(ALL.iter().all(|format| parse(format.name(), PARTS).is_ok_and(|found| found.name() == format.name())));
        assert!(parse(DEFAULT, Part::ALL).is_ok());
    }

    #[test]
    fn what_a_report_does_not_have_is_refused_as_kubectl_refuses_it() {
        const PARTS: &[Part] = &[Part::Data, Part::Screen];
        let expected = "unable to match a printer suitable for the output format \"html\", allowed formats are: \
                        json,table,wide,yaml";
        assert_eq!(parse("html", PARTS).unwrap_err().to_string(), expected);
    }
}
