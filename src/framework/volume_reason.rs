//! The reasons of VolumeRestrictions, NodeVolumeLimits, VolumeZone and VolumeBinding.

use std::fmt;

use serde::Serialize;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::quantity::Quantity;

/// Why a pod's volumes keep it from a node, or from all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum VolumeReason {
    /// VolumeRestrictions: a pod on the node has the disk mounted in a way that shuts others out.
    DiskConflict {
        /// The volume's name inside the pod.
        volume: Name,
        /// The pod on the node.
        pod: ObjectKey,
    },
    /// VolumeRestrictions: another pod uses a claim that one pod at a time may use.
    ReadWriteOncePodConflict {
        /// The claims in use, each with the pods that use it.
        claims: Vec<ClaimInUse>,
        /// Whether the version's text speaks of a claim of the same name ([`crate::config::Behaviour`]).
        #[serde(skip)]
        same_name: bool,
    },
    /// NodeVolumeLimits: the driver would have to attach more volumes than it can.
    VolumeLimitExceeded {
        /// The CSI driver.
        driver: Name,
        /// Volumes of the pod that are not attached yet.
        wanted: i64,
        /// Volumes on the node, attached or used by its pods.
        used: i64,
        /// Volumes the driver can attach.
        limit: i64,
    },
    /// NodeVolumeLimits: the node lacks a driver that the pod's volumes need.
    CsiDriverMissing {
        /// The CSI driver.
        driver: Name,
    },
    /// NodeVolumeLimits: a claim is missing, in that plugin's words.
    CountedClaimNotFound {
        /// The claim.
        claim: ObjectKey,
    },
    /// A claim is missing.
    ClaimNotFound {
        /// The claim.
        claim: ObjectKey,
    },
    /// VolumeZone: the volume is in another zone or region.
    ZoneMismatch {
        /// The claim.
        claim: ObjectKey,
        /// Its PersistentVolume.
        volume: Name,
        /// The label of volume and node.
        key: Name,
        /// What the volume's label allows.
        values: Vec<Name>,
        /// What the node has.
        #[serde(skip_serializing_if = "Option::is_none")]
        node: Option<Name>,
    },
    /// VolumeZone: a volume names no claim.
    ClaimUnnamed,
    /// VolumeZone: the claim has neither a volume nor a class.
    ClaimWithoutClass {
        /// The claim.
        claim: ObjectKey,
    },
    /// VolumeZone: the claim's class is missing.
    StorageClassNotFound {
        /// The claim.
        claim: ObjectKey,
        /// The class it names.
        class: Name,
    },
    /// VolumeZone: the class does not say when its claims are bound.
    BindingModeUnset {
        /// The claim.
        claim: ObjectKey,
        /// Its class.
        class: Name,
    },
    /// VolumeZone: the claim is not bound although its class binds immediately.
    ClaimWithoutVolume {
        /// The claim.
        claim: ObjectKey,
    },
    /// VolumeZone: the claim's volume is missing.
    VolumeNotFound {
        /// The claim.
        claim: ObjectKey,
        /// The volume it names.
        volume: Name,
    },
    /// VolumeBinding: the claim of a generic ephemeral volume was not made yet.
    EphemeralClaimPending {
        /// The claim.
        claim: ObjectKey,
    },
    /// VolumeBinding: the claim lost its volume.
    ClaimLost {
        /// The claim.
        claim: ObjectKey,
        /// The volume it had.
        volume: Name,
    },
    /// VolumeBinding: the claim is being deleted.
    ClaimTerminating {
        /// The claim.
        claim: ObjectKey,
    },
    /// VolumeBinding: the claim of a generic ephemeral volume belongs to somebody else.
    ClaimOfAnotherOwner {
        /// The claim.
        claim: ObjectKey,
        /// The pod it should belong to.
        pod: ObjectKey,
    },
    /// VolumeBinding: claims that should be bound before a pod is scheduled are not.
    UnboundImmediateClaims {
        /// The claims.
        claims: Vec<ObjectKey>,
    },
    /// VolumeBinding: a bound volume cannot be used on the node.
    VolumeNodeAffinityConflict {
        /// The claim.
        claim: ObjectKey,
        /// Its PersistentVolume.
        volume: Name,
        /// What the volume wants of a node and this one does not have.
        unmatched: Vec<UnmatchedLabel>,
    },
    /// VolumeBinding: no volume can be had for a claim on the node.
    NoVolumeToBind {
        /// The claim.
        claim: ObjectKey,
        /// What prevents it.
        obstacle: BindObstacle,
    },
    /// VolumeBinding: the node's storage has too little space for a new volume.
    NotEnoughStorage {
        /// The claim.
        claim: ObjectKey,
        /// Its class.
        class: Name,
        /// What it asks for.
        requested: Quantity,
        /// The largest volume that could be made for the node, where any storage reaches it.
        #[serde(skip_serializing_if = "Option::is_none")]
        largest: Option<Quantity>,
    },
    /// VolumeBinding: a bound claim's volume is missing.
    BoundVolumeMissing {
        /// The claim.
        claim: ObjectKey,
        /// The volume it names.
        volume: Name,
    },
}

