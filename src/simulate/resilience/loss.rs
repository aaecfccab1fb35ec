//! The loss of one unit after the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use rustc_hash::FxHashSet;

use crate::api::taint::{Taint, TaintEffect};
use crate::api::{Name, ObjectKey, Timestamp, name};
use crate::control_plane::attach::MultiAttach;
use crate::edit::Edit;
use crate::framework::NotEvaluated;
use crate::scheduler::Scheduler;
use crate::state::{Cluster, Pod};

use super::super::scenario::budgets::Budgets;
use super::super::scenario::drain::{Keeper, keeper};
use super::super::scenario::lost;
use super::super::scenario::{self, NodeChoice, Placing, Scenario, ScenarioError, ScenarioStep, StepAction};
use super::super::workers::{self, Watcher};
use super::super::{Assumption, Outcome, Simulation, Step, Ties, UnplacedGroup, lowest_priority, summary};
use super::Unit;
use super::outage::{Outage, ReadyPods};

/// What the loss of each unit does.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UnitLosses {
    /// A loss a unit; the one that does most damage first, those that do as much in the order of
    /// the units.
    pub losses: Vec<Loss>,
    /// Units of which it is not known, as the sweep was stopped before.
    pub skipped: usize,
    /// What could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
    /// What was taken to be so.
    pub assumptions: Vec<Assumption>,
}

/// What the loss of a unit does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loss {
    /// What is lost.
    pub unit: Unit,
    /// Where each pod goes that its controller recreates, in the order of the queue.
    pub steps: Vec<Step>,
    /// Those that find no place, by what stands in their way, the largest group first.
    pub unplaced: Vec<UnplacedGroup>,
    /// Pods that are lost: no controller recreates them.
    pub lost: Vec<ObjectKey>,
    /// Pods whose data in an `emptyDir` is gone.
    pub local_data: Vec<ObjectKey>,
    /// Budgets of which more pods are gone than they allow, in the order of namespace and name.
    pub broken: Vec<BrokenBudget>,
    /// Workloads whose ready pods are all on the unit.
    pub outages: Vec<Outage>,
    /// What comes of it while the nodes stay registered: their kubelets do not answer, and nobody deletes them.
    pub registered: Registered,
}

/// What the loss of a unit does whose nodes stay registered: they get the taints of nodes that are out of reach, their
/// pods are deleted after their toleration seconds and stay, terminating, and they still are domains that pods are
/// spread over.
#[derive(Clone, Debug, Default)]
pub struct Registered {
    /// Where each pod goes that is made in the place of one of these, in the order of the queue.
    pub steps: Vec<Step>,
    /// Those that find no place, the largest group first.
    pub unplaced: Vec<UnplacedGroup>,
    /// Pods of StatefulSets: their names are taken until the node is back or is deleted, so that none is made.
    pub stuck: Vec<ObjectKey>,
    /// Pods that tolerate the taint without an end: they are not deleted, and none is made in their place.
    pub kept: Vec<ObjectKey>,
    /// Pods that get a node and cannot start there while another has their volume.
    pub cannot_start: Vec<MultiAttach>,
}

impl Registered {
    /// Pods that find no place.
    pub fn unplaced_pods(&self) -> usize {
        self.unplaced.iter().map(|group| group.pods.len()).sum()
    }

    /// Pods in whose place none is made until the node is back or is deleted.
    pub fn not_recreated(&self) -> impl Iterator<Item = ObjectKey> {
        self.stuck.iter().chain(&self.kept).copied()
    }
}

/// A PodDisruptionBudget that a loss breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokenBudget {
    /// The budget.
    pub budget: ObjectKey,
    /// How many of its pods may be gone.
    pub allowed: usize,
    /// How many are gone at once.
    pub gone: usize,
    /// How many of them stay so: they fit nowhere, or no controller recreates them.
    pub unrecoverable: usize,
}

impl Loss {
    /// Pods that find no place.
    pub fn pods_without_a_place(&self) -> usize {
        self.unplaced.iter().map(|group| group.pods.len()).sum()
    }

    /// Pods that find no place in the worse case: the nodes are deleted, or stay registered.
    pub fn unplaced_at_worst(&self) -> usize {
        self.pods_without_a_place().max(self.registered.unplaced_pods())
    }

    /// Workloads with several ready pods that lose all of them. One with a single pod is down with its node, whatever
    /// the node.
    pub fn harmful_outages(&self) -> impl Iterator<Item = &Outage> {
        self.outages.iter().filter(|outage| outage.ready > 1)
    }

