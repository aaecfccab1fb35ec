//! What scheduling reads of each kind: one table, which says of every field that a snapshot
//! keeps how redaction treats it. What is not in the table is dropped.
//!
//! It follows what [`crate::cluster::Object::decode`] reads, field by field.

use Role::{
    Address, ApiVersion, Claim, Expression, Image, Key, MigratedPlugins, Name, OwnerKind, PriorityClass, Provisioner,
    RequestPath, Resource, Uid, Value, VolumeId,
};
use Shape::{Conditions, Each, Fields, Kept, Labels, Map, Present, Raw, Requirements, Sources, Text};

use crate::cluster::Kind;
use crate::cluster::storage::StorageKind;
use crate::cluster::workload::WorkloadKind;

/// The shape of a value of the API, as far as it is kept.
pub(super) enum Shape {
    /// A number, a boolean, a word of the API: as it is.
    Kept,
    /// Anything, as it is.
    Raw,
    /// Only whether it is there matters.
    Present,
    /// A text of the user's.
    Text(Role),
    /// An object with these fields.
    Fields(&'static [(&'static str, Shape)]),
    /// A list.
    Each(&'static Shape),
    /// A list of which an item that has only a name says nothing.
    Sources(&'static Shape),
    /// Conditions, of these types only.
    Conditions(&'static [&'static str]),
    /// A map from texts of the user's to scalars.
    Map(Role),
    /// A map from label keys to label values.
    Labels,
    /// A list of conditions on labels: `key`, `operator`, `values`.
    Requirements,
}

/// What a text of the user's is, which decides how it may be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A name.
    Name(Hint),
    /// The name of a PersistentVolumeClaim, which may be made of a pod's and a volume's.
    Claim,
    /// The name of a PriorityClass.
    PriorityClass,
    /// The key of a label or a taint, the name of a scheduling gate.
    Key,
    /// The value of a label or a taint.
    Value,
    /// The value of a zone or region label, in a volume possibly several.
    Zones(Hint),
    /// A container image.
    Image,
    /// A resource.
    Resource,
    /// A CSI driver, a provisioner.
    Provisioner,
    /// A volume in the terms of its driver; a node in those of its cloud.
    VolumeId,
    /// An IP address.
    Address,
    /// An owner's `apiVersion`.
    ApiVersion,
    /// An owner's `kind`.
    OwnerKind,
    /// A uid.
    Uid,
    /// `request` or `request/subrequest` of a device claim.
    RequestPath,
    /// A CEL expression.
    Expression,
    /// In-tree plugins, between commas.
    MigratedPlugins,
}

/// The word that a new name ends in. What a text is in several places is told by the first of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is its own word")]
pub enum Hint {
    Node,
    Namespace,
    Pod,
    Workload,
    Service,
    Budget,
    Claim,
    Volume,
    Class,
    Driver,
    Slice,
    Pool,
    Device,
    Request,
    Resource,
    Region,
    Zone,
    Image,
    Tag,
    Digest,
    Key,
    Container,
    Address,
    Group,
    Kind,
    Uid,
    Id,
    Object,
    Value,
}

impl Hint {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Namespace => "namespace",
            Self::Pod => "pod",
            Self::Workload => "workload",
            Self::Service => "service",
            Self::Budget => "budget",
            Self::Claim => "claim",
            Self::Volume => "volume",
            Self::Class => "class",
            Self::Driver => "driver",
            Self::Slice => "slice",
            Self::Pool => "pool",
            Self::Device => "device",
            Self::Request => "request",
            Self::Resource => "resource",
            Self::Region => "region",
            Self::Zone => "zone",
            Self::Image => "image",
            Self::Tag => "tag",
            Self::Digest => "digest",
            Self::Key => "key",
            Self::Container => "container",
            Self::Address => "address",
            Self::Group => "group",
            Self::Kind => "kind",
            Self::Uid => "uid",
            Self::Id => "id",
            Self::Object => "object",
            Self::Value => "value",
        }
    }
}

