//! Words for what the cluster itself says.

use crate::api::Timestamp;
use crate::explain::scheduler_messages::{Phrase, Possibly, SchedulerMessages, Several, Source, StateChange};
use crate::explain::scheduling_status::SchedulingStatus;
use crate::report::setting::{Setting, Spelling, with};
use crate::report::text::{count, duration, list, thousands};
use crate::report::words::life as life_words;

/// Objects named of a change.
const MOST: usize = 3;

/// `the scheduler's own event of 2 minutes ago`.
pub(in crate::report) fn source(said: &SchedulerMessages, as_of: Option<Timestamp>) -> String {
    match (said.source, said.at) {
        (Source::Event, None) => "the scheduler's own event".to_owned(),
        (Source::Event, Some(at)) => format!("the scheduler's own event of {}", ago(at, as_of)),
        (Source::Condition, None) => "the pod's condition PodScheduled".to_owned(),
        (Source::Condition, Some(at)) => {
            format!("the pod's condition PodScheduled, of {} or later", ago(at, as_of))
        }
    }
}

/// `2 minutes ago`; the time itself where it is not known what to count from.
pub(in crate::report) fn ago(at: Timestamp, as_of: Option<Timestamp>) -> String {
    as_of.map_or_else(|| at.to_string(), |as_of| format!("{} ago", duration(as_of.0.saturating_sub(at.0))))
}

/// `for 2 minutes`, `since 2026-01-31T12:00:00Z`.
pub(in crate::report) fn how_long(since: Timestamp, as_of: Option<Timestamp>) -> String {
    match as_of {
        Some(as_of) => format!("for {}", duration(as_of.0.saturating_sub(since.0))),
        None => format!("since {since}"),
    }
}

pub(in crate::report) fn changes(changes: &[StateChange]) -> String {
    let texts: Vec<String> = changes.iter().map(change).collect();
    list(&texts, texts.len())
}

fn change(change: &StateChange) -> String {
    match change {
        StateChange::NodeCount { then, now } => {
            format!("the cluster has {} instead of {}", count(*now, "node"), thousands(*then))
        }
        StateChange::NodesCreated(nodes) => several(nodes, "node", "created"),
        StateChange::NodesChanged(nodes) => format!("node conditions of {} changed", named(nodes)),
        StateChange::PodsPlaced(pods) => several(pods, "pod", "bound to nodes"),
        StateChange::PodsLeaving(pods) => format!("{} being deleted", several_are(pods, "pod")),
    }
}

/// `2 nodes were created (a and b)`.
fn several(several: &Several, noun: &str, what: &str) -> String {
    let were = if several.count == 1 { "was" } else { "were" };
    format!("{} {were} {what} ({})", count(several.count, noun), named(several))
}

fn several_are(several: &Several, noun: &str) -> String {
    let are = if several.count == 1 { "is" } else { "are" };
    format!("{} ({}) {are}", count(several.count, noun), named(several))
}

fn named(several: &Several) -> String {
    let shown: Vec<&str> = several.names.iter().take(MOST).map(String::as_str).collect();
    match several.count - shown.len() {
        0 => list(&shown, MOST),
        more => format!("{} and {} more", shown.join(", "), thousands(more)),
    }
}

