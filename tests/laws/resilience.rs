//! Losses and drain plans, checked by hand: one question after the other, the budgets counted apart.

use std::path::PathBuf;

use kubectl_sched::api::selector::Selector;
use kubectl_sched::api::{Name, ObjectKey, name};
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::edit::Edit;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::resilience::drain_plan::{DrainPlan, propose};
use kubectl_sched::simulate::resilience::{By, Unit, sweep};
use kubectl_sched::simulate::scenario::lost;
use kubectl_sched::simulate::{Outcome, Simulation, Step, Ties, Unwatched};
use kubectl_sched::source;
use kubectl_sched::state::{Cluster, NodeInfo, Pod};
use serde_json::{Value, json};

use super::NOW;
use super::common::{build, cases};

/// The example clusters, and one where budgets let pods go wave by wave.
fn examples() -> Vec<(Scheduler, Cluster)> {
    let read = |file: &str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/clusters").join(file);
        let manifests = source::read_manifests(&path.into()).unwrap().objects;
        manifests.iter().map(|manifest| serde_json::from_slice(&manifest.json).unwrap()).collect::<Vec<Value>>()
    };
    let mut examples = vec![read("mixed.yaml"), read("zones.yaml"), read("gpu.yaml"), with_room()];
    // The same with a controller for every pod: more can be evicted.
    for place in 0..3 {
        let mut objects = examples[place].clone();
        for pod in objects.iter_mut().filter(|object| object["kind"] == "Pod") {
            pod["metadata"]["ownerReferences"] = json!([{"kind": "ReplicaSet", "name": "x", "controller": true}]);
        }
        examples.push(objects);
    }
    let build = |objects: Vec<Value>| {
        let behaviour = Behaviour::new(KubeVersion::REFERENCE);
        let cluster = build::cluster(&objects, &behaviour);
        (Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour), cluster)
    };
    examples.into_iter().map(build).collect()
}

/// Eight nodes with room, four apps with eight pods each, and budgets of 0, 1, 2 and 3.
fn with_room() -> Vec<Value> {
    let mut objects = Vec::new();
    for node in 0..8 {
        objects.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("n-{node}"),
            "labels": {"kubernetes.io/hostname": format!("n-{node}"), "topology.kubernetes.io/zone": format!("z-{}", node % 2)}},
            "status": {"allocatable": {"cpu": "8", "memory": "8Gi", "pods": "12"}}}));
    }
    for app in 0..4 {
        let labels = json!({"app": format!("app-{app}")});
        objects.push(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"namespace": "a", "name": format!("app-{app}")},
            "spec": {"selector": {"matchLabels": labels}}, "status": {"disruptionsAllowed": app}}));
        for pod in 0..8 {
            let kind = if pod == 7 { "DaemonSet" } else { "ReplicaSet" };
            objects.push(json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"namespace": "a", "name": format!("app-{app}-{pod}"), "labels": labels,
                    "ownerReferences": [{"kind": kind, "name": "x", "controller": true}]},
                "spec": {"nodeName": format!("n-{}", (pod / (app + 1)) % 8),
                    "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
                "status": {"phase": "Running"}}));
        }
    }
    objects
}

fn said(cluster: &Cluster) -> String {
    format!("{:?} {:?} {:?}", cluster.nodes(), cluster.pods(), cluster.budgets)
}

fn edit(scheduler: &Scheduler, cluster: &mut Cluster, edit: &Edit) {
    // A replay is never taken back.
    let _ = edit.apply(cluster, scheduler.behaviour().request_gates()).unwrap();
}

/// Places pods as `steps` say, if kube-scheduler could.
fn follow(scheduler: &Scheduler, cluster: &mut Cluster, steps: &[Step]) {
    for step in steps {
        let placement = scheduler.schedule(cluster, step.pod_id, NOW);
        match &step.outcome {
            Outcome::Placed(place) => {
                assert!(placement.picks.contains(&place.name), "{} to {}", step.pod, place.name);
                let node = cluster.node_named(place.name).unwrap().id;
                let takes = scheduler.reserve(cluster, &placement, node, NOW).unwrap();
                let _ = cluster.reserve(takes);
                cluster.assume(step.pod_id, node);
            }
            Outcome::Unplaced(unplaced) => {
                assert!(!placement.schedulable, "{}", step.pod);
                assert!(placement.message.unwrap_or_default().starts_with(&unplaced.message), "{}", step.pod);
            }
        }
    }
}

/// What each loss says is what comes of it on a fresh copy of the state, question by question, and
/// the same on one thread as on many.
#[test]
fn a_loss_is_what_single_questions_say() {
    let recorded = ["simulate", "mixed", "volumes"].into_iter().flat_map(|area| cases(area).step_by(24));
    let recorded = recorded.map(|case| (case.scheduler(), case.cluster()));
    let (mut moved, mut unplaced, mut broken, mut followed) = (0, 0, 0, 0);
    for (scheduler, cluster) in recorded.chain(examples()) {
        for by in [By::Node, By::Zone] {
            let (units, _) = by.units(&cluster);
            let run = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| sweep(&scheduler, &cluster, &units, NOW, &Unwatched)).unwrap()
            };
            let all = run(1);
            assert_eq!(format!("{all:?}"), format!("{:?}", run(3)));
            assert_eq!(all.losses.len(), units.len());
            for loss in &all.losses {
                let mut by_hand = cluster.clone();
                lose(&scheduler, &mut by_hand, &loss.unit);
                // A pod that is preempted in between has left before its own step: single questions do not show that.
                if loss.steps.iter().all(|step| step.preempted.is_empty() && step.evictions.is_empty()) {
                    follow(&scheduler, &mut by_hand, &loss.steps);
                    followed += 1;
                }
                moved += loss.steps.len();
                unplaced += loss.pods_without_a_place();
                broken += loss.broken.len();
                assert!(
                    loss.broken
                        .iter()
                        .all(|broken| broken.gone > broken.allowed && broken.gone >= broken.unrecoverable)
                );
            }
        }
    }
    assert_eq!((moved, unplaced, broken, followed), (311, 64, 55, 315));
}

