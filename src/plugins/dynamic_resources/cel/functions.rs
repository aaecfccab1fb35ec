//! Functions on Kubernetes' own types and on optional values; all others are the library's.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::api::quantity::Quantity;

use super::Failure;
use super::eval::{Evaluation, unknown};
use super::expr::Expr;
use super::library;
use super::semver::Semver;
use super::value::Value;

/// Values that an attribute can have (upstream api/resource/v1, ResourceSliceMaxAttributeValuesPerDevice).
const MAX_VALUES: usize = 48;

/// Calls `function`.
pub(super) fn call<'e>(
    evaluation: &mut Evaluation<'e>,
    function: &'e str,
    target: Option<&'e Expr>,
    arguments: &'e [Expr],
) -> Result<Value, Failure> {
    if let Some(Expr::Ident(namespace)) = target
        && evaluation.variable(namespace).is_none()
    {
        let arguments = all(evaluation, arguments)?;
        return match namespace.as_str() {
            "optional" => optional(function, arguments),
            _ => library::call(Some(namespace), function, &arguments),
        };
    }
    let Some(target) = target else {
        let arguments = all(evaluation, arguments)?;
        return global(function, arguments);
    };
    let target = evaluation.value(target)?;
    if let Value::Optional(target) = &target {
        return on_optional(evaluation, target.as_ref(), function, arguments);
    }
    let mut arguments = all(evaluation, arguments)?;
    match (&target, arguments.as_slice()) {
        (target, [argument]) if function == "includes" => includes(target, argument),
        (Value::Quantity(quantity), arguments) => on_quantity(*quantity, function, arguments),
        (Value::Semver(version), arguments) => on_semver(version, function, arguments),
        (_, []) if function == "size" => size(&target),
        (Value::String(text), [Value::String(part)]) if function == "startsWith" => {
            Ok(Value::Bool(text.starts_with(part.as_ref())))
        }
        (Value::String(text), [Value::String(part)]) if function == "endsWith" => {
            Ok(Value::Bool(text.ends_with(part.as_ref())))
        }
        (Value::String(text), [Value::String(part)]) if function == "contains" => {
            Ok(Value::Bool(text.contains(part.as_ref())))
        }
        _ => {
            arguments.insert(0, target);
            library::call(None, function, &arguments)
        }
    }
}

fn all<'e>(evaluation: &mut Evaluation<'e>, arguments: &'e [Expr]) -> Result<Vec<Value>, Failure> {
    arguments.iter().map(|argument| evaluation.value(argument)).collect()
}

fn global(function: &str, arguments: Vec<Value>) -> Result<Value, Failure> {
    match (function, arguments.as_slice()) {
        ("quantity", [Value::String(text)]) => match Quantity::parse(text) {
            Ok(quantity) => Ok(Value::Quantity(quantity)),
            Err(_) => unknown(format!("{text} is not a quantity")),
        },
        ("isQuantity", [Value::String(text)]) => Ok(Value::Bool(Quantity::parse(text).is_ok())),
        ("semver", [Value::String(text)]) => match Semver::parse(text) {
            Some(version) => Ok(Value::Semver(Arc::new(version))),
            None => unknown(format!("{text} is not a semantic version")),
        },
        ("semver", [Value::String(text), Value::Bool(normalize)]) => match version(text, *normalize) {
            Some(version) => Ok(Value::Semver(Arc::new(version))),
            None => unknown(format!("{text} is no semantic version")),
        },
        ("isSemver", [Value::String(text), Value::Bool(normalize)]) => {
            Ok(Value::Bool(version(text, *normalize).is_some()))
        }
        ("isSemver", [Value::String(text)]) => Ok(Value::Bool(Semver::parse(text).is_some())),
        ("size", [value]) => size(value),
        ("dyn", [value]) => Ok(value.clone()),
        ("string", [Value::String(_)]) | ("int", [Value::Int(_)]) => {
            arguments.into_iter().next().map_or_else(|| unknown("no argument"), Ok)
        }
        ("int", [Value::String(text)]) => match text.parse() {
            Ok(value) => Ok(Value::Int(value)),
            Err(_) => unknown(format!("{text:?} is no integer")),
        },
        ("int", [Value::Uint(value)]) => match i64::try_from(*value) {
            Ok(value) => Ok(Value::Int(value)),
            Err(_) => unknown("an integer overflows"),
        },
        // As Go does it, towards zero; at the ends of 64 bits Kubernetes has an error.
        ("int", [Value::Double(value)]) if value.abs() < 9.2e18 => Ok(Value::Int(*value as i64)),
        ("string", [Value::Int(value)]) => Ok(value.to_string().as_str().into()),
        ("string", [Value::Bool(value)]) => Ok(value.to_string().as_str().into()),
        _ => library::call(None, function, &arguments),
    }
}

