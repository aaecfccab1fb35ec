//! What the API server makes of a pod before a scheduler sees it: defaults and admission.
//!
//! A pod of the state went through this already. One made from a template or a manifest did
//! not, and would be judged wrongly without its priority, its default tolerations, its overhead
//! and its merged selectors. What a namespace's LimitRanges and ResourceQuotas refuse is refused
//! here, too, as far as the state has them. The order is upstream's
//! (pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins): all that change the pod, then those that
//! judge it, ResourceQuota last. Webhooks are not known here.

use std::sync::Arc;

use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::pod_spec::{Container, ContainerPort, PodAffinity, PodAffinityTerm, PodSpec};
use crate::api::pod_template::PodTemplate;
use crate::api::requests::{ContainerResources, RequestGates};
use crate::api::resources::ResourceList;
use crate::api::selector::{LabelSelector, SelectorRequirement};
use crate::api::taint::Toleration;
use crate::api::{Labels, List};
use crate::decode::Kind;
use crate::decode::pod::PodOwn;
use crate::decode::storage::PersistentVolumeClaim;
use crate::state::Cluster;

mod limit_range;
mod priority;
mod resource_quota;
mod runtime_class;

use priority::Priority;

/// A template as a scheduler would see its pods.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The template.
    pub template: Arc<PodTemplate>,
    /// Why the API server would refuse pods of it, in its words; it is admitted here all the same.
    pub refused: Option<String>,
    /// Classes that it names and of whose kind the state does not speak.
    pub unknown: Vec<UnknownClass>,
}

/// A class that a pod names and that may well exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownClass {
    /// A PriorityClass: the pod's priority counts as 0.
    Priority(Name),
    /// A RuntimeClass: its overhead and selector are not applied.
    Runtime(Name),
}

/// A pod that the API server does not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is forbidden: {why}", object(self))]
pub struct AdmissionRefusal {
    /// The pod.
    pub pod: ObjectKey,
    /// The claim of the pod that is refused, if it is not the pod itself.
    pub claim: Option<Name>,
    /// Why, in the API server's words.
    pub why: String,
    /// The ResourceQuota that refuses it, if it is one.
    pub quota: Option<Name>,
}

impl AdmissionRefusal {
    /// The pod itself is refused, by no quota.
    pub fn of_pod(pod: ObjectKey, why: String) -> Self {
        Self { pod, claim: None, why, quota: None }
    }
}

fn object(refusal: &AdmissionRefusal) -> String {
    match refusal.claim {
        Some(claim) => format!("persistentvolumeclaims \"{claim}\""),
        None => format!("pods \"{}\"", refusal.pod.name),
    }
}

/// Defaults and admits `template` for pods like `pod`, by the classes and limits of `cluster`.
/// Quotas are asked for each pod ([`charge`]).
pub fn admit(pod: &PodOwn, template: &PodTemplate, cluster: &Cluster, gates: RequestGates) -> Admitted {
    let PodTemplate { mut spec, resize } = template.clone();
    let (mut refused, mut unknown) = (Vec::new(), Vec::new());
    default_requests(&mut spec);
    default_host_ports(&mut spec);
    let limit_ranges = || cluster.limit_ranges.iter().filter(|limits| limits.key.namespace == pod.key.namespace);
    for limits in limit_ranges() {
        limits.default(&mut spec);
    }
    match priority::set(&mut spec, &cluster.priority_classes) {
        Priority::Set => {}
        Priority::UnknownClass(class) if cluster.kinds.contains(&Kind::PriorityClass) => {
            refused.push(format!("no PriorityClass with name {class} was found"));
        }
        Priority::UnknownClass(class) => unknown.push(UnknownClass::Priority(class)),
        Priority::Contradicted(words) => refused.push(words),
    }
    default_tolerations(&mut spec);
    match runtime_class(&mut spec, cluster) {
        Ok(class) => unknown.extend(class.map(UnknownClass::Runtime)),
        Err(words) => refused.push(words),
    }
    merge_match_label_keys(&mut spec, &pod.labels);
    let template = Arc::new(PodTemplate { spec, resize });
    for limits in limit_ranges() {
        refused.extend(aggregate(&limits.violations(&template, gates)));
    }
    Admitted { template, refused: refused.into_iter().next(), unknown }
}

