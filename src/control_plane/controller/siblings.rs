//! Running pods beside the template that they were made of: what admission adds to it, and whether they still
//! follow it.
//!
//! Admission is a chain of plugins and webhooks (upstream staging/src/k8s.io/apiserver/pkg/admission); of these only the
//! ones in [`crate::control_plane::admission`] are known. The others show in the pods that they let in: the newest
//! pod of a workload that has a node tells what the next one gets.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{daemon_set, owned, stateful_set};
use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::pod_spec::{Container, PodSpec};
use crate::api::quantity::Quantity;
use crate::api::requests::ContainerResources;
use crate::api::resources::ResourceList;
use crate::api::taint::Toleration;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::state::additions::Additions;
use crate::state::{Cluster, Pod};

/// The tolerations that every pod gets (plugin/pkg/admission/defaulttolerationseconds), or that tell a node's
/// condition: the controllers and admission add them to new pods, too.
const OF_CONDITIONS: &str = "node.kubernetes.io/";

/// What admission adds to pods that `maker` makes, as far as running ones show it.
pub fn additions<'a>(cluster: &'a Cluster, maker: &Workload) -> Option<&'a Arc<Additions>> {
    let found = found(cluster);
    found.get(&maker.identity()).or_else(|| {
        // A ReplicaSet without pods, as one of a changed template: as those beside it.
        let parent = maker.controller.as_ref()?;
        let kind = WorkloadKind::from_resource(&parent.kind.to_ascii_lowercase())?;
        found.get(&WorkloadKey { kind, key: ObjectKey::new(maker.key.namespace, parent.name) })
    })
}

/// Compares pods with their templates, unless that was done. To be called before a template changes.
pub fn learn(cluster: &Cluster) {
    found(cluster);
}

fn found(cluster: &Cluster) -> &FxHashMap<WorkloadKey, Arc<Additions>> {
    cluster.additions.get_or_init(|| Arc::new(compare_all(cluster)))
}

fn compare_all(cluster: &Cluster) -> FxHashMap<WorkloadKey, Arc<Additions>> {
    let newest = newest_pods(cluster);
    let mut found: FxHashMap<WorkloadKey, Arc<Additions>> = FxHashMap::default();
    let mut of_parents: FxHashMap<WorkloadKey, (&Pod, Arc<Additions>)> = FxHashMap::default();
    for workload in &cluster.workloads {
        let Some(pod) = newest.get(&workload.identity()).copied() else { continue };
        if !owned(pod.key().namespace, pod.own.controller.as_ref(), workload)
            && workload.kind != WorkloadKind::Deployment
        {
            continue;
        }
        let Some(additions) = compare(&template_of(workload, pod), pod) else { continue };
        if additions.is_empty() {
            continue;
        }
        let additions = Arc::new(additions);
        if let Some(parent) = &workload.controller
            && let Some(kind) = WorkloadKind::from_resource(&parent.kind.to_ascii_lowercase())
        {
            let key = WorkloadKey { kind, key: ObjectKey::new(workload.key.namespace, parent.name) };
            let other = of_parents.get(&key).map(|(other, _)| other.own.creation_timestamp);
            if other.is_none_or(|other| other < pod.own.creation_timestamp) {
                of_parents.insert(key, (pod, Arc::clone(&additions)));
            }
        }
        found.insert(workload.identity(), additions);
    }
    for (key, (_, additions)) in of_parents {
        found.entry(key).or_insert(additions);
    }
    found
}

