//! Values of CEL, as far as a device selector meets them.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::api::list::List;
use crate::api::name::name;
use crate::api::quantity::Quantity;
use crate::decode::devices::Attribute;

use super::semver::Semver;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    List(Arc<Vec<Self>>),
    Map(Arc<Map>),
    Quantity(Quantity),
    Semver(Arc<Semver>),
    Optional(Option<Arc<Self>>),
}

/// A map: small, so it is searched through.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    pub(super) entries: Vec<(Value, Value)>,
    /// A missing key reads as an empty map: `device.attributes` and `device.capacity`
    /// (upstream compile.go, newStringInterfaceMapWithDefault).
    pub(super) defaults_to_empty: bool,
}

impl Map {
    /// The value that is really there under `key`.
    pub(super) fn get(&self, key: &Value) -> Option<&Value> {
        self.entries.iter().find(|(known, _)| known.equals(key)).map(|(_, value)| value)
    }

    /// The value that reading `key` gives.
    pub(super) fn read(&self, key: &Value) -> Option<Value> {
        match self.get(key) {
            None if self.defaults_to_empty => Some(Value::Map(Arc::default())),
            value => value.cloned(),
        }
    }
}

impl Value {
    /// The value as an attribute of a device, if it can be one (upstream compile.go, valToDeviceAttribute).
    pub(super) fn as_attribute(&self) -> Option<Attribute> {
        let text = |value: &Self| match value {
            Self::String(text) => Some(name(text)),
            _ => None,
        };
        let version = |value: &Self| match value {
            Self::Semver(version) => Some(name(&version.to_string())),
            _ => None,
        };
        Some(match self {
            Self::Bool(value) => Attribute::Bool(*value),
            Self::Int(value) => Attribute::Int(*value),
            Self::String(_) => Attribute::String(text(self)?),
            Self::Semver(_) => Attribute::Version(version(self)?),
            Self::List(items) => match items.first() {
                None => Attribute::Strings(List::default()),
                Some(Self::Bool(_)) => {
                    let bool = |item: &Self| if let Self::Bool(value) = item { Some(*value) } else { None };
                    Attribute::Bools(items.iter().map(bool).collect::<Option<_>>()?)
                }
                Some(Self::Int(_)) => {
                    let int = |item: &Self| if let Self::Int(value) = item { Some(*value) } else { None };
                    Attribute::Ints(items.iter().map(int).collect::<Option<_>>()?)
                }
                Some(Self::String(_)) => Attribute::Strings(items.iter().map(text).collect::<Option<_>>()?),
                Some(Self::Semver(_)) => Attribute::Versions(items.iter().map(version).collect::<Option<_>>()?),
                Some(_) => return None,
            },
            _ => return None,
        })
    }

    /// CEL's word for the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Optional(_) => "optional_type",
        }
    }

    /// Equality across types: numbers by value, everything else only within its type.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.equals(b)),
            (Self::Map(a), Self::Map(b)) => {
                a.entries.len() == b.entries.len()
                    && a.entries.iter().all(|(key, value)| b.get(key).is_some_and(|other| other.equals(value)))
            }
            (Self::Optional(a), Self::Optional(b)) => match (a, b) {
                (None, None) => true,
                (Some(a), Some(b)) => a.equals(b),
                _ => false,
            },
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// Order of values that have one: numbers (of any type), strings, bools; quantities and versions.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::String(a), Self::String(b)) => Some(a.cmp(b)),
            (Self::Quantity(a), Self::Quantity(b)) => Some(a.compare(*b)),
            (Self::Semver(a), Self::Semver(b)) => Some(a.compare(b)),
            (Self::Double(a), b) => a.partial_cmp(&b.number()?),
            (a, Self::Double(b)) => a.number()?.partial_cmp(b),
            (a, b) => Some(a.integer()?.cmp(&b.integer()?)),
        }
    }

    fn integer(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(i128::from(*value)),
            Self::Uint(value) => Some(i128::from(*value)),
            _ => None,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Uint(value) => Some(*value as f64),
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// How much there is of it, in steps of the budget.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::String(text) => text.len() / 10,
            Self::List(items) => items.iter().map(|item| 1 + item.size()).sum(),
            Self::Map(map) => map.entries.iter().map(|(key, value)| 1 + key.size() + value.size()).sum(),
            _ => 0,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_as_large_as_what_is_in_it() {
        let text = |length: usize| Value::from("x".repeat(length).as_str());
        let list = Value::List(Arc::new(vec![text(30), Value::Int(1)]));
        let entries = vec![(text(9), list.clone()), (text(10), Value::Null)];
        let map = Value::Map(Arc::new(Map { entries, defaults_to_empty: false }));
        let sizes = [Value::Int(i64::MAX), text(9), text(25), list, map].map(|value| value.size());
        assert_eq!(sizes, [0, 0, 2, 5, 8]);
    }
}
