//! What a scenario changes, against the same question asked of the cluster as it is.
//!
//! Both sides place the pods that were asked about; only differences are reported.

use rustc_hash::FxHashMap;

use crate::api::{Name, ObjectKey};
use crate::state::{Cluster, PodId};

use super::state_summary::{PodLocation, StateSummary};
use super::step::{Outcome, Step};
use super::summary::{self, NodeLoad};

/// What the scenario changes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Diff {
    /// Pods that are somewhere else, in the order of namespace and name.
    pub pods: Vec<PodDiff>,
    /// Nodes that carry something else, or are changed themselves, in the order of names; `before`
    /// is without the scenario.
    pub nodes: Vec<NodeLoad>,
}

/// A pod that is somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PodDiff {
    /// The pod.
    pub pod: ObjectKey,
    /// Where it is without the scenario.
    pub without: PodLocation,
    /// Where it is with it.
    pub with: PodLocation,
    /// Why it has no place with it.
    pub message: Option<String>,
}

impl Diff {
    /// What is different in `cluster`, the state in which the scenario ended with `steps`, from
    /// `without`, the one in which the unchanged cluster ended.
    pub fn of(without: &StateSummary, cluster: &Cluster, steps: &[Step]) -> Self {
        let messages: FxHashMap<PodId, &str> = steps
            .iter()
            .filter_map(|step| match &step.outcome {
                Outcome::Unplaced(unplaced) => Some((step.pod_id, unplaced.message.as_str())),
                Outcome::Placed(_) => None,
            })
            .collect();
        let mut came: FxHashMap<Name, usize> = FxHashMap::default();
        let mut pods = Vec::new();
        for pod in cluster.pods() {
            let (before, now) = (without.pod(pod.id), PodLocation::of(pod, cluster));
            if before == now {
                continue;
            }
            if let PodLocation::Node(node) = now {
                *came.entry(node).or_default() += 1;
            }
            let message = messages.get(&pod.id).filter(|_| now == PodLocation::Pending).map(|text| (*text).to_owned());
            pods.push(PodDiff { pod: pod.key(), without: before, with: now, message });
        }
        pods.sort_by_key(|diff| diff.pod);
        Self { pods, nodes: summary::loads(without, cluster, &came) }
    }
}
