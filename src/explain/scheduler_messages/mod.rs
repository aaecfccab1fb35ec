//! What the cluster's own scheduler said of the pod, beside what the cycle says.
//!
//! Its newest message stands in the pod's condition `PodScheduled`, in full but without a time;
//! its events have times, but are cut off, and a series keeps the message it began with. Both
//! together tell what was said and when. A difference is either old news (something in the state
//! changed since) or has a reason that is named.

mod changes;
mod counts;

pub use changes::{Several, StateChange};

use crate::api::Timestamp;
use crate::api::name::Name;
use crate::config::Profile;
use crate::decode::scheduling_event::SchedulingEvent;
use crate::framework::Placement;
use crate::framework::sampling::feasible_nodes_to_find;
use crate::scheduler::Scheduler;
use crate::state::{Cluster, Pod};

use counts::Counts;

/// At most so many bytes has an event's message (upstream apis/core/validation/events.go, NoteLengthLimit).
const EVENT_LIMIT: usize = 1024;

/// The scheduler's message and how it compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerMessages {
    /// Where they stand.
    pub source: Source,
    /// The words.
    pub message: Box<str>,
    /// When they were said. Of a condition's words only that it was then or later.
    pub at: Option<Timestamp>,
    /// How often the event came; 1 for a condition.
    pub count: u32,
    /// Who says so; the pod's scheduler name where the event does not tell.
    pub reporter: Name,
    /// How they compare.
    pub comparison: Comparison,
    /// What of the message differs.
    pub differs: Differs,
    /// How often each phrase was given there and here, where that differs.
    pub phrases: Vec<Phrase>,
}

/// Where the words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A `FailedScheduling` event.
    Event,
    /// The pod's condition `PodScheduled`.
    Condition,
}

/// How the words compare with the cycle's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Letter for letter, as far as an event goes.
    Same,
    /// They differ, and the state has changed since they were said.
    Stale(Vec<StateChange>),
    /// They differ, and nothing in the state changed since, as far as it tells.
    Different(Vec<Possibly>),
    /// There is nothing to compare with: no profile has the pod's scheduler name.
    NotCompared,
}

/// What of the message differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    /// Nothing.
    Nothing,
    /// Only what PostFilter plugins add: preemption.
    Preemption,
    /// Only how untolerated taints are worded.
    TaintText,
    /// The verdict.
    Message,
}

/// A phrase of the message, such as `Insufficient cpu`, and on how many nodes it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The phrase.
    pub text: String,
    /// On so many nodes by the cluster's scheduler.
    pub theirs: usize,
    /// On so many nodes here.
    pub ours: usize,
}

/// What can make two schedulers say different things of one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Possibly {
    /// Another patch release: the text on untolerated taints changed within v1.34.
    TaintText,
    /// Another configuration: none was named, the default one was taken.
    Configuration,
    /// Plugins of the profile that are not kube-scheduler's.
    OutOfTreePlugins(Vec<Name>),
    /// Extenders of the configuration.
    Extenders,
    /// `percentageOfNodesToScore`: with extenders not all nodes are looked at.
    Sampling,
    /// Pods nominated to nodes count there, and nominations come and go.
    NominatedPods(usize),
    /// Another version or other feature gates than the scheduler has.
    Version,
    /// What could not be judged here.
    NotEvaluated,
    /// Changes that leave no trace: pods and nodes that are gone, labels, taints, claims.
    Untraced,
}

/// How much is known of the scheduler that spoke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageBasis {
    /// Its configuration was named.
    pub configuration: bool,
    /// Its version was named, or read off its own image.
    pub version: bool,
}

/// The words about the pod of `placement`; none where nothing was said, or nothing that still
/// counts: the pod is on a node, is going away, or is held back by gates.
pub fn find(
    placement: &Placement,
    cluster: &Cluster,
    scheduler: &Scheduler,
    basis: MessageBasis,
) -> Option<SchedulerMessages> {
    let pod = cluster.pod(placement.pod_id);
    if placement.current.is_some() || placement.pre_enqueue.is_some() || pod.is_terminating() {
        return None;
    }
    let said = said(pod, cluster)?;
    let Some((profile, _)) = scheduler.framework_for(pod) else {
        return Some(said);
    };
    let theirs = Counts::parse(&said.message);
    let ours = Counts::of(placement, cluster.nodes().len());
    let differs = compare(placement, &said.message, theirs.as_ref(), &ours);
    let changes = changes::since(said.at, theirs.as_ref().map(|counts| counts.nodes), cluster, pod.id);
    let comparison = match differs {
        Differs::Nothing => Comparison::Same,
        Differs::TaintText => Comparison::Different(vec![Possibly::TaintText]),
        _ if !changes.is_empty() => Comparison::Stale(changes),
        _ => Comparison::Different(possibly(placement, cluster, scheduler, profile, basis)),
    };
    let phrases = match differs {
        Differs::Message => theirs.map(|theirs| theirs.against(&ours)).unwrap_or_default(),
        _ => Vec::new(),
    };
    Some(SchedulerMessages { comparison, differs, phrases, ..said })
}

