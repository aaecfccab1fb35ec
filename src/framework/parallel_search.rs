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

/// The same, ready to be cut into pieces anywhere.
struct Ring {
    /// By place, twice around; the last number there is for a node that is not feasible.
    ranks: Vec<usize>,
    /// How many feasible nodes are ahead of each place, twice around.
    ahead: Vec<usize>,
    /// The best rank of the piece that begins at a place.
    best: Vec<usize>,
    nodes: usize,
    size: usize,
    compared: usize,
    parallelism: usize,
    /// The worst rank of all.
    worst: usize,
}

/// Not feasible: worse than any rank.
const NONE: usize = usize::MAX;

impl ParallelSearch<'_> {
    /// By place: whether the node is chosen from some starting point, at some pace.
    pub fn chosen(&self) -> Vec<bool> {
        let ring = Ring::new(self);
        let none = || vec![false; ring.nodes];
        let merge = |mut one: Vec<bool>, other: Vec<bool>| {
            one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
            one
        };
        (0..ring.nodes)
            .into_par_iter()
            .fold(none, |mut chosen, start| {
                ring.mark(start, &mut chosen);
                chosen
            })
            .reduce(none, merge)
    }
}

impl Ring {
    fn new(search: &ParallelSearch<'_>) -> Self {
        let nodes = search.ranks.len();
        let parallelism = search.parallelism.max(1);
        let size = chunk_size(nodes, parallelism);
        let twice = search.ranks.iter().chain(search.ranks).map(|rank| rank.unwrap_or(NONE));
        let ranks: Vec<usize> = twice.collect();
        let mut ahead = vec![0; ranks.len() + 1];
        for (place, rank) in ranks.iter().enumerate() {
            ahead[place + 1] = ahead[place] + usize::from(*rank != NONE);
        }
        let best = (0..nodes).map(|place| least(&ranks[place..place + size])).collect();
        let worst = search.ranks.iter().flatten().max().copied().unwrap_or_default();
        Self { ranks, ahead, best, nodes, size, compared: search.compared, parallelism, worst }
    }

    /// The pieces of a search that begins at a place: from where to where, and the best rank in each.
    fn chunks(&self, start: usize) -> impl Iterator<Item = (usize, usize, usize)> + Clone + '_ {
        (start..start + self.nodes).step_by(self.size).map(move |from| {
            let to = (from + self.size).min(start + self.nodes);
            let whole = to - from == self.size;
            let best = if whole { self.best[from % self.nodes] } else { least(&self.ranks[from..to]) };
            (from, to, best)
        })
    }

    fn feasible(&self, from: usize, to: usize) -> usize {
        self.ahead[to] - self.ahead[from]
    }

    /// How many nodes can be found without one that is better than `rank`: a worker that has one of these ahead has to
    /// be slow from there on, and with all workers slow nobody takes another piece.
    fn found(&self, start: usize, rank: usize) -> usize {
        let (mut found, mut slow) = (0, 0);
        for (from, to, best) in self.chunks(start) {
            if best >= rank {
                found += self.feasible(from, to);
                continue;
            }
            let ahead = self.ranks[from..to].iter().position(|other| *other < rank).unwrap_or(to - from);
            found += self.feasible(from, from + ahead);
            slow += 1;
            if slow == self.parallelism {
                break;
            }
        }
        found
    }

    fn mark(&self, start: usize, chosen: &mut [bool]) {
        // Fewer are found the more there are that are better.
        let (mut yes, mut no) = (0, self.worst + 1);
        while no - yes > 1 {
            let middle = yes + (no - yes) / 2;
            if self.found(start, middle) >= self.compared { yes = middle } else { no = middle }
        }
        for (from, to, best) in self.chunks(start) {
            if best > yes {
                continue;
            }
            let mut first = NONE;
            for place in from..to {
                let rank = self.ranks[place];
                // A better one before it in its piece would be found first.
                if rank <= first && rank <= yes && !chosen[place % self.nodes] {
                    chosen[place % self.nodes] = self.reaches(start, from, place, rank);
                }
                first = first.min(rank);
            }
        }
    }

    /// Whether a worker can come to the node at `place`, in the piece that begins at `from`, before enough others are
    /// found. The other workers may be slow in one earlier piece each; all further ones are done by then.
    fn reaches(&self, start: usize, from: usize, place: usize, rank: usize) -> bool {
        let before = self.feasible(from, place);
        if before + self.feasible(start, from) < self.compared {
            return true;
        }
        let earlier = self.chunks(start).take_while(|(other, _, _)| *other < from);
        let (mut slow, mut found) = (0, 0);
        for (from, to, best) in earlier.clone() {
            if best < rank {
                slow += 1;
                if slow == self.parallelism {
                    return false;
                }
            } else {
                found += self.feasible(from, to);
            }
        }
        let more = self.parallelism - 1 - slow;
        if before + found.saturating_sub(more * self.size) >= self.compared {
            return false;
        }
        let done = earlier.filter(|(_, _, best)| *best >= rank).map(|(from, to, _)| self.feasible(from, to));
        let mut done: Vec<usize> = done.collect();
        done.sort_unstable_by(|one, other| other.cmp(one));
        before + done.iter().skip(more).sum::<usize>() < self.compared
    }
}

fn least(ranks: &[usize]) -> usize {
    ranks.iter().copied().min().unwrap_or(NONE)
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
