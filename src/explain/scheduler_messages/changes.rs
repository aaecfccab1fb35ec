//! What changed in the state since the scheduler spoke, as far as the objects carry times.

use crate::api::Timestamp;
use crate::state::{Cluster, PodId};

/// Objects named of each change.
const NAMED: usize = 20;

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateChange {
    /// The number of nodes is another.
    NodeCount {
        /// In the scheduler's words.
        then: usize,
        /// In the state.
        now: usize,
    },
    /// Nodes were created.
    NodesCreated(Several),
    /// A condition of nodes changed: they became ready, or came under pressure.
    NodesChanged(Several),
    /// Pods came to be on nodes.
    PodsPlaced(Several),
    /// Pods are being deleted.
    PodsLeaving(Several),
}

/// How many, and the first by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Several {
    /// How many.
    pub count: usize,
    /// Nodes by name, pods by namespace and name.
    pub names: Vec<String>,
}

impl Several {
    fn of(names: impl Iterator<Item = String>) -> Option<Self> {
        let mut some = Self::default();
        for name in names {
            some.count += 1;
            if some.names.len() < NAMED {
                some.names.push(name);
            }
        }
        (some.count > 0).then_some(some)
    }
}

/// What changed after `since`; `nodes` is how many the scheduler spoke of, `but` the pod itself.
pub(super) fn since(since: Option<Timestamp>, nodes: Option<usize>, cluster: &Cluster, but: PodId) -> Vec<StateChange> {
    let now = cluster.nodes().len();
    let count = nodes.filter(|then| *then != now).map(|then| StateChange::NodeCount { then, now });
    let Some(since) = since else { return count.into_iter().collect() };
    let after = |time: Option<Timestamp>| time.is_some_and(|time| time > since);
    let (created, others): (Vec<_>, Vec<_>) =
        cluster.nodes().iter().partition(|info| after(info.node.creation_timestamp));
    let changed = others.into_iter().filter(|info| after(info.node.last_transition));
    let node_names = |names: &mut dyn Iterator<Item = &crate::state::NodeInfo>| {
        Several::of(names.map(|info| info.name().to_string()))
    };
    let pods = || cluster.pods().iter().filter(|pod| pod.id != but && pod.own.node_name.is_some());
    let placed = pods().filter(|pod| after(pod.placed_at()));
    // A pod is deleted some time before it is to be gone: 30 seconds, unless it asks for others.
    let leaving = pods().filter(|pod| after(pod.own.deletion_timestamp));
    [
        count,
        node_names(&mut created.into_iter()).map(StateChange::NodesCreated),
        node_names(&mut changed.into_iter()).map(StateChange::NodesChanged),
        Several::of(placed.map(|pod| pod.key().to_string())).map(StateChange::PodsPlaced),
        Several::of(leaving.map(|pod| pod.key().to_string())).map(StateChange::PodsLeaving),
    ]
    .into_iter()
    .flatten()
    .collect()
}
