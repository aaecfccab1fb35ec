//! Plays a scenario: step by step, with the pods that need a place in between.

mod nodes;
mod rollout;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::api::ObjectKey;
use crate::control_plane::admission::AdmissionRefusal;
use crate::decode::devices::ResourceClaim;
use crate::decode::workload::WorkloadKey;
use crate::edit::{Edit, EditError};
use crate::state::{Cluster, Pod, PodId};

use super::StepError;
use super::budgets::Budgets;
use super::lost::LossPlan;
use super::report::StepReport;
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
    let mut runner = Runner {
        budgets: Budgets::new(simulation.cluster()),
        simulation,
        asked: asked.to_vec(),
        waiting: IndexMap::new(),
        changes: 0,
        steps: Vec::new(),
        last: FxHashMap::default(),
        scaled: FxHashMap::default(),
        reports: Vec::new(),
    };
    for step in &scenario.steps {
        runner.take(step).map_err(|error| ScenarioError::of_step(&step.said, error))?;
    }
    runner.schedule_all().map_err(|error| ScenarioError::of_step("the end", error.into()))?;
    let violated_budgets = runner.budgets.broken().collect();
    Ok(ScenarioRun { steps: runner.steps.into_iter().flatten().collect(), reports: runner.reports, violated_budgets })
}

struct Runner<'s, 'a> {
    simulation: &'s mut Simulation<'a>,
    budgets: Budgets,
    /// Pods that were asked about and not tried yet.
    asked: Vec<PodId>,
    /// Pods without a place, in the order in which they lost it.
    waiting: IndexMap<PodId, Waiting>,
    /// How often the state has changed.
    changes: u64,
    /// What became of each pod; emptied where a later attempt tells more.
    steps: Vec<Option<Step>>,
    last: FxHashMap<PodId, usize>,
    /// How many pods were asked for of workloads that were scaled.
    scaled: FxHashMap<WorkloadKey, u32>,
    reports: Vec<StepReport>,
}

/// A pod that waits.
#[derive(Clone, Copy)]
struct Waiting {
    /// Not before the next `Schedule` step.
    later: bool,
    /// How often the state had changed when it was tried last.
    tried: Option<u64>,
}

impl Runner<'_, '_> {
    fn cluster(&self) -> &Cluster {
        self.simulation.cluster()
    }

