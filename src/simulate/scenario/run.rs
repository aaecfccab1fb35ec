//! Plays a scenario: step by step, with the pods that need a place in between.

mod apply;
mod nodes;
mod rollout;

pub use apply::replaces_pods;

use rustc_hash::FxHashMap;

use crate::api::{Name, ObjectKey};
use crate::control_plane::admission::AdmissionRefusal;
use crate::control_plane::attach::{MultiAttach, multi_attach};
use crate::control_plane::controller::lacking_claims;
use crate::decode::devices::ResourceClaim;
use crate::decode::workload::WorkloadKey;
use crate::edit::{Edit, EditError};
use crate::state::{Cluster, Pod, PodId};

use super::StepError;
use super::budgets::Budgets;
use super::drain::{Keeper, keeper};
use super::lost::LossPlan;
use super::report::StepReport;
use super::waiting::WaitingPods;
use super::{
    super::Simulation,
    super::queue,
    super::step::{Outcome, Step},
    workloads,
};
use super::{Placing, Scenario, ScenarioError, ScenarioStep, StepAction, lost};

/// What a scenario came to.
#[derive(Clone, Debug, Default)]
pub struct ScenarioRun {
    /// What became of each pod that needed a place, in the order of the last attempt.
    pub steps: Vec<Step>,
    /// What each step of the scenario did.
    pub reports: Vec<StepReport>,
    /// Budgets of which more pods were missing at some moment than they allow.
    pub violated_budgets: Vec<ObjectKey>,
    /// Pods that were placed and cannot start on their node, as another has their volume.
    pub cannot_start: Vec<MultiAttach>,
    /// Pods that were not ready when they were evicted, and are taken to be so where they came back.
    pub unready: Vec<ObjectKey>,
}

/// Plays `scenario` and places `asked`, which are pending, at its `Schedule` steps or at the end.
///
/// # Errors
/// A step cannot be taken: what it names is not there. The simulation can be rewound then, too.
pub fn run(
    simulation: &mut Simulation<'_>,
    scenario: &Scenario,
    asked: &[PodId],
) -> Result<ScenarioRun, ScenarioError> {
    let budgets = Budgets::new(simulation.cluster());
    run_with(simulation, scenario, asked, budgets)
}

/// The same with the budgets of the state, for who plays many scenarios on one.
///
/// # Errors
/// As [`run`].
pub(in crate::simulate) fn run_with(
    simulation: &mut Simulation<'_>,
    scenario: &Scenario,
    asked: &[PodId],
    budgets: Budgets,
) -> Result<ScenarioRun, ScenarioError> {
    let mut runner = Runner {
        budgets,
        simulation,
        asked: asked.to_vec(),
        waiting: WaitingPods::default(),
        changes: 0,
        steps: Vec::new(),
        last: FxHashMap::default(),
        revisions: FxHashMap::default(),
        scaled: FxHashMap::default(),
        growing: Vec::new(),
        unfinished: Vec::new(),
        reports: Vec::new(),
    };
    for step in &scenario.steps {
        runner.take(step).map_err(|error| ScenarioError::of_step(&step.said, error))?;
    }
    runner.schedule_all().map_err(|error| ScenarioError::of_step("the end", error))?;
    let violated_budgets = runner.budgets.broken().collect();
    runner.budgets.not_evaluated().for_each(|note| runner.simulation.note(&note));
    let steps: Vec<Step> = runner.steps.into_iter().flatten().collect();
    let placed = steps.iter().filter(|step| step.place().is_some());
    let cannot_start = placed.filter_map(|step| multi_attach(runner.simulation.cluster(), step.pod_id)).collect();
    let cluster = runner.simulation.cluster();
    let mut unready: Vec<ObjectKey> = runner.budgets.unready().map(|pod| cluster.pod(pod).key()).collect();
    unready.sort_unstable();
    Ok(ScenarioRun { steps, reports: runner.reports, violated_budgets, cannot_start, unready })
}

