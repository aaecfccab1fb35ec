//! The memory of a simulation is a memory and nothing else: with it and without it every step is
//! the same. Tried on the recorded cases, and on clusters that are drawn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;
#[path = "memory/drawn.rs"]
mod drawn;

use std::collections::{BTreeSet, VecDeque};

use common::{Case, corpus};
use drawn::{Draw, Drawn};
use kubectl_sched::api::{Timestamp, name};
use kubectl_sched::edit::Edit;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::{Simulation, Step, Strategy, Ties, queue};
use kubectl_sched::state::{Cluster, NodeId, PodId};

const NOW: Timestamp = Timestamp(1_780_000_000);

/// Clusters that are drawn, unless MEMORY_ROUNDS says otherwise.
const ROUNDS: u64 = 200;

/// Areas whose pods get into each other's way.
const RECORDED: [&str; 16] = [
    "simulate",
    "mixed",
    "topology-spread",
    "inter-pod-affinity",
    "ports",
    "preemption",
    "volumes",
    "dra",
    "dra-capacity",
    "dra-extended",
    "dra-more",
    "dra-partition",
    "dra-taints",
    "pod-level-resources",
    "storage-newer",
    "toleration-operators",
];

/// What happens between the steps.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Nothing,
    /// Pods leave their nodes and queue up again.
    Leaving,
    /// The same, and now and then a node is cordoned.
    Commotion,
}

/// How ties are broken, in two rounds on the same state.
fn rounds() -> [Ties; 2] {
    [Ties::seeded(5), Ties::First]
}

/// All pending pods one after the other.
fn round(simulation: &mut Simulation<'_>, between: Between, remembers: bool) -> Vec<Step> {
    let mut pods: Vec<PodId> = simulation.cluster().pending().map(|pod| pod.id).collect();
    queue::sort(simulation.cluster(), &mut pods);
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
        if between != Between::Nothing && steps.len() < most {
            commotion(simulation, &mut draw, &mut queue, between);
        }
    }
    steps
}

fn commotion(simulation: &mut Simulation<'_>, draw: &mut Draw, queue: &mut VecDeque<PodId>, between: Between) {
    if draw.one_in(3) {
        let leaving = PodId(draw.below(simulation.cluster().pods().len()) as u32);
        if simulation.cluster().node_of(leaving).is_some() {
            simulation.take_off(leaving);
            queue.push_back(leaving);
        }
    }
    if between == Between::Commotion && draw.one_in(20) && !simulation.cluster().nodes().is_empty() {
        let node = NodeId(draw.below(simulation.cluster().nodes().len()) as u32);
        let node = &simulation.cluster().node(node).node;
        let edit =
            if node.unschedulable { Edit::Uncordon { node: node.name } } else { Edit::Cordon { node: node.name } };
        simulation.edit(&edit).unwrap();
    }
}

/// A simulation that is begun again remembers the rounds before; one that is created again and never
/// remembers says the same, and notes the same in all rounds together. Answers how many found a place.
#[track_caller]
fn same(name: &str, scheduler: &Scheduler, cluster: &Cluster, strategies: &[Strategy]) -> usize {
    let of_each = |strategy: &Strategy| {
        let between = [Between::Nothing, Between::Leaving, Between::Commotion];
        between.iter().map(|between| same_between(name, scheduler, cluster, *strategy, *between)).sum::<usize>()
    };
    strategies.iter().map(of_each).sum()
}

#[track_caller]
fn same_between(name: &str, scheduler: &Scheduler, cluster: &Cluster, strategy: Strategy, between: Between) -> usize {
    let mut placed = 0;
    let mut own = cluster.clone();
    let mut remembering = Simulation::new(scheduler, &mut own, NOW, Ties::First).following(strategy);
    let mut notes = BTreeSet::new();
    for ties in rounds() {
        remembering.again(ties);
        let remembered = round(&mut remembering, between, true);
        let mut fresh = cluster.clone();
        let mut forgetful = Simulation::new(scheduler, &mut fresh, NOW, ties).following(strategy);
        let plain = round(&mut forgetful, between, false);
        for (number, (remembered, plain)) in remembered.iter().zip(&plain).enumerate() {
            assert_eq!(remembered, plain, "{name}, {strategy:?}, {ties:?}, step {number}");
        }
        assert_eq!(remembered.len(), plain.len(), "{name}");
        placed += plain.iter().filter(|step| step.place().is_some()).count();
        notes.extend(forgetful.not_evaluated());
    }
    assert_eq!(remembering.not_evaluated(), Vec::from_iter(notes), "{name}");
    placed
}

#[test]
fn recorded_cases_come_out_the_same() {
    for (number, minor) in corpus::minors().iter().enumerate() {
        for area in RECORDED.iter().filter_map(|area| minor.areas.get(*area)) {
            // Every minor gets other cases.
            for case in corpus::read::<Case>(&area.cases).filter(|case| area.has(case)).skip(number).step_by(32) {
                let scheduler = case.scheduler_of(minor.version).unwrap();
                same(&format!("{} {}", case.name, minor.name), &scheduler, &case.cluster(), &[Strategy::Default]);
            }
        }
    }
}

#[test]
fn drawn_clusters_come_out_the_same() {
    let rounds = std::env::var("MEMORY_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let others = [
        Strategy::Random,
        Strategy::LeastLoad,
        Strategy::BestFit,
        Strategy::FirstFit,
        Strategy::WeightedLeastLoad(name("weight")),
    ];
    let mut placed = 0;
    for seed in 0..rounds {
        let Drawn { scheduler, cluster } = Drawn::of(seed);
        // One strategy beside the profile's score in each round.
        let other = others[seed as usize % others.len()];
        placed += same(&format!("seed {seed}"), &scheduler, &cluster, &[Strategy::Default, other]);
    }
    // Clusters in which nothing fits would prove little.
    if rounds == ROUNDS {
        assert_eq!(placed, 16_007, "pods that found a node");
    }
}
