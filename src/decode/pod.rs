//! Pods as they are read: what is a pod's own, beside the template that it shares with others.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::autoscaling::process::AutoscalerProcess;
use super::object::{DecodedPrefix, take};
use super::scheduler_process::SchedulerProcess;
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::{Annotations, Metadata, ObjectKey, OwnerReference};
use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::api::pod_template::PodTemplate;
use crate::api::resize::{ContainerResize, ResizeStatus, ResizedResources};
use crate::api::resources::ResourceList;
use crate::api::time::{Timestamp, UnparsedTime};

/// What a pod does not share with others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the pod, by itself")]
pub struct PodOwn {
    /// Namespace and name.
    pub key: ObjectKey,
    /// The unique id; namespace and name where the state has none.
    pub uid: Name,
    /// The labels, one copy for all pods that have the same.
    pub labels: Arc<Labels>,
    /// The object that manages it.
    pub controller: Option<OwnerReference>,
    /// When it was created.
    pub creation_timestamp: Option<Timestamp>,
    /// When it is to be gone.
    pub deletion_timestamp: Option<Timestamp>,
    /// When the kubelet took it up.
    pub start_time: Option<Timestamp>,
    /// `spec.nodeName`.
    pub node_name: Option<Name>,
    /// A LimitRange set some of its requests or limits.
    pub limit_ranged: bool,
    /// It stands for a pod that a kubelet runs by itself.
    pub mirror: bool,
    /// The Cluster Autoscaler takes it for a pod of a DaemonSet.
    pub daemon_set_pod: bool,
    /// Annotations that few pods have.
    pub annotated: Option<Box<RareAnnotations>>,
    /// `status.nominatedNodeName`.
    pub nominated_node_name: Option<Name>,
    /// `status.phase`.
    pub phase: PodPhase,
    /// Why it ended, of a pod in a final phase.
    pub end: Option<Box<PodEnd>>,
    /// Deleted by the scheduler in favour of another pod (condition `DisruptionTarget`).
    pub preempted_by_scheduler: bool,
    /// The condition `Ready`; none where the status does not have it.
    pub ready: Option<ReadyCondition>,
    /// The most restarts of any of its containers.
    pub restarts: i32,
    /// What a ReplicaSet takes its deletion to cost, by an annotation; 0 without one.
    pub deletion_cost: i32,
    /// A VerticalPodAutoscaler set its requests at admission.
    pub vpa_updated: bool,
    /// The condition `PodScheduled`, of a pod that no kubelet has taken up.
    pub scheduled: Option<Box<ScheduledCondition>>,
    /// `status.resourceClaimStatuses`: claims generated for the pod.
    pub resource_claim_statuses: List<PodResourceClaimStatus>,
    /// Which object of the input it was, counted from 0: the last word in the queue's order.
    pub sequence: u32,
}

impl PodOwn {
    /// A new pod to which nothing has happened yet.
    pub fn fresh(key: ObjectKey, labels: Arc<Labels>, controller: Option<OwnerReference>) -> Self {
        Self {
            key,
            uid: Name::default(),
            labels,
            controller,
            creation_timestamp: None,
            deletion_timestamp: None,
            start_time: None,
            node_name: None,
            limit_ranged: false,
            mirror: false,
            daemon_set_pod: false,
            annotated: None,
            nominated_node_name: None,
            phase: PodPhase::Pending,
            end: None,
            preempted_by_scheduler: false,
            ready: None,
            restarts: 0,
            deletion_cost: 0,
            vpa_updated: false,
            scheduled: None,
            resource_claim_statuses: List::default(),
            sequence: u32::MAX,
        }
    }

    /// What its annotations say that few pods have.
    pub fn annotated(&self) -> RareAnnotations {
        self.annotated.as_deref().copied().unwrap_or_default()
    }

    /// With the uid that is made up where nobody gave one: namespace and name.
    #[must_use]
    pub fn with_uid(self) -> Self {
        if self.uid.is_empty() { Self { uid: name(&self.key.to_string()), ..self } } else { self }
    }
}

