//! Suggestions and preemption as data.
//!
//! A suggestion's `steps` are steps of a scenario, its `patch` is what `kubectl patch` takes: the
//! words in `summary` are for people.

use serde::Serialize;
use serde_json::Value;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::edit::Edit;
use crate::explain::suggest::{CandidateDetail, GoesTo, Need, NotEligible, Suggestion, WhyNot};
use crate::node_groups::maker::Maker;
use crate::report::words::{help as help_words, need as need_words, new_nodes as new_node_words};

/// Nodes named of those that a suggestion opens, and of those that are no candidates.
const MOST_NODES: usize = 20;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct SuggestionObject<'a> {
    summary: String,
    steps: &'a [Edit],
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<&'a Value>,
    /// What makes the change, ready for a shell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<String>,
    node: Name,
    feasible_nodes: Nodes,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moves: Vec<MoveObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cautions: Vec<String>,
    /// Of one more node: the group or pool that has the node it is like.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by: Option<MakerObject>,
}

/// A node group or NodePool, and whether it could make the node.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct MakerObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    node_group: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_pool: Option<Name>,
    can_grow: bool,
    /// How many nodes it could get, where a maximum says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<usize>,
    summary: String,
}

impl MakerObject {
    pub(in crate::report) fn new(maker: &Maker) -> Self {
        let (node_group, node_pool) = match maker {
            Maker::NodeGroup { id, .. } => (Some(*id), None),
            Maker::NodePool { name, .. } => (None, Some(*name)),
        };
        Self { node_group, node_pool, can_grow: maker.can(), room: maker.room(), summary: new_node_words::maker(maker) }
    }
}

/// What would be needed beyond any change of pod or node.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct NeedObject<'a> {
    summary: String,
    #[serde(flatten)]
    need: &'a Need,
}

impl<'a> NeedObject<'a> {
    pub(in crate::report) fn new(need: &'a Need) -> Self {
        Self { summary: need_words::need(need), need }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Nodes {
    count: usize,
    /// The first of them, in the order of names.
    nodes: Vec<Name>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MoveObject {
    pod: ObjectKey,
    node: Option<Name>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct VictimObject {
    pod: ObjectKey,
    priority: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    budgets: Vec<ObjectKey>,
    /// Absent where it was not asked; null where there is no other place.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_node: Option<Value>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct NotEligibleObject {
    why: &'static str,
    /// What keeps the pod off the first of the nodes, in upstream's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(flatten)]
    nodes: Nodes,
}

impl Nodes {
    fn of(nodes: &[Name]) -> Self {
        Self { count: nodes.len(), nodes: nodes.iter().take(MOST_NODES).copied().collect() }
    }
}

impl<'a> SuggestionObject<'a> {
    pub(in crate::report) fn new(suggestion: &'a Suggestion) -> Self {
        Self {
            summary: help_words::summary(suggestion),
            steps: &suggestion.edits,
            patch: suggestion.patch.as_ref(),
            commands: crate::report::commands::of(suggestion),
            node: suggestion.node,
            feasible_nodes: Nodes::of(&suggestion.opens),
            moves: suggestion.moves.iter().map(|moved| MoveObject { pod: moved.pod, node: moved.node }).collect(),
            cautions: suggestion.weakens.iter().map(help_words::weakening).collect(),
            made_by: suggestion.maker.as_ref().map(MakerObject::new),
        }
    }
}

pub(in crate::report) fn victims(candidate: &CandidateDetail) -> Vec<VictimObject> {
    let victims = candidate.victims.iter();
    victims
        .map(|victim| VictimObject {
            pod: victim.pod,
            priority: victim.priority,
            owner: victim.owner.map(|owner| format!("{}/{}", owner.kind, owner.name)),
            budgets: victim.budgets.clone(),
            new_node: match victim.goes_to {
                GoesTo::NotAsked => None,
                GoesTo::Nowhere => Some(Value::Null),
                GoesTo::Node(node) => Some(Value::from(node.as_str())),
            },
        })
        .collect()
}

impl NotEligibleObject {
    pub(in crate::report) fn new(group: &NotEligible) -> Self {
        let why = match group.why {
            WhyNot::NotHelpful => "NotHelpful",
            WhyNot::NoVictims => "NoVictims",
            WhyNot::NotEnough => "NotEnough",
        };
        let reasons = group.reasons.iter().map(ToString::to_string).collect();
        Self { why, reasons, nodes: Nodes::of(&group.nodes) }
    }
}