/// The newest pod with a node of each controller; of a ReplicaSet also under the Deployment that its name and the
/// hash in the pod's labels tell of, for states without ReplicaSets.
fn newest_pods(cluster: &Cluster) -> FxHashMap<WorkloadKey, &Pod> {
    let hash = name("pod-template-hash");
    let mut newest: FxHashMap<WorkloadKey, &Pod> = FxHashMap::default();
    let mut note = |kind, key: ObjectKey, pod| {
        let entry = newest.entry(WorkloadKey { kind, key }).or_insert(pod);
        if entry.own.creation_timestamp < pod.own.creation_timestamp {
            *entry = pod;
        }
    };
    for pod in cluster.pods().iter().filter(|pod| pod.own.node_name.is_some() && !pod.is_terminating()) {
        let Some(owner) = &pod.own.controller else { continue };
        let Some(kind) = WorkloadKind::from_resource(&owner.kind.to_ascii_lowercase()) else { continue };
        let namespace = pod.key().namespace;
        note(kind, ObjectKey::new(namespace, owner.name), pod);
        if kind == WorkloadKind::ReplicaSet
            && let Some(hash) = pod.labels().get(hash)
            && let Some(deployment) = owner.name.strip_suffix(hash.as_str()).and_then(|rest| rest.strip_suffix('-'))
        {
            note(WorkloadKind::Deployment, ObjectKey::new(namespace, name(deployment)), pod);
        }
    }
    newest
}

/// Whether the pod is what its controller would make of its template today, whatever admission added to it.
pub(super) fn follows_template(workload: &Workload, pod: &Pod) -> bool {
    compare(&template_of(workload, pod), pod).is_some()
}

/// The specification that the controller wrote, before admission.
fn template_of(workload: &Workload, pod: &Pod) -> PodSpec {
    let mut spec = workload.template.spec.clone();
    match workload.kind {
        WorkloadKind::StatefulSet => stateful_set::mount_claims_of(&mut spec, workload, pod.key().name),
        WorkloadKind::DaemonSet => daemon_set::add_tolerations(&mut spec),
        _ => {}
    }
    spec
}

/// What `pod` has beyond `template`; none where it is not of that template.
fn compare(template: &PodSpec, pod: &Pod) -> Option<Additions> {
    // What has no container is no template, but a sketch of one.
    if template.containers.is_empty() {
        return Some(Additions::default());
    }
    let spec = pod.spec();
    let vpa = pod.own.vpa_updated;
    let mut requests = Vec::new();
    let containers = compare_containers(&template.containers, &spec.containers, vpa, &mut requests)?;
    let init_containers = compare_containers(&template.init_containers, &spec.init_containers, vpa, &mut requests)?;
    if template.node_selector.iter().any(|(key, value)| spec.node_selector.get(key) != Some(value))
        || template.tolerations.iter().any(|toleration| !spec.tolerations.contains(toleration))
        || template.host_network.unwrap_or_default() != spec.host_network.unwrap_or_default()
        || given(template.scheduler_name).is_some_and(|own| given(spec.scheduler_name) != Some(own))
        || given(template.priority_class_name).is_some_and(|own| given(spec.priority_class_name) != Some(own))
        || given(template.runtime_class_name).is_some_and(|own| given(spec.runtime_class_name) != Some(own))
        || terms(template) != terms(spec)
        || template.volumes.iter().any(|volume| spec.volumes.iter().all(|other| other != volume))
        || template.resource_claims.iter().any(|claim| !spec.resource_claims.contains(claim))
    {
        return None;
    }
    let is_of_condition = |toleration: &Toleration| toleration.key.is_some_and(|key| key.starts_with(OF_CONDITIONS));
    let added = spec.tolerations.iter().filter(|added| !template.tolerations.contains(added));
    Some(Additions {
        containers,
        init_containers,
        requests,
        node_selector: spec
            .node_selector
            .iter()
            .filter(|(key, _)| !template.node_selector.contains_key(*key))
            .collect(),
        tolerations: added.filter(|added| !is_of_condition(added)).copied().collect(),
        runtime_class: given(spec.runtime_class_name)
            .filter(|_| given(template.runtime_class_name).is_none())
            .map(|class| (class, spec.overhead.clone())),
        scheduler_name: given(spec.scheduler_name)
            .filter(|named| given(template.scheduler_name).is_none() && *named != "default-scheduler"),
        priority_class: given(spec.priority_class_name).filter(|_| given(template.priority_class_name).is_none()),
    })
}

