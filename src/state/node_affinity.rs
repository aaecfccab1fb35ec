//! What a pod asks of its node's labels and name, compiled once for all pods of a class.

use super::node_info::NodeInfo;
use crate::api::UpstreamError;
use crate::api::labels::Labels;
use crate::api::name::Name;
use crate::api::node_selector::{LazyErrorNodeSelector, PreferredSchedulingTerms};
use crate::api::pod_spec::PodSpec;

/// `nodeSelector` and required node affinity: both must hold
/// (component-helpers `scheduling/corev1/nodeaffinity/nodeaffinity.go` `RequiredNodeAffinity`).
#[derive(Clone, Debug)]
pub struct RequiredNodeAffinity {
    /// `nodeSelector`.
    pub node_selector: Labels,
    /// Required node affinity.
    pub affinity: Option<LazyErrorNodeSelector>,
}

impl RequiredNodeAffinity {
    /// What `spec` requires.
    pub fn new(spec: &PodSpec) -> Self {
        Self {
            node_selector: spec.node_selector.clone(),
            affinity: spec.required_node_affinity().map(LazyErrorNodeSelector::new),
        }
    }

    /// Whether nothing is required.
    pub fn is_empty(&self) -> bool {
        self.node_selector.is_empty() && self.affinity.is_none()
    }

    /// Whether `node` has what is required. Terms that cannot be parsed match nothing.
    pub fn matches(&self, node: &NodeInfo) -> bool {
        self.unmatched_labels(node).next().is_none() && self.affinity_matches(node)
    }

    /// Whether the required terms match `node`.
    pub fn affinity_matches(&self, node: &NodeInfo) -> bool {
        self.affinity.as_ref().is_none_or(|terms| terms.matches(node.name(), &node.node.labels).unwrap_or(false))
    }

    /// Labels of `nodeSelector` that `node` does not have.
    pub fn unmatched_labels(&self, node: &NodeInfo) -> impl Iterator<Item = (Name, Name)> {
        self.node_selector.iter().filter(|(key, value)| node.node.labels.get(*key) != Some(*value))
    }
}

/// Preferred node affinity: none where the pod has none, an error where a term is invalid.
pub type PreferredNodeAffinity = Result<Option<PreferredSchedulingTerms>, UpstreamError>;

/// Compiles what `spec` prefers.
///
/// # Errors
/// Upstream's text about the invalid terms.
pub fn preferred(spec: &PodSpec) -> PreferredNodeAffinity {
    match spec.preferred_node_affinity() {
        [] => Ok(None),
        terms => PreferredSchedulingTerms::new(terms).map(Some),
    }
}
