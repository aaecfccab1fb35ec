//! A scheduler: every profile of a configuration with its plugins built, ready to be asked.
//!
//! The one way in which all commands run a cycle, so that they agree by construction.

use std::collections::BTreeSet;

use crate::api::Timestamp;
use crate::api::UpstreamError;
use crate::config::{Behaviour, Profile, SchedulerConfig};
use crate::framework::cache::Common;
use crate::framework::extender::{Extender, Transport};
use crate::framework::placement::{Current, Placement};
use crate::framework::sampling::ComparedNodes;
use crate::framework::totals::{self, Totals};
use crate::framework::{
    Code, Cycle, CycleCache, Depth, Framework, NotEvaluated, Notes, Permit, PermitPlugin, Plugin, PluginRejection,
    Rejection, Turns, cycle, group_notes, prepared, reserve, sampling,
};
use crate::plugins;
use crate::state::pod::PodId;
use crate::state::{Cluster, Lifted, NodeId, Pod, Take};

/// Profiles by scheduler name, ready to run cycles.
pub struct Scheduler {
    config: SchedulerConfig,
    behaviour: Behaviour,
    profiles: Vec<(Profile, Vec<Box<dyn Plugin>>)>,
    extenders: Vec<Extender>,
}

/// The nodes that a cycle looks at.
#[derive(Clone, Copy)]
struct Looked<'a> {
    /// How many of the feasible ones are compared.
    compared: ComparedNodes,
    /// Only these, if set.
    within: Option<&'a BTreeSet<NodeId>>,
}

impl Scheduler {
    /// Builds the plugins of every profile. Extenders are not asked: every placement tells of it.
    pub fn new(config: SchedulerConfig, behaviour: Behaviour) -> Self {
        let profiles =
            config.profiles.iter().map(|profile| (profile.clone(), plugins::build(profile, &behaviour))).collect();
        let extenders = config.extenders.iter().cloned().map(Extender::unasked).collect();
        Self { config, behaviour, profiles, extenders }
    }

    /// Lets the extenders of the configuration be asked, each through its transport
    /// ([`crate::framework::extender::http::connect`]). What they are sent must have been kept
    /// ([`crate::state::ClusterBuilder::keep_raw`]).
    #[must_use]
    pub fn with_extenders(mut self, transports: Vec<Box<dyn Transport>>) -> Self {
        let configs = self.config.extenders.iter().cloned();
        self.extenders =
            configs.zip(transports).map(|(config, transport)| Extender::asked(config, transport)).collect();
        self
    }

    /// Why extenders are not asked, for the notes of every placement.
    #[must_use]
    pub fn not_asking_extenders(mut self, why: &'static str) -> Self {
        self.extenders.iter_mut().for_each(|extender| extender.because(why));
        self
    }

    /// The configuration it was made from.
    pub fn config(&self) -> &SchedulerConfig {
        &self.config
    }

    /// Version and feature gates.
    pub fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// The profile that answers to the pod's scheduler name, ready to run.
    pub fn framework_for(&self, pod: &Pod) -> Option<(&Profile, Framework<'_>)> {
        let (profile, plugins) = self.profile_for(pod)?;
        Some((profile, self.framework(profile, plugins)))
    }

    fn profile_for(&self, pod: &Pod) -> Option<(&Profile, &[Box<dyn Plugin>])> {
        let name = pod.spec().scheduler_name();
        let (profile, plugins) = self.profiles.iter().find(|(profile, _)| profile.scheduler_name == name)?;
        Some((profile, plugins))
    }

    fn framework<'a>(&'a self, profile: &Profile, plugins: &'a [Box<dyn Plugin>]) -> Framework<'a> {
        let mut framework = Framework::new(profile, plugins).with_extenders(&self.extenders);
        framework.percentage_of_nodes_to_score = self.percentage(profile);
        framework.parallelism = self.config.parallelism;
        framework
    }

