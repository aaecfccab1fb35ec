//! One side of the comparison: what is placed, and where, at the end of its steps.

use std::collections::BTreeMap;
use std::fmt;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::control_plane::admission::AdmissionRefusal;
use crate::control_plane::attach::MultiAttach;
use crate::control_plane::controller;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::framework::NotEvaluated;
use crate::scheduler::Scheduler;
use crate::state::{Cluster, Pod, PodId};

use super::super::new_nodes::NodeModel;
use super::super::scenario::{self, Placing, Scenario, ScenarioError, ScenarioStep, StepAction, StepReport};
use super::super::step::{Outcome, Step, Unplaced};
use super::super::{Assumption, Simulation, Ties, Watcher};
use super::change::{Change, ChangeKind};
use super::nodes::{self, NodesInUse};

/// A state, and what is asked about in it.
pub struct CheckState<'a> {
    /// The state.
    pub cluster: &'a mut Cluster,
    /// Workloads of the base that are applied first.
    pub base: Vec<Workload>,
    /// Pods that wait for a node, in the queue's order.
    pub pending: Vec<PodId>,
    /// Pods of manifests that the API server does not let in.
    pub refused: Vec<AdmissionRefusal>,
}

/// Whose pod it is: the topmost workload, or the pod itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A workload, such as a Deployment.
    Workload(WorkloadKey),
    /// A pod that no workload manages.
    Pod(ObjectKey),
}

impl Owner {
    /// The workload, if it is one.
    pub fn workload(self) -> Option<WorkloadKey> {
        match self {
            Self::Workload(workload) => Some(workload),
            Self::Pod(_) => None,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload(workload) => workload.fmt(f),
            Self::Pod(pod) => write!(f, "pod/{pod}"),
        }
    }
}

/// How many pods there are, and are placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pods that there are to be.
    pub wanted: usize,
    /// Those of them that have a node; amid a rollout, of the new template.
    pub placed: usize,
}

impl Tally {
    /// How many are short.
    pub fn short(self) -> usize {
        self.wanted.saturating_sub(self.placed)
    }
}

/// A pod that was preempted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Displaced {
    /// The pod.
    pub pod: ObjectKey,
    /// The pod it was preempted for.
    pub by: ObjectKey,
    /// The node it left.
    pub from: Name,
    /// The node it went to, if it did.
    pub to: Option<Name>,
}

/// A pod without a node.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) pod: ObjectKey,
    pub(super) why: Unplaced,
}

/// What stands at the end of one side.
#[derive(Clone, Debug, Default)]
pub struct CheckSide {
    /// Pods without a node, by whose they are.
    pub(super) waiting: BTreeMap<Owner, Vec<Waiting>>,
    pub(super) tallies: BTreeMap<Owner, Tally>,
    pub(super) reports: Vec<StepReport>,
    pub(super) refused: Vec<AdmissionRefusal>,
    pub(super) cannot_start: Vec<(Owner, MultiAttach)>,
    pub(super) violated_budgets: Vec<ObjectKey>,
    pub(super) blocked_budgets: Vec<ObjectKey>,
    pub(super) displaced: Vec<Displaced>,
    pub(super) nodes: NodesInUse,
    pub(super) assumptions: Vec<Assumption>,
    pub(super) not_evaluated: Vec<NotEvaluated>,
}

impl CheckSide {
    /// What became of the workload's own step.
    pub(super) fn report(&self, workload: WorkloadKey) -> Option<&StepReport> {
        let is_of = |report: &&StepReport| match &report.change {
            StepAction::Apply { workload: applied, .. } => applied.identity() == workload,
            _ => false,
        };
        self.reports.iter().rev().find(is_of)
    }
}

/// Plays one side. Pods of the base take their places, then those that wait, then `changes` are made; `extra` nodes are
/// there for these. The state is as it was when this returns.
pub(super) fn play(
    scheduler: &Scheduler,
    state: &mut CheckState<'_>,
    changes: &[Change],
    extra: &[(Name, u32)],
    owners: &[WorkloadKey],
    now: Timestamp,
    watcher: &dyn Watcher,
) -> Result<CheckSide, ScenarioError> {
    let step = |change: StepAction| ScenarioStep { said: "the manifests".to_owned(), change, place: Placing::Now };
    let apply = |workload: &Workload, restarts: bool| {
        step(StepAction::Apply { workload: Box::new(workload.clone()), restarts })
    };
    let mut steps: Vec<ScenarioStep> = state.base.iter().map(|workload| apply(workload, false)).collect();
    let of_base = steps.len();
    steps.push(step(StepAction::Schedule));
    for (like, count) in extra {
        steps.push(step(StepAction::AddNodes { count: *count, model: NodeModel::Like(*like), name: None }));
    }
    steps.extend(in_order(state.cluster, changes).into_iter().filter(|change| !change.is_refused()).filter_map(
        |change| {
            match (&change.manifest, change.kind) {
                (_, ChangeKind::Unchanged) => None,
                (Some(manifest), _) => Some(apply(manifest, change.restarts)),
                // A pod is among those that wait.
                (None, _) => change.workload().map(|workload| step(StepAction::DeleteWorkload(workload))),
            }
        },
    ));
    let refused = state.refused.clone();
    let pending = state.pending.clone();
    let mut simulation =
        Simulation::new(scheduler, state.cluster, now, Ties::First).preempting(true).watched_by(watcher);
    let run = match scenario::run(&mut simulation, &Scenario { steps }, &pending) {
        Ok(run) => run,
        Err(error) => {
            simulation.rewind();
            return Err(error);
        }
    };
    let cluster = simulation.cluster();
    let owner_of = owners_of(cluster, owners);
    let mut side = CheckSide {
        reports: run.reports.into_iter().skip(if changes.is_empty() { 0 } else { of_base }).collect(),
        refused,
        violated_budgets: run.violated_budgets,
        blocked_budgets: cluster
            .budgets
            .iter()
            .filter(|budget| budget.disruptions_allowed <= 0)
            .map(|budget| budget.key)
            .collect(),
        nodes: nodes::in_use(cluster),
        assumptions: simulation.assumptions(),
        not_evaluated: simulation.not_evaluated(),
        ..CheckSide::default()
    };
    let owner = |pod: &Pod| owner_of.get(&pod.id).copied().unwrap_or(Owner::Pod(pod.key()));
    for step in &run.steps {
        side.add_step(step, cluster.get_pod(step.pod_id).map_or(Owner::Pod(step.pod), owner));
    }
    for attach in run.cannot_start {
        if let Some(pod) = cluster.pod_named(attach.pod) {
            side.cannot_start.push((owner(pod), attach));
        }
    }
    for pod in cluster.pods().iter().filter(|pod| !pod.is_terminating() && cluster.has_pod(pod.id)) {
        let tally = side.tallies.entry(owner(pod)).or_default();
        tally.wanted += 1;
        tally.placed += usize::from(cluster.node_of(pod.id).is_some());
    }
    side.count_wanted(cluster, owners);
    simulation.rewind();
    Ok(side)
}

