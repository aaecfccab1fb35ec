//! `-o name`: `TYPE/NAME`, one a line, as every kubectl command prints it.
//!
//! The objects an answer is about: the lines are meant for `xargs kubectl describe`.

use super::super::text::escape;
use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct NameFormat;

impl Format for NameFormat {
    fn name(&self) -> &'static str {
        "name"
    }

    fn part(&self) -> Part {
        Part::Names
    }

    fn render(&self, report: &dyn Report, _look: Look) -> Result<String, FormatError> {
        let names = report.names().ok_or(FormatError::NoSuchPart("name"))?;
        let mut text = String::new();
        for name in names {
            text.push_str(&escape(&name));
            text.push('\n');
        }
        Ok(text)
    }
}
