//! TaintToleration: taints keep pods away unless they tolerate them.
//!
//! The filter stops at the first untolerated NoSchedule or NoExecute taint; the score counts
//! untolerated PreferNoSchedule taints. Never skips scoring: without such taints every node
//! gets 100. <https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/>;
//! upstream plugins/tainttoleration/taint_toleration.go.

use std::sync::Arc;

use crate::api::UpstreamError;
use crate::api::taint::{Taint, TaintEffect, tolerated};
use crate::framework::cache::SharedKey;
use crate::framework::{
    Cycle, Fact, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, IncrementalScorer, NodeFilter,
    NodeScorer, Normalizer, Plugin, PreScore, PreScorePlugin, Reason, Rejection, ScorePlugin, ScoreRange, Unscored,
    default_normalize, points,
};
use crate::state::NodeInfo;
use crate::state::pod_class::PodClass;

const NAME: &str = "TaintToleration";

/// The plugin.
pub struct TaintToleration;

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(filter, pre_score, score, incremental);
}

impl IncrementalPlugin for TaintToleration {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::filter(Filter::of(cycle))
    }

    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        Incremental::scorer(Scorer { tolerations: Tolerations::of(cycle) })
    }
}

impl FilterPlugin for TaintToleration {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Filter::of(cycle))
    }
}

/// The pod's tolerations, and whether `Gt` and `Lt` compare.
struct Tolerations {
    class: Arc<PodClass>,
    comparisons: bool,
}

impl Tolerations {
    fn of(cycle: Cycle<'_>) -> Self {
        Self {
            class: Arc::clone(&cycle.pod.class),
            comparisons: cycle.behaviour.gates.taint_toleration_comparison_operators,
        }
    }

    fn shared_key(&self) -> SharedKey {
        SharedKey::of((self.class.template.spec.tolerations.clone(), self.comparisons))
    }

    fn cover(&self, taint: &Taint) -> bool {
        tolerated(&self.class.template.spec.tolerations, taint, self.comparisons)
    }
}

struct Filter {
    tolerations: Tolerations,
    /// Whether this version's reason says which taint it is.
    names_taint: bool,
}

impl Filter {
    fn of(cycle: Cycle<'_>) -> Self {
        Self { tolerations: Tolerations::of(cycle), names_taint: cycle.behaviour.taint_reason_names_taint }
    }

    /// The first taint that keeps the pod away.
    fn untolerated(&self, node: &NodeInfo) -> Option<Taint> {
        let taints = node.node.taints.iter().copied();
        taints.filter(|taint| taint.effect.rejects()).find(|taint| !self.tolerations.cover(taint))
    }
}

impl IncrementalFilter for Filter {}

impl NodeFilter for Filter {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        match self.untolerated(node) {
            Some(taint) => Err(Rejection::unresolvable(Reason::UntoleratedTaint { taint, named: self.names_taint })),
            None => Ok(()),
        }
    }

    fn admits(&self, node: &NodeInfo) -> Option<bool> {
        Some(self.untolerated(node).is_none())
    }

    fn shared_key(&self) -> Option<SharedKey> {
        Some(self.tolerations.shared_key())
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        node.node
            .taints
            .iter()
            .map(|taint| {
                let covered = if self.tolerations.cover(taint) { "tolerated" } else { "not tolerated" };
                Fact::value(format!("taint {taint}"), covered)
            })
            .collect()
    }
}

impl PreScorePlugin for TaintToleration {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        // A toleration bound to another effect never covers a PreferNoSchedule taint, so all of
        // them can be kept where upstream keeps only those that might.
        PreScore::Run(Box::new(Scorer { tolerations: Tolerations::of(cycle) }))
    }
}

impl ScorePlugin for TaintToleration {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        Box::new(Unscored(NAME))
    }
}

struct Scorer {
    tolerations: Tolerations,
}

impl Scorer {
    /// Taints that speak against the node.
    fn against<'a>(&'a self, node: &'a NodeInfo) -> impl Iterator<Item = &'a Taint> + 'a {
        let preferences = node.node.taints.iter().filter(|taint| taint.effect == TaintEffect::PreferNoSchedule);
        preferences.filter(|taint| !self.tolerations.cover(taint))
    }
}

impl Normalizer for Scorer {
    fn normalize(&self, score: i64, range: ScoreRange) -> i64 {
        default_normalize(score, range, true)
    }
}

impl IncrementalScorer for Scorer {}

impl NodeScorer for Scorer {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        Ok(self.against(node).count() as i64)
    }

    fn normalizer(&self) -> Option<&dyn Normalizer> {
        Some(self)
    }

    fn shared_key(&self) -> Option<SharedKey> {
        Some(self.tolerations.shared_key())
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        self.against(node).map(|taint| Fact::value(format!("taint {taint}"), "not tolerated")).collect()
    }
}
