//! `-o json` and `-o yaml` of the devices of a cluster.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::Name;
use crate::api::quantity::Quantity;
use crate::decode::devices::taint::DeviceTaint;
use crate::framework::NotEvaluated;
use crate::framework::device_refusal::DeviceHolder;
use crate::plugins::dynamic_resources::overview::{DeviceOverview, DeviceState, PoolOverview, Reach};

use super::super::{API_VERSION, Provenance};
use super::DevicesAnswer;

/// The devices of dynamic resource allocation, pool by pool.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct DevicesObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "Devices")))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    pools: Vec<PoolObject<'a>>,
    not_evaluated: &'a [NotEvaluated],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PoolObject<'a> {
    driver: Name,
    pool: Name,
    /// Why no device of it can be allocated.
    #[serde(skip_serializing_if = "Option::is_none")]
    invalid: Option<&'a str>,
    /// Devices in state `free`.
    free: usize,
    devices: Vec<DeviceObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct DeviceObject<'a> {
    name: Name,
    /// `free`, `shared`, `held` or `blocked`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_nodes: Option<bool>,
    /// The nodes that reach it, where these are not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<Vec<Name>>,
    /// The claims that have it, or a share of it, and their pods.
    claims: &'a [DeviceHolder],
    /// What is taken of the capacities of a shared device.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    consumed: BTreeMap<Name, Quantity>,
    taints: Vec<TaintObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TaintObject {
    /// `key=value:effect`
    taint: String,
    /// The DeviceTaintRule that it comes from; absent means the driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Name>,
}

impl<'a> DevicesObject<'a> {
    pub(super) fn new(answer: &'a DevicesAnswer, provenance: &'a Provenance) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Devices",
            provenance,
            pools: answer.pools.iter().map(PoolObject::new).collect(),
            not_evaluated: &answer.not_evaluated,
        }
    }
}

impl<'a> PoolObject<'a> {
    fn new(pool: &'a PoolOverview) -> Self {
        Self {
            driver: pool.id.driver,
            pool: pool.id.pool,
            invalid: pool.unsound.as_deref(),
            free: pool.devices.iter().filter(|device| device.state == DeviceState::Free).count(),
            devices: pool.devices.iter().map(DeviceObject::new).collect(),
        }
    }
}

impl<'a> DeviceObject<'a> {
    fn new(device: &'a DeviceOverview) -> Self {
        let (all_nodes, nodes) = match &device.reach {
            Reach::Node(node) => (None, Some(vec![*node])),
            Reach::Nodes(nodes) => (None, Some(nodes.clone())),
            Reach::AllNodes => (Some(true), None),
            Reach::Unknown => (None, None),
        };
        let taint = |(taint, rule): &(DeviceTaint, Option<Name>)| TaintObject { taint: taint.to_string(), rule: *rule };
        Self {
            name: device.name,
            state: word(device.state),
            all_nodes,
            nodes,
            claims: &device.held_by,
            consumed: device.consumed.iter().map(|(capacity, amount, _)| (*capacity, *amount)).collect(),
            taints: device.taints.iter().map(taint).collect(),
        }
    }
}

/// The state in one word.
pub(super) fn word(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Free => "free",
        DeviceState::Shared => "shared",
        DeviceState::Held => "held",
        DeviceState::Blocked => "blocked",
    }
}
