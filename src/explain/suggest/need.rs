//! Something that no edit of a pod or node brings about.

use serde::{Serialize, Serializer};

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::quantity::Quantity;

/// Something that must come from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Need {
    /// A scheduler, or a profile of this one, that has the pod's `schedulerName`.
    Scheduler {
        /// The name.
        name: Name,
    },
    /// A claim that does not exist.
    PersistentVolumeClaim {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// Where a claim of that name does exist.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        namespaces: Vec<Name>,
    },
    /// A class for a claim that has none and no volume either.
    DefaultStorageClass {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
    },
    /// A StorageClass that does not exist.
    StorageClass {
        /// The claim that names it.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// Its name.
        class: Name,
    },
    /// A volume that a provisioner should have made.
    VolumeProvisioning {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// Who should make it.
        provisioner: Name,
    },
    /// A volume that must be made by hand.
    PersistentVolume {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The class.
        class: Name,
        /// The size.
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<Quantity>,
    },
    /// A claim's volume is gone: the volume back, or a new claim.
    LostVolume {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The volume it names.
        volume: Name,
    },
    /// The objects of a kind that the input has none of: only with them can the pod be judged.
    InInput {
        /// As kubectl calls them: `persistentvolumes`.
        resource: Name,
    },
    /// A claim that is not being deleted.
    NewClaim {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
    },
    /// A node that a volume can be used on.
    NodeForVolume {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// Its volume.
        volume: Name,
        /// The label that such a node has.
        label: Name,
        /// One of these values.
        values: Vec<Name>,
    },
    /// A node for which a class makes volumes.
    NodeForStorageClass {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// Its class.
        class: Name,
        /// The label that such a node has.
        label: Name,
        /// One of these values.
        values: Vec<Name>,
    },
    /// An end to the making of a volume for another node.
    VolumeForOtherNode {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The node it is being made for.
        node: Name,
    },
    /// A claim, for one pod at a time, that no other pod uses.
    ExclusiveClaim {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The pods that do.
        #[serde(serialize_with = "keys")]
        pods: Vec<ObjectKey>,
    },
    /// Storage that is large enough, near any node.
    StorageCapacity {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// Its class.
        class: Name,
        /// What is asked for.
        size: Quantity,
    },
    /// A ResourceClaim that does not exist or is going away.
    ResourceClaim {
        /// The claim, or the pod whose claim was not made.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
    },
    /// A DeviceClass that does not exist.
    DeviceClass {
        /// Its name.
        class: Name,
    },
    /// Devices that no driver offers near any node.
    DeviceDriver {
        /// The class that is asked for.
        class: Name,
    },
    /// Devices that other claims have.
    FreeDevice {
        /// The class that is asked for.
        class: Name,
        /// How many more.
        #[serde(skip_serializing_if = "Option::is_none")]
        missing: Option<i64>,
    },
    /// Devices that the selectors want and that do not exist.
    MatchingDevice {
        /// The class that is asked for.
        class: Name,
    },
    /// More devices: each request finds enough by itself, and all together do not.
    MoreDevices {
        /// The classes that are asked for.
        classes: Vec<Name>,
        /// What the devices must have in common.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        match_attributes: Vec<Name>,
    },
    /// A resource that no node offers: its device plugin does not run, or has nothing to offer.
    NodeResource {
        /// The resource.
        resource: Name,
        /// What nodes offer of the same vendor.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        offered: Vec<Name>,
    },
    /// Devices that can be used: nodes have some, and none of them is healthy.
    HealthyDevices {
        /// The resource.
        resource: Name,
    },
    /// A node with more of a resource than any has.
    LargerNode {
        /// The resource.
        resource: Name,
        /// What is asked for.
        requested: String,
        /// What the largest node has for pods.
        largest: String,
    },
    /// A label that all nodes lack and that makes them part of a topology.
    TopologyLabel {
        /// The key.
        label: Name,
    },
    /// Pods that this one wants to be near; there are none.
    AffinityPods {
        /// Which.
        selector: Name,
    },
    /// A priority above that of the pods on the one node that the pod may go to.
    Priority {
        /// The pod's.
        priority: i32,
        /// The node.
        node: Name,
    },
}

fn key<S: Serializer>(key: &ObjectKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}

fn keys<S: Serializer>(keys: &[ObjectKey], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(keys.iter().map(ToString::to_string))
}
