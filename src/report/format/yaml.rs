//! `-o yaml`: the documented data as YAML.

use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct Yaml;

impl Format for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn part(&self) -> Part {
        Part::Data
    }

    fn render(&self, report: &dyn Report, _look: Look) -> Result<String, FormatError> {
        // By way of a JSON value: its maps are sorted, as kubectl's YAML is.
        let value = report.data().value()?;
        let mut text = serde_yaml::to_string(&value).map_err(|error| FormatError::Data(error.into()))?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }
}
