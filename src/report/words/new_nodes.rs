//! Sentences on nodes that could be made for a pod.

use crate::api::Name;
use crate::decode::autoscaling::karpenter::PoolRequirement;
use crate::framework::{Amount, Reason};
use crate::node_groups::cluster_autoscaler::{
    Change, ExceededQuota, From, GroupVerdict, Loop, NodeGroup, PodAnswer, PodOutcome, Skip, TolerationFix, reasons,
    short,
};
use crate::node_groups::fates::Fates;
use crate::node_groups::karpenter::{KarpenterAnswer, PoolAnswer, PoolChange, PoolFix, PoolOverview, StuckClaim};
use crate::node_groups::maker::Maker;
use crate::node_groups::{ClusterAutoscalerAnswer, Conflict, UnknownRule};
use crate::report::text::{count, duration, list};
use crate::report::words::{self, amount};

/// Older than this, in seconds, a status says little of now.
const STALE: i64 = 300;

/// What is known of one group.
pub(in crate::report) struct GroupLine {
    pub(in crate::report) id: String,
    pub(in crate::report) text: String,
    /// What would help, and what is in the way of nodes that were asked for, each on a line of its own.
    pub(in crate::report) fixes: Vec<String>,
    /// Whether it makes a node for the pod.
    pub(in crate::report) helps: bool,
}

/// What the section rests on.
pub(in crate::report) fn basis(found: &ClusterAutoscalerAnswer) -> String {
    let (_, age) = status_basis(found.status_age);
    format!("cluster-autoscaler, {age}; each group was tried")
}

/// How old a status is, and whether that is too old.
pub(in crate::report) fn status_basis(age: Option<i64>) -> (bool, String) {
    match age {
        Some(age) if age > STALE => (true, format!("status {} old: out of date", duration(age))),
        Some(age) => (false, format!("status {} old", duration(age))),
        None => (false, "status without a time".to_owned()),
    }
}

/// The state of a group, whatever pods are pending.
pub(in crate::report) fn group_state(run: &Loop, place: usize) -> String {
    let Some(group) = run.groups.get(place) else { return String::new() };
    let mut parts: Vec<String> = match &group.skip {
        // Only what a new node is like is not known here; the autoscaler may know.
        Some(Skip::NoTemplate(false)) | None => vec!["ready".to_owned()],
        Some(Skip::NoTemplate(true)) => vec!["not asked: its provider does not describe a new node".to_owned()],
        Some(_) => state(group).into_iter().collect(),
    };
    let growth = run.growths.iter().find(|growth| growth.group == place);
    parts.extend(growth.map(|growth| format!("grows from {} to {}", growth.from, growth.to)));
    if group.upcoming > 0 {
        parts.push(format!("{} under way", count(usize::try_from(group.upcoming).unwrap_or_default(), "node")));
    }
    let seen = i64::try_from(group.members.len()).unwrap_or(i64::MAX);
    if group.registered > 0 && group.members.is_empty() {
        parts.push("its nodes are not known".to_owned());
    } else if seen != group.registered {
        parts.push(format!("{} in this state, {} in the status", count(group.members.len(), "node"), group.registered));
    }
    parts.join("; ")
}

