//! Which group of `scheduling.k8s.io` a pod is in: one that kube-scheduler itself schedules together.
//!
//! v1.35 has Workload, whose pod groups pods join by `spec.workloadRef`. v1.36 replaced that by
//! PodGroup objects of their own and `spec.schedulingGroup`. <https://kubernetes.io/docs/concepts/workloads/workload-api/>;
//! upstream staging/src/k8s.io/api/scheduling: v1alpha1, v1alpha2 and v1beta1. Not to be taken for the PodGroup
//! of the coscheduling plugin (`crate::decode`).

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::meta::ObjectKey;
use super::name::Name;

/// Which group a pod is in. Whether it exists is another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupKey {
    /// A PodGroup (since v1.36).
    PodGroup(ObjectKey),
    /// A pod group of a Workload (v1.35).
    Workload {
        /// The Workload.
        workload: ObjectKey,
        /// Its pod group's name.
        pod_group: Name,
        /// Which of several groups of that name; empty for the only one.
        replica: Name,
    },
}

impl GroupKey {
    /// Whether that is its name: of a pod group of a Workload, the name within the Workload.
    pub fn is_called(self, name: ObjectKey) -> bool {
        match self {
            Self::PodGroup(key) => key == name,
            Self::Workload { workload, pod_group, .. } => {
                workload.namespace == name.namespace && pod_group == name.name
            }
        }
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PodGroup(key) => key.fmt(f),
            Self::Workload { workload, pod_group, replica } if replica.is_empty() => {
                write!(f, "{workload}/{pod_group}")
            }
            Self::Workload { workload, pod_group, replica } => write!(f, "{workload}/{pod_group}/{replica}"),
        }
    }
}

impl Serialize for GroupKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `spec.schedulingGroup` of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SchedulingGroup {
    /// The PodGroup, in the pod's namespace.
    pub pod_group_name: Option<Name>,
}

/// `spec.workloadRef` of a pod (v1.35).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadReference {
    /// The Workload, in the pod's namespace.
    pub name: Name,
    /// Its pod group.
    pub pod_group: Name,
    /// Which of several groups of that name.
    pub pod_group_replica_key: Option<Name>,
}