struct Runner<'s, 'a> {
    simulation: &'s mut Simulation<'a>,
    budgets: Budgets,
    /// Pods that were asked about and not tried yet.
    asked: Vec<PodId>,
    waiting: WaitingPods,
    /// How often the state has changed.
    changes: u64,
    /// What became of each pod; emptied where a later attempt tells more.
    steps: Vec<Option<Step>>,
    last: FxHashMap<PodId, usize>,
    /// The templates that workloads had, and their pods of each.
    revisions: FxHashMap<WorkloadKey, Vec<rollout::Revision>>,
    /// How many pods were asked for of workloads that were scaled.
    scaled: FxHashMap<WorkloadKey, u32>,
    /// StatefulSets that wait for a pod before they create the next, and the report that tells of it.
    growing: Vec<Growing>,
    /// Rollouts that are stuck.
    unfinished: Vec<rollout::Unfinished>,
    reports: Vec<StepReport>,
}

/// A StatefulSet that creates its pods one after the other.
#[derive(Clone, Copy)]
struct Growing {
    set: WorkloadKey,
    /// The report of the step that scaled it, by its place.
    report: usize,
}

impl Runner<'_, '_> {
    fn cluster(&self) -> &Cluster {
        self.simulation.cluster()
    }

    fn take(&mut self, step: &ScenarioStep) -> Result<(), StepError> {
        let mut report = StepReport::new(step);
        let later = step.place == Placing::Later;
        match &step.change {
            StepAction::Schedule => return self.schedule_all(),
            StepAction::Edit(edit) => self.edit_and_requeue(edit, &mut report, later)?,
            StepAction::Rebalance { pod, .. } => {
                self.edit_and_requeue(&Edit::Evict { pod: *pod }, &mut report, later)?;
            }
            StepAction::OnNodes(choice, edit) => self.on_nodes(choice, edit, &mut report, later)?,
            StepAction::Drain { nodes, force } => self.drain(nodes, *force, &mut report, later)?,
            StepAction::RemoveNodes(choice) => self.remove_nodes(choice, &mut report, later)?,
            StepAction::AddNodes { count, model, name } => self.add_nodes(*count, model, *name, &mut report)?,
            StepAction::Scale { workload, replicas } => self.scale(*workload, *replicas, &mut report, later)?,
            StepAction::AddReplicas { workload, more } => {
                let replicas = self.replicas_of(*workload)?.saturating_add(*more);
                self.scale(*workload, replicas, &mut report, later)?;
            }
            StepAction::PatchWorkload { workload, changes } => {
                self.roll_out(*workload, rollout::NewRevision::Patch(changes), &mut report, later)?;
            }
            StepAction::Restart(workload) => {
                self.cluster().workload(*workload).map_or(Ok(()), rollout::restartable)?;
                self.roll_out(*workload, rollout::NewRevision::Patch(&[]), &mut report, later)?;
            }
            StepAction::Apply { workload, restarts } => self.apply(workload, *restarts, &mut report, later)?,
            StepAction::Repack => self.repack(&mut report)?,
            StepAction::DeleteWorkload(workload) => self.delete_workload(*workload, &mut report)?,
        }
        self.reports.push(report);
        if !later {
            self.schedule(false)?;
            self.grow(usize::MAX)?;
            self.resume()?;
        }
        Ok(())
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), EditError> {
        self.simulation.edit(edit)?;
        self.changes += 1;
        Ok(())
    }

    fn edit_all(&mut self, edits: &[Edit]) -> Result<(), EditError> {
        edits.iter().try_for_each(|edit| self.edit(edit))
    }

    /// Makes a pod. A controller whose pod is refused does without; so does the scenario.
    fn create(&mut self, edit: &Edit, report: &mut StepReport) -> Result<(), EditError> {
        if let Err(refusal) = self.try_create(edit)? {
            report.not_created.push(refusal);
        }
        Ok(())
    }

    /// Makes a pod. Answers with it, or with why the API server does not let it in.
    fn try_create(&mut self, edit: &Edit) -> Result<Result<PodId, AdmissionRefusal>, EditError> {
        let made = PodId(self.cluster().pods().len() as u32);
        match self.edit(edit) {
            Ok(()) => {
                self.simulation.note_creation();
                Ok(Ok(made))
            }
            Err(EditError::Forbidden(refusal)) => Ok(Err(refusal)),
            Err(error) => Err(error),
        }
    }

