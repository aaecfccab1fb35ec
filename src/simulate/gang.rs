//! Gangs: all of a PodGroup's pods or none.
//!
//! A rule of ours, after the coscheduling plugin (<https://github.com/kubernetes-sigs/scheduler-plugins>,
//! pkg/coscheduling/core/core.go, Permit): kube-scheduler 1.34 places the pods of a group one by one and
//! lets each run. Here, when it is the turn of the first of a group, all of them that wait are
//! placed together, each on what the one before it left. If then fewer than `minMember` of the
//! group are on nodes, those that were there already counted, all places are given back and all
//! stay pending; so are places that others were preempted for.

use crate::api::ObjectKey;
use crate::decode::coscheduling::{CoschedulingPodGroup, gang_of};
use crate::framework::NotEvaluated;
use crate::state::PodId;

use super::Simulation;
use super::step::{Outcome, Step, Unplaced};

impl Simulation<'_> {
    /// The PodGroup that `pod` belongs to. One that is not known binds nobody, which is said.
    pub(super) fn gang(&mut self, pod: PodId) -> Option<CoschedulingPodGroup> {
        let key = gang_of(&self.cluster.pod(pod).own)?;
        let found = self.cluster.gangs.iter().find(|gang| gang.key == key).copied();
        if found.is_none() {
            self.note(&NotEvaluated::new(
                format!("PodGroup {key}"),
                "it is not in the state",
                "its pods were placed one at a time",
            ));
        }
        found
    }

    /// How many pods of the group are on nodes.
    pub(super) fn on_nodes(&self, gang: ObjectKey) -> usize {
        let is_there =
            |pod: &&crate::state::Pod| self.cluster.node_of(pod.id).is_some() && gang_of(&pod.own) == Some(gang);
        self.cluster.pods().iter().filter(is_there).count()
    }
}

/// What becomes of `steps`, those of all waiting pods of `gang`, once it is known that the group
/// cannot run: those that had found a node have none.
pub(super) fn given_back(gang: CoschedulingPodGroup, on_nodes: usize, steps: Vec<Step>) -> Vec<Step> {
    let found = steps.iter().filter(|step| step.place().is_some()).count();
    let why = format!(
        "pod group \"{}\": only {} of its pods fit, and {} must",
        gang.key.name,
        on_nodes + found,
        gang.min_member
    );
    steps
        .into_iter()
        .map(|mut step| {
            if step.place().is_some() {
                step.outcome = Outcome::Unplaced(Unplaced::because(why.clone()));
            }
            step
        })
        .collect()
}

/// What is said of a group that has too few pods to ever run.
pub(super) fn too_few(gang: CoschedulingPodGroup, pods: usize) -> Unplaced {
    Unplaced::because(format!("pod group \"{}\": it has {pods} pods, and {} must fit", gang.key.name, gang.min_member))
}
