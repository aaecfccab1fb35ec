//! What configurations lead to: order, weights, arguments.

use serde_json::{Value, json};

use super::*;
use crate::api::name::name;

fn profile(value: &Value) -> Profile {
    let config = parse(value).unwrap_or_else(|error| panic!("{error}"));
    config.profiles.into_iter().next().expect("at least one profile")
}

/// `plugin`, with its weight and origin where they are not 1 and [`Origin::Default`].
fn shown(enabled: &[Enabled]) -> Vec<String> {
    let one = |enabled: &Enabled| {
        let weight = match enabled.weight {
            1 => String::new(),
            weight => format!("={weight}"),
        };
        let origin = match enabled.origin {
            Origin::Default => "",
            Origin::MultiPoint => " (multiPoint)",
            Origin::ExtensionPoint => " (named)",
        };
        format!("{}{weight}{origin}", enabled.plugin)
    };
    enabled.iter().map(one).collect()
}

#[track_caller]
fn order(plugins: &Value, point: ExtensionPoint, expected: &[&str]) {
    assert_eq!(shown(profile(&with_plugins(plugins)).at(point)), expected);
}

const DEFAULT_SCORE: [&str; 8] = [
    "TaintToleration=3",
    "NodeAffinity=2",
    "NodeResourcesFit",
    "VolumeBinding",
    "PodTopologySpread=2",
    "InterPodAffinity=2",
    "NodeResourcesBalancedAllocation",
    "ImageLocality",
];

#[test]
fn the_default_profile_is_upstreams() {
    let default = SchedulerConfig::default_for(&Behaviour::default());
    assert_eq!(default, parse(&config(&json!({}))).unwrap());
    let profile = default.profile_for(name("default-scheduler")).unwrap();
    let order = |point| shown(profile.at(point)).join(" ");
    assert_eq!(order(ExtensionPoint::PreEnqueue), "SchedulingGates DynamicResources DefaultPreemption");
    assert_eq!(order(ExtensionPoint::QueueSort), "PrioritySort");
    assert_eq!(
        order(ExtensionPoint::PreFilter),
        "NodeAffinity=2 NodePorts NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone \
         PodTopologySpread=2 InterPodAffinity=2 DynamicResources"
    );
    assert_eq!(
        order(ExtensionPoint::Filter),
        "NodeUnschedulable NodeName TaintToleration=3 NodeAffinity=2 NodePorts NodeResourcesFit VolumeRestrictions \
         NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread=2 InterPodAffinity=2 DynamicResources"
    );
    assert_eq!(order(ExtensionPoint::PostFilter), "DynamicResources DefaultPreemption");
    assert_eq!(
        order(ExtensionPoint::PreScore),
        "TaintToleration=3 NodeAffinity=2 NodeResourcesFit VolumeBinding PodTopologySpread=2 InterPodAffinity=2 \
         NodeResourcesBalancedAllocation"
    );
    assert_eq!(order(ExtensionPoint::Score), DEFAULT_SCORE.join(" "));
    assert_eq!(order(ExtensionPoint::Reserve), "VolumeBinding DynamicResources");
    assert_eq!(order(ExtensionPoint::Permit), "");
    assert_eq!(order(ExtensionPoint::PreBind), "VolumeBinding DynamicResources");
    assert_eq!(order(ExtensionPoint::Bind), "DefaultBinder");
    assert_eq!(order(ExtensionPoint::PostBind), "");
    assert!(profile.out_of_tree.is_empty());
}

#[test]
fn default_plugins_follow_version_and_gates() {
    let filters = |version: &str, gates: &str| {
        let behaviour = Behaviour::with_feature_gates(version.parse().unwrap(), gates).unwrap();
        let config = SchedulerConfig::default_for(&behaviour);
        let profile = config.profile_for(name("default-scheduler")).unwrap();
        (
            shown(&profile.filter).pop().unwrap(),
            shown(&profile.score).contains(&"DynamicResources=2".to_owned()),
            profile.out_of_tree.iter().map(|plugin| plugin.plugin.to_string()).collect::<Vec<_>>().join(" "),
        )
    };
    let case = |last: &str, scores, out_of_tree: &str| (last.to_owned(), scores, out_of_tree.to_owned());
    assert_eq!(filters("v1.33", ""), case("InterPodAffinity=2", false, ""));
    assert_eq!(filters("v1.34", "DynamicResourceAllocation=false"), case("InterPodAffinity=2", false, ""));
    assert_eq!(filters("v1.34", ""), case("DynamicResources", false, ""));
    assert_eq!(filters("v1.35", ""), case("DynamicResources=2", true, ""));
    assert_eq!(filters("v1.36", ""), case("NodeDeclaredFeatures", true, ""));
    assert_eq!(
        filters("v1.37", "GenericWorkload=true,InPlacePodVerticalScalingSchedulerPreemption=true"),
        case("NodeDeclaredFeatures", true, "")
    );
}

