//! The kinds of objects that are read: one entry a kind, from which all else follows.
//!
//! An entry says under which API group, versions and resource a server has the kind, whether its
//! objects live in a namespace, how one is decoded, and which of its fields are read. Decoding, the
//! paths of live lists with their fallback to older versions, pruning, redaction, the rights that
//! `docs/rbac.yaml` asks for, the notes about what could not be listed, and snapshots use nothing else.

use serde::de::DeserializeOwned;

use super::autoscaling::buffers::WireBuffer;
use super::autoscaling::cluster_api::{WireMachine, WireMachineTemplate, WireScalable};
use super::autoscaling::karpenter::{WireNodeClaim, WireNodeClass, WireNodeOverlay, WireNodePool};
use super::autoscaling::status::AutoscalerStatus;
use super::autoscaling::{ProvisioningKind, ProvisioningObject, fields as autoscaling, status};
use super::coscheduling::{self, CoschedulingPodGroup, WireCoschedulingPodGroup};
use super::devices::claim::{WireResourceClaim, WireResourceClaimTemplate};
use super::devices::class::WireDeviceClass;
use super::devices::slice::WireResourceSlice;
use super::devices::taint::WireDeviceTaintRule;
use super::devices::{DeviceClass, DeviceTaintRule, ResourceClaim, ResourceClaimTemplate, ResourceSlice};
use super::fields::{FieldShape, admission, devices, pods, storage as volumes};
use super::limit_range::{LimitRange, WireLimitRange};
use super::node::{Node, WireNode};
use super::object::{DecodedPrefix, take};
use super::pod::{self, PodObject};
use super::pod_group::{self, PodGroup, SchedulingWorkload};
use super::queueing::{self, QueueingKind, QueueingObject, WireQueueingObject};
use super::resource_quota::{ResourceQuota, WireResourceQuota};
use super::runtime_class::{RuntimeClass, WireRuntimeClass};
use super::storage::{
    CsiDriver, CsiNode, CsiStorageCapacity, PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeAttachment,
    WireClaim, WireCsiDriver, WireCsiNode, WireCsiStorageCapacity, WirePersistentVolume, WireStorageClass,
    WireVolumeAttachment,
};
use super::wire::{
    WireCronJob, WireNamespace, WirePodDisruptionBudget, WirePriorityClass, WireReplicationController, WireService,
    WireWorkload,
};
use super::workload::{Namespace, PodDisruptionBudget, PriorityClass, Service, Workload, WorkloadKind};
use crate::api::{ObjectKey, name};

/// Decodes the object that the bytes begin with, and says how many of them it took.
type Decode = fn(&[u8]) -> serde_json::Result<(Object, usize)>;

/// What there is to know of a kind.
pub(crate) struct Entry {
    /// The API's word for it.
    name: &'static str,
    /// The API group, empty for core; behind it those in which older servers had the kind, in the same shape.
    groups: &'static [&'static str],
    /// The versions in which the kind is read, the newest first.
    versions: &'static [&'static str],
    /// The resource, as URLs and roles name it.
    resource: &'static str,
    /// Whether objects live in a namespace.
    namespaced: bool,
    decode: Decode,
    /// What is read of an object.
    pub(super) fields: &'static FieldShape,
}

/// What objects of a kind, or of several, are decoded to.
pub trait Decoded: Sized {
    /// The kinds.
    const KINDS: &'static [Kind];

    /// The value in `object`; none if it is of another kind.
    fn from_object(object: Object) -> Option<Self>;
}

