//! From the plugin sets a user wrote to what runs at each extension point, in order.
//!
//! Two steps, as upstream has them: the user's `multiPoint` is merged into the default one
//! (`default_plugins.go: mergePluginSet`), then each extension point is filled from the plugins named for it and
//! from `multiPoint` (`framework/runtime/framework.go: updatePluginList, expandMultiPointPlugins, getScoreWeights`).
//! The order that results: plugins named at the point that `multiPoint` has too, then the other `multiPoint` plugins,
//! then the other named ones.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::error::ProfileError;
use super::extension_points::{ExtensionPoint, extension_points, of_point};
use super::profile::{Enabled, Origin};
use super::types::{Plugin, PluginSet, Plugins};
use super::versions::Behaviour;
use crate::api::name::{Name, name};

/// Disables every plugin of a set.
const ALL: &str = "*";

/// A plugin of the merged `multiPoint`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MultiPointPlugin {
    pub(super) plugin: Plugin,
    pub(super) origin: Origin,
}

/// The default `multiPoint` with the user's merged in: plugins of both keep their place but take the user's weight.
pub(super) fn merge_multi_point(default: PluginSet, custom: &PluginSet) -> Vec<MultiPointPlugin> {
    let disabled: HashSet<&str> = custom.disabled.iter().map(|plugin| plugin.name.as_str()).collect();
    // Of a plugin named twice the later one replaces the default; the other stays, and is refused later.
    let by_name: HashMap<&str, usize> =
        custom.enabled.iter().enumerate().map(|(index, plugin)| (plugin.name.as_str(), index)).collect();
    let mut replaced = HashSet::new();
    let mut merged = Vec::new();
    if !disabled.contains(ALL) {
        for plugin in default.enabled {
            if disabled.contains(plugin.name.as_str()) {
                continue;
            }
            let own = by_name.get(plugin.name.as_str()).and_then(|index| Some((*index, custom.enabled.get(*index)?)));
            merged.push(match own {
                Some((index, own)) => {
                    replaced.insert(index);
                    MultiPointPlugin { plugin: own.clone(), origin: Origin::MultiPoint }
                }
                None => MultiPointPlugin { plugin, origin: Origin::Default },
            });
        }
    }
    let added = custom.enabled.iter().enumerate().filter(|(index, _)| !replaced.contains(index));
    merged.extend(added.map(|(_, plugin)| MultiPointPlugin { plugin: plugin.clone(), origin: Origin::MultiPoint }));
    merged
}

/// The plugins of every extension point, in the order they run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Expanded {
    pub(super) points: HashMap<ExtensionPoint, Vec<Enabled>>,
    pub(super) out_of_tree: Vec<OutOfTree>,
}

/// A plugin that is enabled but not in tree: what it does is not known, so it is not run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutOfTree {
    /// The plugin.
    pub plugin: Name,
    /// The extension points it is enabled at by name.
    pub points: Vec<ExtensionPoint>,
    /// Enabled through `multiPoint`: it runs wherever it has something to do.
    pub multi_point: bool,
}

/// Fills every extension point.
///
/// # Errors
/// A plugin that stands twice at one extension point, or at one that it does not implement.
pub(super) fn expand(
    plugins: &Plugins,
    multi_point: &[MultiPointPlugin],
    behaviour: &Behaviour,
) -> Result<Expanded, ProfileError> {
    for point in ExtensionPoint::SETUP_ORDER {
        check_named(point, &plugins.at(point).enabled, behaviour)?;
    }
    let mut expanded = Expanded::default();
    for point in ExtensionPoint::SETUP_ORDER {
        let enabled = expand_point(point, plugins.at(point), multi_point, behaviour)?;
        expanded.points.insert(point, enabled);
    }
    expanded.out_of_tree = out_of_tree(plugins, multi_point, behaviour);
    Ok(expanded)
}

