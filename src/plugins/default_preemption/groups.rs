//! DefaultPreemption and groups of pods.
//!
//! In v1.36 a pod of a group does not preempt for itself where that is done for the group, or where
//! the group is tried in several domains; since v1.37 PodGroupPostFilter is where the group preempts.

use crate::api::scheduling_group::GroupKey;
use crate::config::PodGroupScheduling;
use crate::framework::{Cycle, FailedGroup, PodGroupPostFilter, PodGroupPostFilterPlugin};

use super::DefaultPreemption;

/// Why the pod of `cycle` may not preempt for itself, if that is so (upstream v1.36 DefaultPreemption.PostFilter).
pub(super) fn left_to_group(cycle: Cycle<'_>) -> Option<&'static str> {
    let scheduling = cycle.behaviour.pod_groups();
    if scheduling != PodGroupScheduling::PermitCycle {
        return None;
    }
    let Some(GroupKey::PodGroup(key)) = scheduling.group_of(cycle.pod) else { return None };
    let gates = &cycle.behaviour.gates;
    if gates.topology_aware_workload_scheduling {
        match cycle.cluster.pod_group(key) {
            None => return Some("pod group for pod not found"),
            Some(group) if group.has_constraints => {
                return Some("not eligible due to placement-based pod group scheduling limitation");
            }
            Some(_) => {}
        }
    }
    gates.workload_aware_preemption.then_some("not eligible due to workload aware preemption enabled")
}

impl PodGroupPostFilterPlugin for DefaultPreemption {
    fn pod_group_post_filter(&self, _failed: FailedGroup<'_>) -> PodGroupPostFilter {
        PodGroupPostFilter::Preempt
    }
}