    /// One edit, and what follows from it for the pod it is about.
    fn edit_and_requeue(&mut self, edit: &Edit, report: &mut StepReport, later: bool) -> Result<(), StepError> {
        match edit {
            Edit::DeletePod { pod } if self.lacks_claims(*pod).is_some() => {
                // A StatefulSet creates the pod again, and its claims with it.
                let workload = self.lacks_claims(*pod).ok_or(EditError::NoSuchPod(*pod))?;
                self.delete_pods(&[*pod], report)?;
                let first = self.cluster().pods().len();
                let again = Edit::CreatePod { workload, name: pod.name, node: None };
                self.create(&again, report)?;
                self.count_created(first, report, later);
                Ok(())
            }
            Edit::DeletePod { pod } => {
                let pod = self.cluster().pod_named(*pod).ok_or(EditError::NoSuchPod(*pod))?;
                if keeper(self.cluster(), pod) == Keeper::DaemonSet {
                    return Ok(self.delete_daemon(pod.id, report, later)?);
                }
                let plan = lost::of(self.cluster(), std::iter::once(pod));
                // A pending pod is recreated, too, and is then what it was.
                if plan.requeued.is_empty() || self.cluster().node_of(pod.id).is_some() {
                    self.leave(&plan, report, later)?;
                }
                Ok(())
            }
            Edit::Evict { pod } => {
                let id = self.cluster().pod_named(*pod).map(|pod| pod.id);
                let cluster = self.simulation.cluster();
                let budgets = id.map(|id| self.budgets.lose(cluster, cluster.pod(id))).unwrap_or_default();
                self.edit_all(std::slice::from_ref(edit))?;
                report.evicted.push(*pod);
                if let Some(id) = id {
                    self.wait(id, later);
                }
                Ok(self.edit_all(&budgets)?)
            }
            Edit::PatchPod { pod, .. } => {
                let id = self.cluster().pod_named(*pod).ok_or(EditError::NoSuchPod(*pod))?.id;
                // What runs is not changed: a pod with the change takes its place.
                if self.cluster().node_of(id).is_some() {
                    self.edit_and_requeue(&Edit::Evict { pod: *pod }, report, later)?;
                }
                self.edit(edit)?;
                self.wait(id, later);
                Ok(())
            }
            Edit::DeallocateClaim { claim, .. } => {
                let of_claim = |claim: &ResourceClaim| claim.reserved_for.to_vec();
                let users = self.cluster().devices.claim(*claim).map(of_claim).unwrap_or_default();
                let pods = self.cluster().pods().iter().filter(|pod| users.contains(&pod.own.uid));
                let pods: Vec<_> = pods.filter(|pod| self.cluster().node_of(pod.id).is_some()).map(Pod::key).collect();
                // Devices are given back once no pod uses them.
                for pod in pods {
                    self.edit_and_requeue(&Edit::Evict { pod }, report, later)?;
                }
                Ok(self.edit(edit)?)
            }
            Edit::CreatePod { .. } => {
                let first = self.cluster().pods().len();
                self.create(edit, report)?;
                self.count_created(first, report, later);
                Ok(())
            }
            Edit::SetDisruptionsAllowed { budget, allowed } => {
                self.edit(edit)?;
                self.budgets.allow(*budget, *allowed);
                Ok(())
            }
            _ => Ok(self.edit(edit)?),
        }
    }

    fn lacks_claims(&self, pod: ObjectKey) -> Option<WorkloadKey> {
        lacking_claims(self.cluster(), self.cluster().pod_named(pod)?)
    }

    /// A workload gets so many pods, and its budgets are counted again.
    fn scale(
        &mut self,
        workload: WorkloadKey,
        replicas: u32,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        let namespace = workload.key.namespace;
        self.budgets.before_resize(self.simulation.cluster(), namespace);
        self.scale_pods(workload, replicas, report, later)?;
        let replicas = i32::try_from(replicas).unwrap_or(i32::MAX);
        self.edit(&Edit::SetReplicas { workload, replicas })?;
        let budgets = self.budgets.resized(self.simulation.cluster(), namespace);
        Ok(self.edit_all(&budgets)?)
    }

    fn scale_pods(
        &mut self,
        workload: WorkloadKey,
        replicas: u32,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        let plan = workloads::scale(self.cluster(), workload, replicas, self.simulation.now())?;
        if !later && self.scale_amid_rollout(workload, replicas, report)? {
            return Ok(());
        }
        self.scaled.insert(workload, replicas);
        report.waits = plan.waits;
        report.draw = plan.draw;
        if plan.ordered {
            self.growing.retain(|growing| growing.set != workload);
            self.growing.push(Growing { set: workload, report: self.reports.len() });
            return self.grow_one(workload, replicas, report, later).map(|_| ());
        }
        let first = self.cluster().pods().len();
        for name in plan.create {
            self.create(&Edit::CreatePod { workload, name, node: None }, report)?;
        }
        self.count_created(first, report, later);
        Ok(self.delete_pods(&plan.delete, report)?)
    }

