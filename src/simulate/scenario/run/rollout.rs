//! Rollouts: the pods of a workload are replaced as its controller replaces them.
//!
//! New pods take their place while old ones hold theirs, so a rollout can get stuck. A new pod counts
//! as available once it has a place: probes and `minReadySeconds` are not known. New pods become
//! available one after the other, in the order in which they were made, and the controller acts in
//! between. Budgets are not asked: controllers delete pods, and do not evict them.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::update_strategy::UpdateKind;
use crate::control_plane::attach::multi_attach;
use crate::control_plane::{admission, controller};
use crate::decode::Kind;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::edit::{Edit, EditError, PodChange};
use crate::framework::NotEvaluated;
use crate::state::{NodeId, Pod, PodId};

use super::super::super::step::Outcome;
use super::super::StepError;
use super::super::report::StepReport;
use super::super::rollout::{Bounds, Rolling, Rollout, RolloutEnd};
use super::super::workloads;
use super::Runner;

/// The pods of a workload that is rolled out.
struct Pods {
    workload: WorkloadKey,
    /// How many are wanted.
    replicas: usize,
    /// Old ones that are still there, in the order of the state.
    old: Vec<PodId>,
    /// New ones, in the order in which they were made.
    new: Vec<PodId>,
    /// Why the API server did not let the last one in.
    refused: Option<admission::AdmissionRefusal>,
}

impl Runner<'_, '_> {
    /// The template of a workload changes, or with no changes its pods are to be recreated.
    pub(super) fn roll_out(
        &mut self,
        key: WorkloadKey,
        changes: &[PodChange],
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        let workload = self.cluster().workload(key).ok_or_else(|| workloads::not_found(self.cluster(), key))?;
        let (strategy, paused, owner) = (workload.strategy, workload.paused, workload.controller);
        let old: Vec<PodId> = workloads::pods(self.cluster(), key).into_iter().map(|pod| pod.id).collect();
        let replicas = self.scaled.get(&key).copied().map(|replicas| replicas as usize);
        // The API server writes the number of replicas down; who wrote none means those that there are.
        let written = workload.replicas.map(|replicas| usize::try_from(replicas).unwrap_or(0));
        let replicas = replicas.or(written).unwrap_or(old.len());
        self.edit(&Edit::PatchWorkload { workload: key, changes: changes.to_vec() })?;
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
        let mut pods = Pods { workload: key, replicas, old, new: Vec::new(), refused: None };
        let mut bounds = Bounds::of(key.kind, &strategy, replicas);
        let end = match (key.kind, strategy.kind) {
            (WorkloadKind::Deployment, _) if paused => Ok(RolloutEnd::Paused),
            (WorkloadKind::Deployment, UpdateKind::Recreate) => self.recreate(&mut pods, report),
            (WorkloadKind::Deployment, _) => self.roll_deployment(&mut pods, bounds, report),
            (WorkloadKind::StatefulSet | WorkloadKind::DaemonSet, UpdateKind::OnDelete) => Ok(RolloutEnd::OnDelete),
            (WorkloadKind::StatefulSet, _) => self.roll_stateful_set(&mut pods, report),
            (WorkloadKind::DaemonSet, _) => {
                let nodes = self.daemon_nodes(key);
                pods.replicas = nodes.iter().filter(|(_, wanted)| *wanted).count();
                bounds = Bounds::of(key.kind, &strategy, pods.replicas);
                self.roll_daemon_set(&mut pods, bounds, &nodes, report)
            }
            _ => Ok(RolloutEnd::NeverReplaces),
        };
        let end = end?;
        let moves = !matches!(end, RolloutEnd::Paused | RolloutEnd::OnDelete | RolloutEnd::NeverReplaces);
        let bounds = Some(bounds).filter(|_| moves && strategy.kind == UpdateKind::RollingUpdate);
        report.rollout = Some(Rollout {
            workload: key,
            strategy: strategy.kind,
            bounds,
            replicas: pods.replicas,
            rolled: self.placed(&pods.new),
            old: pods.old.len(),
            failing_nodes: if end.is_stuck() { self.failing_nodes(&pods) } else { Vec::new() },
            end,
        });
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
        let mut available: FxHashSet<PodId> = FxHashSet::default();
        let mut wanted = 0;
        loop {
            let mut rolling = Rolling {
                replicas: pods.replicas,
                bounds,
                old: pods.old.len(),
                old_available: self.placed(&pods.old),
                new: wanted,
                new_available: available.len(),
            };
            rolling.new += rolling.grows();
            wanted = rolling.new;
            let made = self.make_missing(pods, wanted, report)?;
            let (unhealthy, spare) = rolling.shrinks();
            let leaving = if unhealthy + spare > 0 { self.first_to_go(pods, unhealthy, spare) } else { Vec::new() };
            self.old_leave(pods, &leaving, report)?;
            if made || !leaving.is_empty() {
                continue;
            }
            let placed = |pod: &&PodId| {
                let cluster = self.cluster();
                !available.contains(*pod) && cluster.node_of(**pod).is_some() && multi_attach(cluster, **pod).is_none()
            };
            match pods.new.iter().find(placed).copied() {
                Some(next) => available.insert(next),
                None => return Ok(self.end_of(pods)),
            };
        }
    }

