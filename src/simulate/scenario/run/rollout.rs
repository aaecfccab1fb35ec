//! Rollouts: the pods of a workload are replaced as its controller replaces them.
//!
//! New pods take their place while old ones hold theirs, so a rollout can get stuck. A new pod counts
//! as available once it has a place: probes and `minReadySeconds` are not known. New pods become
//! available one after the other, in the order in which they were made, and the controller acts in
//! between. Budgets are not asked: controllers delete pods, and do not evict them.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::update_strategy::{UpdateKind, UpdateStrategy};
use crate::control_plane::attach::multi_attach;
use crate::control_plane::{admission, controller};
use crate::decode::Kind;
use crate::decode::workload::{PodTemplateSpec, Workload, WorkloadKey, WorkloadKind};
use crate::edit::{Edit, EditError, PodChange};
use crate::framework::NotEvaluated;
use crate::state::pod_class::PodClass;
use crate::state::{NodeId, Pod, PodId};

use super::super::super::step::Outcome;
use super::super::StepError;
use super::super::deletion_order::{self, Draw};
use super::super::report::StepReport;
use super::super::rollout::{Bounds, Rolling, Rollout, RolloutEnd, proportional};
use super::super::workloads;
use super::Runner;

/// A template of a StatefulSet or DaemonSet, and its pods: as their controllers keep them in ControllerRevisions.
pub(super) struct Revision {
    template: Arc<PodTemplateSpec>,
    pods: Vec<PodId>,
}

/// How often rollouts are looked at again, together: more than there are steps and pods in any scenario that ends.
const MOST_RESUMED: usize = 10_000;

/// What a workload is rolled out to.
pub(super) enum NewRevision<'a> {
    /// Its template with these changes; none is a restart.
    Patch(&'a [PodChange]),
    /// This template.
    Template { template: Arc<PodTemplateSpec>, restarts: bool },
}

const NO_CHANGES: &[PodChange] = &[];

/// A rollout that is stuck.
pub(super) struct Unfinished {
    pub(super) workload: WorkloadKey,
    /// Its old pods that were left, and what each was.
    old: Vec<(PodId, Arc<PodClass>)>,
    /// The report of the step that tells of it, by its place.
    report: usize,
    /// How often the state had changed when it was tried last; none where its pods were not tried yet.
    tried: Option<u64>,
}

/// The pods of a workload that is rolled out.
struct Pods {
    workload: WorkloadKey,
    /// How many are wanted.
    replicas: usize,
    /// Old ones that are still there, in the order of the state.
    old: Vec<PodId>,
    /// New ones, in the order in which they were made. Pods that were of the new template before are among them.
    new: Vec<PodId>,
    /// Why the API server did not let the last one in.
    refused: Option<admission::AdmissionRefusal>,
}

impl Runner<'_, '_> {
    /// The template of a workload changes, or with no changes its pods are to be recreated.
    pub(super) fn roll_out(
        &mut self,
        key: WorkloadKey,
        revision: NewRevision<'_>,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        let workload = self.cluster().workload(key).ok_or_else(|| workloads::not_found(self.cluster(), key))?;
        let (strategy, paused, owner) = (workload.strategy, workload.paused, workload.controller);
        let old: Vec<PodId> = workloads::pods(self.cluster(), key).into_iter().map(|pod| pod.id).collect();
        let template = Arc::clone(&workload.template);
        let replicas = self.scaled.get(&key).copied().map(|replicas| replicas as usize);
        // The API server writes the number of replicas down; who wrote none means those that there are.
        let written = workload.replicas.map(|replicas| usize::try_from(replicas).unwrap_or(0));
        let replicas = replicas.or(written).unwrap_or(old.len());
        let (edit, changes, restarts) = match revision {
            NewRevision::Patch(changes) => {
                (Edit::PatchWorkload { workload: key, changes: changes.to_vec() }, changes, changes.is_empty())
            }
            NewRevision::Template { template, restarts } => {
                (Edit::SetTemplate { workload: key, template, restart: restarts }, NO_CHANGES, restarts)
            }
        };
        self.edit(&edit)?;
        if let Some(why) = self.not_known(key, owner.map(|owner| (owner.kind, owner.name)), later) {
            self.note_rollout(key, &why, "all its pods leave at once and are placed again one after the other");
            return self.replace_all(&old, changes, report, later);
        }
        if key.kind == WorkloadKind::Deployment
            && !self.cluster().kinds.contains(&Kind::Workload(WorkloadKind::ReplicaSet))
        {
            self.note_rollout(
                key,
                "the state has no ReplicaSets",
                "all pods that match its selector were taken as its pods",
            );
        }
        let updated = match key.kind {
            WorkloadKind::Deployment => self.of_replica_set(key, &old),
            _ => self.of_revision(key, &template, &old, restarts),
        };
        let (new, old) = old.into_iter().partition(|pod| updated.contains(pod));
        self.unfinished.retain(|unfinished| unfinished.workload != key);
        let mut pods = Pods { workload: key, replicas, old, new, refused: None };
        let rollout = self.play_rollout(&mut pods, strategy, paused, report)?;
        self.finish(rollout, &pods, report, self.reports.len());
        Ok(())
    }

