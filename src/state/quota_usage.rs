//! What the pods of a namespace use, as its ResourceQuotas count it.
//!
//! Upstream pkg/quota/v1/evaluator/core/pods.go and persistent_volume_claims.go. Only what pods and their claims use is
//! measured: not Services or other objects.

use crate::api::name::{Name, name};
use crate::api::pod_spec::{Container, PodAffinity, PodAffinityTerm, PodSpec};
use crate::api::pod_template::PodTemplate;
use crate::api::quantity::{Quantity, QuantityFormat};
use crate::api::requests::{PodResources, RequestGates, pod_requests};
use crate::api::resources::{
    ResourceList, STANDARD, is_extended_resource_name, is_hugepage_resource_name, is_native_resource,
};
use crate::decode::resource_quota::{ResourceQuota, ScopeRequirement};
use crate::decode::storage::PersistentVolumeClaim;

impl ResourceQuota {
    /// Whether a pod of `template` counts (upstream pkg/quota/v1/generic/evaluator.go, Matches).
    pub(crate) fn matches(&self, template: &PodTemplate, gates: RequestGates) -> bool {
        self.tracked().next().is_some() && self.scopes.iter().all(|scope| scope.selects(&template.spec, gates))
    }

    /// The limited resources that pods use (MatchingResources).
    pub(crate) fn tracked(&self) -> impl Iterator<Item = Name> + '_ {
        self.hard.iter().map(|(resource, _)| resource).filter(|resource| is_tracked(resource))
    }

    /// Whether the claim counts: of the scopes only that of VolumeAttributesClasses is about claims (upstream
    /// pkg/quota/v1/evaluator/core/persistent_volume_claims.go, Matches, pvcMatchesScopeFunc).
    pub(crate) fn counts_claim(&self, claim: &PersistentVolumeClaim) -> bool {
        self.scopes.iter().all(|scope| scope.selects_claim(claim))
            && self.hard.iter().any(|(resource, _)| is_of_claims(&resource))
    }

    /// Counts what pods and claims use, for a quota of which no controller has.
    pub(super) fn count<'a, 'c>(
        &mut self,
        templates: impl Iterator<Item = &'a PodTemplate>,
        claims: impl Iterator<Item = &'c PersistentVolumeClaim>,
        gates: RequestGates,
    ) {
        let of_claims = self.hard.iter().map(|(resource, _)| resource).filter(|resource| is_of_claims(resource));
        let counted = self.tracked().chain(of_claims);
        let mut used: ResourceList =
            counted.map(|resource| (resource, Quantity::from_value(0, QuantityFormat::DecimalSI))).collect();
        for claim in claims.filter(|claim| self.counts_claim(claim)) {
            used = sum(&used, &usage_of_claim(claim), |used, usage| used + usage);
        }
        for template in templates.filter(|template| self.matches(template, gates)) {
            used = sum(&used, &usage(template, gates), |used, usage| used + usage);
        }
        self.used = Some(used);
    }
}

/// What one pod uses (PodUsageFunc).
pub(crate) fn usage(template: &PodTemplate, gates: RequestGates) -> ResourceList {
    let options = gates.options();
    let list = |resources: PodResources<'_>| pod_requests(&resources, options).iter().collect::<ResourceList>();
    let requests = list(template.resources());
    let limits = list(PodResources { overhead: None, ..template.limits() });
    // The overhead counts towards limits that are set, and makes none.
    let overhead = template.spec.overhead.as_ref().map(|overhead| masked(overhead, |of, _| limits.get(of).is_some()));
    let limits = sum(&limits, &overhead.unwrap_or_default(), |limit, overhead| limit + overhead);
    let one = Quantity::from_value(1, QuantityFormat::DecimalSI);
    let objects = [(name("count/pods"), one), (STANDARD.pods, one)];
    measured(&requests, &limits).iter().chain(objects).collect()
}

/// What one claim uses (persistent_volume_claims.go, Usage).
pub(crate) fn usage_of_claim(claim: &PersistentVolumeClaim) -> ResourceList {
    let one = Quantity::from_value(1, QuantityFormat::DecimalSI);
    let counted = CLAIMS.map(|resource| (name(resource), one));
    let storage = claim.request.map(|request| (name(STORAGE), request));
    let of_class = |(resource, amount): (Name, Quantity)| {
        let is_counted = resource != "count/persistentvolumeclaims" && !claim.class.is_empty();
        is_counted.then(|| (name(&format!("{}{OF_CLASS}{resource}", claim.class)), amount))
    };
    let all: Vec<(Name, Quantity)> = counted.into_iter().chain(storage).collect();
    let of_class: Vec<(Name, Quantity)> = all.iter().copied().filter_map(of_class).collect();
    all.into_iter().chain(of_class).collect()
}

/// MatchingResources of claims.
fn is_of_claims(resource: &str) -> bool {
    let plain = resource.split_once(OF_CLASS).map_or(resource, |(_, plain)| plain);
    plain == STORAGE || plain == CLAIMS[0] || resource == CLAIMS[1]
}

