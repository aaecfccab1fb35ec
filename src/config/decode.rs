//! Strict decoding of what a user wrote, with the path of everything that does not belong.
//!
//! serde's `deny_unknown_fields` would name the field but not its place, and stop at the first.
//! Upstream collects all of them (sigs.k8s.io/json `UnmarshalStrict`), and reads `null` as "not set".

use serde_json::Value;

use super::duration::GoDuration;
use super::error::ConfigError;
use super::field_path::FieldPath;

/// A type that is read from JSON. Fields that do not exist are collected in `unknown`.
pub(super) trait Decode: Sized {
    /// Reads `value`, which stands at `path`.
    ///
    /// # Errors
    /// [`ConfigError::Type`] for a value of another type.
    fn decode(value: &Value, path: &FieldPath, unknown: &mut Vec<FieldPath>) -> Result<Self, ConfigError>;
}

/// A struct of fields with their JSON names, and its [`Decode`]. Fields after `checked:` must be of their type
/// but are not kept: nothing that is answered here depends on them.
macro_rules! wire_struct {
    (
        pub(super) struct $name:ident {
            $($(#[$field_meta:meta])* pub(super) $field:ident: $type:ty = $key:literal,)*
        }
        $(checked: { $($checked_key:literal: $checked_type:ty,)* })?
    ) => {
        #[derive(Debug, Clone, Default, PartialEq)]
        pub(super) struct $name {
            $($(#[$field_meta])* pub(super) $field: $type,)*
        }

        impl $crate::config::decode::Decode for $name {
            fn decode(
                value: &serde_json::Value,
                path: &$crate::config::field_path::FieldPath,
                unknown: &mut Vec<$crate::config::field_path::FieldPath>,
            ) -> Result<Self, $crate::config::error::ConfigError> {
                let mut decoded = Self::default();
                for (key, value) in $crate::config::decode::fields(value, path)? {
                    let path = path.child(key);
                    match key.as_str() {
                        $($key => {
                            decoded.$field = $crate::config::decode::Decode::decode(value, &path, unknown)?;
                        })*
                        $($($checked_key => {
                            <$checked_type as $crate::config::decode::Decode>::decode(value, &path, unknown)?;
                        })*)?
                        _ => unknown.push(path),
                    }
                }
                Ok(decoded)
            }
        }
    };
}
pub(super) use wire_struct;

/// The fields of an object; none for `null`.
pub(super) fn fields<'a>(
    value: &'a Value,
    path: &FieldPath,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, ConfigError> {
    match value {
        Value::Null => Ok(None.into_iter().flatten()),
        Value::Object(map) => Ok(Some(map).into_iter().flatten()),
        _ => Err(wrong_type(path, "an object", value)),
    }
}

pub(super) fn wrong_type(path: &FieldPath, expected: &'static str, found: &Value) -> ConfigError {
    ConfigError::Type {
        path: path.clone(),
        expected,
        found: match found {
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            scalar => scalar.to_string(),
        },
    }
}

macro_rules! decode_scalar {
    ($($type:ty, $expected:literal, $read:expr;)*) => {
        $(impl Decode for $type {
            fn decode(value: &Value, path: &FieldPath, _: &mut Vec<FieldPath>) -> Result<Self, ConfigError> {
                if value.is_null() {
                    return Ok(Self::default());
                }
                let read: fn(&Value) -> Option<Self> = $read;
                read(value).ok_or_else(|| wrong_type(path, $expected, value))
            }
        })*
    };
}
decode_scalar! {
    bool, "true or false", Value::as_bool;
    String, "a string", |value| value.as_str().map(str::to_owned);
    i32, "a 32-bit integer", |value| value.as_i64().and_then(|number| number.try_into().ok());
    i64, "a 64-bit integer", Value::as_i64;
    f64, "a number", Value::as_f64;
    Value, "a value", |value| Some(value.clone());
    GoDuration, "a duration such as \"10s\" or \"1m30s\"", |value| value.as_str().and_then(GoDuration::parse);
}

impl<T: Decode> Decode for Option<T> {
    fn decode(value: &Value, path: &FieldPath, unknown: &mut Vec<FieldPath>) -> Result<Self, ConfigError> {
        if value.is_null() {
            return Ok(None);
        }
        T::decode(value, path, unknown).map(Some)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(value: &Value, path: &FieldPath, unknown: &mut Vec<FieldPath>) -> Result<Self, ConfigError> {
        match value {
            Value::Null => Ok(Self::new()),
            Value::Array(items) => {
                items.iter().enumerate().map(|(index, item)| T::decode(item, &path.index(index), unknown)).collect()
            }
            _ => Err(wrong_type(path, "a list", value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    wire_struct! {
        pub(super) struct Inner {
            pub(super) weight: Option<i32> = "weight",
        }
    }

    wire_struct! {
        pub(super) struct Outer {
            pub(super) name: String = "name",
            pub(super) items: Vec<Inner> = "items",
        }
    }

    #[track_caller]
    fn case(value: &Value, expected: Result<&[&str], &str>) {
        let mut unknown = Vec::new();
        let decoded = Outer::decode(value, &FieldPath::default(), &mut unknown);
        let unknown: Vec<String> = unknown.iter().map(ToString::to_string).collect();
        match (decoded, expected) {
            (Ok(_), Ok(expected)) => assert_eq!(unknown, expected),
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
            (decoded, expected) => panic!("{decoded:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn collects_unknown_fields_and_refuses_wrong_types() {
        case(&json!({"name": "a", "items": [{"weight": 1}, null]}), Ok(&[]));
        case(&json!({"name": null, "items": null}), Ok(&[]));
        case(&json!({"Name": "a", "items": [{"weigth": 1}]}), Ok(&["Name", "items[0].weigth"]));
        case(&json!({"items": [{"weight": 1.5}]}), Err("items[0].weight: expected a 32-bit integer, found 1.5"));
        case(
            &json!({"items": [{"weight": 3_000_000_000_u64}]}),
            Err("items[0].weight: expected a 32-bit integer, found 3000000000"),
        );
        case(&json!([]), Err(": expected an object, found a list"));
    }
}
