//! One loop of the Cluster Autoscaler on the state, as far as it decides over new nodes.
//!
//! The order is that of `core/static_autoscaler.go` (RunOnce) and `core/scaleup/orchestrator/orchestrator.go` (ScaleUp):
//! which nodes stand for new ones, which are under way, which pods are looked at, which groups are asked, what the
//! filters say of a pod on a group's template, how many nodes that would take, and which group grows.
//! Source: sigs.k8s.io/cluster-autoscaler at 33c3f97b.

mod change;
mod cloud;
mod cluster_api;
mod estimate;
mod expander;
mod flags;
mod groups;
mod membership;
mod pods;
mod quota;
mod readiness;
mod sandbox;
mod similar;
mod template;
mod template_file;
mod toleration_fix;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::requests::RequestGates;
use crate::api::time::Timestamp;
use crate::config::SchedulerConfig;
use crate::decode::autoscaling::status::Status;
use crate::framework::PluginRejection;
use crate::scheduler::Scheduler;
use crate::state::pod::PodId;
use crate::state::{Cluster, NodeId};

pub use change::Change;
pub use flags::{FlagError, Flags};
pub use groups::{NodeGroup, Skip, reasons, short};
pub use pods::PodOutcome;
pub use quota::ExceededQuota;
pub(in crate::node_groups) use quota::VALID;
pub use similar::Growth;
pub use template::{From, TEMPLATE_LABEL, Template};
pub use template_file::TemplateFile;
pub use toleration_fix::{TolerationFix, toleration_fixes};

use estimate::Estimate;
use expander::Choice;
use pods::Equivalence;
use readiness::Judge;
use sandbox::Sandbox;

/// What the user says beside the state.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The autoscaler's flags.
    pub flags: Flags,
    /// A label whose value is the id of a node's group.
    pub group_label: Option<Name>,
    /// Templates that somebody saved.
    pub templates: TemplateFile,
    /// The ConfigMap with the status, where it is not the usual one.
    pub status: Option<ObjectKey>,
    /// A node label with the price of a node, for the expander `price`.
    pub price_label: Option<Name>,
    /// The pods that are asked about were tried in a simulation, and no others; of groups that are as good the first by id
    /// grows.
    pub simulated: bool,
}

/// What a template says of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupVerdict {
    /// It would take the pod.
    Fits,
    /// It would not.
    Refuses(PluginRejection),
    /// There is no template.
    Unknown,
}

/// What came of the loop for one pod.
#[derive(Clone, Debug)]
pub struct PodAnswer {
    /// What became of it.
    pub outcome: PodOutcome,
    /// What the group's templates say of it, in the order of the groups; empty for pods that found a node.
    pub verdicts: Vec<GroupVerdict>,
    /// The event that the pod gets, or would get in a loop in which no group grows.
    pub event: Option<LoopEvent>,
}

/// An event about a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopEvent {
    /// `NotTriggerScaleUp` or `TriggeredScaleUp`.
    pub reason: &'static str,
    /// Its message.
    pub message: String,
    /// Of `NotTriggerScaleUp`: how many groups gave each reason.
    pub counts: BTreeMap<String, usize>,
    /// Whether this loop sends it.
    pub sent: bool,
}

/// A whole loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// When the status was written.
    pub status_time: Option<Timestamp>,
    /// The groups.
    pub groups: Vec<NodeGroup>,
    /// What came of each pending pod.
    pub pods: FxHashMap<PodId, PodAnswer>,
    /// The groups that could grow, with how many nodes for how many pods.
    pub options: Vec<GroupOption>,
    /// Places in [`Loop::options`] of those among which the choice is drawn; one means that it is not.
    pub best: Vec<usize>,
    /// The expander that would decide among those, by what the state does not have.
    pub undecided_by: Option<String>,
    /// The groups that grow.
    pub growths: Vec<Growth>,
    /// Whether the cluster counts as unhealthy: then no pod is looked at.
    pub unhealthy: bool,
    /// Whether the limit of nodes in the cluster is reached: then no group is asked.
    pub at_node_limit: bool,
    /// Whether the cloud describes new nodes of its groups to the autoscaler, which no state shows.
    pub cloud_templates: bool,
    /// What is not known, in sentences.
    pub notes: Vec<String>,
}

