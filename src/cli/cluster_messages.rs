//! Asks what the cluster itself says of the pods in question.

use crate::api::ObjectKey;
use crate::decode::Kind;
use crate::decode::event::Event;
use crate::decode::pod::PodPhase;
use crate::explain::{
    ClusterMessages, Rejections, SchedulingStatus, ended, reported_events, scheduler_messages, scheduling_status,
};
use crate::framework::{NotEvaluated, Placement, PolicyRule};
use crate::source::live::{self, LiveError};
use crate::state::{Cluster, Pod, PodId};

use super::state::State;

/// Reads the events of those of `pods` that have not started, of their claims and their controllers, from a live
/// cluster: files have them beside the pods.
pub(super) fn read_events(state: &mut State, pods: &[PodId]) {
    let Some(connection) = &state.connection else { return };
    let objects: Vec<(&str, ObjectKey)> =
        pods.iter().flat_map(|pod| reported_on(&state.cluster, state.cluster.pod(*pod))).collect();
    if objects.is_empty() {
        return;
    }
    match live::events(connection, &objects) {
        Ok(events) => events.into_iter().for_each(|event| state.cluster.events.add(event)),
        Err(LiveError::Server { message, .. }) => {
            state.notes.push(not_listed(message).granted_by(PolicyRule::list_events()));
        }
        Err(error) => state.notes.push(not_listed(error.to_string())),
    }
}

/// What may have events that tell of `pod`: itself, its claims, and its controllers for a pod that is missing.
fn reported_on<'a>(cluster: &'a Cluster, pod: &Pod) -> Vec<(&'a str, ObjectKey)> {
    let (key, own) = (pod.key(), &pod.own);
    let waits = own.node_name.is_none() || own.phase == PodPhase::Pending;
    // A pod that only a manifest knows was never created.
    let exists = own.creation_timestamp.is_some();
    let mut objects = Vec::new();
    if waits && exists {
        objects.push((Kind::Pod.as_str(), key));
        let claims = pod.spec().volumes.iter().filter_map(|volume| volume.claim_of(key));
        objects.extend(claims.map(|claim| (Kind::PersistentVolumeClaim.as_str(), claim)));
    }
    if let Some(owner) = own.controller.as_ref().filter(|_| waits && !exists) {
        let maker = cluster.owning_workload(key.namespace, owner);
        objects.extend(maker.map(|workload| (workload.kind.as_str(), workload.key)));
    }
    objects
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
