//! `-o html`: one self-contained page.

use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct Html;

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn part(&self) -> Part {
        Part::Page
    }

    fn render(&self, report: &dyn Report, _look: Look) -> Result<String, FormatError> {
        report.page().ok_or(FormatError::NoSuchPart("html"))
    }
}
