//! In-tree volumes as the CSI volumes that replace them.
//!
//! Upstream k8s.io/csi-translation-lib: the driver of each in-tree plugin, the volume handle,
//! and the topology keys under which the driver knows a zone.

use std::collections::BTreeSet;
use std::fmt;

use super::storage::CsiNode;
use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::volume::InTreeVolume;

/// The stable label of a node's or volume's zone.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// The stable label of a node's or volume's region.
pub const REGION: &str = "topology.kubernetes.io/region";
/// The old label of a zone.
pub const BETA_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
/// The old label of a region.
pub const BETA_REGION: &str = "failure-domain.beta.kubernetes.io/region";
/// Between the zones of a volume that is in several.
pub const ZONE_DELIMITER: &str = "__";

/// Stands where a GCE volume handle has a project or zone that is not known.
const UNSPECIFIED: &str = "UNSPECIFIED";

/// A plugin that once served a kind of volume inside Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InTreePlugin {
    /// AWS Elastic Block Store.
    AwsEbs,
    /// GCE persistent disk.
    GcePd,
    /// Azure disk.
    AzureDisk,
    /// Azure file share.
    AzureFile,
    /// OpenStack Cinder.
    Cinder,
    /// vSphere virtual disk.
    Vsphere,
    /// Portworx.
    Portworx,
}

impl InTreePlugin {
    const ALL: [Self; 7] =
        [Self::AwsEbs, Self::GcePd, Self::AzureDisk, Self::AzureFile, Self::Cinder, Self::Vsphere, Self::Portworx];

    /// The plugin that serves `volume`.
    pub fn of(volume: &InTreeVolume) -> Self {
        match volume {
            InTreeVolume::AwsElasticBlockStore { .. } => Self::AwsEbs,
            InTreeVolume::GcePersistentDisk { .. } => Self::GcePd,
            InTreeVolume::AzureDisk { .. } => Self::AzureDisk,
            InTreeVolume::AzureFile => Self::AzureFile,
            InTreeVolume::Cinder { .. } => Self::Cinder,
            InTreeVolume::Vsphere => Self::Vsphere,
            InTreeVolume::Portworx { .. } => Self::Portworx,
        }
    }

    /// The plugin called `provisioner` (upstream IsMigratableIntreePluginByName).
    pub fn named(provisioner: Name) -> Option<Self> {
        Self::ALL.into_iter().find(|plugin| provisioner == plugin.name())
    }

    /// The plugin's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AwsEbs => "kubernetes.io/aws-ebs",
            Self::GcePd => "kubernetes.io/gce-pd",
            Self::AzureDisk => "kubernetes.io/azure-disk",
            Self::AzureFile => "kubernetes.io/azure-file",
            Self::Cinder => "kubernetes.io/cinder",
            Self::Vsphere => "kubernetes.io/vsphere-volume",
            Self::Portworx => "kubernetes.io/portworx-volume",
        }
    }

    /// The CSI driver in its place.
    pub fn driver(self) -> Name {
        name(match self {
            Self::AwsEbs => "ebs.csi.aws.com",
            Self::GcePd => "pd.csi.storage.gke.io",
            Self::AzureDisk => "disk.csi.azure.com",
            Self::AzureFile => "file.csi.azure.com",
            Self::Cinder => "cinder.csi.openstack.org",
            Self::Vsphere => "csi.vsphere.vmware.com",
            Self::Portworx => "pxd.portworx.com",
        })
    }

    /// The node label under which the driver knows a zone, where a volume's zone becomes one.
    pub fn topology_key(self) -> Option<Name> {
        match self {
            Self::AwsEbs => Some(name("topology.ebs.csi.aws.com/zone")),
            Self::GcePd => Some(name("topology.gke.io/zone")),
            Self::Cinder => Some(name("topology.cinder.csi.openstack.org/zone")),
            Self::AzureDisk | Self::AzureFile | Self::Vsphere | Self::Portworx => None,
        }
    }

    /// Whether the node attaches the plugin's volumes through the CSI driver, so that they count
    /// towards its limit (upstream plugins/nodevolumelimits/utils.go, isCSIMigrationOn).
    pub fn counts_as_csi(self, csi_node: Option<&CsiNode>, portworx: PortworxMigration) -> bool {
        let Some(csi_node) = csi_node else { return false };
        match self {
            Self::AwsEbs | Self::GcePd | Self::AzureDisk | Self::Cinder => true,
            Self::Portworx => portworx.complete || (portworx.gate && self.is_migrated_on(csi_node)),
            Self::AzureFile | Self::Vsphere => false,
        }
    }

    /// Whether the node affinity of the plugin's volumes is to be read as the CSI driver's on
    /// that node (upstream plugins/volumebinding/binder.go, tryTranslatePVToCSI).
    pub fn translates_on(self, csi_node: Option<&CsiNode>, portworx: PortworxMigration) -> bool {
        let gate = match self {
            Self::AwsEbs | Self::GcePd | Self::AzureDisk | Self::Cinder => true,
            Self::Portworx => portworx.complete || portworx.gate,
            Self::AzureFile | Self::Vsphere => false,
        };
        gate && csi_node.is_some_and(|csi_node| self.is_migrated_on(csi_node))
    }

    fn is_migrated_on(self, csi_node: &CsiNode) -> bool {
        csi_node.migrated_plugins.iter().any(|plugin| *plugin == self.name())
    }
}