#[test]
fn named_plugins_come_first_if_multi_point_has_them() {
    order(
        &json!({"filter": {"enabled": [{"name": "VolumeZone"}, {"name": "NodeName"}]}}),
        ExtensionPoint::Filter,
        &[
            "VolumeZone (named)",
            "NodeName (named)",
            "NodeUnschedulable",
            "TaintToleration=3",
            "NodeAffinity=2",
            "NodePorts",
            "NodeResourcesFit",
            "VolumeRestrictions",
            "NodeVolumeLimits",
            "VolumeBinding",
            "PodTopologySpread=2",
            "InterPodAffinity=2",
            "DynamicResources",
        ],
    );
}

#[test]
fn named_plugins_come_last_if_multi_point_has_them_not() {
    order(
        &json!({
            "multiPoint": {"disabled": [{"name": "ImageLocality"}]},
            "score": {"enabled": [{"name": "ImageLocality", "weight": 5}, {"name": "NodeAffinity"}]},
        }),
        ExtensionPoint::Score,
        &[
            "NodeAffinity (named)",
            "TaintToleration=3",
            "NodeResourcesFit",
            "VolumeBinding",
            "PodTopologySpread=2",
            "InterPodAffinity=2",
            "NodeResourcesBalancedAllocation",
            "ImageLocality=5 (named)",
        ],
    );
}

#[test]
fn multi_point_keeps_places_and_takes_weights() {
    order(
        &json!({"multiPoint": {"enabled": [{"name": "ImageLocality", "weight": 7}, {"name": "NodeAffinity", "weight": 0}]}}),
        ExtensionPoint::Score,
        &[
            "TaintToleration=3",
            "NodeAffinity (multiPoint)",
            "NodeResourcesFit",
            "VolumeBinding",
            "PodTopologySpread=2",
            "InterPodAffinity=2",
            "NodeResourcesBalancedAllocation",
            "ImageLocality=7 (multiPoint)",
        ],
    );
}

#[test]
fn everything_can_be_disabled() {
    let all = json!([{"name": "*"}]);
    order(
        &json!({"score": {"disabled": all, "enabled": [{"name": "NodeResourcesFit", "weight": -2}, {"name": "ImageLocality"}]}}),
        ExtensionPoint::Score,
        &["NodeResourcesFit=-2 (named)", "ImageLocality (named)"],
    );
    // Re-enabled through multiPoint, in the order written.
    let plugins = json!({"multiPoint": {"disabled": all, "enabled": [
        {"name": "DefaultBinder"}, {"name": "NodeResourcesFit"}, {"name": "PrioritySort"}, {"name": "NodeName"},
    ]}});
    order(&plugins, ExtensionPoint::Filter, &["NodeResourcesFit (multiPoint)", "NodeName (multiPoint)"]);
    order(&plugins, ExtensionPoint::PostFilter, &[]);
    // Disabled at one point only.
    order(
        &json!({"filter": {"disabled": all}, "score": {"disabled": [{"name": "VolumeBinding"}, {"name": "NoSuchPlugin"}]}}),
        ExtensionPoint::Filter,
        &[],
    );
    // Enabled wins over disabled, and moves to the end.
    order(
        &json!({"postFilter": {"enabled": [{"name": "DynamicResources"}], "disabled": [{"name": "DynamicResources"}]}}),
        ExtensionPoint::PostFilter,
        &["DefaultPreemption", "DynamicResources (named)"],
    );
}

#[test]
fn plugins_out_of_tree_are_kept_apart() {
    let profile = profile(&config(&json!({"profiles": [{
        "plugins": {
            "multiPoint": {"enabled": [{"name": "Coscheduling"}]},
            "queueSort": {"enabled": [{"name": "Coscheduling"}], "disabled": [{"name": "*"}]},
            "score": {"enabled": [{"name": "Trimaran", "weight": 3}]},
        },
        "pluginConfig": [{"name": "Trimaran", "args": {"anything": ["goes"]}}],
    }]})));
    let out_of_tree = |plugin: &str, points: &[ExtensionPoint], multi_point| OutOfTree {
        plugin: name(plugin),
        points: points.to_vec(),
        multi_point,
    };
    assert_eq!(
        profile.out_of_tree,
        [
            out_of_tree("Coscheduling", &[ExtensionPoint::QueueSort], true),
            out_of_tree("Trimaran", &[ExtensionPoint::Score], false),
        ]
    );
    assert_eq!(shown(&profile.score), DEFAULT_SCORE);
    assert_eq!(profile.args.out_of_tree, [(name("Trimaran"), json!({"anything": ["goes"]}))]);
}

