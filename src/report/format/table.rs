//! `-o table` and `-o wide`: what a person reads in a terminal.

use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct TableFormat;

/// The same with every column and every row.
#[derive(Debug)]
pub(super) struct Wide;

impl Format for TableFormat {
    fn name(&self) -> &'static str {
        "table"
    }

    fn part(&self) -> Part {
        Part::Screen
    }

    fn render(&self, report: &dyn Report, look: Look) -> Result<String, FormatError> {
        Ok(report.screen(look).text())
    }
}

impl Format for Wide {
    fn name(&self) -> &'static str {
        "wide"
    }

    fn part(&self) -> Part {
        Part::Screen
    }

    fn render(&self, report: &dyn Report, look: Look) -> Result<String, FormatError> {
        Ok(report.screen(Look { wide: true, ..look }).text())
    }
}
