//! In which order to drain a set of nodes, and where each pod goes.
//!
//! All nodes are cordoned first, as kubectl does with the nodes of one `kubectl drain`: no pod goes
//! to a node that is drained later. Then, again and again, the node is drained that leaves fewest
//! pods without a place, or on the node, on the state that the drains before it left. What a node's
//! drain did when it was last tried is taken for the least that it does later, as room gets scarcer:
//! so not every node is tried before each drain. A drain goes in waves: as many pods at once as
//! PodDisruptionBudgets let go; those that found a place count as healthy before the next wave.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use indexmap::IndexMap;

use crate::api::{Name, ObjectKey};
use crate::edit::{Edit, EditError};
use crate::framework::NotEvaluated;
use crate::state::{Cluster, PodId};

use super::super::scenario::budgets::{Budgets, Denial};
use super::super::scenario::{RefusedAction, drain, lost};
use super::super::{Assumption, Outcome, Simulation, Step, UnplacedGroup, queue, summary};

/// How to drain nodes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DrainPlan {
    /// The drains, in order; one for each node.
    pub drains: Vec<NodeDrain>,
    /// Pods that find no place, by what stands in their way, the largest group first.
    pub unplaced: Vec<UnplacedGroup>,
    /// Pods that find no place while the drained nodes are there, and one as soon as they are removed.
    pub placed_when_removed: usize,
    /// Whether each order that was tried leaves no pod behind; none where only one was.
    pub orders_tried: usize,
    /// What could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
    /// What was taken to be so.
    pub assumptions: Vec<Assumption>,
}

/// One node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NodeDrain {
    /// The node.
    pub node: Name,
    /// Who leaves when.
    pub waves: Vec<Wave>,
    /// Pods that stay as they should: those of DaemonSets, and static ones.
    pub kept: Vec<ObjectKey>,
    /// Pods that no controller recreates.
    pub lost: Vec<ObjectKey>,
    /// Pods that lose the data in their `emptyDir`.
    pub local_data: Vec<ObjectKey>,
    /// What cannot be evicted, and why.
    pub refused: Vec<RefusedAction>,
    /// Pods that stay because of it.
    pub staying: usize,
    /// Nodes with the same number can be drained at the same time: no budget is theirs together.
    pub batch: usize,
}

/// Pods that are evicted at once.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Wave {
    /// The pods, in the order of namespace and name.
    pub evicted: Vec<ObjectKey>,
    /// Where those go that are recreated, in the order of the queue. A pod that found no place in an
    /// earlier wave is among them when it finds one now.
    pub steps: Vec<Step>,
}

impl DrainPlan {
    /// Whether every node ends empty and every pod with a place.
    pub fn is_complete(&self) -> bool {
        self.unplaced_evicted() == 0 && self.drains.iter().all(NodeDrain::is_complete)
    }

    /// Evicted pods without a place. Others without one were preempted for these.
    pub fn unplaced_evicted(&self) -> usize {
        let waves = self.drains.iter().flat_map(|drain| &drain.waves);
        let evicted: BTreeSet<ObjectKey> = waves.flat_map(|wave| wave.evicted.iter().copied()).collect();
        self.unplaced.iter().flat_map(|group| &group.pods).filter(|pod| evicted.contains(pod)).count()
    }

    /// Pods without a place that were preempted for evicted ones.
    pub fn unplaced_preempted(&self) -> usize {
        self.unplaced.iter().map(|group| group.pods.len()).sum::<usize>() - self.unplaced_evicted()
    }
}

impl NodeDrain {
    /// Whether nothing was refused.
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty()
    }

    /// Pods that leave the node.
    pub fn evicted(&self) -> usize {
        self.waves.iter().map(|wave| wave.evicted.len()).sum()
    }
}

/// So many orders of the nodes are tried.
const MOST_ORDERS: usize = 6;

/// Proposes how to drain `nodes`; of those that are as good, in the order of their names. With `force` pods go
/// that no controller recreates. The simulation ends with the nodes drained.
///
/// # Errors
/// One of the nodes is not there.
pub fn propose(simulation: &mut Simulation<'_>, nodes: &[Name], force: bool) -> Result<DrainPlan, EditError> {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes.dedup();
    for node in &nodes {
        simulation.edit(&Edit::Cordon { node: *node })?;
    }
    let orders_tried = if nodes.len() > 1 { orders_that_work(simulation, &nodes, force)? } else { 0 };
    let mut planner = Planner::new(simulation, force);
    let mut left: BinaryHeap<Reverse<Candidate>> = nodes
        .iter()
        .enumerate()
        .map(|(place, node)| {
            let empty = planner.has_nothing_to_evict(*node);
            Reverse(Candidate { impact: Impact::default(), full: !empty, place, node: *node })
        })
        .collect();
    let mut drains = Vec::with_capacity(left.len());
    while let Some(drain) = planner.next(&mut left)? {
        drains.push(drain);
    }
    // What a budget held may go when the pods of later nodes have their places.
    for drain in &mut drains {
        if drain.staying > 0 && drain.refused.iter().all(|refusal| refusal.pod.is_some()) {
            planner.again(drain)?;
        }
    }
    batches(&mut drains, planner.simulation.cluster());
    planner.ledger.budgets.not_evaluated().for_each(|note| planner.simulation.note(&note));
    let placed_when_removed = planner.placed_when_removed(&drains)?;
    let steps: Vec<Step> = planner.ledger.unplaced.into_values().collect();
    let unplaced = summary::unplaced_by_cause(&steps);
    Ok(DrainPlan {
        drains,
        unplaced,
        placed_when_removed,
        orders_tried,
        not_evaluated: planner.simulation.not_evaluated(),
        assumptions: planner.simulation.assumptions(),
    })
}