    /// Pods that are kept by controllers leave their nodes, and are placed one after the other: those of higher
    /// priority first, then those that request more.
    fn repack(&mut self, report: &mut StepReport) -> Result<(), EditError> {
        let cluster = self.cluster();
        let moves = |pod: &&crate::state::Pod| {
            let is_there = cluster.node_of(pod.id).is_some() && cluster.has_pod(pod.id) && !pod.is_terminating();
            is_there && keeper(cluster, pod) == Keeper::Controller
        };
        let mut pods: Vec<&crate::state::Pod> = cluster.pods().iter().filter(moves).collect();
        let most = |part: fn(&crate::api::resources::Resources) -> i64| {
            cluster.nodes().iter().map(|node| part(&node.node.allocatable)).max().unwrap_or(1).max(1)
        };
        let (cpu, memory) = (most(|all| all.milli_cpu), most(|all| all.memory));
        pods.sort_by_cached_key(|pod| {
            let asks = &pod.class.requests.requested;
            let share = |asks: i64, of: i64| i128::from(asks) * 1_000_000 / i128::from(of);
            let size = share(asks.milli_cpu, cpu).max(share(asks.memory, memory));
            (std::cmp::Reverse(pod.priority()), std::cmp::Reverse(size), pod.key())
        });
        let pods: Vec<(PodId, ObjectKey)> = pods.into_iter().map(|pod| (pod.id, pod.key())).collect();
        for (_, key) in &pods {
            self.edit(&Edit::Evict { pod: *key })?;
        }
        let count = pods.len();
        for (turn, (pod, key)) in pods.into_iter().enumerate() {
            self.simulation.watched(turn, count);
            report.evicted.push(key);
            for step in self.simulation.run(&[pod]) {
                self.settle(step)?;
            }
        }
        Ok(())
    }

    /// How many pods a workload is to have by now: as it was scaled, or says, or has.
    fn replicas_of(&self, key: WorkloadKey) -> Result<u32, StepError> {
        let workload = self.cluster().workload(key).ok_or_else(|| workloads::not_found(self.cluster(), key))?;
        let written = workload.replicas.and_then(|replicas| u32::try_from(replicas).ok());
        let has = || u32::try_from(workloads::pods(self.cluster(), key).len()).unwrap_or(u32::MAX);
        Ok(self.scaled.get(&key).copied().or(written).unwrap_or_else(has))
    }

    /// Creates the next pod of every StatefulSet that waited for one which runs by now, until none can go on.
    /// Each is tried at most `most` times.
    fn grow(&mut self, most: usize) -> Result<(), StepError> {
        for _ in 0..most {
            let mut grew = false;
            for growing in self.growing.clone() {
                let Some(mut report) = self.reports.get_mut(growing.report).map(|report| report.clone()) else {
                    continue;
                };
                let Some(replicas) = self.scaled.get(&growing.set).copied() else { continue };
                grew |= self.grow_one(growing.set, replicas, &mut report, false)?;
                if let Some(kept) = self.reports.get_mut(growing.report) {
                    *kept = report;
                }
            }
            if !grew {
                break;
            }
            self.schedule(false)?;
        }
        Ok(())
    }

    /// Creates the next pod of a StatefulSet, if those before it run. Answers whether it did.
    fn grow_one(
        &mut self,
        set: WorkloadKey,
        replicas: u32,
        report: &mut StepReport,
        later: bool,
    ) -> Result<bool, StepError> {
        let plan = workloads::scale(self.cluster(), set, replicas, self.simulation.now())?;
        report.waits = plan.waits;
        let next = plan.create.first().copied().filter(|_| report.waits.is_none());
        let Some(name) = next else { return Ok(false) };
        let first = self.cluster().pods().len();
        let refused = report.not_created.len();
        self.create(&Edit::CreatePod { workload: set, name, node: None }, report)?;
        self.count_created(first, report, later);
        if report.not_created.len() > refused {
            // The controller tries again and again; the pods behind it are not created either.
            self.growing.retain(|growing| growing.set != set);
            return Ok(false);
        }
        Ok(true)
    }

