//! Device classes, claims of devices, and what drivers offer.

use super::FieldShape::{self, Each, Fields, Kept, Keyed, Prose, Raw, Text};
use super::Role::{Expression, Key, Name, RequestPath, Resource, Uid, Value};
use super::{CLASS, Hint, KEYS, NODE_NAME, NODE_SELECTOR};

const CEL_SELECTORS: FieldShape = Each(&Fields(&[("cel", Fields(&[("expression", Text(Expression))]))]));

const TAINT: FieldShape = Keyed(&[("key", Text(Key)), ("value", Text(Value)), ("effect", Kept)]);

const TAINTS: FieldShape = Each(&TAINT);

const TOLERATIONS: FieldShape =
    Each(&Keyed(&[("key", Text(Key)), ("operator", Kept), ("value", Text(Value)), ("effect", Kept)]));

pub(crate) const DEVICE_TAINT_RULE: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Rule))),
    (
        "spec",
        Fields(&[
            (
                "deviceSelector",
                Fields(&[
                    ("driver", Kept),
                    ("pool", Text(Name(Hint::Pool))),
                    ("device", Text(Name(Hint::Device))),
                    ("deviceClassName", CLASS),
                    ("selectors", CEL_SELECTORS),
                ]),
            ),
            ("taint", TAINT),
        ]),
    ),
]);

pub(crate) const DEVICE_CLASS: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Class))),
    ("spec", Fields(&[("selectors", CEL_SELECTORS), ("extendedResourceName", Text(Resource))])),
]);

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
            ("capacity", Raw),
            ("tolerations", TOLERATIONS),
            ("derivedAttributes", Each(&Fields(&[("name", Kept), ("expression", Text(Expression))]))),
        ])
    };
}

const REQUEST_NAME: (&str, FieldShape) = ("name", Text(Name(Hint::Request)));

/// What a claim asks for.
const CLAIM_SPEC: FieldShape = Fields(&[(
    "devices",
    Fields(&[
        (
            "requests",
            Each(&query!(REQUEST_NAME, ("exactly", query!()), ("firstAvailable", Each(&query!(REQUEST_NAME))))),
        ),
        (
            "constraints",
            Each(&Fields(&[
                ("requests", Each(&Text(RequestPath))),
                ("matchAttribute", Kept),
                ("distinctAttribute", Kept),
            ])),
        ),
    ]),
)]);

pub(crate) const RESOURCE_CLAIM_TEMPLATE: FieldShape =
    Fields(&[("metadata", metadata!(Name(Hint::Claim))), ("spec", Fields(&[("spec", CLAIM_SPEC)]))]);

pub(crate) const RESOURCE_CLAIM: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Claim))),
    ("spec", CLAIM_SPEC),
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
                                ("shareID", Text(Uid)),
                                ("consumedCapacity", Raw),
                                ("bindingConditions", KEYS),
                                ("bindingFailureConditions", KEYS),
                                ("skipNodeOperations", Raw),
                            ])),
                        )]),
                    ),
                    ("nodeSelector", NODE_SELECTOR),
                    ("allocationTimestamp", Kept),
                ]),
            ),
            ("reservedFor", Each(&Fields(&[("uid", Text(Uid))]))),
            (
                "devices",
                Each(&Fields(&[
                    ("driver", Kept),
                    ("pool", Text(Name(Hint::Pool))),
                    ("device", Text(Name(Hint::Device))),
                    (
                        "conditions",
                        Each(&Fields(&[("type", Text(Key)), ("status", Kept), ("reason", Kept), ("message", Prose)])),
                    ),
                ])),
            ),
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
            ("consumesCounters", Raw),
            ("nodeName", NODE_NAME),
            ("allNodes", Kept),
            ("nodeSelector", NODE_SELECTOR),
            ("taints", TAINTS),
            ("bindsToNode", Kept),
            ("bindingConditions", KEYS),
            ("bindingFailureConditions", KEYS),
            ("allowMultipleAllocations", Kept),
        ])
    };
}

pub(crate) const RESOURCE_SLICE: FieldShape = Fields(&[
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
            ("sharedCounters", Raw),
            ("skipNodeOperations", Raw),
            ("devices", Each(&device!(("name", Text(Name(Hint::Device))), ("basic", device!())))),
        ]),
    ),
]);
