//! What would be needed that no edit of a pod or node brings about: an object that is missing, a
//! volume elsewhere, a device, a larger node. Named from the reasons, not proven.

use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::decode::Kind;
use crate::explain::{findings, near_misses};
use crate::framework::{
    Amount, BindObstacle, DeviceReason, DeviceShortage, NodePlacement, Placement, Reason, VolumeReason,
};
use crate::state::Cluster;

use super::need::Need;
use super::{labels, targets};

/// Needs kept.
const MOST: usize = 4;

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
            vec![Need::AffinityPods { selector: *selector }]
        }
        _ => Vec::new(),
    }
}

fn of_resource(cluster: &Cluster, resource: Name, requested: Amount) -> Option<Need> {
    let has = cluster.nodes().iter().map(|node| super::lower::amount(&node.node.allocatable, resource));
    let largest = has.max().unwrap_or_default();
    let is_there = || cluster.nodes().iter().any(|node| node.node.unusable.iter().any(|(other, _)| *other == resource));
    if largest <= 0 && is_there() {
        return Some(Need::HealthyDevices { resource });
    }
    if largest <= 0 {
        return Some(Need::NodeResource { resource, offered: findings::offered_instead(cluster, resource) });
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
        VolumeReason::VolumeNotFound { .. } | VolumeReason::BoundVolumeMissing { .. }
            if !cluster.holds(Kind::PersistentVolume) =>
        {
            vec![Need::InInput { resource: name(Kind::PersistentVolume.resource()) }]
        }
        VolumeReason::ClaimLost { claim, volume }
        | VolumeReason::VolumeNotFound { claim, volume }
        | VolumeReason::BoundVolumeMissing { claim, volume } => {
            vec![Need::LostVolume { claim: *claim, volume: *volume }]
        }
        VolumeReason::ClaimTerminating { claim } | VolumeReason::ClaimOfAnotherOwner { claim, .. } => {
            vec![Need::NewClaim { claim: *claim }]
        }
        VolumeReason::EphemeralClaimPending { claim } => {
            vec![Need::PersistentVolumeClaim { claim: *claim, namespaces: Vec::new() }]
        }
        VolumeReason::ZoneMismatch { claim, volume, key, values, .. } => {
            vec![Need::NodeForVolume { claim: *claim, volume: *volume, label: *key, values: values.clone() }]
        }
        VolumeReason::VolumeNodeAffinityConflict { claim, volume, unmatched } => unmatched
            .iter()
            .map(|unmatched| Need::NodeForVolume {
                claim: *claim,
                volume: *volume,
                label: unmatched.key,
                values: unmatched.values.clone(),
            })
            .collect(),
        VolumeReason::NoVolumeToBind { claim, obstacle: BindObstacle::NoProvisioner { class, .. } } => {
            let size = cluster.storage().claim(*claim).and_then(|claim| claim.request);
            vec![Need::PersistentVolume { claim: *claim, class: *class, size }]
        }
        VolumeReason::NoVolumeToBind { claim, obstacle: BindObstacle::TopologyNotAllowed { class, unmatched, .. } } => {
            unmatched
                .iter()
                .map(|unmatched| Need::NodeForStorageClass {
                    claim: *claim,
                    class: *class,
                    label: unmatched.key,
                    values: unmatched.values.clone(),
                })
                .collect()
        }
        VolumeReason::NoVolumeToBind { claim, obstacle: BindObstacle::ProvisionedElsewhere { node } } => {
            vec![Need::VolumeForOtherNode { claim: *claim, node: *node }]
        }
        VolumeReason::ReadWriteOncePodConflict { claims, .. } => {
            claims.iter().map(|used| Need::ExclusiveClaim { claim: used.claim, pods: used.pods.clone() }).collect()
        }
        VolumeReason::NotEnoughStorage { claim, class, requested, .. } => {
            vec![Need::StorageCapacity { claim: *claim, class: *class, size: *requested }]
        }
        VolumeReason::DiskConflict { .. }
        | VolumeReason::VolumeLimitExceeded { .. }
        | VolumeReason::CsiDriverMissing { .. }
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
    Need::PersistentVolumeClaim { claim, namespaces }
}

/// What keeps a claim from being bound.
fn unbound(cluster: &Cluster, key: ObjectKey) -> Need {
    let Some(claim) = cluster.storage().claim(key) else { return missing_claim(cluster, key) };
    if claim.class.is_empty() {
        return Need::DefaultStorageClass { claim: key };
    }
    match cluster.storage().class(claim.class) {
        None => Need::StorageClass { claim: key, class: claim.class },
        Some(class) if class.provisions() => Need::VolumeProvisioning { claim: key, provisioner: class.provisioner },
        Some(_) => Need::PersistentVolume { claim: key, class: claim.class, size: claim.request },
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
                if shortage.taken + shortage.exhausted > 0 {
                    let missing = shortage.wanted.map(|wanted| wanted.saturating_sub(available));
                    Need::FreeDevice { class: shortage.class, missing }
                } else if shortage.reachable == 0 && shortage.elsewhere == 0 {
                    Need::DeviceDriver { class: shortage.class }
                } else {
                    Need::MatchingDevice { class: shortage.class }
                }
            })
            .collect(),
        DeviceReason::ResourceClaimSourceUnknown { .. }
        | DeviceReason::InvalidResourcePools { .. }
        | DeviceReason::ExtendedResourceClaimLeftOver { .. }
        | DeviceReason::ExtendedResourceNowhere { .. }
        | DeviceReason::ResourceClaimInFlight { .. }
        | DeviceReason::DeviceRequestUnknown { .. }
        | DeviceReason::PrioritizedListDisabled { .. }
        | DeviceReason::ResourceClaimElsewhere { .. } => Vec::new(),
    }
}
