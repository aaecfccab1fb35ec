//! `pluginConfig`: which arguments belong to which plugin, read and defaulted
//! (`k8s.io/kube-scheduler/config/v1/types.go: decodeNestedObjects`, `pkg/scheduler/apis/config/v1/defaults.go`).

use serde_json::Value;

use super::decode::Decode;
use super::duration::GoDuration;
use super::error::ConfigError;
use super::field_path::FieldPath;
use super::plugin_args::{NodeAffinityArgs, PluginArgs};
use super::types::{self, API_VERSION, GROUP, ResourceSpec, ScoringStrategy, ShapePoint};
use super::versions::Behaviour;
use crate::api::name::{Name, name};

/// The arguments of a profile's plugins as a user wrote them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct WrittenArgs {
    pub(super) default_preemption: types::DefaultPreemptionArgs,
    pub(super) dynamic_resources: types::DynamicResourcesArgs,
    pub(super) inter_pod_affinity: types::InterPodAffinityArgs,
    pub(super) node_affinity: types::NodeAffinityArgs,
    pub(super) node_resources_balanced_allocation: types::NodeResourcesBalancedAllocationArgs,
    pub(super) node_resources_fit: types::NodeResourcesFitArgs,
    pub(super) pod_topology_spread: types::PodTopologySpreadArgs,
    pub(super) volume_binding: types::VolumeBindingArgs,
    added_affinity: Option<Value>,
    out_of_tree: Vec<(Name, Value)>,
}

impl WrittenArgs {
    /// Reads the `pluginConfig` that stands at `path`.
    ///
    /// # Errors
    /// Arguments of another type or kind than the plugin takes. Unknown fields are collected in `unknown`.
    pub(super) fn read(
        plugin_config: &[types::PluginConfig],
        path: &FieldPath,
        behaviour: &Behaviour,
        unknown: &mut Vec<FieldPath>,
    ) -> Result<Self, ConfigError> {
        let mut args = Self::default();
        for (index, entry) in plugin_config.iter().enumerate() {
            args.read_entry(entry, &path.index(index), behaviour, unknown)?;
        }
        Ok(args)
    }

    fn read_entry(
        &mut self,
        entry: &types::PluginConfig,
        path: &FieldPath,
        behaviour: &Behaviour,
        unknown: &mut Vec<FieldPath>,
    ) -> Result<(), ConfigError> {
        let plugin = entry.name.as_str();
        if !has_args(plugin, behaviour) {
            self.out_of_tree.push((name(plugin), entry.args.clone()));
            return Ok(());
        }
        let value = &entry.args;
        let path = path.child("args");
        check_kind(value, plugin, &path, behaviour)?;
        match plugin {
            "DefaultPreemption" => self.default_preemption = Decode::decode(value, &path, unknown)?,
            "DynamicResources" => {
                self.dynamic_resources = Decode::decode(value, &path, unknown)?;
                if !behaviour.dynamic_resources_args_have_binding_timeout && value.get("bindingTimeout").is_some() {
                    unknown.push(path.child("bindingTimeout"));
                }
            }
            "InterPodAffinity" => self.inter_pod_affinity = Decode::decode(value, &path, unknown)?,
            "NodeAffinity" => {
                self.node_affinity = Decode::decode(value, &path, unknown)?;
                self.added_affinity = value.get("addedAffinity").filter(|affinity| !affinity.is_null()).cloned();
            }
            "NodeResourcesBalancedAllocation" => {
                self.node_resources_balanced_allocation = Decode::decode(value, &path, unknown)?;
            }
            "NodeResourcesFit" => self.node_resources_fit = Decode::decode(value, &path, unknown)?,
            "PodTopologySpread" => self.pod_topology_spread = Decode::decode(value, &path, unknown)?,
            _ => self.volume_binding = Decode::decode(value, &path, unknown)?,
        }
        Ok(())
    }

