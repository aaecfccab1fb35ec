//! Karpenter's objects: what pools of nodes may be like, and the nodes that were asked for.
//!
//! Fields as in sigs.k8s.io/karpenter `pkg/apis/v1` (v1.15).

use serde::Deserialize;

use super::{Condition, Provisioning, ProvisioningKind, ProvisioningObject, WireStatus, conditions};
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::resources::ResourceList;
use crate::api::taint::{Taint, TaintEffect};
use crate::api::time::Timestamp;

/// A condition on labels, with how many different values must be left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRequirement {
    /// The label's key.
    pub key: Name,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt`, `Gte`, `Lte`.
    pub operator: Name,
    /// The values.
    pub values: Box<[Name]>,
    /// `minValues`.
    pub min_values: Option<i64>,
}

/// What a node is to be like: the template of a pool, or the specification of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSpec {
    /// `requirements`.
    pub requirements: Box<[PoolRequirement]>,
    /// `taints`.
    pub taints: Box<[Taint]>,
    /// `startupTaints`: gone once the node is initialised.
    pub startup_taints: Box<[Taint]>,
    /// `nodeClassRef`.
    pub class: Option<ClassRef>,
}

/// Which node class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassRef {
    /// Its API group.
    pub group: Name,
    /// Its kind.
    pub kind: Name,
    /// Its name.
    pub name: Name,
}

/// A NodePool.
#[derive(Clone, Debug)]
pub struct NodePool {
    /// `metadata.uid`.
    pub uid: Name,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// `spec.weight`.
    pub weight: i64,
    /// `spec.replicas`: a static pool, which no pod makes grow.
    pub is_static: bool,
    /// `spec.limits`.
    pub limits: ResourceList,
    /// `spec.template.metadata.labels`.
    pub labels: Labels,
    /// `spec.template.spec`.
    pub node: NodeSpec,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
}

/// A NodeClaim: a node that was asked for.
#[derive(Clone, Debug)]
pub struct NodeClaim {
    /// `metadata.labels`.
    pub labels: Labels,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// `spec`.
    pub node: NodeSpec,
    /// `spec.resources.requests`.
    pub requests: ResourceList,
    /// `status.providerID`.
    pub provider_id: Name,
    /// `status.nodeName`.
    pub node_name: Name,
    /// `status.capacity`.
    pub capacity: ResourceList,
    /// `status.allocatable`.
    pub allocatable: ResourceList,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
}

/// A NodeOverlay: it changes prices and capacities of instance types.
#[derive(Clone, Debug)]
pub struct NodeOverlay {
    /// `spec.weight`.
    pub weight: i64,
    /// `spec.capacity`.
    pub capacity: ResourceList,
    /// Whether it changes prices.
    pub changes_price: bool,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
}

/// A node class of any provider, as far as it is readable for all: whether it is ready.
#[derive(Clone, Debug)]
pub struct NodeClass {
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireMetadata {
    name: Option<Name>,
    uid: Name,
    labels: Labels,
    creation_timestamp: Option<Timestamp>,
    deletion_timestamp: Option<Timestamp>,
}

impl WireMetadata {
    fn key(&self) -> ObjectKey {
        ObjectKey::new(name(""), self.name.unwrap_or_default())
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireNodeSpec {
    requirements: List<WireRequirement>,
    taints: List<WireTaint>,
    startup_taints: List<WireTaint>,
    node_class_ref: Option<WireClassRef>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireRequirement {
    key: Name,
    operator: Name,
    values: List<Name>,
    min_values: Option<i64>,
}

#[derive(Deserialize)]
struct WireTaint {
    key: Name,
    #[serde(default)]
    value: Name,
    effect: TaintEffect,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireClassRef {
    group: Name,
    /// As v1beta1 had it.
    api_version: Name,
    kind: Name,
    name: Name,
}

fn taints(wire: &List<WireTaint>) -> Box<[Taint]> {
    wire.iter().map(|taint| Taint { key: taint.key, value: taint.value, effect: taint.effect }).collect()
}

impl WireNodeSpec {
    fn into_spec(self) -> NodeSpec {
        let requirement = |wire: &WireRequirement| PoolRequirement {
            key: wire.key,
            operator: wire.operator,
            values: wire.values.iter().copied().collect(),
            min_values: wire.min_values,
        };
        let class = self.node_class_ref.map(|class| ClassRef {
            group: match class.api_version.split_once('/') {
                Some((group, _)) if class.group.is_empty() => name(group),
                _ => class.group,
            },
            kind: class.kind,
            name: class.name,
        });
        NodeSpec {
            requirements: self.requirements.iter().map(requirement).collect(),
            taints: taints(&self.taints),
            startup_taints: taints(&self.startup_taints),
            class,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireNodePool {
    metadata: WireMetadata,
    spec: WirePoolSpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WirePoolSpec {
    template: WirePoolTemplate,
    limits: ResourceList,
    weight: Option<i64>,
    replicas: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WirePoolTemplate {
    metadata: WireTemplateMetadata,
    spec: WireNodeSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireTemplateMetadata {
    labels: Labels,
}

impl WireNodePool {
    pub(crate) fn into_object(self, kind: ProvisioningKind) -> ProvisioningObject {
        let key = self.metadata.key();
        let data = NodePool {
            uid: self.metadata.uid,
            deleting: self.metadata.deletion_timestamp.is_some(),
            weight: self.spec.weight.unwrap_or_default(),
            is_static: self.spec.replicas.is_some(),
            limits: self.spec.limits,
            labels: self.spec.template.metadata.labels,
            node: self.spec.template.spec.into_spec(),
            conditions: conditions(self.status.conditions),
        };
        ProvisioningObject { kind, key, data: Provisioning::Pool(data) }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireNodeClaim {
    metadata: WireMetadata,
    spec: WireClaimSpec,
    status: WireClaimStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireClaimSpec {
    #[serde(flatten)]
    node: WireNodeSpec,
    resources: WireResources,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireResources {
    requests: ResourceList,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireClaimStatus {
    #[serde(rename = "providerID")]
    provider_id: Name,
    node_name: Name,
    capacity: ResourceList,
    allocatable: ResourceList,
    #[serde(flatten)]
    conditions: WireStatus,
}

impl WireNodeClaim {
    pub(crate) fn into_object(self, kind: ProvisioningKind) -> ProvisioningObject {
        let key = self.metadata.key();
        let data = NodeClaim {
            labels: self.metadata.labels,
            created: self.metadata.creation_timestamp,
            deleting: self.metadata.deletion_timestamp.is_some(),
            node: self.spec.node.into_spec(),
            requests: self.spec.resources.requests,
            provider_id: self.status.provider_id,
            node_name: self.status.node_name,
            capacity: self.status.capacity,
            allocatable: self.status.allocatable,
            conditions: conditions(self.status.conditions.conditions),
        };
        ProvisioningObject { kind, key, data: Provisioning::Claim(data) }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireNodeOverlay {
    metadata: WireMetadata,
    spec: WireOverlaySpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireOverlaySpec {
    weight: Option<i64>,
    capacity: ResourceList,
    price: Option<Name>,
    price_adjustment: Option<Name>,
}

impl WireNodeOverlay {
    pub(crate) fn into_object(self, kind: ProvisioningKind) -> ProvisioningObject {
        let key = self.metadata.key();
        let data = NodeOverlay {
            weight: self.spec.weight.unwrap_or_default(),
            capacity: self.spec.capacity,
            changes_price: self.spec.price.or(self.spec.price_adjustment).is_some(),
            conditions: conditions(self.status.conditions),
        };
        ProvisioningObject { kind, key, data: Provisioning::Overlay(data) }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireNodeClass {
    metadata: WireMetadata,
    status: WireStatus,
}

impl WireNodeClass {
    pub(crate) fn into_object(self, kind: ProvisioningKind) -> ProvisioningObject {
        let key = self.metadata.key();
        let data = NodeClass { conditions: conditions(self.status.conditions) };
        ProvisioningObject { kind, key, data: Provisioning::Class(data) }
    }
}
