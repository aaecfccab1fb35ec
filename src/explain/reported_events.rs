//! What others than the pod's own scheduler reported: autoscalers, kubelets, controllers, provisioners, queues.
//!
//! The words are theirs, each with its reporter and its time; nothing is concluded from the text.

use crate::api::Name;
use crate::control_plane::controller;
use crate::decode::Kind;
use crate::decode::event::{Event, SUCCESSFUL_CREATE};
use crate::decode::workload::Workload;
use crate::state::{Cluster, Pod};

/// The events about `pod` and those of its claims that have no volume yet, the newest first; not what its own
/// scheduler said of it. A pod that no cluster knows (`is_new`) has none of its own.
pub fn of_pod(cluster: &Cluster, pod: &Pod, is_new: bool) -> Vec<Event> {
    let (key, own) = (pod.key(), pod.spec().scheduler_name());
    let is_schedulers = |event: &Event| event.is_failed_scheduling() && event.is_by(own);
    let of_itself = cluster.events.of(Kind::Pod.as_str(), key, pod.own.uid);
    let of_itself = of_itself.filter(|event| !is_new && !is_schedulers(event));
    let claims = pod.spec().volumes.iter().filter_map(|volume| volume.claim_of(key));
    let waiting = claims.filter(|claim| cluster.storage().claim(*claim).is_none_or(|claim| !claim.is_fully_bound()));
    let kind = Kind::PersistentVolumeClaim.as_str();
    let of_claims = waiting.flat_map(|claim| cluster.events.of(kind, claim, Name::default()));
    newest_first(of_itself.chain(of_claims))
}

/// The events about `workload` and what it manages pods through, the newest first.
pub fn of_workload(cluster: &Cluster, workload: &Workload) -> Vec<Event> {
    let managers = controller::managers(cluster, workload);
    newest_first(managers.flat_map(|manager| cluster.events.of(manager.kind.as_str(), manager.key, manager.uid)))
}

fn newest_first<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<Event> {
    let mut events: Vec<Event> = events.filter(|event| event.reason != SUCCESSFUL_CREATE).cloned().collect();
    events.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| (a.reporter, a.reason).cmp(&(b.reporter, b.reason))));
    events
}
