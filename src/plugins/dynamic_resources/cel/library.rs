//! kube-cel's function library, called with plain values.

use std::sync::{Arc, LazyLock};

use kube_cel::KubeCelExt;
use kube_cel::cel::objects::Value as CelValue;
use kube_cel::cel::{Context, Program};

use super::Failure;
use super::eval::unknown;
use super::value::Value;

/// Functions that behave as in Kubernetes and take time in proportion to what they are given, by
/// namespace; those without one are called on their first argument.
const KNOWN: [(Option<&str>, &[&str]); 2] = [
    (
        None,
        &[
            "matches",
            "charAt",
            "indexOf",
            "lastIndexOf",
            "lowerAscii",
            "upperAscii",
            "replace",
            "split",
            "substring",
            "trim",
            "join",
            "find",
            "findAll",
            "isSorted",
            "sum",
            "min",
            "max",
        ],
    ),
    (Some("sets"), &["contains", "equivalent", "intersects"]),
];

static LIBRARY: LazyLock<Context<'static>> = LazyLock::new(|| Context::default().with_all());

/// Calls a function of the library; without a namespace its first argument is the receiver.
pub(super) fn call(namespace: Option<&str>, function: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let is_known = KNOWN.iter().any(|(known, functions)| *known == namespace && functions.contains(&function));
    if !is_known || arguments.is_empty() {
        return unknown(format!("the function {function} is not supported"));
    }
    let is_ascii = |value: &Value| !matches!(value, Value::String(text) if !text.is_ascii());
    if matches!(function, "matches" | "find" | "findAll") && !arguments.iter().all(is_ascii) {
        // Character classes such as \d are wider here than in Kubernetes.
        return unknown(format!("the function {function} is not supported beyond ASCII"));
    }
    let names: Vec<String> = (0..arguments.len()).map(|index| format!("a{index}")).collect();
    let text = match (namespace, names.split_first()) {
        (None, Some((receiver, rest))) => format!("{receiver}.{function}({})", rest.join(", ")),
        (namespace, _) => format!("{}.{function}({})", namespace.unwrap_or_default(), names.join(", ")),
    };
    let Ok(program) = Program::compile(&text) else {
        return unknown(format!("the function {function} is not supported"));
    };
    let mut context = LIBRARY.new_inner_scope();
    for (name, value) in names.iter().zip(arguments) {
        context.add_variable_from_value(name.as_str(), to_cel(value)?);
    }
    match program.execute(&context) {
        Ok(value) => from_cel(&value),
        Err(error) => unknown(format!("the function {function} failed: {error}")),
    }
}

fn to_cel(value: &Value) -> Result<CelValue, Failure> {
    Ok(match value {
        Value::Null => CelValue::Null,
        Value::Bool(value) => CelValue::Bool(*value),
        Value::Int(value) => CelValue::Int(*value),
        Value::Uint(value) => CelValue::UInt(*value),
        Value::Double(value) => CelValue::Float(*value),
        Value::String(text) => CelValue::String(Arc::new(text.to_string())),
        Value::List(items) => CelValue::List(Arc::new(items.iter().map(to_cel).collect::<Result<_, _>>()?)),
        other => return unknown(format!("a {} cannot be passed to this function", other.type_name())),
    })
}

fn from_cel(value: &CelValue) -> Result<Value, Failure> {
    Ok(match value {
        CelValue::Null => Value::Null,
        CelValue::Bool(value) => Value::Bool(*value),
        CelValue::Int(value) => Value::Int(*value),
        CelValue::UInt(value) => Value::Uint(*value),
        CelValue::Float(value) => Value::Double(*value),
        CelValue::String(text) => text.as_str().into(),
        CelValue::List(items) => Value::List(Arc::new(items.iter().map(from_cel).collect::<Result<_, _>>()?)),
        _ => return unknown("a function gives a value of an unknown type"),
    })
}
