//! What storage objects have in common on the wire.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::{ObjectKey, OwnerReference};
use crate::api::name::{Name, name};
use crate::api::quantity::Quantity;
use crate::api::time::Timestamp;

/// `metadata` of a storage object: unlike a pod's, with the few annotations that matter.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireStorageMetadata {
    pub(super) name: Name,
    namespace: Option<Name>,
    pub(super) uid: Option<Name>,
    pub(super) labels: Labels,
    pub(super) creation_timestamp: Option<Timestamp>,
    pub(super) deletion_timestamp: Option<IgnoredAny>,
    owner_references: List<OwnerReference>,
    annotations: Option<WireAnnotations>,
}

/// The annotations that scheduling reads (upstream component-helpers storage/volume/pv_helpers.go
/// and k8s.io/api/core/v1/annotation_key_constants.go).
#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default)]
pub(super) struct WireAnnotations {
    /// Only its presence matters.
    #[serde(rename = "pv.kubernetes.io/bind-completed")]
    pub(super) bind_completed: Option<IgnoredAny>,
    #[serde(rename = "volume.kubernetes.io/selected-node")]
    pub(super) selected_node: Option<Name>,
    #[serde(rename = "volume.beta.kubernetes.io/storage-class")]
    pub(super) storage_class: Option<Name>,
    #[serde(rename = "storage.alpha.kubernetes.io/migrated-plugins")]
    pub(super) migrated_plugins: Option<Name>,
    #[serde(rename = "storageclass.kubernetes.io/is-default-class")]
    pub(super) default_class: Option<Name>,
    #[serde(rename = "storageclass.beta.kubernetes.io/is-default-class")]
    pub(super) beta_default_class: Option<Name>,
}

impl WireStorageMetadata {
    pub(super) fn key(&self) -> ObjectKey {
        let namespace = self.namespace.filter(|namespace| !namespace.is_empty());
        ObjectKey::new(namespace.unwrap_or_else(|| name("default")), self.name)
    }

    pub(super) fn annotations(&self) -> WireAnnotations {
        self.annotations.unwrap_or_default()
    }

    /// The uid of the owner with `controller: true`.
    pub(super) fn controller_uid(&self) -> Option<Name> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true)).map(|owner| owner.uid)
    }
}

/// A resource list of which only storage matters.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireStorageList {
    pub(super) storage: Option<Quantity>,
}