    /// Runs one cycle for a pending pod of `cluster`, at the time `now`.
    pub fn schedule(&self, cluster: &Cluster, pod: PodId, now: Timestamp) -> Placement {
        self.cycle(cluster, pod, now, Depth::Everything, ComparedNodes::All)
    }

    /// The same as far as it decides where the pod goes: without the words of filters behind the
    /// first that rejects, and without PostFilter.
    pub fn decide(&self, cluster: &Cluster, pod: PodId, now: Timestamp) -> Placement {
        self.cycle(cluster, pod, now, Depth::Decision, ComparedNodes::All)
    }

    /// The same, of a scheduler that begins at `start` in the order of its node tree and stops at enough feasible
    /// nodes: only those are scored.
    pub fn decide_from(&self, cluster: &Cluster, pod: PodId, now: Timestamp, start: usize) -> Placement {
        self.cycle(cluster, pod, now, Depth::Decision, ComparedNodes::From(start))
    }

    /// The same for a pod that fits nowhere, with PostFilter's result: which pods could be preempted.
    pub fn preempt(&self, cluster: &Cluster, pod: PodId, now: Timestamp) -> Placement {
        self.cycle(cluster, pod, now, Depth::Preemption, ComparedNodes::All)
    }

    fn cycle(&self, cluster: &Cluster, pod: PodId, now: Timestamp, depth: Depth, compared: ComparedNodes) -> Placement {
        self.cycle_of(cluster, pod, now, depth, Looked { compared, within: None })
    }

    /// A cycle on the nodes of `within` only, if that is set: the placement in which a group of pods is tried.
    pub fn cycle_within(
        &self,
        cluster: &Cluster,
        pod: PodId,
        now: Timestamp,
        depth: Depth,
        within: Option<&BTreeSet<NodeId>>,
    ) -> Placement {
        self.cycle_of(cluster, pod, now, depth, Looked { compared: ComparedNodes::All, within })
    }

    fn cycle_of(&self, cluster: &Cluster, pod: PodId, now: Timestamp, depth: Depth, looked: Looked<'_>) -> Placement {
        let Looked { compared, within } = looked;
        let pod = cluster.pod(pod);
        let Some((profile, plugins)) = self.profile_for(pod) else {
            return no_profile(pod);
        };
        let notes = Notes::default();
        note_what_is_outside(profile, plugins, &self.behaviour, &notes);
        group_notes::add(cluster, pod, &self.behaviour, &notes);
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        let mut framework = self.framework(profile, plugins);
        framework.compared = compared;
        let mut placement = cycle::run_within(&framework, cycle, depth, within);
        let basis = match (compared, &placement.sampling) {
            (ComparedNodes::From(_), _) => sampling::SamplingBasis::Drawn,
            (ComparedNodes::All, Some(_)) => sampling::SamplingBasis::Counted,
            (ComparedNodes::All, None) => sampling::SamplingBasis::All,
        };
        let (nodes, feasible) = (placement.nodes.len(), placement.feasible().count());
        placement.not_evaluated.extend(sampling::note(nodes, feasible, self.percentage(profile), basis));
        placement
    }

    /// The feasible nodes of a pending pod by a cycle that writes down nothing but sums of scores, and what could not be
    /// judged. None where only a whole cycle can answer ([`totals::find`]).
    pub fn totals(
        &self,
        cluster: &Cluster,
        pod: PodId,
        now: Timestamp,
        common: &mut Common,
    ) -> Option<(Totals, Vec<NotEvaluated>)> {
        let pod = cluster.pod(pod);
        let (profile, plugins) = self.profile_for(pod)?;
        let notes = Notes::default();
        note_what_is_outside(profile, plugins, &self.behaviour, &notes);
        group_notes::add(cluster, pod, &self.behaviour, &notes);
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        let found = totals::find(&self.framework(profile, plugins), cycle, &mut common.shared)?;
        let mut not_evaluated = notes.take();
        let all = sampling::SamplingBasis::All;
        not_evaluated.extend(sampling::note(cluster.nodes().len(), found.nodes.len(), self.percentage(profile), all));
        Some((found, not_evaluated))
    }

