//! Pods that are preempted, and pods that stay together, on states of one kind of resource.

use serde_json::{Value, json};

use super::{Outcome, Simulation, Step, Ties, queue};
use crate::api::Timestamp;
use crate::api::requests::RequestGates;
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::decode::{Kind, Object};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, ClusterBuilder, PodId};

const NOW: Timestamp = Timestamp(1_780_000_000);
const GATES: RequestGates =
    RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..RequestGates::OFF };

/// Objects, a line each:
/// - `node NAME CPUS`
/// - `pod NAME CPUS PRIORITY [on=NODE] [nominated=NODE] [bare] [gang=NAME] [never] [gated] [guarded]`: pods have a
///   controller unless `bare`; `never` does not preempt, `guarded` ones have the budget's label
/// - `gang NAME MIN_MEMBER`
/// - `budget NAME ALLOWED`
fn state(text: &str) -> Cluster {
    let mut builder = ClusterBuilder::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (kind, object) = match words.as_slice() {
            ["node", name, cpus] => (
                Kind::Node,
                json!({"metadata": {"name": name}, "status": {"allocatable": {"cpu": cpus, "pods": "99"}}}),
            ),
            ["pod", name, cpus, priority, more @ ..] => (Kind::Pod, pod(name, cpus, priority, more)),
            ["gang", name, members] => (
                Kind::CoschedulingPodGroup,
                json!({"metadata": {"name": name}, "spec": {"minMember": members.parse::<i32>().unwrap()}}),
            ),
            ["budget", name, allowed] => (
                Kind::PodDisruptionBudget,
                json!({"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"guarded": "yes"}}},
                    "status": {"disruptionsAllowed": allowed.parse::<i32>().unwrap()}}),
            ),
            other => panic!("{other:?}"),
        };
        builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
    }
    builder.build(GATES)
}

fn pod(name: &str, cpus: &str, priority: &str, more: &[&str]) -> Value {
    let value = |key: &str| more.iter().find_map(|word| word.strip_prefix(key));
    let has = |word: &str| more.contains(&word);
    let mut labels = json!({});
    if let Some(gang) = value("gang=") {
        labels["scheduling.x-k8s.io/pod-group"] = json!(gang);
    }
    if has("guarded") {
        labels["guarded"] = json!("yes");
    }
    let owners = json!([{"kind": "ReplicaSet", "name": "r", "controller": true}]);
    json!({
        "metadata": {"name": name, "labels": labels, "ownerReferences": if has("bare") { json!([]) } else { owners }},
        "spec": {
            "nodeName": value("on="),
            "priority": priority.parse::<i32>().unwrap(),
            "preemptionPolicy": has("never").then_some("Never"),
            "schedulingGates": if has("gated") { json!([{"name": "wait"}]) } else { json!([]) },
            "containers": [{"resources": {"requests": {"cpu": cpus}}}],
        },
        "status": {"nominatedNodeName": value("nominated=")},
    })
}

fn scheduler() -> Scheduler {
    let behaviour = Behaviour::new(KubeVersion::NEWEST);
    Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour)
}

fn pending(cluster: &Cluster) -> Vec<PodId> {
    let mut pods: Vec<PodId> = cluster.pending().map(|pod| pod.id).collect();
    queue::sort(cluster, &mut pods);
    pods
}

fn shown(step: &Step) -> String {
    let mut parts = vec![match &step.outcome {
        Outcome::Placed(place) => format!("{} on {}", step.pod.name, place.name),
        Outcome::Unplaced(_) => format!("{} pending", step.pod.name),
    }];
    let victims: Vec<&str> = step.preempted.iter().map(|victim| victim.name.as_str()).collect();
    if !victims.is_empty() {
        parts.push(format!("{} preempted", victims.join(" ")));
    }
    parts.extend(step.evictions.iter().map(|eviction| format!("left {} for {}", eviction.node, eviction.by.name)));
    parts.join(", ")
}

/// Of pods without a place.
fn messages(steps: &[Step]) -> Vec<&str> {
    let unplaced = steps.iter().filter_map(|step| match &step.outcome {
        Outcome::Unplaced(unplaced) => Some(unplaced),
        Outcome::Placed(_) => None,
    });
    unplaced.map(|unplaced| unplaced.message.as_str()).collect()
}

fn run(text: &str) -> Vec<Step> {
    let (scheduler, mut cluster) = (scheduler(), state(text));
    let pods = pending(&cluster);
    Simulation::new(&scheduler, &mut cluster, NOW, Ties::First).preempting(true).run(&pods)
}

#[track_caller]
fn case(text: &str, expected: &[&str]) {
    assert_eq!(run(text).iter().map(shown).collect::<Vec<_>>(), expected);
}

