//! Cluster API: machines, what keeps their number, and what their infrastructure says of them.
//!
//! A MachineDeployment (or MachineSet, MachinePool) with the annotations of the Cluster Autoscaler is a node group. Which
//! fields are read follows cluster-autoscaler cloudprovider/clusterapi (`clusterapi_unstructured.go`, `clusterapi_utils.go`).

use serde::Deserialize;

use super::{Provisioning, ProvisioningKind, ProvisioningObject};
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::{ObjectKey, OwnerReference};
use crate::api::name::{Name, name};
use crate::api::resources::ResourceList;
use crate::api::taint::{Taint, TaintEffect};

/// The annotations in which a scalable resource says what its machines have.
pub const CAPACITY_PREFIX: &str = "capacity.cluster-autoscaler.kubernetes.io/";
/// How few machines it may have.
pub const MIN_SIZE: &str = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size";
/// How many machines it may have.
pub const MAX_SIZE: &str = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size";

/// A MachineDeployment, MachineSet or MachinePool.
#[derive(Clone, Debug)]
pub struct ScalableResource {
    /// Its annotations of the Cluster Autoscaler.
    pub annotations: Labels,
    /// The MachineDeployment that a MachineSet belongs to.
    pub owner: Option<Name>,
    /// `spec.replicas`.
    pub replicas: Option<i64>,
    /// `spec.template.spec.metadata.labels`, where upstream looks for labels of the nodes.
    pub template_labels: Labels,
    /// `spec.template.spec.taints`.
    pub taints: Box<[Taint]>,
    /// `spec.template.spec.infrastructureRef`.
    pub infrastructure: Option<InfrastructureRef>,
    /// `spec.providerIDList` of a MachinePool.
    pub provider_ids: Box<[Name]>,
}

/// Which infrastructure template machines are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InfrastructureRef {
    /// Its kind.
    pub kind: Name,
    /// Its name, in the namespace of the resource.
    pub name: Name,
}

/// A Machine.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The MachineSet it belongs to.
    pub owner: Option<Name>,
    /// `spec.providerID`.
    pub provider_id: Option<Name>,
    /// `status.nodeRef.name`.
    pub node: Option<Name>,
}

/// An infrastructure template.
#[derive(Clone, Debug)]
pub struct MachineTemplate {
    /// `status.capacity`.
    pub capacity: ResourceList,
    /// `status.nodeInfo.architecture`; empty where the status lacks it, as upstream reads it.
    pub architecture: Name,
    /// `status.nodeInfo.operatingSystem`.
    pub operating_system: Name,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireMetadata {
    name: Option<Name>,
    namespace: Option<Name>,
    annotations: Labels,
    owner_references: List<OwnerReference>,
}

impl WireMetadata {
    fn key(&self) -> ObjectKey {
        let namespace = self.namespace.filter(|namespace| !namespace.is_empty());
        ObjectKey::new(namespace.unwrap_or_else(|| name("default")), self.name.unwrap_or_default())
    }

    /// Upstream clusterapi_utils.go, getOwnerForKind.
    fn owner(&self, kind: &str) -> Option<Name> {
        let owner = self.owner_references.iter().find(|owner| owner.kind == kind && !owner.name.is_empty());
        owner.map(|owner| owner.name)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireScalable {
    metadata: WireMetadata,
    spec: WireScalableSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireScalableSpec {
    replicas: Option<i64>,
    #[serde(rename = "providerIDList")]
    provider_ids: List<Name>,
    template: WireTemplate,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireTemplate {
    spec: WireTemplateSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireTemplateSpec {
    metadata: WireTemplateMetadata,
    taints: List<WireTaint>,
    infrastructure_ref: Option<WireReference>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireTemplateMetadata {
    labels: Labels,
}

#[derive(Deserialize)]
struct WireTaint {
    #[serde(default)]
    key: Name,
    #[serde(default)]
    value: Name,
    effect: TaintEffect,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireReference {
    kind: Name,
    name: Name,
}

impl WireScalable {
    pub(crate) fn into_object(self, kind: ProvisioningKind) -> ProvisioningObject {
        let spec = self.spec.template.spec;
        let is_ours = |key: &Name| key.starts_with(CAPACITY_PREFIX) || *key == MIN_SIZE || *key == MAX_SIZE;
        let data = ScalableResource {
            annotations: self.metadata.annotations.iter().filter(|(key, _)| is_ours(key)).collect(),
            owner: self.metadata.owner("MachineDeployment"),
            replicas: self.spec.replicas,
            template_labels: spec.metadata.labels,
            taints: spec
                .taints
                .iter()
                .map(|taint| Taint { key: taint.key, value: taint.value, effect: taint.effect })
                .collect(),
            infrastructure: spec
                .infrastructure_ref
                .map(|reference| InfrastructureRef { kind: reference.kind, name: reference.name }),
            provider_ids: self.spec.provider_ids.iter().copied().collect(),
        };
        ProvisioningObject { kind, key: self.metadata.key(), data: Provisioning::Scalable(data) }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireMachine {
    metadata: WireMetadata,
    spec: WireMachineSpec,
    status: WireMachineStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireMachineSpec {
    #[serde(rename = "providerID")]
    provider_id: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireMachineStatus {
    node_ref: WireReference,
}

impl WireMachine {
    pub(crate) fn into_object(self, kind: ProvisioningKind) -> ProvisioningObject {
        let node = Some(self.status.node_ref.name).filter(|node| !node.is_empty());
        let data = Machine { owner: self.metadata.owner("MachineSet"), provider_id: self.spec.provider_id, node };
        ProvisioningObject { kind, key: self.metadata.key(), data: Provisioning::Machine(data) }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireMachineTemplate {
    metadata: WireMetadata,
    status: WireTemplateStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireTemplateStatus {
    capacity: ResourceList,
    node_info: WireNodeInfo,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireNodeInfo {
    architecture: Name,
    operating_system: Name,
}

impl WireMachineTemplate {
    pub(crate) fn into_object(self, kind: ProvisioningKind) -> ProvisioningObject {
        let WireTemplateStatus { capacity, node_info } = self.status;
        let data = MachineTemplate {
            capacity,
            architecture: node_info.architecture,
            operating_system: node_info.operating_system,
        };
        ProvisioningObject { kind, key: self.metadata.key(), data: Provisioning::Template(data) }
    }
}
