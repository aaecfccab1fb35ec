//! Decoding an object straight from JSON: how far it reaches, and of which type it is.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A decoded value and the bytes it took.
pub(crate) struct DecodedPrefix<T> {
    value: T,
    bytes: usize,
}

impl<T> DecodedPrefix<T> {
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> DecodedPrefix<U> {
        DecodedPrefix { value: f(self.value), bytes: self.bytes }
    }

    pub(crate) fn into_parts(self) -> (T, usize) {
        (self.value, self.bytes)
    }
}

pub(crate) fn take<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<DecodedPrefix<T>> {
    let mut stream = serde_json::Deserializer::from_slice(json).into_iter::<T>();
    match stream.next() {
        Some(Ok(value)) => Ok(DecodedPrefix { value, bytes: stream.byte_offset() }),
        // After `-` or `1e` at the very end, serde_json misses a digit and not the input.
        Some(Err(error)) if error.is_syntax() && ends_in_number(&error, json) => Err(end_of_input().unwrap_or(error)),
        Some(Err(error)) => Err(error),
        // Nothing but white space: let serde_json word the end of input.
        None => serde_json::from_slice::<T>(json).map(|value| DecodedPrefix { value, bytes: json.len() }),
    }
}

/// Whether `error` is about a number that is cut off at the end of `json`.
fn ends_in_number(error: &serde_json::Error, json: &[u8]) -> bool {
    if !matches!(json.last(), Some(b'-' | b'+' | b'e' | b'E' | b'.')) {
        return false;
    }
    let last_line = json.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let lines = json.split(|byte| *byte == b'\n').count();
    (error.line(), error.column()) == (lines, last_line.len())
}

/// The error for bytes that end too early.
fn end_of_input() -> Option<serde_json::Error> {
    serde_json::from_slice::<IgnoredAny>(&[]).err()
}

/// Skips the value that `json` begins with; says how many bytes it took.
///
/// # Errors
/// As [`super::Object::decode`].
pub fn skip(json: &[u8]) -> serde_json::Result<usize> {
    take::<IgnoredAny>(json).map(|taken| taken.bytes)
}

/// `apiVersion` and `kind` of the object that a JSON text begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeMeta {
    /// `apiVersion`.
    pub api_version: Option<String>,
    /// `kind`.
    pub kind: Option<String>,
}

impl TypeMeta {
    /// Reads no further than it must: kubectl and the API server write both fields first.
    pub fn peek(json: &[u8]) -> Self {
        let mut found = Self::default();
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        // Leaving the map early is an error to serde_json; what was found by then is the answer.
        let _ = Peek(&mut found).deserialize(&mut deserializer);
        found
    }
}

struct Peek<'a>(&'a mut TypeMeta);

impl<'de> DeserializeSeed<'de> for Peek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Peek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::ApiVersion => self.0.api_version = map.next_value()?,
                Field::Kind => self.0.kind = map.next_value()?,
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.0.api_version.is_some() && self.0.kind.is_some() {
                break;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    ApiVersion,
    Kind,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Kind, Object};

    #[track_caller]
    fn peeks(json: &str, api_version: Option<&str>, kind: Option<&str>) {
        let expected = TypeMeta { api_version: api_version.map(Into::into), kind: kind.map(Into::into) };
        assert_eq!(TypeMeta::peek(json.as_bytes()), expected, "{json}");
    }

    #[test]
    fn the_kind_is_found_wherever_it_stands() {
        peeks(r#"{"apiVersion":"v1","kind":"Pod","spec":{"broken"#, Some("v1"), Some("Pod"));
        peeks(r#"{"spec":{"kind":"inner"},"kind":"Pod"}"#, None, Some("Pod"));
        peeks("[1]", None, None);
        peeks("", None, None);
    }

    #[test]
    fn an_object_ends_where_the_next_begins() {
        let json = br#"{"metadata":{"name":"a","labels":{"x":"y"}}} {"metadata":{"name":"b"}}"#;
        let (object, bytes) = Object::decode(Kind::Namespace, json).unwrap();
        assert!(matches!(object, Object::Namespace(ref it) if it.name == "a" && it.labels.len() == 1));
        assert_eq!(&json[bytes..bytes + 2], b" {");
    }

    #[test]
    fn a_cut_object_is_not_a_broken_one() {
        assert!(Object::decode(Kind::Pod, br#"{"metadata":{"na"#).unwrap_err().is_eof());
        assert!(Object::decode(Kind::Pod, br#"{"spec":{"priority":-"#).unwrap_err().is_eof());
        assert!(skip(b"{\n\"a\":1.5e-").unwrap_err().is_eof());
        assert!(skip(b"{\n\"a\":1.5e-}").unwrap_err().is_syntax());
        assert!(Object::decode(Kind::Pod, br#"{"metadata":{"name":1}}"#).unwrap_err().is_data());
    }
}
