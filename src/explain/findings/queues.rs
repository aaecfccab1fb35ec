//! Components beside kube-scheduler that decide when or where a pod runs: queues behind gates, other schedulers.

use super::{Finding, QueueStatus};
use crate::api::{Name, name};
use crate::decode::autoscaling::Condition;
use crate::decode::coscheduling::{GANG_LABEL, gang_of};
use crate::decode::queueing::{QueueingKind, QueueingObject, UNSCHEDULABLE_ON_NODE_POOL};
use crate::framework::Placement;
use crate::state::{Cluster, Pod};

/// A component that is known by the gates it sets or by its scheduler's name.
struct Manager {
    name: &'static str,
    /// What its gates or scheduler names begin with or are.
    marks: &'static [&'static str],
    /// The resource to look at.
    resource: &'static str,
    /// Labels of the pod that name the object, the first that it has.
    labels: &'static [&'static str],
    /// Its kind of object, where the state can have it.
    kind: Option<QueueingKind>,
    /// What else is known of where to look.
    hint: Option<&'static str>,
}

/// A component without anything but a name.
const NOBODY: Manager = Manager { name: "", marks: &[], resource: "pods", labels: &[], kind: None, hint: None };

/// Kueue: pkg/controller/jobs/pod/pod_controller.go (gate), keps 77; Volcano: pkg/scheduler/api; KAI: pkg/common/constants;
/// YuniKorn: pkg/common/constants; Karpenter and Cluster Autoscaler set no gates.
const GATES: [Manager; 3] = [
    Manager {
        name: "Kueue",
        marks: &["kueue.x-k8s.io/"],
        resource: "workloads.kueue.x-k8s.io",
        labels: &["kueue.x-k8s.io/pod-group-name"],
        kind: Some(QueueingKind::Workload),
        hint: None,
    },
    Manager {
        name: "Volcano",
        marks: &["scheduling.volcano.sh/", "volcano.sh/"],
        resource: "podgroups.scheduling.volcano.sh",
        kind: Some(QueueingKind::PodGroup),
        ..NOBODY
    },
    Manager {
        name: "JobSet",
        marks: &["jobset.sigs.k8s.io/"],
        resource: "jobsets.jobset.x-k8s.io",
        labels: &["jobset.sigs.k8s.io/jobset-name"],
        ..NOBODY
    },
];

const SCHEDULERS: [Manager; 6] = [
    Manager {
        name: "Volcano",
        marks: &["volcano"],
        resource: "podgroups.scheduling.volcano.sh",
        labels: &["scheduling.k8s.io/group-name"],
        kind: Some(QueueingKind::PodGroup),
        hint: None,
    },
    Manager {
        name: "KAI Scheduler",
        marks: &["kai-scheduler", "runai-scheduler"],
        resource: "podgroups.scheduling.run.ai",
        labels: &["pod-group-name"],
        kind: Some(QueueingKind::KaiPodGroup),
        hint: None,
    },
    Manager {
        name: "YuniKorn",
        marks: &["yunikorn"],
        hint: Some(
            "its queues are in ConfigMap yunikorn-configs and its web UI, its reasons in the log of yunikorn-scheduler",
        ),
        ..NOBODY
    },
    Manager {
        name: "Koordinator",
        marks: &["koord-scheduler"],
        resource: "podgroups.scheduling.sigs.k8s.io",
        labels: &["pod-group.scheduling.sigs.k8s.io"],
        ..NOBODY
    },
    Manager {
        name: "scheduler-plugins",
        marks: &["scheduler-plugins-scheduler"],
        resource: "podgroups.scheduling.x-k8s.io",
        labels: &[GANG_LABEL],
        ..NOBODY
    },
    Manager { name: "GKE's optimize-utilization profile", marks: &["gke.io/optimize-utilization-scheduler"], ..NOBODY },
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
    if found.is_empty() {
        found.extend(gang(pod, cluster));
    }
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
        let known = self.object_of(pod, cluster);
        let object = known.map(|known| known.key.name).or_else(|| self.named_by(pod)).filter(|object| is_plain(object));
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
            said: known.and_then(status).or_else(|| self.gang(pod, cluster)),
            queue: queue_of(pod),
            hint: self.hint,
        }
    }

    /// The object that the pod itself names.
    fn named_by(&self, pod: &Pod) -> Option<Name> {
        let by_label = self.labels.iter().find_map(|label| pod.own.labels.get(name(label)));
        let annotated = matches!(self.kind, Some(QueueingKind::PodGroup | QueueingKind::KaiPodGroup));
        by_label.or(pod.own.annotated().group.filter(|_| annotated))
    }

    /// What the PodGroup of the coscheduling plugin says.
    fn gang(&self, pod: &Pod, cluster: &Cluster) -> Option<QueueStatus> {
        if !self.labels.contains(&GANG_LABEL) {
            return None;
        }
        gang_status(pod, cluster)
    }

    /// The object of the state by which it speaks of the pod: the one that the pod names, or that was made for the pod
    /// or for what manages it (Kueue pkg/controller/jobframework/reconciler.go; Volcano pkg/controllers/podgroup; KAI
    /// pkg/podgrouper).
    fn object_of<'a>(&self, pod: &Pod, cluster: &'a Cluster) -> Option<&'a QueueingObject> {
        let kind = self.kind?;
        let namespace = pod.key().namespace;
        let named = self.named_by(pod);
        let mut owners: Vec<(Name, Name)> = vec![(name("Pod"), pod.key().name)];
        let mut owner = pod.own.controller;
        // A Deployment's, JobSet's or CronJob's object may be made for any link of the chain.
        while let Some(next) = owner.filter(|_| owners.len() < MOST_OWNERS) {
            owners.push((next.kind, next.name));
            owner = cluster.owning_workload(namespace, &next).and_then(|workload| workload.controller);
        }
        let is_owner = |object: &QueueingObject| {
            object.owner.as_ref().is_some_and(|owner| owners.contains(&(owner.kind, owner.name)))
        };
        let of_kind =
            || cluster.queueing.iter().filter(move |object| object.kind == kind && object.key.namespace == namespace);
        of_kind().find(|object| Some(object.key.name) == named).or_else(|| of_kind().find(|object| is_owner(object)))
    }
}

