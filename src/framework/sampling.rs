//! How many feasible nodes kube-scheduler compares in a large cluster, and which.
//!
//! From 100 nodes on it stops when it has found enough feasible ones, and begins each cycle where the last one ended
//! (upstream schedule_one.go, findNodesThatPassFilters, numFeasibleNodesToFind). Where that was is not in the state,
//! so an answer counts the starting points from which each node would be chosen.

use crate::api::name::Name;
use crate::state::node_tree::node_tree;
use crate::state::{Cluster, NodeId};

use super::not_evaluated::NotEvaluated;

/// Below this many nodes all are looked at.
const MIN_FEASIBLE_NODES_TO_FIND: usize = 100;
/// The default percentage falls with the cluster's size, down to this.
const MIN_FEASIBLE_NODES_PERCENTAGE: i32 = 5;

/// Which of the feasible nodes a cycle compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComparedNodes {
    /// All of them, as with `percentageOfNodesToScore: 100`.
    #[default]
    All,
    /// As many as kube-scheduler stops at, beginning at this place in the order of its node tree.
    From(usize),
}

/// Which nodes kube-scheduler would choose, by where it begins to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// All nodes: as many starting points there are.
    pub nodes: usize,
    /// How many are feasible.
    pub feasible: usize,
    /// How many of them are compared.
    pub compared: usize,
    /// Nodes that are the best of those compared from some starting point, in the order of names, and from how many.
    /// From 0: only if the workers that filter nodes side by side are not equally fast.
    pub starts: Vec<(Name, usize)>,
    /// How many such workers there are.
    pub parallelism: usize,
}

impl Sampling {
    /// From how many starting points a node is chosen, if from any.
    pub fn starts_of(&self, node: Name) -> Option<usize> {
        self.starts.iter().find(|(chosen, _)| *chosen == node).map(|(_, starts)| *starts)
    }
}

/// How many feasible nodes a live scheduler stops at (upstream schedule_one.go,
/// numFeasibleNodesToFind). `percentage` is the profile's, else the configuration's; 0 adapts.
pub fn feasible_nodes_to_find(nodes: usize, percentage: i32) -> usize {
    if nodes < MIN_FEASIBLE_NODES_TO_FIND {
        return nodes;
    }
    let percentage = match percentage {
        0 => (50 - i32::try_from(nodes / 125).unwrap_or(i32::MAX)).max(MIN_FEASIBLE_NODES_PERCENTAGE),
        percentage => percentage,
    };
    let share = nodes * usize::try_from(percentage).unwrap_or(0) / 100;
    share.max(MIN_FEASIBLE_NODES_TO_FIND)
}

/// The feasible nodes in the order in which kube-scheduler looks at all nodes; after the last comes the first.
pub struct Ring {
    /// Feasible nodes, and the place of each among all nodes.
    feasible: Vec<(NodeId, usize)>,
    nodes: usize,
}

/// The nodes that are compared from some starting points, which are all those between two feasible nodes.
pub struct Window<'a> {
    ring: &'a Ring,
    first: usize,
    compared: usize,
}

impl Ring {
    /// The nodes of `cluster` for which `feasible` is true.
    pub fn new(cluster: &Cluster, feasible: impl Fn(NodeId) -> bool) -> Self {
        let order = node_tree(cluster.nodes());
        let nodes = order.len();
        let feasible = order.into_iter().enumerate().filter(|(_, node)| feasible(*node));
        Self { feasible: feasible.map(|(place, node)| (node, place)).collect(), nodes }
    }

    /// Every window of `compared` nodes, which are fewer than there are feasible ones.
    pub fn windows(&self, compared: usize) -> impl Iterator<Item = Window<'_>> {
        (0..self.feasible.len()).map(move |first| Window { ring: self, first, compared })
    }

    /// The window that begins at a place.
    pub fn window(&self, start: usize, compared: usize) -> Window<'_> {
        let start = start.checked_rem(self.nodes).unwrap_or(0);
        let first = self.feasible.partition_point(|(_, place)| *place < start);
        Window { ring: self, first: first.checked_rem(self.feasible.len()).unwrap_or(0), compared }
    }

    /// By place: what `of` says of the feasible node there.
    pub fn by_place<T: Clone>(&self, of: impl Fn(NodeId) -> T) -> Vec<Option<T>> {
        let mut places = vec![None; self.nodes];
        for (node, place) in &self.feasible {
            if let Some(entry) = places.get_mut(*place) {
                *entry = Some(of(*node));
            }
        }
        places
    }

    fn at(&self, index: usize) -> Option<(NodeId, usize)> {
        self.feasible.get(index.checked_rem(self.feasible.len())?).copied()
    }
}