/// How many orders of the nodes were tried, if no pod was left behind in any: first to last, last to first, and with
/// each of some nodes first. 0 if one failed.
fn orders_that_work(simulation: &mut Simulation<'_>, nodes: &[Name], force: bool) -> Result<usize, EditError> {
    let mut orders: Vec<Vec<Name>> = vec![nodes.iter().rev().copied().collect()];
    for first in 0..nodes.len().min(MOST_ORDERS - 1) {
        let mut order = nodes.to_vec();
        order.rotate_left(first);
        orders.push(order);
    }
    let tried = orders.len();
    for order in orders {
        let savepoint = simulation.savepoint();
        let mut planner = Planner::new(simulation, force);
        let mut works = true;
        for node in order {
            let drain = planner.drain(node)?;
            works &= drain.is_complete() && planner.ledger.unplaced.is_empty();
        }
        simulation.rollback(savepoint);
        if !works {
            return Ok(0);
        }
    }
    Ok(tried)
}

/// Numbers nodes that can be drained at the same time: those in a row whose pods have no budget in common.
fn batches(drains: &mut [NodeDrain], cluster: &Cluster) {
    let budgets = Budgets::new(cluster);
    let mut batch = 0;
    let mut taken: BTreeSet<ObjectKey> = BTreeSet::new();
    for drain in drains {
        let evicted = drain.waves.iter().flat_map(|wave| &wave.evicted).filter_map(|pod| cluster.pod_named(*pod));
        let own: BTreeSet<ObjectKey> = evicted.flat_map(|pod| budgets.covering(pod).collect::<Vec<_>>()).collect();
        if batch == 0 || own.iter().any(|budget| taken.contains(budget)) || !drain.is_complete() {
            batch += 1;
            taken.clear();
        }
        taken.extend(own);
        drain.batch = batch;
    }
}

pub(super) struct Planner<'s, 'a> {
    pub(super) simulation: &'s mut Simulation<'a>,
    force: bool,
    pub(super) ledger: Ledger,
}

/// What is known beside the state.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) budgets: Budgets,
    /// Pods that were evicted and have no place, with what was said of them last.
    pub(super) unplaced: IndexMap<PodId, Step>,
}

/// What draining a node does: pods that find no place or stay on it, and the former alone.
type Impact = (usize, usize);

/// A node that is not drained yet. The least impact comes first, then the order given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// What its drain did when it was last tried; none where it was not.
    impact: Impact,
    /// Nodes without a pod to evict come first.
    full: bool,
    place: usize,
    node: Name,
}

impl<'s, 'a> Planner<'s, 'a> {
    pub(super) fn new(simulation: &'s mut Simulation<'a>, force: bool) -> Self {
        let ledger = Ledger { budgets: Budgets::new(simulation.cluster()), unplaced: IndexMap::new() };
        Self { simulation, force, ledger }
    }

    fn has_nothing_to_evict(&self, node: Name) -> bool {
        let cluster = self.simulation.cluster();
        let plan = cluster.node_named(node).map(|node| drain::plan(cluster, node, self.force));
        plan.is_some_and(|plan| plan.evict.is_empty() && plan.refusal.is_none())
    }

    /// Evicts what a budget held when the node was drained.
    fn again(&mut self, drain: &mut NodeDrain) -> Result<(), EditError> {
        let more = self.drain(drain.node)?;
        drain.waves.extend(more.waves);
        drain.lost.extend(more.lost);
        drain.local_data.extend(more.local_data);
        drain.refused = more.refused;
        drain.staying = more.staying;
        Ok(())
    }

    /// How many of the pods without a place find one when the nodes that were drained are removed, as spreading counts
    /// them no more.
    fn placed_when_removed(&mut self, drains: &[NodeDrain]) -> Result<usize, EditError> {
        if self.ledger.unplaced.is_empty() {
            return Ok(0);
        }
        let savepoint = self.simulation.savepoint();
        for drain in drains.iter().filter(|drain| drain.is_complete()) {
            self.simulation.edit(&Edit::RemoveNode { node: drain.node })?;
        }
        let mut queue: Vec<PodId> = self.ledger.unplaced.keys().copied().collect();
        queue::sort(self.simulation.cluster(), &mut queue);
        let steps = self.simulation.run(&queue);
        self.simulation.rollback(savepoint);
        Ok(steps.iter().filter(|step| step.place().is_some()).count())
    }

