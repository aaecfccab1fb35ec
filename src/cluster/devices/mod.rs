//! Devices that pods claim: classes, claims and slices, and which devices are taken.

use rustc_hash::{FxHashMap, FxHashSet};

use super::meta::ObjectKey;
use super::name::Name;

pub mod claim;
pub mod slice;

pub use claim::{AllocatedDevice, DeviceClass, ResourceClaim};
pub use slice::{DeviceId, PoolId, ResourceSlice};

use slice::Reach;

/// Everything about devices.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    classes: FxHashMap<Name, DeviceClass>,
    claims: FxHashMap<ObjectKey, ResourceClaim>,
    /// In the order of names.
    slices: Vec<ResourceSlice>,
    /// Places in `slices` of those that one node alone reaches.
    of_node: FxHashMap<Name, Vec<usize>>,
    /// Places in `slices` of all others.
    of_many: Vec<usize>,
    /// Devices in all slices.
    device_count: usize,
    taken: FxHashSet<DeviceId>,
    /// Claims whose allocation was decided here and is in no object yet.
    in_flight: FxHashMap<ObjectKey, Vec<AllocatedDevice>>,
}

impl Devices {
    /// Indexes what was read.
    pub fn new(classes: Vec<DeviceClass>, claims: Vec<ResourceClaim>, mut slices: Vec<ResourceSlice>) -> Self {
        slices.sort_by_key(|slice| slice.name);
        let mut of_node: FxHashMap<Name, Vec<usize>> = FxHashMap::default();
        let mut of_many = Vec::new();
        for (place, slice) in slices.iter().enumerate() {
            match slice.reach {
                Reach::Node(node) => of_node.entry(node).or_default().push(place),
                _ => of_many.push(place),
            }
        }
        let taken =
            claims.iter().flat_map(|claim| &claim.allocation).flat_map(|allocation| exclusive(&allocation.devices));
        Self {
            taken: taken.collect(),
            classes: classes.into_iter().map(|class| (class.name, class)).collect(),
            claims: claims.into_iter().map(|claim| (claim.key, claim)).collect(),
            device_count: slices.iter().map(|slice| slice.devices.len()).sum(),
            slices,
            of_node,
            of_many,
            in_flight: FxHashMap::default(),
        }
    }

    /// The class called `name`.
    pub fn class(&self, name: Name) -> Option<&DeviceClass> {
        self.classes.get(&name)
    }

    /// The claim called `key`.
    pub fn claim(&self, key: ObjectKey) -> Option<&ResourceClaim> {
        self.claims.get(&key)
    }

    /// Devices in all slices.
    pub fn device_count(&self) -> usize {
        self.device_count
    }

    /// Slices that the node called `node` might reach, in the order of names: its own and those of many nodes.
    pub fn slices_near(&self, node: Name) -> impl Iterator<Item = &ResourceSlice> {
        let own = self.of_node.get(&node).map_or(&[][..], Vec::as_slice);
        let mut places: Vec<usize> = own.iter().chain(&self.of_many).copied().collect();
        places.sort_unstable();
        places.into_iter().filter_map(|place| self.slices.get(place))
    }

    /// Whether a claim has the device for itself.
    pub fn is_taken(&self, device: DeviceId) -> bool {
        self.taken.contains(&device)
    }

    /// The devices that claims have for themselves, in no particular order.
    pub fn allocated(&self) -> impl Iterator<Item = (ObjectKey, DeviceId)> {
        let decided = self.claims.values().filter_map(|claim| Some((claim.key, &*claim.allocation.as_ref()?.devices)));
        let in_flight = self.in_flight.iter().map(|(claim, devices)| (*claim, devices.as_slice()));
        decided.chain(in_flight).flat_map(|(claim, devices)| exclusive(devices).map(move |device| (claim, device)))
    }

    /// Whether the claim's allocation was decided but is in no object yet
    /// (upstream dynamicresources/dra_manager.go, ClaimHasPendingAllocation).
    pub fn is_in_flight(&self, claim: ObjectKey) -> bool {
        self.in_flight.contains_key(&claim)
    }

    /// Takes `devices` for `claim` (upstream dynamicresources.go, Reserve).
    pub fn reserve(&mut self, claim: ObjectKey, devices: Vec<AllocatedDevice>) {
        self.taken.extend(exclusive(&devices));
        self.in_flight.insert(claim, devices);
    }

    /// Gives back what [`Devices::reserve`] took for `claim`.
    pub fn unreserve(&mut self, claim: ObjectKey) {
        for device in exclusive(&self.in_flight.remove(&claim).unwrap_or_default()) {
            self.taken.remove(&device);
        }
    }
}

/// Devices that nobody else may have: those given with admin access are shared
/// (upstream dynamicresources/allocateddevices.go, foreachAllocatedDevice).
fn exclusive(devices: &[AllocatedDevice]) -> impl Iterator<Item = DeviceId> {
    devices.iter().filter(|device| !device.admin_access).map(|device| device.id)
}