/// A claim that one pod at a time may use, and who does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClaimInUse {
    /// The claim.
    pub claim: ObjectKey,
    /// The pods on nodes.
    pub pods: Vec<ObjectKey>,
}

/// A requirement of a volume that a node does not fulfil.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnmatchedLabel {
    /// The label's key.
    pub key: Name,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    pub operator: Name,
    /// What it is compared with.
    pub values: Vec<Name>,
    /// What the node has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Name>,
}

/// Why no volume can be had for a claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum BindObstacle {
    /// A volume is being made for a pod on another node.
    ProvisionedElsewhere {
        /// That node.
        node: Name,
    },
    /// No existing volume fits, and the class makes none.
    NoProvisioner {
        /// The class.
        class: Name,
        /// Its volumes, by what is wrong with them.
        volumes: Vec<UnfitVolumes>,
    },
    /// No existing volume fits, and the class makes none for this node.
    TopologyNotAllowed {
        /// The class.
        class: Name,
        /// What `allowedTopologies` wants and the node does not have.
        unmatched: Vec<UnmatchedLabel>,
        /// The class's volumes, by what is wrong with them.
        volumes: Vec<UnfitVolumes>,
    },
}

/// Volumes that do not fit a claim for the same cause.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnfitVolumes {
    /// The cause.
    pub cause: Unfit,
    /// How many.
    pub count: usize,
    /// The first of them by name.
    pub example: Name,
    /// What that one wants of a node and this one does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<UnmatchedLabel>,
}

/// What is wrong with a volume for a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Unfit {
    /// Another claim has it, or it is kept for one.
    Claimed,
    /// It is smaller than what is asked for.
    TooSmall,
    /// `Block` for `Filesystem`, or the other way round.
    VolumeMode,
    /// Its VolumeAttributesClass is another.
    AttributesClass,
    /// It is being deleted.
    Terminating,
    /// Its phase is not `Available`.
    NotAvailable,
    /// The claim's selector does not match its labels.
    Selector,
    /// It lacks an access mode that is asked for.
    AccessModes,
    /// It cannot be used on the node.
    NodeAffinity,
    /// Another claim of the pod takes it.
    TakenByPod,
}

impl fmt::Display for VolumeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DiskConflict { .. } => f.write_str("node(s) had no available disk"),
            Self::ReadWriteOncePodConflict { same_name: true, .. } => f.write_str(
                "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
            ),
            Self::ReadWriteOncePodConflict { same_name: false, .. } => f.write_str(
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by \
                 another pod",
            ),
            Self::VolumeLimitExceeded { .. } => f.write_str("node(s) exceed max volume count"),
            Self::CsiDriverMissing { driver } => write!(f, "{driver} CSI driver is not installed on the node"),
            Self::CountedClaimNotFound { claim } => {
                write!(f, "looking up PVC {claim}: persistentvolumeclaim \"{}\" not found", claim.name)
            }
            Self::ClaimNotFound { claim } => write!(f, "persistentvolumeclaim \"{}\" not found", claim.name),
            Self::ZoneMismatch { .. } => f.write_str("node(s) had no available volume zone"),
            Self::ClaimUnnamed => f.write_str("PersistentVolumeClaim had no name"),
            Self::ClaimWithoutClass { .. } => f.write_str("PersistentVolumeClaim had no pv name and storageClass name"),
            Self::StorageClassNotFound { class, .. } => {
                write!(f, "storageclass.storage.k8s.io \"{class}\" not found")
            }
            Self::BindingModeUnset { class, .. } => write!(f, "VolumeBindingMode not set for StorageClass \"{class}\""),
            Self::ClaimWithoutVolume { .. } => f.write_str("PersistentVolume had no name"),
            Self::VolumeNotFound { volume, .. } => write!(f, "persistentvolume \"{volume}\" not found"),
            Self::EphemeralClaimPending { claim } => write!(
                f,
                "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{}\"",
                claim.name
            ),
            Self::ClaimLost { claim, volume } => write!(
                f,
                "persistentvolumeclaim \"{}\" bound to non-existent persistentvolume \"{volume}\"",
                claim.name
            ),
            Self::ClaimTerminating { claim } => write!(f, "persistentvolumeclaim \"{}\" is being deleted", claim.name),
            Self::ClaimOfAnotherOwner { claim, pod } => {
                write!(f, "PVC {claim} was not created for pod {pod} (pod is not owner)")
            }
            Self::UnboundImmediateClaims { .. } => f.write_str("pod has unbound immediate PersistentVolumeClaims"),
            Self::VolumeNodeAffinityConflict { .. } => {
                f.write_str("node(s) didn't match PersistentVolume's node affinity")
            }
            Self::NoVolumeToBind { .. } => f.write_str("node(s) didn't find available persistent volumes to bind"),
            Self::NotEnoughStorage { .. } => f.write_str("node(s) did not have enough free storage"),
            Self::BoundVolumeMissing { .. } => {
                f.write_str("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
            }
        }
    }
}