fn lose(scheduler: &Scheduler, cluster: &mut Cluster, unit: &Unit) {
    for node in &unit.nodes {
        let edits = lost::node(cluster, cluster.node_named(*node).unwrap()).edits(cluster);
        for change in &edits {
            edit(scheduler, cluster, change);
        }
        edit(scheduler, cluster, &Edit::RemoveNode { node: *node });
    }
}

/// What is left of each budget.
struct Left(Vec<(ObjectKey, Option<Selector>, i32)>);

impl Left {
    fn of(cluster: &Cluster) -> Self {
        let budgets = cluster.budgets.iter();
        Self(budgets.map(|budget| (budget.key, budget.compiled_selector(), budget.disruptions_allowed)).collect())
    }

    fn of_pod<'a>(&'a mut self, pod: &'a Pod) -> impl Iterator<Item = &'a mut i32> {
        let selects = |budget: &ObjectKey, selector: &Option<Selector>| {
            budget.namespace == pod.key().namespace
                && selector.as_ref().is_some_and(|selector| selector.matches(pod.labels()))
        };
        self.0.iter_mut().filter(move |(budget, selector, _)| selects(budget, selector)).map(|(_, _, left)| left)
    }
}

/// Drains by hand as the plan says; how many waves of how many pods there were.
fn replay(scheduler: &Scheduler, cluster: &mut Cluster, nodes: &[Name], plan: &DrainPlan) -> (usize, usize) {
    let mut left = Left::of(cluster);
    let (mut waves, mut evicted) = (0, 0);
    for node in nodes {
        edit(scheduler, cluster, &Edit::Cordon { node: *node });
    }
    for drain in &plan.drains {
        for wave in &drain.waves {
            waves += 1;
            for pod in &wave.evicted {
                let pod = cluster.pod_named(*pod).unwrap();
                let on = cluster.node_of(pod.id).map(|node| cluster.node(node).name());
                assert_eq!(on, Some(drain.node), "{}", pod.key());
                for left in left.of_pod(pod) {
                    *left -= 1;
                    assert!(*left >= 0, "one more of {} than its budget allows", pod.key());
                }
                let edits = lost::of(cluster, std::iter::once(pod)).edits(cluster);
                for change in &edits {
                    edit(scheduler, cluster, change);
                }
                evicted += 1;
            }
            follow(scheduler, cluster, &wave.steps);
            for step in wave.steps.iter().filter(|step| step.place().is_some()) {
                left.of_pod(cluster.pod(step.pod_id)).for_each(|left| *left += 1);
            }
        }
        for pod in drain.refused.iter().filter_map(|refusal| refusal.pod) {
            let mut budgets: Vec<_> = left.of_pod(cluster.pod_named(pod).unwrap()).collect();
            assert!(budgets.len() > 1 || budgets.pop().is_some_and(|left| *left <= 0), "{pod} could have gone");
        }
        let stays = cluster.node_named(drain.node).unwrap().pods.len();
        assert_eq!(stays, drain.kept.len() + drain.staying, "{}", drain.node);
    }
    (waves, evicted)
}

/// A drain plan for every node of the example clusters, alone, with every second one, and with
/// those of its zone: never more evictions of a budget at once than it allows.
#[test]
fn drain_plans_heed_the_budgets_step_by_step() {
    let (mut waves, mut evicted, mut complete) = (0, 0, 0);
    for (scheduler, mut cluster) in examples() {
        let before = said(&cluster);
        let nodes: Vec<Name> = cluster.nodes().iter().map(NodeInfo::name).collect();
        let mut sets: Vec<Vec<Name>> = nodes.iter().map(|node| vec![*node]).collect();
        sets.push(nodes.iter().copied().step_by(2).collect());
        sets.push(nodes.iter().copied().take(nodes.len() / 2).collect());
        sets.extend(
            By::Label(name("topology.kubernetes.io/zone")).units(&cluster).0.into_iter().map(|unit| unit.nodes),
        );
        for (set, force) in sets.iter().flat_map(|set| [(set, false), (set, true)]) {
            let mut by_hand = cluster.clone();
            let mut simulation = Simulation::new(&scheduler, &mut cluster, NOW, Ties::First);
            let plan = propose(&mut simulation, set, force).unwrap();
            simulation.rewind();
            assert_eq!(said(&cluster), before);
            let mut planned: Vec<Name> = plan.drains.iter().map(|drain| drain.node).collect();
            planned.sort_unstable();
            let mut asked = set.clone();
            asked.sort_unstable();
            assert_eq!(planned, asked);
            let (more, pods) = replay(&scheduler, &mut by_hand, set, &plan);
            waves += more;
            evicted += pods;
            complete += usize::from(plan.is_complete());
        }
    }
    assert_eq!((waves, evicted, complete), (177, 321, 95));
}
