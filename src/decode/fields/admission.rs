//! What decides over new pods, and which pods belong together.

use super::Role::{Name, PriorityClass, QuotaResource, Uid};
use super::Shape::{self, Each, Fields, Kept, Labels, Map, Present, Text};
use super::pods::TOLERATIONS;
use super::{ANNOTATIONS, GROUP, Hint, KEY, NAMESPACE, OWNERS, RESOURCE_LIST, WORDS};

const QUOTA_LIST: Shape = Map(QuotaResource);

pub(super) const LIMIT_RANGE: Shape = Fields(&[
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

pub(super) const RESOURCE_QUOTA: Shape = Fields(&[
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

pub(super) const RUNTIME_CLASS: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Class))),
    ("overhead", Fields(&[("podFixed", RESOURCE_LIST)])),
    ("scheduling", Fields(&[("nodeSelector", Labels), ("tolerations", TOLERATIONS)])),
]);

pub(super) const POD_GROUP: Shape =
    Fields(&[("metadata", metadata!(Name(Hint::Group))), ("spec", Fields(&[("minMember", Kept)]))]);

const POLICY: Shape = Fields(&[("gang", Fields(&[("minCount", Kept)])), ("basic", Present)]);

/// A PodGroup of `scheduling.k8s.io`. What its condition says may name nodes and pods: it goes.
pub(super) const SCHEDULING_GROUP: Shape = Fields(&[
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
    ("status", Fields(&[("conditions", Each(&Fields(&[("type", Kept), ("status", Kept), ("reason", Kept)])))])),
]);

/// A Workload of `scheduling.k8s.io`.
pub(super) const GROUP_WORKLOAD: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Group))),
    ("spec", Fields(&[("podGroups", Each(&Fields(&[("name", GROUP), ("policy", POLICY)])))])),
]);