/// What differs, narrowed to reasons and nodes: `only there: Insufficient cpu (1 node); only here: ...`.
pub(in crate::report) fn difference(said: &SchedulerMessages) -> Option<String> {
    let side = |is_more: fn(&Phrase) -> Option<usize>, place: &str| {
        let phrases: Vec<String> = said
            .phrases
            .iter()
            .filter_map(|phrase| Some(format!("{} ({})", phrase.text, count(is_more(phrase)?, "node"))))
            .collect();
        (!phrases.is_empty()).then(|| format!("only {place}: {}", list(&phrases, MOST)))
    };
    let there = side(|phrase| phrase.theirs.checked_sub(phrase.ours).filter(|more| *more > 0), "there");
    let here = side(|phrase| phrase.ours.checked_sub(phrase.theirs).filter(|more| *more > 0), "here");
    let nodes: Vec<String> = said
        .nodes
        .iter()
        .map(|(node, reasons)| if reasons.is_empty() { format!("{node} (fits here)") } else { node.to_string() })
        .collect();
    let nodes = (!nodes.is_empty()).then(|| format!("the difference is on {}", list(&nodes, MOST)));
    let parts: Vec<String> = [there, here, nodes].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What can make two schedulers say different things, in words.
pub(in crate::report) fn reason(reason: &Possibly, spelling: Spelling) -> String {
    match reason {
        Possibly::StaleMemory => {
            "nothing in the state explains it: its memory may be stale and count a pod that is gone; restarting \
             kube-scheduler clears it"
                .to_owned()
        }
        Possibly::TaintText => format!(
            "only the text on untolerated taints differs, which changed after v1.34.1{}",
            with(": pass the scheduler's release", spelling, Setting::KubeVersion)
        ),
        Possibly::Configuration => {
            format!("the scheduler has its own configuration{}", with("; pass it", spelling, Setting::SchedulerConfig))
        }
        Possibly::OutOfTreePlugins(plugins) => {
            format!("out-of-tree plugins decide too: {}", list(plugins, MOST))
        }
        Possibly::Extenders => "an extender decides too".to_owned(),
        Possibly::Sampling => "percentageOfNodesToScore makes the scheduler check only some of the nodes".to_owned(),
        Possibly::NominatedPods(pods) => {
            format!("{} nominated to nodes, and the scheduler may know of others", {
                let are = if *pods == 1 { "is" } else { "are" };
                format!("{} {are}", count(*pods, "other pod"))
            })
        }
        Possibly::Version => "the scheduler has a different version or different feature gates".to_owned(),
        Possibly::NotEvaluated => "something was not considered here, see below".to_owned(),
        Possibly::Untraced => {
            "something changed since then without a trace in the state: deleted pods or nodes, labels, taints, claims"
                .to_owned()
        }
    }
}

/// Where the pod stands with the schedulers, in sentences.
pub(in crate::report) fn scheduling_status(
    scheduling_status: &SchedulingStatus,
    as_of: Option<Timestamp>,
    spelling: Spelling,
) -> String {
    match scheduling_status {
        SchedulingStatus::UnknownScheduler { name, placed, spoke, others, near } => {
            let pass = with(": pass its configuration", spelling, Setting::SchedulerConfig);
            let known = match (placed, spoke) {
                (0, false) => format!("scheduler {name} has placed no pod of the state and written no event"),
                (0, true) => format!("{name} has written events{pass}"),
                (placed, _) => format!("{name} has placed {}{pass}", count(*placed, "pod")),
            };
            let others: Vec<String> =
                others.iter().map(|(name, placed)| format!("{name} ({})", count(*placed, "pod"))).collect();
            let known = match others.as_slice() {
                [] => known,
                others => format!("{known}; other pods are placed by {}", list(others, MOST)),
            };
            let known = if near.is_empty() { known } else { format!("did you mean {}? {known}", list(near, MOST)) };
            let how = with("; evaluate the pod as kube-scheduler would", spelling, Setting::AsDefaultScheduler);
            format!("{known}{how}")
        }
        SchedulingStatus::NotAttempted { since } => format!(
            "no scheduler has tried this pod yet: it has neither an event nor the condition PodScheduled, and has been waiting {}; \
             is kube-scheduler running?",
            how_long(*since, as_of)
        ),
        SchedulingStatus::Terminating { at } => {
            format!("this pod is being deleted (deadline {at}): schedulers skip it")
        }
        SchedulingStatus::NotStarted { node, since, obstacles } => {
            let since = since.map_or_else(String::new, |since| format!(" {}", how_long(since, as_of)));
            match obstacles.as_slice() {
                [] => format!(
                    "bound to {node}, but not started{since}: the scheduler is done; check the kubelet on that node \
                     and the pod's events"
                ),
                obstacles => {
                    let why: Vec<String> =
                        obstacles.iter().map(|obstacle| life_words::obstacle(obstacle, as_of)).collect();
                    format!("bound to {node}, but not started{since}: {}", why.join("; "))
                }
            }
        }
        SchedulingStatus::Impaired { node, obstacles } => {
            let why: Vec<String> = obstacles.iter().map(|obstacle| life_words::obstacle(obstacle, as_of)).collect();
            format!("on {node}: {}", why.join("; "))
        }
        SchedulingStatus::Ended(ended) => life_words::ended(ended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago() {
        let case = |seconds: i64| ago(Timestamp(0), Some(Timestamp(seconds)));
        assert_eq!(
            [1, 90, 120, 7199].map(case),
            ["1 second ago", "90 seconds ago", "2 minutes ago", "119 minutes ago"]
        );
        assert_eq!([7200, 172_800, -5].map(case), ["2 hours ago", "2 days ago", "0 seconds ago"]);
        assert_eq!(ago(Timestamp(0), None), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn lists_of_changes_are_capped() {
        let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let several = Several { count: 40, names };
        assert_eq!(
            change(&StateChange::PodsPlaced(several.clone())),
            "40 pods were bound to nodes (a, b, c and 37 more)"
        );
        let one = Several { count: 1, names: vec!["x/y".to_owned()] };
        assert_eq!(
            changes(&[StateChange::NodesChanged(several), StateChange::PodsLeaving(one)]),
            "node conditions of a, b, c and 37 more changed and 1 pod (x/y) is being deleted"
        );
    }
}
