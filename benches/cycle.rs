//! One scheduling cycle on a large state, and many: `cargo bench --bench cycle -- SNAPSHOT [NAMESPACE/POD ...]`.
//!
//! Prints how long reading and building took, and for each pod (without names: every pending one) the median time of a
//! cycle: one that explains everything, one that decides, and one that keeps only the sums of scores, as a simulation's
//! cycles do; and how many copies of the pod a second find their nodes one after the other, by a cycle each and from memory; `KUBE_VERSION=v1.37` asks another version's scheduler, `REPEAT=1000` is for a profiler. Figures are for comparing within one run only.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use kubectl_sched::api::{ObjectKey, Timestamp, name};
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::framework::cache::Common;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::capacity::{Copies, Model, Template, measure};
use kubectl_sched::simulate::{Simulation, Ties};
use kubectl_sched::source::{Input, files};
use kubectl_sched::state::{Cluster, ClusterBuilder, PodId};

const RUNS: usize = 21;
const COPIES: usize = 20_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(path) = arguments.next() else {
        println!("no snapshot named: cargo bench --bench cycle -- SNAPSHOT [NAMESPACE/POD ...]");
        return;
    };
    let start = Instant::now();
    let mut builder = ClusterBuilder::default();
    files::read(&Input::from(PathBuf::from(path)), &mut builder).unwrap();
    println!("read     {:>10.1?}", start.elapsed());
    let version = std::env::var("KUBE_VERSION").ok().and_then(|version| version.parse().ok());
    let behaviour = Behaviour::new(version.unwrap_or(KubeVersion::REFERENCE));
    let start = Instant::now();
    let mut cluster = builder.build(behaviour.request_gates());
    println!("build    {:>10.1?}   {} nodes, {} pods", start.elapsed(), cluster.nodes().len(), cluster.pods().len());
    let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
    let key = |pod: &str| pod.split_once('/').map(|(space, pod)| ObjectKey::new(name(space), name(pod))).unwrap();
    let named: Vec<PodId> = arguments.map(|pod| cluster.pod_named(key(&pod)).unwrap().id).collect();
    let pods = if named.is_empty() { cluster.pending().map(|pod| pod.id).collect() } else { named };
    // For a profiler: nothing but cycles that keep sums, so many.
    let repeat = std::env::var("REPEAT").ok().and_then(|repeat| repeat.parse().ok());
    for pod in pods {
        if let Some(repeat) = repeat {
            let now = Timestamp::from(std::time::SystemTime::now());
            (0..repeat).for_each(|_: u32| {
                drop(std::hint::black_box(scheduler.totals(&cluster, pod, now, &mut Common::default())));
            });
            continue;
        }
        let now = Timestamp::from(std::time::SystemTime::now());
        let explained = median(|| drop(std::hint::black_box(scheduler.schedule(&cluster, pod, now))));
        let decided = median(|| drop(std::hint::black_box(scheduler.decide(&cluster, pod, now))));
        let summed =
            median(|| drop(std::hint::black_box(scheduler.totals(&cluster, pod, now, &mut Common::default()))));
        let cycles = by_cycles(&scheduler, &mut cluster, pod);
        let memory = from_memory(&scheduler, &mut cluster, pod);
        println!(
            "{explained:>10.1?} {decided:>10.1?} {summed:>10.1?}   {cycles:>8.0}/s   {memory:>8.0}/s   {}",
            cluster.pod(pod).key()
        );
    }
}

/// The median time of a cycle.
fn median(mut cycle: impl FnMut()) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        cycle();
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..RUNS).map(timed).collect();
    times.sort();
    times[RUNS / 2]
}

/// Copies of `pod` placed a second by a cycle each.
fn by_cycles(scheduler: &Scheduler, cluster: &mut Cluster, pod: PodId) -> f64 {
    let mut simulation =
        Simulation::new(scheduler, cluster, Timestamp::from(std::time::SystemTime::now()), Ties::First);
    let start = Instant::now();
    let place = |_| {
        let placement = simulation.ask(pod);
        let placed = simulation.settle(&placement).place().is_some();
        simulation.take_off(pod);
        placed
    };
    let placed = (0..RUNS).map(place).filter(|placed| *placed).count();
    let rate = placed as f64 / start.elapsed().as_secs_f64();
    simulation.rewind();
    rate
}

/// The same from memory.
fn from_memory(scheduler: &Scheduler, cluster: &mut Cluster, pod: PodId) -> f64 {
    let mut copies = Copies::of([Template { model: Model::Pod(pod), share: 1 }]);
    let start = Instant::now();
    let capacity = measure(scheduler, cluster, &mut copies, COPIES, Timestamp::from(std::time::SystemTime::now()));
    let placed: usize = capacity.templates.iter().map(|template| template.placed).sum();
    placed as f64 / start.elapsed().as_secs_f64()
}
