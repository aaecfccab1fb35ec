//! What counts in each domain, by the place that the domain has in the state: a cycle that asks about every node looks at
//! one column instead of the labels of each.

use std::sync::Arc;

use crate::api::Name;
use crate::state::node_index::NodeDomains;
use crate::state::{Cluster, NodeId};

/// A value for each domain of one topology key.
pub(super) struct DomainColumn<T> {
    domains: Arc<NodeDomains>,
    values: Vec<T>,
}

impl<T: Copy + Default> DomainColumn<T> {
    /// These values, and the default one for all other domains that `topology_key` makes.
    pub(super) fn new(cluster: &Cluster, topology_key: Name, given: impl IntoIterator<Item = (Name, T)>) -> Self {
        let domains = cluster.domains(topology_key);
        let mut values = vec![T::default(); domains.len()];
        for (domain, value) in given {
            let place = domains.by_value().get(&domain);
            if let Some(known) = place.and_then(|place| values.get_mut(*place as usize)) {
                *known = value;
            }
        }
        Self { domains, values }
    }

    /// The value of the domain that a node of the state is in; none where it is in none.
    pub(super) fn get(&self, node: NodeId) -> Option<T> {
        self.values.get(self.domains.place(node)? as usize).copied()
    }
}
