//! Steps do what kubectl, the API server and the controllers would do.

use serde_json::{Value, json};

use super::read::scenario;
use super::rollout::RolloutEnd;
use super::*;
use crate::api::{ObjectKey, Timestamp};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::decode::object::TypeMeta;
use crate::decode::{Kind, Object};
use crate::scheduler::Scheduler;
use crate::simulate::{Simulation, Ties};
use crate::state::ClusterBuilder;

const NOW: Timestamp = Timestamp(1_780_000_000);

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

fn node(name: &str, zone: &str, cpu: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {ZONE: zone, "kubernetes.io/hostname": name}},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}})
}

fn pod(name: &str, on: Option<&str>, owner: Option<&str>, spec: &Value) -> Value {
    let owners = owner.map(|kind| json!([{"kind": kind, "name": "x", "controller": true}]));
    let mut spec = spec.clone();
    spec["nodeName"] = json!(on);
    spec["containers"] = json!([{"name": "c", "resources": {"requests": {"cpu": "1"}}}]);
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "a", "labels": {"app": "x"}, "ownerReferences": owners},
        "spec": spec, "status": {"phase": "Running"}})
}

fn budget(name: &str, allowed: i32) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name, "namespace": "a"},
        "spec": {"selector": {"matchLabels": {"app": "x"}}}, "status": {"disruptionsAllowed": allowed}})
}

fn steps(steps: &Value) -> Result<Scenario, ScenarioError> {
    let document = json!({"apiVersion": "kubectl-sched/v1", "kind": "Scenario", "steps": steps});
    scenario(&document, &|file| Err(format!("{file} is not there").into()))
}

fn all_of(cluster: &Cluster) -> String {
    let (nodes, pods, budgets) = (cluster.nodes(), cluster.pods(), &cluster.budgets);
    format!("{nodes:?} {pods:?} {budgets:?} {:?} {:?} {:?}", cluster.workloads, cluster.quotas, cluster.storage())
}

/// Plays the steps over the objects; where pods ended, and what each step did.
fn play(objects: &[Value], of: &Value) -> Result<(Vec<String>, ScenarioRun), ScenarioError> {
    let (scheduler, mut cluster) = build(objects);
    let before = all_of(&cluster);
    let scenario = steps(of)?;
    let asked: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
    let mut simulation = Simulation::new(&scheduler, &mut cluster, NOW, Ties::First);
    let run = run(&mut simulation, &scenario, &asked);
    let at_end = simulation.cluster();
    let mut places: Vec<String> = at_end
        .pods()
        .iter()
        .filter(|pod| at_end.has_pod(pod.id))
        .map(|pod| format!("{}:{}", pod.key().name, pod.own.node_name.map_or("-", |node| node.as_str())))
        .collect();
    places.sort();
    simulation.rewind();
    assert_eq!(all_of(&cluster), before, "rewound");
    Ok((places, run?))
}

#[allow(clippy::needless_pass_by_value)] // rows read better
#[track_caller]
fn ends(objects: &[Value], of: Value, expected: &[&str]) -> ScenarioRun {
    let (places, run) = play(objects, &of).unwrap();
    assert_eq!(places, expected, "{run:?}");
    run
}

fn names(pods: &[ObjectKey]) -> Vec<&str> {
    pods.iter().map(|pod| pod.name.as_str()).collect()
}

#[test]
fn a_drain_treats_pods_as_kubectl_does() {
    let none = json!({});
    let objects = [
        node("m", "1", "4"),
        node("n", "1", "8"),
        pod("agent", Some("n"), Some("DaemonSet"), &none),
        pod("static", Some("n"), Some("Node"), &none),
        pod("web", Some("n"), Some("ReplicaSet"), &json!({"volumes": [{"name": "v", "emptyDir": {}}]})),
    ];
    let drain = json!([{"kind": "Drain", "node": "n"}]);
    let run = ends(&objects, drain.clone(), &["agent:n", "static:n", "web:m"]);
    let report = &run.reports[0];
    assert_eq!((names(&report.kept), names(&report.evicted)), (vec!["agent", "static"], vec!["web"]));
    assert_eq!(names(&report.local_data), ["web"]);

    // One pod without a controller, and kubectl evicts nobody.
    let mut objects = objects.to_vec();
    objects.push(pod("bare", Some("n"), None, &none));
    let run = ends(&objects, drain, &["agent:n", "bare:n", "static:n", "web:n"]);
    assert_eq!(
        run.reports[0].refused[0].message,
        "cannot delete Pods that declare no controller (use --force to override): a/bare"
    );
    let force = json!([{"kind": "Drain", "node": "n", "force": true}]);
    let run = ends(&objects, force, &["agent:n", "static:n", "web:m"]);
    assert_eq!(names(&run.reports[0].lost), ["bare"]);

    // A DaemonSet that is gone keeps no pod, if the input speaks of DaemonSets at all.
    objects.truncate(4);
    objects.push(json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "y", "namespace": "a"}}));
    let run = ends(&objects, json!([{"kind": "Drain", "node": "n"}]), &["agent:n", "static:n"]);
    assert_eq!(run.reports[0].refused[0].message, "cannot delete daemonsets.apps \"x\" not found: a/agent");
}

