//! The facts that all nodes of a cause have in common.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::framework::Placement;

use super::causes::{self, Cause};

/// For each of `causes`, which were found in `placement`: the facts of its reason that are the
/// same on every node, as the reason's JSON has them.
pub fn find(placement: &Placement, causes: &[Cause]) -> Vec<Map<String, Value>> {
    let places: HashMap<_, usize> = causes
        .iter()
        .enumerate()
        .map(|(index, cause)| ((cause.plugin, causes::identity(&cause.reason)), index))
        .collect();
    let mut shared: Vec<Option<Map<String, Value>>> = vec![None; causes.len()];
    for said in placement.nodes.iter().flat_map(causes::findings) {
        let place = places.get(&(said.plugin, causes::identity(said.reason)));
        let Some(place) = place.and_then(|index| shared.get_mut(*index)) else { continue };
        // A reason is a map of facts; what could not be written down is no fact.
        let Ok(Value::Object(facts)) = serde_json::to_value(said.reason) else { continue };
        match place {
            Some(common) => common.retain(|fact, value| facts.get(fact) == Some(value)),
            None => *place = Some(facts),
        }
    }
    shared.into_iter().map(Option::unwrap_or_default).collect()
}
