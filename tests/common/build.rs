//! A state from objects.
#![allow(dead_code)] // not every test binary asks for it

use kubectl_sched::api::quantity::Quantity;
use kubectl_sched::config::Behaviour;
use kubectl_sched::decode::object::TypeMeta;
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::state::{Cluster, ClusterBuilder};
use serde_json::Value;

/// The state that these objects make; what the scheduler does not look at is left out.
pub(crate) fn cluster(objects: &[Value], behaviour: &Behaviour) -> Cluster {
    let mut builder = ClusterBuilder::default();
    for object in objects {
        let json = object.to_string();
        let meta = TypeMeta::peek(json.as_bytes());
        let (api_version, kind) = (meta.api_version.unwrap_or_default(), meta.kind.unwrap_or_default());
        if let Some(kind) = Kind::of(&api_version, &kind) {
            builder.add(Object::decode(kind, json.as_bytes()).unwrap().0);
        }
    }
    builder.build(behaviour.request_gates())
}

pub(crate) fn quantity(value: &Value) -> Quantity {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    Quantity::parse(&text).unwrap_or(Quantity::from_milli(0))
}
