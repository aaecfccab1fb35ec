//! Extenders that are not asked: never silence.

use kubectl_sched::api::{ObjectKey, Timestamp, name};
use kubectl_sched::framework::cache::Common;
use serde_json::{Value, json};

use super::server::Server;
use super::{cluster, connected, node, notes, picks, place, pod, scheduler, three_nodes};

fn every_verb(server: &Server) -> Value {
    json!([{
        "urlPrefix": server.url, "filterVerb": "f", "prioritizeVerb": "s", "preemptVerb": "p", "bindVerb": "b",
        "weight": 1, "nodeCacheCapable": true,
    }])
}

#[test]
fn extenders_are_called_only_on_request() {
    let server = Server::start(Vec::new());
    let scheduler = scheduler(&every_verb(&server));
    let why = "this program calls no extenders";
    let placement = place(&three_nodes(), &scheduler);
    assert_eq!(picks(&placement), ["a", "b", "c"]);
    assert_eq!(
        notes(&placement, &server),
        [format!(
            "extender URL: it would have been asked to filter and prioritize, but was not: {why}; nodes that it rejects \
         count as feasible, and its scores are missing from the totals"
        )]
    );
    // Only the cycle's outcome: here no node is left for the first two.
    let placement = place(&[node("a"), pod("low", "4", 1, "a"), pod("p", "1", 10, "")], &scheduler);
    assert_eq!(
        notes(&placement, &server),
        [format!(
            "extender URL: it would have been asked to preempt, but was not: {why}; preemption candidates that it drops or \
         changes are shown as they were found"
        )]
    );
    assert!(server.requests().is_empty());
}

#[test]
fn a_pod_that_is_held_back_has_no_cycle() {
    let server = Server::start(Vec::new());
    let mut objects = three_nodes();
    objects[3]["spec"]["schedulingGates"] = json!([{ "name": "wait" }]);
    let placement = place(&objects, &connected(scheduler(&every_verb(&server))));
    assert!(server.requests().is_empty());
    assert_eq!(
        notes(&placement, &server),
        [
            "extender URL: it would have been asked to filter and prioritize, but was not: kube-scheduler runs no cycle for \
         a pod that PreEnqueue rejects; nodes that it rejects count as feasible, and its scores are missing from the \
         totals"
        ]
    );
}

#[test]
fn without_whole_objects_nobody_can_be_asked() {
    let server = Server::start(Vec::new());
    let scheduler = connected(scheduler(&every_verb(&server)));
    let mut cluster = cluster(&three_nodes(), &scheduler, false);
    let pod = cluster.pod_named(ObjectKey::new(name("ns"), name("p"))).unwrap().id;
    let placement = scheduler.schedule(&cluster, pod, Timestamp(0));
    assert!(server.requests().is_empty());
    assert!(
        notes(&placement, &server)[0].contains("was not: it is sent the whole Pod, which this state does not have")
    );
    // A pod that joined the state later can bring its object along.
    cluster.keep_raw_pod(pod, three_nodes()[3].to_string().as_bytes());
    scheduler.schedule(&cluster, pod, Timestamp(0));
    assert_eq!(server.requests()[0].1["Pod"]["metadata"]["uid"], "p");
}

#[test]
fn a_running_pod_is_sent_as_if_it_were_pending() {
    let server = Server::start(vec![("/f", json!({ "NodeNames": ["a"] }).into())]);
    let objects = [node("a"), node("b"), pod("p", "1", 10, "b")];
    let extenders = json!([{ "urlPrefix": server.url, "filterVerb": "f", "nodeCacheCapable": true }]);
    let placement = place(&objects, &connected(scheduler(&extenders)));
    let (_, body) = server.requests().remove(0);
    assert_eq!((&body["Pod"]["spec"]["nodeName"], &body["Pod"]["status"]["phase"]), (&json!(null), &json!("Pending")));
    assert!(!placement.current.unwrap().feasible);
}

/// A cycle that only sums scores up is no answer where an extender or a nomination has a say.
#[test]
fn sums_of_scores_are_for_plain_cycles_alone() {
    let nodes = |objects: &[Value], extenders: &Value| {
        let scheduler = scheduler(extenders);
        let cluster = cluster(objects, &scheduler, false);
        let pod = cluster.pod_named(ObjectKey::new(name("ns"), name("p"))).unwrap().id;
        scheduler.totals(&cluster, pod, Timestamp(0), &mut Common::default()).map(|(totals, _)| totals.nodes.len())
    };
    let nominated = |pod: Value| {
        let mut pod = pod;
        pod["status"]["nominatedNodeName"] = "b".into();
        pod
    };
    let mut itself = three_nodes();
    itself[3] = nominated(itself[3].clone());
    let another = [three_nodes(), vec![nominated(pod("q", "1", 10, ""))]].concat();
    let extender = json!([{ "urlPrefix": "http://192.0.2.1", "filterVerb": "filter" }]);
    assert_eq!(nodes(&three_nodes(), &json!([])), Some(3));
    assert_eq!(nodes(&three_nodes(), &extender), None);
    assert_eq!(nodes(&itself, &json!([])), None);
    assert_eq!(nodes(&another, &json!([])), None);
}
