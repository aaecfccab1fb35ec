//! Whether a request's class and selectors describe a device, and how that question can end without an answer
//! (upstream structured/internal/*/allocator_*.go, isSelectable, selectorsMatch, lookupAttribute).

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::decode::devices::{Attribute, DeviceId};

use super::allocator::pools::Target;
use super::allocator::{Candidate, Context};
use super::cel::{CelSelector, DeviceInput, Failure, View};
use super::claims::QueryInput;
use super::gates::Gates;

/// Why a search ended without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SearchEnd {
    /// Upstream fails as well: its text.
    Error(String),
    /// Upstream might have an answer: what could not be judged, and why.
    Unknown { what: String, why: String },
}

/// Whether devices match, by claim, request and alternative: that does not depend on what has been allocated.
#[derive(Default)]
pub(super) struct Matches(FxHashMap<((usize, usize, usize), DeviceId), bool>);

impl Matches {
    /// Whether class and request select the device, and the node reaches it (isSelectable).
    pub(super) fn is_selectable(
        &mut self,
        key: (usize, usize, usize),
        (query, claim): (&QueryInput<'_>, ObjectKey),
        candidate: Candidate<'_>,
        node: Target<'_>,
        context: Context<'_>,
    ) -> Result<bool, SearchEnd> {
        if !context.gates.binding_conditions && !candidate.device.binding_conditions.is_empty() {
            return Ok(false);
        }
        if let Some(known) = self.0.get(&(key, candidate.id)) {
            return Ok(*known);
        }
        let input = DeviceInput::new(candidate.slice.pool.driver, candidate.device, context.gates.view());
        let matches = selects(query, claim, candidate.id, &input, context.gates)? && reaches(candidate, node)?;
        self.0.insert((key, candidate.id), matches);
        Ok(matches)
    }
}

/// Whether the node reaches the device itself, where its slice leaves that to devices.
pub(super) fn reaches(candidate: Candidate<'_>, node: Target<'_>) -> Result<bool, SearchEnd> {
    if candidate.slice.per_device_node_selection != Some(true) {
        return Ok(true);
    }
    candidate.device.nodes.matches(node.name, node.labels).map_err(|why| SearchEnd::Unknown {
        what: format!("device {}: its node selector", candidate.id),
        why: why.into(),
    })
}

/// Whether class and request of `query` select the device (selectorsMatch).
pub(super) fn selects(
    query: &QueryInput<'_>,
    claim: ObjectKey,
    id: DeviceId,
    device: &DeviceInput,
    gates: &Gates,
) -> Result<bool, SearchEnd> {
    let of_class = || format!("class {}", query.query.class);
    let of_claim = || format!("claim {claim}");
    Ok(all_match(&query.class_selectors, &of_class, id, device, gates)?
        && all_match(&query.selectors, &of_claim, id, device, gates)?)
}

fn all_match(
    selectors: &[Option<Arc<CelSelector>>],
    of: &dyn Fn() -> String,
    id: DeviceId,
    device: &DeviceInput,
    gates: &Gates,
) -> Result<bool, SearchEnd> {
    for (number, selector) in selectors.iter().enumerate() {
        let Some(selector) = selector else {
            return Err(SearchEnd::Unknown {
                what: format!("{}: selector #{number}", of()),
                why: "it is not a valid CEL expression".to_owned(),
            });
        };
        match selector.matches(device) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(Failure::Error(text)) => {
                let of = of();
                return Err(SearchEnd::Error(if gates.behaviour.cel_errors_name_device {
                    let hint = if text.contains("no such key:") { MISSING_KEY_HINT } else { "" };
                    format!("{of}: selector #{number} on device {id}: CEL runtime error: {text}{hint}")
                } else {
                    format!("{of}: selector #{number}: CEL runtime error: {text}")
                }));
            }
            Err(Failure::Unknown(why)) => {
                return Err(SearchEnd::Unknown {
                    what: format!("{}: selector #{number}: {}", of(), selector.expression),
                    why,
                });
            }
        }
    }
    Ok(true)
}

/// Upstream dynamic-resource-allocation/cel/errors.go, EnhanceRuntimeError.
const MISSING_KEY_HINT: &str = ". consider using CEL optional chaining (.? followed by orValue()) or guarding the check with has() for optional fields";

/// The device's attribute called `domain/name`, computed where the request says how (lookupAttribute).
pub(super) fn attribute<'a>(
    query: &QueryInput<'_>,
    candidate: Candidate<'a>,
    name: Name,
) -> Result<Option<Cow<'a, Attribute>>, SearchEnd> {
    let driver = candidate.slice.pool.driver;
    let Some((_, selector)) = query.derived_attributes.iter().find(|(derived, _)| *derived == name) else {
        return Ok(candidate.device.attribute(driver, name).map(Cow::Borrowed));
    };
    match selector.attribute(&DeviceInput::new(driver, candidate.device, View { sharing: true, lists: true })) {
        Ok(value) => Ok(Some(Cow::Owned(value))),
        Err(Failure::Error(text)) => Err(SearchEnd::Error(format!(
            "evaluate derived attribute {name} on device {} failed: {text}",
            candidate.id
        ))),
        Err(Failure::Unknown(why)) => {
            Err(SearchEnd::Unknown { what: format!("derived attribute {name}: {}", selector.expression), why })
        }
    }
}