fn given(field: Option<Name>) -> Option<Name> {
    field.filter(|name| !name.is_empty())
}

/// How many terms of pod affinity there are of each sort, and over what is spread: labels are merged into these by the
/// API server, and a DaemonSet's controller writes the node affinity itself.
fn terms(spec: &PodSpec) -> ([usize; 4], Vec<(Name, i32)>) {
    let affinity = spec.affinity.as_deref();
    let sides = [
        affinity.and_then(|affinity| affinity.pod_affinity.as_ref()),
        affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref()),
    ];
    let [near, apart] = sides.map(|side| side.map_or((0, 0), |terms| (terms.required.len(), terms.preferred.len())));
    let spread =
        spec.topology_spread_constraints.iter().map(|constraint| (constraint.topology_key, constraint.max_skew));
    ([near.0, near.1, apart.0, apart.1], spread.collect())
}

/// The containers that `own` has beyond those of the template; none where one of the template's is missing or
/// requests something else. What it requests where the template is silent goes to `requests`.
fn compare_containers(
    template: &[Container],
    own: &[Container],
    vpa: bool,
    requests: &mut Vec<(Name, Name, Quantity)>,
) -> Option<Vec<Container>> {
    for container in template {
        let same = own.iter().find(|other| other.name == container.name)?;
        let (wanted, has) = (requests_of(container), requests_of(same));
        if !vpa
            && wanted.iter().any(|(resource, amount)| has.get(resource).is_none_or(|has| has.compare(amount).is_ne()))
        {
            return None;
        }
        let Some(of) = container.name else { continue };
        let differs = |(resource, amount): &(Name, Quantity)| {
            wanted.get(*resource).is_none_or(|wanted| vpa && wanted.compare(*amount).is_ne())
        };
        requests.extend(has.iter().filter(differs).map(|(resource, amount)| (of, resource, amount)));
    }
    let is_new = |container: &&Container| template.iter().all(|other| other.name != container.name);
    Some(own.iter().filter(is_new).cloned().collect())
}

