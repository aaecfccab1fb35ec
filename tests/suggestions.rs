//! Suggestions are proofs: each, applied to the state as it was read, places the pod on the node
//! that it names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::needless_pass_by_value)] // a test may fail loudly, and rows read better

mod common;

use common::{cases, key};
use kubectl_sched::cluster::edit::{Edit, PodChange};
use kubectl_sched::cluster::object::TypeMeta;
use kubectl_sched::cluster::{Cluster, ClusterBuilder, Kind, Name, Object, Timestamp};
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::explain::Suggestion;
use kubectl_sched::explain::suggest::{self, Weakening};
use kubectl_sched::scheduler::Scheduler;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_780_000_000);

/// How many pods that fit nowhere there were, and for how many of them something helps.
fn every_suggestion_is_a_proof(area: &str, step: usize) -> (usize, usize) {
    let (mut rejected, mut helped) = (0, 0);
    for case in cases(area).step_by(step) {
        let scheduler = case.scheduler();
        let gates = scheduler.behaviour().request_gates();
        let mut cluster = case.cluster();
        for pod in &case.pods {
            let id = cluster.pod_named(key(pod)).unwrap().id;
            let placement = scheduler.schedule(&cluster, id, NOW);
            let Some(found) = suggest::find(&scheduler, &mut cluster, &placement, NOW) else { continue };
            suggest::explain_preemption(&scheduler, &mut cluster, &placement, NOW);
            let again = scheduler.schedule(&cluster, id, NOW);
            assert_eq!(format!("{placement:?}"), format!("{again:?}"), "{} {pod}: the state is as it was", case.name);
            rejected += 1;
            helped += usize::from(!found.is_empty());
            for suggestion in found {
                let mut fresh = case.cluster();
                let undos = Edit::apply_all(&suggestion.edits, &mut fresh, gates).unwrap();
                let after = scheduler.schedule(&fresh, id, NOW);
                let at = format!("{} {pod} {:?}", case.name, suggestion.edits);
                assert!(after.schedulable, "{at}");
                assert!(after.picks.contains(&suggestion.node), "{at}");
                let feasible: Vec<Name> = after.feasible().map(|node| node.name).collect();
                assert_eq!(feasible, suggestion.opens, "{at}");
                drop(undos);
            }
        }
    }
    (rejected, helped)
}

#[test]
fn mixed() {
    let (rejected, helped) = every_suggestion_is_a_proof("mixed", 2);
    assert!(rejected > 50 && helped * 10 > rejected * 7, "{helped} of {rejected}");
}

#[test]
fn taints() {
    let (rejected, helped) = every_suggestion_is_a_proof("taints", 2);
    assert!(rejected > 10 && helped == rejected, "{helped} of {rejected}");
}

#[test]
fn resources() {
    let (rejected, helped) = every_suggestion_is_a_proof("resources-fit", 2);
    assert!(rejected > 10 && helped * 10 > rejected * 5, "{helped} of {rejected}");
}

#[test]
fn topology_spread() {
    let (rejected, helped) = every_suggestion_is_a_proof("topology-spread", 2);
    assert!(rejected > 10 && helped * 10 > rejected * 8, "{helped} of {rejected}");
}

#[test]
fn preemption() {
    let (rejected, helped) = every_suggestion_is_a_proof("preemption", 4);
    assert!(rejected > 10 && helped * 10 > rejected * 8, "{helped} of {rejected}");
}

fn build(objects: &[Value]) -> (Scheduler, Cluster) {
    let behaviour = Behaviour::new(KubeVersion::REFERENCE);
    let mut builder = ClusterBuilder::default();
    for object in objects {
        let json = object.to_string();
        let meta = TypeMeta::peek(json.as_bytes());
        let kind = Kind::of(&meta.api_version.unwrap_or_default(), &meta.kind.unwrap_or_default()).unwrap();
        builder.add(Object::decode(kind, json.as_bytes()).unwrap().0);
    }
    let cluster = builder.build(behaviour.request_gates());
    (Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour), cluster)
}

