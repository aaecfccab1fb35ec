//! ResourceQuota: how much the pods of a namespace may request together.
//!
//! <https://kubernetes.io/docs/concepts/policy/resource-quotas/>; upstream
//! staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go and
//! pkg/quota/v1/evaluator/core/pods.go. Only what a pod uses is measured: not claims, Services or
//! other objects.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::super::list::List;
use super::super::meta::{Metadata, ObjectKey};
use super::super::name::{Name, name};
use super::super::pod_class::PodTemplate;
use super::super::pod_spec::{Container, PodAffinity, PodAffinityTerm, PodSpec};
use super::super::quantity::{Format, Quantity};
use super::super::requests::{PodResources, PodResourcesOptions, RequestGates, pod_requests};
use super::super::resources::{
    ResourceList, STANDARD, is_extended_resource_name, is_hugepage_resource_name, is_native_resource,
};

/// A ResourceQuota.
#[derive(Clone, Debug)]
pub struct ResourceQuota {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `status.hard`, else `spec.hard`.
    pub hard: ResourceList,
    /// `status.used`, and what was charged since; none until it was counted.
    pub used: Option<ResourceList>,
    /// Which pods count: those that all of these select.
    pub scopes: Vec<ScopeRequirement>,
}

/// An entry of `spec.scopeSelector.matchExpressions`; also one of `spec.scopes`, with `Exists`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeRequirement {
    /// The scope.
    pub scope_name: Name,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    #[serde(default)]
    pub operator: Name,
    /// Names of PriorityClasses.
    #[serde(default)]
    pub values: List<Name>,
}

