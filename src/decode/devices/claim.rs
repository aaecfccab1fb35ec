//! ResourceClaims: what a pod wants of devices, and what it was given; and the DeviceClasses they refer to.

use serde::Deserialize;

use crate::api::list::List;
use crate::api::meta::{Metadata, ObjectKey, OwnerReference};
use crate::api::name::Name;
use crate::api::node_selector::{LazyErrorNodeSelector, NodeSelector};

use super::slice::{DeviceId, PoolId};

/// A DeviceClass.
#[derive(Clone, Debug, Hash)]
pub struct DeviceClass {
    /// The name.
    pub name: Name,
    /// CEL expressions that must all be true of a device; none stands for a selector of an unknown type.
    pub selectors: Box<[Option<Name>]>,
}

/// A ResourceClaim.
#[derive(Clone, Debug, Hash)]
pub struct ResourceClaim {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Whether it is being deleted.
    pub is_terminating: bool,
    /// The owner with `controller: true`: the pod, for a claim made from a template.
    pub controller: Option<OwnerReference>,
    /// What is asked for.
    pub requests: Box<[DeviceRequest]>,
    /// What the devices must have in common.
    pub constraints: Box<[Constraint]>,
    /// The devices it was given.
    pub allocation: Option<Allocation>,
    /// Uids of the pods that may use it.
    pub reserved_for: Box<[Name]>,
}

/// A request of a claim.
#[derive(Clone, Debug, Hash)]
pub struct DeviceRequest {
    /// The name, unique in the claim.
    pub name: Name,
    /// What is asked for.
    pub wanted: Wanted,
}

/// What a request asks for.
#[derive(Clone, Debug, Hash)]
pub enum Wanted {
    /// Devices of one kind.
    Exactly(DeviceQuery),
    /// Devices of the first kind that can be had.
    FirstAvailable(Box<[(Name, DeviceQuery)]>),
    /// Nothing that this version knows.
    Unknown,
}

/// Devices of one kind.
#[derive(Clone, Debug, Hash)]
pub struct DeviceQuery {
    /// The DeviceClass; empty where none is named.
    pub class: Name,
    /// CEL expressions that must all be true of a device; none stands for a selector of an unknown type.
    pub selectors: Box<[Option<Name>]>,
    /// How many.
    pub count: Count,
    /// Monitoring access, beside whoever has the device; none where the field is absent.
    pub admin_access: Option<bool>,
    /// Part of a device's capacity is asked for (gate `DRAConsumableCapacity`).
    pub has_capacity: bool,
}

/// How many devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    /// So many.
    Exactly(i64),
    /// All that match.
    All,
    /// A mode that this version does not know.
    Unknown(Name),
}

/// What the devices of some requests must have in common.
#[derive(Clone, Debug, Hash)]
pub struct Constraint {
    /// Requests (`request` or `request/subrequest`); none means all.
    pub requests: List<Name>,
    /// The attribute that must be the same for all devices; none stands for another type of constraint.
    pub match_attribute: Option<Name>,
}

/// What a claim was given.
#[derive(Clone, Debug, Hash)]
pub struct Allocation {
    /// The devices.
    pub devices: Box<[AllocatedDevice]>,
    /// The nodes they can be used from; none means all. Upstream's text where the selector is invalid.
    pub node_selector: Option<Result<LazyErrorNodeSelector, String>>,
}

/// A device that a claim was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllocatedDevice {
    /// The request (`request` or `request/subrequest`) it was given for.
    pub request: Name,
    /// The device.
    pub id: DeviceId,
    /// It was given beside whoever has it.
    pub admin_access: bool,
}

