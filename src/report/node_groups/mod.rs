//! How node groups and NodePools look: tables for people, the documented JSON for programs.

mod json;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::ObjectKey;
use crate::framework::NotEvaluated;
use crate::node_groups::cluster_autoscaler::Loop;
use crate::node_groups::karpenter::Overview;
use crate::state::PodId;
#[cfg(test)]
pub(super) use json::NodeGroupsObject;

use super::{Answered, Data, Look, Part, Report, Screen};

/// The node groups and pools of a cluster.
#[derive(Clone, Debug)]
pub struct NodeGroupsAnswer {
    /// The Cluster Autoscaler's loop, with its groups; none without a status of it.
    pub autoscaler: Option<Arc<Loop>>,
    /// How old the status is, in seconds.
    pub status_age: Option<i64>,
    /// Karpenter's pools; none where nothing tells of Karpenter.
    pub karpenter: Option<Overview>,
    /// The pending pods.
    pub pending: BTreeMap<PodId, ObjectKey>,
    /// What could not be read, in sentences.
    pub notes: Vec<String>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl NodeGroupsAnswer {
    /// What it can be shown as.
    pub const PARTS: &'static [Part] = Part::WITHOUT_PAGE;
}

impl Report for Answered<'_, NodeGroupsAnswer> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::NodeGroupsObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }

    /// A group of a cloud is no object: its id stands behind a word of ours.
    fn names(&self) -> Option<Vec<String>> {
        let groups = self.answer.autoscaler.iter().flat_map(|run| &run.groups);
        let pools = self.answer.karpenter.iter().flat_map(|found| &found.pools);
        let groups = groups.map(|group| format!("nodegroup/{}", group.id));
        Some(groups.chain(pools.map(|pool| format!("nodepool.karpenter.sh/{}", pool.name))).collect())
    }
}
