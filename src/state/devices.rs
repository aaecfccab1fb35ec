//! Devices that pods claim: classes, claims and slices, the rules that taint devices, and who uses which device.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet};

use super::storage::hash_sorted;

use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::quantity::Quantity;
use crate::decode::devices::{
    AllocatedDevice, DeviceClass, DeviceId, DeviceTaintRule, PoolId, ResourceClaim, ResourceClaimTemplate,
    ResourceSlice,
};

/// Everything about devices.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    classes: FxHashMap<Name, DeviceClass>,
    /// Classes that stand for an extended resource, in the order of names.
    extended: Vec<(Name, Name)>,
    claims: FxHashMap<ObjectKey, ResourceClaim>,
    /// Claims that a scheduler made for extended resources, in the order of names.
    for_extended_resources: Vec<ObjectKey>,
    /// From which claims are made for pods.
    templates: FxHashMap<ObjectKey, ResourceClaimTemplate>,
    /// In the order of names.
    slices: Vec<ResourceSlice>,
    /// Places in `slices` of those that one node alone reaches.
    of_node: FxHashMap<Name, Vec<usize>>,
    /// Places in `slices` of all others.
    of_many: Vec<usize>,
    /// Places in `slices` by pool, of every generation.
    of_pool: FxHashMap<PoolId, Vec<usize>>,
    /// In the order of names.
    taint_rules: Vec<DeviceTaintRule>,
    /// Devices in all slices.
    device_count: usize,
    usage: FxHashMap<DeviceId, Usage>,
    /// Claims whose allocation was decided for a pod that still waits on permit: the API does not know of it yet.
    in_flight: FxHashSet<ObjectKey>,
}

/// Of the objects alone: the other tables follow from them.
impl Hash for Devices {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_sorted(&self.classes, state);
        hash_sorted(&self.claims, state);
        hash_sorted(&self.templates, state);
        (&self.slices, &self.taint_rules).hash(state);
    }
}

/// What of a device is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Claims that have it for themselves: one, in a sound state.
    pub exclusive: u32,
    /// Claims that have a share of it.
    pub shares: u32,
    /// What the shares take of its capacities. Empty where none takes anything.
    pub consumed: BTreeMap<Name, Quantity>,
}

impl Usage {
    /// Whether a claim has the device for itself. Without `shares_count` (gate `DRAConsumableCapacity`) a claim that has
    /// a share does (upstream dynamicresources/allocateddevices.go, foreachAllocatedDevice).
    pub fn is_exclusive(&self, shares_count: bool) -> bool {
        self.exclusive > 0 || (!shares_count && self.shares > 0)
    }
}

/// The kinds of device objects, as they were read.
#[derive(Debug, Default)]
pub struct DeviceObjects {
    /// DeviceClasses.
    pub classes: Vec<DeviceClass>,
    /// ResourceClaims.
    pub claims: Vec<ResourceClaim>,
    /// ResourceClaimTemplates.
    pub templates: Vec<ResourceClaimTemplate>,
    /// ResourceSlices.
    pub slices: Vec<ResourceSlice>,
    /// DeviceTaintRules.
    pub taint_rules: Vec<DeviceTaintRule>,
}

impl Devices {
    /// Indexes what was read.
    pub fn new(objects: DeviceObjects) -> Self {
        let DeviceObjects { classes, claims, templates, mut slices, mut taint_rules } = objects;
        slices.sort_by_key(|slice| slice.name);
        taint_rules.sort_by_key(|rule| rule.name);
        let mut devices = Self { taint_rules, ..Self::default() };
        devices.set_slices(slices);
        devices.templates = templates.into_iter().map(|template| (template.key, template)).collect();
        for claim in &claims {
            if let Some(allocation) = &claim.allocation {
                devices.take(&allocation.devices);
            }
        }
        let extended = |class: &DeviceClass| Some((class.name, class.extended_resource_name?));
        devices.extended = classes.iter().filter_map(extended).collect();
        devices.extended.sort_unstable();
        devices.classes = classes.into_iter().map(|class| (class.name, class)).collect();
        let of_extended = claims.iter().filter(|claim| claim.is_for_extended_resources).map(|claim| claim.key);
        devices.for_extended_resources = of_extended.collect();
        devices.for_extended_resources.sort_unstable();
        devices.claims = claims.into_iter().map(|claim| (claim.key, claim)).collect();
        devices
    }

    /// Has these slices, in the order of names, and no others.
    fn set_slices(&mut self, slices: Vec<ResourceSlice>) {
        self.device_count = slices.iter().map(|slice| slice.devices.len()).sum();
        (self.of_pool, self.of_node, self.of_many) = Default::default();
        for (place, slice) in slices.iter().enumerate() {
            self.of_pool.entry(slice.pool).or_default().push(place);
            match slice.nodes.named().filter(|_| slice.shared_counters.is_empty()) {
                Some(node) => self.of_node.entry(node).or_default().push(place),
                None => self.of_many.push(place),
            }
        }
        self.slices = slices;
    }

