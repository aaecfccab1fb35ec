//! VolumeRestrictions: disks and claims that pods cannot share.
//!
//! Disks that a pod names itself (GCE, EBS, iSCSI, RBD) are checked against the pods of each node;
//! a claim with access mode ReadWriteOncePod against those of the whole cluster.
//! <https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes>; upstream
//! plugins/volumerestrictions/volume_restrictions.go.

use std::sync::Arc;

use super::volume_state::{self, Lookup};
use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::volume::{InTreeVolume, Volume, VolumeSource};
use crate::framework::volume_reason::{ClaimInUse, VolumeReason};
use crate::framework::{
    Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter, Plugin, PreFilter,
    PreFilterPlugin, Reason, Rejection, points,
};
use crate::state::{Cluster, NodeInfo, Pod};

const NAME: &str = "VolumeRestrictions";

/// The plugin.
pub struct VolumeRestrictions;

impl Plugin for VolumeRestrictions {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(pre_filter, filter, incremental);
}

impl IncrementalPlugin for VolumeRestrictions {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::skip_only_if(matches!(PreFilterPlugin::pre_filter(self, cycle), PreFilter::Skip))
    }
}

impl PreFilterPlugin for VolumeRestrictions {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        let claims = match read_write_once_pod_claims(cycle) {
            Ok(claims) => claims,
            Err(reason) => return PreFilter::Reject(Rejection::unresolvable(Reason::Volume(reason))),
        };
        let in_use = claims.iter().filter(|claim| cycle.cluster.is_claim_in_use(**claim)).count() as i64;
        let names_disks = cycle.pod.spec().volumes.iter().any(is_exclusive_disk);
        if in_use == 0 && !names_disks {
            return PreFilter::Skip;
        }
        let claims = Some(ClaimUse { claims: claims.into(), references: in_use });
        PreFilter::run(Filter::of(cycle, claims))
    }
}

impl FilterPlugin for VolumeRestrictions {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Filter::of(cycle, None))
    }
}

/// The pod's claims with ReadWriteOncePod, each once.
fn read_write_once_pod_claims(cycle: Cycle<'_>) -> Result<Vec<ObjectKey>, VolumeReason> {
    let mut claims = Vec::new();
    for name in cycle.pod.class.claim_names() {
        let key = ObjectKey::new(cycle.pod.own.key.namespace, name);
        match volume_state::claim(cycle, key, NAME) {
            Lookup::Found(claim) if claim.is_read_write_once_pod() && !claims.contains(&key) => claims.push(key),
            Lookup::Found(_) | Lookup::Unknown => {}
            Lookup::Missing => return Err(VolumeReason::ClaimNotFound { claim: key }),
        }
    }
    Ok(claims)
}

/// Upstream needsRestrictionsCheck.
fn is_exclusive_disk(volume: &Volume) -> bool {
    match &volume.source {
        VolumeSource::Iscsi { .. } | VolumeSource::Rbd { .. } => true,
        VolumeSource::InTree(disk) => {
            matches!(disk, InTreeVolume::AwsElasticBlockStore { .. } | InTreeVolume::GcePersistentDisk { .. })
        }
        VolumeSource::PersistentVolumeClaim(_) | VolumeSource::Ephemeral(_) => false,
    }
}

/// Whether two pods cannot both have these volumes (upstream isVolumeConflict).
fn conflict(one: &VolumeSource, other: &VolumeSource) -> bool {
    use InTreeVolume::{AwsElasticBlockStore, GcePersistentDisk};
    match (one, other) {
        (VolumeSource::InTree(one), VolumeSource::InTree(other)) => match (one, other) {
            (
                GcePersistentDisk { pd_name: one, read_only: one_reads },
                GcePersistentDisk { pd_name: other, read_only: other_reads },
            ) => one == other && !(*one_reads && *other_reads),
            (AwsElasticBlockStore { volume_id: one }, AwsElasticBlockStore { volume_id: other }) => one == other,
            _ => false,
        },
        (
            VolumeSource::Iscsi { iqn: one, read_only: one_reads },
            VolumeSource::Iscsi { iqn: other, read_only: other_reads },
        ) => one == other && !(*one_reads && *other_reads),
        (
            VolumeSource::Rbd { monitors, pool, image, read_only },
            VolumeSource::Rbd { monitors: others, pool: other_pool, image: other_image, read_only: other_reads },
        ) => {
            let same_image = pool == other_pool && image == other_image;
            same_image && !(*read_only && *other_reads) && monitors.iter().any(|monitor| others.contains(monitor))
        }
        _ => false,
    }
}

/// The claims that one pod may use, and how many references of pods on nodes stand against it.
#[derive(Clone)]
struct ClaimUse {
    claims: Arc<[ObjectKey]>,
    /// One for each claim in use at first; then every volume of a pod that comes or goes counts
    /// (upstream preFilterState, conflictingPVCRefCount).
    references: i64,
}

