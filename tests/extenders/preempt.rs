//! Preemption: extenders between the candidates found and the one picked.

use kubectl_sched::api::Name;
use kubectl_sched::framework::Placement;
use serde_json::{Value, json};

use super::server::{Reply, Server};
use super::{connected, message, node, notes, place, pod, scheduler};

/// Nodes a and b, each full with two pods of lower priority; b's are cheaper to remove.
fn full() -> Vec<Value> {
    vec![
        node("a"),
        node("b"),
        pod("a1", "2", 5, "a"),
        pod("a2", "2", 4, "a"),
        pod("b1", "2", 3, "b"),
        pod("b2", "2", 2, "b"),
        pod("p", "2", 10, ""),
    ]
}

fn run(reply: Reply, ignorable: bool) -> (Placement, Server) {
    let server = Server::start(vec![("/preempt", reply)]);
    let extenders = json!([{
        "urlPrefix": server.url, "preemptVerb": "preempt", "nodeCacheCapable": true, "ignorable": ignorable,
    }]);
    (place(&full(), &connected(scheduler(&extenders))), server)
}

/// `node: victims (violations)` of every candidate, and the pick.
fn found(placement: &Placement) -> String {
    let Some(preemption) = &placement.preemption else { return "none".to_owned() };
    let candidates = preemption.candidates.iter().map(|candidate| {
        let victims: Vec<_> = candidate.victims.iter().map(|victim| victim.name.as_str()).collect();
        format!("{}: {} ({})", candidate.node, victims.join(" "), candidate.pdb_violations)
    });
    let picks: Vec<_> = preemption.pick.iter().map(Name::as_str).collect();
    format!("{} -> {}", candidates.collect::<Vec<_>>().join(", "), picks.join(" "))
}

#[track_caller]
fn case(answer: Value, ignorable: bool, expected: &str) {
    let (placement, _) = run(answer.into(), ignorable);
    assert_eq!(found(&placement), expected);
}

#[test]
fn candidates_are_dropped_and_changed() {
    let victims = |uids: &[&str]| json!({ "Pods": uids.iter().map(|uid| json!({ "UID": uid })).collect::<Vec<_>>() });
    let (only_a, more) = (victims(&["a2"]), victims(&["b2", "b1"]));
    case(json!({ "NodeNameToMetaVictims": { "a": only_a } }), false, "a: a2 (0) -> a");
    case(json!({ "nodenametometavictims": { "a": only_a, "b": more } }), false, "a: a2 (0), b: b2 b1 (0) -> b");
    let costly = json!({ "Pods": [{ "UID": "b2" }], "NumPDBViolations": 1 });
    case(json!({ "NodeNameToMetaVictims": { "a": only_a, "b": costly } }), false, "a: a2 (0), b: b2 (1) -> a");
    // A node without victims is skipped only for an ignorable extender.
    case(json!({ "NodeNameToMetaVictims": { "a": only_a, "b": { "Pods": null } } }), true, "a: a2 (0) -> a");
}

#[test]
fn the_request_is_upstreams() {
    let (_, server) = run(json!({}).into(), false);
    let (_, body) = server.requests().remove(0);
    assert_eq!(body["Pod"]["metadata"]["name"], "p");
    assert_eq!(body["NodeNameToVictims"], json!(null));
    let victims = |uid: &str| json!({ "Pods": [{ "UID": uid }], "NumPDBViolations": 0 });
    assert_eq!(body["NodeNameToMetaVictims"], json!({ "a": victims("a2"), "b": victims("b2") }));

    let server = Server::start(vec![("/preempt", json!({}).into())]);
    let extenders = json!([{ "urlPrefix": server.url, "preemptVerb": "preempt" }]);
    place(&full(), &connected(scheduler(&extenders)));
    let (_, body) = server.requests().remove(0);
    assert_eq!(body["NodeNameToMetaVictims"], json!(null));
    assert_eq!(body["NodeNameToVictims"]["a"]["Pods"][0]["spec"]["nodeName"], "a");
}

/// What is answered, and what follows `preemption: ` in the message.
#[track_caller]
fn refused(reply: impl Into<Reply>, ignorable: bool, text: &str) {
    let (placement, server) = run(reply.into(), ignorable);
    let expected = format!("0/2 nodes are available: 2 Insufficient cpu. preemption: {text}");
    assert_eq!((message(&placement, &server), found(&placement)), (expected, "none".to_owned()));
}

#[test]
fn no_candidate_is_left() {
    let answer = |victims: Value| json!({ "NodeNameToMetaVictims": victims });
    refused(json!({}), false, "no candidate node for preemption");
    refused(answer(json!({ "a": { "Pods": [] } })), true, "no candidate node for preemption");
    refused(answer(json!({ "a": { "Pods": [] } })), false, "expected at least one victim pod on node \"a\"");
    refused(answer(json!({ "ghost": { "Pods": [] } })), false, "nodeinfo not found for node name \"ghost\"");
    refused(
        answer(json!({ "a": { "Pods": [{ "UID": "b1" }] } })),
        false,
        "extender: URL claims to preempt pod (UID: &{b1}) on node: a, but the pod is not found on that node",
    );
    refused(Reply::Status(500, ""), false, "failed preempt with extender at URL URL/preempt, code 500");
}

#[test]
fn an_ignorable_failure_changes_nothing() {
    let (placement, server) = run(Reply::Status(500, ""), true);
    assert_eq!(found(&placement), "a: a2 (0), b: b2 (0) -> b");
    assert_eq!(notes(&placement, &server).len(), 1);
}

#[test]
fn a_node_that_an_extender_turned_down_may_not_need_a_victim() {
    // Upstream's dry run does not ask extenders: with nobody in the way it finds no victim.
    let server = Server::start(vec![("/filter", json!({ "FailedNodes": { "a": "full" } }).into())]);
    let extenders = json!([{ "urlPrefix": server.url, "filterVerb": "filter", "nodeCacheCapable": true }]);
    let objects = [node("a"), pod("small", "1", 1, "a"), pod("p", "1", 10, "")];
    let placement = place(&objects, &connected(scheduler(&extenders)));
    assert_eq!(
        placement.message.unwrap(),
        "0/1 nodes are available: 1 full. preemption: expected at least one victim pod on node \"a\""
    );
}
