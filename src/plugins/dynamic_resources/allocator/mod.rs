//! Finds devices for claims on one node: upstream's allocators (k8s.io/dynamic-resource-allocation/structured/internal,
//! `stable`, `incubating`, `experimental`) as one, with a name for each difference between them and between releases
//! ([`crate::config::DeviceBehaviour`]).
//!
//! The first full solution of the search counts, so its order is part of the answer.

pub(super) mod capacity;
mod constraints;
pub(super) mod counters;
mod groups;
pub(super) mod pools;
mod requests;
mod search;
pub(super) mod taints;

pub(super) use search::Candidate;

use crate::api::ObjectKey;
use crate::decode::devices::AllocatedDevice;
use crate::state::devices::Devices;

use super::claims::ClaimInput;
use super::gates::Gates;
use super::selection::SearchEnd;
use pools::{Pool, Target};
use taints::TaintRules;

/// Devices that a claim can be given (upstream api/resource/v1, AllocationResultsMaxSize).
pub(super) const MAX_DEVICES: i64 = 32;

/// The devices for one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AllocatedClaim {
    /// The claim.
    pub(super) claim: ObjectKey,
    /// Its devices, in the order in which they were found.
    pub(super) devices: Vec<AllocatedDevice>,
}

/// What allocation depends on beside claims and node.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// Slices, and who uses which device.
    pub(super) devices: &'a Devices,
    /// Rules that taint devices.
    pub(super) taint_rules: &'a TaintRules<'a>,
    /// Feature gates and behaviour.
    pub(super) gates: &'a Gates,
}

/// What a search for devices came to.
pub(super) enum Found {
    /// Devices for every claim, in their order.
    All(Vec<AllocatedClaim>),
    /// There is no solution.
    Nothing,
    /// There is none, and a pool of the node is invalid (upstream ErrFailedAllocationOnNode).
    NothingBesideInvalidPools,
}

/// Finds devices for all of `claims` on `node`. Looks at nothing but its arguments.
///
/// # Errors
/// The search ended without an answer.
pub(super) fn allocate(claims: &[&ClaimInput<'_>], node: Target<'_>, context: Context<'_>) -> Result<Found, SearchEnd> {
    let pools = gather(node, context)?;
    let prepared = requests::prepare(claims, &pools, node, context)?;
    let Some(found) = search::run(claims, &pools, node, context, prepared)? else {
        let is_unsound =
            context.gates.behaviour.unsound_pools_are_passed_over && pools.iter().any(|pool| pool.invalid.is_some());
        return Ok(if is_unsound { Found::NothingBesideInvalidPools } else { Found::Nothing });
    };
    Ok(Found::All(found))
}

fn gather<'a>(node: Target<'_>, context: Context<'a>) -> Result<Vec<Pool<'a>>, SearchEnd> {
    pools::gather(context.devices, node, context.gates).map_err(|invalid| SearchEnd::Unknown {
        what: format!("ResourceSlice {}: its node selector", invalid.slice),
        why: invalid.error,
    })
}
