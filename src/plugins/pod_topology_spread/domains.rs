//! The domains of a constraint and the pods in each.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::Name;
use crate::framework::Fact;
use crate::state::node_index::NodeDomains;
use crate::state::{NodeId, NodeInfo};

/// Pods by domain, of those domains that count for a pod. A clone shares everything but the counts, so that preemption can
/// have one of its own for each node.
#[derive(Clone)]
pub(super) struct DomainCounts {
    /// All domains that the label makes.
    all: Arc<NodeDomains>,
    /// A domain's place in `counts`, by the value of the node label: the places of `all`, and those of values that only a
    /// changed copy of a node has.
    ids: Arc<FxHashMap<Name, u32>>,
    /// None for a domain that does not count.
    counts: Vec<Option<i32>>,
    /// How many count.
    len: usize,
    minimum: i32,
}

impl DomainCounts {
    /// None of the domains of `all` counts yet.
    pub(super) fn new(all: Arc<NodeDomains>) -> Self {
        let (ids, counts) = (Arc::clone(all.by_value()), vec![None; all.len()]);
        // Upstream's minimum where there is no domain (filtering.go, newCriticalPaths).
        Self { all, ids, counts, len: 0, minimum: i32::MAX }
    }

    /// The domain of the nodes whose label is `value`; from now on it counts.
    pub(super) fn add(&mut self, value: Name) -> u32 {
        let place = self.ids.get(&value).copied().unwrap_or_else(|| {
            let place = self.counts.len() as u32;
            Arc::make_mut(&mut self.ids).insert(value, place);
            self.counts.push(None);
            place
        });
        self.add_at(place);
        place
    }

    /// The domain at this place: from now on it counts.
    pub(super) fn add_at(&mut self, place: u32) {
        if let Some(count @ None) = self.counts.get_mut(place as usize) {
            *count = Some(0);
            self.len += 1;
        }
    }

    /// The place of the domain that a node of the state is in, whether or not it counts.
    pub(super) fn place_of(&self, node: NodeId) -> Option<u32> {
        self.all.place(node)
    }

    /// Whether the domain at this place counts.
    pub(super) fn has(&self, place: u32) -> bool {
        self.counts.get(place as usize).is_some_and(Option::is_some)
    }

    /// The domain of the nodes whose label is `value`, if it is one that counts.
    pub(super) fn find(&self, value: Name) -> Option<u32> {
        self.ids.get(&value).copied().filter(|place| self.has(*place))
    }

    /// How many domains count.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The pods in the domain; 0 where there is no such domain.
    pub(super) fn pods(&self, value: Name) -> i64 {
        self.find(value).map_or(0, |id| self.pods_at(id))
    }

    /// The pods in the domain at this place.
    pub(super) fn pods_at(&self, id: u32) -> i64 {
        self.counts.get(id as usize).copied().flatten().unwrap_or_default().into()
    }

    /// The pods in the emptiest domain.
    pub(super) fn minimum(&self) -> i64 {
        self.minimum.into()
    }

    /// The domains by name, each with its pods.
    pub(super) fn by_name(&self) -> Vec<(Name, i64)> {
        let mut domains: Vec<(Name, i64)> = self.values().map(|value| (value, self.pods(value))).collect();
        domains.sort_unstable();
        domains
    }

    /// Adds a pod to each of `ids`; an id may come often.
    pub(super) fn count(&mut self, ids: impl Iterator<Item = u32>) {
        for id in ids {
            if let Some(Some(count)) = self.counts.get_mut(id as usize) {
                *count += 1;
            }
        }
        self.find_minimum();
    }

    /// Adds `pods`, which may be negative, to a domain.
    pub(super) fn change(&mut self, value: Name, pods: i32) {
        let id = self.add(value);
        let Some(Some(count)) = self.counts.get_mut(id as usize) else { return };
        let before = *count;
        *count += pods;
        // Only then can the minimum be another.
        if *count < self.minimum || before == self.minimum {
            self.find_minimum();
        }
    }

    fn find_minimum(&mut self) {
        self.minimum = self.counts.iter().flatten().copied().min().unwrap_or(i32::MAX);
    }

    /// The values of the domains that count.
    fn values(&self) -> impl Iterator<Item = Name> {
        self.ids.iter().filter(|(_, place)| self.has(**place)).map(|(value, _)| *value)
    }

    /// The pods of every domain that `topology_key` makes, by name; that of `node` among them,
    /// even if no node that counts is in it.
    pub(super) fn facts(&self, topology_key: Name, node: &NodeInfo) -> Vec<Fact> {
        let here = node.node.labels.get(topology_key);
        let mut values: Vec<Name> = self.values().collect();
        values.extend(here.filter(|value| self.find(*value).is_none()));
        values.sort_unstable();
        let fact = |domain| Fact::Domain {
            topology_key,
            domain,
            count: self.pods(domain),
            on_this_node: here == Some(domain),
        };
        values.into_iter().map(fact).collect()
    }
}
