//! Edits are undone without a trace, read back as they were written, and patched as kubectl would.

use serde_json::{Value, json};

use super::*;
use crate::api::{ObjectKey, name};
use crate::decode::object::TypeMeta;
use crate::decode::{Kind, Object};
use crate::state::{Cluster, ClusterBuilder};

const GATES: RequestGates =
    RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..RequestGates::OFF };

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
            "status": {"allocatable": {"cpu": "4", "pods": "10"}, "images": [{"names": ["i:1"], "sizeBytes": 7}]}}),
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": "n"},
            "spec": {"drivers": [{"name": "d", "allocatable": {"count": 3}}]}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "namespace": "a"},
            "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "containers": [{"name": "c", "resources": {"requests": {"cpu": "500m"}}}]}}}}),
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "a"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}}, "status": {"disruptionsAllowed": 1}}),
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

#[allow(clippy::needless_pass_by_value)] // rows read better
/// Applies the edit, asks, undoes it, and sees that nothing is left of it.
#[track_caller]
fn case(json: Value, seen: impl Fn(&Cluster) -> bool) {
    let mut cluster = cluster();
    // Maps and groups are left out: their order is nobody's business.
    let state = |cluster: &Cluster| {
        let placed: Vec<_> = cluster.pods().iter().map(|pod| cluster.node_of(pod.id)).collect();
        let mut images: Vec<_> = cluster.images.iter().collect();
        images.sort_unstable_by_key(|(image, _)| **image);
        let csi = cluster.storage().csi_node(name("n"));
        let others = format!("{:?} {:?} {images:?} {csi:?}", cluster.workloads, cluster.budgets);
        format!("{:?} {:?} {placed:?} {others}", cluster.nodes(), cluster.pods())
    };
    let before = state(&cluster);
    let edit = edit(&json);
    assert_eq!(serde_json::to_value(&edit).unwrap(), json);
    let undo = edit.apply(&mut cluster, GATES).unwrap();
    assert!(seen(&cluster), "{json}");
    undo.undo(&mut cluster);
    assert_eq!(state(&cluster), before);
    assert_eq!((cluster.pod_ids.len(), cluster.node_ids.len()), (3, 1));
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
    case(json!({"kind": "FreeResource", "node": "n", "resource": "cpu", "amount": "300m"}), |cluster| {
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
    case(json!({"kind": "UnlabelNode", "node": "n", "key": "kubernetes.io/hostname"}), |cluster| {
        node(cluster).labels.is_empty()
    });
    // In place of the one with its key and effect.
    case(
        json!({"kind": "AddTaint", "node": "n", "taint": {"key": "own", "value": "y", "effect": "NoSchedule"}}),
        |cluster| node(cluster).taints.len() == 2 && node(cluster).taints.iter().any(|taint| taint.value == "y"),
    );
    case(
        json!({"kind": "CreateNode", "object": {"kind": "Node", "metadata": {"name": "m"},
            "status": {"allocatable": {"cpu": "2"}, "images": [{"names": ["i:1", "j:1"], "sizeBytes": 8}]}}}),
        |cluster| {
            let image = |image| cluster.image(name(image)).map(|state| (state.size, state.nodes));
            image("i:1") == Some((7, 2)) && image("j:1") == Some((8, 1)) && cluster.node_named(name("m")).is_some()
        },
    );
    // Its pods are nowhere, and count for nothing.
    case(json!({"kind": "RemoveNode", "node": "n"}), |cluster| {
        let counted = cluster.groups().all().iter().map(|group| group.pods.len()).sum::<usize>();
        cluster.nodes().is_empty()
            && cluster.pending().count() == 1
            && counted == 0
            && cluster.image(name("i:1")).is_none()
            && cluster.storage().csi_node(name("n")).is_none()
    });
    case(json!({"kind": "DeletePod", "pod": "a/web"}), |cluster| {
        cpu_used(cluster, "n") == Some(1000) && cluster.pending().count() == 1
    });
    case(json!({"kind": "DeletePod", "pod": "a/wait"}), |cluster| cluster.pending().count() == 0);
    case(json!({"kind": "CreatePod", "workload": "deployment/a/x", "name": "x-1"}), |cluster| {
        let pod = cluster.pod_named(ObjectKey::new(name("a"), name("x-1"))).unwrap();
        cluster.pending().count() == 2 && pod.class.requests.requested.milli_cpu == 500 && pod.labels().len() == 1
    });
    case(json!({"kind": "CreatePod", "workload": "deployment/a/x", "name": "x-1", "node": "n"}), |cluster| {
        cpu_used(cluster, "n") == Some(2500)
    });
    case(
        json!({"kind": "PatchWorkload", "workload": "deployment/a/x", "changes": [
            {"change": "Tolerate", "toleration": {"key": "k"}}]}),
        |cluster| cluster.workloads[0].template.spec.tolerations.len() == 1,
    );
    case(json!({"kind": "DeleteWorkload", "workload": "deployment/a/x"}), |cluster| cluster.workloads.is_empty());
    case(json!({"kind": "SetMaxUnavailable", "workload": "deployment/a/x", "maxUnavailable": 1}), |cluster| {
        let rolling = cluster.workloads[0].strategy.rolling_update.unwrap();
        rolling.max_unavailable.map(|most| most.rounded_up(10)) == Some(1)
    });
    case(json!({"kind": "SetStrategy", "workload": "deployment/a/x", "strategy": "Recreate"}), |cluster| {
        let strategy = cluster.workloads[0].strategy;
        strategy.kind == UpdateKind::Recreate && strategy.rolling_update.is_none()
    });
    case(json!({"kind": "SetDisruptionsAllowed", "budget": "a/b", "allowed": 0}), |cluster| {
        cluster.budgets[0].disruptions_allowed == 0
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
    refused(
        &json!({"kind": "CreateNode", "object": {"kind": "Node", "metadata": {"name": "n"}}}),
        "nodes \"n\" already exists",
    );
    refused(&json!({"kind": "CreateNode", "object": {"kind": "Pod"}}), "the object is a Pod and not a Node");
    refused(&json!({"kind": "DeletePod", "pod": "a/none"}), "pods \"a/none\" not found");
    refused(&json!({"kind": "CreatePod", "workload": "sts/a/x", "name": "x"}), "statefulsets.apps \"a/x\" not found");
    refused(&json!({"kind": "CreatePod", "workload": "deploy/a/x", "name": "wait"}), "pods \"a/wait\" already exists");
    refused(
        &json!({"kind": "PatchWorkload", "workload": "deploy/a/x", "changes": [{"change": "PreferNodeAffinity"}]}),
        "the template of deployment/a/x has no required node affinity",
    );
    refused(
        &json!({"kind": "SetDisruptionsAllowed", "budget": "a/c", "allowed": 1}),
        "poddisruptionbudgets.policy \"a/c\" not found",
    );
    refused(&json!({"kind": "Evict", "pod": "a/none"}), "pods \"a/none\" not found");
    refused(&json!({"kind": "Evict", "pod": "a/wait"}), "pod \"a/wait\" is on no node");
    refused(
        &json!({"kind": "PatchPod", "pod": "a/wait", "changes": [{"change": "HonorTaints", "topologyKey": "rack"}]}),
        "pod \"a/wait\" has no topologySpreadConstraints over \"rack\" that filter",
    );
    assert!(serde_json::from_value::<Edit>(json!({"kind": "Uncordon", "node": "n", "nodes": 2})).is_err());
}

#[allow(clippy::needless_pass_by_value)] // rows read better
#[track_caller]
fn patch(changes: Value, expected: Value) {
    let cluster = cluster();
    let changes: Vec<PodChange> = serde_json::from_value(changes).unwrap();
    let pod = cluster.pod_named(ObjectKey::new(name("a"), name("wait"))).unwrap();
    let patch = strategic_merge(&pod.class.template, &changes).unwrap();
    assert_eq!(patch, json!({ "spec": expected }));
    // Merged, the result is the same.
    let (mut merged, mut changed) = (pod.spec().clone(), pod.spec().clone());
    PodChange::Patch { patch }.apply(&mut merged).unwrap();
    for change in &changes {
        change.apply(&mut changed).unwrap();
    }
    assert_eq!(merged, changed);
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

/// A node in the middle goes: those behind it move up, and back again.
#[test]
fn places_move_with_the_nodes() {
    let objects = ["a", "b", "c"].into_iter().flat_map(|node| {
        [
            json!({"kind": "Node", "metadata": {"name": node}, "status": {"allocatable": {"cpu": "4", "pods": "10"}}}),
            json!({"kind": "Pod", "metadata": {"name": node}, "spec": {"nodeName": node}}),
        ]
    });
    let mut builder = ClusterBuilder::default();
    for object in objects {
        let kind = Kind::of("v1", object["kind"].as_str().unwrap()).unwrap();
        builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
    }
    let mut cluster = builder.build(GATES);
    let on = |cluster: &Cluster| {
        let node = |pod| cluster.node_of(cluster.pod_named(ObjectKey::new(name("default"), name(pod))).unwrap().id);
        ["a", "b", "c"].map(|pod| node(pod).map(|node| cluster.node(node).name().to_string()))
    };
    let some = |node: &str| Some(node.to_owned());
    let undo = Edit::RemoveNode { node: name("b") }.apply(&mut cluster, GATES).unwrap();
    assert_eq!(on(&cluster), [some("a"), None, some("c")]);
    assert_eq!(cluster.nodes().iter().map(|node| node.id.0).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(cluster.node_named(name("c")).unwrap().id.0, 1);
    undo.undo(&mut cluster);
    assert_eq!(on(&cluster), [some("a"), some("b"), some("c")]);
    assert_eq!(cluster.node_named(name("c")).unwrap().id.0, 2);
}

/// An evicted pod is as its controller recreates it: its claim's devices are free again.
#[test]
fn an_evicted_pod_gives_its_devices_back() {
    let device = json!({"request": "r", "driver": "d", "pool": "p", "device": "0"});
    let objects = [
        ("v1", json!({"kind": "Node", "metadata": {"name": "n"}, "status": {"allocatable": {"pods": "10"}}})),
        (
            "resource.k8s.io/v1",
            json!({"kind": "ResourceClaim", "metadata": {"name": "c", "namespace": "a",
            "ownerReferences": [{"kind": "Pod", "name": "p", "uid": "u", "controller": true}]},
            "status": {"allocation": {"devices": {"results": [device]}}, "reservedFor": [{"resource": "pods", "name": "p", "uid": "u"}]}}),
        ),
        (
            "v1",
            json!({"kind": "Pod", "metadata": {"name": "p", "namespace": "a", "uid": "u"}, "spec": {"nodeName": "n",
            "resourceClaims": [{"name": "x", "resourceClaimTemplateName": "t"}]},
            "status": {"resourceClaimStatuses": [{"name": "x", "resourceClaimName": "c"}]}}),
        ),
    ];
    let mut builder = ClusterBuilder::default();
    for (api_version, object) in objects {
        let kind = Kind::of(api_version, object["kind"].as_str().unwrap()).unwrap();
        builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
    }
    let mut cluster = builder.build(GATES);
    let claim = ObjectKey::new(name("a"), name("c"));
    let allocation = |cluster: &Cluster| cluster.devices.claim(claim).unwrap().allocation.clone();
    let device = allocation(&cluster).unwrap().devices[0].id;
    let undo = Edit::Evict { pod: ObjectKey::new(name("a"), name("p")) }.apply(&mut cluster, GATES).unwrap();
    assert!(allocation(&cluster).is_none() && cluster.devices.usage(device).is_none());
    undo.undo(&mut cluster);
    assert!(allocation(&cluster).is_some() && cluster.devices.usage(device).is_some());
}

/// A StatefulSet's pod has the claims of its own number: those that are missing are made, and those that
/// are there stay what they are, whichever objects come and go.
#[test]
fn a_numbered_pod_has_the_claims_of_its_number() {
    let claim = |name: &str, volume: &str| {
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "a"}, "spec": {"volumeName": volume, "storageClassName": "fast"}})
    };
    let template = |name: &str| json!({"metadata": {"name": name}, "spec": {"storageClassName": "fast"}});
    let objects = [
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "x", "namespace": "a"},
            "spec": {"replicas": 2, "volumeClaimTemplates": [template("data"), template("log")],
                "template": {"spec": {"containers": [{"name": "c"}]}}}}),
        claim("data-x-5", "disk"),
    ];
    let mut builder = ClusterBuilder::default();
    for object in objects {
        let meta = (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
        let kind = Kind::of(meta.0, meta.1).unwrap();
        builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
    }
    let mut cluster = builder.build(GATES);
    let claims = |cluster: &Cluster| {
        let all = cluster.storage().claims();
        let mut all: Vec<String> = all.map(|claim| format!("{}:{:?}", claim.key.name, claim.volume_name)).collect();
        all.sort();
        all.join(" ")
    };
    let before = claims(&cluster);
    let pod = ObjectKey::new(name("a"), name("x-5"));
    let create = edit(&json!({"kind": "CreatePod", "workload": "sts/a/x", "name": "x-5"}));
    let edits = [create.clone(), Edit::DeletePod { pod }, create];
    let undos = Edit::apply_all(&edits, &mut cluster, GATES).unwrap();
    let used: Vec<_> =
        cluster.pod_named(pod).unwrap().spec().volumes.iter().map(crate::api::volume::Volume::claim_name).collect();
    assert_eq!(used, ["data-x-5", "log-x-5"].map(|claim| Some(name(claim))));
    let after = claims(&cluster);
    assert!(after.starts_with(&before) && after.contains("log-x-5"), "{before} became {after}");
    Undo::all(undos, &mut cluster);
    assert_eq!(claims(&cluster), before);
}

#[allow(clippy::needless_pass_by_value)] // rows read better
#[track_caller]
fn unmerged(spec: Value, expected: &str) {
    let edit = json!({"kind": "PatchPod", "pod": "a/wait", "changes": [{"change": "Patch", "patch": {"spec": spec}}]});
    refused(&edit, &format!("pod \"a/wait\": {expected}"));
}

#[test]
fn patches_that_cannot_be_merged() {
    unmerged(json!({"volumes": []}), "spec.volumes: cannot be patched: it does not affect scheduling");
    unmerged(json!({"containers": [{"image": "i"}]}), "spec.containers[0].name: is required to identify the list item");
    unmerged(json!({"containers": [{"name": "z"}]}), "spec.containers[0].name: there is no container \"z\"");
    unmerged(json!({"nodeSelector": []}), "spec.nodeSelector: must be an object");
    unmerged(json!({"tolerations": {}}), "spec.tolerations: expected a list, found an object");
}
