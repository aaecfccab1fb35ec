//! A pod's volumes, as far as a scheduler looks at them.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::list::List;
use super::meta::ObjectKey;
use super::name::{Name, name};
use super::quantity::Quantity;
use super::selector::LabelSelector;

/// The volumes of a pod that matter to scheduling; config maps, secrets, projections and
/// the like are dropped while reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_field_names, reason = "volumes are what it has")]
pub struct Volumes {
    volumes: Box<[Volume]>,
    /// An `emptyDir` is among those dropped.
    empty_dir: bool,
    /// The references of `image` volumes, in the pod's order; they are not among `volumes`.
    images: Box<[Name]>,
}

impl Volumes {
    /// In the pod's order.
    pub fn iter(&self) -> std::slice::Iter<'_, Volume> {
        self.volumes.iter()
    }

    /// These in their place; what was dropped while reading stays so.
    #[must_use]
    pub fn with(&self, volumes: impl IntoIterator<Item = Volume>) -> Self {
        Self { volumes: volumes.into_iter().collect(), ..self.clone() }
    }

    /// The references of `image` volumes.
    pub fn images(&self) -> &[Name] {
        &self.images
    }

    /// Whether the pod keeps data on its node, which is lost when the pod leaves it.
    pub fn has_empty_dir(&self) -> bool {
        self.empty_dir
    }

    /// Whether none matters.
    pub fn is_empty(&self) -> bool {
        self.volumes.is_empty()
    }
}

impl<'a> IntoIterator for &'a Volumes {
    type Item = &'a Volume;
    type IntoIter = std::slice::Iter<'a, Volume>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
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
            _ => None,
        }
    }

    /// The claim behind the volume of the pod called `pod`: the one it names, or for a generic
    /// ephemeral volume the one made for that pod (upstream component-helpers
    /// storage/ephemeral/ephemeral.go, VolumeClaimName).
    pub fn claim_of(&self, pod: ObjectKey) -> Option<ObjectKey> {
        match self.source {
            VolumeSource::PersistentVolumeClaim(claim) => Some(ObjectKey::new(pod.namespace, claim)),
            VolumeSource::Ephemeral(_) => {
                Some(ObjectKey::new(pod.namespace, name(&format!("{}-{}", pod.name, self.name))))
            }
            _ => None,
        }
    }

    /// Whether it is a generic ephemeral volume.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.source, VolumeSource::Ephemeral(_))
    }
}

/// Where a volume's data is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VolumeSource {
    /// A claim of the pod's namespace, by name.
    PersistentVolumeClaim(Name),
    /// A claim made for the pod, called `POD-VOLUME`, and what it asks for where the pod says so.
    Ephemeral(Option<Box<ClaimSpec>>),
    /// A disk that the pod itself names, of a kind that has a CSI driver by now.
    InTree(InTreeVolume),
    /// A target that pods must not mount together, unless all of them only read.
    Iscsi {
        /// The target's qualified name.
        iqn: Name,
        /// Mounted for reading only.
        read_only: bool,
    },
    /// A Ceph image that pods must not mount together, unless all of them only read.
    Rbd {
        /// Addresses of the cluster's monitors.
        monitors: List<Name>,
        /// The pool.
        pool: Name,
        /// The image.
        image: Name,
        /// Mounted for reading only.
        read_only: bool,
    },
}

/// What a claim asks for: the `spec` of a PersistentVolumeClaim, or of a template for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSpec {
    /// Its StorageClass; none for the default one, empty for no class.
    pub storage_class_name: Option<Name>,
    /// The volume that it is bound to, or is to be.
    pub volume_name: Option<Name>,
    /// `ReadWriteOnce` and the like.
    pub access_modes: List<Name>,
    /// How much.
    pub resources: ClaimResources,
    /// Which volumes it takes.
    pub selector: Option<LabelSelector>,
    /// `Filesystem` where it is absent.
    pub volume_mode: Option<Name>,
    /// Its VolumeAttributesClass.
    pub volume_attributes_class_name: Option<Name>,
}

/// `resources` of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimResources {
    /// What it requests.
    pub requests: Option<ClaimRequests>,
}

/// A resource list of which only storage matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimRequests {
    /// Bytes of storage.
    pub storage: Option<Quantity>,
}