/// How far Portworx's volumes have moved to CSI, the last to do so.
#[derive(Clone, Copy, Debug)]
pub struct PortworxMigration {
    /// The gate `CSIMigrationPortworx`: where the node says so.
    pub gate: bool,
    /// The gate is gone, and all of them have.
    pub complete: bool,
}

/// Why a volume has no CSI handle, in upstream's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Hash)]
#[non_exhaustive]
pub enum TranslationError {
    /// An EBS volume id in a URL that does not end in `vol-...`.
    #[error("failed to translate Kubernetes ID to EBS Volume ID Invalid format for AWS volume ({0})")]
    EbsVolumeId(Name),
    /// An Azure disk that is not a managed one.
    #[error("kind({0}) is not supported in csi migration")]
    AzureDiskKind(Name),
    /// A zone without the three parts of a GCE zone.
    #[error(
        "failed to get region from zones: zone in unexpected format, expected: {{locale}}-{{region}}-{{zone}}, got: {0}"
    )]
    GceZone(String),
    /// Zones of more than one region.
    #[error("failed to get region from zones: multiple or no regions gotten from zones, got: {0}")]
    GceRegions(GoSet),
    /// The scheduler translates no volumes of this kind.
    #[error("volumes of {0} are not translated")]
    Never(&'static str),
}

/// Strings, printed as Go prints a set of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GoSet(BTreeSet<String>);

impl fmt::Display for GoSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<String> = self.0.iter().map(|item| format!("{item}:{{}}")).collect();
        write!(f, "map[{}]", items.join(" "))
    }
}

/// The handle of a volume that a pod names itself (upstream TranslateInTreeInlineVolumeToCSI).
///
/// # Errors
/// The volume cannot be translated.
pub fn inline_handle(volume: &InTreeVolume) -> Result<Name, TranslationError> {
    handle(volume, &[])
}

/// The handle of a PersistentVolume with `labels` (upstream TranslateInTreePVToCSI).
///
/// # Errors
/// The volume cannot be translated.
pub fn volume_handle(volume: &InTreeVolume, labels: &Labels) -> Result<Name, TranslationError> {
    let label = |key| labels.get(name(key)).filter(|value| !value.is_empty());
    let zones: Vec<&str> = match label(BETA_ZONE).or_else(|| label(ZONE)) {
        Some(zones) => zones.as_str().split(ZONE_DELIMITER).collect(),
        None => Vec::new(),
    };
    handle(volume, &zones)
}

fn handle(volume: &InTreeVolume, zones: &[&str]) -> Result<Name, TranslationError> {
    match volume {
        InTreeVolume::AwsElasticBlockStore { volume_id } => ebs_volume_id(*volume_id),
        InTreeVolume::GcePersistentDisk { pd_name, .. } => {
            let place = match zones {
                [] => format!("zones/{UNSPECIFIED}"),
                [zone] => format!("zones/{zone}"),
                zones => format!("regions/{}", gce_region(zones)?),
            };
            Ok(name(&format!("projects/{UNSPECIFIED}/{place}/disks/{pd_name}")))
        }
        InTreeVolume::AzureDisk { data_disk_uri, kind } => match kind {
            Some(kind) if !kind.eq_ignore_ascii_case("Managed") => Err(TranslationError::AzureDiskKind(*kind)),
            _ => Ok(*data_disk_uri),
        },
        InTreeVolume::Cinder { volume_id } | InTreeVolume::Portworx { volume_id } => Ok(*volume_id),
        InTreeVolume::AzureFile | InTreeVolume::Vsphere => {
            Err(TranslationError::Never(InTreePlugin::of(volume).name()))
        }
    }
}