    /// The controller replaces what is old of `pods`, until all is new or nothing goes on.
    fn play_rollout(
        &mut self,
        pods: &mut Pods,
        strategy: UpdateStrategy,
        paused: bool,
        report: &mut StepReport,
    ) -> Result<Rollout, EditError> {
        let key = pods.workload;
        let mut bounds = self.bounds(key.kind, &strategy, pods.replicas);
        let end = match (key.kind, strategy.kind) {
            (WorkloadKind::Deployment, _) if paused => RolloutEnd::Paused,
            (WorkloadKind::Deployment, UpdateKind::Recreate) => self.recreate(pods, report)?,
            (WorkloadKind::Deployment, _) => self.roll_deployment(pods, bounds, report)?,
            (WorkloadKind::StatefulSet | WorkloadKind::DaemonSet, UpdateKind::OnDelete) => RolloutEnd::OnDelete,
            (WorkloadKind::StatefulSet, _) => self.roll_stateful_set(pods, bounds, report)?,
            (WorkloadKind::DaemonSet, _) => {
                let nodes = self.daemon_nodes(key);
                pods.replicas = nodes.iter().filter(|(_, wanted)| *wanted).count();
                bounds = self.bounds(key.kind, &strategy, pods.replicas);
                self.roll_daemon_set(pods, bounds, &nodes, report)?
            }
            _ => RolloutEnd::NeverReplaces,
        };
        if let Some(revision) = self.revisions.get_mut(&key).and_then(|revisions| revisions.last_mut()) {
            revision.pods.clone_from(&pods.new);
        }
        Ok(self.rollout_of(pods, strategy.kind, bounds, end, report))
    }

    /// Writes down how far a rollout came. One that is stuck is looked at again when something has changed.
    fn finish(&mut self, rollout: Rollout, pods: &Pods, report: &mut StepReport, place: usize) {
        if rollout.end.is_stuck() {
            let waits = matches!(&rollout.end, RolloutEnd::NoPlace { message, .. } if message.is_empty());
            let cluster = self.cluster();
            let old = pods.old.iter().map(|pod| (*pod, Arc::clone(&cluster.pod(*pod).class))).collect();
            self.unfinished.push(Unfinished {
                workload: pods.workload,
                old,
                report: place,
                tried: (!waits).then_some(self.changes),
            });
        }
        report.rollout = Some(rollout);
    }

    /// Rollouts that were stuck go on where something has changed since.
    pub(super) fn resume(&mut self) -> Result<(), StepError> {
        for _ in 0..MOST_RESUMED {
            let due = |unfinished: &Unfinished| unfinished.tried != Some(self.changes);
            let Some(place) = self.unfinished.iter().position(due) else { break };
            let unfinished = self.unfinished.remove(place);
            let report = self.reports.get(unfinished.report).cloned();
            let (Some(workload), Some(mut report)) = (self.cluster().workload(unfinished.workload), report) else {
                continue;
            };
            let (strategy, paused) = (workload.strategy, workload.paused);
            let mut pods = self.pods_by_now(&unfinished)?;
            let before = report.rollout.as_ref().map(|rollout| rollout.rolled);
            let rollout = self.play_rollout(&mut pods, strategy, paused, &mut report)?;
            let resumed = before.is_some_and(|before| rollout.rolled > before);
            let rollout = Rollout { resumed, ..rollout };
            self.finish(rollout, &pods, &mut report, unfinished.report);
            if let Some(kept) = self.reports.get_mut(unfinished.report) {
                *kept = report;
            }
        }
        Ok(())
    }

    /// The pods of a rollout that was stuck, as they are by now. An old one of a StatefulSet or DaemonSet that was
    /// recreated since has the new template.
    fn pods_by_now(&self, unfinished: &Unfinished) -> Result<Pods, StepError> {
        let cluster = self.cluster();
        let key = unfinished.workload;
        let there: Vec<PodId> = workloads::pods(cluster, key).into_iter().map(|pod| pod.id).collect();
        let is_old = |pod: &PodId| {
            let same =
                |(old, class): &(PodId, Arc<PodClass>)| old == pod && Arc::ptr_eq(class, &cluster.pod(*pod).class);
            unfinished.old.iter().any(same)
        };
        let updated = (key.kind == WorkloadKind::Deployment).then(|| self.of_replica_set(key, &there));
        let is_new = |pod: &PodId| updated.as_ref().map_or_else(|| !is_old(pod), |updated| updated.contains(pod));
        let (new, old) = there.into_iter().partition(is_new);
        Ok(Pods { workload: key, replicas: self.replicas_of(key)? as usize, old, new, refused: None })
    }

    fn bounds(&self, kind: WorkloadKind, strategy: &UpdateStrategy, replicas: usize) -> Bounds {
        Bounds::of(kind, strategy, replicas, self.simulation.behaviour().stateful_sets_have_max_unavailable)
    }

