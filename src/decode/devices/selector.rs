//! Selectors of devices: CEL expressions, as classes, requests and rules list them.

use serde::Deserialize;

use crate::api::name::Name;

/// A selector on the wire.
#[derive(Deserialize, Clone)]
pub(super) struct WireSelector {
    cel: Option<WireCel>,
}

#[derive(Deserialize, Clone)]
struct WireCel {
    #[serde(default)]
    expression: Name,
}

/// The expressions; none stands for a selector of an unknown type.
pub(super) fn expressions(selectors: &[WireSelector]) -> Box<[Option<Name>]> {
    selectors.iter().map(|selector| selector.cel.as_ref().map(|cel| cel.expression)).collect()
}