#[test]
fn budgets_are_respected_and_come_back() {
    let none = json!({});
    let web = |name, on| pod(name, Some(on), Some("ReplicaSet"), &none);
    let objects = |room: &str, allowed| {
        vec![
            node("m", "1", room),
            node("n", "1", "8"),
            web("w1", "n"),
            web("w2", "n"),
            web("w3", "n"),
            budget("b", allowed),
        ]
    };
    let drain = json!([{"kind": "Drain", "node": "n"}]);
    // One at a time: each that has found a place lets the next one go.
    let run = ends(&objects("4", 1), drain.clone(), &["w1:m", "w2:m", "w3:m"]);
    assert_eq!((run.reports[0].retries, run.violated_budgets.len()), (2, 0));
    // The second finds no place: the third stays.
    let run = ends(&objects("1", 1), drain.clone(), &["w1:m", "w2:-", "w3:n"]);
    let refusal = &run.reports[0].refused[0];
    assert_eq!(refusal.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    assert_eq!((names(&refusal.budgets), run.steps.len()), (vec!["b"], 2));
    // Placed later, nobody lets the second one go.
    let later = json!([{"kind": "Drain", "node": "n", "place": "later"}]);
    ends(&objects("4", 1), later, &["w1:m", "w2:n", "w3:n"]);
    // Two budgets: the API knows no answer.
    let mut two = objects("4", 1);
    two.push(budget("c", 1));
    let run = ends(&two, drain, &["w1:n", "w2:n", "w3:n"]);
    assert!(run.reports[0].refused[0].message.starts_with("This pod has more than one PodDisruptionBudget"));
    // A node that is lost asks nobody: one more is missing than allowed.
    let run = ends(&objects("4", 2), json!([{"kind": "RemoveNode", "node": "n"}]), &["w1:m", "w2:m", "w3:m"]);
    assert_eq!(names(&run.violated_budgets), ["b"]);
}

#[test]
fn a_lost_zone_sends_its_pods_back_to_the_queue() {
    let none = json!({});
    let objects = [
        node("a", "1", "4"),
        node("b", "1", "4"),
        node("c", "2", "2"),
        pod("agent", Some("a"), Some("DaemonSet"), &none),
        pod("bare", Some("a"), None, &none),
        pod("web", Some("b"), Some("ReplicaSet"), &none),
        pod("stay", Some("c"), Some("ReplicaSet"), &none),
    ];
    let run = ends(&objects, json!([{"kind": "RemoveNode", "zone": "1"}]), &["stay:c", "web:c"]);
    let report = &run.reports[0];
    assert_eq!((names(&report.deleted), names(&report.lost)), (vec!["agent"], vec!["bare"]));
    // What is placed on a node that is lost in turn is placed once more, and listed once.
    let twice = json!([{"kind": "RemoveNode", "node": "b"}, {"kind": "RemoveNode", "node": "a"}]);
    let run = ends(&objects, twice, &["stay:c", "web:c"]);
    assert_eq!(run.steps.len(), 1);
}

#[test]
fn nodes_join_with_their_daemon_pods() {
    let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "a"},
        "spec": {"template": {"spec": {"nodeSelector": {"pool": "x"}, "containers": [{"name": "c"}]}}}});
    let object = json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "new", "labels": {"pool": "x", "kubernetes.io/hostname": "new"}},
        "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "10"}}});
    let waiting = pod("web", None, Some("ReplicaSet"), &json!({}));
    let add = json!([{"kind": "AddNode", "count": 2, "object": object}]);
    let run = ends(&[waiting.clone(), daemon_set], add, &["agent-new-1:new-1", "agent-new-2:new-2", "web:new-1"]);
    assert_eq!(run.reports[0].nodes, ["new-1", "new-2"].map(name));
    // Like another; the name that a suggestion gives is kept.
    let add = json!([{"kind": "AddNode", "like": "n", "name": "n-copy"}]);
    ends(&[node("n", "1", "500m"), waiting.clone()], add, &["web:-"]);
    ends(&[waiting], json!([{"kind": "CreateNode", "object": object}]), &["web:new"]);
}

