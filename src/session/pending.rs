//! The pending pods of a state, grouped by root cause.

use crate::api::{Name, Timestamp};
use crate::decode::workload::Workload;
use crate::explain::pending::{self, Pending};
use crate::framework::NotEvaluated;
use crate::simulate::{queue, workload};
use crate::state::{Cluster, PodId};

use super::State;
use super::new_nodes::NewNodesFinder;

/// Why `pods` are pending, and what else of `namespace`, or of all, waits. With `advise` also what would help; with
/// `finder` also what those who make nodes do.
pub fn answer(
    state: &mut State,
    namespace: Option<&str>,
    pods: &[PodId],
    advise: bool,
    finder: Option<&NewNodesFinder>,
    now: Timestamp,
) -> Pending {
    let basis = state.basis.scheduler;
    let mut pending = pending::find(&state.scheduler, &mut state.cluster, pods, now, advise, basis);
    if let Some(finder) = finder {
        add_new_nodes(state, finder, &mut pending);
    }
    let is_wanted = |other: Name| namespace.is_none_or(|only| other == only);
    pending.rejections = pending::rejections(&state.cluster, is_wanted);
    // Manifests alone do not tell what a controller has left undone.
    if is_of_a_cluster(state) {
        pending.missing = workload::missing(&state.scheduler, &state.cluster, is_wanted, state.gates, now);
    }
    pending.not_started = pending::not_started(&state.cluster, is_wanted);
    NotEvaluated::join(&mut pending.not_evaluated, &state.notes);
    pending
}

/// Whether the state is that of a cluster, where pods that are wanted ought to be there.
fn is_of_a_cluster(state: &State) -> bool {
    let was_created = |workload: &Workload| workload.created.is_some() || !workload.uid.is_empty();
    state.basis.as_of.is_some() || state.cluster.has_statuses || state.cluster.workloads.iter().any(was_created)
}

/// What those who make nodes do for each group of pods.
fn add_new_nodes(state: &State, finder: &NewNodesFinder, pending: &mut Pending) {
    for group in pending.groups.iter_mut().filter(|group| group.root.needs_a_node()) {
        let pods: Vec<PodId> =
            group.pods.iter().filter_map(|pod| state.cluster.pod_named(*pod)).map(|pod| pod.id).collect();
        group.new_nodes = finder.fates(state, group.example.pod_id, &pods);
        finder.name_makers(state, group.advice.iter_mut().map(|advice| &mut advice.suggestion));
    }
}

/// The pending pods of `namespace`, or of all, in the order of the queue.
pub fn pods(cluster: &Cluster, namespace: Option<&str>) -> Vec<PodId> {
    let wanted = cluster.pending().filter(|pod| namespace.is_none_or(|only| pod.key().namespace == only));
    let mut pods: Vec<PodId> = wanted.map(|pod| pod.id).collect();
    queue::sort(cluster, &mut pods);
    pods
}
