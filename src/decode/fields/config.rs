//! The configuration of a scheduler.

use super::FieldShape::{self, Each, Fields, Kept, Raw, Text};
use super::Role::{Name, Resource};
use super::pods::{NODE_AFFINITY, SPREAD};
use super::{Hint, WORDS};

const WEIGHTED_RESOURCES: FieldShape = Each(&Fields(&[("name", Text(Resource)), ("weight", Kept)]));

/// Arguments of all plugins of kube-scheduler: no two have a field of one name and two meanings.
const PLUGIN_ARGS: FieldShape = Fields(&[
    ("apiVersion", Kept),
    ("kind", Kept),
    ("ignoredResources", Each(&Text(Resource))),
    ("ignoredResourceGroups", WORDS),
    (
        "scoringStrategy",
        Fields(&[("type", Kept), ("resources", WEIGHTED_RESOURCES), ("requestedToCapacityRatio", Raw)]),
    ),
    ("resources", WEIGHTED_RESOURCES),
    ("addedAffinity", NODE_AFFINITY),
    ("defaultConstraints", SPREAD),
    ("defaultingType", Kept),
    ("hardPodAffinityWeight", Kept),
    ("ignorePreferredTermsOfExistingPods", Kept),
    ("bindTimeoutSeconds", Kept),
    ("shape", Raw),
    ("minCandidateNodesPercentage", Kept),
    ("minCandidateNodesAbsolute", Kept),
    ("filterTimeout", Kept),
]);

/// A redacted `KubeSchedulerConfiguration`: how the scheduler reaches the API server and its
/// extenders is left out.
pub(crate) const SCHEDULER_CONFIG: FieldShape = Fields(&[
    ("apiVersion", Kept),
    ("kind", Kept),
    ("parallelism", Kept),
    ("percentageOfNodesToScore", Kept),
    ("podInitialBackoffSeconds", Kept),
    ("podMaxBackoffSeconds", Kept),
    (
        "profiles",
        Each(&Fields(&[
            ("schedulerName", Kept),
            ("percentageOfNodesToScore", Kept),
            ("plugins", Raw),
            ("pluginConfig", Each(&Fields(&[("name", Kept), ("args", PLUGIN_ARGS)]))),
        ])),
    ),
    (
        "extenders",
        Each(&Fields(&[
            ("urlPrefix", Text(Name(Hint::Address))),
            ("filterVerb", Kept),
            ("preemptVerb", Kept),
            ("prioritizeVerb", Kept),
            ("weight", Kept),
            ("bindVerb", Kept),
            ("enableHTTPS", Kept),
            ("httpTimeout", Kept),
            ("nodeCacheCapable", Kept),
            ("managedResources", Each(&Fields(&[("name", Text(Resource)), ("ignoredByScheduler", Kept)]))),
            ("ignorable", Kept),
        ])),
    ),
]);
