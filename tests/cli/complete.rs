//! What a Tab offers, with names from a snapshot and from an API server.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use insta::assert_snapshot;

use super::harness::run_words;

/// The answer to a Tab after `line`, which says nothing on standard error and never fails.
fn tab(line: &str) -> String {
    let output = run_words(["__complete"].into_iter().chain(line.split(' ')));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn names_of_a_snapshot() {
    assert_snapshot!(tab("explain --snapshot examples/clusters/mixed.yaml -n "), @r"
    batch
    shop
    :4
    ");
    assert_snapshot!(tab("explain --snapshot examples/clusters/mixed.yaml -n shop web-1"), @r"
    web-1
    :4
    ");
    assert_snapshot!(tab("explain -n shop --snapshot=examples/clusters/mixed.yaml web-7 --node gpu-"), @r"
    gpu-1
    gpu-2
    gpu-3
    gpu-4
    :4
    ");
    assert_snapshot!(tab("explain -n shop --snapshot=examples/clusters/mixed.yaml deploy/"), @r"
    deploy/web
    :4
    ");
    assert_snapshot!(tab("explain -n shop --snapshot=examples/clusters/mixed.yaml pods api-1 a"), @r"
    api-2
    :4
    ");
    assert_snapshot!(tab("explain --snapshot nothing.yaml -n "), @":4");
}

#[test]
fn commands_with_what_they_do() {
    assert_snapshot!(tab("expl"), @r"
    explain	Explain why a pod is pending, or why it is where it is
    :4
    ");
    assert_snapshot!(tab("version --o"), @r"
    --output	Output format: table, wide, json, yaml or name
    :4
    ");
}

#[test]
fn names_of_a_kubeconfig() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    let text = "contexts: [{name: prod-eu, context: {cluster: a, user: b}}, {name: prod-us}, {name: dev}]\n\
                clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\n\
                users: [{name: b, user: {token: hidden}}]\n";
    std::fs::write(&file, text).unwrap();
    let file = file.display();
    assert_snapshot!(tab(&format!("explain --kubeconfig {file} --context prod")), @r"
    prod-eu
    prod-us
    :4
    ");
    assert_snapshot!(tab(&format!("explain --kubeconfig {file} --cluster ")), @r"
    a
    :4
    ");
    assert_snapshot!(tab(&format!("explain --kubeconfig {file} --user=")), @r"
    b
    :4
    ");
    // The server of this kubeconfig is not there.
    assert_snapshot!(tab(&format!("explain --kubeconfig {file} --context prod-eu -n ")), @":4");
}

#[test]
fn names_of_a_cluster() {
    let first = r#"{"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "web-2"}}, {"metadata": {"name": "db-0"}}]}"#;
    let second = r#"{"items": [{"metadata": {"name": "web-1"}}]}"#;
    let server = Server::start(vec![first, second]);
    assert_snapshot!(tab(&format!("explain -s {} -n shop web", server.address)), @r"
    web-1
    web-2
    :4
    ");
    let requests: Vec<String> = server.requests.try_iter().collect();
    assert_snapshot!(requests.join("\n"), @r"
    GET /api/v1/namespaces/shop/pods?limit=500 HTTP/1.1 accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1
    GET /api/v1/namespaces/shop/pods?limit=500&continue=more HTTP/1.1 accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1
    ");
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let server = Server::start(Vec::new());
    // The server never closes the connection: that there is an answer is the proof.
    assert_snapshot!(tab(&format!("explain -s {} web", server.address)), @":4");
}

/// An API server that gives the answers that it was given, one a connection, and none after them.
struct Server {
    address: String,
    /// The first line of each request, and what it accepts.
    requests: mpsc::Receiver<String>,
}

impl Server {
    fn start(answers: Vec<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            let mut answers = answers.into_iter();
            let mut unanswered = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                sender.send(request(&stream)).unwrap();
                match answers.next() {
                    Some(answer) => write!(
                        stream,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{answer}",
                        answer.len()
                    )
                    .unwrap(),
                    None => unanswered.push(stream),
                }
            }
        });
        Self { address, requests }
    }
}

fn request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty());
    let lines = lines.filter(|line| line.starts_with("GET") || line.to_ascii_lowercase().starts_with("accept:"));
    lines.collect::<Vec<_>>().join(" ")
}
