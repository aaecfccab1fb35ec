//! What `kubectl drain` would do with the pods of a node (kubectl pkg/drain/filters.go).
//!
//! Pods of DaemonSets and static pods stay, as with `--ignore-daemonsets`. A pod that no
//! controller would recreate makes kubectl refuse the node altogether, unless `--force` is given.
//! Data in an `emptyDir` is lost with its pod: kubectl wants `--delete-emptydir-data` for that,
//! here it is reported. Whether a budget lets a pod go is asked later, pod by pod ([`super::budgets`]).

use crate::api::meta::ObjectKey;
use crate::api::name::name;
use crate::control_plane::controller;
use crate::decode::Kind;
use crate::decode::workload::{WorkloadKey, WorkloadKind};
use crate::state::{Cluster, NodeInfo, Pod, PodId};

/// What becomes of the pods of a node that is drained; pods in the order of namespace and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainedPods {
    /// Pods to evict, in this order.
    pub evict: Vec<PodId>,
    /// Pods that stay: those of DaemonSets, and static ones.
    pub kept: Vec<ObjectKey>,
    /// Pods to evict that keep data in an `emptyDir`.
    pub local_data: Vec<ObjectKey>,
    /// Why kubectl would evict nobody, in its words.
    pub refusal: Option<String>,
}

/// Who recreates a pod when it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keeper {
    /// A controller, on whatever node the scheduler chooses.
    Controller,
    /// A DaemonSet, on the same node.
    DaemonSet,
    /// The node's kubelet: a static pod.
    Kubelet,
    /// Nobody; this is why.
    Nobody(Orphan),
}

/// Why no controller recreates a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Orphan {
    /// It has no controller.
    NoController,
    /// Its DaemonSet is gone.
    DaemonSetGone,
    /// It is being deleted: its controller counts it no more, and has replaced it.
    Terminating,
}

/// What draining `node` does; with `force` also pods go that no controller recreates.
pub fn plan(cluster: &Cluster, node: &NodeInfo, force: bool) -> DrainedPods {
    let mut pods: Vec<&Pod> = node.pods.iter().map(|pod| cluster.pod(*pod)).collect();
    pods.sort_by_key(|pod| pod.key());
    let mut plan = DrainedPods::default();
    let (mut unmanaged, mut fatal) = (Vec::new(), Vec::new());
    for pod in pods {
        match keeper(cluster, pod) {
            Keeper::DaemonSet | Keeper::Kubelet => {
                plan.kept.push(pod.key());
                continue;
            }
            Keeper::Nobody(Orphan::DaemonSetGone) if !force => {
                let owner = pod.own.controller.map(|owner| owner.name).unwrap_or_default();
                fatal.push(format!("cannot delete daemonsets.apps \"{owner}\" not found: {}", pod.key()));
            }
            // kubectl asks for a controller even of a pod that is being deleted.
            Keeper::Nobody(_) if !force && pod.own.controller.is_none() => unmanaged.push(pod.key().to_string()),
            Keeper::Controller | Keeper::Nobody(_) => {}
        }
        if pod.spec().volumes.has_empty_dir() {
            plan.local_data.push(pod.key());
        }
        plan.evict.push(pod.id);
    }
    if !unmanaged.is_empty() {
        fatal.push(format!(
            "cannot delete Pods that declare no controller (use --force to override): {}",
            unmanaged.join(", ")
        ));
    }
    if !fatal.is_empty() {
        plan.refusal = Some(fatal.join("; "));
        plan.evict.clear();
        plan.local_data.clear();
    }
    plan
}

/// Who recreates `pod`. A DaemonSet counts as there if the state has no DaemonSets at all: then
/// it was not read.
pub fn keeper(cluster: &Cluster, pod: &Pod) -> Keeper {
    let Some(owner) = &pod.own.controller else {
        let why = if pod.is_terminating() { Orphan::Terminating } else { Orphan::NoController };
        return Keeper::Nobody(why);
    };
    match owner.kind.as_str() {
        "Node" => Keeper::Kubelet,
        "DaemonSet" => {
            let key = ObjectKey::new(pod.key().namespace, name(&owner.name));
            let daemon_set = WorkloadKey { kind: WorkloadKind::DaemonSet, key };
            let read = cluster.kinds.contains(&Kind::Workload(WorkloadKind::DaemonSet));
            if read && cluster.workload(daemon_set).is_none() {
                Keeper::Nobody(Orphan::DaemonSetGone)
            } else {
                Keeper::DaemonSet
            }
        }
        // A StatefulSet cannot replace it while its name is taken: it does so when the pod is gone.
        "StatefulSet" if pod.is_terminating() && is_wanted(cluster, pod) => Keeper::Controller,
        _ if pod.is_terminating() => Keeper::Nobody(Orphan::Terminating),
        _ => Keeper::Controller,
    }
}

/// Whether the StatefulSet of `pod` has a pod of its number, as far as the state has the set (upstream
/// pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet: replicas are made by ordinal).
fn is_wanted(cluster: &Cluster, pod: &Pod) -> bool {
    let Some(set) = controller::maker_of(cluster, pod) else {
        return !cluster.kinds.contains(&Kind::Workload(WorkloadKind::StatefulSet));
    };
    let number = pod.key().name.rsplit_once('-').and_then(|(_, number)| number.parse::<i64>().ok());
    let first = i64::from(set.first_ordinal);
    number.is_none_or(|number| (first..first + i64::from(set.replicas.unwrap_or(1))).contains(&number))
}
