//! How the scheduler is configured: from a `KubeSchedulerConfiguration` to effective profiles, and from a Kubernetes
//! version and its feature gates to named behaviours. Knows names of plugins, not plugins.
//!
//! [`SchedulerConfig::parse`] goes the way kube-scheduler goes at start: `types` are what a user writes, read strictly by
//! `decode`; `plugin_config` reads and defaults the plugins' arguments; `validation` refuses what upstream refuses;
//! `merge` puts the plugins in order, with `defaults` and `extension_points` as its tables; `profile` is the result.

mod decode;
mod defaults;
mod duration;
mod error;
mod extender;
mod extension_points;
mod feature_gates;
mod field_path;
mod gate_effects;
mod kube_version;
mod merge;
mod plugin_args;
mod plugin_config;
mod pod_group_scheduling;
mod profile;
mod qualified_name;
mod request_gates;
#[cfg(test)]
mod tests;
mod types;
mod validation;
mod validation_node_affinity;
mod validation_plugin_args;
mod versions;

pub use defaults::gate_of_default_plugin;
pub use duration::GoDuration;
pub use error::{ConfigError, FieldError, FieldProblem, ProfileError};
pub use extender::{ExtenderConfig, ExtenderTls, ManagedResource};
pub use extension_points::{ExtensionPoint, extension_points};
pub use feature_gates::{FeatureGateError, FeatureGates, NoEffect};
pub use field_path::FieldPath;
pub use kube_version::{KubeVersion, VersionError};
pub use merge::OutOfTree;
pub use plugin_args::{
    DefaultConstraints, DefaultPreemptionArgs, DynamicResourcesArgs, InterPodAffinityArgs, NodeAffinityArgs,
    NodeResourcesBalancedAllocationArgs, NodeResourcesFitArgs, PluginArgs, PodTopologySpreadArgs, ResourceWeight,
    ScoringStrategy, ShapePoint, SpreadConstraint, VolumeBindingArgs,
};
pub use pod_group_scheduling::PodGroupScheduling;
pub use profile::{DEFAULT_PARALLELISM, DEFAULT_SCHEDULER_NAME, Enabled, Origin, Profile, SchedulerConfig};
pub use versions::{Behaviour, DeviceBehaviour};