#[test]
fn the_lower_is_preempted_and_placed_again() {
    case(
        "node a 4
         node b 1
         pod low 1 1 on=a
         pod large 3 5 on=a
         pod high 1 9",
        &["high on b"],
    );
    case(
        "node a 4
         node b 1
         pod low 1 1 on=a
         pod large 3 5 on=a
         pod filler 1 9 on=b
         pod high 1 9",
        &["high on a, low preempted", "low pending, left a for high"],
    );
    case(
        "node a 2
         node b 1
         pod low 1 1 on=a
         pod lower 1 0 on=b
         pod filler 1 9 on=a
         pod high 1 5",
        // The lowest goes first, and nothing is left for it.
        &["high on b, lower preempted", "lower pending, left b for high"],
    );
}

/// Of pods that are nominated in the state: those that still are behind a run of `version`.
#[track_caller]
fn still_nominated(version: &str, config: SchedulerConfig, text: &str) -> Vec<String> {
    let scheduler = Scheduler::new(config, Behaviour::new(version.parse().unwrap()));
    let mut cluster = state(text);
    let pods = pending(&cluster);
    let mut simulation = Simulation::new(&scheduler, &mut cluster, NOW, Ties::First).preempting(true);
    simulation.run(&pods);
    let nominated = simulation.cluster().pending().filter(|pod| pod.own.nominated_node_name.is_some());
    nominated.map(|pod| pod.key().name.to_string()).collect()
}

#[test]
fn a_nominated_pod_without_a_candidate_loses_its_nomination() {
    let of = |version: &str| SchedulerConfig::default_for(&Behaviour::new(version.parse().unwrap()));
    let without_preemption = |version: &str| {
        let config = json!({"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
            "profiles": [{"plugins": {"postFilter": {"disabled": [{"name": "*"}]}}}]});
        SchedulerConfig::parse(&config, &Behaviour::new(version.parse().unwrap())).unwrap()
    };
    // `large` is larger than the node, even an empty one.
    let too_large = "node a 4
         pod high 2 9 on=a
         pod large 6 5 nominated=a
         pod small 2 1";
    // It may not preempt others, so preemption is not tried.
    let never = "node a 4
         pod other 3 1 on=a
         pod large 2 5 nominated=a never";
    for version in ["v1.33", "v1.34", "v1.35", "v1.36", "v1.37"] {
        assert_eq!(still_nominated(version, of(version), too_large), [""; 0], "{version}");
        assert_eq!(still_nominated(version, of(version), never), ["large"], "{version}");
    }
    // Without any plugin that preempts it kept its nomination before v1.35.
    assert_eq!(still_nominated("v1.34", without_preemption("v1.34"), too_large), ["large"]);
    assert_eq!(still_nominated("v1.36", without_preemption("v1.36"), too_large), [""; 0]);
}

#[test]
fn what_a_nomination_kept_is_there_for_others_when_it_is_cleared() {
    case(
        "node a 4
         pod high 2 9 on=a
         pod large 6 5 nominated=a
         pod small 2 1",
        &["large pending", "small on a"],
    );
}

#[test]
fn a_preempted_pod_may_preempt_others() {
    case(
        "node a 2
         node b 1
         pod middle 1 5 on=a
         pod also 1 5 on=a
         pod low 1 1 on=b
         pod high 2 9",
        &[
            "high on a, also middle preempted",
            // While the other one is nominated to what it freed.
            "middle pending, left a for high",
            "also on b, low preempted, left a for high",
            "low pending, left b for also",
        ],
    );
}

#[test]
fn the_nominated_comes_behind_its_equals_and_before_the_lower() {
    case(
        "node a 2
         pod low 1 1 on=a
         pod other 1 1 on=a
         pod high-1 1 9
         pod high-2 1 9
         pod small 0 5",
        &[
            "high-1 on a, other preempted",
            "high-2 on a, low preempted",
            "small on a",
            "other pending, left a for high-1",
            "low pending, left a for high-2",
        ],
    );
}

#[test]
fn who_was_turned_away_is_tried_again_when_others_left() {
    // `shy` may not preempt others, but takes what is left after they were preempted.
    case(
        "node a 3
         pod low 2 1 on=a
         pod lower 1 1 on=a
         pod shy 1 9 never
         pod high 2 5",
        &["shy pending", "high on a, low preempted", "low pending, left a for high"],
    );
    case(
        "node a 4
         pod low 3 1 on=a
         pod shy 2 9 never
         pod high 2 5",
        &["high on a, low preempted", "low pending, left a for high", "shy on a"],
    );
}

