//! Changes of a pod as a strategic-merge patch: what `kubectl patch` takes.
//!
//! Containers and spread constraints are merged by their keys. Tolerations and affinity terms
//! are lists that a patch replaces as a whole, so they are written as a whole.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::pod_change::{self, PodChange};
use crate::api::name::Name;
use crate::api::pod_spec::PodSpec;
use crate::api::pod_template::PodTemplate;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// The patch that makes `changes`, in order, to a pod or pod template made from `template`. None
/// when a change cannot be made, or cannot be expressed as a patch: spread constraints are merged by
/// their key alone, so of two with the same key neither can be named.
pub fn strategic_merge(template: &PodTemplate, changes: &[PodChange]) -> Option<Value> {
    let before = &template.spec;
    let mut after = before.clone();
    let mut spec = json!({});
    for change in changes {
        change.apply(&mut after).ok()?;
        merge(&mut spec, of_change(change, before, &after)?);
    }
    Some(json!({ "spec": spec }))
}

/// The part of the patch that `change` needs; `after` has it made.
fn of_change(change: &PodChange, before: &PodSpec, after: &PodSpec) -> Option<Value> {
    Some(match change {
        PodChange::Request { container: None, resource, to, .. } => {
            json!({ "resources": { "requests": { resource.as_str(): to } } })
        }
        PodChange::Request { container: Some(container), resource, to, .. } => {
            let mut resources = json!({ "requests": { resource.as_str(): to } });
            if pod_change::limit_follows(*resource) {
                merge(&mut resources, json!({ "limits": { resource.as_str(): to } }));
            }
            let is_init = before.init_containers.iter().any(|init| init.name == Some(*container));
            let list = if is_init { "initContainers" } else { "containers" };
            json!({ list: [{ "name": container, "resources": resources }] })
        }
        PodChange::Tolerate { .. } => json!({ "tolerations": value(&after.tolerations)? }),
        PodChange::DropNodeSelector { key } => json!({ "nodeSelector": { key.as_str(): null } }),
        PodChange::ReplaceNodeSelector { key, to_key, to_value } if key == to_key => {
            json!({ "nodeSelector": { key.as_str(): to_value } })
        }
        PodChange::ReplaceNodeSelector { key, to_key, to_value } => {
            json!({ "nodeSelector": { key.as_str(): null, to_key.as_str(): to_value } })
        }
        PodChange::PreferNodeAffinity => {
            let preferred = &after.affinity.as_ref()?.node_affinity.as_ref()?.preferred;
            json!({ "affinity": { "nodeAffinity": { REQUIRED: null, PREFERRED: value(preferred)? } } })
        }
        PodChange::RaiseMaxSkew { topology_key, to, .. } => {
            constraint(before, *topology_key, json!({ "maxSkew": to }))?
        }
        PodChange::LowerMinDomains { topology_key, to, .. } => {
            constraint(before, *topology_key, json!({ "minDomains": to }))?
        }
        PodChange::HonorTaints { topology_key } => {
            constraint(before, *topology_key, json!({ "nodeTaintsPolicy": "Honor" }))?
        }
        PodChange::ScheduleAnyway { topology_key } => {
            constraint(before, *topology_key, json!({ "whenUnsatisfiable": "ScheduleAnyway", "minDomains": null }))?
        }
        PodChange::PreferPodAffinity { .. } => {
            let affinity = after.affinity.as_ref()?.pod_affinity.as_ref()?;
            json!({ "affinity": { "podAffinity": lists(&affinity.required, &affinity.preferred)? } })
        }
        PodChange::PreferPodAntiAffinity { .. } => {
            let affinity = after.affinity.as_ref()?.pod_anti_affinity.as_ref()?;
            json!({ "affinity": { "podAntiAffinity": lists(&affinity.required, &affinity.preferred)? } })
        }
        PodChange::RemoveSchedulingGates => json!({ "schedulingGates": null }),
        PodChange::Patch { patch } => patch.get("spec")?.clone(),
    })
}

fn lists<T: Serialize, U: Serialize>(required: &[T], preferred: &U) -> Option<Value> {
    let required = if required.is_empty() { Value::Null } else { value(required)? };
    Some(json!({ REQUIRED: required, PREFERRED: value(preferred)? }))
}

fn constraint(before: &PodSpec, topology_key: Name, mut change: Value) -> Option<Value> {
    let of_key = before.topology_spread_constraints.iter().filter(|other| other.topology_key == topology_key);
    if of_key.count() != 1 {
        return None;
    }
    merge(&mut change, json!({ "topologyKey": topology_key }));
    Some(json!({ "topologySpreadConstraints": [change] }))
}

fn value<T: Serialize + ?Sized>(part: &T) -> Option<Value> {
    serde_json::to_value(part).ok()
}

/// Merges a later part into the patch: objects by field, the two merged lists by their key, and
/// anything else as the later part has it.
fn merge(patch: &mut Value, part: Value) {
    match (patch, part) {
        (Value::Object(patch), Value::Object(part)) => merge_fields(patch, part),
        (patch, part) => *patch = part,
    }
}

fn merge_fields(patch: &mut Map<String, Value>, part: Map<String, Value>) {
    for (field, part) in part {
        let key = match field.as_str() {
            "containers" | "initContainers" => Some("name"),
            "topologySpreadConstraints" => Some("topologyKey"),
            _ => None,
        };
        let place = patch.entry(field).or_insert(Value::Null);
        match (key, place, part) {
            (Some(key), Value::Array(items), Value::Array(added)) => {
                for item in added {
                    match items.iter_mut().find(|other| other.get(key) == item.get(key)) {
                        Some(same) => merge(same, item),
                        None => items.push(item),
                    }
                }
            }
            (_, place, part) => merge(place, part),
        }
    }
}
