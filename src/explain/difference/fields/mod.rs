//! What of an object can change a verdict: the table of all kinds that two states are compared by.
//!
//! Every kind of the state is in [`TABLE`] or in [`NOT_COMPARED`], which says why; a test looks. What is read of an object
//! is a list of facts, each a field and its value in words: how two lists are compared is the same for all.

mod admission;
mod devices;
mod groups;
mod node_groups;
mod nodes;
mod storage;
mod workloads;

use std::collections::BTreeMap;

use crate::api::node_selector::NodeSelectorTerm;
use crate::api::resources::ResourceList;
use crate::api::selector::{LabelSelector, Selector};
use crate::api::taint::Taint;
use crate::api::{Labels, Name};
use crate::decode::Kind;
use crate::state::Cluster;

/// What is compared of one object.
pub(super) type Object = (Kind, String, Facts);

/// Reads the objects of some kinds.
type List = fn(&Cluster) -> Vec<Object>;

/// In the order in which differences are shown: what most often decides comes first.
const TABLE: [List; 27] = [
    nodes::nodes,
    node_groups::autoscaler_groups,
    node_groups::provisioning,
    workloads::workloads,
    workloads::budgets,
    workloads::services,
    admission::namespaces,
    admission::priority_classes,
    admission::runtime_classes,
    admission::quotas,
    admission::limit_ranges,
    storage::classes,
    storage::drivers,
    storage::csi_nodes,
    storage::volumes,
    storage::claims,
    storage::capacities,
    storage::attachments,
    devices::classes,
    devices::pools,
    devices::taint_rules,
    devices::claims,
    devices::templates,
    groups::pod_groups,
    groups::workloads,
    groups::coscheduling,
    groups::queueing,
];

/// Kinds that are not in the table, and where else a difference of theirs is shown.
#[cfg(test)]
const NOT_COMPARED: [(Kind, &str); 2] = [
    (Kind::Pod, "pods are counted by owner"),
    (Kind::Provisioning(crate::decode::autoscaling::ProvisioningKind::Machine), "the node that it becomes is compared"),
];

/// All that is compared of a state, by kind and name, in the order of the table.
pub(super) fn of(cluster: &Cluster) -> impl Iterator<Item = BTreeMap<(Kind, String), BTreeMap<String, String>>> {
    TABLE.into_iter().map(|list| {
        let objects = list(cluster).into_iter();
        objects.map(|(kind, name, facts)| ((kind, name), facts.0)).collect()
    })
}

/// The word for a kind: with its group where another kind has the same word, as kubectl writes it.
pub(super) fn word(kind: Kind) -> String {
    match kind {
        // Its ConfigMap lists them.
        Kind::AutoscalerStatus => "NodeGroup".to_owned(),
        Kind::CoschedulingPodGroup | Kind::Queueing(_) => format!("{}.{}", kind.as_str(), kind.api_group()),
        _ => kind.as_str().to_owned(),
    }
}

/// Fields of an object that are given, and their values in words.
#[derive(Default)]
pub(super) struct Facts(BTreeMap<String, String>);

impl Facts {
    /// A field that every object has.
    fn with(self, field: impl Into<String>, value: impl ToString) -> Self {
        self.some(field, Some(value))
    }

