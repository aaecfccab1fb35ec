//! What `--node NODE` proposes is a proof: each change, applied to the state as it was read, makes
//! the node one that the scheduler picks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;

use common::{cases, key};
use kubectl_sched::api::{Name, Timestamp};
use kubectl_sched::edit::Edit;
use kubectl_sched::explain::{Position, counterfactual};

const NOW: Timestamp = Timestamp(1_780_000_000);

/// How many nodes were behind, and for how many of them a change was found.
fn every_change_is_a_proof(area: &str, step: usize) -> (usize, usize) {
    let (mut behind, mut helped) = (0, 0);
    for case in cases(area).step_by(step) {
        let scheduler = case.scheduler();
        let gates = scheduler.behaviour().request_gates();
        let mut cluster = case.cluster();
        for pod in &case.pods {
            let id = cluster.pod_named(key(pod)).unwrap().id;
            let placement = scheduler.schedule(&cluster, id, NOW);
            let feasible: Vec<Name> = placement.feasible().map(|node| node.name).collect();
            for node in feasible {
                let Some(found) = counterfactual::find(&scheduler, &mut cluster, &placement, node, NOW) else {
                    continue;
                };
                let wins = matches!(found.position, Position::Wins { .. } | Position::Ties { .. });
                assert_eq!(wins, placement.picks.contains(&node), "{} {pod} {node}", case.name);
                if let Position::Behind { points_behind: points, .. } = found.position {
                    assert_eq!(points, found.gaps.iter().map(|gap| gap.points).sum::<i64>(), "{} {pod}", case.name);
                    behind += 1;
                    helped += usize::from(!found.changes.is_empty());
                }
                for change in found.changes {
                    let mut fresh = case.cluster();
                    drop(Edit::apply_all(&change.steps, &mut fresh, gates).unwrap());
                    let after = scheduler.schedule(&fresh, id, NOW);
                    assert!(after.picks.contains(&node), "{} {pod} {node} {:?}", case.name, change.steps);
                    assert_eq!(after.picks.len(), change.tied_nodes);
                }
            }
            let again = scheduler.schedule(&cluster, id, NOW);
            assert_eq!(format!("{placement:?}"), format!("{again:?}"), "{} {pod}: the state is as it was", case.name);
        }
    }
    (behind, helped)
}

#[test]
fn mixed() {
    let (behind, helped) = every_change_is_a_proof("mixed", 12);
    assert_eq!((behind, helped), (105, 14));
}

#[test]
fn resources() {
    let (behind, helped) = every_change_is_a_proof("resources-score", 12);
    assert_eq!((behind, helped), (67, 14));
}

#[test]
fn taints() {
    let (behind, helped) = every_change_is_a_proof("taints", 12);
    assert_eq!((behind, helped), (50, 14));
}
