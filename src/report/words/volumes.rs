//! Words for what volumes and claims keep a pod from.

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::framework::volume_reason::{BindObstacle, ClaimInUse, Unfit, UnfitVolumes, UnmatchedLabel, VolumeReason};
use crate::report::text::{count, list};

/// The reason in a few words, without what is a node's own.
pub(in crate::report) fn brief(reason: &VolumeReason) -> String {
    match reason {
        VolumeReason::DiskConflict { volume, .. } => format!("volume {volume}: another pod has its disk"),
        VolumeReason::ReadWriteOncePodConflict { claims, .. } => in_use(claims),
        VolumeReason::CsiDriverMissing { driver } => format!("{driver}: the driver is not on the node"),
        VolumeReason::VolumeLimitExceeded { driver, .. } => format!("{driver}: cannot attach more volumes"),
        VolumeReason::CountedClaimNotFound { claim } | VolumeReason::ClaimNotFound { claim } => {
            format!("claim {} does not exist", claim.name)
        }
        VolumeReason::ZoneMismatch { claim, volume, key, values, .. } => {
            format!("claim {}: volume {volume} is in {key} {}", claim.name, list(values, 3))
        }
        VolumeReason::ClaimUnnamed => "a volume names no claim".to_owned(),
        VolumeReason::ClaimWithoutClass { claim } => {
            format!("claim {} has neither a volume nor a StorageClass", claim.name)
        }
        VolumeReason::StorageClassNotFound { claim, class } => {
            format!("claim {}: StorageClass {class} does not exist", claim.name)
        }
        VolumeReason::BindingModeUnset { claim, class } => {
            format!("claim {}: StorageClass {class} has no volumeBindingMode", claim.name)
        }
        VolumeReason::ClaimWithoutVolume { claim } => {
            format!("claim {} is not bound, although its class binds immediately", claim.name)
        }
        VolumeReason::VolumeNotFound { claim, volume } | VolumeReason::BoundVolumeMissing { claim, volume } => {
            format!("claim {}: its volume {volume} does not exist", claim.name)
        }
        VolumeReason::EphemeralClaimPending { claim } => format!("claim {} was not created yet", claim.name),
        VolumeReason::ClaimLost { claim, volume } => format!("claim {} lost its volume {volume}", claim.name),
        VolumeReason::ClaimTerminating { claim } => format!("claim {} is being deleted", claim.name),
        VolumeReason::ClaimOfAnotherOwner { claim, .. } => {
            format!("claim {} has the name of this pod's volume claim, but belongs to something else", claim.name)
        }
        VolumeReason::UnboundImmediateClaims { claims } => unbound(claims),
        VolumeReason::VolumeNodeAffinityConflict { claim, volume, unmatched } => {
            format!("claim {}: volume {volume} {}", claim.name, only_where(unmatched))
        }
        VolumeReason::NoVolumeToBind { claim, obstacle } => {
            format!("claim {}: {}", claim.name, obstacle_words(obstacle))
        }
        VolumeReason::NotEnoughStorage { claim, class, requested, .. } => {
            format!("claim {}: StorageClass {class} has no {requested} left for the node", claim.name)
        }
    }
}

/// The reason on one node, with its facts.
pub(in crate::report) fn on_node(reason: &VolumeReason) -> String {
    match reason {
        VolumeReason::DiskConflict { volume, pod } => format!("volume {volume}: {pod} on the node has its disk"),
        VolumeReason::VolumeLimitExceeded { driver, wanted, used, limit } => {
            format!("{driver}: {used} of {limit} volumes attached, {wanted} more wanted")
        }
        VolumeReason::ZoneMismatch { node, .. } => match node {
            Some(node) => format!("{}, the node in {node}", brief(reason)),
            None => format!("{}, which the node does not have", brief(reason)),
        },
        VolumeReason::VolumeNodeAffinityConflict { unmatched, .. } => {
            let has: Vec<String> = unmatched.iter().map(found).collect();
            format!("{}; the node has {}", brief(reason), list(&has, 3))
        }
        VolumeReason::NoVolumeToBind { claim, obstacle } => {
            let volumes = match obstacle {
                BindObstacle::ProvisionedElsewhere { .. } => &[][..],
                BindObstacle::NoProvisioner { volumes, .. } | BindObstacle::TopologyNotAllowed { volumes, .. } => {
                    volumes
                }
            };
            let unfit: Vec<String> = volumes.iter().map(unfit).collect();
            let unfit = if unfit.is_empty() { String::new() } else { format!(" ({})", unfit.join(", ")) };
            format!("claim {}: {}{unfit}", claim.name, obstacle_words(obstacle))
        }
        VolumeReason::NotEnoughStorage { largest, .. } => match largest {
            Some(largest) => format!("{}: {largest} at most", brief(reason)),
            None => format!("{}: no storage is accessible", brief(reason)),
        },
        other => brief(other),
    }
}

fn in_use(claims: &[ClaimInUse]) -> String {
    let claims: Vec<String> = claims
        .iter()
        .map(|used| {
            let pods: Vec<String> = used.pods.iter().map(ToString::to_string).collect();
            format!("claim {} (ReadWriteOncePod) is used by {}", used.claim.name, list(&pods, 2))
        })
        .collect();
    list(&claims, 2)
}

fn unbound(claims: &[ObjectKey]) -> String {
    let names: Vec<Name> = claims.iter().map(|claim| claim.name).collect();
    match names.as_slice() {
        [one] => format!("claim {one} must be bound before a pod is scheduled"),
        several => format!("claims {} must be bound before a pod is scheduled", list(several, 3)),
    }
}

fn obstacle_words(obstacle: &BindObstacle) -> String {
    match obstacle {
        BindObstacle::ProvisionedElsewhere { node } => format!("its volume is being provisioned for {node}"),
        BindObstacle::NoProvisioner { class, .. } => {
            format!("no volume of StorageClass {class} fits, and the class provisions none")
        }
        BindObstacle::TopologyNotAllowed { class, unmatched, .. } => {
            format!("StorageClass {class} provisions volumes {}", only_where(unmatched))
        }
    }
}

/// `only where zone is a or b`.
fn only_where(unmatched: &[UnmatchedLabel]) -> String {
    let wanted: Vec<String> = unmatched.iter().map(wanted).collect();
    if wanted.is_empty() { "not here".to_owned() } else { format!("only where {}", list(&wanted, 3)) }
}

/// A requirement as a condition: `zone is a or b`.
fn wanted(label: &UnmatchedLabel) -> String {
    crate::report::words::requirement(label.key, label.operator, &label.values)
}

fn found(label: &UnmatchedLabel) -> String {
    label.node.map_or_else(|| format!("no {}", label.key), |value| format!("{}={value}", label.key))
}

fn unfit(volumes: &UnfitVolumes) -> String {
    let cause = match volumes.cause {
        Unfit::Claimed => "claimed",
        Unfit::TooSmall => "too small",
        Unfit::VolumeMode => "of another volumeMode",
        Unfit::AttributesClass => "of another VolumeAttributesClass",
        Unfit::Terminating => "being deleted",
        Unfit::NotAvailable => "not Available",
        Unfit::Selector => "not selected by the claim",
        Unfit::AccessModes => "without the access mode",
        Unfit::NodeAffinity => "for other nodes",
        Unfit::TakenByPod => "taken by the pod's other claims",
    };
    if volumes.count == 1 {
        format!("{} {cause}", volumes.example)
    } else {
        format!("{} {cause}", count(volumes.count, "volume"))
    }
}