/// `vol-...` of `aws://ZONE/vol-...`; anything but such a URL is taken for the id (upstream
/// plugins/aws_ebs.go, KubernetesVolumeIDToEBSVolumeID).
fn ebs_volume_id(id: Name) -> Result<Name, TranslationError> {
    let Some(rest) = id.as_str().strip_prefix("aws://") else { return Ok(id) };
    let without_query = rest.split(['?', '#']).next().unwrap_or_default();
    let path = without_query.split_once('/').map_or("", |(_, path)| path).trim_matches('/');
    if path.starts_with("vol-") && !path.contains('/') {
        Ok(name(path))
    } else {
        Err(TranslationError::EbsVolumeId(id))
    }
}

/// Upstream plugins/gce_pd.go, gceGetRegionFromZones.
fn gce_region(zones: &[&str]) -> Result<String, TranslationError> {
    let mut regions = BTreeSet::new();
    for zone in zones {
        match zone.split('-').collect::<Vec<_>>().as_slice() {
            [locale, region, _] => regions.insert(format!("{locale}-{region}")),
            _ => return Err(TranslationError::GceZone((*zone).to_owned())),
        };
    }
    if let (1, Some(region)) = (regions.len(), regions.first()) {
        return Ok(region.clone());
    }
    Err(TranslationError::GceRegions(GoSet(regions)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(volume: InTreeVolume, zones: &[&str], expected: Result<&str, &str>) {
        let actual = handle(&volume, zones).map_err(|error| error.to_string());
        assert_eq!(actual.as_deref().map_err(String::as_str), expected);
    }

    fn ebs(volume_id: &str) -> InTreeVolume {
        InTreeVolume::AwsElasticBlockStore { volume_id: name(volume_id) }
    }

    #[test]
    fn ebs_ids_come_bare_or_in_a_url() {
        case(ebs("vol-1"), &[], Ok("vol-1"));
        case(ebs("anything"), &[], Ok("anything"));
        case(ebs("aws://eu-1a/vol-1"), &[], Ok("vol-1"));
        case(ebs("aws:///vol-1/"), &[], Ok("vol-1"));
        let invalid = "failed to translate Kubernetes ID to EBS Volume ID Invalid format for AWS volume";
        case(ebs("aws://eu-1a/disk-1"), &[], Err(&format!("{invalid} (aws://eu-1a/disk-1)")));
        case(ebs("aws://a/b/vol-1"), &[], Err(&format!("{invalid} (aws://a/b/vol-1)")));
        case(ebs("aws://vol-1"), &[], Err(&format!("{invalid} (aws://vol-1)")));
    }

    #[test]
    fn gce_handles_carry_zone_or_region() {
        let disk = InTreeVolume::GcePersistentDisk { pd_name: name("d"), read_only: false };
        case(disk, &[], Ok("projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d"));
        case(disk, &["eu-west1-a"], Ok("projects/UNSPECIFIED/zones/eu-west1-a/disks/d"));
        case(disk, &["eu-west1-a", "eu-west1-b"], Ok("projects/UNSPECIFIED/regions/eu-west1/disks/d"));
        let failed = "failed to get region from zones: ";
        let several = "multiple or no regions gotten from zones, got: map[eu-1:{} us-2:{}]";
        case(disk, &["us-2-a", "eu-1-b"], Err(&format!("{failed}{several}")));
        let unexpected = "zone in unexpected format, expected: {locale}-{region}-{zone}, got: x";
        case(disk, &["x", "eu-1-b"], Err(&format!("{failed}{unexpected}")));
    }

    #[test]
    fn only_managed_azure_disks_move() {
        let disk = |kind: Option<&str>| InTreeVolume::AzureDisk { data_disk_uri: name("uri"), kind: kind.map(name) };
        case(disk(None), &[], Ok("uri"));
        case(disk(Some("managed")), &[], Ok("uri"));
        case(disk(Some("Shared")), &[], Err("kind(Shared) is not supported in csi migration"));
    }
}
