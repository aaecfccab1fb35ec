//! `-o json`: the documented data, indented as kubectl does.

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn part(&self) -> Part {
        Part::Data
    }

    fn render(&self, report: &dyn Report, _look: Look) -> Result<String, FormatError> {
        report.data().json()
    }
}

/// Any value as JSON, indented by four blanks as kubectl does.
///
/// # Errors
/// What the serialiser says.
pub fn pretty(value: &impl Serialize) -> Result<String, FormatError> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    "));
    value.serialize(&mut serializer).map_err(|error| FormatError::Data(error.into()))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|error| FormatError::Data(error.into()))
}
