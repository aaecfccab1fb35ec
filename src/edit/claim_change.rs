//! What can be changed of what a ResourceClaim asks for.
//!
//! The API keeps the specification of a claim as it is: to make such a change, the claim is recreated, or the
//! ResourceClaimTemplate is changed and the pod recreated.

use serde::{Deserialize, Serialize};

use super::undo::{Before, Undo};
use super::{EditError, NotChanged};
use crate::api::meta::ObjectKey;
use crate::api::name::Name;
use crate::api::quantity::Quantity;
use crate::decode::devices::ResourceClaim;
use crate::decode::devices::claim::{Count, DeviceQuery, RequestedDevices};
use crate::decode::devices::taint::DeviceToleration;
use crate::state::Cluster;

/// One change of what a ResourceClaim asks for. A request is `request`, or `request/subrequest` for an alternative.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "change", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum ClaimChange {
    /// Asks for devices of another DeviceClass.
    DeviceClass {
        /// The request.
        request: Name,
        /// The class that it named; nothing hangs on it.
        #[serde(default)]
        from: Name,
        /// The class that it shall name.
        to: Name,
    },
    /// Asks for fewer devices, or more.
    DeviceCount {
        /// The request.
        request: Name,
        /// How many it asked for; nothing hangs on it.
        #[serde(default)]
        from: i64,
        /// How many it shall ask for.
        to: i64,
    },
    /// Another CEL expression in place of a selector.
    Selector {
        /// The request.
        request: Name,
        /// The expression as it is.
        from: Name,
        /// What it shall be.
        to: Name,
    },
    /// Adds a toleration of device taints.
    TolerateDevice {
        /// The request.
        request: Name,
        /// The toleration.
        toleration: DeviceToleration,
    },
    /// Asks for another amount of a capacity.
    Capacity {
        /// The request.
        request: Name,
        /// The capacity.
        capacity: Name,
        /// How much it asked for; nothing hangs on it.
        #[serde(default)]
        from: Quantity,
        /// How much it shall ask for.
        to: Quantity,
    },
    /// Takes away the constraints that devices must have the same value of an attribute.
    DropMatchAttribute {
        /// The attribute.
        attribute: Name,
    },
}

impl ClaimChange {
    fn apply(&self, claim: &mut ResourceClaim) -> Result<(), NotChanged> {
        match self {
            Self::DeviceClass { request, to, .. } => query(claim, *request)?.class = *to,
            Self::DeviceCount { request, to, .. } => query(claim, *request)?.count = Count::Exactly(*to),
            Self::Selector { request, from, to } => {
                let query = query(claim, *request)?;
                let selector = query.selectors.iter_mut().flatten().find(|selector| *selector == from);
                *selector.ok_or_else(|| NotChanged::Missing(format!("selector {from} in request {request}")))? = *to;
            }
            Self::TolerateDevice { request, toleration } => {
                let query = query(claim, *request)?;
                query.tolerations = query.tolerations.iter().copied().chain([*toleration]).collect();
            }
            Self::Capacity { request, capacity, to, .. } => {
                query(claim, *request)?.capacity.get_or_insert_default().insert(*capacity, *to);
            }
            Self::DropMatchAttribute { attribute } => {
                let kept = claim.constraints.iter().filter(|constraint| constraint.match_attribute != Some(*attribute));
                let kept: Box<[_]> = kept.cloned().collect();
                if kept.len() == claim.constraints.len() {
                    return Err(NotChanged::Missing(format!("constraint with matchAttribute {attribute}")));
                }
                claim.constraints = kept;
            }
        }
        Ok(())
    }
}

/// What the request called `request` asks for.
fn query(claim: &mut ResourceClaim, request: Name) -> Result<&mut DeviceQuery, NotChanged> {
    let (main, sub) = request.split_once('/').map_or((request.as_str(), None), |(main, sub)| (main, Some(sub)));
    let wanted = claim.requests.iter_mut().find(|known| known.name == main).map(|request| &mut request.wanted);
    let found = match (wanted, sub) {
        (Some(RequestedDevices::Exactly(query)), None) => Some(query),
        (Some(RequestedDevices::FirstAvailable(alternatives)), Some(sub)) => {
            alternatives.iter_mut().find(|(name, _)| *name == sub).map(|(_, query)| query)
        }
        _ => None,
    };
    found.ok_or_else(|| NotChanged::Missing(format!("request {request}")))
}

/// Changes what a claim without devices asks for.
pub(super) fn patch(cluster: &mut Cluster, key: ObjectKey, changes: &[ClaimChange]) -> Result<Undo, EditError> {
    let mut claim = cluster.devices.claim(key).ok_or(EditError::NoSuchClaim(key))?.clone();
    if claim.allocation.is_some() {
        return Err(EditError::ClaimAllocated(key));
    }
    for change in changes {
        change.apply(&mut claim).map_err(|error| error.of(format!("resourceclaim \"{key}\"")))?;
    }
    Ok(Undo(Before::Claim(key, cluster.devices.set_claim(key, Some(claim)))))
}

/// Takes a claim's devices away from it.
pub(super) fn deallocate(cluster: &mut Cluster, key: ObjectKey) -> Result<Undo, EditError> {
    let claim = cluster.devices.claim(key).ok_or(EditError::NoSuchClaim(key))?;
    let claim = ResourceClaim { allocation: None, reserved_for: Box::default(), ..claim.clone() };
    Ok(Undo(Before::Claim(key, cluster.devices.set_claim(key, Some(claim)))))
}
