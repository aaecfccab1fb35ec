//! Why configurations are refused.

use serde_json::{Value, json};

use super::*;

#[track_caller]
fn refused(value: &Value, expected: &str) {
    assert_eq!(parse(value).expect_err("accepted").to_string(), expected);
}

#[test]
fn refuses_what_cannot_be_read() {
    refused(
        &json!({"apiVersion": "kubescheduler.config.k8s.io/v1beta3", "kind": "KubeSchedulerConfiguration"}),
        r#"no kind "KubeSchedulerConfiguration" is registered for version "kubescheduler.config.k8s.io/v1beta3""#,
    );
    refused(&json!("text"), "KubeSchedulerConfiguration: expected an object, found \"text\"");
    refused(
        &config(&json!({"profile": [], "profiles": [{"plugins": {"filters": {}, "placementScore": {}}}]})),
        "strict decoding error: unknown field \"profile\", unknown field \"profiles[0].plugins.filters\", \
         unknown field \"profiles[0].plugins.placementScore\"",
    );
    refused(
        &with_args("NodeResourcesFit", &json!({"scoringstrategy": {}})),
        "strict decoding error: unknown field \"profiles[0].pluginConfig[0].args.scoringstrategy\"",
    );
    refused(
        &with_args(
            "NodeAffinity",
            &json!({"kind": "NodeResourcesFitArgs", "apiVersion": "kubescheduler.config.k8s.io/v1"}),
        ),
        "profiles[0].pluginConfig[0].args: args for plugin NodeAffinity were not of type \
         NodeAffinityArgs.kubescheduler.config.k8s.io, got NodeResourcesFitArgs.kubescheduler.config.k8s.io",
    );
    refused(
        &config(&json!({"extenders": [{"httpTimeout": 5}]})),
        "extenders[0].httpTimeout: expected a duration such as \"10s\" or \"1m30s\", found 5",
    );
}

#[test]
fn refuses_invalid_fields() {
    refused(
        &config(&json!({"parallelism": 0, "percentageOfNodesToScore": 101})),
        "[parallelism: Invalid value: 0: should be an integer value greater than zero, \
         percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]]",
    );
    refused(
        &config(&json!({"podInitialBackoffSeconds": 20})),
        "podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds",
    );
    refused(
        &config(&json!({"leaderElection": {"leaseDuration": "10s"}})),
        "leaderElection.leaseDuration: Invalid value: \"10s\": must be greater than `RenewDeadline`",
    );
    refused(
        &config(&json!({"profiles": [{}, {"schedulerName": "a"}, {"schedulerName": "a"}]})),
        "[profiles[0].schedulerName: Required value, \
         profiles[2].schedulerName: Duplicate value: {}]",
    );
    refused(
        &with_plugins(&json!({"filter": {"enabled": [{"name": "EBSLimits"}]}})),
        "profiles[0].plugins.filter.enabled[0]: Invalid value: \"EBSLimits\": was invalid in version \"v1\" \
         (KubeSchedulerConfiguration is version \"kubescheduler.config.k8s.io/v1\")",
    );
    refused(
        &config(&json!({"profiles": [
            {"schedulerName": "a"},
            {"schedulerName": "b", "plugins": {"queueSort": {"enabled": [{"name": "PrioritySort"}]}}},
        ]})),
        "profiles[1].plugins.queueSort: Invalid value: \
         {\"Enabled\":[{\"Name\":\"PrioritySort\",\"Weight\":0}],\"Disabled\":null}: must be the same for all profiles",
    );
    refused(
        &config(&json!({"extenders": [
            {"prioritizeVerb": "score", "bindVerb": "bind", "managedResources": [{"name": "cpu"}]},
            {"bindVerb": "bind"},
        ]})),
        "[extenders[0].weight: Invalid value: 0: must have a positive weight applied to it, \
         extenders[0].managedResources[0].name: Invalid value: \"cpu\": is an invalid extended resource name, \
         extenders: Invalid value: \"found 2 extenders implementing bind\": only one extender can implement bind]",
    );
}

