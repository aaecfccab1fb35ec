//! What is wrong with a change, in a reader's words.

use crate::simulate::check::{
    Change, ChangeKind, CheckResult, FieldChange, MoreNodes, NodeCounts, Problem, ProblemKind, Verdict,
};
use crate::simulate::scenario::rollout::{Rollout, RolloutEnd};

use super::super::simulation::{outcome, why_not_started};
use super::super::text::{count, list, thousands};
use super::CheckAnswer;

/// Names that are written in a sentence.
const NAMES: usize = 5;

/// The answer in one line.
pub(super) fn headline(answer: &CheckAnswer) -> String {
    let result = &answer.result;
    let concerned = |change: &&Change| change.kind != ChangeKind::Unchanged;
    let changed = result.changes.iter().filter(concerned).count();
    let new: Vec<&Problem> = result.problems.iter().filter(|problem| !problem.was_before).collect();
    let owners = |problems: &[&Problem]| {
        let mut owners: Vec<String> = problems.iter().map(|problem| problem.owner.to_string()).collect();
        owners.dedup();
        list(&owners, 3)
    };
    match result.verdict() {
        Verdict::Fits if changed == 0 => "Fits: the change does not affect the placement of any pod".to_owned(),
        Verdict::Fits => format!("Fits: {} placed and rolled out", count(changed, "changed object")),
        Verdict::Breaks => match new.as_slice() {
            [only] => format!("Does not fit: {}", title(only)),
            several => format!("Does not fit: {}", owners(several)),
        },
        Verdict::BrokenBefore => {
            let all: Vec<&Problem> = result.problems.iter().collect();
            format!("No worse than before: {} did not fit before either", owners(&all))
        }
    }
}

/// What is wrong, with whose pods they are.
pub(super) fn title(problem: &Problem) -> String {
    match &problem.kind {
        ProblemKind::Stuck { .. } => what(problem),
        _ => format!("{}: {}", problem.owner, what(problem)),
    }
}

/// What is wrong.
pub(super) fn what(problem: &Problem) -> String {
    let before = if problem.was_before { ", as before" } else { "" };
    let what = match &problem.kind {
        ProblemKind::NoPlace { pods, .. } => {
            let fits = if pods.len() == 1 { "fits nowhere" } else { "fit nowhere" };
            match (problem.is_changed, problem.tally.wanted) {
                (true, wanted) if wanted > pods.len() => {
                    format!("{} of {} {fits}", thousands(pods.len()), count(wanted, "pod"))
                }
                (true, _) => format!("{} {fits}", count(pods.len(), "pod")),
                (false, _) if problem.was_before => format!("{} {fits}", count(pods.len(), "pod")),
                (false, _) => {
                    let its = if pods.len() == 1 { "loses its place" } else { "lose their place" };
                    format!("{} {its} to the change and {fits}", count(pods.len(), "pod"))
                }
            }
        }
        ProblemKind::Stuck { rollout, .. } => {
            let text = outcome(rollout);
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
        }
        ProblemKind::Refused { refusal, pods } => {
            let of = refusal.quota.map_or_else(|| "by the API server".to_owned(), |quota| format!("by quota {quota}"));
            format!("{} refused {of}", count(*pods, "pod"))
        }
        ProblemKind::CannotStart(attach) => format!("{} {}", attach.pod, why_not_started(attach)),
        ProblemKind::Immutable => {
            "the API server refuses the change: the template of a Job is immutable; delete the Job first, or rename it"
                .to_owned()
        }
    };
    format!("{what}{before}")
}

/// Why, in the words of kube-scheduler or the API server.
pub(super) fn why(problem: &Problem) -> Option<String> {
    if let Some(unplaced) = problem.kind.unplaced() {
        return Some(unplaced.message.clone());
    }
    match &problem.kind {
        ProblemKind::Stuck { rollout: Rollout { end: RolloutEnd::NoPlace { message, .. }, .. }, .. }
            if !message.is_empty() =>
        {
            Some(message.clone())
        }
        kind => kind.refusal().map(ToString::to_string),
    }
}

/// What is wrong, and why.
pub(super) fn whole(problem: &Problem) -> String {
    let title = title(problem);
    why(problem).map_or(title.clone(), |why| format!("{title}\n{why}"))
}

/// What a change does, in few words: `cpu 500m → 4, replicas 3 → 5`.
pub(super) fn fields(change: &Change) -> String {
    if change.is_refused() {
        return "template (immutable)".to_owned();
    }
    let field = |field: &FieldChange| match field {
        FieldChange::Replicas(before, now) => format!("replicas {before} → {now}"),
        FieldChange::Request { resource, before, now } => format!("{resource} {before} → {now}"),
        FieldChange::Field(name) => (*name).to_owned(),
        _ => "other fields".to_owned(),
    };
    change.fields.iter().map(field).collect::<Vec<_>>().join(", ")
}

/// The pods of a change: `3/5`.
pub(super) fn pods(change: &Change) -> String {
    match change.kind {
        ChangeKind::Removed => "0".to_owned(),
        _ => format!("{}/{}", thousands(change.tally.placed), thousands(change.tally.wanted)),
    }
}

/// How many nodes are needed before and after; none where that does not change.
pub(super) fn nodes(counts: &NodeCounts) -> String {
    let NodeCounts { before, after } = counts;
    let used = if before.used == after.used {
        format!("{} in use, as before", count(after.used, "node"))
    } else {
        format!("{} in use, {} before", count(after.used, "node"), thousands(before.used))
    };
    let least = if before.at_least == after.at_least {
        format!("no fewer than {} could hold all requests", thousands(after.at_least))
    } else {
        format!(
            "no fewer than {} could hold all requests, {} before",
            thousands(after.at_least),
            thousands(before.at_least)
        )
    };
    format!("{used}; {least}")
}

/// What would help.
pub(super) fn help(more: MoreNodes) -> String {
    format!("{} like {}", count(more.count as usize, "more node"), more.like)
}

/// What the change does to others without breaking them.
pub(super) fn cautions(result: &CheckResult) -> Vec<String> {
    let mut cautions = Vec::new();
    let moved: Vec<String> = result.preempted.iter().map(|pod| pod.pod.to_string()).collect();
    if !moved.is_empty() {
        let mut by: Vec<String> = result.preempted.iter().map(|pod| pod.by.to_string()).collect();
        by.sort_unstable();
        by.dedup();
        let lost = result.preempted.iter().filter(|pod| pod.to.is_none()).count();
        let lost = match lost {
            0 => "; all are placed again".to_owned(),
            lost => format!("; {} not placed again", thousands(lost)),
        };
        cautions.push(format!(
            "{} preempted for {}: {}{lost}",
            count(moved.len(), "pod"),
            list(&by, 2),
            list(&moved, NAMES)
        ));
    }
    if !result.violated_budgets.is_empty() {
        let budgets: Vec<String> = result.violated_budgets.iter().map(ToString::to_string).collect();
        cautions
            .push(format!("more pods are down at a time than PodDisruptionBudgets allow: {}", list(&budgets, NAMES)));
    }
    if !result.blocked_budgets.is_empty() {
        let budgets: Vec<String> = result.blocked_budgets.iter().map(ToString::to_string).collect();
        cautions.push(format!(
            "PodDisruptionBudgets that allow no eviction after the change, so that drains wait: {}",
            list(&budgets, NAMES)
        ));
    }
    cautions
}