#[test]
fn workloads_are_scaled_patched_and_deleted() {
    let workload = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "x", "namespace": "a"},
        "spec": {"template": {"metadata": {"labels": {"app": "x"}},
            "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}}}});
    let none = json!({});
    let objects = [
        node("m", "1", "3"),
        node("n", "2", "1"),
        workload,
        pod("x-1", Some("m"), Some("ReplicaSet"), &none),
        pod("x-2", Some("m"), Some("ReplicaSet"), &none),
        pod("x-3", Some("n"), Some("ReplicaSet"), &none),
    ];
    let scale = |replicas| json!([{"kind": "Scale", "workload": "rs/a/x", "replicas": replicas}]);
    ends(&objects, scale(5), &["x-1:m", "x-2:m", "x-3:n", "x-new-2:-", "x-new:m"]);
    // First go those that are together on a node.
    ends(&objects, scale(1), &["x-3:n"]);
    ends(&objects, scale(3), &["x-1:m", "x-2:m", "x-3:n"]);
    let patch = json!([{"kind": "PatchWorkload", "workload": "rs/a/x", "changes": [
        {"change": "Request", "container": "c", "resource": "cpu", "to": "1500m"}]}]);
    // Nobody replaces the pods of a ReplicaSet.
    let run = ends(&objects, patch.clone(), &["x-1:m", "x-2:m", "x-3:n"]);
    assert_eq!(run.reports[0].rollout.as_ref().map(|rollout| &rollout.end), Some(&RolloutEnd::NeverReplaces));
    // That of a Deployment which the state does not have: all at once, and it is said.
    let mut of_deployment = objects.clone();
    of_deployment[2]["metadata"]["ownerReferences"] = json!([{"kind": "Deployment", "name": "x", "controller": true}]);
    ends(&of_deployment, patch, &["x-1:m", "x-2:m", "x-3:-"]);
    let patch =
        json!([{"kind": "PatchWorkload", "workload": "rs/a/x", "patch": {"spec": {"nodeSelector": {ZONE: "2"}}}}]);
    ends(&of_deployment, patch, &["x-1:n", "x-2:-", "x-3:-"]);
    ends(&objects, json!([{"kind": "DeleteWorkload", "workload": "rs/a/x"}]), &[]);
    // A controller recreates its pod; a pod's own change means another pod.
    ends(
        &objects,
        json!([{"kind": "Cordon", "node": "n"}, {"kind": "DeletePod", "pod": "a/x-3"}]),
        &["x-1:m", "x-2:m", "x-3:m"],
    );
    ends(
        &objects,
        json!([{"kind": "PatchPod", "pod": "a/x-3", "changes": [
            {"change": "Request", "container": "c", "resource": "cpu", "to": "1100m"}]}]),
        &["x-1:m", "x-2:m", "x-3:-"],
    );
}

#[test]
fn of_pods_that_differ_in_age() {
    // What is said of two or three pods of a ReplicaSet, given by age and uid, of which one is deleted.
    let of = |pods: &[(i64, &str)]| {
        let pods: Vec<Value> = pods
            .iter()
            .map(|(age, uid)| {
                let mut pod = pod(uid, Some("m"), Some("ReplicaSet"), &json!({}));
                pod["metadata"]["uid"] = json!(uid);
                pod["metadata"]["creationTimestamp"] = json!(Timestamp(NOW.0 - age).to_string());
                pod
            })
            .collect();
        let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "x", "namespace": "a"}});
        let objects = [vec![node("m", "1", "3"), set], pods.clone()].concat();
        let step = json!([{"kind": "Scale", "workload": "rs/a/x", "replicas": pods.len() - 1}]);
        let report = play(&objects, &step).unwrap().1.reports.remove(0);
        (names(&report.deleted).join(" "), report.draw.map(|draw| (draw.pods, draw.by_moment)))
    };
    let said = |name: &str, draw| (name.to_owned(), draw);
    // Of the same power of two (8,796 to 17,592 seconds) for the next hour: the uid decides, not the age.
    assert_eq!(of(&[(10_000, "a"), (10_001, "b")]), said("a", None));
    assert_eq!(of(&[(10_000, "b"), (10_001, "a")]), said("a", None));
    // One goes over to the next power of two before the other: then the younger is deleted.
    assert_eq!(of(&[(16_000, "b"), (16_001, "a")]), said("a", Some((2, true))));
    assert_eq!(of(&[(16_000, "a"), (16_001, "b")]), said("a", None));
    assert_eq!(of(&[(16_000, "b"), (16_001, "a"), (40_000, "0")]), said("a", Some((2, true))));
    // Far apart.
    assert_eq!(of(&[(100, "b"), (20_000, "a")]), said("b", None));
    // In nothing.
    assert_eq!(of(&[(10_000, "a"), (10_000, "b"), (10_000, "c")]), said("a", Some((3, false))));
}