/// A group that could grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOption {
    /// The group.
    pub group: usize,
    /// How many nodes.
    pub nodes: i64,
    /// For which pods.
    pub pods: Vec<PodId>,
}

/// Runs the loop at the time `now`. None where the state has no readable status of an autoscaler. The pods of `asked`
/// take part as if kube-scheduler had tried them in vain, also those that no API server knows.
pub fn run(
    scheduler: &Scheduler,
    cluster: &Cluster,
    options: &Options,
    gates: RequestGates,
    asked: &[PodId],
    now: Timestamp,
) -> Option<Loop> {
    run_changed(scheduler, cluster, options, gates, asked, now, &[])
}

/// The same after changes of groups.
pub fn run_changed(
    scheduler: &Scheduler,
    cluster: &Cluster,
    options: &Options,
    gates: RequestGates,
    asked: &[PodId],
    now: Timestamp,
    changes: &[Change],
) -> Option<Loop> {
    let status = &*change::changed(cluster.autoscaling.readable_status(options.status)?, changes);
    // The autoscaler has the filters of a default profile, whatever the setting of kube-scheduler (`simulator/framework`).
    let behaviour = scheduler.behaviour().clone();
    let filters = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
    Some(Run::new(&filters, cluster, status, options, gates, now).finish(cluster, asked))
}

struct Run<'s> {
    sandbox: Sandbox<'s>,
    status: &'s Status,
    options: &'s Options,
    cloud: cloud::Cloud,
    gates: RequestGates,
    now: Timestamp,
    groups: Vec<NodeGroup>,
    membership: membership::Membership,
    /// The nodes of the snapshot that stand for nodes under way, and their groups.
    upcoming: FxHashMap<NodeId, usize>,
    notes: Vec<String>,
}

impl<'s> Run<'s> {
    fn new(
        filters: &'s Scheduler,
        cluster: &Cluster,
        status: &'s Status,
        options: &'s Options,
        gates: RequestGates,
        now: Timestamp,
    ) -> Self {
        let ids: Vec<Name> = status.groups.iter().map(|group| group.name).collect();
        let cloud = cloud::Cloud::of(options.flags.cloud_provider.as_deref(), ids.iter().map(Name::as_str), cluster);
        let membership = membership::Membership::of(cluster, &ids, options.group_label);
        Self {
            sandbox: Sandbox::new(filters, cluster.clone(), now),
            status,
            options,
            cloud,
            gates,
            now,
            groups: Vec::new(),
            membership,
            upcoming: FxHashMap::default(),
            notes: Vec::new(),
        }
    }

