//! The state with edits made, asked, and put back.

use crate::api::Timestamp;
use crate::api::name::Name;
use crate::api::requests::RequestGates;
use crate::decode::workload::WorkloadKey;
use crate::edit::{Edit, Undo};
use crate::framework::{Code, Cycle, Depth, Notes, Placement, Reason, cycle, prepared};
use crate::plugins::dynamic_resources;
use crate::scheduler::Scheduler;
use crate::simulate::scenario::rollout::RolloutEnd;
use crate::simulate::scenario::{self, Placing, Scenario, ScenarioStep, StepAction};
use crate::simulate::{Simulation, Ties};
use crate::state::{Cluster, NodeInfo, Pod, PodId};

/// How often one node may be judged and how often a whole cycle may be run for one pod: what
/// bounds the cost of looking for suggestions, whatever the cluster's size.
const MOST_JUDGEMENTS: usize = 240;
const MOST_CYCLES: usize = 40;
/// Devices that a cycle for a pod with claims may look at; with more of them there are fewer cycles.
const DEVICES_OF_CYCLE: usize = 50_000;

/// A pending pod and a state that can be changed for the length of a question.
pub(super) struct WhatIf<'a> {
    scheduler: &'a Scheduler,
    cluster: &'a mut Cluster,
    pod: PodId,
    now: Timestamp,
    judgements: usize,
    cycles: usize,
    most_cycles: usize,
}

impl<'a> WhatIf<'a> {
    pub(super) fn new(scheduler: &'a Scheduler, cluster: &'a mut Cluster, pod: PodId, now: Timestamp) -> Self {
        let devices = cluster.devices.device_count().max(DEVICES_OF_CYCLE);
        let most_cycles = (MOST_CYCLES * DEVICES_OF_CYCLE / devices).max(1);
        Self { scheduler, cluster, pod, now, judgements: 0, cycles: 0, most_cycles }
    }

    pub(super) fn cluster(&self) -> &Cluster {
        self.cluster
    }

    pub(super) fn pod(&self) -> &Pod {
        self.cluster.pod(self.pod)
    }

    pub(super) fn gates(&self) -> RequestGates {
        self.scheduler.behaviour().request_gates()
    }

    /// Asks something of the state with `edits` made; none when they cannot be made.
    pub(super) fn with<T>(&mut self, edits: &[Edit], ask: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let undos = Edit::apply_all(edits, self.cluster, self.gates()).ok()?;
        let answer = ask(self);
        Undo::all(undos, self.cluster);
        Some(answer)
    }

    /// As [`WhatIf::with`], with the pod on `node` besides.
    pub(super) fn with_pod_on<T>(&mut self, edits: &[Edit], node: Name, ask: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let pod = self.pod;
        self.with(edits, |trial| {
            let node = trial.cluster.node_named(node)?.id;
            trial.cluster.assume(pod, node);
            let answer = ask(trial);
            trial.cluster.forget(pod);
            Some(answer)
        })?
    }

    /// Everything that keeps the pod off `node` as the state is now. None when no node at all is
    /// looked at, when a plugin fails, and when enough has been asked.
    pub(super) fn judge(&mut self, node: Name) -> Option<Vec<Reason>> {
        if self.judgements >= MOST_JUDGEMENTS {
            return None;
        }
        self.judgements += 1;
        let pod = self.pod();
        let (_, framework) = self.scheduler.framework_for(pod)?;
        let notes = Notes::default();
        let behaviour = self.scheduler.behaviour();
        let cycle = Cycle { cluster: self.cluster, pod, behaviour, now: self.now, notes: &notes };
        let prepared = prepared::pre_filter(&framework, cycle);
        let node = self.cluster.node_named(node)?;
        if prepared.rejection.is_some() {
            return None;
        }
        if !prepared.considers(node.name()) {
            return Some(vec![Reason::ExcludedByPreFilter { plugins: prepared.narrowed_by }]);
        }
        let all = prepared.filters.run_all(node);
        if all.iter().any(|(_, rejection)| rejection.code == Code::Error) {
            return None;
        }
        let mut reasons: Vec<Reason> = all.into_iter().flat_map(|(_, rejection)| rejection.reasons).collect();
        if reasons.is_empty()
            && let Err(rejection) = prepared.filters.run_with_nominated(cycle, node)
        {
            reasons = rejection.rejection.reasons;
        }
        Some(reasons)
    }

    /// Changes of the pod's claims that might let it have its devices on `node`.
    pub(super) fn device_remedies(&self, node: &NodeInfo) -> Vec<Edit> {
        let (behaviour, notes) = (self.scheduler.behaviour(), Notes::default());
        let cycle = Cycle { cluster: self.cluster, pod: self.pod(), behaviour, now: self.now, notes: &notes };
        dynamic_resources::remedies::remedies(cycle, node)
    }

    /// Runs the whole cycle for the pod as the state is now, without asking whom it could preempt. A pod that was
    /// recreated is the one of its name.
    pub(super) fn run(&mut self) -> Option<Placement> {
        let pod = self.cluster.pod_named(self.pod().key())?.id;
        self.run_for(pod)
    }

    /// The same for another pending pod.
    fn run_for(&mut self, pod: PodId) -> Option<Placement> {
        if self.cycles >= self.most_cycles {
            return None;
        }
        self.cycles += 1;
        let pod = self.cluster.pod(pod);
        let (_, framework) = self.scheduler.framework_for(pod)?;
        let notes = Notes::default();
        let behaviour = self.scheduler.behaviour();
        let cycle = Cycle { cluster: self.cluster, pod, behaviour, now: self.now, notes: &notes };
        Some(cycle::run(&framework, cycle, Depth::Decision))
    }

    /// Whether the rollout of a Deployment completes after a `change` of its strategy: the whole rollout is run again in a
    /// copy of the state.
    pub(super) fn rolls_out(&self, change: &Edit, workload: WorkloadKey, replicas: usize) -> bool {
        let Ok(replicas) = u32::try_from(replicas) else { return false };
        let step = |change| ScenarioStep { said: String::new(), change, place: Placing::Now };
        let steps = vec![
            step(StepAction::Edit(change.clone())),
            // Pods that wait find no node yet, and wait on for what the rollout frees.
            step(StepAction::Schedule),
            // A Deployment that is scaled to the size it has goes on with its rollout.
            step(StepAction::Scale { workload, replicas }),
        ];
        let mut copy = self.cluster.clone();
        let mut simulation = Simulation::new(self.scheduler, &mut copy, self.now, Ties::First);
        let pods = scenario::workloads::pods(self.cluster, workload).into_iter();
        let pending: Vec<PodId> = pods.filter(|pod| pod.own.node_name.is_none()).map(|pod| pod.id).collect();
        let run = scenario::run(&mut simulation, &Scenario { steps }, &pending);
        let rollout = run.ok().and_then(|run| run.reports.into_iter().rev().find_map(|report| report.rollout));
        rollout.is_some_and(|rollout| rollout.end == RolloutEnd::Complete)
    }

    /// Where pending pods go, one after the other, each against the state its predecessors left.
    pub(super) fn place(&mut self, pods: &[PodId]) -> Vec<Option<Name>> {
        let mut placed = Vec::with_capacity(pods.len());
        let nodes = pods
            .iter()
            .map(|pod| {
                let pick = self.run_for(*pod)?.picks.first().copied()?;
                let node = self.cluster.node_named(pick)?.id;
                self.cluster.assume(*pod, node);
                placed.push(*pod);
                Some(pick)
            })
            .collect();
        for pod in placed.into_iter().rev() {
            self.cluster.forget(pod);
        }
        nodes
    }
}