/// A volume of a kind that Kubernetes once served itself, in a pod or in a PersistentVolume:
/// what of it becomes a CSI volume's handle ([`crate::decode::csi_migration`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InTreeVolume {
    /// `awsElasticBlockStore`.
    AwsElasticBlockStore {
        /// `vol-...`, alone or in a URL `aws://ZONE/vol-...`.
        volume_id: Name,
    },
    /// `gcePersistentDisk`.
    GcePersistentDisk {
        /// The disk's name.
        pd_name: Name,
        /// Mounted for reading only.
        read_only: bool,
    },
    /// `azureDisk`.
    AzureDisk {
        /// The disk's URI.
        data_disk_uri: Name,
        /// `Managed`, `Shared` or `Dedicated`; none counts as managed.
        kind: Option<Name>,
    },
    /// `azureFile`: never counted and never translated by the scheduler.
    AzureFile,
    /// `cinder`.
    Cinder {
        /// The volume's id.
        volume_id: Name,
    },
    /// `vsphereVolume`: never counted and never translated by the scheduler.
    Vsphere,
    /// `portworxVolume`.
    Portworx {
        /// The volume's id.
        volume_id: Name,
    },
}

/// The fields of a volume (in a pod or a PersistentVolume) that hold an in-tree source.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireInTreeVolume {
    aws_elastic_block_store: Option<WireDisk>,
    gce_persistent_disk: Option<WireDisk>,
    azure_disk: Option<WireDisk>,
    azure_file: Option<serde::de::IgnoredAny>,
    cinder: Option<WireDisk>,
    vsphere_volume: Option<serde::de::IgnoredAny>,
    portworx_volume: Option<WireDisk>,
}

/// All in-tree disks at once: each has its own word for the disk.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireDisk {
    #[serde(alias = "volumeID", alias = "pdName", rename = "diskURI")]
    disk: Name,
    read_only: Option<bool>,
    kind: Option<Name>,
}