/// What annotations say that few pods have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RareAnnotations {
    /// How old the pod must be before the Cluster Autoscaler makes room for it.
    pub scale_up_delay: Option<Name>,
    /// The ProvisioningRequest that it consumes.
    pub provisioning_request: Option<Name>,
    /// The PodGroup of another scheduler, Volcano or KAI.
    pub group: Option<Name>,
}

impl RareAnnotations {
    fn of(annotations: &Annotations) -> Option<Box<Self>> {
        let groups = [annotations.volcano_group, annotations.volcano_own_group, annotations.kai_group];
        let rare = Self {
            scale_up_delay: annotations.scale_up_delay,
            provisioning_request: annotations.provisioning_request.or(annotations.old_provisioning_request),
            group: groups.into_iter().flatten().next().filter(|group| !group.is_empty()),
        };
        (rare != Self::default()).then(|| Box::new(rare))
    }
}

/// A pod as it was read, before the state is built.
#[derive(Clone, Debug)]
pub struct PodObject {
    /// What is its own.
    pub own: Box<PodOwn>,
    /// The specification and the resize status, shared by equal pods.
    pub template: Arc<PodTemplate>,
    /// What it tells of the kube-scheduler that it is, if it is one.
    pub scheduler: Option<Box<SchedulerProcess>>,
    /// The same of the Cluster Autoscaler.
    pub autoscaler: Option<Box<AutoscalerProcess>>,
}

/// What the status of a pod in a final phase says of its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodEnd {
    /// `status.reason`: `Evicted`, `OutOfcpu`, `NodeAffinity`; empty where containers simply ended.
    pub reason: Box<str>,
    /// `status.message`, as its writer left it.
    pub message: Box<str>,
}

/// What the condition `Ready` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyCondition {
    /// Whether the pod is ready.
    pub status: bool,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// What the condition `PodScheduled` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledCondition {
    /// Whether the pod was given a node.
    pub status: bool,
    /// Whether its reason is `Unschedulable`: no node was found, rather than none looked for.
    pub unschedulable: bool,
    /// Since when: later messages do not change that.
    pub since: Option<Timestamp>,
    /// The scheduler's newest message, in full; empty for a pod that was given a node.
    pub message: Box<str>,
}

/// `status.phase`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[non_exhaustive]
pub enum PodPhase {
    /// Not yet running.
    #[default]
    Pending,
    /// Running.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Its node does not answer.
    #[serde(other)]
    Unknown,
}

impl PodPhase {
    /// Whether the pod has ended: such pods count for nothing.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// An entry of `status.resourceClaimStatuses`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodResourceClaimStatus {
    /// The name inside the pod.
    pub name: Name,
    /// The generated claim; none when no claim was needed.
    #[serde(default)]
    pub resource_claim_name: Option<Name>,
}

/// A Pod on the wire.
#[derive(Deserialize)]
struct WirePod {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: PodSpec,
    #[serde(default)]
    status: WireStatus,
}

