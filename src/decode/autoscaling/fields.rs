//! Which fields of these kinds are read.

use super::super::fields::FieldShape::{
    self, Conditions, Each, Fields, Kept, Keyed, Labels, Prose, Requirements, Text, Yaml,
};
use super::super::fields::Role::{
    AutoscalerLabels, AutoscalerTaints, CsiDrivers, Name, NodeGroup, Priorities, Provisioner, Resource, Uid, Value,
    VolumeId,
};
use super::super::fields::{Hint, KEY, NAMESPACE, NODE_NAME, OWNERS, RESOURCE_LIST, SELECTOR, metadata};

const POOL: FieldShape = Text(Name(Hint::Pool));

/// The ConfigMap of the Cluster Autoscaler.
pub(crate) const STATUS: FieldShape = Fields(&[
    (
        "metadata",
        Fields(&[
            ("name", Kept),
            ("namespace", NAMESPACE),
            ("annotations", Fields(&[("cluster-autoscaler.kubernetes.io/last-updated", Kept)])),
        ]),
    ),
    ("data", Fields(&[("status", Yaml(&STATUS_TEXT)), ("priorities", Text(Priorities))])),
]);

const STATUS_TEXT: FieldShape = Fields(&[
    ("time", Kept),
    ("autoscalerStatus", Kept),
    ("clusterWide", Fields(&[("health", HEALTH)])),
    (
        "nodeGroups",
        Each(&Fields(&[
            ("name", Text(NodeGroup)),
            ("health", HEALTH),
            (
                "scaleUp",
                Fields(&[
                    ("status", Kept),
                    ("lastTransitionTime", Kept),
                    ("backoffInfo", Fields(&[("errorCode", Kept), ("errorMessage", Prose)])),
                ]),
            ),
        ])),
    ),
]);

const HEALTH: FieldShape = Fields(&[
    ("status", Kept),
    ("cloudProviderTarget", Kept),
    ("minSize", Kept),
    ("maxSize", Kept),
    (
        "nodeCounts",
        Fields(&[
            ("longUnregistered", Kept),
            (
                "registered",
                Fields(&[
                    ("total", Kept),
                    ("ready", Kept),
                    ("notStarted", Kept),
                    ("suspended", Kept),
                    ("unready", Fields(&[("total", Kept)])),
                ]),
            ),
        ]),
    ),
]);

const TAINTS: FieldShape = Each(&Keyed(&[("key", KEY), ("value", Text(Value)), ("effect", Kept)]));

const CLASS_REF: FieldShape =
    Fields(&[("group", Kept), ("apiVersion", Kept), ("kind", Kept), ("name", Text(Name(Hint::Class)))]);

/// As conditions on labels, which `minValues` is a part of here.
const REQUIREMENTS: FieldShape = Requirements;

const READY: FieldShape = Conditions(&["Ready", "ValidationSucceeded", "NodeClassReady"]);

pub(crate) const NODE_POOL: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Pool))),
    (
        "spec",
        Fields(&[
            ("weight", Kept),
            ("replicas", Kept),
            ("limits", RESOURCE_LIST),
            (
                "template",
                Fields(&[
                    ("metadata", Fields(&[("labels", Labels)])),
                    (
                        "spec",
                        Fields(&[
                            ("requirements", REQUIREMENTS),
                            ("taints", TAINTS),
                            ("startupTaints", TAINTS),
                            ("nodeClassRef", CLASS_REF),
                        ]),
                    ),
                ]),
            ),
        ]),
    ),
    ("status", Fields(&[("conditions", READY)])),
]);

pub(crate) const NODE_CLAIM: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Node))),
    (
        "spec",
        Fields(&[
            ("requirements", REQUIREMENTS),
            ("taints", TAINTS),
            ("startupTaints", TAINTS),
            ("nodeClassRef", CLASS_REF),
            ("resources", Fields(&[("requests", RESOURCE_LIST)])),
        ]),
    ),
    (
        "status",
        Fields(&[
            ("providerID", Text(VolumeId)),
            ("nodeName", NODE_NAME),
            ("capacity", RESOURCE_LIST),
            ("allocatable", RESOURCE_LIST),
            (
                "conditions",
                Conditions(&["Ready", "Launched", "Registered", "Initialized", "InstanceTerminating", "Drifted"]),
            ),
        ]),
    ),
]);

