//! Shapes of the smaller kinds on the wire, and how they become what the state keeps.

use std::sync::Arc;

use serde::Deserialize;

use super::storage::WireClaim;
use super::workload::{
    BudgetCounts, JobEnd, Namespace, PodDisruptionBudget, PodTemplateSpec, PriorityClass, Service, Workload,
    WorkloadKind,
};
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::Metadata;
use crate::api::name::Name;
use crate::api::pod_spec::PreemptionPolicy;
use crate::api::selector::LabelSelector;
use crate::api::update_strategy::{IntOrPercent, UpdateStrategy};

/// A Namespace: only its metadata matters.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireNamespace {
    metadata: Metadata,
}

impl WireNamespace {
    pub(crate) fn into_namespace(self) -> Namespace {
        Namespace { name: self.metadata.name.unwrap_or_default(), labels: self.metadata.labels }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireService {
    metadata: Metadata,
    spec: WireServiceSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireServiceSpec {
    selector: Option<Labels>,
}

impl WireService {
    pub(crate) fn into_service(self) -> Service {
        Service { key: self.metadata.key(), selector: self.spec.selector }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WirePodDisruptionBudget {
    metadata: Metadata,
    spec: WireBudgetSpec,
    status: WireBudgetStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireBudgetSpec {
    selector: Option<LabelSelector>,
    min_available: Option<WireBound>,
    max_unavailable: Option<WireBound>,
    unhealthy_pod_eviction_policy: Option<Name>,
}

/// A bound of a budget. The scheduler does not read it, so one that cannot be read stops no answer.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number or a percentage such as 25%")]
enum WireBound {
    Read(IntOrPercent),
    Unreadable(#[expect(dead_code, reason = "only that it is a text counts")] Name),
}

impl WireBudgetSpec {
    /// `minAvailable` and `maxUnavailable`. With a bound that it cannot read the disruption controller lets nothing go
    /// (upstream pkg/controller/disruption/disruption.go, failSafe).
    fn bounds(&self) -> (Option<IntOrPercent>, Option<IntOrPercent>) {
        match (&self.min_available, &self.max_unavailable) {
            (Some(WireBound::Unreadable(_)), _) | (_, Some(WireBound::Unreadable(_))) => {
                (None, Some(IntOrPercent::Int(0)))
            }
            (min, max) => (min.as_ref().and_then(WireBound::read), max.as_ref().and_then(WireBound::read)),
        }
    }
}

impl WireBound {
    fn read(&self) -> Option<IntOrPercent> {
        match self {
            Self::Read(bound) => Some(*bound),
            Self::Unreadable(_) => None,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireBudgetStatus {
    disruptions_allowed: Option<i32>,
    current_healthy: Option<i32>,
    desired_healthy: Option<i32>,
    expected_pods: Option<i32>,
    /// A map to times; only the keys matter.
    disrupted_pods: Labels,
}

impl WirePodDisruptionBudget {
    pub(crate) fn into_budget(self) -> PodDisruptionBudget {
        let (min_available, max_unavailable) = self.spec.bounds();
        let WireBudgetSpec { selector, unhealthy_pod_eviction_policy, .. } = self.spec;
        let status = &self.status;
        let counted = status.desired_healthy.map(|desired| BudgetCounts {
            desired,
            healthy: status.current_healthy.unwrap_or_default(),
            expected: status.expected_pods.unwrap_or_default(),
        });
        PodDisruptionBudget {
            key: self.metadata.key(),
            selector,
            min_available,
            max_unavailable,
            always_allows_unhealthy: unhealthy_pod_eviction_policy.is_some_and(|policy| policy == "AlwaysAllow"),
            disruptions_allowed: status.disruptions_allowed.unwrap_or_default(),
            counted,
            has_status: counted.is_some() || status.disruptions_allowed.is_some(),
            disrupted_pods: self.status.disrupted_pods.iter().map(|(pod, _)| pod).collect(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WirePriorityClass {
    metadata: Metadata,
    value: i32,
    global_default: Option<bool>,
    preemption_policy: Option<PreemptionPolicy>,
}

impl WirePriorityClass {
    pub(crate) fn into_class(self) -> PriorityClass {
        PriorityClass {
            name: self.metadata.name.unwrap_or_default(),
            value: self.value,
            global_default: self.global_default.unwrap_or_default(),
            preemption_policy: self.preemption_policy,
        }
    }
}

/// Any workload but the two with a shape of their own.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireWorkload {
    metadata: Metadata,
    spec: WireWorkloadSpec,
    status: WireWorkloadStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireWorkloadStatus {
    conditions: List<WireWorkloadCondition>,
}

#[derive(Deserialize)]
struct WireWorkloadCondition {
    r#type: Box<str>,
    #[serde(default)]
    status: Option<Box<str>>,
    #[serde(default)]
    reason: Option<Box<str>>,
    #[serde(default)]
    message: Option<Box<str>>,
}

impl WireWorkloadStatus {
    /// The condition that ends a Job (upstream pkg/controller/job/utils.go, IsJobFinished).
    fn end(&self) -> Option<Box<JobEnd>> {
        let is_end = |condition: &&WireWorkloadCondition| {
            matches!(&*condition.r#type, "Complete" | "Failed") && condition.status.as_deref() == Some("True")
        };
        let condition = self.conditions.iter().find(is_end)?;
        Some(Box::new(JobEnd {
            failed: &*condition.r#type == "Failed",
            reason: condition.reason.clone().unwrap_or_default(),
            message: condition.message.clone().unwrap_or_default(),
        }))
    }

    /// The condition that a controller sets while the API server refuses its pods
    /// (upstream pkg/controller/replicaset/replica_set_utils.go, calculateStatus).
    fn creation_failure(self) -> Option<Box<str>> {
        let is_failure = |condition: &&WireWorkloadCondition| {
            &*condition.r#type == "ReplicaFailure" && condition.status.as_deref() == Some("True")
        };
        self.conditions.iter().find(is_failure)?.message.clone()
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireWorkloadSpec {
    replicas: Option<i32>,
    parallelism: Option<i32>,
    completions: Option<i32>,
    suspend: Option<bool>,
    ordinals: Option<WireOrdinals>,
    volume_claim_templates: List<WireClaim>,
    selector: Option<LabelSelector>,
    strategy: Option<UpdateStrategy>,
    update_strategy: Option<UpdateStrategy>,
    paused: Option<bool>,
    pod_management_policy: Option<Name>,
    template: PodTemplateSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireOrdinals {
    start: i32,
}

impl WireWorkload {
    pub(crate) fn into_workload(self, kind: WorkloadKind) -> Workload {
        Workload {
            kind,
            key: self.metadata.key(),
            uid: self.metadata.uid.unwrap_or_default(),
            controller: self.metadata.controller().copied(),
            labels: self.metadata.labels,
            end: self.status.end().filter(|_| kind == WorkloadKind::Job),
            creation_failure: self.status.creation_failure(),
            selector: self.spec.selector,
            replicas: self.spec.replicas.or(self.spec.parallelism),
            completions: self.spec.completions,
            suspended: self.spec.suspend.unwrap_or_default(),
            first_ordinal: self.spec.ordinals.unwrap_or_default().start,
            claim_templates: self
                .spec
                .volume_claim_templates
                .into_vec()
                .into_iter()
                .map(WireClaim::into_claim)
                .collect(),
            strategy: self.spec.strategy.or(self.spec.update_strategy).unwrap_or_default(),
            paused: self.spec.paused.unwrap_or_default(),
            parallel: self.spec.pod_management_policy.is_some_and(|policy| policy == "Parallel"),
            created: self.metadata.creation_timestamp,
            template: Arc::new(self.spec.template),
        }
    }
}

/// A ReplicationController: its selector is a plain map.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireReplicationController {
    metadata: Metadata,
    spec: WireReplicationControllerSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireReplicationControllerSpec {
    replicas: Option<i32>,
    selector: Option<Labels>,
    template: PodTemplateSpec,
}

impl WireReplicationController {
    pub(crate) fn into_workload(self) -> Workload {
        Workload {
            kind: WorkloadKind::ReplicationController,
            key: self.metadata.key(),
            uid: self.metadata.uid.unwrap_or_default(),
            controller: self.metadata.controller().copied(),
            labels: self.metadata.labels,
            selector: self.spec.selector.map(|match_labels| LabelSelector { match_labels, ..LabelSelector::default() }),
            replicas: self.spec.replicas,
            completions: None,
            suspended: false,
            first_ordinal: 0,
            claim_templates: Vec::new(),
            strategy: UpdateStrategy::default(),
            paused: false,
            creation_failure: None,
            end: None,
            parallel: false,
            created: self.metadata.creation_timestamp,
            template: Arc::new(self.spec.template),
        }
    }
}

/// A CronJob: its pod template lies two levels deeper.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireCronJob {
    metadata: Metadata,
    spec: WireCronJobSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireCronJobSpec {
    suspend: Option<bool>,
    job_template: WireWorkload,
}

impl WireCronJob {
    pub(crate) fn into_workload(self) -> Workload {
        let metadata = self.metadata;
        let suspended = self.spec.suspend.unwrap_or_default();
        let job = self.spec.job_template.spec;
        Workload {
            kind: WorkloadKind::CronJob,
            key: metadata.key(),
            uid: metadata.uid.unwrap_or_default(),
            controller: metadata.controller().copied(),
            labels: metadata.labels,
            selector: None,
            replicas: job.parallelism,
            completions: job.completions,
            suspended: suspended || job.suspend.unwrap_or_default(),
            first_ordinal: 0,
            claim_templates: Vec::new(),
            strategy: UpdateStrategy::default(),
            paused: false,
            creation_failure: None,
            end: None,
            parallel: false,
            created: metadata.creation_timestamp,
            template: Arc::new(job.template),
        }
    }
}