/// `metadata` of an object whose name has the role `$name`.
macro_rules! metadata {
    ($name:expr) => {
        Fields(&[
            ("name", Text($name)),
            ("generateName", Text($name)),
            ("namespace", NAMESPACE),
            ("uid", Text(Uid)),
            ("labels", Labels),
            ("annotations", ANNOTATIONS),
            ("creationTimestamp", Kept),
            ("deletionTimestamp", Kept),
            ("ownerReferences", OWNERS),
        ])
    };
}

/// What is kept of objects of `kind`.
pub(super) fn of(kind: Kind) -> &'static Shape {
    match kind {
        Kind::Pod => &POD,
        Kind::Node => &NODE,
        Kind::Namespace => &Fields(&[("metadata", metadata!(Name(Hint::Namespace)))]),
        Kind::Service => &SERVICE,
        Kind::PodDisruptionBudget => &POD_DISRUPTION_BUDGET,
        Kind::PriorityClass => &PRIORITY_CLASS,
        Kind::DeviceClass => &DEVICE_CLASS,
        Kind::ResourceClaim => &RESOURCE_CLAIM,
        Kind::ResourceSlice => &RESOURCE_SLICE,
        Kind::Workload(WorkloadKind::ReplicationController) => &REPLICATION_CONTROLLER,
        Kind::Workload(WorkloadKind::CronJob) => &CRON_JOB,
        Kind::Workload(_) => &WORKLOAD,
        Kind::Storage(StorageKind::PersistentVolume) => &PERSISTENT_VOLUME,
        Kind::Storage(StorageKind::PersistentVolumeClaim) => &PERSISTENT_VOLUME_CLAIM,
        Kind::Storage(StorageKind::StorageClass) => &STORAGE_CLASS,
        Kind::Storage(StorageKind::CsiNode) => &CSI_NODE,
        Kind::Storage(StorageKind::CsiDriver) => &CSI_DRIVER,
        Kind::Storage(StorageKind::CsiStorageCapacity) => &CSI_STORAGE_CAPACITY,
        Kind::Storage(StorageKind::VolumeAttachment) => &VOLUME_ATTACHMENT,
    }
}

const NAMESPACE: Shape = Text(Name(Hint::Namespace));
const NODE_NAME: Shape = Text(Name(Hint::Node));
const CLASS: Shape = Text(Name(Hint::Class));
const KEY: Shape = Text(Key);
const KEYS: Shape = Each(&KEY);
const WORDS: Shape = Each(&Kept);
const RESOURCE_LIST: Shape = Map(Resource);

const ANNOTATIONS: Shape = Fields(&[
    ("pv.kubernetes.io/bind-completed", Kept),
    ("volume.kubernetes.io/selected-node", NODE_NAME),
    ("volume.beta.kubernetes.io/storage-class", CLASS),
    ("storage.alpha.kubernetes.io/migrated-plugins", Text(MigratedPlugins)),
]);

const OWNERS: Shape = Each(&Fields(&[
    ("apiVersion", Text(ApiVersion)),
    ("kind", Text(OwnerKind)),
    ("name", Text(Name(Hint::Workload))),
    ("uid", Text(Uid)),
    ("controller", Kept),
]));

const SELECTOR: Shape = Fields(&[("matchLabels", Labels), ("matchExpressions", Requirements)]);

const NODE_SELECTOR_TERM: Shape = Fields(&[
    ("matchExpressions", Requirements),
    ("matchFields", Each(&Fields(&[("key", Kept), ("operator", Kept), ("values", Each(&NODE_NAME))]))),
]);

const NODE_SELECTOR: Shape = Fields(&[("nodeSelectorTerms", Each(&NODE_SELECTOR_TERM))]);

/// `affinity.nodeAffinity`; also `addedAffinity` of a profile.
const NODE_AFFINITY: Shape = Fields(&[
    ("requiredDuringSchedulingIgnoredDuringExecution", NODE_SELECTOR),
    (
        "preferredDuringSchedulingIgnoredDuringExecution",
        Each(&Fields(&[("weight", Kept), ("preference", NODE_SELECTOR_TERM)])),
    ),
]);

