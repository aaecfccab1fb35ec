//! Rollouts that wait for themselves: the new pod needs what pods of older revisions hold, and these stay until a new
//! pod runs.

use super::Finding;
use crate::api::update_strategy::UpdateKind;
use crate::api::{Name, ObjectKey};
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::edit::Edit;
use crate::explain::suggest::amount;
use crate::framework::{Placement, Reason};
use crate::simulate::scenario::rollout::{Bounds, Rolling};
use crate::state::{Cluster, Pod};

/// Bounds beyond this are not tried.
const MOST_UNAVAILABLE: usize = 10;

/// A Deployment whose rollout is blocked by its own older pods.
struct Blocked<'a> {
    deployment: &'a Workload,
    /// Pods of older revisions.
    old: Vec<ObjectKey>,
    /// Those of them that hold what is short.
    holders: Vec<ObjectKey>,
    rolling: Rolling,
}

pub(super) fn find(placement: &Placement, cluster: &Cluster, pod: &Pod) -> Option<Finding> {
    let blocked = blocked(placement, cluster, pod)?;
    Some(Finding::RolloutBlocked {
        workload: blocked.deployment.identity().to_string(),
        pods: blocked.holders,
        max_surge: blocked.rolling.bounds.surge,
        max_unavailable: blocked.rolling.bounds.unavailable,
    })
}

/// Changes that may let a blocked rollout continue, each with its first consequence: old pods go, as many as the
/// controller deletes with the new bound (deployment rolling.go), the smallest bound first; and all of them with strategy
/// Recreate (recreate.go, scaleDownOldReplicaSetsForRecreate).
pub fn unblocking(placement: &Placement, cluster: &Cluster, pod: &Pod) -> Vec<Unblocking> {
    let Some(blocked) = blocked(placement, cluster, pod) else { return Vec::new() };
    let workload: WorkloadKey = blocked.deployment.identity();
    let replicas = blocked.rolling.replicas;
    let mut found = Vec::new();
    for unavailable in (blocked.rolling.bounds.unavailable + 1)..=replicas.min(MOST_UNAVAILABLE) {
        let bounds = Bounds { unavailable, ..blocked.rolling.bounds };
        let (unhealthy, spare) = Rolling { bounds, ..blocked.rolling }.shrinks();
        let Ok(max_unavailable) = i32::try_from(unavailable) else { break };
        if unhealthy + spare == 0 {
            continue;
        }
        let change = Edit::SetMaxUnavailable { workload, max_unavailable };
        let holders = blocked.holders.iter();
        found.extend(holders.map(|holder| Unblocking {
            change: change.clone(),
            leave: vec![Edit::DeletePod { pod: *holder }],
            workload,
            replicas,
        }));
    }
    let change = Edit::SetStrategy { workload, strategy: UpdateKind::Recreate };
    let leave = blocked.old.iter().map(|pod| Edit::DeletePod { pod: *pod }).collect();
    found.push(Unblocking { change, leave, workload, replicas });
    found
}

/// A change that may let a rollout continue.
pub struct Unblocking {
    /// The change of the Deployment.
    pub change: Edit,
    /// The pods that go then, at first.
    pub leave: Vec<Edit>,
    /// The Deployment.
    pub workload: WorkloadKey,
    /// How many pods it wants.
    pub replicas: usize,
}

fn blocked<'a>(placement: &Placement, cluster: &'a Cluster, pod: &Pod) -> Option<Blocked<'a>> {
    let own = pod.own.controller.as_ref().filter(|owner| owner.kind == "ReplicaSet")?;
    let namespace = pod.key().namespace;
    let set = cluster.owning_workload(namespace, own)?;
    let deployment = cluster.owning_workload(namespace, set.controller.as_ref()?)?;
    let rolls = deployment.kind == WorkloadKind::Deployment
        && deployment.strategy.kind == UpdateKind::RollingUpdate
        && !deployment.paused;
    if !rolls {
        return None;
    }
    let sets: Vec<Name> = cluster
        .workloads
        .iter()
        .filter(|other| {
            let owner = other.controller.as_ref();
            other.key.namespace == namespace
                && owner.is_some_and(|owner| owner.kind == "Deployment" && owner.name == deployment.key.name)
        })
        .map(|set| set.key.name)
        .collect();
    let (mut old, mut new): (Vec<&Pod>, Vec<&Pod>) = (Vec::new(), Vec::new());
    for other in cluster.pods().iter().filter(|other| cluster.has_pod(other.id) && other.key().namespace == namespace) {
        match &other.own.controller {
            Some(owner) if owner.kind == own.kind && owner.name == own.name => new.push(other),
            Some(owner) if owner.kind == "ReplicaSet" && sets.contains(&owner.name) => old.push(other),
            _ => {}
        }
    }
    let replicas = usize::try_from(deployment.replicas.unwrap_or(1)).unwrap_or(0);
    let runs = |pods: &[&Pod]| pods.iter().filter(|pod| cluster.node_of(pod.id).is_some()).count();
    let rolling = Rolling {
        replicas,
        bounds: Bounds::of(deployment.kind, &deployment.strategy, replicas, false),
        old: old.len(),
        old_available: runs(&old),
        new: new.len(),
        new_available: runs(&new),
    };
    // Whatever the controller removes by itself blocks nothing.
    if rolling.shrinks() != (0, 0) {
        return None;
    }
    let holds = |other: &&&Pod| holds_what_is_short(placement, cluster, other);
    let holders: Vec<ObjectKey> = old.iter().filter(holds).map(|pod| pod.key()).collect();
    let old = old.iter().map(|pod| pod.key()).collect();
    (!holders.is_empty()).then_some(Blocked { deployment, old, holders, rolling })
}

/// Whether the pod has something of what its node lacks for the pod of `placement`.
fn holds_what_is_short(placement: &Placement, cluster: &Cluster, pod: &Pod) -> bool {
    let Some(node) = cluster.node_of(pod.id).map(|node| cluster.node(node).name()) else { return false };
    let on_node = placement.nodes.iter().filter(|other| other.name == node);
    let mut reasons = on_node.flat_map(|node| &node.filters).flat_map(|filter| &filter.rejection.reasons);
    reasons.any(|reason| match reason {
        Reason::InsufficientResource { resource, .. } => amount(&pod.class.requests.requested, *resource) > 0,
        Reason::TooManyPods { .. }
        | Reason::HostPortConflict { .. }
        | Reason::PodAntiAffinityViolated { .. }
        | Reason::ExistingPodAntiAffinity { .. }
        | Reason::Volume(_) => true,
        _ => false,
    })
}
