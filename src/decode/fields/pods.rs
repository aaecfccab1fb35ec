//! Pods, nodes, and what owns or selects pods.

use super::FieldShape::{self, Conditions, Each, Fields, Kept, Keyed, Labels, Map, Present, Prose, Sources, Text};
use super::Role::{Address, Claim, Image, Name, PriorityClass, Value, VolumeId};
use super::storage::{CLAIM_SPEC, CLAIM_TEMPLATES};
use super::{
    CLASS, DISK, GROUP, Hint, KEY, KEYS, NAMESPACE, NODE_NAME, NODE_SELECTOR, NODE_SELECTOR_TERM, RESOURCE_LIST,
    SELECTOR,
};

/// `affinity.nodeAffinity`; also `addedAffinity` of a profile.
pub(super) const NODE_AFFINITY: FieldShape = Fields(&[
    ("requiredDuringSchedulingIgnoredDuringExecution", NODE_SELECTOR),
    (
        "preferredDuringSchedulingIgnoredDuringExecution",
        Each(&Fields(&[("weight", Kept), ("preference", NODE_SELECTOR_TERM)])),
    ),
]);

const POD_AFFINITY_TERM: FieldShape = Fields(&[
    ("labelSelector", SELECTOR),
    ("namespaces", Each(&NAMESPACE)),
    ("namespaceSelector", SELECTOR),
    ("topologyKey", KEY),
    ("matchLabelKeys", KEYS),
    ("mismatchLabelKeys", KEYS),
]);

const POD_AFFINITY: FieldShape = Fields(&[
    ("requiredDuringSchedulingIgnoredDuringExecution", Each(&POD_AFFINITY_TERM)),
    (
        "preferredDuringSchedulingIgnoredDuringExecution",
        Each(&Fields(&[("weight", Kept), ("podAffinityTerm", POD_AFFINITY_TERM)])),
    ),
]);

/// Topology spread constraints; also `defaultConstraints` of a profile.
pub(super) const SPREAD: FieldShape = Each(&Fields(&[
    ("maxSkew", Kept),
    ("topologyKey", KEY),
    ("whenUnsatisfiable", Kept),
    ("labelSelector", SELECTOR),
    ("minDomains", Kept),
    ("nodeAffinityPolicy", Kept),
    ("nodeTaintsPolicy", Kept),
    ("matchLabelKeys", KEYS),
]));

const RESOURCES: FieldShape = Fields(&[("requests", RESOURCE_LIST), ("limits", RESOURCE_LIST)]);

const VOLUME_MOUNTS: FieldShape = Each(&Fields(&[("bindMountOptions", Each(&Kept))]));

const CONTAINERS: FieldShape = Each(&Fields(&[
    ("name", Text(Name(Hint::Container))),
    ("image", Text(Image)),
    ("restartPolicy", Kept),
    ("restartPolicyRules", Each(&Fields(&[("action", Kept)]))),
    ("volumeMounts", VOLUME_MOUNTS),
    ("resources", RESOURCES),
    (
        "ports",
        Each(&Fields(&[("containerPort", Kept), ("hostPort", Kept), ("hostIP", Text(Address)), ("protocol", Kept)])),
    ),
]));

const VOLUMES: FieldShape = Sources(&Fields(&[
    ("name", Text(Name(Hint::Volume))),
    ("persistentVolumeClaim", Fields(&[("claimName", Text(Claim))])),
    ("emptyDir", Present),
    ("image", Fields(&[("reference", Text(Image))])),
    ("ephemeral", Fields(&[("volumeClaimTemplate", Fields(&[("spec", CLAIM_SPEC)]))])),
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

pub(super) const TOLERATIONS: FieldShape = Each(&Keyed(&[
    ("key", KEY),
    ("operator", Kept),
    ("value", Text(Value)),
    ("effect", Kept),
    ("tolerationSeconds", Kept),
]));

const POD_SPEC: FieldShape = Fields(&[
    ("nodeName", NODE_NAME),
    ("schedulerName", Kept),
    ("priority", Kept),
    ("priorityClassName", Text(PriorityClass)),
    ("preemptionPolicy", Kept),
    ("activeDeadlineSeconds", Kept),
    ("runtimeClassName", CLASS),
    ("containers", CONTAINERS),
    ("initContainers", CONTAINERS),
    ("ephemeralContainers", Each(&Fields(&[("volumeMounts", VOLUME_MOUNTS)]))),
    ("overhead", RESOURCE_LIST),
    ("resources", RESOURCES),
    ("hostNetwork", Kept),
    ("hostUsers", Kept),
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
    ("schedulingGroup", Fields(&[("podGroupName", GROUP)])),
    ("workloadRef", Fields(&[("name", GROUP), ("podGroup", GROUP), ("podGroupReplicaKey", GROUP)])),
]);

const CONTAINER_STATUSES: FieldShape = Sources(&Fields(&[
    ("name", Text(Name(Hint::Container))),
    ("restartCount", Kept),
    ("resources", RESOURCES),
    ("allocatedResources", RESOURCE_LIST),
]));

pub(crate) const POD: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Pod))),
    ("spec", POD_SPEC),
    (
        "status",
        Fields(&[
            ("phase", Kept),
            ("reason", Kept),
            ("message", Prose),
            ("nominatedNodeName", NODE_NAME),
            ("startTime", Kept),
            ("conditions", Conditions(&["DisruptionTarget", "PodResizePending", "PodScheduled", "Ready"])),
            ("containerStatuses", CONTAINER_STATUSES),
            ("initContainerStatuses", CONTAINER_STATUSES),
            ("resources", RESOURCES),
            ("allocatedResources", RESOURCE_LIST),
            (
                "resourceClaimStatuses",
                Each(&Fields(&[("name", Text(Name(Hint::Request))), ("resourceClaimName", Text(Name(Hint::Claim)))])),
            ),
        ]),
    ),
]);