const POD_AFFINITY_TERM: Shape = Fields(&[
    ("labelSelector", SELECTOR),
    ("namespaces", Each(&NAMESPACE)),
    ("namespaceSelector", SELECTOR),
    ("topologyKey", KEY),
    ("matchLabelKeys", KEYS),
    ("mismatchLabelKeys", KEYS),
]);

const POD_AFFINITY: Shape = Fields(&[
    ("requiredDuringSchedulingIgnoredDuringExecution", Each(&POD_AFFINITY_TERM)),
    (
        "preferredDuringSchedulingIgnoredDuringExecution",
        Each(&Fields(&[("weight", Kept), ("podAffinityTerm", POD_AFFINITY_TERM)])),
    ),
]);

/// Topology spread constraints; also `defaultConstraints` of a profile.
const SPREAD: Shape = Each(&Fields(&[
    ("maxSkew", Kept),
    ("topologyKey", KEY),
    ("whenUnsatisfiable", Kept),
    ("labelSelector", SELECTOR),
    ("minDomains", Kept),
    ("nodeAffinityPolicy", Kept),
    ("nodeTaintsPolicy", Kept),
    ("matchLabelKeys", KEYS),
]));

const RESOURCES: Shape = Fields(&[("requests", RESOURCE_LIST), ("limits", RESOURCE_LIST)]);

const CONTAINERS: Shape = Each(&Fields(&[
    ("name", Text(Name(Hint::Container))),
    ("image", Text(Image)),
    ("restartPolicy", Kept),
    ("resources", RESOURCES),
    (
        "ports",
        Each(&Fields(&[("containerPort", Kept), ("hostPort", Kept), ("hostIP", Text(Address)), ("protocol", Kept)])),
    ),
]));

/// A disk of a kind that Kubernetes once served itself: each has its own word for its id.
const DISK: Shape = Fields(&[
    ("volumeID", Text(VolumeId)),
    ("pdName", Text(VolumeId)),
    ("diskURI", Text(VolumeId)),
    ("readOnly", Kept),
    ("kind", Kept),
]);

const VOLUMES: Shape = Sources(&Fields(&[
    ("name", Text(Name(Hint::Volume))),
    ("persistentVolumeClaim", Fields(&[("claimName", Text(Claim))])),
    ("ephemeral", Present),
    ("iscsi", Fields(&[("iqn", Text(Name(Hint::Id))), ("readOnly", Kept)])),
    (
        "rbd",
        Fields(&[
            ("monitors", Each(&Text(Name(Hint::Address)))),
            ("pool", Text(Name(Hint::Pool))),
            ("image", Text(Name(Hint::Id))),
            ("readOnly", Kept),
        ]),
    ),
    ("awsElasticBlockStore", DISK),
    ("gcePersistentDisk", DISK),
    ("azureDisk", DISK),
    ("azureFile", Present),
    ("cinder", DISK),
    ("vsphereVolume", Present),
    ("portworxVolume", DISK),
]));

const TOLERATIONS: Shape =
    Each(&Fields(&[("key", KEY), ("operator", Kept), ("value", Text(Value)), ("effect", Kept)]));

const POD_SPEC: Shape = Fields(&[
    ("nodeName", NODE_NAME),
    ("schedulerName", Kept),
    ("priority", Kept),
    ("priorityClassName", Text(PriorityClass)),
    ("preemptionPolicy", Kept),
    ("runtimeClassName", CLASS),
    ("containers", CONTAINERS),
    ("initContainers", CONTAINERS),
    ("overhead", RESOURCE_LIST),
    ("resources", RESOURCES),
    ("hostNetwork", Kept),
    ("nodeSelector", Labels),
    (
        "affinity",
        Fields(&[("nodeAffinity", NODE_AFFINITY), ("podAffinity", POD_AFFINITY), ("podAntiAffinity", POD_AFFINITY)]),
    ),
    ("tolerations", TOLERATIONS),
    ("topologySpreadConstraints", SPREAD),
    ("schedulingGates", Each(&Fields(&[("name", KEY)]))),
    ("volumes", VOLUMES),
    (
        "resourceClaims",
        Each(&Fields(&[
            ("name", Text(Name(Hint::Request))),
            ("resourceClaimName", Text(Name(Hint::Claim))),
            ("resourceClaimTemplateName", Text(Name(Hint::Object))),
        ])),
    ),
]);

