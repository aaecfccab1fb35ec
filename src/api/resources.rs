//! Amounts of resources: lists as objects carry them ([`ResourceList`]), and sums as the scheduler
//! keeps them per node and pod ([`Resources`]).

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::name::{Name, name};
use super::pairs::Pairs;
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

    /// All pairs, sorted by name.
    pub fn as_slice(&self) -> &[(Name, Quantity)] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Name, Quantity)> for ResourceList {
    /// A resource given twice keeps its later quantity.
    fn from_iter<I: IntoIterator<Item = (Name, Quantity)>>(pairs: I) -> Self {
        Self(Pairs::from_iter(pairs).0.into_boxed_slice())
    }
}

impl fmt::Debug for ResourceList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'de> Deserialize<'de> for ResourceList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A null quantity is zero by its own rule.
        Ok(Self(Pairs::deserialize(deserializer)?.0.into_boxed_slice()))
    }
}

impl Serialize for ResourceList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
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
        for (resource, quantity) in list {
            if resource == STANDARD.pods {
                self.allowed_pod_number = self.allowed_pod_number.wrapping_add(quantity.value());
            } else {
                self.merge(resource, quantity, i64::wrapping_add);
            }
        }
    }

    /// Raises every amount to the list's; pod numbers are left alone (`Resource.SetMaxResource`).
    pub fn set_max(&mut self, list: impl IntoIterator<Item = (Name, Quantity)>) {
        for (resource, quantity) in list {
            self.merge(resource, quantity, i64::max);
        }
    }

    fn merge(&mut self, resource: Name, quantity: Quantity, combine: fn(i64, i64) -> i64) {
        if resource == STANDARD.cpu {
            self.milli_cpu = combine(self.milli_cpu, quantity.milli_value());
        } else if resource == STANDARD.memory {
            self.memory = combine(self.memory, quantity.value());
        } else if resource == STANDARD.ephemeral_storage {
            self.ephemeral_storage = combine(self.ephemeral_storage, quantity.value());
        } else if is_scalar_resource_name(&resource) {
            let amount = combine(self.scalars.get(resource), quantity.value());
            self.scalars.set(resource, amount);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn list(json: &str) -> ResourceList {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn names() {
        for (resource, extended, scalar) in [
            ("cpu", false, false),
            ("gpu", false, false),
            ("nvidia.com/gpu", true, true),
            ("requests.nvidia.com/gpu", false, false),
            ("nvidia.com/a/b", false, false),
            ("Nvidia.com/gpu", false, false),
            ("kubernetes.io/x", false, true),
            ("x.kubernetes.io/y", false, true),
            ("hugepages-2Mi", false, true),
            ("attachable-volumes-aws-ebs", false, true),
        ] {
            assert_eq!(is_extended_resource_name(resource), extended, "{resource}");
            assert_eq!(is_scalar_resource_name(resource), scalar, "{resource}");
        }
        // The quota's prefix counts towards the longest DNS subdomain, 253 characters.
        let domain = |length| format!("{}/gpu", "a".repeat(length));
        assert!(is_extended_resource_name(&domain(244)));
        assert!(!is_extended_resource_name(&domain(245)));
    }

    #[test]
    fn lists() {
        assert!(list("null").is_empty());
        let list = list(r#"{"memory":"1Gi","cpu":0.5,"x.io/y":null}"#);
        assert_eq!(list.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>(), ["cpu", "memory", "x.io/y"]);
        assert_eq!(list.get(STANDARD.cpu).map(Quantity::milli_value), Some(500));
        assert_eq!(list.get(STANDARD.pods), None);
    }

    #[test]
    fn sums() {
        let node =
            list(r#"{"cpu":"1500m","memory":"1Ki","ephemeral-storage":"1.5","pods":"110","x.io/y":"0","gpu":"1"}"#);
        let mut sum = Resources::default();
        sum.add(node.iter());
        sum.add(node.iter());
        assert_eq!((sum.milli_cpu, sum.memory, sum.ephemeral_storage, sum.allowed_pod_number), (3000, 2048, 4, 220));
        assert_eq!(sum.scalars.find(name("x.io/y")), Some(0));
        assert_eq!(sum.scalars.find(name("gpu")), None);

        sum.set_max(list(r#"{"cpu":"4","memory":"1","pods":"500","x.io/y":"2","x.io/z":"-1"}"#).iter());
        assert_eq!((sum.milli_cpu, sum.memory, sum.allowed_pod_number), (4000, 2048, 220));
        assert_eq!(sum.scalars.iter().collect::<Vec<_>>(), [(name("x.io/y"), 2), (name("x.io/z"), 0)]);

        sum.add_resources(&sum.clone(), true);
        assert_eq!((sum.milli_cpu, sum.allowed_pod_number, sum.scalars.get(name("x.io/y"))), (0, 220, 0));
        sum.memory = i64::MAX;
        sum.add(list(r#"{"memory":"1"}"#).iter());
        assert_eq!(sum.memory, i64::MIN);
    }
}
