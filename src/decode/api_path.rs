//! Where the API server lists each kind.

use super::object::Kind;
use super::storage::StorageKind;
use super::workload::WorkloadKind;

impl Kind {
    /// Every kind that the state keeps.
    pub const ALL: &'static [Self] = &[
        Self::Pod,
        Self::Node,
        Self::Namespace,
        Self::Service,
        Self::PodDisruptionBudget,
        Self::PriorityClass,
        Self::Workload(WorkloadKind::ReplicationController),
        Self::Workload(WorkloadKind::ReplicaSet),
        Self::Workload(WorkloadKind::StatefulSet),
        Self::Workload(WorkloadKind::Deployment),
        Self::Workload(WorkloadKind::DaemonSet),
        Self::Workload(WorkloadKind::Job),
        Self::Workload(WorkloadKind::CronJob),
        Self::Storage(StorageKind::PersistentVolume),
        Self::Storage(StorageKind::PersistentVolumeClaim),
        Self::Storage(StorageKind::StorageClass),
        Self::Storage(StorageKind::CsiNode),
        Self::Storage(StorageKind::CsiDriver),
        Self::Storage(StorageKind::CsiStorageCapacity),
        Self::Storage(StorageKind::VolumeAttachment),
        Self::DeviceClass,
        Self::ResourceClaim,
        Self::ResourceSlice,
        Self::LimitRange,
        Self::ResourceQuota,
        Self::RuntimeClass,
        Self::PodGroup,
        Self::SchedulingGroup,
        Self::GroupWorkload,
    ];

    /// What decides over pods that do not exist yet, and nothing else: a question about pods that
    /// do needs none of it.
    pub const ADMISSION: &'static [Self] = &[Self::LimitRange, Self::ResourceQuota, Self::RuntimeClass];

    /// The `apiVersion` that goes with [`Kind::api_path`]: `v1`, `apps/v1`, ...
    pub fn api_version(self) -> &'static str {
        let path = self.api_path();
        let version = path.strip_prefix("/apis/").or_else(|| path.strip_prefix("/api/")).unwrap_or(path);
        version.rsplit_once('/').map_or(version, |(version, _)| version)
    }

    /// The API group; empty for core.
    pub fn api_group(self) -> &'static str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The resource as URLs and roles name it: `csinodes`.
    pub fn resource(self) -> &'static str {
        self.api_path().rsplit_once('/').map_or("", |(_, resource)| resource)
    }

    /// Several objects of the kind: `CSINodes`.
    pub fn plural(self) -> String {
        let singular = self.as_str();
        match singular.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None if singular.ends_with('s') => format!("{singular}es"),
            None => format!("{singular}s"),
        }
    }

    /// The paths under which older servers have the list, the newest first: dynamic resource allocation
    /// is `v1` since 1.34. Decoding takes every version for what it means.
    pub fn older_api_paths(self) -> &'static [&'static str] {
        match self {
            Self::DeviceClass => {
                &["/apis/resource.k8s.io/v1beta2/deviceclasses", "/apis/resource.k8s.io/v1beta1/deviceclasses"]
            }
            Self::ResourceClaim => {
                &["/apis/resource.k8s.io/v1beta2/resourceclaims", "/apis/resource.k8s.io/v1beta1/resourceclaims"]
            }
            Self::ResourceSlice => {
                &["/apis/resource.k8s.io/v1beta2/resourceslices", "/apis/resource.k8s.io/v1beta1/resourceslices"]
            }
            Self::SchedulingGroup => {
                &["/apis/scheduling.k8s.io/v1alpha3/podgroups", "/apis/scheduling.k8s.io/v1alpha2/podgroups"]
            }
            _ => &[],
        }
    }

    /// The path of the list of all objects, in every namespace.
    pub fn api_path(self) -> &'static str {
        match self {
            Self::Pod => "/api/v1/pods",
            Self::Node => "/api/v1/nodes",
            Self::Namespace => "/api/v1/namespaces",
            Self::Service => "/api/v1/services",
            Self::PodDisruptionBudget => "/apis/policy/v1/poddisruptionbudgets",
            Self::PriorityClass => "/apis/scheduling.k8s.io/v1/priorityclasses",
            Self::Workload(WorkloadKind::ReplicationController) => "/api/v1/replicationcontrollers",
            Self::Workload(WorkloadKind::ReplicaSet) => "/apis/apps/v1/replicasets",
            Self::Workload(WorkloadKind::StatefulSet) => "/apis/apps/v1/statefulsets",
            Self::Workload(WorkloadKind::Deployment) => "/apis/apps/v1/deployments",
            Self::Workload(WorkloadKind::DaemonSet) => "/apis/apps/v1/daemonsets",
            Self::Workload(WorkloadKind::Job) => "/apis/batch/v1/jobs",
            Self::Workload(WorkloadKind::CronJob) => "/apis/batch/v1/cronjobs",
            Self::Storage(StorageKind::PersistentVolume) => "/api/v1/persistentvolumes",
            Self::Storage(StorageKind::PersistentVolumeClaim) => "/api/v1/persistentvolumeclaims",
            Self::Storage(StorageKind::StorageClass) => "/apis/storage.k8s.io/v1/storageclasses",
            Self::Storage(StorageKind::CsiNode) => "/apis/storage.k8s.io/v1/csinodes",
            Self::Storage(StorageKind::CsiDriver) => "/apis/storage.k8s.io/v1/csidrivers",
            Self::Storage(StorageKind::CsiStorageCapacity) => "/apis/storage.k8s.io/v1/csistoragecapacities",
            Self::Storage(StorageKind::VolumeAttachment) => "/apis/storage.k8s.io/v1/volumeattachments",
            Self::LimitRange => "/api/v1/limitranges",
            Self::ResourceQuota => "/api/v1/resourcequotas",
            Self::RuntimeClass => "/apis/node.k8s.io/v1/runtimeclasses",
            Self::SchedulingGroup => "/apis/scheduling.k8s.io/v1beta1/podgroups",
            Self::GroupWorkload => "/apis/scheduling.k8s.io/v1alpha1/workloads",
            Self::PodGroup => "/apis/scheduling.x-k8s.io/v1alpha1/podgroups",
            Self::DeviceClass => "/apis/resource.k8s.io/v1/deviceclasses",
            Self::ResourceClaim => "/apis/resource.k8s.io/v1/resourceclaims",
            Self::ResourceSlice => "/apis/resource.k8s.io/v1/resourceslices",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_for_roles_and_for_sentences() {
        let names = |kind: Kind| (kind.api_group(), kind.resource(), kind.plural());
        assert_eq!(names(Kind::Pod), ("", "pods", "Pods".to_owned()));
        let capacity = Kind::Storage(StorageKind::CsiStorageCapacity);
        assert_eq!(names(capacity), ("storage.k8s.io", "csistoragecapacities", "CSIStorageCapacities".to_owned()));
        assert_eq!(names(Kind::DeviceClass), ("resource.k8s.io", "deviceclasses", "DeviceClasses".to_owned()));
    }

    #[test]
    fn every_kind_is_found_by_its_version_and_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.api_version(), kind.as_str()), Some(*kind), "{}", kind.api_version());
        }
    }
}
