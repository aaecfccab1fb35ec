//! What the loss of nodes does, and the order in which to drain them.
//!
//! A [`Unit`] is what is lost at once: a node, or all nodes with one value of a label, such as a
//! zone. [`sweep()`] loses one after the other, each on the state as it is, and tells which pods
//! find no other place, which are lost, and which PodDisruptionBudgets it breaks.
//! [`drain_plan`] does the opposite of a loss: it empties nodes with care.

pub mod consolidation;
pub mod drain_plan;
mod loss;
mod outage;

pub use loss::{BrokenBudget, Loss, Registered, UnitLosses, sweep};
pub use outage::Outage;

use indexmap::IndexMap;

use crate::api::{Name, name};
use crate::state::{Cluster, NodeInfo};

use super::scenario::ZONE;

/// What makes nodes one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Each node is one.
    Node,
    /// Nodes with the same value of the zone's well-known label are.
    Zone,
    /// Nodes with the same value of this label are.
    Label(Name),
}

/// Nodes that are lost at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The node's name, or the label's value.
    pub name: Name,
    /// The nodes, in the order of names.
    pub nodes: Vec<Name>,
}

impl By {
    /// The label; none for single nodes.
    pub fn label(self) -> Option<Name> {
        match self {
            Self::Node => None,
            Self::Zone => Some(name(ZONE)),
            Self::Label(key) => Some(key),
        }
    }

    /// The units of `cluster` in the order of names, and how many nodes are of none as they lack
    /// the label.
    pub fn units(self, cluster: &Cluster) -> (Vec<Unit>, usize) {
        let mut nodes: Vec<&NodeInfo> = cluster.nodes().iter().collect();
        nodes.sort_by_key(|node| node.name());
        let mut units: IndexMap<Name, Vec<Name>> = IndexMap::new();
        let mut without = 0;
        for node in nodes {
            let unit = self.label().map_or_else(|| Some(node.name()), |key| node.node.labels.get(key));
            match unit {
                Some(unit) => units.entry(unit).or_default().push(node.name()),
                None => without += 1,
            }
        }
        units.sort_unstable_keys();
        (units.into_iter().map(|(name, nodes)| Unit { name, nodes }).collect(), without)
    }
}