/// Defines [`Kind`] and [`Object`] from the table. Each line of it:
///
/// `Kind(what it is decoded to) = groups, versions, resource; scope(its key or name) { decode; fields }`
///
/// Several kinds that are decoded to the same stand together, in the middle.
macro_rules! kinds {
    (
        $( $(#[$doc:meta])* $kind:ident($data:ty) = [$($group:literal)+], [$($version:literal)+], $resource:literal;
           $scope:ident($($key:ident).+) { $decode:expr; $fields:expr } )+
        $( ---
        $(#[$family_doc:meta])* $family:ident($family_data:ty) by $member:ident:
        $( $of:ident = [$($of_group:literal)+], [$($of_version:literal)+], $of_resource:literal;
           $of_scope:ident { $of_decode:expr; $of_fields:expr } )+ )+
        +++
        $( $(#[$late_doc:meta])* $late:ident($late_data:ty)
           = [$($late_group:literal)+], [$($late_version:literal)+], $late_resource:literal;
           $late_scope:ident($($late_key:ident).+) { $late_decode:expr; $late_fields:expr } )+
    ) => {
        /// Kinds that the state keeps.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Kind {
            $( $(#[$doc])* $kind, )+
            $( $(#[$family_doc])* $family($member), )+
            $( $(#[$late_doc])* $late, )+
        }

        /// What is kept of an object.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Object {
            $( $(#[$doc])* $kind(Box<$data>), )+
            $( $(#[$family_doc])* $family(Box<$family_data>), )+
            $( $(#[$late_doc])* $late(Box<$late_data>), )+
        }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[
                $( Self::$kind, )+
                $( $( Self::$family($member::$of), )+ )+
                $( Self::$late, )+
            ];

            pub(crate) fn entry(self) -> &'static Entry {
                match self {
                    $( Self::$kind => const { &Entry {
                        name: api_name(stringify!($kind)),
                        groups: &[$($group),+],
                        versions: &[$($version),+],
                        resource: $resource,
                        namespaced: kinds!(@namespaced $scope),
                        decode: |json| {
                            let decoded: DecodedPrefix<$data> = $decode(json)?;
                            Ok(decoded.map(|object| Object::$kind(Box::new(object))).into_parts())
                        },
                        fields: &$fields,
                    } }, )+
                    $( $( Self::$family($member::$of) => const { &Entry {
                        name: api_name(stringify!($of)),
                        groups: &[$($of_group),+],
                        versions: &[$($of_version),+],
                        resource: $of_resource,
                        namespaced: kinds!(@namespaced $of_scope),
                        decode: |json| {
                            let decoded: DecodedPrefix<$family_data> = $of_decode(json)?;
                            Ok(decoded.map(|object| Object::$family(Box::new(object))).into_parts())
                        },
                        fields: &$of_fields,
                    } }, )+ )+
                    $( Self::$late => const { &Entry {
                        name: api_name(stringify!($late)),
                        groups: &[$($late_group),+],
                        versions: &[$($late_version),+],
                        resource: $late_resource,
                        namespaced: kinds!(@namespaced $late_scope),
                        decode: |json| {
                            let decoded: DecodedPrefix<$late_data> = $late_decode(json)?;
                            Ok(decoded.map(|object| Object::$late(Box::new(object))).into_parts())
                        },
                        fields: &$late_fields,
                    } }, )+
                }
            }
        }

        impl Object {
            /// Kind, namespace (empty where there is none) and name: what tells objects apart.
            pub fn identity(&self) -> (Kind, ObjectKey) {
                match self {
                    $( Self::$kind(object) => (Kind::$kind, kinds!(@key $scope object.$($key).+)), )+
                    $( Self::$family(object) => (Kind::$family(object.kind), object.key), )+
                    $( Self::$late(object) => (Kind::$late, kinds!(@key $late_scope object.$($late_key).+)), )+
                }
            }
        }

        $( kinds!(@decoded $family($family_data) [$(Kind::$family($member::$of)),+]); )+
        $( kinds!(@decoded $kind($data) [Kind::$kind]); )+
        $( kinds!(@decoded $late($late_data) [Kind::$late]); )+
    };
    (@namespaced Namespaced) => { true };
    (@namespaced Cluster) => { false };
    (@key Namespaced $($key:tt)+) => { $($key)+ };
    (@key Cluster $($name:tt)+) => { ObjectKey::new(name(""), $($name)+) };
    (@decoded $kind:ident($data:ty) [$($of:expr),+]) => {
        impl Decoded for $data {
            const KINDS: &'static [Kind] = &[$($of),+];

            fn from_object(object: Object) -> Option<Self> {
                match object {
                    Object::$kind(object) => Some(*object),
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// A Pod.
    Pod(PodObject) = [""], ["v1"], "pods"; Namespaced(own.key) { pod::decode; pods::POD }
    /// A Node.
    Node(Node) = [""], ["v1"], "nodes"; Cluster(name) { via(WireNode::into_node); pods::NODE }
    /// A Namespace.
    Namespace(Namespace) = [""], ["v1"], "namespaces"; Cluster(name) { via(WireNamespace::into_namespace); pods::NAMESPACE_OBJECT }
    /// A Service.
    Service(Service) = [""], ["v1"], "services"; Namespaced(key) { via(WireService::into_service); pods::SERVICE }
    /// A PodDisruptionBudget.
    PodDisruptionBudget(PodDisruptionBudget) = ["policy"], ["v1"], "poddisruptionbudgets";
        Namespaced(key) { via(WirePodDisruptionBudget::into_budget); pods::POD_DISRUPTION_BUDGET }
    /// A PriorityClass.
    PriorityClass(PriorityClass) = ["scheduling.k8s.io"], ["v1"], "priorityclasses";
        Cluster(name) { via(WirePriorityClass::into_class); pods::PRIORITY_CLASS }
    /// A LimitRange.
    LimitRange(LimitRange) = [""], ["v1"], "limitranges";
        Namespaced(key) { via(WireLimitRange::into_limit_range); admission::LIMIT_RANGE }
    /// A ResourceQuota.
    ResourceQuota(ResourceQuota) = [""], ["v1"], "resourcequotas";
        Namespaced(key) { via(WireResourceQuota::into_quota); admission::RESOURCE_QUOTA }
    /// A RuntimeClass.
    RuntimeClass(RuntimeClass) = ["node.k8s.io"], ["v1"], "runtimeclasses";
        Cluster(name) { via(WireRuntimeClass::into_class); admission::RUNTIME_CLASS }
    /// A PodGroup of the coscheduling plugin.
    CoschedulingPodGroup(CoschedulingPodGroup) = ["scheduling.x-k8s.io"], ["v1alpha1"], "podgroups";
        Namespaced(key) { via(WireCoschedulingPodGroup::into_group); coscheduling::FIELDS }
    /// A PodGroup of kube-scheduler itself.
    PodGroup(PodGroup) = ["scheduling.k8s.io"], ["v1beta1" "v1alpha3" "v1alpha2"], "podgroups";
        Namespaced(key) { via(pod_group::WirePodGroup::into_pod_group); admission::POD_GROUP }
    /// A Workload of kube-scheduler itself, as v1.35 has it.
    SchedulingWorkload(SchedulingWorkload) = ["scheduling.k8s.io"], ["v1alpha1"], "workloads";
        Namespaced(key) { via(pod_group::WireSchedulingWorkload::into_workload); admission::GROUP_WORKLOAD }
    /// A DeviceClass.
    DeviceClass(DeviceClass) = ["resource.k8s.io"], ["v1" "v1beta2" "v1beta1"], "deviceclasses";
        Cluster(name) { via(WireDeviceClass::into_class); devices::DEVICE_CLASS }
    /// A ResourceClaim.
    ResourceClaim(ResourceClaim) = ["resource.k8s.io"], ["v1" "v1beta2" "v1beta1"], "resourceclaims";
        Namespaced(key) { via(WireResourceClaim::into_claim); devices::RESOURCE_CLAIM }
    /// A ResourceClaimTemplate.
    ResourceClaimTemplate(ResourceClaimTemplate) =
        ["resource.k8s.io"], ["v1" "v1beta2" "v1beta1"], "resourceclaimtemplates";
        Namespaced(key) { via(WireResourceClaimTemplate::into_template); devices::RESOURCE_CLAIM_TEMPLATE }
    /// A ResourceSlice.
    ResourceSlice(ResourceSlice) = ["resource.k8s.io"], ["v1" "v1beta2" "v1beta1"], "resourceslices";
        Cluster(name) { via(WireResourceSlice::into_slice); devices::RESOURCE_SLICE }
    /// A DeviceTaintRule.
    DeviceTaintRule(DeviceTaintRule) = ["resource.k8s.io"], ["v1" "v1beta2" "v1alpha3"], "devicetaintrules";
        Cluster(name) { via(WireDeviceTaintRule::into_rule); devices::DEVICE_TAINT_RULE }
    /// The ConfigMap in which the Cluster Autoscaler says how its node groups are, or the one with their priorities.
    AutoscalerStatus(AutoscalerStatus) = [""], ["v1"], "configmaps"; Namespaced(key) { status::decode; autoscaling::STATUS }
    ---
    /// Anything with a pod template.
    Workload(Workload) by WorkloadKind:
    ReplicationController = [""], ["v1"], "replicationcontrollers";
        Namespaced { via(WireReplicationController::into_workload); pods::REPLICATION_CONTROLLER }
    ReplicaSet = ["apps" "extensions"], ["v1"], "replicasets"; Namespaced { workload(WorkloadKind::ReplicaSet); pods::WORKLOAD }
    StatefulSet = ["apps"], ["v1"], "statefulsets"; Namespaced { workload(WorkloadKind::StatefulSet); pods::WORKLOAD }
    Deployment = ["apps" "extensions"], ["v1"], "deployments"; Namespaced { workload(WorkloadKind::Deployment); pods::WORKLOAD }
    DaemonSet = ["apps" "extensions"], ["v1"], "daemonsets"; Namespaced { workload(WorkloadKind::DaemonSet); pods::WORKLOAD }
    Job = ["batch"], ["v1"], "jobs"; Namespaced { workload(WorkloadKind::Job); pods::WORKLOAD }
    CronJob = ["batch"], ["v1"], "cronjobs"; Namespaced { via(WireCronJob::into_workload); pods::CRON_JOB }
    ---
    /// Anything that tells of nodes that could be made.
    Provisioning(ProvisioningObject) by ProvisioningKind:
    NodePool = ["karpenter.sh"], ["v1" "v1beta1"], "nodepools"; Cluster { of_kind(ProvisioningKind::NodePool, WireNodePool::into_object); autoscaling::NODE_POOL }
    NodeClaim = ["karpenter.sh"], ["v1" "v1beta1"], "nodeclaims"; Cluster { of_kind(ProvisioningKind::NodeClaim, WireNodeClaim::into_object); autoscaling::NODE_CLAIM }
    NodeOverlay = ["karpenter.sh"], ["v1alpha1"], "nodeoverlays"; Cluster { of_kind(ProvisioningKind::NodeOverlay, WireNodeOverlay::into_object); autoscaling::NODE_OVERLAY }
    EC2NodeClass = ["karpenter.k8s.aws"], ["v1" "v1beta1"], "ec2nodeclasses"; Cluster { of_kind(ProvisioningKind::EC2NodeClass, WireNodeClass::into_object); autoscaling::NODE_CLASS }
    NodeClass = ["eks.amazonaws.com"], ["v1"], "nodeclasses"; Cluster { of_kind(ProvisioningKind::NodeClass, WireNodeClass::into_object); autoscaling::NODE_CLASS }
    AKSNodeClass = ["karpenter.azure.com"], ["v1beta1" "v1alpha2"], "aksnodeclasses"; Cluster { of_kind(ProvisioningKind::AKSNodeClass, WireNodeClass::into_object); autoscaling::NODE_CLASS }
    GCENodeClass = ["karpenter.k8s.gcp"], ["v1alpha1"], "gcenodeclasses"; Cluster { of_kind(ProvisioningKind::GCENodeClass, WireNodeClass::into_object); autoscaling::NODE_CLASS }
    KWOKNodeClass = ["karpenter.kwok.sh"], ["v1alpha1"], "kwoknodeclasses"; Cluster { of_kind(ProvisioningKind::KWOKNodeClass, WireNodeClass::into_object); autoscaling::NODE_CLASS }
    OCINodeClass = ["oci.oraclecloud.com"], ["v1beta1"], "ocinodeclasses"; Cluster { of_kind(ProvisioningKind::OCINodeClass, WireNodeClass::into_object); autoscaling::NODE_CLASS }
    IBMNodeClass = ["karpenter-ibm.sh"], ["v1alpha1"], "ibmnodeclasses"; Cluster { of_kind(ProvisioningKind::IBMNodeClass, WireNodeClass::into_object); autoscaling::NODE_CLASS }
    MachineDeployment = ["cluster.x-k8s.io"], ["v1beta2" "v1beta1"], "machinedeployments"; Namespaced { of_kind(ProvisioningKind::MachineDeployment, WireScalable::into_object); autoscaling::SCALABLE }
    MachineSet = ["cluster.x-k8s.io"], ["v1beta2" "v1beta1"], "machinesets"; Namespaced { of_kind(ProvisioningKind::MachineSet, WireScalable::into_object); autoscaling::SCALABLE }
    MachinePool = ["cluster.x-k8s.io"], ["v1beta2" "v1beta1"], "machinepools"; Namespaced { of_kind(ProvisioningKind::MachinePool, WireScalable::into_object); autoscaling::SCALABLE }
    Machine = ["cluster.x-k8s.io"], ["v1beta2" "v1beta1"], "machines"; Namespaced { of_kind(ProvisioningKind::Machine, WireMachine::into_object); autoscaling::MACHINE }
    AWSMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta2" "v1beta1"], "awsmachinetemplates"; Namespaced { of_kind(ProvisioningKind::AWSMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    AzureMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta1"], "azuremachinetemplates"; Namespaced { of_kind(ProvisioningKind::AzureMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    GCPMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta1"], "gcpmachinetemplates"; Namespaced { of_kind(ProvisioningKind::GCPMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    OpenStackMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta1" "v1alpha7"], "openstackmachinetemplates"; Namespaced { of_kind(ProvisioningKind::OpenStackMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    VSphereMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta1"], "vspheremachinetemplates"; Namespaced { of_kind(ProvisioningKind::VSphereMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    Metal3MachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta1"], "metal3machinetemplates"; Namespaced { of_kind(ProvisioningKind::Metal3MachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    DockerMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta2" "v1beta1"], "dockermachinetemplates"; Namespaced { of_kind(ProvisioningKind::DockerMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    KubevirtMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1alpha1"], "kubevirtmachinetemplates"; Namespaced { of_kind(ProvisioningKind::KubevirtMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    NutanixMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta1"], "nutanixmachinetemplates"; Namespaced { of_kind(ProvisioningKind::NutanixMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    ProxmoxMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1alpha1"], "proxmoxmachinetemplates"; Namespaced { of_kind(ProvisioningKind::ProxmoxMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    HCloudMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta1"], "hcloudmachinetemplates"; Namespaced { of_kind(ProvisioningKind::HCloudMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    OCIMachineTemplate = ["infrastructure.cluster.x-k8s.io"], ["v1beta2"], "ocimachinetemplates"; Namespaced { of_kind(ProvisioningKind::OCIMachineTemplate, WireMachineTemplate::into_object); autoscaling::MACHINE_TEMPLATE }
    CapacityBuffer = ["autoscaling.x-k8s.io"], ["v1beta1" "v1alpha1"], "capacitybuffers"; Namespaced { of_kind(ProvisioningKind::CapacityBuffer, WireBuffer::into_object); autoscaling::BUFFER }
    CapacityQuota = ["autoscaling.x-k8s.io"], ["v1beta1" "v1alpha1"], "capacityquotas"; Cluster { of_kind(ProvisioningKind::CapacityQuota, WireBuffer::into_object); autoscaling::BUFFER }
    ProvisioningRequest = ["autoscaling.x-k8s.io"], ["v1" "v1beta1"], "provisioningrequests"; Namespaced { of_kind(ProvisioningKind::ProvisioningRequest, WireBuffer::into_object); autoscaling::BUFFER }
    ---
    /// By which a queue, or another scheduler, says how far pods have come.
    Queueing(QueueingObject) by QueueingKind:
    Workload = ["kueue.x-k8s.io"], ["v1beta2" "v1beta1"], "workloads"; Namespaced { queue(QueueingKind::Workload); queueing::FIELDS }
    PodGroup = ["scheduling.volcano.sh"], ["v1beta1"], "podgroups"; Namespaced { queue(QueueingKind::PodGroup); queueing::FIELDS }
    KaiPodGroup = ["scheduling.run.ai"], ["v2alpha2"], "podgroups"; Namespaced { queue(QueueingKind::KaiPodGroup); queueing::FIELDS }
    +++
    /// A PersistentVolume.
    PersistentVolume(PersistentVolume) = [""], ["v1"], "persistentvolumes";
        Cluster(name) { via(WirePersistentVolume::into_volume); volumes::PERSISTENT_VOLUME }
    /// A PersistentVolumeClaim.
    PersistentVolumeClaim(PersistentVolumeClaim) = [""], ["v1"], "persistentvolumeclaims";
        Namespaced(key) { via(WireClaim::into_claim); volumes::PERSISTENT_VOLUME_CLAIM }
    /// A StorageClass.
    StorageClass(StorageClass) = ["storage.k8s.io"], ["v1"], "storageclasses";
        Cluster(name) { via(WireStorageClass::into_class); volumes::STORAGE_CLASS }
    /// A CSINode.
    CsiNode(CsiNode) = ["storage.k8s.io"], ["v1"], "csinodes";
        Cluster(name) { via(WireCsiNode::into_node); volumes::CSI_NODE }
    /// A CSIDriver.
    CsiDriver(CsiDriver) = ["storage.k8s.io"], ["v1"], "csidrivers";
        Cluster(name) { via(WireCsiDriver::into_driver); volumes::CSI_DRIVER }
    /// A CSIStorageCapacity.
    CsiStorageCapacity(CsiStorageCapacity) = ["storage.k8s.io"], ["v1"], "csistoragecapacities";
        Namespaced(key) { via(WireCsiStorageCapacity::into_capacity); volumes::CSI_STORAGE_CAPACITY }
    /// A VolumeAttachment.
    VolumeAttachment(VolumeAttachment) = ["storage.k8s.io"], ["v1"], "volumeattachments";
        Cluster(name) { via(WireVolumeAttachment::into_attachment); volumes::VOLUME_ATTACHMENT }
}

/// Decodes what is on the wire and makes of it what is kept.
fn via<W: DeserializeOwned, T>(keep: impl Fn(W) -> T) -> impl Fn(&[u8]) -> serde_json::Result<DecodedPrefix<T>> {
    move |json| Ok(take::<W>(json)?.map(&keep))
}

/// The same for kinds that share a shape: what is kept knows which it is.
fn of_kind<W: DeserializeOwned, T>(
    kind: ProvisioningKind,
    keep: impl Fn(W, ProvisioningKind) -> T,
) -> impl Fn(&[u8]) -> serde_json::Result<DecodedPrefix<T>> {
    via(move |wire| keep(wire, kind))
}

/// The same for what queues have.
fn queue(kind: QueueingKind) -> impl Fn(&[u8]) -> serde_json::Result<DecodedPrefix<QueueingObject>> {
    via(move |wire: WireQueueingObject| wire.into_object(kind))
}

/// The same for workloads whose kinds share a shape.
fn workload(kind: WorkloadKind) -> impl Fn(&[u8]) -> serde_json::Result<DecodedPrefix<Workload>> {
    via(move |workload: WireWorkload| workload.into_workload(kind))
}

/// The API's word for the kinds whose Rust name is another.
const fn api_name(kind: &'static str) -> &'static str {
    match kind.as_bytes() {
        b"CsiNode" => "CSINode",
        b"CsiDriver" => "CSIDriver",
        b"CsiStorageCapacity" => "CSIStorageCapacity",
        b"CoschedulingPodGroup" | b"KaiPodGroup" => "PodGroup",
        b"SchedulingWorkload" => "Workload",
        b"AutoscalerStatus" => "ConfigMap",
        _ => kind,
    }
}

impl Kind {
    /// What decides over pods that do not exist yet, and nothing else: a question about pods that
    /// do needs none of it.
    pub const ADMISSION: &'static [Self] = &[Self::LimitRange, Self::ResourceQuota, Self::RuntimeClass];

    /// The kind called `kind` in the group of `api_version` (`v1`, `apps/v1`, ...).
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        Self::ALL.iter().copied().find(|known| known.as_str() == kind && known.entry().groups.contains(&group))
    }

    /// The API's word for the kind.
    pub fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// Whether objects of this kind live in a namespace.
    pub fn is_namespaced(self) -> bool {
        self.entry().namespaced
    }

    /// Whether the API server knows the kind only if somebody installed it: of such kinds a server that says which
    /// groups it has is asked for those alone.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Provisioning(_) | Self::Queueing(_))
    }

    /// The kind, unless the object that `json` begins with is none that is kept: of ConfigMaps two are.
    ///
    /// # Errors
    /// As [`Object::decode`].
    pub(crate) fn of_kept(self, json: &[u8]) -> serde_json::Result<Option<Self>> {
        Ok(match self {
            Self::AutoscalerStatus => status::is_kept(json)?.then_some(self),
            kind => Some(kind),
        })
    }

    /// The API group; empty for core.
    pub fn api_group(self) -> &'static str {
        self.entry().groups.first().copied().unwrap_or_default()
    }

    /// The newest `apiVersion`: `v1`, `apps/v1`, ...
    pub fn api_version(self) -> String {
        self.api_versions().next().unwrap_or_default()
    }

    /// Every `apiVersion` in which the kind is read, the newest first: servers that do not have one have an older one.
    pub fn api_versions(self) -> impl Iterator<Item = String> {
        let group = self.api_group();
        self.entry().versions.iter().map(move |version| match group {
            "" => (*version).to_owned(),
            group => format!("{group}/{version}"),
        })
    }

    /// The paths of the list of all objects in every namespace, the newest version first.
    pub fn api_paths(self) -> impl Iterator<Item = String> {
        let root = if self.api_group().is_empty() { "api" } else { "apis" };
        self.api_versions().map(move |version| format!("/{root}/{version}/{}", self.resource()))
    }

    /// The resource as URLs and roles name it: `csinodes`.
    pub fn resource(self) -> &'static str {
        self.entry().resource
    }

    /// Several objects of the kind: `CSINodes`.
    pub fn plural(self) -> String {
        let singular = self.as_str();
        match singular.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None if singular.ends_with('s') => format!("{singular}es"),
            None => format!("{singular}s"),
        }
    }
}

impl Object {
    /// Decodes the object of `kind` that `json` begins with; also says how many bytes it took.
    ///
    /// # Errors
    /// What `serde_json` finds wrong; its category is `Eof` when `json` ends within the object.
    pub fn decode(kind: Kind, json: &[u8]) -> serde_json::Result<(Self, usize)> {
        (kind.entry().decode)(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_for_roles_and_for_sentences() {
        let names = |kind: Kind| (kind.api_group(), kind.resource(), kind.plural());
        assert_eq!(names(Kind::Pod), ("", "pods", "Pods".to_owned()));
        let capacity = Kind::CsiStorageCapacity;
        assert_eq!(names(capacity), ("storage.k8s.io", "csistoragecapacities", "CSIStorageCapacities".to_owned()));
        assert_eq!(names(Kind::DeviceClass), ("resource.k8s.io", "deviceclasses", "DeviceClasses".to_owned()));
    }

    #[test]
    fn every_kind_is_found_by_each_of_its_versions() {
        for kind in Kind::ALL {
            for version in kind.api_versions() {
                assert_eq!(Kind::of(&version, kind.as_str()), Some(*kind), "{version}");
            }
        }
        assert_eq!(Kind::of("extensions/v1beta1", "Deployment"), Some(Kind::Workload(WorkloadKind::Deployment)));
        assert_eq!(Kind::of("scheduling.k8s.io/v1beta1", "Deployment"), None);
    }

    #[test]
    fn lists_lie_under_the_newest_version_first() {
        let paths = |kind: Kind| kind.api_paths().collect::<Vec<_>>();
        assert_eq!(paths(Kind::Pod), ["/api/v1/pods"]);
        assert_eq!(
            paths(Kind::DeviceClass),
            [
                "/apis/resource.k8s.io/v1/deviceclasses",
                "/apis/resource.k8s.io/v1beta2/deviceclasses",
                "/apis/resource.k8s.io/v1beta1/deviceclasses",
            ]
        );
    }

    #[test]
    fn every_kind_is_decoded_as_itself() {
        for kind in Kind::ALL {
            let json = br#"{"metadata":{"name":"a","namespace":"b"},"spec":{"attacher":"c","nodeName":"d","driver":"e","pool":{"name":"f"}}} {"#;
            let (object, bytes) = Object::decode(*kind, json).unwrap();
            let namespace = if kind.is_namespaced() { "b" } else { "" };
            assert_eq!(object.identity(), (*kind, ObjectKey::new(name(namespace), name("a"))));
            assert_eq!(bytes, json.len() - 2);
        }
    }
}
