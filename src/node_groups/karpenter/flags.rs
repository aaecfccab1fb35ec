//! Karpenter's settings that change what it decides (sigs.k8s.io/karpenter v1.15 `pkg/operator/options/options.go`), and
//! the spread that it adds to pods that have none (`pkg/controllers/provisioning/scheduling/defaultconstraints.go`).

use serde::Deserialize;

use super::pods::Candidate;
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::name;
use crate::api::pod_spec::TopologySpreadConstraint;
use crate::api::selector::{LabelSelector, Selector, SelectorRequirement};
use crate::decode::workload::{WorkloadKey, WorkloadKind};
use crate::state::Cluster;
use crate::state::pod::Pod;

/// The flags.
#[derive(Clone, Debug)]
pub struct Flags {
    /// `--min-values-policy=BestEffort`.
    pub best_effort: bool,
    /// `--preference-policy=Ignore`.
    pub ignore_preferences: bool,
    /// `--ignore-dra-requests`, which is on by default.
    pub refuses_devices: bool,
    default_spread: Vec<TopologySpreadConstraint>,
}

impl Default for Flags {
    fn default() -> Self {
        Self { best_effort: false, ignore_preferences: false, refuses_devices: true, default_spread: Vec::new() }
    }
}

/// `--scheduler-config`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SchedulerConfig {
    pod_topology_spread: Spread,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Spread {
    default_constraints: Vec<TopologySpreadConstraint>,
}

impl Flags {
    /// Takes Karpenter's flags out of `words`, which may have those of others, too.
    ///
    /// # Errors
    /// A value that makes no sense.
    pub fn take(words: &mut Vec<String>) -> Result<Self, String> {
        let mut found = Self::default();
        let mut others = Vec::new();
        let mut all = std::mem::take(words).into_iter();
        while let Some(word) = all.next() {
            let flag = word.trim_start_matches('-');
            let (flag, value) = match flag.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (flag.to_owned(), None),
            };
            let is_ours = ["min-values-policy", "preference-policy", "ignore-dra-requests", "scheduler-config"];
            if !ours(&word) || !is_ours.contains(&flag.as_str()) {
                others.push(word);
                continue;
            }
            if flag == "ignore-dra-requests" {
                found.refuses_devices = value.as_deref() != Some("false");
                continue;
            }
            let value = value.or_else(|| all.next()).ok_or_else(|| format!("--{flag} has no value"))?;
            match (flag.as_str(), value.as_str()) {
                ("min-values-policy", "Strict" | "BestEffort") => found.best_effort = value == "BestEffort",
                ("preference-policy", "Respect" | "Ignore") => found.ignore_preferences = value == "Ignore",
                ("scheduler-config", _) => {
                    let config: SchedulerConfig =
                        serde_json::from_str(&value).map_err(|error| format!("--{flag}: {error}"))?;
                    found.default_spread = config.pod_topology_spread.default_constraints;
                }
                _ => return Err(format!("--{flag} cannot be {value}")),
            }
        }
        *words = others;
        Ok(found)
    }

    /// Inject.
    pub(super) fn add_default_spread(&self, cluster: &Cluster, pod: &Pod, candidate: &mut Candidate) {
        if self.default_spread.is_empty() || !candidate.spread.is_empty() {
            return;
        }
        if let Some(selector) = default_selector(cluster, pod) {
            let with = |it: &TopologySpreadConstraint| TopologySpreadConstraint {
                label_selector: Some(selector.clone()),
                ..it.clone()
            };
            candidate.spread = self.default_spread.iter().map(with).collect();
        }
    }
}

fn ours(word: &str) -> bool {
    word.starts_with('-')
}

/// defaultSelector: what the pod's services and its controller select; none where they select nothing.
fn default_selector(cluster: &Cluster, pod: &Pod) -> Option<LabelSelector> {
    let mut labels = std::collections::BTreeMap::new();
    for service in cluster.services.iter().filter(|service| service.key.namespace == pod.key().namespace) {
        let Some(selector) = &service.selector else { continue };
        if Selector::from_labels(selector).matches(pod.labels()) {
            labels.extend(selector.iter());
        }
    }
    let mut expressions = Vec::new();
    if let Some(owner) = pod.own.controller {
        let key = ObjectKey::new(pod.key().namespace, owner.name);
        let of = |kind: WorkloadKind| cluster.workload(WorkloadKey { kind, key }).and_then(|it| it.selector.as_ref());
        let kind = match owner.kind.as_str() {
            "ReplicationController" => Some(WorkloadKind::ReplicationController),
            "ReplicaSet" => Some(WorkloadKind::ReplicaSet),
            "StatefulSet" => Some(WorkloadKind::StatefulSet),
            _ => None,
        };
        if let Some((kind, selector)) = kind.and_then(|kind| Some((kind, of(kind)?))) {
            if kind == WorkloadKind::ReplicationController {
                labels.extend(selector.match_labels.iter());
            } else {
                let equal = selector.match_labels.iter().map(|(key, value)| SelectorRequirement {
                    key,
                    operator: name("In"),
                    values: [value].into(),
                });
                expressions.extend(equal.chain(selector.match_expressions.iter().cloned()));
            }
        }
    }
    if labels.is_empty() && expressions.is_empty() {
        return None;
    }
    let labels: Labels = labels.into_iter().collect();
    Some(LabelSelector { match_labels: labels, match_expressions: expressions.into() })
}