    /// Slices that were not there before.
    pub(crate) fn add_slices(&mut self, more: &[ResourceSlice]) {
        if !more.is_empty() {
            let mut slices = std::mem::take(&mut self.slices);
            slices.extend(more.iter().cloned());
            slices.sort_by_key(|slice| slice.name);
            self.set_slices(slices);
        }
    }

    /// These slices are no more.
    pub(crate) fn remove_slices(&mut self, names: &[Name]) {
        if !names.is_empty() {
            let mut slices = std::mem::take(&mut self.slices);
            slices.retain(|slice| !names.contains(&slice.name));
            self.set_slices(slices);
        }
    }

    /// All ResourceClaimTemplates, in no particular order.
    pub fn templates(&self) -> impl Iterator<Item = &ResourceClaimTemplate> {
        self.templates.values()
    }

    /// The class called `name`.
    pub fn class(&self, name: Name) -> Option<&DeviceClass> {
        self.classes.get(&name)
    }

    /// All classes, in no particular order.
    pub fn classes(&self) -> impl Iterator<Item = &DeviceClass> {
        self.classes.values()
    }

    /// Whether a class stands for an extended resource, by its own name for it or by the one that every class has.
    pub fn has_classes(&self) -> bool {
        !self.classes.is_empty()
    }

    /// Classes that name an extended resource they stand for, in the order of names, with the resource.
    pub fn classes_with_extended_resource(&self) -> impl Iterator<Item = (&DeviceClass, Name)> {
        self.extended.iter().filter_map(|(class, resource)| Some((self.classes.get(class)?, *resource)))
    }

    /// The claim called `key`.
    pub fn claim(&self, key: ObjectKey) -> Option<&ResourceClaim> {
        self.claims.get(&key)
    }

    /// The ResourceClaimTemplate called `key`.
    pub fn template(&self, key: ObjectKey) -> Option<&ResourceClaimTemplate> {
        self.templates.get(&key)
    }

    /// All claims, in no particular order.
    pub fn claims(&self) -> impl Iterator<Item = &ResourceClaim> {
        self.claims.values()
    }

    /// The claim that a scheduler made for the extended resources of the pod with this name and uid
    /// (upstream dynamicresources/extendeddynamicresources.go, findExtendedResourceClaim).
    pub fn claim_for_extended_resources(&self, pod: Name, uid: Name) -> Option<&ResourceClaim> {
        let claims = self.for_extended_resources.iter().filter_map(|key| self.claims.get(key));
        claims.into_iter().find(|claim| claim.controller.is_some_and(|owner| owner.name == pod && owner.uid == uid))
    }

    /// Devices in all slices.
    pub fn device_count(&self) -> usize {
        self.device_count
    }

    /// All slices, in the order of names.
    pub fn slices(&self) -> &[ResourceSlice] {
        &self.slices
    }

    /// Slices that the node called `node` might reach, in the order of names: its own, those of many nodes, and those
    /// that only hold counters.
    pub fn slices_near(&self, node: Name) -> impl Iterator<Item = &ResourceSlice> {
        let own = self.of_node.get(&node).map_or(&[][..], Vec::as_slice);
        let mut places: Vec<usize> = own.iter().chain(&self.of_many).copied().collect();
        places.sort_unstable();
        places.into_iter().filter_map(|place| self.slices.get(place))
    }