fn workload(kind: &str, spec: &Value) -> Value {
    let mut object = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "x", "namespace": "a"},
        "spec": {"selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}},
            "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}}}});
    for (field, value) in spec.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    object
}

/// A Deployment with its ReplicaSet and pods, two on `m` and one on `n`.
fn deployment(spec: &Value) -> Vec<Value> {
    let mut deployment = workload("Deployment", spec);
    deployment["spec"]["replicas"] = json!(3);
    let mut set = workload("ReplicaSet", &json!({"replicas": 3}));
    set["metadata"]["ownerReferences"] = json!([{"kind": "Deployment", "name": "x", "controller": true}]);
    let pod = |name, on| pod(name, Some(on), Some("ReplicaSet"), &json!({}));
    vec![deployment, set, pod("x-1", "m"), pod("x-2", "m"), pod("x-3", "n")]
}

#[allow(clippy::needless_pass_by_value)] // rows read better
#[track_caller]
fn rolls(objects: &[Value], change: Value, expected: &[&str], so_far: (usize, usize), end: &str) -> ScenarioRun {
    let run = ends(objects, json!([change]), expected);
    let rollout = run.reports[0].rollout.as_ref().unwrap();
    assert_eq!((rollout.rolled, rollout.old, rollout.end.as_str()), (so_far.0, so_far.1, end), "{rollout:?}");
    run
}

#[test]
fn a_deployment_rolls_within_its_bounds() {
    let with = |nodes: &[Value], spec: Value| [nodes, &deployment(&spec)].concat();
    let room = [node("m", "1", "3"), node("n", "2", "3")];
    let full = [node("m", "1", "2"), node("n", "2", "1")];
    let restart = || json!({"kind": "Restart", "workload": "deploy/a/x"});
    let default = || json!({});
    // One more at a time: the first new one takes the freer node, and what is together on a node goes first.
    let run = rolls(&with(&room, default()), restart(), &["x-new-2:m", "x-new-3:m", "x-new:n"], (3, 0), "Complete");
    assert_eq!(names(&run.reports[0].deleted), ["x-1", "x-2", "x-3"]);
    // None may be missing, and there is no room for one more.
    let run =
        rolls(&with(&full, default()), restart(), &["x-1:m", "x-2:m", "x-3:n", "x-new:-"], (0, 3), "Unschedulable");
    let end = &run.reports[0].rollout.as_ref().unwrap().end;
    assert!(end.is_stuck() && format!("{end:?}").contains("0/2 nodes are available: 2 Insufficient cpu."), "{end:?}");
    // One may be missing instead.
    let rolling =
        |surge, unavailable| json!({"strategy": {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}});
    let all_new = ["x-new-2:m", "x-new-3:n", "x-new:m"];
    rolls(&with(&full, rolling(json!(0), json!("40%"))), restart(), &all_new, (3, 0), "Complete");
    rolls(&with(&full, rolling(json!(0), json!(0))), restart(), &all_new, (3, 0), "Complete");
    let recreate = || json!({"strategy": {"type": "Recreate"}});
    rolls(&with(&full, recreate()), restart(), &["x-new-2:n", "x-new-3:m", "x-new:m"], (3, 0), "Complete");
    // Half of them are too large by now.
    let patch = || {
        json!({"kind": "PatchWorkload", "workload": "deploy/a/x",
        "changes": [{"change": "Request", "container": "c", "resource": "cpu", "to": "1500m"}]})
    };
    rolls(&with(&full, recreate()), patch(), &["x-new-2:-", "x-new-3:-", "x-new:m"], (1, 0), "Unschedulable");
    rolls(&with(&full, rolling(json!(0), json!(1))), patch(), &["x-2:m", "x-3:n", "x-new:-"], (0, 2), "Unschedulable");
    // Required anti-affinity to its own kind, as many pods as nodes.
    let apart = json!({"kind": "PatchWorkload", "workload": "deploy/a/x", "patch": {"spec": {"affinity": {"podAntiAffinity":
        {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname",
            "labelSelector": {"matchLabels": {"app": "x"}}}]}}}}});
    rolls(&with(&room, default()), apart, &["x-1:m", "x-2:m", "x-3:n", "x-new:-"], (0, 3), "Unschedulable");
    // Paused, nothing moves; a restart is refused.
    let paused = with(&room, json!({"paused": true}));
    rolls(&paused, patch(), &["x-1:m", "x-2:m", "x-3:n"], (0, 3), "Paused");
    assert!(play(&paused, &json!([restart()])).unwrap_err().to_string().contains("paused deployment"));
}