#[test]
fn refuses_invalid_arguments() {
    let args = "profiles[0].pluginConfig[0].args";
    let case = |plugin: &str, value: &Value, expected: &str| {
        refused(&with_args(plugin, value), &expected.replace('@', args));
    };
    case(
        "DefaultPreemption",
        &json!({"minCandidateNodesPercentage": -1}),
        "@.minCandidateNodesPercentage: Invalid value: -1: not in valid range [0, 100]",
    );
    case(
        "DefaultPreemption",
        &json!({"minCandidateNodesAbsolute": -1}),
        "@.minCandidateNodesAbsolute: Invalid value: -1: not in valid range [0, inf)",
    );
    case(
        "DefaultPreemption",
        &json!({"minCandidateNodesPercentage": 0, "minCandidateNodesAbsolute": 0}),
        "[@.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute, \
         @.minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage]",
    );
    for one_of_two in [json!({"minCandidateNodesPercentage": 0}), json!({"minCandidateNodesAbsolute": 0})] {
        assert!(parse(&with_args("DefaultPreemption", &one_of_two)).is_ok(), "{one_of_two}");
    }
    case(
        "InterPodAffinity",
        &json!({"hardPodAffinityWeight": 101}),
        "@.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]",
    );
    case(
        "NodeResourcesBalancedAllocation",
        &json!({"resources": [{"name": "cpu"}, {"name": "cpu", "weight": 2}]}),
        "[@.resources[1].name: Duplicate value: \"cpu\", @.resources[1].weight: Invalid value: 2: must be 1]",
    );
    case(
        "PodTopologySpread",
        &json!({"defaultConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "Never", "labelSelector": {}}]}),
        "[@.defaultingType: Invalid value: \"System\": when .defaultConstraints are not empty, \
         @.defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf), \
         @.defaultConstraints[0].topologyKey: Required value: can not be empty, \
         @.defaultConstraints[0].whenUnsatisfiable: Unsupported value: \"Never\": \
         supported values: \"DoNotSchedule\", \"ScheduleAnyway\", \
         @.defaultConstraints[0].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod]",
    );
    case(
        "NodeAffinity",
        &json!({"addedAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["x"]}, {"key": "b", "operator": "Is"}]},
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["x", "y"]}]},
            ]},
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 0, "preference": {"matchExpressions": [{"key": "c", "operator": "Is"}]}},
                {"weight": 1, "preference": {"matchExpressions": [{"key": "c", "operator": "In"}]}},
            ],
        }}),
        "[@.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0]: \
         Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer, \
         @.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[1].operator: \
         Unsupported value: \"Is\": supported values: \"In\", \"NotIn\", \"Exists\", \"DoesNotExist\", \"Gt\", \"Lt\", \
         @.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[1].matchFields[0].values: \
         Invalid value: [\"x\",\"y\"]: must have one element, \
         @.addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[1].matchExpressions[0].values: \
         Invalid value: []: for 'in', 'notin' operators, values set can't be empty]",
    );
    case(
        "VolumeBinding",
        &json!({"bindTimeoutSeconds": -1, "shape": [{"utilization": 0, "score": 10}]}),
        "[@.bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value, \
         @.shape: Invalid value: [{\"Utilization\":0,\"Score\":10}]: unexpected field `shape`, remove it or turn on \
         the feature gate StorageCapacityScoring]",
    );
    case(
        "DynamicResources",
        &json!({"filterTimeout": "-1s"}),
        "@.filterTimeout: Invalid value: \"-1s\": must be zero or positive",
    );
    // Looked at when the plugin is built, where upstream has no path any more.
    case(
        "NodeResourcesFit",
        &json!({"ignoredResourceGroups": ["a/b"], "scoringStrategy": {"type": "Best", "resources": [{"name": "cpu", "weight": 101}],
            "requestedToCapacityRatio": {"shape": [{"utilization": 50, "score": 0}, {"utilization": 50, "score": 11}]}}}),
        "initializing profiles: creating profile for scheduler name default-scheduler: initializing plugin \
         \"NodeResourcesFit\": [ignoredResourceGroups[0]: Invalid value: \"a/b\": resource group name can't contain '/', \
         scoringStrategy.type: Unsupported value: \"Best\": supported values: \"LeastAllocated\", \"MostAllocated\", \
         \"RequestedToCapacityRatio\", scoringStrategy.resources[0].weight: Invalid value: 101: resource weight of cpu \
         not in valid range (0, 100], scoringStrategy.shape[1].utilization: Invalid value: 50: values must be sorted in \
         increasing order, scoringStrategy.shape[1].score: Invalid value: 11: not in valid range [0, 10]]",
    );
}

