//! Three ways to ask how many more pods fit give one number: counted as capacity, made from a manifest with so many
//! replicas, and added by scaling what is there. Tried on drawn states in which quotas, limits, volumes, taints,
//! anti-affinity and spreading get into the way.

use std::collections::BTreeMap;

use kubectl_sched::api::name;
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::control_plane::attach::multi_attach;
use kubectl_sched::control_plane::{OnRefusal, controller};
use kubectl_sched::decode::workload::WorkloadKey;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::capacity::{Copies, Model, Template, measure};
use kubectl_sched::simulate::scenario::{Placing, Scenario, ScenarioStep, StepAction, run};
use kubectl_sched::simulate::{Simulation, Step, Ties, queue};
use kubectl_sched::state::{Cluster, PodId};
use serde_json::{Value, json};

use super::NOW;
use super::common::build;
use super::rollout::Numbers;

const MOST: usize = 12;
const KEYS: [&str; 2] = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];

fn one_of<'a>(values: &[&'a str], numbers: &mut Numbers) -> &'a str {
    values[numbers.below(values.len() as u64) as usize]
}

/// A workload of `kind` called x, with so many pods, and its surroundings.
pub(crate) fn situation(kind: &str, has: u64, numbers: &mut Numbers) -> Vec<Value> {
    let nodes = 1 + numbers.below(5);
    let mut objects: Vec<Value> = (0..nodes).map(|number| node(number, numbers)).collect();
    let labels = json!({"app": "x"});
    let mut resources = json!({"requests": {"cpu": one_of(&["250m", "500m", "1"], numbers)}});
    if numbers.below(3) == 0 {
        resources["limits"] = json!({"cpu": "1", "memory": "1Gi"});
    }
    let mut container = json!({"name": "c", "resources": resources});
    if numbers.below(6) == 0 {
        container["ports"] = json!([{"containerPort": 80, "hostPort": 80}]);
    }
    let mut spec = json!({"containers": [container]});
    let key = one_of(&KEYS, numbers);
    let term = json!([{"topologyKey": key, "labelSelector": {"matchLabels": labels}}]);
    match numbers.below(6) {
        0 => spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}),
        1 => spec["affinity"] = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}),
        2 | 3 => {
            let when = one_of(&["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"], numbers);
            spec["topologySpreadConstraints"] = json!([{"maxSkew": 1 + numbers.below(2), "topologyKey": key,
                "whenUnsatisfiable": when, "labelSelector": {"matchLabels": labels}}]);
        }
        _ => {}
    }
    if numbers.below(6) == 0 {
        spec["tolerations"] = json!([{"operator": "Exists"}]);
    }
    if numbers.below(6) == 0 {
        spec["priorityClassName"] = json!("high");
    }
    objects.push(json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"},
        "value": 1000}));
    let mut workload = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "x", "namespace": "a"},
        "spec": {"replicas": has, "selector": {"matchLabels": labels}}});
    if kind == "StatefulSet" && numbers.below(2) == 0 {
        workload["spec"]["podManagementPolicy"] = json!("Parallel");
    }
    volumes(nodes, &mut workload, &mut spec, &mut objects, numbers);
    workload["spec"]["template"] = json!({"metadata": {"labels": labels}, "spec": spec});
    let mut owner = json!({"apiVersion": "apps/v1", "kind": kind, "name": "x", "controller": true});
    if kind == "Deployment" {
        let mut set = workload.clone();
        set["kind"] = json!("ReplicaSet");
        set["metadata"] = json!({"name": "x-1", "namespace": "a", "ownerReferences": [owner]});
        owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x-1", "controller": true});
        objects.push(set);
    }
    objects.push(workload);
    for number in 0..has {
        let mut spec = spec.clone();
        spec["nodeName"] = json!(format!("n-{}", numbers.below(nodes)));
        objects.push(json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Running"}, "spec": spec,
            "metadata": {"name": format!("x-{number}"), "namespace": "a", "labels": labels, "ownerReferences": [owner]}}));
    }
    limits(has, &mut objects, numbers);
    objects
}