const CONTAINER_STATUSES: Shape = Sources(&Fields(&[
    ("name", Text(Name(Hint::Container))),
    ("resources", RESOURCES),
    ("allocatedResources", RESOURCE_LIST),
]));

const POD: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Pod))),
    ("spec", POD_SPEC),
    (
        "status",
        Fields(&[
            ("phase", Kept),
            ("nominatedNodeName", NODE_NAME),
            ("startTime", Kept),
            ("conditions", Conditions(&["DisruptionTarget", "PodResizePending"])),
            ("containerStatuses", CONTAINER_STATUSES),
            ("initContainerStatuses", CONTAINER_STATUSES),
            (
                "resourceClaimStatuses",
                Each(&Fields(&[
                    ("name", Text(Name(Hint::Request))),
                    ("resourceClaimName", Text(Name(Hint::Claim))),
                ])),
            ),
        ]),
    ),
]);

const NODE: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Node))),
    (
        "spec",
        Fields(&[
            ("unschedulable", Kept),
            ("taints", Each(&Fields(&[("key", KEY), ("value", Text(Value)), ("effect", Kept)]))),
            ("providerID", Text(VolumeId)),
        ]),
    ),
    (
        "status",
        Fields(&[
            ("allocatable", RESOURCE_LIST),
            ("images", Each(&Fields(&[("names", Each(&Text(Image))), ("sizeBytes", Kept)]))),
            ("nodeInfo", Fields(&[("kubeletVersion", Kept)])),
        ]),
    ),
]);

const SERVICE: Shape =
    Fields(&[("metadata", metadata!(Name(Hint::Service))), ("spec", Fields(&[("selector", Labels)]))]);

const POD_DISRUPTION_BUDGET: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Budget))),
    ("spec", Fields(&[("selector", SELECTOR)])),
    ("status", Fields(&[("disruptionsAllowed", Kept), ("disruptedPods", Map(Name(Hint::Pod)))])),
]);

const PRIORITY_CLASS: Shape = Fields(&[
    ("metadata", metadata!(PriorityClass)),
    ("value", Kept),
    ("globalDefault", Kept),
    ("preemptionPolicy", Kept),
]);

const TEMPLATE: Shape = Fields(&[("metadata", metadata!(Name(Hint::Pod))), ("spec", POD_SPEC)]);

const WORKLOAD: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Workload))),
    (
        "spec",
        Fields(&[("replicas", Kept), ("parallelism", Kept), ("selector", SELECTOR), ("template", TEMPLATE)]),
    ),
]);

const REPLICATION_CONTROLLER: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Workload))),
    ("spec", Fields(&[("replicas", Kept), ("selector", Labels), ("template", TEMPLATE)])),
]);

const CRON_JOB: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Workload))),
    (
        "spec",
        Fields(&[(
            "jobTemplate",
            Fields(&[("spec", Fields(&[("parallelism", Kept), ("template", TEMPLATE)]))]),
        )]),
    ),
]);

const CEL_SELECTORS: Shape = Each(&Fields(&[("cel", Fields(&[("expression", Text(Expression))]))]));

const DEVICE_CLASS: Shape =
    Fields(&[("metadata", metadata!(Name(Hint::Class))), ("spec", Fields(&[("selectors", CEL_SELECTORS)]))]);

