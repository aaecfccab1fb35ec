//! Extension points as types.
//!
//! Upstream hands what PreFilter found to Filter through a map of untyped values. Here
//! [`PreFilterPlugin::pre_filter`] *returns* the thing that can filter, and PreScore the thing
//! that can score: what one point knows reaches the next through ownership.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::api::UpstreamError;
use crate::api::name::Name;
use crate::state::{NodeId, NodeInfo, Pod, Take};

use super::cache::{IncrementalPlugin, SharedKey};
use super::context::Cycle;
use super::fact::Fact;
use super::group_points::{
    PermitPlugin, PlacementFeasiblePlugin, PlacementGeneratePlugin, PlacementScorePlugin, PodGroupPostFilterPlugin,
};
use super::post_filter::{FailedCycle, PostFilter};
use super::scoring::ScoreRange;
use super::status::{Code, Rejection};
use super::topology_rule::TopologyRule;

/// The highest score after normalization, in points.
pub const MAX_NODE_SCORE: i64 = 100;
/// The lowest.
pub const MIN_NODE_SCORE: i64 = 0;

/// A plugin: a name, and the extension points it takes part in.
pub trait Plugin: Send + Sync {
    /// Upstream's name.
    fn name(&self) -> &'static str;

    /// PreEnqueue, if it has it.
    fn pre_enqueue(&self) -> Option<&dyn PreEnqueuePlugin> {
        None
    }
    /// PreFilter, if it has it.
    fn pre_filter(&self) -> Option<&dyn PreFilterPlugin> {
        None
    }
    /// Filter, if it has it.
    fn filter(&self) -> Option<&dyn FilterPlugin> {
        None
    }
    /// PostFilter, if it has it.
    fn post_filter(&self) -> Option<&dyn PostFilterPlugin> {
        None
    }
    /// PreScore, if it has it.
    fn pre_score(&self) -> Option<&dyn PreScorePlugin> {
        None
    }
    /// Score, if it has it.
    fn score(&self) -> Option<&dyn ScorePlugin> {
        None
    }
    /// Reserve, if it has it.
    fn reserve(&self) -> Option<&dyn ReservePlugin> {
        None
    }
    /// Permit, if it has it.
    fn permit(&self) -> Option<&dyn PermitPlugin> {
        None
    }
    /// PlacementGenerate, if it has it.
    fn placement_generate(&self) -> Option<&dyn PlacementGeneratePlugin> {
        None
    }
    /// PlacementScore, if it has it.
    fn placement_score(&self) -> Option<&dyn PlacementScorePlugin> {
        None
    }
    /// PlacementFeasible, if it has it.
    fn placement_feasible(&self) -> Option<&dyn PlacementFeasiblePlugin> {
        None
    }
    /// PodGroupPostFilter, if it has it.
    fn pod_group_post_filter(&self) -> Option<&dyn PodGroupPostFilterPlugin> {
        None
    }
    /// What the cycle cache can use of it. Without that, no cycle in which the plugin filters or
    /// scores is cached: each such pod gets a cycle of its own.
    fn incremental(&self) -> Option<&dyn IncrementalPlugin> {
        None
    }
}

/// Inside of `impl Plugin`: the extension points that the plugin takes part in itself.
macro_rules! points {
    ($($point:ident),+ $(,)?) => {
        $( $crate::framework::points!(@ $point); )+
    };
    (@ pre_enqueue) => {
        fn pre_enqueue(&self) -> Option<&dyn $crate::framework::PreEnqueuePlugin> {
            Some(self)
        }
    };
    (@ pre_filter) => {
        fn pre_filter(&self) -> Option<&dyn $crate::framework::PreFilterPlugin> {
            Some(self)
        }
    };
    (@ filter) => {
        fn filter(&self) -> Option<&dyn $crate::framework::FilterPlugin> {
            Some(self)
        }
    };
    (@ post_filter) => {
        fn post_filter(&self) -> Option<&dyn $crate::framework::PostFilterPlugin> {
            Some(self)
        }
    };
    (@ pre_score) => {
        fn pre_score(&self) -> Option<&dyn $crate::framework::PreScorePlugin> {
            Some(self)
        }
    };
    (@ score) => {
        fn score(&self) -> Option<&dyn $crate::framework::ScorePlugin> {
            Some(self)
        }
    };
    (@ reserve) => {
        fn reserve(&self) -> Option<&dyn $crate::framework::ReservePlugin> {
            Some(self)
        }
    };
    (@ permit) => {
        fn permit(&self) -> Option<&dyn $crate::framework::PermitPlugin> {
            Some(self)
        }
    };
    (@ placement_generate) => {
        fn placement_generate(&self) -> Option<&dyn $crate::framework::PlacementGeneratePlugin> {
            Some(self)
        }
    };
    (@ placement_score) => {
        fn placement_score(&self) -> Option<&dyn $crate::framework::PlacementScorePlugin> {
            Some(self)
        }
    };
    (@ placement_feasible) => {
        fn placement_feasible(&self) -> Option<&dyn $crate::framework::PlacementFeasiblePlugin> {
            Some(self)
        }
    };
    (@ pod_group_post_filter) => {
        fn pod_group_post_filter(&self) -> Option<&dyn $crate::framework::PodGroupPostFilterPlugin> {
            Some(self)
        }
    };
    (@ incremental) => {
        fn incremental(&self) -> Option<&dyn $crate::framework::IncrementalPlugin> {
            Some(self)
        }
    };
}

