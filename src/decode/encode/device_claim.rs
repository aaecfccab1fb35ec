//! ResourceClaims.

use serde_json::{Map, Value, json};

use super::{Meta, object, time};
use crate::api::node_selector::LazyErrorNodeSelector;
use crate::api::time::Timestamp;
use crate::decode::Kind;
use crate::decode::devices::ResourceClaim;
use crate::decode::devices::claim::{
    AllocatedDevice, ClaimAllocation, Count, DeviceConstraint, DeviceQuery, DeviceRequest, DeviceStatus,
    RequestedDevices,
};

/// A claim in the shape of `resource.k8s.io/v1`. A node selector that is invalid does not come back.
pub(crate) fn resource_claim(claim: &ResourceClaim) -> Value {
    let ResourceClaim {
        key,
        is_terminating,
        controller,
        is_for_extended_resources,
        requests,
        constraints,
        allocation,
        reserved_for,
        device_statuses,
    } = claim;
    let mut annotations = Map::new();
    if *is_for_extended_resources {
        annotations.insert("resource.kubernetes.io/extended-resource-claim".to_owned(), json!("true"));
    }
    let metadata = Meta {
        key: Some(*key),
        owner: *controller,
        deleted: is_terminating.then_some(Timestamp(0)),
        annotations,
        ..Meta::default()
    };
    let spec = json!({ "devices": {
        "requests": requests.iter().map(request).collect::<Vec<_>>(),
        "constraints": constraints.iter().map(constraint).collect::<Vec<_>>(),
    } });
    let status = json!({
        "allocation": allocation.as_ref().map(allocated),
        "reservedFor": reserved_for.iter().map(|uid| json!({ "uid": uid })).collect::<Vec<_>>(),
        "devices": device_statuses.iter().map(device_status).collect::<Vec<_>>(),
    });
    object(Kind::ResourceClaim, &metadata.to_json(), &spec, &status)
}

fn request(request: &DeviceRequest) -> Value {
    let DeviceRequest { name, wanted } = request;
    match wanted {
        RequestedDevices::Exactly(query) => json!({ "name": name, "exactly": asked(query) }),
        RequestedDevices::FirstAvailable(alternatives) => {
            let alternatives: Vec<Value> = alternatives
                .iter()
                .map(|(name, query)| {
                    let mut json = asked(query);
                    if let Value::Object(fields) = &mut json {
                        fields.insert("name".to_owned(), json!(name));
                    }
                    json
                })
                .collect();
            json!({ "name": name, "firstAvailable": alternatives })
        }
        RequestedDevices::Unknown => json!({ "name": name }),
    }
}

fn asked(query: &DeviceQuery) -> Value {
    let DeviceQuery { class, selectors, count, admin_access, capacity, tolerations, derived_attributes } = query;
    let (mode, count) = match count {
        Count::Exactly(count) => (json!("ExactCount"), Some(*count)),
        Count::All => (json!("All"), None),
        Count::Unknown(mode) => (json!(mode), None),
    };
    let selector = |expression: &Option<_>| json!({ "cel": expression.map(|cel| json!({ "expression": cel })) });
    let derived = derived_attributes.iter().map(|(name, cel)| json!({ "name": name, "expression": cel }));
    json!({
        "deviceClassName": class,
        "selectors": selectors.iter().map(selector).collect::<Vec<_>>(),
        "allocationMode": mode,
        "count": count,
        "adminAccess": admin_access,
        "capacity": capacity.as_ref().map(|requests| json!({ "requests": requests })),
        "tolerations": tolerations,
        "derivedAttributes": derived.collect::<Vec<_>>(),
    })
}

fn constraint(constraint: &DeviceConstraint) -> Value {
    let DeviceConstraint { requests, match_attribute, distinct_attribute } = constraint;
    json!({ "requests": requests, "matchAttribute": match_attribute, "distinctAttribute": distinct_attribute })
}

fn allocated(allocation: &ClaimAllocation) -> Value {
    let ClaimAllocation { devices, node_selector, allocated } = allocation;
    let selector = node_selector.as_ref().and_then(|selector| selector.as_ref().ok());
    json!({
        "devices": { "results": devices.iter().map(result).collect::<Vec<_>>() },
        "nodeSelector": selector.map(LazyErrorNodeSelector::to_selector),
        "allocationTimestamp": time(*allocated),
    })
}

fn result(device: &AllocatedDevice) -> Value {
    let AllocatedDevice {
        request,
        id,
        admin_access,
        share,
        binding_conditions,
        binding_failure_conditions,
        skips_node_operations,
    } = device;
    json!({
        "request": request,
        "driver": id.pool.driver,
        "pool": id.pool.pool,
        "device": id.device,
        "adminAccess": admin_access.then_some(true),
        // Which share it is matters to nobody here.
        "shareID": share.as_ref().map(|_| "share"),
        "consumedCapacity": share.as_ref().map(|share| &share.consumed),
        "bindingConditions": binding_conditions,
        "bindingFailureConditions": binding_failure_conditions,
        "skipNodeOperations": skips_node_operations.then_some(["*"]),
    })
}

fn device_status(status: &DeviceStatus) -> Value {
    let conditions = status.conditions.iter().map(|condition| {
        json!({
            "type": condition.kind,
            "status": if condition.is_true { "True" } else { "False" },
            "reason": condition.reason,
            "message": condition.message,
        })
    });
    json!({
        "driver": status.id.pool.driver,
        "pool": status.id.pool.pool,
        "device": status.id.device,
        "conditions": conditions.collect::<Vec<_>>(),
    })
}
