//! `-o json` and `-o yaml` of node groups and pools.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{API_VERSION, Provenance};
use super::NodeGroupsAnswer;
use crate::api::Name;
use crate::api::labels::Labels;
use crate::api::resources::Resources;
use crate::framework::{Amount, NotEvaluated};
use crate::node_groups::cluster_autoscaler::{GroupVerdict, Loop, NodeGroup};
use crate::node_groups::karpenter::{Overview, PoolOverview};
use crate::node_groups::new_node::{NewNode, amounts};
use crate::report::explain::json::new_nodes::{GroupObject, LimitObject, ScaleUpObject};
use crate::report::words::new_nodes as words;

/// Node groups and NodePools: what could make nodes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct NodeGroupsObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "NodeGroups")))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_autoscaler: Option<AutoscalerObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    karpenter: Option<KarpenterObject<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
    not_evaluated: &'a [NotEvaluated],
}

/// The Cluster Autoscaler's groups.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct AutoscalerObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status_age_seconds: Option<i64>,
    /// Whether the cluster is healthy as the autoscaler sees it: otherwise it looks at no pod.
    healthy: bool,
    groups: Vec<GroupOverviewObject<'a>>,
    /// The groups that grow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scale_ups: Vec<ScaleUpObject>,
    /// How many pending pods meet each outcome.
    outcomes: BTreeMap<&'static str, usize>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct GroupOverviewObject<'a> {
    #[serde(flatten)]
    group: GroupObject<'a>,
    /// `ready`, or the kind of `skip`; `growing` where it grows.
    state: &'static str,
    /// The same in words.
    summary: String,
    healthy: bool,
    /// Nodes that the autoscaler counts.
    registered: i64,
    member_nodes: &'a [Name],
    /// Pending pods that a new node of it would take, and those that it would not.
    pending_pods: TakenObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_node: Option<NewNodeObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TakenObject {
    fit: usize,
    refused: usize,
}

/// A node that could be made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct NewNodeObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_type: Option<Name>,
    allocatable: BTreeMap<Name, Amount>,
    /// Pods that come with the node: of DaemonSets, and static ones.
    daemons: DaemonsObject<'a>,
    /// `allocatable` less what these pods request.
    free: BTreeMap<Name, Amount>,
    labels: &'a Labels,
    taints: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DaemonsObject<'a> {
    pods: usize,
    /// Whose they are.
    owners: &'a [Name],
    requests: BTreeMap<Name, Amount>,
}

/// Karpenter's pools.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct KarpenterObject<'a> {
    /// `all` with a catalogue; `seen` where only the types of existing nodes are known.
    known_instance_types: &'static str,
    pools: Vec<PoolOverviewObject<'a>>,
    /// How many pending pods meet each outcome; `unknown` where that rests on instance types that are not known.
    outcomes: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PoolOverviewObject<'a> {
    name: Name,
    weight: i64,
    considered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    /// The state in words.
    summary: String,
    nodes: usize,
    /// Nodes that were asked for and are not initialised.
    #[serde(skip_serializing_if = "is_zero")]
    under_way: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<LimitObject<'a>>,
    /// As texts: `KEY In [VALUES]`.
    requirements: Vec<String>,
    taints: Vec<String>,
    /// One for each known instance type that the pool's own requirements leave.
    new_nodes: Vec<NewNodeObject<'a>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl<'a> NodeGroupsObject<'a> {
    pub(super) fn new(answer: &'a NodeGroupsAnswer, provenance: &'a Provenance) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "NodeGroups",
            provenance,
            cluster_autoscaler: answer.autoscaler.as_deref().map(|run| AutoscalerObject::new(run, answer.status_age)),
            karpenter: answer.karpenter.as_ref().map(KarpenterObject::new),
            notes: &answer.notes,
            not_evaluated: &answer.not_evaluated,
        }
    }
}

impl<'a> AutoscalerObject<'a> {
    fn new(run: &'a Loop, status_age: Option<i64>) -> Self {
        let mut outcomes = BTreeMap::new();
        for answer in run.pods.values() {
            *outcomes.entry(answer.outcome.as_str()).or_default() += 1;
        }
        Self {
            status_age_seconds: status_age,
            healthy: !run.unhealthy,
            groups: (0..run.groups.len()).filter_map(|place| GroupOverviewObject::new(run, place)).collect(),
            scale_ups: ScaleUpObject::all(run),
            outcomes,
            notes: &run.notes,
        }
    }
}

impl<'a> GroupOverviewObject<'a> {
    fn new(run: &'a Loop, place: usize) -> Option<Self> {
        let group: &NodeGroup = run.groups.get(place)?;
        let grows = run.growths.iter().any(|growth| growth.group == place);
        let verdicts = run.pods.values().filter_map(|answer| answer.verdicts.get(place));
        let count = |fits: bool| {
            let counted = verdicts.clone().filter(|verdict| match verdict {
                GroupVerdict::Fits => fits,
                GroupVerdict::Refuses(_) => !fits,
                GroupVerdict::Unknown => false,
            });
            counted.count()
        };
        Some(Self {
            group: GroupObject::new(group, None),
            state: match &group.skip {
                Some(skip) => skip.kind(),
                None if grows => "growing",
                None => "ready",
            },
            summary: words::group_state(run, place),
            healthy: group.healthy,
            registered: group.registered,
            member_nodes: &group.members,
            pending_pods: TakenObject { fit: count(true), refused: count(false) },
            new_node: group.offer.as_ref().map(NewNodeObject::new),
        })
    }
}

impl<'a> NewNodeObject<'a> {
    fn new(node: &'a NewNode) -> Self {
        let map = |resources: &Resources| amounts(resources).into_iter().collect::<BTreeMap<_, _>>();
        Self {
            instance_type: node.instance_type,
            allocatable: map(&node.allocatable),
            daemons: DaemonsObject {
                pods: node.daemon_owners.len(),
                owners: &node.daemon_owners,
                requests: map(&node.daemons),
            },
            free: map(&node.free()),
            labels: &node.labels,
            taints: node.taints.iter().map(ToString::to_string).collect(),
        }
    }
}

impl<'a> KarpenterObject<'a> {
    fn new(found: &'a Overview) -> Self {
        let mut outcomes = BTreeMap::new();
        for (outcome, ..) in found.outcomes.values() {
            *outcomes.entry(*outcome).or_default() += 1;
        }
        Self {
            known_instance_types: if found.complete { "all" } else { "seen" },
            pools: found.pools.iter().map(PoolOverviewObject::new).collect(),
            outcomes,
        }
    }
}

impl<'a> PoolOverviewObject<'a> {
    fn new(pool: &'a PoolOverview) -> Self {
        let limits = pool.limits.iter();
        Self {
            name: pool.name,
            weight: pool.weight,
            considered: pool.why.is_none(),
            why: pool.why,
            because: pool.because.as_deref(),
            summary: words::pool_state(pool),
            nodes: pool.nodes,
            under_way: pool.under_way,
            limits: limits.map(|(resource, used, limit, _)| LimitObject { resource: *resource, used, limit }).collect(),
            requirements: pool.requirements.iter().map(words::pool_requirement).collect(),
            taints: pool.taints.iter().map(ToString::to_string).collect(),
            new_nodes: pool.new_nodes.iter().map(NewNodeObject::new).collect(),
        }
    }
}