    fn judge(&self) -> Judge<'s> {
        Judge { flags: &self.options.flags, cloud: self.cloud, now: self.now }
    }

    fn finish(mut self, original: &Cluster, asked: &[PodId]) -> Loop {
        for node in &self.membership.ambiguous {
            self.notes
                .push(format!("node {node} belongs to more than one node group by its labels; it counts for none"));
        }
        for group in self.status.groups.iter().filter(|group| group.scale_up == "InProgress") {
            self.notes.push(format!(
                "{}: a scale-up is under way, and then the status does not say whether the group is in backoff, too",
                short(&group.name)
            ));
        }
        let sorted = pods::sort(original, self.options, asked);
        self.enter(&sorted);
        self.groups = groups::of(&self);
        let mut answers = Loop {
            status_time: self.status.time,
            groups: Vec::new(),
            pods: FxHashMap::default(),
            options: Vec::new(),
            best: Vec::new(),
            undecided_by: None,
            growths: Vec::new(),
            unhealthy: self.status.unhealthy,
            at_node_limit: false,
            cloud_templates: self.cloud != cloud::Cloud::ClusterApi,
            notes: Vec::new(),
        };
        for (pod, outcome) in &sorted.outside {
            answers.pods.insert(*pod, PodAnswer { outcome: *outcome, verdicts: Vec::new(), event: None });
        }
        if self.status.unhealthy {
            for pod in &sorted.candidates {
                let unhealthy = PodAnswer { outcome: PodOutcome::ClusterUnhealthy, verdicts: Vec::new(), event: None };
                answers.pods.insert(*pod, unhealthy);
            }
        } else {
            self.add_upcoming();
            let left = self.fit_existing(&sorted.candidates, &mut answers);
            self.scale_up(left, &mut answers);
        }
        if !self.status.unhealthy {
            self.add_verdicts(&mut answers);
        }
        answers.groups = self.groups;
        answers.notes = self.notes;
        answers
    }

    /// Verdicts of the groups' templates, also for pods that are not looked at: what would be, if they were. Of twins it
    /// is drawn which finds a node; a verdict on one of them is a verdict on all.
    fn add_verdicts(&mut self, answers: &mut Loop) {
        let pods: Vec<(PodId, PodOutcome)> = answers.pods.iter().map(|(pod, answer)| (*pod, answer.outcome)).collect();
        let (open, placed): (Vec<_>, Vec<_>) = pods.into_iter().partition(|(_, outcome)| !outcome.is_placed());
        for (pod, _) in open {
            let lifted = self.sandbox.cluster_mut().lift(pod);
            let verdicts = self.verdicts(pod);
            self.sandbox.cluster_mut().restore(lifted);
            if let Some(answer) = answers.pods.get_mut(&pod) {
                answer.verdicts = verdicts;
            }
        }
        for (pod, _) in placed {
            let cluster = self.sandbox.cluster();
            let is_twin = |(other, answer): &(&PodId, &PodAnswer)| {
                !answer.outcome.is_placed() && pods::are_similar(cluster, **other, pod)
            };
            let twin = answers.pods.iter().find(is_twin).map(|(_, answer)| answer.verdicts.clone());
            if let (Some(answer), Some(verdicts)) = (answers.pods.get_mut(&pod), twin) {
                answer.verdicts = verdicts;
            }
        }
    }

    /// The state as the autoscaler's snapshot has it: without running pods that are expendable, and with nominated pods
    /// on their nodes (SetClusterState).
    fn enter(&mut self, sorted: &pods::Sorted) {
        let cluster = self.sandbox.cluster_mut();
        for pod in &sorted.expendable_running {
            cluster.forget(*pod);
        }
        for pod in &sorted.nominated {
            let node = cluster.set_nomination(*pod, None).and_then(|node| cluster.node_named(node)).map(|node| node.id);
            if let Some(node) = node {
                cluster.assume(*pod, node);
            }
        }
    }

    /// Nodes under way are there already for the simulation, in place of those that have not started (RunOnce,
    /// GetUpcomingNodes).
    fn add_upcoming(&mut self) {
        let mut starting: Vec<Name> = Vec::new();
        for (place, group) in self.groups.iter().enumerate().filter(|(_, group)| group.upcoming > 0) {
            if group.template.is_none() {
                continue;
            }
            let judge = self.judge();
            let members = self.sandbox.cluster().nodes().iter();
            let members = members.filter(|node| self.membership.group_of(node.name()) == Some(place));
            starting.extend(members.filter(|node| judge.is_starting(&node.node)).map(crate::state::NodeInfo::name));
        }
        for node in starting {
            let edit = crate::edit::Edit::RemoveNode { node };
            // Nothing of the sandbox is undone beyond this point.
            drop(edit.apply(self.sandbox.cluster_mut(), self.gates));
        }
        for (place, group) in self.groups.iter().enumerate() {
            let Some(template) = &group.template else { continue };
            for index in 0..group.upcoming {
                let called = name(&format!("template-node-for-{}-upcoming-{index}", group.id));
                let node = self.sandbox.add(&template.built, called);
                self.upcoming.insert(node, place);
            }
        }
    }

    /// Pods that fit a node that is there or under way are put on it, the most important first
    /// (`podlistprocessor/filter_out_schedulable.go`).
    fn fit_existing(&mut self, candidates: &[PodId], answers: &mut Loop) -> Vec<PodId> {
        let mut ordered = candidates.to_vec();
        ordered.sort_by_key(|pod| std::cmp::Reverse(self.sandbox.cluster().pod(*pod).priority()));
        let mut refused: Vec<PodId> = Vec::new();
        let mut left = Vec::new();
        let count = self.sandbox.cluster().nodes().len() as u32;
        let mut start = 0;
        for pod in ordered {
            let known = refused.iter().any(|other| pods::are_similar(self.sandbox.cluster(), *other, pod));
            let nodes = (start..count).chain(0..start).map(NodeId);
            let found = if known { None } else { self.sandbox.place_on_any(pod, nodes) };
            let Some(node) = found else {
                if !known {
                    refused.push(pod);
                }
                left.push(pod);
                continue;
            };
            start = if count == 0 { 0 } else { (node.0 + 1) % count };
            let outcome = match self.upcoming.get(&node) {
                Some(group) => PodOutcome::FitsUpcoming(*group),
                None => PodOutcome::FitsExisting(self.sandbox.cluster().node(node).name()),
            };
            answers.pods.insert(pod, PodAnswer { outcome, verdicts: Vec::new(), event: None });
        }
        left
    }

    /// What the templates say of a pod in the state as it is.
    fn verdicts(&mut self, pod: PodId) -> Vec<GroupVerdict> {
        let groups = self.groups.len();
        (0..groups).map(|group| self.verdict(pod, group)).collect()
    }

    /// SchedulablePodGroups, for one pod and one group.
    fn verdict(&mut self, pod: PodId, group: usize) -> GroupVerdict {
        let Some((id, template)) = self.groups.get(group).and_then(|group| Some((group.id, group.template.as_ref()?)))
        else {
            return GroupVerdict::Unknown;
        };
        let mark = self.sandbox.mark();
        let node = self.sandbox.add(&template.built, name(&format!("template-node-for-{id}")));
        let checked = self.sandbox.check(pod, node);
        self.sandbox.rollback(mark);
        match checked {
            Ok(()) => GroupVerdict::Fits,
            Err(rejection) => GroupVerdict::Refuses(rejection),
        }
    }

    fn scale_up(&mut self, left: Vec<PodId>, answers: &mut Loop) {
        let flags = &self.options.flags;
        let put = |answers: &mut Loop, pods: &[PodId], outcome: PodOutcome| {
            for pod in pods {
                answers.pods.insert(*pod, PodAnswer { outcome, verdicts: Vec::new(), event: None });
            }
        };
        let is_daemon = |pod: &PodId| template::is_daemon_set_pod(self.sandbox.cluster().pod(*pod));
        let (daemons, left): (Vec<PodId>, Vec<PodId>) = left.into_iter().partition(is_daemon);
        put(answers, &daemons, PodOutcome::DaemonSet);
        // provreq/pods_filter.go, which builder/clients.go adds behind the others where the flag is on.
        let consumes = |pod: &PodId| {
            flags.provisioning_requests
                && self.sandbox.cluster().pod(*pod).own.annotated().provisioning_request.is_some()
        };
        let (consuming, left): (Vec<PodId>, Vec<PodId>) = left.into_iter().partition(consumes);
        put(answers, &consuming, PodOutcome::ConsumesProvisioningRequest);
        let is_young = |pod: &PodId| pods::is_young(self.sandbox.cluster().pod(*pod), flags, self.now);
        let (young, left): (Vec<PodId>, Vec<PodId>) = left.into_iter().partition(is_young);
        put(answers, &young, PodOutcome::TooYoung);
        if left.is_empty() {
            return;
        }
        let judge = self.judge();
        let nodes: Vec<crate::decode::node::Node> =
            self.sandbox.cluster().nodes().iter().map(|node| (*node.node).clone()).collect();
        let real = nodes.iter().filter(|node| !self.is_upcoming(node.name));
        let ready = real.filter(|node| judge.is_ready_and_schedulable(node)).count() as i64;
        if flags.max_nodes_total > 0 && ready >= flags.max_nodes_total {
            answers.at_node_limit = true;
            put(answers, &left, PodOutcome::NotTriggered);
            for pod in &left {
                if let Some(answer) = answers.pods.get_mut(pod) {
                    answer.event = Some(not_triggered("max total nodes in cluster reached", BTreeMap::new(), true));
                }
            }
            return;
        }
        if flags.bypassed_schedulers.is_empty() && pods::all_are_new(self.sandbox.cluster(), &left, self.now) {
            put(answers, &left, PodOutcome::Waiting);
            return;
        }
        let template_gpus = |group: usize| -> Result<Option<i64>, quota::Failed> { self.template_gpus(group) };
        let members = nodes.iter().map(|node| (node, self.group_of_snapshot(node.name)));
        let Ok(mut quota) = quota::Quota::of(self.sandbox.cluster(), flags, judge, members, &template_gpus) else {
            put(answers, &left, PodOutcome::NotTriggered);
            self.notes.push(
                "the autoscaler cannot count the GPUs of a node that has none yet; until it has, no node group grows and \
                 no pod gets an event"
                    .to_owned(),
            );
            return;
        };
        let checks: Vec<Option<Result<Vec<ExceededQuota>, quota::Failed>>> = self
            .groups
            .iter()
            .enumerate()
            .map(|(place, group)| {
                let template = group.template.as_ref().filter(|_| group.skip.is_none())?;
                Some(quota.check(judge, &template.built.node, place, 1, &template_gpus).map(|(_, exceeded)| exceeded))
            })
            .collect();
        for (group, check) in self.groups.iter_mut().zip(checks) {
            match check {
                Some(Ok(exceeded)) if !exceeded.is_empty() => group.skip = Some(Skip::Quota(exceeded)),
                Some(Err(_)) => group.skip = Some(Skip::NotReady),
                _ => {}
            }
        }
        let equivalences = pods::equivalences(self.sandbox.cluster(), &left);
        self.choose(&equivalences, nodes.len() as i64, &mut quota, answers);
    }

    fn is_upcoming(&self, node: Name) -> bool {
        self.sandbox.cluster().node_named(node).is_some_and(|node| self.upcoming.contains_key(&node.id))
    }

    fn group_of_snapshot(&self, node: Name) -> Option<usize> {
        let id = self.sandbox.cluster().node_named(node)?.id;
        self.upcoming.get(&id).copied().or_else(|| self.membership.group_of(node))
    }

    /// How many GPUs the provider says that a new node has. Only Cluster API's provider can be asked here.
    fn template_gpus(&self, group: usize) -> Result<Option<i64>, quota::Failed> {
        if self.cloud != cloud::Cloud::ClusterApi {
            return Ok(None);
        }
        let id = self.groups.get(group).map(|group| group.id).ok_or(quota::Failed)?;
        let template = cluster_api::template(self.sandbox.cluster(), &id, self.gates, None).ok_or(quota::Failed)?;
        Ok(quota::capacity_in_gpus(&template.node))
    }

    /// ComputeExpansionOption for each group, the expander's choice, and what comes of it for each pod.
    fn choose(&mut self, equivalences: &[Equivalence], node_count: i64, quota: &mut quota::Quota, answers: &mut Loop) {
        let samples: Vec<Vec<GroupVerdict>> =
            equivalences.iter().map(|group| group.sample().map(|pod| self.verdicts(pod)).unwrap_or_default()).collect();
        let asked: Vec<usize> =
            (0..self.groups.len()).filter(|place| self.groups.get(*place).is_some_and(NodeGroup::is_asked)).collect();
        let fits = |equivalence: usize, group: usize| {
            samples.get(equivalence).and_then(|verdicts| verdicts.get(group)) == Some(&GroupVerdict::Fits)
        };
        let mut choices: Vec<Choice> = Vec::new();
        for group in &asked {
            let pods: Vec<&[PodId]> = equivalences
                .iter()
                .enumerate()
                .filter(|(place, _)| fits(*place, *group))
                .map(|(_, equivalence)| equivalence.pods.as_slice())
                .collect();
            if pods.is_empty() {
                continue;
            }
            let similar = self.similar(*group, &asked, equivalences.len(), &fits);
            let Some(limit) = self.limit(*group, &similar, node_count) else { continue };
            let Some((id, template)) =
                self.groups.get(*group).and_then(|group| Some((group.id, group.template.clone()?)))
            else {
                continue;
            };
            let estimate = estimate::estimate(&mut self.sandbox, &pods, &template, &id, Some(limit));
            if estimate.nodes > 0 && !estimate.pods.is_empty() {
                choices.push(Choice { group: *group, estimate });
            }
        }
        let template = |group: usize| self.groups.get(group).and_then(|group| group.template.clone());
        let group_id = |group: usize| self.groups.get(group).map(|group| group.id);
        let cluster = self.sandbox.cluster();
        let basis = expander::Basis {
            cluster,
            price_label: self.options.price_label,
            priorities: cluster.autoscaling.priorities(self.options.status),
            id: &group_id,
            template: &template,
        };
        let (best, undecided) = expander::best(basis, &self.options.flags.expanders, &choices);
        let id = |place: &usize| choices.get(*place).and_then(|it| self.groups.get(it.group)).map(|group| group.id);
        let chosen = match best.as_slice() {
            [only] => choices.get(*only).cloned(),
            drawn if self.options.simulated => {
                drawn.iter().min_by_key(|place| id(place)).and_then(|place| choices.get(*place)).cloned()
            }
            _ => None,
        };
        let mut failed = false;
        if let Some(chosen) = &chosen {
            match self.growths(chosen, &asked, equivalences.len(), &fits, node_count, quota) {
                Some(growths) => answers.growths = growths,
                None => failed = true,
            }
        }
        let grows = !choices.is_empty();
        for (place, equivalence) in equivalences.iter().enumerate() {
            let helped = asked.iter().any(|group| fits(place, *group));
            for pod in &equivalence.pods {
                let outcome = Self::outcome(*pod, helped, chosen.as_ref(), &choices, &best, |group| fits(place, group));
                let event = match outcome {
                    PodOutcome::NotTriggered => {
                        Some(self.refusal_event(samples.get(place).map_or(&[], Vec::as_slice), !grows && !failed))
                    }
                    PodOutcome::Triggered if !failed => Some(self.growth_event(&answers.growths)),
                    _ => None,
                };
                answers.pods.insert(*pod, PodAnswer { outcome, verdicts: Vec::new(), event });
            }
        }
        answers.options = choices
            .into_iter()
            .map(|Choice { group, estimate: Estimate { nodes, pods } }| GroupOption { group, nodes, pods })
            .collect();
        answers.best = best;
        answers.undecided_by = undecided;
    }

    fn outcome(
        pod: PodId,
        helped: bool,
        chosen: Option<&Choice>,
        choices: &[Choice],
        best: &[usize],
        fits: impl Fn(usize) -> bool,
    ) -> PodOutcome {
        if !helped {
            return PodOutcome::NotTriggered;
        }
        match chosen {
            Some(chosen) if chosen.estimate.pods.contains(&pod) => PodOutcome::Triggered,
            Some(chosen) if !fits(chosen.group) => PodOutcome::AwaitsEvaluation,
            Some(_) => PodOutcome::HelpedLater,
            None if choices.is_empty() => PodOutcome::HelpedLater,
            None => {
                let best = best.iter().filter_map(|place| choices.get(*place));
                let mut offered = best.filter(|choice| choice.estimate.pods.contains(&pod) || fits(choice.group));
                if offered.next().is_some() { PodOutcome::Option } else { PodOutcome::AwaitsEvaluation }
            }
        }
    }

    /// ComputeSimilarNodeGroups.
    fn similar(
        &self,
        group: usize,
        asked: &[usize],
        equivalences: usize,
        fits: &impl Fn(usize, usize) -> bool,
    ) -> Vec<usize> {
        let flags = &self.options.flags;
        if !flags.balance_similar {
            return Vec::new();
        }
        let template = |group: usize| self.groups.get(group)?.template.as_ref();
        let Some(own) = template(group) else { return Vec::new() };
        let takes_as_many =
            |other: usize| (0..equivalences).all(|equivalence| !fits(equivalence, group) || fits(equivalence, other));
        let others = asked.iter().copied().filter(|other| *other != group);
        others
            .filter(|other| template(*other).is_some_and(|other| similar::similar(flags, self.cloud, own, other)))
            .filter(|other| takes_as_many(*other))
            .collect()
    }

    /// How many nodes may be added while packing; none where not one may (threshold_based_limiter.go).
    fn limit(&self, group: usize, similar: &[usize], node_count: i64) -> Option<i64> {
        let flags = &self.options.flags;
        let room = |group: &usize| self.groups.get(*group).map_or(0, |group| (group.max - group.target).max(0));
        let own: i64 = std::iter::once(&group).chain(similar).map(room).sum();
        let mut limit = own;
        if flags.max_nodes_per_scale_up > 0 {
            limit = limit.min(flags.max_nodes_per_scale_up);
        }
        if flags.max_nodes_total > 0 {
            limit = limit.min(flags.max_nodes_total - node_count);
        }
        (limit > 0).then_some(limit)
    }

    /// The groups that grow (prepareScaleUp); none where the limit of nodes leaves not one, which is an error.
    fn growths(
        &self,
        chosen: &Choice,
        asked: &[usize],
        equivalences: usize,
        fits: &impl Fn(usize, usize) -> bool,
        node_count: i64,
        quota: &mut quota::Quota,
    ) -> Option<Vec<Growth>> {
        let mut nodes = chosen.estimate.nodes;
        let total = self.options.flags.max_nodes_total;
        if total > 0 && nodes + node_count > total {
            nodes = total - node_count;
            if nodes < 1 {
                return None;
            }
        }
        let template = self.groups.get(chosen.group)?.template.as_ref()?;
        let gpus = |group: usize| self.template_gpus(group);
        let (allowed, _) = quota.check(self.judge(), &template.built.node, chosen.group, nodes, &gpus).ok()?;
        let similar = self.similar(chosen.group, asked, equivalences, fits);
        let sizes: Vec<(usize, i64, i64)> = std::iter::once(chosen.group)
            .chain(similar)
            .filter_map(|group| self.groups.get(group).map(|it| (group, it.target, it.max)))
            .collect();
        Some(similar::balance(&sizes, allowed))
    }

    /// What `NotTriggerScaleUp` counts: the refusals of groups that were asked, the reasons of those that were not
    /// (GetRemainingPods, ReasonsMessage).
    fn refusal_event(&self, verdicts: &[GroupVerdict], sent: bool) -> LoopEvent {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (group, verdict) in self.groups.iter().zip(verdicts) {
            let simulated = self.options.flags.simulates_skipped && matches!(verdict, GroupVerdict::Refuses(_));
            let reasons = match (&group.skip, verdict) {
                (Some(Skip::NoTemplate(false)), _) => Vec::new(),
                (Some(skip), _) if !simulated => skip.reasons(),
                (_, GroupVerdict::Refuses(rejection)) => groups::reasons(rejection),
                _ => Vec::new(),
            };
            for reason in reasons {
                *counts.entry(reason).or_default() += 1;
            }
        }
        let parts: Vec<String> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        not_triggered(&parts.join(", "), counts, sent)
    }

    fn growth_event(&self, growths: &[Growth]) -> LoopEvent {
        let id = |group: usize| self.groups.get(group).map(|group| group.id).unwrap_or_default();
        let parts: Vec<String> =
            growths.iter().map(|it| format!("{{{} {}->{} (max: {})}}", id(it.group), it.from, it.to, it.max)).collect();
        let message = format!("pod triggered scale-up: [{}]", parts.join(" "));
        LoopEvent { reason: "TriggeredScaleUp", message, counts: BTreeMap::new(), sent: true }
    }
}

fn not_triggered(why: &str, counts: BTreeMap<String, usize>, sent: bool) -> LoopEvent {
    let message = format!("pod didn't trigger scale-up: {why}");
    LoopEvent { reason: "NotTriggerScaleUp", message, counts, sent }
}

impl Loop {
    /// What became of the twins of a pod, itself included: pods of one controller that are alike.
    pub fn outcomes(&self, cluster: &Cluster, pod: PodId) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for (other, answer) in &self.pods {
            if *other == pod || pods::are_similar(cluster, *other, pod) {
                *counts.entry(answer.outcome.as_str()).or_default() += 1;
            }
        }
        counts
    }

    /// How old the status is, in seconds.
    pub fn status_age(&self, now: Timestamp) -> Option<i64> {
        Some(now.0.saturating_sub(self.status_time?.0).max(0))
    }
}
