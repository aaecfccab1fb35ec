//! GangScheduling: enough pods of a gang together, or none.
//!
//! PreEnqueue holds pods back until their group exists and has `minCount` pods. Permit lets a
//! gang's pods wait on their nodes until `minCount` have one. Since v1.37 PlacementFeasible ends
//! the cycle of a group early. Upstream plugins/gangscheduling/gangscheduling.go.

use crate::api::scheduling_group::GroupKey;
use crate::config::Behaviour;
use crate::config::PodGroupScheduling;
use crate::decode::pod_group::PodGroup;
use crate::framework::{
    Cycle, GroupCode, GroupProgress, GroupReason, GroupStatus, Permit, PermitPlugin, PlacementFeasiblePlugin, Plugin,
    PreEnqueuePlugin, Reason, Rejection, points,
};
use crate::state::{Cluster, Pod};

/// The plugin.
pub struct GangScheduling {
    scheduling: PodGroupScheduling,
}

impl GangScheduling {
    /// For this version and its gates.
    pub fn new(behaviour: &Behaviour) -> Self {
        Self { scheduling: behaviour.pod_groups() }
    }

    /// The gang that `pod` is in, with its `minCount`; none for a pod in no group, or in one that is no gang.
    fn gang(&self, cluster: &Cluster, pod: &Pod) -> Result<Option<(GroupKey, usize)>, GroupReason> {
        let Some(key) = self.scheduling.group_of(pod) else { return Ok(None) };
        let min_count = match key {
            GroupKey::PodGroup(object) => {
                let group = cluster.pod_group(object).ok_or(GroupReason::PodGroupMissing { pod_group: object.name })?;
                group.min_count
            }
            GroupKey::Workload { workload, pod_group, .. } => {
                let found =
                    cluster.group_workload(workload).ok_or(GroupReason::WorkloadMissing { workload: workload.name })?;
                found
                    .min_count(pod_group)
                    .ok_or(GroupReason::PodGroupNotInWorkload { pod_group, workload: workload.name })?
            }
        };
        Ok(min_count.map(|min_count| (key, min_count)))
    }
}

impl Plugin for GangScheduling {
    fn name(&self) -> &'static str {
        "GangScheduling"
    }

    points!(pre_enqueue, permit, placement_feasible);
}

impl PreEnqueuePlugin for GangScheduling {
    fn pre_enqueue(&self, cycle: Cycle<'_>) -> Result<(), Rejection> {
        let unresolvable = |reason| Rejection::unresolvable(Reason::Group(reason));
        let Some((key, min_count)) = self.gang(cycle.cluster, cycle.pod).map_err(unresolvable)? else {
            return Ok(());
        };
        let pods = cycle.cluster.group_members(key).count();
        if pods < min_count {
            return Err(unresolvable(GroupReason::GangIncomplete { pods, min_count }));
        }
        Ok(())
    }
}

impl PermitPlugin for GangScheduling {
    fn permit(&self, cycle: Cycle<'_>) -> Permit {
        match self.gang(cycle.cluster, cycle.pod) {
            Ok(None) => Permit::Allow,
            Ok(Some((key, min_count))) => {
                let placed = cycle.cluster.placed_members(key);
                let on_permit = self.scheduling == PodGroupScheduling::PodByPod;
                if placed < min_count {
                    Permit::Wait(GroupReason::GangWaits { placed, min_count, on_permit })
                } else {
                    Permit::Allow
                }
            }
            Err(missing) => Permit::Error(missing.to_string()),
        }
    }
}

impl PlacementFeasiblePlugin for GangScheduling {
    fn placement_feasible(
        &self,
        group: &PodGroup,
        GroupProgress { scheduled, remaining }: GroupProgress,
    ) -> GroupStatus {
        let min_count = group.min_count.unwrap_or(1);
        if remaining + scheduled < min_count {
            let reason = GroupReason::MinCountOutOfReach { min_count, scheduled, remaining };
            return GroupStatus::new(GroupCode::Unschedulable, reason);
        }
        if scheduled < min_count {
            return GroupStatus::new(GroupCode::Wait, GroupReason::MinCountNotYet { min_count, scheduled, remaining });
        }
        GroupStatus::SUCCESS
    }
}
