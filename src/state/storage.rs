//! Storage objects: volumes, claims, classes, and what CSI drivers report.
//!
//! Held in tables of their own, found by name; the volumes of a class and the attachments of
//! a node are listed. Which pods on nodes use a claim is kept up to date by
//! [`super::Cluster::assume`] and [`super::Cluster::forget`].

use std::cmp::Reverse;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::objects::Store;
use super::pod::{Pod, PodId};
use crate::api::meta::ObjectKey;
use crate::api::name::Name;
use crate::decode::Object;
use crate::decode::storage::{
    ClaimReference, CsiDriver, CsiNode, CsiStorageCapacity, PersistentVolume, PersistentVolumeClaim, StorageClass,
    VolumeAttachment,
};

/// The storage objects of a cluster.
///
/// Objects are shared between copies of the state; a copy changes its own when it binds.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    volumes: FxHashMap<Name, Arc<PersistentVolume>>,
    /// Names, sorted, so that the choice between volumes of equal size has an order.
    volumes_by_class: FxHashMap<Name, Vec<Name>>,
    claims: FxHashMap<ObjectKey, Arc<PersistentVolumeClaim>>,
    classes: FxHashMap<Name, Arc<StorageClass>>,
    csi_nodes: FxHashMap<Name, Arc<CsiNode>>,
    drivers: FxHashMap<Name, CsiDriver>,
    /// In the order of namespace and name.
    capacities: Vec<Arc<CsiStorageCapacity>>,
    attachments: FxHashMap<Name, Vec<VolumeAttachment>>,
    claim_users: FxHashMap<ObjectKey, Vec<PodId>>,
}

/// Of the objects alone: the other tables follow from them.
impl Hash for Storage {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { volumes, claims, classes, csi_nodes, drivers, capacities, attachments, .. } = self;
        hash_sorted(volumes, state);
        hash_sorted(claims, state);
        hash_sorted(classes, state);
        hash_sorted(csi_nodes, state);
        hash_sorted(drivers, state);
        capacities.hash(state);
        hash_sorted(attachments, state);
    }
}

/// A table in the order of its keys.
pub(crate) fn hash_sorted<K: Hash + Ord, V: Hash, H: Hasher>(table: &FxHashMap<K, V>, state: &mut H) {
    let mut entries: Vec<(&K, &V)> = table.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries.hash(state);
}

impl Storage {
    /// Takes what belongs here out of `objects`, and sorts it into tables.
    pub(super) fn of(objects: &mut Store<Object>) -> Self {
        let mut volumes_by_class: FxHashMap<Name, Vec<Name>> = FxHashMap::default();
        let volumes: Vec<PersistentVolume> = objects.take();
        for volume in &volumes {
            volumes_by_class.entry(volume.class).or_default().push(volume.name);
        }
        let mut attachments: FxHashMap<Name, Vec<VolumeAttachment>> = FxHashMap::default();
        for attachment in objects.take::<VolumeAttachment>() {
            attachments.entry(attachment.node).or_default().push(attachment);
        }
        Self {
            volumes: by_key(volumes, |volume| volume.name),
            volumes_by_class,
            claims: by_key(objects.take(), |claim: &PersistentVolumeClaim| claim.key),
            classes: by_key(objects.take(), |class: &StorageClass| class.name),
            csi_nodes: by_key(objects.take(), |node: &CsiNode| node.name),
            drivers: objects.take().into_iter().map(|driver: CsiDriver| (driver.name, driver)).collect(),
            capacities: objects.take().into_iter().map(Arc::new).collect(),
            attachments,
            claim_users: FxHashMap::default(),
        }
    }

    /// The PersistentVolume called `name`.
    pub fn volume(&self, name: Name) -> Option<&PersistentVolume> {
        self.volumes.get(&name).map(AsRef::as_ref)
    }

    /// All PersistentVolumes, in no order.
    pub fn volumes(&self) -> impl Iterator<Item = &PersistentVolume> {
        self.volumes.values().map(AsRef::as_ref)
    }

    /// The PersistentVolumes of a class, in the order of their names.
    pub fn volumes_of_class(&self, class: Name) -> impl Iterator<Item = &PersistentVolume> {
        self.volumes_by_class.get(&class).into_iter().flatten().filter_map(|name| self.volume(*name))
    }

    /// The PersistentVolumeClaim called `key`.
    pub fn claim(&self, key: ObjectKey) -> Option<&PersistentVolumeClaim> {
        self.claims.get(&key).map(AsRef::as_ref)
    }

    /// All PersistentVolumeClaims, in no order.
    pub fn claims(&self) -> impl Iterator<Item = &PersistentVolumeClaim> {
        self.claims.values().map(AsRef::as_ref)
    }

    /// The StorageClass called `name`.
    pub fn class(&self, name: Name) -> Option<&StorageClass> {
        self.classes.get(&name).map(AsRef::as_ref)
    }

    /// All StorageClasses, in no order.
    pub fn classes(&self) -> impl Iterator<Item = &StorageClass> {
        self.classes.values().map(AsRef::as_ref)
    }

    /// All CSINodes, in no order.
    pub fn csi_nodes(&self) -> impl Iterator<Item = &CsiNode> {
        self.csi_nodes.values().map(AsRef::as_ref)
    }

    /// All CSIDrivers, in no order.
    pub fn drivers(&self) -> impl Iterator<Item = &CsiDriver> {
        self.drivers.values()
    }