    /// A field that an object may have.
    fn some(mut self, field: impl Into<String>, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0.insert(field.into(), value.to_string());
        }
        self
    }

    /// A text that is empty where the object does not have it.
    fn text(self, field: &str, value: Name) -> Self {
        self.some(field, Some(value).filter(|value| !value.is_empty()))
    }

    /// Something that holds or does not.
    fn flag(self, field: &str, holds: bool) -> Self {
        self.some(field, holds.then_some("true"))
    }

    /// Several fields of one sort, each under its own name.
    fn each<F: ToString, V: ToString>(mut self, sort: &str, values: impl IntoIterator<Item = (F, V)>) -> Self {
        let named =
            values.into_iter().map(|(field, value)| (format!("{sort} {}", field.to_string()), value.to_string()));
        self.0.extend(named);
        self
    }

    fn labels(self, sort: &str, labels: &Labels) -> Self {
        self.each(sort, labels.iter())
    }

    fn amounts(self, sort: &str, amounts: &ResourceList) -> Self {
        self.each(sort, amounts.iter())
    }

    fn taints(self, sort: &str, taints: &[Taint]) -> Self {
        self.each(sort, taints.iter().map(|taint| (format!("{}:{}", taint.key, taint.effect.as_str()), taint.value)))
    }

    /// A list, if it has any items.
    fn list<T: ToString>(self, field: impl Into<String>, items: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
        self.some(field, Some(items.join(", ")).filter(|_| !items.is_empty()))
    }

    fn selector(self, field: &str, selector: Option<&LabelSelector>) -> Self {
        self.some(field, selector.map(|selector| selector_text(Selector::new(Some(selector)).ok())))
    }

    /// Alternatives of conditions on nodes.
    fn terms(self, field: &str, terms: Option<&[NodeSelectorTerm]>) -> Self {
        let one = |term: &NodeSelectorTerm| {
            let all = term.match_expressions.iter().chain(&term.match_fields);
            let all = all.map(|condition| condition_text(condition.key, condition.operator, &condition.values));
            all.collect::<Vec<_>>().join(" and ")
        };
        self.some(field, terms.map(|terms| terms.iter().map(one).collect::<Vec<_>>().join(" or ")))
    }
}

fn selector_text(selector: Option<Selector>) -> String {
    match selector {
        None => "invalid".to_owned(),
        Some(all) if all.is_empty() => "everything".to_owned(),
        Some(none) if none.is_nothing() => "nothing".to_owned(),
        Some(selector) => selector.to_string(),
    }
}

