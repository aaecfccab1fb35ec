//! Laws that hold for every cluster, tried on the recorded cases: real in shape, nasty in detail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;
#[path = "laws/resilience.rs"]
mod resilience;
#[path = "laws/rollout.rs"]
mod rollout;
#[path = "laws/same_count.rs"]
mod same_count;
#[path = "laws/sampling.rs"]
mod sampling;
#[path = "laws/state_file.rs"]
mod state_file;
#[path = "laws/sweep.rs"]
mod sweep;

use common::{Case, cases, corpus, key};
use kubectl_sched::api::{Timestamp, name};
use kubectl_sched::edit::{Edit, Undo};
use kubectl_sched::explain::pending::{self, Root};
use kubectl_sched::explain::scheduler_messages::MessageBasis;
use kubectl_sched::framework::Placement;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::bound::nodes_needed;
use kubectl_sched::simulate::capacity::{Copies, Model, Needed, Template, measure, nodes_for};
use kubectl_sched::simulate::new_nodes::NodeModel;
use kubectl_sched::simulate::{Outcome, Simulation, Step, Strategy, Ties, queue};
use kubectl_sched::state::{Cluster, NodeId, NodeInfo, PodId};

/// One moment for all questions: a pod that never started counts as started now.
const NOW: Timestamp = Timestamp(1_780_000_000);

const AREAS: [&str; 4] = ["mixed", "topology-spread", "inter-pod-affinity", "ports"];

/// Everything a placement says, but for the ids, which follow the state.
fn said(placement: &Placement) -> String {
    format!("{placement:#?}")
}

fn ask(scheduler: &Scheduler, cluster: &Cluster, pod: PodId) -> Placement {
    scheduler.schedule(cluster, pod, NOW)
}

/// Pending pods of a case.
fn pending(cluster: &Cluster) -> Vec<PodId> {
    cluster.pending().map(|pod| pod.id).collect()
}

#[test]
fn the_order_of_the_input_changes_no_answer() {
    for area in AREAS {
        for case in cases(area).step_by(4) {
            let (scheduler, cluster, reversed) = (case.scheduler(), case.cluster(), case.cluster_reversed());
            for pod in &case.pods {
                let ask = |cluster: &Cluster| ask(&scheduler, cluster, cluster.pod_named(key(pod)).unwrap().id);
                assert_eq!(said(&ask(&cluster)), said(&ask(&reversed)), "{} {pod}", case.name);
            }
        }
    }
}

#[test]
fn assume_then_forget_changes_nothing() {
    for area in AREAS {
        for case in cases(area).step_by(8) {
            let (scheduler, mut cluster) = (case.scheduler(), case.cluster());
            let pods = pending(&cluster);
            let before: Vec<String> = pods.iter().map(|pod| said(&ask(&scheduler, &cluster, *pod))).collect();
            for pod in &pods {
                let node = NodeId(pod.0 % cluster.nodes().len() as u32);
                cluster.assume(*pod, node);
                cluster.forget(*pod);
            }
            for (pod, before) in pods.iter().zip(before) {
                assert_eq!(said(&ask(&scheduler, &cluster, *pod)), before, "{}", case.name);
            }
        }
    }
}

#[test]
fn adding_capacity_never_removes_a_feasible_node() {
    for area in ["mixed", "resources-fit", "preemption"] {
        for case in cases(area).step_by(2) {
            let (scheduler, cluster) = (case.scheduler(), case.cluster());
            let mut larger = cluster.clone();
            for node in cluster.nodes() {
                larger.change_node(node.id, |node| {
                    node.allocatable.milli_cpu = node.allocatable.milli_cpu.saturating_add(64_000);
                    node.allocatable.memory = node.allocatable.memory.saturating_add(1 << 40);
                    node.allocatable.allowed_pod_number += 100;
                });
            }
            for pod in pending(&cluster) {
                let (before, after) = (ask(&scheduler, &cluster, pod), ask(&scheduler, &larger, pod));
                for node in before.feasible() {
                    let still = after.feasible().any(|other| other.name == node.name);
                    assert!(still, "{}: {} lost {}", case.name, before.pod, node.name);
                }
            }
        }
    }
}

