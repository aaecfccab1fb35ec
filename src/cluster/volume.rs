//! A pod's volumes, as far as a scheduler looks at them.

use serde::{Deserialize, Deserializer};

use super::name::Name;

/// The volumes of a pod that matter to scheduling; config maps, secrets, projections and
/// the like are dropped while reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Volumes(Box<[Volume]>);

impl Volumes {
    /// In the pod's order.
    pub fn iter(&self) -> std::slice::Iter<'_, Volume> {
        self.0.iter()
    }

    /// Whether none matters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One volume.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Volume {
    /// The name inside the pod.
    pub name: Name,
    /// What it is.
    pub source: VolumeSource,
}

impl Volume {
    /// The existing claim this volume is, if it is one.
    pub fn claim_name(&self) -> Option<Name> {
        match self.source {
            VolumeSource::PersistentVolumeClaim(claim) => Some(claim),
            VolumeSource::Ephemeral => None,
        }
    }
}

/// Where a volume's data is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VolumeSource {
    /// A claim of the pod's namespace, by name.
    PersistentVolumeClaim(Name),
    /// A claim made for the pod, called `POD-VOLUME`.
    Ephemeral,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireVolume {
    name: Name,
    persistent_volume_claim: Option<WireClaim>,
    ephemeral: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireClaim {
    claim_name: Name,
}

impl WireVolume {
    fn volume(self) -> Option<Volume> {
        let source = if let Some(claim) = self.persistent_volume_claim {
            VolumeSource::PersistentVolumeClaim(claim.claim_name)
        } else if self.ephemeral.is_some() {
            VolumeSource::Ephemeral
        } else {
            return None;
        };
        Some(Volume { name: self.name, source })
    }
}

impl<'de> Deserialize<'de> for Volumes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire: Option<Vec<WireVolume>> = Option::deserialize(deserializer)?;
        Ok(Self(wire.unwrap_or_default().into_iter().filter_map(WireVolume::volume).collect()))
    }
}
