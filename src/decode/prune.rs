//! Leaves of an object what scheduling reads ([`super::fields`]) and drops the rest: commands,
//! environments, probes, managed fields, most of the status.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Value, json};

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

/// What of the object of `kind` that `json` begins with is kept; `apiVersion` and `kind` stay. The state reads the same
/// from it. Nothing is built of what is dropped: that is most of the text.
///
/// # Errors
/// The text is not JSON.
pub fn prune(kind: Kind, json: &[u8]) -> serde_json::Result<Value> {
    let mut object =
        Shaped { shape: fields::of(kind), with_type: true }.deserialize(&mut Deserializer::from_slice(json))?;
    let Value::Object(fields) = &mut object else { return Ok(object) };
    if kind == Kind::Pod {
        if let Some(Value::Array(statuses)) =
            fields.get_mut("status").and_then(|status| status.get_mut("containerStatuses"))
        {
            drop_zero_restarts(statuses);
        }
        prune_conditions(fields);
    }
    if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
        if metadata.contains_key("name") {
            metadata.remove("generateName");
        }
        metadata.retain(|field, value| field != "annotations" || value.as_object().is_none_or(|map| !map.is_empty()));
    }
    Ok(object)
}

/// Most containers were never restarted: then nothing of their status need be kept.
fn drop_zero_restarts(statuses: &mut Vec<Value>) {
    for status in statuses.iter_mut().filter_map(Value::as_object_mut) {
        if status.get("restartCount").and_then(Value::as_i64) == Some(0) {
            status.remove("restartCount");
        }
    }
    statuses.retain(says_more_than_a_name);
}

/// Whether an item of a list has more than a name.
fn says_more_than_a_name(item: &Value) -> bool {
    item.as_object().is_none_or(|fields| fields.keys().any(|field| field != "name"))
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

/// Leaves of `value` what `shape` keeps.
pub(crate) fn keep(shape: &FieldShape, value: &mut Value) {
    let kept = Shaped { shape, with_type: false }.deserialize(value.take());
    *value = kept.unwrap_or_default();
}

/// Reads a value as far as it is kept. Values of another shape than the API's stay: a reader is to complain of them as
/// before.
#[derive(Clone, Copy)]
struct Shaped<'s> {
    shape: &'s FieldShape,
    /// `apiVersion` and `kind` are kept as well.
    with_type: bool,
}

impl<'s> Shaped<'s> {
    fn of(shape: &'s FieldShape) -> Self {
        Self { shape, with_type: false }
    }

    /// How a member called `name` is read; none for one that is dropped.
    fn member(self, name: &str) -> Option<Self> {
        let (FieldShape::Fields(kept) | FieldShape::Keyed(kept)) = self.shape else {
            return Some(Self::of(&FieldShape::Raw));
        };
        let known = kept.iter().find(|(field, _)| *field == name).map(|(_, shape)| Self::of(shape));
        let is_type = self.with_type && matches!(name, "apiVersion" | "kind");
        known.or(is_type.then_some(Self::of(&FieldShape::Raw)))
    }
}

impl<'de> DeserializeSeed<'de> for Shaped<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shaped<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(self.scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let item = Shaped::of(match self.shape {
            FieldShape::Each(shape) | FieldShape::Sources(shape) => shape,
            FieldShape::Conditions(_) => &CONDITION,
            FieldShape::Requirements => &REQUIREMENT,
            _ => &FieldShape::Raw,
        });
        let mut kept = Vec::new();
        while let Some(value) = items.next_element_seed(item)? {
            let stays = match self.shape {
                FieldShape::Sources(_) => says_more_than_a_name(&value),
                FieldShape::Conditions(types) => {
                    value.get("type").and_then(Value::as_str).is_none_or(|named| types.contains(&named))
                }
                _ => true,
            };
            if stays {
                kept.push(value);
            }
        }
        if matches!(self.shape, FieldShape::Present) {
            kept.truncate(1);
            kept.fill(json!({}));
        }
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(member) = fields.next_key_seed(MemberName(self))? {
            match member {
                Some((name, shaped)) => {
                    let value = fields.next_value_seed(shaped)?;
                    kept.insert(name, value);
                }
                None => {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(self.scalar(Value::Object(kept)))
    }
}

/// Reads a member's name: it is copied only for a member that is kept.
struct MemberName<'s>(Shaped<'s>);

impl<'de, 's> DeserializeSeed<'de> for MemberName<'s> {
    type Value = Option<(String, Shaped<'s>)>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'s> Visitor<'_> for MemberName<'s> {
    type Value = Option<(String, Shaped<'s>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.member(name).map(|shaped| (name.to_owned(), shaped)))
    }
}

impl Shaped<'_> {
    /// Of something only whose presence matters nothing stays.
    fn scalar(self, value: Value) -> Value {
        if matches!(self.shape, FieldShape::Present) { json!({}) } else { value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(kind: Kind, object: &str, expected: &str) {
        assert_eq!(prune(kind, object.as_bytes()).unwrap().to_string(), expected);
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
