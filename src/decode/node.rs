//! A node as it was read.

use serde::Deserialize;

use crate::api::image::NodeImages;
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::Metadata;
use crate::api::name::Name;
use crate::api::resources::{ResourceList, Resources, is_extended_resource_name};
use crate::api::taint::{Taint, TaintEffect};
use crate::api::time::{Timestamp, UnparsedTime};

/// The scheduling-relevant part of a Node.
#[derive(Clone, Debug, Default, Hash)]
pub struct Node {
    /// The name.
    pub name: Name,
    /// The labels.
    pub labels: Labels,
    /// When it was created.
    pub creation_timestamp: Option<Timestamp>,
    /// When one of its conditions last changed: `Ready`, a pressure.
    pub last_transition: Option<Timestamp>,
    /// `spec.unschedulable`: cordoned.
    pub unschedulable: bool,
    /// `spec.taints`.
    pub taints: Box<[Taint]>,
    /// When taints were added, where `spec.taints` says so (`timeAdded`): shown to people, no matter
    /// to scheduling.
    pub taint_times: Box<[(Taint, Timestamp)]>,
    /// `spec.providerID`.
    pub provider_id: Option<Name>,
    /// What its conditions say of its readiness.
    pub readiness: Readiness,
    /// `status.capacity`.
    pub capacity: Resources,
    /// `status.allocatable`.
    pub allocatable: Resources,
    /// `status.capacity` of extended resources of which less is allocatable: devices that are there and cannot be used.
    pub unusable: List<(Name, i64)>,
    /// `status.images`.
    pub images: NodeImages,
    /// `status.declaredFeatures`: what the kubelet supports.
    pub declared_features: List<Name>,
    /// `status.nodeInfo.kubeletVersion`.
    pub kubelet_version: Option<Name>,
}

/// What the conditions of a node say of its readiness, as autoscalers read them: kube-scheduler looks at taints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Readiness {
    /// There is a condition `Ready`.
    pub known: bool,
    /// `Ready` is neither `False` nor `Unknown`, there is no disk pressure, and the network is there.
    pub ready: bool,
    /// When one of these three last changed.
    pub since: Option<Timestamp>,
    /// The condition `Suspended` holds.
    pub suspended: bool,
}

/// A Node on the wire.
#[derive(Deserialize)]
pub(crate) struct WireNode {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: WireSpec,
    #[serde(default)]
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    unschedulable: Option<bool>,
    taints: List<WireTaint>,
    #[serde(rename = "providerID")]
    provider_id: Option<Name>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
struct WireTaint {
    key: Name,
    #[serde(default)]
    value: Name,
    effect: TaintEffect,
    #[serde(default)]
    time_added: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireStatus {
    capacity: ResourceList,
    allocatable: ResourceList,
    images: NodeImages,
    declared_features: List<Name>,
    node_info: WireNodeInfo,
    conditions: List<WireCondition>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireCondition {
    r#type: Option<ConditionType>,
    status: Option<ConditionStatus>,
    last_transition_time: Option<UnparsedTime>,
}

#[derive(Deserialize, PartialEq)]
enum ConditionType {
    Ready,
    DiskPressure,
    NetworkUnavailable,
    Suspended,
    #[serde(other)]
    Other,
}

#[derive(Deserialize, PartialEq)]
enum ConditionStatus {
    True,
    False,
    #[serde(other)]
    Unknown,
}

/// cluster-autoscaler `utils/kubernetes/ready.go`, GetNodeReadiness, without the taints; and `clusterstate.go`, isSuspendedNode.
fn readiness(conditions: &[WireCondition]) -> Readiness {
    let mut found = Readiness { ready: true, ..Readiness::default() };
    for condition in conditions {
        let holds = condition.status == Some(ConditionStatus::True);
        match condition.r#type {
            Some(ConditionType::Ready) => {
                found.known = true;
                found.ready &= holds || condition.status.is_none();
            }
            Some(ConditionType::DiskPressure | ConditionType::NetworkUnavailable) => found.ready &= !holds,
            Some(ConditionType::Suspended) => {
                found.suspended = holds;
                continue;
            }
            _ => continue,
        }
        found.since = found.since.max(condition.last_transition_time.as_ref().and_then(UnparsedTime::parse));
    }
    found.ready &= found.known;
    found
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireNodeInfo {
    kubelet_version: Option<Name>,
}

impl WireTaint {
    fn taint(&self) -> Taint {
        Taint { key: self.key, value: self.value, effect: self.effect }
    }
}

impl WireNode {
    pub(crate) fn into_node(self) -> Node {
        let mut capacity = Resources::default();
        capacity.add(self.status.capacity.iter());
        let mut allocatable = Resources::default();
        allocatable.add(self.status.allocatable.iter());
        let extended = self.status.capacity.iter().filter(|(resource, _)| is_extended_resource_name(resource));
        let unusable = extended
            .map(|(resource, quantity)| (resource, quantity.value()))
            .filter(|(resource, capacity)| *capacity > allocatable.scalars.get(*resource))
            .collect();
        Node {
            name: self.metadata.name.unwrap_or_default(),
            labels: self.metadata.labels,
            creation_timestamp: self.metadata.creation_timestamp,
            last_transition: self
                .status
                .conditions
                .iter()
                .filter_map(|condition| condition.last_transition_time.as_ref()?.parse())
                .max(),
            unschedulable: self.spec.unschedulable.unwrap_or_default(),
            taints: self.spec.taints.iter().map(WireTaint::taint).collect(),
            taint_times: self.spec.taints.iter().filter_map(|wire| Some((wire.taint(), wire.time_added?))).collect(),
            provider_id: self.spec.provider_id,
            readiness: readiness(&self.status.conditions),
            capacity,
            allocatable,
            unusable,
            images: self.status.images,
            declared_features: self.status.declared_features,
            kubelet_version: self.status.node_info.kubelet_version,
        }
    }
}