    /// How far the rollout came. Which of the old pods are gone is a draw only where some are left.
    fn rollout_of(
        &mut self,
        pods: &Pods,
        strategy: UpdateKind,
        bounds: Bounds,
        end: RolloutEnd,
        report: &mut StepReport,
    ) -> Rollout {
        if pods.old.is_empty() {
            report.draw = None;
        }
        let moves = !matches!(end, RolloutEnd::Paused | RolloutEnd::OnDelete | RolloutEnd::NeverReplaces);
        let bounds = Some(bounds).filter(|_| moves && strategy == UpdateKind::RollingUpdate);
        Rollout {
            workload: pods.workload,
            strategy,
            bounds,
            replicas: pods.replicas,
            rolled: self.placed(&pods.new),
            old: pods.old.len(),
            failing_nodes: if end.is_stuck() { self.failing_nodes(pods) } else { Vec::new() },
            resumed: false,
            end,
        }
    }

    /// Those of `pods` that the ReplicaSet of the Deployment's present template has.
    fn of_replica_set(&self, key: WorkloadKey, pods: &[PodId]) -> Vec<PodId> {
        let cluster = self.cluster();
        let deployment = cluster.workload(key);
        let Some(set) = deployment.and_then(|deployment| controller::replica_set_of(cluster, deployment)) else {
            return Vec::new();
        };
        let of_set = |pod: &PodId| {
            let pod = cluster.pod(*pod);
            controller::owned(pod.key().namespace, pod.own.controller.as_ref(), set)
        };
        pods.iter().copied().filter(of_set).collect()
    }

    /// Those of `pods` that are of the workload's present template already; `before` was its template, that of all pods
    /// unless it was changed here. A restart makes another template of the same (upstream
    /// pkg/controller/statefulset/stateful_set_control.go, getStatefulSetRevisions).
    fn of_revision(
        &mut self,
        key: WorkloadKey,
        before: &Arc<PodTemplateSpec>,
        pods: &[PodId],
        restarts: bool,
    ) -> Vec<PodId> {
        let Some(now) = self.cluster().workload(key).map(|workload| Arc::clone(&workload.template)) else {
            return Vec::new();
        };
        let first = || vec![Revision { template: Arc::clone(before), pods: pods.to_vec() }];
        let revisions = self.revisions.entry(key).or_insert_with(first);
        let same = |revision: &Revision| !restarts && revision.template.spec == now.spec;
        // The present one is the last.
        let revision = match revisions.iter().rposition(same) {
            Some(place) => revisions.remove(place),
            None => Revision { template: now, pods: Vec::new() },
        };
        let updated = revision.pods.iter().copied().filter(|pod| pods.contains(pod)).collect();
        revisions.push(revision);
        updated
    }

    /// Scales a Deployment of which several ReplicaSets have pods. Answers whether it did: any other is scaled as ever.
    pub(super) fn scale_amid_rollout(
        &mut self,
        key: WorkloadKey,
        replicas: u32,
        report: &mut StepReport,
    ) -> Result<bool, StepError> {
        let cluster = self.cluster();
        let Some(deployment) = cluster.workload(key).filter(|_| key.kind == WorkloadKind::Deployment) else {
            return Ok(false);
        };
        let (strategy, paused) = (deployment.strategy, deployment.paused);
        let all = workloads::pods(cluster, key);
        let mut managers = workloads::managers(cluster, key);
        managers.retain(|manager| manager.kind == WorkloadKind::ReplicaSet);
        by_age(&mut managers);
        let of_set = |set: &Workload| -> Vec<PodId> {
            let owned = |pod: &&&Pod| controller::owned(pod.key().namespace, pod.own.controller.as_ref(), set);
            all.iter().filter(owned).map(|pod| pod.id).collect()
        };
        let mut sets: Vec<(WorkloadKey, Vec<PodId>)> =
            managers.iter().map(|set| (set.identity(), of_set(set))).filter(|(_, pods)| !pods.is_empty()).collect();
        if sets.len() < 2 {
            return Ok(false);
        }
        let ids: Vec<PodId> = all.iter().map(|pod| pod.id).collect();
        let before = self.replicas_of(key)? as usize;
        self.unfinished.retain(|unfinished| unfinished.workload != key);
        self.scaled.insert(key, replicas);
        let replicas = replicas as usize;
        if strategy.kind == UpdateKind::Recreate {
            self.recreate_amid_rollout(key, replicas, ids, report)?;
            return Ok(true);
        }
        let bounds = self.bounds(key.kind, &strategy, replicas);
        let with_surge =
            |replicas: usize, bounds: Bounds| if replicas == 0 { 0 } else { replicas.saturating_add(bounds.surge) };
        let (from, to) = (with_surge(before, self.bounds(key.kind, &strategy, before)), with_surge(replicas, bounds));
        // The larger first; of equal ones the newer where there is to be more, the older where there is to be less.
        if to > ids.len() {
            sets.reverse();
        }
        sets.sort_by_key(|(_, pods)| Reverse(pods.len()));
        let sizes: Vec<usize> = sets.iter().map(|(_, pods)| pods.len()).collect();
        for ((set, of_set), size) in sets.into_iter().zip(proportional(&sizes, from, to)) {
            self.resize(set, &of_set, size, &ids, report)?;
        }
        self.schedule(false)?;
        let there: Vec<PodId> = workloads::pods(self.cluster(), key).into_iter().map(|pod| pod.id).collect();
        let updated = self.of_replica_set(key, &there);
        let (new, old) = there.into_iter().partition(|pod| updated.contains(pod));
        let mut pods = Pods { workload: key, replicas, old, new, refused: None };
        let rollout = self.play_rollout(&mut pods, strategy, paused, report)?;
        self.finish(rollout, &pods, report, self.reports.len());
        Ok(true)
    }