/// Requests, with limits where there is no request.
fn requests_of(container: &Container) -> ResourceList {
    let ContainerResources { requests, limits } = container.resources.clone().unwrap_or_default();
    limits.iter().chain(requests.iter()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    /// The ReplicaSet `w` with this template, and pods of it on a node, each of another specification and a second younger
    /// than the one before.
    fn state(template: &str, pods: &[&str]) -> Cluster {
        let mut builder = ClusterBuilder::default();
        let set = format!(
            r#"{{"metadata": {{"name": "w", "namespace": "n"}}, "spec": {{"template": {{"spec": {template}}}}}}}"#
        );
        builder.add(Object::decode(Kind::Workload(WorkloadKind::ReplicaSet), set.as_bytes()).unwrap().0);
        for (index, spec) in pods.iter().enumerate() {
            let spec = spec.strip_suffix('}').unwrap();
            let pod = format!(
                r#"{{"metadata": {{"name": "p-{index}", "namespace": "n", "creationTimestamp": "2026-01-01T00:00:0{index}Z",
                        "ownerReferences": [{{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "w", "controller": true}}]}},
                    "spec": {spec}, "nodeName": "a"}}}}"#
            );
            builder.add(Object::decode(Kind::Pod, pod.as_bytes()).unwrap().0);
        }
        builder.build(RequestGates::OFF)
    }

    #[track_caller]
    fn follows(template: &str, pod: &str, expected: bool) {
        let cluster = state(template, &[pod]);
        assert_eq!(follows_template(&cluster.workloads[0], &cluster.pods()[0]), expected, "{template} {pod}");
    }

    #[test]
    fn what_tells_that_a_pod_is_of_an_older_template() {
        let plain = r#"{"containers": [{"name": "c"}]}"#;
        let with = |field: &str| format!(r#"{{{field}, "containers": [{{"name": "c"}}]}}"#);
        follows(plain, plain, true);
        follows(&with(r#""tolerations": [{"key": "gpu", "operator": "Exists"}]"#), plain, false);
        follows(
            &with(r#""nodeSelector": {"disk": "ssd", "zone": "z"}"#),
            &with(r#""nodeSelector": {"disk": "ssd"}"#),
            false,
        );
        for field in ["schedulerName", "priorityClassName", "runtimeClassName"] {
            let (one, other, empty) = (r#""one""#, r#""other""#, r#""""#);
            let of = |value: &str| with(&format!(r#""{field}": {value}"#));
            follows(&of(one), &of(one), true);
            follows(&of(one), &of(other), false);
            follows(&of(one), plain, false);
            // What the template leaves to admission.
            follows(&of(empty), &of(other), true);
            follows(plain, &of(other), true);
        }
    }

    #[test]
    fn the_newest_pod_shows_what_admission_adds() {
        let plain = r#"{"containers": [{"name": "c"}], "nodeSelector": {"disk": "ssd"}}"#;
        let added = |pods: &[&str]| {
            let cluster = state(r#"{"containers": [{"name": "c"}]}"#, pods);
            additions(&cluster, &cluster.workloads[0]).map(|additions| additions.node_selector.clone())
        };
        assert_eq!(added(&[]), None);
        assert_eq!(added(&[plain]), Some(vec![(name("disk"), name("ssd"))]));
        let newer = plain.replace("ssd", "nvme");
        assert_eq!(added(&[plain, &newer]), Some(vec![(name("disk"), name("nvme"))]));
        assert_eq!(added(&[&newer, r#"{"containers": [{"name": "c"}]}"#]), None);
    }

    /// Of the pods of a Deployment's ReplicaSets the newest tells for all; of two of one second that of the first set.
    #[test]
    fn the_newest_pod_of_all_sets_tells_for_their_deployment() {
        let owner = |kind: &str, name: &str| {
            format!(r#"[{{"apiVersion": "apps/v1", "kind": "{kind}", "name": "{name}", "controller": true}}]"#)
        };
        let added = |seconds: [usize; 2]| {
            let mut builder = ClusterBuilder::default();
            let deployment = r#"{"metadata": {"name": "w", "namespace": "n"}}"#;
            builder.add(Object::decode(Kind::Workload(WorkloadKind::Deployment), deployment.as_bytes()).unwrap().0);
            for (index, second) in seconds.iter().enumerate() {
                let (of_deployment, of_set) = (owner("Deployment", "w"), owner("ReplicaSet", &format!("w-{index}")));
                let set = format!(
                    r#"{{"metadata": {{"name": "w-{index}", "namespace": "n", "ownerReferences": {of_deployment}}},
                        "spec": {{"template": {{"spec": {{"containers": [{{"name": "c"}}]}}}}}}}}"#
                );
                let pod = format!(
                    r#"{{"metadata": {{"name": "p-{index}", "namespace": "n", "ownerReferences": {of_set},
                            "creationTimestamp": "2026-01-01T00:00:0{second}Z"}},
                        "spec": {{"containers": [{{"name": "c"}}], "nodeName": "a", "nodeSelector": {{"of": "{index}"}}}}}}"#
                );
                builder.add(Object::decode(Kind::Workload(WorkloadKind::ReplicaSet), set.as_bytes()).unwrap().0);
                builder.add(Object::decode(Kind::Pod, pod.as_bytes()).unwrap().0);
            }
            let cluster = builder.build(RequestGates::OFF);
            let deployment = cluster.workloads.iter().find(|found| found.kind == WorkloadKind::Deployment).unwrap();
            additions(&cluster, deployment).map(|additions| additions.node_selector.clone())
        };
        for (seconds, expected) in [([1, 2], "1"), ([2, 1], "0"), ([1, 1], "0")] {
            assert_eq!(added(seconds), Some(vec![(name("of"), name(expected))]), "{seconds:?}");
        }
    }
}
