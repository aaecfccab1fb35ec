//! What a new node of a group or pool has, and what pods of DaemonSets take of it before any other pod is there.

use std::sync::Arc;

use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::requests::RequestGates;
use crate::api::resources::{Resources, STANDARD};
use crate::api::taint::Taint;
use crate::control_plane::controller;
use crate::decode::workload::{Workload, WorkloadKind};
use crate::edit::BuiltPod;
use crate::framework::Amount;
use crate::state::Cluster;
use crate::state::node_info::NodeInfo;
use crate::state::pod_class::PodClass;

use super::cluster_autoscaler::{TEMPLATE_LABEL, Template};

/// A node that could be made.
#[derive(Clone, Debug)]
pub struct NewNode {
    /// The node of the state that it is like, where it is known from one.
    pub like: Option<Name>,
    /// Its instance type.
    pub instance_type: Option<Name>,
    /// What it has.
    pub allocatable: Resources,
    /// What the pods that come with it request; the number of pods is theirs.
    pub daemons: Resources,
    /// Whose pods these are: DaemonSets, or the pods' own names.
    pub daemon_owners: Vec<Name>,
    /// Its labels, as far as they are known.
    pub labels: Labels,
    /// Its taints.
    pub taints: Vec<Taint>,
}

impl NewNode {
    /// Of a node group of the Cluster Autoscaler.
    pub fn of_template(template: &Template) -> Self {
        let node = &template.built.node;
        let mut daemons = Resources::default();
        for pod in &template.built.pods {
            daemons.add_resources(&pod.class.requests.requested, false);
        }
        daemons.allowed_pod_number = i64::try_from(template.built.pods.len()).unwrap_or(i64::MAX);
        let own = ["kubernetes.io/hostname", TEMPLATE_LABEL];
        let labels: Labels = node.labels.iter().filter(|(key, _)| !own.contains(&key.as_str())).collect();
        let owner = |pod: &crate::edit::BuiltPod| pod.own.controller.map_or(pod.own.key.name, |owner| owner.name);
        Self {
            like: template.from.node(),
            instance_type: labels.get(name("node.kubernetes.io/instance-type")),
            allocatable: node.allocatable.clone(),
            daemons,
            daemon_owners: template.built.pods.iter().map(owner).collect(),
            labels,
            taints: node.taints.to_vec(),
        }
    }

    /// What is left for other pods; less than nothing where DaemonSets take more than there is.
    pub fn free(&self) -> Resources {
        let mut free = self.allocatable.clone();
        free.add_resources(&self.daemons, true);
        free.allowed_pod_number -= self.daemons.allowed_pod_number;
        free
    }
}

/// The pod that `set` has on `node`; none for what is no DaemonSet, or has none there.
pub(super) fn daemon_pod(cluster: &Cluster, set: &Workload, node: &NodeInfo, gates: RequestGates) -> Option<BuiltPod> {
    if set.kind != WorkloadKind::DaemonSet {
        return None;
    }
    let new = controller::daemon_on(cluster, set, node)?;
    let class = Arc::new(PodClass::new(Arc::clone(&new.template), gates));
    Some(BuiltPod { own: new.own.into_iter().next()?, class })
}

/// Amounts by resource: CPU, memory, pods, then whatever else there is any of.
pub fn amounts(resources: &Resources) -> Vec<(Name, Amount)> {
    let standard = [
        (STANDARD.cpu, resources.milli_cpu),
        (STANDARD.memory, resources.memory),
        (STANDARD.pods, resources.allowed_pod_number),
    ];
    let storage = (STANDARD.ephemeral_storage, resources.ephemeral_storage);
    let others = std::iter::once(storage).chain(resources.scalars.iter()).filter(|(_, amount)| *amount != 0);
    standard.into_iter().chain(others).map(|(resource, amount)| (resource, Amount::new(resource, amount))).collect()
}
