//! Shares of devices: what a request takes of each capacity, and whether that much is left
//! (upstream structured/internal/*/consumable_capacity.go).

use std::collections::BTreeMap;

use crate::api::name::Name;
use crate::api::quantity::Quantity;
use crate::decode::devices::attribute::{DeviceCapacity, RequestPolicy, ValidRange};

use super::super::gates::Gates;

/// Amounts by capacity.
pub(in crate::plugins::dynamic_resources) type Amounts = BTreeMap<Name, Quantity>;

/// Why a device cannot serve a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plugins::dynamic_resources) enum Refusal {
    /// It has no capacity of this name.
    NoSuchCapacity(Name),
    /// Its policy does not allow the amount, once it is rounded up.
    AgainstPolicy {
        /// Which.
        capacity: Name,
        /// How much it would be.
        amount: Quantity,
    },
    /// Not so much is left.
    NotEnough {
        /// Which.
        capacity: Name,
        /// How much is needed.
        amount: Quantity,
        /// How much is taken already.
        taken: Quantity,
        /// How much there is.
        of: Quantity,
    },
    /// It cannot be computed: upstream's text.
    Error(String),
}

/// Whether a device with these capacities can serve a request beside what is taken (CmpRequestOverCapacity).
pub(in crate::plugins::dynamic_resources) fn check(
    requested: Option<&Amounts>,
    capacities: &BTreeMap<Name, DeviceCapacity>,
    taken: &[&Amounts],
    gates: &Gates,
) -> Result<(), Refusal> {
    if let Some(name) = requested.into_iter().flat_map(BTreeMap::keys).find(|name| !capacities.contains_key(*name)) {
        return Err(Refusal::NoSuchCapacity(*name));
    }
    let consumed = consumed(requested, capacities, gates)?;
    for (name, capacity) in capacities {
        let Some(amount) = consumed.get(name).copied() else { continue };
        if capacity.policy.as_ref().is_some_and(|policy| violates(amount, policy, gates)) {
            return Err(Refusal::AgainstPolicy { capacity: *name, amount });
        }
        let taken = taken.iter().filter_map(|taken| taken.get(name)).fold(Quantity::default(), |sum, one| sum + *one);
        if (taken + amount).compare(capacity.value).is_gt() {
            return Err(Refusal::NotEnough { capacity: *name, amount, taken, of: capacity.value });
        }
    }
    Ok(())
}

/// What a request takes of each capacity (GetConsumedCapacityFromRequest).
///
/// # Errors
/// It cannot be computed, which versions until v1.36 do not notice.
pub(in crate::plugins::dynamic_resources) fn consumed(
    requested: Option<&Amounts>,
    capacities: &BTreeMap<Name, DeviceCapacity>,
    gates: &Gates,
) -> Result<Amounts, Refusal> {
    let mut consumed = Amounts::new();
    for (name, capacity) in capacities {
        let requested = requested.and_then(|requested| requested.get(name)).copied();
        let amount = amount(requested, capacity, gates);
        let amount = match amount {
            Ok(amount) if gates.behaviour.capacity_errors_end_the_search && is_negative(amount) => {
                Err("capacity value is negative".to_owned())
            }
            other => other,
        };
        let quoted = name.as_str();
        let amount = amount.map_err(|error| Refusal::Error(format!("capacity {quoted:?}: {error}")))?;
        consumed.insert(*name, amount);
    }
    Ok(consumed)
}

fn is_negative(amount: Quantity) -> bool {
    amount.compare(Quantity::default()).is_lt()
}

/// calculateConsumedCapacity
fn amount(requested: Option<Quantity>, capacity: &DeviceCapacity, gates: &Gates) -> Result<Quantity, String> {
    let policy = capacity.policy.as_deref();
    let Some(requested) = requested else {
        return Ok(policy.and_then(|policy| policy.default).unwrap_or(capacity.value));
    };
    let Some(policy) = policy else { return Ok(requested) };
    if let Some(range) = &policy.valid_range
        && let Some(min) = range.min
    {
        return round_up_to_step(requested, min, range, gates);
    }
    let rounded = policy.valid_values.iter().find(|valid| requested.compare(**valid).is_le());
    Ok(rounded.copied().unwrap_or(requested))
}

/// What upstream says where 64 bits do not suffice (errCapacityRequestNotRepresentable).
const NOT_REPRESENTABLE: &str = "capacity request cannot be represented in the device's range arithmetic";