/// `updatePluginList`, but a plugin that is not in tree is taken to fit.
fn check_named(point: ExtensionPoint, enabled: &[Plugin], behaviour: &Behaviour) -> Result<(), ProfileError> {
    let mut seen = HashSet::new();
    for plugin in enabled {
        if extension_points(&plugin.name, behaviour).is_some_and(|points| !points.contains(&point)) {
            return Err(ProfileError::DoesNotExtend { plugin: plugin.name.clone(), interface: point.interface() });
        }
        if !seen.insert(plugin.name.as_str()) {
            return Err(already_registered(&plugin.name, point));
        }
    }
    Ok(())
}

fn already_registered(plugin: &str, point: ExtensionPoint) -> ProfileError {
    ProfileError::AlreadyRegistered { plugin: plugin.to_owned(), interface: point.interface() }
}

fn expand_point(
    point: ExtensionPoint,
    set: &PluginSet,
    multi_point: &[MultiPointPlugin],
    behaviour: &Behaviour,
) -> Result<Vec<Enabled>, ProfileError> {
    let in_tree =
        |plugin: &Plugin| extension_points(&plugin.name, behaviour).is_some_and(|points| points.contains(&point));
    let disabled: HashSet<&str> = set.disabled.iter().map(|plugin| plugin.name.as_str()).collect();
    let named: HashSet<&str> = set.enabled.iter().map(|plugin| plugin.name.as_str()).collect();

    let mut overridden = HashSet::new();
    let mut inherited: Vec<&MultiPointPlugin> = Vec::new();
    // With "*" nothing comes from multiPoint, so nothing is overridden either.
    if !disabled.contains(ALL) {
        for candidate in multi_point {
            let plugin = candidate.plugin.name.as_str();
            if !in_tree(&candidate.plugin) || disabled.contains(plugin) {
                continue;
            }
            if named.contains(plugin) {
                overridden.insert(plugin);
            } else if inherited.iter().any(|other| other.plugin.name == plugin) {
                return Err(already_registered(plugin, point));
            } else {
                inherited.push(candidate);
            }
        }
    }

    let own = set.enabled.iter().filter(|plugin| in_tree(plugin)).map(|plugin| enabled(plugin, Origin::ExtensionPoint));
    let (mut expanded, others): (Vec<_>, Vec<_>) =
        own.partition(|enabled| overridden.contains(enabled.plugin.as_str()));
    expanded.extend(inherited.into_iter().map(|inherited| enabled(&inherited.plugin, inherited.origin)));
    expanded.extend(others);
    Ok(expanded)
}

fn enabled(plugin: &Plugin, origin: Origin) -> Enabled {
    // No weight, or 0, counts as 1. Upstream also guards the sum of all weights against 64 bits,
    // which weights of 32 bits cannot reach.
    let weight = match plugin.weight {
        None | Some(0) => 1,
        Some(weight) => i64::from(weight),
    };
    Enabled { plugin: name(&plugin.name), weight, origin }
}

fn out_of_tree(plugins: &Plugins, multi_point: &[MultiPointPlugin], behaviour: &Behaviour) -> Vec<OutOfTree> {
    let mut found: IndexMap<Name, OutOfTree> = IndexMap::new();
    let mut record = |plugin: &Plugin, point: Option<ExtensionPoint>| {
        if extension_points(&plugin.name, behaviour).is_some() {
            return;
        }
        let plugin = name(&plugin.name);
        let entry = found.entry(plugin).or_insert(OutOfTree { plugin, points: Vec::new(), multi_point: false });
        match point {
            Some(point) => entry.points.push(point),
            None => entry.multi_point = true,
        }
    };
    for candidate in multi_point {
        record(&candidate.plugin, None);
    }
    for point in ExtensionPoint::ALL {
        for plugin in &plugins.at(point).enabled {
            record(plugin, Some(point));
        }
    }
    found.into_values().collect()
}

impl Plugins {
    /// The set named for `point`.
    pub(super) fn at(&self, point: ExtensionPoint) -> &PluginSet {
        of_point!(self, point)
    }
}
