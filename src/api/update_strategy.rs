//! How a controller replaces its pods when its template changes: `strategy` of a Deployment,
//! `updateStrategy` of a StatefulSet or DaemonSet.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How a workload's pods are replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateStrategy {
    /// `type`.
    #[serde(rename = "type")]
    pub kind: UpdateKind,
    /// `rollingUpdate`.
    pub rolling_update: Option<RollingUpdate>,
}

/// `type` of an update strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum UpdateKind {
    /// New pods come while old ones go.
    #[default]
    RollingUpdate,
    /// Of a Deployment: all old pods go first.
    Recreate,
    /// Of a StatefulSet or DaemonSet: a pod is replaced when somebody deletes it.
    OnDelete,
}

impl UpdateKind {
    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RollingUpdate => "RollingUpdate",
            Self::Recreate => "Recreate",
            Self::OnDelete => "OnDelete",
        }
    }
}

/// `rollingUpdate` of an update strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdate {
    /// Pods that may be there beyond those wanted.
    pub max_surge: Option<IntOrPercent>,
    /// Pods that may be missing. A StatefulSet's counts since v1.37.
    pub max_unavailable: Option<IntOrPercent>,
    /// Of a StatefulSet: the first so many pods keep the old template.
    pub partition: Option<i32>,
}

/// A number, or a share of the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntOrPercent {
    /// So many.
    Int(i32),
    /// So many of a hundred.
    Percent(i32),
}

impl IntOrPercent {
    /// Of `total` pods, a part of one counting as one (`GetScaledValueFromIntOrPercent`, roundUp).
    pub fn rounded_up(self, total: usize) -> usize {
        self.of(total, 99)
    }

    /// Of `total` pods, a part of one not counting.
    pub fn rounded_down(self, total: usize) -> usize {
        self.of(total, 0)
    }

    fn of(self, total: usize, rounding: usize) -> usize {
        match self {
            Self::Int(number) => usize::try_from(number).unwrap_or(0),
            Self::Percent(share) => {
                let share = usize::try_from(share).unwrap_or(0);
                total.saturating_mul(share).saturating_add(rounding) / 100
            }
        }
    }
}

impl fmt::Display for IntOrPercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Percent(share) => write!(f, "{share}%"),
        }
    }
}

impl Serialize for IntOrPercent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(number) => serializer.serialize_i32(*number),
            Self::Percent(share) => serializer.collect_str(&format_args!("{share}%")),
        }
    }
}

impl<'de> Deserialize<'de> for IntOrPercent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = IntOrPercent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a percentage such as 25%")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<IntOrPercent, E> {
                i32::try_from(number).map(IntOrPercent::Int).map_err(|_| E::custom("is too large a number"))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<IntOrPercent, E> {
                i32::try_from(number).map(IntOrPercent::Int).map_err(|_| E::custom("is too large a number"))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<IntOrPercent, E> {
                let share = text.strip_suffix('%').and_then(|share| share.parse().ok());
                share.map(IntOrPercent::Percent).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(json: &str, total: usize, expected: (usize, usize)) {
        let value: IntOrPercent = serde_json::from_str(json).unwrap();
        assert_eq!((value.rounded_down(total), value.rounded_up(total)), expected, "{json} of {total}");
    }

    #[test]
    fn shares_are_rounded() {
        case("3", 10, (3, 3));
        case(r#""25%""#, 10, (2, 3));
        case(r#""100%""#, 7, (7, 7));
        case(r#""0%""#, 7, (0, 0));
        case("-1", 7, (0, 0));
        for bad in [r#""3""#, r#""a%""#, "4000000000", "true"] {
            assert!(serde_json::from_str::<IntOrPercent>(bad).is_err(), "{bad}");
        }
    }
}
