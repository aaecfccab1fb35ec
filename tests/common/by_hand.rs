//! Edits made to objects as they stand in a file, as a person would make them: independent of how
//! the state makes them.
#![allow(dead_code)] // not every test binary asks for it

use kubectl_sched::api::ObjectKey;
use kubectl_sched::api::name::Name;
use kubectl_sched::edit::{ClaimChange, Edit};
use kubectl_sched::explain::Suggestion;
use serde_json::{Value, json};

use super::build;

const CORDON: &str = "node.kubernetes.io/unschedulable";

/// The objects with the suggestion followed; none where its changes of the pod cannot be written as
/// a patch.
pub(crate) fn follow(suggestion: &Suggestion, objects: &[Value]) -> Option<Vec<Value>> {
    let mut objects = objects.to_vec();
    for edit in &suggestion.edits {
        match edit {
            Edit::PatchPod { pod, .. } => merge(find(&mut objects, "Pod", *pod), suggestion.patch.as_ref()?),
            other => make(other, &mut objects),
        }
    }
    Some(objects)
}

fn make(edit: &Edit, objects: &mut Vec<Value>) {
    match edit {
        Edit::Uncordon { node } => {
            let node = node_of(objects, *node);
            node["spec"]["unschedulable"] = json!(false);
            keep_taints(node, |taint| taint["key"] != CORDON);
        }
        Edit::RemoveTaint { node, taint } => keep_taints(node_of(objects, *node), |other| {
            other["key"] != taint.key.as_str()
                || other["effect"] != taint.effect.as_str()
                || other.get("value").and_then(Value::as_str).unwrap_or_default() != taint.value.as_str()
        }),
        Edit::LabelNode { node, key, value } => {
            node_of(objects, *node)["metadata"]["labels"][key.as_str()] = json!(value);
        }
        Edit::AddNode { like, name } => add_node(objects, *like, *name),
        Edit::FreeResource { node, resource, amount } => {
            // Any pod may give it back: the node has that much more to give.
            let allocatable = &mut node_of(objects, *node)["status"]["allocatable"][resource.as_str()];
            *allocatable = sum(allocatable, &json!(amount));
        }
        Edit::PatchClaim { claim, changes } => {
            let claim = find(objects, "ResourceClaim", *claim);
            for change in changes {
                patch_claim(claim, change);
            }
        }
        Edit::DeallocateClaim { claim, .. } => {
            let status = &mut find(objects, "ResourceClaim", *claim)["status"];
            *status = json!({});
        }
        Edit::Evict { pod } => {
            objects.retain(|object| object["kind"] != "Pod" || key_of(object) != pod.to_string());
        }
        other => unreachable!("never suggested: {other:?}"),
    }
}

fn patch_claim(claim: &mut Value, change: &ClaimChange) {
    let devices = &mut claim["spec"]["devices"];
    match change {
        ClaimChange::DeviceClass { request, to, .. } => query(devices, *request)["deviceClassName"] = json!(to),
        ClaimChange::DeviceCount { request, to, .. } => query(devices, *request)["count"] = json!(to),
        ClaimChange::Selector { request, from, to } => {
            let selectors = query(devices, *request)["selectors"].as_array_mut().unwrap();
            let selector = selectors.iter_mut().find(|selector| selector["cel"]["expression"] == from.as_str());
            selector.unwrap()["cel"]["expression"] = json!(to);
        }
        ClaimChange::TolerateDevice { request, toleration } => {
            let tolerations = &mut query(devices, *request)["tolerations"];
            let mut all = tolerations.as_array().cloned().unwrap_or_default();
            all.push(json!(toleration));
            *tolerations = json!(all);
        }
        ClaimChange::Capacity { request, capacity, to, .. } => {
            query(devices, *request)["capacity"]["requests"][capacity.as_str()] = json!(to);
        }
        ClaimChange::DropMatchAttribute { attribute } => {
            let constraints = devices["constraints"].as_array_mut().unwrap();
            constraints.retain(|constraint| constraint["matchAttribute"] != attribute.as_str());
        }
    }
}

