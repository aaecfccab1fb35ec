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

/// The same, ready to be cut into pieces anywhere. What is kept by place is there twice around, so that a search that
/// begins anywhere goes straight on.
struct Ring {
    /// The last number there is for a node that is not feasible.
    ranks: Vec<u32>,
    /// How many feasible nodes are ahead of each place.
    ahead: Vec<u32>,
    /// The best rank of the piece that begins at a place.
    best: Vec<u32>,
    /// The next place with a rank as good or better: from one to the next go the nodes that are found before all better
    /// ones of their piece.
    next: Vec<u32>,
    nodes: usize,
    size: usize,
    compared: usize,
    parallelism: usize,
    /// The worst rank of all.
    worst: u32,
}

/// Not feasible: worse than any rank.
const NONE: u32 = u32::MAX;

/// What a thread knows of the starting points before: which nodes are chosen (by place, twice around), and the worst rank
/// that was chosen from the last one, which is seldom far from that of the next.
struct Marks {
    chosen: Vec<bool>,
    worst: u32,
}

impl ParallelSearch<'_> {
    /// By place: whether the node is chosen from some starting point, at some pace.
    pub fn chosen(&self) -> Vec<bool> {
        let ring = Ring::new(self);
        let none = || Marks { chosen: vec![false; 2 * ring.nodes], worst: 0 };
        let marks = (0..ring.nodes).into_par_iter().fold(none, |mut marks, start| {
            ring.mark(start, &mut marks);
            marks
        });
        let once = marks.map(|marks| {
            let (first, again) = marks.chosen.split_at(ring.nodes);
            first.iter().zip(again).map(|(first, again)| *first || *again).collect::<Vec<bool>>()
        });
        let merge = |one: Vec<bool>, other: Vec<bool>| one.into_iter().zip(other).map(|(a, b)| a || b).collect();
        once.reduce(|| vec![false; ring.nodes], merge)
    }
}

impl Ring {
    fn new(search: &ParallelSearch<'_>) -> Self {
        let nodes = search.ranks.len();
        let parallelism = search.parallelism.max(1);
        let size = chunk_size(nodes, parallelism);
        let rank = |rank: &Option<usize>| rank.map_or(NONE, |rank| rank as u32);
        let ranks: Vec<u32> = search.ranks.iter().chain(search.ranks).map(rank).collect();
        let mut ahead = vec![0; ranks.len() + 1];
        for (place, rank) in ranks.iter().enumerate() {
            ahead[place + 1] = ahead[place] + u32::from(*rank != NONE);
        }
        let best = (0..ranks.len()).map(|place| least(&ranks[place..(place + size).min(ranks.len())])).collect();
        let worst = ranks[..nodes].iter().copied().filter(|rank| *rank != NONE).max().unwrap_or_default();
        let next = next_as_good(&ranks);
        Self { ranks, ahead, best, next, nodes, size, compared: search.compared, parallelism, worst }
    }

