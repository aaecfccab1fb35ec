//! What the Cluster Autoscaler reads beside pods and nodes: spare capacity, quotas, requests for capacity. They are shown
//! as they are; no verdict of a node group takes them in.

use serde::Deserialize;

use super::{Condition, Provisioning, ProvisioningKind, ProvisioningObject, WireStatus, conditions};
use crate::api::meta::{Metadata, ObjectKey};
use crate::api::name::name;
use crate::api::resources::ResourceList;

/// A CapacityBuffer, CapacityQuota or ProvisioningRequest, as far as it is shown.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// `spec.replicas` of a CapacityBuffer.
    pub replicas: Option<i64>,
    /// `spec.limits.resources` of a CapacityQuota, `spec.limits` of a CapacityBuffer.
    pub limits: ResourceList,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireBuffer {
    metadata: Metadata,
    spec: WireSpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireSpec {
    replicas: Option<i64>,
    limits: WireLimits,
}

/// A CapacityQuota has its resources one level down.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireLimits {
    Nested { resources: ResourceList },
    Plain(ResourceList),
}

impl Default for WireLimits {
    fn default() -> Self {
        Self::Plain(ResourceList::default())
    }
}

impl WireBuffer {
    pub(crate) fn into_object(self, kind: ProvisioningKind) -> ProvisioningObject {
        let key = match kind {
            ProvisioningKind::CapacityQuota => ObjectKey::new(name(""), self.metadata.name.unwrap_or_default()),
            _ => self.metadata.key(),
        };
        let limits = match self.spec.limits {
            WireLimits::Nested { resources } | WireLimits::Plain(resources) => resources,
        };
        let data = Buffer { replicas: self.spec.replicas, limits, conditions: conditions(self.status.conditions) };
        ProvisioningObject { kind, key, data: Provisioning::Buffer(data) }
    }
}
