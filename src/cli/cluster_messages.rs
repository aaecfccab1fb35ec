//! Asks a live cluster for the events of the pods in question.

use crate::api::ObjectKey;
use crate::decode::Kind;
use crate::decode::pod::PodPhase;
use crate::framework::PolicyRule;
use crate::session::State;
use crate::session::cluster_messages::events_not_listed;
use crate::source::live::{self, LiveError};
use crate::state::{Cluster, Pod, PodId};

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
            state.notes.push(events_not_listed(message).granted_by(PolicyRule::list_events()));
        }
        Err(error) => state.notes.push(events_not_listed(error.to_string())),
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
