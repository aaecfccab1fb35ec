//! A run of a sweep is what a simulation with its seed says of a fresh copy of the state.

use std::collections::BTreeSet;

use kubectl_sched::edit::Edit;
use kubectl_sched::framework::NotEvaluated;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::scenario::{self, NodeChoice, Placing, Scenario, ScenarioStep, StepAction};
use kubectl_sched::simulate::sweep::{Plan, RunCounts, SweepSpec, sweep};
use kubectl_sched::simulate::{Simulation, StateSummary, Strategy, Ties, Unwatched, queue};
use kubectl_sched::state::{Cluster, PodId};

use super::NOW;
use super::common::cases;

/// Plays every run by hand.
fn by_hand(
    scheduler: &Scheduler,
    cluster: &Cluster,
    spec: &SweepSpec<'_>,
    plan: &Plan,
) -> (RunCounts, BTreeSet<NotEvaluated>) {
    let (mut tally, mut notes) = (RunCounts::default(), BTreeSet::new());
    for seed in plan.seeds() {
        let mut own = cluster.clone();
        let mut simulation = Simulation::new(scheduler, &mut own, NOW, Ties::seeded(seed))
            .preempting(spec.preempts)
            .following(spec.strategy);
        let run = scenario::run(&mut simulation, spec.scenario, spec.pods).unwrap();
        tally.add(seed, &StateSummary::of(cluster), &run, simulation.cluster());
        notes.extend(simulation.not_evaluated());
    }
    (tally, notes)
}

/// The first node is lost, and its pods move.
fn loses_a_node(cluster: &Cluster) -> Scenario {
    let first = cluster.nodes().first().map(|node| ScenarioStep {
        said: "the loss".to_owned(),
        change: StepAction::RemoveNodes(NodeChoice::Named(node.name())),
        place: Placing::Now,
    });
    Scenario { steps: first.into_iter().collect() }
}

/// Two pods leave their nodes, which says nothing of the nodes: what is remembered lives on.
fn evicts(cluster: &Cluster) -> Scenario {
    let on_nodes = cluster.pods().iter().filter(|pod| cluster.node_of(pod.id).is_some());
    let steps = on_nodes.take(2).map(|pod| ScenarioStep {
        said: "the eviction".to_owned(),
        change: StepAction::Edit(Edit::Evict { pod: pod.key() }),
        place: Placing::Now,
    });
    Scenario { steps: steps.collect() }
}

#[test]
fn a_run_is_what_its_seed_says() {
    let mut differing = 0;
    for area in ["simulate", "mixed", "preemption", "volumes"] {
        for case in cases(area).step_by(16) {
            let (scheduler, cluster) = (case.scheduler(), case.cluster());
            let mut pods: Vec<PodId> = cluster.pending().map(|pod| pod.id).collect();
            queue::sort(&cluster, &mut pods);
            let scenarios = [Scenario::default(), loses_a_node(&cluster), evicts(&cluster)];
            for (place, scenario) in scenarios.iter().enumerate() {
                for strategy in [Strategy::Default, Strategy::Random] {
                    let preempts = place == 0;
                    let spec = SweepSpec { scenario, pods: &pods, strategy, preempts, now: NOW };
                    let plan = Plan { seed: 3, runs: 7, shard: None };
                    let sweep_result = sweep(&scheduler, &cluster, &spec, &plan, &Unwatched).unwrap();
                    let (tally, notes) = by_hand(&scheduler, &cluster, &spec, &plan);
                    assert_eq!(sweep_result.tally, tally, "{}", case.name);
                    assert_eq!(sweep_result.not_evaluated, Vec::from_iter(notes), "{}", case.name);
                    differing += usize::from(tally.pods.values().any(|pod| pod.nodes.len() > 1));
                }
            }
        }
    }
    assert_eq!(differing, 134, "sweeps whose draws differ");
}
