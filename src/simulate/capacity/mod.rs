//! How many more pods fit, what stops the next one, and how many nodes a wanted number needs.
//!
//! Copies of one or more templates are placed one after the other, as kube-scheduler would place
//! them, until one finds no node: the number that fits is the number it would really place, not a
//! division of what is free. Several templates are placed in turns, as often each as its share of
//! the ratio says.

mod copies;
mod needed;

pub use copies::Copies;
pub use needed::{Needed, nodes_for};

use rustc_hash::FxHashMap;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::framework::{NodePlacement, NotEvaluated, Placement, Reason};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, NodeId, NodeInfo, PodId};

use super::step::{Outcome, Unplaced};
use super::{Simulation, Ties};

/// A pod to make copies of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// A pending pod of the state: itself it is not placed.
    pub pod: PodId,
    /// Copies in one turn; at least 1.
    pub share: usize,
}

/// What fits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CapacityResult {
    /// The pod each template is, its share of a turn, and the copies that were placed, in the
    /// order of the templates.
    pub templates: Vec<(ObjectKey, usize, usize)>,
    /// Whole turns that were placed.
    pub turns: usize,
    /// What stopped it; none where the limit did.
    pub stopped: Option<Stopped>,
    /// Every node, in the order of names.
    pub nodes: Vec<NodeRoom>,
    /// What is free, at the end, on the nodes that would take a copy at the beginning.
    pub left: FreeResources,
    /// What could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// The copy that found no node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stopped {
    /// Which template it was of.
    pub template: usize,
    /// What kube-scheduler says of it.
    pub unplaced: Unplaced,
    /// What stops it on nodes that would have taken one at the beginning: what runs out. The
    /// most common first.
    pub runs_out: Vec<Limit>,
    /// What stops it on nodes that never would have.
    pub never: Vec<Limit>,
}

/// A reason and the nodes it holds on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limit {
    /// The plugin; none where the framework itself spoke.
    pub plugin: Option<&'static str>,
    /// The reason, with the numbers of the first node.
    pub reason: Reason,
    /// How many nodes.
    pub nodes: usize,
}

/// What a node takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NodeRoom {
    /// The node.
    pub node: Name,
    /// Copies it took, by template.
    pub copies: Vec<usize>,
    /// Whether it would have taken one at the beginning.
    pub feasible_at_first: bool,
    /// What stops the next copy there: the verdict's reasons; none where nothing does.
    pub stops: Vec<(Option<&'static str>, Reason)>,
}

/// Resources that no pod requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FreeResources {
    /// CPU in millicores.
    pub milli_cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
}

/// Places copies of `templates` in turns until one finds no node, or `limit` are placed. The
/// copies stay in the state as pending pods; it is otherwise as it was when this returns.
pub fn measure(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    copies: &mut Copies,
    limit: usize,
    now: Timestamp,
) -> CapacityResult {
    let first = copies.next(cluster, 0);
    let at_first = scheduler.decide(cluster, first.pod, now);
    let mut placed = vec![0; copies.templates().len()];
    let mut on_nodes: FxHashMap<NodeId, Vec<usize>> = FxHashMap::default();
    let mut simulation = Simulation::new(scheduler, cluster, now, Ties::First);
    let mut stopped = None;
    for number in 0..limit {
        let copy = copies.next(simulation.cluster_mut(), number);
        let step = simulation.step(copy.pod);
        match step.outcome {
            Outcome::Placed(place) => {
                placed[copy.template] += 1;
                on_nodes.entry(place.node).or_insert_with(|| vec![0; placed.len()])[copy.template] += 1;
            }
            Outcome::Unplaced(unplaced) => {
                stopped = Some((copy, unplaced));
                break;
            }
        }
    }
    let next = stopped.as_ref().map_or_else(|| copies.next(simulation.cluster_mut(), limit), |(copy, _)| *copy);
    let at_last = simulation.ask(next.pod);
    let rooms = rooms(&at_first, &at_last, &on_nodes, placed.len());
    let left = FreeResources::of(simulation.cluster(), &at_first);
    let not_evaluated = simulation.not_evaluated();
    simulation.rewind();
    CapacityResult {
        turns: copies
            .templates()
            .iter()
            .zip(&placed)
            .map(|(template, placed)| placed / template.share)
            .min()
            .unwrap_or(0),
        templates: copies
            .templates()
            .iter()
            .zip(placed)
            .map(|(template, placed)| (cluster.pod(template.pod).key(), template.share, placed))
            .collect(),
        stopped: stopped.map(|(copy, unplaced)| Stopped {
            template: copy.template,
            unplaced,
            runs_out: limits(&rooms, true),
            never: limits(&rooms, false),
        }),
        nodes: rooms,
        left,
        not_evaluated,
    }
}

fn rooms(
    at_first: &Placement,
    at_last: &Placement,
    on_nodes: &FxHashMap<NodeId, Vec<usize>>,
    templates: usize,
) -> Vec<NodeRoom> {
    let at_last: FxHashMap<NodeId, &NodePlacement> = at_last.nodes.iter().map(|node| (node.id, node)).collect();
    at_first
        .nodes
        .iter()
        .map(|node| NodeRoom {
            node: node.name,
            copies: on_nodes.get(&node.id).cloned().unwrap_or_else(|| vec![0; templates]),
            feasible_at_first: node.is_feasible(),
            stops: at_last.get(&node.id).and_then(|last| last.rejection.as_ref()).map_or_else(Vec::new, |said| {
                said.rejection.reasons.iter().map(|reason| (said.plugin, reason.clone())).collect()
            }),
        })
        .collect()
}

/// What stops the next copy on nodes that would have taken one at the beginning, or never.
fn limits(rooms: &[NodeRoom], feasible_at_first: bool) -> Vec<Limit> {
    let mut limits: indexmap::IndexMap<(Option<&'static str>, String), Limit> = indexmap::IndexMap::new();
    for room in rooms.iter().filter(|room| room.feasible_at_first == feasible_at_first) {
        for (plugin, reason) in &room.stops {
            limits
                .entry((*plugin, reason.to_string()))
                .or_insert_with(|| Limit { plugin: *plugin, reason: reason.clone(), nodes: 0 })
                .nodes += 1;
        }
    }
    let mut limits: Vec<Limit> = limits.into_values().collect();
    // Stable: what is as common stays in the order in which the nodes met it.
    limits.sort_by_key(|limit| std::cmp::Reverse(limit.nodes));
    limits
}

impl FreeResources {
    fn of(cluster: &Cluster, at_first: &Placement) -> Self {
        at_first.feasible().map(|node| cluster.node(node.id)).fold(Self::default(), |sum, node| {
            let free = Self::on(node);
            Self {
                milli_cpu: sum.milli_cpu.saturating_add(free.milli_cpu),
                memory: sum.memory.saturating_add(free.memory),
            }
        })
    }

    fn on(node: &NodeInfo) -> Self {
        let allocatable = &node.node.allocatable;
        Self {
            milli_cpu: allocatable.milli_cpu.saturating_sub(node.requested.milli_cpu).max(0),
            memory: allocatable.memory.saturating_sub(node.requested.memory).max(0),
        }
    }
}
