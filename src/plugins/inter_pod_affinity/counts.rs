//! Counts that can be changed without copying them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::state::{NodeInfo, PodId};

use super::tally::{DomainTallies, TermTally};

/// Pods by table and domain: what was counted at first, shared by all copies, and the pods that
/// came and went since. Preemption moves the pods of one node, so these are few.
#[derive(Clone)]
pub(super) struct TermCounts {
    /// The topology key of each table.
    keys: Vec<Name>,
    /// Tallies at first. Tables that came later have none.
    base: Arc<[FxHashMap<Name, TermTally>]>,
    /// Pods of all domains of each table together, changes included.
    totals: Vec<i64>,
    changes: Vec<DomainChange>,
}

/// A pod that came to a domain or left it.
#[derive(Clone, Copy)]
struct DomainChange {
    table: usize,
    domain: Name,
    pod: PodId,
    /// 1 or -1.
    sign: i64,
}

impl TermCounts {
    /// A table for each of `tables`.
    pub(super) fn new(tables: Vec<DomainTallies>) -> Self {
        Self {
            keys: tables.iter().map(|domains| domains.topology_key).collect(),
            totals: tables.iter().map(|domains| domains.tallies.values().map(|tally| tally.sum).sum()).collect(),
            base: tables.into_iter().map(|domains| domains.tallies).collect(),
            changes: Vec::new(),
        }
    }

    /// Whether no pod counts in any domain of any table.
    pub(super) fn is_empty(&self) -> bool {
        self.totals.iter().all(|total| *total == 0)
    }

    /// Tables and their topology keys.
    pub(super) fn tables(&self) -> impl Iterator<Item = (usize, Name)> {
        self.keys.iter().copied().enumerate()
    }

    /// The table of `topology_key`, a new one where there is none.
    pub(super) fn table_of(&mut self, topology_key: Name) -> usize {
        self.keys.iter().position(|key| *key == topology_key).unwrap_or_else(|| {
            self.keys.push(topology_key);
            self.totals.push(0);
            self.keys.len() - 1
        })
    }

    /// Pods that count in a domain.
    pub(super) fn get(&self, table: usize, domain: Name) -> i64 {
        self.tally(table, domain).sum + self.changed(table, domain).map(|change| change.sign).sum::<i64>()
    }

    /// The domains of a table in which a pod counts, in no order; one may come more than once.
    pub(super) fn counting(&self, table: usize) -> impl Iterator<Item = Name> {
        let came = self.changes.iter().filter(move |change| change.table == table).map(|change| change.domain);
        let domains = self.base.get(table).into_iter().flat_map(|tallies| tallies.keys().copied()).chain(came);
        domains.filter(move |domain| self.get(table, *domain) > 0)
    }

    /// The same in the order of names.
    pub(super) fn domains(&self, table: usize) -> Vec<Name> {
        let mut domains: Vec<Name> = self.counting(table).collect();
        domains.sort_unstable();
        domains.dedup();
        domains
    }

    /// Pods that count in all domains of a table together.
    pub(super) fn total(&self, table: usize) -> i64 {
        self.totals.get(table).copied().unwrap_or_default()
    }

    /// A pod that counts in a domain, if one is known that has not left.
    pub(super) fn sample(&self, table: usize, domain: Name) -> Option<PodId> {
        let left = |pod: PodId| self.changed(table, domain).any(|change| change.sign < 0 && change.pod == pod);
        let first = self.tally(table, domain).sample.filter(|pod| !left(*pod));
        first.or_else(|| self.changed(table, domain).find(|change| change.sign > 0).map(|change| change.pod))
    }

    /// `pod` is added to `node` (`sign` 1) or leaves it (-1). Without the table's label the node is
    /// in no domain.
    pub(super) fn change(&mut self, table: usize, node: &NodeInfo, pod: PodId, sign: i64) {
        let Some(domain) = self.keys.get(table).and_then(|key| node.node.labels.get(*key)) else { return };
        let undone = |change: &DomainChange| {
            change.table == table && change.domain == domain && change.pod == pod && change.sign == -sign
        };
        match self.changes.iter().position(undone) {
            Some(place) => {
                self.changes.swap_remove(place);
            }
            None => self.changes.push(DomainChange { table, domain, pod, sign }),
        }
        if let Some(total) = self.totals.get_mut(table) {
            *total += sign;
        }
    }

    /// The same permanently: the tally itself is changed, not noted down beside it. For counts that
    /// follow the state and have no copies. A pod that left is no sample any more, nor is another known.
    pub(super) fn settle(&mut self, table: usize, node: &NodeInfo, pod: PodId, sign: i64) {
        let Some(domain) = self.keys.get(table).and_then(|key| node.node.labels.get(*key)) else { return };
        if self.base.len() < self.keys.len() {
            let mut tables = self.base.to_vec();
            tables.resize_with(self.keys.len(), FxHashMap::default);
            self.base = tables.into();
        }
        let tally = Arc::make_mut(&mut self.base).get_mut(table).map(|tallies| tallies.entry(domain).or_default());
        if let Some(tally) = tally {
            tally.sum += sign;
            tally.sample = tally.sample.filter(|sample| sign > 0 || *sample != pod);
        }
        if let Some(total) = self.totals.get_mut(table) {
            *total += sign;
        }
    }

    fn tally(&self, table: usize, domain: Name) -> TermTally {
        self.base.get(table).and_then(|tallies| tallies.get(&domain)).copied().unwrap_or_default()
    }

    fn changed(&self, table: usize, domain: Name) -> impl Iterator<Item = &DomainChange> {
        self.changes.iter().filter(move |change| change.table == table && change.domain == domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    #[test]
    fn pods_count_in_the_domains_of_each_table() {
        let mut builder = ClusterBuilder::default();
        for node in ["x", "y"] {
            let json =
                format!(r#"{{"metadata": {{"name": "{node}", "labels": {{"zone": "{node}", "rack": "{node}"}}}}}}"#);
            builder.add(Object::decode(Kind::Node, json.as_bytes()).unwrap().0);
        }
        let cluster = builder.build(RequestGates::OFF);
        let (x, y) = (&cluster.nodes()[0], &cluster.nodes()[1]);
        let mut counts = TermCounts::new(Vec::new());
        let (zone, rack) = (counts.table_of(name("zone")), counts.table_of(name("rack")));
        assert_eq!((zone, rack, counts.table_of(name("zone"))), (0, 1, 0));
        assert!(counts.domains(zone).is_empty() && counts.is_empty());
        for (table, node, pod) in [(zone, y, 1), (zone, x, 2), (zone, x, 3), (rack, x, 2)] {
            counts.change(table, node, PodId(pod), 1);
        }
        assert_eq!(counts.domains(zone), [name("x"), name("y")]);
        assert_eq!((counts.get(zone, name("x")), counts.total(zone), counts.domains(rack)), (2, 3, vec![name("x")]));
        // A pod leaves one table, and stays in the other.
        counts.change(zone, x, PodId(2), -1);
        assert_eq!((counts.get(zone, name("x")), counts.get(rack, name("x"))), (1, 1));
        assert_eq!((counts.sample(zone, name("x")), counts.sample(rack, name("x"))), (Some(PodId(3)), Some(PodId(2))));
        counts.change(zone, x, PodId(3), -1);
        assert_eq!(counts.domains(zone), [name("y")]);
    }
}
