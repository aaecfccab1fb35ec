//! How many nodes like one of the cluster a wanted number of copies needs.

use crate::api::{Name, Timestamp, name};
use crate::edit::{Edit, EditError, Undo};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, PodId};

use super::super::{Simulation, Ties};
use super::Copies;

/// How many more nodes are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    like: Name,
    now: Timestamp,
) -> Result<Needed, EditError> {
    // All copies are made before any node is added, and so outlive the nodes.
    let pods: Vec<PodId> = (0..wanted).map(|number| copies.next(cluster, number).pod).collect();
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
            return Ok(Needed::Never { nodes: enough, placed });
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

struct Search<'a> {
    scheduler: &'a Scheduler,
    cluster: &'a mut Cluster,
    pods: Vec<PodId>,
    like: Name,
    now: Timestamp,
}

impl Search<'_> {
    /// How many copies find a place with `nodes` nodes more.
    fn placed_with(&mut self, nodes: usize) -> Result<usize, EditError> {
        let gates = self.scheduler.behaviour().request_gates();
        let edits: Vec<Edit> = self.free_names(nodes).map(|name| Edit::AddNode { like: self.like, name }).collect();
        let undos = Edit::apply_all(&edits, self.cluster, gates)?;
        let mut simulation = Simulation::new(self.scheduler, self.cluster, self.now, Ties::First);
        let placed = self.pods.iter().take_while(|pod| simulation.step(**pod).place().is_some()).count();
        simulation.rewind();
        Undo::all(undos, self.cluster);
        Ok(placed)
    }

    /// Names that no node has.
    fn free_names(&self, count: usize) -> impl Iterator<Item = Name> + use<> {
        let like = self.like;
        let taken: Vec<Name> = self
            .cluster
            .nodes()
            .iter()
            .map(crate::state::node_info::NodeInfo::name)
            .filter(|name| name.starts_with(like.as_str()))
            .collect();
        (1..)
            .map(move |number: usize| name(&format!("{like}-copy-{number}")))
            .filter(move |name| !taken.contains(name))
            .take(count)
    }
}