/// Links of a chain of owners.
const MOST_OWNERS: usize = 6;

/// The queue that the pod asks for by a label.
fn queue_of(pod: &Pod) -> Option<Name> {
    const LABELS: [&str; 5] = [
        "kueue.x-k8s.io/queue-name",
        "kai.scheduler/queue",
        "yunikorn.apache.org/queue",
        "queue",
        "volcano.sh/queue-name",
    ];
    LABELS.iter().find_map(|label| pod.own.labels.get(name(label))).filter(|queue| !queue.is_empty())
}

/// The PodGroup of the coscheduling plugin that the pod belongs to, where the state has it: how many of its pods exist
/// and run, and what its controller says (scheduler-plugins pkg/coscheduling/core/core.go, PreFilter: with fewer pods
/// than `minMember` none is tried).
fn gang_status(pod: &Pod, cluster: &Cluster) -> Option<QueueStatus> {
    let key = gang_of(&pod.own)?;
    let gang = cluster.gangs.iter().find(|gang| gang.key == key)?;
    let members = cluster.pods().iter().filter(|other| cluster.has_pod(other.id) && gang_of(&other.own) == Some(key));
    let (mut exist, mut placed) = (0, 0);
    for member in members {
        exist += 1;
        placed += usize::from(cluster.node_of(member.id).is_some());
    }
    let few = if exist < gang.min_member { ": none is tried before all of them exist" } else { "" };
    let message = format!("minMember {}, {exist} exist, {placed} have a node{few}", gang.min_member);
    Some(QueueStatus {
        object: format!("podgroup/{key}"),
        queue: None,
        condition: if gang.phase.is_empty() { name("unknown") } else { gang.phase },
        status: None,
        message: message.into(),
        since: None,
    })
}

/// The gang of a pod that a profile of this scheduler places.
fn gang(pod: &Pod, cluster: &Cluster) -> Option<Finding> {
    let said = gang_status(pod, cluster)?;
    let group = gang_of(&pod.own).map(|key| key.name).filter(|group| is_plain(group))?;
    Some(Finding::ManagedElsewhere {
        manager: "Coscheduling",
        by: name(GANG_LABEL),
        command: format!("kubectl describe podgroups.scheduling.x-k8s.io {group} -n {}", pod.key().namespace),
        gate: false,
        said: Some(said),
        queue: None,
        hint: None,
    })
}

/// Why the pods of `object` wait: the condition that says so, else its phase.
fn status(object: &QueueingObject) -> Option<QueueStatus> {
    let resource = match object.kind {
        QueueingKind::Workload => "workload",
        QueueingKind::PodGroup | QueueingKind::KaiPodGroup => "podgroup",
    };
    // What went wrong says more than what has not happened yet.
    let reasons = [
        ("Evicted", true),
        ("QuotaReserved", false),
        ("Admitted", false),
        ("Unschedulable", true),
        (UNSCHEDULABLE_ON_NODE_POOL, true),
    ];
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
