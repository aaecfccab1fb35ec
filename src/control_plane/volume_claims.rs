//! PersistentVolumeClaims that are made with pods: a StatefulSet's before its pod, those of generic ephemeral volumes
//! behind it. The quotas of the namespace are asked for each.

use std::sync::Arc;

use super::admission::{self, AdmissionRefusal};
use crate::api::meta::ObjectKey;
use crate::api::pod_spec::PodSpec;
use crate::api::volume::VolumeSource;
use crate::decode::pod::PodOwn;
use crate::decode::storage::PersistentVolumeClaim;
use crate::state::Cluster;

/// Claims that were made, to be taken back.
#[derive(Clone, Debug, Default)]
pub struct MadeClaims {
    made: Vec<ObjectKey>,
    /// Claims of earlier pods of the same name, in whose place they came.
    replaced: Vec<Arc<PersistentVolumeClaim>>,
}

impl MadeClaims {
    /// Takes them out of the state again.
    pub fn undo(self, cluster: &mut Cluster) {
        for claim in self.made {
            cluster.storage.remove_claim(claim);
        }
        for claim in self.replaced {
            cluster.storage.replace_claim(claim);
        }
    }

    /// Takes in what was made behind it.
    pub fn extend(&mut self, later: Self) {
        self.made.extend(later.made);
        self.replaced.extend(later.replaced);
    }
}

/// Makes those of `claims` that do not exist, before their `pod`. Upstream
/// pkg/controller/statefulset/stateful_pod_control.go, createPersistentVolumeClaims: where one is refused the others are
/// made all the same, and the pod is not.
///
/// # Errors
/// The first refusal.
pub fn make_before(
    cluster: &mut Cluster,
    pod: ObjectKey,
    claims: Vec<PersistentVolumeClaim>,
) -> (MadeClaims, Option<AdmissionRefusal>) {
    let (mut all, mut refused) = (MadeClaims::default(), None);
    for claim in claims {
        if cluster.storage.claim(claim.key).is_none() {
            match make(cluster, pod, claim) {
                Ok(made) => all.made.push(made),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
    }
    (all, refused)
}

/// Makes the claims of the generic ephemeral volumes of a new pod (upstream
/// pkg/controller/volume/ephemeral/controller.go, handleVolume). The claim of an earlier pod of its name goes with that
/// pod. A claim that a quota refuses is not made: the pod waits for it.
pub fn make_ephemeral(cluster: &mut Cluster, own: &PodOwn, spec: &PodSpec) -> MadeClaims {
    let mut all = MadeClaims::default();
    for volume in &spec.volumes {
        let VolumeSource::Ephemeral(Some(template)) = &volume.source else { continue };
        let Some(key) = volume.claim_of(own.key) else { continue };
        let there = cluster.storage.claim(key);
        // Somebody else's claim of that name is in the way, and stays.
        if there.is_some_and(|claim| claim.controller_uid.is_none() || claim.is_for(own)) {
            continue;
        }
        let claim =
            PersistentVolumeClaim { controller_uid: Some(own.uid), ..PersistentVolumeClaim::new(key, template) };
        if there.is_some() {
            // What it is charged, the one before it was.
            let claim = Arc::new(cluster.storage.with_default_class(claim));
            all.replaced.extend(cluster.storage.replace_claim(claim));
        } else if let Ok(made) = make(cluster, own.key, claim) {
            all.made.push(made);
        }
    }
    all
}

fn make(cluster: &mut Cluster, pod: ObjectKey, claim: PersistentVolumeClaim) -> Result<ObjectKey, AdmissionRefusal> {
    let claim = cluster.storage.with_default_class(claim);
    admission::charge_claim(cluster, pod, &claim)?;
    let key = claim.key;
    cluster.storage.create_claim(claim);
    Ok(key)
}
