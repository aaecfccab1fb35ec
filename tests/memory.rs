//! The memory of a simulation is a memory and nothing else: with it and without it every step is
//! the same. Tried on the recorded cases, and on clusters that are drawn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;
#[path = "memory/drawn.rs"]
mod drawn;

use std::collections::VecDeque;

use common::cases;
use drawn::{Draw, Drawn};
use kubectl_sched::cluster::edit::Edit;
use kubectl_sched::cluster::{Cluster, NodeId, PodId, Timestamp};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::{Simulation, Step, Ties, queue};

const NOW: Timestamp = Timestamp(1_780_000_000);

/// What happens between the steps.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Nothing,
    /// Pods leave their nodes and queue up again, and now and then a node is cordoned.
    Commotion,
}

/// All pending pods one after the other, and what could not be judged.
fn run(scheduler: &Scheduler, cluster: &mut Cluster, between: Between, remembers: bool) -> (Vec<Step>, String) {
    let mut pods: Vec<PodId> = cluster.pending().map(|pod| pod.id).collect();
    queue::sort(cluster, &mut pods);
    let mut simulation = Simulation::new(scheduler, cluster, NOW, Ties::seeded(5));
    let (mut steps, most) = (Vec::new(), pods.len() * 3);
    let mut queue = VecDeque::from(pods);
    let mut draw = Draw(11);
    while let Some(pod) = queue.pop_front() {
        steps.push(if remembers {
            simulation.step(pod)
        } else {
            let placement = simulation.ask(pod);
            simulation.settle(&placement)
        });
        if between == Between::Commotion && steps.len() < most {
            commotion(&mut simulation, &mut draw, &mut queue);
        }
    }
    (steps, format!("{:?}", simulation.not_evaluated()))
}

fn commotion(simulation: &mut Simulation<'_>, draw: &mut Draw, queue: &mut VecDeque<PodId>) {
    if draw.one_in(3) {
        let leaving = PodId(draw.below(simulation.cluster().pods().len()) as u32);
        if simulation.cluster().node_of(leaving).is_some() {
            simulation.take_off(leaving);
            queue.push_back(leaving);
        }
    }
    if draw.one_in(20) && !simulation.cluster().nodes().is_empty() {
        let node = NodeId(draw.below(simulation.cluster().nodes().len()) as u32);
        let node = &simulation.cluster().node(node).node;
        let edit =
            if node.unschedulable { Edit::Uncordon { node: node.name } } else { Edit::Cordon { node: node.name } };
        simulation.edit(&edit).unwrap();
    }
}

#[track_caller]
fn same(name: &str, scheduler: &Scheduler, cluster: &Cluster) -> usize {
    for between in [Between::Nothing, Between::Commotion] {
        let (remembered, notes) = run(scheduler, &mut cluster.clone(), between, true);
        let (plain, plain_notes) = run(scheduler, &mut cluster.clone(), between, false);
        for (number, (remembered, plain)) in remembered.iter().zip(&plain).enumerate() {
            assert_eq!(remembered, plain, "{name}, step {number}");
        }
        assert_eq!(remembered.len(), plain.len(), "{name}");
        assert_eq!(notes, plain_notes, "{name}");
        if between == Between::Commotion {
            return plain.iter().filter(|step| step.place().is_some()).count();
        }
    }
    0
}

#[test]
fn recorded_cases_come_out_the_same() {
    for area in ["simulate", "mixed", "topology-spread", "inter-pod-affinity", "ports", "preemption", "volumes", "dra"]
    {
        for case in cases(area).step_by(4) {
            same(&case.name, &case.scheduler(), &case.cluster());
        }
    }
}

#[test]
fn drawn_clusters_come_out_the_same() {
    let rounds = std::env::var("MEMORY_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(300);
    let mut placed = 0;
    for seed in 0..rounds {
        let Drawn { scheduler, cluster } = Drawn::of(seed);
        placed += same(&format!("seed {seed}"), &scheduler, &cluster);
    }
    // Clusters in which nothing fits would prove little.
    assert!(placed > rounds as usize * 5, "{placed}");
}