pub(crate) const NODE: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Node))),
    (
        "spec",
        Fields(&[
            ("unschedulable", Kept),
            ("taints", Each(&Keyed(&[("key", KEY), ("value", Text(Value)), ("effect", Kept), ("timeAdded", Kept)]))),
            ("providerID", Text(VolumeId)),
        ]),
    ),
    (
        "status",
        Fields(&[
            ("capacity", RESOURCE_LIST),
            ("allocatable", RESOURCE_LIST),
            ("declaredFeatures", Each(&Kept)),
            ("conditions", Each(&Fields(&[("type", Kept), ("status", Kept), ("lastTransitionTime", Kept)]))),
            ("images", Each(&Fields(&[("names", Each(&Text(Image))), ("sizeBytes", Kept)]))),
            ("nodeInfo", Fields(&[("kubeletVersion", Kept)])),
        ]),
    ),
]);

pub(crate) const NAMESPACE_OBJECT: FieldShape = Fields(&[("metadata", metadata!(Name(Hint::Namespace)))]);

pub(crate) const SERVICE: FieldShape =
    Fields(&[("metadata", metadata!(Name(Hint::Service))), ("spec", Fields(&[("selector", Labels)]))]);

pub(crate) const POD_DISRUPTION_BUDGET: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Budget))),
    (
        "spec",
        Fields(&[
            ("selector", SELECTOR),
            ("minAvailable", Kept),
            ("maxUnavailable", Kept),
            ("unhealthyPodEvictionPolicy", Kept),
        ]),
    ),
    (
        "status",
        Fields(&[
            ("disruptionsAllowed", Kept),
            ("currentHealthy", Kept),
            ("desiredHealthy", Kept),
            ("expectedPods", Kept),
            ("disruptedPods", Map(Name(Hint::Pod))),
        ]),
    ),
]);

pub(crate) const PRIORITY_CLASS: FieldShape = Fields(&[
    ("metadata", metadata!(PriorityClass)),
    ("value", Kept),
    ("globalDefault", Kept),
    ("preemptionPolicy", Kept),
]);

const TEMPLATE: FieldShape = Fields(&[("metadata", metadata!(Name(Hint::Pod))), ("spec", POD_SPEC)]);

pub(crate) const WORKLOAD: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Workload))),
    (
        "spec",
        Fields(&[
            ("replicas", Kept),
            ("parallelism", Kept),
            ("completions", Kept),
            ("suspend", Kept),
            ("ordinals", Fields(&[("start", Kept)])),
            ("volumeClaimTemplates", CLAIM_TEMPLATES),
            ("strategy", UPDATE_STRATEGY),
            ("updateStrategy", UPDATE_STRATEGY),
            ("paused", Kept),
            ("podManagementPolicy", Kept),
            ("selector", SELECTOR),
            ("template", TEMPLATE),
        ]),
    ),
    ("status", Fields(&[("conditions", Conditions(&["ReplicaFailure", "Complete", "Failed"]))])),
]);

const UPDATE_STRATEGY: FieldShape = Fields(&[
    ("type", Kept),
    ("rollingUpdate", Fields(&[("maxSurge", Kept), ("maxUnavailable", Kept), ("partition", Kept)])),
]);

pub(crate) const REPLICATION_CONTROLLER: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Workload))),
    ("spec", Fields(&[("replicas", Kept), ("selector", Labels), ("template", TEMPLATE)])),
]);

const JOB_SPEC: FieldShape =
    Fields(&[("parallelism", Kept), ("completions", Kept), ("suspend", Kept), ("template", TEMPLATE)]);

pub(crate) const CRON_JOB: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Workload))),
    ("spec", Fields(&[("suspend", Kept), ("jobTemplate", Fields(&[("spec", JOB_SPEC)]))])),
]);