/// What becomes of pods in the loop, with the reasons that their event counts.
pub(in crate::report) fn fate(run: &Loop, found: &PodAnswer) -> String {
    let id = |place: usize| run.groups.get(place).map(|group| short(&group.id)).unwrap_or_default();
    let text = match found.outcome {
        PodOutcome::NotTriggered => {
            let why = found.event.as_ref().and_then(|event| event.message.split_once(": "));
            let why = why.map(|(_, why)| why).filter(|why| !why.is_empty());
            let closed = closed(run, found);
            let judged =
                if rests_on_bad_nodes(run, found) { "; judged by nodes that are no good examples" } else { "" };
            return match (closed.as_slice(), why) {
                ([], Some(why)) => format!("no group grows: {why}{judged}"),
                ([], None) => "no group grows".to_owned(),
                (closed, _) => format!("no group grows: {}", list(closed, 2)),
            };
        }
        PodOutcome::Triggered => {
            let grow: Vec<&str> = run.growths.iter().map(|growth| id(growth.group)).collect();
            return format!("{} grows", list(&grow, 2));
        }
        PodOutcome::Option => {
            let best = run.best.iter().filter_map(|place| run.options.get(*place));
            let best: Vec<&str> = best.map(|option| id(option.group)).collect();
            return match &run.undecided_by {
                Some(expander) => format!(
                    "one of {} grows: expander {expander} decides by what this state does not have",
                    list(&best, 3)
                ),
                None => format!("one of {} grows: the autoscaler draws at random", list(&best, 3)),
            };
        }
        PodOutcome::FitsUpcoming(group) => return format!("expected on a node of {} that is under way", id(group)),
        PodOutcome::FitsExisting(_) => "expected on existing nodes, so no node is made",
        PodOutcome::AwaitsEvaluation => "another group grows first; then they are looked at again",
        PodOutcome::HelpedLater => "the growing group gets too few nodes for them",
        PodOutcome::Waiting | PodOutcome::TooYoung => "too new: the autoscaler does not look at them yet",
        PodOutcome::Expendable => "priority too low: no node is made for them",
        PodOutcome::DaemonSet => "pods of DaemonSets: no node is made for them",
        PodOutcome::ConsumesProvisioningRequest => "they consume a ProvisioningRequest: only it makes nodes for them",
        PodOutcome::Nominated => "nominated to a node: no other is made",
        PodOutcome::NotUnschedulable => "not reported as unschedulable: the autoscaler does not look at them",
        PodOutcome::ClusterUnhealthy => "the cluster is not healthy: the autoscaler looks at no pod",
    };
    text.to_owned()
}

/// The state of a pool, whatever pods are pending.
pub(in crate::report) fn pool_state(pool: &PoolOverview) -> String {
    let because = pool.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
    let spent = pool.limits.iter().filter(|(.., exhausted)| *exhausted);
    let spent: Vec<&str> = spent.map(|(resource, ..)| resource.as_str()).collect();
    let mut parts = vec![match pool.why {
        Some(why) => format!("{}{because}", not_asked(why)),
        None if spent.is_empty() => "ready".to_owned(),
        None => format!("at its limit of {}", list(&spent, 3)),
    }];
    if pool.under_way > 0 {
        parts.push(format!("{} under way", count(pool.under_way, "node")));
    }
    parts.extend(pool.stuck.iter().map(stuck));
    parts.join("; ")
}

/// `KEY In [VALUES]`, as Karpenter writes it.
pub(in crate::report) fn pool_requirement(wanted: &PoolRequirement) -> String {
    let values: Vec<&str> = wanted.values.iter().map(Name::as_str).collect();
    let values = if values.is_empty() { String::new() } else { format!(" [{}]", values.join(" ")) };
    let least = wanted.min_values.map(|least| format!(" (minValues {least})")).unwrap_or_default();
    format!("{} {}{values}{least}", wanted.key, wanted.operator)
}

fn not_asked(why: &str) -> &'static str {
    match why {
        "not-managed" => "not asked, its class is another provider's",
        "static" => "not asked, it has a fixed number of nodes",
        "not-ready" => "not asked, it is not ready",
        "deleting" => "not asked, it is being deleted",
        _ => "not asked, its own requirements leave no instance type",
    }
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
            let fixes = found.fixes.iter().filter(|(fixed, ..)| *fixed == place);
            let fixes = fixes.map(|(_, change, outcome)| fix(*change, *outcome));
            let tolerations = found.tolerations.iter().filter(|fix| fix.group == place).map(toleration_fix);
            let fixes: Vec<String> = fixes.chain(tolerations).collect();
            let helps = verdict == Some(&GroupVerdict::Fits) && group.skip.is_none();
            GroupLine { id: short(&group.id).to_owned(), text: parts.join("; "), fixes, helps }
        })
        .collect()
}

/// What to change, and what the loop then does.
pub(in crate::report) fn fix(change: Change, outcome: PodOutcome) -> String {
    let what = match change {
        Change::Max { max, .. } => format!("help: raise its maximum to {max}; then"),
        Change::BackoffOver { .. } => "after the backoff".to_owned(),
        Change::Grown { by, .. } | Change::Started { by, .. } => format!("with {by} nodes more"),
    };
    format!("{what} {} (re-run)", then(outcome))
}

/// Which taints the pod must tolerate, and what the loop then does.
pub(in crate::report) fn toleration_fix(fix: &TolerationFix) -> String {
    let taints: Vec<String> = fix.taints.iter().map(ToString::to_string).collect();
    format!("help: tolerate {}; then {} (re-run)", list(&taints, 3), then(fix.outcome))
}