    /// With strategy Recreate old pods go before anything else (pkg/controller/deployment/recreate.go, rolloutRecreate).
    fn recreate_amid_rollout(
        &mut self,
        key: WorkloadKey,
        replicas: usize,
        pods: Vec<PodId>,
        report: &mut StepReport,
    ) -> Result<(), StepError> {
        // Its pods that have no node are tried again when the old ones are gone.
        let is_pending = |pod: &&PodId| {
            let cluster = self.cluster();
            cluster.node_of(**pod).is_none() && !cluster.pod(**pod).is_terminating()
        };
        for pod in pods.iter().filter(is_pending).copied().collect::<Vec<_>>() {
            self.wait(pod, false);
        }
        let updated = self.of_replica_set(key, &pods);
        let paused = self.cluster().workload(key).is_some_and(|deployment| deployment.paused);
        let (new, old) = pods.into_iter().partition(|pod| updated.contains(pod));
        let mut pods = Pods { workload: key, replicas, old, new, refused: None };
        let end = if paused { RolloutEnd::Paused } else { self.recreate(&mut pods, report)? };
        let bounds = Bounds { surge: 0, unavailable: replicas };
        report.rollout = Some(self.rollout_of(&pods, UpdateKind::Recreate, bounds, end, report));
        Ok(())
    }

