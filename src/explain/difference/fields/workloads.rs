//! What makes pods and protects them: workloads, budgets, and the Services that default spreading looks at.

use serde_json::Value;

use super::{Facts, Object};
use crate::decode::Kind;
use crate::decode::workload::Workload;
use crate::state::Cluster;

/// Workloads that no other one manages: a Deployment tells of its ReplicaSets.
pub(super) fn workloads(cluster: &Cluster) -> Vec<Object> {
    let own = cluster.workloads.iter().filter(|workload| workload.controller.is_none());
    own.map(|workload| (Kind::Workload(workload.kind), workload.key.to_string(), workload_facts(workload))).collect()
}

fn workload_facts(workload: &Workload) -> Facts {
    let spec = &workload.template.spec;
    let mut facts = Facts::default()
        .some("replicas", workload.replicas)
        .some("completions", workload.completions)
        .flag("suspend", workload.suspended)
        .flag("paused", workload.paused)
        .labels("label", &workload.template.metadata.labels)
        .list("image", spec.all_containers().filter_map(|container| container.image));
    for container in spec.all_containers() {
        let own = container.name.map_or_else(String::new, |name| format!("{name} "));
        let ports = container.ports.iter().filter_map(|port| serde_json::to_string(port).ok());
        facts = facts
            .amounts(&format!("{own}requests"), container.requests())
            .amounts(&format!("{own}limits"), container.limits())
            .list(format!("{own}ports"), ports);
    }
    let claim = |claim: &crate::decode::storage::PersistentVolumeClaim| {
        let size = claim.request.map(|size| size.to_string()).unwrap_or_default();
        (claim.key.name, format!("{} {size}", claim.class))
    };
    facts.each("volumeClaimTemplate", workload.claim_templates.iter().map(claim)).each_field(spec)
}

impl Facts {
    /// Fields of the specification beside its containers, each as JSON: `nodeSelector`, `affinity`, `tolerations`.
    fn each_field(mut self, spec: &crate::api::pod_spec::PodSpec) -> Self {
        let Ok(Value::Object(fields)) = serde_json::to_value(spec) else { return self };
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let is_nothing = |value: &Value| {
            value.is_null()
                || value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(serde_json::Map::is_empty)
        };
        let said = fields.into_iter().filter(|(field, value)| !field.ends_with("ontainers") && !is_nothing(value));
        self.0.extend(said.map(|(field, value)| (field, text(value))));
        self
    }
}

pub(super) fn budgets(cluster: &Cluster) -> Vec<Object> {
    let facts = |budget: &crate::decode::workload::PodDisruptionBudget| {
        Facts::default()
            .some("minAvailable", budget.min_available)
            .some("maxUnavailable", budget.max_unavailable)
            .with("disruptionsAllowed", budget.disruptions_allowed)
            .selector("selector", budget.selector.as_ref())
            .some("unhealthyPodEvictionPolicy", budget.always_allows_unhealthy.then_some("AlwaysAllow"))
    };
    let budgets = cluster.budgets.iter();
    budgets.map(|budget| (Kind::PodDisruptionBudget, budget.key.to_string(), facts(budget))).collect()
}

pub(super) fn services(cluster: &Cluster) -> Vec<Object> {
    let facts = |selector: Option<&crate::api::Labels>| match selector {
        Some(selector) => Facts::default().labels("selector", selector),
        None => Facts::default(),
    };
    let services = cluster.services.iter();
    services.map(|service| (Kind::Service, service.key.to_string(), facts(service.selector.as_ref()))).collect()
}
