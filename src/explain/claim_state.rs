//! The claims of storage that a rejection speaks of, and what state each is in.

use serde::Serialize;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::quantity::Quantity;
use crate::decode::Kind;
use crate::decode::storage::{BindingMode, PersistentVolumeClaim};
use crate::framework::volume_reason::VolumeReason;
use crate::framework::{Placement, Reason};
use crate::state::Cluster;

/// A PersistentVolumeClaim as the scheduler sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClaimState {
    /// The claim.
    pub claim: ObjectKey,
    /// What became of it.
    pub phase: ClaimPhase,
    /// The StorageClass that it names, and what is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "storageClass")]
    pub class: Option<ClassState>,
    /// What it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Quantity>,
    /// The node for which a volume is being made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_node: Option<Name>,
    /// Pods on nodes that use it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<ClaimUser>,
}

/// A pod on a node that uses a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClaimUser {
    /// The pod.
    pub pod: ObjectKey,
    /// Its node.
    pub node: Name,
}

/// How far a claim is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ClaimPhase {
    /// There is no such claim.
    Missing,
    /// It is being deleted.
    Terminating,
    /// It lost its volume.
    Lost {
        /// The volume it had.
        volume: Name,
    },
    /// It has its volume.
    Bound {
        /// The volume.
        volume: Name,
        /// Whether that exists.
        #[serde(rename = "volumeExists")]
        exists: bool,
    },
    /// It names a volume, and the binding is not complete.
    PreBound {
        /// The volume.
        volume: Name,
    },
    /// It has no volume.
    Unbound,
}

/// The StorageClass of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ClassState {
    /// There is no such class.
    Missing {
        /// The name.
        name: Name,
    },
    /// The class.
    Found {
        /// Its name.
        name: Name,
        /// When its claims are bound: as soon as a pod needs them, or at once.
        wait_for_first_consumer: bool,
        /// Who makes its volumes; none where nobody does.
        #[serde(skip_serializing_if = "Option::is_none")]
        provisioner: Option<Name>,
    },
}

/// The claims named by the reasons of `placement`, each once, in the order of namespace and name.
pub fn find(placement: &Placement, cluster: &Cluster) -> Vec<ClaimState> {
    let of_pod = placement.pre_filter.iter().flat_map(|rejection| &rejection.rejection.reasons);
    let of_nodes = placement.nodes.iter().flat_map(|node| &node.filters).flat_map(|filter| &filter.rejection.reasons);
    let mut claims: Vec<ObjectKey> = of_pod.chain(of_nodes).flat_map(named).collect();
    claims.sort_unstable();
    claims.dedup();
    claims.into_iter().map(|claim| state(claim, cluster)).collect()
}

fn named(reason: &Reason) -> Vec<ObjectKey> {
    let Reason::Volume(reason) = reason else { return Vec::new() };
    match reason {
        VolumeReason::ReadWriteOncePodConflict { claims, .. } => claims.iter().map(|used| used.claim).collect(),
        VolumeReason::UnboundImmediateClaims { claims } => claims.clone(),
        VolumeReason::DiskConflict { .. }
        | VolumeReason::VolumeLimitExceeded { .. }
        | VolumeReason::CsiDriverMissing { .. }
        | VolumeReason::ClaimUnnamed => Vec::new(),
        VolumeReason::CountedClaimNotFound { claim }
        | VolumeReason::ClaimNotFound { claim }
        | VolumeReason::ZoneMismatch { claim, .. }
        | VolumeReason::ClaimWithoutClass { claim }
        | VolumeReason::StorageClassNotFound { claim, .. }
        | VolumeReason::BindingModeUnset { claim, .. }
        | VolumeReason::ClaimWithoutVolume { claim }
        | VolumeReason::VolumeNotFound { claim, .. }
        | VolumeReason::EphemeralClaimPending { claim }
        | VolumeReason::ClaimLost { claim, .. }
        | VolumeReason::ClaimTerminating { claim }
        | VolumeReason::ClaimOfAnotherOwner { claim, .. }
        | VolumeReason::VolumeNodeAffinityConflict { claim, .. }
        | VolumeReason::NoVolumeToBind { claim, .. }
        | VolumeReason::NotEnoughStorage { claim, .. }
        | VolumeReason::BoundVolumeMissing { claim, .. } => vec![*claim],
    }
}

fn state(key: ObjectKey, cluster: &Cluster) -> ClaimState {
    let storage = cluster.storage();
    let users = storage.claim_users(key).iter();
    let used_by = users
        .filter_map(|pod| {
            let node = cluster.node(cluster.node_of(*pod)?);
            Some(ClaimUser { pod: cluster.pod(*pod).key(), node: node.name() })
        })
        .collect();
    let Some(claim) = storage.claim(key) else {
        let phase = ClaimPhase::Missing;
        return ClaimState { claim: key, phase, class: None, request: None, selected_node: None, used_by };
    };
    ClaimState {
        claim: key,
        phase: phase(claim, cluster),
        class: class(claim.class, cluster),
        request: claim.request,
        selected_node: claim.selected_node,
        used_by,
    }
}

fn phase(claim: &PersistentVolumeClaim, cluster: &Cluster) -> ClaimPhase {
    let volume = claim.volume_name;
    if claim.lost {
        ClaimPhase::Lost { volume }
    } else if claim.terminating {
        ClaimPhase::Terminating
    } else if claim.is_fully_bound() {
        ClaimPhase::Bound { volume, exists: cluster.storage().volume(volume).is_some() }
    } else if volume.is_empty() {
        ClaimPhase::Unbound
    } else {
        ClaimPhase::PreBound { volume }
    }
}

fn class(name: Name, cluster: &Cluster) -> Option<ClassState> {
    if name.is_empty() {
        return None;
    }
    match cluster.storage().class(name) {
        Some(class) => Some(ClassState::Found {
            name,
            wait_for_first_consumer: class.binding_mode == Some(BindingMode::WaitForFirstConsumer),
            provisioner: Some(class.provisioner).filter(|_| class.provisions()),
        }),
        // Without any class in the input, that one is missing says nothing.
        None => cluster.holds(Kind::StorageClass).then_some(ClassState::Missing { name }),
    }
}
