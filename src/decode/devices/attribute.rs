//! What a driver says of a device: attributes, single values or lists, and capacities.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::api::list::List;
use crate::api::name::Name;
use crate::api::quantity::Quantity;

/// The value of a device's attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Attribute {
    /// A number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Text.
    String(Name),
    /// A semantic version.
    Version(Name),
    /// Numbers (gate `DRAListTypeAttributes`, like the other lists).
    Ints(List<i64>),
    /// Truth values.
    Bools(List<bool>),
    /// Texts.
    Strings(List<Name>),
    /// Semantic versions.
    Versions(List<Name>),
    /// A type that this version does not know.
    Unknown,
}

impl Attribute {
    /// Whether it is one of the list types.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Ints(_) | Self::Bools(_) | Self::Strings(_) | Self::Versions(_))
    }
}

impl fmt::Display for Attribute {
    /// As CEL writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T>(f: &mut fmt::Formatter<'_>, items: &[T], print: impl Fn(&T) -> String) -> fmt::Result {
            let items: Vec<String> = items.iter().map(print).collect();
            write!(f, "[{}]", items.join(", "))
        }
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::String(value) | Self::Version(value) => write!(f, "{:?}", value.as_str()),
            Self::Ints(values) => list(f, values, ToString::to_string),
            Self::Bools(values) => list(f, values, ToString::to_string),
            Self::Strings(values) | Self::Versions(values) => list(f, values, |value| format!("{:?}", value.as_str())),
            Self::Unknown => f.write_str("a value of an unknown type"),
        }
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            int: Option<i64>,
            bool: Option<bool>,
            string: Option<Name>,
            version: Option<Name>,
            ints: Option<List<i64>>,
            bools: Option<List<bool>>,
            strings: Option<List<Name>>,
            versions: Option<List<Name>>,
        }
        // Lists first, as upstream reads them (cel/compile.go, getAttributeValue).
        let wire = Wire::deserialize(deserializer)?;
        Ok(match wire {
            Wire { ints: Some(ints), .. } => Self::Ints(ints),
            Wire { bools: Some(bools), .. } => Self::Bools(bools),
            Wire { strings: Some(strings), .. } => Self::Strings(strings),
            Wire { versions: Some(versions), .. } => Self::Versions(versions),
            Wire { int: Some(int), .. } => Self::Int(int),
            Wire { bool: Some(bool), .. } => Self::Bool(bool),
            Wire { string: Some(string), .. } => Self::String(string),
            Wire { version: Some(version), .. } => Self::Version(version),
            _ => Self::Unknown,
        })
    }
}

/// How much a device has of something.
#[derive(Clone, Debug, Hash)]
pub struct DeviceCapacity {
    /// The amount.
    pub value: Quantity,
    /// What claims may ask for, where the device can be shared (gate `DRAConsumableCapacity`).
    pub policy: Option<Box<RequestPolicy>>,
}

/// What a claim may ask for of a capacity.
#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestPolicy {
    /// What a claim takes that asks for nothing.
    pub default: Option<Quantity>,
    /// The amounts that can be had; a request is rounded up to one of them.
    pub valid_values: List<Quantity>,
    /// The range that can be had.
    pub valid_range: Option<ValidRange>,
}

/// The amounts from `min` to `max`, `step` apart.
#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(default)]
pub struct ValidRange {
    /// The least; a request for less takes it.
    pub min: Option<Quantity>,
    /// The most.
    pub max: Option<Quantity>,
    /// The distance from one amount to the next.
    pub step: Option<Quantity>,
}

/// A capacity on the wire: an amount by itself, or with a policy.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireCapacity {
    #[serde(rename_all = "camelCase")]
    Structured {
        value: Quantity,
        #[serde(default)]
        request_policy: Option<Box<RequestPolicy>>,
    },
    Plain(Quantity),
}

impl<'de> Deserialize<'de> for DeviceCapacity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match WireCapacity::deserialize(deserializer)? {
            WireCapacity::Structured { value, request_policy } => Self { value, policy: request_policy },
            WireCapacity::Plain(value) => Self { value, policy: None },
        })
    }
}

/// A number of counters by name, each `{"value": quantity}`.
pub(super) fn counters(wire: BTreeMap<Name, WireCounter>) -> BTreeMap<Name, Quantity> {
    wire.into_iter().map(|(name, counter)| (name, counter.value)).collect()
}

/// A counter on the wire.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct WireCounter {
    #[serde(default)]
    value: Quantity,
}
