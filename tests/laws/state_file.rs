//! To go on from a written state is to go on in one command: what steps leave behind is written down and read back, and
//! the next steps find there what they would have found. Tried on drawn states, and steps.

use std::collections::BTreeMap;

use kubectl_sched::api::name;
use kubectl_sched::api::quantity::Quantity;
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::decode::workload::WorkloadKey;
use kubectl_sched::edit::{Edit, PodChange};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::new_nodes::NodeModel;
use kubectl_sched::simulate::scenario::{NodeChoice, Placing, Scenario, ScenarioStep, StepAction, run};
use kubectl_sched::simulate::{Simulation, Ties};
use kubectl_sched::source::snapshot::Snapshot;
use kubectl_sched::source::state_file::Outcome;
use kubectl_sched::source::{Compression, Input, files};
use kubectl_sched::state::{Cluster, ClusterBuilder};
use rustc_hash::FxHashSet;
use serde_json::json;

use super::NOW;
use super::rollout::Numbers;
use super::same_count::situation;

const KINDS: [&str; 3] = ["Deployment", "StatefulSet", "ReplicaSet"];

fn step(kind: &str, cluster: &Cluster, numbers: &mut Numbers) -> ScenarioStep {
    let workload = WorkloadKey::parse(&format!("{kind}/x"), name("a")).unwrap();
    let nodes = cluster.nodes();
    let node = nodes[numbers.below(nodes.len() as u64) as usize].name();
    let taint = serde_json::from_value(json!({"key": "old", "effect": "NoExecute"})).unwrap();
    let cpu = Quantity::parse(["250m", "750m", "1"][numbers.below(3) as usize]).unwrap();
    let change = match numbers.below(8) {
        0 | 1 => StepAction::Drain { nodes: NodeChoice::Named(node), force: true },
        2 => StepAction::AddNodes { count: 1, model: NodeModel::Like(node), name: None },
        3 => StepAction::OnNodes(NodeChoice::Named(node), Edit::AddTaint { node, taint }),
        4 => StepAction::Scale { workload, replicas: numbers.below(6) as u32 },
        5 => StepAction::AddReplicas { workload, more: 1 + numbers.below(3) as u32 },
        6 if kind != "ReplicaSet" => StepAction::PatchWorkload {
            workload,
            changes: vec![PodChange::Request {
                container: Some(name("c")),
                resource: name("cpu"),
                from: Quantity::default(),
                to: cpu,
            }],
        },
        _ => StepAction::OnNodes(NodeChoice::Named(node), Edit::Cordon { node }),
    };
    ScenarioStep { said: String::new(), change, place: Placing::Now }
}

/// Where pods are, how nodes are, and what controllers count.
fn said(cluster: &Cluster) -> String {
    let pods = cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id));
    let pods: BTreeMap<String, String> = pods
        .map(|pod| (pod.key().to_string(), format!("{:?} {:?}", pod.own.node_name, pod.class.requests.requested)))
        .collect();
    let nodes: BTreeMap<String, String> = cluster
        .nodes()
        .iter()
        .map(|node| {
            let (node, used) = (&node.node, &node.requested);
            (node.name.to_string(), format!("{} {:?} {:?} {used:?}", node.unschedulable, node.labels, node.taints))
        })
        .collect();
    let quotas: Vec<String> = cluster.quotas.iter().map(|quota| format!("{:?}", quota.used)).collect();
    let budgets: Vec<i32> = cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
    format!("{pods:#?} {nodes:#?} {quotas:?} {budgets:?}")
}

