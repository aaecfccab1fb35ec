//! One node in full: every plugin's verdict with the numbers behind it.
//!
//! A placement keeps verdicts and scores, not the working behind them; for a single node the
//! filters and scorers are made ready once more and asked for their facts.

use super::counterfactual::Counterfactual;
use crate::api::name::Name;
use crate::framework::placement::PluginScore;
use crate::framework::{Cycle, Fact, Framework, NodePlacement, Placement, Rejection, prepared, scoring};
use crate::state::NodeInfo;

/// Everything said of one node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NodeDetail {
    /// The node.
    pub node: Name,
    /// Every filter plugin of the profile, in order.
    pub filters: Vec<FilterDetail>,
    /// Every score plugin of the profile, in order; empty when the node is not feasible.
    pub scores: Vec<ScoreDetail>,
    /// Whether a changed request needs the container's name to be understood.
    pub several_containers: bool,
    /// What a feasible node would need to win; none until it was looked for
    /// ([`super::counterfactual::find`]).
    pub counterfactual: Option<Counterfactual>,
}

/// What a filter plugin said.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FilterDetail {
    /// The plugin.
    pub plugin: &'static str,
    /// Its answer.
    pub verdict: FilterVerdict,
    /// The numbers behind it.
    pub facts: Vec<Fact>,
    /// Whether it rejects the node only because of pods that are nominated to it.
    pub by_nominated: bool,
}

/// A filter plugin's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterVerdict {
    /// The pod gives it nothing to check.
    Skipped,
    /// PreFilter turned the pod away before this filter was made ready, or left the node out.
    NotAsked,
    /// The pod may go there.
    Passed,
    /// It may not.
    Rejected(Rejection),
}

/// What a score plugin gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScoreDetail {
    /// The plugin.
    pub plugin: &'static str,
    /// Its points; none when it had nothing to say about the pod.
    pub score: Option<PluginScore>,
    /// The numbers behind the raw score.
    pub facts: Vec<Fact>,
}

impl NodeDetail {
    /// Asks the plugins of `framework` about `node` again; `cycle` is the one that gave `placement`.
    pub fn of(framework: &Framework<'_>, cycle: Cycle<'_>, placement: &Placement, node: &NodeInfo) -> Self {
        let placed = placement.nodes.iter().find(|placed| placed.id == node.id);
        let scored = placed.filter(|placed| placed.total.is_some());
        Self {
            node: node.name(),
            filters: filters(framework, cycle, placement, node),
            scores: scored.map(|scored| scores(framework, cycle, placement, scored)).unwrap_or_default(),
            several_containers: cycle.pod.spec().containers.len() + cycle.pod.spec().init_containers.len() > 1,
            counterfactual: None,
        }
    }
}

fn filters(framework: &Framework<'_>, cycle: Cycle<'_>, placement: &Placement, node: &NodeInfo) -> Vec<FilterDetail> {
    let prepared = prepared::pre_filter(framework, cycle);
    // With the pods nominated to the node, as the cycle itself judges: what holds only because of them is told so.
    let crowded = prepared.filters.with_nominated(cycle, node);
    framework
        .filter
        .iter()
        .map(|(plugin, _)| {
            let ready = prepared.filters.iter().find(|(name, _)| name == plugin);
            let verdict = match ready {
                _ if placement.skipped_filters.contains(plugin) => FilterVerdict::Skipped,
                None => FilterVerdict::NotAsked,
                Some(_) if placement.pre_filter.is_some() => FilterVerdict::NotAsked,
                Some((_, filter)) => {
                    filter.filter(node).map_or_else(FilterVerdict::Rejected, |()| FilterVerdict::Passed)
                }
            };
            let with_nominated = crowded.as_ref().and_then(|(filters, node)| {
                let (_, filter) = filters.iter().find(|(name, _)| name == plugin)?;
                Some((filter.filter(node).err()?, filter.facts(node)))
            });
            if let Some((rejection, facts)) = with_nominated.filter(|_| verdict == FilterVerdict::Passed) {
                return FilterDetail { plugin, verdict: FilterVerdict::Rejected(rejection), facts, by_nominated: true };
            }
            let asked = ready.filter(|_| verdict != FilterVerdict::NotAsked);
            let facts = asked.map(|(_, filter)| filter.facts(node)).unwrap_or_default();
            FilterDetail { plugin, verdict, facts, by_nominated: false }
        })
        .collect()
}

fn scores(
    framework: &Framework<'_>,
    cycle: Cycle<'_>,
    placement: &Placement,
    node: &NodePlacement,
) -> Vec<ScoreDetail> {
    let feasible: Vec<&NodeInfo> = placement.feasible().map(|node| cycle.cluster.node(node.id)).collect();
    // The cycle scored these very nodes, so an error here cannot be one it did not meet.
    let scorers = scoring::prepare(framework, cycle, &feasible).map(|ready| ready.scorers).unwrap_or_default();
    let info = cycle.cluster.node(node.id);
    framework
        .score
        .iter()
        .map(|(plugin, _, _)| ScoreDetail {
            plugin,
            score: node.scores.iter().find(|score| score.plugin == *plugin).copied(),
            facts: scorers
                .iter()
                .find(|(name, _, _)| name == plugin)
                .map(|(_, _, scorer)| scorer.facts(info))
                .unwrap_or_default(),
        })
        .collect()
}
