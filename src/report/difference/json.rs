//! `-o json` and `-o yaml` of a difference.
//!
//! The types here are the contract with scripts: fields may be added, never removed or renamed.

use serde::Serialize;

use crate::api::{Name, ObjectKey};
use crate::explain::difference::{
    Because, FieldDifference, ObjectDifference, PodsDifference, SchedulerDifference, Standing, VerdictChange,
    WinnerChange,
};
use crate::framework::NotEvaluated;

use super::super::{API_VERSION, Provenance};
use super::{DifferenceAnswer, StatesDifference};

/// What differs between two states, or between two schedulers on one state.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct DifferenceObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "Difference")))]
    kind: &'static str,
    #[serde(flatten)]
    provenance: &'a Provenance,
    /// Whether a pod that fitted does not fit any more.
    worse: bool,
    /// Two states; absent where two schedulers are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    states: Option<StatesObject<'a>>,
    /// Two schedulers on one state; absent where two states are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedulers: Option<SchedulersObject<'a>>,
    /// What the schedulers differ in.
    settings: Vec<FieldObject<'a>>,
    not_evaluated: &'a [NotEvaluated],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StatesObject<'a> {
    old: &'a str,
    new: &'a str,
    objects: Vec<ChangedObject<'a>>,
    pods: Vec<PodsObject<'a>>,
    verdicts: Vec<VerdictObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ChangedObject<'a> {
    /// With the API group where two kinds have the same word.
    kind: &'a str,
    name: &'a str,
    /// `Added`, `Removed` or `Changed`.
    change: &'static str,
    fields: Vec<FieldObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct FieldObject<'a> {
    field: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PodsObject<'a> {
    owner: &'a str,
    placed_before: usize,
    placed_after: usize,
    pending_before: usize,
    pending_after: usize,
    moved: Vec<MovedObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct MovedObject {
    pod: ObjectKey,
    old_node: Name,
    new_node: Name,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct VerdictObject<'a> {
    owner: &'a str,
    /// The pod that was asked about: the others have the same template.
    pod: ObjectKey,
    pods: usize,
    before: StandingObject,
    after: StandingObject,
    /// kube-scheduler's message where it does not fit.
    message: &'a str,
    because: Vec<BecauseObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StandingObject {
    /// `Runs`, `Fits` or `DoesNotFit`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Name>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct BecauseObject<'a> {
    /// Nodes that take the pod on the other side; empty where it is rejected whatever the node.
    nodes: &'a [Name],
    /// Whether they do not exist on this side.
    missing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct SchedulersObject<'a> {
    /// Pods that both were asked about.
    pods: usize,
    differences: Vec<SchedulerDifferenceObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct SchedulerDifferenceObject<'a> {
    owner: &'a str,
    /// The pod that was asked about: the others have the same template.
    pod: ObjectKey,
    pods: usize,
    schedulable_before: bool,
    schedulable_after: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    message_before: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message_after: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    best: Option<BestObject<'a>>,
    because: Vec<BecauseObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct BestObject<'a> {
    before: &'a [Name],
    after: &'a [Name],
    /// Plugins whose points differ.
    plugins: Vec<LeadObject>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct LeadObject {
    plugin: &'static str,
    /// By how many points it prefers the old best node to the new one.
    lead_before: i64,
    lead_after: i64,
}

impl<'a> DifferenceObject<'a> {
    pub(super) fn new(answer: &'a DifferenceAnswer, provenance: &'a Provenance) -> Self {
        let schedulers = answer.states.is_none().then(|| SchedulersObject {
            pods: answer.asked,
            differences: answer.schedulers.iter().map(SchedulerDifferenceObject::new).collect(),
        });
        Self {
            api_version: API_VERSION,
            kind: "Difference",
            provenance,
            worse: answer.is_worse(),
            states: answer.states.as_ref().map(StatesObject::new),
            schedulers,
            settings: answer.settings.iter().map(FieldObject::new).collect(),
            not_evaluated: &answer.not_evaluated,
        }
    }
}

impl<'a> StatesObject<'a> {
    fn new(states: &'a StatesDifference) -> Self {
        let object = |object: &'a ObjectDifference| ChangedObject {
            kind: &object.kind,
            name: &object.name,
            change: object.how.as_str(),
            fields: object.fields.iter().map(FieldObject::new).collect(),
        };
        let pods = |pods: &'a PodsDifference| PodsObject {
            owner: &pods.owner,
            placed_before: pods.placed.0,
            placed_after: pods.placed.1,
            pending_before: pods.pending.0,
            pending_after: pods.pending.1,
            moved: pods
                .moved
                .iter()
                .map(|(pod, old_node, new_node)| MovedObject { pod: *pod, old_node: *old_node, new_node: *new_node })
                .collect(),
        };
        Self {
            old: &states.old,
            new: &states.new,
            objects: states.objects.iter().map(object).collect(),
            pods: states.pods.iter().map(pods).collect(),
            verdicts: states.verdicts.iter().map(VerdictObject::new).collect(),
        }
    }
}

impl<'a> FieldObject<'a> {
    fn new(field: &'a FieldDifference) -> Self {
        Self { field: &field.field, before: field.before.as_deref(), after: field.now.as_deref() }
    }
}

impl<'a> VerdictObject<'a> {
    fn new(change: &'a VerdictChange) -> Self {
        Self {
            owner: &change.owner,
            pod: change.pod,
            pods: change.pods,
            before: StandingObject::new(&change.before),
            after: StandingObject::new(&change.now),
            message: &change.message,
            because: change.because.iter().map(BecauseObject::new).collect(),
        }
    }
}

impl StandingObject {
    fn new(standing: &Standing) -> Self {
        let node = match standing {
            Standing::Runs(node) => Some(*node),
            _ => None,
        };
        Self { state: standing.as_str(), node }
    }
}

impl<'a> BecauseObject<'a> {
    fn new(because: &'a Because) -> Self {
        let missing = because.plugin.is_none() && because.reason.is_empty();
        Self { nodes: &because.nodes, missing, plugin: because.plugin, reason: &because.reason }
    }
}

impl<'a> SchedulerDifferenceObject<'a> {
    fn new(difference: &'a SchedulerDifference) -> Self {
        let best = |winner: &'a WinnerChange| BestObject {
            before: &winner.before,
            after: &winner.now,
            plugins: winner
                .leads
                .iter()
                .map(|(plugin, before, now)| LeadObject { plugin, lead_before: *before, lead_after: *now })
                .collect(),
        };
        Self {
            owner: &difference.owner,
            pod: difference.pod,
            pods: difference.pods,
            schedulable_before: difference.fits.0,
            schedulable_after: difference.fits.1,
            message_before: &difference.message.0,
            message_after: &difference.message.1,
            best: difference.winner.as_ref().map(best),
            because: difference.because.iter().map(BecauseObject::new).collect(),
        }
    }
}
