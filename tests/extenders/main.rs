//! Extenders, asked over HTTP: a server that the test starts, and whole scheduling cycles.
//!
//! What is expected is what kube-scheduler v1.34 does by its source (extender.go,
//! schedule_one.go, framework/preemption/preemption.go).

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly, as tests may

mod failures;
mod filter;
mod preempt;
mod prioritize;
mod server;
mod unasked;

use kubectl_sched::api::{Name, ObjectKey, Timestamp, name};
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::decode::object::TypeMeta;
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::framework::Placement;
use kubectl_sched::framework::extender::http;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::state::{Cluster, ClusterBuilder};
use serde_json::{Value, json};
use server::Server;

/// A scheduler with these extenders. Without DynamicResources, whose PostFilter has a text of its own.
fn scheduler(extenders: &Value) -> Scheduler {
    scheduler_with(extenders, &json!({ "multiPoint": { "disabled": [{ "name": "DynamicResources" }] } }))
}

fn scheduler_with(extenders: &Value, plugins: &Value) -> Scheduler {
    let behaviour = Behaviour::new("v1.34".parse::<KubeVersion>().unwrap());
    let config = json!({
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [{ "plugins": plugins }],
        "extenders": extenders,
    });
    let config = SchedulerConfig::parse(&config, &behaviour).unwrap();
    Scheduler::new(config, behaviour)
}

/// The scheduler with its extenders connected.
fn connected(scheduler: Scheduler) -> Scheduler {
    let transports = http::connect(&scheduler.config().extenders).unwrap();
    scheduler.with_extenders(transports)
}

fn node(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": name, "labels": { "kubernetes.io/hostname": name }, "managedFields": [{}] },
        "status": { "allocatable": { "cpu": "4", "memory": "8Gi", "pods": "110" } },
    })
}

/// A pod that requests `cpu`; on a node unless that is empty. Its UID is its name.
fn pod(name: &str, cpu: &str, priority: i32, node: &str) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": "ns", "uid": name },
        "spec": {
            "priority": priority,
            "containers": [{ "name": "c", "resources": { "requests": { "cpu": cpu } } }],
        },
        "status": { "phase": "Pending" },
    });
    if !node.is_empty() {
        pod["spec"]["nodeName"] = node.into();
        pod["status"]["phase"] = "Running".into();
    }
    pod
}

/// Nodes a, b and c, and the pending pod `p`.
fn three_nodes() -> Vec<Value> {
    vec![node("a"), node("b"), node("c"), pod("p", "1", 10, "")]
}

fn cluster(objects: &[Value], scheduler: &Scheduler, keep_raw: bool) -> Cluster {
    let mut builder = ClusterBuilder::default();
    if keep_raw {
        builder.keep_raw();
    }
    // There are no Services, rather than: nobody knows.
    builder.saw(Kind::Service);
    for object in objects {
        let text = object.to_string();
        let meta = TypeMeta::peek(text.as_bytes());
        let kind = Kind::of(&meta.api_version.unwrap(), &meta.kind.unwrap()).unwrap();
        let (object, _) = Object::decode(kind, text.as_bytes()).unwrap();
        let raw = builder.raw(&object, text.as_bytes());
        builder.add_raw(object, raw);
    }
    builder.build(scheduler.behaviour().request_gates())
}

/// Asks for pod `p`.
fn place(objects: &[Value], scheduler: &Scheduler) -> Placement {
    let mut cluster = cluster(objects, scheduler, true);
    let pod = cluster.pod_named(ObjectKey::new(name("ns"), name("p"))).unwrap().id;
    scheduler.explain(&mut cluster, pod, Timestamp(0))
}

/// Asks one extender, which is the server, about the pod `p` on nodes a, b and c.
fn ask(server: &Server, mut extender: Value) -> Placement {
    extender["urlPrefix"] = server.url.clone().into();
    place(&three_nodes(), &connected(scheduler(&json!([extender]))))
}

fn picks(placement: &Placement) -> Vec<&str> {
    placement.picks.iter().map(Name::as_str).collect()
}

/// `what: why; effect`, with `URL` for the server's.
fn notes(placement: &Placement, server: &Server) -> Vec<String> {
    let text = |note: &kubectl_sched::framework::NotEvaluated| format!("{}: {}; {}", note.what, note.why, note.effect);
    placement.not_evaluated.iter().map(|note| text(note).replace(&server.url, "URL")).collect()
}

fn message(placement: &Placement, server: &Server) -> String {
    placement.message.clone().unwrap_or_default().replace(&server.url, "URL")
}
