//! A program of its own asks where a pod would go, and what a change of the cluster would do: no cluster, no
//! command line, no network. `cargo run --example embed --no-default-features`

use kubectl_sched::api::{ObjectKey, Timestamp, name};
use kubectl_sched::config::{Behaviour, SchedulerConfig};
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::source::{Input, files};
use kubectl_sched::state::ClusterBuilder;

#[allow(clippy::print_stdout)] // it is a program
fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Objects come from bytes, JSON or YAML, as `kubectl get -o yaml` prints them…
    let mut objects = ClusterBuilder::default();
    let bytes = include_bytes!("clusters/mixed.yaml").as_slice();
    files::read(&Input::memory("mixed.yaml", bytes), &mut objects)?;

    let behaviour = Behaviour::new("v1.34".parse()?);
    let gates = behaviour.request_gates();
    let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
    let pod = ObjectKey::new(name("shop"), name("web-7"));
    let ask = |objects: &ClusterBuilder| -> Result<String, Box<dyn std::error::Error>> {
        let mut cluster = objects.clone().build(gates);
        let id = cluster.pod_named(pod).ok_or("no such pod")?.id;
        let placement = scheduler.explain(&mut cluster, id, Timestamp(0));
        Ok(placement.message.unwrap_or_else(|| format!("{pod} can go to {:?}", placement.picks)))
    };
    println!("{}", ask(&objects)?);

    // … or one by one, as values; a later object of the same name replaces an earlier one.
    let node = serde_json::json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "new", "labels": {"kubernetes.io/hostname": "new"}},
        "status": {"allocatable": {"cpu": "16", "memory": "64Gi", "pods": "110"}}
    });
    objects.add(Object::from_value(&node)?.ok_or("no kind that scheduling reads")?);
    println!("with one more node: {}", ask(&objects)?);
    objects.remove(Kind::Node, ObjectKey::new(name(""), name("new")));
    println!("and without it again: {}", ask(&objects)?);
    Ok(())
}
