//! The node a running pod is on, against the node it would go to now.

use crate::api::name::Name;
use crate::framework::{NodePlacement, Placement};

use super::deciding::points;
use super::near_misses::{self, Miss};

/// How the current node compares.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attribution {
    /// The node the pod is on.
    pub node: Name,
    /// Its rank among the feasible nodes.
    pub rank: Option<usize>,
    /// Why the pod would not be let onto it now; empty when it would.
    pub misses: Vec<Miss>,
    /// How many points it is behind the best node.
    pub behind: i64,
    /// What each plugin contributes to that, the largest gap first; plugins that tell the two
    /// nodes apart only.
    pub gaps: Vec<Gap>,
}

/// One plugin's part in the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The plugin.
    pub plugin: &'static str,
    /// Points by which the best node is ahead; negative where the current node is.
    pub points: i64,
}

/// Compares the current node of `placement` with its best one; none for a pending pod.
pub fn find(placement: &Placement) -> Option<Attribution> {
    let current = placement.current.as_ref()?;
    let node = placement.nodes.iter().find(|node| node.name == current.node);
    let best = placement.nodes.iter().find(|node| node.rank == Some(1));
    let mut gaps: Vec<Gap> = Vec::new();
    let mut behind = 0;
    if let (Some(node), Some(best)) = (node.filter(|node| node.is_feasible()), best) {
        behind = best.total.unwrap_or_default() - node.total.unwrap_or_default();
        if behind != 0 {
            gaps = self::gaps(best, node);
        }
    }
    let misses = node.filter(|node| !node.is_feasible()).map(near_misses::misses).unwrap_or_default();
    Some(Attribution { node: current.node, rank: current.rank, misses, behind, gaps })
}

/// By how many points each plugin puts `best` ahead of `node`, the largest gap first; plugins that
/// tell the two apart only.
pub(super) fn gaps(best: &NodePlacement, node: &NodePlacement) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = best
        .scores
        .iter()
        .map(|score| Gap { plugin: score.plugin, points: score.weighted - points(node, score.plugin) })
        .filter(|gap| gap.points != 0)
        .collect();
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.points));
    gaps
}
