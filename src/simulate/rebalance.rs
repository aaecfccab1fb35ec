//! Which pods would land better if they were evicted: a spread that is skewed, a node that came back empty.
//!
//! kube-scheduler never moves a pod. Here each pod that its controller recreates is asked where it would go now; the
//! move that makes the nodes' load most even is made, and all are asked again. A budget that allows no eviction keeps
//! its pods where they are. Pods of one template on one node are asked about once.

use rustc_hash::FxHashSet;

use crate::api::{Name, ObjectKey};
use crate::edit::{Edit, EditError};
use crate::framework::NotEvaluated;
use crate::state::{Cluster, Pod, PodId};

use super::measures::{Measures, Typical};
use super::scenario::budgets::Budgets;
use super::scenario::drain::{Keeper, keeper};
use super::scenario::{Placing, ScenarioStep, StepAction};
use super::{Simulation, Watcher, change};

/// A smaller gain is not worth an eviction: in shares of a node's load.
const LEAST_GAIN: f64 = 0.001;

/// A pod that would land on another node.
struct Move {
    pod: PodId,
    key: ObjectKey,
    /// Where it would land.
    to: Name,
    /// How uneven the nodes are then.
    after: f64,
    /// Whether its node would not take it today.
    misplaced: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Rebalance {
    /// The evictions, as steps of a scenario.
    pub steps: Vec<ScenarioStep>,
    /// A pod that would land better on this node, and that its budget keeps where it is: where no other eviction helps.
    pub held: Option<(ObjectKey, Name)>,
}

/// At most `most` evictions, each of which gives its pod a better place; fewer where `watcher` stops. The simulation stays
/// with them made.
///
/// # Errors
/// A pod cannot be evicted.
pub fn find(simulation: &mut Simulation<'_>, most: usize, watcher: &dyn Watcher) -> Result<Rebalance, EditError> {
    let mut budgets = Budgets::new(simulation.cluster());
    simulation.note_eviction();
    let mut steps = Vec::new();
    let mut held = None;
    let mut moved: FxHashSet<PodId> = FxHashSet::default();
    let typical = Typical::of(simulation.cluster());
    while steps.len() < most {
        watcher.answered(steps.len(), most);
        if watcher.is_stopped() {
            let (what, why) = (format!("evictions after the first {}", steps.len()), "stopped early");
            simulation.note(&NotEvaluated::new(what, why, "more of them may help"));
            break;
        }
        let before = imbalance(simulation.cluster(), typical);
        let Some(best) = best_move(simulation, Some(&budgets), &moved, before, typical) else {
            // The same choice again, had budgets not taken anything out of it.
            let cluster = simulation.cluster();
            if movable(cluster, &moved).any(|pod| budgets.clone().evict(cluster, pod).is_err()) {
                held = best_move(simulation, None, &moved, before, typical).map(|best| (best.key, best.to));
            }
            break;
        };
        let cluster = simulation.cluster();
        let Ok(edits) = budgets.evict(cluster, cluster.pod(best.pod)) else { break };
        for edit in &edits {
            simulation.edit(edit)?;
        }
        simulation.edit(&Edit::Evict { pod: best.key })?;
        let step = simulation.step(best.pod);
        for edit in budgets.placed(simulation.cluster(), best.pod) {
            simulation.edit(&edit)?;
        }
        moved.insert(best.pod);
        let thousandths = |share: f64| (share * 1000.0).round().clamp(0.0, 1_000_000.0) as u32;
        let change = StepAction::Rebalance {
            pod: best.key,
            to: step.place().map(|place| place.name).unwrap_or_default(),
            imbalance: (thousandths(before), thousandths(best.after)),
            misplaced: best.misplaced,
        };
        steps.push(ScenarioStep { said: "rebalance".to_owned(), change, place: Placing::Now });
    }
    budgets.not_evaluated().for_each(|note| simulation.note(&note));
    Ok(Rebalance { steps, held })
}

/// Pods that a controller recreates, and that were not moved yet.
fn movable<'c>(cluster: &'c Cluster, moved: &'c FxHashSet<PodId>) -> impl Iterator<Item = &'c Pod> {
    let pods = cluster.pods().iter();
    pods.filter(|pod| cluster.has_pod(pod.id) && !moved.contains(&pod.id) && !pod.is_terminating())
        .filter(|pod| keeper(cluster, pod) == Keeper::Controller)
}

/// The pod whose eviction helps most: one that its node would not take today, or else that makes the nodes most even.
/// Without budgets any may be evicted.
fn best_move(
    simulation: &mut Simulation<'_>,
    budgets: Option<&Budgets>,
    moved: &FxHashSet<PodId>,
    before: f64,
    typical: Typical,
) -> Option<Move> {
    let cluster = simulation.cluster();
    let mut alike: FxHashSet<(usize, Name)> = FxHashSet::default();
    let candidates: Vec<PodId> = movable(cluster, moved)
        .filter(|pod| budgets.is_none_or(|budgets| budgets.clone().evict(cluster, pod).is_ok()))
        .filter(|pod| {
            let node = pod.own.node_name.filter(|_| cluster.node_of(pod.id).is_some());
            node.is_some_and(|node| alike.insert((std::sync::Arc::as_ptr(&pod.class) as usize, node)))
        })
        .map(|pod| pod.id)
        .collect();
    let mut best: Option<Move> = None;
    for pod in candidates {
        let key = simulation.cluster().pod(pod).key();
        let Some(from) = simulation.cluster().pod(pod).own.node_name else { continue };
        let savepoint: change::Savepoint = simulation.savepoint();
        simulation.take_off(pod);
        let placement = simulation.ask(pod);
        let misplaced = placement.nodes.iter().any(|node| node.name == from && !node.is_feasible());
        let step = simulation.settle(&placement);
        let after = imbalance(simulation.cluster(), typical);
        let to = step.place().map(|place| place.name).filter(|to| *to != from);
        simulation.rollback(savepoint);
        let Some(to) = to else { continue };
        let helps = misplaced || before - after > LEAST_GAIN;
        let better = best.as_ref().is_none_or(|best| (misplaced, -after) > (best.misplaced, -best.after));
        if helps && better {
            best = Some(Move { pod, key, to, after, misplaced });
        }
    }
    best
}

/// How uneven the nodes' load is: the mean of that of CPU and memory.
fn imbalance(cluster: &Cluster, typical: Typical) -> f64 {
    let balance = Measures::of(cluster, typical).balance;
    f64::midpoint(balance.cpu, balance.memory)
}
