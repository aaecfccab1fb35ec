//! What the cluster itself says of the pods in question.

use crate::decode::event::Event;
use crate::decode::pod::PodPhase;
use crate::explain::{
    ClusterMessages, Rejections, SchedulingStatus, ended, reported_events, scheduler_messages, scheduling_status,
};
use crate::framework::{NotEvaluated, Placement};

use super::State;

/// Events that could not be read: no answer rests on them.
pub fn events_not_listed(why: String) -> NotEvaluated {
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
        events: if has_started(state, placement) { Vec::new() } else { events(state, placement) },
        scheduling_status: status,
        as_of: state.basis.as_of,
    }
}

/// What was reported of a pod that runs is history.
fn has_started(state: &State, placement: &Placement) -> bool {
    placement.current.is_some() && state.cluster.pod(placement.pod_id).own.phase != PodPhase::Pending
}

fn events(state: &State, placement: &Placement) -> Vec<Event> {
    let pod = state.cluster.pod(placement.pod_id);
    let is_new = pod.own.creation_timestamp.is_none() && pod.own.sequence == u32::MAX;
    reported_events::of_pod(&state.cluster, pod, is_new)
}

/// Kubelets that rejected siblings of a pod that waits, on nodes that it could get.
fn rejections(state: &State, placement: &Placement) -> Vec<Rejections> {
    if placement.current.is_some() {
        return Vec::new();
    }
    let all = ended::rejections(&state.cluster, state.cluster.pod(placement.pod_id));
    all.into_iter().filter(|rejections| placement.picks.contains(&rejections.node)).collect()
}