/// A ResourceQuota on the wire.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct WireResourceQuota {
    metadata: Metadata,
    spec: WireSpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    hard: ResourceList,
    scopes: List<Name>,
    scope_selector: Option<WireScopeSelector>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireScopeSelector {
    match_expressions: List<ScopeRequirement>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireStatus {
    hard: ResourceList,
    used: Option<ResourceList>,
}

impl WireResourceQuota {
    pub(in super::super) fn into_quota(self) -> ResourceQuota {
        let exists =
            |scope: &Name| ScopeRequirement { scope_name: *scope, operator: name("Exists"), values: List::default() };
        let selector = self.spec.scope_selector.unwrap_or_default();
        let scopes = self.spec.scopes.iter().map(exists).chain(selector.match_expressions.iter().cloned()).collect();
        let hard = if self.status.hard.is_empty() { self.spec.hard } else { self.status.hard };
        ResourceQuota { key: self.metadata.key(), hard, used: self.status.used, scopes }
    }
}

impl ResourceQuota {
    /// Whether a pod of `template` counts (upstream pkg/quota/v1/generic/evaluator.go, Matches).
    fn matches(&self, template: &PodTemplate, gates: RequestGates) -> bool {
        self.tracked().next().is_some() && self.scopes.iter().all(|scope| scope.selects(&template.spec, gates))
    }

    /// The limited resources that pods use (MatchingResources).
    fn tracked(&self) -> impl Iterator<Item = Name> + '_ {
        self.hard.iter().map(|(resource, _)| resource).filter(|resource| is_tracked(resource))
    }

    /// Counts what pods use, for a quota of which no controller has.
    pub(in super::super) fn count<'a>(
        &mut self,
        templates: impl Iterator<Item = &'a PodTemplate>,
        gates: RequestGates,
    ) {
        let mut used: ResourceList =
            self.tracked().map(|resource| (resource, Quantity::from_value(0, Format::DecimalSI))).collect();
        for template in templates.filter(|template| self.matches(template, gates)) {
            used = sum(&used, &usage(template, gates), |used, usage| used + usage);
        }
        self.used = Some(used);
    }

    /// What is used with one more pod of `template`; none where the quota is not concerned.
    ///
    /// # Errors
    /// The pod is refused, in the API server's words.
    fn with(&self, template: &PodTemplate, gates: RequestGates) -> Result<Option<ResourceList>, String> {
        if !self.matches(template, gates) {
            return Ok(None);
        }
        let quota = self.key.name;
        self.complete(template, gates).map_err(|missing| format!("failed quota: {quota}: {missing}"))?;
        let none = ResourceList::default();
        let used = self.used.as_ref().unwrap_or(&none);
        let requested =
            masked(&usage(template, gates), |resource, amount| !amount.is_zero() && self.hard.get(resource).is_some());
        let after = sum(used, &requested, |used, requested| used + requested);
        let exceeded: BTreeSet<Name> = requested
            .iter()
            .map(|(resource, _)| resource)
            .filter(|resource| {
                let (after, hard) = (after.get(*resource), self.hard.get(*resource));
                after.zip(hard).is_some_and(|(after, hard)| after.compare(hard).is_gt())
            })
            .collect();
        if exceeded.is_empty() {
            return Ok(Some(after));
        }
        let shown = |list: &ResourceList| printed(&masked(list, |resource, _| exceeded.contains(&resource)));
        let (requested, used, limited) = (shown(&requested), shown(used), shown(&self.hard));
        Err(format!("exceeded quota: {quota}, requested: {requested}, used: {used}, limited: {limited}"))
    }

    /// Where CPU or memory is limited, every container must say what it needs of it (Constraints).
    fn complete(&self, template: &PodTemplate, gates: RequestGates) -> Result<(), String> {
        const REQUIRED: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
        let pod_level = template.resources().has_pod_level_requests() || template.limits().has_pod_level_requests();
        if gates.pod_level_resources && pod_level {
            return Ok(());
        }
        let required: Vec<Name> = self.tracked().filter(|resource| REQUIRED.contains(&resource.as_str())).collect();
        let mut missing: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for container in template.spec.containers.iter().chain(&template.spec.init_containers) {
            let says = measured(container.requests(), container.limits());
            for resource in required.iter().filter(|resource| says.get(**resource).is_none()) {
                missing.entry(*resource).or_default().insert(container.name.unwrap_or_default());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let of = |containers: &BTreeSet<Name>| containers.iter().map(Name::as_str).collect::<Vec<_>>().join(",");
        let parts: Vec<String> =
            missing.iter().map(|(resource, containers)| format!("{resource} for: {}", of(containers))).collect();
        Err(format!("must specify {}", parts.join("; ")))
    }
}

/// Charges one more pod to all `quotas` of its namespace, or to none.
///
/// # Errors
/// One of them refuses it, in the API server's words.
pub(super) fn charge(
    quotas: &mut [ResourceQuota],
    namespace: Name,
    template: &PodTemplate,
    gates: RequestGates,
) -> Result<(), String> {
    let mut charged = Vec::new();
    for (place, quota) in quotas.iter().enumerate().filter(|(_, quota)| quota.key.namespace == namespace) {
        if let Some(used) = quota.with(template, gates)? {
            charged.push((place, used));
        }
    }
    for (place, used) in charged {
        if let Some(quota) = quotas.get_mut(place) {
            quota.used = Some(used);
        }
    }
    Ok(())
}

/// Gives back what a pod that is no more was charged.
pub(super) fn release(quotas: &mut [ResourceQuota], namespace: Name, template: &PodTemplate, gates: RequestGates) {
    for quota in quotas.iter_mut().filter(|quota| quota.key.namespace == namespace) {
        if quota.matches(template, gates)
            && let Some(used) = &quota.used
        {
            let given_back = masked(&usage(template, gates), |resource, _| used.get(resource).is_some());
            quota.used = Some(sum(used, &given_back, |used, given_back| used - given_back));
        }
    }
}

/// What one pod uses (PodUsageFunc).
fn usage(template: &PodTemplate, gates: RequestGates) -> ResourceList {
    let options = PodResourcesOptions {
        use_status_resources: gates.in_place_pod_vertical_scaling,
        skip_pod_level_resources: !gates.pod_level_resources,
        non_missing: None,
    };
    let list = |resources: PodResources<'_>| pod_requests(&resources, options).iter().collect::<ResourceList>();
    let requests = list(template.resources());
    let limits = list(PodResources { overhead: None, ..template.limits() });
    // The overhead counts towards limits that are set, and makes none.
    let overhead = template.spec.overhead.as_ref().map(|overhead| masked(overhead, |of, _| limits.get(of).is_some()));
    let limits = sum(&limits, &overhead.unwrap_or_default(), |limit, overhead| limit + overhead);
    let one = Quantity::from_value(1, Format::DecimalSI);
    let objects = [(name("count/pods"), one), (STANDARD.pods, one)];
    measured(&requests, &limits).iter().chain(objects).collect()
}

/// A quota's names for requests and limits (podComputeUsageHelper).
fn measured(requests: &ResourceList, limits: &ResourceList) -> ResourceList {
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
            "PriorityClass" => {
                let class = spec.priority_class_name.filter(|class| !class.is_empty());
                match self.operator.as_str() {
                    "Exists" => class.is_some(),
                    "DoesNotExist" => class.is_none(),
                    "In" => class.is_some_and(|class| self.values.contains(&class)),
                    "NotIn" => class.is_none_or(|class| !self.values.contains(&class)),
                    _ => false,
                }
            }
            "CrossNamespacePodAffinity" => looks_into_other_namespaces(spec),
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
fn sum(a: &ResourceList, b: &ResourceList, combine: impl Fn(Quantity, Quantity) -> Quantity) -> ResourceList {
    let both = b.iter().map(|(resource, amount)| match a.get(resource) {
        Some(first) => (resource, combine(first, amount)),
        None => (resource, amount),
    });
    a.iter().chain(both).collect()
}

fn masked(list: &ResourceList, keep: impl Fn(Name, Quantity) -> bool) -> ResourceList {
    list.iter().filter(|(resource, amount)| keep(*resource, *amount)).collect()
}

/// prettyPrint.
fn printed(list: &ResourceList) -> String {
    let parts: Vec<String> = list.iter().map(|(resource, amount)| format!("{resource}={amount}")).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::object::{Kind, Object};
    use super::*;

    const GATES: RequestGates = RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true };
    const CPU: &str = r#"{"containers":[{"name":"a","resources":{"requests":{"cpu":"500m"}}}]}"#;

    fn quota(json: &str) -> ResourceQuota {
        let json = format!(r#"{{"metadata":{{"name":"q"}},{json}}}"#);
        match Object::decode(Kind::ResourceQuota, json.as_bytes()) {
            Ok((Object::ResourceQuota(quota), _)) => quota,
            other => panic!("{other:?}"),
        }
    }

    fn template(spec: &str) -> PodTemplate {
        match Object::decode(Kind::Pod, format!(r#"{{"spec":{spec}}}"#).as_bytes()) {
            Ok((Object::Pod(pod), _)) => Arc::unwrap_or_clone(pod.template),
            other => panic!("{other:?}"),
        }
    }

    /// What is used after as many pods as fit, and why the next one does not.
    #[track_caller]
    fn case(json: &str, spec: &str, pods: usize, refusal: &str) {
        let mut quotas = [quota(json)];
        let template = template(spec);
        let charged = |quotas: &mut [ResourceQuota]| charge(quotas, name("default"), &template, GATES);
        for _ in 0..pods {
            assert_eq!(charged(&mut quotas), Ok(()));
        }
        assert_eq!(charged(&mut quotas).err().unwrap_or_default(), refusal);
    }

    #[test]
    fn the_last_pod_that_fits_is_the_last() {
        case(
            r#""spec":{"hard":{"requests.cpu":"2","pods":"9"}},"status":{"used":{"requests.cpu":"1","pods":"1"}}"#,
            CPU,
            2,
            "exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=2, limited: requests.cpu=2",
        );
        case(
            r#""spec":{"hard":{"count/pods":"1","pods":"1"}}"#,
            "{}",
            1,
            "exceeded quota: q, requested: count/pods=1,pods=1, used: count/pods=1,pods=1, limited: count/pods=1,pods=1",
        );
        case(
            r#""spec":{"hard":{"requests.nvidia.com/gpu":"0"}}"#,
            r#"{"containers":[{"resources":{"requests":{"nvidia.com/gpu":"1"}}}]}"#,
            0,
            "exceeded quota: q, requested: requests.nvidia.com/gpu=1, used: , limited: requests.nvidia.com/gpu=0",
        );
        // What pods do not use limits no pod.
        case(r#""spec":{"hard":{"services":"0","requests.storage":"0"}}"#, CPU, 1, "");
    }

    #[test]
    fn what_is_limited_must_be_said() {
        case(
            r#""spec":{"hard":{"limits.cpu":"2","memory":"1Gi"}}"#,
            CPU,
            0,
            "failed quota: q: must specify limits.cpu for: a; memory for: a",
        );
        case(r#""spec":{"hard":{"limits.memory":"2"}}"#, r#"{"resources":{"limits":{"memory":"1"}}}"#, 2, LIMITS);
    }

    const LIMITS: &str =
        "exceeded quota: q, requested: limits.memory=1, used: limits.memory=2, limited: limits.memory=2";

    #[track_caller]
    fn concerned(scopes: &str, spec: &str, expected: bool) {
        let quota = quota(&format!(r#""spec":{{"hard":{{"pods":"1"}},{scopes}}}"#));
        assert_eq!(quota.matches(&template(spec), GATES), expected, "{scopes} {spec}");
    }

    #[test]
    fn scopes_select_pods() {
        concerned(r#""scopes":["BestEffort"]"#, "{}", true);
        concerned(r#""scopes":["BestEffort"]"#, CPU, false);
        concerned(r#""scopes":["NotBestEffort","NotTerminating"]"#, CPU, true);
        concerned(r#""scopes":["Terminating"]"#, r#"{"activeDeadlineSeconds":5}"#, true);
        let classes = |operator: &str| {
            format!(
                r#""scopeSelector":{{"matchExpressions":[{{"scopeName":"PriorityClass","operator":"{operator}","values":["high"]}}]}}"#
            )
        };
        concerned(&classes("In"), r#"{"priorityClassName":"high"}"#, true);
        concerned(&classes("In"), "{}", false);
        concerned(&classes("NotIn"), "{}", true);
        concerned(&classes("Exists"), r#"{"priorityClassName":"low"}"#, true);
        let affinity = r#"{"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"z","namespaceSelector":{}}]}}}"#;
        concerned(r#""scopes":["CrossNamespacePodAffinity"]"#, affinity, true);
    }

    #[test]
    fn a_pod_that_leaves_makes_room() {
        let mut quotas = [quota(r#""spec":{"hard":{"pods":"1"}},"status":{"used":{"pods":"1"}}"#)];
        release(&mut quotas, name("default"), &template(CPU), GATES);
        assert_eq!(charge(&mut quotas, name("default"), &template(CPU), GATES), Ok(()));
    }
}