fn then(outcome: PodOutcome) -> &'static str {
    match outcome {
        PodOutcome::Triggered => "it grows for the pod",
        PodOutcome::Option => "it is one of the groups that may grow for the pod",
        PodOutcome::HelpedLater | PodOutcome::AwaitsEvaluation => "the pod gets a node after others",
        _ => "the pod gets a node",
    }
}

/// Changes of a pool, taken together, and what they do.
pub(in crate::report) fn pool_fix(fix: &PoolFix) -> String {
    let parts = fix.changes.iter().map(|change| match change {
        PoolChange::Taints(taints) => {
            let taints: Vec<String> = taints.iter().map(ToString::to_string).collect();
            format!("tolerate {}", list(&taints, 3))
        }
        PoolChange::Allow(key, values) => {
            let values: Vec<&str> = values.iter().map(Name::as_str).collect();
            format!("allow {key} {} in its requirements", values.join(" or "))
        }
        PoolChange::Label(key, value) => format!("add label {key}={value} to its template"),
        PoolChange::Limit(resource, least) => format!("raise its limit of {resource} to {least}"),
    });
    let then = if fix.proved {
        "then it makes a node for the pod (re-run)"
    } else {
        "then it rests on instance types that are not known here"
    };
    format!("help: {}; {then}", parts.collect::<Vec<_>>().join(", and "))
}

fn pool_fixes(pool: &PoolAnswer) -> Vec<String> {
    let if_ready = match pool.if_ready {
        Some(true) => Some("if it were ready, it would make a node for the pod (re-run)".to_owned()),
        Some(false) => Some("it would not make a node for the pod either if it were ready (re-run)".to_owned()),
        None => None,
    };
    let stuck = pool.stuck.iter().map(stuck);
    pool.fix.as_ref().map(pool_fix).into_iter().chain(if_ready).chain(stuck).collect()
}

/// Why a NodeClaim has not become a node.
fn stuck(claim: &StuckClaim) -> String {
    let step = match claim.condition.as_str() {
        "Launched" => "not launched",
        "Registered" => "launched, not registered",
        _ => "registered, not initialised",
    };
    format!("NodeClaim {}: {step}: {}", claim.name, claim.why)
}

/// Who could make one more node, or why not.
pub(in crate::report) fn maker(maker: &Maker) -> String {
    match maker {
        Maker::NodeGroup { id, skip, target, max } => {
            let id = short(id);
            match skip {
                None => format!("node group {id} could make it: {target} of {max}"),
                Some(Skip::MaxSize) => format!("its node group {id} is at its maximum: {target} of {max}"),
                Some(Skip::Backoff) => format!("its node group {id} is in backoff"),
                Some(Skip::NotReady | Skip::NoTemplate(_)) => format!("its node group {id} is not ready"),
                Some(Skip::Quota(exceeded)) => format!("its node group {id} would exceed {}", quotas(exceeded)),
            }
        }
        Maker::NodePool { name, why: Some(why), .. } => format!("its NodePool {name} cannot: {}", not_asked(why)),
        Maker::NodePool { name, exhausted, .. } if exhausted.is_empty() => format!("NodePool {name} could make it"),
        Maker::NodePool { name, exhausted, .. } => {
            format!("its NodePool {name} is at its limit of {}", list(exhausted, 3))
        }
    }
}

/// What one more node would exceed.
fn quotas(exceeded: &[ExceededQuota]) -> String {
    let parts = exceeded.iter().map(|quota| match quota.id.strip_prefix("CapacityQuota/") {
        Some(name) => format!("CapacityQuota {name} ({})", list(&quota.resources, 3)),
        None => format!("the cluster's limit of {}", list(&quota.resources, 3)),
    });
    parts.collect::<Vec<_>>().join(" and ")
}

/// The same for several nodes.
pub(in crate::report) fn maker_of(maker: &Maker, nodes: usize) -> String {
    match maker {
        Maker::NodeGroup { id, target, max, .. } if maker.can() => {
            let room = maker.room().unwrap_or_default();
            let may = format!("it has {target} of at most {max} nodes");
            let id = short(id);
            if room >= nodes {
                format!("node group {id} could make {}: {may}", if nodes == 1 { "it" } else { "them all" })
            } else {
                format!("its node group {id} could make only {room} of them: {may}")
            }
        }
        maker => self::maker(maker),
    }
}

