//! An amount of a resource in the scheduler's own unit, printed as a Kubernetes quantity.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::api::name::Name;
use crate::api::quantity::{Quantity, QuantityFormat};

/// Millicores for cpu, bytes or pieces for everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    /// Of what: decides unit and print.
    resource: Name,
    /// How much, in the scheduler's unit.
    pub value: i64,
}

impl Amount {
    /// `value` (millicores for cpu) of `resource`.
    pub fn new(resource: Name, value: i64) -> Self {
        Self { resource, value }
    }

    fn quantity(self) -> Quantity {
        match self.resource.as_str() {
            "cpu" => Quantity::from_milli(self.value),
            "memory" | "ephemeral-storage" => Quantity::from_value(self.value, QuantityFormat::BinarySI),
            name if name.starts_with("hugepages-") => Quantity::from_value(self.value, QuantityFormat::BinarySI),
            _ => Quantity::from_value(self.value, QuantityFormat::DecimalSI),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.quantity().fmt(f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[test]
    fn amounts_as_quantities() {
        for (resource, value, expected) in [
            ("cpu", 1500, "1500m"),
            ("memory", 3 << 29, "1536Mi"),
            ("ephemeral-storage", 1 << 30, "1Gi"),
            ("hugepages-2Mi", 4 << 20, "4Mi"),
            ("example.com/gpu", 2048, "2048"),
            ("pods", 4000, "4k"),
        ] {
            assert_eq!(Amount::new(name(resource), value).to_string(), expected, "{resource}");
        }
    }
}