/// The suggestions for the pod `a/p`.
fn suggestions(objects: &[Value]) -> Vec<Suggestion> {
    let (scheduler, mut cluster) = build(objects);
    let id = cluster.pod_named(key("a/p")).unwrap().id;
    let placement = scheduler.schedule(&cluster, id, NOW);
    suggest::find(&scheduler, &mut cluster, &placement, NOW).unwrap()
}

fn node(name: &str, labels: Value, spec: Value, cpu: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": spec,
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}})
}

fn pod(name: &str, on: Option<&str>, spec: Value) -> Value {
    let mut spec = spec;
    spec["nodeName"] = json!(on);
    if spec.get("containers").is_none() {
        spec["containers"] = json!([{"name": "c"}]);
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "a", "labels": {"app": "x"}}, "spec": spec})
}

fn asking(cpu: &str) -> Value {
    json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]})
}

/// The steps of each suggestion, as JSON.
#[track_caller]
fn case(objects: &[Value], expected: &[Value]) {
    let found: Vec<Value> =
        suggestions(objects).iter().map(|suggestion| serde_json::to_value(&suggestion.edits).unwrap()).collect();
    assert_eq!(json!(found), json!(expected));
}

fn change(change: Value) -> Value {
    json!([{"kind": "PatchPod", "pod": "a/p", "changes": [change]}])
}

#[test]
fn too_little_cpu() {
    // 1999m of 3 are taken: 1001m fit, not a millicore more.
    case(
        &[node("n", json!({}), json!({}), "3"), pod("o", Some("n"), asking("1999m")), pod("p", None, asking("1500m"))],
        &[
            change(json!({"change": "Request", "container": "c", "resource": "cpu", "from": "1500m", "to": "1001m"})),
            json!([{"kind": "Free", "node": "n", "resource": "cpu", "amount": "499m"}]),
            json!([{"kind": "AddNode", "like": "n", "name": "n-copy"}]),
            json!([{"kind": "Evict", "pod": "a/o"}]),
        ],
    );
    // The container that asks for most is changed; what is asked for is far beyond any node.
    let containers = json!({"containers": [{"name": "s", "resources": {"requests": {"cpu": "500m"}}},
        {"name": "l", "resources": {"requests": {"cpu": "3"}}}]});
    case(
        &[node("n", json!({}), json!({}), "3"), pod("p", None, containers)],
        &[change(json!({"change": "Request", "container": "l", "resource": "cpu", "from": "3", "to": "2500m"}))],
    );
    case(&[node("n", json!({}), json!({}), "1"), pod("p", None, asking("64"))], &[]);
}

