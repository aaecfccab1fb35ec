//! Which candidate is picked (upstream framework/preemption/preemption.go, pickOneNodeForPreemption).

use crate::cluster::NodeInfo;
use crate::cluster::name::Name;
use crate::framework::Cycle;
use crate::framework::extender::Victims;

use super::victims::start_time;

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

/// The candidates that may be picked: more than one when all criteria tie. Also says which
/// criterion decided; none when there was one candidate only, or none decided.
pub(super) fn pick(cycle: Cycle<'_>, candidates: &[(&NodeInfo, Victims)]) -> (Vec<Name>, Option<&'static str>) {
    let mut tied: Vec<&(&NodeInfo, Victims)> = candidates.iter().collect();
    let mut decided_by = None;
    for (label, criterion) in CRITERIA {
        if tied.len() == 1 {
            break;
        }
        let best = tied.iter().map(|(_, victims)| criterion(cycle, victims)).max();
        let before = tied.len();
        tied.retain(|(_, victims)| Some(criterion(cycle, victims)) == best);
        if tied.len() < before {
            decided_by = Some(label);
        }
    }
    (tied.into_iter().map(|(node, _)| node.name()).collect(), decided_by)
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
