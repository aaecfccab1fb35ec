//! Whether two shards are of one question, without keeping the question.

use std::fmt::{self, Write};
use std::sync::Arc;

use flate2::Crc;
use rustc_hash::FxHashSet;

use crate::scheduler::Scheduler;
use crate::state::Cluster;
use crate::state::pod_class::PodClass;

use super::SweepSpec;

/// A check sum of what decides about the pods of `spec`: nodes, pods, budgets, volumes' and
/// devices' places left out; the scheduler's configuration; the question itself. Equal for equal
/// ones on every machine; that different ones differ is likely, no more: it is to find mistakes.
pub fn fingerprint(scheduler: &Scheduler, cluster: &Cluster, spec: &SweepSpec<'_>) -> String {
    let mut sum = Sum(Crc::new());
    // A sum cannot fail to be written.
    let _ = write(&mut sum, scheduler, cluster, spec);
    format!("{:08x}", sum.0.sum())
}

fn write(sum: &mut Sum, scheduler: &Scheduler, cluster: &Cluster, spec: &SweepSpec<'_>) -> fmt::Result {
    let SweepSpec { scenario, pods, strategy, preempts, now: _ } = spec;
    write!(sum, "{:?}{:?}", scheduler.config(), scheduler.behaviour())?;
    write!(sum, "{scenario:?}{strategy:?}{preempts}")?;
    for node in cluster.nodes() {
        write!(sum, "{:?}", node.node)?;
    }
    write!(sum, "{:?}", cluster.budgets)?;
    let mut classes: FxHashSet<*const PodClass> = FxHashSet::default();
    for pod in cluster.pods() {
        write!(sum, "{} {:?} ", pod.key(), pod.own.node_name)?;
        // Many share one.
        if classes.insert(Arc::as_ptr(&pod.class)) {
            write!(sum, "{:?}", pod.class.template)?;
        }
    }
    for pod in *pods {
        write!(sum, "{} ", cluster.pod(*pod).key())?;
    }
    Ok(())
}

struct Sum(Crc);

impl Write for Sum {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}
