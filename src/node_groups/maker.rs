//! Who could make one more node like a given one: the group or pool that the node belongs to.

use super::cluster_autoscaler::{Loop, Skip};
use super::karpenter::Overview;
use crate::api::name::{Name, name};
use crate::state::Cluster;

/// The group or pool of a node, and whether it could get one more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Maker {
    /// A node group of the Cluster Autoscaler.
    NodeGroup {
        /// Its id.
        id: Name,
        /// Why it is not asked.
        skip: Option<Skip>,
        /// How many nodes it is to have.
        target: i64,
        /// How many it may have.
        max: i64,
    },
    /// A NodePool of Karpenter.
    NodePool {
        /// Its name.
        name: Name,
        /// Why it is not asked.
        why: Option<&'static str>,
        /// Limits of which nothing is left.
        exhausted: Vec<Name>,
    },
}

impl Maker {
    /// Of the node called `node`; none where no group is known to have it.
    pub fn of(cluster: &Cluster, run: Option<&Loop>, pools: Option<&Overview>, node: Name) -> Option<Self> {
        let group = run.into_iter().flat_map(|run| &run.groups).find(|group| group.members.contains(&node));
        if let Some(group) = group {
            let (target, max) = (group.target, group.max);
            return Some(Self::NodeGroup { id: group.id, skip: group.skip.clone(), target, max });
        }
        let pool = cluster.node_named(node)?.node.labels.get(name("karpenter.sh/nodepool"))?;
        let pool = pools?.pools.iter().find(|known| known.name == pool)?;
        let exhausted = pool.limits.iter().filter(|(.., exhausted)| *exhausted).map(|(resource, ..)| *resource);
        Some(Self::NodePool { name: pool.name, why: pool.why, exhausted: exhausted.collect() })
    }

    /// How many nodes it could get, where a maximum says so; others may get some of them first.
    pub fn room(&self) -> Option<usize> {
        match self {
            Self::NodeGroup { target, max, .. } if self.can() => usize::try_from(max - target).ok(),
            Self::NodePool { .. } if self.can() => None,
            _ => Some(0),
        }
    }

    /// Whether it could make the node.
    pub fn can(&self) -> bool {
        match self {
            Self::NodeGroup { skip, .. } => skip.is_none(),
            Self::NodePool { why, exhausted, .. } => why.is_none() && exhausted.is_empty(),
        }
    }
}
