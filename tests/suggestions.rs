//! A suggestion is a proof: on a fresh copy of the state each one places the pod, where it says,
//! and looking for them leaves the state as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;

use common::{cases, key};
use kubectl_sched::cluster::Timestamp;
use kubectl_sched::cluster::edit::Edit;
use kubectl_sched::explain::suggest;

/// One moment for all questions: a pod that never started counts as started now.
const NOW: Timestamp = Timestamp(1_780_000_000);

#[test]
fn every_suggestion_places_the_pod_where_it_says() {
    let mut proven = 0;
    for area in ["mixed", "taints", "resources-fit", "topology-spread", "inter-pod-affinity"] {
        for case in cases(area).step_by(5) {
            let (scheduler, fresh) = (case.scheduler(), case.cluster());
            let gates = scheduler.behaviour().request_gates();
            for pod in &case.pods {
                let mut cluster = fresh.clone();
                let id = cluster.pod_named(key(pod)).unwrap().id;
                let placement = scheduler.schedule(&cluster, id, NOW);
                let Some(suggestions) = suggest::find(&scheduler, &mut cluster, &placement, NOW) else { continue };
                let again = scheduler.schedule(&cluster, id, NOW);
                assert_eq!(format!("{again:#?}"), format!("{placement:#?}"), "{} {pod}: the state changed", case.name);
                for suggestion in suggestions {
                    let mut changed = fresh.clone();
                    Edit::apply_all(&suggestion.edits, &mut changed, gates).unwrap();
                    let after = scheduler.schedule(&changed, id, NOW);
                    let what = format!("{} {pod}: {:?}", case.name, suggestion.edits);
                    assert!(after.schedulable, "{what}");
                    assert!(after.picks.contains(&suggestion.node), "{what}: {}", suggestion.node);
                    assert!(suggestion.opens.iter().all(|node| after.feasible().any(|n| n.name == *node)), "{what}");
                    proven += 1;
                }
            }
        }
    }
    assert!(proven > 100, "only {proven} suggestions were made");
}
