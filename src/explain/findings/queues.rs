//! Components beside kube-scheduler that decide when or where a pod runs: queues behind gates, other schedulers.

use super::Finding;
use crate::api::Name;
use crate::framework::Placement;
use crate::state::Pod;

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

pub(super) fn find(placement: &Placement, pod: &Pod) -> Vec<Finding> {
    if placement.current.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for gate in &pod.spec().scheduling_gates {
        let manager = GATES.iter().find(|manager| manager.marks.iter().any(|mark| gate.name.starts_with(mark)));
        found.extend(manager.map(|manager| manager.finding(gate.name, pod, true)));
    }
    let scheduler = pod.spec().scheduler_name();
    // A profile of kube-scheduler of that name is what the cycle was run with.
    let has_profile = placement.errors.is_empty() || placement.message.is_some();
    let manager = SCHEDULERS.iter().find(|manager| manager.marks.iter().any(|mark| scheduler == *mark));
    found.extend(manager.filter(|_| !has_profile).map(|manager| manager.finding(scheduler, pod, false)));
    found
}

/// Whether a component that is known releases the pod: nobody else should.
pub fn is_gated_by_manager(pod: &Pod) -> bool {
    let is_known = |gate: &Name| GATES.iter().any(|manager| manager.marks.iter().any(|mark| gate.starts_with(mark)));
    pod.spec().scheduling_gates.iter().any(|gate| is_known(&gate.name))
}

impl Manager {
    fn finding(&self, by: Name, pod: &Pod, gate: bool) -> Finding {
        let namespace = pod.key().namespace;
        let object = self.label.and_then(|label| pod.own.labels.get(crate::api::name(label)));
        let object = object.filter(|object| is_plain(object));
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
        }
    }
}

/// Whether a shell takes the word as it is.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter))
}