impl Window<'_> {
    /// Its nodes.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        let compared = self.compared.min(self.ring.feasible.len());
        (self.first..self.first + compared).filter_map(|index| self.ring.at(index)).map(|(node, _)| node)
    }

    /// From how many starting points it is reached: those behind the feasible node before it.
    pub fn starting_points(&self) -> usize {
        let feasible = self.ring.feasible.len();
        let places = (self.ring.at(self.first + feasible - 1), self.ring.at(self.first));
        let (Some((_, before)), Some((_, first))) = places else { return 0 };
        if feasible == 1 { self.ring.nodes } else { (first + self.ring.nodes - before) % self.ring.nodes }
    }

    /// The first node, and the first one behind it.
    pub fn ends(&self) -> Option<(NodeId, NodeId)> {
        Some((self.ring.at(self.first)?.0, self.ring.at(self.first + self.compared)?.0))
    }

    /// Where the next cycle begins: at the feasible node that was found and is one too many. With fewer than that,
    /// all nodes were looked at, and it begins where this one did.
    pub fn next_start(&self) -> Option<usize> {
        let found_all = self.ring.feasible.len() <= self.compared;
        if found_all { None } else { self.ring.at(self.first + self.compared).map(|(_, place)| place) }
    }
}

/// What an answer says of the feasible nodes that a live scheduler would not have compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SamplingBasis {
    /// All were compared.
    All,
    /// The starting points of each choice were counted ([`Sampling`]).
    Counted,
    /// One starting point was drawn.
    Drawn,
}

/// What to say where `feasible` of `nodes` nodes are feasible, and a live scheduler compares fewer.
pub fn note(nodes: usize, feasible: usize, percentage: i32, basis: SamplingBasis) -> Option<NotEvaluated> {
    let found = feasible_nodes_to_find(nodes, percentage);
    (feasible > found).then(|| {
        let why = match percentage {
            0 => format!("a live scheduler of {nodes} nodes stops at {found} feasible ones"),
            percentage => format!("{percentage}% of {nodes} nodes: a live scheduler stops at {found} feasible ones"),
        };
        let effect = match basis {
            SamplingBasis::All => {
                format!("all {feasible} feasible nodes were scored here; a live scheduler may compare fewer")
            }
            SamplingBasis::Counted => format!(
                "ranks and totals are those among all {feasible} feasible nodes; picks are counted over all starting \
                 points, {ORDER}; those from no starting point are picked only if kube-scheduler's workers, which \
                 filter nodes side by side, differ in speed"
            ),
            SamplingBasis::Drawn => format!(
                "where the first cycle begins is drawn; from there on {ORDER}, though kube-scheduler filters several \
                 side by side"
            ),
        };
        NotEvaluated::new("percentageOfNodesToScore", why, effect)
    })
}

/// What is assumed of the order: a live scheduler has zones and nodes in the order in which it heard of them.
const ORDER: &str = "nodes are assumed to be looked at one after another, zones in turn, in the order of their names";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_adapts_to_the_size() {
        let case = |nodes, percentage| feasible_nodes_to_find(nodes, percentage);
        assert_eq!(case(99, 10), 99);
        assert_eq!(case(100, 0), 100);
        assert_eq!(case(1000, 0), 420);
        assert_eq!(case(5000, 0), 500);
        assert_eq!(case(50_000, 0), 2500);
        assert_eq!(case(1000, 70), 700);
        assert_eq!(case(1000, 1), 100);
        assert_eq!(case(1000, 100), 1000);
    }

    /// Feasible places of ten nodes, a start and how many to compare: the nodes, and where the next cycle begins.
    #[track_caller]
    fn case(places: &[usize], start: usize, compared: usize, nodes: &[u32], next: Option<usize>) {
        let ring = Ring { feasible: places.iter().map(|place| (NodeId(*place as u32), *place)).collect(), nodes: 10 };
        let window = ring.window(start, compared);
        assert_eq!(window.nodes().map(|node| node.0).collect::<Vec<_>>(), nodes);
        assert_eq!(window.next_start(), next);
        assert_eq!(ring.windows(compared).map(|window| window.starting_points()).sum::<usize>(), 10);
    }

    #[test]
    fn a_window_begins_at_the_first_feasible_node_and_goes_around() {
        case(&[1, 4, 5, 9], 0, 2, &[1, 4], Some(5));
        case(&[1, 4, 5, 9], 2, 2, &[4, 5], Some(9));
        case(&[1, 4, 5, 9], 6, 3, &[9, 1, 4], Some(5));
        case(&[1, 4, 5, 9], 19, 1, &[9], Some(1));
        case(&[1, 4], 5, 2, &[1, 4], None);
        case(&[7], 8, 3, &[7], None);
    }
}
