//! Which of several equally good nodes is taken.

use crate::api::Name;

/// How ties are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// The first node in the order of names: a run can be repeated.
    First,
    /// One is drawn, each as likely, as kube-scheduler does (upstream schedule_one.go,
    /// selectHost); the same seed draws the same.
    Drawn(Draw),
}

/// A source of draws: SplitMix64, which is small, and good enough for choosing between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw(u64);

impl Ties {
    /// Draws that follow from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self::Drawn(Draw(seed))
    }

    /// Where the first cycle begins in a large cluster, a place in the scheduler's order of so many nodes
    /// ([`crate::framework::sampling`]): drawn, as it is not known, without a change to the draws that follow. None
    /// where nothing is drawn: all feasible nodes are compared then.
    pub fn start(self, nodes: usize) -> Option<usize> {
        match self {
            Self::First => None,
            Self::Drawn(Draw(state)) => Some(Draw(!state).below(nodes)),
        }
    }

    /// One of `nodes`; none of none.
    pub fn choose(&mut self, nodes: &[Name]) -> Option<Name> {
        match self {
            // Nodes that were added come last, whatever their names.
            Self::First => nodes.iter().min().copied(),
            Self::Drawn(_) => nodes.get(self.place(nodes.len())).copied(),
        }
    }

    /// Puts `items` in an order that is as likely as any other; leaves them where nothing is drawn.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for left in (2..=items.len()).rev() {
            if let Self::Drawn(_) = self {
                let chosen = self.place(left);
                items.swap(chosen, left - 1);
            }
        }
    }

    /// The place, from 0, of the one that is taken of so many nodes in the order of names.
    pub fn place(&mut self, nodes: usize) -> usize {
        match self {
            Self::Drawn(draw) if nodes > 1 => draw.below(nodes),
            _ => 0,
        }
    }
}

impl Draw {
    /// A number below `bound`; nothing is drawn where there is no choice.
    fn below(&mut self, bound: usize) -> usize {
        if bound <= 1 {
            return 0;
        }
        // The high half of the product: every number as likely, but for one part in 2^64 / bound.
        let product = u128::from(self.next()) * bound as u128;
        (product >> 64) as usize
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name;

    #[test]
    fn the_first_name_is_taken_or_each_as_often() {
        let nodes = ["a", "b", "c"].map(name);
        let mut first = Ties::First;
        assert_eq!((first.choose(&nodes), first.choose(&[])), (Some(nodes[0]), None));
        let mut drawn = Ties::seeded(7);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            let node = drawn.choose(&nodes).unwrap();
            counts[nodes.iter().position(|other| *other == node).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
    }
}
