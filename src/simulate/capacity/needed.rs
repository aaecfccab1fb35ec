//! How many more nodes a wanted number of copies needs.

use rustc_hash::FxHashSet;

use crate::api::{Name, Timestamp, name};
use crate::control_plane::admission::AdmissionRefusal;
use crate::edit::{Edit, EditError, Undo};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, NodeInfo, PodId};

use super::super::new_nodes::{self, NodeModel};
use super::super::{Outcome, Simulation, Ties};
use super::Copies;

/// Kinds of nodes that are tried where none takes a copy as it is.
const MOST_MODELS: usize = 30;

/// How many more nodes are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needed {
    /// This many, 0 where all copies fit as it is. With one less they do not all fit.
    Nodes(usize),
    /// No number of them helps: with this many nodes more this many copies find a place.
    Never {
        /// Nodes that were added.
        nodes: usize,
        /// Copies that were placed then.
        placed: usize,
        /// What kube-scheduler says of the next one then.
        message: String,
    },
    /// No number of nodes helps: the API server lets in no more than this many copies.
    Refused {
        /// Copies that it lets in.
        copies: usize,
        /// Its refusal of the next.
        refusal: AdmissionRefusal,
    },
}

/// How many nodes like `like` let `wanted` copies be placed: each number that is tried is tried
/// by adding the nodes and placing all copies. The state is as it was when this returns, but for
/// the copies, which are pending pods of it.
///
/// # Errors
/// There is no such node.
pub fn nodes_for(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    copies: &mut Copies,
    wanted: usize,
    like: &NodeModel,
    now: Timestamp,
) -> Result<Needed, EditError> {
    let gates = scheduler.behaviour().request_gates();
    // All copies are made before any node is added, and so outlive the nodes.
    let mut pods: Vec<PodId> = Vec::with_capacity(wanted);
    for number in 0..wanted {
        match copies.next(cluster, number, gates) {
            Ok(copy) => pods.push(copy.pod),
            Err((_, refusal)) => return Ok(Needed::Refused { copies: pods.len(), refusal }),
        }
    }
    let mut search = Search { scheduler, cluster, pods, like, now };
    let as_it_is = search.placed_with(0)?;
    if as_it_is >= wanted {
        return Ok(Needed::Nodes(0));
    }
    let by_one = search.placed_with(1)?.saturating_sub(as_it_is);
    // As many as it takes if each node brings what the first one brought; never more than one
    // for each copy.
    let mut enough = (wanted - as_it_is).div_ceil(by_one.max(1)).max(1);
    let mut too_few = 0;
    loop {
        let placed = search.placed_with(enough)?;
        if placed >= wanted {
            break;
        }
        if enough >= wanted {
            let message = search.message_with(enough, placed)?;
            return Ok(Needed::Never { nodes: enough, placed, message });
        }
        too_few = enough;
        enough = (enough * 2).min(wanted);
    }
    // Most often the guess is right: one less is tried first.
    let mut middle = enough.saturating_sub(1);
    while enough - too_few > 1 {
        if search.placed_with(middle)? >= wanted {
            enough = middle;
        } else {
            too_few = middle;
        }
        middle = usize::midpoint(too_few, enough);
    }
    Ok(Needed::Nodes(enough))
}

/// The node of the cluster of which one more brings most copies a place, of those that are as good the first by name;
/// none where no more nodes like these help. Nodes of one size and with the same taints are tried once.
pub fn best_model(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    copies: &mut Copies,
    wanted: usize,
    now: Timestamp,
) -> Option<Name> {
    let gates = scheduler.behaviour().request_gates();
    let pods: Vec<PodId> =
        (0..wanted).map_while(|number| copies.next(cluster, number, gates).ok()).map(|copy| copy.pod).collect();
    let mut kinds = FxHashSet::default();
    let mut models: Vec<&NodeInfo> = cluster.nodes().iter().collect();
    models.sort_by_key(|node| node.name());
    let kind = |node: &NodeInfo| {
        let own = node.node.labels.iter().filter(|(_, value)| *value != node.name());
        (format!("{:?} {:?}", node.node.allocatable, node.node.taints), own.collect::<Vec<_>>())
    };
    let models: Vec<Name> =
        models.into_iter().filter(|node| kinds.insert(kind(node))).map(NodeInfo::name).take(MOST_MODELS).collect();
    let mut best: Option<(usize, Name)> = None;
    for like in models {
        let model = NodeModel::Like(like);
        let mut search = Search { scheduler, cluster, pods: pods.clone(), like: &model, now };
        let placed = search.placed_with(1).ok()?.saturating_sub(search.placed_with(0).ok()?);
        if placed > best.map_or(0, |(placed, _)| placed) {
            best = Some((placed, like));
        }
    }
    best.map(|(_, like)| like)
}

struct Search<'a> {
    scheduler: &'a Scheduler,
    cluster: &'a mut Cluster,
    pods: Vec<PodId>,
    like: &'a NodeModel,
    now: Timestamp,
}

impl Search<'_> {
    /// How many copies find a place with `nodes` nodes more.
    fn placed_with(&mut self, nodes: usize) -> Result<usize, EditError> {
        self.with(nodes, |simulation, pods| {
            pods.iter().take_while(|pod| simulation.step(**pod).place().is_some()).count()
        })
    }

    /// What kube-scheduler says of the copy behind those that find a place with `nodes` nodes more.
    fn message_with(&mut self, nodes: usize, placed: usize) -> Result<String, EditError> {
        let last = self.with(nodes, |simulation, pods| {
            let steps = pods.iter().take(placed + 1).map(|pod| simulation.step(*pod));
            steps.last()
        })?;
        Ok(match last.map(|step| step.outcome) {
            Some(Outcome::Unplaced(unplaced)) => unplaced.message,
            _ => String::new(),
        })
    }

    /// Asks with `nodes` nodes more; the state is as it was when this returns.
    fn with<T>(&mut self, nodes: usize, ask: impl FnOnce(&mut Simulation<'_>, &[PodId]) -> T) -> Result<T, EditError> {
        let gates = self.scheduler.behaviour().request_gates();
        let mut undos: Vec<Undo> = Vec::new();
        for name in self.free_names(nodes) {
            match new_nodes::edits(self.cluster, self.like, name, |cluster, edit: &Edit| {
                undos.push(edit.apply(cluster, gates)?);
                Ok(())
            }) {
                Ok(()) => {}
                Err(error) => {
                    Undo::all(undos, self.cluster);
                    return Err(error);
                }
            }
        }
        let mut simulation = Simulation::new(self.scheduler, self.cluster, self.now, Ties::First);
        let answer = ask(&mut simulation, &self.pods);
        simulation.rewind();
        Undo::all(undos, self.cluster);
        Ok(answer)
    }

    /// Names that no node has.
    fn free_names(&self, count: usize) -> Vec<Name> {
        let base = self.like.base();
        let taken: FxHashSet<Name> = self.cluster.nodes().iter().map(NodeInfo::name).collect();
        (1..)
            .map(|number: usize| name(&format!("{base}-copy-{number}")))
            .filter(|name| !taken.contains(name))
            .take(count)
            .collect()
    }
}
