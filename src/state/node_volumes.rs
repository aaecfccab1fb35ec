//! The volumes of a node's pods, as far as a CSI driver may have to attach them.

use super::pod::{Pod, PodId};
use crate::api::volume::{Volume, VolumeSource};

/// What the pods of a template mount that may have to be attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MountedVolumes {
    /// Claims by name.
    pub claims: u32,
    /// Volumes of which more must be known than how many they are: disks of the pod itself, claims that are made for it, a
    /// claim without a name.
    pub others: u32,
}

impl MountedVolumes {
    pub(super) fn of<'a>(volumes: impl IntoIterator<Item = &'a Volume>) -> Self {
        let mut mounted = Self::default();
        for volume in volumes {
            match &volume.source {
                VolumeSource::PersistentVolumeClaim(claim) if !claim.is_empty() => mounted.claims += 1,
                VolumeSource::PersistentVolumeClaim(_) | VolumeSource::Ephemeral(_) | VolumeSource::InTree(_) => {
                    mounted.others += 1;
                }
                VolumeSource::Iscsi { .. } | VolumeSource::Rbd { .. } => {}
            }
        }
        mounted
    }

    fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// The same of all pods of a node: most have none, and those are not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeVolumes {
    /// The pods that have some, in the order of their ids.
    pub pods: Vec<PodId>,
    /// How many claims they name, each as often as it is named.
    pub claims: u64,
    /// How many other volumes they have.
    pub others: u64,
}

impl NodeVolumes {
    /// `pod` came to the node.
    pub(super) fn add(&mut self, pod: &Pod) {
        let mounted = pod.class.mounted_volumes;
        if let (false, Err(place)) = (mounted.is_empty(), self.pods.binary_search(&pod.id)) {
            self.pods.insert(place, pod.id);
            self.claims += u64::from(mounted.claims);
            self.others += u64::from(mounted.others);
        }
    }

    /// `pod` left it.
    pub(super) fn remove(&mut self, pod: &Pod) {
        let mounted = pod.class.mounted_volumes;
        if let (false, Ok(place)) = (mounted.is_empty(), self.pods.binary_search(&pod.id)) {
            self.pods.remove(place);
            self.claims -= u64::from(mounted.claims);
            self.others -= u64::from(mounted.others);
        }
    }
}
