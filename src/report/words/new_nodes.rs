//! Sentences on nodes that could be made for a pod.

use crate::api::Name;
use crate::node_groups::ClusterAutoscalerAnswer;
use crate::node_groups::cluster_autoscaler::{From, Group, Outcome, Skip, Verdict, reasons};
use crate::node_groups::karpenter::{KarpenterAnswer, PoolAnswer};
use crate::report::text::{count, duration};

/// Older than this, in seconds, a status says little of now.
const STALE: i64 = 300;

/// What is known of one group.
pub(in crate::report) struct GroupLine {
    pub(in crate::report) id: String,
    pub(in crate::report) text: String,
    /// Whether it makes a node for the pod.
    pub(in crate::report) helps: bool,
}

/// What the section rests on.
pub(in crate::report) fn basis(found: &ClusterAutoscalerAnswer) -> String {
    let age = match found.status_age {
        Some(age) if age > STALE => format!("its status is {} old and may be out of date", duration(age)),
        Some(age) => format!("status {} old", duration(age)),
        None => "status without a time".to_owned(),
    };
    format!("cluster-autoscaler, {age}; a new node of each group was tried")
}

/// A line for each group.
pub(in crate::report) fn groups(found: &ClusterAutoscalerAnswer) -> Vec<GroupLine> {
    let verdicts = found.answer.as_ref().map_or(&[][..], |answer| &answer.verdicts);
    let groups = found.run.groups.iter().enumerate();
    groups
        .map(|(place, group)| {
            let grows = found.run.growths.iter().find(|growth| growth.group == place);
            let verdict = verdicts.get(place);
            let mut parts: Vec<String> = verdict_of(verdict, group).into_iter().collect();
            // What a new node is like was said to be unknown already.
            let is_said = !parts.is_empty() && matches!(group.skip, Some(Skip::NoTemplate(_)));
            parts.extend(state(group).filter(|_| !is_said));
            parts.extend(grows.map(|growth| format!("grows from {} to {}", growth.from, growth.to)));
            if group.upcoming > 0 {
                parts.push(format!("{} under way", count(usize::try_from(group.upcoming).unwrap_or_default(), "node")));
            }
            if parts.is_empty() {
                parts.push(format!("{} of {}", group.target, group.max));
            }
            let helps = verdict == Some(&Verdict::Fits) && group.skip.is_none();
            GroupLine { id: short(&group.id).to_owned(), text: parts.join("; "), helps }
        })
        .collect()
}

/// Some clouds name a group by its address, of which the last part is its name.
fn short(id: &str) -> &str {
    match id.rsplit_once('/') {
        Some((start, name)) if start.contains("://") => name,
        _ => id,
    }
}

fn verdict_of(verdict: Option<&Verdict>, group: &Group) -> Option<String> {
    let like = match group.template.as_ref().map(|template| &template.from) {
        Some(From::ReadyNode(node) | From::LastResort(node)) => format!(", like {node}"),
        _ => String::new(),
    };
    match verdict? {
        Verdict::Fits => Some(format!("would take it{like}")),
        Verdict::Refuses(rejection) => {
            let mut texts = reasons(rejection);
            if texts.is_empty() {
                texts.extend(rejection.plugin.map(str::to_owned));
            }
            Some(format!("would not: {}", texts.join(", ")))
        }
        Verdict::Unknown => group.not_evaluated.as_ref().map(|why| format!("{why}: not evaluated")),
    }
}

fn state(group: &Group) -> Option<String> {
    match group.skip.as_ref()? {
        Skip::MaxSize => Some(format!("at its maximum: {} of {}", group.target, group.max)),
        Skip::Backoff => {
            let since = group.since.map(|since| format!(" since {since}")).unwrap_or_default();
            let why = group.backoff.as_ref().map(|(code, message)| match (code.is_empty(), message.is_empty()) {
                (false, false) => format!(": {code}: {message}"),
                (false, true) => format!(": {code}"),
                (true, _) => format!(": {message}"),
            });
            Some(format!("in backoff{since}{}", why.unwrap_or_default()))
        }
        Skip::NotReady => Some("not healthy: too many of its nodes are missing or not ready".to_owned()),
        Skip::NoTemplate(_) => Some("what a new node of it is like is not known".to_owned()),
        skip @ Skip::Quota(_) => Some(skip.reason()),
    }
}

