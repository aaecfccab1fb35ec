//! What would be needed that no edit of a pod or node brings about: an object that is missing, a
//! volume elsewhere, a device, a larger node. Named from the reasons, not proven.

use serde::{Serialize, Serializer};

use crate::cluster::name::Name;
use crate::cluster::quantity::Quantity;
use crate::cluster::{Cluster, ObjectKey};
use crate::explain::near_misses;
use crate::framework::{
    Amount, BindObstacle, DeviceReason, DeviceShortage, NodePlacement, Placement, Reason, VolumeReason,
};

use super::{labels, targets};

/// Needs kept.
const MOST: usize = 4;

/// Something that must come from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Need {
    /// A scheduler, or a profile of this one, that has the pod's `schedulerName`.
    Scheduler {
        /// The name.
        name: Name,
    },
    /// A claim that does not exist.
    Claim {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// Where a claim of that name does exist.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        namespaces: Vec<Name>,
    },
    /// A class for a claim that has none and no volume either.
    ClassOfClaim {
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
    Provisioning {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// Who should make it.
        provisioner: Name,
    },
    /// A volume that must be made by hand.
    Volume {
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
    /// A claim that is not being deleted.
    NewClaim {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
    },
    /// A node that a volume can be used on.
    NodeNearVolume {
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
    NodeOfClass {
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
    OtherNodeForVolume {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The node it is being made for.
        node: Name,
    },
    /// A claim, for one pod at a time, that no other pod uses.
    UnusedClaim {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The pods that do.
        #[serde(serialize_with = "keys")]
        pods: Vec<ObjectKey>,
    },
    /// Storage that is large enough, near any node.
    Storage {
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
    OtherDevice {
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
    ResourceOffered {
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
    PodsToBeNear {
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

/// What would be needed where every node that was looked at lacks something of the kind; what most
/// nodes lack comes first.
pub fn needed(placement: &Placement, cluster: &Cluster) -> Vec<Need> {
    if placement.schedulable {
        return Vec::new();
    }
    if !placement.errors.is_empty() && placement.message.is_none() {
        return vec![Need::Scheduler { name: cluster.pod(placement.pod_id).spec().scheduler_name() }];
    }
    let mut needs: Vec<(Need, usize)> = Vec::new();
    let mut count = |need: Need| match needs.iter_mut().find(|(other, _)| *other == need) {
        Some((_, nodes)) => *nodes += 1,
        None => needs.push((need, 1)),
    };
    let turned_away = placement.pre_filter.iter().flat_map(|no| &no.rejection.reasons);
    turned_away.flat_map(|reason| of(cluster, reason)).for_each(&mut count);
    for node in placement.nodes.iter().filter(|node| node.considered) {
        let of_node = of_node(placement, cluster, node);
        if of_node.is_empty() {
            return Vec::new();
        }
        of_node.into_iter().for_each(&mut count);
    }
    needs.sort_by_key(|(_, nodes)| std::cmp::Reverse(*nodes));
    needs.into_iter().take(MOST).map(|(need, _)| need).collect()
}

fn of_node(placement: &Placement, cluster: &Cluster, node: &NodePlacement) -> Vec<Need> {
    let misses = near_misses::misses(node);
    let mut needs: Vec<Need> = Vec::new();
    for need in misses.iter().flat_map(|miss| of(cluster, &miss.reason)) {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    let pod = cluster.pod(placement.pod_id);
    let is_bound = pod.own.controller.as_ref().is_some_and(|owner| owner.kind == "DaemonSet");
    let pods_only = !misses.is_empty()
        && misses.iter().all(|miss| {
            matches!(miss.reason, Reason::InsufficientResource { .. } | Reason::TooManyPods { .. })
                && targets::comes_of_pods(&miss.reason)
        });
    if is_bound && pods_only && placement.preemption.is_none() {
        needs.push(Need::Priority { priority: pod.priority(), node: node.name });
    }
    needs
}

fn of(cluster: &Cluster, reason: &Reason) -> Vec<Need> {
    match reason {
        Reason::Volume(reason) => of_volume(cluster, reason),
        Reason::Device(reason) => of_device(reason),
        Reason::InsufficientResource { resource, requested, .. } => {
            of_resource(cluster, *resource, *requested).into_iter().collect()
        }
        Reason::TopologyLabelMissing { topology_key } | Reason::PodAffinityUnmet { topology_key, domain: None, .. }
            if labels::is_nowhere(cluster, *topology_key) =>
        {
            vec![Need::TopologyLabel { label: *topology_key }]
        }
        Reason::PodAffinityUnmet { selector, matching_elsewhere: 0, domain: Some(_), .. } => {
            vec![Need::PodsToBeNear { selector: *selector }]
        }
        _ => Vec::new(),
    }
}

fn of_resource(cluster: &Cluster, resource: Name, requested: Amount) -> Option<Need> {
    let has = cluster.nodes().iter().map(|node| super::lower::amount(&node.node.allocatable, resource));
    let largest = has.max().unwrap_or_default();
    if largest <= 0 {
        return Some(Need::ResourceOffered { resource });
    }
    let amount = |value: i64| super::lower::quantity(resource, value).to_string();
    (requested.value > largest).then(|| Need::LargerNode {
        resource,
        requested: amount(requested.value),
        largest: amount(largest),
    })
}

fn of_volume(cluster: &Cluster, reason: &VolumeReason) -> Vec<Need> {
    match reason {
        VolumeReason::ClaimNotFound { claim } | VolumeReason::CountedClaimNotFound { claim } => {
            vec![missing_claim(cluster, *claim)]
        }
        VolumeReason::UnboundImmediateClaims { claims } => {
            claims.iter().map(|claim| unbound(cluster, *claim)).collect()
        }
        VolumeReason::ClaimWithoutVolume { claim } | VolumeReason::ClaimWithoutClass { claim } => {
            vec![unbound(cluster, *claim)]
        }
        VolumeReason::StorageClassNotFound { claim, class } => {
            vec![Need::StorageClass { claim: *claim, class: *class }]
        }
        VolumeReason::ClaimLost { claim, volume }
        | VolumeReason::VolumeNotFound { claim, volume }
        | VolumeReason::BoundVolumeMissing { claim, volume } => {
            vec![Need::LostVolume { claim: *claim, volume: *volume }]
        }
        VolumeReason::ClaimTerminating { claim } | VolumeReason::ClaimOfAnotherOwner { claim, .. } => {
            vec![Need::NewClaim { claim: *claim }]
        }
        VolumeReason::EphemeralClaimPending { claim } => vec![Need::Claim { claim: *claim, namespaces: Vec::new() }],
        VolumeReason::ZoneMismatch { claim, volume, key, values, .. } => {
            vec![Need::NodeNearVolume { claim: *claim, volume: *volume, label: *key, values: values.clone() }]
        }
        VolumeReason::VolumeNodeAffinityConflict { claim, volume, unmatched } => unmatched
            .iter()
            .map(|unmatched| Need::NodeNearVolume {
                claim: *claim,
                volume: *volume,
                label: unmatched.key,
                values: unmatched.values.clone(),
            })
            .collect(),
        VolumeReason::NoVolumeToBind { claim, obstacle: BindObstacle::NoProvisioner { class, .. } } => {
            let size = cluster.storage().claim(*claim).and_then(|claim| claim.request);
            vec![Need::Volume { claim: *claim, class: *class, size }]
        }
        VolumeReason::NoVolumeToBind { claim, obstacle: BindObstacle::TopologyNotAllowed { class, unmatched, .. } } => {
            unmatched
                .iter()
                .map(|unmatched| Need::NodeOfClass {
                    claim: *claim,
                    class: *class,
                    label: unmatched.key,
                    values: unmatched.values.clone(),
                })
                .collect()
        }
        VolumeReason::NoVolumeToBind { claim, obstacle: BindObstacle::ProvisionedElsewhere { node } } => {
            vec![Need::OtherNodeForVolume { claim: *claim, node: *node }]
        }
        VolumeReason::ReadWriteOncePodConflict { claims } => {
            claims.iter().map(|used| Need::UnusedClaim { claim: used.claim, pods: used.pods.clone() }).collect()
        }
        VolumeReason::NotEnoughStorage { claim, class, requested, .. } => {
            vec![Need::Storage { claim: *claim, class: *class, size: *requested }]
        }
        VolumeReason::DiskConflict { .. }
        | VolumeReason::VolumeLimitExceeded { .. }
        | VolumeReason::ClaimUnnamed
        | VolumeReason::BindingModeUnset { .. } => Vec::new(),
    }
}

fn missing_claim(cluster: &Cluster, claim: ObjectKey) -> Need {
    let mut namespaces: Vec<Name> = cluster
        .storage()
        .claims()
        .map(|other| other.key)
        .filter(|other| other.name == claim.name)
        .map(|key| key.namespace)
        .collect();
    namespaces.sort_unstable();
    Need::Claim { claim, namespaces }
}

/// What keeps a claim from being bound.
fn unbound(cluster: &Cluster, key: ObjectKey) -> Need {
    let Some(claim) = cluster.storage().claim(key) else { return missing_claim(cluster, key) };
    if claim.class.is_empty() {
        return Need::ClassOfClaim { claim: key };
    }
    match cluster.storage().class(claim.class) {
        None => Need::StorageClass { claim: key, class: claim.class },
        Some(class) if class.provisions() => Need::Provisioning { claim: key, provisioner: class.provisioner },
        Some(_) => Need::Volume { claim: key, class: claim.class, size: claim.request },
    }
}

fn of_device(reason: &DeviceReason) -> Vec<Need> {
    match reason {
        DeviceReason::ResourceClaimNotFound { claim }
        | DeviceReason::ResourceClaimTerminating { claim }
        | DeviceReason::ResourceClaimOfOtherPod { claim, .. }
        | DeviceReason::ResourceClaimNotCreated { pod: claim, .. } => vec![Need::ResourceClaim { claim: *claim }],
        DeviceReason::DeviceClassNotFound { class, .. } => vec![Need::DeviceClass { class: *class }],
        DeviceReason::DevicesInsufficient { requests, match_attributes }
            if requests.iter().all(DeviceShortage::is_enough) =>
        {
            let mut classes: Vec<Name> = requests.iter().map(|request| request.class).collect();
            classes.sort_unstable();
            classes.dedup();
            vec![Need::MoreDevices { classes, match_attributes: match_attributes.clone() }]
        }
        DeviceReason::DevicesInsufficient { requests, .. } => requests
            .iter()
            .filter(|shortage| !shortage.is_enough())
            .map(|shortage| {
                let available = i64::try_from(shortage.available).unwrap_or(i64::MAX);
                if shortage.taken > 0 {
                    let missing = shortage.wanted.map(|wanted| wanted.saturating_sub(available));
                    Need::FreeDevice { class: shortage.class, missing }
                } else if shortage.reachable == 0 && shortage.elsewhere == 0 {
                    Need::DeviceDriver { class: shortage.class }
                } else {
                    Need::OtherDevice { class: shortage.class }
                }
            })
            .collect(),
        DeviceReason::ResourceClaimSourceUnknown { .. }
        | DeviceReason::ResourceClaimInFlight { .. }
        | DeviceReason::DeviceRequestUnknown { .. }
        | DeviceReason::PrioritizedListDisabled { .. }
        | DeviceReason::ResourceClaimElsewhere { .. } => Vec::new(),
    }
}

fn key<S: Serializer>(key: &ObjectKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}

fn keys<S: Serializer>(keys: &[ObjectKey], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(keys.iter().map(ToString::to_string))
}
