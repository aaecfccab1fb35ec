//! The selector of a pod's siblings, as its Services and its controller know them
//! (upstream plugins/helper/spread.go, DefaultSelector).

use super::{Cluster, Pod};
use crate::api::labels::Labels;
use crate::api::meta::{ObjectKey, OwnerReference};
use crate::api::name::Name;
use crate::api::selector::Selector;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};

/// Selects what all Services that select `pod` select together, narrowed down to the pods of its
/// ReplicationController, ReplicaSet or StatefulSet. Matches everything where there is none of these.
pub fn default_selector(cluster: &Cluster, pod: &Pod) -> Selector {
    let mut labels: Vec<(Name, Name)> = services_of(cluster, pod).flat_map(Labels::iter).collect();
    let owner = owner(pod).and_then(|(kind, key)| workload(cluster, kind, key));
    if let Some(owner) = owner {
        if owner.kind == WorkloadKind::ReplicationController {
            // A plain map, merged with the Services': its values win.
            labels.extend(owner.selector.iter().flat_map(|selector| selector.match_labels.iter()));
        } else if let Ok(selector) = Selector::new(owner.selector.as_ref()) {
            return Selector::from_labels(&labels.into_iter().collect()).and(&selector);
        }
    }
    Selector::from_labels(&labels.into_iter().collect())
}

/// The controller that the default selector uses, if the pod has one: kind, namespace and name.
pub fn owner(pod: &Pod) -> Option<(WorkloadKind, ObjectKey)> {
    let owner = pod.own.controller?;
    Some((owner_kind(&owner)?, ObjectKey::new(pod.key().namespace, owner.name)))
}

/// The kind of a controller that the default selector uses.
pub fn owner_kind(owner: &OwnerReference) -> Option<WorkloadKind> {
    match (owner.api_version.as_str(), owner.kind.as_str()) {
        ("v1", "ReplicationController") => Some(WorkloadKind::ReplicationController),
        ("apps/v1", "ReplicaSet") => Some(WorkloadKind::ReplicaSet),
        ("apps/v1", "StatefulSet") => Some(WorkloadKind::StatefulSet),
        _ => None,
    }
}

fn workload(cluster: &Cluster, kind: WorkloadKind, key: ObjectKey) -> Option<&Workload> {
    cluster.workload(WorkloadKey { kind, key })
}

/// The selectors of the Services that `pod` belongs to; a Service without a selector has no pods.
fn services_of<'a>(cluster: &'a Cluster, pod: &'a Pod) -> impl Iterator<Item = &'a Labels> {
    let mine = |selector: &Labels| selector.iter().all(|(key, value)| pod.labels().get(key) == Some(value));
    cluster
        .services
        .iter()
        .filter(|service| service.key.namespace == pod.key().namespace)
        .filter_map(|service| service.selector.as_ref())
        .filter(move |selector| mine(selector))
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use serde_json::{Value, json};

    use super::super::ClusterBuilder;
    use super::*;
    use crate::api::name;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};

    fn service(name: &str, namespace: &str, selector: &Value) -> (Kind, Value) {
        (
            Kind::Service,
            json!({ "metadata": { "name": name, "namespace": namespace }, "spec": { "selector": selector } }),
        )
    }

    fn owner(kind: WorkloadKind, selector: &Value) -> (Kind, Value) {
        (Kind::Workload(kind), json!({ "metadata": { "name": "owner" }, "spec": { "selector": selector } }))
    }

    /// The selector, printed, of a pod `app=web,tier=front` that `owner` of `api_version` and `kind` controls.
    #[track_caller]
    fn case(objects: &[(Kind, Value)], api_version: &str, kind: &str, expected: &str) {
        let mut builder = ClusterBuilder::default();
        let pod = json!({ "metadata": {
            "name": "web",
            "labels": { "app": "web", "tier": "front" },
            "ownerReferences": [{ "apiVersion": api_version, "kind": kind, "name": "owner", "controller": true }],
        } });
        for (kind, object) in objects.iter().chain([&(Kind::Pod, pod)]) {
            builder.add(Object::decode(*kind, object.to_string().as_bytes()).unwrap().0);
        }
        let cluster = builder.build(RequestGates::default());
        let pod = cluster.pod_named(ObjectKey::new(name("default"), name("web"))).unwrap();
        assert_eq!(default_selector(&cluster, pod).to_string(), expected);
    }

    #[test]
    fn services_and_controllers_together() {
        let web = service("web", "default", &json!({ "app": "web" }));
        let front = service("front", "default", &json!({ "tier": "front" }));
        let others = [
            service("db", "default", &json!({ "app": "db" })),
            service("web", "other", &json!({ "app": "web" })),
            service("external", "default", &Value::Null),
        ];
        let set = json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["web", "api"] }] });
        let replica_set = owner(WorkloadKind::ReplicaSet, &set);
        let stateful_set = owner(WorkloadKind::StatefulSet, &set);
        let controller = owner(WorkloadKind::ReplicationController, &json!({ "app": "old", "x": "1" }));
        case(&others, "apps/v1", "ReplicaSet", "");
        case(&[web.clone(), front], "apps/v1", "ReplicaSet", "app=web,tier=front");
        case(&[web.clone(), replica_set.clone()], "apps/v1", "ReplicaSet", "app=web,app in (api,web)");
        case(from_ref(&replica_set), "apps/v1beta1", "ReplicaSet", "");
        case(&[replica_set], "apps/v1", "StatefulSet", "");
        case(&[stateful_set], "apps/v1", "StatefulSet", "app in (api,web)");
        case(&[web.clone(), controller], "v1", "ReplicationController", "app=old,x=1");
        case(&[web, owner(WorkloadKind::ReplicaSet, &Value::Null)], "apps/v1", "ReplicaSet", "app=web");
    }
}