impl ClaimUse {
    /// Upstream compares names alone (conflictingPVCRefCountForPod): a pod of another namespace
    /// whose claim has the same name counts when it goes, though it was not counted before.
    fn count(&mut self, pod: &Pod, sign: i64) {
        let is_ours = |name: &Name| self.claims.iter().any(|claim| claim.name == *name);
        self.references += sign * pod.class.claim_names().filter(is_ours).count() as i64;
    }
}

#[derive(Clone)]
struct Filter<'a> {
    cluster: &'a Cluster,
    pod: &'a Pod,
    /// None when PreFilter did not run.
    claims: Option<ClaimUse>,
    /// [`crate::config::Behaviour::read_write_once_pod_reason_names_same_claim`].
    same_name: bool,
}

impl<'a> Filter<'a> {
    fn of(cycle: Cycle<'a>, claims: Option<ClaimUse>) -> Self {
        let same_name = cycle.behaviour.read_write_once_pod_reason_names_same_claim;
        Self { cluster: cycle.cluster, pod: cycle.pod, claims, same_name }
    }
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if let Some((volume, pod)) = self.disk_conflict(node) {
            let reason = VolumeReason::DiskConflict { volume: volume.name, pod: pod.key() };
            return Err(Rejection::unschedulable(Reason::Volume(reason)));
        }
        let Some(claims) = &self.claims else {
            return Err(Rejection::error(format!("cannot read \"PreFilter{NAME}\" from cycleState")));
        };
        if claims.references > 0 {
            let claims = self.claims_in_use(&claims.claims);
            let reason = VolumeReason::ReadWriteOncePodConflict { claims, same_name: self.same_name };
            return Err(Rejection::unschedulable(Reason::Volume(reason)));
        }
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn NodeFilter + '_>> {
        Some(Box::new(self.clone()))
    }

    fn add_pod(&mut self, pod: &Pod, _node: &NodeInfo) {
        if let Some(claims) = &mut self.claims {
            claims.count(pod, 1);
        }
    }

    fn remove_pod(&mut self, pod: &Pod, _node: &NodeInfo) {
        if let Some(claims) = &mut self.claims {
            claims.count(pod, -1);
        }
    }
}

impl<'a> Filter<'a> {
    fn disk_conflict(&self, node: &NodeInfo) -> Option<(&'a Volume, &'a Pod)> {
        let disks = self.pod.spec().volumes.iter().filter(|volume| is_exclusive_disk(volume));
        disks.into_iter().find_map(|disk| {
            let pods = node.pods.iter().map(|id| self.cluster.pod(*id));
            let mut in_the_way =
                pods.filter(|pod| pod.spec().volumes.iter().any(|other| conflict(&disk.source, &other.source)));
            Some((disk, in_the_way.next()?))
        })
    }

    fn claims_in_use(&self, claims: &[ObjectKey]) -> Vec<ClaimInUse> {
        let in_use = claims.iter().filter(|claim| self.cluster.is_claim_in_use(**claim));
        in_use
            .map(|claim| ClaimInUse {
                claim: *claim,
                pods: self
                    .cluster
                    .storage()
                    .claim_users(*claim)
                    .iter()
                    .map(|pod| self.cluster.pod(*pod).key())
                    .collect(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::volume::Volumes;

    #[track_caller]
    fn case(one: &str, other: &str, expected: bool) {
        let volume =
            |source: &str| -> Volumes { serde_json::from_str(&format!(r#"[{{"name":"v",{source}}}]"#)).unwrap() };
        let (one, other) = (volume(one), volume(other));
        let sources = (&one.iter().next().unwrap().source, &other.iter().next().unwrap().source);
        assert_eq!(conflict(sources.0, sources.1), expected);
        assert_eq!(conflict(sources.1, sources.0), expected);
    }

    #[test]
    fn disks_are_shared_by_readers_only() {
        let gce = |read: bool| format!(r#""gcePersistentDisk":{{"pdName":"d","readOnly":{read}}}"#);
        case(&gce(false), &gce(true), true);
        case(&gce(true), &gce(true), false);
        case(&gce(false), r#""gcePersistentDisk":{"pdName":"e"}"#, false);
        let ebs = r#""awsElasticBlockStore":{"volumeID":"d","readOnly":true}"#;
        case(ebs, ebs, true);
        case(ebs, &gce(false), false);
        case(r#""iscsi":{"iqn":"q"}"#, r#""iscsi":{"iqn":"q","readOnly":true}"#, true);
        let rbd = |monitors: &str, rest: &str| format!(r#""rbd":{{"monitors":{monitors},"image":"i"{rest}}}"#);
        case(&rbd(r#"["a","b"]"#, ""), &rbd(r#"["b","c"]"#, r#","pool":"rbd""#), true);
        case(&rbd(r#"["a"]"#, ""), &rbd(r#"["b"]"#, ""), false);
        case(&rbd(r#"["a"]"#, ""), &rbd(r#"["a"]"#, r#","pool":"p""#), false);
        case(&rbd(r#"["a"]"#, r#","readOnly":true"#), &rbd(r#"["a"]"#, r#","readOnly":true"#), false);
    }
}
