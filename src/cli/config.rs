//! `kubectl sched config`: what the scheduler runs, and where each part of it came from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::api::Name;
use crate::cli::error::Result;
use crate::config::{
    Behaviour, Enabled, ExtensionPoint, FeatureGates, KubeVersion, Origin, Profile, SchedulerConfig,
    gate_of_default_plugin,
};
use crate::framework::NotEvaluated;
use crate::report::screen::Grid;
use crate::report::style::Label;
use crate::report::text::break_camel_case;
use crate::report::{API_VERSION, Data, Look, Part, Report, Screen};

use super::config_args::arguments;
use super::config_warnings::warnings;
use super::help::TEMPLATE;
use super::kube_flags::KubeFlags;
use super::output::{self, OutputFlags};
use super::scheduler_settings::parsed;
use super::state_flags::SchedulerFlags;
use super::{Status, config_basis};
use crate::session::running_scheduler;
use crate::session::scheduler_settings::NO_VERSION;

/// Show the effective scheduler configuration
///
/// Shows every profile with its plugins in the order they run, their extension points, weights and
/// arguments, and where each comes from: the defaults of the version, the file, or a feature gate.
/// Settings without effect are listed.
///
/// Version and feature gates are those of the cluster, or of the state in --snapshot; only the API
/// server's version and the pod of kube-scheduler are read. With --kube-version no cluster is
/// asked. With --scheduler-config configmap/NAMESPACE/NAME[/KEY] the configuration is read from a
/// ConfigMap of the cluster.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, Part::WITHOUT_PAGE)))]
#[command(help_template = TEMPLATE, after_help = "\
Examples:
  # What kube-scheduler runs without a configuration
  kubectl sched config

  # What it runs with this configuration
  kubectl sched config --scheduler-config examples/config/binpack.yaml

  # What the scheduler of a recorded state runs
  kubectl sched config --snapshot examples/clusters/mixed.yaml

  # The defaults of an older version, for a script
  kubectl sched config --kube-version v1.33 -o json")]
pub(crate) struct ConfigArgs {
    /// Read the cluster's state from a file, a directory or - (standard input), never from a cluster
    #[arg(long, value_name = "FILE|DIR|-", help_heading = "Options of the state")]
    snapshot: Option<PathBuf>,
    #[command(flatten)]
    scheduler: SchedulerFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    kube: KubeFlags,
}

/// The effective configuration of a scheduler.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigObject {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: &'static str,
    #[cfg_attr(test, schemars(extend("const" = "SchedulerConfig")))]
    kind: &'static str,
    kube_version: String,
    /// What version, gates and configuration come from, a sentence each.
    basis: Vec<String>,
    percentage_of_nodes_to_score: SettingObject,
    profiles: Vec<ProfileObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extenders: Vec<String>,
    /// What has no effect.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_evaluated: Vec<NotEvaluated>,
}

/// A number and where it comes from.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SettingObject {
    value: i32,
    from: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ProfileObject {
    scheduler_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage_of_nodes_to_score: Option<i32>,
    plugins: Vec<PluginObject>,
}

/// A plugin of a profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PluginObject {
    name: String,
    extension_points: Vec<PointObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<&'static str, Value>,
    /// Where each argument comes from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args_from: BTreeMap<&'static str, String>,
    /// What enabled it: the version's default, a gate, the file.
    from: String,
    /// False for a plugin that is not part of kube-scheduler.
    in_tree: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PointObject {
    name: &'static str,
    origin: &'static str,
}

pub(super) fn run(arguments: &ConfigArgs) -> Result<Status> {
    let ConfigArgs { snapshot, scheduler, output, kube } = arguments;
    let facts = scheduler.facts(snapshot.as_deref(), kube, output)?;
    let mut notes = Vec::new();
    let behaviour = scheduler.behaviour(facts.version.as_deref(), facts.process.as_ref(), output, &mut notes)?;
    if let Some(process) = facts.process.as_ref().filter(|_| scheduler.kube_version.is_none()) {
        running_scheduler::tell(process, facts.config.is_some(), &mut |text| output.log(text), &mut notes);
    }
    let config = match &facts.config {
        Some((value, name)) => parsed(value, name, &behaviour)?,
        None => SchedulerConfig::default_for(&behaviour),
    };
    let file = facts.config.as_ref().map(|(value, _)| value);
    let gates = scheduler.gates(facts.process.as_ref(), behaviour.version, &mut Vec::new());
    let object = ConfigObject {
        basis: config_basis::lines(scheduler, &facts, behaviour.version, &gates),
        warnings: warnings(file, &config, &behaviour, &gates),
        // The basis says where the version is from.
        not_evaluated: notes.into_iter().filter(|note| note.what != NO_VERSION).collect(),
        ..ConfigObject::new(&config, &behaviour, file)
    };
    output.print(&object)?;
    Ok(Status::Answered)
}