    /// What keeps `pod` out of the active queue; nothing does for a pod that no profile answers to.
    pub fn pre_enqueue(&self, cluster: &Cluster, pod: PodId, now: Timestamp) -> Option<PluginRejection> {
        let pod = cluster.pod(pod);
        let (_, framework) = self.framework_for(pod)?;
        let notes = Notes::default();
        cycle::pre_enqueue(&framework, Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes })
    }

    /// What a Permit plugin says of `pod`, which is on its node in `cluster`.
    pub fn permit(&self, plugin: &dyn PermitPlugin, cluster: &Cluster, pod: PodId, now: Timestamp) -> Permit {
        let notes = Notes::default();
        plugin.permit(Cycle { cluster, pod: cluster.pod(pod), behaviour: &self.behaviour, now, notes: &notes })
    }

    /// Whether a pending pod may go to `node`, by all filters but those of `skipped`.
    pub fn fits_on(
        &self,
        cluster: &Cluster,
        pod: PodId,
        node: NodeId,
        skipped: &[&'static str],
        now: Timestamp,
    ) -> bool {
        let pod = cluster.pod(pod);
        let Some((_, framework)) = self.framework_for(pod) else { return false };
        let notes = Notes::default();
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        let prepared = prepared::pre_filter(&framework, cycle);
        let rejected = prepared.rejection.is_some();
        !rejected && prepared.filters.without(skipped).run_with_nominated(cycle, cluster.node(node)).is_ok()
    }

    /// What PreFilter and Filter of the first profile say of a pod on `node`, whatever scheduler the pod names and
    /// regardless of nominated pods: how others than kube-scheduler ask its filters.
    ///
    /// # Errors
    /// The first no; without reasons where PreFilter left the node out by its name.
    pub fn filter_on(
        &self,
        cluster: &Cluster,
        pod: PodId,
        node: NodeId,
        now: Timestamp,
    ) -> Result<(), PluginRejection> {
        self.first_fit(cluster, pod, now, std::iter::once(node))
            .map(|_| ())
            .map_err(|no| no.unwrap_or_else(no_profile_at_all))
    }

    /// The first of `nodes` on which PreFilter and Filter of the first profile let the pod be.
    ///
    /// # Errors
    /// What was said of the last of them; none where there are no nodes.
    pub fn first_fit(
        &self,
        cluster: &Cluster,
        pod: PodId,
        now: Timestamp,
        nodes: impl Iterator<Item = NodeId>,
    ) -> Result<NodeId, Option<PluginRejection>> {
        let pod = cluster.pod(pod);
        let Some((profile, plugins)) = self.profiles.first() else { return Err(None) };
        let framework = self.framework(profile, plugins);
        let notes = Notes::default();
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        let prepared = prepared::pre_filter(&framework, cycle);
        if let Some(rejection) = prepared.rejection {
            return Err(Some(rejection));
        }
        let mut last = None;
        for id in nodes {
            let node = cluster.node(id);
            if !prepared.considers(node.name()) {
                let plugin = prepared.narrowed_by.first().copied();
                let rejection = Rejection { code: Code::UnschedulableAndUnresolvable, reasons: Vec::new() };
                last = Some(PluginRejection { plugin, rejection });
                continue;
            }
            match prepared.filters.run(node) {
                Ok(()) => return Ok(id),
                Err(rejection) => last = Some(rejection),
            }
        }
        Err(last)
    }

    /// The devices that the pod's claims would be given on `node`, by the first profile.
    ///
    /// # Errors
    /// A Reserve plugin's failure, in upstream's words.
    pub fn reserve_on(&self, cluster: &Cluster, pod: PodId, node: NodeId, now: Timestamp) -> Result<Vec<Take>, String> {
        let pod = cluster.pod(pod);
        let Some((profile, plugins)) = self.profiles.first() else { return Ok(Vec::new()) };
        let notes = Notes::default();
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        let placement = Placement::empty(pod.key(), pod.id, profile.scheduler_name);
        reserve::reserve(&self.framework(profile, plugins), cycle, &placement, cluster.node(node))
            .map_err(|error| error.to_string())
    }

    /// Percentage of nodes that a live scheduler scores at least; 0 adapts to their number.
    fn percentage(&self, profile: &Profile) -> i32 {
        profile.percentage_of_nodes_to_score.or(self.config.percentage_of_nodes_to_score).unwrap_or(0)
    }

    /// Runs the cycle of a pending pod and caches it for equal pods. None where it cannot be
    /// cached ([`CycleCache::new`]).
    pub fn cache_cycle(
        &self,
        cluster: &Cluster,
        pod: &Pod,
        now: Timestamp,
        common: &mut Common,
    ) -> Option<CachedCycle<'_>> {
        let (profile, plugins) = self.profile_for(pod)?;
        let notes = Notes::default();
        note_what_is_outside(profile, plugins, &self.behaviour, &notes);
        group_notes::add(cluster, pod, &self.behaviour, &notes);
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        let cache = CycleCache::new(&self.framework(profile, plugins), cycle, common)?;
        let sampling = self.percentage(profile);
        Some(CachedCycle {
            cache,
            notes: notes.take(),
            nodes: cluster.nodes().len(),
            sampling,
            notes_reported: false,
            sampling_reported: false,
        })
    }

    /// What the pod of `placement`, which is still pending in `cluster`, takes on `node`, one of its
    /// picks, beside the node's resources.
    ///
    /// # Errors
    /// A Reserve plugin's failure, in upstream's words.
    pub fn reserve(
        &self,
        cluster: &Cluster,
        placement: &Placement,
        node: NodeId,
        now: Timestamp,
    ) -> Result<Vec<Take>, UpstreamError> {
        let pod = cluster.pod(placement.pod_id);
        let Some((profile, plugins)) = self.profile_for(pod) else { return Ok(Vec::new()) };
        // What could not be judged was noted by the cycle itself.
        let notes = Notes::default();
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        reserve::reserve(&self.framework(profile, plugins), cycle, placement, cluster.node(node))
    }

    /// The same for a pod whose node a cached cycle found; `plugins` are those of it that reserve.
    ///
    /// # Errors
    /// A Reserve plugin's failure, in upstream's words.
    pub fn reserve_cached(
        &self,
        cluster: &Cluster,
        pod: PodId,
        node: NodeId,
        now: Timestamp,
        plugins: &[&'static str],
    ) -> Result<Vec<Take>, UpstreamError> {
        let pod = cluster.pod(pod);
        let Some((_, framework)) = self.framework_for(pod).filter(|_| !plugins.is_empty()) else {
            return Ok(Vec::new());
        };
        let notes = Notes::default();
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        reserve::reserve_by(&framework, cycle, &|plugin| plugins.contains(&plugin), cluster.node(node))
    }

    /// Explains a pod as if it were pending: one that runs somewhere is taken off its node for the cycle,
    /// and the answer names it. The state is as it was when this returns.
    pub fn explain(&self, cluster: &mut Cluster, pod: PodId, now: Timestamp) -> Placement {
        let lifted = cluster.lift(pod);
        let placement = self.explain_lifted(cluster, &lifted, now);
        cluster.restore(lifted);
        placement
    }

    /// The same for a pod that is off its node already, and stays so for more questions.
    pub fn explain_lifted(&self, cluster: &Cluster, lifted: &Lifted, now: Timestamp) -> Placement {
        let mut placement = self.schedule(cluster, lifted.pod, now);
        placement.current = lifted.node.map(|node| {
            let there = placement.nodes.iter().find(|n| n.name == node);
            Current {
                node,
                rank: there.and_then(|n| n.rank),
                feasible: there.is_some_and(crate::framework::NodePlacement::is_feasible),
            }
        });
        placement
    }
}

