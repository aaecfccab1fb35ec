//! Amounts of resources: lists as objects carry them ([`ResourceList`]), and sums as the scheduler
//! keeps them per node and pod ([`Resources`]).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};

use super::name::{Name, name};
use super::quantity::Quantity;
use super::validation::qualified_name_errors;

/// The resources that have a field of their own in [`Resources`].
pub struct StandardNames {
    /// `cpu`
    pub cpu: Name,
    /// `memory`
    pub memory: Name,
    /// `ephemeral-storage`
    pub ephemeral_storage: Name,
    /// `pods`
    pub pods: Name,
}

/// The standard resources' names, interned.
pub static STANDARD: LazyLock<StandardNames> = LazyLock::new(|| StandardNames {
    cpu: name("cpu"),
    memory: name("memory"),
    ephemeral_storage: name("ephemeral-storage"),
    pods: name("pods"),
});

/// The namespace of Kubernetes' own resources.
const DEFAULT_NAMESPACE: &str = "kubernetes.io/";
/// The prefix that quotas put before a resource.
const REQUESTS_PREFIX: &str = "requests.";
const HUGE_PAGES_PREFIX: &str = "hugepages-";
const ATTACHABLE_VOLUMES_PREFIX: &str = "attachable-volumes-";

/// Whether the name contains `kubernetes.io/` (`v1helper.IsPrefixedNativeResource`).
pub fn is_prefixed_native_resource(name: &str) -> bool {
    name.contains(DEFAULT_NAMESPACE)
}

/// Whether the resource is Kubernetes' own: without a prefix or with its (`v1helper.IsNativeResource`).
pub fn is_native_resource(name: &str) -> bool {
    !name.contains('/') || is_prefixed_native_resource(name)
}

/// Whether the resource comes from outside Kubernetes, as `nvidia.com/gpu` does, under a valid name
/// (`v1helper.IsExtendedResourceName`).
pub fn is_extended_resource_name(name: &str) -> bool {
    !is_native_resource(name)
        && !name.starts_with(REQUESTS_PREFIX)
        && qualified_name_errors(&format!("{REQUESTS_PREFIX}{name}")).is_empty()
}

/// Whether the resource is huge pages of some size (`v1helper.IsHugePageResourceName`).
pub fn is_hugepage_resource_name(name: &str) -> bool {
    name.starts_with(HUGE_PAGES_PREFIX)
}

/// Whether the resource is a count of volumes of some driver (`v1helper.IsAttachableVolumeResourceName`).
pub fn is_attachable_volume_resource_name(name: &str) -> bool {
    name.starts_with(ATTACHABLE_VOLUMES_PREFIX)
}

/// Whether the scheduler counts the resource beside the standard ones (`schedutil.IsScalarResourceName`).
pub fn is_scalar_resource_name(name: &str) -> bool {
    is_hugepage_resource_name(name)
        || is_prefixed_native_resource(name)
        || is_attachable_volume_resource_name(name)
        || is_extended_resource_name(name)
}

/// Quantities by resource, sorted by name: `requests`, `limits`, `capacity`, `allocatable`, `overhead`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ResourceList(Box<[(Name, Quantity)]>);

impl ResourceList {
    /// The quantity of a resource.
    pub fn get(&self, resource: Name) -> Option<Quantity> {
        // A handful of entries compared by address: a scan beats a search.
        self.0.iter().find(|(name, _)| *name == resource).map(|(_, quantity)| *quantity)
    }

    /// All pairs, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Name, Quantity)> + '_ {
        self.0.iter().copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Name, Quantity)> for ResourceList {
    /// A resource given twice keeps its later quantity.
    fn from_iter<I: IntoIterator<Item = (Name, Quantity)>>(pairs: I) -> Self {
        let sorted: BTreeMap<Name, Quantity> = pairs.into_iter().collect();
        Self(sorted.into_iter().collect())
    }
}

impl fmt::Debug for ResourceList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'de> Deserialize<'de> for ResourceList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Go reads a null map as an empty one; a null quantity is zero by its own rule.
        let map: Option<BTreeMap<Name, Quantity>> = Option::deserialize(deserializer)?;
        Ok(Self(map.unwrap_or_default().into_iter().collect()))
    }
}

/// Amounts of extended and other scalar resources, sorted by name. An amount of 0 is not the same as none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScalarResources(Vec<(Name, i64)>);

impl ScalarResources {
    /// The amount of a resource, 0 when there is none.
    pub fn get(&self, resource: Name) -> i64 {
        self.find(resource).unwrap_or(0)
    }

    /// The amount of a resource, if it is there at all.
    pub fn find(&self, resource: Name) -> Option<i64> {
        self.0.iter().find(|(name, _)| *name == resource).map(|(_, amount)| *amount)
    }

    /// Sets the amount of a resource.
    pub fn set(&mut self, resource: Name, amount: i64) {
        *self.entry(resource) = amount;
    }

    /// Adds to the amount of a resource, wrapping around as upstream does.
    pub fn add(&mut self, resource: Name, amount: i64) {
        let entry = self.entry(resource);
        *entry = entry.wrapping_add(amount);
    }

    /// All amounts, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Name, i64)> + '_ {
        self.0.iter().copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn entry(&mut self, resource: Name) -> &mut i64 {
        let place = match self.0.binary_search_by(|(name, _)| name.cmp(&resource)) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (resource, 0));
                place
            }
        };
        // The place was just found or filled.
        &mut self.0[place].1
    }
}

/// What the scheduler counts of a node or a pod (`framework/types.go` `Resource`). Sums wrap around as upstream's do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Resources {
    /// CPU in millicores.
    pub milli_cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
    /// Local ephemeral storage in bytes.
    pub ephemeral_storage: i64,
    /// How many pods are allowed (nodes only).
    pub allowed_pod_number: i64,
    /// Extended resources, huge pages and the like, in their own units.
    pub scalars: ScalarResources,
}

impl Resources {
    /// Adds a list's quantities; resources that the scheduler does not count are left out (`Resource.Add`).
    pub fn add(&mut self, list: impl IntoIterator<Item = (Name, Quantity)>) {
        self.merge(list, i64::wrapping_add);
        // `pods` is in the list of a node; merge() leaves it out as pods have none.
    }

    /// Raises every amount to the list's (`Resource.SetMaxResource`); pod numbers are left alone.
    pub fn set_max(&mut self, list: impl IntoIterator<Item = (Name, Quantity)>) {
        self.merge(list, i64::max);
    }

    /// Adds another sum, or subtracts it (`framework/types.go` `NodeInfo.update`); pod numbers are left alone.
    pub fn add_resources(&mut self, other: &Self, subtract: bool) {
        let sign = if subtract { -1 } else { 1 };
        let update = |own: &mut i64, amount: i64| *own = own.wrapping_add(amount.wrapping_mul(sign));
        update(&mut self.milli_cpu, other.milli_cpu);
        update(&mut self.memory, other.memory);
        update(&mut self.ephemeral_storage, other.ephemeral_storage);
        for (resource, amount) in other.scalars.iter() {
            self.scalars.add(resource, amount.wrapping_mul(sign));
        }
    }
}