/// roundUpRange
fn round_up_to_step(requested: Quantity, min: Quantity, range: &ValidRange, gates: &Gates) -> Result<Quantity, String> {
    if requested.compare(min).is_lt() {
        return Ok(min);
    }
    let Some(step) = range.step else { return Ok(requested) };
    let checks = gates.behaviour.capacity_errors_end_the_search;
    if uses_milli(range, gates) {
        let Some(milli) = exact_milli(requested) else {
            return Err(format!("{NOT_REPRESENTABLE}: request {requested} is not a representable milli value"));
        };
        let rounded = rounded(milli, min.milli_value(), step.milli_value()).ok_or_else(|| {
            format!(
                "{NOT_REPRESENTABLE}: rounding request {requested} up to the next step passes the milli-value range"
            )
        })?;
        return Ok(Quantity::from_milli(rounded));
    }
    if checks && requested.compare(Quantity::from_value(i64::MAX, requested.format())).is_gt() {
        return Err(format!("{NOT_REPRESENTABLE}: request {requested} exceeds MaxInt64"));
    }
    let (whole, least, step_size) = (requested.value(), min.value(), step.value());
    match rounded(whole, least, step_size) {
        Some(value) => Ok(Quantity::from_value(value, step.format())),
        None if checks && least >= 0 => {
            Err(format!("{NOT_REPRESENTABLE}: rounding request {requested} up to the next step passes MaxInt64"))
        }
        None => Ok(Quantity::from_value(wrapped(whole, least, step_size), step.format())),
    }
}

/// The least of `min`, `min + step`, ... that is no less than `value`; none outside 64 bits.
fn rounded(value: i64, min: i64, step: i64) -> Option<i64> {
    if step == 0 {
        return Some(value); // no API server admits it
    }
    let added = value.checked_sub(min)?;
    let steps = added.checked_div(step)? + i64::from(added.checked_rem(step)? != 0);
    min.checked_add(step.checked_mul(steps)?)
}

/// The same with upstream's arithmetic where it does not look.
fn wrapped(value: i64, min: i64, step: i64) -> i64 {
    let added = value.wrapping_sub(min);
    let steps = added.wrapping_div(step).wrapping_add(i64::from(added.wrapping_rem(step) != 0));
    min.wrapping_add(step.wrapping_mul(steps))
}

/// violatesPolicy
fn violates(amount: Quantity, policy: &RequestPolicy, gates: &Gates) -> bool {
    if policy.default == Some(amount) {
        return false;
    }
    if let Some(range) = &policy.valid_range {
        return violates_range(amount, range, gates);
    }
    !policy.valid_values.is_empty() && !policy.valid_values.iter().any(|valid| amount.compare(*valid).is_eq())
}

/// violateValidRange
fn violates_range(amount: Quantity, range: &ValidRange, gates: &Gates) -> bool {
    if range.max.is_some_and(|max| amount.compare(max).is_gt()) {
        return true;
    }
    let Some(step) = range.step else { return false };
    let min = range.min.unwrap_or_default();
    let (amount, min, step) = if uses_milli(range, gates) {
        let Some(amount) = exact_milli(amount) else { return true };
        (amount, min.milli_value(), step.milli_value())
    } else {
        (amount.value(), min.value(), step.value())
    };
    amount.wrapping_sub(min).checked_rem(step).is_some_and(|rest| rest != 0)
}

/// useMilli: every bound is a whole number of thousandths, and so is the step.
fn uses_milli(range: &ValidRange, gates: &Gates) -> bool {
    gates.fractional_capacity_range
        && [range.min, range.max].into_iter().flatten().all(|bound| exact_milli(bound).is_some())
        && range.step.is_none_or(|step| exact_milli(step).is_some_and(|step| step >= 1))
}

/// safeMilliValue
fn exact_milli(amount: Quantity) -> Option<i64> {
    let milli = amount.milli_value();
    amount.compare(Quantity::from_milli(milli)).is_eq().then_some(milli)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Behaviour;

    /// v1.37 looks whether the next step leaves 64 bits, but counts from a negative least amount as if it could not.
    #[test]
    fn steps_near_the_end_of_64_bits() {
        let gates = Gates::of(&Behaviour::new("v1.37".parse().unwrap()));
        let amount = |text: &str| Quantity::parse(text).unwrap();
        let case = |requested: &str, min: &str, step: &str, expected: Result<&str, &str>| {
            let range = ValidRange { min: Some(amount(min)), max: None, step: Some(amount(step)) };
            let found = round_up_to_step(amount(requested), amount(min), &range, &gates).map(|found| found.to_string());
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{requested} {min} {step}"),
                (Err(found), Err(expected)) => assert!(found.ends_with(expected), "{found}"),
                (found, _) => panic!("{requested} {min} {step}: {found:?}"),
            }
        };
        case("5", "1", "3", Ok("7"));
        case("1", "4", "3", Ok("4"));
        case(
            "9223372036854775807",
            "0",
            "2",
            Err("rounding request 9223372036854775807 up to the next step passes MaxInt64"),
        );
        case("9223372036854775808", "0", "2", Err("exceeds MaxInt64"));
        case("9223372036854775807", "-1", "3", Ok("-9223372036854775804"));
    }
}
