//! PostFilter for a group of pods (upstream v1.37 DynamicResources.PodGroupPostFilter).
//!
//! Allocations that block the group's pods would be given back. What is said is the
//! same whether there are any.

use crate::framework::{FailedGroup, PodGroupPostFilter, PodGroupPostFilterPlugin};

use super::{DynamicResources, NAME};

impl PodGroupPostFilterPlugin for DynamicResources {
    fn pod_group_post_filter(&self, failed: FailedGroup<'_>) -> PodGroupPostFilter {
        if !self.gates.enabled || (failed.topology_aware && failed.group.has_constraints) {
            return PodGroupPostFilter::Unschedulable(String::new());
        }
        if !failed.reached.contains(&NAME) {
            // Its own PreFilter leaves behind what it reads here.
            return PodGroupPostFilter::Error("not found".to_owned());
        }
        PodGroupPostFilter::Unschedulable("deallocation and deletion of ResourceClaims completed".to_owned())
    }
}