/// A request, or one of its alternatives.
fn query(devices: &mut Value, request: Name) -> &mut Value {
    let (main, sub) = request.split_once('/').map_or((request.as_str(), None), |(main, sub)| (main, Some(sub)));
    let requests = devices["requests"].as_array_mut().unwrap();
    let request = requests.iter_mut().find(|request| request["name"] == main).unwrap();
    match sub {
        None if request.get("exactly").is_some() => &mut request["exactly"],
        None => request,
        Some(sub) => {
            let alternatives = request["firstAvailable"].as_array_mut().unwrap();
            alternatives.iter_mut().find(|alternative| alternative["name"] == sub).unwrap()
        }
    }
}

fn add_node(objects: &mut Vec<Value>, like: Name, name: Name) {
    let mut node = node_of(objects, like).clone();
    node["metadata"]["name"] = json!(name);
    if node["metadata"]["labels"].get("kubernetes.io/hostname").is_some() {
        node["metadata"]["labels"]["kubernetes.io/hostname"] = json!(name);
    }
    node["spec"]["unschedulable"] = json!(false);
    keep_taints(&mut node, |taint| !taint["key"].as_str().unwrap().starts_with("node.kubernetes.io/"));
    node["status"]["images"] = json!([]);
    let mut copies = vec![node];
    for object in objects.iter() {
        let of_node =
            |owner: &Value| owner["controller"] == true && (owner["kind"] == "DaemonSet" || owner["kind"] == "Node");
        let is_daemon = object["kind"] == "Pod"
            && object["spec"]["nodeName"] == like.as_str()
            && object["metadata"].get("deletionTimestamp").is_none_or(Value::is_null)
            && object["metadata"]["ownerReferences"].as_array().is_some_and(|owners| owners.iter().any(of_node));
        let is_csi_node = object["kind"] == "CSINode" && object["metadata"]["name"] == like.as_str();
        if is_daemon || is_csi_node {
            let mut copy = object.clone();
            let own = object["metadata"]["name"].as_str().unwrap();
            copy["metadata"]["name"] = if is_daemon { json!(format!("{own}-{name}")) } else { json!(name) };
            if is_daemon {
                copy["metadata"]["uid"] = json!(format!("{own}-{name}"));
                copy["spec"]["nodeName"] = json!(name);
            }
            copies.push(copy);
        }
    }
    objects.extend(copies);
}

/// A strategic merge as kubectl does it: lists of containers and constraints by their key, null
/// deletes, every other list is replaced.
fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (field, part) in fields {
        let key = match field.as_str() {
            "containers" | "initContainers" => Some("name"),
            "topologySpreadConstraints" => Some("topologyKey"),
            _ => None,
        };
        match (key, part) {
            (_, Value::Null) => {
                object.as_object_mut().unwrap().remove(field);
            }
            (Some(key), Value::Array(parts)) => {
                for part in parts {
                    let items = object[field].as_array_mut().unwrap();
                    merge(items.iter_mut().find(|item| item[key] == part[key]).unwrap(), part);
                }
            }
            _ => merge(&mut object[field], part),
        }
    }
}

fn keep_taints(node: &mut Value, keep: impl Fn(&Value) -> bool) {
    if let Some(taints) = node["spec"]["taints"].as_array_mut() {
        taints.retain(keep);
    }
}

fn sum(a: &Value, b: &Value) -> Value {
    let milli = |quantity: &Value| build::quantity(quantity).milli_value();
    json!(format!("{}m", milli(a) + milli(b)))
}

fn node_of(objects: &mut [Value], node: Name) -> &mut Value {
    objects.iter_mut().find(|object| object["kind"] == "Node" && object["metadata"]["name"] == node.as_str()).unwrap()
}

fn find<'a>(objects: &'a mut [Value], kind: &str, key: ObjectKey) -> &'a mut Value {
    objects.iter_mut().find(|object| object["kind"] == kind && key_of(object) == key.to_string()).unwrap()
}

fn key_of(object: &Value) -> String {
    let metadata = &object["metadata"];
    let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or("default");
    format!("{namespace}/{}", metadata["name"].as_str().unwrap())
}