/// The newest words, not yet compared.
fn said(pod: &Pod, cluster: &Cluster) -> Option<SchedulerMessages> {
    let name = pod.spec().scheduler_name();
    let condition = pod.own.scheduled.as_ref().filter(|condition| !condition.status && !condition.message.is_empty());
    // Others say FailedScheduling too: of pods that their own nodes would not help.
    let own = |event: &&SchedulingEvent| event.reporter.is_empty() || event.reporter == name;
    let events = cluster.scheduling_events.of(pod.key(), pod.own.uid).filter(own);
    let event = events.max_by_key(|event| event.last);
    let words = |source, message: &str, at, count| SchedulerMessages {
        source,
        message: message.into(),
        at,
        count,
        reporter: name,
        comparison: Comparison::NotCompared,
        differs: Differs::Nothing,
        phrases: Vec::new(),
    };
    Some(match (condition, event) {
        (None, None) => return None,
        (None, Some(event)) => words(Source::Event, &event.message, event.said, event.count),
        (Some(condition), None) => words(Source::Condition, &condition.message, condition.since, 1),
        (Some(condition), Some(event)) if same(&condition.message, &event.message) => {
            words(Source::Event, &condition.message, event.last, event.count)
        }
        // The pod failed at `last` at the latest, and the condition is newer than the series' first message.
        (Some(condition), Some(event)) => words(Source::Condition, &condition.message, event.last, 1),
    })
}

/// What of `theirs` is not in the placement's own message.
fn compare(placement: &Placement, theirs: &str, their_counts: Option<&Counts>, our_counts: &Counts) -> Differs {
    let Some(ours) = &placement.message else { return Differs::Message };
    if same(ours, theirs) {
        return Differs::Nothing;
    }
    let filters = ours.strip_suffix(placement.post_filter.as_str()).unwrap_or(ours).trim_end();
    let rest = theirs.strip_prefix(filters);
    if placement.errors.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
        return Differs::Preemption;
    }
    match their_counts {
        Some(counts) if counts.differ_in_taints_only(our_counts) => Differs::TaintText,
        _ => Differs::Message,
    }
}

/// Whether `short` is `long`, or what an event has of it (upstream schedule_one.go, truncateMessage).
fn same(long: &str, short: &str) -> bool {
    let cut = |short: &str| long.len() > EVENT_LIMIT && short.len() <= EVENT_LIMIT && long.starts_with(short);
    long == short || short.strip_suffix(" ...").is_some_and(cut)
}

fn possibly(
    placement: &Placement,
    cluster: &Cluster,
    scheduler: &Scheduler,
    profile: &Profile,
    basis: MessageBasis,
) -> Vec<Possibly> {
    let config = scheduler.config();
    let extenders = !config.extenders.is_empty();
    let nodes = cluster.nodes().len();
    let percentage = profile.percentage_of_nodes_to_score.or(config.percentage_of_nodes_to_score).unwrap_or(0);
    let nominated = cluster.nodes().iter().flat_map(|node| cluster.nominated_to(node.name()));
    let nominated = nominated.filter(|pod| **pod != placement.pod_id).count();
    let out_of_tree: Vec<Name> = profile.out_of_tree.iter().map(|plugin| plugin.plugin).collect();
    let candidates = [
        (!basis.configuration, Possibly::Configuration),
        (!out_of_tree.is_empty(), Possibly::OutOfTreePlugins(out_of_tree)),
        (extenders, Possibly::Extenders),
        (extenders && feasible_nodes_to_find(nodes, percentage) < nodes, Possibly::Sampling),
        (nominated > 0, Possibly::NominatedPods(nominated)),
        (!basis.version, Possibly::Version),
        (!placement.not_evaluated.is_empty(), Possibly::NotEvaluated),
        (true, Possibly::Untraced),
    ];
    candidates.into_iter().filter(|(applies, _)| *applies).map(|(_, reason)| reason).collect()
}

#[cfg(test)]
mod tests;
