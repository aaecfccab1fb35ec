//! What if the cluster were different: `--drain`, `--add-nodes`, ... and `--scenario FILE`.
//!
//! Each flag is a step of a scenario, and steps are taken in the order of the command line. clap's
//! derive forgets that order, so these flags are described by hand.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::Value;

use crate::api::quantity::Quantity;
use crate::api::taint::{Taint, TaintEffect};
use crate::api::{Name, ObjectKey, Timestamp, name};
use crate::cli::error::{Error, Result};
use crate::decode::workload::WorkloadKey;
use crate::edit::{Edit, PodChange};
use crate::framework::NotEvaluated;
use crate::simulate::new_nodes::NodeModel;
use crate::simulate::scenario::{self, AppliedScenario, NodeChoice, Placing, ScenarioStep, StepAction};
use crate::simulate::{Simulation, Ties};
use crate::source::{self, Input};
use crate::state::Cluster;

use crate::session::State;

const HEADING: &str = "Changes to the cluster, applied in the order given";

/// A flag that is a step: its name, its value, what it does.
const FLAGS: [(&str, &str, &str); 12] = [
    ("scenario", "FILE|-", "Apply the steps of a Scenario file; see docs/scenarios.md"),
    ("cordon", "NODE|SELECTOR", "Cordon a node, or all nodes with a label (pool=gpu)"),
    ("uncordon", "NODE|SELECTOR", "Uncordon a node, or all nodes with a label"),
    ("drain", "NODE|SELECTOR", "Cordon nodes and evict their pods as kubectl drain does"),
    ("remove-node", "NODE|SELECTOR", "Remove nodes without draining, such as a zone (zone=a)"),
    ("add-nodes", "N=NODE|SELECTOR|FILE", "Add N copies of a node, with their DaemonSet pods"),
    ("taint", "NODE|SELECTOR=KEY=VALUE:EFFECT", "Add a taint; with - after the effect, remove it"),
    ("label", "NODE|SELECTOR=KEY=VALUE", "Set a label; NODE=KEY- removes it"),
    ("scale", "TYPE/NAME=N|+N", "Scale a workload (deploy/web=10), or add replicas (deploy/web=+5)"),
    ("set-resources", "TYPE/NAME=cpu=2,...", "Set requests of all containers, or of one (deploy/web:app=cpu=2)"),
    ("restart", "TYPE/NAME", "Restart a workload as kubectl rollout restart does"),
    ("delete", "TYPE/NAME", "Delete a workload, or a pod (its controller recreates it)"),
];

/// Flags that `-h` leaves out.
const RARE: [&str; 5] = ["cordon", "uncordon", "taint", "label", "delete"];

/// The steps that were typed, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScenarioFlags {
    steps: Vec<(&'static str, String)>,
    force: bool,
}

