//! A small state, what the scheduler said of it, and what is made of that.

use serde_json::{Value, json};

use super::*;
use crate::api::{ObjectKey, name};
use crate::config::{Behaviour, SchedulerConfig};
use crate::decode::{Kind, Object};
use crate::state::ClusterBuilder;

const NOW: Timestamp = Timestamp(1000);

fn at(seconds: i64) -> String {
    Timestamp(seconds).to_string()
}

/// Two nodes of 1 cpu that are as old as the hills, a pod that asks for 2 cpu, and `more`.
fn state(condition: Option<&str>, more: &[(Kind, Value)]) -> Cluster {
    let node = |name: &str| {
        let conditions = json!([{ "type": "Ready", "lastTransitionTime": at(10) }]);
        let allocatable = json!({ "cpu": "1", "pods": "10" });
        json!({ "metadata": { "name": name, "creationTimestamp": at(1) },
            "status": { "allocatable": allocatable, "conditions": conditions } })
    };
    let conditions = condition.map(|message| {
        json!([{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
            "lastTransitionTime": at(100) }])
    });
    let requests = json!({ "requests": { "cpu": "2" } });
    let pod = json!({ "metadata": { "name": "big", "namespace": "shop", "uid": "1", "creationTimestamp": at(90) },
        "spec": { "containers": [{ "name": "c", "resources": requests }] },
        "status": { "phase": "Pending", "conditions": conditions } });
    let objects = [(Kind::Node, node("a")), (Kind::Node, node("b")), (Kind::Pod, pod)];
    let mut builder = ClusterBuilder::default();
    for (kind, object) in objects.iter().chain(more) {
        builder.add(Object::decode(*kind, object.to_string().as_bytes()).unwrap().0);
    }
    builder.build(Behaviour::default().request_gates())
}

fn event(reporter: &str, message: &str, said: i64, last: i64) -> Event {
    Event {
        kind: name("Pod"),
        object: ObjectKey::new(name("shop"), name("big")),
        uid: name("1"),
        warning: true,
        reason: name(crate::decode::event::FAILED_SCHEDULING),
        message: message.into(),
        said: Some(Timestamp(said)),
        last: Some(Timestamp(last)),
        count: 1,
        reporter: name(reporter),
    }
}

const OURS: &str = "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are \
                    available: 2 Preemption is not helpful for scheduling.";

#[track_caller]
fn found(mut cluster: Cluster, events: &[Event], basis: MessageBasis) -> Option<SchedulerMessages> {
    for event in events {
        cluster.events.add(event.clone());
    }
    let behaviour = Behaviour::default();
    let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
    let pod = cluster.pod_named(ObjectKey::new(name("shop"), name("big"))).unwrap().id;
    let lifted = cluster.lift(pod);
    let placement = scheduler.explain_lifted(&cluster, &lifted, NOW);
    find(&placement, &cluster, &scheduler, basis)
}

#[track_caller]
fn case(condition: Option<&str>, events: &[Event], more: &[(Kind, Value)], expected: &str) {
    let basis = MessageBasis { configuration: true, version: true };
    let shown = found(state(condition, more), events, basis).map(|said| {
        let time = said.at.map_or_else(|| "ever".to_owned(), |at| at.0.to_string());
        format!("{:?} of {time}: {:?}, {:?}", said.source, said.comparison, said.differs)
    });
    assert_eq!(shown.unwrap_or_default(), expected);
}

#[test]
fn the_same() {
    case(None, &[], &[], "");
    case(Some(OURS), &[], &[], "Condition of 100: Same, Nothing");
    case(None, &[event("default-scheduler", OURS, 200, 200)], &[], "Event of 200: Same, Nothing");
    // The event has the time, the condition the text.
    case(Some(OURS), &[event("default-scheduler", OURS, 200, 300)], &[], "Event of 300: Same, Nothing");
    // A series began with another message; the condition is newer.
    case(Some(OURS), &[event("default-scheduler", "0/1 nodes", 200, 300)], &[], "Condition of 300: Same, Nothing");
    // Others say FailedScheduling too.
    case(None, &[event("karpenter", "no instance type", 200, 200)], &[], "");
    // An event of an earlier pod of this name.
    case(None, &[Event { uid: name("0"), ..event("", OURS, 200, 200) }], &[], "");
}

