//! What decides over new pods, and which pods belong together.

use super::Role::{Name, PriorityClass, QuotaResource};
use super::Shape::{self, Each, Fields, Kept, Labels, Map, Text};
use super::pods::TOLERATIONS;
use super::{Hint, RESOURCE_LIST, WORDS};

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
