//! How many more pods fit, what stops the next one, and how many nodes a wanted number needs.
//!
//! Copies of one or more templates are placed one after the other, as kube-scheduler would place
//! them, until one finds no node: the number that fits is the number it would really place, not a
//! division of what is free. Several templates are placed in turns, as often each as its share of
//! the ratio says.

mod copies;
mod needed;

pub use copies::Copies;
pub use needed::{Needed, best_model, nodes_for};

use rustc_hash::FxHashMap;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::control_plane::admission::AdmissionRefusal;
use crate::control_plane::attach::{MultiAttach, multi_attach};
use crate::decode::workload::WorkloadKey;
use crate::framework::{NodePlacement, NotEvaluated, Placement, Reason};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, NodeId, NodeInfo, PodId};

use super::step::{Outcome, Unplaced};
use super::{Simulation, Ties};

/// What to make copies of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The pod, or what makes it.
    pub model: Model,
    /// Copies in one turn; at least 1.
    pub share: usize,
}

/// A pod, or what makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A pod of the state: itself it is not placed.
    Pod(PodId),
    /// A workload of the state.
    Workload(WorkloadKey),
}

/// What fits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CapacityResult {
    /// In the order of the templates.
    pub templates: Vec<TemplateResult>,
    /// Whole turns that were placed.
    pub turns: usize,
    /// What stopped it; none where the limit did.
    pub stopped: Option<Stopped>,
    /// Every node, in the order of names.
    pub nodes: Vec<NodeRoom>,
    /// What is free, at the end, on the nodes that would take a copy at the beginning.
    pub left: FreeResources,
    /// Copies that would get a node and could not start there, as another node has their volume, and the first of them.
    /// They are not counted.
    pub cannot_start: Option<(usize, MultiAttach)>,
    /// What could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// What became of the copies of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemplateResult {
    /// The pod that copies are made of, or the first that the workload makes.
    pub pod: ObjectKey,
    /// What makes the copies; none where a pod was named.
    pub workload: Option<WorkloadKey>,
    /// Copies in one turn.
    pub share: usize,
    /// Copies that were placed.
    pub placed: usize,
}

/// The copy that found no node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stopped {
    /// Which template it was of.
    pub template: usize,
    /// What kube-scheduler says of it, or the API server.
    pub unplaced: Unplaced,
    /// Why the API server would not let it in.
    pub refused: Option<AdmissionRefusal>,
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
    let gates = scheduler.behaviour().request_gates();
    let first = match copies.next(cluster, 0, gates) {
        Ok(first) => first,
        Err((template, refusal)) => return nothing_let_in(cluster, copies, template, refusal),
    };
    let at_first = scheduler.decide(cluster, first.pod, now);
    let count = copies.templates().len();
    let mut placed = vec![0; count];
    let mut on_nodes: FxHashMap<NodeId, Vec<usize>> = FxHashMap::default();
    let mut simulation = Simulation::new(scheduler, cluster, now, Ties::First);
    let mut stopped = None;
    let mut cannot_start: Option<(usize, MultiAttach)> = None;
    let mut last = first;
    for number in 0..limit {
        let copy = match copies.next(simulation.cluster_mut(), number, gates) {
            Ok(copy) => copy,
            Err((template, refusal)) => {
                let unplaced = Unplaced::because(refusal.to_string());
                stopped = Some((template, unplaced, Some(refusal)));
                break;
            }
        };
        last = copy;
        let step = simulation.step(copy.pod);
        match step.outcome {
            Outcome::Placed(_) if let Some(attach) = multi_attach(simulation.cluster(), copy.pod) => {
                cannot_start.get_or_insert((0, attach)).0 += 1;
            }
            Outcome::Placed(place) => {
                placed[copy.template] += 1;
                on_nodes.entry(place.node).or_insert_with(|| vec![0; count])[copy.template] += 1;
            }
            Outcome::Unplaced(unplaced) => {
                stopped = Some((copy.template, unplaced, None));
                break;
            }
        }
    }
    // What stops one more on each node; of a copy that is not let in, what would stop it otherwise.
    let next = if stopped.is_some() { None } else { copies.next(simulation.cluster_mut(), limit, gates).ok() };
    let at_last = match (&stopped, next) {
        (Some((_, _, None)), _) => simulation.ask(last.pod),
        (None, Some(next)) => simulation.ask(next.pod),
        (Some((_, _, Some(_))), _) | (None, None) => simulation.ask_again(last.pod),
    };
    let rooms = rooms(&at_first, &at_last, &on_nodes, count);
    let left = FreeResources::of(simulation.cluster(), &at_first);
    simulation.note_creation();
    let not_evaluated = simulation.not_evaluated();
    simulation.rewind();
    let turns = copies.templates().zip(&placed).map(|(template, placed)| placed / template.share).min();
    let named = copies.templates().zip(placed).enumerate();
    CapacityResult {
        turns: turns.unwrap_or(0),
        templates: named
            .map(|(place, (template, placed))| TemplateResult::new(copies, cluster, place, template.share, placed))
            .collect(),
        stopped: stopped.map(|(template, unplaced, refused)| Stopped {
            template,
            unplaced,
            runs_out: if refused.is_some() { Vec::new() } else { limits(&rooms, true) },
            never: if refused.is_some() { Vec::new() } else { limits(&rooms, false) },
            refused,
        }),
        nodes: rooms,
        left,
        cannot_start,
        not_evaluated,
    }
}

/// Not even the first copy is let in by the API server.
fn nothing_let_in(cluster: &Cluster, copies: &Copies, template: usize, refusal: AdmissionRefusal) -> CapacityResult {
    let named = copies.templates().enumerate();
    let room = |node: &NodeInfo| NodeRoom {
        node: node.name(),
        copies: vec![0; copies.templates().len()],
        feasible_at_first: false,
        stops: Vec::new(),
    };
    CapacityResult {
        templates: named
            .map(|(place, template)| TemplateResult::new(copies, cluster, place, template.share, 0))
            .collect(),
        turns: 0,
        stopped: Some(Stopped {
            template,
            unplaced: Unplaced::because(refusal.to_string()),
            refused: Some(refusal),
            runs_out: Vec::new(),
            never: Vec::new(),
        }),
        nodes: cluster.nodes().iter().map(room).collect(),
        left: FreeResources::default(),
        cannot_start: None,
        not_evaluated: Vec::new(),
    }
}

impl TemplateResult {
    fn new(copies: &Copies, cluster: &Cluster, place: usize, share: usize, placed: usize) -> Self {
        let (pod, workload) = copies.name_of(cluster, place);
        Self { pod, workload, share, placed }
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