impl CheckSide {
    fn add_step(&mut self, step: &Step, owner: Owner) {
        if let Outcome::Unplaced(why) = &step.outcome
            && !why.gone
        {
            self.waiting.entry(owner).or_default().push(Waiting { pod: step.pod, why: why.clone() });
        }
        if let Some(eviction) = step.evictions.iter().find(|eviction| eviction.ran) {
            self.displaced.push(Displaced {
                pod: step.pod,
                by: eviction.by,
                from: eviction.node,
                to: step.place().map(|place| place.name),
            });
        }
    }

    /// Of workloads that the change is about, what they are to have counts: a quota may keep pods from being created.
    fn count_wanted(&mut self, cluster: &Cluster, owners: &[WorkloadKey]) {
        for key in owners {
            let Some(workload) = cluster.workload(*key) else { continue };
            let rolled = self.report(*key).and_then(|report| report.rollout.clone());
            let tally = self.tallies.entry(Owner::Workload(*key)).or_default();
            let sized = matches!(
                key.kind,
                WorkloadKind::Deployment
                    | WorkloadKind::StatefulSet
                    | WorkloadKind::ReplicaSet
                    | WorkloadKind::ReplicationController
            );
            if sized {
                tally.wanted = controller::replicas(workload);
                tally.placed = tally.placed.min(tally.wanted);
            }
            if let Some(rollout) = rolled.filter(|rollout| rollout.end.is_stuck()) {
                *tally = Tally { wanted: rollout.replicas, placed: rollout.rolled.min(rollout.replicas) };
            }
        }
    }
}

/// Whose each pod is. `owners` are asked first: they know their pods by their selectors where ReplicaSets were not read.
fn owners_of(cluster: &Cluster, owners: &[WorkloadKey]) -> rustc_hash::FxHashMap<PodId, Owner> {
    let mut found: rustc_hash::FxHashMap<PodId, Owner> = rustc_hash::FxHashMap::default();
    for key in owners {
        for pod in scenario::workloads::pods(cluster, *key) {
            found.insert(pod.id, Owner::Workload(*key));
        }
    }
    for pod in cluster.pods() {
        found.entry(pod.id).or_insert_with(|| top_owner(cluster, pod));
    }
    found
}

fn top_owner(cluster: &Cluster, pod: &Pod) -> Owner {
    let namespace = pod.key().namespace;
    let key = |kind: Name, owner: Name| {
        let kind = WorkloadKind::from_kind(kind.as_str())?;
        Some(WorkloadKey { kind, key: ObjectKey::new(namespace, owner) })
    };
    let Some(owner) = pod.own.controller.as_ref().and_then(|owner| key(owner.kind, owner.name)) else {
        return Owner::Pod(pod.key());
    };
    let above = cluster.workload(owner).and_then(|workload| workload.controller.as_ref());
    Owner::Workload(above.and_then(|above| key(above.kind, above.name)).unwrap_or(owner))
}

/// All manifests are applied at once, and pods of higher priority are scheduled first. What goes makes room.
fn in_order<'c>(cluster: &Cluster, changes: &'c [Change]) -> Vec<&'c Change> {
    let priority = |change: &Change| {
        let spec = change.manifest.as_ref().map(|manifest| &manifest.template.spec);
        let class = spec.and_then(|spec| spec.priority_class_name);
        let of_class = cluster.priority_classes.iter().find(|known| match class {
            Some(class) => known.name == class,
            None => known.global_default,
        });
        spec.and_then(|spec| spec.priority).or(of_class.map(|class| class.value)).unwrap_or(0)
    };
    let mut ordered: Vec<&Change> = changes.iter().collect();
    ordered.sort_by_key(|change| (change.kind != ChangeKind::Removed, std::cmp::Reverse(priority(change))));
    ordered
}
