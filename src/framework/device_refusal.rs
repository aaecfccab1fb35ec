//! Why a request for devices cannot have some of the devices near a node: data for the view of a single node.

use serde::Serialize;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::quantity::Quantity;

/// What a request finds on a node by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeviceRequestFacts {
    /// The claim.
    pub claim: ObjectKey,
    /// The request, `request/subrequest` for an alternative.
    pub request: String,
    /// The DeviceClass.
    pub class: Name,
    /// Devices it asks for; none means all that match.
    #[serde(rename = "requested", skip_serializing_if = "Option::is_none")]
    pub wanted: Option<i64>,
    /// Devices it could have.
    pub available: usize,
    /// Devices that the node reaches.
    pub reachable: usize,
    /// Devices of the cluster that the node does not reach.
    #[serde(rename = "onOtherNodes")]
    pub elsewhere: usize,
    /// Devices that it cannot have, by cause, the most first.
    #[serde(rename = "unavailable")]
    pub refused: Vec<RefusedDevices>,
    /// Pools that nothing can be taken from.
    #[serde(rename = "invalidPools", skip_serializing_if = "Vec::is_empty")]
    pub unsound_pools: Vec<UnsoundPool>,
    /// Attributes that constraints compare, with the values of the devices it could have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<ConstraintValues>,
}

/// Devices that a request cannot have for one and the same cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RefusedDevices {
    /// How many.
    pub devices: usize,
    /// The first of them, as `driver/pool/device`.
    pub example: String,
    /// The cause.
    #[serde(flatten)]
    pub cause: DeviceRefusal,
}

/// Why a request cannot have a device.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "cause", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum DeviceRefusal {
    /// A selector is false for it.
    SelectorFalse {
        /// Whose selector: `class NAME` or `the request`.
        #[serde(rename = "selectorOwner")]
        of: String,
        /// The CEL expression.
        expression: Name,
        /// What the expression looks at, with the devices' values.
        #[serde(rename = "inputs")]
        looked_at: Vec<SelectorInput>,
    },
    /// A selector has no answer for it.
    SelectorFailed {
        /// What went wrong.
        error: String,
    },
    /// The node does not reach the device, though it reaches others of its slice.
    NotOnNode,
    /// It has a taint that the request does not tolerate.
    Tainted {
        /// The taint, `key=value:effect`.
        taint: String,
        /// The DeviceTaintRule it comes from; none means the driver.
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<Name>,
    },
    /// A claim has it for itself.
    Taken {
        /// The claims that have such devices.
        #[serde(rename = "claims")]
        by: Vec<DeviceHolder>,
    },
    /// Too little is left of a counter that it shares with other devices.
    CounterExhausted {
        /// The set.
        counter_set: Name,
        /// The counter.
        counter: Name,
        /// How much the device needs.
        #[serde(rename = "requested")]
        needed: Quantity,
        /// How much is left.
        #[serde(rename = "available")]
        left: Quantity,
        /// Claims that have devices which take from the set.
        #[serde(rename = "claims")]
        held_by: Vec<DeviceHolder>,
    },
    /// Too little is left of a capacity.
    CapacityExhausted {
        /// The capacity.
        capacity: Name,
        /// How much is needed.
        #[serde(rename = "requested")]
        needed: Quantity,
        /// How much is left.
        #[serde(rename = "available")]
        left: Quantity,
        /// How much the device has.
        #[serde(rename = "total")]
        of: Quantity,
        /// Claims that have shares of the device.
        #[serde(rename = "claims")]
        held_by: Vec<DeviceHolder>,
    },
    /// It does not have a capacity that is asked for.
    CapacityMissing {
        /// The capacity.
        capacity: Name,
    },
    /// Its policy does not allow so much, or just so much.
    CapacityAgainstPolicy {
        /// The capacity.
        capacity: Name,
        /// How much was asked for, rounded up as the policy has it.
        amount: Quantity,
    },
    /// What would be taken of its capacity cannot be computed.
    CapacityUnknown {
        /// What went wrong.
        error: String,
    },
    /// It needs a feature gate that is off, or that the node does not know.
    FeatureDisabled {
        /// The gate.
        gate: &'static str,
    },
}

/// A claim that has devices, and its pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeviceHolder {
    /// The claim.
    pub claim: ObjectKey,
    /// The pods it is reserved for, as far as the state has them.
    pub pods: Vec<ObjectKey>,
}

/// Something of devices that a selector looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SelectorInput {
    /// As CEL names it: `device.attributes["gpu.example.com"].model`.
    pub path: String,
    /// The values and how many devices have each, in the order in which they were met.
    pub values: Vec<DeviceValue>,
}

/// A value that devices have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeviceValue {
    /// The value; none where a device has none.
    pub value: Option<String>,
    /// How many devices have it.
    pub devices: usize,
}

impl DeviceValue {
    /// Counts `value` among `values`.
    pub fn count(values: &mut Vec<Self>, value: Option<String>, devices: usize) {
        match values.iter_mut().find(|known| known.value == value) {
            Some(known) => known.devices += devices,
            None => values.push(Self { value, devices }),
        }
    }
}

/// The values that devices have of an attribute that a constraint compares.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConstraintValues {
    /// The attribute.
    pub attribute: Name,
    /// Each device must have another value; without, all the same.
    #[serde(rename = "distinct")]
    pub must_differ: bool,
    /// Values, and how many devices have each.
    pub values: Vec<DeviceValue>,
}

/// A pool that nothing can be taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnsoundPool {
    /// `driver/pool`.
    pub pool: String,
    /// What is wrong with it.
    #[serde(rename = "reason")]
    pub why: String,
}

impl RefusedDevices {
    /// Puts a device in with those that are refused for the same cause.
    pub fn add(refused: &mut Vec<Self>, example: String, cause: DeviceRefusal) {
        for known in refused.iter_mut() {
            if known.cause.absorb(&cause) {
                known.devices += 1;
                return;
            }
        }
        refused.push(Self { devices: 1, example, cause });
    }
}

impl DeviceRefusal {
    /// Takes `other` in where it is the same cause: the same selector whatever the values, or just another claim that has
    /// the device.
    fn absorb(&mut self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::SelectorFalse { of, expression, looked_at },
                Self::SelectorFalse { of: other_of, expression: other_expression, looked_at: more },
            ) => {
                let is_same = of == other_of && expression == other_expression && looked_at.len() == more.len();
                if is_same {
                    for (input, more) in looked_at.iter_mut().zip(more) {
                        for value in &more.values {
                            DeviceValue::count(&mut input.values, value.value.clone(), value.devices);
                        }
                    }
                }
                is_same
            }
            (Self::Taken { by }, Self::Taken { by: more }) => {
                for holder in more {
                    if !by.contains(holder) {
                        by.push(holder.clone());
                    }
                }
                true
            }
            (one, other) => *one == *other,
        }
    }
}
