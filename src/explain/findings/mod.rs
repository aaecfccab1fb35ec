//! What stands beside a scheduling cycle and decides it all the same: who holds a node, who would create what is
//! missing, what a rule that fits every pod really does.
//!
//! A cycle's reasons say what is short; a [`Finding`] says who has it. Each kind is found by one function, from the
//! state alone, and is data: its words are `report`'s.

mod holders;
mod makers;
mod platform;
mod queues;
mod rollout;

use serde::Serialize;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::framework::Placement;
use crate::state::Cluster;

pub(crate) use holders::{freeable, resizes_taken_back};
pub(crate) use makers::offered_instead;
pub use queues::is_gated_by_manager;
pub use rollout::{Unblocking, unblocking};

/// Something beside the cycle that the answer rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Finding {
    /// Pods nominated to a node hold room there against pods of no higher priority.
    NominatedPods {
        /// The node.
        node: Name,
        /// The pods and their priorities.
        pods: Vec<NominatedPod>,
    },
    /// A pod counts with the resources that it is resized to, which its node has not set aside.
    ResizePending {
        /// The pod.
        pod: ObjectKey,
        /// Its node.
        node: Name,
        /// `Deferred` or `InProgress`.
        state: &'static str,
        /// The resource.
        resource: Name,
        /// What counts.
        counted: String,
        /// What the node has set aside.
        allocated: String,
    },
    /// Pods that are being deleted hold a node until they are gone.
    TerminatingPods {
        /// The node.
        node: Name,
        /// The pods.
        pods: Vec<ObjectKey>,
        /// When the last of them is to be gone.
        #[serde(serialize_with = "time")]
        #[cfg_attr(test, schemars(with = "String"))]
        deadline: Timestamp,
    },
    /// Even an empty node has too little left after its DaemonSets and static pods.
    DaemonSetShare {
        /// The resource.
        resource: Name,
        /// What the pod asks.
        requested: String,
        /// What the largest node has.
        allocatable: String,
        /// What its DaemonSets and static pods take.
        daemons: String,
        /// What is left for others.
        left: String,
        /// That node.
        node: Name,
    },
    /// A rollout cannot continue: the new pod waits for what pods of an older revision hold, and they stay until the
    /// new pod runs.
    RolloutBlocked {
        /// The workload, as `deployment/NAMESPACE/NAME`.
        workload: String,
        /// Pods of older revisions that hold what the new pod needs.
        pods: Vec<ObjectKey>,
        /// How many pods may be there beyond those that are wanted.
        max_surge: usize,
        /// How many may be missing.
        max_unavailable: usize,
    },
    /// A device plugin has registered devices that are not healthy.
    DevicesUnhealthy {
        /// The node.
        node: Name,
        /// The resource.
        resource: Name,
        /// What it has.
        capacity: String,
        /// What can be allocated.
        allocatable: String,
        /// Nodes of which the same is true.
        nodes: usize,
    },
    /// No node offers the resource, but some offer others of the same vendor.
    OtherResourcesOffered {
        /// What the pod asks for.
        resource: Name,
        /// What nodes offer.
        offered: Vec<Name>,
    },
    /// `nodeSelector` asks for an empty value, which only a label without a value meets.
    EmptySelectorValue {
        /// The label's key.
        key: Name,
        /// Values that nodes have.
        values: Vec<Name>,
    },
    /// A missing claim is one that a StatefulSet creates with its pod.
    ClaimOfStatefulSet {
        /// The claim.
        #[serde(serialize_with = "text")]
        #[cfg_attr(test, schemars(with = "String"))]
        claim: ObjectKey,
        /// The StatefulSet.
        #[serde(serialize_with = "text")]
        #[cfg_attr(test, schemars(with = "String"))]
        stateful_set: ObjectKey,
        /// The pod.
        #[serde(serialize_with = "text")]
        #[cfg_attr(test, schemars(with = "String"))]
        pod: ObjectKey,
    },
    /// A claim of a pod that another scheduler places does not exist: no scheduler can place it.
    ClaimMissing {
        /// The claim.
        #[serde(serialize_with = "text")]
        #[cfg_attr(test, schemars(with = "String"))]
        claim: ObjectKey,
        /// Whether the input has claims at all: if not, this one may have been left out.
        known: bool,
    },
    /// A CSI driver that reports no limit on the nodes' volumes: none is enforced.
    DriverWithoutLimit {
        /// The driver.
        driver: Name,
        /// Nodes on which it runs.
        nodes: usize,
    },
    /// A pod that asks for no operating system can land, or has landed, on a Windows node.
    WindowsNode {
        /// The node.
        node: Name,
        /// The taint of it that was tolerated, and the toleration; none for a node without a taint.
        #[serde(skip_serializing_if = "Option::is_none")]
        tolerated: Option<ToleratedTaint>,
    },
    /// A taint stays until the pod's own component has run on the node: without a toleration it waits for itself.
    WaitsForItself {
        /// The taint.
        taint: String,
        /// A node that has it.
        node: Name,
    },
    /// All nodes with the label are one domain: the constraint spreads nothing.
    OneDomain {
        /// The constraint's key.
        topology_key: Name,
        /// The domain.
        domain: Name,
    },
    /// Another component decides when, or where, the pod runs.
    ManagedElsewhere {
        /// Who: `Kueue`, `Volcano`.
        manager: &'static str,
        /// The gate or scheduler name that says so.
        by: Name,
        /// What to look at: a command.
        command: String,
        /// Whether the pod waits behind that component's gate.
        gate: bool,
        /// What that component says of the pod, where the state has its object.
        #[serde(skip_serializing_if = "Option::is_none")]
        said: Option<QueueStatus>,
        /// The queue that the pod asks for by a label.
        #[serde(skip_serializing_if = "Option::is_none")]
        queue: Option<Name>,
        /// Where else to look.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<&'static str>,
    },
}