/// The new ReplicaSet is another one: its pods have another hash, and a second rollout replaces them.
#[test]
fn every_revision_has_its_replica_set() {
    let room = [node("m", "1", "9"), node("n", "2", "9")];
    let objects = [&room[..], &deployment(&json!({}))].concat();
    let restart = json!({"kind": "Restart", "workload": "deploy/a/x"});
    let run = ends(&objects, json!([restart, restart]), &["x-new-2:n", "x-new-4:n", "x-new:m"]);
    assert_eq!(names(&run.reports[1].deleted), ["x-new", "x-new-2", "x-new-3"]);
    // Back from a template that fits nowhere: the pods of the first one stay.
    let cpu = |cpu: &str| {
        json!({"kind": "PatchWorkload", "workload": "deploy/a/x",
        "changes": [{"change": "Request", "container": "c", "resource": "cpu", "to": cpu}]})
    };
    let run = ends(&objects, json!([cpu("99"), cpu("1")]), &["x-1:m", "x-2:m", "x-3:n"]);
    assert_eq!(names(&run.reports[1].deleted), ["x-new"]);
    // Larger amid the rollout: first all of its ReplicaSets in proportion, 6 and 2, then it goes on within its bounds.
    let scale = json!({"kind": "Scale", "workload": "deploy/a/x", "replicas": 6});
    let run = ends(
        &objects,
        json!([cpu("99"), scale]),
        &["x-2:m", "x-3:n", "x-new-2:n", "x-new-3:m", "x-new-4:n", "x-new-5:-", "x-new-new:-", "x-new:-"],
    );
    let rollout = run.reports[1].rollout.as_ref().unwrap();
    assert_eq!((rollout.rolled, rollout.old, rollout.end.as_str()), (0, 5, "Unschedulable"));
}

#[test]
fn a_stateful_set_rolls_from_the_highest_number_down() {
    let claim = json!([{"metadata": {"name": "data"}, "spec": {"storageClassName": "late"}}]);
    let class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "late"},
        "provisioner": "p", "volumeBindingMode": "WaitForFirstConsumer"});
    let set = |spec: Value| {
        let mut set = workload("StatefulSet", &spec);
        set["spec"]["replicas"] = json!(3);
        set["spec"]["volumeClaimTemplates"] = claim.clone();
        let pod = |name, on| pod(name, on, Some("StatefulSet"), &json!({}));
        vec![
            node("m", "1", "2"),
            node("n", "2", "1"),
            set,
            pod("x-0", Some("m")),
            pod("x-1", Some("m")),
            pod("x-2", Some("n")),
            class.clone(),
        ]
    };
    let patch = |cpu: &str| {
        json!({"kind": "PatchWorkload", "workload": "sts/a/x",
        "changes": [{"change": "Request", "container": "c", "resource": "cpu", "to": cpu}]})
    };
    let run = rolls(&set(json!({})), patch("500m"), &["x-0:m", "x-1:m", "x-2:n"], (3, 0), "Complete");
    assert_eq!(names(&run.reports[0].deleted), ["x-2", "x-1", "x-0"]);
    rolls(&set(json!({})), patch("1500m"), &["x-0:m", "x-1:m", "x-2:-"], (0, 2), "Unschedulable");
    let partition = json!({"updateStrategy": {"rollingUpdate": {"partition": 2}}});
    let run = rolls(&set(partition), patch("500m"), &["x-0:m", "x-1:m", "x-2:n"], (1, 2), "Partition");
    assert_eq!(names(&run.reports[0].created), ["x-2"]);
    rolls(
        &set(json!({"updateStrategy": {"type": "OnDelete"}})),
        patch("900m"),
        &["x-0:m", "x-1:m", "x-2:n"],
        (0, 3),
        "OnDelete",
    );
    // A pod that does not run is waited for, even the one that the patch would help.
    let waits = |spec: Value| {
        let mut objects = set(spec);
        objects[5] = pod("x-2", None, Some("StatefulSet"), &json!({"nodeSelector": {"no": "where"}}));
        objects
    };
    rolls(&waits(json!({})), patch("900m"), &["x-0:m", "x-1:m", "x-2:-"], (0, 3), "WaitsForDeletion");
    rolls(
        &waits(json!({"podManagementPolicy": "Parallel"})),
        patch("900m"),
        &["x-0:m", "x-1:m", "x-2:n"],
        (3, 0),
        "Complete",
    );
    // So is one that runs and is not ready.
    let mut unready = set(json!({}));
    unready[3]["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]});
    rolls(&unready, patch("900m"), &["x-0:m", "x-1:m", "x-2:n"], (0, 3), "WaitsForReadiness");
    // The template that they have already.
    rolls(&set(json!({})), patch("1"), &["x-0:m", "x-1:m", "x-2:n"], (3, 0), "Complete");
}

