//! The fields of one object of a scenario, taken one by one; what is left over was not meant.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ScenarioError;
use crate::api::decode_error::plain;

/// The fields of an object, and where it stands.
pub(super) struct Fields {
    path: String,
    left: Map<String, Value>,
    /// Fields that were asked for.
    known: Vec<&'static str>,
}

impl Fields {
    /// The fields of `value`, which stands at `path`; the document itself is at the empty path.
    pub(super) fn of(value: &Value, path: &str) -> Result<Self, ScenarioError> {
        match value {
            Value::Object(fields) => Ok(Self { path: path.to_owned(), left: fields.clone(), known: Vec::new() }),
            other => Err(ScenarioError::new(path, format!("must be an object, not {}", what(other)))),
        }
    }

    /// Where the object stands.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A field's place: `steps[2].node`.
    pub(super) fn at(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// The field, if it is there; `null` is nothing.
    pub(super) fn optional<T: DeserializeOwned>(&mut self, field: &'static str) -> Result<Option<T>, ScenarioError> {
        self.known.push(field);
        let Some(value) = self.left.remove(field).filter(|value| !value.is_null()) else { return Ok(None) };
        if value.as_str() == Some("") {
            return Err(ScenarioError::new(self.at(field), "must not be empty"));
        }
        serde_json::from_value(value).map(Some).map_err(|error| ScenarioError::new(self.at(field), plain(&error)))
    }

    /// The field, which must be there.
    pub(super) fn required<T: DeserializeOwned>(&mut self, field: &'static str) -> Result<T, ScenarioError> {
        let place = self.at(field);
        self.optional(field)?.ok_or_else(|| ScenarioError::new(place, "is missing"))
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(self, owner: &str) -> Result<(), ScenarioError> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(field) => Err(ScenarioError::new(
                self.at(field),
                format!("unknown field; {owner} has the fields {}", self.known.join(", ")),
            )),
        }
    }
}

/// What a value is, for people.
pub(super) fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
