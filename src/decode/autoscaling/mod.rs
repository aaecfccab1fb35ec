//! Objects of the programs that make nodes: Cluster Autoscaler, Karpenter, Cluster API.
//!
//! None of them is known to kube-scheduler. They say which nodes could be made, and why one was not. Kinds that come with
//! a CRD are one family of the table of kinds ([`ProvisioningKind`]): a cluster that has none of them is not asked for any.

pub mod buffers;
pub mod cluster_api;
pub(super) mod fields;
pub mod karpenter;
pub mod priorities;
pub mod process;
pub mod status;

use std::fmt;

use serde::Deserialize;

use super::kinds::Kind;
use crate::api::list::List;
use crate::api::meta::ObjectKey;
use crate::api::time::UnparsedTime;
use crate::api::{Name, Timestamp};

use buffers::Buffer;
use cluster_api::{Machine, MachineTemplate, ScalableResource};
use karpenter::{NodeClaim, NodeClass, NodeOverlay, NodePool};

/// Kinds of which the API server knows only if somebody installed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the API's own word")]
pub enum ProvisioningKind {
    NodePool,
    NodeClaim,
    NodeOverlay,
    EC2NodeClass,
    NodeClass,
    AKSNodeClass,
    GCENodeClass,
    KWOKNodeClass,
    OCINodeClass,
    IBMNodeClass,
    MachineDeployment,
    MachineSet,
    MachinePool,
    Machine,
    AWSMachineTemplate,
    AzureMachineTemplate,
    GCPMachineTemplate,
    OpenStackMachineTemplate,
    VSphereMachineTemplate,
    Metal3MachineTemplate,
    DockerMachineTemplate,
    KubevirtMachineTemplate,
    NutanixMachineTemplate,
    ProxmoxMachineTemplate,
    HCloudMachineTemplate,
    OCIMachineTemplate,
    CapacityBuffer,
    CapacityQuota,
    ProvisioningRequest,
}

impl ProvisioningKind {
    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        Kind::Provisioning(self).as_str()
    }
}

impl fmt::Display for ProvisioningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An object of one of these kinds.
#[derive(Clone, Debug)]
pub struct ProvisioningObject {
    /// Its kind.
    pub kind: ProvisioningKind,
    /// Namespace and name; the namespace is empty where objects have none.
    pub key: ObjectKey,
    /// What it says.
    pub data: Provisioning,
}

/// What an object says.
#[derive(Clone, Debug)]
pub enum Provisioning {
    /// A NodePool.
    Pool(NodePool),
    /// A NodeClaim.
    Claim(NodeClaim),
    /// A NodeOverlay.
    Overlay(NodeOverlay),
    /// A node class of any provider.
    Class(NodeClass),
    /// A MachineDeployment, MachineSet or MachinePool.
    Scalable(ScalableResource),
    /// A Machine.
    Machine(Machine),
    /// What machines of an infrastructure provider are like.
    Template(MachineTemplate),
    /// A CapacityBuffer, CapacityQuota or ProvisioningRequest.
    Buffer(Buffer),
}

/// A condition of a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its type: `Ready`, `Launched`.
    pub r#type: Name,
    /// `True`, `False` or `Unknown`.
    pub status: Name,
    /// Why, in a word.
    pub reason: Name,
    /// Why, in a sentence.
    pub message: Box<str>,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl Condition {
    /// Whether it holds.
    pub fn is_true(&self) -> bool {
        self.status == "True"
    }
}

/// The condition of this type.
pub fn condition<'a>(conditions: &'a [Condition], r#type: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.r#type == r#type)
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireStatus {
    conditions: List<WireCondition>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireCondition {
    r#type: Name,
    status: Name,
    reason: Name,
    message: Option<Box<str>>,
    last_transition_time: Option<UnparsedTime>,
}

pub(super) fn conditions(wire: List<WireCondition>) -> Box<[Condition]> {
    let kept = wire.into_vec().into_iter().map(|condition| Condition {
        r#type: condition.r#type,
        status: condition.status,
        reason: condition.reason,
        message: condition.message.unwrap_or_default(),
        since: condition.last_transition_time.as_ref().and_then(UnparsedTime::parse),
    });
    kept.collect()
}
