//! The facts behind `cannot allocate all claims`: what each request finds on a node by itself.

use crate::decode::devices::claim::Count;
use crate::framework::{DeviceReason, DeviceShortage};

use super::allocator::pools::{self, Pool, Target};
use super::allocator::{Candidate, Context};
use super::claims::{ClaimInput, QueryInput};
use super::selection::Matches;

/// The reason, with a line for each request and alternative.
pub(super) fn explain(claims: &[&ClaimInput<'_>], node: Target<'_>, context: Context<'_>) -> DeviceReason {
    // A search that found no solution got past its pools.
    let pools = pools::gather(context.devices, node, context.gates).unwrap_or_default();
    let mut requests = Vec::new();
    for claim in claims {
        for request in &claim.requests {
            for query in &request.alternatives {
                let name =
                    if request.is_list { format!("{}/{}", request.name, query.name) } else { request.name.to_string() };
                requests.push(shortage(claim, name, query, &pools, node, context));
            }
        }
    }
    let mut match_attributes: Vec<_> =
        claims.iter().flat_map(|claim| claim.constraints).filter_map(|constraint| constraint.match_attribute).collect();
    match_attributes.dedup();
    DeviceReason::DevicesInsufficient { requests, match_attributes }
}

fn shortage(
    claim: &ClaimInput<'_>,
    request: String,
    query: &QueryInput<'_>,
    pools: &[Pool<'_>],
    node: Target<'_>,
    context: Context<'_>,
) -> DeviceShortage {
    let gates = context.gates;
    let mut found = DeviceShortage {
        claim: claim.key,
        request,
        class: query.query.class,
        wanted: match query.query.count {
            Count::Exactly(count) => Some(count),
            Count::All | Count::Unknown(_) => None,
        },
        available: 0,
        reachable: 0,
        taken: 0,
        not_selected: 0,
        unsupported: 0,
        elsewhere: 0,
    };
    for (index, pool) in pools.iter().enumerate() {
        for slice in &pool.slices {
            for device in &slice.devices {
                found.reachable += 1;
                let candidate = Candidate::new(index, slice, device);
                let is_exclusive = context
                    .devices
                    .usage(candidate.id)
                    .is_some_and(|usage| usage.is_exclusive(gates.consumable_capacity));
                let needs_gate = (!gates.binding_conditions && !device.binding_conditions.is_empty())
                    || (!gates.partitionable_devices && !device.consumes_counters.is_empty());
                let selectable =
                    Matches::default().is_selectable((0, 0, 0), (query, claim.key), candidate, node, context);
                let count = if needs_gate {
                    &mut found.unsupported
                } else if selectable != Ok(true) {
                    &mut found.not_selected
                } else if is_exclusive && !query.has_admin_access() {
                    &mut found.taken
                } else {
                    &mut found.available
                };
                *count += 1;
            }
        }
    }
    found.elsewhere = context.devices.device_count().saturating_sub(found.reachable);
    found
}
