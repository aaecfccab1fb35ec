//! The memory of a simulation is a memory and nothing else: with it and without it every step is
//! the same. Tried on the recorded cases, and on clusters that are drawn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;

use common::cases;
use kubectl_sched::cluster::{Cluster, PodId, Timestamp};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::{Simulation, Step, Ties, queue};

const NOW: Timestamp = Timestamp(1_780_000_000);

/// What is done after each step besides.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Nothing,
    /// Every third step a pod is taken off its node and put back into the queue.
    PodsLeave,
}

/// The steps of `rounds` through the queue, pods that were placed leaving in between.
fn run(scheduler: &Scheduler, cluster: &mut Cluster, between: Between, remembers: bool) -> Vec<Step> {
    let mut pods: Vec<PodId> = cluster.pending().map(|pod| pod.id).collect();
    queue::sort(cluster, &mut pods);
    let mut simulation = Simulation::new(scheduler, cluster, NOW, Ties::seeded(5));
    let mut steps = Vec::new();
    let mut queue: std::collections::VecDeque<PodId> = pods.into();
    let most = queue.len() * 3;
    while let Some(pod) = queue.pop_front() {
        let step = if remembers {
            simulation.step(pod)
        } else {
            let placement = simulation.ask(pod);
            simulation.settle(&placement)
        };
        steps.push(step);
        if between == Between::PodsLeave && steps.len() % 3 == 0 && steps.len() < most {
            // Some pod that is on a node, wherever it came from.
            let on_nodes: Vec<PodId> = simulation.cluster().pods().iter().map(|pod| pod.id).collect();
            let leaving = on_nodes[(steps.len() * 7) % on_nodes.len()];
            if simulation.cluster().node_of(leaving).is_some() {
                simulation.take_off(leaving);
                queue.push_back(leaving);
            }
        }
    }
    steps
}

#[track_caller]
fn same(name: &str, scheduler: &Scheduler, cluster: &Cluster, between: Between) {
    let remembered = run(scheduler, &mut cluster.clone(), between, true);
    let plain = run(scheduler, &mut cluster.clone(), between, false);
    for (step, (remembered, plain)) in remembered.iter().zip(&plain).enumerate() {
        assert_eq!(remembered, plain, "{name}, step {step}");
    }
}

#[test]
fn recorded_cases_come_out_the_same() {
    for area in ["simulate", "mixed", "topology-spread", "inter-pod-affinity", "ports", "profiles-config", "preemption"] {
        for case in cases(area).step_by(2) {
            let (scheduler, cluster) = (case.scheduler(), case.cluster());
            same(&case.name, &scheduler, &cluster, Between::Nothing);
            same(&case.name, &scheduler, &cluster, Between::PodsLeave);
        }
    }
}