fn version(text: &str, normalize: bool) -> Option<Semver> {
    if normalize { Semver::parse_normalized(text) } else { Semver::parse(text) }
}

/// Whether a list has the value, or is the value (upstream cel/compile.go, includesFunc).
fn includes(target: &Value, argument: &Value) -> Result<Value, Failure> {
    match target {
        Value::List(items) => match items.iter().take(MAX_VALUES).any(|item| item.equals(argument)) {
            false if items.len() > MAX_VALUES => Err(Failure::Error(format!(
                "'includes' function cannot be applied to lists longer than {MAX_VALUES} values"
            ))),
            found => Ok(Value::Bool(found)),
        },
        other => Ok(Value::Bool(other.equals(argument))),
    }
}

fn size(value: &Value) -> Result<Value, Failure> {
    let size = match value {
        Value::String(text) => text.chars().count(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.entries.len(),
        other => return unknown(format!("a {} has no size", other.type_name())),
    };
    Ok(Value::Int(size as i64))
}

fn optional(function: &str, arguments: Vec<Value>) -> Result<Value, Failure> {
    let mut arguments = arguments.into_iter();
    match (function, arguments.next(), arguments.next()) {
        ("none", None, None) => Ok(Value::Optional(None)),
        ("of", Some(value), None) => Ok(Value::Optional(Some(Arc::new(value)))),
        _ => unknown(format!("the function optional.{function} is not supported")),
    }
}

/// Functions of optional values; the alternative is evaluated only where it is needed.
fn on_optional<'e>(
    evaluation: &mut Evaluation<'e>,
    target: Option<&Arc<Value>>,
    function: &str,
    arguments: &'e [Expr],
) -> Result<Value, Failure> {
    match (function, target, arguments) {
        ("hasValue", target, []) => Ok(Value::Bool(target.is_some())),
        ("value", Some(value), []) | ("orValue", Some(value), [_]) => Ok((**value).clone()),
        ("or", Some(value), [_]) => Ok(Value::Optional(Some(Arc::clone(value)))),
        ("or" | "orValue", None, [alternative]) => evaluation.value(alternative),
        _ => unknown(format!("the function {function} of an optional value is not supported here")),
    }
}

fn on_quantity(quantity: Quantity, function: &str, arguments: &[Value]) -> Result<Value, Failure> {
    match (function, arguments) {
        ("sign", []) => Ok(order(quantity.compare(Quantity::default()))),
        ("add", [Value::Quantity(other)]) => Ok(Value::Quantity(quantity + *other)),
        ("sub", [Value::Quantity(other)]) => Ok(Value::Quantity(quantity - *other)),
        (function, [Value::Quantity(other)]) => compared(function, quantity.compare(*other)),
        _ => unknown(format!("the function {function} of quantities is not supported")),
    }
}

fn on_semver(version: &Semver, function: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let [major, minor, patch] = version.numbers.map(|number| Value::Int(number as i64));
    match (function, arguments) {
        ("major", []) => Ok(major),
        ("minor", []) => Ok(minor),
        ("patch", []) => Ok(patch),
        (function, [Value::Semver(other)]) => compared(function, version.compare(other)),
        _ => unknown(format!("the function {function} of versions is not supported")),
    }
}

fn compared(function: &str, order: Ordering) -> Result<Value, Failure> {
    match function {
        "isGreaterThan" => Ok(Value::Bool(order.is_gt())),
        "isLessThan" => Ok(Value::Bool(order.is_lt())),
        "compareTo" => Ok(self::order(order)),
        _ => unknown(format!("the function {function} is not supported")),
    }
}

fn order(order: Ordering) -> Value {
    Value::Int(order as i64)
}
