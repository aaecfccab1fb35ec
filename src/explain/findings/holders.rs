//! Who holds a node: nominated pods, resizes, pods that are being deleted, DaemonSets.

use super::{Finding, NominatedPod};
use crate::api::resources::Resources;
use crate::api::{Name, Timestamp};
use crate::edit::{Edit, PodChange};
use crate::explain::suggest::{amount, quantity, units};
use crate::framework::{NodePlacement, Placement, Reason};
use crate::state::{Cluster, NodeInfo, Pod};

/// Nodes whose holders are listed.
const MOST_NODES: usize = 3;

/// What holds the nodes that are only short of resources.
pub(super) fn find(placement: &Placement, cluster: &Cluster, pod: &Pod) -> Vec<Finding> {
    let mut found = Vec::new();
    let short: Vec<(&NodePlacement, Vec<Name>)> = placement
        .nodes
        .iter()
        .map(|node| (node, short_of(node)))
        .filter(|(node, resources)| !resources.is_empty() || is_full(node))
        .collect();
    found.extend(daemon_share(&short, cluster));
    for (node, resources) in short.iter().take(MOST_NODES) {
        let Some(info) = cluster.node_named(node.name) else { continue };
        found.extend(nominated(cluster, pod, info));
        found.extend(resizes(cluster, info, resources));
        found.extend(terminating(cluster, info));
    }
    found
}

/// The resources that the node is short of.
fn short_of(node: &NodePlacement) -> Vec<Name> {
    reasons(node)
        .filter_map(|reason| match reason {
            Reason::InsufficientResource { resource, .. } => Some(*resource),
            _ => None,
        })
        .collect()
}

/// What every filter says; where they say nothing, what the pass says, which counts nominated pods.
fn reasons(node: &NodePlacement) -> impl Iterator<Item = &Reason> {
    let pass = if node.filters.is_empty() { node.reasons() } else { &[] };
    node.filters.iter().flat_map(|filter| &filter.rejection.reasons).chain(pass)
}

/// Whether something keeps the pod off that a pod on the node, or one nominated to it, holds.
fn is_full(node: &NodePlacement) -> bool {
    reasons(node).any(|reason| {
        matches!(
            reason,
            Reason::TooManyPods { .. }
                | Reason::HostPortConflict { .. }
                | Reason::PodAntiAffinityViolated { .. }
                | Reason::ExistingPodAntiAffinity { .. }
        )
    })
}

/// Nominated pods count on a node for pods of no higher priority (upstream framework/runtime/framework.go,
/// addGENominatedPods).
fn nominated(cluster: &Cluster, pod: &Pod, node: &NodeInfo) -> Option<Finding> {
    let others = cluster.nominated_to(node.name()).iter().map(|other| cluster.pod(*other));
    let pods: Vec<NominatedPod> = others
        .filter(|other| other.id != pod.id && other.priority() >= pod.priority())
        .map(|other| NominatedPod { pod: other.key(), priority: other.priority() })
        .collect();
    (!pods.is_empty()).then(|| Finding::NominatedPods { node: node.name(), pods })
}

/// Pods of the node that count with more than it has set aside (upstream component-helpers/resource/helpers.go,
/// PodRequests: the largest of specification, allocated and actual resources).
fn resizes(cluster: &Cluster, node: &NodeInfo, resources: &[Name]) -> Vec<Finding> {
    let pods = node.pods.iter().map(|pod| cluster.pod(*pod));
    pods.flat_map(|other| {
        resources.iter().filter_map(move |resource| {
            let counted = amount(&other.class.requests.requested, *resource);
            let allocated = allocated(other, *resource)?;
            (counted > allocated).then(|| Finding::ResizePending {
                pod: other.key(),
                node: node.name(),
                state: if other.class.template.resize.deferred { "Deferred" } else { "InProgress" },
                resource: *resource,
                counted: quantity(*resource, counted).to_string(),
                allocated: quantity(*resource, allocated).to_string(),
            })
        })
    })
    .collect()
}

/// What the node has set aside of a resource for the pod's containers; none where the status of one does not tell.
fn allocated(pod: &Pod, resource: Name) -> Option<i64> {
    let status = &pod.class.template.resize;
    if status.containers.is_empty() || status.infeasible {
        return None;
    }
    let mut sum = 0;
    for container in &pod.spec().containers {
        let of_container = status.containers.iter().find(|status| Some(status.container) == container.name)?;
        let set_aside = of_container.resources.allocated.as_ref()?;
        let mut amounts = Resources::default();
        amounts.add(set_aside.iter());
        sum += amount(&amounts, resource);
    }
    Some(sum)
}

