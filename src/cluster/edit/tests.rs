//! Edits are undone without a trace, read back as they were written, and patched as kubectl would.

use serde_json::{Value, json};

use super::super::object::TypeMeta;
use super::super::{Cluster, ClusterBuilder, Kind, Object, ObjectKey, name};
use super::*;

const GATES: RequestGates = RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true };

fn cluster() -> Cluster {
    let pod = |name: &str, node: &str, owner: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "a", "labels": {"app": name},
                "ownerReferences": [{"kind": owner, "name": "x", "controller": true}]},
            "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}},
                "ports": [{"hostPort": 80}]}]}})
    };
    let objects = [
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "labels": {"kubernetes.io/hostname": "n"}},
            "spec": {"unschedulable": true, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
                {"key": "own", "value": "x", "effect": "NoSchedule"}]},
            "status": {"allocatable": {"cpu": "4", "pods": "10"}}}),
        pod("agent", "n", "DaemonSet"),
        pod("web", "n", "ReplicaSet"),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "wait", "namespace": "a"}, "spec": {
            "containers": [{"name": "c", "resources": {"requests": {"cpu": "2", "x.io/gpu": "2"}, "limits": {"x.io/gpu": "2"}}}],
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}],
            "topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}],
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}},
                {"topologyKey": "kubernetes.io/hostname"}]}}}}),
    ];
    let mut builder = ClusterBuilder::default();
    for object in objects {
        let json = object.to_string();
        let meta = TypeMeta::peek(json.as_bytes());
        let kind = Kind::of(&meta.api_version.unwrap_or_default(), &meta.kind.unwrap_or_default()).unwrap();
        builder.add(Object::decode(kind, json.as_bytes()).unwrap().0);
    }
    builder.build(GATES)
}

fn edit(json: &Value) -> Edit {
    serde_json::from_value(json.clone()).unwrap()
}

/// Applies the edit, asks, undoes it, and sees that nothing is left of it.
#[track_caller]
fn case(json: Value, seen: impl Fn(&Cluster) -> bool) {
    let mut cluster = cluster();
    let before = format!("{cluster:?}");
    let edit = edit(&json);
    assert_eq!(serde_json::to_value(&edit).unwrap(), json);
    let undo = edit.apply(&mut cluster, GATES).unwrap();
    assert!(seen(&cluster), "{json}");
    undo.undo(&mut cluster);
    // Groups that have become empty stay for a pod that comes back: not part of the state.
    let strip = |text: String| text.split("groups: PodGroups").next().unwrap_or_default().to_owned();
    assert_eq!(strip(format!("{cluster:?}")), strip(before));
    let pods_in_groups = cluster.groups().all().iter().map(|group| group.pods.len()).sum::<usize>();
    assert_eq!(pods_in_groups, 2);
}

fn cpu_used(cluster: &Cluster, node: &str) -> Option<i64> {
    cluster.node_named(name(node)).map(|node| node.requested.milli_cpu)
}

#[test]
fn edits_are_undone_without_a_trace() {
    let node = |cluster: &Cluster| cluster.node_named(name("n")).unwrap().node.clone();
    case(json!({"kind": "Uncordon", "node": "n"}), |cluster| {
        !node(cluster).unschedulable && node(cluster).taints.len() == 1
    });
    case(
        json!({"kind": "RemoveTaint", "node": "n", "taint": {"key": "own", "value": "x", "effect": "NoSchedule"}}),
        |cluster| node(cluster).taints.len() == 1,
    );
    case(json!({"kind": "LabelNode", "node": "n", "key": "disk", "value": "ssd"}), |cluster| {
        node(cluster).labels.get(name("disk")) == Some(name("ssd"))
    });
    case(json!({"kind": "Free", "node": "n", "resource": "cpu", "amount": "300m"}), |cluster| {
        cpu_used(cluster, "n") == Some(1700)
    });
    case(json!({"kind": "Evict", "pod": "a/web"}), |cluster| {
        cpu_used(cluster, "n") == Some(1000) && cluster.pending().count() == 2
    });
    // The DaemonSet's pod comes along, the other does not; neither do cordon and its taint.
    case(json!({"kind": "AddNode", "like": "n", "name": "m"}), |cluster| {
        let new = cluster.node_named(name("m")).unwrap();
        cpu_used(cluster, "m") == Some(1000)
            && new.node.labels.get(name("kubernetes.io/hostname")) == Some(name("m"))
            && !new.node.unschedulable
            && new.node.taints.len() == 1
            && cluster.pods().len() == 4
    });
    case(
        json!({"kind": "PatchPod", "pod": "a/web", "changes": [
            {"change": "Request", "container": "c", "resource": "cpu", "from": "1", "to": "500m"}]}),
        |cluster| cpu_used(cluster, "n") == Some(1500),
    );
}

