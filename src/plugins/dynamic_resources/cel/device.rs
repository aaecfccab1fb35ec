//! A device as the variable `device` of a selector (upstream compile.go, DeviceMatches).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::name::Name;
use crate::decode::devices::slice::{Attribute, Device};

use super::Failure;
use super::semver::Semver;
use super::value::{Map, Value};

/// A device, made ready once for all selectors that are asked about it.
pub(in crate::plugins::dynamic_resources) struct DeviceInput(Result<Value, Failure>);

impl DeviceInput {
    /// The device of `driver`.
    pub(in crate::plugins::dynamic_resources) fn new(driver: Name, device: &Device) -> Self {
        Self(device_value(driver, device))
    }

    pub(super) fn value(&self) -> Result<Value, Failure> {
        self.0.clone()
    }
}

fn device_value(driver: Name, device: &Device) -> Result<Value, Failure> {
    let mut attributes = Domains::default();
    for (name, attribute) in &device.attributes {
        attributes.add(driver, *name, value(*name, *attribute)?);
    }
    let mut capacity = Domains::default();
    for (name, quantity) in &device.capacity {
        capacity.add(driver, *name, Value::Quantity(*quantity));
    }
    let entries = vec![
        ("driver".into(), driver.as_str().into()),
        ("attributes".into(), attributes.into_value()),
        ("capacity".into(), capacity.into_value()),
    ];
    Ok(Value::Map(Arc::new(Map { entries, defaults_to_empty: false })))
}

fn value(name: Name, attribute: Attribute) -> Result<Value, Failure> {
    Ok(match attribute {
        Attribute::Int(value) => Value::Int(value),
        Attribute::Bool(value) => Value::Bool(value),
        Attribute::String(value) => value.as_str().into(),
        Attribute::Version(text) => Value::Semver(Arc::new(Semver::parse(text.as_str()).ok_or_else(|| {
            Failure::Unknown(format!("the device's attribute {name} has the invalid version {text}"))
        })?)),
        Attribute::Unknown => {
            return Err(Failure::Error(format!("attribute {name}: unsupported attribute value")));
        }
    })
}

/// Values by domain and name.
#[derive(Default)]
struct Domains<'a>(BTreeMap<&'a str, Vec<(Value, Value)>>);

impl Domains<'_> {
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