    fn take(&mut self, step: &ScenarioStep) -> Result<(), StepError> {
        let mut report = StepReport::new(step);
        let later = step.place == Placing::Later;
        match &step.change {
            StepAction::Schedule => return Ok(self.schedule_all()?),
            StepAction::Edit(edit) => self.edit_and_requeue(edit, &mut report, later)?,
            StepAction::OnNodes(choice, edit) => self.on_nodes(choice, edit, &mut report, later)?,
            StepAction::Drain { nodes, force } => self.drain(nodes, *force, &mut report, later)?,
            StepAction::RemoveNodes(choice) => self.remove_nodes(choice, &mut report, later)?,
            StepAction::AddNodes { count, model, name } => self.add_nodes(*count, model, *name, &mut report)?,
            StepAction::Scale { workload, replicas } => self.scale(*workload, *replicas, &mut report, later)?,
            StepAction::PatchWorkload { workload, changes } => self.roll_out(*workload, changes, &mut report, later)?,
            StepAction::Restart(workload) => {
                self.cluster().workload(*workload).map_or(Ok(()), rollout::restartable)?;
                self.roll_out(*workload, &[], &mut report, later)?;
            }
            StepAction::DeleteWorkload(workload) => self.delete_workload(*workload, &mut report)?,
        }
        if !later {
            self.schedule(false)?;
        }
        self.reports.push(report);
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
            Ok(()) => Ok(Ok(made)),
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
                let pod = self.cluster().pod_named(*pod).ok_or_else(|| EditError::NoSuchPod(*pod))?;
                let plan = lost::of(self.cluster(), std::iter::once(pod));
                // A pending pod is recreated, too, and is then what it was.
                if plan.requeued.is_empty() || self.cluster().node_of(pod.id).is_some() {
                    self.leave(&plan, report, later)?;
                }
                Ok(())
            }
            Edit::Evict { pod } => {
                let id = self.cluster().pod_named(*pod).map(|pod| pod.id);
                let budgets = id.map(|id| self.budgets.lose(self.simulation.cluster().pod(id))).unwrap_or_default();
                self.edit_all(std::slice::from_ref(edit))?;
                report.evicted.push(*pod);
                if let Some(id) = id {
                    self.wait(id, later);
                }
                Ok(self.edit_all(&budgets)?)
            }
            Edit::PatchPod { pod, .. } => {
                let id = self.cluster().pod_named(*pod).ok_or_else(|| EditError::NoSuchPod(*pod))?.id;
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
            _ => Ok(self.edit(edit)?),
        }
    }

    /// The StatefulSet of the pod, if claims that it creates with the pod are missing (upstream
    /// pkg/controller/statefulset/stateful_pod_control.go, createPersistentVolumeClaims).
    fn lacks_claims(&self, pod: ObjectKey) -> Option<WorkloadKey> {
        let cluster = self.cluster();
        let pod = cluster.pod_named(pod)?;
        let owner = pod.own.controller.as_ref().filter(|owner| owner.kind == "StatefulSet")?;
        let kind = crate::decode::workload::WorkloadKind::StatefulSet;
        let key = WorkloadKey { kind, key: ObjectKey::new(pod.key().namespace, owner.name) };
        let new = crate::control_plane::controller::one_called(cluster, cluster.workload(key)?, pod.key().name);
        let is_known = cluster.holds(crate::decode::Kind::PersistentVolumeClaim);
        let mut claims = new.claims.iter();
        (is_known && claims.any(|claim| cluster.storage().claim(claim.key).is_none())).then_some(key)
    }

    fn scale(
        &mut self,
        workload: WorkloadKey,
        replicas: u32,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        let plan = workloads::scale(self.cluster(), workload, replicas)?;
        let first = self.cluster().pods().len();
        self.scaled.insert(workload, replicas);
        for name in plan.create {
            self.create(&Edit::CreatePod { workload, name, node: None }, report)?;
        }
        self.count_created(first, report, later);
        Ok(self.delete_pods(&plan.delete, report)?)
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

    fn delete_pods(&mut self, pods: &[ObjectKey], report: &mut StepReport) -> Result<(), EditError> {
        for pod in pods {
            if let Some(pod) = self.cluster().pod_named(*pod).map(|pod| pod.id) {
                self.gone(pod);
            }
            self.edit(&Edit::DeletePod { pod: *pod })?;
            report.deleted.push(*pod);
        }
        Ok(())
    }

    /// Pods leave without being asked; their budgets feel it.
    fn leave(&mut self, plan: &LossPlan, report: &mut StepReport, later: bool) -> Result<(), EditError> {
        let gone = plan.deleted.iter().chain(&plan.lost).filter_map(|pod| self.cluster().pod_named(*pod));
        let pods: Vec<PodId> = plan.requeued.iter().copied().chain(gone.map(|pod| pod.id)).collect();
        for pod in pods {
            let budgets = self.budgets.lose(self.simulation.cluster().pod(pod));
            self.edit_all(&budgets)?;
        }
        self.leave_quietly(plan, report, later)
    }

    fn leave_quietly(&mut self, plan: &LossPlan, report: &mut StepReport, later: bool) -> Result<(), EditError> {
        for pod in plan.deleted.iter().chain(&plan.lost) {
            if let Some(pod) = self.cluster().pod_named(*pod).map(|pod| pod.id) {
                self.gone(pod);
            }
        }
        let edits = plan.edits(self.cluster());
        self.edit_all(&edits)?;
        for pod in &plan.requeued {
            report.evicted.push(self.simulation.cluster().pod(*pod).key());
            self.wait(*pod, later);
        }
        report.deleted.extend(&plan.deleted);
        report.lost.extend(&plan.lost);
        Ok(())
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
            self.waiting.insert(pod, Waiting { later, tried: None });
        }
    }

    /// The pod is no more: what became of it before does not matter.
    fn gone(&mut self, pod: PodId) {
        self.waiting.shift_remove(&pod);
        self.asked.retain(|asked| *asked != pod);
        if let Some(place) = self.last.remove(&pod).and_then(|place| self.steps.get_mut(place)) {
            *place = None;
        }
    }

    fn schedule_all(&mut self) -> Result<(), EditError> {
        self.waiting.values_mut().for_each(|waiting| waiting.later = false);
        self.schedule(true).map(|_| ())
    }

    /// Tries every pod whose turn it is and for which something may have changed, in the order of
    /// the queue. Answers whether any found a place.
    fn schedule(&mut self, with_asked: bool) -> Result<bool, EditError> {
        let mut pods = if with_asked { std::mem::take(&mut self.asked) } else { Vec::new() };
        let due = |waiting: &Waiting| !waiting.later && waiting.tried != Some(self.changes);
        pods.extend(self.waiting.iter().filter(|(_, waiting)| due(waiting)).map(|(pod, _)| *pod));
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
                self.waiting.shift_remove(&pod);
                let budgets = self.budgets.placed(pod);
                self.edit_all(&budgets)?;
            }
            Outcome::Unplaced(unplaced) if unplaced.gone => {
                self.waiting.shift_remove(&pod);
            }
            Outcome::Unplaced(_) => {
                self.waiting.insert(pod, Waiting { later: false, tried: Some(self.changes) });
            }
        }
        self.steps.push(Some(step));
        Ok(())
    }
}
