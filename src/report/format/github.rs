//! `-o github`: annotations of a pull request, as the commands that a GitHub workflow prints
//! (docs.github.com, "Workflow commands for GitHub Actions").

use std::fmt::Write;

use super::super::text::is_hidden;
use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct Github;

/// A remark beside a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// How bad it is.
    pub severity: Severity,
    /// The file, and the line.
    pub file: Option<(String, Option<usize>)>,
    /// What it is about.
    pub title: String,
    /// What is said.
    pub message: String,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Severity {
    /// The change must not go in.
    Error,
    /// Worth a look.
    Warning,
    /// Good to know.
    Notice,
}

impl Format for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn part(&self) -> Part {
        Part::Annotations
    }

    fn render(&self, report: &dyn Report, _look: Look) -> Result<String, FormatError> {
        let annotations = report.annotations().ok_or(FormatError::NoSuchPart("github"))?;
        let mut text = String::new();
        for Annotation { severity, file, title, message } in &annotations {
            let severity = match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Notice => "notice",
            };
            let mut properties = Vec::new();
            if let Some((file, line)) = file {
                properties.push(format!("file={}", property(file)));
                properties.extend(line.map(|line| format!("line={line}")));
            }
            properties.push(format!("title={}", property(title)));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "::{severity} {}::{}", properties.join(","), data(message));
        }
        Ok(text)
    }
}

/// As @actions/core escapes a message: a line break would end the command.
fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            letter if is_hidden(letter) => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

/// The same of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_command() {
        assert_eq!(data("50%\n::error::x"), "50%25%0A::error::x");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
