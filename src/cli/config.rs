//! `kubectl sched config`: what the scheduler runs, and where each part of it came from.

use std::collections::BTreeMap;

use clap::Args;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::api::Name;
use crate::config::{Behaviour, Enabled, ExtensionPoint, Origin, Profile, SchedulerConfig};
use crate::error::Result;
use crate::report::style::Label;
use crate::report::table::Grid;
use crate::report::text::break_camel_case;
use crate::report::{API_VERSION, Data, Look, Part, Report, Screen};

use super::config_args::arguments;
use super::help::TEMPLATE;
use super::kube_flags::KubeFlags;
use super::output::{self, OutputFlags};
use super::state_flags::SchedulerFlags;
use super::{Status, config_source};

/// Show the effective scheduler configuration
///
/// Shows every profile with its plugins in the order they run, their extension points, weights and
/// arguments, and where each comes from: the defaults of the version, multiPoint, or the extension
/// point itself.
///
/// With --scheduler-config configmap/NAMESPACE/NAME[/KEY] the configuration is read from a
/// ConfigMap of the cluster; nothing else is read.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, Part::WITHOUT_PAGE)))]
#[command(help_template = TEMPLATE, after_help = "\
Examples:
  # What kube-scheduler runs without a configuration
  kubectl sched config

  # What it runs with this configuration
  kubectl sched config --scheduler-config examples/config/binpack.yaml

  # The defaults of an older version, for a script
  kubectl sched config --kube-version v1.33 -o json")]
pub(crate) struct ConfigArgs {
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
    profiles: Vec<ProfileObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extenders: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ProfileObject {
    scheduler_name: String,
    plugins: Vec<PluginObject>,
}

/// A plugin of a profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PluginObject {
    name: String,
    extension_points: Vec<PointObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<&'static str, Value>,
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
    let behaviour = arguments.scheduler.behaviour(None, None, &arguments.output, &mut Vec::new())?;
    let config = arguments
        .scheduler
        .config(&behaviour, |name| config_source::from_cluster(&arguments.kube.connection()?, name))?;
    let object = ConfigObject::new(&config, &behaviour);
    arguments.output.print(&object)?;
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
    fn new(config: &SchedulerConfig, behaviour: &Behaviour) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "SchedulerConfig",
            kube_version: behaviour.version.to_string(),
            profiles: config.profiles.iter().map(ProfileObject::new).collect(),
            extenders: config.extenders.iter().map(|extender| extender.url_prefix.clone()).collect(),
        }
    }
}

impl ProfileObject {
    fn new(profile: &Profile) -> Self {
        let mut in_tree: IndexMap<Name, PluginObject> = IndexMap::new();
        for point in ExtensionPoint::ALL {
            for enabled in profile.at(point) {
                let plugin = enabled.plugin;
                in_tree.entry(plugin).or_insert_with(|| PluginObject::new(profile, plugin)).add(point, enabled);
            }
        }
        let mut plugins: Vec<PluginObject> = in_tree.into_values().collect();
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
                in_tree: false,
            }
        }));
        Self { scheduler_name: profile.scheduler_name.to_string(), plugins }
    }
}

impl PluginObject {
    fn new(profile: &Profile, plugin: Name) -> Self {
        Self {
            name: plugin.to_string(),
            extension_points: Vec::new(),
            weight: None,
            args: arguments(&plugin, &profile.args),
            in_tree: true,
        }
    }

    fn add(&mut self, point: ExtensionPoint, enabled: &Enabled) {
        self.extension_points.push(PointObject { name: point.field(), origin: origin(enabled.origin) });
        if point == ExtensionPoint::Score {
            self.weight = Some(enabled.weight);
        }
    }

    /// `preFilter filter`.
    fn points(&self) -> String {
        let points: Vec<&str> = self.extension_points.iter().map(|point| point.name).collect();
        points.join(" ")
    }

    fn origins(&self) -> String {
        let mut origins: Vec<&str> = self.extension_points.iter().map(|point| point.origin).collect();
        origins.sort_unstable();
        origins.dedup();
        origins.join(", ")
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
    for profile in &config.profiles {
        screen.blank();
        screen.headline(Label::Heading, &format!("Profile {}", profile.scheduler_name), &config.kube_version);
        screen.blank();
        let mut grid = Grid::new(["PLUGIN", "WEIGHT", "FROM", "EXTENSION POINTS"]).right_aligned([1]);
        for plugin in &profile.plugins {
            let weight = plugin.weight.map_or_else(|| "<none>".to_owned(), |weight| weight.to_string());
            let from = if plugin.in_tree { plugin.origins() } else { "out of tree, not evaluated".to_owned() };
            grid.row(Label::Plugin, vec![break_camel_case(&plugin.name, 20), weight, from, plugin.points()]);
        }
        screen.grid(&grid);
        let mut grid = Grid::new(["PLUGIN", "ARGUMENT", "VALUE"]);
        for plugin in &profile.plugins {
            for (index, (argument, value)) in plugin.args.iter().enumerate() {
                let name = if index == 0 { break_camel_case(&plugin.name, 20) } else { String::new() };
                grid.row(Label::Plugin, vec![name, break_camel_case(argument, 26), compact(value)]);
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
