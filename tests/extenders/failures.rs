//! Extenders that fail: an error of the cycle, or ignored when they are ignorable.

use std::path::Path;

use kubectl_sched::framework::extender::http;
use serde_json::{Value, json};

use super::server::{Reply, Server};
use super::{ask, connected, message, node, notes, picks, place, scheduler, three_nodes};

/// The same failure of a filter, of an extender that is not ignorable and of one that is.
#[track_caller]
fn case(reply: Reply, error: &str) {
    // Short where it runs out; else a busy machine has time enough.
    let timeout = if matches!(reply, Reply::Silence | Reply::Stall) { "300ms" } else { "20s" };
    let server = Server::start(vec![("/filter", reply)]);
    let extender = |ignorable: bool| json!({ "filterVerb": "filter", "nodeCacheCapable": true, "httpTimeout": timeout, "ignorable": ignorable });
    let placement = ask(&server, extender(false));
    assert_eq!((placement.schedulable, message(&placement, &server).as_str()), (false, error));
    assert_eq!(placement.errors, [placement.message.unwrap()]);
    assert!(placement.preemption.is_none() && placement.picks.is_empty() && placement.not_evaluated.is_empty());

    let placement = ask(&server, extender(true));
    assert_eq!(picks(&placement), ["a", "b", "c"]);
    assert_eq!(placement.message, None);
    assert_eq!(
        notes(&placement, &server),
        [format!(
            "extender URL: asked to filter, it failed: {error}; kube-scheduler ignores the failure of an ignorable extender \
         and continues; nodes that it rejects count as feasible"
        )]
    );
}

#[test]
fn failures_end_the_cycle_unless_ignorable() {
    case(
        Reply::Silence,
        "Post \"URL/filter\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    );
    case(Reply::Stall, "context deadline exceeded (Client.Timeout or context cancellation while reading body)");
    case(Reply::Status(500, ""), "failed filter with extender at URL URL/filter, code 500");
    case(Reply::Status(503, "Retry-After: 0\r\n"), "failed filter with extender at URL URL/filter, code 503");
    case(Reply::Text("garbage".into()), "invalid character 'g' looking for beginning of value");
    case(Reply::Text(String::new()), "EOF");
    case(Reply::Text("{\"NodeNames\": [\"a\"".into()), "unexpected EOF");
    case(Reply::Promise(5), "unexpected EOF");
    case(Reply::Promise(1 << 40), "URL/filter: the answer of an extender is larger than 128 MiB");
    case(json!({ "Error": "out of order" }).into(), "out of order");
    case(
        json!({ "NodeNames": ["a", "ghost"] }).into(),
        "extender \"URL\" claims a filtered node \"ghost\" which is not found in the input node list",
    );
}

#[test]
fn redirects_are_not_followed() {
    let server = Server::start(vec![("/filter", Reply::Status(307, "Location: /elsewhere\r\n"))]);
    let placement = ask(&server, json!({ "filterVerb": "filter", "nodeCacheCapable": true }));
    assert_eq!(message(&placement, &server), "failed filter with extender at URL URL/filter, code 307");
    assert_eq!(server.paths(), ["/filter"]);
}

#[test]
fn nobody_listens() {
    let extenders = json!([{ "urlPrefix": "http://127.0.0.1:1", "filterVerb": "filter", "nodeCacheCapable": true }]);
    let placement = place(&three_nodes(), &connected(scheduler(&extenders)));
    let refused = "Post \"http://127.0.0.1:1/filter\": dial tcp 127.0.0.1:1: connect: connection refused";
    assert_eq!(placement.message.unwrap(), refused);
}

#[test]
fn upstream_believes_in_whole_nodes_that_do_not_exist() {
    let run = |nodes: &[&str]| {
        let items: Vec<Value> = nodes.iter().map(|name| node(name)).collect();
        let server = Server::start(vec![("/filter", json!({ "Nodes": { "items": items } }).into())]);
        let placement = ask(&server, json!({ "filterVerb": "filter" }));
        (picks(&placement).join(" "), message(&placement, &server), notes(&placement, &server))
    };
    let (picked, message, notes) = run(&["a", "ghost"]);
    assert_eq!((picked.as_str(), message.as_str()), ("a", ""));
    assert_eq!(
        notes,
        ["node ghost: an extender returned this node, which does not exist; kube-scheduler does not detect this, \
          scores the node as well, and might bind the pod to it"]
    );
    let (picked, message, _) = run(&["ghost"]);
    assert_eq!(
        (picked.as_str(), message.as_str()),
        (
            "",
            "extenders leave only node \"ghost\", which does not exist; kube-scheduler does not detect this and would \
              bind the pod to it"
        )
    );
}

/// A TLS server that wants a client certificate: what `tls_config` makes of it.
#[track_caller]
fn tls(server: &Server, tls_config: &Value, enable_https: bool, error: Option<&str>) {
    let extender = json!({
        "filterVerb": "filter", "nodeCacheCapable": true, "enableHTTPS": enable_https, "tlsConfig": tls_config,
    });
    let placement = ask(server, extender);
    let text = message(&placement, server);
    match error {
        None => assert_eq!((picks(&placement), text.as_str()), (vec!["a"], "")),
        Some(error) => assert!(text.starts_with("Post \"URL/filter\": ") && text.contains(error), "{text}"),
    }
}

#[test]
fn tls_trusts_the_configured_authority() {
    let server = Server::start_tls(vec![("/filter", json!({ "NodeNames": ["a"] }).into())]);
    let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/extenders/tls").join(name);
    let path = |name: &str| file(name).to_str().unwrap().to_owned();
    let (cert, key, ca) = (path("client.pem"), path("client.key"), path("ca.pem"));
    let named = "extender.test";
    tls(&server, &json!({ "certFile": cert, "keyFile": key, "caFile": ca, "serverName": named }), true, None);
    tls(&server, &json!({ "certFile": cert, "keyFile": key, "insecure": true }), false, None);
    // Upstream: HTTPS without trusted roots trusts everyone.
    tls(&server, &json!({ "certFile": cert, "keyFile": key }), true, None);
    let wrong_name = Some("certificate not valid for name");
    tls(&server, &json!({ "certFile": cert, "keyFile": key, "caFile": ca, "serverName": "x.test" }), true, wrong_name);
    tls(&server, &json!({ "caFile": ca, "serverName": named }), true, Some("CertificateRequired"));
}

#[test]
fn certificates_are_looked_at_before_anything_is_asked() {
    let tls = json!({ "caFile": "/nowhere/ca.pem" });
    let extenders =
        json!([{ "urlPrefix": "https://127.0.0.1:1", "filterVerb": "f", "enableHTTPS": true, "tlsConfig": tls }]);
    let error = http::connect(&scheduler(&extenders).config().extenders).err().unwrap().to_string();
    assert!(error.starts_with("the extender https://127.0.0.1:1 cannot be called: "), "{error}");
    assert!(error.contains("/nowhere/ca.pem"), "{error}");
}