#[test]
fn a_daemon_set_rolls_node_by_node() {
    let set = |spec: Value| {
        vec![
            workload("DaemonSet", &spec),
            node("m", "1", "1"),
            node("n", "1", "4"),
            pod("x-1", Some("m"), Some("DaemonSet"), &json!({})),
            pod("x-2", Some("n"), Some("DaemonSet"), &json!({})),
        ]
    };
    let patch = |cpu: &str| {
        json!({"kind": "PatchWorkload", "workload": "ds/a/x",
        "changes": [{"change": "Request", "container": "c", "resource": "cpu", "to": cpu}]})
    };
    rolls(&set(json!({})), patch("500m"), &["x-m:m", "x-n:n"], (2, 0), "Complete");
    rolls(&set(json!({})), patch("2"), &["x-2:n", "x-m:-"], (0, 1), "Unschedulable");
    // With a surge the old pod stays, and there is no room for both.
    let surge = json!({"updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}});
    rolls(&set(surge), patch("900m"), &["x-1:m", "x-2:n", "x-m:-"], (0, 2), "Unschedulable");
    // A node that the new template does not want loses its pod, one that it wants gets one.
    let elsewhere =
        json!({"kind": "PatchWorkload", "workload": "ds/a/x", "patch": {"spec": {"nodeSelector": {ZONE: "2"}}}});
    let mut objects = set(json!({}));
    objects.push(node("o", "2", "1"));
    rolls(&objects, elsewhere, &["x-o:o"], (1, 0), "Complete");
}

#[test]
fn new_pods_ask_quotas_and_limits() {
    let quota = |hard: Value| {
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "a"},
        "spec": {"hard": hard}})
    };
    let with =
        |hard: Value| [&[node("m", "1", "9"), node("n", "2", "9"), quota(hard)][..], &deployment(&json!({}))].concat();
    let scale = |replicas| json!({"kind": "Scale", "workload": "deploy/a/x", "replicas": replicas});
    let run = ends(&with(json!({"pods": "4"})), json!([scale(5)]), &["x-1:m", "x-2:m", "x-3:n", "x-new:n"]);
    let refused = &run.reports[0].not_created;
    assert_eq!(refused.len(), 1);
    assert_eq!(
        refused[0].to_string(),
        "pods \"x-new-2\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=4, limited: pods=4"
    );
    // What is deleted is given back.
    let run = ends(&with(json!({"pods": "3"})), json!([scale(1), scale(3)]), &["x-3:n", "x-new-2:m", "x-new:m"]);
    assert!(run.reports.iter().all(|report| report.not_created.is_empty()));
    // A surge that the quota has no room for.
    let restart = json!({"kind": "Restart", "workload": "deploy/a/x"});
    rolls(&with(json!({"requests.cpu": "3"})), restart, &["x-1:m", "x-2:m", "x-3:n"], (0, 3), "Refused");
    // A LimitRange ends no scenario, either.
    let mut limits = with(json!({"pods": "9"}));
    limits.push(json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l", "namespace": "a"},
        "spec": {"limits": [{"type": "Container", "max": {"cpu": "500m"}}]}}));
    let run = ends(&limits, json!([scale(4)]), &["x-1:m", "x-2:m", "x-3:n"]);
    assert_eq!(run.reports[0].not_created.len(), 1);
}

