//! The order in which pending pods are scheduled.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::state::{Cluster, Pod, PodId};

/// Sorts `pods` as the queue hands them out: higher priority first, then those that wait longer
/// (upstream plugins/queuesort/priority_sort.go, Less), then as the input had them.
///
/// Upstream's clock starts when a pod enters the queue, which is when it was created unless it
/// was tried before. A pod that was never created is created now: after all others.
pub fn sort(cluster: &Cluster, pods: &mut [PodId]) {
    pods.sort_by_key(|pod| place(cluster.pod(*pod)));
}

/// Brings the pods of each controller together, where the first of them is. Those that are made at the same time come to
/// the queue like this: a controller makes all pods that it misses before its worker turns to the next object (upstream
/// pkg/controller/replicaset/replica_set.go, manageReplicas).
pub(super) fn by_controller(cluster: &Cluster, pods: &mut Vec<PodId>) {
    let mut places = FxHashMap::default();
    let place = |(number, pod): (usize, &PodId)| {
        let pod = cluster.pod(*pod);
        let first = pod.own.controller.map(|owner| *places.entry((pod.key().namespace, owner)).or_insert(number));
        first.unwrap_or(number)
    };
    let mut placed: Vec<(usize, PodId)> = pods.iter().enumerate().map(place).zip(pods.iter().copied()).collect();
    placed.sort_by_key(|(place, _)| *place);
    *pods = placed.into_iter().map(|(_, pod)| pod).collect();
}

/// When a pod came to the queue.
pub(super) type Arrival = (i64, u32);

/// When `pod` came to the queue.
pub(super) fn arrival(pod: &Pod) -> Arrival {
    (pod.own.creation_timestamp.map_or(i64::MAX, |time| time.0), pod.own.sequence)
}

fn place(pod: &Pod) -> (Reverse<i32>, Arrival) {
    (Reverse(pod.priority()), arrival(pod))
}
