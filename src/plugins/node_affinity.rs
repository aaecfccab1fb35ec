//! NodeAffinity: `nodeSelector`, required and preferred node affinity, and the profile's `addedAffinity`.
//!
//! PreFilter narrows the search down when every required term names nodes by
//! `metadata.name In`. <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/>;
//! upstream plugins/nodeaffinity/node_affinity.go.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;

use crate::api::UpstreamError;
use crate::api::name::Name;
use crate::api::node_selector::{
    LazyErrorNodeSelector, NODE_NAME_FIELD, NodeSelector, NodeSelectorTerm, PreferredSchedulingTerms,
};
use crate::api::pod_spec::NodeAffinity as Terms;
use crate::config::NodeAffinityArgs;
use crate::framework::cache::SharedKey;
use crate::framework::{
    Cycle, Fact, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, IncrementalScorer, NodeFilter,
    NodeScorer, Normalizer, Plugin, PreFilter, PreFilterPlugin, PreScore, PreScorePlugin, Reason, Rejection,
    ScorePlugin, ScoreRange, default_normalize, points,
};
use crate::state::NodeInfo;
use crate::state::node_affinity::RequiredNodeAffinity;
use crate::state::pod_class::PodClass;

/// The plugin.
pub struct NodeAffinity {
    added_required: Option<LazyErrorNodeSelector>,
    added_preferred: Option<PreferredSchedulingTerms>,
}

impl NodeAffinity {
    /// With the profile's arguments. Validation has found their terms sound.
    pub fn new(args: &NodeAffinityArgs) -> Self {
        // `config` has checked the terms; their type is the cluster's, which it does not know.
        let added = args.added_affinity.as_ref().and_then(|value| Terms::deserialize(value).ok());
        let added = added.as_ref();
        let preferred = added.map(|added| &*added.preferred).filter(|terms| !terms.is_empty());
        Self {
            added_required: added.and_then(|added| added.required.as_ref()).map(LazyErrorNodeSelector::new),
            added_preferred: preferred.and_then(|terms| PreferredSchedulingTerms::new(terms).ok()),
        }
    }

    /// Neither the pod nor the profile requires anything.
    fn has_nothing_to_filter(&self, cycle: Cycle<'_>) -> bool {
        self.added_required.is_none() && cycle.pod.class.required_node_affinity.is_empty()
    }

    fn filter_of(&self, cycle: Cycle<'_>) -> Filter<'_> {
        Filter { added: self.added_required.as_ref(), class: Arc::clone(&cycle.pod.class) }
    }

    /// Neither the pod nor the profile prefers anything.
    fn has_nothing_to_score(&self, cycle: Cycle<'_>) -> bool {
        self.added_preferred.is_none() && matches!(cycle.pod.class.preferred_node_affinity, Ok(None))
    }

    fn scorer(&self, cycle: Cycle<'_>) -> Result<Scorer<'_>, String> {
        let class = &cycle.pod.class;
        if let Err(error) = &class.preferred_node_affinity {
            return Err(error.clone().into());
        }
        Ok(Scorer { added: self.added_preferred.as_ref(), class: Arc::clone(class) })
    }
}

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }

    points!(pre_filter, filter, pre_score, score, incremental);
}

impl IncrementalPlugin for NodeAffinity {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        if self.has_nothing_to_filter(cycle) {
            return Incremental::Skip;
        }
        match named_by_pod(cycle) {
            None => Incremental::filter(self.filter_of(cycle)),
            Some(_) => Incremental::Uncached,
        }
    }

    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        if self.has_nothing_to_score(cycle) {
            return Incremental::Skip;
        }
        self.scorer(cycle).map_or(Incremental::Uncached, Incremental::scorer)
    }
}

impl PreFilterPlugin for NodeAffinity {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        if self.has_nothing_to_filter(cycle) {
            return PreFilter::Skip;
        }
        let nodes = named_by_pod(cycle);
        if nodes.as_ref().is_some_and(BTreeSet::is_empty) {
            return PreFilter::Reject(Rejection::unresolvable(Reason::NodeAffinityConflict));
        }
        PreFilter::Run { filter: Box::new(self.filter_of(cycle)), nodes }
    }
}

/// The nodes that the pod's required terms name, if they name any.
fn named_by_pod(cycle: Cycle<'_>) -> Option<BTreeSet<Name>> {
    cycle.pod.spec().required_node_affinity().and_then(named_nodes)
}

/// The nodes that the terms name; none unless every term names some.
fn named_nodes(required: &NodeSelector) -> Option<BTreeSet<Name>> {
    if required.node_selector_terms.is_empty() {
        return None; // nothing names nodes; the filter will match none
    }
    let mut nodes = BTreeSet::new();
    for term in &required.node_selector_terms {
        nodes.extend(named_by(term)?);
    }
    Some(nodes)
}

