//! Groups that grow once the pod tolerates the taints of their new nodes: of an empty group no node of the state shows
//! that.

use super::{From, GroupVerdict, Loop, Options, PodOutcome, run};
use crate::api::taint::{Taint, TaintEffect, Toleration, tolerated};
use crate::api::time::Timestamp;
use crate::edit::{Edit, PodChange, Undo};
use crate::framework::Reason;
use crate::scheduler::Scheduler;
use crate::state::Cluster;
use crate::state::pod::PodId;

/// So many groups are tried for a pod: each is a loop of its own.
const MOST: usize = 3;

/// A group that only taints keep from growing for the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TolerationFix {
    /// Its place.
    pub group: usize,
    /// The taints that the pod would have to tolerate.
    pub taints: Vec<Taint>,
    /// What the loop then does for the pod.
    pub outcome: PodOutcome,
}

/// Those of `known`, each proved by a loop with the changed pod.
pub fn toleration_fixes(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    options: &Options,
    asked: &[PodId],
    now: Timestamp,
    known: &Loop,
    pod: PodId,
) -> Vec<TolerationFix> {
    let answer = known.pods.get(&pod).filter(|answer| answer.outcome == PodOutcome::NotTriggered);
    let verdicts = answer.map_or(&[][..], |answer| &answer.verdicts);
    let tainted = verdicts.iter().enumerate().filter(|(_, verdict)| is_for_a_taint(verdict)).take(MOST);
    let gates = scheduler.behaviour().request_gates();
    let mut found = Vec::new();
    for (place, _) in tainted {
        let Some(group) = known.groups.get(place).filter(|group| group.skip.is_none()) else { continue };
        // The taints of a node that is no good example may not be on a new one.
        let Some(template) = group.template.as_ref().filter(|it| !matches!(it.from, From::LastResort(..))) else {
            continue;
        };
        let own = &cluster.pod(pod).spec().tolerations;
        let hard = template.built.node.taints.iter().filter(|taint| taint.effect != TaintEffect::PreferNoSchedule);
        let taints: Vec<Taint> = hard.filter(|taint| !tolerated(own, taint, true)).copied().collect();
        let changes = taints.iter().map(|taint| PodChange::Tolerate { toleration: Toleration::of(taint) });
        let edit = Edit::PatchPod { pod: cluster.pod(pod).key(), changes: changes.collect() };
        let Ok(undos) = Edit::apply_all(&[edit], cluster, gates) else { continue };
        let then = run(scheduler, cluster, options, gates, asked, now);
        Undo::all(undos, cluster);
        let then = then.and_then(|run| run.pods.get(&pod).cloned());
        if let Some(then) = then.filter(|then| then.verdicts.get(place) == Some(&GroupVerdict::Fits)) {
            found.push(TolerationFix { group: place, taints, outcome: then.outcome });
        }
    }
    found
}

fn is_for_a_taint(verdict: &GroupVerdict) -> bool {
    matches!(verdict, GroupVerdict::Refuses(refused)
        if matches!(refused.rejection.reasons.as_slice(), [Reason::UntoleratedTaint { .. }, ..]))
}
