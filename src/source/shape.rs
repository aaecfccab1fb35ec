//! Objects that do not say what they are, such as the `.items` of a list that somebody cut out.
//!
//! Only Pods have `spec.containers`, and only Nodes have `status.nodeInfo`. Other kinds have nothing that no other
//! kind has too; of these it is reported that they were left out.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::scan::TypeMeta;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shape {
    spec: Option<SpecShape>,
    status: Option<StatusShape>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SpecShape {
    containers: Option<Vec<IgnoredAny>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusShape {
    node_info: Option<IgnoredAny>,
}

/// What the object that `json` is must be; nothing where its fields do not show it.
pub(super) fn of(json: &[u8]) -> TypeMeta<'static> {
    let shape: Shape = serde_json::from_slice(json).unwrap_or_default();
    let is_pod = shape.spec.is_some_and(|spec| spec.containers.is_some());
    let is_node = shape.status.is_some_and(|status| status.node_info.is_some());
    match (is_pod, is_node) {
        (true, _) => TypeMeta { api_version: "v1", kind: "Pod" },
        (_, true) => TypeMeta { api_version: "v1", kind: "Node" },
        _ => TypeMeta::default(),
    }
}
