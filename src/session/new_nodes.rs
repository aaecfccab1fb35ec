//! The programs that make nodes, run again on the state when an answer is about new nodes.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::decode::autoscaling::process::split;
use crate::explain::Suggestion;
use crate::node_groups::cluster_autoscaler::{self, Change, Flags, Loop, Options, PodOutcome, TemplateFile};
use crate::node_groups::fates::Fates;
use crate::node_groups::karpenter::{self, InstanceTypeFile};
use crate::node_groups::maker::Maker;
use crate::node_groups::{ClusterAutoscalerAnswer, NewNodes, not_counted};
use crate::state::PodId;

use super::State;

/// What a state does not say of the programs that make nodes.
#[derive(Debug, Default)]
pub struct NewNodesSettings {
    /// The autoscaler's flags, where it does not run as a pod of the state.
    pub autoscaler_flags: Option<String>,
    /// A node label whose value is the id of the node's group.
    pub group_label: Option<Name>,
    /// What new nodes are like.
    pub templates: TemplateFile,
    /// The provider's catalogue, for Karpenter.
    pub types: Option<InstanceTypeFile>,
    /// The ConfigMap with the autoscaler's status, if it is not the usual one.
    pub status: Option<ObjectKey>,
}

/// The programs that make nodes, run when somebody asks.
pub struct NewNodesFinder {
    options: Options,
    run: OnceCell<Option<Arc<Loop>>>,
    karpenter: karpenter::Options,
    round: OnceCell<Option<karpenter::Run>>,
    /// Loops after a change of one group.
    changed: RefCell<Vec<(Change, Arc<Loop>)>>,
    pools: OnceCell<Option<karpenter::Overview>>,
    asked: Vec<PodId>,
    now: Timestamp,
    notes: Vec<String>,
}

impl NewNodesFinder {
    /// Over `state`, for the pods that are `asked` about, at the moment `now`.
    ///
    /// # Errors
    /// A flag whose value makes no sense.
    pub fn new(state: &State, asked: &[PodId], now: Timestamp, settings: NewNodesSettings) -> Result<Self, String> {
        let process = state.cluster.autoscaling.process.iter().flat_map(|process| process.flags.iter().cloned());
        let mut words: Vec<String> = process.collect();
        let known = Flags::parse(&words);
        let mut notes = Vec::new();
        if let Err(error) = known {
            notes.push(format!("the flags of the autoscaler's pod cannot be read: {error}"));
            words.clear();
        }
        words.extend(split(settings.autoscaler_flags.as_deref().unwrap_or_default()));
        let of_karpenter = karpenter::Flags::take(&mut words)?;
        let flags = Flags::parse(&words).map_err(|error| error.to_string())?;
        let NewNodesSettings { group_label, templates, types, status, .. } = settings;
        let options = Options { flags, group_label, templates, status, ..Options::default() };
        if let Some(Err(error)) = state.cluster.autoscaling.status(options.status).map(|status| &status.content) {
            notes.push(format!("the status of the Cluster Autoscaler cannot be read: {error}"));
        }
        notes.extend(not_counted::notes(&state.cluster, &options.flags));
        Ok(Self {
            options,
            run: OnceCell::new(),
            karpenter: karpenter::Options { flags: of_karpenter, types, ..karpenter::Options::default() },
            round: OnceCell::new(),
            changed: RefCell::default(),
            pools: OnceCell::new(),
            asked: asked.to_vec(),
            now,
            notes,
        })
    }

    /// What is known of the Cluster Autoscaler beside the state.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What is known of Karpenter beside the state.
    pub fn karpenter(&self) -> &karpenter::Options {
        &self.karpenter
    }

    /// The Cluster Autoscaler's loop; none where the state has no status of it.
    pub fn run(&self, state: &State) -> Option<Arc<Loop>> {
        let (scheduler, cluster, gates) = (&state.scheduler, &state.cluster, state.gates);
        let run = || cluster_autoscaler::run(scheduler, cluster, &self.options, gates, &self.asked, self.now);
        self.run.get_or_init(|| run().map(Arc::new)).clone()
    }

    /// Karpenter's round; none where nothing tells of Karpenter.
    pub fn round(&self, state: &State) -> Option<&karpenter::Run> {
        let round = || karpenter::Run::new(&state.cluster, &self.karpenter, &self.asked);
        self.round.get_or_init(round).as_ref()
    }

    /// Karpenter's pools.
    pub fn pools(&self, state: &State) -> Option<&karpenter::Overview> {
        self.pools.get_or_init(|| self.round(state).map(|round| round.overview(&state.cluster))).as_ref()
    }

