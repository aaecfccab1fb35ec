//! Topology domains: the nodes that have the same value of a label. Found once for each label that is asked for, and
//! again once a node has changed.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::node_info::{NodeId, NodeInfo};
use crate::api::name::Name;

/// The domains that one label makes of the nodes of a state, each with a place of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct NodeDomains {
    /// By node id; none without the label.
    places: Vec<Option<u32>>,
    /// By the label's value.
    by_value: Arc<FxHashMap<Name, u32>>,
}

impl NodeDomains {
    fn new(nodes: &[NodeInfo], key: Name) -> Self {
        let mut by_value: FxHashMap<Name, u32> = FxHashMap::default();
        let place = |node: &NodeInfo| {
            let next = by_value.len() as u32;
            node.node.labels.get(key).map(|value| *by_value.entry(value).or_insert(next))
        };
        let places = nodes.iter().map(place).collect();
        Self { places, by_value: Arc::new(by_value) }
    }

    /// The place of the domain that a node of the state is in.
    pub fn place(&self, node: NodeId) -> Option<u32> {
        self.places.get(node.index()).copied().flatten()
    }

    /// The places by value.
    pub fn by_value(&self) -> &Arc<FxHashMap<Name, u32>> {
        &self.by_value
    }

    /// How many domains there are.
    pub fn len(&self) -> usize {
        self.by_value.len()
    }

    /// Whether no node has the label.
    pub fn is_empty(&self) -> bool {
        self.by_value.is_empty()
    }
}

/// The domains found so far, by label.
#[derive(Debug, Default)]
pub(crate) struct DomainIndex(RwLock<FxHashMap<Name, Arc<NodeDomains>>>);

impl DomainIndex {
    pub(super) fn get(&self, nodes: &[NodeInfo], key: Name) -> Arc<NodeDomains> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone);
        let domains = known.unwrap_or_else(|| {
            let domains = Arc::new(NodeDomains::new(nodes, key));
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&domains));
            domains
        });
        debug_assert_eq!(*domains, NodeDomains::new(nodes, key), "nodes have changed, and the index was not cleared");
        domains
    }

    /// A node has come, gone or changed.
    pub(crate) fn clear(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Clone for DomainIndex {
    fn clone(&self) -> Self {
        Self(RwLock::new(self.0.read().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}