#[test]
fn older_than_the_state() {
    let node = json!({ "metadata": { "name": "c", "creationTimestamp": at(250) },
        "status": { "allocatable": { "cpu": "1", "pods": "10" } } });
    let created = r#"NodesCreated(Several { count: 1, names: ["c"] })"#;
    case(
        None,
        &[event("default-scheduler", OURS, 200, 200)],
        &[(Kind::Node, node.clone())],
        &format!("Event of 200: Stale([NodeCount {{ then: 2, now: 3 }}, {created}]), Message"),
    );
    // Of the same age there is nothing to tell but the count.
    case(
        None,
        &[event("default-scheduler", OURS, 250, 250)],
        &[(Kind::Node, node)],
        "Event of 250: Stale([NodeCount { then: 2, now: 3 }]), Message",
    );
    let none = "0/2 nodes are available: 1 Insufficient cpu, 1 Too many pods.";
    let pod = |status: Value| {
        let metadata = json!({ "name": "web", "namespace": "shop", "creationTimestamp": at(50) });
        (Kind::Pod, json!({ "metadata": metadata, "spec": { "nodeName": "a" }, "status": status }))
    };
    let placed = r#"Event of 200: Stale([PodsPlaced(Several { count: 1, names: ["shop/web"] })]), Message"#;
    let bound = json!({ "conditions": [{ "type": "PodScheduled", "status": "True", "lastTransitionTime": at(201) }] });
    let said = [event("", none, 200, 200)];
    case(None, &said, &[pod(json!({ "startTime": at(201) }))], placed);
    case(None, &said, &[pod(bound)], placed);
    let changed = json!({ "metadata": { "name": "b" }, "status": { "allocatable": { "cpu": "1", "pods": "10" },
        "conditions": [{ "lastTransitionTime": at(10) }, { "lastTransitionTime": at(400) }] } });
    case(
        None,
        &said,
        &[(Kind::Node, changed)],
        r#"Event of 200: Stale([NodesChanged(Several { count: 1, names: ["b"] })]), Message"#,
    );
}

#[test]
fn different() {
    let said = |message: &str| [event("default-scheduler", message, 200, 200)];
    case(
        None,
        &said("0/2 nodes are available: 2 Insufficient memory."),
        &[(
            Kind::Pod,
            json!({ "metadata": { "name": "web" }, "spec": { "nodeName": "a" }, "status": { "startTime": at(150) } }),
        )],
        "Event of 200: Different([StaleMemory, Untraced]), Message",
    );
    let other_part = "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption \
                      victims found for incoming pod.";
    case(None, &said(other_part), &[], "Event of 200: Different([Untraced]), Preemption");
    case(None, &said("0/2 nodes are available: 2 Insufficient cpu."), &[], "Event of 200: Same, Wording");
    let nominated = json!({ "metadata": { "name": "n" }, "status": { "nominatedNodeName": "a" } });
    case(
        None,
        &said("running PreFilter plugin: x"),
        &[(Kind::Pod, nominated)],
        "Event of 200: Different([NominatedPods(1), Untraced]), Message",
    );
    let tainted =
        json!({ "metadata": { "name": "b" }, "spec": { "taints": [{ "key": "k", "effect": "NoSchedule" }] } });
    case(
        None,
        &said(
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate",
        ),
        &[(Kind::Node, tainted)],
        "Event of 200: Different([TaintText]), TaintText",
    );
}

#[test]
fn what_is_not_known_of_the_scheduler_is_a_reason() {
    let said = event("", "0/2 nodes are available: 2 x.", 200, 200);
    let words = found(state(None, &[]), &[said], MessageBasis::default()).unwrap();
    let reasons = vec![Possibly::Configuration, Possibly::Version, Possibly::Untraced];
    assert_eq!(words.comparison, Comparison::Different(reasons));
    let phrase = |text: &str, theirs, ours| Phrase { text: text.to_owned(), theirs, ours };
    assert_eq!(words.phrases, [phrase("Insufficient cpu", 0, 2), phrase("x", 2, 0)]);
}

#[test]
fn events_are_cut_off() {
    let long = "x".repeat(EVENT_LIMIT + 1);
    let cut = format!("{} ...", "x".repeat(EVENT_LIMIT - 4));
    assert!(same(&long, &cut) && same(&long, &long));
    assert!(!same(&long, &long[1..]) && !same("xxx yyy", "xxx ..."));
}
