//! Objects that own or select pods: controllers, Services, budgets, priority classes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kinds::Kind;
use super::storage::PersistentVolumeClaim;
use crate::api::labels::Labels;
use crate::api::meta::{Metadata, ObjectKey, OwnerReference};
use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::api::selector::{LabelSelector, Selector};
use crate::api::time::Timestamp;
use crate::api::update_strategy::{IntOrPercent, UpdateStrategy};
use crate::decode::pod::PodOwn;

/// Kinds with a pod template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WorkloadKind {
    /// core/v1
    ReplicationController,
    /// apps/v1
    ReplicaSet,
    /// apps/v1
    StatefulSet,
    /// apps/v1
    Deployment,
    /// apps/v1
    DaemonSet,
    /// batch/v1
    Job,
    /// batch/v1
    CronJob,
}

impl WorkloadKind {
    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        Kind::Workload(self).as_str()
    }

    /// The one of this `kind`, as owner references write it.
    pub fn from_kind(kind: &str) -> Option<Self> {
        Kind::ALL.iter().find_map(|known| match known {
            Kind::Workload(workload) if workload.as_str() == kind => Some(*workload),
            _ => None,
        })
    }

    /// Its group and version.
    pub fn api_version(self) -> String {
        Kind::Workload(self).api_version()
    }

    /// The plural with its group, as kubectl's errors have it: `deployments.apps`.
    pub fn resource(self) -> String {
        let kind = Kind::Workload(self);
        let group = kind.api_group();
        if group.is_empty() { kind.resource().to_owned() } else { format!("{}.{group}", kind.resource()) }
    }

    /// What people type: the plural, the singular, the short name; in lower case.
    pub fn from_resource(word: &str) -> Option<Self> {
        Some(match word.split('.').next().unwrap_or_default() {
            "replicationcontroller" | "replicationcontrollers" | "rc" => Self::ReplicationController,
            "replicaset" | "replicasets" | "rs" => Self::ReplicaSet,
            "statefulset" | "statefulsets" | "sts" => Self::StatefulSet,
            "deployment" | "deployments" | "deploy" => Self::Deployment,
            "daemonset" | "daemonsets" | "ds" => Self::DaemonSet,
            "job" | "jobs" => Self::Job,
            "cronjob" | "cronjobs" | "cj" => Self::CronJob,
            _ => return None,
        })
    }
}

/// Which workload: its kind, namespace and name; written `deployment/shop/web`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkloadKey {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Namespace and name.
    pub key: ObjectKey,
}

impl WorkloadKey {
    /// Reads `TYPE/NAME` or `TYPE/NAMESPACE/NAME`, the type in any of kubectl's spellings; a
    /// workload without a namespace is in `namespace`. None for anything else.
    pub fn parse(text: &str, namespace: Name) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        let kind = WorkloadKind::from_resource(&kind.to_ascii_lowercase())?;
        let (namespace, object) =
            rest.split_once('/').map_or((namespace, rest), |(namespace, object)| (name(namespace), object));
        let complete = !object.is_empty() && !object.contains('/') && !namespace.is_empty();
        complete.then(|| Self { kind, key: ObjectKey::new(namespace, name(object)) })
    }
}

impl fmt::Display for WorkloadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str().to_ascii_lowercase(), self.key)
    }
}

impl Serialize for WorkloadKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WorkloadKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text, name("default")).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "\"{text}\" is not a workload: write TYPE/NAMESPACE/NAME, such as deployment/shop/web"
            ))
        })
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Workload {
    /// Kind, namespace and name.
    pub fn identity(&self) -> WorkloadKey {
        WorkloadKey { kind: self.kind, key: self.key }
    }
}

