//! The numbers behind a verdict or a score, for the view of a single node.

use serde::Serialize;

use crate::api::name::Name;

use super::amount::Amount;
use super::device_refusal::DeviceRequestFacts;

/// One line of a plugin's working.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Fact {
    /// A resource: what is asked for, taken, and there.
    Resource {
        /// Which.
        resource: Name,
        /// What the pod asks for.
        requested: Amount,
        /// What other pods take.
        used: Amount,
        /// What the node has for pods.
        allocatable: Amount,
        /// Its share of the score, in points, where it is scored.
        #[serde(skip_serializing_if = "Option::is_none")]
        score: Option<i64>,
        /// Its weight within the plugin, where it is scored.
        #[serde(skip_serializing_if = "Option::is_none")]
        weight: Option<i64>,
    },
    /// A topology domain and the pods in it that count.
    Domain {
        /// The node label that makes the domain.
        topology_key: Name,
        /// Its value.
        domain: Name,
        /// Pods in it that count.
        count: i64,
        /// Whether the node asked about is in it.
        on_this_node: bool,
    },
    /// What a request for devices finds, and what keeps the other devices from it.
    Devices(Box<DeviceRequestFacts>),
    /// Anything else: a name and what it is.
    Value {
        /// What it is called.
        name: String,
        /// What it is.
        value: String,
    },
}

impl Fact {
    /// A [`Fact::Value`].
    pub fn value(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Value { name: name.into(), value: value.into() }
    }
}
