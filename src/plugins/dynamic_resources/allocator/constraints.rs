//! What the devices of a claim must have in common, and in what each must differ from the others
//! (upstream structured/internal/*/allocator_*.go, matchAttributeConstraint; constraint.go, distinctAttributeConstraint).

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::decode::devices::claim::DeviceConstraint;
use crate::decode::devices::{Attribute, DeviceId};

use super::super::gates::Gates;

/// The request that a device is tried for.
#[derive(Clone, Copy)]
pub(in crate::plugins::dynamic_resources) struct RequestName {
    pub(in crate::plugins::dynamic_resources) request: Name,
    /// Set for an alternative.
    pub(in crate::plugins::dynamic_resources) subrequest: Option<Name>,
}

/// A constraint, with what the devices so far have.
pub(super) struct ConstraintState<'a> {
    /// Requests it is about; none means all.
    requests: &'a [Name],
    attribute: Name,
    state: State,
}

enum State {
    /// All devices have the same value.
    Match { value: Option<Attribute>, devices: usize },
    /// All devices have values in common: what is left of them after each device.
    MatchAny { common: Vec<Values>, devices: usize },
    /// Each device has another value.
    Distinct { values: Vec<(DeviceId, Attribute)> },
    /// Each request's last device has another value.
    DistinctByRequest { values: FxHashMap<Name, (DeviceId, Attribute)>, devices: usize },
}

impl<'a> ConstraintState<'a> {
    /// The constraint; none for one of a type that the allocator does not know.
    pub(super) fn new(wanted: &'a DeviceConstraint, gates: &Gates) -> Option<Self> {
        let (attribute, state) = match (wanted.match_attribute, wanted.distinct_attribute) {
            (Some(attribute), _) if gates.compares_lists => {
                (attribute, State::MatchAny { common: Vec::new(), devices: 0 })
            }
            (Some(attribute), _) => (attribute, State::Match { value: None, devices: 0 }),
            (None, Some(attribute)) if !gates.knows_capacity => {
                let _ = attribute;
                return None;
            }
            (None, Some(attribute)) if gates.behaviour.distinct_attribute_by_request => {
                (attribute, State::DistinctByRequest { values: FxHashMap::default(), devices: 0 })
            }
            (None, Some(attribute)) => (attribute, State::Distinct { values: Vec::new() }),
            (None, None) => return None,
        };
        Some(Self { requests: &wanted.requests, attribute, state })
    }

    /// The attribute that is compared, where the constraint is about devices of this request.
    pub(super) fn attribute_for(&self, name: RequestName) -> Option<Name> {
        self.concerns(name).then_some(self.attribute)
    }

    /// Adds a device with this value of the attribute unless the constraint forbids it.
    pub(super) fn add(&mut self, name: RequestName, id: DeviceId, value: Option<&Attribute>, gates: &Gates) -> bool {
        let Some(value) = value else { return false };
        match &mut self.state {
            State::Match { value: first, devices } => {
                if *devices == 0 {
                    *first = Some(value.clone());
                } else if !is_scalar(value) || first.as_ref() != Some(value) {
                    return false;
                }
                *devices += 1;
            }
            State::MatchAny { common, devices } => {
                let Some(values) = Values::of(value) else { return false };
                let values = if *devices == 0 {
                    common.clear();
                    values
                } else {
                    let Some(narrowed) = common.last().and_then(|common| common.intersection(&values)) else {
                        return false;
                    };
                    narrowed
                };
                common.push(values);
                *devices += 1;
            }
            State::Distinct { values } => {
                if !differs(id, value, values.iter(), gates) {
                    return false;
                }
                values.push((id, value.clone()));
            }
            State::DistinctByRequest { values, devices } => {
                if *devices > 0 && !differs(id, value, values.values(), gates) {
                    return false;
                }
                values.insert(name.request, (id, value.clone()));
                *devices += 1;
            }
        }
        true
    }

    /// Takes back the last device that was added.
    pub(super) fn remove(&mut self, name: RequestName) {
        if !self.concerns(name) {
            return;
        }
        match &mut self.state {
            State::Match { devices, .. } => *devices = devices.saturating_sub(1),
            State::MatchAny { common, devices } => {
                *devices = devices.saturating_sub(1);
                common.pop();
            }
            State::Distinct { values } => {
                values.pop();
            }
            State::DistinctByRequest { values, devices } => {
                values.remove(&name.request);
                *devices = devices.saturating_sub(1);
            }
        }
    }