impl WirePod {
    /// The pod as the state keeps it; `json` is its text.
    fn into_object(mut self, json: &[u8]) -> PodObject {
        let likely = SchedulerProcess::is_likely(&self.metadata);
        let scheduler = if likely { SchedulerProcess::of(json).map(Box::new) } else { None };
        let labels = self.metadata.labels.iter();
        let likely = AutoscalerProcess::is_likely(labels.map(|(key, value)| (key.as_str(), value.as_str())));
        let autoscaler = if likely { AutoscalerProcess::of(json).map(Box::new) } else { None };
        let mut status = self.status;
        let end = status.end();
        let annotations = self.metadata.annotations.unwrap_or_default();
        let node_name = self.spec.node_name.take().filter(|name| !name.is_empty());
        let own = Box::new(PodOwn {
            key: self.metadata.key(),
            uid: self.metadata.uid.unwrap_or_default(),
            controller: self.metadata.controller().copied(),
            labels: Arc::new(self.metadata.labels),
            creation_timestamp: self.metadata.creation_timestamp,
            deletion_timestamp: self.metadata.deletion_timestamp,
            start_time: status.start_time,
            node_name,
            limit_ranged: annotations.limit_ranger.is_some(),
            mirror: annotations.mirror.is_some(),
            daemon_set_pod: annotations.daemon_set_pod.is_some_and(|value| value == "true"),
            annotated: RareAnnotations::of(&annotations),
            nominated_node_name: status.nominated_node_name.filter(|name| !name.is_empty()),
            phase: status.phase.unwrap_or_default(),
            end,
            preempted_by_scheduler: status.conditions.iter().any(WireCondition::is_preemption),
            ready: status.ready(),
            restarts: status.restarts(),
            deletion_cost: deletion_cost(annotations.deletion_cost),
            vpa_updated: annotations.vpa_updates.is_some(),
            scheduled: status.scheduled(),
            resource_claim_statuses: status.resource_claim_statuses,
            sequence: 0,
        });
        let resize = ResizeStatus {
            infeasible: is_resize_pending(&status.conditions, &ConditionReason::Infeasible),
            deferred: is_resize_pending(&status.conditions, &ConditionReason::Deferred),
            pod: ResizedResources::of(status.resources.as_ref(), status.allocated_resources.as_ref()),
            containers: status
                .container_statuses
                .into_iter()
                .chain(&status.init_container_statuses)
                .filter_map(WireContainerStatus::resize)
                .collect(),
        };
        PodObject { own, template: Arc::new(PodTemplate { spec: self.spec, resize }), scheduler, autoscaler }
    }
}

/// The same from what is no text; none where it cannot be read so, or may be a scheduler's pod, which is looked at again.
pub(crate) fn direct<'de, D: Deserializer<'de>>(pod: D) -> Option<PodObject> {
    let pod = WirePod::deserialize(pod).ok()?;
    let labels = || pod.metadata.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let likely = SchedulerProcess::is_likely(&pod.metadata) || AutoscalerProcess::is_likely(labels());
    (!likely).then(|| pod.into_object(&[]))
}

/// Decodes a pod, with what it tells of the kube-scheduler that it may be.
pub(super) fn decode(json: &[u8]) -> serde_json::Result<DecodedPrefix<PodObject>> {
    let pod = take::<WirePod>(json)?;
    Ok(pod.map(|pod| pod.into_object(json)))
}

impl WireStatus {
    /// Of pods that go on nothing is kept.
    fn end(&mut self) -> Option<Box<PodEnd>> {
        self.phase.filter(|phase| phase.is_terminal())?;
        Some(Box::new(PodEnd {
            reason: self.reason.take().unwrap_or_default(),
            message: self.message.take().unwrap_or_default(),
        }))
    }

