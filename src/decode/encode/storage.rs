//! PersistentVolumeClaims.

use serde_json::{Map, Value, json};

use super::{Meta, object};
use crate::api::meta::OwnerReference;
use crate::api::name;
use crate::api::time::Timestamp;
use crate::decode::Kind;
use crate::decode::storage::PersistentVolumeClaim;

/// A claim. A selector that is invalid does not come back.
pub(crate) fn persistent_volume_claim(claim: &PersistentVolumeClaim) -> Value {
    let PersistentVolumeClaim {
        key,
        uid,
        controller_uid,
        class,
        names_class,
        volume_name,
        access_modes,
        request,
        selector,
        volume_mode,
        attributes_class,
        bind_completed,
        selected_node,
        lost,
        terminating,
    } = claim;
    let mut annotations = Map::new();
    if *bind_completed {
        annotations.insert("pv.kubernetes.io/bind-completed".to_owned(), json!("yes"));
    }
    if let Some(node) = selected_node {
        annotations.insert("volume.kubernetes.io/selected-node".to_owned(), json!(node));
    }
    let metadata = Meta {
        key: Some(*key),
        uid: *uid,
        // Of the owner only the uid is kept.
        owner: controller_uid.map(|uid| OwnerReference {
            api_version: name("v1"),
            kind: name("Pod"),
            name: name(""),
            uid,
            controller: Some(true),
        }),
        deleted: terminating.then_some(Timestamp(0)),
        annotations,
        ..Meta::default()
    };
    let requirements = selector.as_ref().and_then(|selector| selector.as_ref().ok()?.to_requirements());
    let spec = json!({
        "storageClassName": names_class.then_some(class),
        "volumeName": Some(volume_name).filter(|volume| !volume.is_empty()),
        "accessModes": access_modes,
        "resources": request.map(|storage| json!({ "requests": { "storage": storage } })),
        "selector": requirements.map(|requirements| json!({ "matchExpressions": requirements })),
        "volumeMode": volume_mode,
        "volumeAttributesClassName": Some(attributes_class).filter(|class| !class.is_empty()),
    });
    let phase = if *lost {
        "Lost"
    } else if *bind_completed {
        "Bound"
    } else {
        "Pending"
    };
    object(Kind::PersistentVolumeClaim, &metadata.to_json(), &spec, &json!({ "phase": phase }))
}
