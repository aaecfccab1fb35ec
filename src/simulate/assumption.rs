//! What an answer takes to be so about controllers, kubelets and clouds, where the state does not tell.

use serde::Serialize;

use crate::api::ObjectKey;
use crate::control_plane::controller;
use crate::decode::workload::{Workload, WorkloadKey};
use crate::state::Cluster;
use crate::state::additions::Additions;

/// One thing that an answer takes to be so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Assumption {
    /// What it is about: a workload, pods of a kind, new nodes.
    pub subject: String,
    /// What is taken to be so.
    pub assumption: String,
    /// Pods that it is about, if it is about single ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<ObjectKey>,
}

impl Assumption {
    /// About no single pods.
    pub fn new(subject: impl Into<String>, assumption: impl Into<String>) -> Self {
        Self { subject: subject.into(), assumption: assumption.into(), pods: Vec::new() }
    }

    /// What new pods of a workload get that its template lacks, as its running pods have it.
    pub fn of_admission(cluster: &Cluster, workload: &Workload) -> Option<Self> {
        let additions = controller::additions(cluster, workload)?;
        let subject = key_of_parent(cluster, workload).to_string();
        Some(Self::new(
            subject,
            format!("new pods get what running ones have beyond the template: {}", words(additions)),
        ))
    }
}

impl Assumption {
    /// The same for all pods of `cluster` from `first` on, which are new.
    pub fn of_new_pods(cluster: &Cluster, first: usize) -> Vec<Self> {
        let makers = cluster.pods().iter().skip(first).filter_map(|pod| controller::maker_of(cluster, pod));
        let mut seen = std::collections::BTreeSet::new();
        let mut found: Vec<Self> = makers
            .filter(|maker| seen.insert(maker.identity()))
            .filter_map(|maker| Self::of_admission(cluster, maker))
            .collect();
        found.dedup();
        found
    }
}

/// The Deployment of a ReplicaSet, as people know it by that name.
fn key_of_parent(cluster: &Cluster, workload: &Workload) -> WorkloadKey {
    let parents = cluster.workloads.iter().filter(|parent| parent.identity() != workload.identity());
    let mut parents =
        parents.filter(|parent| controller::owned(workload.key.namespace, workload.controller.as_ref(), parent));
    parents.next().map_or_else(|| workload.identity(), Workload::identity)
}

fn words(additions: &Additions) -> String {
    let mut parts = Vec::new();
    for (what, containers) in [("container", &additions.containers), ("init container", &additions.init_containers)] {
        for container in containers {
            let requests: Vec<String> =
                container.requests().iter().map(|(resource, amount)| format!("{resource} {amount}")).collect();
            let requests = if requests.is_empty() { String::new() } else { format!(" ({})", requests.join(", ")) };
            parts.push(format!("{what} {}{requests}", container.name.unwrap_or_default()));
        }
    }
    for (container, resource, amount) in &additions.requests {
        parts.push(format!("{resource} {amount} of container {container}"));
    }
    parts.extend(additions.node_selector.iter().map(|(key, value)| format!("node selector {key}={value}")));
    parts.extend(additions.tolerations.iter().map(|toleration| {
        format!(
            "toleration of {}",
            toleration.key.filter(|key| !key.is_empty()).map_or("all taints", |key| key.as_str())
        )
    }));
    parts.extend(additions.runtime_class.iter().map(|(class, _)| format!("runtime class {class}")));
    parts.extend(additions.scheduler_name.map(|named| format!("scheduler {named}")));
    parts.extend(additions.priority_class.map(|class| format!("priority class {class}")));
    parts.join(", ")
}
