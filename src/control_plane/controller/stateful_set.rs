//! StatefulSet: pods with numbers, each with claims of its own (upstream
//! pkg/controller/statefulset/stateful_set_utils.go, newStatefulSetPod).
//!
//! With `podManagementPolicy: OrderedReady` a pod is made only when the one before it is ready;
//! here all of them are, as if each became ready.

use std::ops::Range;
use std::sync::Arc;

use super::super::create::NewPods;
use super::{labels, owner, template};
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::api::volume::{Volume, VolumeSource};
use crate::decode::pod::PodOwn;
use crate::decode::storage::PersistentVolumeClaim;
use crate::decode::workload::Workload;
use crate::state::Cluster;

/// The pods of the first `count` numbers.
pub(super) fn pods(cluster: &Cluster, set: &Workload, count: usize) -> Vec<NewPods> {
    let first = i64::from(set.first_ordinal);
    numbered(cluster, set, first..first.saturating_add_unsigned(count as u64))
}

/// The pod of the first number that has none.
pub(super) fn next(cluster: &Cluster, set: &Workload) -> NewPods {
    let first = i64::from(set.first_ordinal);
    // There are no more numbers taken than there are pods.
    let last = first.saturating_add_unsigned(cluster.pods().len() as u64);
    let free = (first..=last).find(|ordinal| cluster.pod_named(key(set, *ordinal)).is_none()).unwrap_or(last);
    numbered(cluster, set, free..free.saturating_add(1)).pop().unwrap_or_default()
}

/// The pod of the number at the end of its name; none for one that has not the set's name.
pub(super) fn called(cluster: &Cluster, set: &Workload, pod: Name) -> Option<NewPods> {
    let (of, number) = pod.rsplit_once('-')?;
    let ordinal: i64 = number.parse().ok().filter(|_| of == set.key.name.as_str())?;
    numbered(cluster, set, ordinal..ordinal.saturating_add(1)).pop()
}

/// Pods without claims differ in nothing but names and labels, and are made together.
fn numbered(cluster: &Cluster, set: &Workload, ordinals: Range<i64>) -> Vec<NewPods> {
    let labels = labels(set);
    let own =
        |ordinal| PodOwn::fresh(key(set, ordinal), Arc::new(with_number(set, &labels, ordinal)), Some(owner(set)));
    let there = |ordinal| cluster.pod_named(key(set, ordinal)).map(|pod| pod.id);
    if set.claim_templates.is_empty() {
        return vec![NewPods {
            own: ordinals.clone().map(own).collect(),
            template: template(cluster, set, set.template.spec.clone()),
            replaces: ordinals.filter_map(there).collect(),
            claims: Vec::new(),
        }];
    }
    ordinals
        .map(|ordinal| {
            let claims = claims(set, ordinal);
            let mut spec = set.template.spec.clone();
            mount(&mut spec, set, &claims);
            NewPods {
                own: vec![own(ordinal)],
                template: template(cluster, set, spec),
                replaces: there(ordinal).into_iter().collect(),
                claims,
            }
        })
        .collect()
}

fn key(set: &Workload, ordinal: i64) -> ObjectKey {
    ObjectKey::new(set.key.namespace, pod_name(set, ordinal))
}

fn pod_name(set: &Workload, ordinal: i64) -> Name {
    name(&format!("{}-{ordinal}", set.key.name))
}

/// initIdentity and updateIdentity.
fn with_number(set: &Workload, labels: &Labels, ordinal: i64) -> Labels {
    let number = [
        (name("statefulset.kubernetes.io/pod-name"), pod_name(set, ordinal)),
        (name("apps.kubernetes.io/pod-index"), name(&ordinal.to_string())),
    ];
    labels.iter().chain(number).collect()
}

/// getPersistentVolumeClaims: `TEMPLATE-SET-NUMBER`.
fn claims(set: &Workload, ordinal: i64) -> Vec<PersistentVolumeClaim> {
    let of = |claim: &PersistentVolumeClaim| {
        let key = name(&format!("{}-{}", claim.key.name, pod_name(set, ordinal)));
        PersistentVolumeClaim { key: ObjectKey::new(set.key.namespace, key), ..claim.clone() }
    };
    set.claim_templates.iter().map(of).collect()
}

/// Mounts the claims of the pod called `pod`, if the number in its name tells which.
pub(super) fn mount_claims_of(spec: &mut PodSpec, set: &Workload, pod: Name) {
    let number = pod.rsplit_once('-').and_then(|(_, number)| number.parse().ok());
    if let Some(number) = number.filter(|_| !set.claim_templates.is_empty()) {
        mount(spec, set, &claims(set, number));
    }
}

/// updateStorage: the claims come in the place of volumes of the same names.
fn mount(spec: &mut PodSpec, set: &Workload, claims: &[PersistentVolumeClaim]) {
    let names: Vec<Name> = set.claim_templates.iter().map(|template| template.key.name).collect();
    let others = spec.volumes.iter().filter(|volume| !names.contains(&volume.name)).cloned();
    let mounted = names
        .iter()
        .zip(claims)
        .map(|(volume, claim)| Volume { name: *volume, source: VolumeSource::PersistentVolumeClaim(claim.key.name) });
    spec.volumes = spec.volumes.with(others.chain(mounted));
}
