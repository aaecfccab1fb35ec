//! What a version does with groups of pods that kube-scheduler itself knows.

use super::versions::Behaviour;
use crate::api::Name;
use crate::api::pod_spec::PodSpec;
use crate::api::scheduling_group::GroupKey;
use crate::state::Pod;
use crate::state::group_members::{pod_group_of, workload_group_of};

/// A kind of group that a version serves, and its API versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupApi {
    /// `PodGroup` or `Workload`.
    pub kind: &'static str,
    /// The field of a pod that names its group.
    pub field: &'static str,
    /// The versions of `scheduling.k8s.io` that have it, the one that kube-scheduler reads first.
    pub versions: &'static [&'static str],
}

/// How groups of pods are scheduled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PodGroupScheduling {
    /// Not at all: the version has no groups, or its gate is off.
    #[default]
    None,
    /// v1.35: pods are scheduled one by one, and those of a gang wait on permit for each other.
    PodByPod,
    /// v1.36: a group has a cycle of its own, in which Permit says whether enough of its pods have a node.
    PermitCycle,
    /// v1.37: a group has its own place in the queue and a cycle that PlacementFeasible ends.
    FeasibleCycle,
}

impl Behaviour {
    /// How groups of pods are scheduled.
    pub fn pod_groups(&self) -> PodGroupScheduling {
        let gates = &self.gates;
        if gates.generic_workload && gates.gang_scheduling && self.gangs_are_scheduled_pod_by_pod {
            PodGroupScheduling::PodByPod
        } else if gates.generic_workload && self.groups_are_scheduled_by_permit {
            PodGroupScheduling::PermitCycle
        } else if gates.generic_workload && self.groups_are_scheduled_by_feasibility {
            PodGroupScheduling::FeasibleCycle
        } else {
            PodGroupScheduling::None
        }
    }
}

impl Behaviour {
    /// The groups that the version serves where the feature gates are on (k8s.io/api scheduling); none before v1.35.
    pub fn group_api(&self) -> Option<GroupApi> {
        if self.gangs_are_scheduled_pod_by_pod {
            Some(GroupApi { kind: "Workload", field: "workloadRef", versions: &["v1alpha1"] })
        } else if self.groups_are_scheduled_by_permit {
            Some(GroupApi { kind: "PodGroup", field: "schedulingGroup", versions: &["v1alpha2"] })
        } else if self.groups_are_scheduled_by_feasibility {
            Some(GroupApi { kind: "PodGroup", field: "schedulingGroup", versions: &["v1beta1", "v1alpha3"] })
        } else {
            None
        }
    }
}

impl PodGroupScheduling {
    /// Whether a group is scheduled as one.
    pub fn has_group_cycle(self) -> bool {
        matches!(self, Self::PermitCycle | Self::FeasibleCycle)
    }

    /// The group that `pod` is in, which need not exist.
    pub fn group_of(self, pod: &Pod) -> Option<GroupKey> {
        self.of_spec(pod.key().namespace, pod.spec())
    }

    /// The same of a pod in `namespace`.
    pub fn of_spec(self, namespace: Name, spec: &PodSpec) -> Option<GroupKey> {
        match self {
            Self::None => None,
            Self::PodByPod => workload_group_of(namespace, spec),
            Self::PermitCycle | Self::FeasibleCycle => pod_group_of(namespace, spec),
        }
    }

    /// Whether PostFilter is left to the group of `pod` (upstream v1.37 schedule_one.go, schedulingAlgorithm).
    pub fn post_filters_group(self, pod: &Pod) -> bool {
        self == Self::FeasibleCycle && self.group_of(pod).is_some()
    }

    /// How a single pod that preempts sees groups: before v1.37, as single pods (upstream v1.37 preemption.go,
    /// GetVictimsOnNode).
    #[must_use]
    pub fn for_victims_of_pods(self) -> Self {
        if self == Self::FeasibleCycle { self } else { Self::None }
    }

    /// The condition that a group's cycle writes on it.
    pub fn condition_type(self) -> &'static str {
        match self {
            Self::FeasibleCycle => "PodGroupInitiallyScheduled",
            _ => "PodGroupScheduled",
        }
    }
}
