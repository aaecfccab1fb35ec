//! Scoring: weights, hosts nobody knows, and failures that never matter.

use serde_json::{Value, json};

use super::server::{Reply, Server};
use super::{connected, notes, picks, place, scheduler, scheduler_with, three_nodes};

fn extender(server: &Server, verb: &str, weight: i64) -> Value {
    json!({ "urlPrefix": server.url, "prioritizeVerb": verb, "weight": weight, "nodeCacheCapable": true })
}

#[test]
fn scores_are_scaled_weighted_and_added() {
    let server = Server::start(vec![
        (
            "/1",
            json!([{ "Host": "a", "Score": 1 }, { "host": "b", "score": 10 }, { "Host": "ghost", "Score": 10 }]).into(),
        ),
        ("/2", json!([{ "Host": "a", "Score": 3 }]).into()),
    ]);
    let extenders = json!([extender(&server, "1", 2), extender(&server, "2", 1)]);
    let without = place(&three_nodes(), &scheduler(&json!([])));
    let with = place(&three_nodes(), &connected(scheduler(&extenders)));
    assert_eq!(picks(&with), ["b"]);
    let added: Vec<_> = with
        .nodes
        .iter()
        .zip(&without.nodes)
        .map(|(with, without)| with.total.unwrap() - without.total.unwrap())
        .collect();
    assert_eq!(added, [50, 200, 0]);
    let of_extenders = |score: &&kubectl_sched::framework::placement::PluginScore| score.plugin == server.url;
    let scores: Vec<_> = with.nodes[0].scores.iter().filter(of_extenders).collect();
    assert_eq!(
        scores.iter().map(|s| (s.raw, s.normalized, s.weight, s.weighted)).collect::<Vec<_>>(),
        [(1, 10, 2, 20), (3, 30, 1, 30)]
    );
}

#[test]
fn an_extender_makes_nodes_differ_where_no_plugin_scores() {
    let server = Server::start(vec![("/score", json!([{ "Host": "c", "Score": 4 }]).into())]);
    let no_scores = json!({ "score": { "disabled": [{ "name": "*" }] } });
    let totals = |extenders: &Value| {
        let placement = place(&three_nodes(), &connected(scheduler_with(extenders, &no_scores)));
        placement.nodes.iter().map(|node| node.total.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(totals(&json!([])), [1, 1, 1]);
    assert_eq!(totals(&json!([extender(&server, "score", 1)])), [0, 0, 40]);
}

#[test]
fn a_failure_never_ends_the_cycle() {
    let server =
        Server::start(vec![("/bad", json!([{ "Host": "a", "Score": 0.5 }]).into()), ("/good", json!([]).into())]);
    let placement = place(&three_nodes(), &connected(scheduler(&json!([extender(&server, "bad", 1)]))));
    assert_eq!(picks(&placement), ["a", "b", "c"]);
    assert_eq!(
        notes(&placement, &server),
        ["extender URL: asked to prioritize, it failed: json: cannot unmarshal number 0.5 into Go struct field \
          HostPriority.Score of type int64; kube-scheduler ignores a prioritizer's failure and continues; its \
          scores are missing from the totals"]
    );
}

#[test]
fn a_single_node_is_not_scored() {
    let answers: Vec<(&str, Reply)> =
        vec![("/filter", json!({ "NodeNames": ["b"] }).into()), ("/score", json!([]).into())];
    let server = Server::start(answers);
    let mut both = extender(&server, "score", 1);
    both["filterVerb"] = "filter".into();
    let placement = place(&three_nodes(), &connected(scheduler(&json!([both]))));
    assert_eq!((picks(&placement), server.paths()), (vec!["b"], vec!["/filter".to_owned()]));
}
