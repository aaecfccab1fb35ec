//! What the Cluster Autoscaler reads beside pods and nodes: spare capacity, quotas, requests for capacity.

use serde::Deserialize;

use super::{Condition, Provisioning, ProvisioningKind, ProvisioningObject, WireStatus, conditions};
use crate::api::meta::{Metadata, ObjectKey};
use crate::api::name::{Name, name};
use crate::api::resources::ResourceList;
use crate::api::selector::LabelSelector;

/// A CapacityBuffer, CapacityQuota or ProvisioningRequest, as far as it is shown.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// `spec.replicas` of a CapacityBuffer.
    pub replicas: Option<i64>,
    /// `status.replicas` of a CapacityBuffer: how many spare pods it stands for.
    pub spare_pods: Option<i64>,
    /// `spec.provisioningClassName` of a ProvisioningRequest.
    pub class: Option<Name>,
    /// `spec.selector` of a CapacityQuota: the nodes that count.
    pub selector: Option<LabelSelector>,
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
    status: WireBufferStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireSpec {
    replicas: Option<i64>,
    limits: WireLimits,
    selector: Option<LabelSelector>,
    #[serde(rename = "provisioningClassName")]
    class: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireBufferStatus {
    replicas: Option<i64>,
    #[serde(flatten)]
    status: WireStatus,
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
        let data = Buffer {
            replicas: self.spec.replicas,
            spare_pods: self.status.replicas,
            class: self.spec.class,
            selector: self.spec.selector,
            limits,
            conditions: conditions(self.status.status.conditions),
        };
        ProvisioningObject { kind, key, data: Provisioning::Buffer(data) }
    }
}
