//! PersistentVolume, and what it becomes where a CSI driver took its plugin's place.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::csi_migration::{InTreePlugin, TranslationError, volume_handle};
use super::topology::{self, VolumeTopology};
use super::wire::{WireStorageList, WireStorageMetadata};
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::node_selector::NodeSelector;
use crate::api::quantity::Quantity;
use crate::api::volume::{InTreeVolume, WireInTreeVolume};

/// The scheduling-relevant part of a PersistentVolume.
#[derive(Clone, Debug, Hash)]
pub struct PersistentVolume {
    /// The name.
    pub name: Name,
    /// The labels.
    pub labels: Labels,
    /// Its StorageClass, the beta annotation first; empty for none (upstream component-helpers
    /// storage/volume/helpers.go, GetPersistentVolumeClass).
    pub class: Name,
    /// `spec.storageClassName` alone: what scoring groups by.
    pub class_field: Name,
    /// `spec.capacity.storage`.
    pub capacity: Quantity,
    /// `spec.accessModes`.
    pub access_modes: List<Name>,
    /// `spec.volumeMode`, `Filesystem` where it is absent.
    pub volume_mode: Name,
    /// `spec.volumeAttributesClassName`; empty for none.
    pub attributes_class: Name,
    /// `spec.claimRef`: the claim it is bound to, or kept for.
    pub claim: Option<ClaimReference>,
    /// `status.phase: Available`.
    pub available: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// `spec.nodeAffinity.required`; none for a volume that any node can use.
    pub topology: Option<VolumeTopology>,
    /// Whether it is a directory of one node (`spec.local`, `spec.hostPath`).
    pub on_one_host: bool,
    /// The CSI volume it is, if it is one.
    pub csi: Option<CsiSource>,
    /// The in-tree volume it is, if it is one that has a CSI driver by now.
    pub in_tree: Option<InTreeSource>,
}

/// `spec.claimRef`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimReference {
    /// Namespace and name.
    pub key: ObjectKey,
    /// The uid; empty where only a name is reserved.
    pub uid: Name,
}

/// A CSI volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CsiSource {
    /// The driver.
    pub driver: Name,
    /// The volume in the driver's terms.
    pub handle: Name,
}

/// An in-tree volume and what it is where its plugin has moved to CSI.
#[derive(Clone, Debug, Hash)]
pub struct InTreeSource {
    /// The plugin.
    pub plugin: InTreePlugin,
    /// The CSI volume; an error for volumes that cannot be translated.
    pub translated: Result<TranslatedVolume, TranslationError>,
}

/// What an in-tree volume becomes.
#[derive(Clone, Debug, Hash)]
pub struct TranslatedVolume {
    /// Driver and handle.
    pub source: CsiSource,
    /// The node affinity, with the driver's topology key.
    pub topology: Option<VolumeTopology>,
}

impl PersistentVolume {
    /// Whether a claim may have it: nobody else is named in its `claimRef`.
    pub fn is_free_for(&self, claim: ObjectKey, uid: Name) -> bool {
        self.claim.is_none() || self.is_kept_for(claim, uid)
    }

    /// Whether it is bound to the claim or kept for it (upstream component-helpers
    /// storage/volume/pv_helpers.go, IsVolumeBoundToClaim).
    pub fn is_kept_for(&self, claim: ObjectKey, uid: Name) -> bool {
        self.claim.is_some_and(|reference| reference.key == claim && (reference.uid.is_empty() || reference.uid == uid))
    }
}

/// A PersistentVolume on the wire.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WirePersistentVolume {
    metadata: WireStorageMetadata,
    spec: WireSpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    storage_class_name: Option<Name>,
    capacity: Option<WireStorageList>,
    access_modes: List<Name>,
    volume_mode: Option<Name>,
    volume_attributes_class_name: Option<Name>,
    claim_ref: Option<WireClaimReference>,
    node_affinity: Option<WireNodeAffinity>,
    csi: Option<WireCsiSource>,
    local: Option<IgnoredAny>,
    host_path: Option<IgnoredAny>,
    #[serde(flatten)]
    in_tree: WireInTreeVolume,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireClaimReference {
    namespace: Option<Name>,
    name: Option<Name>,
    uid: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireNodeAffinity {
    required: Option<NodeSelector>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireCsiSource {
    driver: Name,
    volume_handle: Name,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireStatus {
    phase: Option<Name>,
}

impl WirePersistentVolume {
    pub(crate) fn into_volume(self) -> PersistentVolume {
        let spec = self.spec;
        let class_field = spec.storage_class_name.unwrap_or_default();
        let affinity = spec.node_affinity.and_then(|affinity| affinity.required);
        PersistentVolume {
            name: self.metadata.name,
            class: self.metadata.annotations().storage_class.unwrap_or(class_field),
            class_field,
            capacity: spec.capacity.and_then(|capacity| capacity.storage).unwrap_or_default(),
            access_modes: spec.access_modes,
            volume_mode: spec.volume_mode.unwrap_or_else(|| name("Filesystem")),
            attributes_class: spec.volume_attributes_class_name.unwrap_or_default(),
            claim: spec.claim_ref.map(|claim| ClaimReference {
                key: ObjectKey::new(claim.namespace.unwrap_or_default(), claim.name.unwrap_or_default()),
                uid: claim.uid.unwrap_or_default(),
            }),
            available: self.status.phase.is_some_and(|phase| phase == "Available"),
            terminating: self.metadata.deletion_timestamp.is_some(),
            on_one_host: spec.local.is_some() || spec.host_path.is_some(),
            csi: spec.csi.map(|csi| CsiSource { driver: csi.driver, handle: csi.volume_handle }),
            in_tree: spec.in_tree.volume().map(|volume| in_tree(&volume, &self.metadata.labels, affinity.as_ref())),
            topology: affinity.map(VolumeTopology::new),
            labels: self.metadata.labels,
        }
    }
}

fn in_tree(volume: &InTreeVolume, labels: &Labels, affinity: Option<&NodeSelector>) -> InTreeSource {
    let plugin = InTreePlugin::of(volume);
    let translated = volume_handle(volume, labels).map(|handle| TranslatedVolume {
        source: CsiSource { driver: plugin.driver(), handle },
        topology: match plugin.topology_key() {
            Some(key) => topology::translated(affinity, labels, key),
            None => affinity.cloned(),
        }
        .map(VolumeTopology::new),
    });
    InTreeSource { plugin, translated }
}
