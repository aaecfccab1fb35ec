//! The domains of a constraint and the pods in each.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::Name;
use crate::framework::Fact;
use crate::state::NodeInfo;

/// Pods by domain. A clone shares everything but the counts, so that preemption can have one of
/// its own for each node.
#[derive(Clone)]
pub(super) struct DomainCounts {
    /// A domain's place in `counts`, by the value of the node label.
    ids: Arc<FxHashMap<Name, u32>>,
    counts: Vec<i32>,
    minimum: i32,
}

impl Default for DomainCounts {
    fn default() -> Self {
        // Upstream's minimum where there is no domain (filtering.go, newCriticalPaths).
        Self { ids: Arc::default(), counts: Vec::new(), minimum: i32::MAX }
    }
}

impl DomainCounts {
    /// The domain of the nodes whose label is `value`, made on first sight.
    pub(super) fn add(&mut self, value: Name) -> u32 {
        if let Some(id) = self.find(value) {
            return id;
        }
        let id = self.counts.len() as u32;
        Arc::make_mut(&mut self.ids).insert(value, id);
        self.counts.push(0);
        id
    }

    /// The domain of the nodes whose label is `value`, if it is one.
    pub(super) fn find(&self, value: Name) -> Option<u32> {
        self.ids.get(&value).copied()
    }

    /// How many domains there are.
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The pods in the domain; 0 where there is no such domain.
    pub(super) fn pods(&self, value: Name) -> i64 {
        self.find(value).map_or(0, |id| self.pods_at(id))
    }

    /// The pods in the domain at this place.
    pub(super) fn pods_at(&self, id: u32) -> i64 {
        self.counts.get(id as usize).copied().unwrap_or_default().into()
    }

    /// The pods in the emptiest domain.
    pub(super) fn minimum(&self) -> i64 {
        self.minimum.into()
    }

    /// The domains by name, each with its pods.
    pub(super) fn by_name(&self) -> Vec<(Name, i64)> {
        let mut domains: Vec<(Name, i64)> = self.ids.keys().map(|value| (*value, self.pods(*value))).collect();
        domains.sort_unstable();
        domains
    }

    /// Adds a pod to each of `ids`; an id may come often.
    pub(super) fn count(&mut self, ids: impl Iterator<Item = u32>) {
        for id in ids {
            if let Some(count) = self.counts.get_mut(id as usize) {
                *count += 1;
            }
        }
        self.find_minimum();
    }

    /// Adds `pods`, which may be negative, to a domain.
    pub(super) fn change(&mut self, value: Name, pods: i32) {
        let id = self.add(value);
        let Some(count) = self.counts.get_mut(id as usize) else { return };
        let before = *count;
        *count += pods;
        // Only then can the minimum be another.
        if *count < self.minimum || before == self.minimum {
            self.find_minimum();
        }
    }

    fn find_minimum(&mut self) {
        self.minimum = self.counts.iter().copied().min().unwrap_or(i32::MAX);
    }

    /// The pods of every domain that `topology_key` makes, by name; that of `node` among them,
    /// even if no node that counts is in it.
    pub(super) fn facts(&self, topology_key: Name, node: &NodeInfo) -> Vec<Fact> {
        let here = node.node.labels.get(topology_key);
        let mut values: Vec<Name> = self.ids.keys().copied().collect();
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
