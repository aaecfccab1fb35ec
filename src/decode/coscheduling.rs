//! The PodGroup of the coscheduling plugin: pods that are useful only together.
//!
//! <https://github.com/kubernetes-sigs/scheduler-plugins>, apis/scheduling/v1alpha1/types.go:
//! a pod joins the group of its namespace that its label [`GANG_LABEL`] names, and nobody runs
//! before `minMember` pods of the group can.

use std::sync::LazyLock;

use serde::Deserialize;

use super::fields::{FieldShape, Hint, Role, metadata};
use super::pod::PodOwn;
use crate::api::meta::{Metadata, ObjectKey};
use crate::api::name::{Name, name};

/// The label that names a pod's PodGroup.
pub const GANG_LABEL: &str = "scheduling.x-k8s.io/pod-group";

static LABEL: LazyLock<Name> = LazyLock::new(|| name(GANG_LABEL));

/// A PodGroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoschedulingPodGroup {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `spec.minMember`: so many of its pods must be on nodes before one of them counts.
    pub min_member: usize,
    /// `status.phase`: `Pending`, `Scheduling`, `Running`; empty where its controller has not said.
    pub phase: Name,
}

/// The PodGroup that `pod` belongs to, which need not exist.
pub fn gang_of(pod: &PodOwn) -> Option<ObjectKey> {
    let group = pod.labels.get(*LABEL).filter(|group| !group.is_empty())?;
    Some(ObjectKey::new(pod.key.namespace, group))
}

/// What is read of a PodGroup.
pub(super) const FIELDS: FieldShape = FieldShape::Fields(&[
    ("metadata", metadata!(Role::Name(Hint::Group))),
    ("spec", FieldShape::Fields(&[("minMember", FieldShape::Kept)])),
    ("status", FieldShape::Fields(&[("phase", FieldShape::Kept)])),
]);

/// A PodGroup on the wire.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireCoschedulingPodGroup {
    metadata: Metadata,
    spec: WireSpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireStatus {
    phase: Name,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    min_member: Option<i32>,
}

impl WireCoschedulingPodGroup {
    pub(crate) fn into_group(self) -> CoschedulingPodGroup {
        let min_member = usize::try_from(self.spec.min_member.unwrap_or_default()).unwrap_or_default();
        CoschedulingPodGroup { key: self.metadata.key(), min_member, phase: self.status.phase }
    }
}
