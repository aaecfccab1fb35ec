//! What a pod's volumes ask of a node (sigs.k8s.io/karpenter v1.15 `pkg/controllers/provisioning/scheduling/volumetopology.go`,
//! `pkg/scheduling/volumeusage.go`).

use super::pods::Disks;
use super::requirement::{HOSTNAME, Requirement, Requirements, Words};
use crate::api::name::{Name, name};
use crate::decode::csi_migration::InTreePlugin;
use crate::decode::storage::{BindingMode, PersistentVolumeClaim, VolumeTopology};
use crate::state::Cluster;
use crate::state::pod::Pod;
use crate::state::storage::Storage;

/// The claims behind a pod's volumes; none for one that is not there.
fn claims<'a>(cluster: &'a Cluster, pod: &Pod) -> Vec<Option<&'a PersistentVolumeClaim>> {
    let keys = pod.spec().volumes.iter().filter_map(|volume| volume.claim_of(pod.key()));
    keys.map(|key| cluster.storage().claim(key)).collect()
}

/// ValidatePersistentVolumeClaims: whether Karpenter looks at the pod at all.
pub(super) fn refused(cluster: &Cluster, pod: &Pod) -> Option<String> {
    claims(cluster, pod).into_iter().find_map(|claim| {
        let Some(claim) = claim else { return Some("a persistentvolumeclaim is not there".to_owned()) };
        let of = |what: &str| Some(format!("{what} (PersistentVolumeClaim={})", claim.key));
        if claim.terminating {
            return of("persistentvolumeclaim is being deleted");
        }
        if claim.lost {
            return of("persistentvolumeclaim bound to non-existent persistentvolume");
        }
        if !claim.volume_name.is_empty() {
            return match cluster.storage().volume(claim.volume_name) {
                None => of("failed to validate pvc, the persistentvolume is not there"),
                Some(volume) if volume.terminating => of("failed to validate pvc, persistentvolume is being deleted"),
                Some(_) if !claim.bind_completed => {
                    of("pvc is considered unbound: pv.kubernetes.io/bind-completed is missing")
                }
                Some(_) => None,
            };
        }
        if claim.class.is_empty() {
            return of("unbound pvc must define a storage class");
        }
        match cluster.storage().class(claim.class) {
            None => of("failed to validate pvc, the storage class is not there"),
            Some(class) if class.binding_mode == Some(BindingMode::Immediate) => {
                of("failed to validate pvc, pvc with immediate volume binding mode must be bound")
            }
            Some(_) => None,
        }
    })
}

/// GetRequirements: the alternatives, each of which would do; none where volumes may be anywhere.
pub(super) fn alternatives(cluster: &Cluster, pod: &Pod, words: &Words) -> Vec<Requirements> {
    let mut found: Vec<Option<Requirements>> = vec![None];
    for claim in claims(cluster, pod).into_iter().flatten() {
        let more = of_claim(cluster.storage(), claim, words);
        if more.is_empty() {
            continue;
        }
        let pairs = || found.iter().flat_map(|known| more.iter().map(move |it| (known.as_ref(), it)));
        let merged = |(known, it): (Option<&Requirements>, &Requirements)| {
            let mut all = known.cloned().unwrap_or_default();
            all.add_all(it);
            Some(all)
        };
        let fitting: Vec<_> =
            pairs().filter(|(known, it)| known.is_none_or(|known| known.intersects(it))).map(merged).collect();
        found = if fitting.is_empty() { pairs().map(merged).collect() } else { fitting };
    }
    found.into_iter().flatten().collect()
}

fn of_claim(storage: &Storage, claim: &PersistentVolumeClaim, words: &Words) -> Vec<Requirements> {
    if claim.volume_name.is_empty() {
        let class = storage.class(claim.class);
        let terms = class.into_iter().flat_map(|class| &class.allowed_topologies);
        return terms
            .filter(|term| !term.match_label_expressions.is_empty())
            .map(|term| {
                let mut found = Requirements::default();
                for it in &term.match_label_expressions {
                    found.add(Requirement::is_in(words.normalize(it.key), it.values.iter().copied()));
                }
                found
            })
            .collect();
    }
    let Some(volume) = storage.volume(claim.volume_name) else { return Vec::new() };
    let terms = volume.topology.iter().flat_map(VolumeTopology::terms);
    terms
        .filter_map(|term| {
            let stays = volume.on_one_host;
            let expressions: Vec<_> =
                term.match_expressions.iter().filter(|it| !stays || it.key != HOSTNAME).cloned().collect();
            // The host of a local volume is no condition on a new node.
            if expressions.is_empty() && (!stays || term.match_expressions.is_empty()) {
                return None;
            }
            Some(Requirements::of_selector(words, &expressions))
        })
        .collect()
}

/// GetVolumes: what counts against the limits of drivers.
pub(super) fn disks(cluster: &Cluster, pod: &Pod) -> Disks {
    let mut disks = Disks::new();
    for claim in claims(cluster, pod).into_iter().flatten() {
        if let Some(driver) = driver(cluster.storage(), claim) {
            disks.entry(driver).or_default().insert(claim.key);
        }
    }
    disks
}

/// ResolveDriver.
fn driver(storage: &Storage, claim: &PersistentVolumeClaim) -> Option<Name> {
    if !claim.volume_name.is_empty() {
        let volume = storage.volume(claim.volume_name)?;
        let ebs = volume.in_tree.as_ref().filter(|it| it.plugin.name() == "kubernetes.io/aws-ebs");
        return volume.csi.map(|csi| csi.driver).or_else(|| ebs.map(|_| name("ebs.csi.aws.com")));
    }
    let provisioner = storage.class(claim.class)?.provisioner;
    Some(InTreePlugin::named(provisioner).map_or(provisioner, InTreePlugin::driver))
}
