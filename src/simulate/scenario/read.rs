//! A scenario as a document: `apiVersion: kubectl-sched/v1`, `kind: Scenario`, `steps`.
//!
//! Every edit of [`crate::edit`] is a step under the same name and with the same fields,
//! so that the steps of a suggestion can be fed back. Steps about a node take `selector` or `zone`
//! in place of `node`. What is wrong is reported with its place: `steps[2].node`.

use serde_json::Value;

use crate::api::name::Name;
use crate::edit::{Edit, PodChange};

use super::super::new_nodes::NodeModel;
use super::fields::{Fields, what};
use super::{NodeChoice, Placing, Scenario, ScenarioError, ScenarioStep, StepAction, ZONE};

const API_VERSION: &str = "kubectl-sched/v1";

/// All steps there are.
const KINDS: [&str; 27] = [
    "AddNode",
    "AddReplicas",
    "AddTaint",
    "Cordon",
    "CreateNode",
    "CreatePod",
    "DeallocateClaim",
    "DeletePod",
    "DeleteWorkload",
    "Drain",
    "Evict",
    "FreeResource",
    "LabelNode",
    "PatchClaim",
    "PatchPod",
    "PatchWorkload",
    "RemoveNode",
    "RemoveTaint",
    "Repack",
    "Restart",
    "Scale",
    "Schedule",
    "SetDisruptionsAllowed",
    "SetMaxUnavailable",
    "SetStrategy",
    "Uncordon",
    "UnlabelNode",
];

/// Reads a file that a scenario names: the one object in it.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Value, Box<dyn std::error::Error + Send + Sync>>;

/// Reads the document `value`.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn scenario(value: &Value, read_file: ReadFile<'_>) -> Result<Scenario, ScenarioError> {
    let mut document = Fields::of(value, "")?;
    for (field, expected) in [("apiVersion", API_VERSION), ("kind", "Scenario")] {
        let found: String = document.required(field)?;
        if found != expected {
            return Err(ScenarioError::new(field, format!("is \"{found}\"; a scenario has {expected}")));
        }
    }
    let steps: Value = document.required("steps")?;
    document.finish("a Scenario")?;
    let Value::Array(steps) = steps else {
        return Err(ScenarioError::new("steps", format!("must be a list, not {}", what(&steps))));
    };
    let steps = steps.iter().enumerate().map(|(index, step)| read_step(step, &format!("steps[{index}]"), read_file));
    Ok(Scenario { steps: steps.collect::<Result<_, _>>()? })
}

/// Reads one step, which stands at `path`.
///
/// # Errors
/// As [`scenario`].
fn read_step(value: &Value, path: &str, read_file: ReadFile<'_>) -> Result<ScenarioStep, ScenarioError> {
    let mut fields = Fields::of(value, path)?;
    let kind: String = fields.required("kind")?;
    let change = change(&kind, &mut fields, read_file)?;
    let place = match &change {
        StepAction::Schedule => Placing::Now,
        _ => match fields.optional::<String>("place")?.as_deref() {
            None | Some("now") => Placing::Now,
            Some("later") => Placing::Later,
            Some(other) => {
                return Err(ScenarioError::new(fields.at("place"), format!("is \"{other}\"; write now or later")));
            }
        },
    };
    fields.finish(&kind)?;
    Ok(ScenarioStep { said: path.to_owned(), change, place })
}