impl Report for ConfigObject {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(self)
    }

    fn screen(&self, look: Look) -> Screen {
        screen(self, look)
    }

    fn names(&self) -> Option<Vec<String>> {
        Some(self.profiles.iter().map(|profile| format!("profile/{}", profile.scheduler_name)).collect())
    }
}

impl ConfigObject {
    fn new(config: &SchedulerConfig, behaviour: &Behaviour, file: Option<&Value>) -> Self {
        let of_file = file.and_then(|file| file.get("percentageOfNodesToScore")).is_some_and(|value| !value.is_null());
        let from = From { behaviour, profile: None };
        let written = |place: usize| file?.get("profiles")?.as_array()?.get(place);
        let profiles = config.profiles.iter().enumerate();
        Self {
            api_version: API_VERSION,
            kind: "SchedulerConfig",
            kube_version: behaviour.version.to_string(),
            basis: Vec::new(),
            percentage_of_nodes_to_score: SettingObject {
                value: config.percentage_of_nodes_to_score.unwrap_or(0),
                from: if of_file { FILE.to_owned() } else { from.default() },
            },
            profiles: profiles
                .map(|(place, profile)| ProfileObject::new(profile, From { behaviour, profile: written(place) }))
                .collect(),
            extenders: config.extenders.iter().map(|extender| extender.url_prefix.clone()).collect(),
            warnings: Vec::new(),
            not_evaluated: Vec::new(),
        }
    }
}

impl ProfileObject {
    fn new(profile: &Profile, from: From<'_>) -> Self {
        let mut in_tree: IndexMap<Name, PluginObject> = IndexMap::new();
        for point in ExtensionPoint::ALL {
            for enabled in profile.at(point) {
                let plugin = enabled.plugin;
                in_tree.entry(plugin).or_insert_with(|| PluginObject::new(profile, plugin, from)).add(point, enabled);
            }
        }
        let mut plugins: Vec<PluginObject> = in_tree.into_values().collect();
        for plugin in &mut plugins {
            plugin.from = plugin.sources(from);
        }
        plugins.extend(profile.out_of_tree.iter().map(|plugin| {
            PluginObject {
                name: plugin.plugin.to_string(),
                extension_points: plugin
                    .points
                    .iter()
                    .map(|point| PointObject { name: point.field(), origin: origin(Origin::ExtensionPoint) })
                    .collect(),
                weight: None,
                args: BTreeMap::new(),
                args_from: BTreeMap::new(),
                from: FILE.to_owned(),
                in_tree: false,
            }
        }));
        Self {
            scheduler_name: profile.scheduler_name.to_string(),
            percentage_of_nodes_to_score: profile.percentage_of_nodes_to_score,
            plugins,
        }
    }
}

impl PluginObject {
    fn new(profile: &Profile, plugin: Name, from: From<'_>) -> Self {
        let args = arguments(&plugin, &profile.args);
        Self {
            name: plugin.to_string(),
            extension_points: Vec::new(),
            weight: None,
            args_from: args.keys().map(|argument| (*argument, from.argument(&plugin, argument))).collect(),
            args,
            from: String::new(),
            in_tree: true,
        }
    }

    fn add(&mut self, point: ExtensionPoint, enabled: &Enabled) {
        self.extension_points.push(PointObject { name: point.field(), origin: origin(enabled.origin) });
        if point == ExtensionPoint::Score {
            self.weight = Some(enabled.weight);
        }
    }

    /// What enabled it, at one point or another.
    fn sources(&self, from: From<'_>) -> String {
        let default = origin(Origin::Default);
        let mut sources = Vec::new();
        if self.extension_points.iter().any(|point| point.origin == default) {
            let gate = gate_of_default_plugin(&self.name, from.behaviour);
            sources.push(gate.map_or_else(|| from.default(), |gate| format!("gate {gate}")));
        }
        if self.extension_points.iter().any(|point| point.origin != default) {
            sources.push(FILE.to_owned());
        }
        sources.join(", ")
    }

    /// `preFilter filter`.
    fn points(&self) -> String {
        let points: Vec<&str> = self.extension_points.iter().map(|point| point.name).collect();
        points.join(" ")
    }
}

/// What was written in the file.
const FILE: &str = "file";

