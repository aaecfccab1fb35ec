//! Pods in a final phase: who ended them, and siblings that met the same end.
//!
//! No scheduler looks at such a pod again. The words are those of its status; what they mean follows
//! from the reasons that the kubelet gives.

use indexmap::IndexMap;

use crate::api::meta::OwnerReference;
use crate::api::{Name, ObjectKey};
use crate::decode::pod::{PodObject, PodPhase};
use crate::state::{Cluster, Pod};

/// The end of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndedPod {
    /// Succeeded or Failed.
    pub phase: PodPhase,
    /// Who ended it.
    pub by: EndedBy,
    /// `status.reason`; empty where containers simply ended.
    pub reason: String,
    /// `status.message`.
    pub message: String,
    /// The node it was on.
    pub node: Option<Name>,
    /// Pods of the same controller, in a final phase too, with the same reason; itself not counted.
    pub siblings: usize,
    /// A pod of the same controller that goes on: its replacement. The first by name.
    pub replacement: Option<ObjectKey>,
    /// How many of those there are.
    pub replacements: usize,
}

/// Who ended a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EndedBy {
    /// Its containers ended, well or badly.
    Containers,
    /// The kubelet of its node did not let it start.
    KubeletAdmission,
    /// The kubelet evicted it: its node ran short of something.
    KubeletEviction,
    /// The kubelet ended it for a pod that the node itself needs.
    KubeletPreemption,
    /// The node was shut down.
    NodeShutdown,
    /// `activeDeadlineSeconds` was over.
    Deadline,
    /// Somebody else; the reason says who.
    Other,
}

impl EndedBy {
    /// Whether the scheduler chose a node that did not take the pod.
    pub fn is_rejection(self) -> bool {
        self == Self::KubeletAdmission
    }

    /// From `status.reason` and `status.message`, by the constants of upstream's kubelet:
    /// lifecycle/predicate.go, cm/topologymanager, cm/cpumanager, cm/devicemanager, eviction/eviction_manager.go,
    /// nodeshutdown/nodeshutdown_manager.go, preemption/preemption.go, active_deadline.go; kubelet.go, rejectPod,
    /// begins the message of every pod that was not admitted.
    fn of(reason: &str, message: &str) -> Self {
        const REJECTED: &str = "Pod was rejected";
        match reason {
            "" => Self::Containers,
            "DeadlineExceeded" => Self::Deadline,
            "Preempting" => Self::KubeletPreemption,
            "Terminated" | "Shutdown" | "NodeShutdown" => Self::NodeShutdown,
            _ if message.starts_with(REJECTED) => Self::KubeletAdmission,
            "Evicted" => Self::KubeletEviction,
            "NodeAffinity"
            | "NodeName"
            | "NodePorts"
            | "PodFitsHostPorts"
            | "HostName"
            | "MatchNodeSelector"
            | "TaintToleration"
            | "InvalidNodeInfo"
            | "UnexpectedAdmissionError"
            | "UnexpectedPredicateFailureType"
            | "TopologyAffinityError"
            | "SMTAlignmentError"
            | "PodOSSelectorNodeLabelDoesNotMatch"
            | "PodOSNotSupported"
            | "PodFeatureUnsupported"
            | "InitContainerRestartPolicyForbidden"
            | "PodLevelResourcesNotAdmittedReason"
            | "SysctlForbidden"
            | "AppArmor" => Self::KubeletAdmission,
            _ if reason.starts_with("OutOf") => Self::KubeletAdmission,
            _ => Self::Other,
        }
    }
}

/// The end of `pod`, one of [`Cluster::ended`].
pub fn find(cluster: &Cluster, pod: &PodObject) -> EndedPod {
    let (reason, message) = words(pod);
    let controller = pod.own.controller.as_ref().map(|owner| (owner.kind, owner.name));
    let is_sibling = |other: Option<(Name, Name)>, key: ObjectKey| {
        controller.is_some() && other == controller && key.namespace == pod.own.key.namespace && key != pod.own.key
    };
    let siblings = cluster
        .ended()
        .iter()
        .filter(|other| {
            let owner = other.own.controller.as_ref().map(|owner| (owner.kind, owner.name));
            is_sibling(owner, other.own.key) && words(other).0 == reason
        })
        .count();
    let mut replacements = cluster
        .pods()
        .iter()
        .filter(|other| {
            let owner = other.own.controller.as_ref().map(|owner| (owner.kind, owner.name));
            cluster.has_pod(other.id) && is_sibling(owner, other.key())
        })
        .map(Pod::key);
    let replacement = replacements.next();
    EndedPod {
        phase: pod.own.phase,
        by: if pod.own.phase == PodPhase::Succeeded { EndedBy::Containers } else { EndedBy::of(reason, message) },
        reason: reason.to_owned(),
        message: message.to_owned(),
        node: pod.own.node_name,
        siblings,
        replacements: replacements.count() + usize::from(replacement.is_some()),
        replacement,
    }
}