/// Why a LimitRange of `namespace` refuses pods of a `template` that has its defaults.
pub fn limit_violation(
    cluster: &Cluster,
    namespace: Name,
    template: &PodTemplate,
    gates: RequestGates,
) -> Option<String> {
    let mut limits = cluster.limit_ranges.iter().filter(|limits| limits.key.namespace == namespace);
    limits.find_map(|limits| aggregate(&limits.violations(template, gates)))
}

/// Charges `pod`, which is of an admitted `template`, to the quotas of its namespace.
///
/// # Errors
/// A quota refuses it; then none is charged.
pub fn charge(
    cluster: &mut Cluster,
    pod: ObjectKey,
    template: &PodTemplate,
    gates: RequestGates,
) -> Result<(), AdmissionRefusal> {
    resource_quota::charge(&mut cluster.quotas, pod.namespace, template, gates)
        .map_err(|(quota, why)| AdmissionRefusal { pod, claim: None, why, quota: Some(quota) })
}

/// Charges a new claim of `pod` to the quotas of its namespace.
///
/// # Errors
/// A quota refuses it; then none is charged.
pub fn charge_claim(
    cluster: &mut Cluster,
    pod: ObjectKey,
    claim: &PersistentVolumeClaim,
) -> Result<(), AdmissionRefusal> {
    resource_quota::charge_claim(&mut cluster.quotas, claim).map_err(|(quota, why)| AdmissionRefusal {
        pod,
        claim: Some(claim.key.name),
        why,
        quota: Some(quota),
    })
}

/// Gives back what a pod of `template` was charged.
pub fn release(cluster: &mut Cluster, pod: ObjectKey, template: &PodTemplate, gates: RequestGates) {
    resource_quota::release(&mut cluster.quotas, pod.namespace, template, gates);
}

/// What the quotas of a namespace count as used, to be put back.
#[derive(Clone, Debug, Default)]
pub struct Charged(Vec<(usize, Option<ResourceList>)>);

impl Charged {
    /// The quotas of `namespace` as they are.
    pub fn of(cluster: &Cluster, namespace: Name) -> Self {
        let quotas = cluster.quotas.iter().enumerate();
        Self(
            quotas
                .filter(|(_, quota)| quota.key.namespace == namespace)
                .map(|(place, quota)| (place, quota.used.clone()))
                .collect(),
        )
    }

    /// Has the quotas count as they did.
    pub fn put_back(self, cluster: &mut Cluster) {
        for (place, used) in self.0 {
            if let Some(quota) = cluster.quotas.get_mut(place) {
                quota.used = used;
            }
        }
    }
}

/// Several errors as one text (upstream apimachinery/pkg/util/errors, Aggregate.Error).
fn aggregate(errors: &[String]) -> Option<String> {
    match errors {
        [] => None,
        [error] => Some(error.clone()),
        errors => {
            let mut once: Vec<&str> = Vec::new();
            for error in errors {
                if !once.contains(&error.as_str()) {
                    once.push(error);
                }
            }
            Some(if once.len() == 1 { once.concat() } else { format!("[{}]", once.join(", ")) })
        }
    }
}

/// Merges the pod's RuntimeClass into it. Answers with a class that may exist.
fn runtime_class(spec: &mut PodSpec, cluster: &Cluster) -> Result<Option<Name>, String> {
    let knows_classes = cluster.kinds.contains(&Kind::RuntimeClass);
    let Some(named) = spec.runtime_class_name.filter(|class| !class.is_empty()) else {
        return match &spec.overhead {
            Some(_) => Err(runtime_class::OVERHEAD_WITHOUT_CLASS.to_owned()),
            None => Ok(None),
        };
    };
    match cluster.runtime_classes.iter().find(|class| class.name == named) {
        Some(class) => class.merge_into(spec).map(|()| None),
        None if knows_classes => Err(format!("pod rejected: RuntimeClass \"{named}\" not found")),
        None => Ok(Some(named)),
    }
}

/// Requests default to limits (upstream pkg/apis/core/v1/defaults.go, SetDefaults_Pod); at the
/// level of the pod only where no container requests the resource (setDefaultPodRequests).
fn default_requests(spec: &mut PodSpec) {
    spec.containers = spec.containers.iter().map(with_default_requests).collect();
    spec.init_containers = spec.init_containers.iter().map(with_default_requests).collect();
    let of_containers: Vec<Name> = spec
        .containers
        .iter()
        .chain(&spec.init_containers)
        .flat_map(|container| container.requests().iter().map(|(resource, _)| resource))
        .collect();
    if let Some(resources) = &mut spec.resources {
        resources.requests = with_limits(resources, |resource| !of_containers.contains(&resource));
    }
}

