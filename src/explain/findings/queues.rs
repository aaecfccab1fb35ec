//! Components beside kube-scheduler that decide when or where a pod runs: queues behind gates, other schedulers.

use super::{Finding, QueueStatus};
use crate::api::{Name, name};
use crate::decode::autoscaling::Condition;
use crate::decode::queueing::{QueueingKind, QueueingObject};
use crate::framework::Placement;
use crate::state::{Cluster, Pod};

/// A component that is known by the gates it sets or by its scheduler's name.
struct Manager {
    name: &'static str,
    /// What its gates or scheduler names begin with or are.
    marks: &'static [&'static str],
    /// The resource to look at.
    resource: &'static str,
    /// A label or annotation of the pod that names the object, if there is one.
    label: Option<&'static str>,
}

/// Kueue: pkg/controller/jobs/pod/pod_controller.go (gate), keps 77; Volcano: pkg/scheduler/api; KAI: docs of
/// kai-scheduler; YuniKorn: pkg/common/constants; Karpenter and Cluster Autoscaler set no gates.
const GATES: [Manager; 3] = [
    Manager {
        name: "Kueue",
        marks: &["kueue.x-k8s.io/"],
        resource: "workloads.kueue.x-k8s.io",
        label: Some("kueue.x-k8s.io/pod-group-name"),
    },
    Manager {
        name: "Volcano",
        marks: &["scheduling.volcano.sh/", "volcano.sh/"],
        resource: "podgroups.scheduling.volcano.sh",
        label: None,
    },
    Manager {
        name: "JobSet",
        marks: &["jobset.sigs.k8s.io/"],
        resource: "jobsets.jobset.x-k8s.io",
        label: Some("jobset.sigs.k8s.io/jobset-name"),
    },
];

const SCHEDULERS: [Manager; 4] = [
    Manager {
        name: "Volcano",
        marks: &["volcano"],
        resource: "podgroups.scheduling.volcano.sh",
        label: Some("scheduling.k8s.io/group-name"),
    },
    Manager {
        name: "KAI Scheduler",
        marks: &["kai-scheduler", "runai-scheduler"],
        resource: "podgroups.scheduling.run.ai",
        label: Some("pod-group-name"),
    },
    Manager { name: "YuniKorn", marks: &["yunikorn"], resource: "pods", label: Some("applicationId") },
    Manager {
        name: "Koordinator",
        marks: &["koord-scheduler"],
        resource: "podgroups.scheduling.sigs.k8s.io",
        label: Some("pod-group.scheduling.sigs.k8s.io"),
    },
];

pub(super) fn find(placement: &Placement, pod: &Pod, cluster: &Cluster) -> Vec<Finding> {
    if placement.current.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for gate in &pod.spec().scheduling_gates {
        let manager = GATES.iter().find(|manager| manager.marks.iter().any(|mark| gate.name.starts_with(mark)));
        found.extend(manager.map(|manager| manager.finding(gate.name, pod, cluster, true)));
    }
    let scheduler = pod.spec().scheduler_name();
    // A profile of kube-scheduler of that name is what the cycle was run with.
    let has_profile = placement.errors.is_empty() || placement.message.is_some();
    let manager = SCHEDULERS.iter().find(|manager| manager.marks.iter().any(|mark| scheduler == *mark));
    found.extend(manager.filter(|_| !has_profile).map(|manager| manager.finding(scheduler, pod, cluster, false)));
    // A Job of Kueue is suspended until it is admitted: its pods have no gate.
    let kueue = GATES.iter().find(|manager| manager.name == "Kueue").filter(|_| found.is_empty());
    found.extend(kueue.and_then(|kueue| {
        let object = kueue.object_of(pod, cluster).filter(|object| status(object).is_some())?;
        Some(kueue.finding(object.queue, pod, cluster, false))
    }));
    found
}