/// The changes that take resizes back which wait for room on nodes that are short: one for each pod.
pub(crate) fn resizes_taken_back(placement: &Placement, cluster: &Cluster) -> Vec<Vec<Edit>> {
    let short = placement.nodes.iter().map(|node| (node, short_of(node))).filter(|(_, short)| !short.is_empty());
    let mut found = Vec::new();
    for (node, resources) in short.take(MOST_NODES) {
        let Some(info) = cluster.node_named(node.name) else { continue };
        for pod in info.pods.iter().map(|pod| cluster.pod(*pod)) {
            let changes: Vec<PodChange> = resources.iter().flat_map(|resource| taken_back(pod, *resource)).collect();
            if !changes.is_empty() {
                found.push(vec![Edit::PatchPod { pod: pod.key(), changes }]);
            }
        }
    }
    found
}

/// The requests of containers that are above what the node has set aside, as they were.
fn taken_back(pod: &Pod, resource: Name) -> Vec<PodChange> {
    let status = &pod.class.template.resize;
    let containers = pod.spec().containers.iter();
    containers
        .filter_map(|container| {
            let from = container.requests().get(resource)?;
            let of_container = status.containers.iter().find(|status| Some(status.container) == container.name)?;
            let to = of_container.resources.allocated.as_ref()?.get(resource)?;
            let above = units(resource, from) > units(resource, to);
            above.then_some(PodChange::Request { container: container.name, resource, from, to })
        })
        .collect()
}

fn terminating(cluster: &Cluster, node: &NodeInfo) -> Option<Finding> {
    let pods = node.pods.iter().map(|pod| cluster.pod(*pod));
    let leaving: Vec<(&Pod, Timestamp)> = pods.filter_map(|pod| Some((pod, pod.own.deletion_timestamp?))).collect();
    let deadline = leaving.iter().map(|(_, at)| *at).max()?;
    let pods = leaving.iter().map(|(pod, _)| pod.key()).collect();
    Some(Finding::TerminatingPods { node: node.name(), pods, deadline })
}

/// Whether the pod comes back to its node whatever happens: a DaemonSet's, or a static one.
fn is_daemon(pod: &Pod) -> bool {
    pod.own.controller.as_ref().is_some_and(|owner| matches!(owner.kind.as_str(), "DaemonSet" | "Node"))
}

/// What pods on the node hold of a resource that somebody could free: not those of DaemonSets and static ones, and not
/// what is only kept for nominated pods.
pub(crate) fn freeable(cluster: &Cluster, node: &NodeInfo, resource: Name) -> i64 {
    let exists = |pod: &&Pod| pod.own.creation_timestamp.is_some() || pod.own.sequence != u32::MAX;
    let pods = node.pods.iter().map(|pod| cluster.pod(*pod)).filter(|pod| !is_daemon(pod)).filter(exists);
    pods.map(|pod| amount(&pod.class.requests.requested, resource)).fold(0, i64::saturating_add)
}

/// What DaemonSets and static pods take of a resource on the node.
fn daemons_take(cluster: &Cluster, node: &NodeInfo, resource: Name) -> i64 {
    let daemons = node.pods.iter().map(|pod| cluster.pod(*pod)).filter(|pod| is_daemon(pod));
    daemons.map(|pod| amount(&pod.class.requests.requested, resource)).fold(0, i64::saturating_add)
}

/// Where the pod fits an empty node and fits none after its DaemonSets: of the largest node.
fn daemon_share(short: &[(&NodePlacement, Vec<Name>)], cluster: &Cluster) -> Option<Finding> {
    let mut largest: Option<(i64, Finding)> = None;
    for (node, _) in short {
        let info = cluster.node_named(node.name)?;
        for reason in node.filters.iter().flat_map(|filter| &filter.rejection.reasons) {
            let Reason::InsufficientResource { resource, requested, allocatable, .. } = reason else { continue };
            let daemons = daemons_take(cluster, info, *resource);
            let left = allocatable.value - daemons;
            if requested.value <= left {
                return None;
            }
            if requested.value > allocatable.value || largest.as_ref().is_some_and(|(most, _)| *most >= left) {
                continue;
            }
            let print = |value: i64| quantity(*resource, value).to_string();
            let finding = Finding::DaemonSetShare {
                resource: *resource,
                requested: print(requested.value),
                allocatable: print(allocatable.value),
                daemons: print(daemons),
                left: print(left),
                node: node.name,
            };
            largest = Some((left, finding));
        }
    }
    largest.map(|(_, finding)| finding)
}