/// The nodes that all of the term's `metadata.name In` fields allow; none without such a field.
fn named_by(term: &NodeSelectorTerm) -> Option<BTreeSet<Name>> {
    let fields = term.match_fields.iter().filter(|field| field.key == NODE_NAME_FIELD && field.operator == "In");
    fields
        .map(|field| field.values.iter().copied().collect::<BTreeSet<Name>>())
        .reduce(|before, values| before.intersection(&values).copied().collect())
}

impl FilterPlugin for NodeAffinity {
    /// Upstream's filter computes for itself what PreFilter did not leave it.
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(self.filter_of(cycle))
    }
}

struct Filter<'a> {
    added: Option<&'a LazyErrorNodeSelector>,
    /// Whose own terms are asked.
    class: Arc<PodClass>,
}

impl Filter<'_> {
    /// Whether the profile's own terms match.
    fn is_enforced(&self, node: &NodeInfo) -> bool {
        self.added.is_none_or(|added| added.matches(node.name(), &node.node.labels).unwrap_or(false))
    }

    fn own(&self) -> &RequiredNodeAffinity {
        &self.class.required_node_affinity
    }
}

impl IncrementalFilter for Filter<'_> {}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if !self.is_enforced(node) {
            return Err(Rejection::unresolvable(Reason::EnforcedNodeAffinityMismatch));
        }
        if self.own().matches(node) {
            return Ok(());
        }
        let unmatched_labels = self.own().unmatched_labels(node).map(|(key, _)| key).collect();
        let affinity = !self.own().affinity_matches(node);
        Err(Rejection::unresolvable(Reason::NodeAffinityMismatch { unmatched_labels, affinity }))
    }

    fn admits(&self, node: &NodeInfo) -> Option<bool> {
        Some(self.is_enforced(node) && self.own().matches(node))
    }

    fn shared_key(&self) -> Option<SharedKey> {
        let spec = &self.class.template.spec;
        Some(SharedKey::of((spec.node_selector.clone(), spec.required_node_affinity().cloned())))
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let labels = self.own().node_selector.iter().map(|(key, wanted)| {
            let has = node.node.labels.get(key).map_or_else(|| "<none>".to_owned(), |value| value.to_string());
            Fact::value(format!("nodeSelector {key}={wanted}"), format!("node has {has}"))
        });
        let terms = self.own().affinity.is_some().then(|| {
            let verdict = if self.own().affinity_matches(node) { "a term matches" } else { "no term matches" };
            Fact::value("required node affinity", verdict)
        });
        labels.chain(terms).collect()
    }
}

impl PreScorePlugin for NodeAffinity {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        if self.has_nothing_to_score(cycle) {
            return PreScore::Skip;
        }
        match self.scorer(cycle) {
            Ok(scorer) => PreScore::Run(Box::new(scorer)),
            Err(error) => PreScore::Error(error),
        }
    }
}

impl ScorePlugin for NodeAffinity {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        match self.scorer(cycle) {
            Ok(scorer) => Box::new(scorer),
            Err(error) => Box::new(Failing(error)),
        }
    }
}

/// The pod's preferred terms cannot be parsed, and no PreScore said so before.
struct Failing(String);

impl NodeScorer for Failing {
    fn score(&self, _node: &NodeInfo) -> Result<i64, UpstreamError> {
        Err(self.0.clone().into())
    }
}

struct Scorer<'a> {
    added: Option<&'a PreferredSchedulingTerms>,
    /// Whose own terms are asked.
    class: Arc<PodClass>,
}

impl Scorer<'_> {
    fn own(&self) -> Option<&PreferredSchedulingTerms> {
        self.class.preferred_node_affinity.as_ref().ok()?.as_ref()
    }
}

impl Normalizer for Scorer<'_> {
    fn normalize(&self, score: i64, range: ScoreRange) -> i64 {
        default_normalize(score, range, false)
    }
}

impl IncrementalScorer for Scorer<'_> {}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        let score = |terms: &PreferredSchedulingTerms| terms.score(node.name(), &node.node.labels);
        Ok(self.added.map_or(0, score) + self.own().map_or(0, score))
    }

    fn normalizer(&self) -> Option<&dyn Normalizer> {
        Some(self)
    }

    fn shared_key(&self) -> Option<SharedKey> {
        Some(SharedKey::of(self.class.template.spec.preferred_node_affinity().to_vec()))
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let fact = |what: &str, terms: Option<&PreferredSchedulingTerms>| {
            terms.map(|terms| Fact::value(what, terms.score(node.name(), &node.node.labels).to_string()))
        };
        [
            fact("weight of the pod's matching terms", self.own()),
            fact("weight of the profile's matching terms", self.added),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
