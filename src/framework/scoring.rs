//! PreScore, Score, NormalizeScore and weights over all feasible nodes
//! (upstream schedule_one.go, prioritizeNodes; runtime/framework.go, RunScorePlugins).

use std::collections::HashMap;

use rayon::prelude::*;

use crate::api::UpstreamError;
use crate::state::NodeInfo;

use super::context::Cycle;
use super::placement::{PluginScore, Scores};
use super::plugin::{MAX_NODE_SCORE, MIN_NODE_SCORE, NodeScorer, PreScore};
use super::profile::Framework;

/// The least and the largest raw score among the feasible nodes that take part; 0 and 0 where
/// there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoreRange {
    /// The least.
    pub least: i64,
    /// The largest.
    pub most: i64,
}

impl ScoreRange {
    /// The range of `scores`; none where there are none.
    pub fn of(scores: impl Iterator<Item = i64>) -> Option<Self> {
        scores.map(|score| Self { least: score, most: score }).reduce(Self::with)
    }

    /// The range of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }
}

/// NormalizeScore: brings the raw scores of all feasible nodes into 0 to 100. `nodes` and `scores` are in step.
pub fn normalize(scorer: &dyn NodeScorer, nodes: &[&NodeInfo], scores: &mut [i64]) {
    let Some(normalizer) = scorer.normalizer() else { return };
    let range = normalizer.range(nodes, scores).unwrap_or_default();
    normalizer.normalize_all(nodes, scores, range);
}

/// The scorers of one cycle.
pub struct Scorers<'a> {
    /// Plugin, weight and scorer, in the profile's order; the skipped ones are left out.
    pub scorers: Vec<(&'static str, i64, Box<dyn NodeScorer + 'a>)>,
    /// Plugins that PreScore took out, sorted.
    pub skipped: Vec<&'static str>,
}

/// Runs PreScore.
///
/// # Errors
/// A plugin's failure, in upstream's words.
pub fn prepare<'a>(
    framework: &'a Framework<'_>,
    cycle: Cycle<'a>,
    feasible: &[&'a NodeInfo],
) -> Result<Scorers<'a>, UpstreamError> {
    let mut ready: HashMap<&'static str, Option<Box<dyn NodeScorer + 'a>>> = HashMap::new();
    for (plugin, point) in &framework.pre_score {
        let scorer = match point.pre_score(cycle, feasible) {
            PreScore::Skip => None,
            PreScore::Error(error) => return Err(format!("running PreScore plugin \"{plugin}\": {error}").into()),
            PreScore::Run(scorer) => Some(scorer),
        };
        ready.insert(plugin, scorer);
    }
    let mut skipped: Vec<_> = ready.iter().filter(|(_, scorer)| scorer.is_none()).map(|(plugin, _)| *plugin).collect();
    skipped.sort_unstable();
    let scorers = framework
        .score
        .iter()
        .filter_map(|(plugin, weight, point)| match ready.remove(plugin) {
            Some(None) => None,
            Some(Some(scorer)) => Some((*plugin, *weight, scorer)),
            None => Some((*plugin, *weight, point.unprepared(cycle))),
        })
        .collect();
    Ok(Scorers { scorers, skipped })
}

/// Scores every feasible node. Without any score plugin in the profile each total is 1.
///
/// # Errors
/// A plugin's failure or a score outside 0 to 100, in upstream's words.
pub fn score(framework: &Framework<'_>, cycle: Cycle<'_>, feasible: &[&NodeInfo]) -> Result<Scores, UpstreamError> {
    if framework.score.is_empty() {
        let nodes = feasible.iter().map(|node| (node.id, Vec::new(), 1)).collect();
        return Ok(Scores { nodes, skipped: Vec::new() });
    }
    let Scorers { scorers, skipped } = prepare(framework, cycle, feasible)?;
    let mut nodes: Vec<_> = feasible.iter().map(|node| (node.id, Vec::with_capacity(scorers.len()), 0)).collect();
    let mut columns = Vec::with_capacity(scorers.len());
    for (plugin, _, scorer) in &scorers {
        let raw: Vec<i64> = feasible
            .par_iter()
            .map(|node| scorer.score(node))
            .collect::<Result<_, _>>()
            .map_err(|error| format!("running Score plugins: plugin \"{plugin}\" failed with: {error}"))?;
        columns.push(raw);
    }
    for ((plugin, weight, scorer), raw) in scorers.iter().zip(columns) {
        let mut normalized = raw.clone();
        normalize(scorer.as_ref(), feasible, &mut normalized);
        for ((node, raw), normalized) in nodes.iter_mut().zip(raw).zip(normalized) {
            if !(MIN_NODE_SCORE..=MAX_NODE_SCORE).contains(&normalized) {
                return Err(format!(
                    "applying score defaultWeights on Score plugins: plugin \"{plugin}\" returns an invalid score \
                     {normalized}, it should in the range of [{MIN_NODE_SCORE}, {MAX_NODE_SCORE}] after normalizing"
                )
                .into());
            }
            let weighted = normalized.wrapping_mul(*weight);
            node.1.push(PluginScore { plugin, raw, normalized, weight: *weight, weighted });
            node.2 += weighted;
        }
    }
    Ok(Scores { nodes, skipped })
}
