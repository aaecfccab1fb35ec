//! Which candidate is picked (upstream framework/preemption/preemption.go, pickOneNodeForPreemption).

use crate::api::name::Name;
use crate::framework::Cycle;
use crate::framework::extender::Victims;
use crate::framework::victim::start_time;
use crate::state::NodeInfo;

/// A criterion: the larger, the better.
type Criterion = fn(Cycle<'_>, &Victims) -> i64;

/// In order; each is asked only of the candidates that tied so far.
const CRITERIA: [(&str, Criterion); 5] = [
    ("fewest violated PodDisruptionBudgets", |_, victims| victims.violations.wrapping_neg()),
    ("lowest priority of the most important victim", |cycle, victims| -priorities(cycle, victims).next().unwrap_or(0)),
    ("lowest sum of priorities", |cycle, victims| {
        // Shifted so that none is negative: many victims of negative priority must not look cheap.
        -priorities(cycle, victims).map(|priority| priority + i64::from(i32::MAX) + 1).sum::<i64>()
    }),
    ("fewest victims", |_, victims| -(victims.pods.len() as i64)),
    ("latest start of the most important victims", latest_start),
];

/// The choice between candidates.
pub(super) struct Picked {
    /// Those that may be picked: more than one when all criteria tie.
    pub(super) pick: Vec<Name>,
    /// The criterion that decided; none when there was one candidate only, or none decided.
    pub(super) decided_by: Option<&'static str>,
    /// In step with the candidates: the criterion by which each fell behind; none for those that may be
    /// picked.
    pub(super) lost_by: Vec<Option<&'static str>>,
}

/// In step with the candidates: 0 for the best, 1 for the next best, and so on.
pub(super) fn ranks(cycle: Cycle<'_>, candidates: &[(&NodeInfo, Victims)]) -> Vec<usize> {
    let key = |victims: &Victims| CRITERIA.map(|(_, criterion)| criterion(cycle, victims));
    let keys: Vec<[i64; 5]> = candidates.iter().map(|(_, victims)| key(victims)).collect();
    let mut sorted = keys.clone();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    sorted.dedup();
    keys.iter().map(|key| sorted.partition_point(|better| better > key)).collect()
}

/// Asks the criteria in turn, each of the candidates that are left.
pub(super) fn pick(cycle: Cycle<'_>, candidates: &[(&NodeInfo, Victims)]) -> Picked {
    let mut tied: Vec<(usize, &(&NodeInfo, Victims))> = candidates.iter().enumerate().collect();
    let mut lost_by = vec![None; candidates.len()];
    let mut decided_by = None;
    for (label, criterion) in CRITERIA {
        if tied.len() == 1 {
            break;
        }
        let best = tied.iter().map(|(_, (_, victims))| criterion(cycle, victims)).max();
        tied.retain(|(index, (_, victims))| {
            let stays = Some(criterion(cycle, victims)) == best;
            if !stays {
                decided_by = Some(label);
                if let Some(lost) = lost_by.get_mut(*index) {
                    *lost = Some(label);
                }
            }
            stays
        });
    }
    let pick = tied.into_iter().map(|(_, (node, _))| node.name()).collect();
    Picked { pick, decided_by, lost_by }
}

/// Of the victims, the most important first.
fn priorities<'a>(cycle: Cycle<'a>, victims: &'a Victims) -> impl Iterator<Item = i64> + 'a {
    victims.pods.iter().map(move |id| i64::from(cycle.cluster.pod(*id).priority()))
}

/// The earliest start among the victims of the highest priority, in seconds.
fn latest_start(cycle: Cycle<'_>, victims: &Victims) -> i64 {
    let highest = priorities(cycle, victims).max();
    victims
        .pods
        .iter()
        .map(|id| cycle.cluster.pod(*id))
        .filter(|pod| Some(i64::from(pod.priority())) == highest)
        .map(|pod| start_time(pod, cycle.now).0)
        .min()
        .unwrap_or(i64::MIN)
}
