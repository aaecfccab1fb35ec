//! What a pod on its way to a node takes beside the node's resources: volumes and devices.
//!
//! Between the choice of a node and binding kube-scheduler keeps these in caches of its own
//! (upstream volumebinding/assume_cache.go, dynamicresources/dra_manager.go). Here the state
//! itself is changed, and can be changed back.

use super::Cluster;
use crate::api::meta::ObjectKey;
use crate::api::name::Name;
use crate::decode::devices::ResourceClaim;
use crate::decode::storage::ClaimReference;

/// One thing that is taken.
#[derive(Clone, Debug)]
pub enum Take {
    /// An existing PersistentVolume is kept for a claim.
    Volume {
        /// The volume.
        volume: Name,
        /// The claim.
        claim: ClaimReference,
    },
    /// A volume for the claim is to be made for a node: no other node can have it from now on.
    SelectedNode {
        /// The claim.
        claim: ObjectKey,
        /// The node.
        node: Name,
    },
    /// A ResourceClaim as it is with the pod on the node: it has its devices, and is reserved for the pod
    /// (upstream dynamicresources.go, bindClaim).
    Claim(Box<ResourceClaim>),
}

/// What [`Cluster::reserve`] changed, and how it was before.
#[must_use = "without it the state cannot be changed back"]
#[derive(Debug, Default)]
pub struct Reservation(Vec<Before>);

/// How one thing was before it was taken.
#[derive(Debug)]
enum Before {
    Volume { volume: Name, claim: Option<ClaimReference> },
    SelectedNode { claim: ObjectKey, node: Option<Name> },
    Claim { key: ObjectKey, claim: Option<ResourceClaim> },
}

impl Reservation {
    /// ResourceClaims that had no devices before.
    pub fn allocated_claims(&self) -> Vec<ObjectKey> {
        let of = |before: &Before| match before {
            Before::Claim { key, claim } if claim.as_ref().is_none_or(|claim| claim.allocation.is_none()) => Some(*key),
            _ => None,
        };
        self.0.iter().filter_map(of).collect()
    }
}

impl Cluster {
    /// Takes what a pod needs on its node.
    pub fn reserve(&mut self, takes: Vec<Take>) -> Reservation {
        let taken = takes.into_iter().map(|take| match take {
            Take::Volume { volume, claim } => {
                Before::Volume { volume, claim: self.storage.keep_volume(volume, Some(claim)) }
            }
            Take::SelectedNode { claim, node } => {
                Before::SelectedNode { claim, node: self.storage.select_node(claim, Some(node)) }
            }
            Take::Claim(claim) => {
                let key = claim.key;
                Before::Claim { key, claim: self.devices.set_claim(key, Some(*claim)) }
            }
        });
        Reservation(taken.collect())
    }

    /// Gives back what [`Cluster::reserve`] took; several reservations the latest first.
    pub fn unreserve(&mut self, reservation: Reservation) {
        for before in reservation.0.into_iter().rev() {
            match before {
                Before::Volume { volume, claim } => {
                    self.storage.keep_volume(volume, claim);
                }
                Before::SelectedNode { claim, node } => {
                    self.storage.select_node(claim, node);
                }
                Before::Claim { key, claim } => {
                    self.devices.set_claim(key, claim);
                }
            }
        }
    }
}
