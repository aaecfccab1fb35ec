//! Whether two shards are of one question, without keeping the question.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::api::fnv::Fnv;
use crate::scheduler::Scheduler;
use crate::state::Cluster;
use crate::state::pod_class::PodClass;
use crate::state::storage::hash_sorted;

use super::SweepSpec;

/// A check sum of everything that decides the answer to `spec`: the objects of the state, volumes, claims and
/// devices among them; the scheduler's configuration and behaviour; the question itself; and the version of
/// this tool. Equal for equal ones on every machine; that different ones differ is likely, no more: it is
/// to find mistakes.
pub fn fingerprint(scheduler: &Scheduler, cluster: &Cluster, spec: &SweepSpec<'_>) -> String {
    let SweepSpec { scenario, pods, strategy, preempts, now: _ } = spec;
    let mut sum = Fnv::default();
    env!("CARGO_PKG_VERSION").hash(&mut sum);
    (scheduler.config(), scheduler.behaviour()).hash(&mut sum);
    (scenario, strategy, preempts).hash(&mut sum);
    objects(cluster, &mut sum);
    for pod in *pods {
        cluster.pod(*pod).key().hash(&mut sum);
    }
    format!("{:016x}", sum.finish())
}

fn objects(cluster: &Cluster, sum: &mut Fnv) {
    for node in cluster.nodes() {
        node.node.hash(sum);
    }
    hash_sorted(&cluster.namespaces, sum);
    (&cluster.workloads, &cluster.services, &cluster.budgets).hash(sum);
    (&cluster.priority_classes, &cluster.limit_ranges, &cluster.quotas, &cluster.runtime_classes).hash(sum);
    (&cluster.gangs, &cluster.pod_groups, &cluster.group_workloads).hash(sum);
    (cluster.storage(), &cluster.devices).hash(sum);
    let mut classes: FxHashSet<*const PodClass> = FxHashSet::default();
    for pod in cluster.pods() {
        let own = &pod.own;
        (own.key, own.node_name, own.nominated_node_name, own.phase, &own.labels, own.controller).hash(sum);
        (own.creation_timestamp, own.deletion_timestamp, own.start_time, &own.resource_claim_statuses).hash(sum);
        // Many share one.
        if classes.insert(Arc::as_ptr(&pod.class)) {
            pod.class.template.hash(sum);
        }
    }
}
