//! The facts behind `cannot allocate all claims`: what each request finds on a node by itself.

use crate::decode::devices::DeviceId;
use crate::decode::devices::claim::Count;
use crate::framework::{DeviceReason, DeviceShortage};
use crate::state::NodeInfo;
use crate::state::devices::Devices;

use super::cel::DeviceInput;
use super::claims::{ClaimInput, QueryInput};
use super::pools::{self, Pool};
use super::selection::selects;

/// The reason, with a line for each request and alternative.
pub(super) fn explain(claims: &[ClaimInput<'_>], devices: &Devices, node: &NodeInfo) -> DeviceReason {
    // A search that found no solution got past its pools.
    let pools = pools::gather(devices, node).unwrap_or_default();
    let mut requests = Vec::new();
    for claim in claims {
        for request in &claim.requests {
            for query in &request.alternatives {
                let name =
                    if request.is_list { format!("{}/{}", request.name, query.name) } else { request.name.to_string() };
                requests.push(shortage(claim, name, query, &pools, devices));
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
    devices: &Devices,
) -> DeviceShortage {
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
    for slice in pools.iter().flat_map(|pool| &pool.slices) {
        for device in &slice.devices {
            found.reachable += 1;
            let id = DeviceId { pool: slice.pool, device: device.name };
            let count = if device.has_binding_conditions || device.consumes_counters {
                &mut found.unsupported
            } else if selects(query, claim.key, &DeviceInput::new(slice.pool.driver, device)) != Ok(true) {
                &mut found.not_selected
            } else if devices.is_taken(id) && !query.has_admin_access() {
                &mut found.taken
            } else {
                &mut found.available
            };
            *count += 1;
        }
    }
    found.elsewhere = devices.device_count().saturating_sub(found.reachable);
    found
}
