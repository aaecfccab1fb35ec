//! What the devices of a claim must have in common
//! (upstream structured/internal/experimental/allocator_experimental.go, matchAttributeConstraint).

use crate::api::name::Name;
use crate::decode::devices::claim::Constraint;
use crate::decode::devices::slice::{Attribute, Device};

/// All devices must have an attribute, with the same value.
pub(super) struct MatchAttribute<'a> {
    /// Requests it is about; none means all.
    requests: &'a [Name],
    attribute: Name,
    value: Option<Attribute>,
    devices: usize,
}

/// The request that a device is tried for.
#[derive(Clone, Copy)]
pub(super) struct RequestName {
    pub(super) request: Name,
    /// Set for an alternative.
    pub(super) subrequest: Option<Name>,
}

impl<'a> MatchAttribute<'a> {
    pub(super) fn new(constraint: &'a Constraint, attribute: Name) -> Self {
        Self { requests: &constraint.requests, attribute, value: None, devices: 0 }
    }

    /// Adds a device unless the constraint forbids it.
    pub(super) fn add(&mut self, name: RequestName, driver: Name, device: &Device) -> bool {
        if !self.concerns(name) {
            return true;
        }
        let Some(attribute) = device.attribute(driver, self.attribute) else { return false };
        if self.devices == 0 {
            self.value = Some(*attribute);
        } else if *attribute == Attribute::Unknown || self.value != Some(*attribute) {
            return false;
        }
        self.devices += 1;
        true
    }

    /// Takes back a device that was added.
    pub(super) fn remove(&mut self, name: RequestName) {
        if self.concerns(name) {
            self.devices -= 1;
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
