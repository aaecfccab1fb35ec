//! JSON Schemas of the answers, made from the types that are serialised.
//!
//! Only tests derive them, so the program does not carry them. `docs/schema` holds what comes out,
//! as the test in `cli` writes it, and `tests/schema.rs` holds real
//! answers against it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::quantity::Quantity;
use crate::api::{Name, ObjectKey};
use crate::decode::workload::WorkloadKey;
use crate::explain::ranges::Number;
use crate::framework::Amount;

use super::StateAge;

/// Types that are written as texts.
macro_rules! texts {
    ($($type:ty: $name:literal, $about:literal;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $about })
            }
        }
    )*};
}

texts! {
    ObjectKey: "ObjectKey", "NAMESPACE/NAME.";
    WorkloadKey: "WorkloadKey", "TYPE/NAMESPACE/NAME.";
    Amount: "Amount", "A Kubernetes quantity in canonical form.";
    Quantity: "Quantity", "A Kubernetes quantity in canonical form.";
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "description": "A count, or a Kubernetes quantity." })
    }
}

impl JsonSchema for Labels {
    fn schema_name() -> Cow<'static, str> {
        "Labels".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("List_of_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        <Vec<T>>::json_schema(generator)
    }
}

impl JsonSchema for StateAge {
    fn schema_name() -> Cow<'static, str> {
        "State".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "How old the state is.",
            "properties": {
                "readAt": { "type": "string", "description": "When reading it began, RFC 3339." },
                "ageSeconds": { "type": "number", "description": "How long ago that is." },
                "changedWhileRead": {
                    "type": "integer",
                    "description": "Objects that changed while it was read; absent where that is not known.",
                },
            },
            "required": ["readAt", "ageSeconds"],
        })
    }
}

/// The schema of what a command writes with `-o json`.
pub(crate) fn schema_of<T: JsonSchema>(title: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), Value::from(title));
    }
    schema
}

/// What is left out is never null: a property that is not required has no `null` among its types. And
/// doc comments are one line of text, without the links of Rust's documentation.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let required = object.get("required").cloned().unwrap_or_default();
            let is_required = |key: &str| required.as_array().is_some_and(|keys| keys.iter().any(|one| one == key));
            if let Some(Value::Object(properties)) = object.get_mut("properties") {
                properties.iter_mut().filter(|(key, _)| !is_required(key)).for_each(|(_, property)| not_null(property));
            }
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`");
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn not_null(property: &mut Value) {
    let Some(object) = property.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(schemas)) = object.get_mut("anyOf") {
        schemas.retain(|schema| schema.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = schemas.as_slice() {
            let only: Map<String, Value> = only.clone();
            object.remove("anyOf");
            only.into_iter().for_each(|(key, value)| {
                object.entry(key).or_insert(value);
            });
        }
    }
}

/// The schema of every report, by the name of its file.
pub(crate) fn schemas() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("explain", schema_of::<crate::report::explain::json::Document<'static>>("kubectl sched explain")),
        ("simulate", schema_of::<super::simulation::SimulationObject<'static>>("kubectl sched simulate")),
        (
            "simulate-compare",
            schema_of::<super::comparison::ComparisonObject<'static>>("kubectl sched simulate --compare"),
        ),
        ("simulate-runs", schema_of::<super::sweep::SweepObject<'static>>("kubectl sched simulate --runs")),
        ("capacity", schema_of::<super::capacity::CapacityObject<'static>>("kubectl sched capacity")),
        ("check", schema_of::<super::check::CheckObject<'static>>("kubectl sched check")),
        ("diff", schema_of::<super::difference::DifferenceObject<'static>>("kubectl sched diff")),
        ("pending", schema_of::<super::pending::PendingObject<'static>>("kubectl sched pending")),
        ("devices", schema_of::<super::devices::DevicesObject<'static>>("kubectl sched devices")),
        ("nodegroups", schema_of::<super::node_groups::NodeGroupsObject<'static>>("kubectl sched nodegroups")),
        ("resilience", schema_of::<super::resilience::ResilienceObject<'static>>("kubectl sched resilience")),
    ])
}
