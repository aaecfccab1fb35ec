//! InterPodAffinity: pods that want to be near other pods, or away from them.
//!
//! The filter looks at three things, in this order: the pod's required affinity (a pod in the
//! node's domain must match all terms), its required anti-affinity (no pod there may match any),
//! and the required anti-affinity of pods already there against this one. The score adds up
//! preferred terms in both directions, and the required affinity of existing pods.
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity>;
//! upstream plugins/interpodaffinity.
//!
//! Terms are matched once for a group of pods. The members of matching groups are counted by
//! node and only at the end by domain ([`tally`]), so that hundreds of thousands of pods cost
//! an addition each.

mod counts;
mod domain_column;
mod filter;
mod rules;
mod score;
mod tally;
mod terms;
#[cfg(test)]
mod tests;

use crate::config::{Behaviour, InterPodAffinityArgs};
use crate::framework::{
    Code, Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, IncrementalScorer, NodeFilter,
    NodeScorer, Plugin, PreFilter, PreFilterPlugin, PreScore, PreScorePlugin, Reason, Rejection, ScorePlugin,
    Unprepared, points,
};
use crate::state::NodeInfo;

const NAME: &str = "InterPodAffinity";

/// The plugin.
pub struct InterPodAffinity {
    args: InterPodAffinityArgs,
    /// [`Behaviour::namespace_selector_kept_after_expansion`].
    keeps_namespace_selector: bool,
}

impl InterPodAffinity {
    /// With the profile's arguments.
    pub fn new(args: &InterPodAffinityArgs, behaviour: &Behaviour) -> Self {
        Self { args: *args, keeps_namespace_selector: behaviour.namespace_selector_kept_after_expansion }
    }

    /// Whatever the state: the pod prefers nothing, and what others prefer is not asked.
    fn has_nothing_to_score(&self, cycle: Cycle<'_>) -> bool {
        let affinity = cycle.pod.spec().affinity.as_ref();
        let prefers = affinity.is_some_and(|affinity| {
            let mut both = affinity.pod_affinity.iter().chain(&affinity.pod_anti_affinity);
            both.any(|terms| !terms.preferred.is_empty())
        });
        self.args.ignore_preferred_terms_of_existing_pods && !prefers
    }
}

impl Plugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(pre_filter, filter, pre_score, score, incremental);
}

impl IncrementalPlugin for InterPodAffinity {
    /// A pod with a requirement against this one can come at any time: never skips.
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        if cycle.pod.class.affinity.error.is_some() {
            return Incremental::Uncached;
        }
        Incremental::filter(filter::Filter::incremental(cycle, self.keeps_namespace_selector))
    }

    /// A term that matches can come at any time; until then every node gets 0.
    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        if self.has_nothing_to_score(cycle) {
            return Incremental::Skip;
        }
        if cycle.pod.class.affinity.error.is_some() {
            return Incremental::Uncached;
        }
        let (weight, keeps) = (self.args.hard_pod_affinity_weight, self.keeps_namespace_selector);
        Incremental::scorer(score::Scorer::incremental(cycle, weight, keeps))
    }
}

impl PreFilterPlugin for InterPodAffinity {
    /// Skips when the pod requires nothing and nothing on a node requires anything of it
    /// (upstream filtering.go, PreFilter).
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        if let Some(error) = &cycle.pod.class.affinity.error {
            return PreFilter::Reject(Rejection {
                code: Code::UnschedulableAndUnresolvable,
                reasons: vec![Reason::Error { text: format!("parsing pod: {error}") }],
            });
        }
        filter::Filter::new(cycle, self.keeps_namespace_selector).map_or(PreFilter::Skip, PreFilter::run)
    }
}

impl FilterPlugin for InterPodAffinity {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Unprepared(NAME))
    }
}

impl PreScorePlugin for InterPodAffinity {
    /// Skips when no term of anyone matched (upstream scoring.go, PreScore).
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        if self.has_nothing_to_score(cycle) {
            return PreScore::Skip;
        }
        if let Some(error) = &cycle.pod.class.affinity.error {
            return PreScore::Error(format!("failed to parse pod: {error}"));
        }
        score::Scorer::new(cycle, self.args.hard_pod_affinity_weight, self.keeps_namespace_selector)
            .map_or(PreScore::Skip, |scorer| PreScore::Run(Box::new(scorer)))
    }
}

impl ScorePlugin for InterPodAffinity {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        Box::new(score::MissingPreScore)
    }
}
