//! What a cycle does not know of the group that its pod is in: a group of another version, one whose feature gate is
//! off, and what is not reproduced of groups.

use crate::api::scheduling_group::GroupKey;
use crate::config::Behaviour;
use crate::state::group_members::{pod_group_of, workload_group_of};
use crate::state::{Cluster, Pod};

use super::not_evaluated::{NotEvaluated, Notes};

/// The feature gate of groups of groups.
pub const COMPOSITE: &str = "CompositePodGroup";

/// Notes what of the group of `pod` is not understood, or not reproduced.
pub fn add(cluster: &Cluster, pod: &Pod, behaviour: &Behaviour, notes: &Notes) {
    let (namespace, spec) = (pod.key().namespace, pod.spec());
    if behaviour.pod_groups().group_of(pod).is_some() {
        known(cluster, pod, behaviour, notes);
    } else if let Some(group) = pod_group_of(namespace, spec).or_else(|| workload_group_of(namespace, spec)) {
        notes.add(NotEvaluated::new(
            format!("pod group {group}"),
            unknown(group, behaviour),
            "the pod is scheduled by itself",
        ));
    }
    let gates = &behaviour.gates;
    let parent = cluster.pod_groups.iter().find(|group| group.parent.is_some());
    if let Some(group) = parent.filter(|_| gates.composite_pod_group) {
        notes.add(NotEvaluated::new(
            format!("feature gate {COMPOSITE}"),
            format!("PodGroup {} has a parent, and groups of groups are not reproduced", group.key),
            "each PodGroup is answered as if it stood alone",
        ));
    }
}

/// Why the version does not schedule the pod with its group.
fn unknown(group: GroupKey, behaviour: &Behaviour) -> String {
    let (kind, field) = match group {
        GroupKey::PodGroup(_) => ("PodGroup", "schedulingGroup"),
        GroupKey::Workload { .. } => ("Workload", "workloadRef"),
    };
    match behaviour.group_api() {
        Some(api) if api.kind == kind => {
            let gate = if behaviour.gates.generic_workload { "GangScheduling" } else { "GenericWorkload" };
            format!("feature gate {gate} is off: kube-scheduler ignores spec.{field}")
        }
        _ => format!("{} does not serve {kind} of scheduling.k8s.io and ignores spec.{field}", behaviour.version),
    }
}

fn known(cluster: &Cluster, pod: &Pod, behaviour: &Behaviour, notes: &Notes) {
    let Some(api) = behaviour.group_api() else { return };
    let (name, version) = match behaviour.pod_groups().group_of(pod) {
        Some(GroupKey::PodGroup(key)) => {
            let Some(group) = cluster.pod_group(key) else { return };
            if group.has_claims && behaviour.gates.dra_workload_resource_claims {
                notes.add(NotEvaluated::new(
                    format!("ResourceClaims of PodGroup {key}"),
                    "feature gate DRAWorkloadResourceClaims is on, and kubectl sched does not reproduce it",
                    "its pods were placed as if the group had no claims",
                ));
            }
            (key, group.version)
        }
        Some(GroupKey::Workload { workload, .. }) => {
            let Some(found) = cluster.group_workload(workload) else { return };
            (workload, found.version)
        }
        None => return,
    };
    if !version.is_empty() && !api.versions.iter().any(|served| version == *served) {
        notes.add(NotEvaluated::new(
            format!("{} {name} of scheduling.k8s.io/{version}", api.kind),
            format!("{} does not serve that version", behaviour.version),
            format!("it was read as {}", api.versions.first().copied().unwrap_or_default()),
        ));
    }
}
