//! Taints and tolerations.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{Name, name};

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum TaintEffect {
    /// Keeps new pods away.
    NoSchedule,
    /// Keeps new pods away if another node will do.
    PreferNoSchedule,
    /// Keeps new pods away and evicts running ones.
    NoExecute,
}

impl TaintEffect {
    /// Whether the filter applies this effect (upstream tainttoleration/taint_toleration.go, Filter).
    pub fn rejects(self) -> bool {
        matches!(self, Self::NoSchedule | Self::NoExecute)
    }
}

/// A node's taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Taint {
    /// The key.
    pub key: Name,
    /// The value, often empty.
    #[serde(default)]
    pub value: Name,
    /// The effect.
    pub effect: TaintEffect,
}

impl fmt::Display for Taint {
    /// `key=value:Effect`, as kubectl writes taints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if !self.value.is_empty() {
            write!(f, "={}", self.value)?;
        }
        write!(f, ":{:?}", self.effect)
    }
}

/// A pod's toleration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Toleration {
    /// The taint's key; none or empty means every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Name>,
    /// `Equal` (also when absent), `Exists`, or the comparisons `Gt` and `Lt`. Others tolerate nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Name>,
    /// What the operator compares the taint's value with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Name>,
    /// The effect; none or empty means every effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Name>,
    /// For how long a running pod stays; no matter to scheduling, but part of the list that a
    /// patch must write whole.
    #[serde(default, rename = "tolerationSeconds", skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
}

impl Toleration {
    /// The toleration that covers this taint and no other.
    pub fn of(taint: &Taint) -> Self {
        let value = Some(taint.value).filter(|value| !value.is_empty());
        Self {
            key: Some(taint.key),
            operator: Some(name(if value.is_some() { "Equal" } else { "Exists" })),
            value,
            effect: Some(name(taint.effect.as_str())),
            toleration_seconds: None,
        }
    }

    /// Whether this toleration covers `taint` (upstream api/core/v1/toleration.go, ToleratesTaint). Without
    /// `comparisons` (the gate `TaintTolerationComparisonOperators`), `Gt` and `Lt` cover nothing.
    pub fn tolerates(&self, taint: &Taint, comparisons: bool) -> bool {
        if self.effect.is_some_and(|effect| !effect.is_empty() && effect.as_str() != taint.effect.as_str()) {
            return false;
        }
        if self.key.is_some_and(|key| !key.is_empty() && key != taint.key) {
            return false;
        }
        match self.operator.unwrap_or_default().as_str() {
            "" | "Equal" => self.value.unwrap_or_default() == taint.value,
            "Exists" => true,
            "Gt" if comparisons => self.compare(taint) == Some(Ordering::Greater),
            "Lt" if comparisons => self.compare(taint) == Some(Ordering::Less),
            _ => false,
        }
    }

    /// The taint's value beside the toleration's, both as integers (compareNumericValues).
    fn compare(&self, taint: &Taint) -> Option<Ordering> {
        Some(decimal_integer(&taint.value)?.cmp(&decimal_integer(&self.value.unwrap_or_default())?))
    }
}

/// A 64-bit integer in canonical form: no sign but `-`, no leading zeros (upstream apimachinery
/// api/validate/content/decimal_int.go, IsDecimalInteger).
fn decimal_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = text == "0" || digits.starts_with(|first: char| matches!(first, '1'..='9'));
    if canonical && digits.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl TaintEffect {
    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}

/// Whether any of `tolerations` covers `taint`; `comparisons` as in [`Toleration::tolerates`].
pub fn tolerated(tolerations: &[Toleration], taint: &Taint, comparisons: bool) -> bool {
    tolerations.iter().any(|toleration| toleration.tolerates(taint, comparisons))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(toleration: &str, taint: &str, expected: bool) {
        let toleration: Toleration = serde_json::from_str(toleration).unwrap();
        let taint: Taint = serde_json::from_str(taint).unwrap();
        assert_eq!(toleration.tolerates(&taint, true), expected, "{toleration:?} {taint}");
    }

    #[test]
    fn tolerations() {
        let taint = r#"{"key":"a","value":"1","effect":"NoSchedule"}"#;
        case(r#"{"operator":"Exists"}"#, taint, true);
        case(r#"{"key":"a","operator":"Exists"}"#, taint, true);
        case(r#"{"key":"b","operator":"Exists"}"#, taint, false);
        case(r#"{"key":"a","value":"1"}"#, taint, true);
        case(r#"{"key":"a"}"#, taint, false);
        case(r#"{"key":"a","value":"1","effect":"NoExecute"}"#, taint, false);
        case(r#"{"key":"a","value":"1","effect":""}"#, taint, true);
        case(r#"{"key":"a","operator":"Less","value":"0"}"#, taint, false);
    }

    #[test]
    fn comparisons_need_integers_in_canonical_form() {
        let compare = |operator: &str, tolerated: &str, value: &str| {
            let toleration = Toleration {
                key: Some(name("a")),
                operator: Some(name(operator)),
                value: Some(name(tolerated)),
                effect: None,
                toleration_seconds: None,
            };
            let taint = Taint { key: name("a"), value: name(value), effect: TaintEffect::NoSchedule };
            (toleration.tolerates(&taint, true), toleration.tolerates(&taint, false))
        };
        assert_eq!(compare("Gt", "10", "11"), (true, false));
        assert_eq!(compare("Gt", "10", "10"), (false, false));
        assert_eq!(compare("Lt", "-5", "-6"), (true, false));
        assert_eq!(compare("Lt", "9223372036854775807", "-9223372036854775808"), (true, false));
        for value in ["", "-", "+1", "01", "-0", "1.0", "1 ", "9223372036854775808"] {
            assert_eq!(compare("Lt", "100", value), (false, false), "{value:?}");
            assert_eq!(compare("Lt", value, "-100"), (false, false), "{value:?}");
        }
    }

    #[test]
    fn a_taint_reads_as_kubectl_writes_it() {
        let taint = Taint { key: name("gpu"), value: name(""), effect: TaintEffect::NoSchedule };
        assert_eq!(taint.to_string(), "gpu:NoSchedule");
    }
}
