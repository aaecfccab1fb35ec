//! PersistentVolumeClaim.

use serde::Deserialize;

use super::wire::WireStorageMetadata;
use crate::api::UpstreamError;
use crate::api::list::List;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::quantity::Quantity;
use crate::api::selector::Selector;
use crate::api::volume::ClaimSpec;
use crate::decode::pod::PodOwn;

/// The scheduling-relevant part of a PersistentVolumeClaim.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct PersistentVolumeClaim {
    /// Namespace and name.
    pub key: ObjectKey,
    /// The unique id.
    pub uid: Name,
    /// The uid of the object that manages it: the pod, for a generic ephemeral volume.
    pub controller_uid: Option<Name>,
    /// Its StorageClass, the beta annotation first; empty for none (upstream component-helpers
    /// storage/volume/helpers.go, GetPersistentVolumeClaimClass).
    pub class: Name,
    /// Whether it says which class, even an empty one: else the default class is its own.
    pub names_class: bool,
    /// `spec.volumeName`; empty for none.
    pub volume_name: Name,
    /// `spec.accessModes`.
    pub access_modes: List<Name>,
    /// `spec.resources.requests.storage`.
    pub request: Option<Quantity>,
    /// `spec.selector`, compiled; an error in upstream's words where it is invalid.
    pub selector: Option<Result<Selector, UpstreamError>>,
    /// `spec.volumeMode`, `Filesystem` where it is absent.
    pub volume_mode: Name,
    /// `spec.volumeAttributesClassName`; empty for none.
    pub attributes_class: Name,
    /// Annotation `pv.kubernetes.io/bind-completed`.
    pub bind_completed: bool,
    /// Annotation `volume.kubernetes.io/selected-node`.
    pub selected_node: Option<Name>,
    /// `status.phase: Lost`.
    pub lost: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
}

impl PersistentVolumeClaim {
    /// A claim that nobody has bound yet.
    pub fn new(key: ObjectKey, spec: &ClaimSpec) -> Self {
        Self {
            key,
            uid: Name::default(),
            controller_uid: None,
            class: spec.storage_class_name.unwrap_or_default(),
            names_class: spec.storage_class_name.is_some(),
            volume_name: spec.volume_name.unwrap_or_default(),
            access_modes: spec.access_modes.clone(),
            request: spec.resources.requests.and_then(|requests| requests.storage),
            selector: spec.selector.as_ref().map(|selector| Selector::new(Some(selector))),
            volume_mode: spec.volume_mode.unwrap_or_else(|| name("Filesystem")),
            attributes_class: spec.volume_attributes_class_name.unwrap_or_default(),
            bind_completed: false,
            selected_node: None,
            lost: false,
            terminating: false,
        }
    }

    /// The claim that comes in the place of this one, which is gone with its pod.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            uid: Name::default(),
            volume_name: Name::default(),
            bind_completed: false,
            selected_node: None,
            lost: false,
            terminating: false,
            ..self.clone()
        }
    }

    /// Whether volume and claim are bound to each other (upstream volumebinding/binder.go,
    /// isPVCFullyBound): a volume name alone does not do.
    pub fn is_fully_bound(&self) -> bool {
        !self.volume_name.is_empty() && self.bind_completed
    }

    /// Whether only one pod may use it at a time.
    pub fn is_read_write_once_pod(&self) -> bool {
        self.access_modes.iter().any(|mode| *mode == "ReadWriteOncePod")
    }

    /// Whether it was made for `pod` (upstream component-helpers storage/ephemeral/ephemeral.go,
    /// VolumeIsForPod).
    pub fn is_for(&self, pod: &PodOwn) -> bool {
        self.key.namespace == pod.key.namespace && self.controller_uid == Some(pod.uid)
    }
}

/// A PersistentVolumeClaim on the wire; also an entry of `volumeClaimTemplates`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireClaim {
    metadata: WireStorageMetadata,
    spec: ClaimSpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireStatus {
    phase: Option<Name>,
}

impl WireClaim {
    pub(crate) fn into_claim(self) -> PersistentVolumeClaim {
        let annotations = self.metadata.annotations();
        let mut spec = self.spec;
        spec.storage_class_name = annotations.storage_class.or(spec.storage_class_name);
        PersistentVolumeClaim {
            uid: self.metadata.uid.unwrap_or_default(),
            controller_uid: self.metadata.controller_uid(),
            bind_completed: annotations.bind_completed.is_some(),
            selected_node: annotations.selected_node,
            lost: self.status.phase.is_some_and(|phase| phase == "Lost"),
            terminating: self.metadata.deletion_timestamp.is_some(),
            ..PersistentVolumeClaim::new(self.metadata.key(), &spec)
        }
    }
}
