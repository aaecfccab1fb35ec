//! What scheduling reads of each kind: one table, which says of every field that a snapshot
//! keeps how redaction treats it. What is not in the table is dropped.
//!
//! It follows what [`crate::decode::Object::decode`] reads, field by field.

use crate::decode::Kind;

/// `metadata` of an object whose name has the role `$name`.
macro_rules! metadata {
    ($name:expr) => {
        $crate::decode::fields::FieldShape::Fields(&[
            ("name", $crate::decode::fields::FieldShape::Text($name)),
            ("generateName", $crate::decode::fields::FieldShape::Text($name)),
            ("namespace", $crate::decode::fields::NAMESPACE),
            ("uid", $crate::decode::fields::FieldShape::Text($crate::decode::fields::Role::Uid)),
            ("labels", $crate::decode::fields::FieldShape::Labels),
            ("annotations", $crate::decode::fields::ANNOTATIONS),
            ("creationTimestamp", $crate::decode::fields::FieldShape::Kept),
            ("deletionTimestamp", $crate::decode::fields::FieldShape::Kept),
            ("ownerReferences", $crate::decode::fields::OWNERS),
        ])
    };
}
pub(super) use metadata;

pub(super) mod admission;
mod config;
pub(super) mod devices;
mod events;
mod hint;
pub(super) mod pods;
pub(super) mod storage;

pub(crate) use config::SCHEDULER_CONFIG;
pub(crate) use events::EVENT;
pub use hint::Hint;

use FieldShape::{Each, Fields, Kept, Labels, Map, Present, Requirements, Text};
use Role::{ApiVersion, Key, MigratedPlugins, Name, OwnerKind, Resource, Uid, VolumeId};

/// The shape of a value of the API, as far as it is kept.
pub(crate) enum FieldShape {
    /// A number, a boolean, a word of the API: as it is.
    Kept,
    /// Anything, as it is.
    Raw,
    /// Only whether it is there matters.
    Present,
    /// Sentences that may name anything of the user's: kept, unless names are redacted.
    Prose,
    /// A text of the user's.
    Text(Role),
    /// An object with these fields.
    Fields(&'static [(&'static str, Self)]),
    /// A taint or a toleration: its `value` is compared with others of its `key`.
    Keyed(&'static [(&'static str, Self)]),
    /// A list.
    Each(&'static Self),
    /// A list of which an item that has only a name says nothing.
    Sources(&'static Self),
    /// A text that is YAML and has this shape; redacted it is JSON.
    Yaml(&'static Self),
    /// Conditions, of these types only.
    Conditions(&'static [&'static str]),
    /// A map from texts of the user's to scalars.
    Map(Role),
    /// A map from resources to amounts, which may lie one level down, in `resources`.
    Limits,
    /// A map from label keys to label values.
    Labels,
    /// A list of conditions on labels: `key`, `operator`, `values`.
    Requirements,
}

/// What a text of the user's is, which decides how it may be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
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
    /// A resource as quotas name it.
    QuotaResource,
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
    /// The id of a node group.
    NodeGroup,
    /// Patterns of such ids, by priority.
    Priorities,
    /// `key=value,…`: labels in an annotation.
    AutoscalerLabels,
    /// `key=value:Effect,…`: taints in an annotation.
    AutoscalerTaints,
    /// In-tree plugins, between commas.
    MigratedPlugins,
    /// `driver=limit,…`: CSI drivers in an annotation.
    CsiDrivers,
}

/// What is kept of objects of `kind`.
pub(crate) fn of(kind: Kind) -> &'static FieldShape {
    kind.entry().fields
}

pub(super) const NAMESPACE: FieldShape = Text(Name(Hint::Namespace));
pub(super) const NODE_NAME: FieldShape = Text(Name(Hint::Node));
pub(super) const CLASS: FieldShape = Text(Name(Hint::Class));
pub(super) const GROUP: FieldShape = Text(Name(Hint::Group));
pub(super) const KEY: FieldShape = Text(Key);
pub(super) const KEYS: FieldShape = Each(&KEY);
pub(super) const WORDS: FieldShape = Each(&Kept);
pub(crate) const RESOURCE_LIST: FieldShape = Map(Resource);

pub(super) const ANNOTATIONS: FieldShape = Fields(&[
    ("pv.kubernetes.io/bind-completed", Kept),
    ("volume.kubernetes.io/selected-node", NODE_NAME),
    ("volume.beta.kubernetes.io/storage-class", CLASS),
    ("storage.alpha.kubernetes.io/migrated-plugins", Text(MigratedPlugins)),
    ("kubernetes.io/limit-ranger", Present),
    ("kubernetes.io/config.mirror", Present),
    ("cluster-autoscaler.kubernetes.io/pod-scale-up-delay", Kept),
    ("cluster-autoscaler.kubernetes.io/daemonset-pod", Kept),
    ("autoscaling.x-k8s.io/consume-provisioning-request", GROUP),
    ("cluster-autoscaler.kubernetes.io/consume-provisioning-request", GROUP),
    ("controller.kubernetes.io/pod-deletion-cost", Kept),
    ("scheduling.k8s.io/group-name", GROUP),
    ("scheduling.volcano.sh/group-name", GROUP),
    ("pod-group-name", GROUP),
    ("vpaUpdates", Present),
    ("resource.kubernetes.io/extended-resource-claim", Kept),
    ("storageclass.kubernetes.io/is-default-class", Kept),
    ("storageclass.beta.kubernetes.io/is-default-class", Kept),
]);

pub(super) const OWNERS: FieldShape = Each(&Fields(&[
    ("apiVersion", Text(ApiVersion)),
    ("kind", Text(OwnerKind)),
    ("name", Text(Name(Hint::Workload))),
    ("uid", Text(Uid)),
    ("controller", Kept),
]));

pub(in crate::decode) const SELECTOR: FieldShape =
    Fields(&[("matchLabels", Labels), ("matchExpressions", Requirements)]);

pub(super) const NODE_SELECTOR_TERM: FieldShape = Fields(&[
    ("matchExpressions", Requirements),
    ("matchFields", Each(&Fields(&[("key", Kept), ("operator", Kept), ("values", Each(&NODE_NAME))]))),
]);

pub(super) const NODE_SELECTOR: FieldShape = Fields(&[("nodeSelectorTerms", Each(&NODE_SELECTOR_TERM))]);

/// A disk of a kind that Kubernetes once served itself: each has its own word for its id.
pub(super) const DISK: FieldShape = Fields(&[
    ("volumeID", Text(VolumeId)),
    ("pdName", Text(VolumeId)),
    ("diskURI", Text(VolumeId)),
    ("readOnly", Kept),
    ("kind", Kept),
]);
