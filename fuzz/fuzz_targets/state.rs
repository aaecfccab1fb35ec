//! No input makes reading, building or a cycle panic.
#![no_main]

use kubectl_sched::decode::object::TypeMeta;
use kubectl_sched::state::ClusterBuilder;
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::api::Timestamp;
use kubectl_sched::config::{Behaviour, SchedulerConfig};
use kubectl_sched::scheduler::Scheduler;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let mut builder = ClusterBuilder::default();
    let mut rest = json;
    while !rest.is_empty() {
        let meta = TypeMeta::peek(rest);
        let kind = Kind::of(&meta.api_version.unwrap_or_default(), &meta.kind.unwrap_or_default());
        let Some(kind) = kind else { break };
        let Ok((object, bytes)) = Object::decode(kind, rest) else { break };
        builder.add(object);
        rest = rest.get(bytes..).unwrap_or_default();
    }
    let behaviour = Behaviour::default();
    let cluster = builder.build(behaviour.request_gates());
    let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
    for pod in cluster.pending() {
        scheduler.schedule(&cluster, pod.id, Timestamp(0));
    }
});