    /// Whether pods find no place or are gone, a budget is broken, or a workload is down.
    pub fn has_impact(&self) -> bool {
        self.damage() != (0, 0, 0, 0)
    }

    /// The more, the worse: pods without a place, then broken budgets, workloads that are down, pods gone for good.
    fn damage(&self) -> (usize, usize, usize, usize) {
        (self.unplaced_at_worst(), self.broken.len(), self.harmful_outages().count(), self.lost.len())
    }
}

/// Loses every unit, each on the state as it is, on all cores. Every thread changes one copy of the
/// state and changes it back; the answer is the same whatever their number. One that `watcher`
/// stops has lost the first units.
///
/// # Errors
/// A unit names a node that is not there.
pub fn sweep(
    scheduler: &Scheduler,
    cluster: &Cluster,
    units: &[Unit],
    now: Timestamp,
    watcher: &dyn Watcher,
) -> Result<UnitLosses, ScenarioError> {
    let before = &Before {
        ready: ReadyPods::of(cluster),
        budgets: Budgets::new(cluster),
        lowest_priority: lowest_priority(cluster),
    };
    let (shares, asked) = workers::share(cluster, units.len(), watcher, |cluster, places| {
        let units = places.filter_map(|place| Some((place, units.get(place)?)));
        units.map(|(place, unit)| lose(scheduler, cluster, before, place, unit, now)).collect::<Result<Vec<Lost>, _>>()
    })?;
    let mut all: Vec<Lost> = shares.into_iter().flatten().collect();
    all.sort_by_key(|lost| (Reverse(lost.loss.damage()), lost.place));
    let mut notes: BTreeSet<NotEvaluated> = all.iter_mut().flat_map(|lost| std::mem::take(&mut lost.notes)).collect();
    let skipped = units.len() - asked;
    if skipped > 0 {
        let what = format!("{skipped} of {} losses", units.len());
        notes.insert(NotEvaluated::new(what, "stopped early", "its effect is unknown"));
    }
    let mut assumptions: BTreeMap<(String, String), BTreeSet<ObjectKey>> = BTreeMap::new();
    for Assumption { subject, assumption, pods } in
        all.iter_mut().flat_map(|lost| std::mem::take(&mut lost.assumptions))
    {
        assumptions.entry((subject, assumption)).or_default().extend(pods);
    }
    let assumptions = assumptions.into_iter().map(|((subject, assumption), pods)| Assumption {
        subject,
        assumption,
        pods: pods.into_iter().collect(),
    });
    let assumptions = assumptions.collect();
    let losses = all.into_iter().map(|lost| lost.loss).collect();
    Ok(UnitLosses { losses, skipped, not_evaluated: notes.into_iter().collect(), assumptions })
}

/// What all losses begin with.
struct Before {
    ready: ReadyPods,
    budgets: Budgets,
    lowest_priority: i32,
}

/// A loss, and which of the units it was.
struct Lost {
    place: usize,
    loss: Loss,
    notes: Vec<NotEvaluated>,
    assumptions: Vec<Assumption>,
}

/// The nodes of the unit do not answer and stay registered; the state is as it was when this returns.
fn stay_registered(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    before: &Before,
    unit: &Unit,
    now: Timestamp,
) -> Result<Registered, ScenarioError> {
    // The node life cycle controller taints them with both effects (upstream
    // pkg/controller/nodelifecycle/node_lifecycle_controller.go, UnreachableTaintTemplate).
    let effects = [TaintEffect::NoSchedule, TaintEffect::NoExecute];
    let steps = effects.into_iter().flat_map(|effect| {
        unit.nodes.iter().map(move |node| {
            let taint = Taint { key: name(lost::UNREACHABLE), value: Name::default(), effect };
            ScenarioStep {
                said: format!("the loss of {node}"),
                change: StepAction::OnNodes(NodeChoice::Named(*node), Edit::AddTaint { node: *node, taint }),
                place: Placing::Later,
            }
        })
    });
    let scenario = Scenario { steps: steps.collect() };
    let mut simulation = Simulation::new(scheduler, cluster, now, Ties::First).preempting_above(before.lowest_priority);
    let run = scenario::run_with(&mut simulation, &scenario, &[], before.budgets.clone());
    simulation.rewind();
    let run = run?;
    let kept = kept(cluster, unit);
    let replaced: FxHashSet<ObjectKey> = run.reports.iter().flat_map(|report| &report.evicted).copied().collect();
    let mut stuck: Vec<ObjectKey> = run
        .reports
        .iter()
        .flat_map(|report| report.stuck.iter().filter(|pod| !report.lost.contains(pod)))
        .filter(|pod| !replaced.contains(pod))
        .copied()
        .collect();
    stuck.sort_unstable();
    Ok(Registered {
        unplaced: summary::unplaced_by_cause(&run.steps),
        steps: run.steps,
        stuck,
        kept,
        cannot_start: run.cannot_start,
    })
}

