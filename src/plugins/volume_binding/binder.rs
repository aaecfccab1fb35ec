//! What volumes a pod would have on a node (upstream plugins/volumebinding/binder.go).

use std::cmp::Ordering;

use super::NAME;
use super::claims::PodClaims;
use super::matching::{Candidates, unmatched, unmatched_label};
use crate::api::labels::Labels;
use crate::api::name::name;
use crate::decode::Kind;
use crate::decode::storage::{
    CsiStorageCapacity, PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeTopology,
};
use crate::framework::volume_reason::{BindObstacle, UnfitVolumes, UnmatchedLabel, VolumeReason};
use crate::framework::{Cycle, Reason, Rejection, Turns};
use crate::plugins::volume_state::{self, Lookup, not_known};
use crate::state::NodeInfo;

/// The volumes a pod would get on a node.
#[derive(Default)]
pub struct PodVolumes<'a> {
    /// Existing volumes that would be bound.
    pub static_bindings: Vec<Binding<'a>>,
    /// Volumes that would be made.
    pub dynamic_provisions: Vec<Provision<'a>>,
}

/// A claim and the existing volume it would get.
#[derive(Clone, Copy)]
pub struct Binding<'a> {
    /// The claim.
    pub claim: &'a PersistentVolumeClaim,
    /// The volume.
    pub volume: &'a PersistentVolume,
}

/// A claim for which a volume would be made.
#[derive(Clone, Copy)]
pub struct Provision<'a> {
    /// The claim.
    pub claim: &'a PersistentVolumeClaim,
    /// The storage it would come from, where the driver reports that.
    pub capacity: Option<&'a CsiStorageCapacity>,
}

/// Finds volumes for one pod, node by node. What does not depend on the node is prepared.
pub struct Binder<'a> {
    cycle: Cycle<'a>,
    bound: Vec<BoundClaim<'a>>,
    /// In the pod's order.
    selected: Vec<&'a PersistentVolumeClaim>,
    /// The smallest first.
    unmatched: Vec<(&'a PersistentVolumeClaim, Result<Candidates<'a>, String>)>,
}

struct BoundClaim<'a> {
    claim: &'a PersistentVolumeClaim,
    volume: Option<&'a PersistentVolume>,
}

impl<'a> Binder<'a> {
    /// Prepares the search for `claims` of the cycle's pod.
    pub fn new(cycle: Cycle<'a>, claims: &PodClaims<'a>) -> Self {
        let bound = claims
            .bound
            .iter()
            .filter_map(|claim| match volume_state::volume(cycle, claim.volume_name, NAME) {
                Lookup::Found(volume) => Some(BoundClaim { claim, volume: Some(volume) }),
                Lookup::Missing => Some(BoundClaim { claim, volume: None }),
                Lookup::Unknown => None,
            })
            .collect();
        let (selected, mut to_match): (Vec<_>, Vec<_>) =
            claims.delayed.iter().copied().partition(|claim| claim.selected_node.is_some());
        to_match.sort_by(|one, other| by_request(one, other));
        if !to_match.is_empty() {
            volume_state::note_no_volumes(cycle, NAME);
        }
        let attributes_classes = cycle.behaviour.gates.volume_attributes_class;
        let unmatched = to_match
            .into_iter()
            .map(|claim| (claim, Candidates::of(claim, cycle.cluster.storage(), attributes_classes)))
            .collect();
        Self { cycle, bound, selected, unmatched }
    }