/// Takes the steps; answers with what is left of them, and the state as a snapshot. None where a pod waits, as it would
/// be tried again in one command only, or where a rollout is not done.
fn after(scheduler: &Scheduler, cluster: &mut Cluster, snapshot: &[u8], steps: &[ScenarioStep]) -> Option<Vec<u8>> {
    let before = cluster.clone();
    let mut simulation = Simulation::new(scheduler, cluster, NOW, Ties::First);
    let done = run(&mut simulation, &Scenario { steps: steps.to_vec() }, &[]).ok()?;
    let waits = done.steps.iter().any(|step| step.place().is_none());
    let is_stuck = |report: &kubectl_sched::simulate::scenario::StepReport| {
        report.waits.is_some()
            || !report.not_created.is_empty()
            || report.rollout.as_ref().is_some_and(|rollout| rollout.end.is_stuck())
    };
    if waits || done.reports.iter().any(is_stuck) || !done.cannot_start.is_empty() {
        return None;
    }
    let mut written = Snapshot::new(false);
    written.read_files(&Input::memory("state", snapshot.to_vec())).unwrap();
    let outcome = Outcome {
        before: &before,
        after: simulation.cluster(),
        now: NOW,
        not_started: &FxHashSet::default(),
        unready: &done.unready.iter().copied().collect(),
        steps: vec!["a step".to_owned()],
    };
    written.advance(outcome).unwrap();
    let mut bytes = Vec::new();
    written.write(&mut bytes, Compression::Own).unwrap();
    Some(bytes)
}

fn read(bytes: &[u8], behaviour: &Behaviour) -> Cluster {
    let mut builder = ClusterBuilder::default();
    files::read(&Input::memory("state", bytes.to_vec()), &mut builder).unwrap();
    builder.build(behaviour.request_gates())
}

#[test]
fn to_go_on_from_a_written_state_is_to_go_on() {
    let behaviour = Behaviour::new(KubeVersion::REFERENCE);
    let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour.clone());
    let mut numbers = Numbers(5);
    let (mut compared, mut went_on) = (0, 0);
    for round in 0..600 {
        let kind = KINDS[round % 3];
        let has = 1 + numbers.below(3);
        let mut objects = situation(kind, has, &mut numbers);
        objects.push(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": "x", "namespace": "a"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "x"}}},
            "status": {"disruptionsAllowed": 1, "currentHealthy": has, "desiredHealthy": has - 1, "expectedPods": has}}));
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
        let said_of = |what: &str, steps: &[ScenarioStep]| format!("round {round}, {what}: {steps:#?} {list}");
        let mut first = read(list.as_bytes(), &behaviour);
        let a = step(kind, &first, &mut numbers);
        let Some(bytes) = after(&scheduler, &mut first, list.as_bytes(), std::slice::from_ref(&a)) else { continue };
        let second = read(&bytes, &behaviour);
        assert_eq!(said(&second), said(&first), "{}", said_of("written", &[a]));
        compared += 1;
        let b = step(kind, &second, &mut numbers);
        let mut at_once = read(list.as_bytes(), &behaviour);
        let steps = [a, b.clone()];
        if after(&scheduler, &mut at_once, list.as_bytes(), &steps).is_none() {
            continue;
        }
        let mut later = second;
        let there = after(&scheduler, &mut later, &bytes, &[b]);
        assert!(there.is_some(), "{}", said_of("went on differently", &steps));
        assert_eq!(said(&later), said(&at_once), "{}", said_of("went on", &steps));
        went_on += 1;
    }
    assert!(compared > 200 && went_on > 100, "{compared} {went_on}");
}

#[test]
fn a_snapshot_says_what_was_done() {
    let behaviour = Behaviour::new(KubeVersion::REFERENCE);
    let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour.clone());
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "1"}}}]});
    let list = list.to_string();
    let mut cluster = read(list.as_bytes(), &behaviour);
    let cordon = Edit::Cordon { node: name("n") };
    let change = StepAction::OnNodes(NodeChoice::Named(name("n")), cordon);
    let step = ScenarioStep { said: String::new(), change, place: Placing::Now };
    let once = after(&scheduler, &mut cluster, list.as_bytes(), std::slice::from_ref(&step)).unwrap();
    let twice = after(&scheduler, &mut cluster, &once, &[step]).unwrap();
    let mut builder = ClusterBuilder::default();
    let report = files::read(&Input::memory("state", twice), &mut builder).unwrap();
    assert_eq!(report.snapshot.unwrap().simulated, ["a step", "a step"]);
    assert!(builder.build(behaviour.request_gates()).nodes()[0].node.unschedulable);
}