    /// A ReplicaSet with `pods` gets so many; `all` are those of its Deployment.
    fn resize(
        &mut self,
        set: WorkloadKey,
        pods: &[PodId],
        size: usize,
        all: &[PodId],
        report: &mut StepReport,
    ) -> Result<(), EditError> {
        let cluster = self.cluster();
        if let Some(surplus) = pods.len().checked_sub(size) {
            let all: Vec<&Pod> = all.iter().map(|pod| cluster.pod(*pod)).collect();
            let mut sorted: Vec<&Pod> = pods.iter().map(|pod| cluster.pod(*pod)).collect();
            deletion_order::goes_first(&mut sorted, &all, set.kind, self.simulation.now());
            report.draw = deletion_order::draw(&sorted, &all, set.kind, surplus, self.simulation.now()).or(report.draw);
            let leaving: Vec<ObjectKey> = sorted.into_iter().take(surplus).map(Pod::key).collect();
            return self.delete_pods(&leaving, report);
        }
        let Some(workload) = cluster.workload(set) else { return Ok(()) };
        for name in workloads::names(cluster, workload, size - pods.len()) {
            match self.try_create(&Edit::CreatePod { workload: set, name, node: None })? {
                Ok(pod) => {
                    report.created.push(self.cluster().pod(pod).key());
                    self.wait(pod, false);
                }
                Err(refusal) => {
                    report.not_created.push(refusal);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Why it is not known how the pods are replaced.
    fn not_known(&self, key: WorkloadKey, owner: Option<(Name, Name)>, later: bool) -> Option<String> {
        if later {
            return Some("its pods are placed later".to_owned());
        }
        let (kind, owner) = owner?;
        let rolls = WorkloadKind::from_resource(&kind.to_ascii_lowercase());
        let known = rolls.is_some_and(|kind| {
            self.cluster().workload(WorkloadKey { kind, key: ObjectKey::new(key.key.namespace, owner) }).is_some()
        });
        (!known && key.kind == WorkloadKind::ReplicaSet).then(|| format!("the state has no {kind} {owner}"))
    }

    fn note_rollout(&mut self, key: WorkloadKey, why: &str, effect: &str) {
        self.simulation.note(&NotEvaluated::new(format!("the rollout of {key}"), why, effect));
    }

    /// All pods leave, and are recreated with the changes under their own names.
    fn replace_all(
        &mut self,
        old: &[PodId],
        changes: &[PodChange],
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        let pods: Vec<ObjectKey> = old.iter().map(|pod| self.cluster().pod(*pod).key()).collect();
        for pod in pods {
            self.edit_and_requeue(&Edit::PatchPod { pod, changes: changes.to_vec() }, report, later)?;
        }
        Ok(())
    }

    fn recreate(&mut self, pods: &mut Pods, report: &mut StepReport) -> Result<RolloutEnd, EditError> {
        let all = pods.old.clone();
        self.old_leave(pods, &all, report)?;
        // No pod is made while one of the old runs somewhere (pkg/controller/deployment/recreate.go, oldPodsRunning).
        if let Some(end) = self.still_terminating(pods.workload) {
            return Ok(end);
        }
        self.make_missing(pods, pods.replicas, report)?;
        Ok(self.end_of(pods))
    }

    /// The controller acts until nothing changes, then the next new pod becomes available.
    fn roll_deployment(
        &mut self,
        pods: &mut Pods,
        bounds: Bounds,
        report: &mut StepReport,
    ) -> Result<RolloutEnd, EditError> {
        let cluster = self.cluster();
        let is_available = |pod: &&PodId| workloads::is_available(cluster, cluster.pod(**pod));
        let mut available: FxHashSet<PodId> = pods.new.iter().filter(is_available).copied().collect();
        let mut wanted = pods.new.len();
        loop {
            let mut rolling = Rolling {
                replicas: pods.replicas,
                bounds,
                old: pods.old.len(),
                old_available: self.available(&pods.old),
                new: wanted,
                new_available: available.len(),
            };
            rolling.new += rolling.grows();
            wanted = rolling.new;
            let made = self.make_missing(pods, wanted, report)?;
            let (unhealthy, spare) = rolling.shrinks();
            let (leaving, draw) =
                if unhealthy + spare > 0 { self.first_to_go(pods, unhealthy, spare) } else { (Vec::new(), None) };
            report.draw = draw.or(report.draw);
            self.old_leave(pods, &leaving, report)?;
            if made || !leaving.is_empty() {
                continue;
            }
            let placed = |pod: &&PodId| {
                let cluster = self.cluster();
                !available.contains(*pod) && workloads::is_available(cluster, cluster.pod(**pod))
            };
            match pods.new.iter().find(placed).copied() {
                Some(next) => available.insert(next),
                None => return Ok(self.end_of(pods)),
            };
        }
    }

    /// Old pods that go: first `unhealthy` of those that are not available, then `spare` others. Those of the
    /// oldest ReplicaSet go first (rolling.go), of each as it deletes them. Also whether that is a draw.
    fn first_to_go(&self, pods: &Pods, unhealthy: usize, spare: usize) -> (Vec<PodId>, Option<Draw>) {
        let cluster = self.cluster();
        let all: Vec<&Pod> = pods.old.iter().chain(&pods.new).map(|pod| cluster.pod(*pod)).collect();
        let mut managers = workloads::managers(cluster, pods.workload);
        by_age(&mut managers);
        let place = |pod: &Pod| {
            let owner = pod.own.controller.as_ref();
            managers.iter().position(|manager| controller::owned(pod.key().namespace, owner, manager))
        };
        let mut old: Vec<&Pod> = pods.old.iter().map(|pod| cluster.pod(*pod)).collect();
        deletion_order::goes_first(&mut old, &all, pods.workload.kind, self.simulation.now());
        old.sort_by_key(|pod| place(pod));
        let unavailable: Vec<&Pod> = old.iter().filter(|pod| !workloads::is_available(cluster, pod)).copied().collect();
        let mut leaving: Vec<PodId> = unavailable.iter().map(|pod| pod.id).take(unhealthy).collect();
        let (kind, now) = (pods.workload.kind, self.simulation.now());
        let of_unavailable = deletion_order::draw(&unavailable, &all, kind, leaving.len(), now);
        let others: Vec<&Pod> = old.iter().filter(|pod| !leaving.contains(&pod.id)).copied().collect();
        let last = spare.checked_sub(1).and_then(|last| others.get(last));
        let beside: Vec<&Pod> =
            others.iter().filter(|pod| last.is_some_and(|last| place(last) == place(pod))).copied().collect();
        let of_set = others.iter().take(spare).filter(|pod| beside.iter().any(|other| other.id == pod.id)).count();
        let draw = deletion_order::draw(&beside, &all, kind, of_set, now).or(of_unavailable);
        leaving.extend(others.into_iter().take(spare).map(|pod| pod.id));
        (leaving, draw)
    }

    /// From the highest number down, as many at a time as may be missing (upstream
    /// pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet, updateStatefulSetAfterInvariantEstablished).
    /// Unless they are managed in parallel, a pod of the set that is not available is waited for, even an old one: an
    /// administrator has to delete it.
    fn roll_stateful_set(
        &mut self,
        pods: &mut Pods,
        bounds: Bounds,
        report: &mut StepReport,
    ) -> Result<RolloutEnd, EditError> {
        let Some(set) = self.cluster().workload(pods.workload) else { return Ok(RolloutEnd::NeverReplaces) };
        let (first, parallel, own) = (i64::from(set.first_ordinal), set.parallel, set.key);
        let partition = set.strategy.rolling_update.and_then(|update| update.partition).unwrap_or(0);
        let partition = usize::try_from(partition).unwrap_or(0);
        let named = |index: usize| {
            ObjectKey::new(
                own.namespace,
                name(&format!("{}-{}", own.name, first.saturating_add_unsigned(index as u64))),
            )
        };
        loop {
            // Those that are missing are made in order, each when the ones before it are available.
            for index in 0..pods.replicas {
                let there = self.cluster().pod_named(named(index)).map(|pod| pod.id);
                if there.is_none() && index >= partition {
                    let edit = Edit::CreatePod { workload: pods.workload, name: named(index).name, node: None };
                    let made = self.make(pods, &edit, report)?;
                    if !parallel {
                        self.schedule(false)?;
                    }
                    if made.is_none() {
                        return Ok(self.end_of(pods));
                    }
                }
                let there = self.cluster().pod_named(named(index)).map(|pod| pod.id);
                if let Some(pod) = there.filter(|pod| !parallel && !self.is_available(*pod)) {
                    return Ok(self.waits_for(pods, pod));
                }
            }
            self.schedule(false)?;
            if let Some(end) = self.still_terminating(pods.workload) {
                return Ok(end);
            }
            let of_set: Vec<PodId> =
                (0..pods.replicas).rev().filter_map(|index| Some(self.cluster().pod_named(named(index))?.id)).collect();
            let missing = of_set.iter().filter(|pod| !self.is_available(**pod)).count();
            let due: Vec<PodId> = (partition..pods.replicas)
                .rev()
                .filter_map(|index| Some(self.cluster().pod_named(named(index))?.id))
                .filter(|pod| pods.old.contains(pod))
                .collect();
            let leaving = if !self.simulation.behaviour().stateful_sets_have_max_unavailable {
                // The highest that is not updated, unless one above it is not available.
                let above = of_set.iter().take_while(|pod| !due.contains(pod));
                let waits = above.into_iter().find(|pod| !self.is_available(**pod));
                if waits.is_some() { Vec::new() } else { due.iter().copied().take(1).collect() }
            } else if parallel {
                // Those that are missing anyway, and others as far as the bound goes.
                let (mut leaving, others): (Vec<PodId>, Vec<PodId>) =
                    due.iter().partition(|pod| !self.is_available(**pod));
                if missing < bounds.unavailable || !leaving.is_empty() {
                    leaving.extend(others.into_iter().take(bounds.unavailable.saturating_sub(missing)));
                }
                leaving
            } else {
                due.iter().copied().take(bounds.unavailable.saturating_sub(missing)).collect()
            };
            if leaving.is_empty() {
                break;
            }
            self.old_leave(pods, &leaving, report)?;
            if let Some(end) = self.still_terminating(pods.workload) {
                return Ok(end);
            }
        }
        if let Some(pod) = pods.new.iter().chain(&pods.old).find(|pod| !self.is_available(**pod)).copied() {
            return Ok(self.waits_for(pods, pod));
        }
        let kept = partition.min(pods.replicas);
        Ok(if kept > 0 { RolloutEnd::Partition(kept) } else { self.end_of(pods) })
    }

    fn is_available(&self, pod: PodId) -> bool {
        workloads::is_available(self.cluster(), self.cluster().pod(pod))
    }

    /// Why a rollout does not go on beyond a pod that is not available.
    fn waits_for(&self, pods: &Pods, pod: PodId) -> RolloutEnd {
        let cluster = self.cluster();
        let key = cluster.pod(pod).key();
        if cluster.node_of(pod).is_some() && multi_attach(cluster, pod).is_none() {
            return RolloutEnd::NotReady(key);
        }
        if pods.old.contains(&pod) { RolloutEnd::Waits(key) } else { self.end_of(pods) }
    }

    /// The nodes that have, or are to have, a pod of the DaemonSet, and whether they are.
    fn daemon_nodes(&self, key: WorkloadKey) -> Vec<(NodeId, bool)> {
        let cluster = self.cluster();
        let Some(set) = cluster.workload(key) else { return Vec::new() };
        cluster.nodes().iter().map(|node| (node.id, controller::daemon_on(cluster, set, node).is_some())).collect()
    }

    /// Node by node (upstream pkg/controller/daemon/update.go, rollingUpdate). Upstream takes nodes in
    /// no particular order; here it is theirs. Old pods without a place, and nodes without a pod, come
    /// first: they are missing already. With a surge the old pod stays until the new one has its place.
    fn roll_daemon_set(
        &mut self,
        pods: &mut Pods,
        bounds: Bounds,
        nodes: &[(NodeId, bool)],
        report: &mut StepReport,
    ) -> Result<RolloutEnd, EditError> {
        let (placed, unplaced): (Vec<PodId>, Vec<PodId>) =
            pods.old.iter().partition(|pod| self.cluster().node_of(**pod).is_some());
        self.old_leave(pods, &unplaced, report)?;
        let before_all = pods.old.len();
        let mut old: FxHashMap<NodeId, Vec<PodId>> = FxHashMap::default();
        for pod in placed {
            self.cluster().node_of(pod).into_iter().for_each(|node| old.entry(node).or_default().push(pod));
        }
        let on_node = |pod: &PodId| {
            let cluster = self.cluster();
            let pinned = || cluster.node_named(controller::pinned_node(cluster.pod(*pod).spec())?).map(|node| node.id);
            Some((cluster.node_of(*pod).or_else(pinned)?, *pod))
        };
        let mut new: FxHashMap<NodeId, PodId> = pods.new.iter().filter_map(on_node).collect();
        loop {
            let before = (pods.old.len(), pods.new.len());
            pods.refused = None;
            let mut missing = 0;
            for (node, _) in nodes.iter().filter(|(node, wanted)| *wanted && !old.contains_key(node)) {
                if !self.make_daemon(pods, *node, &mut new, report)? {
                    missing += 1;
                }
            }
            for (node, wanted) in nodes {
                let Some(leaving) = old.get(node).cloned() else { continue };
                if *wanted && bounds.surge == 0 && missing >= bounds.unavailable {
                    break;
                }
                let surges = *wanted && bounds.surge > 0;
                if surges {
                    let surging = old.keys().filter(|node| new.contains_key(*node)).count();
                    let may = new.contains_key(node) || surging < bounds.surge;
                    if !may || !self.make_daemon(pods, *node, &mut new, report)? {
                        continue;
                    }
                }
                self.old_leave(pods, &leaving, report)?;
                old.remove(node);
                if *wanted && !surges && !self.make_daemon(pods, *node, &mut new, report)? {
                    missing += 1;
                }
            }
            if before == (pods.old.len(), pods.new.len()) {
                let end = self.end_of(pods);
                let gone = before_all.saturating_sub(pods.old.len());
                let draw = Draw { pods: before_all, by_moment: false };
                report.draw = Some(draw).filter(|_| end.is_stuck() && gone > 0);
                return Ok(end);
            }
        }
    }

    /// Nodes of a DaemonSet that would not take its new pod, as they are by now: each is asked with its old pod away.
    fn failing_nodes(&mut self, pods: &Pods) -> Vec<Name> {
        if pods.workload.kind != WorkloadKind::DaemonSet {
            return Vec::new();
        }
        let mut failing = Vec::new();
        for (node, _) in self.daemon_nodes(pods.workload).into_iter().filter(|(_, wanted)| *wanted) {
            let savepoint = self.simulation.savepoint();
            if self.takes_daemon(pods, node) == Some(false) {
                failing.push(self.cluster().node(node).name());
            }
            self.simulation.rollback(savepoint);
        }
        failing
    }

    /// Whether the node has the new pod, or takes it in the place of the old one.
    fn takes_daemon(&mut self, pods: &Pods, node: NodeId) -> Option<bool> {
        let cluster = self.simulation.cluster();
        if pods.new.iter().any(|pod| cluster.node_of(*pod) == Some(node)) {
            return Some(true);
        }
        let name = cluster.node(node).name();
        let pinned = |pod: &&PodId| {
            controller::pinned_node(cluster.pod(**pod).spec()) == Some(name) && cluster.node_of(**pod).is_none()
        };
        if let Some(waiting) = pods.new.iter().find(pinned).copied() {
            return Some(self.simulation.fits(waiting));
        }
        let old = pods.old.iter().filter(|pod| cluster.node_of(**pod) == Some(node));
        let old: Vec<ObjectKey> = old.map(|pod| cluster.pod(*pod).key()).collect();
        for pod in old {
            self.simulation.edit(&Edit::DeletePod { pod }).ok()?;
        }
        let cluster = self.simulation.cluster();
        let set = cluster.workload(pods.workload)?;
        let own = controller::daemon_on(cluster, set, cluster.node(node))?.own.into_iter().next()?;
        let made = PodId(cluster.pods().len() as u32);
        let edit = Edit::CreatePod { workload: pods.workload, name: own.key.name, node: Some(name) };
        match self.simulation.edit(&edit) {
            Ok(()) => {}
            Err(EditError::Forbidden(_)) => return Some(false),
            Err(_) => return None,
        }
        self.simulation.edit(&Edit::Evict { pod: own.key }).ok()?;
        Some(self.simulation.fits(made))
    }

    /// Makes the DaemonSet's pod for a node, unless it was made. Answers whether it has its place.
    fn make_daemon(
        &mut self,
        pods: &mut Pods,
        node: NodeId,
        new: &mut FxHashMap<NodeId, PodId>,
        report: &mut StepReport,
    ) -> Result<bool, EditError> {
        let cluster = self.cluster();
        if let Some(pod) = new.get(&node) {
            return Ok(cluster.node_of(*pod).is_some());
        }
        let info = cluster.node(node);
        let set = cluster.workload(pods.workload);
        let made = set.and_then(|set| controller::daemon_on(cluster, set, info));
        let Some(own) = made.and_then(|made| made.own.into_iter().next()) else { return Ok(true) };
        let edit = Edit::CreatePod { workload: pods.workload, name: own.key.name, node: Some(info.name()) };
        let Some(pod) = self.make(pods, &edit, report)? else { return Ok(false) };
        new.insert(node, pod);
        // Made for the node, and not yet on it: that the scheduler decides.
        self.edit(&Edit::Evict { pod: own.key })?;
        self.wait(pod, false);
        self.schedule(false)?;
        Ok(self.cluster().node_of(pod).is_some())
    }

    /// Makes new pods until there are `wanted`, or the API server refuses one, and has them placed.
    /// Answers whether any was made.
    fn make_missing(&mut self, pods: &mut Pods, wanted: usize, report: &mut StepReport) -> Result<bool, EditError> {
        let missing = wanted.saturating_sub(pods.new.len());
        let names = self.cluster().workload(pods.workload).map(|own| workloads::names(self.cluster(), own, missing));
        let mut made = false;
        pods.refused = None;
        for name in names.unwrap_or_default() {
            let edit = Edit::CreatePod { workload: pods.workload, name, node: None };
            if self.make(pods, &edit, report)?.is_none() {
                break;
            }
            made = true;
        }
        self.schedule(false)?;
        Ok(made)
    }

    fn make(&mut self, pods: &mut Pods, edit: &Edit, report: &mut StepReport) -> Result<Option<PodId>, EditError> {
        match self.try_create(edit)? {
            Ok(pod) => {
                report.created.push(self.cluster().pod(pod).key());
                if self.cluster().node_of(pod).is_none() {
                    self.wait(pod, false);
                }
                pods.new.push(pod);
                Ok(Some(pod))
            }
            Err(refusal) => {
                pods.refused = Some(refusal);
                Ok(None)
            }
        }
    }

    /// Old pods are deleted, and others may take their room.
    fn old_leave(&mut self, pods: &mut Pods, leaving: &[PodId], report: &mut StepReport) -> Result<(), EditError> {
        if leaving.is_empty() {
            return Ok(());
        }
        pods.old.retain(|pod| !leaving.contains(pod));
        let keys: Vec<ObjectKey> = leaving.iter().map(|pod| self.cluster().pod(*pod).key()).collect();
        self.delete_pods(&keys, report)?;
        self.schedule(false).map(|_| ())
    }

    /// Pods that are available, as far as is known.
    fn available(&self, pods: &[PodId]) -> usize {
        pods.iter().filter(|pod| self.is_available(**pod)).count()
    }

    /// Pods that have their node and can start there.
    fn placed(&self, pods: &[PodId]) -> usize {
        let cluster = self.cluster();
        pods.iter().filter(|pod| cluster.node_of(**pod).is_some() && multi_attach(cluster, **pod).is_none()).count()
    }

    /// A pod of the workload that is being deleted, and stays as the kubelet of its node does not answer.
    fn still_terminating(&self, key: WorkloadKey) -> Option<RolloutEnd> {
        let cluster = self.cluster();
        let managers = workloads::managers(cluster, key);
        let is_stuck = |pod: &&Pod| {
            pod.is_terminating()
                && self.is_out_of_reach(pod.id)
                && managers
                    .iter()
                    .any(|manager| controller::owned(pod.key().namespace, pod.own.controller.as_ref(), manager))
        };
        let pod = cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id)).find(is_stuck)?;
        Some(RolloutEnd::Terminating { pod: pod.key(), node: pod.own.node_name.unwrap_or_default() })
    }

    fn end_of(&self, pods: &Pods) -> RolloutEnd {
        if let Some(refusal) = &pods.refused {
            return RolloutEnd::Refused(refusal.clone());
        }
        let Some(pod) = pods.new.iter().find(|pod| self.cluster().node_of(**pod).is_none()) else {
            let mut blocked = pods.new.iter().filter_map(|pod| multi_attach(self.cluster(), *pod));
            return blocked.next().map_or(RolloutEnd::Complete, RolloutEnd::MultiAttach);
        };
        let step = self.last.get(pod).and_then(|place| self.steps.get(*place)).and_then(Option::as_ref);
        let message = match step.map(|step| &step.outcome) {
            Some(Outcome::Unplaced(unplaced)) => unplaced.message.clone(),
            _ => String::new(),
        };
        RolloutEnd::NoPlace { pod: self.cluster().pod(*pod).key(), message }
    }
}

/// The oldest first; those that were made here are the newest.
fn by_age(managers: &mut [&Workload]) {
    managers.sort_by_key(|manager| (manager.created.is_none(), manager.created, manager.key));
}

/// Whether `kubectl rollout restart` takes the workload.
///
/// # Errors
/// It does not: what kubectl says.
pub(super) fn restartable(workload: &Workload) -> Result<(), StepError> {
    match workload.kind {
        WorkloadKind::Deployment if workload.paused => {
            Err(StepError::Refused("can't restart paused deployment (run rollout resume first)".to_owned()))
        }
        WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => Ok(()),
        kind => Err(StepError::Refused(format!(
            "{} \"{}\" restarting is not supported",
            kind.resource(),
            workload.key.name
        ))),
    }
}
