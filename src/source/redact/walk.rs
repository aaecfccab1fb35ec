//! Walks over an object with the table of [`crate::decode::fields`] and gives every text of the
//! user's to a [`Rename`].

use serde_json::{Map, Value};

use crate::decode::autoscaling::status;
use crate::decode::csi_migration::{BETA_REGION, BETA_ZONE, REGION, ZONE};
use crate::decode::fields::{FieldShape, Hint, RESOURCE_LIST, Role};
use crate::decode::prune::{CONDITION, keep};

/// Takes the user's texts one by one.
pub(super) trait Rename {
    /// The text in its place; none leaves it as it is.
    fn rename(&mut self, role: Role, text: &str) -> Option<String>;

    /// Learns that a label `key` has `value`, or is compared with it.
    fn label(&mut self, key: &str, value: &str);

    /// Learns that labels under `key` are compared as numbers.
    fn compared(&mut self, key: &str);
}

/// Walks over a pruned `value`. What is not of its shape becomes null: nothing passes unchecked.
pub(super) fn walk(shape: &FieldShape, value: &mut Value, rename: &mut impl Rename) {
    match (shape, value) {
        (_, Value::Null)
        | (FieldShape::Raw | FieldShape::Present, _)
        | (FieldShape::Kept, Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
        (FieldShape::Prose, text) => *text = Value::Null,
        (FieldShape::Conditions(_), Value::Array(items)) => {
            for item in items {
                // It names taints, resources, claims: no table says where in the text.
                if let Value::Object(fields) = item {
                    fields.remove("message");
                }
                walk(&CONDITION, item, rename);
            }
        }
        (FieldShape::Text(role), Value::String(text)) => replace(*role, text, rename),
        (FieldShape::Yaml(shape), Value::String(text)) => match status::to_value(text) {
            Ok(mut value) => {
                keep(shape, &mut value);
                walk(shape, &mut value, rename);
                *text = value.to_string();
            }
            Err(_) => text.clear(),
        },
        (FieldShape::Fields(shapes) | FieldShape::Keyed(shapes), Value::Object(fields)) => {
            if matches!(shape, FieldShape::Keyed(_)) {
                keyed(fields, rename);
            }
            for (field, shape) in *shapes {
                if let Some(value) = fields.get_mut(*field) {
                    walk(shape, value, rename);
                }
            }
        }
        (FieldShape::Each(shape) | FieldShape::Sources(shape), Value::Array(items)) => {
            for item in items {
                walk(shape, item, rename);
            }
        }
        (FieldShape::Map(role), Value::Object(map)) => {
            *map = std::mem::take(map)
                .into_iter()
                .map(|(key, mut value)| {
                    walk(&FieldShape::Kept, &mut value, rename);
                    (renamed(*role, key, rename), value)
                })
                .collect();
        }
        (FieldShape::Limits, Value::Object(map)) if map.get("resources").is_some_and(Value::is_object) => {
            map.retain(|field, _| field == "resources");
            map.values_mut().for_each(|value| walk(&RESOURCE_LIST, value, rename));
        }
        (FieldShape::Limits, value @ Value::Object(_)) => walk(&RESOURCE_LIST, value, rename),
        (FieldShape::Labels, Value::Object(map)) => labels(map, rename),
        (FieldShape::Requirements, Value::Array(items)) => items.iter_mut().for_each(|item| match item {
            Value::Object(fields) => requirement(fields, rename),
            other => *other = Value::Null,
        }),
        (_, other) => *other = Value::Null,
    }
}

fn labels(map: &mut Map<String, Value>, rename: &mut impl Rename) {
    *map = std::mem::take(map)
        .into_iter()
        .map(|(key, mut value)| {
            label_value(&key, &mut value, rename);
            (renamed(Role::Key, key, rename), value)
        })
        .collect();
}

/// The value of a taint is a number where a toleration compares it as one.
fn keyed(fields: &Map<String, Value>, rename: &mut impl Rename) {
    let text = |field| fields.get(field).and_then(Value::as_str);
    let key = text("key").unwrap_or_default();
    if let Some(value) = text("value") {
        rename.label(key, value);
    }
    if matches!(text("operator"), Some("Gt" | "Lt")) {
        rename.compared(key);
    }
}

fn requirement(fields: &mut Map<String, Value>, rename: &mut impl Rename) {
    let key = fields.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    if matches!(fields.get("operator").and_then(Value::as_str), Some("Gt" | "Lt")) {
        rename.compared(&key);
    }
    match fields.get_mut("values") {
        Some(Value::Array(values)) => values.iter_mut().for_each(|value| label_value(&key, value, rename)),
        Some(other) => *other = Value::Null,
        None => {}
    }
    if let Some(key) = fields.get_mut("key") {
        walk(&FieldShape::Text(Role::Key), key, rename);
    }
}

fn label_value(key: &str, value: &mut Value, rename: &mut impl Rename) {
    if let Value::String(value) = value {
        rename.label(key, value);
    }
    let role = match key {
        ZONE | BETA_ZONE => Role::Zones(Hint::Zone),
        REGION | BETA_REGION => Role::Zones(Hint::Region),
        _ => Role::Value,
    };
    walk(&FieldShape::Text(role), value, rename);
}

fn replace(role: Role, text: &mut String, rename: &mut impl Rename) {
    if let Some(new) = rename.rename(role, text) {
        *text = new;
    }
}

fn renamed(role: Role, mut text: String, rename: &mut impl Rename) -> String {
    replace(role, &mut text, rename);
    text
}