    /// The volumes the pod would get on `node` (upstream FindPodVolumes).
    ///
    /// # Errors
    /// The pod's volumes keep it from the node, or upstream fails.
    pub fn pod_volumes(&self, node: &NodeInfo) -> Result<PodVolumes<'a>, Rejection> {
        let conflict = self.bound_claim_conflict(node)?;
        let found = self.find_volumes(node)?;
        let missing = |reason: &VolumeReason| matches!(reason, VolumeReason::BoundVolumeMissing { .. });
        // Upstream's order: node affinity, binding, space, missing volumes.
        let (first, last) = match conflict {
            Some(reason) if missing(&reason) => (None, Some(reason)),
            conflict => (conflict, None),
        };
        match (first, found, last) {
            (None, Ok(volumes), None) => Ok(volumes),
            (first, found, last) => {
                let reasons = first.into_iter().chain(found.err()).chain(last).map(Reason::Volume).collect();
                Err(Rejection { code: crate::framework::Code::UnschedulableAndUnresolvable, reasons })
            }
        }
    }

    /// The first bound claim whose volume is missing or not usable on the node (upstream checkBoundClaims).
    fn bound_claim_conflict(&self, node: &NodeInfo) -> Result<Option<VolumeReason>, Rejection> {
        let labels = &node.node.labels;
        for BoundClaim { claim, volume } in &self.bound {
            let Some(volume) = volume else {
                let reason = VolumeReason::BoundVolumeMissing { claim: claim.key, volume: claim.volume_name };
                return Ok(Some(reason));
            };
            if let Some(topology) = self.topology(volume, node)?.filter(|topology| !topology.matches(labels)) {
                return Ok(Some(VolumeReason::VolumeNodeAffinityConflict {
                    claim: claim.key,
                    volume: volume.name,
                    unmatched: unmatched(topology, labels),
                }));
            }
        }
        Ok(None)
    }

    /// The volume's node affinity as it counts on `node` (upstream tryTranslatePVToCSI).
    fn topology<'v>(
        &self,
        volume: &'v PersistentVolume,
        node: &NodeInfo,
    ) -> Result<Option<&'v VolumeTopology>, Rejection> {
        let Some(in_tree) = &volume.in_tree else { return Ok(volume.topology.as_ref()) };
        let csi_node = self.cycle.cluster.storage().csi_node(node.name());
        if !in_tree.plugin.translates_on(csi_node, self.cycle.behaviour.portworx_migration()) {
            if csi_node.is_none() && in_tree.translated.as_ref().is_ok_and(|csi| csi.topology.is_some()) {
                let effect =
                    "VolumeBinding read the labels of in-tree volumes as they are, not as their CSI driver has them";
                not_known(self.cycle, Kind::CsiNode, effect, Turns::Either);
            }
            return Ok(volume.topology.as_ref());
        }
        match &in_tree.translated {
            Ok(translated) => Ok(translated.topology.as_ref()),
            Err(error) => Err(Rejection::error(format!("could not translate pv: {error}"))),
        }
    }

    /// Volumes for the claims that are not bound; or why there are none.
    fn find_volumes(&self, node: &NodeInfo) -> Result<Result<PodVolumes<'a>, VolumeReason>, Rejection> {
        let elsewhere = self.selected.iter().find_map(|claim| {
            let selected = claim.selected_node.filter(|selected| *selected != node.name())?;
            let obstacle = BindObstacle::ProvisionedElsewhere { node: selected };
            Some(VolumeReason::NoVolumeToBind { claim: claim.key, obstacle })
        });
        if let Some(reason) = elsewhere {
            return Ok(Err(reason));
        }
        let labels = &node.node.labels;
        let mut volumes = PodVolumes::default();
        let mut chosen = Vec::new();
        let mut left_over = Vec::new();
        for (claim, candidates) in &self.unmatched {
            let candidates = candidates.as_ref().map_err(Rejection::error)?;
            match candidates.best(labels, &chosen) {
                Some(volume) => {
                    chosen.push(volume);
                    volumes.static_bindings.push(Binding { claim, volume });
                }
                None => left_over.push((*claim, Some(candidates))),
            }
        }
        for (claim, candidates) in self.selected.iter().map(|claim| (*claim, None)).chain(left_over) {
            let unfit = || candidates.map_or_else(Vec::new, |candidates: &Candidates<'_>| candidates.unfit(labels));
            match self.provision(claim, labels, unfit)? {
                Ok(provision) => volumes.dynamic_provisions.push(provision),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(Ok(volumes))
    }

    /// Whether a volume can be made for `claim` (upstream checkVolumeProvisions).
    fn provision(
        &self,
        claim: &'a PersistentVolumeClaim,
        labels: &Labels,
        unfit: impl Fn() -> Vec<UnfitVolumes>,
    ) -> Result<Result<Provision<'a>, VolumeReason>, Rejection> {
        let Some(class) = self.cycle.cluster.storage().class(claim.class) else {
            return Err(Rejection::error(format!("failed to find storage class \"{}\"", claim.class)));
        };
        let no_volume = |obstacle| VolumeReason::NoVolumeToBind { claim: claim.key, obstacle };
        if !class.provisions() {
            let obstacle = BindObstacle::NoProvisioner { class: class.name, volumes: unfit() };
            return Ok(Err(no_volume(obstacle)));
        }
        if !class.allows(labels) {
            return Ok(Err(no_volume(BindObstacle::TopologyNotAllowed {
                class: class.name,
                unmatched: not_allowed(class, labels),
                volumes: unfit(),
            })));
        }
        Ok(self.capacity(claim, class, labels).map(|capacity| Provision { claim, capacity }))
    }

    /// The storage that has space for the claim's volume; none where space is not tracked
    /// (upstream hasEnoughCapacity).
    fn capacity(
        &self,
        claim: &PersistentVolumeClaim,
        class: &StorageClass,
        labels: &Labels,
    ) -> Result<Option<&'a CsiStorageCapacity>, VolumeReason> {
        let cluster = self.cycle.cluster;
        let Some(requested) = claim.request else { return Ok(None) };
        let tracked = cluster.storage().driver(class.provisioner).is_some_and(|driver| driver.storage_capacity);
        if !tracked {
            return Ok(None);
        }
        let size = requested.value();
        let reachable = || {
            let of_class = cluster.storage().capacities().filter(|capacity| capacity.class == class.name);
            of_class.filter(|capacity| capacity.is_accessible(labels))
        };
        let sufficient =
            reachable().find(|capacity| capacity.volume_limit().is_some_and(|limit| limit.value() >= size));
        sufficient.map(Some).ok_or_else(|| VolumeReason::NotEnoughStorage {
            claim: claim.key,
            class: class.name,
            requested,
            largest: reachable().filter_map(CsiStorageCapacity::volume_limit).max_by(|one, other| one.compare(*other)),
        })
    }
}

/// Upstream byPVCSize.
fn by_request(one: &PersistentVolumeClaim, other: &PersistentVolumeClaim) -> Ordering {
    one.request.unwrap_or_default().compare(other.request.unwrap_or_default())
}

/// What `allowedTopologies` wants, of all terms, and a node with `labels` does not have.
fn not_allowed(class: &StorageClass, labels: &Labels) -> Vec<UnmatchedLabel> {
    let requirements = class.allowed_topologies.iter().flat_map(|term| &term.match_label_expressions);
    requirements
        .filter(|requirement| !requirement.matches(labels))
        .map(|requirement| unmatched_label(requirement.key, name("In"), &requirement.values, labels))
        .collect()
}
