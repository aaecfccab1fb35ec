//! PodGroup and Workload of `scheduling.k8s.io`, in the shape of each version: v1alpha1 (v1.35), v1alpha2 (v1.36) and
//! v1beta1 (v1.37); upstream staging/src/k8s.io/api/scheduling.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api::list::List;
use crate::api::meta::{Metadata, ObjectKey};
use crate::api::name::Name;
use crate::api::pod_spec::PreemptionPolicy;
use crate::api::time::Timestamp;

/// A PodGroup.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodGroup {
    /// Namespace and name.
    pub key: ObjectKey,
    /// The version it was read in: `v1beta1`.
    pub version: Name,
    /// `spec.schedulingPolicy.gang.minCount`; none for a group that is no gang.
    pub min_count: Option<usize>,
    /// `spec.schedulingConstraints.topology[0].key`: the API has no more than one.
    pub topology_key: Option<Name>,
    /// Whether `spec.schedulingConstraints` is there, even if it is empty.
    pub has_constraints: bool,
    /// `spec.priority`; 0 when none is set (upstream pkg/scheduler/util/utils.go, PodGroupPriority).
    pub priority: i32,
    /// `spec.disruptionMode`: its pods are preempted all or none.
    pub disrupted_as_one: bool,
    /// `spec.preemptionPolicy`.
    pub preemption_policy: Option<PreemptionPolicy>,
    /// `spec.parentCompositePodGroupName`.
    pub parent: Option<Name>,
    /// Whether it has ResourceClaims of its own.
    pub has_claims: bool,
    /// `status.conditions`.
    pub conditions: Vec<GroupCondition>,
}

/// A condition of a PodGroup.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupCondition {
    /// `PodGroupScheduled` (v1.36), `PodGroupInitiallyScheduled` (v1.37).
    pub r#type: Name,
    /// `True` or `False`.
    pub status: Name,
    /// One word.
    #[serde(default)]
    pub reason: Name,
    /// The scheduler's text.
    #[serde(default)]
    pub message: Box<str>,
    /// Since when.
    #[serde(default)]
    pub last_transition_time: Option<Timestamp>,
}

/// The condition types that a scheduler writes on a PodGroup.
const SCHEDULED: [&str; 2] = ["PodGroupScheduled", "PodGroupInitiallyScheduled"];

impl PodGroup {
    /// What a scheduler last wrote on it.
    pub fn scheduled(&self) -> Option<&GroupCondition> {
        self.conditions.iter().find(|condition| SCHEDULED.iter().any(|name| condition.r#type == *name))
    }
}

/// A Workload of v1.35, as far as pods refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SchedulingWorkload {
    /// Namespace and name.
    pub key: ObjectKey,
    /// The version it was read in.
    pub version: Name,
    /// Its pod groups: name and `minCount`, none for one that is no gang.
    pub pod_groups: Vec<(Name, Option<usize>)>,
}

impl SchedulingWorkload {
    /// `minCount` of the pod group called `name`, if there is one.
    pub fn min_count(&self, name: Name) -> Option<Option<usize>> {
        self.pod_groups.iter().find(|(group, _)| *group == name).map(|(_, min_count)| *min_count)
    }
}

/// A PodGroup on the wire.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WirePodGroup {
    api_version: Name,
    metadata: Metadata,
    spec: WireSpec,
    status: Option<WireStatus>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    scheduling_policy: Option<WirePolicy>,
    scheduling_constraints: Option<WireConstraints>,
    priority: Option<i32>,
    disruption_mode: Option<WireDisruptionMode>,
    preemption_policy: Option<PreemptionPolicy>,
    parent_composite_pod_group_name: Option<Name>,
    resource_claims: List<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WirePolicy {
    gang: Option<WireGang>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireGang {
    min_count: i32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireConstraints {
    topology: List<WireTopology>,
}

#[derive(Deserialize)]
struct WireTopology {
    key: Name,
}

/// v1alpha2 has a word, v1beta1 an object with one field.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireDisruptionMode {
    Word(Name),
    Choice { all: Option<IgnoredAny> },
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireStatus {
    conditions: List<GroupCondition>,
}

impl WirePolicy {
    fn min_count(&self) -> Option<usize> {
        self.gang.as_ref().map(|gang| usize::try_from(gang.min_count).unwrap_or_default())
    }
}

fn version_of(api_version: Name) -> Name {
    api_version.rsplit_once('/').map_or(api_version, |(_, version)| crate::api::name::name(version))
}

impl WirePodGroup {
    pub(crate) fn into_pod_group(self) -> PodGroup {
        let spec = self.spec;
        let topology_key = spec
            .scheduling_constraints
            .as_ref()
            .and_then(|constraints| constraints.topology.iter().next())
            .map(|topology| topology.key);
        PodGroup {
            key: self.metadata.key(),
            version: version_of(self.api_version),
            min_count: spec.scheduling_policy.as_ref().and_then(WirePolicy::min_count),
            topology_key,
            has_constraints: spec.scheduling_constraints.is_some(),
            priority: spec.priority.unwrap_or_default(),
            disrupted_as_one: match spec.disruption_mode {
                Some(WireDisruptionMode::Word(mode)) => mode == "PodGroup",
                Some(WireDisruptionMode::Choice { all }) => all.is_some(),
                None => false,
            },
            preemption_policy: spec.preemption_policy,
            parent: spec.parent_composite_pod_group_name.filter(|parent| !parent.is_empty()),
            has_claims: spec.resource_claims.iter().next().is_some(),
            conditions: self.status.unwrap_or_default().conditions.into_vec(),
        }
    }
}

/// A Workload on the wire.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireSchedulingWorkload {
    api_version: Name,
    metadata: Metadata,
    spec: WireWorkloadSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireWorkloadSpec {
    pod_groups: List<WireWorkloadGroup>,
}

#[derive(Deserialize)]
struct WireWorkloadGroup {
    name: Name,
    #[serde(default)]
    policy: WirePolicy,
}

impl WireSchedulingWorkload {
    pub(crate) fn into_workload(self) -> SchedulingWorkload {
        SchedulingWorkload {
            key: self.metadata.key(),
            version: version_of(self.api_version),
            pod_groups: self.spec.pod_groups.iter().map(|group| (group.name, group.policy.min_count())).collect(),
        }
    }
}
