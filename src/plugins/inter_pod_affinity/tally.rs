//! Counting pods by topology domain.
//!
//! Pods are first counted by node: an addition each, in a column as long as the cluster has
//! nodes. The nodes' labels are looked at once for each column, when it is folded into domains.

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::state::{Cluster, PodId};

/// What was counted on a node or in a domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TermTally {
    /// The sum of what was added for each pod.
    pub(super) sum: i64,
    /// The first of the pods, in the order of namespace and name; none if nothing was added.
    pub(super) sample: Option<PodId>,
}

impl TermTally {
    fn add(&mut self, sum: i64, pod: PodId) {
        self.sum = self.sum.wrapping_add(sum);
        self.sample = Some(self.sample.map_or(pod, |sample| sample.min(pod)));
    }
}

/// Tallies by node.
pub(super) struct NodeTallies(Vec<TermTally>);

impl NodeTallies {
    /// Nothing counted on any node.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self(vec![TermTally::default(); cluster.nodes().len()])
    }

    /// Adds `weight` for each of `pods` to its node.
    pub(super) fn add(&mut self, cluster: &Cluster, pods: &[PodId], weight: i64) {
        for pod in pods {
            let node = cluster.node_of(*pod);
            if let Some(tally) = node.and_then(|node| self.0.get_mut(node.index())) {
                tally.add(weight, *pod);
            }
        }
    }

    /// The tallies of the domains that `topology_key` makes. Nodes without that label are in none.
    pub(super) fn fold(&self, cluster: &Cluster, topology_key: Name) -> DomainTallies {
        let mut tallies: FxHashMap<Name, TermTally> = FxHashMap::default();
        for (node, tally) in cluster.nodes().iter().zip(&self.0) {
            let Some(sample) = tally.sample else { continue };
            if let Some(domain) = node.node.labels.get(topology_key) {
                tallies.entry(domain).or_default().add(tally.sum, sample);
            }
        }
        DomainTallies { topology_key, tallies }
    }
}

/// Columns by topology key: what terms with the same key add up to.
#[derive(Default)]
pub(super) struct Columns(Vec<(Name, NodeTallies)>);

impl Columns {
    /// Adds `weight` for each of `pods` under `topology_key`.
    pub(super) fn add(&mut self, cluster: &Cluster, topology_key: Name, pods: &[PodId], weight: i64) {
        if pods.is_empty() {
            return;
        }
        let place = self.0.iter().position(|(key, _)| *key == topology_key).unwrap_or_else(|| {
            self.0.push((topology_key, NodeTallies::new(cluster)));
            self.0.len() - 1
        });
        if let Some((_, column)) = self.0.get_mut(place) {
            column.add(cluster, pods, weight);
        }
    }

    /// The domains of each key; keys without any are left out.
    pub(super) fn fold(&self, cluster: &Cluster) -> Vec<DomainTallies> {
        let folded = self.0.iter().map(|(key, column)| column.fold(cluster, *key));
        folded.filter(|domains| !domains.tallies.is_empty()).collect()
    }
}

/// Tallies by domain of one topology key; every domain in which something was counted is there.
#[derive(Debug)]
pub(super) struct DomainTallies {
    /// The node label that makes the domains.
    pub(super) topology_key: Name,
    /// By that label's value.
    pub(super) tallies: FxHashMap<Name, TermTally>,
}
