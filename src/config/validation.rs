//! What a configuration as a whole must be (`pkg/scheduler/apis/config/validation/validation.go`,
//! `k8s.io/component-base/config/validation`). Everything is looked at, so that all errors come at once.

use std::collections::HashSet;

use serde_json::Value;

use super::duration::GoDuration;
use super::error::{FieldError, Shown};
use super::extension_points::ExtensionPoint;
use super::field_path::FieldPath;
use super::plugin_config::WrittenArgs;
use super::qualified_name::{is_extended_resource_name, qualified_name_problems};
use super::types::{
    API_VERSION, Extender, KubeSchedulerConfiguration, LeaderElection, PluginConfig, PluginSet, Profile,
};
use super::validation_node_affinity::node_affinity;
use super::validation_plugin_args as plugin_args;
use super::versions::Behaviour;

/// Plugins that were taken out of tree and may not be named any more.
const REMOVED_PLUGINS: [&str; 4] = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];

/// All that is wrong with `config`, whose profiles were defaulted and have the arguments `args`.
pub(super) fn validate(
    config: &KubeSchedulerConfiguration,
    args: &[WrittenArgs],
    behaviour: &Behaviour,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if config.client_connection.burst < 0 {
        errors.push(FieldError::invalid(
            FieldPath::new("clientConnection").child("burst"),
            config.client_connection.burst,
            "must be non-negative",
        ));
    }
    errors.extend(leader_election(&config.leader_election));
    if let Some(parallelism) = config.parallelism.filter(|parallelism| *parallelism <= 0) {
        errors.push(FieldError::invalid(
            FieldPath::new("parallelism"),
            parallelism,
            "should be an integer value greater than zero",
        ));
    }
    let profiles = FieldPath::new("profiles");
    let mut names = HashSet::new();
    for (index, (profile, args)) in config.profiles.iter().zip(args).enumerate() {
        let path = profiles.index(index);
        errors.extend(validate_profile(&path, profile, args, behaviour));
        let name = profile.scheduler_name.as_deref().unwrap_or_default();
        if !names.insert(name) {
            // What upstream shows is a path, which has no fields that JSON shows.
            errors.push(FieldError::duplicate(path.child("schedulerName"), Shown::json("{}".to_owned())));
        }
    }
    errors.extend(common_queue_sort(&profiles, &config.profiles, behaviour));
    errors.extend(percentage(FieldPath::new("percentageOfNodesToScore"), config.percentage_of_nodes_to_score));
    let initial = config.pod_initial_backoff_seconds.unwrap_or(1);
    let max = config.pod_max_backoff_seconds.unwrap_or(10);
    if initial <= 0 {
        errors.push(FieldError::invalid(FieldPath::new("podInitialBackoffSeconds"), initial, "must be greater than 0"));
    }
    if max < initial {
        errors.push(FieldError::invalid(
            FieldPath::new("podMaxBackoffSeconds"),
            max,
            "must be greater than or equal to PodInitialBackoffSeconds",
        ));
    }
    errors.extend(extenders(
        &FieldPath::new("extenders"),
        &config.extenders,
        behaviour.label_keys_have_their_own_texts,
    ));
    errors
}

fn leader_election(election: &LeaderElection) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if election.leader_elect == Some(false) {
        return errors;
    }
    let path = FieldPath::new("leaderElection");
    // Zero means "not set" (RecommendedDefaultLeaderElectionConfiguration).
    let or_default = |duration: GoDuration, seconds| match duration.nanoseconds {
        0 => GoDuration::from_seconds(seconds),
        _ => duration,
    };
    let lease = or_default(election.lease_duration, 15);
    let renew = or_default(election.renew_deadline, 10);
    let retry = or_default(election.retry_period, 2);
    for (field, duration) in [("leaseDuration", lease), ("renewDeadline", renew), ("retryPeriod", retry)] {
        if duration.nanoseconds <= 0 {
            errors.push(FieldError::invalid(
                path.child(field),
                duration.to_string().as_str(),
                "must be greater than zero",
            ));
        }
    }
    if lease <= renew {
        errors.push(FieldError::invalid(
            path.child("leaseDuration"),
            renew.to_string().as_str(),
            "must be greater than `RenewDeadline`",
        ));
    }
    if !matches!(election.resource_lock.as_str(), "" | "leases") {
        errors.push(FieldError::invalid(
            path.child("resourceLock"),
            election.resource_lock.as_str(),
            "resourceLock value must be \"leases\"",
        ));
    }
    errors
}

fn percentage(path: FieldPath, percentage: Option<i32>) -> Option<FieldError> {
    let percentage = percentage.filter(|percentage| !(0..=100).contains(percentage))?;
    Some(FieldError::invalid(path, percentage, "not in valid range [0-100]"))
}

