//! Devices of drawn clusters: pools of single nodes and of all, partitions of a GPU, taints, shares; and what templates
//! claim of them.

use kubectl_sched::decode::Kind;
use serde_json::{Value, json};

use super::Draw;

const DRIVER: &str = "gpu.example.com";
pub(crate) const EXTENDED_RESOURCE: &str = "example.com/gpu";

/// Objects about devices of `nodes` nodes; none where the cluster has none.
pub(crate) fn objects(draw: &mut Draw, nodes: usize) -> Vec<(Kind, Value)> {
    if !draw.one_in(2) {
        return Vec::new();
    }
    let selector = json!([{ "cel": { "expression": format!("device.driver == \"{DRIVER}\"") } }]);
    let mut class = json!({ "metadata": { "name": "gpu" }, "spec": { "selectors": selector } });
    if draw.one_in(2) {
        class["spec"]["extendedResourceName"] = json!(EXTENDED_RESOURCE);
    }
    let mut objects = vec![(Kind::DeviceClass, class)];
    for number in 0..nodes {
        if draw.one_in(4) {
            continue;
        }
        let node = format!("node-{number}");
        let is_split = draw.one_in(4);
        let devices: Vec<Value> = (0..=draw.below(5)).map(|index| device(draw, index, is_split)).collect();
        let counters = json!([{ "name": "gpu-counters", "counters": { "memory": { "value": "40Gi" } } }]);
        let pool = json!({ "name": node, "generation": 1, "resourceSliceCount": 1 + usize::from(is_split) });
        let slice = |name: &str, part: &str, content: &Value| {
            let mut spec = json!({ "driver": DRIVER, "nodeName": node, "pool": pool });
            spec[part] = content.clone();
            (Kind::ResourceSlice, json!({ "metadata": { "name": name }, "spec": spec }))
        };
        objects.push(slice(&format!("{node}-devices"), "devices", &json!(devices)));
        if is_split {
            objects.push(slice(&format!("{node}-counters"), "sharedCounters", &counters));
        }
    }
    if draw.one_in(3) {
        let devices: Vec<Value> = (0..=draw.below(6)).map(|index| device(draw, index, false)).collect();
        let pool = json!({ "name": "net", "generation": 1, "resourceSliceCount": 1 });
        let spec = json!({ "driver": DRIVER, "allNodes": true, "pool": pool, "devices": devices });
        objects.push((Kind::ResourceSlice, json!({ "metadata": { "name": "net" }, "spec": spec })));
    }
    objects
}

fn device(draw: &mut Draw, index: usize, is_split: bool) -> Value {
    let mut device = json!({
        "name": format!("dev-{index}"),
        "attributes": { "model": { "string": draw.of(&["a100", "t4"]) }, "index": { "int": index } },
        "capacity": { "memory": { "value": "40Gi" } },
    });
    if is_split {
        let memory = *draw.of(&["10Gi", "20Gi", "40Gi"]);
        device["consumesCounters"] =
            json!([{ "counterSet": "gpu-counters", "counters": { "memory": { "value": memory } } }]);
    }
    if draw.one_in(8) {
        device["taints"] = json!([{ "key": "unhealthy", "effect": "NoSchedule" }]);
    }
    if draw.one_in(4) {
        device["allowMultipleAllocations"] = json!(true);
    }
    device
}

/// What the pods of a template claim of devices, each by a claim of its own; none where they claim nothing.
pub(crate) fn claimed(draw: &mut Draw) -> Option<Value> {
    if !draw.one_in(3) {
        return None;
    }
    let mut query = json!({ "deviceClassName": "gpu", "count": 1 + draw.below(2) });
    match draw.below(5) {
        0 => {
            let model = format!("device.attributes[\"{DRIVER}\"].model == \"a100\"");
            query["selectors"] = json!([{ "cel": { "expression": model } }]);
        }
        1 => query["tolerations"] = json!([{ "key": "unhealthy", "operator": "Exists" }]),
        2 => query["capacity"] = json!({ "requests": { "memory": "10Gi" } }),
        3 => query = json!({ "deviceClassName": "gpu", "allocationMode": "All" }),
        _ => {}
    }
    let constraints = if draw.one_in(5) { json!([{ "matchAttribute": format!("{DRIVER}/model") }]) } else { json!([]) };
    if draw.one_in(6) {
        let alternatives = json!([
            { "name": "two", "deviceClassName": "gpu", "count": 2 },
            { "name": "one", "deviceClassName": "gpu" },
        ]);
        return Some(
            json!({ "requests": [{ "name": "r", "firstAvailable": alternatives }], "constraints": constraints }),
        );
    }
    Some(json!({ "requests": [{ "name": "r", "exactly": query }], "constraints": constraints }))
}

/// Gives `pod` a claim for `devices`, its own or (`shared`) that of all pods of the template; answers with the claim.
pub(crate) fn claim(pod: &mut Value, devices: &Value, shared: Option<usize>) -> Value {
    let (name, namespace) = (pod["metadata"]["name"].clone(), pod["metadata"]["namespace"].clone());
    let own = format!("{}-c", name.as_str().unwrap_or_default());
    let mut metadata = json!({ "name": own, "namespace": namespace, "uid": own });
    if let Some(number) = shared {
        metadata["name"] = json!(format!("shared-{number}"));
        pod["spec"]["resourceClaims"] = json!([{ "name": "c", "resourceClaimName": metadata["name"] }]);
    } else {
        metadata["ownerReferences"] = json!([{
            "apiVersion": "v1", "kind": "Pod", "name": name, "uid": pod["metadata"]["uid"], "controller": true,
        }]);
        pod["spec"]["resourceClaims"] = json!([{ "name": "c", "resourceClaimTemplateName": "t" }]);
        pod["status"]["resourceClaimStatuses"] = json!([{ "name": "c", "resourceClaimName": own }]);
    }
    json!({ "metadata": metadata, "spec": { "devices": devices } })
}

/// Gives a pod's claim a device of `node`, which may have to get ready first.
pub(crate) fn allocate(draw: &mut Draw, claim: &mut Value, pod: &Value, node: &str) {
    let mut result =
        json!({ "request": "r", "driver": DRIVER, "pool": node, "device": format!("dev-{}", draw.below(4)) });
    let field = json!({ "key": "metadata.name", "operator": "In", "values": [node] });
    let waits = draw.one_in(3);
    if waits {
        result["bindingConditions"] = json!(["ready"]);
        result["bindingFailureConditions"] = json!(["broken"]);
    }
    claim["status"] = json!({
        "allocation": {
            "allocationTimestamp": "2026-05-01T00:00:00Z",
            "devices": { "results": [result] },
            "nodeSelector": { "nodeSelectorTerms": [{ "matchFields": [field] }] },
        },
        "reservedFor": [{ "resource": "pods", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"] }],
    });
    if waits && draw.one_in(2) {
        let kind = *draw.of(&["ready", "broken"]);
        let condition = json!({ "type": kind, "status": "True", "reason": "Drawn", "message": "" });
        claim["status"]["devices"] = json!([{
            "driver": DRIVER, "pool": node, "device": claim["status"]["allocation"]["devices"]["results"][0]["device"],
            "conditions": [condition],
        }]);
    }
}
