//! `-o json` and `-o yaml` of a capacity.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use serde::Serialize;

use crate::api::{Name, ObjectKey, name};
use crate::control_plane::admission::AdmissionRefusal;
use crate::decode::workload::WorkloadKey;
use crate::framework::{Amount, NotEvaluated, Reason};
use crate::simulate::Assumption;
use crate::simulate::capacity::{FreeResources, Limit, Needed, NodeRoom};

use super::super::simulation::AppliedObject;
use super::super::{API_VERSION, Provenance};
use super::{CapacityAnswer, CapacityNeeds};
use crate::report::explain::json::findings::FindingObject;
use crate::report::explain::json::help::MakerObject;

/// How many more pods fit, and what runs out first.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct CapacityObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "Capacity")))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    #[serde(flatten)]
    applied: AppliedObject<'a>,
    /// Copies that fit, of all templates.
    copies: usize,
    /// Whole turns of the ratio that fit.
    sets: usize,
    templates: Vec<TemplateObject>,
    /// Whether counting ended before the cluster was full.
    limit_reached: bool,
    /// What kube-scheduler says of the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_pod: Option<ObjectKey>,
    /// On nodes that would take a copy at the beginning.
    bottlenecks: Vec<LimitObject>,
    /// On nodes that never would.
    never_feasible: Vec<LimitObject>,
    still_free: LeftObject,
    nodes: Vec<NodeObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<WantedObject<'a>>,
    /// What keeps a further copy off the nodes, beside its scheduling cycle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingObject<'a>>,
    /// The quota that stops the next copy, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<ObjectKey>,
    /// Copies that would get a node and could not start there, as another node has their volume; not among `copies`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cannot_start: Option<CannotStartObject>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    assumptions: &'a [Assumption],
    not_evaluated: &'a [NotEvaluated],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct TemplateObject {
    /// The pod that copies are made of, or the first that the workload makes.
    pod: ObjectKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<WorkloadKey>,
    per_set: usize,
    copies: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LimitObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Name>,
    nodes: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftObject {
    cpu: Amount,
    memory: Amount,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct NodeObject<'a> {
    name: Name,
    /// In the order of the templates.
    copies: &'a [usize],
    stopped_by: Vec<StopObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StopObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    message: String,
    #[serde(flatten)]
    facts: &'a Reason,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct WantedObject<'a> {
    copies: usize,
    /// Absent where no node of the cluster helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    like: Option<Name>,
    /// Null where no number of them is enough.
    more_nodes: Option<usize>,
    /// What kube-scheduler says of the next copy where no number of them is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Why the API server lets no more copies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    /// The node group or NodePool of the node that more are made like.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by: Option<MakerObject>,
    /// What of the programs that make nodes could not be read or was not counted.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct CannotStartObject {
    copies: usize,
    claim: ObjectKey,
    /// The node that has the volume.
    node: Name,
    /// The pod there that uses it.
    used_by: ObjectKey,
}

/// The quota that refused a pod.
fn quota(refusal: &AdmissionRefusal) -> Option<ObjectKey> {
    refusal.quota.map(|quota| ObjectKey::new(refusal.pod.namespace, quota))
}

impl<'a> CapacityObject<'a> {
    pub(super) fn new(answer: &'a CapacityAnswer, provenance: &'a Provenance) -> Self {
        let capacity = &answer.capacity;
        let stopped = capacity.stopped.as_ref();
        Self {
            api_version: API_VERSION,
            kind: "Capacity",
            provenance,
            applied: AppliedObject::new(&answer.applied),
            copies: answer.copies(),
            sets: capacity.turns,
            templates: capacity
                .templates
                .iter()
                .map(|template| TemplateObject {
                    pod: template.pod,
                    workload: template.workload,
                    per_set: template.share,
                    copies: template.placed,
                })
                .collect(),
            limit_reached: stopped.is_none(),
            message: stopped.map(|stopped| stopped.unplaced.message.as_str()),
            next_pod: stopped.and_then(|stopped| capacity.templates.get(stopped.template)).map(|template| template.pod),
            bottlenecks: stopped.map(|stopped| limits(&stopped.runs_out)).unwrap_or_default(),
            never_feasible: stopped.map(|stopped| limits(&stopped.never)).unwrap_or_default(),
            still_free: LeftObject::new(capacity.left),
            nodes: capacity.nodes.iter().map(NodeObject::new).collect(),
            wanted: answer.wanted.as_ref().map(WantedObject::new),
            findings: answer.findings.iter().map(FindingObject::new).collect(),
            quota: stopped.and_then(|stopped| stopped.refused.as_ref()).and_then(quota),
            cannot_start: capacity.cannot_start.as_ref().map(|(copies, attach)| CannotStartObject {
                copies: *copies,
                claim: attach.claim,
                node: attach.attached_to,
                used_by: attach.used_by,
            }),
            assumptions: &answer.assumptions,
            not_evaluated: &answer.not_evaluated,
        }
    }
}

fn limits(limits: &[Limit]) -> Vec<LimitObject> {
    let resource = |reason: &Reason| match reason {
        Reason::InsufficientResource { resource, .. } => Some(*resource),
        Reason::TooManyPods { .. } => Some(name("pods")),
        _ => None,
    };
    limits
        .iter()
        .map(|limit| LimitObject {
            plugin: limit.plugin,
            message: limit.reason.to_string(),
            resource: resource(&limit.reason),
            nodes: limit.nodes,
        })
        .collect()
}

impl LeftObject {
    fn new(left: FreeResources) -> Self {
        Self { cpu: Amount::new(name("cpu"), left.milli_cpu), memory: Amount::new(name("memory"), left.memory) }
    }
}

impl<'a> NodeObject<'a> {
    fn new(room: &'a NodeRoom) -> Self {
        let stops = room.stops.iter();
        Self {
            name: room.node,
            copies: &room.copies,
            stopped_by: stops
                .map(|(plugin, reason)| StopObject { plugin: *plugin, message: reason.to_string(), facts: reason })
                .collect(),
        }
    }
}

impl<'a> WantedObject<'a> {
    fn new(wanted: &'a CapacityNeeds) -> Self {
        let (more_nodes, refused) = match &wanted.needed {
            Some(Needed::Nodes(nodes)) => (Some(*nodes), None),
            Some(Needed::Refused { refusal, .. }) => (None, Some(refusal.to_string())),
            Some(Needed::Never { .. }) | None => (None, None),
        };
        let made_by = wanted.maker.as_ref().map(MakerObject::new);
        let message = match &wanted.needed {
            Some(Needed::Never { message, .. }) => Some(message.clone()),
            _ => None,
        };
        Self { copies: wanted.copies, like: wanted.like, more_nodes, message, refused, made_by, notes: &wanted.notes }
    }
}