#[test]
fn taints_and_cordons() {
    let taint = |key: &str, effect: &str| json!({"taints": [{"key": key, "value": "v", "effect": effect}]});
    let toleration = json!({"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"});
    case(
        &[node("n", json!({}), taint("k", "NoSchedule"), "1"), pod("p", None, json!({}))],
        &[change(json!({"change": "Tolerate", "toleration": toleration}))],
    );
    let found = suggestions(&[
        node("n", json!({}), taint("node.kubernetes.io/not-ready", "NoExecute"), "1"),
        pod("p", None, json!({})),
    ]);
    assert!(matches!(found[0].weakens.as_slice(), [Weakening::NodeCondition(_)]), "{found:?}");
    // The cordon and its taint are two reasons and one change.
    let cordoned = json!({"unschedulable": true,
        "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]});
    case(
        &[node("n", json!({}), cordoned, "1"), pod("p", None, json!({}))],
        &[json!([{"kind": "Uncordon", "node": "n"}])],
    );
}

#[test]
fn spread_constraints() {
    let spread = json!({"topologySpreadConstraints": [{"topologyKey": "z", "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "x"}}}]});
    let tainted = json!({"taints": [{"key": "k", "effect": "NoSchedule"}]});
    let objects = [
        node("a", json!({"z": "1"}), json!({}), "1"),
        node("b", json!({"z": "2"}), tainted, "1"),
        pod("o", Some("a"), json!({})),
        pod("p", None, spread),
    ];
    // Without the tainted node there is one domain, and no skew.
    let found = suggestions(&objects);
    let first = serde_json::to_value(&found[0].edits).unwrap();
    assert_eq!(first, change(json!({"change": "HonorTaints", "topologyKey": "z"})));
    assert!(found[0].weakens.is_empty());
    assert!(found.iter().any(|suggestion| {
        let raised = matches!(suggestion.edits.as_slice(), [Edit::PatchPod { changes, .. }]
            if matches!(changes.as_slice(), [PodChange::RaiseMaxSkew { from: 1, to: 2, .. }]));
        raised && matches!(suggestion.weakens.as_slice(), [Weakening::Spread(_)])
    }));
}

#[test]
fn anti_affinity() {
    let apart = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "z", "labelSelector": {"matchLabels": {"app": "x"}}}]}}});
    let found = suggestions(&[
        node("a", json!({"z": "1"}), json!({}), "1"),
        pod("o", Some("a"), json!({})),
        pod("p", None, apart),
    ]);
    let weakened =
        found.iter().find(|suggestion| !suggestion.edits.iter().any(|edit| matches!(edit, Edit::Evict { .. })));
    assert!(matches!(weakened.unwrap().weakens.as_slice(), [Weakening::AntiAffinity(_)]), "{found:?}");
    // There is no other node: the pod that would have to go has no place, and that is said.
    let evicted = found.iter().find(|suggestion| matches!(suggestion.edits.as_slice(), [Edit::Evict { .. }])).unwrap();
    assert!(matches!(evicted.weakens.as_slice(), [Weakening::NoPlaceFor(_)]), "{evicted:?}");
}

#[test]
fn labels() {
    let wanting = |key: &str| json!({"nodeSelector": {key: "ssd"}});
    case(
        &[node("n", json!({}), json!({}), "1"), pod("p", None, wanting("disk"))],
        &[
            change(json!({"change": "DropNodeSelector", "key": "disk"})),
            json!([{"kind": "LabelNode", "node": "n", "key": "disk", "value": "ssd"}]),
        ],
    );
    // What a node is cannot be wished for.
    case(
        &[node("n", json!({}), json!({}), "1"), pod("p", None, wanting("kubernetes.io/arch"))],
        &[change(json!({"change": "DropNodeSelector", "key": "kubernetes.io/arch"}))],
    );
}

#[test]
fn several_changes_where_one_does_not_help() {
    let spec = json!({"taints": [{"key": "k", "effect": "NoSchedule"}, {"key": "l", "effect": "NoSchedule"}]});
    let found = suggestions(&[node("n", json!({}), spec, "1"), pod("p", None, asking("2"))]);
    let Edit::PatchPod { changes, .. } = &found[0].edits[0] else { panic!("{found:?}") };
    // The second taint is no reason until the first is tolerated.
    assert_eq!((found[0].edits.len(), changes.len()), (1, 3), "{found:?}");
    let patch = found[0].patch.as_ref().unwrap();
    assert_eq!(patch["spec"]["containers"][0]["resources"]["requests"]["cpu"], "1");
    assert_eq!(patch["spec"]["tolerations"].as_array().unwrap().len(), 2);
}

#[test]
fn nothing_helps_a_volume_in_another_zone() {
    let objects = [
        node("n", json!({"topology.kubernetes.io/zone": "1"}), json!({}), "1"),
        json!({"apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": "v", "labels": {"topology.kubernetes.io/zone": "2"}},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "claimRef": {"namespace": "a", "name": "c"}}}),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": "a",
            "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"volumeName": "v", "accessModes": ["ReadWriteOnce"]}, "status": {"phase": "Bound"}}),
        pod("p", None, json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]})),
    ];
    case(&objects, &[]);
}

#[test]
fn gates() {
    case(
        &[node("n", json!({}), json!({}), "1"), pod("p", None, json!({"schedulingGates": [{"name": "g"}]}))],
        &[change(json!({"change": "RemoveSchedulingGates"}))],
    );
}
