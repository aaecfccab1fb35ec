//! The order in which pending pods are scheduled.

use std::cmp::Reverse;

use crate::state::{Cluster, Pod, PodId};

/// Sorts `pods` as the queue hands them out: higher priority first, then those that wait longer
/// (upstream plugins/queuesort/priority_sort.go, Less), then as the input had them.
///
/// Upstream's clock starts when a pod enters the queue, which is when it was created unless it
/// was tried before. A pod that was never created is created now: after all others.
pub fn sort(cluster: &Cluster, pods: &mut [PodId]) {
    pods.sort_by_key(|pod| place(cluster.pod(*pod)));
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