fn words(pod: &PodObject) -> (&str, &str) {
    pod.own.end.as_ref().map_or(("", ""), |end| (&*end.reason, &*end.message))
}

/// Pods of one controller that the kubelet of one node did not let start, for one reason: as long as
/// the scheduler chooses that node, each next one may meet the same end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejections {
    /// The node.
    pub node: Name,
    /// `status.reason`.
    pub reason: String,
    /// `status.message` of one of them.
    pub message: String,
    /// How many.
    pub count: usize,
}

/// How often kubelets rejected siblings of `pod`, by node and reason, the most first. A pod without
/// a controller has none.
pub fn rejections(cluster: &Cluster, pod: &Pod) -> Vec<Rejections> {
    let Some(controller) = &pod.own.controller else { return Vec::new() };
    let mut found: Vec<Rejections> = Vec::new();
    for other in cluster.ended() {
        let (reason, message) = words(other);
        let owner = other.own.controller.as_ref();
        let is_sibling = other.own.key.namespace == pod.key().namespace
            && owner.is_some_and(|owner| (owner.kind, owner.name) == (controller.kind, controller.name));
        let Some(node) = other.own.node_name.filter(|_| is_sibling && other.own.phase == PodPhase::Failed) else {
            continue;
        };
        if !EndedBy::of(reason, message).is_rejection() {
            continue;
        }
        match found.iter_mut().find(|known| known.node == node && known.reason == reason) {
            Some(known) => known.count += 1,
            None => found.push(Rejections { node, reason: reason.to_owned(), message: message.to_owned(), count: 1 }),
        }
    }
    found.sort_by_key(|rejections| (std::cmp::Reverse(rejections.count), rejections.node));
    found
}

/// How often kubelets rejected pods, by controller, node and reason. Pods without a controller are each listed by
/// `explain`.
pub fn all_rejections(cluster: &Cluster) -> Vec<(Name, OwnerReference, Rejections)> {
    /// Namespace, kind and name of the controller, node, reason.
    type Key = (Name, Name, Name, Name, String);
    let mut found: IndexMap<Key, (OwnerReference, Rejections)> = IndexMap::new();
    for pod in cluster.ended().iter().filter(|pod| pod.own.phase == PodPhase::Failed) {
        let (reason, message) = words(pod);
        let (Some(owner), Some(node)) = (&pod.own.controller, pod.own.node_name) else { continue };
        if EndedBy::of(reason, message).is_rejection() {
            let key = (pod.own.key.namespace, owner.kind, owner.name, node, reason.to_owned());
            let first =
                || (*owner, Rejections { node, reason: reason.to_owned(), message: message.to_owned(), count: 0 });
            found.entry(key).or_insert_with(first).1.count += 1;
        }
    }
    found.into_iter().map(|((namespace, ..), (owner, rejections))| (namespace, owner, rejections)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(reason: &str, message: &str, expected: EndedBy) {
        assert_eq!(EndedBy::of(reason, message), expected, "{reason}: {message}");
    }

    #[test]
    fn who_ended_it_follows_from_the_status() {
        case("", "", EndedBy::Containers);
        case("OutOfcpu", "Pod Node didn't have enough resource: cpu", EndedBy::KubeletAdmission);
        case("OutOfnvidia.com/gpu", "", EndedBy::KubeletAdmission);
        case("NodeAffinity", "Pod Predicate NodeAffinity failed", EndedBy::KubeletAdmission);
        case("TopologyAffinityError", "Pod was rejected: Resources cannot be allocated", EndedBy::KubeletAdmission);
        case("Evicted", "Pod was rejected: The node had condition: [MemoryPressure].", EndedBy::KubeletAdmission);
        case("Evicted", "The node was low on resource: memory.", EndedBy::KubeletEviction);
        case("Terminated", "Pod was terminated in response to imminent node shutdown.", EndedBy::NodeShutdown);
        case("NodeShutdown", "Pod was rejected as the node is shutting down.", EndedBy::NodeShutdown);
        case("DeadlineExceeded", "Pod was active on the node longer than the specified deadline", EndedBy::Deadline);
        case("SomethingElse", "", EndedBy::Other);
    }
}