/// What becomes of pods that are pending for one reason: a line each, with how many where they differ.
pub(in crate::report) fn fates(found: &Fates) -> Vec<(bool, String)> {
    let mut lines = Vec::new();
    if let Some(run) = found.example.cluster_autoscaler.as_ref().map(|found| &*found.run) {
        for (answer, number) in &found.autoscaler {
            let helped =
                matches!(answer.outcome, PodOutcome::Triggered | PodOutcome::Option | PodOutcome::FitsUpcoming(_));
            let number = if found.autoscaler.len() > 1 { format!("{number}: ") } else { String::new() };
            lines.push((helped, format!("{number}{}", fate(run, answer))));
        }
    }
    let asked_before = found.example.karpenter.as_ref().and_then(|found| found.asked_before);
    for ((outcome, pool), number) in &found.karpenter {
        let number = if found.karpenter.len() > 1 { format!("{number}: ") } else { String::new() };
        let helped = matches!(*outcome, "new-claim" | "in-flight");
        let first = match asked_before {
            Some(before) if *outcome == "new-claim" => format!(", or of {before}, whose instance types are not known"),
            _ => String::new(),
        };
        lines.push((helped, format!("{number}{}{first}", karpenter_fate(outcome, *pool))));
        let pools = found.example.karpenter.iter().flat_map(|found| &found.pools);
        let stuck = pools.filter(|known| Some(known.name) == *pool).flat_map(|known| &known.stuck).next();
        lines.extend(stuck.filter(|_| *outcome == "new-claim").map(|claim| (false, self::stuck(claim))));
    }
    lines
}

/// Groups that would take the pod, and why they do not grow.
fn closed(run: &Loop, answer: &PodAnswer) -> Vec<String> {
    let groups = run.groups.iter().zip(&answer.verdicts);
    let closed = groups.filter(|(group, verdict)| **verdict == GroupVerdict::Fits && group.skip.is_some());
    let closed = closed.filter_map(|(group, _)| {
        let but = match &group.skip {
            Some(Skip::Quota(exceeded)) => format!("it would exceed {}", quotas(exceeded)),
            _ => format!("the group is {}", state(group)?),
        };
        Some(format!("a new node of {} would do, but {but}", short(&group.id)))
    });
    closed.collect()
}

/// What becomes of pods in Karpenter's round.
pub(in crate::report) fn karpenter_fate(outcome: &str, pool: Option<Name>) -> String {
    let text = match outcome {
        "new-claim" => return format!("a node of pool {} is made", pool.unwrap_or_default()),
        "existing-node" => "expected on existing nodes, so no node is made",
        "in-flight" => "expected on nodes under way",
        "invalid" => "Karpenter refuses the pod's own settings",
        "not-looked-at" => "Karpenter does not look at them",
        "unknown" => "not known: no instance type of an existing node would do",
        _ => "no pool makes a node for them",
    };
    text.to_owned()
}

fn verdict_of(verdict: Option<&GroupVerdict>, group: &NodeGroup) -> Option<String> {
    let like = match group.template.as_ref().map(|template| &template.from) {
        Some(From::ReadyNode(node) | From::LastResort(node, _)) => format!(", like {node}"),
        _ => String::new(),
    };
    match verdict? {
        GroupVerdict::Fits => Some(format!("would take it{like}")),
        GroupVerdict::Refuses(rejection) => {
            let details = rejection.rejection.reasons.iter().map(detail);
            let mut texts: Vec<String> = reasons(rejection)
                .into_iter()
                .zip(details)
                .map(|(text, detail)| match detail {
                    Some(detail) => format!("{text} ({detail})"),
                    None => text,
                })
                .collect();
            if texts.is_empty() {
                texts.extend(rejection.plugin.map(str::to_owned));
            }
            let judged_by = match group.template.as_ref().map(|template| &template.from) {
                Some(From::LastResort(node, flaw)) => format!("; judged by {node}, which {flaw}"),
                _ => String::new(),
            };
            Some(format!("would not: {}{judged_by}", texts.join(", ")))
        }
        GroupVerdict::Unknown => group.not_evaluated.as_ref().map(|why| format!("{why}: not evaluated")),
    }
}