    fn ready(&self) -> Option<ReadyCondition> {
        let condition = self.conditions.iter().find(|condition| condition.r#type == ConditionType::Ready)?;
        Some(ReadyCondition {
            status: condition.status == Some(ConditionStatus::True),
            since: condition.last_transition_time.as_ref().and_then(UnparsedTime::parse),
        })
    }

    /// Upstream pkg/controller/controller_utils.go, maxContainerRestarts. Init containers do not count there, but
    /// for restartable ones: these are rare, and of the status alone they cannot be distinguished.
    fn restarts(&self) -> i32 {
        self.container_statuses.iter().map(|container| container.restart_count).max().unwrap_or_default()
    }

    /// Of pods that run nothing is kept: there are many, and nobody asks when they were bound.
    fn scheduled(&self) -> Option<Box<ScheduledCondition>> {
        if self.start_time.is_some() {
            return None;
        }
        let condition = self.conditions.iter().find(|condition| condition.r#type == ConditionType::PodScheduled)?;
        Some(Box::new(ScheduledCondition {
            status: condition.status == Some(ConditionStatus::True),
            unschedulable: condition.status == Some(ConditionStatus::False)
                && condition.reason == Some(ConditionReason::Unschedulable),
            since: condition.last_transition_time.as_ref().and_then(UnparsedTime::parse),
            message: condition.message.clone().unwrap_or_default(),
        }))
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireStatus {
    phase: Option<PodPhase>,
    reason: Option<Box<str>>,
    message: Option<Box<str>>,
    nominated_node_name: Option<Name>,
    start_time: Option<Timestamp>,
    conditions: List<WireCondition>,
    container_statuses: List<WireContainerStatus>,
    init_container_statuses: List<WireContainerStatus>,
    resource_claim_statuses: List<PodResourceClaimStatus>,
    resources: Option<WireResources>,
    allocated_resources: Option<ResourceList>,
}

/// Words that mean nothing here are not even kept: every pod has five conditions or more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCondition {
    r#type: ConditionType,
    #[serde(default)]
    status: Option<ConditionStatus>,
    #[serde(default)]
    reason: Option<ConditionReason>,
    #[serde(default)]
    message: Option<Box<str>>,
    #[serde(default)]
    last_transition_time: Option<UnparsedTime>,
}

#[derive(Deserialize, PartialEq)]
enum ConditionType {
    DisruptionTarget,
    Ready,
    PodResizePending,
    PodScheduled,
    #[serde(other)]
    Other,
}

#[derive(Deserialize, PartialEq)]
enum ConditionStatus {
    True,
    False,
    #[serde(other)]
    Other,
}

#[derive(Deserialize, PartialEq)]
enum ConditionReason {
    PreemptionByScheduler,
    Infeasible,
    Deferred,
    Unschedulable,
    #[serde(other)]
    Other,
}

impl WireCondition {
    /// Upstream defaultpreemption/default_preemption.go, podTerminatingByPreemption.
    fn is_preemption(&self) -> bool {
        self.r#type == ConditionType::DisruptionTarget
            && self.status == Some(ConditionStatus::True)
            && self.reason == Some(ConditionReason::PreemptionByScheduler)
    }
}

/// Upstream pkg/apis/core/helper/helpers.go, GetDeletionCostFromPodAnnotations: what is no plain number counts as 0.
fn deletion_cost(annotation: Option<Name>) -> i32 {
    let valid = |text: &Name| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        digits == "0" || !digits.starts_with(['0', '+'])
    };
    annotation.filter(valid).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The first condition of its type decides (upstream component-helpers/resource/helpers.go, IsPodResizeInfeasible).
fn is_resize_pending(conditions: &[WireCondition], why: &ConditionReason) -> bool {
    let pending = conditions.iter().find(|condition| condition.r#type == ConditionType::PodResizePending);
    pending.is_some_and(|condition| condition.reason.as_ref() == Some(why))
}

/// `resources` of a status.
#[derive(Deserialize)]
struct WireResources {
    #[serde(default)]
    requests: Option<ResourceList>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireContainerStatus {
    name: Name,
    #[serde(default)]
    restart_count: i32,
    #[serde(default)]
    resources: Option<WireResources>,
    #[serde(default)]
    allocated_resources: Option<ResourceList>,
}

impl WireContainerStatus {
    /// None where it says nothing of resources.
    fn resize(&self) -> Option<ContainerResize> {
        let resources = ResizedResources::of(self.resources.as_ref(), self.allocated_resources.as_ref());
        (resources != ResizedResources::default()).then_some(ContainerResize { container: self.name, resources })
    }
}

impl ResizedResources {
    fn of(resources: Option<&WireResources>, allocated: Option<&ResourceList>) -> Self {
        Self {
            has_resources: resources.is_some(),
            actuated: resources.and_then(|resources| resources.requests.clone()),
            allocated: allocated.cloned(),
        }
    }
}
