//! Amounts of resources as quantities, which keep how they were written: Karpenter's messages print them
//! (sigs.k8s.io/karpenter v1.15 `pkg/utils/resources/resources.go`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use crate::api::name::{Name, name};
use crate::api::quantity::{Quantity, QuantityFormat};
use crate::api::resources::{Resources, STANDARD};

/// A resource list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts(BTreeMap<Name, Quantity>);

impl Amounts {
    /// Of numbers that kube-scheduler counts with.
    pub(super) fn of(resources: &Resources) -> Self {
        let bytes = |value| Quantity::from_value(value, QuantityFormat::BinarySI);
        let count = |value| Quantity::from_value(value, QuantityFormat::DecimalSI);
        let standard = [
            (STANDARD.cpu, Quantity::from_milli(resources.milli_cpu)),
            (STANDARD.memory, bytes(resources.memory)),
            (STANDARD.ephemeral_storage, bytes(resources.ephemeral_storage)),
            (STANDARD.pods, count(resources.allowed_pod_number)),
        ];
        let scalars = resources.scalars.iter().map(|(resource, amount)| (resource, count(amount)));
        standard.into_iter().chain(scalars).collect()
    }

    /// As numbers that kube-scheduler counts with.
    pub(super) fn to_resources(&self) -> Resources {
        let mut found = Resources::default();
        found.add(self.iter());
        found
    }

    /// So many pods and nothing else.
    pub(super) fn pods(count: usize) -> Self {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Self::from_iter([(STANDARD.pods, Quantity::from_value(count, QuantityFormat::DecimalExponent))])
    }

    pub(super) fn get(&self, resource: Name) -> Quantity {
        self.0.get(&resource).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, resource: Name, amount: Quantity) {
        self.0.insert(resource, amount);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Name, Quantity)> + '_ {
        self.0.iter().map(|(resource, amount)| (*resource, *amount))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Merge, MergeInto.
    pub(super) fn add(&mut self, other: &Self) {
        for (resource, amount) in other.iter() {
            let sum = self.0.entry(resource).or_default();
            *sum += amount;
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.add(other);
        sum
    }

    /// Subtract: only what is there.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.iter().map(|(resource, amount)| (resource, amount - other.get(resource))).collect()
    }

    /// SubtractFrom: also what is not there.
    pub(super) fn take(&mut self, other: &Self) {
        for (resource, amount) in other.iter() {
            let left = self.0.entry(resource).or_default();
            *left -= amount;
        }
    }

    pub(super) fn no_less_than_zero(&mut self) {
        for amount in self.0.values_mut() {
            if is_negative(*amount) {
                *amount = Quantity::default();
            }
        }
    }

    /// MaxResources.
    pub(super) fn max(&mut self, other: &Self) {
        for (resource, amount) in other.iter() {
            let most = self.0.entry(resource).or_insert(amount);
            if amount.compare(*most) == Ordering::Greater {
                *most = amount;
            }
        }
    }

    /// MinResources: of what both have.
    pub(super) fn min(&mut self, other: &Self) {
        self.0.retain(|resource, least| match other.0.get(resource) {
            Some(amount) => {
                if amount.compare(*least) == Ordering::Less {
                    *least = *amount;
                }
                true
            }
            None => false,
        });
    }

    /// Fits: nothing fits where something is overdrawn.
    pub(super) fn fits_in(&self, total: &Self) -> bool {
        total.iter().all(|(_, amount)| !is_negative(amount))
            && self.iter().all(|(resource, amount)| amount.compare(total.get(resource)) != Ordering::Greater)
    }

    /// computeAllocatable: what huge pages reserve is no other memory.
    pub(super) fn less_huge_pages(mut self, capacity: &Self) -> Self {
        for (_, amount) in capacity.iter().filter(|(resource, _)| resource.starts_with("hugepages-")) {
            let left = self.get(STANDARD.memory) - amount;
            self.set(STANDARD.memory, if is_negative(left) { Quantity::default() } else { left });
        }
        self
    }
}

pub(super) fn is_negative(amount: Quantity) -> bool {
    amount.compare(Quantity::default()) == Ordering::Less
}

impl FromIterator<(Name, Quantity)> for Amounts {
    fn from_iter<I: IntoIterator<Item = (Name, Quantity)>>(amounts: I) -> Self {
        Self(amounts.into_iter().collect())
    }
}

impl fmt::Display for Amounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.iter().map(|(resource, amount)| format!("\"{resource}\":\"{amount}\"")).collect();
        write!(f, "{{{}}}", texts.join(","))
    }
}

/// The limit of the number of nodes.
pub(super) fn nodes() -> Name {
    name("nodes")
}
