//! Nodes that are not there yet: what the programs that make nodes would do for a pod, and why they do not.
//!
//! [`cluster_autoscaler`] runs its loop again on the state: which groups it asks, what a new node of each is like, and
//! what kube-scheduler's own filters say of the pod on it. [`karpenter`] does the same with its requirements. Both go by
//! their sources, named beside each rule.

pub mod cluster_autoscaler;
pub mod fates;
pub mod karpenter;
pub mod maker;
pub mod new_node;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::state::pod::PodId;
use cluster_autoscaler::{Change, Loop, Outcome, PodAnswer};

/// What would be made for one pod.
#[derive(Clone, Debug, Default)]
pub struct NewNodes {
    /// By the Cluster Autoscaler, if the state has its status.
    pub cluster_autoscaler: Option<ClusterAutoscalerAnswer>,
    /// By Karpenter, if the state has NodePools.
    pub karpenter: Option<karpenter::KarpenterAnswer>,
    /// What of the state could not be read, in sentences.
    pub notes: Vec<String>,
}

/// What the Cluster Autoscaler would do for one pod.
#[derive(Clone, Debug)]
pub struct ClusterAutoscalerAnswer {
    /// The pod.
    pub pod: PodId,
    /// The whole loop.
    pub run: Arc<Loop>,
    /// What came of it for the pod; none for a pod that is not pending.
    pub answer: Option<PodAnswer>,
    /// What became of its twins, itself included.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// How old the status is, in seconds.
    pub status_age: Option<i64>,
    /// Changes of groups, by their place, after which the loop does something for the pod, and what.
    pub fixes: Vec<(usize, Change, Outcome)>,
}
