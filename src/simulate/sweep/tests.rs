//! The same seed is the same run, on any thread.

use serde_json::json;

use super::*;
use crate::api::requests::RequestGates;
use crate::api::{ObjectKey, name};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::decode::{Kind, Object};
use crate::simulate::{Outcome, Unwatched, queue};
use crate::state::ClusterBuilder;

/// Three equal nodes, and five pods of which a node takes two, or one that is large.
fn state() -> (Scheduler, Cluster) {
    state_with(None)
}

fn state_with(more: Option<serde_json::Value>) -> (Scheduler, Cluster) {
    let mut builder = ClusterBuilder::default();
    let mut add = |kind, object: serde_json::Value| {
        builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
    };
    for node in ["a", "b", "c"] {
        let allocatable = json!({"cpu": "2", "memory": "8Gi", "pods": "9"});
        add(Kind::Node, json!({"metadata": {"name": node}, "status": {"allocatable": allocatable}}));
    }
    for (pod, cpus) in [("p1", "1"), ("p2", "1"), ("p3", "1"), ("p4", "2")] {
        // None is better than another by its load.
        let containers = json!([{"resources": {"requests": {"cpu": cpus}}}]);
        add(Kind::Pod, json!({"metadata": {"name": pod}, "spec": {"containers": containers}}));
    }
    if let Some(object) = more {
        builder.add(Object::from_value(&object).unwrap().unwrap());
    }
    let behaviour = Behaviour::new(KubeVersion::NEWEST);
    let gates = RequestGates::default();
    (Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour), builder.build(gates))
}

fn sweep_result(strategy: Strategy, plan: Plan) -> RunCounts {
    let (scheduler, cluster) = state();
    let mut pods: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
    queue::sort(&cluster, &mut pods);
    let scenario = Scenario::default();
    let spec = SweepSpec { scenario: &scenario, pods: &pods, strategy, preempts: false, now: Timestamp(0) };
    sweep(&scheduler, &cluster, &spec, &plan, &Unwatched).unwrap().tally
}

fn whole(seed: u64, runs: u64) -> Plan {
    Plan { seed, runs, shard: None }
}

#[test]
fn a_run_of_a_sweep_is_the_run_of_its_seed() {
    let (scheduler, mut cluster) = state();
    let mut pods: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
    queue::sort(&cluster, &mut pods);
    for seed in 0..8 {
        let mut simulation =
            Simulation::new(&scheduler, &mut cluster, Timestamp(0), Ties::seeded(seed)).following(Strategy::Random);
        let steps = simulation.run(&pods);
        simulation.rewind();
        let tally = sweep_result(Strategy::Random, whole(seed, 1));
        for step in &steps {
            let pod = &tally.pods[&step.pod];
            match &step.outcome {
                Outcome::Placed(place) => assert_eq!((pod.nodes.get(&place.name), pod.unplaced), (Some(&1), 0)),
                Outcome::Unplaced(why) => assert_eq!(pod.first_unplaced.as_ref().unwrap().message, why.message),
            }
        }
    }
}

#[test]
fn runs_are_counted_and_differ() {
    let tally = sweep_result(Strategy::Random, whole(0, 200));
    assert_eq!((tally.runs(), tally.pods.len(), tally.nodes.len()), (200, 4, 3));
    // The small ones are spread over three nodes in some runs: then there is no room for the large one.
    let large = &tally.pods[&ObjectKey::new(name("default"), name("p4"))];
    assert!((20..180).contains(&large.unplaced), "{large:?}");
    assert_eq!((large.placed() + large.unplaced, tally.whole_runs()), (200, 200 - large.unplaced));
    assert_eq!((tally.placed.least(), tally.placed.most()), (3, 4));
    // The seed that is named for a value is that of such a run.
    let worst = tally.placed.with(3).unwrap().seed;
    assert_eq!(sweep_result(Strategy::Random, whole(worst, 1)).placed.most(), 3);
}

#[test]
fn shards_and_threads_do_not_matter() {
    let all = sweep_result(Strategy::Random, whole(3, 50));
    let mut merged = RunCounts::default();
    for index in [2, 0, 1] {
        merged.merge(sweep_result(Strategy::Random, Plan { shard: Some(Shard { index, of: 3 }), ..whole(3, 50) }));
    }
    assert_eq!(merged, all);
    for threads in [1, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| sweep_result(Strategy::Random, whole(3, 50))), all);
    }
}

#[test]
fn a_question_is_known_by_its_fingerprint() {
    let (scheduler, cluster) = state();
    let pods: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
    let scenario = Scenario::default();
    let spec =
        SweepSpec { scenario: &scenario, pods: &pods, strategy: Strategy::Default, preempts: false, now: Timestamp(0) };
    let of = |spec: &SweepSpec<'_>| fingerprint(&scheduler, &cluster, spec);
    assert_eq!(of(&spec), of(&SweepSpec { now: Timestamp(9), ..spec }));
    let others = [
        SweepSpec { strategy: Strategy::Random, ..spec },
        SweepSpec { preempts: true, ..spec },
        SweepSpec { pods: &pods[1..], ..spec },
    ];
    assert!(others.iter().all(|other| of(other) != of(&spec)));
}

#[test]
fn every_object_is_in_the_fingerprint() {
    let of = |more: Option<serde_json::Value>| {
        let (scheduler, cluster) = state_with(more);
        let (scenario, pods) = (Scenario::default(), Vec::new());
        let (strategy, now) = (Strategy::Default, Timestamp(0));
        fingerprint(
            &scheduler,
            &cluster,
            &SweepSpec { scenario: &scenario, pods: &pods, strategy, preempts: false, now },
        )
    };
    let object = |api_version: &str, kind: &str| {
        Some(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}}))
    };
    let mut sums = vec![of(None)];
    for (api_version, kind) in [
        ("v1", "PersistentVolume"),
        ("v1", "PersistentVolumeClaim"),
        ("storage.k8s.io/v1", "StorageClass"),
        ("storage.k8s.io/v1", "CSINode"),
        ("resource.k8s.io/v1", "ResourceClaim"),
        ("resource.k8s.io/v1", "DeviceClass"),
        ("v1", "Namespace"),
        ("v1", "Service"),
        ("policy/v1", "PodDisruptionBudget"),
        ("apps/v1", "Deployment"),
        ("v1", "ResourceQuota"),
    ] {
        sums.push(of(object(api_version, kind)));
    }
    let claim = |volume: &str| {
        of(Some(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "x"},
            "spec": {"volumeName": volume}})))
    };
    sums.extend([claim("a"), claim("b")]);
    let different: std::collections::BTreeSet<&String> = sums.iter().collect();
    assert_eq!(different.len(), sums.len(), "{sums:?}");
    assert_eq!(of(object("v1", "Service")), of(object("v1", "Service")));
}
