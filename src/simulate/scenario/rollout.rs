//! How far a rollout came, and the numbers that bound it.

use crate::api::update_strategy::{IntOrPercent, RollingUpdate, UpdateKind, UpdateStrategy};
use crate::api::{Name, ObjectKey};
use crate::control_plane::admission;
use crate::control_plane::attach::MultiAttach;
use crate::decode::workload::{WorkloadKey, WorkloadKind};

/// How far a rollout came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rollout {
    /// Whose pods are replaced.
    pub workload: WorkloadKey,
    /// How its controller replaces them.
    pub strategy: UpdateKind,
    /// How many may be there or missing meanwhile, where the strategy has such bounds.
    pub bounds: Option<Bounds>,
    /// Pods that are wanted in the end.
    pub replicas: usize,
    /// New pods that have a place.
    pub rolled: usize,
    /// Old pods that are still there.
    pub old: usize,
    /// Where it ended.
    pub end: RolloutEnd,
    /// Of a DaemonSet that is stuck: all nodes that would not take the new pod in the place of the old one.
    pub failing_nodes: Vec<Name>,
    /// Whether it was stuck, and went on after a later step.
    pub resumed: bool,
}

/// Where a rollout ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RolloutEnd {
    /// All pods are new.
    Complete,
    /// It is stuck: this new pod finds no place.
    NoPlace {
        /// The pod.
        pod: ObjectKey,
        /// What kube-scheduler says.
        message: String,
    },
    /// It is stuck: the API server does not let the next pod in.
    Refused(admission::AdmissionRefusal),
    /// It is stuck: this pod, which has no place, is waited for first.
    Waits(ObjectKey),
    /// It is stuck: this pod, which has its node and is not ready, is waited for first.
    NotReady(ObjectKey),
    /// It is stuck: this old pod stays, as the kubelet of its node does not answer.
    Terminating {
        /// The pod.
        pod: ObjectKey,
        /// Its node.
        node: Name,
    },
    /// It is stuck: this new pod has its node, and waits there for a volume that another node has.
    MultiAttach(MultiAttach),
    /// A StatefulSet's `partition` keeps the rest.
    Partition(usize),
    /// Somebody has to delete the old pods.
    OnDelete,
    /// The Deployment is paused.
    Paused,
    /// A controller of this kind never replaces pods for their template.
    NeverReplaces,
}

impl RolloutEnd {
    /// Whether it would go on for ever without an end.
    pub fn is_stuck(&self) -> bool {
        matches!(
            self,
            Self::NoPlace { .. }
                | Self::Refused(_)
                | Self::Waits(_)
                | Self::NotReady(_)
                | Self::Terminating { .. }
                | Self::MultiAttach(_)
        )
    }

    /// The word for it in data.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "Complete",
            Self::NoPlace { .. } => "Unschedulable",
            Self::Refused(_) => "Refused",
            Self::Waits(_) => "WaitsForDeletion",
            Self::NotReady(_) => "WaitsForReadiness",
            Self::Terminating { .. } => "WaitsForTermination",
            Self::MultiAttach(_) => "MultiAttach",
            Self::Partition(_) => "Partition",
            Self::OnDelete => "OnDelete",
            Self::Paused => "Paused",
            Self::NeverReplaces => "NeverReplaces",
        }
    }
}

/// `maxSurge` and `maxUnavailable` as numbers of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// Pods that may be there beyond those wanted.
    pub surge: usize,
    /// Pods that may be missing.
    pub unavailable: usize,
}

impl Bounds {
    /// The bounds of a rolling update of `kind` over `replicas` pods.
    ///
    /// A Deployment's are a quarter each by default, the surge rounded up, what is missing rounded
    /// down (upstream pkg/controller/deployment/util/deployment_util.go, ResolveFenceposts); a
    /// DaemonSet's are rounded up (pkg/controller/daemon/update.go, updatedDesiredNodeCounts). One pod
    /// may be missing where both are zero. A StatefulSet replaces one at a time, or with `sets_have_bounds` as many as it
    /// says, rounded down (pkg/controller/statefulset/stateful_set_utils.go, getStatefulSetMaxUnavailable).
    pub fn of(kind: WorkloadKind, strategy: &UpdateStrategy, replicas: usize, sets_have_bounds: bool) -> Self {
        let RollingUpdate { max_surge, max_unavailable, .. } = strategy.rolling_update.unwrap_or_default();
        let quarter = IntOrPercent::Percent(25);
        let (surge, unavailable) = match kind {
            WorkloadKind::Deployment => (
                max_surge.unwrap_or(quarter).rounded_up(replicas),
                max_unavailable.unwrap_or(quarter).rounded_down(replicas),
            ),
            WorkloadKind::DaemonSet => (
                max_surge.map_or(0, |surge| surge.rounded_up(replicas)),
                max_unavailable.unwrap_or(IntOrPercent::Int(1)).rounded_up(replicas),
            ),
            WorkloadKind::StatefulSet if sets_have_bounds => {
                (0, max_unavailable.map_or(1, |most| most.rounded_down(replicas)))
            }
            _ => (0, 1),
        };
        let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
        Self { surge, unavailable: unavailable.min(replicas) }
    }
}

