//! Filtering: what is asked, in which order, and what the answers make of the nodes.

use kubectl_sched::framework::Code;
use serde_json::{Value, json};

use super::server::{Reply, Server};
use super::{ask, connected, message, node, notes, picks, place, pod, scheduler, three_nodes};

/// What an extender that knows the nodes answers, the nodes then left, and the message.
#[track_caller]
fn case(answer: Value, left: &[&str], text: &str) {
    let server = Server::start(vec![("/filter", answer.into())]);
    let placement = ask(&server, json!({ "filterVerb": "filter", "nodeCacheCapable": true }));
    assert_eq!((picks(&placement), message(&placement, &server).as_str()), (left.to_vec(), text));
    assert_eq!(placement.schedulable, !left.is_empty());
    assert_eq!(notes(&placement, &server), [""; 0]);
}

#[test]
fn answers_by_name() {
    let hopeless = "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    case(json!({ "NodeNames": ["b", "c"], "FailedNodes": { "a": "full" } }), &["b", "c"], "");
    case(json!({ "nodenames": ["b"] }), &["b"], "");
    // What is named is left, whatever is said of it besides.
    case(json!({ "NodeNames": ["a"], "FailedNodes": { "a": "full" } }), &["a"], "");
    // No word on a node: upstream keeps no status for it, and the event does not count it.
    case(json!({ "NodeNames": [] }), &[], &format!("0/3 nodes are available: {hopeless}"));
    case(json!(null), &[], &format!("0/3 nodes are available: {hopeless}"));
    case(
        json!({ "FailedNodes": { "a": "no gpu", "b": "no gpu" }, "FailedAndUnresolvableNodes": { "b": "no driver" } }),
        &[],
        "0/3 nodes are available: 1 no driver, 1 no gpu. preemption: 0/3 nodes are available: \
         1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
    );
    // Also what is said of a node that does not exist is counted.
    case(
        json!({ "FailedNodes": { "ghost": "haunted" } }),
        &[],
        &format!("0/3 nodes are available: 1 haunted. {hopeless}"),
    );
}

#[test]
fn the_request_is_upstreams() {
    let server = Server::start(vec![("/api/filter", json!({ "NodeNames": ["a"] }).into())]);
    let url = format!("{}/api//", server.url);
    let extenders = json!([{ "urlPrefix": url, "filterVerb": "filter", "nodeCacheCapable": true }]);
    place(&three_nodes(), &connected(scheduler(&extenders)));
    let mut sent = pod("p", "1", 10, "");
    sent.as_object_mut().unwrap().retain(|field, _| field != "kind" && field != "apiVersion");
    let body = json!({ "Pod": sent, "Nodes": null, "NodeNames": ["a", "b", "c"] });
    assert_eq!(server.requests(), [("/api/filter".to_owned(), body)]);
}

