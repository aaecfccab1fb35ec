//! All nodes with their totals, and the best of them without a look at all of them.

use crate::state::NodeId;

/// So many nodes are looked at when one of them has changed.
const BLOCK: usize = 64;

/// The nodes a pod would best go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Best {
    /// Their sum of weighted scores.
    pub total: i64,
    /// How many nodes have it.
    pub tied: usize,
    /// The first of them, in the order of names.
    pub first: NodeId,
}

/// Totals and feasibility by node, and the best nodes of every block of them.
pub(super) struct Ranking {
    totals: Vec<i64>,
    feasible: Vec<bool>,
    feasible_nodes: usize,
    /// The best of each block; none where no node is feasible.
    blocks: Vec<Option<Best>>,
    /// In step: whether anything in the block has changed since.
    stale: Vec<bool>,
}

impl Ranking {
    /// So many nodes, all of them feasible and with the same total.
    pub(super) fn new(nodes: usize, total: i64) -> Self {
        let blocks = nodes.div_ceil(BLOCK);
        Self {
            totals: vec![total; nodes],
            feasible: vec![true; nodes],
            feasible_nodes: nodes,
            blocks: vec![None; blocks],
            stale: vec![true; blocks],
        }
    }

    /// Whether each node is feasible.
    pub(super) fn feasible(&self) -> &[bool] {
        &self.feasible
    }

    /// How many nodes are.
    pub(super) fn feasible_nodes(&self) -> usize {
        self.feasible_nodes
    }

    /// A node is feasible or not; whether that changed.
    pub(super) fn set_feasible(&mut self, node: usize, feasible: bool) -> bool {
        let Some(known) = self.feasible.get_mut(node).filter(|known| **known != feasible) else { return false };
        *known = feasible;
        if feasible {
            self.feasible_nodes += 1;
        } else {
            self.feasible_nodes -= 1;
        }
        self.mark_stale(node);
        true
    }

    /// Adds points to a node's total.
    pub(super) fn add(&mut self, node: usize, points: i64) {
        if let Some(total) = self.totals.get_mut(node) {
            *total = total.wrapping_add(points);
            self.mark_stale(node);
        }
    }

    /// All totals, to be changed.
    pub(super) fn totals_mut(&mut self) -> &mut [i64] {
        self.stale.fill(true);
        &mut self.totals
    }

    fn mark_stale(&mut self, node: usize) {
        if let Some(stale) = self.stale.get_mut(node / BLOCK) {
            *stale = true;
        }
    }

    /// The best nodes; none when no node is feasible.
    pub(super) fn best(&mut self) -> Option<Best> {
        let nodes = self.totals.chunks(BLOCK).zip(self.feasible.chunks(BLOCK)).enumerate();
        for ((block, stale), (place, (totals, feasible))) in self.blocks.iter_mut().zip(&mut self.stale).zip(nodes) {
            if std::mem::take(stale) {
                *block = best_of(place * BLOCK, totals, feasible);
            }
        }
        self.blocks.iter().flatten().copied().reduce(|best, block| match block.total.cmp(&best.total) {
            std::cmp::Ordering::Less => best,
            std::cmp::Ordering::Equal => Best { tied: best.tied + block.tied, ..best },
            std::cmp::Ordering::Greater => block,
        })
    }

    /// The feasible nodes with their totals, in the order of the state.
    pub(super) fn feasible_totals(&self) -> impl Iterator<Item = (NodeId, i64)> {
        let nodes = self.totals.iter().zip(&self.feasible).enumerate().filter(|(_, (_, feasible))| **feasible);
        nodes.map(|(index, (total, _))| (NodeId(index as u32), *total))
    }

    /// The nodes tied with `best`, in the order of the state.
    pub(super) fn tied(&self, best: Best) -> impl Iterator<Item = NodeId> {
        self.feasible_totals().filter(move |(_, total)| *total == best.total).map(|(node, _)| node)
    }
}

/// The best of some nodes in a row, the first of which is `start`.
fn best_of(start: usize, totals: &[i64], feasible: &[bool]) -> Option<Best> {
    let nodes = totals.iter().zip(feasible).enumerate().filter(|(_, (_, feasible))| **feasible);
    let mut best: Option<Best> = None;
    for (place, (total, _)) in nodes {
        match &mut best {
            Some(best) if best.total > *total => {}
            Some(best) if best.total == *total => best.tied += 1,
            _ => best = Some(Best { total: *total, tied: 1, first: NodeId((start + place) as u32) }),
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best total, the nodes tied at it.
    fn best(ranking: &mut Ranking) -> Option<(i64, Vec<u32>)> {
        let best = ranking.best()?;
        let tied: Vec<u32> = ranking.tied(best).map(|node| node.0).collect();
        assert_eq!(tied.first(), Some(&best.first.0));
        assert_eq!(tied.len(), best.tied);
        Some((best.total, tied))
    }

    #[test]
    fn the_best_are_found_across_blocks() {
        let mut ranking = Ranking::new(200, 5);
        assert_eq!(best(&mut ranking), Some((5, (0..200).collect())));
        for node in [3, 70, 199] {
            ranking.add(node, 2);
        }
        assert_eq!(best(&mut ranking), Some((7, vec![3, 70, 199])));
        assert!(ranking.set_feasible(3, false));
        assert!(!ranking.set_feasible(3, false));
        ranking.add(70, -1);
        assert_eq!(best(&mut ranking), Some((7, vec![199])));
        ranking.totals_mut().fill(1);
        assert_eq!(best(&mut ranking).map(|(total, tied)| (total, tied.len())), Some((1, 199)));
        (0..200).for_each(|node| {
            ranking.set_feasible(node, false);
        });
        assert_eq!((best(&mut ranking), ranking.feasible_nodes()), (None, 0));
    }
}
