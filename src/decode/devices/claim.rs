//! ResourceClaims: what a pod wants of devices, and what it was given.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::UpstreamError;
use crate::api::list::List;
use crate::api::meta::{Metadata, ObjectKey, OwnerReference};
use crate::api::name::Name;
use crate::api::node_selector::{LazyErrorNodeSelector, NodeSelector};
use crate::api::quantity::Quantity;
use crate::api::time::Timestamp;

use super::selector::{WireSelector, expressions};
use super::slice::{DeviceId, PoolId};
use super::taint::DeviceToleration;

/// A ResourceClaim.
#[derive(Clone, Debug, Hash)]
pub struct ResourceClaim {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Whether it is being deleted.
    pub is_terminating: bool,
    /// The owner with `controller: true`: the pod, for a claim made from a template.
    pub controller: Option<OwnerReference>,
    /// It was made by a scheduler for the extended resources of the pod that owns it
    /// (annotation `resource.kubernetes.io/extended-resource-claim`).
    pub is_for_extended_resources: bool,
    /// What is asked for.
    pub requests: Box<[DeviceRequest]>,
    /// What the devices must have in common.
    pub constraints: Box<[DeviceConstraint]>,
    /// The devices it was given.
    pub allocation: Option<ClaimAllocation>,
    /// Uids of the pods that may use it.
    pub reserved_for: Box<[Name]>,
    /// What drivers report of the devices.
    pub device_statuses: Box<[DeviceStatus]>,
}

impl ResourceClaim {
    /// What the driver reports of `device` (upstream dynamicresources.go, getAllocatedDeviceStatus).
    pub fn status_of(&self, device: DeviceId) -> Option<&DeviceStatus> {
        self.device_statuses.iter().find(|status| status.id == device)
    }
}

/// A ResourceClaimTemplate: what the claims ask for that are made for pods.
#[derive(Clone, Debug, Hash)]
pub struct ResourceClaimTemplate {
    /// Namespace and name.
    pub key: ObjectKey,
    /// What is asked for.
    pub requests: Box<[DeviceRequest]>,
    /// What the devices must have in common.
    pub constraints: Box<[DeviceConstraint]>,
}

/// What a driver reports of a device that a claim has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceStatus {
    /// The device.
    pub id: DeviceId,
    /// Its conditions by type: whether it is `True`, and the reason it gives.
    pub conditions: Box<[DeviceCondition]>,
}

impl DeviceStatus {
    /// The condition of this type, if it is true.
    pub fn true_condition(&self, kind: Name) -> Option<&DeviceCondition> {
        self.conditions.iter().find(|condition| condition.kind == kind).filter(|condition| condition.is_true)
    }
}

/// A condition of a device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceCondition {
    /// `type`.
    pub kind: Name,
    /// Whether `status` is `True`.
    pub is_true: bool,
    /// `reason`.
    pub reason: Name,
    /// `message`.
    pub message: Name,
}

/// A request of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceRequest {
    /// The name, unique in the claim.
    pub name: Name,
    /// What is asked for.
    pub wanted: RequestedDevices,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestedDevices {
    /// Devices of one kind.
    Exactly(DeviceQuery),
    /// Devices of the first kind that can be had.
    FirstAvailable(Box<[(Name, DeviceQuery)]>),
    /// Nothing that this version knows.
    Unknown,
}

/// Devices of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceQuery {
    /// The DeviceClass; empty where none is named.
    pub class: Name,
    /// CEL expressions that must all be true of a device; none stands for a selector of an unknown type.
    pub selectors: Box<[Option<Name>]>,
    /// How many.
    pub count: Count,
    /// Monitoring access, beside other users of the device; none where the field is absent.
    pub admin_access: Option<bool>,
    /// How much of each capacity of a device is asked for (gate `DRAConsumableCapacity`).
    pub capacity: Option<BTreeMap<Name, Quantity>>,
    /// Taints of devices that it puts up with (gate `DRADeviceTaints`).
    pub tolerations: Box<[DeviceToleration]>,
    /// Attributes that are computed from others: name and CEL expression (gate `DRADerivedAttributes`).
    pub derived_attributes: Box<[(Name, Name)]>,
}