#[test]
fn a_pod_that_is_not_recreated_is_gone() {
    let text = "node a 1
         pod low 1 1 on=a bare
         pod high 1 9";
    case(text, &["low pending, left a for high", "high on a, low preempted"]);
    assert_eq!(messages(&run(text)), ["preempted by pod default/high on node a, and no controller recreates it"]);
}

#[test]
fn a_budget_is_drawn_on_only_once() {
    let (scheduler, mut cluster) = (
        scheduler(),
        state(
            "node a 1
             node b 1
             budget guard 1
             pod guarded-1 1 1 on=a guarded
             pod plain 1 2 on=b
             pod high-1 1 9
             pod high-2 1 9",
        ),
    );
    let pods = pending(&cluster);
    let mut simulation = Simulation::new(&scheduler, &mut cluster, NOW, Ties::First).preempting(true);
    let steps = simulation.run(&pods);
    let victims: Vec<String> = steps.iter().map(shown).collect();
    assert_eq!(victims[..2], ["high-1 on a, guarded-1 preempted", "high-2 on b, plain preempted"]);
    assert_eq!(simulation.cluster().budgets[0].disruptions_allowed, 0);
    simulation.rewind();
    assert_eq!(cluster.budgets[0].disruptions_allowed, 1);
    let there: Vec<_> = cluster.pods().iter().filter_map(|pod| pod.own.node_name).collect();
    assert_eq!(there, ["a", "b"]);
}

#[test]
fn a_gang_is_placed_whole_or_not_at_all() {
    let members = "pod g-1 1 0 gang=g
         pod g-2 1 0 gang=g
         pod g-3 1 0 gang=g
         pod h 1 0";
    case(&format!("node a 3\ngang g 3\n{members}"), &["g-1 on a", "g-2 on a", "g-3 on a", "h pending"]);
    let too_small = format!("node a 2\ngang g 3\n{members}");
    case(&too_small, &["g-1 pending", "g-2 pending", "g-3 pending", "h on a"]);
    let held = "pod group \"g\": only 2 of its pods fit, and 3 must";
    assert_eq!(messages(&run(&too_small))[..2], [held, held]);
    case(&format!("node a 2\ngang g 2\n{members}"), &["g-1 on a", "g-2 on a", "g-3 pending", "h pending"]);
    // What runs already counts.
    case(
        &format!("node a 3\ngang g 3\npod g-0 1 0 gang=g on=a\n{members}"),
        &["g-1 on a", "g-2 on a", "g-3 pending", "h pending"],
    );
    let too_few = format!("node a 9\ngang g 5\n{members}");
    case(&too_few, &["g-1 pending", "g-2 pending", "g-3 pending", "h on a"]);
    assert_eq!(messages(&run(&too_few))[0], "pod group \"g\": it has 3 pods, and 5 must fit");
}

#[test]
fn nothing_is_preempted_for_a_gang_that_does_not_fit() {
    case(
        "node a 2
         gang g 3
         pod low 2 0 on=a
         pod g-1 1 9 gang=g
         pod g-2 1 9 gang=g
         pod g-3 1 9 gang=g",
        &["g-1 pending", "g-2 pending", "g-3 pending"],
    );
    case(
        "node a 2
         gang g 2
         pod low 2 0 on=a
         pod g-1 1 9 gang=g
         pod g-2 1 9 gang=g",
        &["g-1 on a, low preempted", "g-2 on a", "low pending, left a for g-1"],
    );
}

#[test]
fn one_of_a_gang_may_be_preempted_for_another() {
    case(
        "node a 2
         node b 1
         gang g 1
         pod g-1 1 1 gang=g on=a
         pod g-2 1 1 gang=g on=a
         pod g-3 2 9 gang=g",
        &["g-3 on a, g-1 g-2 preempted", "g-1 on b, left a for g-3", "g-2 pending, left a for g-3"],
    );
}

#[test]
fn a_gated_pod_makes_nobody_leave() {
    case("node a 1\npod low 1 0 on=a\npod high 1 9 gated", &["high pending"]);
}

/// A lean cycle knows nothing of nominations, so that it must not answer where there are some.
#[test]
fn the_node_of_a_nominated_pod_is_left_to_it() {
    let first = |text: &str| {
        let (scheduler, mut cluster) = (scheduler(), state(text));
        let last = pending(&cluster).pop().unwrap();
        shown(&Simulation::new(&scheduler, &mut cluster, NOW, Ties::First).step(last))
    };
    assert_eq!(first("node a 1\n node b 1\n pod low 1 0"), "low on a");
    assert_eq!(first("node a 1\n node b 1\n pod low 1 0\n pod high 1 9 nominated=a"), "low on b");
}
