//! What the cluster's own scheduler said of the pod, beside what the cycle says.
//!
//! Its newest message stands in the pod's condition `PodScheduled`, in full but without a time;
//! its events have times, but are cut off, and a series keeps the message it began with. Both
//! together tell what was said and when. A difference is either old news (something in the state
//! changed since) or has a reason that is named.

mod changes;
mod counts;
mod wording;

pub use changes::{Several, StateChange};

use crate::api::Timestamp;
use crate::api::name::Name;
use crate::config::Profile;
use crate::decode::event::Event;
use crate::framework::sampling::feasible_nodes_to_find;
use crate::framework::{Placement, Turns};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, Pod};

use counts::Counts;

/// At most so many bytes has an event's message (upstream apis/core/validation/events.go, NoteLengthLimit).
const EVENT_LIMIT: usize = 1024;

/// The scheduler's message and how it compares.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// Nodes that the difference can be about, each with what is said of it here; nothing for one that fits.
    pub nodes: Vec<(Name, Vec<String>)>,
}

/// Where the words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A `FailedScheduling` event.
    Event,
    /// The pod's condition `PodScheduled`.
    Condition,
}

/// How the words compare with the cycle's message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
#[non_exhaustive]
pub enum Differs {
    /// Nothing.
    Nothing,
    /// Only the wording, which is that of another release.
    Wording,
    /// Only what PostFilter plugins add: preemption.
    Preemption,
    /// Only how untolerated taints are worded.
    TaintText,
    /// The verdict.
    Message,
}

/// A phrase of the message, such as `Insufficient cpu`, and on how many nodes it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Phrase {
    /// The phrase.
    pub text: String,
    /// On so many nodes by the cluster's scheduler.
    pub theirs: usize,
    /// On so many nodes here.
    pub ours: usize,
}

impl Phrase {
    /// Whether it was given to more nodes there, and tells of what pods hold on a node: a pod that is gone may count.
    fn counts_more_there(&self) -> bool {
        let of_pods = [
            "Insufficient ",
            "Too many pods",
            "affinity rules",
            "free ports",
            "no available disk",
            "spread constraints",
        ];
        self.theirs > self.ours && of_pods.iter().any(|part| self.text.contains(part))
    }
}

/// What can make two schedulers say different things of one state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Possibly {
    /// The scheduler counts something that the state does not have, such as a pod that is gone.
    StaleMemory,
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
#[non_exhaustive]
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
        Differs::Nothing | Differs::Wording => Comparison::Same,
        Differs::TaintText => Comparison::Different(vec![Possibly::TaintText]),
        _ if !changes.is_empty() => Comparison::Stale(changes),
        _ => Comparison::Different(possibly(placement, cluster, scheduler, profile, basis)),
    };
    let phrases = match (differs, theirs) {
        (Differs::Message, Some(theirs)) => theirs.against(&ours),
        _ => Vec::new(),
    };
    let comparison = match comparison {
        Comparison::Different(mut reasons) if phrases.iter().any(Phrase::counts_more_there) => {
            // What was not considered may explain it: then nobody should restart kube-scheduler first.
            match reasons.iter().position(|reason| *reason == Possibly::NotEvaluated) {
                Some(place) if turns_a_verdict(placement) => {
                    let reason = reasons.remove(place);
                    reasons.insert(0, reason);
                }
                _ => reasons.insert(0, Possibly::StaleMemory),
            }
            Comparison::Different(reasons)
        }
        comparison => comparison,
    };
    let nodes = differing_nodes(placement, &phrases);
    Some(SchedulerMessages { comparison, differs, phrases, nodes, ..said })
}

/// Whether something was not evaluated that could turn the verdict.
fn turns_a_verdict(placement: &Placement) -> bool {
    placement.not_evaluated.iter().any(|item| item.decides || item.turns != Turns::Neither)
}

/// The newest words, not yet compared.
fn said(pod: &Pod, cluster: &Cluster) -> Option<SchedulerMessages> {
    let name = pod.spec().scheduler_name();
    let condition = pod.own.scheduled.as_ref().filter(|condition| !condition.status && !condition.message.is_empty());
    // Others say FailedScheduling too: of pods that their own nodes would not help.
    let own = |event: &&Event| event.is_by(name);
    let events = cluster.events.scheduling(pod.key(), pod.own.uid).filter(own);
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
        nodes: Vec::new(),
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
    let agrees =
        their_counts.is_some_and(|counts| counts.agrees(our_counts) && counts.agrees_on_preemption(our_counts));
    if placement.errors.is_empty() && (agrees || is_rejection_of_all(placement, theirs)) {
        return Differs::Wording;
    }
    let filters = ours.strip_suffix(placement.post_filter.as_str()).unwrap_or(ours).trim_end();
    let rest = theirs.strip_prefix(filters);
    if placement.errors.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
        return Differs::Preemption;
    }
    match their_counts {
        Some(counts) if counts.agrees(our_counts) => {
            if counts.agrees_on_preemption(our_counts) {
                Differs::Wording
            } else {
                Differs::Preemption
            }
        }
        None if is_rejection_of_all(placement, theirs) => Differs::Wording,
        Some(counts) if counts.differ_in_taints_only(our_counts) => Differs::TaintText,
        _ => Differs::Message,
    }
}

/// Whether the cycle ended before any node was checked for the reason that is all of `theirs`.
fn is_rejection_of_all(placement: &Placement, theirs: &str) -> bool {
    let ours = placement.pre_filter.as_ref().and_then(|rejection| wording::present(&rejection.rejection.message()));
    ours.is_some() && wording::bare(theirs) == ours
}

/// Nodes of which something else is said here than there: those that fit, and those with a phrase that is given to
/// more nodes here.
fn differing_nodes(placement: &Placement, phrases: &[Phrase]) -> Vec<(Name, Vec<String>)> {
    if phrases.is_empty() || placement.pre_filter.is_some() {
        return Vec::new();
    }
    let more_here: Vec<&str> =
        phrases.iter().filter(|phrase| phrase.ours > phrase.theirs).map(|phrase| phrase.text.as_str()).collect();
    let said = placement.nodes.iter().map(|node| {
        let reasons: Vec<String> =
            node.reasons().iter().filter_map(|reason| wording::present(&reason.to_string())).collect();
        (node.name, reasons)
    });
    said.filter(|(_, reasons)| reasons.is_empty() || reasons.iter().any(|text| more_here.contains(&text.as_str())))
        .collect()
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