/// Tells where settings of a profile come from.
#[derive(Clone, Copy)]
struct From<'a> {
    behaviour: &'a Behaviour,
    /// The profile as it was written; none without a file.
    profile: Option<&'a Value>,
}

impl From<'_> {
    /// `default of v1.34`.
    fn default(self) -> String {
        let version = KubeVersion { patch: None, ..self.behaviour.version.nearest() };
        format!("default of {version}")
    }

    fn argument(self, plugin: &str, argument: &str) -> String {
        let entries = self.profile.and_then(|profile| profile.get("pluginConfig")?.as_array());
        let mut args =
            entries.into_iter().flatten().filter(|entry| entry.get("name").is_some_and(|name| name == plugin));
        let written = args.any(|entry| {
            let Some(args) = entry.get("args") else { return false };
            // Shown beside the strategy that it belongs to.
            let of_strategy = plugin == "NodeResourcesFit" && argument == "resources";
            let args = if of_strategy { args.get("scoringStrategy") } else { Some(args) };
            args.and_then(|args| args.get(argument)).is_some_and(|value| !value.is_null())
        });
        let defaults = FeatureGates::defaults(self.behaviour.version);
        let gated = argument == "shape"
            && plugin == "VolumeBinding"
            && defaults.storage_capacity_scoring != self.behaviour.gates.storage_capacity_scoring;
        match (written, gated) {
            (true, _) => FILE.to_owned(),
            (false, true) => "gate StorageCapacityScoring".to_owned(),
            (false, false) => self.default(),
        }
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Default => "default",
        Origin::MultiPoint => "multiPoint",
        Origin::ExtensionPoint => "extension point",
    }
}

fn screen(config: &ConfigObject, look: Look) -> Screen {
    let mut screen = Screen::new(look);
    for line in &config.basis {
        screen.paragraph(Label::Plain, line);
    }
    let SettingObject { value, from } = &config.percentage_of_nodes_to_score;
    let adapts = if *value == 0 { ", adapts to the number of nodes" } else { "" };
    screen.paragraph(Label::Plain, &format!("percentageOfNodesToScore: {value} ({from}{adapts})"));
    for profile in &config.profiles {
        screen.blank();
        screen.headline(Label::Heading, &format!("Profile {}", profile.scheduler_name), &config.kube_version);
        if let Some(percentage) = profile.percentage_of_nodes_to_score {
            screen.paragraph(Label::Plain, &format!("percentageOfNodesToScore: {percentage} ({FILE})"));
        }
        screen.blank();
        let mut grid = Grid::new(["PLUGIN", "WEIGHT", "FROM", "EXTENSION POINTS"]).right_aligned([1]);
        for plugin in &profile.plugins {
            let weight = plugin.weight.map_or_else(|| "<none>".to_owned(), |weight| weight.to_string());
            let from = if plugin.in_tree { plugin.from.clone() } else { "file; out of tree, not evaluated".to_owned() };
            grid.row(Label::Plugin, vec![break_camel_case(&plugin.name, 20), weight, from, plugin.points()]);
        }
        screen.grid(&grid);
        let mut grid = Grid::new(["PLUGIN", "ARGUMENT", "VALUE", "FROM"]);
        for plugin in &profile.plugins {
            for (index, (argument, value)) in plugin.args.iter().enumerate() {
                let name = if index == 0 { break_camel_case(&plugin.name, 20) } else { String::new() };
                let from = plugin.args_from.get(argument).cloned().unwrap_or_default();
                grid.row(Label::Plugin, vec![name, break_camel_case(argument, 26), compact(value), from]);
            }
        }
        if !grid.is_empty() {
            screen.blank();
            screen.grid(&grid);
        }
    }
    for extender in &config.extenders {
        screen.blank();
        screen.line(&[(Label::Warning, &format!("Extender {extender}: asked only with --call-extenders"))]);
    }
    if !(config.warnings.is_empty() && config.not_evaluated.is_empty()) {
        screen.blank();
    }
    for warning in &config.warnings {
        screen.paragraph(Label::Warning, &format!("caution: {warning}"));
    }
    for NotEvaluated { what, why, effect, .. } in &config.not_evaluated {
        screen.paragraph(Label::Warning, &format!("not evaluated: {what}: {why}; {effect}"));
    }
    screen
}

fn compact(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // `{"cpu":1,"memory":1}` as `cpu: 1, memory: 1`; blanks are where lines may break.
        Value::Object(fields) => {
            fields.iter().map(|(field, value)| format!("{field}: {}", compact(value))).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => items.iter().map(|item| format!("{{{}}}", compact(item))).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