    fn delete_workload(&mut self, workload: WorkloadKey, report: &mut StepReport) -> Result<(), StepError> {
        let managers = workloads::managers(self.cluster(), workload);
        let managers: Vec<WorkloadKey> =
            managers.into_iter().map(crate::decode::workload::Workload::identity).collect();
        if managers.is_empty() {
            return Err(workloads::not_found(self.cluster(), workload));
        }
        let pods: Vec<ObjectKey> =
            workloads::pods(self.cluster(), workload).into_iter().map(crate::state::Pod::key).collect();
        for workload in managers {
            self.edit(&Edit::DeleteWorkload { workload })?;
        }
        Ok(self.delete_pods(&pods, report)?)
    }

    /// Pods are deleted. One whose node does not answer stays there, terminating.
    fn delete_pods(&mut self, pods: &[ObjectKey], report: &mut StepReport) -> Result<(), EditError> {
        for key in pods {
            let Some(pod) = self.cluster().pod_named(*key).map(|pod| pod.id) else {
                return Err(EditError::NoSuchPod(*key));
            };
            self.gone(pod);
            let cluster = self.simulation.cluster();
            let budgets = self.budgets.deleted(cluster, cluster.pod(pod));
            self.edit_all(&budgets)?;
            if self.is_out_of_reach(pod) {
                self.simulation.terminate(pod);
                self.changes += 1;
                report.stuck.push(*key);
            } else {
                self.edit(&Edit::DeletePod { pod: *key })?;
                report.deleted.push(*key);
            }
        }
        Ok(())
    }

    /// Whether the kubelet of the pod's node does not answer.
    fn is_out_of_reach(&self, pod: PodId) -> bool {
        let node = self.cluster().node_of(pod).map(|node| self.cluster().node(node));
        node.is_some_and(lost::is_unreachable)
    }

    /// A DaemonSet's pod is deleted: it comes back on its node, of today's template.
    fn delete_daemon(&mut self, pod: PodId, report: &mut StepReport, later: bool) -> Result<(), EditError> {
        let key = self.cluster().pod(pod).key();
        if self.is_out_of_reach(pod) || self.cluster().node_of(pod).is_none() {
            return self.delete_pods(&[key], report);
        }
        let cluster = self.simulation.cluster();
        let budgets = self.budgets.lose(cluster, cluster.pod(pod));
        self.edit_all(&budgets)?;
        self.edit(&Edit::Evict { pod: key })?;
        report.evicted.push(key);
        self.wait(pod, later);
        Ok(())
    }

    /// Pods leave without being asked; their budgets feel it.
    fn leave(&mut self, plan: &LossPlan, report: &mut StepReport, later: bool) -> Result<(), EditError> {
        let gone = plan.deleted.iter().chain(&plan.lost).filter_map(|pod| self.cluster().pod_named(*pod));
        let pods: Vec<PodId> = plan.requeued.iter().copied().chain(gone.map(|pod| pod.id)).collect();
        for pod in pods {
            self.simulation.note_loss();
            let cluster = self.simulation.cluster();
            let budgets = self.budgets.lose(cluster, cluster.pod(pod));
            self.edit_all(&budgets)?;
        }
        self.leave_quietly(plan, report, later)
    }

    fn leave_quietly(&mut self, plan: &LossPlan, report: &mut StepReport, later: bool) -> Result<(), EditError> {
        let assumed: Vec<(ObjectKey, Name)> = plan
            .assumed(self.cluster())
            .filter_map(|pod| Some((pod.key(), pod.own.controller.as_ref()?.kind)))
            .collect();
        for (pod, kind) in assumed {
            self.simulation.assumes(&format!("pods of {kind}"), "their controller is assumed to recreate them", pod);
        }
        let (stuck, requeued): (Vec<PodId>, Vec<PodId>) =
            plan.requeued.iter().partition(|pod| self.is_out_of_reach(**pod));
        let (terminating, deleted): (Vec<ObjectKey>, Vec<ObjectKey>) = plan
            .deleted
            .iter()
            .chain(&plan.lost)
            .partition(|pod| self.cluster().pod_named(**pod).is_some_and(|pod| self.is_out_of_reach(pod.id)));
        for pod in terminating.iter().chain(&deleted) {
            if let Some(pod) = self.cluster().pod_named(*pod).map(|pod| pod.id) {
                self.gone(pod);
            }
        }
        for key in &terminating {
            if let Some(pod) = self.cluster().pod_named(*key).map(|pod| pod.id) {
                self.simulation.terminate(pod);
                self.changes += 1;
                report.stuck.push(*key);
            }
        }
        let rest = LossPlan { requeued, deleted, lost: Vec::new() };
        let edits = rest.edits(self.cluster());
        self.edit_all(&edits)?;
        for pod in &rest.requeued {
            report.evicted.push(self.simulation.cluster().pod(*pod).key());
            self.wait(*pod, later);
        }
        for pod in stuck {
            self.leave_out_of_reach(pod, report, later);
        }
        report.deleted.extend(plan.deleted.iter().filter(|pod| !terminating.contains(pod)));
        report.lost.extend(&plan.lost);
        Ok(())
    }