    /// The pieces of a search that begins at a place: from where to where, and the best rank in each.
    fn chunks(&self, start: usize) -> impl Iterator<Item = (usize, usize, u32)> + Clone + '_ {
        let end = start + self.nodes;
        let whole = self.nodes / self.size;
        let pieces = (0..whole).map(move |piece| start + piece * self.size);
        let pieces = pieces.map(|from| (from, from + self.size, self.best[from]));
        let rest = start + whole * self.size;
        pieces.chain((rest < end).then(|| (rest, end, least(&self.ranks[rest..end]))))
    }

    fn feasible(&self, from: usize, to: usize) -> usize {
        (self.ahead[to] - self.ahead[from]) as usize
    }

    /// The nodes of a piece that have no better one before them in it, in order.
    fn records(&self, from: usize, to: usize) -> impl Iterator<Item = (usize, u32)> {
        let next = |place: &usize| self.next.get(*place).map(|next| *next as usize);
        let places = std::iter::successors(Some(from), next).take_while(move |place| *place < to);
        places.map(|place| (place, self.ranks[place]))
    }

    /// How many nodes can be found without one that is better than `rank`: a worker that has one of these ahead has to
    /// be slow from there on, and with all workers slow nobody takes another piece.
    fn found(&self, start: usize, rank: u32) -> usize {
        let (mut found, mut slow) = (0, 0);
        for (from, to, best) in self.chunks(start) {
            if best >= rank {
                found += self.feasible(from, to);
                continue;
            }
            let ahead = self.records(from, to).find(|(_, other)| *other < rank).map_or(to, |(place, _)| place);
            found += self.feasible(from, ahead);
            slow += 1;
            if slow == self.parallelism {
                break;
            }
        }
        found
    }

    /// The worst rank that is chosen from `start`; `guess` is where to begin to look.
    fn worst_chosen(&self, start: usize, guess: u32) -> u32 {
        // Fewer are found the more there are that are better.
        let is_chosen = |rank: u32| self.found(start, rank) >= self.compared;
        let (mut yes, mut no) = (0, self.worst + 1);
        let mut step = 1;
        let mut middle = guess.clamp(yes + 1, no.max(2) - 1);
        while no - yes > 1 {
            // First away from the guess in growing steps, then by halves.
            if is_chosen(middle) {
                yes = middle;
                middle = middle.saturating_add(step);
            } else {
                no = middle;
                middle = middle.saturating_sub(step);
            }
            step = step.saturating_mul(2);
            if middle <= yes || middle >= no {
                middle = yes + (no - yes) / 2;
            }
        }
        yes
    }

    fn mark(&self, start: usize, marks: &mut Marks) {
        let yes = self.worst_chosen(start, marks.worst);
        marks.worst = yes;
        for (from, to, best) in self.chunks(start) {
            // All other workers together leave no more than a piece each undone.
            let left_undone = (self.parallelism - 1) * self.size;
            if self.feasible(start, from) >= self.compared + left_undone {
                break;
            }
            if best > yes {
                continue;
            }
            let mut out_of_reach = NONE;
            // A better one before it in its piece would be found first.
            for (place, rank) in self.records(from, to) {
                // What is as good and behind one that is out of reach is so, too.
                if rank <= yes && !marks.chosen[place] && rank != out_of_reach {
                    marks.chosen[place] = self.reaches(start, from, place, rank);
                    out_of_reach = if marks.chosen[place] { NONE } else { rank };
                }
            }
        }
    }

    /// Whether a worker can come to the node at `place`, in the piece that begins at `from`, before enough others are
    /// found. The other workers may be slow in one earlier piece each; all further ones are done by then.
    fn reaches(&self, start: usize, from: usize, place: usize, rank: u32) -> bool {
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

/// By place: the next place with a rank as good or better; one behind the last where there is none.
fn next_as_good(ranks: &[u32]) -> Vec<u32> {
    let mut next = vec![ranks.len() as u32; ranks.len()];
    for place in (0..ranks.len()).rev() {
        let mut other = place + 1;
        // What is worse than this one, and what comes before the next as good as that, is worse as well.
        while other < ranks.len() && ranks[other] > ranks[place] {
            other = next[other] as usize;
        }
        next[place] = other as u32;
    }
    next
}

fn least(ranks: &[u32]) -> u32 {
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

    /// Away from the guess and then by halves takes more steps than 32 bits can double.
    #[test]
    fn the_worst_that_is_chosen_of_many() {
        let nodes = 1 << 17;
        let ranks: Vec<Option<usize>> = (0..nodes).map(Some).collect();
        for worst in [0, 1, (1 << 16) + 1, nodes - 1] {
            // A worker for each node: all that are better than one can be left behind.
            let search = ParallelSearch { ranks: &ranks, compared: nodes - worst, parallelism: nodes + 1 };
            assert_eq!(Ring::new(&search).worst_chosen(0, 0), worst as u32);
        }
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
