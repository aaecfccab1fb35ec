//! TaintToleration: taints keep pods away unless they tolerate them.
//!
//! The filter stops at the first untolerated NoSchedule or NoExecute taint; the score counts
//! untolerated PreferNoSchedule taints. Never skips scoring: without such taints every node
//! gets 100. <https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/>;
//! upstream plugins/tainttoleration/taint_toleration.go.

use crate::cluster::NodeInfo;
use crate::cluster::taint::{Taint, TaintEffect, Toleration, tolerated};
use crate::framework::{
    Cycle, Fact, FilterPlugin, NodeFilter, NodeScorer, Plugin, PreScore, PreScorePlugin, Reason, Rejection,
    ScorePlugin, Unscored, default_normalize,
};

const NAME: &str = "TaintToleration";

/// The plugin.
pub struct TaintToleration;

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        NAME
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

impl FilterPlugin for TaintToleration {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Filter {
            tolerations: &cycle.pod.spec().tolerations,
            names_taint: cycle.behaviour.taint_reason_names_taint,
        })
    }
}

struct Filter<'a> {
    tolerations: &'a [Toleration],
    /// Whether this version's reason says which taint it is.
    names_taint: bool,
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        match first_untolerated(&node.node.taints, self.tolerations) {
            Some(taint) => Err(Rejection::unresolvable(Reason::UntoleratedTaint { taint, named: self.names_taint })),
            None => Ok(()),
        }
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        node.node
            .taints
            .iter()
            .map(|taint| {
                let covered = if tolerated(self.tolerations, taint) { "tolerated" } else { "not tolerated" };
                Fact::value(format!("taint {taint}"), covered)
            })
            .collect()
    }
}

/// The first taint that keeps a pod with `tolerations` away.
pub fn first_untolerated(taints: &[Taint], tolerations: &[Toleration]) -> Option<Taint> {
    taints.iter().copied().find(|taint| taint.effect.rejects() && !tolerated(tolerations, taint))
}

impl PreScorePlugin for TaintToleration {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        // A toleration bound to another effect never covers a PreferNoSchedule taint, so all of
        // them can be kept where upstream keeps only those that might.
        PreScore::Run(Box::new(Scorer { tolerations: &cycle.pod.spec().tolerations }))
    }
}

impl ScorePlugin for TaintToleration {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        Box::new(Unscored(NAME))
    }
}

struct Scorer<'a> {
    tolerations: &'a [Toleration],
}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, String> {
        Ok(untolerated_preferences(node, self.tolerations).count() as i64)
    }

    fn normalize(&self, _nodes: &[&NodeInfo], scores: &mut [i64]) {
        default_normalize(scores, true);
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        untolerated_preferences(node, self.tolerations)
            .map(|taint| Fact::value(format!("taint {taint}"), "not tolerated"))
            .collect()
    }
}

fn untolerated_preferences<'a>(
    node: &'a NodeInfo,
    tolerations: &'a [Toleration],
) -> impl Iterator<Item = &'a Taint> + 'a {
    node.node
        .taints
        .iter()
        .filter(|taint| taint.effect == TaintEffect::PreferNoSchedule && !tolerated(tolerations, taint))
}
