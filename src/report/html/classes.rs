//! Nodes of one verdict: those that the same causes keep the pod from, the same one first.

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::explain::Explanation;
use crate::framework::Placement;

/// What stands in a node's way: places of causes in the explanation, and whether each is part of
/// the verdict or behind it; none for a feasible node.
pub(super) type NodeCauses = Vec<(usize, bool)>;

/// The nodes of a placement by verdict.
pub(super) struct Classes {
    /// Verdicts and their nodes, as places in the placement, in the order of the first node.
    pub(super) list: Vec<(NodeCauses, Vec<usize>)>,
    /// The verdict of each node, as a place in `list`.
    pub(super) of: Vec<usize>,
}

pub(super) fn find(placement: &Placement, explanation: &Explanation) -> Classes {
    let places: FxHashMap<Name, usize> =
        placement.nodes.iter().enumerate().map(|(index, node)| (node.name, index)).collect();
    let mut obstacles: Vec<NodeCauses> = vec![Vec::new(); placement.nodes.len()];
    for (cause, found) in explanation.causes.iter().enumerate() {
        let nodes = found.nodes.iter().map(|node| (node, true)).chain(found.behind.iter().map(|node| (node, false)));
        for (node, first) in nodes {
            if let Some(obstacles) = places.get(node).and_then(|index| obstacles.get_mut(*index)) {
                obstacles.push((cause, first));
            }
        }
    }
    let mut classes: IndexMap<NodeCauses, Vec<usize>> = IndexMap::new();
    let mut of = Vec::with_capacity(obstacles.len());
    for (node, obstacles) in obstacles.into_iter().enumerate() {
        let entry = classes.entry(obstacles);
        of.push(entry.index());
        entry.or_default().push(node);
    }
    Classes { list: classes.into_iter().collect(), of }
}
