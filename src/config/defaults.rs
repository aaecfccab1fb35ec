//! The plugins of a profile that names none, in upstream's order
//! (`pkg/scheduler/apis/config/v1/default_plugins.go: getDefaultPlugins, applyFeatureGates`): the table of the minor, less
//! the plugins whose gate is off.

use super::feature_gates::FeatureGates;
use super::types::{Plugin, PluginSet};
use super::versions::{Behaviour, minor_of};

/// The default `multiPoint`.
pub(super) fn default_multi_point(behaviour: &Behaviour) -> PluginSet {
    let plugins = minor_of(behaviour.version).plugins.iter();
    let enabled = plugins
        .filter(|plugin| plugin.gate.is_none_or(|gate| behaviour.gates.by_name(gate).unwrap_or_default()))
        .map(|plugin| Plugin { name: plugin.name.to_owned(), weight: Some(plugin.weight) });
    PluginSet { enabled: enabled.collect(), disabled: Vec::new() }
}

/// The gate that brings a plugin into the default profile, or takes it out, if it is not at the version's default.
pub fn gate_of_default_plugin(plugin: &str, behaviour: &Behaviour) -> Option<&'static str> {
    let plugin = minor_of(behaviour.version).plugins.iter().find(|known| known.name == plugin)?;
    plugin.gate.filter(|gate| behaviour.gates.by_name(gate) != FeatureGates::defaults(behaviour.version).by_name(gate))
}