/// What a reason of kube-scheduler's leaves out: which taint, which label, how much. The node is a new one.
fn detail(reason: &Reason) -> Option<String> {
    match reason {
        Reason::InsufficientResource { resource, requested, used, allocatable, .. } => {
            let print = |value: Amount| amount(*resource, value);
            Some(match (allocatable.value, used.value) {
                (0, _) => "a new node has none".to_owned(),
                (_, 0) => format!("asks {}, a new node has {}", print(*requested), print(*allocatable)),
                _ => format!(
                    "asks {}, a new node has {}, of which DaemonSets take {}",
                    print(*requested),
                    print(*allocatable),
                    print(*used)
                ),
            })
        }
        Reason::UntoleratedTaint { named: true, .. } | Reason::NodeUnschedulable => None,
        reason => Some(words::brief(reason)).filter(|brief| *brief != reason.to_string()),
    }
}

fn state(group: &NodeGroup) -> Option<String> {
    match group.skip.as_ref()? {
        Skip::MaxSize => Some(format!("at its maximum: {} of {}", group.target, group.max)),
        Skip::Backoff => {
            let since = group.since.map(|since| format!(" since {since}")).unwrap_or_default();
            let why = group.backoff.as_ref().map(|(code, message)| match (code.is_empty(), message.is_empty()) {
                (false, false) => format!(": {code}: {message}"),
                (false, true) => format!(": {code}"),
                (true, false) => format!(": {message}"),
                // The older form of the status has no reason.
                (true, true) => String::new(),
            });
            Some(format!("in backoff{since}{}", why.unwrap_or_default()))
        }
        Skip::NotReady => Some("not healthy: too many of its nodes are missing or not ready".to_owned()),
        Skip::NoTemplate(_) => Some("what a new node of it is like is not known".to_owned()),
        skip @ Skip::Quota(_) => Some(skip.reasons().join("; ")),
    }
}

/// What becomes of the pod, in one sentence.
pub(in crate::report) fn outcome(found: &ClusterAutoscalerAnswer) -> Option<String> {
    if found.outcomes.len() > 1 {
        return Some("Of pods like this one some get a node and some do not: which is drawn.".to_owned());
    }
    let id = |place: usize| found.run.groups.get(place).map(|group| short(&group.id).to_owned()).unwrap_or_default();
    let is_open =
        |group: &NodeGroup| group.not_evaluated.is_some() && matches!(group.skip, None | Some(Skip::NoTemplate(false)));
    let text = match found.answer.as_ref()?.outcome {
        PodOutcome::NotTriggered if found.run.groups.iter().any(is_open) => {
            "None of the groups that are known grows for it; the others are not known.".to_owned()
        }
        PodOutcome::Triggered => "A group grows for it.".to_owned(),
        PodOutcome::Option => {
            let best = found.run.best.iter().filter_map(|place| found.run.options.get(*place));
            let best: Vec<String> = best.map(|option| id(option.group)).collect();
            let how = found.run.undecided_by.as_ref().map_or_else(
                || "the autoscaler draws at random".to_owned(),
                |expander| format!("expander {expander} decides by what this state does not have"),
            );
            format!("One of {} grows for it: {how}.", list(&best, 3))
        }
        PodOutcome::AwaitsEvaluation => "Another group grows first; then it is looked at again.".to_owned(),
        PodOutcome::HelpedLater => "The group that grows would take it, but gets too few nodes for it.".to_owned(),
        PodOutcome::NotTriggered if found.run.at_node_limit => {
            "No group grows for it: the cluster has as many nodes as the autoscaler allows (its flag max-nodes-total)."
                .to_owned()
        }
        PodOutcome::NotTriggered if found.answer.as_ref().is_some_and(|it| rests_on_bad_nodes(&found.run, it)) => {
            "No group grows for it, judged by nodes that are no good examples: the cloud itself may describe a new node \
             otherwise."
                .to_owned()
        }
        PodOutcome::NotTriggered => "No group grows for it.".to_owned(),
        PodOutcome::FitsExisting(node) => format!("The autoscaler expects it on node {node}, so it makes none."),
        PodOutcome::FitsUpcoming(group) => {
            format!("The autoscaler expects it on a node of {} that is under way.", id(group))
        }
        PodOutcome::Waiting => "All pending pods are too new: the autoscaler waits for more.".to_owned(),
        PodOutcome::TooYoung => "It is too new: the autoscaler does not look at it yet.".to_owned(),
        PodOutcome::Expendable => "Its priority is too low: the autoscaler makes no node for it.".to_owned(),
        PodOutcome::DaemonSet => "It is a DaemonSet's: the autoscaler makes no node for it.".to_owned(),
        PodOutcome::ConsumesProvisioningRequest => {
            "It consumes a ProvisioningRequest: only that makes nodes for it.".to_owned()
        }
        PodOutcome::Nominated => "It is nominated to a node: the autoscaler makes none.".to_owned(),
        PodOutcome::NotUnschedulable => {
            "kube-scheduler has not said that it fits nowhere: the autoscaler does not look at it.".to_owned()
        }
        PodOutcome::ClusterUnhealthy => "Too many nodes are not ready: the autoscaler looks at no pod.".to_owned(),
    };
    let (is_stale, age) = status_basis(found.status_age);
    Some(if is_stale { format!("{text} Caution: {age}; is the autoscaler running?") } else { text })
}