/// An object with a pod template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Workload {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Namespace and name.
    pub key: ObjectKey,
    /// Its uid.
    pub uid: Name,
    /// Its own labels, by which it is selected; its pods have those of the template.
    pub labels: Labels,
    /// What manages it in turn: a ReplicaSet's Deployment, a Job's CronJob.
    pub controller: Option<OwnerReference>,
    /// `spec.selector`; a ReplicationController's plain map is held as `matchLabels`.
    pub selector: Option<LabelSelector>,
    /// `spec.replicas`; of a Job `spec.parallelism`.
    pub replicas: Option<i32>,
    /// Of a Job `spec.completions`.
    pub completions: Option<i32>,
    /// Of a Job or CronJob: whether it makes no pods for the time being.
    pub suspended: bool,
    /// Of a StatefulSet `spec.ordinals.start`: the number of its first pod.
    pub first_ordinal: i32,
    /// Of a StatefulSet `spec.volumeClaimTemplates`, each under its own name.
    pub claim_templates: Vec<PersistentVolumeClaim>,
    /// How pods are replaced when the template changes; means nothing for kinds that do not.
    pub strategy: UpdateStrategy,
    /// Of a Deployment `spec.paused`: nothing is replaced for the time being.
    pub paused: bool,
    /// Of a StatefulSet `podManagementPolicy: Parallel`: a pod waits for no other.
    pub parallel: bool,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Why the API server refused its next pod, as the condition `ReplicaFailure` says; none while it does not.
    pub creation_failure: Option<Box<str>>,
    /// Of a Job that has ended: how.
    pub end: Option<Box<JobEnd>>,
    /// The template.
    pub template: Arc<PodTemplateSpec>,
}

/// How a Job ended, by its condition `Complete` or `Failed`: its controller creates no more pods.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobEnd {
    /// `Failed`, not `Complete`.
    pub failed: bool,
    /// The condition's reason: `BackoffLimitExceeded`.
    pub reason: Box<str>,
    /// The condition's message.
    pub message: Box<str>,
}

/// `spec.template`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Hash)]
#[serde(default)]
pub struct PodTemplateSpec {
    /// Labels and the like.
    pub metadata: Metadata,
    /// The pods' specification.
    pub spec: PodSpec,
}

/// A Namespace.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// The name.
    pub name: Name,
    /// Its labels.
    pub labels: Labels,
}

/// A Service: the pods it selects are what system default spreading looks at.
#[derive(Clone, Debug, Hash)]
pub struct Service {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `spec.selector`; none where the Service has none.
    pub selector: Option<Labels>,
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Hash)]
pub struct PodDisruptionBudget {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `spec.selector`.
    pub selector: Option<LabelSelector>,
    /// `spec.minAvailable`.
    pub min_available: Option<IntOrPercent>,
    /// `spec.maxUnavailable`.
    pub max_unavailable: Option<IntOrPercent>,
    /// `spec.unhealthyPodEvictionPolicy: AlwaysAllow`: pods that are not ready may always be evicted.
    pub always_allows_unhealthy: bool,
    /// `status.disruptionsAllowed`.
    pub disruptions_allowed: i32,
    /// What its controller counted; none where the status does not say.
    pub counted: Option<BudgetCounts>,
    /// Whether it has a status at all: what its controller counted, or how many disruptions it allows.
    pub has_status: bool,
    /// `status.disruptedPods`: evictions the API server has already let through.
    pub disrupted_pods: BTreeSet<Name>,
}

/// What the disruption controller counted of the pods of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BudgetCounts {
    /// `status.currentHealthy`.
    pub healthy: i32,
    /// `status.desiredHealthy`.
    pub desired: i32,
    /// `status.expectedPods`.
    pub expected: i32,
}

impl PodDisruptionBudget {
    /// The selector as DefaultPreemption applies it: an invalid one matches nothing, and so do none
    /// and the empty one (upstream defaultpreemption/default_preemption.go, filterPodsWithPDBViolation).
    pub fn compiled_selector(&self) -> Option<Selector> {
        Selector::new(self.selector.as_ref()).ok().filter(|selector| !selector.is_empty())
    }

    /// The selector as the eviction API and the disruption controller apply it: none and an invalid one match nothing, the
    /// empty one matches every pod of the namespace (upstream pkg/registry/core/pod/storage/eviction.go,
    /// getPodDisruptionBudgets).
    pub fn eviction_selector(&self) -> Option<Selector> {
        Selector::new(self.selector.as_ref()).ok().filter(|_| self.selector.is_some())
    }

    /// Whether `selector`, compiled from this budget, selects `pod`. A pod without labels is never selected.
    pub fn selects(&self, selector: &Selector, pod: &PodOwn) -> bool {
        self.key.namespace == pod.key.namespace && !pod.labels.is_empty() && selector.matches(&pod.labels)
    }
}

/// A PriorityClass.
#[derive(Clone, Debug, Hash)]
pub struct PriorityClass {
    /// The name.
    pub name: Name,
    /// The priority it stands for.
    pub value: i32,
    /// Whether it is the one for pods that name none.
    pub global_default: bool,
    /// `preemptionPolicy`.
    pub preemption_policy: Option<crate::api::pod_spec::PreemptionPolicy>,
}
