//! Asks what the cluster itself says of the pods in question.

use crate::api::ObjectKey;
use crate::explain::{ClusterMessages, Rejections, SchedulingStatus, ended, scheduler_messages, scheduling_status};
use crate::framework::{NotEvaluated, Placement, PolicyRule};
use crate::source::live::{self, LiveError};
use crate::state::PodId;

use super::state::State;

/// Reads the events of those of `pods` that wait for a node, from a live cluster: files have them
/// beside the pods.
pub(super) fn read_events(state: &mut State, pods: &[PodId]) {
    let Some(connection) = &state.connection else { return };
    let cluster = &state.cluster;
    let waiting = pods.iter().map(|pod| cluster.pod(*pod)).filter(|pod| {
        // A pod that only a manifest knows was never created.
        pod.own.node_name.is_none() && pod.own.creation_timestamp.is_some()
    });
    let keys: Vec<ObjectKey> = waiting.map(crate::state::Pod::key).collect();
    if keys.is_empty() {
        return;
    }
    match live::events(connection, &keys) {
        Ok(events) => events.into_iter().for_each(|event| state.cluster.scheduling_events.add(event)),
        Err(LiveError::Server { message, .. }) => {
            state.notes.push(not_listed(message).granted_by(PolicyRule::list_events()));
        }
        Err(error) => state.notes.push(not_listed(error.to_string())),
    }
}

/// Events that could not be read: no answer rests on them.
pub(super) fn not_listed(why: String) -> NotEvaluated {
    NotEvaluated::new("Event", why, "the answer was not compared with the scheduler's own events")
}

/// What the cluster says of the pod of `placement`, whose place the state must still have as the
/// cycle saw it.
pub(super) fn find(state: &State, placement: &Placement) -> ClusterMessages {
    let has_statuses = state.basis.as_of.is_some() || state.cluster.has_statuses;
    let status = scheduling_status::find(placement, &state.cluster, has_statuses);
    // What was said of a pod in a final phase is no matter to a new one.
    let ended = matches!(status, Some(SchedulingStatus::Ended(_)));
    let words = || scheduler_messages::find(placement, &state.cluster, &state.scheduler, state.basis.scheduler);
    ClusterMessages {
        words: if ended { None } else { words() },
        rejections: rejections(state, placement),
        scheduling_status: status,
        as_of: state.basis.as_of,
    }
}

/// Kubelets that rejected siblings of a pod that waits, on nodes that it could get.
fn rejections(state: &State, placement: &Placement) -> Vec<Rejections> {
    if placement.current.is_some() {
        return Vec::new();
    }
    let all = ended::rejections(&state.cluster, state.cluster.pod(placement.pod_id));
    all.into_iter().filter(|rejections| placement.picks.contains(&rejections.node)).collect()
}
