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
pub mod not_counted;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::name::Name;
use crate::framework::Placement;
use crate::state::Cluster;
use crate::state::pod::PodId;
use cluster_autoscaler::{Change, Loop, PodAnswer, PodOutcome, TolerationFix};

/// What would be made for one pod.
#[derive(Clone, Debug, Default)]
pub struct NewNodes {
    /// By the Cluster Autoscaler, if the state has its status.
    pub cluster_autoscaler: Option<ClusterAutoscalerAnswer>,
    /// By Karpenter, if the state has NodePools.
    pub karpenter: Option<karpenter::KarpenterAnswer>,
    /// What of the state could not be read or was not counted, in sentences.
    pub notes: Vec<String>,
    /// A node that Karpenter expects the pod on and kube-scheduler refuses.
    pub conflict: Option<Conflict>,
}

/// Karpenter and kube-scheduler disagree over a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The node.
    pub node: Name,
    /// The plugin of kube-scheduler that refuses it.
    pub plugin: Option<&'static str>,
    /// Its reasons.
    pub reasons: Vec<String>,
    /// The rule that Karpenter does not know, where it is known which.
    pub rule: Option<UnknownRule>,
}

/// A rule of kube-scheduler that Karpenter does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownRule {
    /// Default constraints of PodTopologySpread: Karpenter has those of its own `--scheduler-config` only.
    DefaultSpread,
    /// Which pods may share a volume (VolumeRestrictions).
    SharedVolumes,
    /// A taint that goes away while the node starts: Karpenter looks through it.
    StartupTaint,
}

impl NewNodes {
    /// What kube-scheduler says, in `placement`, of the node that Karpenter expects the pod on.
    pub fn compare(&mut self, cluster: &Cluster, placement: &Placement) {
        let Some(found) = &self.karpenter else { return };
        let expects = matches!(found.outcome, Some("existing-node" | "in-flight"));
        let Some(node) = found.node.filter(|_| expects) else { return };
        let Some(judged) = placement.nodes.iter().find(|judged| judged.name == node) else { return };
        let Some(rejection) = &judged.rejection else { return };
        let pod = cluster.pod(placement.pod_id);
        let rule = match rejection.plugin {
            Some("PodTopologySpread") if pod.spec().topology_spread_constraints.is_empty() => {
                Some(UnknownRule::DefaultSpread)
            }
            Some("VolumeRestrictions") => Some(UnknownRule::SharedVolumes),
            Some("TaintToleration") if found.outcome == Some("in-flight") => Some(UnknownRule::StartupTaint),
            _ => None,
        };
        let reasons = rejection.rejection.reasons.iter().map(ToString::to_string).collect();
        self.conflict = Some(Conflict { node, plugin: rejection.plugin, reasons, rule });
    }
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
    pub fixes: Vec<(usize, Change, PodOutcome)>,
    /// Groups that grow once the pod tolerates their taints.
    pub tolerations: Vec<TolerationFix>,
}
