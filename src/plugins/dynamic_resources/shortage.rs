//! The facts behind `cannot allocate all claims`: what each request finds on a node by itself.

use crate::api::name::Name;
use crate::decode::devices::claim::Count;
use crate::framework::{DeviceReason, DeviceShortage};

use super::allocator::Context;
use super::allocator::capacity::Refusal;
use super::allocator::pools::{self, Target};
use super::claims::{ClaimInput, QueryInput};
use super::obstacles::{DeviceObstacle, DeviceObstacles};

/// The reason, with a line for each request and alternative.
pub(super) fn explain(claims: &[&ClaimInput<'_>], node: Target<'_>, context: Context<'_>) -> DeviceReason {
    // A search that found no solution got past its pools.
    let pools = pools::gather(context.devices, node, context.gates).unwrap_or_default();
    let mut obstacles = DeviceObstacles::new(&pools, node, context);
    let mut requests = Vec::new();
    for claim in claims {
        for request in &claim.requests {
            for query in &request.alternatives {
                let name =
                    if request.is_list { format!("{}/{}", request.name, query.name) } else { request.name.to_string() };
                let found = shortage(claim, name, query, &mut obstacles);
                requests.push(with_resource(found, request.extended_resource, context));
            }
        }
    }
    let mut match_attributes: Vec<_> =
        claims.iter().flat_map(|claim| claim.constraints).filter_map(|constraint| constraint.match_attribute).collect();
    match_attributes.dedup();
    DeviceReason::DevicesInsufficient { requests, match_attributes }
}

/// With the extended resource that the request stands for, and the classes that do not count for it.
fn with_resource(found: DeviceShortage, resource: Option<Name>, context: Context<'_>) -> DeviceShortage {
    let Some(resource) = resource else { return found };
    let classes = context.devices.classes_with_extended_resource();
    let others = classes.filter(|(class, named)| *named == resource && class.name != found.class);
    let other_classes = others.map(|(class, _)| class.name).collect();
    DeviceShortage { extended_resource: Some(resource), other_classes, ..found }
}

fn shortage(
    claim: &ClaimInput<'_>,
    request: String,
    query: &QueryInput<'_>,
    obstacles: &mut DeviceObstacles<'_>,
) -> DeviceShortage {
    let mut found = DeviceShortage {
        claim: claim.key,
        request,
        class: query.query.class,
        extended_resource: None,
        other_classes: Vec::new(),
        wanted: match query.query.count {
            Count::Exactly(count) => Some(count),
            Count::All | Count::Unknown(_) => None,
        },
        available: 0,
        reachable: 0,
        taken: 0,
        exhausted: 0,
        tainted: 0,
        not_selected: 0,
        unsupported: 0,
        elsewhere: 0,
    };
    for candidate in obstacles.devices() {
        found.reachable += 1;
        let count = match obstacles.between(query, candidate) {
            None => &mut found.available,
            Some(DeviceObstacle::Feature(_)) => &mut found.unsupported,
            Some(DeviceObstacle::Taken) => &mut found.taken,
            Some(DeviceObstacle::Counter { .. } | DeviceObstacle::Capacity(Refusal::NotEnough { .. })) => {
                &mut found.exhausted
            }
            Some(DeviceObstacle::Taint(_)) => &mut found.tainted,
            Some(
                DeviceObstacle::NotOnNode
                | DeviceObstacle::Selector { .. }
                | DeviceObstacle::Unclear(_)
                | DeviceObstacle::Capacity(_),
            ) => &mut found.not_selected,
        };
        *count += 1;
    }
    found.elsewhere = obstacles.context().devices.device_count().saturating_sub(found.reachable);
    found
}
