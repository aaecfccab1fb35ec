//! JSON as Go's encoding/json reads it: field names in any case, the last of two wins, `null`
//! is nothing, text after the first value is not looked at; and errors in its words, since they
//! are what kube-scheduler's event says.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::decode::limits::Limit;

/// What Go would have read the value into, as its errors name it.
#[derive(Clone, Copy)]
pub(super) enum GoType<'a> {
    /// A value of this type.
    Value(&'a str),
    /// A field `Struct.Field` of this type.
    Field(&'a str, &'a str),
}

impl fmt::Display for GoType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(r#type) => write!(f, "Go value of type {type}"),
            Self::Field(field, r#type) => write!(f, "Go struct field {field} of type {type}"),
        }
    }
}

/// The first value of `text`.
pub(super) fn first<'a>(text: &'a str, bytes: &[u8]) -> Result<&'a RawValue, String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(value)) => Ok(value),
        None => Err("EOF".to_owned()),
        Some(Err(error)) if error.is_eof() => Err("unexpected EOF".to_owned()),
        Some(Err(error)) => Err(syntax(bytes, &error)),
    }
}

fn syntax(bytes: &[u8], error: &serde_json::Error) -> String {
    let begins = bytes.iter().find(|byte| !b" \t\r\n".contains(byte)).copied().unwrap_or_default();
    if b"{[\"-0123456789tfn".contains(&begins) {
        return format!("invalid JSON: {error}");
    }
    // Go shows the byte as if it were a character.
    let shown = match begins {
        b'\'' => "'\\''".to_owned(),
        0..0x20 | 0x7f => format!("'\\x{begins:02x}'"),
        _ => format!("'{}'", char::from(begins)),
    };
    format!("invalid character {shown} looking for beginning of value")
}

/// What Go calls the value in its errors.
fn kind(value: &RawValue) -> &'static str {
    match value.get().as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "bool",
        Some(b'n') => "null",
        _ => "number",
    }
}

fn mismatch(what: &str, target: GoType<'_>) -> String {
    format!("json: cannot unmarshal {what} into {target}")
}

/// Names and values of an object, in order.
pub(super) fn object<'a>(value: &'a RawValue, target: GoType<'_>) -> Result<Vec<(String, &'a RawValue)>, String> {
    read(value, "object", target).map(|fields: Option<Fields<'a>>| fields.map(|fields| fields.0).unwrap_or_default())
}

/// The elements of an array; none for `null`.
pub(super) fn array<'a>(value: &'a RawValue, target: GoType<'_>) -> Result<Option<Vec<&'a RawValue>>, String> {
    read(value, "array", target).map(|items: Option<Items<'a>>| items.map(|items| items.0))
}

/// A string; `null` is the empty one.
pub(super) fn string(value: &RawValue, target: GoType<'_>) -> Result<String, String> {
    read(value, "string", target).map(Option::unwrap_or_default)
}

/// A 64 bit integer; `null` is 0.
pub(super) fn integer(value: &RawValue, target: GoType<'_>) -> Result<i64, String> {
    match kind(value) {
        "null" => Ok(0),
        "number" => value.get().parse().map_err(|_| mismatch(&format!("number {}", value.get()), target)),
        other => Err(mismatch(other, target)),
    }
}

fn read<'de, T: Deserialize<'de>>(value: &'de RawValue, wanted: &str, target: GoType<'_>) -> Result<Option<T>, String> {
    match kind(value) {
        "null" => Ok(None),
        kind if kind == wanted => serde_json::from_str(value.get()).map(Some).map_err(|e| format!("invalid JSON: {e}")),
        other => Err(mismatch(other, target)),
    }
}

/// The field called `name`, in any case; of several the last.
pub(super) fn field<'a>(fields: &[(String, &'a RawValue)], name: &str) -> Option<&'a RawValue> {
    fields.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// The values of an object, which stay where they are in the text.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    bounded(&fields)?;
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The same of an array.
struct Items<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items<'de>, A::Error> {
                let mut found = Vec::new();
                while let Some(item) = items.next_element()? {
                    bounded(&found)?;
                    found.push(item);
                }
                Ok(Items(found))
            }
        }
        deserializer.deserialize_seq(Collect)
    }
}

/// An answer of two letters a value must not become one of forty bytes a value.
fn bounded<T, E: serde::de::Error>(values: &[T]) -> Result<(), E> {
    if values.len() < Limit::Values.length() { Ok(()) } else { Err(E::custom(Limit::Values)) }
}
