//! Whether a request's class and selectors describe a device, and how that question can end without an answer.

use std::sync::Arc;

use crate::api::ObjectKey;

use super::cel::{DeviceInput, Failure, Selector};
use super::claims::QueryInput;

/// Why a search ended without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Upstream fails as well: its text.
    Error(String),
    /// Upstream might have an answer: what could not be judged, and why.
    Unknown { what: String, why: String },
}

/// Whether class and request of `query` select the device (upstream selectorsMatch).
pub(super) fn selects(query: &QueryInput<'_>, claim: ObjectKey, device: &DeviceInput) -> Result<bool, Stop> {
    let of_class = format!("class {}", query.query.class);
    let of_claim = format!("claim {claim}");
    Ok(all_match(&query.class_selectors, &of_class, device)? && all_match(&query.selectors, &of_claim, device)?)
}

fn all_match(selectors: &[Option<Arc<Selector>>], of: &str, device: &DeviceInput) -> Result<bool, Stop> {
    for (number, selector) in selectors.iter().enumerate() {
        let Some(selector) = selector else {
            return Err(Stop::Unknown {
                what: format!("{of}: selector #{number}"),
                why: "it is not a valid CEL expression".to_owned(),
            });
        };
        match selector.matches(device) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(Failure::Error(text)) => {
                return Err(Stop::Error(format!("{of}: selector #{number}: CEL runtime error: {text}")));
            }
            Err(Failure::Unknown(why)) => {
                return Err(Stop::Unknown { what: format!("{of}: selector #{number}: {}", selector.expression), why });
            }
        }
    }
    Ok(true)
}
