//! Which of the feasible nodes of a large cluster some execution would choose.
//!
//! kube-scheduler filters on several workers at once: they take pieces of the node order, one after the other, and each
//! goes through its piece in order (upstream framework/parallelize/parallelism.go, Until, chunkSizeFor; client-go
//! util/workqueue/parallelizer.go). The first so many feasible nodes that anyone finds are compared (schedule_one.go,
//! findNodesThatPassFilters), so that what is compared depends on how fast each worker is. A node can be chosen if some
//! pace of the workers finds enough nodes, it among them, and none that is better.

use rayon::prelude::*;

/// How many nodes a worker takes at a time (upstream chunkSizeFor).
fn chunk_size(nodes: usize, parallelism: usize) -> usize {
    nodes.isqrt().min(nodes / parallelism + 1).max(1)
}

/// The feasible nodes in the order in which kube-scheduler looks at all nodes.
pub struct ParallelSearch<'a> {
    /// By place: 0 for the best feasible nodes, 1 for the next, and so on; none for a node that is not feasible.
    pub ranks: &'a [Option<usize>],
    /// How many feasible nodes are compared.
    pub compared: usize,
    /// How many workers there are.
    pub parallelism: usize,
}

/// The pieces that workers take when the search begins at a place.
struct Chunks<'a> {
    search: &'a ParallelSearch<'a>,
    start: usize,
    size: usize,
    /// The best rank in each piece, and how many of its nodes are feasible.
    chunks: Vec<(usize, usize)>,
}

impl ParallelSearch<'_> {
    /// By place: whether the node is chosen from some starting point, at some pace.
    pub fn chosen(&self) -> Vec<bool> {
        let nodes = self.ranks.len();
        let none = || vec![false; nodes];
        let merge = |mut one: Vec<bool>, other: Vec<bool>| {
            one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
            one
        };
        (0..nodes)
            .into_par_iter()
            .fold(none, |mut chosen, start| {
                Chunks::new(self, start).mark(&mut chosen);
                chosen
            })
            .reduce(none, merge)
    }
}

impl<'a> Chunks<'a> {
    fn new(search: &'a ParallelSearch<'a>, start: usize) -> Self {
        let size = chunk_size(search.ranks.len(), search.parallelism.max(1));
        let mut chunks = Self { search, start, size, chunks: Vec::new() };
        let count = search.ranks.len().div_ceil(size);
        chunks.chunks = (0..count)
            .map(|chunk| {
                let ranks = || chunks.nodes(chunk).filter_map(|(_, rank)| rank);
                (ranks().min().unwrap_or(usize::MAX), ranks().count())
            })
            .collect();
        chunks
    }

    /// The places of a piece, with the ranks there.
    fn nodes(&self, chunk: usize) -> impl Iterator<Item = (usize, Option<usize>)> {
        let nodes = self.search.ranks.len();
        let pieces = chunk * self.size..((chunk + 1) * self.size).min(nodes);
        pieces.map(move |piece| {
            let place = (self.start + piece) % nodes.max(1);
            (place, self.search.ranks.get(place).copied().flatten())
        })
    }

    /// How many nodes can be found without one that is better than `rank`: a worker that has one of these ahead has to
    /// be slow from there on, and with all workers slow nobody takes another piece.
    fn found(&self, rank: usize) -> usize {
        let (mut found, mut slow) = (0, 0);
        for (chunk, (best, feasible)) in self.chunks.iter().enumerate() {
            if *best >= rank {
                found += feasible;
                continue;
            }
            let ahead = self.nodes(chunk).filter_map(|(_, rank)| rank).take_while(|other| *other >= rank);
            found += ahead.count();
            slow += 1;
            if slow == self.search.parallelism {
                break;
            }
        }
        found
    }

    fn mark(&self, chosen: &mut [bool]) {
        let enough = |rank: usize| self.found(rank) >= self.search.compared;
        // Fewer are found the more there are that are better.
        let worst = self.search.ranks.iter().flatten().max().copied().unwrap_or_default();
        let (mut yes, mut no) = (0, worst + 1);
        while no - yes > 1 {
            let middle = yes + (no - yes) / 2;
            if enough(middle) { yes = middle } else { no = middle }
        }
        for (chunk, (best, _)) in self.chunks.iter().enumerate() {
            if *best > yes {
                continue;
            }
            let mut first = usize::MAX;
            for (place, rank) in self.nodes(chunk) {
                let Some(rank) = rank else { continue };
                // A better one before it in its piece would be found first.
                if rank <= first && rank <= yes && !chosen.get(place).is_some_and(|known| *known) {
                    let before = self.nodes(chunk).take_while(|(other, _)| *other != place);
                    let before = before.filter(|(_, rank)| rank.is_some()).count();
                    if self.reaches(chunk, before, rank)
                        && let Some(chosen) = chosen.get_mut(place)
                    {
                        *chosen = true;
                    }
                }
                first = first.min(rank);
            }
        }
    }

    /// Whether a worker can come to a node of rank `rank`, `before` feasible ones of its piece behind, before enough
    /// others are found. The other workers may be slow in one earlier piece each; all further ones are done by then.
    fn reaches(&self, chunk: usize, before: usize, rank: usize) -> bool {
        let earlier = self.chunks.iter().take(chunk);
        let slow = earlier.clone().filter(|(best, _)| *best < rank).count();
        let Some(more) = (self.search.parallelism - 1).checked_sub(slow) else { return false };
        let mut done: Vec<usize> = earlier.filter(|(best, _)| *best >= rank).map(|(_, feasible)| *feasible).collect();
        done.sort_unstable_by(|one, other| other.cmp(one));
        before + done.iter().skip(more).sum::<usize>() < self.search.compared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks by place, with `-` for nodes that are not feasible: the places that are chosen.
    #[track_caller]
    fn case(ranks: &str, compared: usize, parallelism: usize, chosen: &[usize]) {
        let ranks: Vec<Option<usize>> = ranks.chars().map(|rank| rank.to_digit(36).map(|rank| rank as usize)).collect();
        let found = ParallelSearch { ranks: &ranks, compared, parallelism }.chosen();
        let found: Vec<usize> =
            found.iter().enumerate().filter(|(_, chosen)| **chosen).map(|(place, _)| place).collect();
        assert_eq!(found, chosen, "{compared} on {parallelism} workers");
    }

    #[test]
    fn pieces_are_as_upstream_cuts_them() {
        let case = |nodes, expected| assert_eq!(chunk_size(nodes, 16), expected, "{nodes}");
        case(10, 1);
        case(150, 10);
        case(400, 20);
        case(5000, 70);
    }

    #[test]
    fn one_worker_finds_the_nodes_in_order() {
        // Windows of two: 01, 12, 23, 30.
        case("0123", 2, 1, &[0, 1, 2]);
        case("3-210", 2, 1, &[2, 3, 4]);
        // The best of a window that goes all around is the best of all.
        case("2013", 4, 1, &[1]);
    }

    #[test]
    fn slow_workers_leave_better_nodes_behind() {
        // Pieces of one node: with two workers one of them may be slow at the best.
        case("0123", 2, 2, &[0, 1, 2]);
        case("01234", 3, 1, &[0, 1, 2]);
        case("0a1b2c", 3, 1, &[0, 2, 4]);
        case("0a1b2c", 3, 3, &[0, 1, 2, 4]);
        // However slow they are, two better ones cannot be left out of three of four.
        case("0122", 3, 16, &[0, 1]);
    }
}