    /// Drains the node with the least impact, and takes it out of `left`.
    fn next(&mut self, left: &mut BinaryHeap<Reverse<Candidate>>) -> Result<Option<NodeDrain>, EditError> {
        while let Some(Reverse(candidate)) = left.pop() {
            let (savepoint, ledger) = (self.simulation.savepoint(), self.ledger.clone());
            let before = ledger.unplaced.len();
            let drain = self.drain(candidate.node)?;
            let without = self.ledger.unplaced.len().saturating_sub(before);
            let tried = Candidate { impact: (without + drain.staying, without), ..candidate };
            // No other can do less, as far as is known.
            if left.peek().is_none_or(|Reverse(other)| tried <= *other) {
                return Ok(Some(drain));
            }
            self.simulation.rollback(savepoint);
            self.ledger = ledger;
            left.push(Reverse(tried));
        }
        Ok(None)
    }

    pub(super) fn drain(&mut self, node: Name) -> Result<NodeDrain, EditError> {
        let info = self.simulation.cluster().node_named(node).ok_or(EditError::NoSuchNode(node))?;
        let plan = drain::plan(self.simulation.cluster(), info, self.force);
        let on_node = info.pods.len();
        let mut done = NodeDrain {
            node,
            waves: Vec::new(),
            kept: plan.kept,
            lost: Vec::new(),
            local_data: Vec::new(),
            refused: Vec::new(),
            staying: 0,
            batch: 0,
        };
        if let Some(message) = plan.refusal {
            done.staying = on_node.saturating_sub(done.kept.len());
            done.refused.push(RefusedAction { pod: None, node, message, budgets: Vec::new(), cause: None });
            return Ok(done);
        }
        let mut remaining = plan.evict;
        while !remaining.is_empty() {
            let (wave, held) = self.wave(&remaining, &mut done.lost)?;
            done.local_data.extend(plan.local_data.iter().filter(|pod| wave.evicted.contains(pod)));
            // Only pods that are well again give a budget room.
            let go_on = !held.is_empty() && wave.steps.iter().any(|step| step.place().is_some());
            if !wave.evicted.is_empty() || go_on {
                done.waves.push(wave);
            }
            if !go_on {
                done.staying = held.len();
                done.refused = held.into_iter().map(|(pod, denial)| self.refusal(node, pod, denial)).collect();
                break;
            }
            remaining = held.into_iter().map(|(pod, _)| pod).collect();
        }
        Ok(done)
    }

    /// Evicts what the budgets let go of `pods` and finds places for it; pods that are not recreated go to
    /// `gone`. Answers with those that are held, and by what words.
    fn wave(&mut self, pods: &[PodId], gone: &mut Vec<ObjectKey>) -> Result<(Wave, Held), EditError> {
        let mut wave = Wave::default();
        let mut held = Vec::new();
        let mut queue: Vec<PodId> = self.ledger.unplaced.keys().copied().collect();
        for id in pods {
            let cluster = self.simulation.cluster();
            let pod = cluster.pod(*id);
            let key = pod.key();
            match self.ledger.budgets.evict(cluster, pod) {
                Ok(budgets) => {
                    let leaves = lost::of(cluster, std::iter::once(pod));
                    self.simulation.note_eviction();
                    let edits = leaves.edits(self.simulation.cluster());
                    self.edit(&budgets)?;
                    self.edit(&edits)?;
                    queue.extend(leaves.requeued);
                    gone.extend(leaves.lost);
                    wave.evicted.push(key);
                }
                Err(denial) => held.push((*id, denial)),
            }
        }
        queue::sort(self.simulation.cluster(), &mut queue);
        for step in self.simulation.run(&queue) {
            match step.outcome {
                Outcome::Placed(_) => {
                    self.ledger.unplaced.shift_remove(&step.pod_id);
                    let budgets = self.ledger.budgets.placed(self.simulation.cluster(), step.pod_id);
                    self.edit(&budgets)?;
                    wave.steps.push(step);
                }
                Outcome::Unplaced(_) => {
                    if self.ledger.unplaced.insert(step.pod_id, step.clone()).is_none() {
                        wave.steps.push(step);
                    }
                }
            }
        }
        Ok((wave, held))
    }

    fn edit(&mut self, edits: &[Edit]) -> Result<(), EditError> {
        edits.iter().try_for_each(|edit| self.simulation.edit(edit))
    }

    fn refusal(&self, node: Name, pod: PodId, denial: Denial) -> RefusedAction {
        let pod = self.simulation.cluster().pod(pod);
        let budgets = self.ledger.budgets.covering(pod).collect();
        RefusedAction { pod: Some(pod.key()), node, message: denial.message, budgets, cause: denial.cause }
    }
}

/// Pods that stay, and why.
type Held = Vec<(PodId, Denial)>;
