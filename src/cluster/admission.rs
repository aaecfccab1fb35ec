//! What the API server makes of a pod before a scheduler sees it: defaults and admission.
//!
//! A pod of the state went through this already. One made from a template or a manifest did
//! not, and would be judged wrongly without its priority, its default tolerations and its merged
//! selectors. RuntimeClass overhead, LimitRanges and webhooks are not known here.

use std::sync::Arc;

use super::name::{Name, name};
use super::pod::PodObject;
use super::pod_class::PodTemplate;
use super::pod_spec::{Container, ContainerPort, PodAffinity, PodAffinityTerm, PodSpec};
use super::requests::ContainerResources;
use super::resources::ResourceList;
use super::selector::{LabelSelector, SelectorRequirement};
use super::taint::Toleration;
use super::workload::PriorityClass;
use super::{Labels, List};

/// A pod as a scheduler would see it.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The pod.
    pub pod: PodObject,
    /// A PriorityClass that it names and that is not known: its priority counts as 0.
    pub unknown_priority_class: Option<Name>,
}

/// Defaults `pod`, whose namespace is set already.
pub fn admit(pod: PodObject, priority_classes: &[PriorityClass]) -> Admitted {
    let PodTemplate { mut spec, resize } = (*pod.template).clone();
    default_requests(&mut spec);
    default_host_ports(&mut spec);
    let unknown_priority_class = set_priority(&mut spec, priority_classes);
    default_tolerations(&mut spec);
    merge_match_label_keys(&mut spec, &pod.own.labels);
    Admitted {
        pod: PodObject { own: pod.own, template: Arc::new(PodTemplate { spec, resize }), scheduler: None },
        unknown_priority_class,
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

/// Priority and preemption policy from the class, or from the default class (upstream
/// plugin/pkg/admission/priority/admission.go, admitPod). Answers with a class that is unknown.
fn set_priority(spec: &mut PodSpec, classes: &[PriorityClass]) -> Option<Name> {
    let named = spec.priority_class_name.filter(|class| !class.is_empty());
    if named.is_none() && spec.priority.is_some() {
        return None;
    }
    let class = match named {
        Some(named) => classes.iter().find(|class| class.name == named),
        // Of several default classes the lowest counts.
        None => classes.iter().filter(|class| class.global_default).min_by_key(|class| class.value),
    };
    if let Some(class) = class {
        spec.priority_class_name = Some(class.name);
        spec.priority = Some(class.value);
        spec.preemption_policy = spec.preemption_policy.or(class.preemption_policy);
        return None;
    }
    spec.priority = named.and_then(|named| system_priority(&named)).or(spec.priority).or(Some(0));
    named.filter(|named| system_priority(named).is_none())
}

/// The classes that every cluster has (upstream pkg/apis/scheduling/v1/helpers.go).
fn system_priority(class: &str) -> Option<i32> {
    match class {
        "system-cluster-critical" => Some(2_000_000_000),
        "system-node-critical" => Some(2_000_001_000),
        _ => None,
    }
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

/// The tolerations that the DaemonSet controller gives its pods (upstream
/// pkg/controller/daemon/util/daemonset_util.go, AddOrUpdateDaemonPodTolerations).
pub fn add_daemon_tolerations(spec: &mut PodSpec) {
    let keys = [
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ];
    let on_host_network = spec.host_network == Some(true);
    let network = on_host_network.then_some(("node.kubernetes.io/network-unavailable", "NoSchedule"));
    let added = keys.into_iter().chain(network).map(|(key, effect)| Toleration {
        key: Some(name(key)),
        operator: Some(name("Exists")),
        value: None,
        effect: Some(name(effect)),
        toleration_seconds: None,
    });
    spec.tolerations = spec.tolerations.iter().copied().chain(added).collect();
}

#[cfg(test)]
mod tests {
    use super::super::object::{Kind, Object};
    use super::super::quantity::Quantity;
    use super::*;

    #[track_caller]
    fn admitted(pod: &str, classes: &[PriorityClass]) -> (PodSpec, Option<Name>) {
        let Ok((Object::Pod(pod), _)) = Object::decode(Kind::Pod, pod.as_bytes()) else { panic!("{pod}") };
        let admitted = admit(*pod, classes);
        (admitted.pod.template.spec.clone(), admitted.unknown_priority_class)
    }

    fn class(class: &str, value: i32, global_default: bool) -> PriorityClass {
        PriorityClass { name: name(class), value, global_default, preemption_policy: None }
    }

    #[track_caller]
    fn priority(spec: &str, classes: &[PriorityClass], expected: i32, unknown: Option<&str>) {
        let (spec, missing) = admitted(&format!(r#"{{"metadata":{{"name":"a"}},"spec":{spec}}}"#), classes);
        assert_eq!((spec.priority(), missing.as_deref()), (expected, unknown));
    }

    #[test]
    fn priority_comes_from_the_class() {
        let classes = [class("high", 100, false), class("base", 5, true), class("low", 3, true)];
        priority("{}", &[], 0, None);
        priority("{}", &classes, 3, None);
        priority(r#"{"priority":7}"#, &classes, 7, None);
        priority(r#"{"priorityClassName":"high"}"#, &classes, 100, None);
        priority(r#"{"priorityClassName":"system-node-critical"}"#, &classes, 2_000_001_000, None);
        priority(r#"{"priorityClassName":"gone"}"#, &classes, 0, Some("gone"));
    }

    #[test]
    fn limits_stand_in_for_requests() {
        let (spec, _) = admitted(
            r#"{"spec":{"containers":[{"resources":{"limits":{"cpu":"2","memory":"1Gi"},"requests":{"cpu":"1"}}}]}}"#,
            &[],
        );
        let requests = spec.containers[0].requests();
        assert_eq!(requests.get(name("cpu")).map(Quantity::milli_value), Some(1000));
        assert_eq!(requests.get(name("memory")).map(Quantity::value), Some(1 << 30));
    }

    #[test]
    fn eviction_is_tolerated_for_a_while() {
        let keys = |pod: &str| {
            let (spec, _) = admitted(pod, &[]);
            spec.tolerations.iter().map(|t| t.key.unwrap_or_default().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(keys("{}"), ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]);
        assert_eq!(keys(r#"{"spec":{"tolerations":[{"operator":"Exists"}]}}"#), [""]);
    }

    #[test]
    fn match_label_keys_become_requirements() {
        let (spec, _) = admitted(
            r#"{"metadata":{"labels":{"v":"1"}},"spec":{"topologySpreadConstraints":[{"maxSkew":1,
                "whenUnsatisfiable":"DoNotSchedule","topologyKey":"zone","labelSelector":{},"matchLabelKeys":["v","w"]}]}}"#,
            &[],
        );
        let selector = spec.topology_spread_constraints[0].label_selector.as_ref().unwrap();
        assert_eq!(selector.match_expressions.len(), 1);
        assert_eq!(selector.match_expressions[0].key, "v");
    }
}
