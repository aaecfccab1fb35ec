//! Taints and tolerations.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::Name;

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum TaintEffect {
    /// Keeps new pods away.
    NoSchedule,
    /// Keeps new pods away if another node will do.
    PreferNoSchedule,
    /// Keeps new pods away and evicts running ones.
    NoExecute,
}

impl TaintEffect {
    /// Whether the filter heeds this effect (upstream tainttoleration/taint_toleration.go, Filter).
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

/// A pod's toleration. Operators other than `Exists` and `Equal` tolerate nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Toleration {
    /// The taint's key; none or empty means every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Name>,
    /// `Equal` (also when absent) or `Exists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Name>,
    /// The value `Equal` wants.
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
    /// Whether this toleration covers `taint` (upstream api/core/v1/toleration.go, ToleratesTaint).
    pub fn tolerates(&self, taint: &Taint) -> bool {
        if self.effect.is_some_and(|effect| !effect.is_empty() && effect.as_str() != taint.effect.as_str()) {
            return false;
        }
        if self.key.is_some_and(|key| !key.is_empty() && key != taint.key) {
            return false;
        }
        match self.operator.unwrap_or_default().as_str() {
            "" | "Equal" => self.value.unwrap_or_default() == taint.value,
            "Exists" => true,
            _ => false,
        }
    }
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

/// Whether any of `tolerations` covers `taint`.
pub fn tolerated(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| toleration.tolerates(taint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[track_caller]
    fn case(toleration: &str, taint: &str, expected: bool) {
        let toleration: Toleration = serde_json::from_str(toleration).unwrap();
        let taint: Taint = serde_json::from_str(taint).unwrap();
        assert_eq!(toleration.tolerates(&taint), expected, "{toleration:?} {taint}");
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
        case(r#"{"key":"a","operator":"Gt","value":"0"}"#, taint, false);
    }

    #[test]
    fn a_taint_reads_as_kubectl_writes_it() {
        let taint = Taint { key: name("gpu"), value: name(""), effect: TaintEffect::NoSchedule };
        assert_eq!(taint.to_string(), "gpu:NoSchedule");
    }
}