#[test]
fn refuses_plugins_that_do_not_fit_together() {
    let case = |plugins: &Value, expected: &str| {
        let profile = "initializing profiles: creating profile for scheduler name default-scheduler: ";
        refused(&with_plugins(plugins), &format!("{profile}{expected}"));
    };
    case(
        &json!({"score": {"enabled": [{"name": "NodeName"}]}}),
        "plugin \"NodeName\" does not extend ScorePlugin plugin",
    );
    case(
        &json!({"filter": {"enabled": [{"name": "NodeName"}, {"name": "NodeName"}]}}),
        "plugin \"NodeName\" already registered as \"FilterPlugin\"",
    );
    case(
        &json!({"multiPoint": {"enabled": [{"name": "NodePorts"}, {"name": "NodePorts"}]}}),
        "plugin \"NodePorts\" already registered as \"PreFilterPlugin\"",
    );
    case(
        &json!({"queueSort": {"disabled": [{"name": "*"}]}}),
        "only one queue sort plugin required for profile with scheduler name \"default-scheduler\", but got 0",
    );
    case(
        &json!({"multiPoint": {"disabled": [{"name": "DefaultBinder"}]}}),
        "at least one bind plugin is needed for profile with scheduler name \"default-scheduler\"",
    );
}

/// What each minor says of one configuration; minors in between say what the one before them does.
#[track_caller]
fn by_minor(value: &Value, expected: &[(&str, &str)]) {
    for (version, expected) in expected {
        let behaviour = Behaviour::new(version.parse().unwrap());
        let found =
            SchedulerConfig::parse(value, &behaviour).map_or_else(|error| error.to_string(), |_| "fine".to_owned());
        assert!(found.ends_with(expected), "{version}: {found}");
    }
}

#[test]
fn texts_follow_the_minor() {
    let profiles = json!({"profiles": [
        {"schedulerName": "a"},
        {"schedulerName": "b", "plugins": {"queueSort": {"enabled": [{"name": "PrioritySort"}]}}},
    ]});
    by_minor(
        &config(&profiles),
        &[
            ("v1.33", ": queueSort must be the same for all profiles"),
            ("v1.34", "null}: must be the same for all profiles"),
        ],
    );
    let sorted = |arguments: [u8; 2]| {
        let profile = |(name, rank): (&str, u8)| {
            json!({"schedulerName": name,
                "plugins": {"queueSort": {"enabled": [{"name": "PrioritySort"}], "disabled": [{"name": "*"}]}},
                "pluginConfig": [{"name": "PrioritySort", "args": {"rank": rank}}]})
        };
        config(&json!({"profiles": [profile(("a", arguments[0])), profile(("b", arguments[1]))]}))
    };
    by_minor(&sorted([1, 1]), &[("v1.33", "fine")]);
    by_minor(&sorted([1, 2]), &[("v1.33", ": queueSort must be the same for all profiles")]);
    let ratio = |kind: &str, ratio: &Value| {
        with_args("NodeResourcesFit", &json!({"scoringStrategy": {"type": kind, "requestedToCapacityRatio": ratio}}))
    };
    let unsorted = json!({"shape": [{"utilization": 50, "score": 0}, {"utilization": 50, "score": 1}]});
    by_minor(
        &ratio("RequestedToCapacityRatio", &unsorted),
        &[
            (
                "v1.33",
                ": scoringStrategy.shape[1].utilization: Invalid value: 50: utilization values must be sorted in increasing order",
            ),
            (
                "v1.35",
                ": scoringStrategy.shape[1].utilization: Invalid value: 50: values must be sorted in increasing order",
            ),
            (
                "v1.36",
                ": scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 50: values must be sorted in increasing order",
            ),
        ],
    );
    by_minor(
        &ratio("LeastAllocated", &json!({"shape": [{"utilization": 50, "score": 0}]})),
        &[
            ("v1.35", "fine"),
            ("v1.36", "requestedToCapacityRatio: Forbidden: must be nil when type is not RequestedToCapacityRatio"),
        ],
    );
    by_minor(
        &with_args("NodeResourcesFit", &json!({"scoringStrategy": {"type": "RequestedToCapacityRatio"}})),
        &[(
            "v1.36",
            "requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio",
        )],
    );
    by_minor(
        &with_args("DynamicResources", &json!({"bindingTimeout": "999ms"})),
        &[
            ("v1.34", "unknown field \"profiles[0].pluginConfig[0].args.bindingTimeout\""),
            ("v1.35", "DRADeviceBindingConditions or DRAResourceClaimDeviceStatus feature gate is disabled"),
            ("v1.36", "args.bindingTimeout: Invalid value: \"999ms\": must be at least 1 second"),
        ],
    );
}
