//! How full the nodes of a placement would be with a group of pods on them: the fuller, the better, whatever the
//! profile's strategy (upstream plugins/noderesources/fit.go ScorePlacement, resource_allocation.go scorePlacement).

use crate::api::requests::RequestGates;
use crate::framework::{PlacementScorePlugin, Proposed};
use crate::plugins::resource_allocation::AllocationStrategy;
use crate::state::Cluster;

use super::NodeResourcesFit;

impl PlacementScorePlugin for NodeResourcesFit {
    fn score_placement(&self, cluster: &Cluster, proposed: &Proposed<'_>) -> i64 {
        let pods = proposed.pods.iter().map(|pod| cluster.pod(*pod));
        let nodes = proposed.nodes.iter().map(|node| cluster.node(*node));
        AllocationStrategy::MostAllocated
            .score(self.scored.placement_shares(pods, nodes, RequestGates::OFF).into_iter())
    }
}