/// Spread constraints count domains, and affinity of all pods to each other wants one of them filled:
/// not in this law. What a new node lacks is a pod, a label, a zone of its own.
#[test]
fn adding_a_node_never_removes_a_feasible_node() {
    let mut added = 0;
    for area in ["mixed", "resources-fit", "node-affinity", "taints"] {
        for case in cases(area).step_by(2) {
            let (scheduler, cluster) = (case.scheduler(), case.cluster());
            let Some(like) = cluster.nodes().first().map(NodeInfo::name) else { continue };
            let mut larger = cluster.clone();
            let edit = Edit::AddNode { like, name: name("one-more") };
            let Ok(undo) = edit.apply(&mut larger, scheduler.behaviour().request_gates()) else { continue };
            added += 1;
            let spread = |pod: &PodId| !cluster.pod(*pod).spec().topology_spread_constraints.is_empty();
            for pod in pending(&cluster).into_iter().filter(|pod| !spread(pod)) {
                let (before, after) = (ask(&scheduler, &cluster, pod), ask(&scheduler, &larger, pod));
                for node in before.feasible() {
                    let still = after.feasible().any(|other| other.name == node.name);
                    assert!(still, "{}: {} lost {}", case.name, before.pod, node.name);
                }
            }
            undo.undo(&mut larger);
            let first = |cluster: &Cluster| pending(cluster).first().map(|pod| said(&ask(&scheduler, cluster, *pod)));
            assert_eq!(first(&larger), first(&cluster), "{}", case.name);
        }
    }
    assert_eq!(added, 300, "nodes");
}

/// A node that is removed and put back changes no answer, wherever it stands.
#[test]
fn removing_a_node_and_putting_it_back_changes_nothing() {
    for area in ["mixed", "topology-spread", "inter-pod-affinity", "volumes", "image-locality", "dra"] {
        for case in cases(area).step_by(6) {
            let (scheduler, mut cluster) = (case.scheduler(), case.cluster());
            let gates = scheduler.behaviour().request_gates();
            let pods = pending(&cluster);
            let all =
                |cluster: &Cluster| pods.iter().map(|pod| said(&ask(&scheduler, cluster, *pod))).collect::<Vec<_>>();
            let before = all(&cluster);
            let mut edits: Vec<Edit> =
                cluster.nodes().iter().map(|node| Edit::RemoveNode { node: node.name() }).collect();
            // Pods that leave first, and a node in between.
            let on_nodes = cluster.pods().iter().filter(|pod| cluster.node_of(pod.id).is_some());
            edits.splice(1..1, on_nodes.step_by(2).map(|pod| Edit::DeletePod { pod: pod.key() }));
            let undos = Edit::apply_all(&edits, &mut cluster, gates).unwrap();
            assert!(cluster.nodes().is_empty());
            Undo::all(undos, &mut cluster);
            assert_eq!(all(&cluster), before, "{}", case.name);
        }
    }
}

#[test]
fn removing_taints_never_removes_a_feasible_node() {
    // Spread constraints that honour taints count more domains without them: not in this law.
    for case in cases("taints") {
        let (scheduler, cluster) = (case.scheduler(), case.cluster());
        let mut untainted = cluster.clone();
        for node in cluster.nodes() {
            untainted.change_node(node.id, |node| node.taints = Box::default());
        }
        for pod in pending(&cluster) {
            let (before, after) = (ask(&scheduler, &cluster, pod), ask(&scheduler, &untainted, pod));
            assert!(before.feasible().count() <= after.feasible().count(), "{}: {}", case.name, before.pod);
        }
    }
}

/// Pending pods in the order of the queue.
fn queued(cluster: &Cluster) -> Vec<PodId> {
    let mut pods = pending(cluster);
    queue::sort(cluster, &mut pods);
    pods
}

/// Cases of every area of devices, as the newest scheduler of the corpus allocates them.
fn cases_of_devices() -> Vec<(Scheduler, Case)> {
    let newest = corpus::minors().pop().unwrap();
    let areas = newest.areas.into_iter().filter(|(name, _)| name.starts_with("dra"));
    areas
        .flat_map(|(_, area)| corpus::read::<Case>(&area.cases).step_by(8).collect::<Vec<_>>())
        .filter_map(|case| Some((case.scheduler_of(newest.version).ok()?, case)))
        .collect()
}

