//! Taints of devices, the rules that add them, and the tolerations of requests.

use serde::{Deserialize, Serialize};

use crate::api::list::List;
use crate::api::meta::Metadata;
use crate::api::name::Name;

use super::selector::{WireSelector, expressions};

/// A taint of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeviceTaint {
    /// The key.
    #[serde(default)]
    pub key: Name,
    /// The value; empty where there is none.
    #[serde(default, skip_serializing_if = "str_is_empty")]
    pub value: Name,
    /// `None`, `NoSchedule`, `NoExecute`, or one that this version does not know.
    #[serde(default)]
    pub effect: Name,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn str_is_empty(name: &Name) -> bool {
    name.is_empty()
}

impl std::fmt::Display for DeviceTaint {
    /// `key=value:effect`, as taints of nodes are written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.value.is_empty() {
            write!(f, "{}:{}", self.key, self.effect)
        } else {
            write!(f, "{}={}:{}", self.key, self.value, self.effect)
        }
    }
}

/// Which taints a request puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, Hash)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct DeviceToleration {
    /// The key; empty means all keys.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub key: Name,
    /// `Equal` or `Exists`; empty means `Equal`.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub operator: Name,
    /// The value.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub value: Name,
    /// The effect; empty means all effects.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub effect: Name,
}

impl Default for DeviceToleration {
    fn default() -> Self {
        let empty = Name::default();
        Self { key: empty, operator: empty, value: empty, effect: empty }
    }
}

impl DeviceToleration {
    /// Whether it tolerates `taint` (upstream dynamic-resource-allocation/resourceclaim/devicetoleration.go, ToleratesTaint).
    pub fn tolerates(&self, taint: &DeviceTaint) -> bool {
        (self.effect.is_empty() || self.effect == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && match self.operator.as_str() {
                "" | "Equal" => self.value == taint.value,
                "Exists" => true,
                _ => false,
            }
    }
}

/// A DeviceTaintRule: a taint for devices that an administrator names.
#[derive(Clone, Debug, Hash)]
pub struct DeviceTaintRule {
    /// The name.
    pub name: Name,
    /// The devices; none where the rule names none.
    pub selector: Option<TaintSelector>,
    /// The taint.
    pub taint: DeviceTaint,
}

/// The devices that a DeviceTaintRule is about: those for which all that is set holds.
#[derive(Clone, Debug, Default, Hash)]
pub struct TaintSelector {
    /// Their driver.
    pub driver: Option<Name>,
    /// Their pool.
    pub pool: Option<Name>,
    /// The device's own name.
    pub device: Option<Name>,
    /// A class that describes them (v1alpha3 only).
    pub class: Option<Name>,
    /// CEL expressions that describe them (v1alpha3 only).
    pub selectors: Box<[Option<Name>]>,
}

/// A DeviceTaintRule on the wire, of any version since v1alpha3.
#[derive(Deserialize)]
pub(crate) struct WireDeviceTaintRule {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: WireSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    device_selector: Option<WireTaintSelector>,
    taint: Option<DeviceTaint>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireTaintSelector {
    driver: Option<Name>,
    pool: Option<Name>,
    device: Option<Name>,
    device_class_name: Option<Name>,
    selectors: List<WireSelector>,
}

impl WireDeviceTaintRule {
    pub(crate) fn into_rule(self) -> DeviceTaintRule {
        let empty = Name::default();
        DeviceTaintRule {
            name: self.metadata.name.unwrap_or_default(),
            selector: self.spec.device_selector.map(|selector| TaintSelector {
                driver: selector.driver,
                pool: selector.pool,
                device: selector.device,
                class: selector.device_class_name,
                selectors: expressions(&selector.selectors),
            }),
            taint: self.spec.taint.unwrap_or(DeviceTaint { key: empty, value: empty, effect: empty }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[track_caller]
    fn case(toleration: &str, taint: (&str, &str, &str), expected: bool) {
        let toleration: DeviceToleration = serde_json::from_str(toleration).unwrap();
        let taint = DeviceTaint { key: name(taint.0), value: name(taint.1), effect: name(taint.2) };
        assert_eq!(toleration.tolerates(&taint), expected, "{toleration:?} {taint}");
    }

    #[test]
    fn tolerations() {
        let taint = ("k", "v", "NoSchedule");
        case(r#"{"key":"k","value":"v"}"#, taint, true);
        case(r#"{"key":"k","operator":"Equal","value":"w"}"#, taint, false);
        case(r#"{"key":"k","operator":"Exists"}"#, taint, true);
        case(r#"{"operator":"Exists"}"#, taint, true);
        case(r#"{"operator":"Exists","effect":"NoExecute"}"#, taint, false);
        case(r#"{"key":"k","operator":"Gt","value":"v"}"#, taint, false);
        case("{}", ("k", "", "NoSchedule"), true);
    }
}