impl WireInTreeVolume {
    pub(crate) fn volume(&self) -> Option<InTreeVolume> {
        if let Some(disk) = &self.aws_elastic_block_store {
            return Some(InTreeVolume::AwsElasticBlockStore { volume_id: disk.disk });
        }
        if let Some(disk) = &self.gce_persistent_disk {
            let read_only = disk.read_only.unwrap_or_default();
            return Some(InTreeVolume::GcePersistentDisk { pd_name: disk.disk, read_only });
        }
        if let Some(disk) = &self.azure_disk {
            return Some(InTreeVolume::AzureDisk { data_disk_uri: disk.disk, kind: disk.kind });
        }
        if self.azure_file.is_some() {
            return Some(InTreeVolume::AzureFile);
        }
        if let Some(disk) = &self.cinder {
            return Some(InTreeVolume::Cinder { volume_id: disk.disk });
        }
        if self.vsphere_volume.is_some() {
            return Some(InTreeVolume::Vsphere);
        }
        self.portworx_volume.as_ref().map(|disk| InTreeVolume::Portworx { volume_id: disk.disk })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireVolume<'a> {
    // Interned only for a volume that is kept: a projected token's name is the pod's alone.
    #[serde(borrow)]
    name: Cow<'a, str>,
    persistent_volume_claim: Option<WireClaim>,
    ephemeral: Option<WireEphemeral>,
    empty_dir: Option<serde::de::IgnoredAny>,
    image: Option<WireImage>,
    iscsi: Option<WireIscsi>,
    rbd: Option<WireRbd>,
    // Not flattened: that would buffer every volume of every pod.
    aws_elastic_block_store: Option<WireDisk>,
    gce_persistent_disk: Option<WireDisk>,
    azure_disk: Option<WireDisk>,
    azure_file: Option<serde::de::IgnoredAny>,
    cinder: Option<WireDisk>,
    vsphere_volume: Option<serde::de::IgnoredAny>,
    portworx_volume: Option<WireDisk>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireClaim {
    claim_name: Name,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEphemeral {
    #[serde(default)]
    volume_claim_template: Option<WireClaimTemplate>,
}

#[derive(Deserialize)]
struct WireClaimTemplate {
    #[serde(default)]
    spec: Option<Box<ClaimSpec>>,
}

#[derive(Deserialize)]
struct WireImage {
    #[serde(default)]
    reference: Name,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireIscsi {
    #[serde(default)]
    iqn: Name,
    #[serde(default)]
    read_only: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRbd {
    #[serde(default)]
    monitors: List<Name>,
    #[serde(default)]
    pool: Option<Name>,
    #[serde(default)]
    image: Name,
    #[serde(default)]
    read_only: Option<bool>,
}

impl WireVolume<'_> {
    fn volume(self) -> Option<Volume> {
        let source = if let Some(claim) = self.persistent_volume_claim {
            VolumeSource::PersistentVolumeClaim(claim.claim_name)
        } else if let Some(ephemeral) = self.ephemeral {
            VolumeSource::Ephemeral(ephemeral.volume_claim_template.and_then(|template| template.spec))
        } else if let Some(iscsi) = self.iscsi {
            VolumeSource::Iscsi { iqn: iscsi.iqn, read_only: iscsi.read_only.unwrap_or_default() }
        } else if let Some(rbd) = self.rbd {
            VolumeSource::Rbd {
                monitors: rbd.monitors,
                // The API server's default.
                pool: rbd.pool.unwrap_or_else(|| name("rbd")),
                image: rbd.image,
                read_only: rbd.read_only.unwrap_or_default(),
            }
        } else {
            let in_tree = WireInTreeVolume {
                aws_elastic_block_store: self.aws_elastic_block_store,
                gce_persistent_disk: self.gce_persistent_disk,
                azure_disk: self.azure_disk,
                azure_file: self.azure_file,
                cinder: self.cinder,
                vsphere_volume: self.vsphere_volume,
                portworx_volume: self.portworx_volume,
            };
            VolumeSource::InTree(in_tree.volume()?)
        };
        Some(Volume { name: name(&self.name), source })
    }
}

impl<'de> Deserialize<'de> for Volumes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire: Option<Vec<WireVolume<'de>>> = Option::deserialize(deserializer)?;
        let wire = wire.unwrap_or_default();
        let empty_dir = wire.iter().any(|volume| volume.empty_dir.is_some());
        let images = wire.iter().filter_map(|volume| volume.image.as_ref()).map(|image| image.reference).collect();
        Ok(Self { volumes: wire.into_iter().filter_map(WireVolume::volume).collect(), empty_dir, images })
    }
}

impl Serialize for Volumes {
    /// As a pod has them; what was dropped while reading is not there, but for one `emptyDir` if there was any.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let images =
            self.images.iter().map(|reference| json!({ "name": "image", "image": { "reference": reference } }));
        let empty_dir = self.empty_dir.then(|| json!({ "name": "scratch", "emptyDir": {} }));
        serializer.collect_seq(self.volumes.iter().map(Volume::to_json).chain(images).chain(empty_dir))
    }
}

impl Volume {
    fn to_json(&self) -> Value {
        let (field, source) = match &self.source {
            VolumeSource::PersistentVolumeClaim(claim) => ("persistentVolumeClaim", json!({ "claimName": claim })),
            VolumeSource::Ephemeral(None) => ("ephemeral", json!({})),
            VolumeSource::Ephemeral(Some(spec)) => ("ephemeral", json!({ "volumeClaimTemplate": { "spec": spec } })),
            VolumeSource::Iscsi { iqn, read_only } => ("iscsi", json!({ "iqn": iqn, "readOnly": read_only })),
            VolumeSource::Rbd { monitors, pool, image, read_only } => {
                ("rbd", json!({ "monitors": monitors, "pool": pool, "image": image, "readOnly": read_only }))
            }
            VolumeSource::InTree(InTreeVolume::AwsElasticBlockStore { volume_id }) => {
                ("awsElasticBlockStore", json!({ "volumeID": volume_id }))
            }
            VolumeSource::InTree(InTreeVolume::GcePersistentDisk { pd_name, read_only }) => {
                ("gcePersistentDisk", json!({ "pdName": pd_name, "readOnly": read_only }))
            }
            VolumeSource::InTree(InTreeVolume::AzureDisk { data_disk_uri, kind }) => {
                ("azureDisk", json!({ "diskURI": data_disk_uri, "kind": kind }))
            }
            VolumeSource::InTree(InTreeVolume::AzureFile) => ("azureFile", json!({})),
            VolumeSource::InTree(InTreeVolume::Cinder { volume_id }) => ("cinder", json!({ "volumeID": volume_id })),
            VolumeSource::InTree(InTreeVolume::Vsphere) => ("vsphereVolume", json!({})),
            VolumeSource::InTree(InTreeVolume::Portworx { volume_id }) => {
                ("portworxVolume", json!({ "volumeID": volume_id }))
            }
        };
        json!({ "name": self.name, field: source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(volumes: &str, has_empty_dir: bool, kept: usize) {
        let volumes: Volumes = serde_json::from_str(volumes).unwrap();
        assert_eq!((volumes.has_empty_dir(), volumes.iter().len()), (has_empty_dir, kept));
    }

    #[test]
    fn what_is_dropped_while_reading() {
        case(r#"[{"name": "a", "secret": {}}, {"name": "b", "persistentVolumeClaim": {"claimName": "c"}}]"#, false, 1);
        case(r#"[{"name": "a", "emptyDir": {}}]"#, true, 0);
        case("null", false, 0);
    }
}