/// The query fields lie in the request itself in v1beta1, under `exactly` since.
macro_rules! query {
    ($($more:expr),*) => {
        Fields(&[
            $($more,)*
            ("deviceClassName", CLASS),
            ("selectors", CEL_SELECTORS),
            ("allocationMode", Kept),
            ("count", Kept),
            ("adminAccess", Kept),
            ("capacity", Present),
        ])
    };
}

const REQUEST_NAME: (&str, Shape) = ("name", Text(Name(Hint::Request)));

const RESOURCE_CLAIM: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Claim))),
    (
        "spec",
        Fields(&[(
            "devices",
            Fields(&[
                (
                    "requests",
                    Each(&query!(
                        REQUEST_NAME,
                        ("exactly", query!()),
                        ("firstAvailable", Each(&query!(REQUEST_NAME)))
                    )),
                ),
                (
                    "constraints",
                    Each(&Fields(&[("requests", Each(&Text(RequestPath))), ("matchAttribute", Kept)])),
                ),
            ]),
        )]),
    ),
    (
        "status",
        Fields(&[
            (
                "allocation",
                Fields(&[
                    (
                        "devices",
                        Fields(&[(
                            "results",
                            Each(&Fields(&[
                                ("request", Text(RequestPath)),
                                ("driver", Kept),
                                ("pool", Text(Name(Hint::Pool))),
                                ("device", Text(Name(Hint::Device))),
                                ("adminAccess", Kept),
                            ])),
                        )]),
                    ),
                    ("nodeSelector", NODE_SELECTOR),
                ]),
            ),
            ("reservedFor", Each(&Fields(&[("uid", Text(Uid))]))),
        ]),
    ),
]);

/// What a device is lies under `basic` in v1beta1. CEL expressions read driver, attributes and
/// capacity, so these stay.
macro_rules! device {
    ($($more:expr),*) => {
        Fields(&[
            $($more,)*
            ("attributes", Raw),
            ("capacity", Raw),
            ("consumesCounters", Present),
            ("bindingConditions", KEYS),
        ])
    };
}

const RESOURCE_SLICE: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Slice))),
    (
        "spec",
        Fields(&[
            ("driver", Kept),
            (
                "pool",
                Fields(&[("name", Text(Name(Hint::Pool))), ("generation", Kept), ("resourceSliceCount", Kept)]),
            ),
            ("nodeName", NODE_NAME),
            ("allNodes", Kept),
            ("nodeSelector", NODE_SELECTOR),
            ("perDeviceNodeSelection", Kept),
            ("devices", Each(&device!(("name", Text(Name(Hint::Device))), ("basic", device!())))),
        ]),
    ),
]);

const STORAGE: Shape = Map(Resource);

const PERSISTENT_VOLUME: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Volume))),
    (
        "spec",
        Fields(&[
            ("storageClassName", CLASS),
            ("capacity", STORAGE),
            ("accessModes", WORDS),
            ("volumeMode", Kept),
            ("volumeAttributesClassName", CLASS),
            ("claimRef", Fields(&[("namespace", NAMESPACE), ("name", Text(Claim)), ("uid", Text(Uid))])),
            ("nodeAffinity", Fields(&[("required", NODE_SELECTOR)])),
            ("csi", Fields(&[("driver", Text(Provisioner)), ("volumeHandle", Text(VolumeId))])),
            ("awsElasticBlockStore", DISK),
            ("gcePersistentDisk", DISK),
            ("azureDisk", DISK),
            ("azureFile", Present),
            ("cinder", DISK),
            ("vsphereVolume", Present),
            ("portworxVolume", DISK),
        ]),
    ),
    ("status", Fields(&[("phase", Kept)])),
]);

const PERSISTENT_VOLUME_CLAIM: Shape = Fields(&[
    ("metadata", metadata!(Claim)),
    (
        "spec",
        Fields(&[
            ("storageClassName", CLASS),
            ("volumeName", Text(Name(Hint::Volume))),
            ("accessModes", WORDS),
            ("resources", Fields(&[("requests", STORAGE)])),
            ("selector", SELECTOR),
            ("volumeMode", Kept),
            ("volumeAttributesClassName", CLASS),
        ]),
    ),
    ("status", Fields(&[("phase", Kept)])),
]);