#[test]
fn taints_that_evict() {
    let tolerate =
        |seconds: Value| json!({"tolerations": [{"key": "k", "operator": "Exists", "tolerationSeconds": seconds}]});
    let objects = [
        node("m", "1", "8"),
        node("n", "1", "8"),
        pod("leaves", Some("n"), Some("ReplicaSet"), &json!({})),
        pod("stays", Some("n"), Some("ReplicaSet"), &tolerate(Value::Null)),
        pod("waits", Some("n"), Some("ReplicaSet"), &tolerate(json!(60))),
    ];
    let taint = |effect| json!([{"kind": "AddTaint", "node": "n", "taint": {"key": "k", "effect": effect}}]);
    let run = ends(&objects, taint("NoExecute"), &["leaves:m", "stays:n", "waits:m"]);
    assert_eq!(names(&run.reports[0].evicted), ["leaves", "waits"]);
    ends(&objects, taint("NoSchedule"), &["leaves:n", "stays:n", "waits:n"]);
}

#[test]
fn when_pods_are_placed() {
    let none = json!({});
    let objects = [
        node("m", "1", "1"),
        node("n", "1", "1"),
        pod("asked", None, Some("ReplicaSet"), &none),
        pod("web", Some("n"), Some("ReplicaSet"), &none),
    ];
    let with = |steps: Value| json!([{"kind": "Drain", "node": "n", "place": "later"}, steps, {"kind": "Uncordon", "node": "n"}]);
    // Asked about first, evicted later.
    ends(&objects, with(json!({"kind": "Schedule"})), &["asked:m", "web:n"]);
    // Right behind the step, before what was asked about; and again when a later step makes room.
    let now = json!([{"kind": "Drain", "node": "n"}]);
    ends(&objects, now, &["asked:-", "web:m"]);
    let room =
        json!([{"kind": "Cordon", "node": "m"}, {"kind": "Drain", "node": "n"}, {"kind": "Uncordon", "node": "m"}]);
    let run = ends(&objects, room, &["asked:-", "web:m"]);
    assert_eq!(run.steps.len(), 2);
}

/// Every edit is a step under its own name and with its own fields.
#[test]
fn edits_are_steps() {
    let taint = json!({"key": "k", "value": "v", "effect": "NoSchedule"});
    let changes = json!([{"change": "RemoveSchedulingGates"}]);
    for edit in [
        json!({"kind": "Cordon", "node": "n"}),
        json!({"kind": "Uncordon", "node": "n"}),
        json!({"kind": "AddTaint", "node": "n", "taint": taint}),
        json!({"kind": "RemoveTaint", "node": "n", "taint": taint}),
        json!({"kind": "LabelNode", "node": "n", "key": "k", "value": "v"}),
        json!({"kind": "UnlabelNode", "node": "n", "key": "k"}),
        json!({"kind": "AddNode", "like": "n", "name": "m"}),
        json!({"kind": "CreateNode", "object": {"kind": "Node"}}),
        json!({"kind": "RemoveNode", "node": "n"}),
        json!({"kind": "FreeResource", "node": "n", "resource": "cpu", "amount": "1"}),
        json!({"kind": "PatchPod", "pod": "a/p", "changes": changes}),
        json!({"kind": "Evict", "pod": "a/p"}),
        json!({"kind": "DeletePod", "pod": "a/p"}),
        json!({"kind": "CreatePod", "workload": "job/a/w", "name": "p", "node": "n"}),
        json!({"kind": "PatchWorkload", "workload": "job/a/w", "changes": changes}),
        json!({"kind": "DeleteWorkload", "workload": "job/a/w"}),
        json!({"kind": "SetDisruptionsAllowed", "budget": "a/b", "allowed": 2}),
    ] {
        let as_edit: Edit = serde_json::from_value(edit.clone()).unwrap();
        let scenario = steps(&json!([edit])).unwrap();
        let as_step = match scenario.steps[0].change.clone() {
            StepAction::Edit(edit) => edit,
            StepAction::OnNodes(NodeChoice::Named(node), edit) => edit.on_node(node),
            StepAction::RemoveNodes(NodeChoice::Named(node)) => Edit::RemoveNode { node },
            StepAction::AddNodes { model: NodeModel::Like(like), name: Some(name), .. } => Edit::AddNode { like, name },
            StepAction::AddNodes { model: NodeModel::Object(object), .. } => Edit::CreateNode { object },
            StepAction::PatchWorkload { workload, changes } => Edit::PatchWorkload { workload, changes },
            StepAction::DeleteWorkload(workload) => Edit::DeleteWorkload { workload },
            other => panic!("{other:?}"),
        };
        assert_eq!(as_step, as_edit, "{edit}");
    }
}

