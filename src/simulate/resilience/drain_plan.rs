//! In which order to drain a set of nodes, and where each pod goes.
//!
//! All nodes are cordoned first, as kubectl does with the nodes of one `kubectl drain`: no pod goes
//! to a node that is drained later. Then, again and again, the node is drained that leaves fewest
//! pods without a place, or on the node, on the state that the drains before it left. What a node's
//! drain did when it was last tried is taken for the least that it does later, as room gets scarcer:
//! so not every node is tried before each drain. A drain goes in waves: as many pods at once as
//! PodDisruptionBudgets let go; those that found a place count as healthy before the next wave.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use indexmap::IndexMap;

use crate::api::{Name, ObjectKey};
use crate::edit::{Edit, EditError};
use crate::framework::NotEvaluated;
use crate::state::PodId;

use super::super::scenario::budgets::Budgets;
use super::super::scenario::{RefusedAction, drain, lost};
use super::super::{Outcome, Simulation, Step, UnplacedGroup, queue, summary};

/// How to drain nodes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DrainPlan {
    /// The drains, in order; one for each node.
    pub drains: Vec<NodeDrain>,
    /// Pods that find no place, by what stands in their way, the largest group first.
    pub unplaced: Vec<UnplacedGroup>,
    /// What could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
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
        self.unplaced.is_empty() && self.drains.iter().all(NodeDrain::is_complete)
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

/// Proposes how to drain `nodes`; of those that are as good, in the order given. With `force` pods go
/// that no controller recreates. The simulation ends with the nodes drained.
///
/// # Errors
/// One of the nodes is not there.
pub fn propose(simulation: &mut Simulation<'_>, nodes: &[Name], force: bool) -> Result<DrainPlan, EditError> {
    for node in nodes {
        simulation.edit(&Edit::Cordon { node: *node })?;
    }
    let ledger = Ledger { budgets: Budgets::new(simulation.cluster()), unplaced: IndexMap::new() };
    let mut planner = Planner { simulation, force, ledger };
    let mut left: BinaryHeap<Reverse<Candidate>> = nodes
        .iter()
        .enumerate()
        .map(|(place, node)| Reverse(Candidate { impact: Impact::default(), place, node: *node }))
        .collect();
    let mut drains = Vec::with_capacity(left.len());
    while let Some(drain) = planner.next(&mut left)? {
        drains.push(drain);
    }
    let steps: Vec<Step> = planner.ledger.unplaced.into_values().collect();
    let unplaced = summary::unplaced_by_cause(&steps);
    Ok(DrainPlan { drains, unplaced, not_evaluated: planner.simulation.not_evaluated() })
}

struct Planner<'s, 'a> {
    simulation: &'s mut Simulation<'a>,
    force: bool,
    ledger: Ledger,
}

/// What is known beside the state.
#[derive(Clone)]
struct Ledger {
    budgets: Budgets,
    /// Pods that were evicted and have no place, with what was said of them last.
    unplaced: IndexMap<PodId, Step>,
}

/// What draining a node does: pods that find no place or stay on it, and the former alone.
type Impact = (usize, usize);

/// A node that is not drained yet. The least impact comes first, then the order given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// What its drain did when it was last tried; none where it was not.
    impact: Impact,
    place: usize,
    node: Name,
}

impl Planner<'_, '_> {
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

    fn drain(&mut self, node: Name) -> Result<NodeDrain, EditError> {
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
        };
        if let Some(message) = plan.refusal {
            done.staying = on_node.saturating_sub(done.kept.len());
            done.refused.push(RefusedAction { pod: None, node, message, budgets: Vec::new() });
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
                done.refused = held.into_iter().map(|(pod, message)| self.refusal(node, pod, message)).collect();
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
            let pod = self.simulation.cluster().pod(*id);
            let key = pod.key();
            match self.ledger.budgets.evict(pod) {
                Ok(budgets) => {
                    let leaves = lost::of(self.simulation.cluster(), std::iter::once(pod));
                    let edits = leaves.edits(self.simulation.cluster());
                    self.edit(&budgets)?;
                    self.edit(&edits)?;
                    queue.extend(leaves.requeued);
                    gone.extend(leaves.lost);
                    wave.evicted.push(key);
                }
                Err(error) => held.push((*id, error.into())),
            }
        }
        queue::sort(self.simulation.cluster(), &mut queue);
        for step in self.simulation.run(&queue) {
            match step.outcome {
                Outcome::Placed(_) => {
                    self.ledger.unplaced.shift_remove(&step.pod_id);
                    let budgets = self.ledger.budgets.placed(step.pod_id);
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

    fn refusal(&self, node: Name, pod: PodId, message: String) -> RefusedAction {
        let pod = self.simulation.cluster().pod(pod);
        let budgets = self.ledger.budgets.covering(pod).collect();
        RefusedAction { pod: Some(pod.key()), node, message, budgets }
    }
}

/// Pods that stay, and why.
type Held = Vec<(PodId, String)>;
