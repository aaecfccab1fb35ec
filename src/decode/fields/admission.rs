//! What decides over new pods, and which pods belong together.

use super::FieldShape::{self, Conditions, Each, Fields, Kept, Labels, Map, Present, Text};
use super::Role::{Name, PriorityClass, QuotaResource};
use super::pods::TOLERATIONS;
use super::{GROUP, Hint, KEY, RESOURCE_LIST, WORDS};

const QUOTA_LIST: FieldShape = Map(QuotaResource);

pub(crate) const LIMIT_RANGE: FieldShape = Fields(&[
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

pub(crate) const RESOURCE_QUOTA: FieldShape = Fields(&[
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

pub(crate) const RUNTIME_CLASS: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Class))),
    ("overhead", Fields(&[("podFixed", RESOURCE_LIST)])),
    ("scheduling", Fields(&[("nodeSelector", Labels), ("tolerations", TOLERATIONS)])),
]);

const POLICY: FieldShape = Fields(&[("gang", Fields(&[("minCount", Kept)])), ("basic", Present)]);

/// A PodGroup of `scheduling.k8s.io`.
pub(crate) const POD_GROUP: FieldShape = Fields(&[
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
pub(crate) const GROUP_WORKLOAD: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Group))),
    ("spec", Fields(&[("podGroups", Each(&Fields(&[("name", GROUP), ("policy", POLICY)])))])),
]);
