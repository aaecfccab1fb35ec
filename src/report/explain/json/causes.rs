//! Causes, domain tables, closest nodes and the decision as data.
//!
//! Long lists are capped and say how long they are: every node's own verdict is in `nodes`.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::name::Name;
use crate::api::{ObjectKey, Timestamp};
use crate::explain::domains::{Closed, Domain, DomainTable};
use crate::explain::fragmentation::Fragmentation;
use crate::explain::label_demand::{Demand, LabelDemand};
use crate::explain::near_misses::Distance;
use crate::explain::occupants::{DeviceOccupant, PortOccupant};
use crate::explain::ranges::Number;
use crate::explain::{
    Cause, Counterfactual, Decision, Explanation, How, LeftOut, NearMiss, Position, SharedLabel, TaintKind,
    TaintOrigin, WinningChange, shared_facts,
};
use crate::framework::{Placement, Reason, RuleKind};

/// Nodes named of a cause.
const MOST_NODES: usize = 20;
/// Domains of a table.
const MOST_DOMAINS: usize = 100;
/// Closest nodes.
const MOST_CLOSEST: usize = 20;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct ClosestNodes {
    count: usize,
    /// The first of them, in the order of names.
    nodes: Vec<Name>,
}

impl ClosestNodes {
    fn of(nodes: &[Name]) -> Self {
        Self { count: nodes.len(), nodes: nodes.iter().take(MOST_NODES).copied().collect() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct CauseObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    message: String,
    /// What is the same on all nodes.
    facts: Map<String, Value>,
    /// What differs in number.
    #[serde(skip_serializing_if = "Map::is_empty")]
    ranges: Map<String, Value>,
    nodes: ClosestNodes,
    #[serde(skip_serializing_if = "Option::is_none")]
    also_fails_on: Option<ClosestNodes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_label: Option<LabelObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    taint: Option<TaintObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmatched_labels: Option<DemandObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fragmentation: Option<&'a Fragmentation>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    port_occupants: &'a [PortOccupant],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    device_occupants: &'a [DeviceOccupant],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LabelObject<'a> {
    key: Name,
    values: &'a [Name],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct TaintObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<TaintKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_added: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_added: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct DemandObject<'a> {
    requirements: &'a [Demand],
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closest_term: Option<usize>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RangeObject {
    min: Number,
    max: Number,
}

/// The causes, in their order.
pub(in crate::report) fn causes<'a>(placement: &Placement, causes: &'a [Cause]) -> Vec<CauseObject<'a>> {
    let facts = shared_facts::find(placement, causes);
    causes.iter().zip(facts).map(|(cause, facts)| CauseObject::new(cause, facts)).collect()
}

impl<'a> CauseObject<'a> {
    fn new(cause: &'a Cause, facts: Map<String, Value>) -> Self {
        let differing = cause.ranges.iter().filter(|range| range.least != range.most);
        let ranges = differing.filter_map(|range| {
            let object = RangeObject { min: range.least, max: range.most };
            Some((range.fact.to_owned(), serde_json::to_value(object).ok()?))
        });
        let detail = &cause.detail;
        Self {
            plugin: cause.plugin,
            message: cause.reason.to_string(),
            facts,
            ranges: ranges.collect(),
            nodes: ClosestNodes::of(&cause.nodes),
            also_fails_on: (!cause.behind.is_empty()).then(|| ClosestNodes::of(&cause.behind)),
            shared_label: cause.label.as_ref().map(|SharedLabel { key, values }| LabelObject { key: *key, values }),
            taint: detail.taint.as_ref().map(TaintObject::new),
            unmatched_labels: detail.labels.as_ref().map(|LabelDemand { unmet, alternatives, closest }| DemandObject {
                requirements: unmet,
                terms: Some(*alternatives).filter(|count| *count > 0),
                closest_term: *closest,
            }),
            fragmentation: detail.fragmentation.as_ref(),
            port_occupants: &detail.ports,
            device_occupants: &detail.devices,
        }
    }
}

impl TaintObject {
    fn new(origin: &TaintOrigin) -> Self {
        let time = |time: Timestamp| time.to_string();
        Self {
            origin: origin.kind,
            first_added: origin.since.map(|(first, _)| time(first)),
            last_added: origin.since.map(|(_, last)| time(last)),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct TableObject<'a> {
    plugin: &'static str,
    #[serde(flatten)]
    rule: RuleKind,
    topology_key: Name,
    #[serde(skip_serializing_if = "Name::is_empty")]
    selector: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespaces: Option<&'a [Name]>,
    nodes_without_key: usize,
    domain_count: usize,
    domains: Vec<DomainObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct DomainObject<'a> {
    domain: Name,
    pods: i64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    examples: &'a [ObjectKey],
    nodes: usize,
    feasible_nodes: usize,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_minimum: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_counted_because: Option<LeftOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected_by: Vec<ClosedObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ClosedObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    message: String,
    nodes: usize,
}

impl<'a> TableObject<'a> {
    pub(in crate::report) fn new(table: &'a DomainTable) -> Self {
        let spreads = matches!(table.kind, RuleKind::Spread { .. });
        Self {
            plugin: table.plugin,
            rule: table.kind,
            topology_key: table.topology_key,
            selector: table.selector,
            namespaces: table.namespaces.as_deref(),
            nodes_without_key: table.nodes_without_key,
            domain_count: table.domains.len(),
            domains: table.domains.iter().take(MOST_DOMAINS).map(|domain| DomainObject::new(domain, spreads)).collect(),
        }
    }
}

impl<'a> DomainObject<'a> {
    fn new(domain: &'a Domain, spreads: bool) -> Self {
        let closed = |closed: &Closed| ClosedObject {
            plugin: closed.plugin,
            message: closed.reason.to_string(),
            nodes: closed.nodes,
        };
        Self {
            domain: domain.domain,
            pods: domain.pods,
            examples: &domain.examples,
            nodes: domain.nodes,
            feasible_nodes: domain.feasible,
            allowed: domain.allowed,
            is_minimum: spreads.then_some(domain.is_minimum),
            not_counted_because: domain.left_out,
            rejected_by: domain.closed_by.iter().map(closed).collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct ClosestObject<'a> {
    nodes: ClosestNodes,
    distance: DistanceObject,
    reasons: Vec<MissObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MissObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    message: String,
    #[serde(flatten)]
    facts: &'a Reason,
    distance: DistanceObject,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct DistanceObject {
    conditions: usize,
    pods: i64,
    shortfall_millionths: i64,
}

impl DistanceObject {
    fn new(distance: Distance) -> Self {
        let Distance { steps, pods, missing } = distance;
        Self { conditions: steps, pods, shortfall_millionths: i64::try_from(missing).unwrap_or(i64::MAX) }
    }
}

/// The closest nodes, in their order.
pub(in crate::report) fn closest(near_misses: &[NearMiss]) -> Vec<ClosestObject<'_>> {
    near_misses
        .iter()
        .take(MOST_CLOSEST)
        .map(|near_miss| ClosestObject {
            nodes: ClosestNodes::of(&near_miss.nodes),
            distance: DistanceObject::new(near_miss.distance),
            reasons: near_miss
                .misses
                .iter()
                .map(|miss| MissObject {
                    plugin: miss.plugin,
                    message: miss.reason.to_string(),
                    facts: &miss.reason,
                    distance: DistanceObject::new(miss.distance),
                })
                .collect(),
        })
        .collect()
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct DecisionObject<'a> {
    how: &'static str,
    winners: &'a [Name],
    /// Of how many equally good nodes each is picked as likely as any other.
    tied_nodes: usize,
    total: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    runner_up: Option<RunnerUpObject>,
    decided_by: Vec<DecidingObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct RunnerUpObject {
    node: Name,
    points_behind: i64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct DecidingObject {
    plugin: &'static str,
    winner_without: Name,
    lead: i64,
}

impl<'a> DecisionObject<'a> {
    pub(in crate::report) fn new(decision: &'a Decision) -> Self {
        let deciding = decision.decided_by.iter();
        Self {
            how: match decision.how {
                How::OnlyNode => "OnlyNode",
                How::Nominated(_) => "Nominated",
                How::Scores => "Scores",
            },
            winners: &decision.winners,
            tied_nodes: decision.one_of(),
            total: decision.total,
            runner_up: decision.runner_up.map(|next| RunnerUpObject { node: next.node, points_behind: next.behind }),
            decided_by: deciding
                .map(|one| DecidingObject { plugin: one.plugin, winner_without: one.instead, lead: one.lead })
                .collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct CounterfactualObject<'a> {
    node: Name,
    #[serde(flatten)]
    position: Position,
    point_gaps: Vec<GapObject>,
    changes: &'a [WinningChange],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GapObject {
    plugin: &'static str,
    points: i64,
}

impl<'a> CounterfactualObject<'a> {
    pub(in crate::report) fn new(counterfactual: &'a Counterfactual) -> Self {
        let gaps = counterfactual.gaps.iter().map(|gap| GapObject { plugin: gap.plugin, points: gap.points });
        Self {
            node: counterfactual.node,
            position: counterfactual.position,
            point_gaps: gaps.collect(),
            changes: &counterfactual.changes,
        }
    }
}

/// What the placement object has of an explanation.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct ExplanationObject<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<CauseObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    topology_rules: Vec<TableObject<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    claims: &'a [crate::explain::ClaimState],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    closest_nodes: Vec<ClosestObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<DecisionObject<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    implicit_rules: &'a [crate::explain::ImplicitRule],
}

impl<'a> ExplanationObject<'a> {
    pub(in crate::report) fn new(placement: &Placement, explanation: &'a Explanation) -> Self {
        Self {
            causes: causes(placement, &explanation.causes),
            topology_rules: explanation.domains.iter().map(TableObject::new).collect(),
            claims: &explanation.claims,
            closest_nodes: closest(&explanation.near_misses),
            decision: explanation.decision.as_ref().map(DecisionObject::new),
            implicit_rules: &explanation.implicit_rules,
        }
    }
}