    /// All slices of a pool, of every generation, in the order of names.
    pub fn slices_of(&self, pool: PoolId) -> impl Iterator<Item = &ResourceSlice> {
        let places = self.of_pool.get(&pool).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|place| self.slices.get(*place))
    }

    /// All DeviceTaintRules, in the order of names.
    pub fn taint_rules(&self) -> &[DeviceTaintRule] {
        &self.taint_rules
    }

    /// What of the device is in use; none where nothing is.
    pub fn usage(&self, device: DeviceId) -> Option<&Usage> {
        self.usage.get(&device)
    }

    /// The devices that claims have, shares included, in no particular order. Those given with admin access belong to
    /// nobody (upstream dynamicresources/allocateddevices.go, foreachAllocatedDevice).
    pub fn allocated(&self) -> impl Iterator<Item = (ObjectKey, &AllocatedDevice)> {
        let allocated =
            self.claims.values().filter_map(|claim| Some((claim.key, &*claim.allocation.as_ref()?.devices)));
        allocated.flat_map(|(claim, devices)| owned(devices).map(move |device| (claim, device)))
    }

    /// Whether the claim's allocation was decided but is in no object of the API yet
    /// (upstream dynamicresources/dra_manager.go, GetPendingAllocation).
    pub fn is_in_flight(&self, claim: ObjectKey) -> bool {
        self.in_flight.contains(&claim)
    }

    /// Says of claims whether they are in flight; answers with those of which that was not so before.
    pub fn set_in_flight(&mut self, claims: &[ObjectKey], is_in_flight: bool) -> Vec<ObjectKey> {
        let mut change =
            |claim: &ObjectKey| if is_in_flight { self.in_flight.insert(*claim) } else { self.in_flight.remove(claim) };
        claims.iter().copied().filter(|claim| change(claim)).collect()
    }

    /// Puts `claim` in the place of the one called `key`, or leaves none there. Answers with how it was before, which
    /// this takes back. Everything that counts devices follows.
    pub fn set_claim(&mut self, key: ObjectKey, claim: Option<ResourceClaim>) -> Option<ResourceClaim> {
        if let Some(allocation) = claim.as_ref().and_then(|claim| claim.allocation.as_ref()) {
            self.take(&allocation.devices);
        }
        let is_for_extended_resources = claim.as_ref().is_some_and(|claim| claim.is_for_extended_resources);
        let before = match claim {
            Some(claim) => self.claims.insert(key, claim),
            None => self.claims.remove(&key),
        };
        if let Some(allocation) = before.as_ref().and_then(|claim| claim.allocation.as_ref()) {
            self.give_back(&allocation.devices);
        }
        match (self.for_extended_resources.binary_search(&key), is_for_extended_resources) {
            (Err(place), true) => self.for_extended_resources.insert(place, key),
            (Ok(place), false) => {
                self.for_extended_resources.remove(place);
            }
            _ => {}
        }
        before
    }

    /// A pod is gone that used the claim: it is no longer reserved for that pod, and loses its devices if it is reserved
    /// for nobody else (upstream pkg/controller/resourceclaim/controller.go, syncClaim). None where nothing changes.
    pub fn release(&mut self, claim: ObjectKey, pod: Name) -> Option<Released> {
        let object = self.claims.get(&claim)?;
        let is_own = object.controller.is_some_and(|owner| owner.uid == pod);
        let is_reserved = object.reserved_for.contains(&pod);
        let others: Box<[Name]> = object.reserved_for.iter().copied().filter(|uid| *uid != pod).collect();
        if !is_reserved && (object.allocation.is_none() || !is_own || !others.is_empty()) {
            return None;
        }
        let allocation = object.allocation.clone().filter(|_| !others.is_empty());
        let after = ResourceClaim { allocation, reserved_for: others, ..object.clone() };
        Some(self.replace(claim, Some(after)))
    }

    /// The pod with this name and uid is gone, and with it the claim that a scheduler made for its extended resources.
    pub fn release_extended_resources(&mut self, pod: Name, uid: Name) -> Option<Released> {
        let claim = self.claim_for_extended_resources(pod, uid)?.key;
        Some(self.replace(claim, None))
    }

    fn replace(&mut self, claim: ObjectKey, after: Option<ResourceClaim>) -> Released {
        let was_in_flight = self.in_flight.remove(&claim);
        Released { claim, object: self.set_claim(claim, after), was_in_flight }
    }

    /// Takes [`Devices::release`] back.
    pub fn restore(&mut self, released: Released) {
        let Released { claim, object, was_in_flight } = released;
        self.set_claim(claim, object);
        if was_in_flight {
            self.in_flight.insert(claim);
        }
    }

    fn take(&mut self, devices: &[AllocatedDevice]) {
        for device in owned(devices) {
            let usage = self.usage.entry(device.id).or_default();
            match &device.share {
                None => usage.exclusive += 1,
                Some(share) => {
                    usage.shares += 1;
                    for (capacity, amount) in &share.consumed {
                        *usage.consumed.entry(*capacity).or_default() += *amount;
                    }
                }
            }
        }
    }

    fn give_back(&mut self, devices: &[AllocatedDevice]) {
        for device in owned(devices) {
            let Some(usage) = self.usage.get_mut(&device.id) else { continue };
            match &device.share {
                None => usage.exclusive = usage.exclusive.saturating_sub(1),
                Some(share) => {
                    usage.shares = usage.shares.saturating_sub(1);
                    for (capacity, amount) in &share.consumed {
                        if let Some(consumed) = usage.consumed.get_mut(capacity) {
                            *consumed -= *amount;
                        }
                    }
                    if usage.consumed.values().all(|amount| amount.is_zero()) {
                        usage.consumed.clear();
                    }
                }
            }
            if *usage == Usage::default() {
                self.usage.remove(&device.id);
            }
        }
    }
}

/// A claim as it was before [`Devices::release`].
#[derive(Debug)]
pub struct Released {
    claim: ObjectKey,
    object: Option<ResourceClaim>,
    was_in_flight: bool,
}

/// Devices that count as given away: those given with admin access do not.
fn owned(devices: &[AllocatedDevice]) -> impl Iterator<Item = &AllocatedDevice> {
    devices.iter().filter(|device| !device.admin_access)
}

/// What every class stands for without naming it (upstream api/resource/v1, ResourceDeviceClassPrefix).
pub const IMPLICIT_EXTENDED_RESOURCE_PREFIX: &str = "deviceclass.resource.kubernetes.io/";

/// The claim that stands for a pod's extended resources before it is written to the API
/// (upstream dynamicresources/extendeddynamicresources.go, specialClaimInMemName). Made distinct by the pod's name, as the
/// claims of several pods can be on their way at the same time.
pub fn unwritten_claim(pod: ObjectKey) -> ObjectKey {
    ObjectKey::new(pod.namespace, name(&format!("<extended-resources>/{}", pod.name)))
}
