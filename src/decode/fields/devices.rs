//! Device classes, claims of devices, and what drivers offer.

use super::Role::{Expression, Name, RequestPath, Uid};
use super::Shape::{self, Each, Fields, Kept, Labels, Present, Raw, Text};
use super::{ANNOTATIONS, CLASS, Hint, KEYS, NAMESPACE, NODE_NAME, NODE_SELECTOR, OWNERS};

const CEL_SELECTORS: Shape = Each(&Fields(&[("cel", Fields(&[("expression", Text(Expression))]))]));

pub(super) const DEVICE_CLASS: Shape =
    Fields(&[("metadata", metadata!(Name(Hint::Class))), ("spec", Fields(&[("selectors", CEL_SELECTORS)]))]);

/// The query fields lie in the request itself in v1beta1, under `exactly` since.
macro_rules! query {
    ($($more:expr),*) => {
        Fields(&[
            $($more,)*
            ("deviceClassName", CLASS),
            ("selectors", CEL_SELECTORS),
            ("allocationMode", Kept),
            ("count", Kept),
            ("adminAccess", Kept),
            ("capacity", Present),
        ])
    };
}

const REQUEST_NAME: (&str, Shape) = ("name", Text(Name(Hint::Request)));

pub(super) const RESOURCE_CLAIM: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Claim))),
    (
        "spec",
        Fields(&[(
            "devices",
            Fields(&[
                (
                    "requests",
                    Each(&query!(REQUEST_NAME, ("exactly", query!()), ("firstAvailable", Each(&query!(REQUEST_NAME))))),
                ),
                ("constraints", Each(&Fields(&[("requests", Each(&Text(RequestPath))), ("matchAttribute", Kept)]))),
            ]),
        )]),
    ),
    (
        "status",
        Fields(&[
            (
                "allocation",
                Fields(&[
                    (
                        "devices",
                        Fields(&[(
                            "results",
                            Each(&Fields(&[
                                ("request", Text(RequestPath)),
                                ("driver", Kept),
                                ("pool", Text(Name(Hint::Pool))),
                                ("device", Text(Name(Hint::Device))),
                                ("adminAccess", Kept),
                            ])),
                        )]),
                    ),
                    ("nodeSelector", NODE_SELECTOR),
                ]),
            ),
            ("reservedFor", Each(&Fields(&[("uid", Text(Uid))]))),
        ]),
    ),
]);

/// What a device is lies under `basic` in v1beta1. CEL expressions read driver, attributes and
/// capacity, so these stay.
macro_rules! device {
    ($($more:expr),*) => {
        Fields(&[
            $($more,)*
            ("attributes", Raw),
            ("capacity", Raw),
            ("consumesCounters", Present),
            ("bindingConditions", KEYS),
        ])
    };
}

pub(super) const RESOURCE_SLICE: Shape = Fields(&[
    ("metadata", metadata!(Name(Hint::Slice))),
    (
        "spec",
        Fields(&[
            ("driver", Kept),
            ("pool", Fields(&[("name", Text(Name(Hint::Pool))), ("generation", Kept), ("resourceSliceCount", Kept)])),
            ("nodeName", NODE_NAME),
            ("allNodes", Kept),
            ("nodeSelector", NODE_SELECTOR),
            ("perDeviceNodeSelection", Kept),
            ("devices", Each(&device!(("name", Text(Name(Hint::Device))), ("basic", device!())))),
        ]),
    ),
]);