/// What becomes of the pod, in one sentence.
pub(in crate::report) fn outcome(found: &ClusterAutoscalerAnswer) -> Option<String> {
    if found.outcomes.len() > 1 {
        return Some("Of pods like this one some get a node and some do not: which is drawn.".to_owned());
    }
    let id = |place: usize| found.run.groups.get(place).map(|group| short(&group.id).to_owned()).unwrap_or_default();
    let is_open =
        |group: &Group| group.not_evaluated.is_some() && matches!(group.skip, None | Some(Skip::NoTemplate(false)));
    let text = match found.answer.as_ref()?.outcome {
        Outcome::NotTriggered if found.run.groups.iter().any(is_open) => {
            "None of the groups that are known grows for it; the others are not known.".to_owned()
        }
        Outcome::Triggered => "A group grows for it.".to_owned(),
        Outcome::Option => "Several groups are as good for it: which of them grows is drawn.".to_owned(),
        Outcome::AwaitsEvaluation => "Another group grows first; then it is looked at again.".to_owned(),
        Outcome::HelpedLater => "The group that grows would take it, but gets too few nodes for it.".to_owned(),
        Outcome::NotTriggered => "No group grows for it.".to_owned(),
        Outcome::FitsExisting(node) => format!("The autoscaler expects it on node {node}, so it makes none."),
        Outcome::FitsUpcoming(group) => {
            format!("The autoscaler expects it on a node of {} that is under way.", id(group))
        }
        Outcome::Waiting => "All pending pods are too new: the autoscaler waits for more.".to_owned(),
        Outcome::TooYoung => "It is too new: the autoscaler does not look at it yet.".to_owned(),
        Outcome::Expendable => "Its priority is too low: the autoscaler makes no node for it.".to_owned(),
        Outcome::DaemonSet => "It is a DaemonSet's: the autoscaler makes no node for it.".to_owned(),
        Outcome::Nominated => "It is nominated to a node: the autoscaler makes none.".to_owned(),
        Outcome::NotUnschedulable => {
            "kube-scheduler has not said that it fits nowhere: the autoscaler does not look at it.".to_owned()
        }
        Outcome::ClusterUnhealthy => "Too many nodes are not ready: the autoscaler looks at no pod.".to_owned(),
    };
    Some(text)
}

/// What the section on Karpenter rests on.
pub(in crate::report) fn karpenter_basis(found: &KarpenterAnswer) -> String {
    let types = if found.complete { "the given instance types" } else { "instance types of nodes that are there" };
    format!("Karpenter; each pool was tried with {types}")
}

/// A line for each pool.
pub(in crate::report) fn pools(found: &KarpenterAnswer) -> Vec<GroupLine> {
    let lines = found.pools.iter();
    lines
        .map(|pool| GroupLine {
            id: pool.name.to_string(),
            text: pool_text(pool),
            helps: pool.why.is_none() && pool.verdict == Some(true),
        })
        .collect()
}

fn pool_text(pool: &PoolAnswer) -> String {
    /// So many instance types are named.
    const MOST: usize = 3;
    let because = pool.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
    if let Some(why) = pool.why {
        let why = match why {
            "not-managed" => "not asked, its class is another provider's",
            "static" => "not asked, it has a fixed number of nodes",
            "not-ready" => "not asked, it is not ready",
            "deleting" => "not asked, it is being deleted",
            _ => "not asked, its own requirements leave no instance type",
        };
        return format!("{why}{because}");
    }
    match pool.verdict {
        Some(true) => {
            let names: Vec<&str> = pool.types.iter().take(MOST).map(Name::as_str).collect();
            let more = pool.types.len().saturating_sub(MOST);
            let more = if more > 0 { format!(" or {more} others") } else { String::new() };
            format!("could, with {}{more}", names.join(", "))
        }
        Some(false) => {
            let limits = if pool.without_limits == Some(true) {
                let limits = pool.limits.iter().map(|(resource, used, limit)| format!("{resource} {used} of {limit}"));
                format!(" (without its limits it could: {})", limits.collect::<Vec<_>>().join(", "))
            } else {
                String::new()
            };
            format!("would not: {}{limits}", pool.error.as_deref().unwrap_or_default())
        }
        None => "not known: it rests on the provider's catalogue of instance types".to_owned(),
    }
}

/// What becomes of the pod, in one sentence.
pub(in crate::report) fn karpenter_outcome(found: &KarpenterAnswer) -> Option<String> {
    let node = found.node.map(|node| node.to_string()).unwrap_or_default();
    let text = match found.outcome? {
        "existing-node" => format!("Karpenter expects it on node {node}, so it makes none."),
        "in-flight" => format!("Karpenter expects it on {node}, which is under way."),
        "new-claim" => format!("Karpenter makes a node of pool {} for it.", found.pool.unwrap_or_default()),
        "invalid" => format!("Karpenter refuses it: {}.", found.error.as_deref().unwrap_or_default()),
        "not-looked-at" => "Karpenter does not look at it.".to_owned(),
        _ => "Karpenter makes no node for it.".to_owned(),
    };
    Some(text)
}