    /// Nodes that have VolumeAttachments, in no order.
    pub fn attached_nodes(&self) -> impl Iterator<Item = Name> {
        self.attachments.keys().copied()
    }

    /// The CSINode of the node called `node`.
    pub fn csi_node(&self, node: Name) -> Option<&CsiNode> {
        self.csi_nodes.get(&node).map(AsRef::as_ref)
    }

    /// Whether any node has a CSINode.
    pub fn has_csi_nodes(&self) -> bool {
        !self.csi_nodes.is_empty()
    }

    /// The CSIDriver called `name`.
    pub fn driver(&self, name: Name) -> Option<&CsiDriver> {
        self.drivers.get(&name)
    }

    /// All CSIStorageCapacities, in the order of namespace and name.
    pub fn capacities(&self) -> impl Iterator<Item = &CsiStorageCapacity> {
        self.capacities.iter().map(AsRef::as_ref)
    }

    /// The VolumeAttachments of the node called `node`.
    pub fn attachments(&self, node: Name) -> &[VolumeAttachment] {
        self.attachments.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Claims that pods on nodes use by name.
    pub fn claims_in_use(&self) -> impl Iterator<Item = ObjectKey> {
        self.claim_users.keys().copied()
    }

    /// Pods on nodes that use the claim by name. Ephemeral volumes do not count
    /// (upstream framework/types.go, updatePVCRefCounts).
    pub fn claim_users(&self, claim: ObjectKey) -> &[PodId] {
        self.claim_users.get(&claim).map_or(&[], Vec::as_slice)
    }

    /// The class of claims that name none: of several the newest, then the first by name
    /// (upstream pkg/volume/util/storageclass.go, GetDefaultClass).
    pub fn default_class(&self) -> Option<&StorageClass> {
        let defaults = self.classes.values().filter(|class| class.is_default);
        let first = defaults.min_by_key(|class| (Reverse(class.creation_timestamp), class.name));
        first.map(AsRef::as_ref)
    }

    /// Takes in a new claim, with the default class where it names none (upstream
    /// plugin/pkg/admission/storage/storageclass/setdefault/admission.go, Admit).
    pub(crate) fn create_claim(&mut self, claim: PersistentVolumeClaim) {
        let claim = self.with_default_class(claim);
        self.claims.insert(claim.key, Arc::new(claim));
    }

    /// The claim with the class that admission gives it.
    pub(crate) fn with_default_class(&self, mut claim: PersistentVolumeClaim) -> PersistentVolumeClaim {
        if !claim.names_class
            && let Some(class) = self.default_class()
        {
            claim.class = class.name;
            claim.names_class = true;
        }
        claim
    }

    /// The claim is no more.
    pub(crate) fn remove_claim(&mut self, claim: ObjectKey) {
        self.claims.remove(&claim);
    }

    /// Puts a claim in the place of the one of its name: that one.
    pub(crate) fn replace_claim(&mut self, claim: Arc<PersistentVolumeClaim>) -> Option<Arc<PersistentVolumeClaim>> {
        self.claims.insert(claim.key, claim)
    }

    /// From now on the volume is kept for `claim`, or for none. Answers whose it was.
    pub(crate) fn keep_volume(&mut self, volume: Name, claim: Option<ClaimReference>) -> Option<ClaimReference> {
        let volume = Arc::make_mut(self.volumes.get_mut(&volume)?);
        std::mem::replace(&mut volume.claim, claim)
    }

    /// From now on a volume for `claim` is to be made for `node`, or for any. Answers what it was.
    pub(crate) fn select_node(&mut self, claim: ObjectKey, node: Option<Name>) -> Option<Name> {
        let claim = Arc::make_mut(self.claims.get_mut(&claim)?);
        std::mem::replace(&mut claim.selected_node, node)
    }

    /// The node called `new` has the drivers of the node called `like`.
    pub(crate) fn copy_csi_node(&mut self, like: Name, new: Name) {
        if let Some(drivers) = self.csi_nodes.get(&like) {
            let copy = CsiNode { name: new, ..CsiNode::clone(drivers) };
            self.csi_nodes.insert(new, Arc::new(copy));
        }
    }

    /// The node called `node` is gone, and its drivers with it: these.
    pub(crate) fn take_csi_node(&mut self, node: Name) -> Option<Arc<CsiNode>> {
        self.csi_nodes.remove(&node)
    }

    /// A node's drivers are back.
    pub(crate) fn put_csi_node(&mut self, node: Arc<CsiNode>) {
        self.csi_nodes.insert(node.name, node);
    }

    /// `pod` is on a node from now on.
    pub(crate) fn add_pod(&mut self, pod: &Pod) {
        for claim in pod.class.claim_names() {
            self.claim_users.entry(ObjectKey::new(pod.own.key.namespace, claim)).or_default().push(pod.id);
        }
    }

    /// `pod` is on no node any more.
    pub(crate) fn remove_pod(&mut self, pod: &Pod) {
        for claim in pod.class.claim_names() {
            let key = ObjectKey::new(pod.own.key.namespace, claim);
            if let Some(users) = self.claim_users.get_mut(&key) {
                users.retain(|user| *user != pod.id);
                if users.is_empty() {
                    self.claim_users.remove(&key);
                }
            }
        }
    }
}

fn by_key<K: Eq + Hash, T>(objects: Vec<T>, key: impl Fn(&T) -> K) -> FxHashMap<K, Arc<T>> {
    objects.into_iter().map(|object| (key(&object), Arc::new(object))).collect()
}
