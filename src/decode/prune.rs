//! Leaves of an object what scheduling reads ([`super::fields`]) and drops the rest: commands,
//! environments, probes, managed fields, most of the status.

use serde_json::{Map, Value, json};

use super::fields::{self, FieldShape};
use crate::decode::Kind;

/// A condition.
pub(crate) const CONDITION: FieldShape = FieldShape::Fields(&[
    ("type", FieldShape::Kept),
    ("status", FieldShape::Kept),
    ("reason", FieldShape::Kept),
    ("message", FieldShape::Kept),
    ("lastTransitionTime", FieldShape::Kept),
]);

/// A condition on labels.
const REQUIREMENT: FieldShape = FieldShape::Fields(&[
    ("key", FieldShape::Kept),
    ("operator", FieldShape::Kept),
    ("values", FieldShape::Raw),
    ("minValues", FieldShape::Kept),
]);

/// Prunes an object of `kind`; `apiVersion` and `kind` stay. The state reads the same from it.
pub fn prune(kind: Kind, object: &mut Value) {
    let type_meta = ["apiVersion", "kind"].map(|field| object.get(field).cloned());
    if kind == Kind::Pod {
        drop_zero_restarts(object);
    }
    keep(fields::of(kind), object);
    let Value::Object(fields) = object else { return };
    for (field, value) in ["apiVersion", "kind"].into_iter().zip(type_meta) {
        fields.extend(value.map(|value| (field.to_owned(), value)));
    }
    if kind == Kind::Pod {
        prune_conditions(fields);
    }
    if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
        if metadata.contains_key("name") {
            metadata.remove("generateName");
        }
        metadata.retain(|field, value| field != "annotations" || value.as_object().is_none_or(|map| !map.is_empty()));
    }
}

/// Most containers were never restarted: then nothing of their status need be kept.
fn drop_zero_restarts(pod: &mut Value) {
    let Some(Value::Array(statuses)) = pod.pointer_mut("/status/containerStatuses") else { return };
    for status in statuses.iter_mut().filter_map(Value::as_object_mut) {
        if status.get("restartCount").and_then(Value::as_i64) == Some(0) {
            status.remove("restartCount");
        }
    }
}

/// Of the condition `PodScheduled` all is kept, as long as no kubelet has taken up the pod; of the
/// others just what they are.
fn prune_conditions(pod: &mut Map<String, Value>) {
    let Some(Value::Object(status)) = pod.get_mut("status") else { return };
    let started = status.contains_key("startTime");
    let Some(Value::Array(conditions)) = status.get_mut("conditions") else { return };
    let is_scheduled = |condition: &Value| condition.get("type").and_then(Value::as_str) == Some("PodScheduled");
    conditions.retain(|condition| !(started && is_scheduled(condition)));
    for condition in conditions.iter_mut().filter(|condition| !is_scheduled(condition)) {
        if let Value::Object(fields) = condition {
            // Since when a pod is ready decides which pods a ReplicaSet deletes first.
            let is_ready = fields.get("type").and_then(Value::as_str) == Some("Ready");
            fields.retain(|field, _| match field.as_str() {
                "message" => false,
                "reason" => !is_ready,
                "lastTransitionTime" => is_ready,
                _ => true,
            });
        }
    }
}

/// Values of another shape than the API's stay: a reader is to complain of them as before.
pub(crate) fn keep(shape: &FieldShape, value: &mut Value) {
    match (shape, value) {
        (FieldShape::Fields(kept), Value::Object(fields)) => {
            fields.retain(|name, _| kept.iter().any(|(field, _)| field == name));
            for (field, shape) in *kept {
                if let Some(value) = fields.get_mut(*field) {
                    keep(shape, value);
                }
            }
        }
        (FieldShape::Each(shape), Value::Array(items)) => {
            for item in items {
                keep(shape, item);
            }
        }
        (FieldShape::Sources(shape), Value::Array(items)) => {
            for item in items.iter_mut() {
                keep(shape, item);
            }
            items.retain(|item| item.as_object().is_none_or(|fields| fields.keys().any(|field| field != "name")));
        }
        (FieldShape::Conditions(types), Value::Array(items)) => {
            items.retain(|item| item.get("type").and_then(Value::as_str).is_none_or(|named| types.contains(&named)));
            for item in items {
                keep(&CONDITION, item);
            }
        }
        (FieldShape::Requirements, Value::Array(items)) => {
            for item in items {
                keep(&REQUIREMENT, item);
            }
        }
        (FieldShape::Present, Value::Array(items)) => {
            items.truncate(1);
            items.fill(json!({}));
        }
        (FieldShape::Present, value) if !value.is_null() => *value = json!({}),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(kind: Kind, object: &str, expected: &str) {
        let mut object = serde_json::from_str(object).unwrap();
        prune(kind, &mut object);
        assert_eq!(object.to_string(), expected);
    }

    #[test]
    fn what_scheduling_does_not_read_is_dropped() {
        case(
            Kind::Pod,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","generateName":"web-","annotations":{"note":"x"},"managedFields":[{}]},
                "spec":{"containers":[{"name":"c","image":"i","command":["x"],"env":[{"name":"TOKEN","value":"s"}],"resources":{"claims":[]}}],
                "volumes":[{"name":"t","projected":{"sources":[]}},{"name":"s","secret":{"secretName":"x"}},{"name":"e","ephemeral":{"volumeClaimTemplate":{}}}]},
                "status":{"podIP":"10.1.1.1","conditions":[{"type":"Ready","status":"True"},{"type":"DisruptionTarget","status":"True","reason":"PreemptionByScheduler","message":"m"}],
                "containerStatuses":[{"name":"c","imageID":"x"}]}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1"},"spec":{"containers":[{"image":"i","name":"c","resources":{}}],"volumes":[{"ephemeral":{"volumeClaimTemplate":{}},"name":"e"}]},"status":{"conditions":[{"status":"True","type":"Ready"},{"reason":"PreemptionByScheduler","status":"True","type":"DisruptionTarget"}],"containerStatuses":[]}}"#,
        );
    }

    #[test]
    fn of_a_pod_that_waits_the_schedulers_words_stay() {
        let conditions = r#"[{"type":"PodScheduled","status":"False","lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:00Z","message":"0/1"},{"type":"PodResizePending","message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}]"#;
        case(
            Kind::Pod,
            &format!(r#"{{"status":{{"conditions":{conditions}}}}}"#),
            r#"{"status":{"conditions":[{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"0/1","status":"False","type":"PodScheduled"},{"type":"PodResizePending"}]}}"#,
        );
        case(
            Kind::Pod,
            &format!(r#"{{"status":{{"startTime":"2026-01-01T00:00:01Z","conditions":{conditions}}}}}"#),
            r#"{"status":{"conditions":[{"type":"PodResizePending"}],"startTime":"2026-01-01T00:00:01Z"}}"#,
        );
    }

    #[test]
    fn of_a_pod_that_has_ended_the_reason_stays() {
        case(
            Kind::Pod,
            r#"{"metadata":{"name":"a"},"spec":{"nodeName":"n"},"status":{"phase":"Failed","reason":"Evicted"}}"#,
            r#"{"metadata":{"name":"a"},"spec":{"nodeName":"n"},"status":{"phase":"Failed","reason":"Evicted"}}"#,
        );
    }

    #[test]
    fn values_of_the_wrong_shape_stay_for_the_reader_to_name() {
        case(Kind::Node, r#"{"spec":{"taints":"none"}}"#, r#"{"spec":{"taints":"none"}}"#);
    }
}
