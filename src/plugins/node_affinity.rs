//! NodeAffinity: `nodeSelector`, required and preferred node affinity, and the profile's `addedAffinity`.
//!
//! PreFilter narrows the search down when every required term names nodes by
//! `metadata.name In`. <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/>;
//! upstream plugins/nodeaffinity/node_affinity.go.

use std::collections::BTreeSet;

use crate::cluster::NodeInfo;
use crate::cluster::labels::Labels;
use crate::cluster::name::Name;
use crate::cluster::pod_spec::{NodeAffinity as Terms, PodSpec};
use crate::cluster::selector::{NodeSelector, PreferredSchedulingTerm, preferred_score};
use crate::config::NodeAffinityArgs;
use crate::framework::{
    Cycle, Fact, FilterPlugin, NodeFilter, NodeScorer, Plugin, PreFilter, PreFilterPlugin, PreScore, PreScorePlugin,
    Reason, Rejection, ScorePlugin, default_normalize,
};

/// The plugin.
pub struct NodeAffinity {
    added: Terms,
}

impl NodeAffinity {
    /// With the profile's arguments, which validation has found sound.
    pub fn new(args: &NodeAffinityArgs) -> Self {
        Self { added: args.added_affinity.clone().unwrap_or_default() }
    }
}

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }

    fn pre_filter(&self) -> Option<&dyn PreFilterPlugin> {
        Some(self)
    }

    fn filter(&self) -> Option<&dyn FilterPlugin> {
        Some(self)
    }

    fn pre_score(&self) -> Option<&dyn PreScorePlugin> {
        Some(self)
    }

    fn score(&self) -> Option<&dyn ScorePlugin> {
        Some(self)
    }
}

impl PreFilterPlugin for NodeAffinity {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        let spec = cycle.pod.spec();
        let required = spec.required_node_affinity();
        if required.is_none() && self.added.required.is_none() && spec.node_selector.is_empty() {
            return PreFilter::Skip;
        }
        let nodes = required.and_then(named_nodes);
        if nodes.as_ref().is_some_and(BTreeSet::is_empty) {
            return PreFilter::Reject(Rejection::unresolvable(Reason::NodeAffinityConflict));
        }
        PreFilter::Run { filter: self.unprepared(cycle), nodes }
    }
}

/// The nodes that the terms name; none unless every term names some.
fn named_nodes(required: &NodeSelector) -> Option<BTreeSet<Name>> {
    let mut nodes = BTreeSet::new();
    for term in required.terms() {
        let mut of_term: Option<BTreeSet<Name>> = None;
        for values in term.names_in() {
            let values: BTreeSet<Name> = values.iter().copied().collect();
            of_term = Some(match of_term {
                Some(before) => before.intersection(&values).copied().collect(),
                None => values,
            });
        }
        nodes.extend(of_term?);
    }
    // Without any term there is nothing that names nodes; the filter will match none.
    (!required.terms().is_empty()).then_some(nodes)
}

impl FilterPlugin for NodeAffinity {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Filter { added: self.added.required.as_ref(), own: Required::of(cycle.pod.spec()) })
    }
}

/// What a pod requires of its node (upstream component-helpers/scheduling/corev1/nodeaffinity,
/// RequiredNodeAffinity).
#[derive(Clone, Copy)]
pub struct Required<'a> {
    node_selector: &'a Labels,
    affinity: Option<&'a NodeSelector>,
}

impl<'a> Required<'a> {
    /// `nodeSelector` and required node affinity of `spec`.
    pub fn of(spec: &'a PodSpec) -> Self {
        Self { node_selector: &spec.node_selector, affinity: spec.required_node_affinity() }
    }

    /// Whether `node` has what is required; a selector that cannot be parsed matches nothing.
    pub fn matches(&self, node: &NodeInfo) -> bool {
        self.unmatched_labels(node).next().is_none()
            && self.affinity.is_none_or(|affinity| affinity.matches(node.name(), &node.node.labels).unwrap_or(false))
    }

    fn unmatched_labels(&self, node: &NodeInfo) -> impl Iterator<Item = (Name, Name)> {
        self.node_selector.iter().filter(|(key, value)| node.node.labels.get(*key) != Some(*value))
    }

    /// What does not match, as `selector (node has …)`.
    fn unmatched(&self, node: &NodeInfo) -> Vec<String> {
        let mut unmatched: Vec<String> = self
            .unmatched_labels(node)
            .map(|(key, value)| match node.node.labels.get(key) {
                Some(has) => format!("{key}={value} (node has {has})"),
                None => format!("{key}={value} (node has no such label)"),
            })
            .collect();
        if let Some(affinity) = self.affinity {
            if !affinity.matches(node.name(), &node.node.labels).unwrap_or(false) {
                unmatched.push(affinity.to_string());
            }
        }
        unmatched
    }
}

struct Filter<'a> {
    added: Option<&'a NodeSelector>,
    own: Required<'a>,
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let enforced = self.added.is_none_or(|added| added.matches(node.name(), &node.node.labels).unwrap_or(false));
        if !enforced {
            return Err(Rejection::unresolvable(Reason::EnforcedNodeAffinityMismatch));
        }
        if self.own.matches(node) {
            return Ok(());
        }
        Err(Rejection::unresolvable(Reason::NodeAffinityMismatch { unmatched: self.own.unmatched(node) }))
    }
}

impl PreScorePlugin for NodeAffinity {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        let own = cycle.pod.spec().preferred_node_affinity();
        // Upstream parses all terms here, and fails on the first that cannot be.
        if let Some(error) = own.iter().find_map(|term| term.error()) {
            return PreScore::Error(error);
        }
        if own.is_empty() && self.added.preferred.is_empty() {
            return PreScore::Skip;
        }
        PreScore::Run(self.unprepared_score(cycle))
    }
}

impl NodeAffinity {
    fn unprepared_score<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        Box::new(Scorer { added: &self.added.preferred, own: cycle.pod.spec().preferred_node_affinity() })
    }
}

impl ScorePlugin for NodeAffinity {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        self.unprepared_score(cycle)
    }
}

struct Scorer<'a> {
    added: &'a [PreferredSchedulingTerm],
    own: &'a [PreferredSchedulingTerm],
}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, String> {
        let labels = &node.node.labels;
        Ok(preferred_score(self.added, node.name(), labels)? + preferred_score(self.own, node.name(), labels)?)
    }

    fn normalize(&self, _nodes: &[&NodeInfo], scores: &mut [i64]) {
        default_normalize(scores, false);
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let terms = self.added.iter().chain(self.own);
        terms
            .filter_map(|term| {
                let points = preferred_score(std::slice::from_ref(term), node.name(), &node.node.labels).ok()?;
                Some(Fact::value(format!("preferred {term}"), format!("{points} of {}", term.weight)))
            })
            .collect()
    }
}