/// What a queue, or another scheduler, says of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct QueueStatus {
    /// Its object: `workload/NAMESPACE/NAME`.
    pub object: String,
    /// The queue that the pod waits in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Name>,
    /// The condition that says why it waits: its type, or the object's phase.
    pub condition: Name,
    /// `True` or `False`; of a phase nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Name>,
    /// The condition's message.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub message: Box<str>,
    /// Since when it holds.
    #[serde(serialize_with = "optional_time", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub since: Option<Timestamp>,
}

/// A pod that is nominated to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NominatedPod {
    /// The pod.
    pub pod: ObjectKey,
    /// Its priority.
    pub priority: i32,
}

/// A taint that keeps other pods off, and what lets the pod on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToleratedTaint {
    /// The taint: `os=Win2019:NoSchedule`.
    pub taint: String,
    /// The toleration: `{operator: Exists}`.
    pub toleration: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn time<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn optional_time<S: serde::Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.as_ref().map(ToString::to_string).serialize(serializer)
}

fn text<S: serde::Serializer>(key: &ObjectKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}

/// What is found of `placement`, whose pod the state has as the cycle saw it.
pub fn find(placement: &Placement, cluster: &Cluster) -> Vec<Finding> {
    let pod = cluster.pod(placement.pod_id);
    // A missing claim holds under any scheduler: it comes first.
    let mut found = makers::claims(placement, cluster, pod);
    found.extend(queues::find(placement, pod, cluster));
    if placement.current.is_none() && !placement.schedulable {
        found.extend(rollout::find(placement, cluster, pod));
        found.extend(holders::find(placement, cluster, pod));
        found.extend(platform::waits_for_itself(placement, pod));
        found.extend(makers::resources(placement, cluster));
        found.extend(makers::selectors(placement, cluster, pod));
    }
    found.extend(makers::limits(placement, cluster, pod));
    found.extend(platform::windows(placement, cluster, pod));
    found.extend(platform::one_domain(placement, cluster, pod));
    found
}
