//! Topology domains: the nodes that have the same value of a label; and the nodes that have an image. Found once for each
//! label or image that is asked for, and again once a node has changed.

use std::fmt::Debug;
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

/// The nodes that have an image, a bit each.
#[derive(Debug, PartialEq, Eq)]
pub struct ImageNodes(Box<[u64]>);

impl ImageNodes {
    fn new(nodes: &[NodeInfo], image: Name) -> Self {
        let bits = |nodes: &[NodeInfo]| {
            nodes.iter().rev().fold(0, |bits, node| bits << 1 | u64::from(node.node.images.has(image)))
        };
        Self(nodes.chunks(64).map(bits).collect())
    }

    /// Whether a node of the state is one of them.
    pub fn has(&self, node: NodeId) -> bool {
        self.0.get(node.index() / 64).is_some_and(|bits| bits >> (node.index() % 64) & 1 == 1)
    }
}

/// What was found so far of the nodes: domains by label, and nodes by image.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeIndex {
    domains: Found<NodeDomains>,
    images: Found<ImageNodes>,
}

impl NodeIndex {
    pub(super) fn domains(&self, nodes: &[NodeInfo], key: Name) -> Arc<NodeDomains> {
        self.domains.get(key, || NodeDomains::new(nodes, key))
    }

    pub(super) fn with_image(&self, nodes: &[NodeInfo], image: Name) -> Arc<ImageNodes> {
        self.images.get(image, || ImageNodes::new(nodes, image))
    }

    /// A node has come, gone or changed.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What was found, by the name that it was looked for by.
#[derive(Debug)]
struct Found<T>(RwLock<FxHashMap<Name, Arc<T>>>);

impl<T: PartialEq + Debug> Found<T> {
    fn get(&self, name: Name, find: impl Fn() -> T) -> Arc<T> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&name).map(Arc::clone);
        let found = known.unwrap_or_else(|| {
            let found = Arc::new(find());
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::clone(&found));
            found
        });
        debug_assert_eq!(*found, find(), "nodes have changed, and the index was not cleared");
        found
    }
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T> Clone for Found<T> {
    fn clone(&self) -> Self {
        Self(RwLock::new(self.0.read().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}
