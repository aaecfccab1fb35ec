//! A device as the variable `device` of a selector (upstream compile.go, DeviceMatches).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::name::Name;
use crate::decode::devices::{Attribute, Device};

use super::Failure;
use super::semver::Semver;
use super::value::{Map, Value};

/// What of a device is shown.
#[derive(Clone, Copy, Debug)]
pub(in crate::plugins::dynamic_resources) struct View {
    /// Whether it can be shared; without, it seems that it cannot.
    pub(in crate::plugins::dynamic_resources) sharing: bool,
    /// Attributes that are lists; without, they are an error.
    pub(in crate::plugins::dynamic_resources) lists: bool,
}

/// A device, made ready once for all selectors that are asked about it.
pub(in crate::plugins::dynamic_resources) struct DeviceInput(Result<Value, Failure>);

impl DeviceInput {
    /// The device of `driver`.
    pub(in crate::plugins::dynamic_resources) fn new(driver: Name, device: &Device, view: View) -> Self {
        Self(device_value(driver, device, view))
    }

    pub(super) fn value(&self) -> Result<Value, Failure> {
        self.0.clone()
    }
}

fn device_value(driver: Name, device: &Device, view: View) -> Result<Value, Failure> {
    let mut attributes = AttributesByDomain::default();
    for (name, attribute) in &device.attributes {
        attributes.add(driver, *name, value(*name, attribute, view)?);
    }
    let mut capacity = AttributesByDomain::default();
    for (name, amount) in &device.capacity {
        capacity.add(driver, *name, Value::Quantity(amount.value));
    }
    let entries = vec![
        ("driver".into(), driver.as_str().into()),
        ("allowMultipleAllocations".into(), Value::Bool(view.sharing && device.allows_multiple_allocations)),
        ("attributes".into(), attributes.into_value()),
        ("capacity".into(), capacity.into_value()),
    ];
    Ok(Value::Map(Arc::new(Map { entries, defaults_to_empty: false })))
}

/// Upstream getAttributeValue.
fn value(name: Name, attribute: &Attribute, view: View) -> Result<Value, Failure> {
    let list = |values: Vec<Value>| Value::List(Arc::new(values));
    Ok(match attribute {
        Attribute::Int(value) => Value::Int(*value),
        Attribute::Bool(value) => Value::Bool(*value),
        Attribute::String(value) => value.as_str().into(),
        Attribute::Version(text) => version(name, *text)?,
        Attribute::Ints(values) if view.lists => list(values.iter().map(|value| Value::Int(*value)).collect()),
        Attribute::Bools(values) if view.lists => list(values.iter().map(|value| Value::Bool(*value)).collect()),
        Attribute::Strings(values) if view.lists => list(values.iter().map(|value| value.as_str().into()).collect()),
        Attribute::Versions(values) if view.lists => {
            list(values.iter().map(|value| version(name, *value)).collect::<Result<_, _>>()?)
        }
        _ => return Err(Failure::Error(format!("attribute {name}: unsupported attribute value"))),
    })
}

fn version(name: Name, text: Name) -> Result<Value, Failure> {
    match Semver::parse(text.as_str()) {
        Some(version) => Ok(Value::Semver(Arc::new(version))),
        None => Err(Failure::Unknown(format!("the device's attribute {name} has the invalid version {text}"))),
    }
}

/// Values by domain and name.
#[derive(Default)]
struct AttributesByDomain<'a>(BTreeMap<&'a str, Vec<(Value, Value)>>);

impl AttributesByDomain<'_> {
    fn add(&mut self, driver: Name, name: Name, value: Value) {
        let (domain, id) = name.as_str().split_once('/').unwrap_or((driver.as_str(), name.as_str()));
        self.0.entry(domain).or_default().push((id.into(), value));
    }

    fn into_value(self) -> Value {
        let map = |entries| Value::Map(Arc::new(Map { entries, defaults_to_empty: false }));
        let entries = self.0.into_iter().map(|(domain, values)| (domain.into(), map(values))).collect();
        Value::Map(Arc::new(Map { entries, defaults_to_empty: true }))
    }
}