fn node(number: u64, numbers: &mut Numbers) -> Value {
    let zone = one_of(&["a", "b", "c"], numbers);
    let mut spec = json!({});
    if numbers.below(5) == 0 {
        spec["taints"] = json!([{"key": "k", "effect": one_of(&["NoSchedule", "PreferNoSchedule"], numbers)}]);
    }
    if numbers.below(7) == 0 {
        spec["unschedulable"] = json!(true);
    }
    json!({"apiVersion": "v1", "kind": "Node", "spec": spec,
        "metadata": {"name": format!("n-{number}"), "labels": {KEYS[0]: format!("n-{number}"), KEYS[1]: zone}},
        "status": {"allocatable": {"cpu": 1 + numbers.below(4), "memory": "8Gi", "pods": 3 + numbers.below(8)}}})
}

/// Claims: one that all share, one for each pod of a StatefulSet, or one for each pod's ephemeral volume.
fn volumes(nodes: u64, workload: &mut Value, spec: &mut Value, objects: &mut Vec<Value>, numbers: &mut Numbers) {
    let which = numbers.below(4);
    if which == 0 {
        return;
    }
    let mode = one_of(&["WaitForFirstConsumer", "Immediate"], numbers);
    let provisioner = one_of(&["csi.example.com", "kubernetes.io/no-provisioner"], numbers);
    objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": provisioner,
        "volumeBindingMode": mode, "metadata": {"name": "c", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}));
    objects.push(
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "other", "namespace": "b"},
        "spec": {"storageClassName": "c", "resources": {"requests": {"storage": "1Gi"}}}}),
    );
    for number in 0..nodes {
        let driver = json!({"name": "csi.example.com", "nodeID": "n", "allocatable": {"count": 1 + numbers.below(3)}});
        objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "spec": {"drivers": [driver]},
            "metadata": {"name": format!("n-{number}")}}));
    }
    for number in 0..numbers.below(4) {
        let there = json!([{"key": KEYS[0], "operator": "In", "values": [format!("n-{}", numbers.below(nodes))]}]);
        objects.push(
            json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("v-{number}")},
            "status": {"phase": "Available"}, "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "storageClassName": "c", "local": {"path": "/v"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": there}]}}}}),
        );
    }
    let claim = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    match (workload["kind"].as_str(), which) {
        (Some("StatefulSet"), _) => {
            workload["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "d"}, "spec": claim}]);
        }
        (_, 1) => {
            let mode = one_of(&["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"], numbers);
            objects.push(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Bound"},
                "metadata": {"name": "s", "namespace": "a", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
                "spec": {"accessModes": [mode], "storageClassName": "c", "volumeName": "s",
                    "resources": {"requests": {"storage": "1Gi"}}}}));
            objects.push(json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "s"},
                "status": {"phase": "Bound"}, "spec": {"capacity": {"storage": "1Gi"}, "accessModes": [mode],
                    "storageClassName": "c", "csi": {"driver": "csi.example.com", "volumeHandle": "s"},
                    "claimRef": {"name": "s", "namespace": "a"}}}));
            spec["volumes"] = json!([{"name": "s", "persistentVolumeClaim": {"claimName": "s"}}]);
        }
        _ => spec["volumes"] = json!([{"name": "e", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}}]),
    }
}