fn change(kind: &str, fields: &mut Fields, read_file: ReadFile<'_>) -> Result<StepAction, ScenarioError> {
    // A place holder: the nodes are chosen when the step is taken.
    let node = Name::default();
    Ok(match kind {
        "Cordon" => StepAction::OnNodes(nodes(fields)?, Edit::Cordon { node }),
        "Uncordon" => StepAction::OnNodes(nodes(fields)?, Edit::Uncordon { node }),
        "AddTaint" => StepAction::OnNodes(nodes(fields)?, Edit::AddTaint { node, taint: fields.required("taint")? }),
        "RemoveTaint" => {
            StepAction::OnNodes(nodes(fields)?, Edit::RemoveTaint { node, taint: fields.required("taint")? })
        }
        "LabelNode" => {
            let (key, value) = (fields.required("key")?, fields.optional("value")?.unwrap_or_default());
            StepAction::OnNodes(nodes(fields)?, Edit::LabelNode { node, key, value })
        }
        "UnlabelNode" => StepAction::OnNodes(nodes(fields)?, Edit::UnlabelNode { node, key: fields.required("key")? }),
        "FreeResource" => {
            let (resource, amount) = (fields.required("resource")?, fields.required("amount")?);
            StepAction::OnNodes(nodes(fields)?, Edit::FreeResource { node, resource, amount })
        }
        "Drain" => StepAction::Drain { nodes: nodes(fields)?, force: fields.optional("force")?.unwrap_or_default() },
        "RemoveNode" => StepAction::RemoveNodes(nodes(fields)?),
        "AddNode" | "CreateNode" => add_node(fields, read_file)?,
        "PatchPod" => StepAction::Edit(Edit::PatchPod { pod: fields.required("pod")?, changes: changes(fields)? }),
        "PatchClaim" => StepAction::Edit(Edit::PatchClaim {
            claim: fields.required("claim")?,
            changes: fields.required("changes")?,
        }),
        "DeallocateClaim" => StepAction::Edit(Edit::DeallocateClaim {
            claim: fields.required("claim")?,
            pods: fields.optional("pods")?.unwrap_or_default(),
        }),
        "Evict" => StepAction::Edit(Edit::Evict { pod: fields.required("pod")? }),
        "DeletePod" => StepAction::Edit(Edit::DeletePod { pod: fields.required("pod")? }),
        "CreatePod" => StepAction::Edit(Edit::CreatePod {
            workload: fields.required("workload")?,
            name: fields.required("name")?,
            node: fields.optional("node")?,
        }),
        "SetDisruptionsAllowed" => StepAction::Edit(Edit::SetDisruptionsAllowed {
            budget: fields.required("budget")?,
            allowed: fields.required("allowed")?,
        }),
        "SetMaxUnavailable" => StepAction::Edit(Edit::SetMaxUnavailable {
            workload: fields.required("workload")?,
            max_unavailable: fields.required("maxUnavailable")?,
        }),
        "SetStrategy" => StepAction::Edit(Edit::SetStrategy {
            workload: fields.required("workload")?,
            strategy: fields.required("strategy")?,
        }),
        "Scale" => StepAction::Scale { workload: fields.required("workload")?, replicas: fields.required("replicas")? },
        "AddReplicas" => {
            StepAction::AddReplicas { workload: fields.required("workload")?, more: fields.required("more")? }
        }
        "PatchWorkload" => {
            StepAction::PatchWorkload { workload: fields.required("workload")?, changes: changes(fields)? }
        }
        "Restart" => StepAction::Restart(fields.required("workload")?),
        "DeleteWorkload" => StepAction::DeleteWorkload(fields.required("workload")?),
        "Repack" => StepAction::Repack,
        "Schedule" => StepAction::Schedule,
        other => {
            let message = format!("unknown step \"{other}\"; use one of {}", KINDS.join(", "));
            return Err(ScenarioError::new(fields.at("kind"), message));
        }
    })
}

/// `node`, `selector` or `zone`: exactly one of them.
fn nodes(fields: &mut Fields) -> Result<NodeChoice, ScenarioError> {
    let node: Option<Name> = fields.optional("node")?;
    let selector: Option<String> = fields.optional("selector")?;
    let zone: Option<String> = fields.optional("zone")?;
    match (node, selector, zone) {
        (Some(node), None, None) => Ok(NodeChoice::Named(node)),
        (None, Some(text), None) => {
            NodeChoice::selected(&text).map_err(|error| ScenarioError::new(fields.at("selector"), error.to_string()))
        }
        (None, None, Some(zone)) => NodeChoice::selected(&format!("{ZONE}={zone}"))
            .map_err(|error| ScenarioError::new(fields.at("zone"), error.to_string())),
        (None, None, None) => {
            Err(ScenarioError::new(fields.path(), "does not name a node; write node, selector or zone"))
        }
        _ => Err(ScenarioError::new(
            fields.path(),
            "names its nodes more than once; write only one of node, selector and zone",
        )),
    }
}

/// `changes` one by one, or all at once as a strategic-merge `patch`.
fn changes(fields: &mut Fields) -> Result<Vec<PodChange>, ScenarioError> {
    let changes: Option<Vec<PodChange>> = fields.optional("changes")?;
    let patch: Option<Value> = fields.optional("patch")?;
    match (changes, patch) {
        (Some(changes), None) => Ok(changes),
        (None, Some(patch)) => Ok(vec![PodChange::Patch { patch }]),
        _ => Err(ScenarioError::new(fields.path(), "must say what changes; write one of changes and patch")),
    }
}

/// `like`, `object` or `file`: exactly one of them.
fn add_node(fields: &mut Fields, read_file: ReadFile<'_>) -> Result<StepAction, ScenarioError> {
    let like: Option<Name> = fields.optional("like")?;
    let object: Option<Value> = fields.optional("object")?;
    let file: Option<String> = fields.optional("file")?;
    let model = match (like, object, file) {
        (Some(like), None, None) => NodeModel::Like(like),
        (None, Some(object), None) => NodeModel::Object(object),
        (None, None, Some(file)) => NodeModel::Object(
            read_file(&file).map_err(|error| ScenarioError::new(fields.at("file"), error.to_string()))?,
        ),
        _ => {
            let message = "must say what the node is like; write one of like, object and file";
            return Err(ScenarioError::new(fields.path(), message));
        }
    };
    Ok(StepAction::AddNodes { count: fields.optional("count")?.unwrap_or(1), model, name: fields.optional("name")? })
}
