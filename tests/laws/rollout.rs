//! Whatever is rolled out: its bounds hold, an end is reached, and a rewind leaves nothing behind.

use std::collections::BTreeSet;

use kubectl_sched::api::name;
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::decode::workload::WorkloadKey;
use kubectl_sched::edit::PodChange;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::scenario::rollout::{Rollout, RolloutEnd};
use kubectl_sched::simulate::scenario::{Placing, Scenario, ScenarioStep, StepAction, run};
use kubectl_sched::simulate::{Simulation, Ties};
use kubectl_sched::state::Cluster;
use serde_json::{Value, json};

use super::NOW;
use super::common::build;

/// Numbers that are always the same.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A workload of `kind` called x, with a pod on as many nodes as there are or in turn, and its surroundings.
fn situation(kind: &str, numbers: &mut Numbers) -> Vec<Value> {
    let nodes = 2 + numbers.below(3);
    let replicas = if kind == "DaemonSet" { nodes } else { 1 + numbers.below(7) };
    let mut objects: Vec<Value> = (0..nodes)
        .map(|node| {
            json!({"apiVersion": "v1", "kind": "Node",
                "metadata": {"name": format!("n-{node}"), "labels": {"kubernetes.io/hostname": format!("n-{node}")}},
                "status": {"allocatable": {"cpu": 4 + numbers.below(4), "memory": "8Gi", "pods": "20"}}})
        })
        .collect();
    let bound = |numbers: &mut Numbers| match numbers.below(3) {
        0 => json!(null),
        1 => json!(numbers.below(4)),
        _ => json!(format!("{}%", numbers.below(101))),
    };
    let strategy = match (kind, numbers.below(6)) {
        ("Deployment", 0) => json!({"type": "Recreate"}),
        ("Deployment", _) => json!({"rollingUpdate": {"maxSurge": bound(numbers), "maxUnavailable": bound(numbers)}}),
        ("DaemonSet", number) if number % 2 == 0 => {
            json!({"rollingUpdate": {"maxSurge": 1 + numbers.below(2), "maxUnavailable": 0}})
        }
        ("DaemonSet", _) => json!({"rollingUpdate": {"maxUnavailable": 1 + numbers.below(3)}}),
        _ => json!({"rollingUpdate": {"partition": numbers.below(3)}}),
    };
    let labels = json!({"app": "x"});
    let mut spec = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]});
    if numbers.below(4) == 0 {
        spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels}}]}});
    }
    let mut workload = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "x", "namespace": "a"},
        "spec": {"replicas": replicas, "strategy": strategy, "updateStrategy": strategy, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec}}});
    if numbers.below(2) == 0 {
        workload["spec"]["podManagementPolicy"] = json!("Parallel");
    }
    let mut owner = json!({"apiVersion": "apps/v1", "kind": kind, "name": "x", "controller": true});
    if kind == "Deployment" {
        let mut set = workload.clone();
        set["kind"] = json!("ReplicaSet");
        set["metadata"] = json!({"name": "x-1", "namespace": "a", "ownerReferences": [owner]});
        owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x-1", "controller": true});
        objects.push(set);
    }
    objects.push(workload);
    for number in 0..replicas {
        let mut spec = spec.clone();
        spec["nodeName"] = json!(format!("n-{}", number % nodes));
        objects.push(json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Running"}, "spec": spec,
            "metadata": {"name": format!("x-{number}"), "namespace": "a", "labels": labels, "ownerReferences": [owner]}}));
    }
    if numbers.below(4) == 0 {
        objects.push(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "a"},
            "spec": {"hard": {"requests.cpu": replicas + numbers.below(3)}}}));
    }
    objects
}

fn all(cluster: &Cluster) -> String {
    let (nodes, pods, storage) = (cluster.nodes(), cluster.pods(), cluster.storage());
    // Groups are sets, and one without pods counts for nothing.
    let groups = cluster.groups().all().iter().filter(|group| !group.pods.is_empty());
    let groups: Vec<_> = groups.map(|group| (&group.labels, group.pods.iter().collect::<BTreeSet<_>>())).collect();
    format!("{nodes:?} {pods:?} {storage:?} {:?} {:?} {groups:?}", cluster.workloads, cluster.quotas)
}

#[test]
fn rollouts_keep_their_bounds_and_end() {
    let behaviour = Behaviour::new(KubeVersion::REFERENCE);
    let mut numbers = Numbers(7);
    let (mut complete, mut stuck) = (0, 0);
    for round in 0..600 {
        let kind = ["Deployment", "Deployment", "StatefulSet", "DaemonSet"][round % 4];
        let objects = situation(kind, &mut numbers);
        let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour.clone());
        let mut cluster = build::cluster(&objects, &behaviour);
        let before = all(&cluster);
        let workload = WorkloadKey::parse(&format!("{kind}/x"), name("a")).unwrap();
        let cpu = 500 + 500 * numbers.below(5);
        let change: PodChange = serde_json::from_value(
            json!({"change": "Request", "container": "c", "resource": "cpu", "to": format!("{cpu}m")}),
        )
        .unwrap();
        let change = match numbers.below(2) {
            0 => StepAction::Restart(workload),
            _ => StepAction::PatchWorkload { workload, changes: vec![change] },
        };
        let step = ScenarioStep { said: String::new(), change, place: Placing::Now };
        let mut simulation = Simulation::new(&scheduler, &mut cluster, NOW, Ties::First);
        let outcome = run(&mut simulation, &Scenario { steps: vec![step] }, &[]).unwrap();
        let rollout = outcome.reports[0].rollout.clone().unwrap();
        let at_end = simulation.cluster();
        let there: Vec<bool> = at_end
            .pods()
            .iter()
            .filter(|pod| at_end.has_pod(pod.id))
            .map(|pod| at_end.node_of(pod.id).is_some())
            .collect();
        let (pods, placed) = (there.len(), there.iter().filter(|placed| **placed).count());
        let said = || format!("round {round}: {rollout:?} {pods} pods, {placed} placed\n{objects:#?}");
        let Rollout { replicas, rolled, old, bounds, .. } = rollout;
        assert_eq!(placed, rolled + old, "{}", said());
        if let Some(bounds) = bounds {
            assert!(pods <= replicas + bounds.surge && placed + bounds.unavailable >= replicas, "{}", said());
        }
        match rollout.end {
            RolloutEnd::Complete => assert!(rolled == replicas && old == 0, "{}", said()),
            RolloutEnd::Partition(kept) => assert!(rolled + kept == replicas && old == kept, "{}", said()),
            _ => assert!(rollout.end.is_stuck() && rolled < replicas, "{}", said()),
        }
        let counter = if rollout.end.is_stuck() { &mut stuck } else { &mut complete };
        *counter += 1;
        simulation.rewind();
        let after = all(&cluster);
        let same = after.chars().zip(before.chars()).take_while(|(a, b)| a == b).count();
        let from = |text: &str| text.chars().skip(same.saturating_sub(80)).take(240).collect::<String>();
        assert!(after == before, "round {round}: {}\nbefore: {}", from(&after), from(&before));
    }
    assert_eq!((complete, stuck), (445, 155));
}
