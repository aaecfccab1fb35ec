//! A pod's specification: the fields scheduling reads, and no others.
//!
//! Two pods of one template compare equal here whatever their names, so the state keeps one
//! specification for all of them ([`crate::state::pod_class`]).

use serde::{Deserialize, Deserializer, Serialize};

use super::labels::Labels;
use super::list::List;
use super::name::{Name, name};
use super::node_selector::{NodeSelector, PreferredSchedulingTerm};
use super::requests::ContainerResources;
use super::resources::ResourceList;
use super::scheduling_group::{SchedulingGroup, WorkloadReference};
use super::selector::LabelSelector;
use super::taint::Toleration;
use super::volume::Volumes;

/// `spec` of a Pod or of a pod template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// `nodeName`: a pod's own and not its class's, so it is taken out as soon as it was read.
    pub(crate) node_name: Option<Name>,
    /// `schedulerName`; none means `default-scheduler`.
    pub scheduler_name: Option<Name>,
    /// `priority`, as admission resolved it from the class.
    pub priority: Option<i32>,
    /// `priorityClassName`.
    pub priority_class_name: Option<Name>,
    /// `preemptionPolicy`.
    pub preemption_policy: Option<PreemptionPolicy>,
    /// `activeDeadlineSeconds`.
    pub active_deadline_seconds: Option<i64>,
    /// `runtimeClassName`.
    pub runtime_class_name: Option<Name>,
    /// `containers`.
    pub containers: List<Container>,
    /// `initContainers`, restartable ones (sidecars) included.
    pub init_containers: List<Container>,
    /// `ephemeralContainers`.
    pub ephemeral_containers: List<EphemeralContainer>,
    /// `overhead`.
    pub overhead: Option<ResourceList>,
    /// Pod-level `resources`.
    pub resources: Option<ContainerResources>,
    /// `hostNetwork`.
    pub host_network: Option<bool>,
    /// `hostUsers`; false gives the pod a user namespace of its own.
    pub host_users: Option<bool>,
    /// `nodeSelector`.
    pub node_selector: Labels,
    /// `affinity`.
    pub affinity: Option<Box<Affinity>>,
    /// `tolerations`.
    pub tolerations: List<Toleration>,
    /// `topologySpreadConstraints`.
    pub topology_spread_constraints: List<TopologySpreadConstraint>,
    /// `schedulingGates`.
    pub scheduling_gates: List<SchedulingGate>,
    /// `volumes`, only those a scheduler looks at.
    pub volumes: Volumes,
    /// `resourceClaims`.
    pub resource_claims: List<PodResourceClaim>,
    /// `schedulingGroup` (v1.36 on).
    pub scheduling_group: Option<SchedulingGroup>,
    /// `workloadRef` (v1.35).
    pub workload_ref: Option<WorkloadReference>,
}

impl PodSpec {
    /// The scheduler that is to place the pod.
    pub fn scheduler_name(&self) -> Name {
        self.scheduler_name.filter(|n| !n.is_empty()).unwrap_or_else(|| name("default-scheduler"))
    }

    /// The pod's priority; 0 when none is set (upstream component-helpers PodPriority).
    pub fn priority(&self) -> i32 {
        self.priority.unwrap_or(0)
    }

    /// Containers and init containers.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(&self.init_containers)
    }

    /// Required node affinity.
    pub fn required_node_affinity(&self) -> Option<&NodeSelector> {
        self.affinity.as_ref()?.node_affinity.as_ref()?.required.as_ref()
    }

    /// Preferred node affinity.
    pub fn preferred_node_affinity(&self) -> &[PreferredSchedulingTerm] {
        self.affinity
            .as_ref()
            .and_then(|affinity| affinity.node_affinity.as_ref())
            .map_or(&[], |node_affinity| &node_affinity.preferred)
    }
}

/// Whether a pod may push others out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PreemptionPolicy {
    /// It may (the default).
    #[default]
    PreemptLowerPriority,
    /// It never does.
    Never,
}

impl PreemptionPolicy {
    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreemptLowerPriority => "PreemptLowerPriority",
            Self::Never => "Never",
        }
    }
}

/// A container or init container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// `name`.
    pub name: Option<Name>,
    /// `image`, as written.
    pub image: Option<Name>,
    /// `restartPolicy`; `Always` makes an init container a sidecar.
    pub restart_policy: Option<Name>,
    /// `resources`.
    pub resources: Option<ContainerResources>,
    /// `ports`.
    pub ports: List<ContainerPort>,
    /// `restartPolicyRules`.
    pub restart_policy_rules: List<RestartRule>,
    /// `volumeMounts`.
    #[serde(deserialize_with = "with_options")]
    pub volume_mounts: List<VolumeMount>,
}

/// An item of `restartPolicyRules`: what happens when the container exits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct RestartRule {
    /// `action`: `Restart` or `RestartAllContainers`.
    pub action: Option<Name>,
}

/// An item of `volumeMounts`; only those with options are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMount {
    /// `bindMountOptions`.
    pub bind_mount_options: List<Name>,
}