    /// Fills in what was not written (`SetDefaults_*Args`).
    pub(super) fn set_defaults(&mut self, behaviour: &Behaviour) {
        let gates = &behaviour.gates;
        let preemption = &mut self.default_preemption;
        preemption.min_candidate_nodes_percentage.get_or_insert(10);
        preemption.min_candidate_nodes_absolute.get_or_insert(100);
        self.inter_pod_affinity.hard_pod_affinity_weight.get_or_insert(1);
        self.volume_binding.bind_timeout_seconds.get_or_insert(600);
        let no_shape = self.volume_binding.shape.as_ref().is_none_or(Vec::is_empty);
        if no_shape && gates.storage_capacity_scoring {
            let point = |utilization, score| ShapePoint { utilization, score };
            self.volume_binding.shape = Some(vec![point(0, 10), point(100, 0)]);
        }
        if gates.dra_scheduler_filter_timeout {
            self.dynamic_resources.filter_timeout.get_or_insert(GoDuration::from_seconds(10));
        }
        if self.pod_topology_spread.defaulting_type.is_empty() {
            "System".clone_into(&mut self.pod_topology_spread.defaulting_type);
        }
        set_default_resources(&mut self.node_resources_balanced_allocation.resources);
        let strategy = self
            .node_resources_fit
            .scoring_strategy
            .get_or_insert_with(|| ScoringStrategy { kind: "LeastAllocated".to_owned(), ..ScoringStrategy::default() });
        set_default_resources(&mut strategy.resources);
    }
}

impl From<WrittenArgs> for PluginArgs {
    /// Of arguments that were defaulted and found valid.
    fn from(args: WrittenArgs) -> Self {
        Self {
            node_resources_fit: args.node_resources_fit.into(),
            node_resources_balanced_allocation: args.node_resources_balanced_allocation.into(),
            node_affinity: NodeAffinityArgs { added_affinity: args.added_affinity },
            pod_topology_spread: args.pod_topology_spread.into(),
            inter_pod_affinity: args.inter_pod_affinity.into(),
            volume_binding: args.volume_binding.into(),
            default_preemption: args.default_preemption.into(),
            dynamic_resources: args.dynamic_resources.into(),
            out_of_tree: args.out_of_tree,
        }
    }
}

/// The plugins with arguments of their own, as `pkg/scheduler/apis/config/v1/register.go` registers them.
const PLUGINS_WITH_ARGS: [&str; 8] = [
    "DefaultPreemption",
    "DynamicResources",
    "InterPodAffinity",
    "NodeAffinity",
    "NodeResourcesBalancedAllocation",
    "NodeResourcesFit",
    "PodTopologySpread",
    "VolumeBinding",
];

fn has_args(plugin: &str, behaviour: &Behaviour) -> bool {
    PLUGINS_WITH_ARGS.contains(&plugin) && (plugin != "DynamicResources" || behaviour.dynamic_resources_has_args)
}

/// `apiVersion` and `kind` may be left out, but not be those of something else.
fn check_kind(value: &Value, plugin: &str, path: &FieldPath, behaviour: &Behaviour) -> Result<(), ConfigError> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let wanted = format!("{plugin}Args");
    let kind = match text("kind") {
        "" => wanted.as_str(),
        kind => kind,
    };
    let api_version = match text("apiVersion") {
        "" => API_VERSION,
        api_version => api_version,
    };
    let registered = kind == types::KIND || kind.strip_suffix("Args").is_some_and(|plugin| has_args(plugin, behaviour));
    if api_version != API_VERSION || !registered {
        return Err(ConfigError::NotRegistered { kind: kind.to_owned(), api_version: api_version.to_owned() });
    }
    if kind != wanted {
        return Err(ConfigError::WrongArgs {
            path: path.clone(),
            plugin: plugin.to_owned(),
            wanted: format!("{wanted}.{GROUP}"),
            found: format!("{kind}.{GROUP}"),
        });
    }
    Ok(())
}

fn set_default_resources(resources: &mut Vec<ResourceSpec>) {
    if resources.is_empty() {
        resources.extend(["cpu", "memory"].map(|name| ResourceSpec { name: name.to_owned(), weight: 1 }));
    }
    for resource in resources {
        if resource.weight == 0 {
            resource.weight = 1;
        }
    }
}