    /// Changes of groups, by their place in `run`, after which the loop does something for the pod.
    fn fixes(&self, state: &State, run: &Loop, pod: PodId) -> Vec<(usize, Change, PodOutcome)> {
        if run.pods.get(&pod).is_none_or(|answer| answer.outcome != PodOutcome::NotTriggered) {
            return Vec::new();
        }
        let changes = Change::promising(run, pod).into_iter();
        let changes = changes.filter_map(|(place, change)| {
            let outcome = self.run_changed(state, change)?.pods.get(&pod)?.outcome;
            (outcome != PodOutcome::NotTriggered).then_some((place, change, outcome))
        });
        changes.collect()
    }

    fn run_changed(&self, state: &State, change: Change) -> Option<Arc<Loop>> {
        let known = self.changed.borrow().iter().find(|(known, _)| *known == change).map(|(_, run)| Arc::clone(run));
        if known.is_some() {
            return known;
        }
        let (scheduler, cluster, gates) = (&state.scheduler, &state.cluster, state.gates);
        let (asked, now) = (&self.asked, self.now);
        let run = cluster_autoscaler::run_changed(scheduler, cluster, &self.options, gates, asked, now, &[change])?;
        let run = Arc::new(run);
        self.changed.borrow_mut().push((change, Arc::clone(&run)));
        Some(run)
    }

    /// Who could make one more node like `node`.
    pub fn maker(&self, state: &State, node: Name) -> Option<Maker> {
        Maker::of(&state.cluster, self.run(state).as_deref(), self.pools(state), node)
    }

    /// Says of suggestions of one more node who could make it.
    pub fn name_makers<'s>(&self, state: &State, suggestions: impl Iterator<Item = &'s mut Suggestion>) {
        for suggestion in suggestions {
            let Some(like) = suggestion.one_more_like() else { continue };
            suggestion.maker = self.maker(state, like);
        }
    }

    /// What becomes of `pods`, which are pending for one reason; none where nobody makes nodes.
    pub fn fates(&self, state: &State, example: PodId, pods: &[PodId]) -> Option<Fates> {
        let example = self.find(state, example)?;
        Some(Fates::count(example, self.run(state).as_deref(), self.round(state), pods))
    }

    /// What of the state could not be read or was not counted, and which flag would say more, in sentences.
    pub fn notes(&self, state: &State) -> Vec<String> {
        let run = self.run(state);
        let groups = run.iter().flat_map(|run| &run.groups);
        let unknown =
            groups.filter(|group| group.registered > 0 && group.members.is_empty() && group.template.is_none());
        let unknown: Vec<&str> = unknown.map(|group| cluster_autoscaler::short(&group.id)).collect();
        let mut notes = self.notes.clone();
        if !unknown.is_empty() {
            notes.push(format!(
                "which nodes belong to {} is not known: --node-group-label names a label whose value is the id of a node's \
                 group, --node-group-templates a file that says what new nodes are like",
                unknown.join(", ")
            ));
        }
        notes
    }

    /// The moment of the question.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Which tolerations would make a group grow for the pod that was asked about; each is tried on the changed state.
    pub fn try_tolerations(&self, state: &mut State, found: &mut NewNodes) {
        let Some(found) = &mut found.cluster_autoscaler else { return };
        let (scheduler, cluster) = (&state.scheduler, &mut state.cluster);
        let (options, asked, now) = (&self.options, &self.asked, self.now);
        found.tolerations =
            cluster_autoscaler::toleration_fixes(scheduler, cluster, options, asked, now, &found.run, found.pod);
    }

    /// What would be made for a pod; none where the state shows nobody who makes nodes.
    pub fn find(&self, state: &State, pod: PodId) -> Option<NewNodes> {
        let run = self.run(state);
        let found = run.map(|run| ClusterAutoscalerAnswer {
            pod,
            answer: run.pods.get(&pod).cloned(),
            outcomes: run.outcomes(&state.cluster, pod),
            status_age: run.status_age(self.now),
            fixes: self.fixes(state, &run, pod),
            tolerations: Vec::new(),
            run,
        });
        let of_karpenter = self.round(state).map(|round| round.answer(&state.cluster, pod));
        let notes = self.notes(state);
        if found.is_none() && of_karpenter.is_none() && notes.is_empty() {
            return None;
        }
        Some(NewNodes { cluster_autoscaler: found, karpenter: of_karpenter, notes, conflict: None })
    }
}
