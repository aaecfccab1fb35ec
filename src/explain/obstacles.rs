//! Why a pod that was given a node does not start there, as far as the state tells.
//!
//! None of this is the scheduler's matter any more. The kubelet waits for the pod's volumes before it
//! starts a container (upstream pkg/kubelet/volumemanager), and no kubelet acts for a node that is gone.

use crate::api::taint::{Taint, TaintEffect};
use crate::api::{Name, ObjectKey, Timestamp};
use crate::decode::Kind;
use crate::decode::storage::BindingMode;
use crate::state::{Cluster, Pod};

/// Something that keeps a pod from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartObstacle {
    /// It is being deleted.
    Terminating {
        /// When it is to be gone.
        at: Timestamp,
    },
    /// There is no such node.
    NodeMissing,
    /// The node's own component does not report.
    NodeNotReady {
        /// The taint that says so.
        taint: Name,
        /// Since when, if the taint tells.
        since: Option<Timestamp>,
    },
    /// There is no such claim.
    ClaimMissing(ObjectKey),
    /// The claim's volume is gone.
    ClaimLost(ObjectKey),
    /// The claim gets a volume once a scheduler has chosen a node for a pod that uses it, and no
    /// scheduler did: the creator of the pod wrote `spec.nodeName` into it.
    ClaimNeverScheduled {
        /// The claim.
        claim: ObjectKey,
        /// Its StorageClass.
        class: Name,
    },
    /// The claim has no volume yet.
    ClaimUnbound {
        /// The claim.
        claim: ObjectKey,
        /// Its StorageClass; empty for none.
        class: Name,
    },
}

/// Taints that the node life cycle controller sets while a node's kubelet does not report
/// (upstream pkg/controller/nodelifecycle/node_lifecycle_controller.go).
const NOT_READY: [&str; 2] = ["node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"];

/// What keeps `pod`, which has a node, from starting.
pub fn find(pod: &Pod, cluster: &Cluster, node: Name) -> Vec<StartObstacle> {
    let mut found = Vec::new();
    found.extend(pod.own.deletion_timestamp.map(|at| StartObstacle::Terminating { at }));
    match cluster.node_named(node) {
        None => found.push(StartObstacle::NodeMissing),
        Some(info) => {
            let not_ready = |taint: &&Taint| NOT_READY.contains(&taint.key.as_str());
            let taints = info.node.taints.iter();
            let first = taints.filter(not_ready).min_by_key(|taint| taint.effect != TaintEffect::NoExecute);
            found.extend(first.map(|taint| {
                let times = info.node.taint_times.iter();
                let since = times.filter(|(timed, _)| timed == taint).map(|(_, at)| *at).min();
                StartObstacle::NodeNotReady { taint: taint.key, since }
            }));
        }
    }
    found.extend(pod.spec().volumes.iter().filter_map(|volume| of_claim(volume.claim_of(pod.key())?, cluster)));
    found
}

fn of_claim(key: ObjectKey, cluster: &Cluster) -> Option<StartObstacle> {
    let storage = cluster.storage();
    let Some(claim) = storage.claim(key) else {
        let known = cluster.holds(Kind::PersistentVolumeClaim);
        return known.then_some(StartObstacle::ClaimMissing(key));
    };
    if claim.lost {
        return Some(StartObstacle::ClaimLost(key));
    }
    if claim.is_fully_bound() {
        return None;
    }
    let class = claim.class;
    let mode = storage.class(class).and_then(|class| class.binding_mode);
    let untouched = claim.selected_node.is_none() && claim.volume_name.is_empty();
    Some(if mode == Some(BindingMode::WaitForFirstConsumer) && untouched {
        StartObstacle::ClaimNeverScheduled { claim: key, class }
    } else {
        StartObstacle::ClaimUnbound { claim: key, class }
    })
}