#[test]
fn a_simulation_is_a_chain_of_single_questions() {
    let simulated = cases("simulate").step_by(4).map(|case| (case.scheduler(), case));
    for (scheduler, case) in simulated.chain(cases_of_devices()) {
        let (mut cluster, mut by_hand) = (case.cluster(), case.cluster());
        let pods = queued(&cluster);
        let steps = Simulation::new(&scheduler, &mut cluster, NOW, Ties::seeded(11)).run(&pods);
        for step in steps {
            let explained = scheduler.explain(&mut by_hand, step.pod_id, NOW);
            let at = format!("{} {}", case.name, step.pod);
            match step.outcome {
                Outcome::Placed(place) => {
                    assert!(explained.picks.contains(&place.name), "{at}");
                    assert_eq!(explained.picks.len(), place.tied, "{at}");
                    let there = explained.nodes.iter().find(|node| node.name == place.name).unwrap();
                    assert_eq!(there.total, Some(place.total), "{at}");
                    let takes = scheduler.reserve(&by_hand, &explained, place.node, NOW).unwrap();
                    let _ = by_hand.reserve(takes);
                    by_hand.assume(step.pod_id, place.node);
                }
                Outcome::Unplaced(unplaced) => {
                    assert!(!explained.schedulable, "{at}");
                    // PostFilter's text follows in an event, and is no part of a simulation.
                    let message = explained.message.unwrap_or_else(|| unplaced.message.clone());
                    assert!(message.starts_with(&unplaced.message), "{at}: {message}");
                }
            }
        }
    }
}

#[test]
fn a_simulation_that_is_rewound_leaves_no_trace() {
    let run = |simulation: &mut Simulation<'_>, pods: &[PodId]| format!("{:?}", simulation.run(pods));
    for area in ["simulate", "volumes", "dra"] {
        for case in cases(area).step_by(4) {
            let (scheduler, mut cluster) = (case.scheduler(), case.cluster());
            let pods = queued(&cluster);
            let mut simulation = Simulation::new(&scheduler, &mut cluster, NOW, Ties::First);
            let first = run(&mut simulation, &pods);
            simulation.rewind();
            let again = run(&mut Simulation::new(&scheduler, &mut cluster, NOW, Ties::First), &pods);
            assert_eq!(first, again, "{}", case.name);
        }
    }
}

/// Where the pods go is up to the strategy, whether a node would take them is not; and no strategy
/// does with fewer nodes than the bound says.
#[test]
fn every_strategy_keeps_to_the_feasible_nodes() {
    let weighted = Strategy::WeightedLeastLoad(name("kubernetes.io/hostname"));
    let strategies =
        [Strategy::Default, Strategy::Random, Strategy::LeastLoad, Strategy::BestFit, Strategy::FirstFit, weighted];
    let mut others = 0;
    for area in ["simulate", "mixed", "volumes", "dra", "topology-spread"] {
        for case in cases(area).step_by(8) {
            let (scheduler, mut cluster) = (case.scheduler(), case.cluster());
            let pods = queued(&cluster);
            let mut by_default = Vec::new();
            for strategy in strategies {
                let mut by_hand = case.cluster();
                let mut simulation = Simulation::new(&scheduler, &mut cluster, NOW, Ties::First).following(strategy);
                let steps: Vec<Step> = pods.iter().map(|pod| simulation.step(*pod)).collect();
                let at = format!("{} {}", case.name, strategy.name());
                let used = simulation.cluster().nodes().iter().filter(|node| !node.pods.is_empty()).count();
                assert!(nodes_needed(simulation.cluster(), &steps) <= used, "{at}");
                simulation.rewind();
                let places: Vec<_> = steps.iter().map(|step| step.place().map(|place| place.name)).collect();
                for (step, place) in steps.iter().zip(&places) {
                    let said = scheduler.decide(&by_hand, step.pod_id, NOW);
                    let Some(place) = place else { continue };
                    let node = said.feasible().find(|node| node.name == *place).unwrap_or_else(|| panic!("{at}")).id;
                    let takes = scheduler.reserve(&by_hand, &said, node, NOW).unwrap();
                    let _ = by_hand.reserve(takes);
                    by_hand.assume(step.pod_id, node);
                }
                match strategy {
                    Strategy::Default => by_default = places,
                    _ => others += usize::from(places != by_default),
                }
            }
        }
    }
    assert_eq!(others, 343, "runs that differ from the default");
}

/// Runs a preempting simulation of all pending pods of a case.
fn preempting(scheduler: &Scheduler, cluster: &mut Cluster, check: impl FnOnce(&[Step], &Cluster)) {
    let pods = queued(cluster);
    let mut simulation = Simulation::new(scheduler, cluster, NOW, Ties::seeded(7)).preempting(true);
    let steps = simulation.run(&pods);
    check(&steps, simulation.cluster());
    simulation.rewind();
}