/// A cycle that is cached for pods equal to the one it was run for.
pub struct CachedCycle<'a> {
    /// Its answers.
    pub cache: CycleCache<'a>,
    /// What could not be judged.
    notes: Vec<NotEvaluated>,
    /// All nodes.
    nodes: usize,
    /// [`Scheduler::percentage`].
    sampling: i32,
    /// Whether the notes were reported.
    notes_reported: bool,
    /// Whether it was reported that the percentage matters.
    sampling_reported: bool,
}

impl CachedCycle<'_> {
    /// How many of the feasible nodes a live scheduler compares, if not all.
    pub fn stops_at(&self) -> Option<usize> {
        let compared = sampling::feasible_nodes_to_find(self.nodes, self.sampling);
        (compared < self.cache.feasible_nodes()).then_some(compared)
    }

    /// What the answer for a pod that found a node does not rest on, as far as it was not reported before.
    pub fn new_notes(&mut self, basis: sampling::SamplingBasis) -> Vec<NotEvaluated> {
        let reported = std::mem::replace(&mut self.notes_reported, true);
        let mut notes = if reported { Vec::new() } else { self.notes.clone() };
        if !self.sampling_reported {
            let sampled = sampling::note(self.nodes, self.cache.feasible_nodes(), self.sampling, basis);
            self.sampling_reported = sampled.is_some();
            notes.extend(sampled);
        }
        notes
    }

    /// Nothing counts as reported any more.
    pub fn reset_notes(&mut self) {
        self.notes_reported = false;
        self.sampling_reported = false;
    }
}

