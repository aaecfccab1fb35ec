//! A pod as Karpenter's simulation changes it: what it wants most is required first, and given up piece by piece
//! (sigs.k8s.io/karpenter v1.15 `pkg/controllers/provisioning/scheduling/preferences.go`, `pkg/utils/pod/scheduling.go`).

use std::collections::{BTreeMap, BTreeSet};

use super::amounts::Amounts;
use super::requirement::{Requirements, Words};
use crate::api::host_ports::HostPort;
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::node_selector::{NodeSelectorTerm, PreferredSchedulingTerm};
use crate::api::pod_spec::{
    PodAffinityTerm, PodSpec, TopologySpreadConstraint, WeightedPodAffinityTerm, WhenUnsatisfiable,
};
use crate::api::pod_template::PodTemplate;
use crate::api::requests::{PodResourcesOptions, pod_requests};
use crate::api::resources::STANDARD;
use crate::api::taint::{Taint, TaintEffect, Toleration, tolerated};
use crate::api::time::Timestamp;
use crate::state::pod::{Pod, PodId};

/// A pod to be given a node.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) id: PodId,
    pub(super) key: ObjectKey,
    pub(super) labels: Labels,
    pub(super) created: Option<Timestamp>,
    pub(super) uid: Name,
    pub(super) selector: Labels,
    /// The alternatives of required node affinity; none without it.
    pub(super) required: Option<Vec<NodeSelectorTerm>>,
    pub(super) preferred: Vec<PreferredSchedulingTerm>,
    pub(super) affinity: Vec<PodAffinityTerm>,
    pub(super) anti_affinity: Vec<PodAffinityTerm>,
    pub(super) preferred_affinity: Vec<WeightedPodAffinityTerm>,
    pub(super) preferred_anti_affinity: Vec<WeightedPodAffinityTerm>,
    pub(super) spread: Vec<TopologySpreadConstraint>,
    pub(super) tolerations: Vec<Toleration>,
    pub(super) requests: Amounts,
    pub(super) ports: Vec<HostPort>,
    /// Whether it wants devices.
    pub(super) claims_devices: bool,
}

/// What Karpenter asks of a pod at one stage of giving up.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) requirements: Requirements,
    /// Without preferences.
    pub(super) strict: Requirements,
}

impl Candidate {
    pub(super) fn of(pod: &Pod) -> Self {
        Self::new(pod.id, pod.key(), pod.labels().clone(), &pod.class.template).with_own(pod)
    }

    fn with_own(self, pod: &Pod) -> Self {
        Self { created: pod.own.creation_timestamp, uid: pod.own.uid, ..self }
    }