fn validate_profile(path: &FieldPath, profile: &Profile, args: &WrittenArgs, behaviour: &Behaviour) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if profile.scheduler_name.as_deref().unwrap_or_default().is_empty() {
        errors.push(FieldError::required(path.child("schedulerName"), ""));
    }
    errors.extend(percentage(path.child("percentageOfNodesToScore"), profile.percentage_of_nodes_to_score));
    for point in ExtensionPoint::ALL {
        let path = path.child("plugins").child(point.field()).child("enabled");
        for (index, plugin) in profile.plugins.at(point).enabled.iter().enumerate() {
            errors.extend(removed(path.index(index), &plugin.name));
        }
    }
    let mut seen = HashSet::new();
    for (index, PluginConfig { name, .. }) in profile.plugin_config.iter().enumerate() {
        let path = path.child("pluginConfig").index(index);
        if !seen.insert(name) {
            errors.push(FieldError::duplicate(path.clone(), name.as_str()));
        }
        errors.extend(removed(path.clone(), name));
        let path = path.child("args");
        errors.extend(match name.as_str() {
            "DefaultPreemption" => plugin_args::default_preemption(&path, &args.default_preemption),
            "DynamicResources" => plugin_args::dynamic_resources(&path, &args.dynamic_resources, behaviour),
            "InterPodAffinity" => plugin_args::inter_pod_affinity(&path, &args.inter_pod_affinity),
            "NodeAffinity" => node_affinity(&path, &args.node_affinity, behaviour.label_keys_have_their_own_texts),
            "NodeResourcesBalancedAllocation" => {
                plugin_args::node_resources_balanced_allocation(&path, &args.node_resources_balanced_allocation)
            }
            "PodTopologySpread" => plugin_args::pod_topology_spread(&path, &args.pod_topology_spread, behaviour),
            "VolumeBinding" => plugin_args::volume_binding(&path, &args.volume_binding, behaviour),
            // Those of NodeResourcesFit are looked at when the plugin is built, and only then: upstream's table
            // has them under a key that no plugin has.
            _ => Vec::new(),
        });
    }
    errors
}

fn removed(path: FieldPath, plugin: &str) -> Option<FieldError> {
    // "v1" is what upstream prints: it takes the version from core/v1.
    let detail = format!(r#"was invalid in version "v1" (KubeSchedulerConfiguration is version "{API_VERSION}")"#);
    REMOVED_PLUGINS.contains(&plugin).then(|| FieldError::invalid(path, plugin, detail))
}

/// All profiles share one queue.
fn common_queue_sort(path: &FieldPath, profiles: &[Profile], behaviour: &Behaviour) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let Some((first, others)) = profiles.split_first() else {
        return errors;
    };
    let canon = &first.plugins.queue_sort;
    if canon.enabled.len() > 1 {
        errors.push(FieldError::invalid(
            path.index(0).child("plugins").child("queueSort").child("Enabled"),
            canon.enabled.len(),
            "only one queue sort plugin can be enabled",
        ));
    }
    let args_of = |profile: &Profile| -> Option<Value> {
        let plugin = canon.enabled.first()?;
        let entry = profile.plugin_config.iter().find(|entry| entry.name == plugin.name)?;
        Some(entry.args.clone())
    };
    let canon_args = args_of(first);
    for (index, profile) in others.iter().enumerate() {
        let path = path.index(index + 1);
        if profile.plugins.queue_sort != *canon {
            errors.push(FieldError::invalid(
                path.child("plugins").child("queueSort"),
                plugin_set(&profile.plugins.queue_sort),
                if behaviour.validation_texts_repeat_the_field {
                    "queueSort must be the same for all profiles"
                } else {
                    "must be the same for all profiles"
                },
            ));
        }
        if let Some(args) = args_of(profile).filter(|args| Some(args) != canon_args.as_ref()) {
            errors.push(FieldError::invalid(
                path.child("pluginConfig").child("args"),
                args,
                "queueSort must be the same for all profiles",
            ));
        }
    }
    errors
}

/// A plugin set as upstream prints it: Go's field names, no list when empty.
fn plugin_set(set: &PluginSet) -> Shown {
    let list = |plugins: &[super::types::Plugin]| {
        if plugins.is_empty() {
            return "null".to_owned();
        }
        let plugins: Vec<String> = plugins
            .iter()
            .map(|plugin| {
                let name = Value::from(plugin.name.as_str());
                format!(r#"{{"Name":{name},"Weight":{}}}"#, plugin.weight.unwrap_or_default())
            })
            .collect();
        format!("[{}]", plugins.join(","))
    };
    Shown::json(format!(r#"{{"Enabled":{},"Disabled":{}}}"#, list(&set.enabled), list(&set.disabled)))
}

fn extenders(path: &FieldPath, extenders: &[Extender], label_key_texts: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut managed = HashSet::new();
    for (index, extender) in extenders.iter().enumerate() {
        let path = path.index(index);
        if !extender.prioritize_verb.is_empty() && extender.weight <= 0 {
            errors.push(FieldError::invalid(
                path.child("weight"),
                extender.weight,
                "must have a positive weight applied to it",
            ));
        }
        for (index, resource) in extender.managed_resources.iter().enumerate() {
            let path = path.child("managedResources").index(index).child("name");
            let name = resource.name.as_str();
            let problems = qualified_name_problems(name, label_key_texts);
            if problems.is_empty() && !is_extended_resource_name(name) {
                errors.push(FieldError::invalid(path.clone(), name, "is an invalid extended resource name"));
            }
            errors.extend(problems.into_iter().map(|problem| FieldError::invalid(path.clone(), name, problem)));
            if !managed.insert(name) {
                errors.push(FieldError::invalid(path, name, "duplicate extender managed resource name"));
            }
        }
    }
    let binders = extenders.iter().filter(|extender| !extender.bind_verb.is_empty()).count();
    if binders > 1 {
        errors.push(FieldError::invalid(
            path.clone(),
            format!("found {binders} extenders implementing bind").as_str(),
            "only one extender can implement bind",
        ));
    }
    errors
}