    fn concerns(&self, name: RequestName) -> bool {
        self.requests.is_empty()
            || self.requests.contains(&name.request)
            || name.subrequest.is_some_and(|subrequest| {
                let qualified = format!("{}/{subrequest}", name.request);
                self.requests.iter().any(|request| request.as_str() == qualified)
            })
    }
}

fn is_scalar(value: &Attribute) -> bool {
    !value.is_list() && *value != Attribute::Unknown
}

/// Whether the value is none of the others (matchesAttribute).
fn differs<'v>(
    id: DeviceId,
    value: &Attribute,
    mut others: impl Iterator<Item = &'v (DeviceId, Attribute)>,
    gates: &Gates,
) -> bool {
    if gates.compares_lists {
        let Some(values) = Values::of(value) else { return false };
        return !others.any(|(_, other)| Values::of(other).is_some_and(|other| values.intersection(&other).is_some()));
    }
    if gates.behaviour.distinct_attribute_by_identity {
        // The addresses of two values are the same only if both are the same device's.
        return others.all(|(other_id, _)| is_scalar(value) && *other_id != id);
    }
    others.all(|(_, other)| is_scalar(value) && other != value)
}

/// The values of an attribute, one or several (attributeAsSet).
#[derive(Clone, Debug)]
enum Values {
    Ints(BTreeSet<i64>),
    Bools(BTreeSet<bool>),
    Strings(BTreeSet<Name>),
    Versions(BTreeSet<Name>),
}

impl Values {
    fn of(attribute: &Attribute) -> Option<Self> {
        let values = match attribute {
            Attribute::Int(value) => Self::Ints([*value].into()),
            Attribute::Bool(value) => Self::Bools([*value].into()),
            Attribute::String(value) => Self::Strings([*value].into()),
            Attribute::Version(value) => Self::Versions([*value].into()),
            Attribute::Ints(values) => Self::Ints(values.iter().copied().collect()),
            Attribute::Bools(values) => Self::Bools(values.iter().copied().collect()),
            Attribute::Strings(values) => Self::Strings(values.iter().copied().collect()),
            Attribute::Versions(values) => Self::Versions(values.iter().copied().collect()),
            Attribute::Unknown => return None,
        };
        (!values.is_empty()).then_some(values)
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Ints(values) => values.is_empty(),
            Self::Bools(values) => values.is_empty(),
            Self::Strings(values) | Self::Versions(values) => values.is_empty(),
        }
    }

    /// What both have; none where that is nothing, or where they are of different types.
    fn intersection(&self, other: &Self) -> Option<Self> {
        let common = match (self, other) {
            (Self::Ints(a), Self::Ints(b)) => Self::Ints(a & b),
            (Self::Bools(a), Self::Bools(b)) => Self::Bools(a & b),
            (Self::Strings(a), Self::Strings(b)) => Self::Strings(a & b),
            (Self::Versions(a), Self::Versions(b)) => Self::Versions(a & b),
            _ => return None,
        };
        (!common.is_empty()).then_some(common)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[test]
    fn what_two_attributes_have_in_common() {
        let [a, b, c] = ["a", "b", "c"].map(name);
        for (first, second, expected) in [
            (Attribute::Ints([1, 2].into_iter().collect()), Attribute::Ints([2, 3].into_iter().collect()), true),
            (Attribute::Ints([1, 2].into_iter().collect()), Attribute::Int(3), false),
            (Attribute::Bools([true, false].into_iter().collect()), Attribute::Bool(false), true),
            (Attribute::Bools([true].into_iter().collect()), Attribute::Bool(false), false),
            (Attribute::Strings([a, b].into_iter().collect()), Attribute::Strings([b, c].into_iter().collect()), true),
            (Attribute::Strings([a, b].into_iter().collect()), Attribute::String(c), false),
            (Attribute::Versions([a, b].into_iter().collect()), Attribute::Version(b), true),
            (Attribute::Versions([a].into_iter().collect()), Attribute::Version(b), false),
            // Of different types, nothing.
            (Attribute::String(a), Attribute::Version(a), false),
            (Attribute::Int(1), Attribute::Bool(true), false),
        ] {
            let (one, other) = (Values::of(&first).unwrap(), Values::of(&second).unwrap());
            assert_eq!(one.intersection(&other).is_some(), expected, "{first:?} {second:?}");
        }
    }
}