/// How many devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Count {
    /// So many.
    Exactly(i64),
    /// All that match.
    All,
    /// A mode that this version does not know.
    Unknown(Name),
}

/// What the devices of some requests must have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceConstraint {
    /// Requests (`request` or `request/subrequest`); none means all.
    pub requests: List<Name>,
    /// The attribute that must be the same for all devices.
    pub match_attribute: Option<Name>,
    /// The attribute that must be another for each device (gate `DRAConsumableCapacity`).
    pub distinct_attribute: Option<Name>,
}

/// What a claim was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimAllocation {
    /// The devices.
    pub devices: Box<[AllocatedDevice]>,
    /// The nodes they can be used from; none means all. Upstream's text where the selector is invalid.
    pub node_selector: Option<Result<LazyErrorNodeSelector, UpstreamError>>,
    /// When it was given them (gate `DRADeviceBindingConditions`).
    pub allocated: Option<Timestamp>,
}

/// A device that a claim was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AllocatedDevice {
    /// The request (`request` or `request/subrequest`) it was given for.
    pub request: Name,
    /// The device.
    pub id: DeviceId,
    /// It was given beside other users.
    pub admin_access: bool,
    /// It was given as a share of the device, beside other claims (gate `DRAConsumableCapacity`).
    pub share: Option<SharedDevice>,
    /// Conditions that must be true before a pod is bound.
    pub binding_conditions: Box<[Name]>,
    /// Conditions that end the wait for them.
    pub binding_failure_conditions: Box<[Name]>,
    /// The node needs to do nothing to make it ready.
    pub skips_node_operations: bool,
}

/// A share of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SharedDevice {
    /// How much of each capacity it takes.
    pub consumed: BTreeMap<Name, Quantity>,
}