fn with_default_requests(container: &Container) -> Container {
    let mut container = container.clone();
    if let Some(resources) = &mut container.resources {
        resources.requests = with_limits(resources, |_| true);
    }
    container
}

fn with_limits(resources: &ContainerResources, defaulted: impl Fn(Name) -> bool) -> ResourceList {
    let limits = resources.limits.iter().filter(|(resource, _)| defaulted(*resource));
    // A resource given twice keeps its later quantity: the request, where there is one.
    limits.chain(resources.requests.iter()).collect()
}

/// On the host's network every port is a port of the host (defaults.go, defaultHostNetworkPorts).
fn default_host_ports(spec: &mut PodSpec) {
    if spec.host_network != Some(true) {
        return;
    }
    let with_host_ports = |container: &Container| {
        let ports = container.ports.iter().map(|port| ContainerPort {
            host_port: port.host_port.filter(|port| *port != 0).or(port.container_port),
            ..*port
        });
        Container { ports: ports.collect(), ..container.clone() }
    };
    spec.containers = spec.containers.iter().map(with_host_ports).collect();
    spec.init_containers = spec.init_containers.iter().map(with_host_ports).collect();
}

/// Every pod may stay for five minutes on a node that is not ready or out of reach, unless it
/// says otherwise (upstream plugin/pkg/admission/defaulttolerationseconds/admission.go, Admit).
fn default_tolerations(spec: &mut PodSpec) {
    let added: Vec<Toleration> = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
        .into_iter()
        .map(name)
        .filter(|key| !spec.tolerations.iter().any(|toleration| speaks_of_eviction(toleration, *key)))
        .map(|key| Toleration {
            key: Some(key),
            operator: Some(name("Exists")),
            value: None,
            effect: Some(name("NoExecute")),
            toleration_seconds: Some(300),
        })
        .collect();
    spec.tolerations = spec.tolerations.iter().copied().chain(added).collect();
}

fn speaks_of_eviction(toleration: &Toleration, key: Name) -> bool {
    toleration.key.is_none_or(|own| own.is_empty() || own == key)
        && toleration.effect.is_none_or(|effect| effect.is_empty() || effect == "NoExecute")
}

/// Puts the pod's values of `matchLabelKeys` into the selectors (upstream
/// pkg/registry/core/pod/strategy.go, applyMatchLabelKeysAndMismatchLabelKeys). Spread constraints
/// get them from the API server since 1.34 and from the scheduler before; the same requirement twice
/// changes nothing, so they always get them here.
fn merge_match_label_keys(spec: &mut PodSpec, labels: &Labels) {
    if let Some(affinity) = &mut spec.affinity {
        for terms in [&mut affinity.pod_affinity, &mut affinity.pod_anti_affinity].into_iter().flatten() {
            merge_into_terms(terms, labels);
        }
    }
    spec.topology_spread_constraints = spec
        .topology_spread_constraints
        .iter()
        .map(|constraint| {
            let mut constraint = constraint.clone();
            merge(&mut constraint.label_selector, &constraint.match_label_keys, "In", labels);
            constraint
        })
        .collect();
}

fn merge_into_terms(terms: &mut PodAffinity, labels: &Labels) {
    let merged = |term: &PodAffinityTerm| {
        let mut term = term.clone();
        merge(&mut term.label_selector, &term.match_label_keys, "In", labels);
        merge(&mut term.label_selector, &term.mismatch_label_keys, "NotIn", labels);
        term
    };
    terms.required = terms.required.iter().map(merged).collect();
    terms.preferred = terms
        .preferred
        .iter()
        .map(|weighted| {
            let mut weighted = weighted.clone();
            weighted.pod_affinity_term = merged(&weighted.pod_affinity_term);
            weighted
        })
        .collect();
}