    /// The pod of a template.
    pub(super) fn new(id: PodId, key: ObjectKey, labels: Labels, template: &PodTemplate) -> Self {
        let spec = &template.spec;
        let affinity = spec.affinity.as_deref();
        let (with, without) = (
            affinity.and_then(|affinity| affinity.pod_affinity.as_ref()),
            affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref()),
        );
        Self {
            id,
            key,
            labels,
            created: None,
            uid: Name::default(),
            selector: spec.node_selector.clone(),
            required: spec.required_node_affinity().map(|selector| selector.node_selector_terms.to_vec()),
            preferred: spec.preferred_node_affinity().to_vec(),
            affinity: with.map(|it| it.required.to_vec()).unwrap_or_default(),
            anti_affinity: without.map(|it| it.required.to_vec()).unwrap_or_default(),
            preferred_affinity: with.map(|it| it.preferred.to_vec()).unwrap_or_default(),
            preferred_anti_affinity: without.map(|it| it.preferred.to_vec()).unwrap_or_default(),
            spread: spec.topology_spread_constraints.to_vec(),
            tolerations: spec.tolerations.to_vec(),
            requests: requests(template),
            ports: ports(spec),
            claims_devices: !spec.resource_claims.is_empty(),
        }
    }

    /// newPodRequirements.
    pub(super) fn wanted(&mut self, words: &Words, ignore_preferences: bool) -> Wanted {
        let mut strict = Requirements::of_labels(words, &self.selector);
        let mut requirements = strict.clone();
        if !ignore_preferences && !self.preferred.is_empty() {
            self.preferred.sort_by_key(|term| std::cmp::Reverse(term.weight));
            if let Some(heaviest) = self.preferred.first() {
                requirements.add_all(&Requirements::of_term(words, &heaviest.preference));
            }
        }
        if let Some(first) = self.required.iter().flatten().next() {
            let first = Requirements::of_term(words, first);
            strict.add_all(&first);
            requirements.add_all(&first);
        }
        Wanted { requirements, strict }
    }

    /// Relax: gives one thing up; false when there is nothing left to give up.
    pub(super) fn relax(&mut self, tolerate_preferences: bool) -> bool {
        if self.give_up_required_term() {
            return true;
        }
        for terms in [&mut self.preferred_affinity, &mut self.preferred_anti_affinity] {
            if !terms.is_empty() {
                terms.sort_by_key(|term| std::cmp::Reverse(term.weight));
                terms.remove(0);
                return true;
            }
        }
        if !self.preferred.is_empty() {
            self.preferred.sort_by_key(|term| std::cmp::Reverse(term.weight));
            self.preferred.remove(0);
            return true;
        }
        let soft = self.spread.iter().position(|it| it.when_unsatisfiable == WhenUnsatisfiable::ScheduleAnyway);
        if let Some(place) = soft {
            self.spread.swap_remove(place);
            return true;
        }
        tolerate_preferences && self.tolerate_prefer_no_schedule()
    }

    /// removeRequiredNodeAffinityTerm: alternatives are tried one after another, the last one is kept.
    pub(super) fn give_up_required_term(&mut self) -> bool {
        match &mut self.required {
            Some(terms) if terms.len() > 1 => {
                terms.remove(0);
                true
            }
            _ => false,
        }
    }

    /// toleratePreferNoScheduleTaints.
    pub(super) fn tolerate_prefer_no_schedule(&mut self) -> bool {
        let all = |toleration: &Toleration| {
            toleration.key.is_none_or(|key| key.is_empty())
                && toleration.operator.is_some_and(|operator| operator == "Exists")
                && toleration.value.is_none_or(|value| value.is_empty())
                && toleration.effect.is_some_and(|effect| effect == "PreferNoSchedule")
        };
        if self.tolerations.iter().any(all) {
            return false;
        }
        self.tolerations.push(Toleration {
            key: None,
            operator: Some(name("Exists")),
            value: None,
            effect: Some(name("PreferNoSchedule")),
            toleration_seconds: None,
        });
        true
    }

    /// Taints.ToleratesPod: PreferNoSchedule counts like the others.
    pub(super) fn untolerated(&self, taints: &[Taint]) -> Vec<String> {
        untolerated(&self.tolerations, taints)
    }

    /// Whether somebody else has a port that it wants.
    pub(super) fn clashes(&self, used: &[(PodId, Vec<HostPort>)]) -> bool {
        let others = used.iter().filter(|(owner, _)| *owner != self.id).flat_map(|(_, ports)| ports);
        others.into_iter().any(|used| self.ports.iter().any(|port| clash(port, used)))
    }
}

/// `did not tolerate taint`, for each.
pub(super) fn untolerated(tolerations: &[Toleration], taints: &[Taint]) -> Vec<String> {
    let bad = taints.iter().filter(|taint| !tolerated(tolerations, taint, true));
    bad.map(|taint| {
        let value = if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
        format!("did not tolerate taint (taint={}{value}:{})", taint.key, taint.effect.as_str())
    })
    .collect()
}

/// Whether some pool's taints only deter.
pub(super) fn deters(taints: &[Taint]) -> bool {
    taints.iter().any(|taint| taint.effect == TaintEffect::PreferNoSchedule)
}

fn clash(one: &HostPort, other: &HostPort) -> bool {
    let any = |ip: Name| ip == "0.0.0.0" || ip == "::";
    one.protocol == other.protocol && one.port == other.port && (one.ip == other.ip || any(one.ip) || any(other.ip))
}

/// GetHostPorts: of containers, not of init containers.
fn ports(spec: &PodSpec) -> Vec<HostPort> {
    let ports = spec.containers.iter().flat_map(|container| &container.ports);
    ports
        .filter_map(|port| {
            Some(HostPort {
                port: port.host_port.filter(|number| *number != 0)?,
                ip: port.host_ip.filter(|ip| !ip.is_empty()).unwrap_or_else(|| name("0.0.0.0")),
                protocol: port.protocol.filter(|it| !it.is_empty()).unwrap_or_else(|| name("TCP")),
            })
        })
        .collect()
}

/// RequestsForPods of one pod.
pub(super) fn requests(template: &PodTemplate) -> Amounts {
    let options = PodResourcesOptions { use_status_resources: true, ..PodResourcesOptions::default() };
    let mut found: Amounts = pod_requests(&template.resources(), options).iter().collect();
    found.set(STANDARD.pods, Amounts::pods(1).get(STANDARD.pods));
    found
}

/// RequestsForPods of several.
pub(super) fn requests_of<'a>(pods: impl Iterator<Item = &'a Candidate>) -> Amounts {
    let (mut sum, mut count) = (Amounts::default(), 0);
    for pod in pods {
        sum.add(&pod.requests);
        count += 1;
    }
    sum.set(STANDARD.pods, Amounts::pods(count).get(STANDARD.pods));
    sum
}

/// Which volumes of which drivers.
pub(super) type Disks = BTreeMap<Name, BTreeSet<ObjectKey>>;