pub(crate) use points;

/// Decides whether a pod may enter the queue at all.
pub trait PreEnqueuePlugin {
    /// # Errors
    /// The reason the pod is held back.
    fn pre_enqueue(&self, cycle: Cycle<'_>) -> Result<(), Rejection>;
}

/// Looks at the pod and the whole cluster once, before any node.
pub trait PreFilterPlugin {
    /// What it found.
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a>;
}

/// What PreFilter found.
pub enum PreFilter<'a> {
    /// There is nothing to check for this pod.
    Skip,
    /// The pod fits nowhere, or the plugin failed.
    Reject(Rejection),
    /// Judge each node with `filter`.
    Run {
        /// Ready to judge.
        filter: Box<dyn NodeFilter + 'a>,
        /// If set, only nodes with these names can be had; they need not exist.
        nodes: Option<BTreeSet<Name>>,
    },
}

impl<'a> PreFilter<'a> {
    /// Judge each node with `filter`.
    pub fn run(filter: impl NodeFilter + 'a) -> Self {
        Self::Run { filter: Box::new(filter), nodes: None }
    }
}

/// A plugin at the Filter point.
pub trait FilterPlugin {
    /// The filter when no PreFilter prepared one: because the plugin has none, or because the
    /// profile took it out of PreFilter only. In the second case most of upstream's plugins fail
    /// because their cycle state is missing ([`Unprepared`]).
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a>;
}

/// Judges one node after the other.
pub trait NodeFilter: Send + Sync {
    /// Looks at nothing of the node but `node`, so that a changed copy can be judged as well.
    ///
    /// # Errors
    /// The node is rejected, or the plugin failed.
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection>;

    /// Whether it lets the pod onto the node: [`NodeFilter::filter`] without its reasons, for a simulation's many cycles.
    /// None where the plugin fails.
    fn admits(&self, node: &NodeInfo) -> Option<bool> {
        match self.filter(node) {
            Ok(()) => Some(true),
            Err(rejection) if rejection.code == Code::Error => None,
            Err(_) => Some(false),
        }
    }

    /// Keeps those of `nodes` that it [`admits`](NodeFilter::admits): one virtual call for many nodes, which are those of
    /// the state and no changed copies.
    fn retain_admitted(&self, nodes: &mut Vec<&NodeInfo>) -> Option<()> {
        let mut failed = false;
        nodes.retain(|node| {
            let admitted = self.admits(node);
            failed |= admitted.is_none();
            admitted == Some(true)
        });
        (!failed).then_some(())
    }

    /// For a filter that looks at the node and some fields of the pod alone: those fields. Pods that have them alike get the
    /// same verdicts, until a pod comes to the node or leaves it.
    fn shared_key(&self) -> Option<SharedKey> {
        None
    }

    /// The numbers behind the verdict, for the view of a single node.
    fn facts(&self, _node: &NodeInfo) -> Vec<Fact> {
        Vec::new()
    }

    /// The rules over topology domains that it applies, for the tables that explain them.
    fn topology_rules(&self) -> Vec<TopologyRule> {
        Vec::new()
    }

    /// A copy whose idea of the cluster can be changed with [`NodeFilter::add_pod`] and
    /// [`NodeFilter::remove_pod`] (upstream's PreFilterExtensions). None for a filter that takes
    /// everything from the [`NodeInfo`] it is handed.
    fn fork(&self) -> Option<Box<dyn NodeFilter + '_>> {
        None
    }

    /// From now on `pod` is on `node` (which has it already).
    fn add_pod(&mut self, _pod: &Pod, _node: &NodeInfo) {}

    /// From now on `pod` is not on `node` any more (which has lost it already).
    fn remove_pod(&mut self, _pod: &Pod, _node: &NodeInfo) {}
}

/// A filter without its PreFilter: the error upstream gives for the missing cycle state.
pub struct Unprepared(pub &'static str);

impl NodeFilter for Unprepared {
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        Err(Rejection::error(format!("error reading \"PreFilter{}\" from cycleState: not found", self.0)))
    }
}