/// How many pods the ReplicaSets of a Deployment get when its size changes amid a rolling update: what there is to add or
/// to remove is shared out by their sizes, and what rounding leaves goes to the first (upstream
/// pkg/controller/deployment/sync.go, scale; deployment_util.go, GetReplicaSetProportion). `sizes` come in the order in
/// which they are asked, the largest first; `before` and `after` are the Deployment's pods with their surge.
pub fn proportional(sizes: &[usize], before: usize, after: usize) -> Vec<usize> {
    let all: usize = sizes.iter().sum();
    let to_add = after as i64 - all as i64;
    let mut added = 0;
    let mut shared: Vec<i64> = Vec::new();
    for size in sizes.iter().map(|size| *size as i64) {
        let left = to_add - added;
        let fraction = match (after, before) {
            (0, _) => -size,
            (_, 0) => 0,
            // Rounded half up, as integer.RoundToInt32 does.
            _ => (2 * size * after as i64 + before as i64) / (2 * before as i64) - size,
        };
        let share = if left == 0 || size == 0 {
            0
        } else if to_add > 0 {
            fraction.min(left)
        } else {
            fraction.max(left)
        };
        added += share;
        shared.push(size + share);
    }
    if let Some(first) = shared.first_mut() {
        *first += to_add - added;
    }
    shared.into_iter().map(|size| usize::try_from(size).unwrap_or(0)).collect()
}

/// A Deployment amid its rolling update.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rolling {
    /// Pods that are wanted in the end.
    pub replicas: usize,
    /// What bounds it.
    pub bounds: Bounds,
    /// Old pods.
    pub old: usize,
    /// Those of them with a place.
    pub old_available: usize,
    /// Pods that the new ReplicaSet is to have.
    pub new: usize,
    /// New pods that run.
    pub new_available: usize,
}

impl Rolling {
    /// By how many pods the new ReplicaSet grows (deployment_util.go, NewRSNewReplicas).
    pub fn grows(&self) -> usize {
        let most = self.replicas.saturating_add(self.bounds.surge);
        most.saturating_sub(self.old + self.new).min(self.replicas.saturating_sub(self.new))
    }

    /// How many old pods without a place go, and how many others (pkg/controller/deployment/rolling.go,
    /// reconcileOldReplicaSets, cleanupUnhealthyReplicas, scaleDownOldReplicaSetsForRollingUpdate).
    pub fn shrinks(&self) -> (usize, usize) {
        let least = self.replicas.saturating_sub(self.bounds.unavailable);
        let missing = self.new.saturating_sub(self.new_available);
        let most = (self.old + self.new).saturating_sub(least + missing);
        if most == 0 {
            return (0, 0);
        }
        let unhealthy = most.min(self.old.saturating_sub(self.old_available));
        let spare = (self.old_available + self.new_available).saturating_sub(least);
        (unhealthy, spare.min(self.old - unhealthy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn bounds(kind: WorkloadKind, rolling_update: &str, replicas: usize, expected: (usize, usize)) {
        let json = format!(r#"{{"rollingUpdate":{rolling_update}}}"#);
        let strategy: UpdateStrategy = serde_json::from_str(&json).unwrap();
        let Bounds { surge, unavailable } = Bounds::of(kind, &strategy, replicas, false);
        assert_eq!((surge, unavailable), expected, "{json} of {replicas}");
    }

    #[test]
    fn bounds_are_those_of_the_controllers() {
        use WorkloadKind::{DaemonSet, Deployment, StatefulSet};
        bounds(Deployment, "null", 10, (3, 2));
        bounds(Deployment, "{}", 1, (1, 0));
        bounds(Deployment, r#"{"maxSurge":0,"maxUnavailable":0}"#, 4, (0, 1));
        bounds(Deployment, r#"{"maxSurge":"1%","maxUnavailable":"1%"}"#, 4, (1, 0));
        bounds(Deployment, r#"{"maxSurge":0,"maxUnavailable":9}"#, 4, (0, 4));
        bounds(DaemonSet, "null", 10, (0, 1));
        bounds(DaemonSet, r#"{"maxUnavailable":"25%"}"#, 10, (0, 3));
        bounds(DaemonSet, r#"{"maxSurge":"25%","maxUnavailable":0}"#, 10, (3, 0));
        bounds(StatefulSet, r#"{"maxUnavailable":3}"#, 10, (0, 1));
    }

    #[track_caller]
    fn step(old: (usize, usize), new: (usize, usize), expected: (usize, (usize, usize))) {
        let rolling = Rolling {
            replicas: 10,
            bounds: Bounds { surge: 3, unavailable: 2 },
            old: old.0,
            old_available: old.1,
            new: new.0,
            new_available: new.1,
        };
        assert_eq!((rolling.grows(), rolling.shrinks()), expected, "{rolling:?}");
    }

    #[test]
    fn sizes_are_shared_out() {
        // The sizes there are, then the pods with their surge before and after.
        assert_eq!(proportional(&[10], 10, 12), [12]);
        assert_eq!(proportional(&[10, 10], 20, 30), [15, 15]);
        assert_eq!(proportional(&[12, 8], 20, 12), [7, 5]);
        assert_eq!(proportional(&[6, 3], 9, 15), [10, 5]);
        assert_eq!(proportional(&[6, 2], 8, 5), [4, 1]);
        assert_eq!(proportional(&[4, 1], 5, 0), [0, 0]);
    }

    /// The examples in reconcileOldReplicaSets, and what follows from them.
    #[test]
    fn old_pods_go_as_new_ones_come() {
        step((10, 10), (0, 0), (3, (0, 2)));
        step((10, 10), (3, 0), (0, (0, 2)));
        step((8, 8), (3, 0), (2, (0, 0)));
        // Nothing of the new runs, and one of the old is lost: nothing goes.
        step((8, 7), (5, 0), (0, (0, 0)));
        step((8, 8), (5, 1), (0, (0, 1)));
        // Unhealthy old ones go first.
        step((10, 9), (3, 0), (0, (1, 1)));
        step((2, 2), (10, 9), (0, (0, 2)));
        step((0, 0), (10, 10), (0, (0, 0)));
    }
}
