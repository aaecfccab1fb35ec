//! What decides over new pods, and which pods belong together.

use super::Role::{Name, PriorityClass, QuotaResource, Uid};
use super::Shape::{self, Conditions, Each, Fields, Kept, Labels, Map, Present, Text};
use super::pods::TOLERATIONS;
use super::{ANNOTATIONS, GROUP, Hint, KEY, NAMESPACE, OWNERS, RESOURCE_LIST, WORDS};

const QUOTA_LIST: Shape = Map(QuotaResource);

pub(crate) const LIMIT_RANGE: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Object))),
    (
        "spec",
        Fields(&[(
            "limits",
            Each(&Fields(&[
                ("type", Kept),
                ("max", RESOURCE_LIST),
                ("min", RESOURCE_LIST),
                ("default", RESOURCE_LIST),
                ("defaultRequest", RESOURCE_LIST),
                ("maxLimitRequestRatio", RESOURCE_LIST),
            ])),
        )]),
    ),
]);

pub(crate) const RESOURCE_QUOTA: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Object))),
    (
        "spec",
        Fields(&[
            ("hard", QUOTA_LIST),
            ("scopes", WORDS),
            (
                "scopeSelector",
                Fields(&[(
                    "matchExpressions",
                    Each(&Fields(&[("scopeName", Kept), ("operator", Kept), ("values", Each(&Text(PriorityClass)))])),
                )]),
            ),
        ]),
    ),
    ("status", Fields(&[("hard", QUOTA_LIST), ("used", QUOTA_LIST)])),
]);

pub(crate) const RUNTIME_CLASS: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Class))),
    ("overhead", Fields(&[("podFixed", RESOURCE_LIST)])),
    ("scheduling", Fields(&[("nodeSelector", Labels), ("tolerations", TOLERATIONS)])),
]);

pub(crate) const COSCHEDULING_POD_GROUP: Shape =
    Fields(&[("metadata", metadata!(Name(Hint::Group))), ("spec", Fields(&[("minMember", Kept)]))]);

const POLICY: Shape = Fields(&[("gang", Fields(&[("minCount", Kept)])), ("basic", Present)]);

/// A PodGroup of `scheduling.k8s.io`.
pub(crate) const POD_GROUP: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Group))),
    (
        "spec",
        Fields(&[
            ("schedulingPolicy", POLICY),
            ("schedulingConstraints", Fields(&[("topology", Each(&Fields(&[("key", KEY)])))])),
            ("priority", Kept),
            ("disruptionMode", Kept),
            ("preemptionPolicy", Kept),
            ("parentCompositePodGroupName", GROUP),
        ]),
    ),
    ("status", Fields(&[("conditions", Conditions(&["PodGroupScheduled", "PodGroupInitiallyScheduled"]))])),
]);

/// A Workload of `scheduling.k8s.io`.
pub(crate) const GROUP_WORKLOAD: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Group))),
    ("spec", Fields(&[("podGroups", Each(&Fields(&[("name", GROUP), ("policy", POLICY)])))])),
]);