/// A plugin at the PostFilter point: what may be done for a pod that fits nowhere.
pub trait PostFilterPlugin {
    /// What it could do.
    fn post_filter(&self, failed: &FailedCycle<'_>) -> PostFilter;
}

/// Looks at the pod and all feasible nodes once, before any is scored.
pub trait PreScorePlugin {
    /// What it found.
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, feasible: &[&'a NodeInfo]) -> PreScore<'a>;
}

/// What PreScore found.
pub enum PreScore<'a> {
    /// The plugin has nothing to say about this pod.
    Skip,
    /// The plugin failed, in upstream's words.
    Error(String),
    /// Ready to score.
    Run(Box<dyn NodeScorer + 'a>),
}

/// A plugin at the Score point.
pub trait ScorePlugin {
    /// The scorer when no PreScore prepared one.
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a>;
}

/// Scores one node after the other.
pub trait NodeScorer: Send + Sync {
    /// The raw score.
    ///
    /// # Errors
    /// The plugin failed, in upstream's words.
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError>;

    /// The raw scores of many nodes, in step with `nodes`: one virtual call for all. They are those of the state and no
    /// changed copies.
    ///
    /// # Errors
    /// As [`NodeScorer::score`].
    fn score_all(&self, nodes: &[&NodeInfo], scores: &mut [i64]) -> Result<(), UpstreamError> {
        for (score, node) in scores.iter_mut().zip(nodes) {
            *score = self.score(node)?;
        }
        Ok(())
    }

    /// For a scorer that looks at the node and some fields of the pod alone: those fields, as [`NodeFilter::shared_key`].
    fn shared_key(&self) -> Option<SharedKey> {
        None
    }

    /// What brings raw scores into 0 to 100; none for a plugin that upstream gives no NormalizeScore.
    fn normalizer(&self) -> Option<&dyn Normalizer> {
        None
    }

    /// The numbers behind the raw score, for the view of a single node.
    fn facts(&self, _node: &NodeInfo) -> Vec<Fact> {
        Vec::new()
    }
}

/// Brings the raw scores of all feasible nodes into 0 to 100, each by itself.
pub trait Normalizer: Sync {
    /// What a raw score becomes; `range` is that of all feasible nodes that take part.
    fn normalize(&self, score: i64, range: ScoreRange) -> i64;

    /// Nodes that do not take part, where there are such: their scores do not count in the range, and they get 0.
    fn left_out(&self) -> Option<&FxHashSet<NodeId>> {
        None
    }

    /// The range of those of `nodes` that take part; none where none does.
    fn range(&self, nodes: &[&NodeInfo], scores: &[i64]) -> Option<ScoreRange> {
        let left_out = self.left_out();
        let counted = nodes.iter().zip(scores).filter(|(node, _)| takes_part(left_out, node.id));
        ScoreRange::of(counted.map(|(_, score)| *score))
    }

    /// Normalizes the scores of many nodes, in step with `nodes`: one virtual call for all.
    fn normalize_all(&self, nodes: &[&NodeInfo], scores: &mut [i64], range: ScoreRange) {
        // Scores take few values, and the arithmetic is a division: the last one is often the next one.
        let mut last = (range.most, self.normalize(range.most, range));
        let left_out = self.left_out();
        for (node, score) in nodes.iter().zip(scores) {
            if last.0 != *score {
                last = (*score, self.normalize(*score, range));
            }
            *score = if takes_part(left_out, node.id) { last.1 } else { MIN_NODE_SCORE };
        }
    }
}

/// Whether a node takes part where [`Normalizer::left_out`] says so much.
pub(super) fn takes_part(left_out: Option<&FxHashSet<NodeId>>, node: NodeId) -> bool {
    left_out.is_none_or(|left_out| !left_out.contains(&node))
}

/// A scorer without its PreScore: the error upstream gives for the missing cycle state.
pub struct Unscored(pub &'static str);

impl NodeScorer for Unscored {
    fn score(&self, _node: &NodeInfo) -> Result<i64, UpstreamError> {
        Err(format!("reading \"PreScore{}\" from cycleState: not found", self.0).into())
    }
}

/// A plugin at the Reserve point: what a pod takes beside the node's resources, once its node is
/// chosen.
pub trait ReservePlugin {
    /// What it takes on `node`, which the plugin's own filter has let the pod onto.
    ///
    /// # Errors
    /// It cannot have it there.
    fn reserve(&self, cycle: Cycle<'_>, node: &NodeInfo) -> Result<Vec<Take>, Rejection>;
}

/// Scales a score so that the largest becomes 100, truncating; reversed, the largest becomes 0
/// (upstream plugins/helper/normalize_score.go, DefaultNormalizeScore).
pub fn default_normalize(score: i64, range: ScoreRange, reverse: bool) -> i64 {
    match (range.most.max(0), reverse) {
        (0, true) => MAX_NODE_SCORE,
        (0, false) => score,
        (most, _) => {
            let scaled = MAX_NODE_SCORE.wrapping_mul(score) / most;
            if reverse { MAX_NODE_SCORE - scaled } else { scaled }
        }
    }
}
