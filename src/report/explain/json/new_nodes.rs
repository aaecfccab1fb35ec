//! The part of an answer's data that tells which nodes could be made: `newNodes`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::name::Name;
use crate::api::taint::Taint;
use crate::node_groups::cluster_autoscaler::{
    Change, GroupVerdict, Loop, LoopEvent, NodeGroup, PodOutcome, Skip, TolerationFix, reasons,
};
use crate::node_groups::karpenter::{KarpenterAnswer, PoolAnswer, PoolFix};
use crate::node_groups::{ClusterAutoscalerAnswer, Conflict, NewNodes, UnknownRule};
use crate::report::words::new_nodes as words;

/// Nodes that could be made for a pod.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct NewNodesObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_autoscaler: Option<AutoscalerObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    karpenter: Option<KarpenterObject<'a>>,
    /// A node that Karpenter expects the pod on and kube-scheduler refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<ConflictObject<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

/// Karpenter and kube-scheduler disagree over a node.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ConflictObject<'a> {
    node: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    reasons: &'a [String],
    /// The rule that Karpenter does not know: `default-spread`, `shared-volumes`, `startup-taint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_rule: Option<&'static str>,
    summary: String,
}

impl<'a> ConflictObject<'a> {
    fn new(found: &'a Conflict) -> Self {
        let unknown_rule = found.rule.map(|rule| match rule {
            UnknownRule::DefaultSpread => "default-spread",
            UnknownRule::SharedVolumes => "shared-volumes",
            UnknownRule::StartupTaint => "startup-taint",
        });
        let summary = words::conflict(found);
        Self { node: found.node, plugin: found.plugin, reasons: &found.reasons, unknown_rule, summary }
    }
}

/// The Cluster Autoscaler's loop, run again.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct AutoscalerObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status_age_seconds: Option<i64>,
    /// What becomes of the pod; `some` where its twins share an outcome that is drawn among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// How many of the pod's twins, itself included, meet each outcome.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outcomes: BTreeMap<&'static str, usize>,
    groups: Vec<GroupObject<'a>>,
    /// The groups that grow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scale_ups: Vec<ScaleUpObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventObject<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

/// A node group.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct GroupObject<'a> {
    id: Name,
    min: i64,
    max: i64,
    target: i64,
    /// Nodes of the state that belong to it.
    members: usize,
    /// How they were found.
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<&'a str>,
    /// Nodes under way that count.
    #[serde(skip_serializing_if = "is_zero")]
    upcoming: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<SkipObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backoff: Option<BackoffObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fits: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<TemplateObject>,
    /// Changes of the group after which the loop does something for the pod, each re-run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_evaluated: Option<&'a str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(count: &i64) -> bool {
    *count == 0
}

/// Why a group is not asked.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SkipObject {
    kind: &'static str,
    reasons: Vec<String>,
}

/// Why a group is in backoff, in the cloud's words.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BackoffObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    code: &'a str,
    message: &'a str,
}

/// A change of a group, and what becomes of the pod after it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct FixObject {
    summary: String,
    /// The maximum that is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    backoff_over: bool,
    /// The taints of its new nodes that the pod must tolerate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tolerate: Vec<Taint>,
    outcome: &'static str,
}

impl FixObject {
    fn new(change: Change, outcome: PodOutcome) -> Self {
        let (max, backoff_over) = match change {
            Change::Max { max, .. } => (Some(max), false),
            Change::BackoffOver { .. } => (None, true),
            Change::Grown { .. } | Change::Started { .. } => (None, false),
        };
        let summary = words::fix(change, outcome);
        Self { summary, max, backoff_over, tolerate: Vec::new(), outcome: outcome.as_str() }
    }

    fn of_tolerations(fix: &TolerationFix) -> Self {
        Self {
            summary: words::toleration_fix(fix),
            max: None,
            backoff_over: false,
            tolerate: fix.taints.clone(),
            outcome: fix.outcome.as_str(),
        }
    }
}

/// The node that stands for a new one.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TemplateObject {
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Name>,
}

/// A group that grows.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct ScaleUpObject {
    group: Name,
    from: i64,
    to: i64,
    max: i64,
}

/// The event that the pod gets.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EventObject<'a> {
    r#type: &'static str,
    reason: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    counts: &'a BTreeMap<String, usize>,
    /// Whether it is sent: while any group grows, refusals are not.
    sent: bool,
}

impl<'a> NewNodesObject<'a> {
    pub(in crate::report) fn new(new_nodes: &'a NewNodes) -> Self {
        Self {
            cluster_autoscaler: new_nodes.cluster_autoscaler.as_ref().map(AutoscalerObject::new),
            karpenter: new_nodes.karpenter.as_ref().map(KarpenterObject::new),
            conflict: new_nodes.conflict.as_ref().map(ConflictObject::new),
            notes: &new_nodes.notes,
        }
    }
}

/// What Karpenter would do.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct KarpenterObject<'a> {
    /// What becomes of the pod; missing where that hangs on unknown instance types.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// The node or NodeClaim that it is expected on.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_pool: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// `all` with a catalogue; `seen` where only the types of existing nodes are known.
    known_instance_types: &'static str,
    pools: Vec<PoolObject<'a>>,
}

/// A NodePool, asked about the pod alone.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PoolObject<'a> {
    name: Name,
    considered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<FactsObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Name]>::is_empty")]
    instance_types: &'a [Name],
    /// Whether it would, were it not for `spec.limits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    without_limits: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<LimitObject<'a>>,
    /// Changes of the pool with which it would take the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<PoolFixObject>,
    /// For a pool that is not ready: whether it would take the pod if it were.
    #[serde(skip_serializing_if = "Option::is_none")]
    if_ready: Option<bool>,
}