/// `zone In a,b`.
fn condition_text(key: Name, operator: Name, values: &[Name]) -> String {
    let values: Vec<&str> = values.iter().map(Name::as_str).collect();
    format!("{key} {operator} {}", values.join(",")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::explain::difference::{How, objects};
    use crate::state::ClusterBuilder;

    /// The state of all kinds, each object changed by `edit`.
    fn state(edit: impl Fn(&mut serde_json::Value)) -> Cluster {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/kinds.yaml");
        let text = std::fs::read_to_string(path).unwrap();
        let list = crate::decode::yaml::parse(&text).unwrap();
        let mut builder = ClusterBuilder::default();
        for item in list["items"].as_array().unwrap() {
            let kind = Kind::of(item["apiVersion"].as_str().unwrap(), item["kind"].as_str().unwrap());
            let Some(kind) = kind else { continue };
            let mut item = item.clone();
            edit(&mut item);
            let json = item.to_string();
            let (object, _) = crate::decode::Object::decode(kind, json.as_bytes()).unwrap();
            builder.add(object);
        }
        builder.build(crate::config::Behaviour::default().request_gates())
    }

    #[test]
    fn every_kind_is_compared_or_its_reason_given() {
        // One that another workload manages is shown by that one.
        let free =
            |item: &mut serde_json::Value| drop(item["metadata"].as_object_mut().unwrap().remove("ownerReferences"));
        let now = state(free);
        let found = objects(&Cluster::default(), &now);
        assert!(found.iter().all(|object| object.how == How::Added), "{found:?}");
        let kinds: BTreeSet<String> = found.into_iter().map(|object| object.kind).collect();
        let expected = Kind::ALL.iter().filter(|kind| NOT_COMPARED.iter().all(|(other, _)| other != *kind));
        let missing: Vec<String> = expected.map(|kind| word(*kind)).filter(|kind| !kinds.contains(kind)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    /// What differs between two editions of one object: `kind name: field before → now`.
    #[track_caller]
    fn case(before: &str, now: &str, expected: &[&str]) {
        let state = |text: &str| {
            let value = crate::decode::yaml::parse(text).unwrap();
            let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
            let (object, _) = crate::decode::Object::decode(kind, value.to_string().as_bytes()).unwrap();
            let mut builder = ClusterBuilder::default();
            builder.add(object);
            builder.build(crate::config::Behaviour::default().request_gates())
        };
        let found = objects(&state(before), &state(now));
        let line = |object: &crate::explain::difference::ObjectDifference| {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
            let field = |field: &crate::explain::difference::FieldDifference| {
                let words = (&object.kind, &object.name, &field.field);
                format!("{} {}: {}: {} → {}", words.0, words.1, words.2, value(&field.before), value(&field.now))
            };
            object.fields.iter().map(field).collect::<Vec<_>>()
        };
        let lines: Vec<String> = found.iter().flat_map(line).collect();
        assert_eq!(lines, expected);
    }

    /// One object, in which a part is written in two ways.
    #[track_caller]
    fn edit(object: &str, parts: (&str, &str), expected: &[&str]) {
        assert!(object.contains("PART"), "{object}");
        case(&object.replace("PART", parts.0), &object.replace("PART", parts.1), expected);
    }

    #[test]
    fn storage() {
        let class = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, PART}";
        edit(
            class,
            ("provisioner: a, volumeBindingMode: Immediate", "provisioner: b, volumeBindingMode: WaitForFirstConsumer"),
            &[
                "StorageClass fast: provisioner: a → b",
                "StorageClass fast: volumeBindingMode: Immediate → WaitForFirstConsumer",
            ],
        );
        edit(
            class,
            ("allowedTopologies: []", "allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [a, b]}]}]"),
            &["StorageClass fast: allowedTopologies: none → zone In a,b"],
        );
        let default = "metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: \"PART\"}}";
        edit(
            &class.replace("metadata: {name: fast}, PART", default),
            ("false", "true"),
            &["StorageClass fast: default class: none → true"],
        );
        edit(
            "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: n-1}, spec: {drivers: [{name: d, PART}]}}",
            ("allocatable: {count: 25}", "allocatable: null"),
            &["CSINode n-1: driver d: 25 volumes → no limit"],
        );
        edit(
            "{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d}, spec: {PART}}",
            ("storageCapacity: false", "storageCapacity: true"),
            &["CSIDriver d: storageCapacity: false → true"],
        );
        let capacity = "{apiVersion: storage.k8s.io/v1, kind: CSIStorageCapacity, metadata: {name: c, namespace: s}, storageClassName: fast, PART}";
        edit(capacity, ("capacity: 100Gi", "capacity: 1Gi"), &["CSIStorageCapacity s/c: capacity: 100Gi → 1Gi"]);
        edit(
            capacity,
            ("nodeTopology: {matchLabels: {zone: a}}", "nodeTopology: {matchLabels: {zone: b}}"),
            &["CSIStorageCapacity s/c: nodes: zone=a → zone=b"],
        );
        let volume =
            "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: 1Gi}, PART}}";
        edit(
            volume,
            ("claimRef: null", "claimRef: {namespace: s, name: data}"),
            &["PersistentVolume v: claim: none → s/data"],
        );
        edit(
            volume,
            (
                "nodeAffinity: null",
                "nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]}}",
            ),
            &["PersistentVolume v: nodeAffinity: none → zone In a"],
        );
        let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: s}, spec: {PART}}";
        edit(
            claim,
            ("resources: {requests: {storage: 1024Mi}}", "resources: {requests: {storage: 2Gi}}"),
            &["PersistentVolumeClaim s/c: request: 1Gi → 2Gi"],
        );
        edit(claim, ("resources: {requests: {storage: 1024Mi}}", "resources: {requests: {storage: 1Gi}}"), &[]);
        edit(
            "{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: a}, spec: {nodeName: n-1, attacher: PART, source: {persistentVolumeName: v}}}",
            ("d", "e"),
            &["VolumeAttachment n-1: attached by d: 1 → none", "VolumeAttachment n-1: attached by e: none → 1"],
        );
    }

    #[test]
    fn devices() {
        edit(
            "{apiVersion: resource.k8s.io/v1, kind: DeviceClass, metadata: {name: gpu}, spec: {selectors: [{cel: {expression: PART}}]}}",
            ("device.driver == 'a'", "device.driver == 'b'"),
            &["DeviceClass gpu: selectors: device.driver == 'a' → device.driver == 'b'"],
        );
        let slice = "{apiVersion: resource.k8s.io/v1, kind: ResourceSlice, metadata: {name: s}, spec: {driver: d, nodeName: n-1, pool: {name: p, generation: 1, resourceSliceCount: 1}, devices: [{name: gpu-0}PART]}}";
        edit(
            slice,
            ("", ", {name: gpu-1, capacity: {memory: {value: 40Gi}}}"),
            &["ResourceSlice d/p: device gpu-1: none → on n-1, memory=40Gi", "ResourceSlice d/p: devices: 1 → 2"],
        );
        edit(
            &slice.replace("{name: gpu-0}PART", "{name: gpu-0, attributes: {model: {string: a}}, PART}"),
            ("taints: []", "taints: [{key: broken, effect: NoSchedule}]"),
            &["ResourceSlice d/p: device gpu-0: on n-1, model=\"a\" → on n-1, model=\"a\", taint broken:NoSchedule"],
        );
        edit(
            &slice
                .replace("generation: 1, resourceSliceCount: 1", "generation: 1, resourceSliceCount: PART")
                .replace("gpu-0}PART", "gpu-0}"),
            ("1", "2"),
            &["ResourceSlice d/p: incomplete: none → true"],
        );
        edit(
            "{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: c, namespace: s}, spec: {devices: {requests: [{name: one, exactly: {deviceClassName: gpu, PART}}]}}}",
            ("count: 1", "count: 2"),
            &["ResourceClaim s/c: request one: 1 of class gpu → 2 of class gpu"],
        );
        edit(
            "{apiVersion: resource.k8s.io/v1beta2, kind: DeviceTaintRule, metadata: {name: r}, spec: {deviceSelector: {PART}, taint: {key: k, effect: NoExecute}}}",
            ("driver: d", "driver: d, pool: p"),
            &["DeviceTaintRule r: pool: none → p"],
        );
    }

    #[test]
    fn admission() {
        edit(
            "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: kata}, handler: kata, PART}",
            (
                "overhead: {podFixed: {cpu: 250m}}",
                "overhead: {podFixed: {cpu: 0.5}}, scheduling: {nodeSelector: {kata: on-metal}, tolerations: [{key: kata, operator: Exists}]}",
            ),
            &[
                "RuntimeClass kata: nodeSelector kata: none → on-metal",
                "RuntimeClass kata: overhead cpu: 250m → 500m",
                "RuntimeClass kata: tolerations: none → {\"key\":\"kata\",\"operator\":\"Exists\"}",
            ],
        );
        edit(
            "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: s}, spec: {PART}, status: {used: {pods: 3}}}",
            ("hard: {pods: 10}", "hard: {pods: 5}, scopes: [BestEffort]"),
            &["ResourceQuota s/q: hard pods: 10 → 5", "ResourceQuota s/q: scopes: none → BestEffort Exists"],
        );
        edit(
            "{apiVersion: v1, kind: LimitRange, metadata: {name: l, namespace: s}, spec: {limits: [{type: Container, PART}]}}",
            ("defaultRequest: {cpu: 100m}", "defaultRequest: {cpu: 1}"),
            &["LimitRange s/l: Container defaultRequest cpu: 100m → 1"],
        );
        edit(
            "{apiVersion: v1, kind: Namespace, metadata: {name: s, labels: {PART}}}",
            ("team: a", "team: b"),
            &["Namespace s: label team: a → b"],
        );
    }

    #[test]
    fn workloads_and_groups() {
        let web = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: s}, spec: {replicas: 1, template: {spec: {containers: [{name: a}], PART}}}}";
        edit(
            web,
            ("nodeSelector: {}", "nodeSelector: {pool: gpu}"),
            &["Deployment s/web: nodeSelector: none → {\"pool\":\"gpu\"}"],
        );
        edit(
            web,
            ("priorityClassName: low", "priorityClassName: high"),
            &["Deployment s/web: priorityClassName: low → high"],
        );
        edit(
            "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, namespace: s}, spec: {selector: {matchLabels: {PART}}}}",
            ("a: b", "a: c"),
            &["PodDisruptionBudget s/b: selector: a=b → a=c"],
        );
        edit(
            "{apiVersion: scheduling.k8s.io/v1beta1, kind: PodGroup, metadata: {name: g, namespace: s}, spec: {schedulingPolicy: {gang: {minCount: PART}}}}",
            ("2", "4"),
            &["PodGroup s/g: minCount: 2 → 4"],
        );
        edit(
            "{apiVersion: kueue.x-k8s.io/v1beta1, kind: Workload, metadata: {name: w, namespace: s}, spec: {queueName: PART}}",
            ("a", "b"),
            &["Workload.kueue.x-k8s.io s/w: queue: a → b"],
        );
        edit(
            "{apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: general}, spec: {limits: {cpu: PART}}}",
            ("100", "50"),
            &["NodePool general: limit cpu: 100 → 50"],
        );
    }
}