    /// Old pods that go: first `unhealthy` of those without a place, then `spare` others. Those of the
    /// oldest ReplicaSet go first (rolling.go), of each as it deletes them.
    fn first_to_go(&self, pods: &Pods, unhealthy: usize, spare: usize) -> Vec<PodId> {
        let cluster = self.cluster();
        let all: Vec<&Pod> = pods.old.iter().chain(&pods.new).map(|pod| cluster.pod(*pod)).collect();
        let mut managers = workloads::managers(cluster, pods.workload);
        managers.sort_by_key(|manager| (manager.created, manager.key));
        let place = |pod: &Pod| {
            let owner = pod.own.controller.as_ref();
            managers.iter().position(|manager| controller::owned(pod.key().namespace, owner, manager))
        };
        let mut old: Vec<&Pod> = pods.old.iter().map(|pod| cluster.pod(*pod)).collect();
        workloads::goes_first(&mut old, &all, pods.workload.kind, self.simulation.now());
        old.sort_by_key(|pod| place(pod));
        let unplaced = old.iter().filter(|pod| cluster.node_of(pod.id).is_none());
        let mut leaving: Vec<PodId> = unplaced.map(|pod| pod.id).take(unhealthy).collect();
        let others: Vec<PodId> = old.iter().map(|pod| pod.id).filter(|pod| !leaving.contains(pod)).collect();
        leaving.extend(others.into_iter().take(spare));
        leaving
    }

    /// From the highest number down, one at a time (upstream
    /// pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet). Unless they are managed in
    /// parallel, a pod of the set that does not run is waited for, even an old one: an administrator has to delete it.
    fn roll_stateful_set(&mut self, pods: &mut Pods, report: &mut StepReport) -> Result<RolloutEnd, EditError> {
        let Some(set) = self.cluster().workload(pods.workload) else { return Ok(RolloutEnd::NeverReplaces) };
        let (first, parallel, own) = (i64::from(set.first_ordinal), set.parallel, set.key);
        let partition = set.strategy.rolling_update.and_then(|update| update.partition).unwrap_or(0);
        let partition = usize::try_from(partition).unwrap_or(0);
        for index in (partition..pods.replicas).rev() {
            let waits = pods.old.iter().chain(&pods.new).find(|pod| self.cluster().node_of(**pod).is_none());
            if let Some(pod) = waits.filter(|_| !parallel) {
                return Ok(RolloutEnd::Waits(self.cluster().pod(*pod).key()));
            }
            if let Some(end) = self.still_terminating(pods.workload) {
                return Ok(end);
            }
            let pod = name(&format!("{}-{}", own.name, first.saturating_add_unsigned(index as u64)));
            if let Some(old) = self.cluster().pod_named(ObjectKey::new(own.namespace, pod)).map(|pod| pod.id) {
                self.old_leave(pods, &[old], report)?;
                if let Some(end) = self.still_terminating(pods.workload) {
                    return Ok(end);
                }
            }
            let edit = Edit::CreatePod { workload: pods.workload, name: pod, node: None };
            let made = self.make(pods, &edit, report)?;
            self.schedule(false)?;
            if made.is_none_or(|pod| self.cluster().node_of(pod).is_none()) {
                return Ok(self.end_of(pods));
            }
        }
        let kept = partition.min(pods.replicas);
        Ok(if kept > 0 { RolloutEnd::Partition(kept) } else { self.end_of(pods) })
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
        let mut old: FxHashMap<NodeId, Vec<PodId>> = FxHashMap::default();
        for pod in placed {
            self.cluster().node_of(pod).into_iter().for_each(|node| old.entry(node).or_default().push(pod));
        }
        let mut new: FxHashMap<NodeId, PodId> = FxHashMap::default();
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
                return Ok(self.end_of(pods));
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
