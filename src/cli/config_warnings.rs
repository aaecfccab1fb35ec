//! What of a scheduler's configuration and gates has no effect.

use serde_json::Value;

use crate::config::{Behaviour, ExtensionPoint, FeatureGates, NoEffect, Profile, SchedulerConfig, extension_points};

/// One sentence each. `file` is the configuration as it was written, `gates` what `--feature-gates` says.
pub(super) fn warnings(
    file: Option<&Value>,
    config: &SchedulerConfig,
    behaviour: &Behaviour,
    gates: &str,
) -> Vec<String> {
    let version = behaviour.version;
    let mut found: Vec<String> = FeatureGates::without_effect(version, gates)
        .into_iter()
        .map(|(gate, why)| match why {
            NoEffect::NotRead => format!("feature gate {gate} has no effect: nothing in kube-scheduler reads it"),
            NoEffect::Default => format!("feature gate {gate} changes nothing: this is the default of {version}"),
        })
        .collect();
    let Some(file) = file else { return found };
    let defaults = SchedulerConfig::default_for(behaviour);
    let defaults = defaults.profiles.first();
    let written = list(file, "profiles");
    for (profile, written) in config.profiles.iter().zip(written) {
        let mut of_profile = arguments(profile, written);
        of_profile.extend(weights(profile, written));
        of_profile.extend(disabled(defaults, written, behaviour));
        if written.get("percentageOfNodesToScore").is_some_and(|percentage| !percentage.is_null())
            && file.get("percentageOfNodesToScore").is_some_and(|percentage| !percentage.is_null())
        {
            of_profile.push("the percentageOfNodesToScore of all profiles has no effect: it has its own".to_owned());
        }
        let name = profile.scheduler_name;
        found.extend(of_profile.into_iter().map(|warning| format!("profile {name}: {warning}")));
    }
    found
}

/// Arguments of plugins that the profile does not run.
fn arguments(profile: &Profile, written: &Value) -> Vec<String> {
    let runs = |plugin: &str| {
        let in_tree = ExtensionPoint::ALL.iter().flat_map(|point| profile.at(*point)).map(|enabled| enabled.plugin);
        in_tree.chain(profile.out_of_tree.iter().map(|plugin| plugin.plugin)).any(|name| name == plugin)
    };
    let entries = list(written, "pluginConfig").filter_map(name_of).filter(|plugin| !runs(plugin));
    entries.map(|plugin| format!("the arguments of {plugin} have no effect: it is not enabled")).collect()
}

/// Weights where nothing is scored.
fn weights(profile: &Profile, written: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (set, plugins) in plugin_sets(written) {
        for entry in list(plugins, "enabled").filter(|entry| entry.get("weight").is_some_and(|weight| !is_zero(weight)))
        {
            let Some(plugin) = name_of(entry) else { continue };
            let scores = profile.score.iter().any(|enabled| enabled.plugin == plugin);
            let known = profile.out_of_tree.iter().all(|other| other.plugin != plugin);
            match set {
                "multiPoint" | "score" if scores || !known => {}
                "multiPoint" | "score" => {
                    found.push(format!("the weight of {plugin} has no effect: it does not score"));
                }
                _ => found.push(format!("the weight of {plugin} at {set} has no effect: only scores are weighted")),
            }
        }
    }
    found
}

/// Plugins that are taken out of where they are not.
fn disabled(defaults: Option<&Profile>, written: &Value, behaviour: &Behaviour) -> Vec<String> {
    let mut found = Vec::new();
    let multi_point: Vec<&str> = plugin_sets(written)
        .filter(|(set, _)| *set == "multiPoint")
        .flat_map(|(_, plugins)| list(plugins, "enabled").filter_map(name_of))
        .collect();
    for (set, plugins) in plugin_sets(written) {
        for plugin in list(plugins, "disabled").filter_map(name_of).filter(|plugin| *plugin != "*") {
            let Some(points) = extension_points(plugin, behaviour) else { continue };
            let by_default = |point: ExtensionPoint| {
                defaults.is_some_and(|profile| profile.at(point).iter().any(|enabled| enabled.plugin == plugin))
            };
            let there = if set == "multiPoint" {
                ExtensionPoint::ALL.into_iter().any(by_default)
            } else {
                ExtensionPoint::ALL
                    .into_iter()
                    .filter(|point| point.field() == set)
                    .any(|point| by_default(point) || (multi_point.contains(&plugin) && points.contains(&point)))
            };
            if !there {
                found.push(format!("to disable {plugin} at {set} has no effect: it is not enabled there"));
            }
        }
    }
    found
}

fn plugin_sets(profile: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let sets = profile.get("plugins").and_then(Value::as_object).into_iter().flatten();
    sets.map(|(set, plugins)| (set.as_str(), plugins))
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn name_of(entry: &Value) -> Option<&str> {
    entry.get("name").and_then(Value::as_str)
}

fn is_zero(weight: &Value) -> bool {
    weight.is_null() || weight.as_i64() == Some(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn case(profile: &Value, gates: &str, expected: &[&str]) {
        let behaviour = Behaviour::with_feature_gates("v1.34".parse().unwrap(), gates).unwrap();
        let file = json!({
            "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration", "profiles": [profile]
        });
        let config = SchedulerConfig::parse(&file, &behaviour).unwrap();
        assert_eq!(warnings(Some(&file), &config, &behaviour, gates), expected);
    }

    #[test]
    fn what_has_no_effect_is_named() {
        case(&json!({}), "", &[]);
        case(
            &json!({}),
            "NodeLogQuery=false,PodLevelResources=true",
            &[
                "feature gate NodeLogQuery has no effect: nothing in kube-scheduler reads it",
                "feature gate PodLevelResources changes nothing: this is the default of v1.34",
            ],
        );
        case(
            &json!({"plugins": {"multiPoint": {"disabled": [{"name": "VolumeBinding"}]}},
                "pluginConfig": [{"name": "VolumeBinding", "args": {"bindTimeoutSeconds": 5}}]}),
            "",
            &["profile default-scheduler: the arguments of VolumeBinding have no effect: it is not enabled"],
        );
        case(
            &json!({"plugins": {"multiPoint": {"enabled": [{"name": "NodePorts", "weight": 3}]},
                "filter": {"enabled": [{"name": "NodeAffinity", "weight": 2}]}}}),
            "",
            &[
                "profile default-scheduler: the weight of NodeAffinity at filter has no effect: only scores are \
                 weighted",
                "profile default-scheduler: the weight of NodePorts has no effect: it does not score",
            ],
        );
        case(
            &json!({"plugins": {"score": {"disabled": [{"name": "NodePorts"}, {"name": "ImageLocality"}]}}}),
            "",
            &["profile default-scheduler: to disable NodePorts at score has no effect: it is not enabled there"],
        );
    }
}
