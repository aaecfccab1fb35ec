//! ResourceQuota: how much the pods of a namespace may request together.
//!
//! <https://kubernetes.io/docs/concepts/policy/resource-quotas/>; upstream
//! staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go and
//! pkg/quota/v1/evaluator/core/pods.go; what pods use is counted by [`crate::state::quota_usage`].

use std::collections::{BTreeMap, BTreeSet};

use crate::api::name::Name;
use crate::api::pod_template::PodTemplate;
use crate::api::requests::RequestGates;
use crate::api::resources::ResourceList;
use crate::decode::resource_quota::ResourceQuota;
use crate::decode::storage::PersistentVolumeClaim;
use crate::state::quota_usage::{masked, measured, sum, usage, usage_of_claim};

impl ResourceQuota {
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
        self.with_more(&usage(template, gates)).map(Some)
    }

    /// What is used with `usage` more.
    ///
    /// # Errors
    /// It is too much, in the API server's words.
    fn with_more(&self, usage: &ResourceList) -> Result<ResourceList, String> {
        let quota = self.key.name;
        let none = ResourceList::default();
        let used = self.used.as_ref().unwrap_or(&none);
        let requested = masked(usage, |resource, amount| !amount.is_zero() && self.hard.get(resource).is_some());
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
            return Ok(after);
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
/// One of them refuses it: which, and its words.
pub(super) fn charge(
    quotas: &mut [ResourceQuota],
    namespace: Name,
    template: &PodTemplate,
    gates: RequestGates,
) -> Result<(), (Name, String)> {
    let mut charged = Vec::new();
    for (place, quota) in quotas.iter().enumerate().filter(|(_, quota)| quota.key.namespace == namespace) {
        if let Some(used) = quota.with(template, gates).map_err(|why| (quota.key.name, why))? {
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

/// Charges one more claim to all `quotas` of its namespace, or to none.
///
/// # Errors
/// One of them refuses it: which, and its words.
pub(super) fn charge_claim(quotas: &mut [ResourceQuota], claim: &PersistentVolumeClaim) -> Result<(), (Name, String)> {
    let mut charged = Vec::new();
    let usage = usage_of_claim(claim);
    let namespace = claim.key.namespace;
    let concerned = |quota: &ResourceQuota| quota.key.namespace == namespace && quota.counts_claim(claim);
    for (place, quota) in quotas.iter().enumerate().filter(|(_, quota)| concerned(quota)) {
        charged.push((place, quota.with_more(&usage).map_err(|why| (quota.key.name, why))?));
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

/// prettyPrint.
fn printed(list: &ResourceList) -> String {
    let parts: Vec<String> = list.iter().map(|(resource, amount)| format!("{resource}={amount}")).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::name::name;
    use crate::decode::{Kind, Object};

    const GATES: RequestGates =
        RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..RequestGates::OFF };
    const CPU: &str = r#"{"containers":[{"name":"a","resources":{"requests":{"cpu":"500m"}}}]}"#;

    fn quota(json: &str) -> ResourceQuota {
        let json = format!(r#"{{"metadata":{{"name":"q"}},{json}}}"#);
        match Object::decode(Kind::ResourceQuota, json.as_bytes()) {
            Ok((Object::ResourceQuota(quota), _)) => *quota,
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
        assert_eq!(charged(&mut quotas).err().unwrap_or_default().1, refusal);
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
        // A quota that is exceeded already does not keep out who asks for nothing of it.
        case(
            r#""spec":{"hard":{"requests.cpu":"1","requests.memory":"1Gi"}},"status":{"used":{"requests.memory":"2Gi"}}"#,
            r#"{"containers":[{"name":"a","resources":{"requests":{"cpu":"500m","memory":"0"}}}]}"#,
            2,
            "exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=1, limited: requests.cpu=1",
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