/// A DeviceClass on the wire.
#[derive(Deserialize)]
pub(crate) struct WireDeviceClass {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: WireClassSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireClassSpec {
    selectors: List<WireSelector>,
}

#[derive(Deserialize, Clone)]
struct WireSelector {
    cel: Option<WireCel>,
}

#[derive(Deserialize, Clone)]
struct WireCel {
    #[serde(default)]
    expression: Name,
}

fn expressions(selectors: &[WireSelector]) -> Box<[Option<Name>]> {
    selectors.iter().map(|selector| selector.cel.as_ref().map(|cel| cel.expression)).collect()
}

impl WireDeviceClass {
    pub(crate) fn into_class(self) -> DeviceClass {
        DeviceClass { name: self.metadata.name.unwrap_or_default(), selectors: expressions(&self.spec.selectors) }
    }
}

/// A ResourceClaim on the wire, of any version since v1beta1.
#[derive(Deserialize)]
pub(crate) struct WireResourceClaim {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: WireClaimSpec,
    #[serde(default)]
    status: WireClaimStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireClaimSpec {
    devices: WireDeviceClaim,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireDeviceClaim {
    requests: List<WireRequest>,
    constraints: List<WireConstraint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRequest {
    #[serde(default)]
    name: Name,
    exactly: Option<WireQuery>,
    #[serde(default)]
    first_available: List<WireRequestAlternative>,
    /// v1beta1 has the one query in the request itself.
    #[serde(flatten)]
    flat: WireQuery,
}

#[derive(Deserialize)]
struct WireRequestAlternative {
    #[serde(default)]
    name: Name,
    #[serde(flatten)]
    query: WireQuery,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireQuery {
    #[serde(default)]
    device_class_name: Name,
    #[serde(default)]
    selectors: List<WireSelector>,
    allocation_mode: Option<Name>,
    count: Option<i64>,
    admin_access: Option<bool>,
    capacity: Option<serde::de::IgnoredAny>,
}

impl WireQuery {
    /// With the API server's defaults (upstream apis/resource/v1/defaults.go).
    fn query(&self) -> DeviceQuery {
        let mode = self.allocation_mode.filter(|mode| !mode.is_empty());
        let count = match mode.as_ref().map(Name::as_str) {
            None | Some("ExactCount") => Count::Exactly(self.count.filter(|count| *count != 0).unwrap_or(1)),
            Some("All") => Count::All,
            Some(_) => Count::Unknown(mode.unwrap_or_default()),
        };
        DeviceQuery {
            class: self.device_class_name,
            selectors: expressions(&self.selectors),
            count,
            admin_access: self.admin_access,
            has_capacity: self.capacity.is_some(),
        }
    }
}

impl WireRequest {
    fn request(&self) -> DeviceRequest {
        let wanted = match &self.exactly {
            Some(query) => Wanted::Exactly(query.query()),
            None if !self.first_available.is_empty() => Wanted::FirstAvailable(
                self.first_available.iter().map(|alternative| (alternative.name, alternative.query.query())).collect(),
            ),
            None if !self.flat.device_class_name.is_empty() => Wanted::Exactly(self.flat.query()),
            None => Wanted::Unknown,
        };
        DeviceRequest { name: self.name, wanted }
    }
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct WireConstraint {
    #[serde(default)]
    requests: List<Name>,
    match_attribute: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireClaimStatus {
    allocation: Option<WireAllocation>,
    reserved_for: List<WireConsumer>,
}

#[derive(Deserialize)]
struct WireConsumer {
    #[serde(default)]
    uid: Name,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAllocation {
    #[serde(default)]
    devices: WireAllocatedDevices,
    node_selector: Option<NodeSelector>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireAllocatedDevices {
    results: List<WireResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireResult {
    #[serde(default)]
    request: Name,
    #[serde(default)]
    driver: Name,
    #[serde(default)]
    pool: Name,
    #[serde(default)]
    device: Name,
    admin_access: Option<bool>,
}

impl WireResult {
    fn device(&self) -> AllocatedDevice {
        AllocatedDevice {
            request: self.request,
            id: DeviceId { pool: PoolId { driver: self.driver, pool: self.pool }, device: self.device },
            admin_access: self.admin_access.unwrap_or_default(),
        }
    }
}

impl WireResourceClaim {
    pub(crate) fn into_claim(self) -> ResourceClaim {
        let devices = self.spec.devices;
        ResourceClaim {
            key: self.metadata.key(),
            is_terminating: self.metadata.deletion_timestamp.is_some(),
            controller: self.metadata.controller().copied(),
            requests: devices.requests.iter().map(WireRequest::request).collect(),
            constraints: devices
                .constraints
                .iter()
                .cloned()
                .map(|wire| Constraint { requests: wire.requests, match_attribute: wire.match_attribute })
                .collect(),
            allocation: self.status.allocation.map(|allocation| Allocation {
                devices: allocation.devices.results.iter().map(WireResult::device).collect(),
                node_selector: allocation.node_selector.as_ref().map(LazyErrorNodeSelector::strict),
            }),
            reserved_for: self.status.reserved_for.iter().map(|consumer| consumer.uid).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[track_caller]
    fn request(json: &str) -> DeviceRequest {
        let json = format!(r#"{{"metadata":{{"name":"c"}},"spec":{{"devices":{{"requests":[{json}]}}}}}}"#);
        serde_json::from_str::<WireResourceClaim>(&json).unwrap().into_claim().requests[0].clone()
    }

    #[test]
    fn a_request_reads_the_same_in_every_version() {
        let query = r#""deviceClassName":"gpu","selectors":[{"cel":{"expression":"true"}},{}]"#;
        for json in [format!(r#"{{"name":"r",{query}}}"#), format!(r#"{{"name":"r","exactly":{{{query}}}}}"#)] {
            let request = request(&json);
            let Wanted::Exactly(query) = request.wanted else { panic!("{request:?}") };
            assert_eq!((query.class, query.count), (name("gpu"), Count::Exactly(1)));
            assert_eq!(*query.selectors, [Some(name("true")), None]);
        }
    }

    #[test]
    fn alternatives_and_the_unknown() {
        let json = r#"{"name":"r","firstAvailable":[{"name":"a","deviceClassName":"x","allocationMode":"All"}]}"#;
        assert!(matches!(request(json).wanted, Wanted::FirstAvailable(ref all) if all[0].1.count == Count::All));
        assert!(matches!(request(r#"{"name":"r"}"#).wanted, Wanted::Unknown));
    }
}