/// Whether a component that is known releases the pod: nobody else should.
pub fn is_gated_by_manager(pod: &Pod) -> bool {
    let is_known = |gate: &Name| GATES.iter().any(|manager| manager.marks.iter().any(|mark| gate.starts_with(mark)));
    pod.spec().scheduling_gates.iter().any(|gate| is_known(&gate.name))
}

impl Manager {
    fn finding(&self, by: Name, pod: &Pod, cluster: &Cluster, gate: bool) -> Finding {
        let namespace = pod.key().namespace;
        let object = self.label.and_then(|label| pod.own.labels.get(name(label)));
        let known = self.object_of(pod, cluster);
        let object = known.map(|known| known.key.name).or(object).filter(|object| is_plain(object));
        let what = match (object, self.resource) {
            // A queue of applications shows in the events of the pod.
            (_, "pods") => format!("pod {}", pod.key().name),
            (Some(object), resource) => format!("{resource} {object}"),
            (None, resource) => resource.to_owned(),
        };
        let verb = if what.contains(' ') { "describe" } else { "get" };
        Finding::ManagedElsewhere {
            manager: self.name,
            by,
            command: format!("kubectl {verb} {what} -n {namespace}"),
            gate,
            said: known.and_then(status),
        }
    }

    /// The object of the state by which it speaks of the pod: the one that the pod names, or that was made for the pod
    /// or for what manages it (Kueue pkg/controller/jobframework/reconciler.go; Volcano pkg/controllers/podgroup).
    fn object_of<'a>(&self, pod: &Pod, cluster: &'a Cluster) -> Option<&'a QueueingObject> {
        let kind = match self.name {
            "Kueue" => QueueingKind::Workload,
            "Volcano" => QueueingKind::PodGroup,
            _ => return None,
        };
        let named = self.label.and_then(|label| pod.own.labels.get(name(label)));
        let is_owner = |object: &QueueingObject| {
            object.owner.as_ref().is_some_and(|owner| {
                let controller = pod.own.controller.as_ref();
                let is_itself = owner.kind == "Pod" && owner.name == pod.key().name;
                is_itself || controller.is_some_and(|other| other.kind == owner.kind && other.name == owner.name)
            })
        };
        let of_kind = || {
            let namespace = pod.key().namespace;
            cluster.queueing.iter().filter(move |object| object.kind == kind && object.key.namespace == namespace)
        };
        of_kind().find(|object| Some(object.key.name) == named).or_else(|| of_kind().find(|object| is_owner(object)))
    }
}

/// Why the pods of `object` wait: the condition that says so, else its phase.
fn status(object: &QueueingObject) -> Option<QueueStatus> {
    let resource = match object.kind {
        QueueingKind::Workload => "workload",
        QueueingKind::PodGroup => "podgroup",
    };
    // What went wrong says more than what has not happened yet.
    let reasons = [("Evicted", true), ("QuotaReserved", false), ("Admitted", false), ("Unschedulable", true)];
    let holds = |condition: &&Condition, (wanted, value): (&str, bool)| {
        condition.r#type == wanted && condition.is_true() == value && condition.status != "Unknown"
    };
    let has_quota =
        object.conditions.iter().any(|condition| condition.r#type == "QuotaReserved" && condition.is_true());
    let condition = reasons
        .into_iter()
        .filter(|(wanted, _)| !(has_quota && *wanted == "Evicted"))
        .find_map(|wanted| object.conditions.iter().find(|condition| holds(condition, wanted)));
    let queue = Some(object.queue).filter(|queue| !queue.is_empty());
    let of = |condition, status, message: &str, since| QueueStatus {
        object: format!("{resource}/{}", object.key),
        queue,
        condition,
        status,
        message: message.into(),
        since,
    };
    match condition {
        Some(found) => Some(of(found.r#type, Some(found.status), &found.message, found.since)),
        None if object.phase.is_empty() => None,
        None => Some(of(object.phase, None, "", None)),
    }
}

/// Whether a shell takes the word as it is.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter))
}