fn limits(has: u64, objects: &mut Vec<Value>, numbers: &mut Numbers) {
    let hard = match numbers.below(12) {
        0 => json!({"pods": has + numbers.below(5)}),
        1 => json!({"requests.cpu": 1 + numbers.below(6)}),
        2 => json!({"limits.cpu": 1 + numbers.below(5)}),
        3 => json!({"persistentvolumeclaims": 1 + numbers.below(4)}),
        4 => json!({"c.storageclass.storage.k8s.io/requests.storage": format!("{}Gi", 1 + numbers.below(5))}),
        _ => Value::Null,
    };
    if !hard.is_null() {
        objects.push(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "a"},
            "spec": {"hard": hard}}));
    }
    let limit = match numbers.below(10) {
        0 => {
            json!({"type": "Container", "defaultRequest": {"memory": "512Mi"}, "default": {"memory": "1Gi", "cpu": "2"}})
        }
        1 => json!({"type": "Container", "max": {"cpu": "500m"}}),
        _ => return,
    };
    objects.push(json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l", "namespace": "a"},
        "spec": {"limits": [limit]}}));
}

/// Pods that have a node and can start there.
fn start(cluster: &Cluster, steps: &[Step]) -> usize {
    let placed = steps.iter().filter(|step| step.place().is_some());
    placed.filter(|step| multi_attach(cluster, step.pod_id).is_none()).count()
}

/// As `capacity TYPE/NAME` counts.
fn counted(scheduler: &Scheduler, mut cluster: Cluster, key: WorkloadKey) -> usize {
    let mut copies = Copies::of([Template { model: Model::Workload(key), share: 1 }]);
    measure(scheduler, &mut cluster, &mut copies, MOST, NOW).templates[0].placed
}

/// As `simulate -f FILE --replicas` places.
fn made(scheduler: &Scheduler, mut cluster: Cluster, key: WorkloadKey) -> usize {
    let workload = cluster.workload(key).unwrap().clone();
    cluster.apply_workload(workload.clone());
    let gates = scheduler.behaviour().request_gates();
    let mut pods: Vec<PodId> = Vec::new();
    for new in controller::pods(&cluster, &workload, Some(MOST)) {
        pods.extend(cluster.create(new, gates, OnRefusal::LeaveOut).pods);
    }
    queue::sort(&cluster, &mut pods);
    let mut simulation = Simulation::new(scheduler, &mut cluster, NOW, Ties::First);
    let steps = simulation.run(&pods);
    start(simulation.cluster(), &steps)
}

/// As `simulate --scale` places.
fn scaled(scheduler: &Scheduler, mut cluster: Cluster, workload: WorkloadKey, has: u64) -> usize {
    let replicas = u32::try_from(has).unwrap() + MOST as u32;
    let change = StepAction::Scale { workload, replicas };
    let step = ScenarioStep { said: String::new(), change, place: Placing::Now };
    let mut simulation = Simulation::new(scheduler, &mut cluster, NOW, Ties::First);
    let outcome = run(&mut simulation, &Scenario { steps: vec![step] }, &[]).unwrap();
    start(simulation.cluster(), &outcome.steps)
}

#[test]
fn capacity_replicas_and_scale_give_one_number() {
    let behaviour = Behaviour::new(KubeVersion::REFERENCE);
    let mut numbers = Numbers(11);
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    for round in 0..800 {
        let kind = ["Deployment", "StatefulSet", "ReplicaSet", "Deployment"][round % 4];
        let has = numbers.below(4);
        let objects = situation(kind, has, &mut numbers);
        let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour.clone());
        let cluster = build::cluster(&objects, &behaviour);
        let key = WorkloadKey::parse(&format!("{kind}/x"), name("a")).unwrap();
        let counted = counted(&scheduler, cluster.clone(), key);
        let said = |what: &str| format!("round {round}, {what}: {}", serde_json::to_string(&objects).unwrap());
        assert_eq!(scaled(&scheduler, cluster.clone(), key, has), counted, "{}", said("scaled"));
        // A manifest of a StatefulSet has the pods that are there, too: those of its numbers.
        if kind != "StatefulSet" || has == 0 {
            assert_eq!(made(&scheduler, cluster, key), counted, "{}", said("made"));
        }
        *seen.entry(counted).or_default() += 1;
    }
    assert!((0..=MOST).all(|count| seen.contains_key(&count)), "{seen:?}");
}
