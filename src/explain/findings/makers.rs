//! Who makes what is missing: StatefulSets their claims, device plugins their devices.

use std::collections::BTreeSet;

use super::Finding;
use crate::api::{Name, ObjectKey};
use crate::decode::Kind;
use crate::decode::pod::PodPhase;
use crate::decode::workload::{WorkloadKey, WorkloadKind};
use crate::explain::suggest::quantity;
use crate::framework::placement::NodePlacement;
use crate::framework::{Placement, Reason};
use crate::source::redact;
use crate::state::{Cluster, Pod};

/// Resources and values that are named.
const MOST: usize = 5;

/// Claims of the pod that do not exist: who creates each; under another scheduler also that it is missing.
pub(super) fn claims(placement: &Placement, cluster: &Cluster, pod: &Pod) -> Vec<Finding> {
    let known = cluster.holds(Kind::PersistentVolumeClaim);
    if cluster.node_of(pod.id).is_some() {
        return Vec::new();
    }
    let key = pod.key();
    let missing =
        pod.spec().volumes.iter().filter(|volume| !volume.is_ephemeral()).filter_map(|volume| volume.claim_of(key));
    let is_foreign = !placement.errors.is_empty() && placement.message.is_none();
    missing
        .filter(|claim| cluster.storage().claim(*claim).is_none())
        .filter_map(|claim| match stateful_set(cluster, pod, claim) {
            Some(_) if !known => None,
            Some(stateful_set) => Some(Finding::ClaimOfStatefulSet { claim, stateful_set, pod: key }),
            None => is_foreign.then_some(Finding::ClaimMissing { claim, known }),
        })
        .collect()
}

/// The StatefulSet of the pod, if it has a template for the claim: `TEMPLATE-POD` (upstream
/// pkg/controller/statefulset/stateful_set_utils.go, getPersistentVolumeClaimName).
fn stateful_set(cluster: &Cluster, pod: &Pod, claim: ObjectKey) -> Option<ObjectKey> {
    let owner = pod.own.controller.as_ref().filter(|owner| owner.kind == "StatefulSet")?;
    let key = ObjectKey::new(pod.key().namespace, owner.name);
    let template = claim.name.as_str().strip_suffix(pod.key().name.as_str())?.strip_suffix('-')?;
    let set = cluster.workload(WorkloadKey { kind: WorkloadKind::StatefulSet, key });
    // Without the set in the state its name in the claim's says enough.
    let has_template = set.is_none_or(|set| set.claim_templates.iter().any(|claim| claim.key.name == template));
    has_template.then_some(key)
}

/// Devices that are there and cannot be used, and what nodes offer instead of a resource that none has.
pub(super) fn resources(placement: &Placement, cluster: &Cluster) -> Vec<Finding> {
    let mut wanted: BTreeSet<Name> = BTreeSet::new();
    for reason in placement.nodes.iter().flat_map(|node| &node.filters).flat_map(|filter| &filter.rejection.reasons) {
        if let Reason::InsufficientResource { resource, .. } = reason {
            wanted.insert(*resource);
        }
    }
    let mut found = Vec::new();
    for resource in wanted {
        let unusable = cluster.nodes().iter().filter_map(|node| {
            let (_, capacity) = node.node.unusable.iter().find(|(other, _)| *other == resource)?;
            Some((node, *capacity))
        });
        let unusable: Vec<_> = unusable.collect();
        if let Some((node, capacity)) = unusable.first() {
            found.push(Finding::DevicesUnhealthy {
                node: node.name(),
                resource,
                capacity: quantity(resource, *capacity).to_string(),
                allocatable: quantity(resource, node.node.allocatable.scalars.get(resource)).to_string(),
                nodes: unusable.len(),
            });
            continue;
        }
        let offered = offered_instead(cluster, resource);
        if !offered.is_empty() {
            found.push(Finding::OtherResourcesOffered { resource, offered });
        }
    }
    found
}

/// Resources of the same vendor that nodes offer, where none offers `resource`.
pub(crate) fn offered_instead(cluster: &Cluster, resource: Name) -> Vec<Name> {
    // In a redacted state all renamed resources have one domain, whatever their vendors.
    if resource.starts_with(redact::DOMAIN) {
        return Vec::new();
    }
    let Some((vendor, _)) = resource.split_once('/') else { return Vec::new() };
    let mut offered: BTreeSet<Name> = BTreeSet::new();
    for node in cluster.nodes() {
        let scalars = &node.node.allocatable.scalars;
        if scalars.get(resource) > 0 {
            return Vec::new();
        }
        let same =
            |(other, amount): &(Name, i64)| *amount > 0 && other.split_once('/').is_some_and(|(of, _)| of == vendor);
        offered.extend(scalars.iter().filter(same).map(|(other, _)| other));
    }
    offered.into_iter().take(MOST).collect()
}

/// Labels of `nodeSelector` without a value: YAML's `key:` and `key: ""` mean a label that is empty.
pub(super) fn selectors(placement: &Placement, cluster: &Cluster, pod: &Pod) -> Vec<Finding> {
    let rejects = placement.nodes.iter().flat_map(NodePlacement::reasons);
    let mut rejects = rejects.filter(|reason| matches!(reason, Reason::NodeAffinityMismatch { .. }));
    if rejects.next().is_none() {
        return Vec::new();
    }
    let empty = pod.spec().node_selector.iter().filter(|(_, value)| value.is_empty());
    empty
        .filter_map(|(key, _)| {
            let values: BTreeSet<Name> = cluster.nodes().iter().filter_map(|node| node.node.labels.get(key)).collect();
            let values: Vec<Name> = values.into_iter().filter(|value| !value.is_empty()).take(MOST).collect();
            (!values.is_empty()).then_some(Finding::EmptySelectorValue { key, values })
        })
        .collect()
}

/// Of a pod that has a node and has not started there: drivers of its volumes that report no limit, so that one more
/// volume can be one too many (upstream nodevolumelimits/csi.go, Filter: no allocatable count, no limit).
pub(super) fn limits(placement: &Placement, cluster: &Cluster, pod: &Pod) -> Vec<Finding> {
    if placement.current.is_none() || pod.own.phase != PodPhase::Pending || pod.own.start_time.is_some() {
        return Vec::new();
    }
    let mut drivers: BTreeSet<Name> = BTreeSet::new();
    for claim in pod.spec().volumes.iter().filter_map(|volume| volume.claim_of(pod.key())) {
        let Some(claim) = cluster.storage().claim(claim) else { continue };
        drivers.extend(cluster.storage().class(claim.class).map(|class| class.provisioner));
    }
    drivers
        .into_iter()
        .filter_map(|driver| {
            let reports = cluster.nodes().iter().filter_map(|node| cluster.storage().csi_node(node.name()));
            let runs: Vec<_> = reports.filter(|node| node.drivers.contains(&driver)).collect();
            let none = !runs.is_empty() && runs.iter().all(|node| node.limit(driver).is_none());
            none.then_some(Finding::DriverWithoutLimit { driver, nodes: runs.len() })
        })
        .collect()
}
