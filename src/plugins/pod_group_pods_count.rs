//! PodGroupPodsCount: of several placements, the one in which most pods of the group have a node.
//!
//! Upstream plugins/podgrouppodscount/podgroup_pods_count.go.

use crate::api::UpstreamError;
use crate::api::scheduling_group::GroupKey;
use crate::framework::{MAX_NODE_SCORE, PlacementScorePlugin, Plugin, Proposed};
use crate::state::Cluster;

/// The plugin.
pub struct PodGroupPodsCount;

impl Plugin for PodGroupPodsCount {
    fn name(&self) -> &'static str {
        "PodGroupPodsCount"
    }

    fn placement_score(&self) -> Option<&dyn PlacementScorePlugin> {
        Some(self)
    }
}

impl PlacementScorePlugin for PodGroupPodsCount {
    fn score_placement(&self, cluster: &Cluster, proposed: &Proposed<'_>) -> i64 {
        (cluster.placed_members(GroupKey::PodGroup(proposed.group.key)) + proposed.pods.len()) as i64
    }

    fn normalize(&self, scores: &mut [i64]) -> Result<(), UpstreamError> {
        let most = scores.iter().copied().max().unwrap_or_default();
        if most <= 0 {
            return Err("no pods from pod group are assigned to any of the candidate placements".into());
        }
        for score in scores {
            *score = *score * MAX_NODE_SCORE / most;
        }
        Ok(())
    }
}
