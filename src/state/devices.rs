//! Devices that pods claim: classes, claims and slices, and which devices are taken.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet};

use super::storage::hash_sorted;

use crate::api::meta::ObjectKey;
use crate::api::name::Name;

use crate::decode::devices::slice::Reach;
use crate::decode::devices::{AllocatedDevice, DeviceClass, DeviceId, ResourceClaim, ResourceSlice};

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

/// Of the objects alone: the other tables follow from them.
impl Hash for Devices {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_sorted(&self.classes, state);
        hash_sorted(&self.claims, state);
        self.slices.hash(state);
    }
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

    /// The pod with this uid is gone: a claim that no other pod is using loses its devices (upstream
    /// pkg/controller/resourceclaim/controller.go, syncClaim). None where it had none to lose. A
    /// claim of several pods whose allocation is in no object yet keeps it: who uses it is not known.
    pub fn release(&mut self, claim: ObjectKey, pod: Name) -> Option<Released> {
        let object = self.claims.get_mut(&claim)?;
        let own = object.controller.is_some_and(|owner| owner.uid == pod);
        let others = object.reserved_for.iter().any(|uid| *uid != pod);
        let has_devices = object.allocation.is_some() && !others && (own || object.reserved_for.contains(&pod));
        let in_flight = if own { self.in_flight.remove(&claim) } else { None };
        if !has_devices && in_flight.is_none() {
            return None;
        }
        let before = has_devices.then(|| object.clone());
        if has_devices {
            object.reserved_for = Box::default();
        }
        let allocation = if has_devices { object.allocation.take() } else { None };
        let allocated = allocation.iter().flat_map(|allocation| exclusive(&allocation.devices));
        for device in allocated.chain(in_flight.iter().flat_map(|devices| exclusive(devices))) {
            self.taken.remove(&device);
        }
        Some(Released { claim, object: before, in_flight })
    }

    /// Takes [`Devices::release`] back.
    pub fn restore(&mut self, released: Released) {
        let Released { claim, object, in_flight } = released;
        let allocation = object.as_ref().and_then(|object| object.allocation.as_ref());
        self.taken.extend(allocation.into_iter().flat_map(|allocation| exclusive(&allocation.devices)));
        self.taken.extend(in_flight.iter().flat_map(|devices| exclusive(devices)));
        if let Some(object) = object {
            self.claims.insert(claim, object);
        }
        if let Some(devices) = in_flight {
            self.in_flight.insert(claim, devices);
        }
    }
}

/// A claim as it was before [`Devices::release`].
#[derive(Debug)]
pub struct Released {
    claim: ObjectKey,
    object: Option<ResourceClaim>,
    in_flight: Option<Vec<AllocatedDevice>>,
}

/// Devices that nobody else may have: those given with admin access are shared
/// (upstream dynamicresources/allocateddevices.go, foreachAllocatedDevice).
fn exclusive(devices: &[AllocatedDevice]) -> impl Iterator<Item = DeviceId> {
    devices.iter().filter(|device| !device.admin_access).map(|device| device.id)
}
