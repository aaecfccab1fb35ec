//! Scoring, after all score plugins (upstream schedule_one.go, prioritizeNodes; extender.go,
//! HTTPExtender.Prioritize).

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::framework::placement::{PluginScore, Scores};
use crate::framework::plugin::MAX_NODE_SCORE;
use crate::framework::profile::Framework;

use super::answer::host_priorities;
use super::filter::Filtered;
use super::{Round, Verb};

/// The highest score of an extender (k8s.io/kube-scheduler/extender/v1, MaxExtenderPriority).
const MAX_EXTENDER_PRIORITY: i64 = 10;

/// Adds the extenders' scores to those of the plugins. A single node is not scored upstream, so
/// no extender is asked about it.
pub(in crate::framework) fn prioritize(
    round: &Round<'_>,
    framework: &Framework<'_>,
    filtered: &Filtered,
    scores: &mut Scores,
) {
    if round.any && framework.score.is_empty() {
        // That every node has 1 holds only for a scheduler without extenders.
        for (_, _, total) in &mut scores.nodes {
            *total = 0;
        }
    }
    if filtered.passed.len() < 2 {
        return;
    }
    // All at once, as upstream has it.
    let answers: Vec<_> = round
        .extenders
        .par_iter()
        .map(|extender| {
            let body = |pod: &_| round.nodes_request(extender, pod, &filtered.passed);
            let answer = round.ask(extender, Verb::Prioritize, body)?;
            Some((*extender, answer.and_then(|body| host_priorities(&body))))
        })
        .collect();
    let cluster = round.cycle.cluster;
    let places: FxHashMap<_, _> =
        scores.nodes.iter().enumerate().map(|(place, (id, ..))| (cluster.node(*id).name(), place)).collect();
    for (extender, answer) in answers.into_iter().flatten() {
        let priorities = match answer {
            Ok(priorities) => priorities,
            Err(error) => {
                round.note_failure(extender, Verb::Prioritize, &error);
                continue;
            }
        };
        for (host, raw) in priorities {
            let place = places.get(&crate::api::name(&host)).and_then(|place| scores.nodes.get_mut(*place));
            let Some((_, plugins, total)) = place else { continue };
            let weight = extender.config.weight;
            let normalized = raw.wrapping_mul(MAX_NODE_SCORE / MAX_EXTENDER_PRIORITY);
            let weighted = normalized.wrapping_mul(weight);
            plugins.push(PluginScore { plugin: extender.name.as_str(), raw, normalized, weight, weighted });
            *total = total.wrapping_add(weighted);
        }
    }
}