fn merge(selector: &mut Option<LabelSelector>, keys: &List<Name>, operator: &str, labels: &Labels) {
    let Some(selector) = selector else { return };
    let added = keys.iter().filter_map(|key| {
        let value = labels.get(*key)?;
        Some(SelectorRequirement { key: *key, operator: name(operator), values: Box::new([value]) })
    });
    selector.match_expressions = selector.match_expressions.iter().cloned().chain(added).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::quantity::Quantity;
    use crate::decode::Object;
    use crate::state::builder::ClusterBuilder;

    const GATES: RequestGates =
        RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..RequestGates::OFF };

    #[track_caller]
    fn admitted(pod: &str) -> PodSpec {
        admitted_to(&Cluster::default(), pod).template.spec.clone()
    }

    #[track_caller]
    fn admitted_to(cluster: &Cluster, pod: &str) -> Admitted {
        let Ok((Object::Pod(pod), _)) = Object::decode(Kind::Pod, pod.as_bytes()) else { panic!("{pod}") };
        admit(&pod.own, &pod.template, cluster, GATES)
    }

    #[test]
    fn limits_stand_in_for_requests() {
        let spec = admitted(
            r#"{"spec":{"containers":[{"resources":{"limits":{"cpu":"2","memory":"1Gi"},"requests":{"cpu":"1"}}}]}}"#,
        );
        let requests = spec.containers[0].requests();
        assert_eq!(requests.get(name("cpu")).map(Quantity::milli_value), Some(1000));
        assert_eq!(requests.get(name("memory")).map(Quantity::value), Some(1 << 30));
    }

    #[test]
    fn eviction_is_tolerated_for_a_while() {
        let keys = |pod: &str| {
            let spec = admitted(pod);
            spec.tolerations.iter().map(|t| t.key.unwrap_or_default().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(keys("{}"), ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]);
        assert_eq!(keys(r#"{"spec":{"tolerations":[{"operator":"Exists"}]}}"#), [""]);
    }

    #[test]
    fn match_label_keys_become_requirements() {
        let spec = admitted(
            r#"{"metadata":{"labels":{"v":"1"}},"spec":{"topologySpreadConstraints":[{"maxSkew":1,
                "whenUnsatisfiable":"DoNotSchedule","topologyKey":"zone","labelSelector":{},"matchLabelKeys":["v","w"]}]}}"#,
        );
        let selector = spec.topology_spread_constraints[0].label_selector.as_ref().unwrap();
        assert_eq!(selector.match_expressions.len(), 1);
        assert_eq!(selector.match_expressions[0].key, "v");
    }

    /// A state of these kinds, each with an object.
    fn state(objects: &[(Kind, &str)]) -> Cluster {
        let mut builder = ClusterBuilder::default();
        for (kind, json) in objects {
            builder.add(Object::decode(*kind, json.as_bytes()).unwrap().0);
        }
        builder.build(GATES)
    }

    #[track_caller]
    fn refused(cluster: &Cluster, spec: &str, expected: Option<&str>, unknown: &[UnknownClass]) {
        let admitted = admitted_to(cluster, &format!(r#"{{"metadata":{{"name":"a"}},"spec":{spec}}}"#));
        assert_eq!((admitted.refused.as_deref(), admitted.unknown.as_slice()), (expected, unknown));
    }

    #[test]
    fn a_class_that_is_not_there_is_refused_where_classes_are_known() {
        let pod = r#"{"priorityClassName":"gone","runtimeClassName":"gone"}"#;
        let gone = name("gone");
        refused(&Cluster::default(), pod, None, &[UnknownClass::Priority(gone), UnknownClass::Runtime(gone)]);
        let classes = r#"{"metadata":{"name":"other"}}"#;
        refused(
            &state(&[(Kind::PriorityClass, classes)]),
            pod,
            Some("no PriorityClass with name gone was found"),
            &[UnknownClass::Runtime(gone)],
        );
        refused(
            &state(&[(Kind::RuntimeClass, classes)]),
            pod,
            Some("pod rejected: RuntimeClass \"gone\" not found"),
            &[UnknownClass::Priority(gone)],
        );
    }

    #[test]
    fn limits_hold_for_their_namespace() {
        let limits = |namespace: &str| {
            let json = format!(
                r#"{{"metadata":{{"name":"l","namespace":"{namespace}"}},"spec":{{"limits":[{{"type":"Container","min":{{"cpu":"1","memory":"1Gi"}},"defaultRequest":{{"cpu":"1m","memory":"1"}}}}]}}}}"#
            );
            state(&[(Kind::LimitRange, &json)])
        };
        let words = "[minimum cpu usage per Container is 1, but request is 1m, \
             minimum memory usage per Container is 1Gi, but request is 1]";
        refused(&limits("default"), r#"{"containers":[{}]}"#, Some(words), &[]);
        refused(&limits("elsewhere"), r#"{"containers":[{}]}"#, None, &[]);
    }
}