const STORAGE_CLASS: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Class))),
    ("provisioner", Text(Provisioner)),
    ("volumeBindingMode", Kept),
    ("allowedTopologies", Each(&Fields(&[("matchLabelExpressions", Requirements)]))),
]);

const CSI_NODE: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Node))),
    (
        "spec",
        Fields(&[(
            "drivers",
            Each(&Fields(&[("name", Text(Provisioner)), ("allocatable", Fields(&[("count", Kept)]))])),
        )]),
    ),
]);

const CSI_DRIVER: Shape =
    Fields(&[("metadata", metadata!(Provisioner)), ("spec", Fields(&[("storageCapacity", Kept)]))]);

const CSI_STORAGE_CAPACITY: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Object))),
    ("storageClassName", CLASS),
    ("nodeTopology", SELECTOR),
    ("capacity", Kept),
    ("maximumVolumeSize", Kept),
]);

const VOLUME_ATTACHMENT: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Object))),
    (
        "spec",
        Fields(&[
            ("attacher", Text(Provisioner)),
            ("nodeName", NODE_NAME),
            ("source", Fields(&[("persistentVolumeName", Text(Name(Hint::Volume)))])),
        ]),
    ),
]);

const WEIGHTED_RESOURCES: Shape = Each(&Fields(&[("name", Text(Resource)), ("weight", Kept)]));

/// Arguments of all plugins of kube-scheduler: no two have a field of one name and two meanings.
const PLUGIN_ARGS: Shape = Fields(&[
    ("apiVersion", Kept),
    ("kind", Kept),
    ("ignoredResources", Each(&Text(Resource))),
    ("ignoredResourceGroups", WORDS),
    (
        "scoringStrategy",
        Fields(&[("type", Kept), ("resources", WEIGHTED_RESOURCES), ("requestedToCapacityRatio", Raw)]),
    ),
    ("resources", WEIGHTED_RESOURCES),
    ("addedAffinity", NODE_AFFINITY),
    ("defaultConstraints", SPREAD),
    ("defaultingType", Kept),
    ("hardPodAffinityWeight", Kept),
    ("ignorePreferredTermsOfExistingPods", Kept),
    ("bindTimeoutSeconds", Kept),
    ("shape", Raw),
    ("minCandidateNodesPercentage", Kept),
    ("minCandidateNodesAbsolute", Kept),
    ("filterTimeout", Kept),
]);

/// A redacted `KubeSchedulerConfiguration`: how the scheduler reaches the API server and its
/// extenders is left out.
pub(super) const SCHEDULER_CONFIG: Shape = Fields(&[
    ("apiVersion", Kept),
    ("kind", Kept),
    ("parallelism", Kept),
    ("percentageOfNodesToScore", Kept),
    ("podInitialBackoffSeconds", Kept),
    ("podMaxBackoffSeconds", Kept),
    (
        "profiles",
        Each(&Fields(&[
            ("schedulerName", Kept),
            ("percentageOfNodesToScore", Kept),
            ("plugins", Raw),
            ("pluginConfig", Each(&Fields(&[("name", Kept), ("args", PLUGIN_ARGS)]))),
        ])),
    ),
    (
        "extenders",
        Each(&Fields(&[
            ("urlPrefix", Text(Name(Hint::Address))),
            ("filterVerb", Kept),
            ("preemptVerb", Kept),
            ("prioritizeVerb", Kept),
            ("weight", Kept),
            ("bindVerb", Kept),
            ("enableHTTPS", Kept),
            ("httpTimeout", Kept),
            ("nodeCacheCapable", Kept),
            ("managedResources", Each(&Fields(&[("name", Text(Resource)), ("ignoredByScheduler", Kept)]))),
            ("ignorable", Kept),
        ])),
    ),
]);
