//! Room that is there, but not in one piece.

use serde::Serialize;

use crate::api::name::Name;
use crate::framework::{Amount, NodePlacement, Placement, Reason};

/// A resource of which the nodes have enough free together, and no single one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Fragmentation {
    /// Free on all nodes together that are large enough and that nothing but resources closes.
    pub total_free: Amount,
    /// How many these are.
    pub nodes: usize,
    /// Free on the node that has most of it.
    pub largest_free: Amount,
    /// That node.
    pub node: Name,
}

/// Whether `resource` is scattered over nodes that only lack resources and that, empty, would do.
pub fn find(placement: &Placement, resource: Name) -> Option<Fragmentation> {
    let mut found: Option<(Amount, Fragmentation)> = None;
    for node in placement.nodes.iter().filter(|node| lacks_only_resources(node)) {
        let short = node.filters.iter().flat_map(|filter| &filter.rejection.reasons).find_map(|reason| match reason {
            Reason::InsufficientResource { resource: lacking, requested, used, allocatable, .. }
                if *lacking == resource =>
            {
                Some((*requested, *allocatable, allocatable.value.saturating_sub(used.value).max(0)))
            }
            _ => None,
        });
        // A node that has enough of it: then it is not this resource that is scattered.
        let (requested, allocatable, free) = short?;
        if allocatable.value < requested.value {
            continue;
        }
        let free = Amount::new(resource, free);
        let start =
            Fragmentation { total_free: Amount::new(resource, 0), nodes: 0, largest_free: free, node: node.name };
        let (_, so_far) = found.get_or_insert((requested, start));
        so_far.total_free.value = so_far.total_free.value.saturating_add(free.value);
        so_far.nodes += 1;
        if free.value > so_far.largest_free.value {
            so_far.largest_free = free;
            so_far.node = node.name;
        }
    }
    let (requested, found) = found?;
    (found.nodes > 1 && found.total_free.value >= requested.value).then_some(found)
}

fn lacks_only_resources(node: &NodePlacement) -> bool {
    !node.is_feasible()
        && node.considered
        && !node.filters.is_empty()
        && node
            .filters
            .iter()
            .flat_map(|filter| &filter.rejection.reasons)
            .all(|reason| matches!(reason, Reason::InsufficientResource { .. } | Reason::TooManyPods { .. }))
}
