//! What if the cluster were different: `--drain`, `--add-nodes`, ... and `--scenario FILE`.
//!
//! Each flag is a step of a scenario, and steps are taken in the order of the command line. clap's
//! derive forgets that order, so these flags are described by hand.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::Value;

use crate::api::taint::{Taint, TaintEffect};
use crate::api::{Name, ObjectKey, name};
use crate::cli::error::{Error, Result};
use crate::decode::workload::WorkloadKey;
use crate::edit::Edit;
use crate::simulate::scenario::{self, Model, NodeChoice, Placing, ScenarioStep, StepAction};
use crate::source::{self, Input};

const HEADING: &str = "Changes to the cluster, applied in the order given";

/// A flag that is a step: its name, its value, what it does.
const FLAGS: [(&str, &str, &str); 11] = [
    ("scenario", "FILE|-", "Apply the steps of a Scenario file; see docs/scenarios.md"),
    ("cordon", "NODE|SELECTOR", "Cordon a node, or all nodes with a label (pool=gpu)"),
    ("uncordon", "NODE|SELECTOR", "Uncordon a node, or all nodes with a label"),
    ("drain", "NODE|SELECTOR", "Cordon nodes and evict their pods as kubectl drain does"),
    ("remove-node", "NODE|SELECTOR", "Remove nodes without draining, such as a zone (zone=a)"),
    ("add-nodes", "N=NODE|FILE", "Add N copies of a node, with their DaemonSet pods"),
    ("taint", "NODE=KEY=VALUE:EFFECT", "Add a taint; with - after the effect, remove it"),
    ("label", "NODE=KEY=VALUE", "Set a label; NODE=KEY- removes it"),
    ("scale", "TYPE/NAME=N", "Scale a workload (deploy/web=10)"),
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
                _ => argument.action(ArgAction::Append),
            })
        });
        command.arg(
            Arg::new("force")
                .long("force")
                .help("With --drain: also evict pods without a controller")
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

    /// The scenario; objects that are named without a namespace are in `namespace`.
    ///
    /// # Errors
    /// A value that cannot be read, a file that is no scenario.
    pub(crate) fn scenario(&self, namespace: &str) -> Result<scenario::Scenario> {
        let mut steps = Vec::new();
        for (flag, value) in &self.steps {
            if *flag == "scenario" {
                steps.extend(read(value)?);
                continue;
            }
            let change = self
                .change(flag, value, name(namespace))
                .map_err(|message| Error::new(format!("invalid value \"{value}\" for --{flag}: {message}")))?;
            steps.push(ScenarioStep { said: format!("--{flag} {value}"), change, place: Placing::Now });
        }
        Ok(scenario::Scenario { steps })
    }

    fn change(&self, flag: &str, value: &str, namespace: Name) -> std::result::Result<StepAction, String> {
        // A place holder: the nodes are chosen when the step is taken.
        let node = Name::default();
        Ok(match flag {
            "cordon" => StepAction::OnNodes(nodes(value)?, Edit::Cordon { node }),
            "uncordon" => StepAction::OnNodes(nodes(value)?, Edit::Uncordon { node }),
            "drain" => StepAction::Drain { nodes: nodes(value)?, force: self.force },
            "remove-node" => StepAction::RemoveNodes(nodes(value)?),
            "add-nodes" => {
                let (count, like) = pair(value, "write N=NODE or N=FILE, such as 3=node-1")?;
                StepAction::AddNodes { count: number(count)?, model: model(like)?, name: None }
            }
            "taint" => taint(value)?,
            "label" => label(value)?,
            "scale" => {
                let (workload, replicas) = pair(value, "write TYPE/NAME=N, such as deploy/web=10")?;
                StepAction::Scale { workload: workload_key(workload, namespace)?, replicas: number(replicas)? }
            }
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

/// Reads a scenario from a file or standard input.
fn read(file: &str) -> Result<Vec<ScenarioStep>> {
    let input = Input::from(PathBuf::from(file));
    let value = source::read_value(&input).map_err(Error::from_error)?;
    let read = scenario::read::scenario(&value, &read_object);
    let scenario = read.map_err(|error| Error::new(format!("{input}: {error}")))?;
    let said = |step: ScenarioStep| ScenarioStep { said: format!("{input}: {}", step.said), ..step };
    Ok(scenario.steps.into_iter().map(said).collect())
}

fn read_object(file: &str) -> std::result::Result<Value, String> {
    source::read_value(&Input::from(PathBuf::from(file))).map_err(|error| error.to_string())
}

/// A node by name, or a label selector: names have none of its characters.
fn nodes(value: &str) -> std::result::Result<NodeChoice, String> {
    if value.is_empty() {
        return Err("it must not be empty".to_owned());
    }
    if value.contains(['=', '!', '(', ',']) {
        Ok(NodeChoice::selected(value)?)
    } else {
        Ok(NodeChoice::Named(name(value)))
    }
}

/// A file has a `/` or an ending; a node's name has neither.
fn model(value: &str) -> std::result::Result<Model, String> {
    let is_file = value.contains('/') || [".yaml", ".yml", ".json"].iter().any(|ending| value.ends_with(ending));
    if is_file { read_object(value).map(Model::Object) } else { Ok(Model::Like(name(value))) }
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

/// `NODE=KEY=VALUE:EFFECT` or `NODE=KEY:EFFECT`, with `-` behind it to take the taint off.
fn taint(value: &str) -> std::result::Result<StepAction, String> {
    let hint = "write NODE=KEY=VALUE:EFFECT; effects are NoSchedule, PreferNoSchedule and NoExecute";
    let (node, taint) = pair(value, hint)?;
    let (taint, remove) = taint.strip_suffix('-').map_or((taint, false), |taint| (taint, true));
    let (label, effect) = taint.rsplit_once(':').ok_or(hint)?;
    let (key, of_key) = label.split_once('=').unwrap_or((label, ""));
    let effect = match effect {
        "NoSchedule" => TaintEffect::NoSchedule,
        "PreferNoSchedule" => TaintEffect::PreferNoSchedule,
        "NoExecute" => TaintEffect::NoExecute,
        _ => return Err(hint.to_owned()),
    };
    let taint = Taint { key: name(key), value: name(of_key), effect };
    let (choice, node) = (NodeChoice::Named(name(node)), Name::default());
    Ok(StepAction::OnNodes(
        choice,
        if remove { Edit::RemoveTaint { node, taint } } else { Edit::AddTaint { node, taint } },
    ))
}

/// `NODE=KEY=VALUE` or `NODE=KEY-`.
fn label(value: &str) -> std::result::Result<StepAction, String> {
    let hint = "write NODE=KEY=VALUE, or NODE=KEY- to remove the label";
    let (node, label) = pair(value, hint)?;
    let (choice, node) = (NodeChoice::Named(name(node)), Name::default());
    let edit = match (label.split_once('='), label.strip_suffix('-')) {
        (Some((key, value)), _) if !key.is_empty() => Edit::LabelNode { node, key: name(key), value: name(value) },
        (None, Some(key)) if !key.is_empty() => Edit::UnlabelNode { node, key: name(key) },
        _ => return Err(hint.to_owned()),
    };
    Ok(StepAction::OnNodes(choice, edit))
}
