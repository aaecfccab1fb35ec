//! The one change for a group, and how many of its pods it places.

use crate::api::Timestamp;
use crate::edit::{Edit, Undo};
use crate::scheduler::Scheduler;
use crate::simulate::{Simulation, Ties};
use crate::state::{Cluster, PodId};

use super::super::suggest::{self, Suggestion};
use super::Kind;

/// A change that was made to a copy of the state, and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Advice {
    /// The change. A change of a pod is that of the group's example.
    pub suggestion: Suggestion,
    /// Pods of the group that find a node after it, placed one after the other; where a pod is
    /// changed, all pods that differ from it in name only are changed alike.
    pub places: usize,
}

/// Suggestions that are tried for a group.
const MOST: usize = 6;

/// What would help most of the pods of `kinds`, of which the first has most; of changes that place as many the smallest.
/// Behind it another that adds a machine, where the first does not.
pub(super) fn find(scheduler: &Scheduler, cluster: &mut Cluster, kinds: &[Kind], now: Timestamp) -> Vec<Advice> {
    let Some(example) = kinds.first() else { return Vec::new() };
    let Some(mut found) = suggest::find(scheduler, cluster, &example.placement, now) else { return Vec::new() };
    let pods: usize = kinds.iter().map(|kind| kind.pods.len()).sum();
    // What deals with the cause itself is not weighed against what works around it.
    if found.first().is_some_and(Suggestion::is_of_own_cause) {
        found.truncate(1);
    }
    found.truncate(MOST);
    let is_own_cause = found.first().is_some_and(Suggestion::is_of_own_cause);
    if pods > 1 && !is_own_cause {
        for more in suggest::more_nodes(scheduler, cluster, &example.placement, now) {
            if !found.iter().any(|known| known.edits == more.edits) {
                found.push(more);
            }
        }
    }
    let mut best: Option<Advice> = None;
    let mut machine: Option<Advice> = None;
    for suggestion in found {
        let adds = suggestion.adds_node();
        let is_known = |advice: &Option<Advice>| advice.as_ref().is_some_and(|advice| advice.places == pods);
        // The smallest change that does it for all is not improved on.
        if is_known(&best) && (!adds || is_known(&machine)) {
            continue;
        }
        // A pod that loses its place for another counts against it.
        let displaced = suggestion.moves.iter().filter(|moved| moved.node.is_none()).count();
        let places = places(scheduler, cluster, &suggestion, kinds, now).saturating_sub(displaced);
        let is_better = |known: &Option<Advice>| known.as_ref().is_none_or(|known| places > known.places);
        if adds && places > 0 && is_better(&machine) {
            machine = Some(Advice { suggestion: suggestion.clone(), places });
        }
        if is_better(&best) {
            best = Some(Advice { suggestion, places });
        }
    }
    let is_other = |machine: &Advice| {
        best.as_ref().is_some_and(|best| !best.suggestion.adds_node() && best.places > 0 && machine.places > 1)
    };
    let machine = machine.filter(is_other);
    best.into_iter().chain(machine).collect()
}

fn places(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    suggestion: &Suggestion,
    kinds: &[Kind],
    now: Timestamp,
) -> usize {
    let Some(example) = kinds.first() else { return 0 };
    let edits = for_all(cluster, suggestion, example);
    let Ok(undos) = Edit::apply_all(&edits, cluster, scheduler.behaviour().request_gates()) else { return 0 };
    // A pod that was recreated is the one of its name.
    let now_there = |pod: &PodId| cluster.pod_named(cluster.pod(*pod).key()).map_or(*pod, |pod| pod.id);
    let mut pods: Vec<PodId> = kinds.iter().flat_map(|kind| &kind.pods).map(now_there).collect();
    crate::simulate::queue::sort(cluster, &mut pods);
    let mut simulation = Simulation::new(scheduler, cluster, now, Ties::First);
    let placed = simulation.run(&pods).iter().filter(|step| step.place().is_some()).count();
    simulation.rewind();
    Undo::all(undos, cluster);
    placed
}

/// The edits, those of the example's pod made to all that are like it.
fn for_all(cluster: &Cluster, suggestion: &Suggestion, example: &Kind) -> Vec<Edit> {
    let of_example = example.placement.pod;
    let mut edits = suggestion.edits.clone();
    for pod in example.pods.iter().filter(|pod| **pod != example.placement.pod_id) {
        let sibling = suggestion.for_sibling(of_example, cluster.pod(*pod).key());
        edits.extend(
            sibling.edits.into_iter().filter(
                |edit| matches!(edit, Edit::PatchPod { pod: patched, .. } if *patched == cluster.pod(*pod).key()),
            ),
        );
    }
    edits
}
