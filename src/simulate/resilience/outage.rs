//! Workloads that lose all their ready pods at once: they are down until other pods run elsewhere.

use rustc_hash::FxHashMap;

use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::control_plane::controller;
use crate::state::{Cluster, Pod};

use super::Unit;

/// A workload whose ready pods are all on one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outage {
    /// Its kind.
    pub kind: Name,
    /// Namespace and name.
    pub workload: ObjectKey,
    /// Its ready pods.
    pub ready: usize,
}

/// How many ready pods each workload has. A Deployment counts for its ReplicaSets.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadyPods(FxHashMap<(Name, ObjectKey), usize>);

impl ReadyPods {
    pub(super) fn of(cluster: &Cluster) -> Self {
        let mut ready = Self::default();
        for pod in cluster.pods().iter().filter(|pod| cluster.node_of(pod.id).is_some() && is_ready(pod)) {
            if let Some(owner) = owner(cluster, pod) {
                *ready.0.entry(owner).or_default() += 1;
            }
        }
        ready
    }

    /// Workloads whose ready pods are all on the nodes of `unit`, in the order of kind, namespace and name.
    pub(super) fn outages(&self, cluster: &Cluster, unit: &Unit) -> Vec<Outage> {
        let mut here: FxHashMap<(Name, ObjectKey), usize> = FxHashMap::default();
        let nodes = unit.nodes.iter().filter_map(|node| cluster.node_named(*node));
        for pod in nodes.flat_map(|node| &node.pods).map(|pod| cluster.pod(*pod)).filter(|pod| is_ready(pod)) {
            if let Some(owner) = owner(cluster, pod) {
                *here.entry(owner).or_default() += 1;
            }
        }
        let all = here.into_iter().filter(|(owner, ready)| self.0.get(owner) == Some(ready));
        let mut outages: Vec<Outage> = all.map(|((kind, workload), ready)| Outage { kind, workload, ready }).collect();
        outages.sort_unstable_by_key(|outage| (outage.kind.as_str(), outage.workload));
        outages
    }
}

fn is_ready(pod: &Pod) -> bool {
    !pod.is_terminating() && pod.own.ready.is_none_or(|ready| ready.status)
}

/// What keeps the pod, as people know it; none for pods that are bound to their node.
fn owner(cluster: &Cluster, pod: &Pod) -> Option<(Name, ObjectKey)> {
    let owner = pod.own.controller.as_ref()?;
    if matches!(owner.kind.as_str(), "DaemonSet" | "Node" | "Job") {
        return None;
    }
    let namespace = pod.key().namespace;
    let parent = controller::maker_of(cluster, pod).and_then(|maker| maker.controller);
    let by_hash = || {
        let hash = pod.labels().get(name("pod-template-hash")).filter(|_| owner.kind == "ReplicaSet")?;
        let deployment = owner.name.strip_suffix(hash.as_str())?.strip_suffix('-')?;
        Some((name("Deployment"), ObjectKey::new(namespace, name(deployment))))
    };
    let parent = parent.map(|parent| (parent.kind, ObjectKey::new(namespace, parent.name)));
    Some(parent.or_else(by_hash).unwrap_or((owner.kind, ObjectKey::new(namespace, owner.name))))
}