/// Pods of controllers that would recreate them elsewhere, were they deleted; they are not, as they tolerate the taint of
/// a node that is out of reach. Those of DaemonSets belong to their node.
fn kept(cluster: &Cluster, unit: &Unit) -> Vec<ObjectKey> {
    let effect = TaintEffect::NoExecute;
    let taint = Taint { key: name(lost::UNREACHABLE), value: Name::default(), effect };
    let nodes = unit.nodes.iter().filter_map(|node| cluster.node_named(*node));
    let pods = nodes.flat_map(|node| &node.pods).map(|pod| cluster.pod(*pod));
    let recreated = pods.filter(|pod| !pod.is_terminating() && keeper(cluster, pod) == Keeper::Controller);
    let mut kept: Vec<ObjectKey> = recreated.filter(|pod| lost::stays(pod, &taint)).map(Pod::key).collect();
    kept.sort_unstable();
    kept
}

/// Loses one unit; the state is as it was when this returns.
fn lose(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    before: &Before,
    place: usize,
    unit: &Unit,
    now: Timestamp,
) -> Result<Lost, ScenarioError> {
    let hit = hit(cluster, &before.budgets, unit);
    // All nodes are gone before the first pod is placed again.
    let step = |node| ScenarioStep {
        said: format!("the loss of {node}"),
        change: StepAction::RemoveNodes(NodeChoice::Named(node)),
        place: Placing::Later,
    };
    let scenario = Scenario { steps: unit.nodes.iter().copied().map(step).collect() };
    let mut simulation = Simulation::new(scheduler, cluster, now, Ties::First).preempting_above(before.lowest_priority);
    let run = scenario::run_with(&mut simulation, &scenario, &[], before.budgets.clone());
    let notes = simulation.not_evaluated();
    let assumptions = simulation.assumptions();
    simulation.rewind();
    let run = run?;
    let outages = before.ready.outages(cluster, unit);
    let registered = stay_registered(scheduler, cluster, before, unit, now)?;
    let mut lost: Vec<ObjectKey> = run.reports.iter().flat_map(|report| &report.lost).copied().collect();
    lost.sort_unstable();
    let unplaced = run.steps.iter().filter(|step| matches!(step.outcome, Outcome::Unplaced(_)));
    let missing: FxHashSet<ObjectKey> = unplaced.map(|step| step.pod).chain(lost.iter().copied()).collect();
    let broken = run.violated_budgets.iter().map(|budget| {
        let gone = hit.get(budget).map(Vec::as_slice).unwrap_or_default();
        let state = cluster.budgets.iter().find(|state| state.key == *budget);
        BrokenBudget {
            budget: *budget,
            allowed: state.and_then(|state| usize::try_from(state.disruptions_allowed).ok()).unwrap_or_default(),
            gone: gone.len(),
            unrecoverable: gone.iter().filter(|pod| missing.contains(pod)).count(),
        }
    });
    let loss = Loss {
        broken: broken.collect(),
        unplaced: summary::unplaced_by_cause(&run.steps),
        lost,
        local_data: run.reports.iter().flat_map(|report| &report.local_data).copied().collect(),
        steps: run.steps,
        unit: unit.clone(),
        outages,
        registered,
    };
    Ok(Lost { place, loss, notes, assumptions })
}

/// The pods of the unit by the budgets that count them. One that is being deleted counts no more.
fn hit(cluster: &Cluster, budgets: &Budgets, unit: &Unit) -> IndexMap<ObjectKey, Vec<ObjectKey>> {
    let nodes = unit.nodes.iter().filter_map(|node| cluster.node_named(*node));
    let pods = nodes.flat_map(|node| &node.pods).map(|pod| cluster.pod(*pod)).filter(|pod| !pod.is_terminating());
    let mut hit: IndexMap<ObjectKey, Vec<ObjectKey>> = IndexMap::new();
    for pod in pods {
        for budget in budgets.covering(pod) {
            hit.entry(budget).or_default().push(pod.key());
        }
    }
    hit
}
