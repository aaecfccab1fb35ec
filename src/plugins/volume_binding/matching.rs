//! Which existing PersistentVolume a claim would get (upstream component-helpers
//! storage/volume/pv_helpers.go, FindMatchingVolume).
//!
//! Everything that does not depend on the node is judged once for all nodes.

use std::collections::BTreeMap;

use crate::api::labels::Labels;
use crate::api::name::Name;
use crate::decode::storage::{PersistentVolume, PersistentVolumeClaim, VolumeTopology};
use crate::framework::volume_reason::{Unfit, UnfitVolumes, UnmatchedLabel};
use crate::state::storage::Storage;

/// The volumes of a claim's class, judged by all but the node.
pub(super) struct Candidates<'a> {
    /// Kept for the claim: the first is taken or none, whatever its class, phase or labels.
    kept: Vec<&'a PersistentVolume>,
    /// Free and fitting, the smallest first.
    free: Vec<&'a PersistentVolume>,
    unfit: BTreeMap<Unfit, (usize, &'a PersistentVolume)>,
}

impl<'a> Candidates<'a> {
    /// Judges the volumes of the class of `claim`. `attributes_classes` is the gate
    /// `VolumeAttributesClass`.
    ///
    /// # Errors
    /// The claim cannot be matched at all, in upstream's words.
    pub(super) fn of(
        claim: &PersistentVolumeClaim,
        storage: &'a Storage,
        attributes_classes: bool,
    ) -> Result<Self, String> {
        if !attributes_classes && !claim.attributes_class.is_empty() {
            return Err(format!(
                "unsupported volumeAttributesClassName is set on claim {} when the feature-gate VolumeAttributesClass \
                 is disabled",
                claim.key
            ));
        }
        if let Some(Err(error)) = &claim.selector {
            return Err(format!("error creating internal label selector for claim: {}: {error}", claim.key));
        }
        let mut candidates = Self { kept: Vec::new(), free: Vec::new(), unfit: BTreeMap::new() };
        for volume in storage.volumes_of_class(claim.class) {
            match judge(claim, volume) {
                Ok(()) if volume.is_kept_for(claim.key, claim.uid) => candidates.kept.push(volume),
                Ok(()) => candidates.free.push(volume),
                Err(unfit) => {
                    candidates.unfit.entry(unfit).or_insert((0, volume)).0 += 1;
                }
            }
        }
        candidates.free.sort_by(|one, other| one.capacity.compare(other.capacity));
        Ok(candidates)
    }

    /// The volume for a node with `labels`, other than those in `chosen`.
    pub(super) fn best(&self, labels: &Labels, chosen: &[&PersistentVolume]) -> Option<&'a PersistentVolume> {
        let is_chosen = |volume: &PersistentVolume| chosen.iter().any(|other| other.name == volume.name);
        if let Some(kept) = self.kept.iter().find(|volume| !is_chosen(volume)) {
            return is_usable(kept, labels).then_some(*kept);
        }
        self.free.iter().find(|volume| !is_chosen(volume) && is_usable(volume, labels)).copied()
    }

    /// What is wrong with each volume, for a node that [`Candidates::best`] finds none for: those
    /// that fit were taken for other claims of the pod.
    pub(super) fn unfit(&self, labels: &Labels) -> Vec<UnfitVolumes> {
        let mut all = self.unfit.clone();
        for volume in self.kept.iter().chain(&self.free) {
            let cause = if is_usable(volume, labels) { Unfit::TakenByPod } else { Unfit::NodeAffinity };
            all.entry(cause).or_insert((0, volume)).0 += 1;
        }
        all.into_iter()
            .map(|(cause, (count, example))| UnfitVolumes {
                cause,
                count,
                example: example.name,
                unmatched: match &example.topology {
                    Some(topology) if cause == Unfit::NodeAffinity => unmatched(topology, labels),
                    _ => Vec::new(),
                },
            })
            .collect()
    }
}

/// Everything but the node, in upstream's order.
fn judge(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> Result<(), Unfit> {
    let check = |fits: bool, unfit: Unfit| if fits { Ok(()) } else { Err(unfit) };
    check(volume.is_free_for(claim.key, claim.uid), Unfit::Claimed)?;
    check(volume.capacity.compare(claim.request.unwrap_or_default()).is_ge(), Unfit::TooSmall)?;
    check(volume.volume_mode == claim.volume_mode, Unfit::VolumeMode)?;
    // With the gate off the claim names none by now, and the volume must not either.
    check(volume.attributes_class == claim.attributes_class, Unfit::AttributesClass)?;
    check(!volume.terminating, Unfit::Terminating)?;
    if volume.is_kept_for(claim.key, claim.uid) {
        return Ok(());
    }
    check(volume.available, Unfit::NotAvailable)?;
    let selected = match &claim.selector {
        Some(Ok(selector)) => selector.matches(&volume.labels),
        Some(Err(_)) => false,
        None => true,
    };
    check(selected, Unfit::Selector)?;
    check(claim.access_modes.iter().all(|mode| volume.access_modes.contains(mode)), Unfit::AccessModes)
}

/// Whether the volume, as it is, can be used on a node with `labels`.
fn is_usable(volume: &PersistentVolume, labels: &Labels) -> bool {
    volume.topology.as_ref().is_none_or(|topology| topology.matches(labels))
}

/// What `topology` wants and a node with `labels` does not have.
pub(super) fn unmatched(topology: &VolumeTopology, labels: &Labels) -> Vec<UnmatchedLabel> {
    topology
        .unmatched(labels)
        .map(|requirement| unmatched_label(requirement.key, requirement.operator, &requirement.values, labels))
        .collect()
}

/// A requirement that a node with `labels` does not fulfil.
pub(super) fn unmatched_label(key: Name, operator: Name, values: &[Name], labels: &Labels) -> UnmatchedLabel {
    UnmatchedLabel { key, operator, values: values.to_vec(), node: labels.get(key) }
}