const CLAIMS: [&str; 2] = ["persistentvolumeclaims", "count/persistentvolumeclaims"];
const STORAGE: &str = "requests.storage";
/// Between a StorageClass and what of it is limited.
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";

/// A quota's names for requests and limits (podComputeUsageHelper).
pub(crate) fn measured(requests: &ResourceList, limits: &ResourceList) -> ResourceList {
    let is_compute = |of: Name| of == STANDARD.cpu || of == STANDARD.memory || of == STANDARD.ephemeral_storage;
    let mut all = Vec::new();
    for (resource, amount) in requests.iter() {
        let is_plain = is_compute(resource) || is_hugepage_resource_name(&resource);
        if is_plain {
            all.push((resource, amount));
        }
        if is_plain || is_extended_resource_name(&resource) {
            all.push((name(&format!("requests.{resource}")), amount));
        }
    }
    all.extend(
        limits
            .iter()
            .filter(|(resource, _)| is_compute(*resource))
            .map(|(resource, amount)| (name(&format!("limits.{resource}")), amount)),
    );
    all.into_iter().collect()
}

fn is_tracked(resource: &str) -> bool {
    let compute = |rest: &str| matches!(rest, "cpu" | "memory" | "ephemeral-storage");
    match resource {
        "pods" | "count/pods" => true,
        other => {
            let requests = other.strip_prefix("requests.");
            let plain = requests.or_else(|| other.strip_prefix("limits.")).unwrap_or(other);
            compute(plain)
                || is_hugepage_resource_name(requests.unwrap_or(other))
                || (requests.is_some() && !is_native_resource(other))
        }
    }
}

impl ScopeRequirement {
    /// podMatchesScopeFunc.
    fn selects(&self, spec: &PodSpec, gates: RequestGates) -> bool {
        match self.scope_name.as_str() {
            "Terminating" => is_terminating(spec),
            "NotTerminating" => !is_terminating(spec),
            "BestEffort" => is_best_effort(spec, gates),
            "NotBestEffort" => !is_best_effort(spec, gates),
            "PriorityClass" => self.selects_class(spec.priority_class_name),
            "CrossNamespacePodAffinity" => looks_into_other_namespaces(spec),
            _ => false,
        }
    }

    /// The class that a claim has now, where it is being changed, is not looked at: no new claim has one.
    fn selects_claim(&self, claim: &PersistentVolumeClaim) -> bool {
        self.scope_name == "VolumeAttributesClass" && self.selects_class(Some(claim.attributes_class))
    }

    /// Whether the operator selects the class; none and an empty one are the same.
    fn selects_class(&self, class: Option<Name>) -> bool {
        let class = class.filter(|class| !class.is_empty());
        match self.operator.as_str() {
            "Exists" => class.is_some(),
            "DoesNotExist" => class.is_none(),
            "In" => class.is_some_and(|class| self.values.contains(&class)),
            "NotIn" => class.is_none_or(|class| !self.values.contains(&class)),
            _ => false,
        }
    }
}

/// Ends by itself: `activeDeadlineSeconds` is set.
fn is_terminating(spec: &PodSpec) -> bool {
    spec.active_deadline_seconds.is_some_and(|seconds| seconds >= 0)
}

/// Upstream pkg/apis/core/v1/helper/qos/qos.go, ComputePodQOS.
fn is_best_effort(spec: &PodSpec, gates: RequestGates) -> bool {
    let empty = |list: &ResourceList| {
        list.iter().all(|(of, amount)| !(of == STANDARD.cpu || of == STANDARD.memory) || amount.is_zero())
    };
    if let Some(resources) = spec.resources.as_ref().filter(|_| gates.pod_level_resources)
        && !(empty(&resources.requests) && empty(&resources.limits))
    {
        return false;
    }
    let asks_nothing = |container: &Container| empty(container.requests()) && empty(container.limits());
    spec.containers.iter().chain(&spec.init_containers).all(asks_nothing)
}

/// usesCrossNamespacePodAffinity.
fn looks_into_other_namespaces(spec: &PodSpec) -> bool {
    let crosses = |term: &PodAffinityTerm| !term.namespaces.is_empty() || term.namespace_selector.is_some();
    let any = |terms: &PodAffinity| {
        terms.required.iter().any(crosses) || terms.preferred.iter().any(|term| crosses(&term.pod_affinity_term))
    };
    let Some(affinity) = &spec.affinity else { return false };
    [&affinity.pod_affinity, &affinity.pod_anti_affinity].into_iter().flatten().any(any)
}

/// Every resource of either list; of one that both have what `combine` makes of it.
pub(crate) fn sum(
    a: &ResourceList,
    b: &ResourceList,
    combine: impl Fn(Quantity, Quantity) -> Quantity,
) -> ResourceList {
    let both = b.iter().map(|(resource, amount)| match a.get(resource) {
        Some(first) => (resource, combine(first, amount)),
        None => (resource, amount),
    });
    a.iter().chain(both).collect()
}

pub(crate) fn masked(list: &ResourceList, keep: impl Fn(Name, Quantity) -> bool) -> ResourceList {
    list.iter().filter(|(resource, amount)| keep(*resource, *amount)).collect()
}