#[test]
fn only_pods_of_lower_priority_are_preempted() {
    let mut preempted = 0;
    for area in ["preemption", "simulate", "mixed"] {
        for case in cases(area).step_by(2) {
            let (scheduler, mut cluster) = (case.scheduler(), case.cluster());
            let asked = queued(&cluster);
            preempting(&scheduler, &mut cluster, |steps, cluster| {
                let priority = |pod| cluster.pod_named(pod).unwrap().priority();
                for step in steps {
                    preempted += step.preempted.len();
                    assert!(
                        step.preempted.iter().all(|victim| priority(*victim) < priority(step.pod)),
                        "{}",
                        case.name
                    );
                }
                // One step for each pod that was asked about and each that was preempted, no more.
                let evicted = steps.iter().filter(|step| !step.evictions.is_empty() && !asked.contains(&step.pod_id));
                assert_eq!(steps.len(), asked.len() + evicted.count(), "{}", case.name);
                for step in steps {
                    let node = cluster.node_of(step.pod_id).map(|node| cluster.node(node).name());
                    assert_eq!(node, step.place().map(|place| place.name), "{} {}", case.name, step.pod);
                }
            });
        }
    }
    assert_eq!(preempted, 209, "evicted pods");
}

#[test]
fn a_preempting_simulation_that_is_rewound_leaves_no_trace() {
    for area in ["preemption", "simulate", "volumes"] {
        for case in cases(area).step_by(4) {
            let (scheduler, mut cluster) = (case.scheduler(), case.cluster());
            let mut runs = Vec::new();
            for _ in 0..2 {
                preempting(&scheduler, &mut cluster, |steps, _| runs.push(format!("{steps:?}")));
            }
            assert_eq!(runs[0], runs[1], "{}", case.name);
        }
    }
}

#[test]
fn every_pending_pod_is_in_one_group_and_the_state_stays() {
    for area in ["mixed", "simulate"] {
        for case in cases(area).step_by(8) {
            let (scheduler, mut cluster) = (case.scheduler(), case.cluster());
            let pods = queued(&cluster);
            let alone: Vec<Placement> = pods.iter().map(|pod| ask(&scheduler, &cluster, *pod)).collect();
            let found = pending::find(&scheduler, &mut cluster, &pods, NOW, true, MessageBasis::default());
            for placement in &alone {
                let of_pod: Vec<_> = found.groups.iter().filter(|group| group.pods.contains(&placement.pod)).collect();
                let [group] = of_pod.as_slice() else {
                    panic!("{}: {} is in no group or in two", case.name, placement.pod)
                };
                if matches!(group.root, Root::Fits | Root::Rejected(_)) {
                    assert_eq!(
                        matches!(group.root, Root::Fits),
                        placement.schedulable,
                        "{} {}",
                        case.name,
                        placement.pod
                    );
                }
                assert_eq!(said(&ask(&scheduler, &cluster, placement.pod_id)), said(placement), "{}", case.name);
            }
        }
    }
}

#[test]
fn capacity_is_what_a_simulation_places_and_more_nodes_are_enough_only_just() {
    for area in ["simulate", "resources-fit"] {
        for case in cases(area).step_by(16) {
            let (scheduler, mut cluster) = (case.scheduler(), case.cluster());
            for pod in pending(&cluster).into_iter().take(2) {
                let at = format!("{} {}", case.name, cluster.pod(pod).key());
                let before = said(&ask(&scheduler, &cluster, pod));
                let mut copies = Copies::of([Template { model: Model::Pod(pod), share: 1 }]);
                let capacity = measure(&scheduler, &mut cluster, &mut copies, 30, NOW);
                let placed = capacity.templates[0].placed;
                let on_nodes: usize = capacity.nodes.iter().map(|room| room.copies[0]).sum();
                assert_eq!(on_nodes, placed, "{at}");
                assert_eq!(capacity.stopped.is_none(), placed == 30, "{at}");
                // A second count finds the same: nothing of the first is left.
                let again = measure(&scheduler, &mut cluster, &mut copies, 30, NOW);
                assert_eq!(format!("{capacity:?}"), format!("{again:?}"), "{at}");
                if let Some(room) = capacity.nodes.iter().find(|room| room.copies[0] > 0) {
                    let like = NodeModel::Like(room.node);
                    let needed = nodes_for(&scheduler, &mut cluster, &mut copies, placed, &like, NOW).unwrap();
                    assert_eq!(needed, Needed::Nodes(0), "{at}");
                    let more = nodes_for(&scheduler, &mut cluster, &mut copies, placed + 1, &like, NOW).unwrap();
                    assert_ne!(more == Needed::Nodes(0), capacity.stopped.is_some(), "{at}");
                }
                assert_eq!(said(&ask(&scheduler, &cluster, pod)), before, "{at}");
            }
        }
    }
}