pub(crate) const NODE_OVERLAY: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Object))),
    ("spec", Fields(&[("weight", Kept), ("capacity", RESOURCE_LIST), ("price", Kept), ("priceAdjustment", Kept)])),
    ("status", Fields(&[("conditions", READY)])),
]);

pub(crate) const NODE_CLASS: FieldShape =
    Fields(&[("metadata", metadata!(Name(Hint::Class))), ("status", Fields(&[("conditions", READY)]))]);

const CAPACITY_ANNOTATIONS: FieldShape = Fields(&[
    ("capacity.cluster-autoscaler.kubernetes.io/cpu", Kept),
    ("capacity.cluster-autoscaler.kubernetes.io/memory", Kept),
    ("capacity.cluster-autoscaler.kubernetes.io/ephemeral-disk", Kept),
    ("capacity.cluster-autoscaler.kubernetes.io/gpu-type", Text(Resource)),
    ("capacity.cluster-autoscaler.kubernetes.io/gpu-count", Kept),
    ("capacity.cluster-autoscaler.kubernetes.io/maxPods", Kept),
    ("capacity.cluster-autoscaler.kubernetes.io/taints", Text(AutoscalerTaints)),
    ("capacity.cluster-autoscaler.kubernetes.io/labels", Text(AutoscalerLabels)),
    ("capacity.cluster-autoscaler.kubernetes.io/dra-driver", Text(Provisioner)),
    ("capacity.cluster-autoscaler.kubernetes.io/csi-driver", Text(CsiDrivers)),
    ("cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size", Kept),
    ("cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size", Kept),
]);

const MACHINE_METADATA: FieldShape = Fields(&[
    ("name", POOL),
    ("namespace", NAMESPACE),
    ("uid", Text(Uid)),
    ("annotations", CAPACITY_ANNOTATIONS),
    ("ownerReferences", OWNERS),
]);

pub(crate) const SCALABLE: FieldShape = Fields(&[
    ("metadata", MACHINE_METADATA),
    (
        "spec",
        Fields(&[
            ("replicas", Kept),
            ("providerIDList", Each(&Text(VolumeId))),
            (
                "template",
                Fields(&[(
                    "spec",
                    Fields(&[
                        ("metadata", Fields(&[("labels", Labels)])),
                        ("taints", TAINTS),
                        ("infrastructureRef", Fields(&[("kind", Kept), ("name", POOL)])),
                    ]),
                )]),
            ),
        ]),
    ),
]);

pub(crate) const MACHINE: FieldShape = Fields(&[
    ("metadata", MACHINE_METADATA),
    ("spec", Fields(&[("providerID", Text(VolumeId))])),
    ("status", Fields(&[("nodeRef", Fields(&[("name", NODE_NAME)]))])),
]);

pub(crate) const MACHINE_TEMPLATE: FieldShape = Fields(&[
    ("metadata", MACHINE_METADATA),
    (
        "status",
        Fields(&[
            ("capacity", RESOURCE_LIST),
            ("nodeInfo", Fields(&[("architecture", Kept), ("operatingSystem", Kept)])),
        ]),
    ),
]);

pub(crate) const BUFFER: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Group))),
    (
        "spec",
        Fields(&[
            ("replicas", Kept),
            ("limits", FieldShape::Limits),
            ("selector", SELECTOR),
            ("provisioningClassName", Kept),
        ]),
    ),
    (
        "status",
        Fields(&[
            ("replicas", Kept),
            (
                "conditions",
                Conditions(&[
                    "Ready",
                    "ReadyForProvisioning",
                    "Provisioning",
                    "Accepted",
                    "Provisioned",
                    "Failed",
                    "BookingExpired",
                    "CapacityRevoked",
                    "LimitedByQuotas",
                    "cluster-autoscaler.kubernetes.io/valid",
                ]),
            ),
        ]),
    ),
]);
