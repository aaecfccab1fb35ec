//! The sliding window of large clusters against every starting point, one by one.

use std::collections::{BTreeMap, BTreeSet};

use kubectl_sched::api::{Name, name};
use kubectl_sched::edit::Edit;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::state::{Cluster, PodId};

use super::common::{Case, cases};
use super::{NOW, pending};

/// The case with copies of its nodes, which have none of their pods.
fn crowded(case: &Case, nodes: usize) -> Option<(Scheduler, Cluster)> {
    let scheduler = case.scheduler();
    let mut config = scheduler.config().clone();
    config.percentage_of_nodes_to_score = Some(1);
    for profile in &mut config.profiles {
        profile.percentage_of_nodes_to_score = None;
    }
    let scheduler = Scheduler::new(config, scheduler.behaviour().clone());
    let mut cluster = case.cluster();
    let originals: Vec<Name> = cluster.nodes().iter().map(kubectl_sched::state::NodeInfo::name).collect();
    for number in 0..nodes.checked_sub(originals.len())? {
        let like = *originals.get(number % originals.len().max(1))?;
        let copy = name(&format!("{like}-{number}"));
        let _stays =
            Edit::AddNode { like, name: copy }.apply(&mut cluster, scheduler.behaviour().request_gates()).ok()?;
    }
    Some((scheduler, cluster))
}

/// From how many starting points each node is among the best of those compared.
fn one_by_one(scheduler: &Scheduler, cluster: &Cluster, pod: PodId) -> BTreeMap<Name, usize> {
    let mut starts = BTreeMap::new();
    for start in 0..cluster.nodes().len() {
        for pick in scheduler.decide_from(cluster, pod, NOW, start).picks {
            *starts.entry(pick).or_insert(0) += 1;
        }
    }
    starts
}

#[test]
fn the_window_counts_every_starting_point() {
    let (mut compared, mut several) = (0, 0);
    for (area, step) in [
        ("mixed", 40),
        ("topology-spread", 20),
        ("inter-pod-affinity", 40),
        ("taints", 40),
        ("image-locality", 40),
        ("resources-score", 40),
        ("volumes", 40),
        ("node-affinity", 40),
    ] {
        for case in cases(area).step_by(step) {
            let Some((scheduler, cluster)) = crowded(&case, 180) else { continue };
            let Some(pod) = pending(&cluster).into_iter().find(|pod| {
                let placement = scheduler.schedule(&cluster, *pod, NOW);
                placement.sampling.is_some()
            }) else {
                continue;
            };
            let placement = scheduler.schedule(&cluster, pod, NOW);
            let Some(sampling) = placement.sampling else { continue };
            compared += 1;
            several += usize::from(sampling.starts.len() > placement.best.len());
            let counted: BTreeMap<Name, usize> =
                sampling.starts.iter().copied().filter(|(_, starts)| *starts > 0).collect();
            assert_eq!(counted, one_by_one(&scheduler, &cluster, pod), "{} {}", case.name, placement.pod);
            // Picks come in the order of the nodes, added ones last; some only at a certain pace of the workers.
            let picks: BTreeSet<Name> = placement.picks.iter().copied().collect();
            assert_eq!(picks, sampling.starts.iter().map(|(node, _)| *node).collect(), "{}", case.name);
            // What is chosen does not depend on the way back to the first place: the next start is one of the nodes.
            let next = scheduler.decide_from(&cluster, pod, NOW, 7).next_start;
            assert!(next.is_some_and(|next| next < cluster.nodes().len()), "{}", case.name);
        }
    }
    assert!(compared >= 8 && several >= 3, "{compared} pods, {several} with more than the best of all");
}