impl Args for ScenarioFlags {
    fn augment_args(command: Command) -> Command {
        let command = FLAGS.into_iter().fold(command, |command, (flag, value, help)| {
            let argument = Arg::new(flag).long(flag).value_name(value).help(help).help_heading(HEADING);
            let argument = argument.hide_short_help(RARE.contains(&flag));
            command.arg(match flag {
                "remove-node" => argument.action(ArgAction::Append).visible_alias("remove-nodes"),
                "scale" => argument.action(ArgAction::Append).visible_alias("set-replicas"),
                _ => argument.action(ArgAction::Append),
            })
        });
        command.arg(
            Arg::new("force")
                .long("force")
                .help("With --drain or --drain-plan: also evict pods without a controller")
                .help_heading(HEADING)
                .action(ArgAction::SetTrue),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ScenarioFlags {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let mut steps: Vec<(usize, &'static str, String)> = Vec::new();
        for (flag, ..) in FLAGS {
            let values = matches.get_many::<String>(flag).into_iter().flatten().cloned();
            let places = matches.indices_of(flag).into_iter().flatten();
            steps.extend(places.zip(values).map(|(place, value)| (place, flag, value)));
        }
        steps.sort_by_key(|(place, ..)| *place);
        let steps = steps.into_iter().map(|(_, flag, value)| (flag, value)).collect();
        Ok(Self { steps, force: matches.get_flag("force") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl ScenarioFlags {
    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether pods without a controller are evicted, too.
    pub(crate) fn force(&self) -> bool {
        self.force
    }

    /// The scenario; objects that are named without a namespace are in `namespace`. Nodes and containers are looked up
    /// in `cluster`.
    ///
    /// # Errors
    /// A value that cannot be read, a file that is no scenario.
    pub(crate) fn scenario(&self, namespace: &str, cluster: &Cluster) -> Result<scenario::Scenario> {
        let mut steps: Vec<ScenarioStep> = Vec::new();
        for (flag, value) in &self.steps {
            if *flag == "scenario" {
                steps.extend(read(value)?);
                continue;
            }
            let change = self
                .change(flag, value, name(namespace), cluster)
                .map_err(|message| Error::new(format!("invalid value \"{value}\" for --{flag}: {message}")))?;
            if let Some(last) = steps.last_mut()
                && let Some(both) = drained_together(last, &change)
            {
                last.change = both;
                last.said = format!("{} --{flag} {value}", last.said);
                continue;
            }
            steps.push(ScenarioStep { said: format!("--{flag} {value}"), change, place: Placing::Now });
        }
        Ok(scenario::Scenario { steps })
    }

    fn change(
        &self,
        flag: &str,
        value: &str,
        namespace: Name,
        cluster: &Cluster,
    ) -> std::result::Result<StepAction, String> {
        // A place holder: the nodes are chosen when the step is taken.
        let node = Name::default();
        Ok(match flag {
            "cordon" => StepAction::OnNodes(NodeChoice::parse(value)?, Edit::Cordon { node }),
            "uncordon" => StepAction::OnNodes(NodeChoice::parse(value)?, Edit::Uncordon { node }),
            "drain" => StepAction::Drain { nodes: NodeChoice::parse(value)?, force: self.force },
            "remove-node" => StepAction::RemoveNodes(NodeChoice::parse(value)?),
            "add-nodes" => {
                let (count, like) = pair(value, "write N=NODE or N=FILE, such as 3=node-1")?;
                StepAction::AddNodes { count: number(count)?, model: model(like, cluster)?, name: None }
            }
            "taint" => taint(value, cluster)?,
            "label" => label(value, cluster)?,
            "scale" => {
                let (workload, replicas) = pair(value, "write TYPE/NAME=N, such as deploy/web=10")?;
                let workload = workload_key(workload, namespace)?;
                match replicas.strip_prefix('+') {
                    Some(more) => StepAction::AddReplicas { workload, more: number(more)? },
                    None => StepAction::Scale { workload, replicas: number(replicas)? },
                }
            }
            "set-resources" => set_resources(value, namespace, cluster)?,
            "restart" => StepAction::Restart(workload_key(value, namespace)?),
            _ => match value.split_once('/') {
                Some(("pod" | "pods" | "po", pod)) => {
                    StepAction::Edit(Edit::DeletePod { pod: pod_key(pod, namespace) })
                }
                _ => StepAction::DeleteWorkload(workload_key(value, namespace)?),
            },
        })
    }
}

/// Changes the cluster before a question is asked of it.
///
/// # Errors
/// A step cannot be taken: what it names is not there.
pub(super) fn apply(state: &mut State, scenario: &scenario::Scenario, now: Timestamp) -> Result<AppliedScenario> {
    if scenario.steps.is_empty() {
        return Ok(AppliedScenario::default());
    }
    let mut simulation = Simulation::new(&state.scheduler, &mut state.cluster, now, Ties::First);
    let run = scenario::run(&mut simulation, scenario, &[]).map_err(Error::from_error)?;
    let notes = simulation.not_evaluated();
    NotEvaluated::join(&mut state.notes, &notes);
    Ok(AppliedScenario::of(run))
}

/// Several `--drain` behind each other are one `kubectl drain`, which cordons all nodes before it evicts the first pod.
fn drained_together(last: &ScenarioStep, next: &StepAction) -> Option<StepAction> {
    match (&last.change, next) {
        (StepAction::Drain { nodes, force }, StepAction::Drain { nodes: others, .. })
            if last.said.starts_with("--drain ") =>
        {
            Some(StepAction::Drain { nodes: nodes.clone().and(others.clone())?, force: *force })
        }
        _ => None,
    }
}

/// Reads a scenario from a file or standard input.
fn read(file: &str) -> Result<Vec<ScenarioStep>> {
    let input = Input::from(PathBuf::from(file));
    let value = source::read_value(&input).map_err(Error::from_error)?;
    let read = scenario::read::scenario(&value, &read_object);
    let scenario = read.map_err(|error| Error::new(format!("{input}: {error}")))?;
    let said = |step: ScenarioStep| ScenarioStep { said: format!("{input}: {}", step.said), ..step };
    Ok(scenario.steps.into_iter().map(said).collect())
}

fn read_object(file: &str) -> std::result::Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    Ok(source::read_value(&Input::from(PathBuf::from(file)))?)
}

/// A file has a `/` or an ending, a selector has signs; a node's name has neither. Of the nodes that a selector chooses
/// the first by name is the model.
pub(super) fn model(value: &str, cluster: &Cluster) -> std::result::Result<NodeModel, String> {
    let is_file = (value.contains('/') && !value.contains('='))
        || [".yaml", ".yml", ".json"].iter().any(|ending| value.ends_with(ending));
    if is_file {
        read_object(value).map(NodeModel::Object).map_err(|error| error.to_string())
    } else if value.contains(['=', '!', '(']) {
        let nodes = NodeChoice::parse(value)?.nodes(cluster).map_err(|error| error.to_string())?;
        let first = nodes.into_iter().min().ok_or_else(|| format!("no node has {value}"))?;
        Ok(NodeModel::Like(first))
    } else {
        Ok(NodeModel::Like(name(value)))
    }
}

fn pair<'a>(value: &'a str, hint: &str) -> std::result::Result<(&'a str, &'a str), String> {
    value.split_once('=').filter(|(left, right)| !left.is_empty() && !right.is_empty()).ok_or_else(|| hint.to_owned())
}

fn number(text: &str) -> std::result::Result<u32, String> {
    text.parse().map_err(|_| format!("\"{text}\" is not a number"))
}

fn workload_key(text: &str, namespace: Name) -> std::result::Result<WorkloadKey, String> {
    WorkloadKey::parse(text, namespace)
        .ok_or_else(|| format!("\"{text}\" is not a workload; write TYPE/NAME, such as deploy/web"))
}

/// `POD` or `NAMESPACE/POD`.
fn pod_key(text: &str, namespace: Name) -> ObjectKey {
    let (namespace, pod) = text.split_once('/').map_or((namespace, text), |(space, pod)| (name(space), pod));
    ObjectKey::new(namespace, name(pod))
}

/// `NODE=KEY=VALUE:EFFECT` or `NODE=KEY:EFFECT`, with `-` behind it to take the taint off; a selector may stand for
/// the node.
fn taint(value: &str, cluster: &Cluster) -> std::result::Result<StepAction, String> {
    let hint = "write NODE=KEY=VALUE:EFFECT; effects are NoSchedule, PreferNoSchedule and NoExecute";
    let (rest, remove) = value.strip_suffix('-').map_or((value, false), |rest| (rest, true));
    let (rest, effect) = rest.rsplit_once(':').ok_or(hint)?;
    let (choice, label) = nodes_and_label(rest, cluster).ok_or(hint)?;
    let (key, of_key) = label.split_once('=').unwrap_or((label, ""));
    let effect = match effect {
        "NoSchedule" => TaintEffect::NoSchedule,
        "PreferNoSchedule" => TaintEffect::PreferNoSchedule,
        "NoExecute" => TaintEffect::NoExecute,
        _ => return Err(hint.to_owned()),
    };
    let taint = Taint { key: name(key), value: name(of_key), effect };
    let node = Name::default();
    Ok(StepAction::OnNodes(
        choice?,
        if remove { Edit::RemoveTaint { node, taint } } else { Edit::AddTaint { node, taint } },
    ))
}

/// `NODE=KEY=VALUE` or `NODE=KEY-`; a selector may stand for the node.
fn label(value: &str, cluster: &Cluster) -> std::result::Result<StepAction, String> {
    let hint = "write NODE=KEY=VALUE, or NODE=KEY- to remove the label";
    let node = Name::default();
    let (rest, remove) = value.strip_suffix('-').map_or((value, false), |rest| (rest, true));
    let (choice, label) = nodes_and_label(rest, cluster).ok_or(hint)?;
    let edit = match (label.split_once('='), remove) {
        (Some((key, value)), false) if !key.is_empty() => Edit::LabelNode { node, key: name(key), value: name(value) },
        (None, true) if !label.is_empty() => Edit::UnlabelNode { node, key: name(label) },
        _ => return Err(hint.to_owned()),
    };
    Ok(StepAction::OnNodes(choice?, edit))
}

/// What stands before the `=` that separates nodes from `KEY=VALUE` or `KEY`: nodes of the cluster, or else a selector,
/// which has such signs itself.
fn nodes_and_label<'a>(text: &'a str, cluster: &Cluster) -> Option<(std::result::Result<NodeChoice, String>, &'a str)> {
    let splits = || {
        let splits = text.match_indices('=').map(|(place, _)| (&text[..place], &text[place + 1..]));
        splits.filter(|(nodes, label)| !nodes.is_empty() && !label.is_empty() && label.matches('=').count() <= 1)
    };
    let is_there = |nodes: &str| nodes.split(',').all(|node| cluster.node_named(name(node.trim())).is_some());
    let is_selector = |nodes: &str| nodes.contains(['=', '!', '(']) && NodeChoice::parse(nodes).is_ok();
    let found = splits()
        .find(|(nodes, _)| is_there(nodes))
        .or_else(|| splits().find(|(nodes, _)| is_selector(nodes)))
        .or_else(|| splits().next())?;
    Some((NodeChoice::parse(found.0).map_err(|error| error.to_string()), found.1))
}

/// `TYPE/NAME=cpu=2,memory=4Gi`: the requests of all containers of the template, as `kubectl set resources` has it; of
/// one with `TYPE/NAME:CONTAINER=...`.
fn set_resources(value: &str, namespace: Name, cluster: &Cluster) -> std::result::Result<StepAction, String> {
    let hint = "write TYPE/NAME=RESOURCE=AMOUNT, such as deploy/web=cpu=2,memory=4Gi";
    let (target, amounts) = pair(value, hint)?;
    let (target, only) = target.split_once(':').map_or((target, None), |(target, only)| (target, Some(name(only))));
    let key = workload_key(target, namespace)?;
    let workload = cluster.workload(key).ok_or_else(|| scenario::workloads::not_found(cluster, key).to_string())?;
    let containers = &workload.template.spec;
    let requested = |container: Name, resource: Name| {
        let found = containers.all_containers().find(|other| other.name == Some(container))?;
        found.requests().get(resource)
    };
    let names: Vec<Name> = containers.containers.iter().filter_map(|container| container.name).collect();
    let of = only.map_or(names, |only| vec![only]);
    let mut changes = Vec::new();
    for amount in amounts.split(',') {
        let (resource, to) = pair(amount, hint)?;
        let to: Quantity = Quantity::parse(to).map_err(|_| format!("\"{to}\" is not a quantity"))?;
        let request = |container: &Name| PodChange::Request {
            container: Some(*container),
            resource: name(resource),
            from: requested(*container, name(resource)).unwrap_or_default(),
            to,
        };
        changes.extend(of.iter().map(request));
    }
    Ok(StepAction::PatchWorkload { workload: key, changes })
}