/// Whether a group refuses the pod just for what a bad node of it is like, while the autoscaler has the cloud's description.
fn rests_on_bad_nodes(run: &Loop, answer: &PodAnswer) -> bool {
    let is_bad = |(group, verdict): (&NodeGroup, &GroupVerdict)| {
        let from = group.template.as_ref().map(|template| &template.from);
        matches!(from, Some(From::LastResort(..)))
            && matches!(verdict, GroupVerdict::Refuses(_))
            && group.skip.is_none()
    };
    run.cloud_templates && run.groups.iter().zip(&answer.verdicts).any(is_bad)
}

/// Karpenter expects the pod on a node that kube-scheduler refuses.
pub(in crate::report) fn conflict(found: &Conflict) -> String {
    let plugin = found.plugin.map(|plugin| format!("{plugin}: ")).unwrap_or_default();
    let rule = match found.rule {
        Some(UnknownRule::DefaultSpread) => {
            ". Karpenter does not know the default spread constraints of kube-scheduler's profile (only those of its own \
             scheduler configuration), so it makes no node"
        }
        Some(UnknownRule::SharedVolumes) => {
            ". Karpenter does not check which pods may share a volume, so it makes no node"
        }
        Some(UnknownRule::StartupTaint) => ". Karpenter expects this taint to go away once the node has started",
        None => "",
    };
    format!("But kube-scheduler refuses {}: {plugin}{}{rule}.", found.node, found.reasons.join(", "))
}

/// What the section on Karpenter rests on.
pub(in crate::report) fn karpenter_basis(found: &KarpenterAnswer) -> String {
    let types = if found.complete { "the given instance types" } else { "the instance types of existing nodes" };
    format!("Karpenter; each pool was tried, with {types}")
}

/// A line for each pool.
pub(in crate::report) fn pools(found: &KarpenterAnswer) -> Vec<GroupLine> {
    let lines = found.pools.iter();
    lines
        .map(|pool| GroupLine {
            id: pool.name.to_string(),
            text: pool_text(pool),
            fixes: pool_fixes(pool),
            helps: pool.why.is_none() && pool.verdict == Some(true),
        })
        .collect()
}

fn pool_text(pool: &PoolAnswer) -> String {
    /// So many instance types are named.
    const MOST: usize = 3;
    let because = pool.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
    if let Some(why) = pool.why {
        return format!("{}{because}", not_asked(why));
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
            let why = pool.error.as_deref().or(pool.because.as_deref());
            format!("would not: {}{limits}", why.unwrap_or_default())
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
        "new-claim" => {
            let pool = found.pool.unwrap_or_default();
            let makes = match found.asked_before {
                Some(before) => format!(
                    "Karpenter makes a node for it: of pool {pool}, or of {before}, which is asked first and whose instance \
                     types are not known here."
                ),
                None => format!("Karpenter makes a node of pool {pool} for it."),
            };
            // Neither is in any state, and a catalogue has prices at best.
            let choice =
                "The provider chooses its instance type and zone, and spot or on-demand, by its own prices and stock.";
            format!("{makes} {choice}")
        }
        "invalid" => format!("Karpenter refuses it: {}.", found.error.as_deref().unwrap_or_default()),
        "not-looked-at" => "Karpenter does not look at it.".to_owned(),
        _ => "Karpenter makes no node for it.".to_owned(),
    };
    Some(text)
}