#[test]
fn whole_nodes_go_both_ways() {
    // Node a has a pod, so b and c are better; but of nodes that an extender answers with,
    // upstream's scoring does not see the pods.
    let objects = [three_nodes(), vec![pod("other", "3", 10, "a")]].concat();
    let answer = json!({ "Nodes": { "items": [node("a"), node("b")] } });
    let server = Server::start(vec![("/filter", answer.into()), ("/all", json!({ "nodes": null }).into())]);
    let extender = |verb: &str| json!([{ "urlPrefix": server.url, "filterVerb": verb }]);
    assert_eq!(picks(&place(&objects, &scheduler(&json!([])))), ["b", "c"]);
    let placement = place(&objects, &connected(scheduler(&extender("filter"))));
    assert_eq!(picks(&placement), ["a", "b"]);
    let (_, body) = server.requests().remove(0);
    assert_eq!(body["NodeNames"], json!(null));
    let items = body["Nodes"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(items[0]["metadata"], json!({ "name": "a", "labels": { "kubernetes.io/hostname": "a" } }));
    assert_eq!(items[0]["status"], node("a")["status"]);
}

#[test]
fn each_is_asked_about_what_its_predecessors_left_and_the_ignorable_last() {
    // Each has an address of its own: reasons name the extender by it.
    let server = Server::start(vec![
        ("/1/filter", json!({ "NodeNames": ["a", "b"], "FailedNodes": { "c": "one" } }).into()),
        ("/2/filter", json!({ "NodeNames": ["b"], "FailedNodes": { "c": "two" } }).into()),
        ("/3/filter", json!({ "NodeNames": [], "FailedAndUnresolvableNodes": { "b": "three" } }).into()),
        ("/4/filter", json!({ "NodeNames": ["a"] }).into()),
    ]);
    let url = |path: &str| format!("{}/{path}", server.url);
    let extender = |path: &str, ignorable: bool| json!({ "urlPrefix": url(path), "filterVerb": "filter", "nodeCacheCapable": true, "ignorable": ignorable });
    let extenders = json!([extender("3", true), extender("1", false), extender("2", false), extender("4", true)]);
    let placement = place(&three_nodes(), &connected(scheduler(&extenders)));
    let asked: Vec<_> = server.requests().into_iter().map(|(path, body)| (path, body["NodeNames"].clone())).collect();
    let expected =
        [("/1/filter", json!(["a", "b", "c"])), ("/2/filter", json!(["a", "b"])), ("/3/filter", json!(["b"]))];
    assert_eq!(asked, expected.map(|(path, names)| (path.to_owned(), names)));
    let said: Vec<_> = placement.nodes.iter().map(|node| (node.code(), node.reasons()[0].to_string())).collect();
    let silent = format!("node(s) were not in the answer of extender {}", url("2"));
    let unresolvable = Code::UnschedulableAndUnresolvable;
    let expected = [(unresolvable, silent.as_str()), (unresolvable, "three"), (Code::Unschedulable, "two")];
    assert_eq!(said, expected.map(|(code, text)| (code, text.to_owned())));
    let by: Vec<_> = placement.nodes.iter().map(|node| node.rejection.as_ref().unwrap().plugin.unwrap()).collect();
    assert_eq!(by, [url("2"), url("3"), url("2")]);
}

#[test]
fn nodes_that_plugins_reject_are_not_sent_but_may_be_spoken_of() {
    let mut objects = three_nodes();
    objects[0]["spec"]["unschedulable"] = true.into();
    objects[1]["spec"]["unschedulable"] = true.into();
    let server = Server::start(vec![("/filter", json!({ "FailedNodes": { "a": "full", "c": "full" } }).into())]);
    let extenders = json!([{ "urlPrefix": server.url, "filterVerb": "filter", "nodeCacheCapable": true }]);
    let placement = place(&objects, &connected(scheduler(&extenders)));
    assert_eq!(server.requests()[0].1["NodeNames"], json!(["c"]));
    assert_eq!(
        placement.message.unwrap(),
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 full. preemption: 0/3 nodes are available: \
         1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."
    );
}

#[test]
fn a_nominated_node_is_asked_about_by_itself() {
    let mut objects = three_nodes();
    objects[3]["status"]["nominatedNodeName"] = "b".into();
    let run = |filter: Reply| {
        let server = Server::start(vec![("/filter", filter), ("/score", json!([]).into())]);
        let extender = json!([{
            "urlPrefix": server.url, "filterVerb": "filter", "prioritizeVerb": "score", "weight": 1,
            "nodeCacheCapable": true,
        }]);
        let placement = place(&objects, &connected(scheduler(&extender)));
        let asked: Vec<_> =
            server.requests().into_iter().map(|(path, body)| (path, body["NodeNames"].clone())).collect();
        (picks(&placement).join(" "), asked, notes(&placement, &server))
    };
    let (picked, asked, notes) = run(json!({ "NodeNames": ["b"] }).into());
    assert_eq!((picked.as_str(), asked), ("b", vec![("/filter".to_owned(), json!(["b"]))]));
    assert_eq!(
        notes,
        ["extenders: the pod fits its nominated node \"b\", and kube-scheduler then checks no other; they were not \
          asked about the other nodes, which are shown as the plugins see them"]
    );
    // The answer "none" lets all nodes be looked at; so does a failure, which then counts for all.
    let (picked, asked, _) = run(json!({ "NodeNames": [], "FailedNodes": { "b": "full" } }).into());
    assert_eq!((picked.as_str(), asked.len()), ("", 2));
    let (_, asked, notes) = run(Reply::Status(500, ""));
    assert_eq!(
        asked.iter().map(|(_, nodes)| nodes.clone()).collect::<Vec<_>>(),
        [json!(["b"]), json!(["a", "b", "c"])]
    );
    assert_eq!(
        notes,
        ["the nominated node b: an extender that was asked about it failed: failed filter with extender at URL \
          URL/filter, code 500; kube-scheduler then checks all nodes"]
    );
}

#[test]
fn only_pods_that_name_a_managed_resource_are_its_business() {
    let run = |resources: Value| {
        let server = Server::start(vec![("/filter", json!({ "NodeNames": ["a"] }).into())]);
        let mut objects = three_nodes();
        objects[3]["spec"]["containers"][0]["resources"] = resources;
        let extenders = json!([{
            "urlPrefix": server.url, "filterVerb": "filter", "nodeCacheCapable": true,
            "managedResources": [{ "name": "example.com/gpu", "ignoredByScheduler": true }],
        }]);
        place(&objects, &connected(scheduler(&extenders)));
        server.paths().len()
    };
    assert_eq!(run(json!({ "requests": { "cpu": "1" } })), 0);
    assert_eq!(run(json!({ "requests": { "example.com/gpu": "1" } })), 1);
    assert_eq!(run(json!({ "limits": { "example.com/gpu": "0" } })), 1);
}