/// Gates that are on and not reproduced, and plugins that the profile enables and that are not here: those that are
/// not part of kube-scheduler, and those of versions after the one this program knows best.
fn note_what_is_outside(profile: &Profile, plugins: &[Box<dyn Plugin>], behaviour: &Behaviour, notes: &Notes) {
    for (gate, effect) in behaviour.not_reproduced().filter(|(gate, _)| *gate != group_notes::COMPOSITE) {
        notes.add(
            NotEvaluated::new(
                format!("feature gate {gate}"),
                "it is on, and kubectl sched does not reproduce it",
                effect,
            )
            .turning(Turns::Either),
        );
    }
    let judging = [&profile.pre_filter, &profile.filter, &profile.post_filter, &profile.pre_score, &profile.score];
    for enabled in judging.into_iter().flatten() {
        if !plugins.iter().any(|plugin| enabled.plugin == plugin.name()) {
            notes.add(
                NotEvaluated::new(
                    enabled.plugin.as_str(),
                    "kubectl sched does not implement this plugin yet",
                    "its filtering and scoring are missing from this answer",
                )
                .turning(Turns::Fits),
            );
        }
    }
    for plugin in &profile.out_of_tree {
        notes.add(
            NotEvaluated::new(
                plugin.plugin.as_str(),
                "the profile enables it, but it is not part of kube-scheduler",
                "its filtering and scoring are missing from this answer",
            )
            .turning(
                if profile.filter.iter().chain(&profile.pre_filter).any(|on| on.plugin == plugin.plugin) {
                    Turns::Fits
                } else {
                    Turns::Neither
                },
            ),
        );
    }
}

fn no_profile_at_all() -> PluginRejection {
    PluginRejection { plugin: None, rejection: Rejection::error("no profile") }
}

/// Upstream schedule_one.go, frameworkForPod: such a pod never enters the queue.
fn no_profile(pod: &Pod) -> Placement {
    let name = pod.spec().scheduler_name();
    let mut placement = Placement::empty(pod.key(), pod.id, name);
    placement.errors = vec![format!("profile not found for scheduler name \"{name}\"")];
    placement
}