#[test]
fn a_cordon_is_what_kubectl_makes_it() {
    let mut cluster = cluster();
    let (cordon, uncordon) = (Edit::Cordon { node: name("n") }, Edit::Uncordon { node: name("n") });
    let undos = Edit::apply_all(&[uncordon, cordon], &mut cluster, GATES).unwrap();
    let node = &cluster.node_named(name("n")).unwrap().node;
    assert!(node.unschedulable && node.taints.iter().any(|taint| taint.key == UNSCHEDULABLE_TAINT));
    Undo::all(undos, &mut cluster);
}

#[track_caller]
fn refused(json: &Value, expected: &str) {
    let mut cluster = cluster();
    let edits = [Edit::Evict { pod: ObjectKey::new(name("a"), name("web")) }, edit(json)];
    let error = Edit::apply_all(&edits, &mut cluster, GATES).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert_eq!(cpu_used(&cluster, "n"), Some(2000), "the edit before it was taken back");
}

#[test]
fn what_cannot_be_done_is_said() {
    refused(&json!({"kind": "Uncordon", "node": "z"}), "nodes \"z\" not found");
    refused(&json!({"kind": "AddNode", "like": "n", "name": "n"}), "nodes \"n\" already exists");
    refused(&json!({"kind": "Evict", "pod": "a/none"}), "pods \"a/none\" not found");
    refused(&json!({"kind": "Evict", "pod": "a/wait"}), "pod \"a/wait\" is on no node");
    refused(
        &json!({"kind": "PatchPod", "pod": "a/wait", "changes": [{"change": "HonorTaints", "topologyKey": "rack"}]}),
        "pod \"a/wait\" has no topologySpreadConstraints over \"rack\" that filter",
    );
    assert!(serde_json::from_value::<Edit>(json!({"kind": "Uncordon", "node": "n", "nodes": 2})).is_err());
}

#[track_caller]
fn patch(changes: Value, expected: Value) {
    let cluster = cluster();
    let changes: Vec<PodChange> = serde_json::from_value(changes).unwrap();
    let pod = cluster.pod_named(ObjectKey::new(name("a"), name("wait"))).unwrap();
    assert_eq!(strategic_merge(&pod.class.template, &changes).unwrap(), json!({ "spec": expected }));
}

#[test]
fn patches() {
    patch(
        json!([{"change": "Request", "container": "c", "resource": "cpu", "from": "2", "to": "1"},
               {"change": "Request", "container": "c", "resource": "x.io/gpu", "from": "2", "to": "1"}]),
        json!({"containers": [{"name": "c", "resources":
            {"requests": {"cpu": "1", "x.io/gpu": "1"}, "limits": {"x.io/gpu": "1"}}}]}),
    );
    // The list is replaced: what was there must be written again.
    patch(
        json!([{"change": "Tolerate", "toleration": {"key": "own", "operator": "Exists"}}]),
        json!({"tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
            {"key": "own", "operator": "Exists"}]}),
    );
    patch(
        json!([{"change": "DropNodeSelector", "key": "disk"},
               {"change": "RaiseMaxSkew", "topologyKey": "zone", "from": 1, "to": 3},
               {"change": "HonorTaints", "topologyKey": "zone"}]),
        json!({"nodeSelector": {"disk": null},
            "topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 3, "nodeTaintsPolicy": "Honor"}]}),
    );
    patch(
        json!([{"change": "PreferPodAntiAffinity", "index": 0, "topologyKey": "zone"}]),
        json!({"affinity": {"podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname"}],
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm":
                {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}}]}}}),
    );
}