    /// A pod is deleted whose kubelet does not answer. It stays, terminating. A ReplicaSet counts it no more and makes
    /// another (pkg/controller/controller_utils.go, FilterActivePods); a StatefulSet cannot, as the name is taken.
    fn leave_out_of_reach(&mut self, pod: PodId, report: &mut StepReport, later: bool) {
        let old = self.cluster().pod(pod);
        let (key, owner) = (old.key(), old.own.controller.map(|owner| owner.kind));
        self.simulation.terminate(pod);
        self.changes += 1;
        report.stuck.push(key);
        if owner.is_some_and(|kind| kind == "StatefulSet") {
            self.gone(pod);
            return;
        }
        let new = self.simulation.replace(pod);
        self.budgets.replaced(pod, new);
        report.evicted.push(key);
        self.wait(new, later);
    }

    fn count_created(&mut self, first: usize, report: &mut StepReport, later: bool) {
        let created: Vec<(PodId, ObjectKey)> =
            self.cluster().pods().iter().skip(first).map(|pod| (pod.id, pod.key())).collect();
        for (id, key) in created {
            report.created.push(key);
            if self.cluster().node_of(id).is_none() {
                self.wait(id, later);
            }
        }
    }

    /// The pod needs a place. One that was asked about waits with the others that were.
    fn wait(&mut self, pod: PodId, later: bool) {
        if !self.asked.contains(&pod) {
            self.waiting.add(pod, later);
        }
    }

    /// The pod is no more: what became of it before does not matter.
    fn gone(&mut self, pod: PodId) {
        self.waiting.remove(pod);
        self.asked.retain(|asked| *asked != pod);
        if let Some(place) = self.last.remove(&pod).and_then(|place| self.steps.get_mut(place)) {
            *place = None;
        }
    }

    fn schedule_all(&mut self) -> Result<(), StepError> {
        self.waiting.release();
        self.schedule(true)?;
        self.grow(usize::MAX)?;
        self.resume()
    }

    /// Tries every pod whose turn it is and for which something may have changed, in the order of
    /// the queue. Answers whether any found a place.
    fn schedule(&mut self, with_asked: bool) -> Result<bool, EditError> {
        let mut pods = if with_asked { std::mem::take(&mut self.asked) } else { Vec::new() };
        pods.extend(self.waiting.due(self.changes));
        queue::by_controller(self.cluster(), &mut pods);
        queue::sort(self.cluster(), &mut pods);
        let before = self.changes;
        for step in self.simulation.run(&pods) {
            self.settle(step)?;
        }
        Ok(self.changes > before)
    }

    fn settle(&mut self, mut step: Step) -> Result<(), EditError> {
        let pod = step.pod_id;
        let earlier = self.last.insert(pod, self.steps.len()).and_then(|place| self.steps.get_mut(place));
        if let Some(earlier) = earlier.and_then(Option::take) {
            step.preempted.splice(0..0, earlier.preempted);
            step.evictions.splice(0..0, earlier.evictions);
        }
        match &step.outcome {
            Outcome::Placed(_) => {
                self.changes += 1;
                self.waiting.remove(pod);
                let budgets = self.budgets.placed(self.simulation.cluster(), pod);
                self.edit_all(&budgets)?;
            }
            Outcome::Unplaced(unplaced) if unplaced.gone => {
                self.waiting.remove(pod);
            }
            Outcome::Unplaced(_) => {
                self.waiting.tried(pod, self.changes);
            }
        }
        self.steps.push(Some(step));
        Ok(())
    }
}