#[allow(clippy::needless_pass_by_value)] // rows read better
#[track_caller]
fn refused(of: Value, expected: &str) {
    assert_eq!(steps(&of).unwrap_err().to_string(), expected);
}

#[test]
fn what_is_wrong_is_reported_with_its_place() {
    refused(json!({}), "steps: must be a list, not an object");
    refused(json!([5]), "steps[0]: must be an object, not a number");
    refused(json!([{}]), "steps[0].kind: is missing");
    refused(json!([{"kind": "Cordon"}]), "steps[0]: does not name a node; write node, selector or zone");
    refused(
        json!([{"kind": "Cordon", "node": "n", "zone": "z"}]),
        "steps[0]: names its nodes more than once; write only one of node, selector and zone",
    );
    refused(json!([{"kind": "Cordon", "node": ""}]), "steps[0].node: must not be empty");
    refused(
        json!([{"kind": "Schedule"}, {"kind": "Cordon", "nodes": "n", "node": "n"}]),
        "steps[1].nodes: unknown field; Cordon has the fields kind, node, selector, zone, place",
    );
    refused(
        json!([{"kind": "Cordon", "node": "n", "place": "soon"}]),
        "steps[0].place: is \"soon\"; write now or later",
    );
    refused(
        json!([{"kind": "Drain", "node": "n", "force": "yes"}]),
        "steps[0].force: expected true or false, found the string \"yes\"",
    );
    refused(
        json!([{"kind": "AddTaint", "node": "n", "taint": {"key": "k", "effect": "No"}}]),
        "steps[0].taint: \"No\" is not one of NoSchedule, PreferNoSchedule, NoExecute",
    );
    refused(
        json!([{"kind": "AddNode", "count": 2}]),
        "steps[0]: must say what the node is like; write one of like, object and file",
    );
    refused(json!([{"kind": "AddNode", "file": "f"}]), "steps[0].file: f is not there");
    refused(
        json!([{"kind": "Scale", "workload": "web", "replicas": 2}]),
        "steps[0].workload: \"web\" is not a workload: write TYPE/NAMESPACE/NAME, such as deployment/shop/web",
    );
    assert!(steps(&json!([{"kind": "Explode"}])).unwrap_err().to_string().contains("unknown step \"Explode\""));
    let document = json!({"apiVersion": "v1", "kind": "Scenario", "steps": []});
    let error = scenario(&document, &|_| Ok(Value::Null)).unwrap_err().to_string();
    assert_eq!(error, "apiVersion: is \"v1\"; a scenario has kubectl-sched/v1");
}

#[allow(clippy::needless_pass_by_value)] // rows read better
#[track_caller]
fn fails(of: Value, expected: &str) {
    let objects = [node("n", "1", "1"), pod("p", None, None, &json!({}))];
    assert_eq!(play(&objects, &of).unwrap_err().to_string(), expected);
}

#[test]
fn what_is_missing_is_reported_with_its_place() {
    fails(json!([{"kind": "Schedule"}, {"kind": "Drain", "node": "m"}]), "steps[1]: nodes \"m\" not found");
    fails(json!([{"kind": "Drain", "selector": "pool=x"}]), "steps[0]: no node has pool=x");
    fails(json!([{"kind": "Evict", "pod": "a/p"}]), "steps[0]: pod \"a/p\" is on no node");
    fails(json!([{"kind": "DeletePod", "pod": "a/q"}]), "steps[0]: pods \"a/q\" not found");
    fails(
        json!([{"kind": "Scale", "workload": "deploy/a/w", "replicas": 1}]),
        "steps[0]: deployments.apps \"a/w\" not found",
    );
    fails(json!([{"kind": "AddNode", "like": "n", "name": "n"}]), "steps[0]: nodes \"n\" already exists");
}
