//! The order in which groups and single pods have their turn.
//!
//! Until v1.36 pods are queued one by one. Since v1.37 a group has one place in the queue: its own
//! priority, and the time at which the first of its pods came (upstream
//! backend/queue/scheduling_queue.go, newQueuedPodGroupInfoFromRootLookup).

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::api::scheduling_group::GroupKey;
use crate::config::PodGroupScheduling;
use crate::simulate::queue::{Arrival, arrival};
use crate::state::{Cluster, PodId};

/// Sorts `pods`, which are in the order of [`crate::simulate::queue::sort`], as this version's queue has them.
pub(in crate::simulate) fn sort(cluster: &Cluster, scheduling: PodGroupScheduling, pods: &mut [PodId]) {
    if scheduling != PodGroupScheduling::FeasibleCycle {
        return;
    }
    let mut first: FxHashMap<GroupKey, Arrival> = FxHashMap::default();
    for id in &*pods {
        let pod = cluster.pod(*id);
        if let Some(key) = scheduling.group_of(pod) {
            let came = arrival(pod);
            first.entry(key).and_modify(|earliest| *earliest = came.min(*earliest)).or_insert(came);
        }
    }
    let place = |id: &PodId| {
        let pod = cluster.pod(*id);
        let group = scheduling.group_of(pod).and_then(|key| match key {
            GroupKey::PodGroup(object) => Some((key, cluster.pod_group(object)?.priority)),
            GroupKey::Workload { .. } => None,
        });
        match group {
            Some((key, priority)) => (Reverse(priority), first.get(&key).copied().unwrap_or_else(|| arrival(pod))),
            None => (Reverse(pod.priority()), arrival(pod)),
        }
    };
    // Stable: pods of one group keep the order among them.
    pods.sort_by_key(place);
}