/// A ResourceClaimTemplate on the wire, of any version since v1beta1.
#[derive(Deserialize)]
pub(crate) struct WireResourceClaimTemplate {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: WireTemplateSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireTemplateSpec {
    spec: WireClaimSpec,
}

impl WireResourceClaimTemplate {
    pub(crate) fn into_template(self) -> ResourceClaimTemplate {
        let key = self.metadata.key();
        let (requests, constraints) = self.spec.spec.devices.into_parts();
        ResourceClaimTemplate { key, requests, constraints }
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

impl WireDeviceClaim {
    fn into_parts(self) -> (Box<[DeviceRequest]>, Box<[DeviceConstraint]>) {
        let constraint = |wire: &WireConstraint| DeviceConstraint {
            requests: wire.requests.clone(),
            match_attribute: wire.match_attribute,
            distinct_attribute: wire.distinct_attribute,
        };
        (self.requests.iter().map(WireRequest::request).collect(), self.constraints.iter().map(constraint).collect())
    }
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
    capacity: Option<WireCapacityRequirements>,
    #[serde(default)]
    tolerations: List<DeviceToleration>,
    #[serde(default)]
    derived_attributes: List<WireDerivedAttribute>,
}

#[derive(Deserialize)]
struct WireCapacityRequirements {
    #[serde(default)]
    requests: Option<BTreeMap<Name, Quantity>>,
}

#[derive(Deserialize)]
struct WireDerivedAttribute {
    #[serde(default)]
    name: Name,
    #[serde(default)]
    expression: Name,
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
            capacity: self.capacity.as_ref().map(|capacity| capacity.requests.clone().unwrap_or_default()),
            tolerations: self.tolerations.iter().copied().collect(),
            derived_attributes: self.derived_attributes.iter().map(|wire| (wire.name, wire.expression)).collect(),
        }
    }
}

impl WireRequest {
    fn request(&self) -> DeviceRequest {
        let wanted = match &self.exactly {
            Some(query) => RequestedDevices::Exactly(query.query()),
            None if !self.first_available.is_empty() => RequestedDevices::FirstAvailable(
                self.first_available.iter().map(|alternative| (alternative.name, alternative.query.query())).collect(),
            ),
            None if !self.flat.device_class_name.is_empty() => RequestedDevices::Exactly(self.flat.query()),
            None => RequestedDevices::Unknown,
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
    distinct_attribute: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireClaimStatus {
    allocation: Option<WireAllocation>,
    reserved_for: List<WireConsumer>,
    devices: List<WireDeviceStatus>,
}

#[derive(Deserialize)]
struct WireDeviceStatus {
    #[serde(default)]
    driver: Name,
    #[serde(default)]
    pool: Name,
    #[serde(default)]
    device: Name,
    #[serde(default)]
    conditions: List<WireCondition>,
}

#[derive(Deserialize)]
struct WireCondition {
    #[serde(default, rename = "type")]
    kind: Name,
    #[serde(default)]
    status: Name,
    #[serde(default)]
    reason: Name,
    /// Null in a redacted snapshot.
    message: Option<Name>,
}

impl WireDeviceStatus {
    fn status(&self) -> DeviceStatus {
        let condition = |wire: &WireCondition| DeviceCondition {
            kind: wire.kind,
            is_true: wire.status == "True",
            reason: wire.reason,
            message: wire.message.unwrap_or_default(),
        };
        DeviceStatus {
            id: DeviceId { pool: PoolId { driver: self.driver, pool: self.pool }, device: self.device },
            conditions: self.conditions.iter().map(condition).collect(),
        }
    }
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
    allocation_timestamp: Option<Timestamp>,
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
    #[serde(rename = "shareID")]
    share_id: Option<Name>,
    #[serde(default)]
    consumed_capacity: Option<BTreeMap<Name, Quantity>>,
    #[serde(default)]
    binding_conditions: List<Name>,
    #[serde(default)]
    binding_failure_conditions: List<Name>,
    #[serde(default)]
    skip_node_operations: List<serde::de::IgnoredAny>,
}

impl WireResult {
    fn device(&self) -> AllocatedDevice {
        AllocatedDevice {
            request: self.request,
            id: DeviceId { pool: PoolId { driver: self.driver, pool: self.pool }, device: self.device },
            admin_access: self.admin_access.unwrap_or_default(),
            share: self.share_id.map(|_| SharedDevice { consumed: self.consumed_capacity.clone().unwrap_or_default() }),
            binding_conditions: self.binding_conditions.iter().copied().collect(),
            binding_failure_conditions: self.binding_failure_conditions.iter().copied().collect(),
            skips_node_operations: !self.skip_node_operations.is_empty(),
        }
    }
}

impl WireResourceClaim {
    pub(crate) fn into_claim(self) -> ResourceClaim {
        let (requests, constraints) = self.spec.devices.into_parts();
        ResourceClaim {
            key: self.metadata.key(),
            is_terminating: self.metadata.deletion_timestamp.is_some(),
            controller: self.metadata.controller().copied(),
            is_for_extended_resources: self
                .metadata
                .annotations
                .is_some_and(|annotations| annotations.extended_resource_claim.is_some_and(|value| value == "true")),
            requests,
            constraints,
            allocation: self.status.allocation.map(|allocation| ClaimAllocation {
                devices: allocation.devices.results.iter().map(WireResult::device).collect(),
                node_selector: allocation.node_selector.as_ref().map(LazyErrorNodeSelector::strict),
                allocated: allocation.allocation_timestamp,
            }),
            device_statuses: self.status.devices.iter().map(WireDeviceStatus::status).collect(),
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
            let RequestedDevices::Exactly(query) = request.wanted else { panic!("{request:?}") };
            assert_eq!((query.class, query.count), (name("gpu"), Count::Exactly(1)));
            assert_eq!(*query.selectors, [Some(name("true")), None]);
        }
    }

    #[test]
    fn alternatives_and_the_unknown() {
        let json = r#"{"name":"r","firstAvailable":[{"name":"a","deviceClassName":"x","allocationMode":"All"}]}"#;
        assert!(
            matches!(request(json).wanted, RequestedDevices::FirstAvailable(ref all) if all[0].1.count == Count::All)
        );
        assert!(matches!(request(r#"{"name":"r"}"#).wanted, RequestedDevices::Unknown));
    }
}