#[test]
fn arguments_are_defaulted() {
    let resources = |weights: &[(&str, i64)]| -> Vec<ResourceWeight> {
        weights.iter().map(|(resource, weight)| ResourceWeight { resource: name(resource), weight: *weight }).collect()
    };
    let args = profile(&config(&json!({}))).args;
    assert_eq!(args.node_resources_fit.strategy, ScoringStrategy::LeastAllocated);
    assert_eq!(args.node_resources_fit.resources, resources(&[("cpu", 1), ("memory", 1)]));
    assert_eq!(args.node_resources_balanced_allocation.resources, resources(&[("cpu", 1), ("memory", 1)]));
    assert_eq!(args.pod_topology_spread.default_constraints, DefaultConstraints::System);
    assert_eq!(args.inter_pod_affinity.hard_pod_affinity_weight, 1);
    assert_eq!(args.volume_binding, VolumeBindingArgs { bind_timeout_seconds: 600, shape: Vec::new() });
    assert_eq!(args.default_preemption.min_candidate_nodes_percentage, 10);
    assert_eq!(args.default_preemption.min_candidate_nodes_absolute, 100);
    assert_eq!(args.dynamic_resources.filter_timeout, GoDuration::parse("10s"));
    assert_eq!(args.node_affinity.added_affinity, None);

    let strategy = json!({"scoringStrategy": {
        "type": "RequestedToCapacityRatio",
        "resources": [{"name": "nvidia.com/gpu"}, {"name": "cpu", "weight": 5}],
        "requestedToCapacityRatio": {"shape": [{"utilization": 0, "score": 0}, {"utilization": 100, "score": 10}]},
    }});
    let args = profile(&with_args("NodeResourcesFit", &strategy)).args;
    assert_eq!(args.node_resources_fit.resources, resources(&[("nvidia.com/gpu", 1), ("cpu", 5)]));
    let shape = [(0, 0), (100, 10)].map(|(utilization, score)| ShapePoint { utilization, score });
    assert_eq!(args.node_resources_fit.strategy, ScoringStrategy::RequestedToCapacityRatio { shape: shape.to_vec() });

    let constraint = json!({"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"});
    let spread = json!({"defaultingType": "List", "defaultConstraints": [constraint]});
    let expected = SpreadConstraint {
        max_skew: 2,
        topology_key: name("zone"),
        do_not_schedule: true,
        min_domains: None,
        honor_node_affinity: true,
        honor_node_taints: false,
        match_label_keys: Vec::new(),
    };
    assert_eq!(
        profile(&with_args("PodTopologySpread", &spread)).args.pod_topology_spread.default_constraints,
        DefaultConstraints::List(vec![expected])
    );
}

#[test]
fn extenders_take_resources_from_the_fit_plugin() {
    let value = config(&json!({
        "profiles": [{"pluginConfig": [{"name": "NodeResourcesFit", "args": {"ignoredResources": ["example.com/own"]}}]}],
        "extenders": [
            {"urlPrefix": "http://a", "filterVerb": "filter", "ignorable": true},
            {"urlPrefix": "http://b", "prioritizeVerb": "score", "weight": 2, "httpTimeout": "1m",
             "managedResources": [{"name": "example.com/fpga", "ignoredByScheduler": true}, {"name": "example.com/x"}]},
        ],
    }));
    let config = parse(&value).unwrap();
    let profile = config.profiles.first().unwrap();
    assert_eq!(profile.args.node_resources_fit.ignored_resources, [name("example.com/fpga")]);
    let extenders: Vec<String> = config
        .extenders
        .iter()
        .map(|extender| format!("{} {} {:?}", extender.url_prefix, extender.http_timeout, extender.filter_verb))
        .collect();
    assert_eq!(extenders, ["http://b 1m0s None", "http://a 5s Some(\"filter\")"]);
}

/// Upstream `buildExtenders` looks for the arguments of NodeResourcesFit in each profile's `pluginConfig`, which has those of
/// plugins in use and those that are written.
#[test]
fn a_profile_without_the_fit_plugin_has_nothing_to_leave_to_extenders() {
    let with_arguments_of = |plugin: &str| {
        let plugins = json!({"multiPoint": {"disabled": [{"name": "*"}], "enabled": [{"name": "PrioritySort"}, {"name": "DefaultBinder"}]}});
        parse(&config(&json!({
            "profiles": [{"plugins": plugins, "pluginConfig": [{"name": plugin, "args": {}}]}],
            "extenders": [{"urlPrefix": "http://a", "filterVerb": "filter",
                "managedResources": [{"name": "example.com/fpga", "ignoredByScheduler": true}]}],
        })))
    };
    let refusal = with_arguments_of("NodeAffinity").unwrap_err().to_string();
    assert_eq!(refusal, "couldn't build extenders: can't find NodeResourcesFitArgs in plugin config");
    assert!(with_arguments_of("NodeResourcesFit").is_ok());
}