fn with_options<'de, D: Deserializer<'de>>(deserializer: D) -> Result<List<VolumeMount>, D::Error> {
    let mounts: Option<Vec<VolumeMount>> = Option::deserialize(deserializer)?;
    Ok(mounts.into_iter().flatten().filter(|mount| !mount.bind_mount_options.is_empty()).collect())
}

/// An item of `ephemeralContainers`: all that scheduling looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EphemeralContainer {
    /// `volumeMounts`.
    #[serde(deserialize_with = "with_options")]
    pub volume_mounts: List<VolumeMount>,
}

impl Container {
    /// `resources.requests`.
    pub fn requests(&self) -> &ResourceList {
        static NONE: std::sync::LazyLock<ResourceList> = std::sync::LazyLock::new(ResourceList::default);
        self.resources.as_ref().map_or(&NONE, |resources| &resources.requests)
    }

    /// `resources.limits`.
    pub fn limits(&self) -> &ResourceList {
        static NONE: std::sync::LazyLock<ResourceList> = std::sync::LazyLock::new(ResourceList::default);
        self.resources.as_ref().map_or(&NONE, |resources| &resources.limits)
    }

    /// Whether a rule restarts all containers of the pod when this one exits.
    pub fn restarts_all_containers(&self) -> bool {
        self.restart_policy_rules.iter().any(|rule| rule.action.is_some_and(|action| action == "RestartAllContainers"))
    }

    /// Whether this (init) container keeps running beside the main ones.
    pub fn is_restartable(&self) -> bool {
        self.restart_policy.is_some_and(|policy| policy == "Always")
    }
}

/// A container's port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// `containerPort`.
    pub container_port: Option<i32>,
    /// `hostPort`; 0 or none takes no port of the node.
    pub host_port: Option<i32>,
    /// `hostIP`; none means every address.
    #[serde(rename = "hostIP")]
    pub host_ip: Option<Name>,
    /// `protocol`; none means TCP.
    pub protocol: Option<Name>,
}

/// `affinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    /// `nodeAffinity`.
    pub node_affinity: Option<NodeAffinity>,
    /// `podAffinity`.
    pub pod_affinity: Option<PodAffinity>,
    /// `podAntiAffinity`.
    pub pod_anti_affinity: Option<PodAffinity>,
}

/// `affinity.nodeAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeAffinity {
    /// Terms of which one must match.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: Option<NodeSelector>,
    /// Weighted terms.
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    pub preferred: List<PreferredSchedulingTerm>,
}

/// `affinity.podAffinity` and `affinity.podAntiAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PodAffinity {
    /// Terms that must all hold.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: List<PodAffinityTerm>,
    /// Weighted terms.
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    pub preferred: List<WeightedPodAffinityTerm>,
}

/// A pod (anti-)affinity term.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PodAffinityTerm {
    /// Which pods; none selects nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
    /// In which namespaces, by name.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub namespaces: List<Name>,
    /// In which namespaces, by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// The node label that makes a domain.
    #[serde(default)]
    pub topology_key: Name,
    /// Keys whose values are taken from the pod; the API server merges them into the selector.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub match_label_keys: List<Name>,
    /// Keys whose values must differ from the pod's; merged likewise.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub mismatch_label_keys: List<Name>,
}

/// A preferred pod (anti-)affinity term.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WeightedPodAffinityTerm {
    /// 1 to 100.
    #[serde(default)]
    pub weight: i32,
    /// The term.
    pub pod_affinity_term: PodAffinityTerm,
}

/// A topology spread constraint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopologySpreadConstraint {
    /// The largest allowed difference between domains, in pods.
    #[serde(default)]
    pub max_skew: i32,
    /// The node label that makes a domain.
    #[serde(default)]
    pub topology_key: Name,
    /// Filter or score.
    pub when_unsatisfiable: WhenUnsatisfiable,
    /// Which pods are counted; none counts nothing.
    #[serde(default)]
    pub label_selector: Option<LabelSelector>,
    /// The number of domains below which the global minimum is 0.
    #[serde(default)]
    pub min_domains: Option<i32>,
    /// Whether nodes outside the pod's node affinity count; none means Honor.
    #[serde(default)]
    pub node_affinity_policy: Option<NodeInclusionPolicy>,
    /// Whether nodes with untolerated taints are left out; none means Ignore.
    #[serde(default)]
    pub node_taints_policy: Option<NodeInclusionPolicy>,
    /// Keys whose values are taken from the pod.
    #[serde(default)]
    pub match_label_keys: List<Name>,
}

/// `whenUnsatisfiable` of a spread constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WhenUnsatisfiable {
    /// A filter.
    DoNotSchedule,
    /// A score.
    ScheduleAnyway,
}

/// How a spread constraint treats nodes the pod could not go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NodeInclusionPolicy {
    /// They count for nothing.
    Honor,
    /// They count.
    Ignore,
}

/// An entry of `schedulingGates`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SchedulingGate {
    /// `name`.
    pub name: Name,
}

/// An entry of `resourceClaims`: one of the two names is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodResourceClaim {
    /// The name inside the pod.
    pub name: Name,
    /// A claim that exists.
    #[serde(default)]
    pub resource_claim_name: Option<Name>,
    /// A template to make one from.
    #[serde(default)]
    pub resource_claim_template_name: Option<Name>,
}
