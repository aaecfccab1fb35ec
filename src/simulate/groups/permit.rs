//! Permit: a pod that has its node may have to wait there for others (upstream
//! runtime/framework.go, RunPermitPlugins).
//!
//! In v1.35 that is all there is to a gang: its pods are scheduled one by one, and keep their places
//! until enough of them have one, or until five minutes have passed.

use crate::framework::{Framework, GroupReason, Permit};
use crate::simulate::Simulation;
use crate::state::PodId;

/// What Permit says of a pod.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::simulate) enum Permitted {
    /// It may be bound.
    Allowed,
    /// It keeps its place and waits, for these reasons.
    Waits(Vec<GroupReason>),
    /// A plugin failed.
    Failed(String),
}

/// Asks the plugins of `framework` about `pod`, which is on its node in the state.
pub(super) fn permit(simulation: &Simulation<'_>, framework: &Framework<'_>, pod: PodId) -> Permitted {
    let mut waits = None;
    for (plugin, point) in &framework.permit {
        match simulation.scheduler.permit(*point, simulation.cluster, pod, simulation.now) {
            Permit::Allow => {}
            Permit::Wait(reason) => waits = Some(reason),
            Permit::Error(error) => {
                return Permitted::Failed(format!("running Permit plugin \"{plugin}\": {error}"));
            }
        }
    }
    match waits {
        None => Permitted::Allowed,
        Some(reason) => Permitted::Waits(vec![
            reason,
            GroupReason::text("one or more plugins asked to wait and no plugin rejected pod"),
        ]),
    }
}

impl Simulation<'_> {
    /// What Permit says of a pod that has just been placed.
    pub(in crate::simulate) fn permit(&self, pod: PodId) -> Permitted {
        match self.scheduler.framework_for(self.cluster.pod(pod)) {
            Some((_, framework)) => permit(self, &framework, pod),
            None => Permitted::Allowed,
        }
    }
}