/// Changes of a pool, taken together.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PoolFixObject {
    summary: String,
    /// Whether a re-run proved it; otherwise it rests on instance types that are not known.
    proved: bool,
}

impl PoolFixObject {
    fn new(fix: &PoolFix) -> Self {
        Self { summary: words::pool_fix(fix), proved: fix.proved }
    }
}

/// Whether any instance type had it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FactsObject {
    requirements: bool,
    resources: bool,
    offering: bool,
}

/// A limit of a NodePool.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct LimitObject<'a> {
    pub(in crate::report) resource: Name,
    pub(in crate::report) used: &'a str,
    pub(in crate::report) limit: &'a str,
}

impl<'a> KarpenterObject<'a> {
    fn new(found: &'a KarpenterAnswer) -> Self {
        Self {
            outcome: found.outcome,
            node: found.node,
            node_pool: found.pool,
            error: found.error.as_deref(),
            known_instance_types: if found.complete { "all" } else { "seen" },
            pools: found.pools.iter().map(PoolObject::new).collect(),
        }
    }
}

impl<'a> PoolObject<'a> {
    fn new(pool: &'a PoolAnswer) -> Self {
        let asked = pool.why.is_none();
        Self {
            name: pool.name,
            considered: asked,
            why: pool.why,
            because: pool.because.as_deref(),
            verdict: asked.then_some(match pool.verdict {
                Some(true) => "ok",
                Some(false) => "no",
                None => "unknown",
            }),
            kind: pool.kind,
            facts: pool.facts.map(|[requirements, resources, offering]| FactsObject {
                requirements,
                resources,
                offering,
            }),
            error: pool.error.as_deref(),
            instance_types: &pool.types,
            without_limits: pool.without_limits,
            fix: pool.fix.as_ref().map(PoolFixObject::new),
            if_ready: pool.if_ready,
            limits: pool
                .limits
                .iter()
                .map(|(resource, used, limit)| LimitObject { resource: *resource, used, limit })
                .collect(),
        }
    }
}

impl<'a> AutoscalerObject<'a> {
    fn new(found: &'a ClusterAutoscalerAnswer) -> Self {
        let run = &*found.run;
        let answer = found.answer.as_ref();
        let verdicts = answer.map_or(&[][..], |answer| &answer.verdicts);
        let groups = run.groups.iter().enumerate();
        let outcome = answer.map(|answer| answer.outcome.as_str());
        Self {
            status_age_seconds: found.status_age,
            outcome: if found.outcomes.len() > 1 { Some("some") } else { outcome },
            outcomes: found.outcomes.clone(),
            groups: groups
                .map(|(place, group)| {
                    let fixes = found.fixes.iter().filter(|(fixed, ..)| *fixed == place);
                    let fixes = fixes.map(|(_, change, outcome)| FixObject::new(*change, *outcome));
                    let tolerations = found.tolerations.iter().filter(|fix| fix.group == place);
                    let fixes = fixes.chain(tolerations.map(FixObject::of_tolerations)).collect();
                    GroupObject { fixes, ..GroupObject::new(group, verdicts.get(place)) }
                })
                .collect(),
            scale_ups: ScaleUpObject::all(run),
            event: answer.and_then(|answer| answer.event.as_ref()).map(EventObject::new),
            notes: &run.notes,
        }
    }
}

impl ScaleUpObject {
    /// The groups of a loop that grow.
    pub(in crate::report) fn all(run: &Loop) -> Vec<Self> {
        let id = |group: usize| run.groups.get(group).map(|group| group.id).unwrap_or_default();
        let growths = run.growths.iter();
        growths.map(|it| Self { group: id(it.group), from: it.from, to: it.to, max: it.max }).collect()
    }
}

impl SkipObject {
    fn new(skip: &Skip) -> Self {
        // What the autoscaler says is known only where it is known why.
        let reasons = if *skip == Skip::NoTemplate(false) { Vec::new() } else { skip.reasons() };
        Self { kind: skip.kind(), reasons }
    }
}

impl<'a> GroupObject<'a> {
    pub(in crate::report) fn new(group: &'a NodeGroup, verdict: Option<&GroupVerdict>) -> Self {
        let (fits, plugin, reasons) = match verdict {
            Some(GroupVerdict::Fits) => (Some(true), None, Vec::new()),
            Some(GroupVerdict::Refuses(rejection)) => (Some(false), rejection.plugin, reasons(rejection)),
            Some(GroupVerdict::Unknown) | None => (None, None, Vec::new()),
        };
        Self {
            id: group.id,
            min: group.min,
            max: group.max,
            target: group.target,
            members: group.members.len(),
            membership: group.membership.as_deref(),
            upcoming: group.upcoming,
            skip: group.skip.as_ref().map(SkipObject::new),
            backoff: group.backoff.as_ref().map(|(code, message)| BackoffObject {
                since: group.since.map(|since| since.to_string()),
                code,
                message,
            }),
            fits,
            plugin,
            reasons,
            template: group
                .template
                .as_ref()
                .map(|template| TemplateObject { from: template.from.as_str(), node: template.from.node() }),
            fixes: Vec::new(),
            not_evaluated: group.not_evaluated.as_deref(),
        }
    }
}

impl<'a> EventObject<'a> {
    fn new(event: &'a LoopEvent) -> Self {
        Self {
            r#type: "Normal",
            reason: event.reason,
            message: &event.message,
            counts: &event.counts,
            sent: event.sent,
        }
    }
}
