//! NodeResourcesBalancedAllocation: prefers nodes whose resources would be used evenly.
//!
//! Looks at what pods really request, and skips a pod that requests none of the scored
//! resources. Newer versions score by how much the pod would improve the balance. Upstream plugins/noderesources/balanced_allocation.go.

use crate::api::UpstreamError;
use crate::api::requests::RequestGates;
use crate::config::{Behaviour, NodeResourcesBalancedAllocationArgs};
use crate::framework::cache::{RepeatedScorer, SharedKey};
use crate::framework::{
    Cycle, Fact, Incremental, IncrementalPlugin, IncrementalScorer, MAX_NODE_SCORE, NodeScorer, NotEvaluated, Plugin,
    PreScore, PreScorePlugin, ScorePlugin, points,
};
use crate::state::NodeInfo;

use super::dynamic_resources::DeviceCounter;
use super::resource_allocation::{ResourceAllocation, ResourceShare, ScoredResources};

/// The plugin.
pub struct NodeResourcesBalancedAllocation {
    scored: ScoredResources,
    gates: RequestGates,
    /// [`Behaviour::balanced_allocation_scores_change`].
    scores_change: bool,
    devices: DeviceCounter,
}

impl NodeResourcesBalancedAllocation {
    /// With the profile's arguments, which validation has found sound.
    pub fn new(args: &NodeResourcesBalancedAllocationArgs, behaviour: &Behaviour) -> Self {
        Self {
            scored: ScoredResources::new(&args.resources),
            gates: behaviour.request_gates(),
            scores_change: behaviour.balanced_allocation_scores_change,
            devices: DeviceCounter::without_cache(behaviour),
        }
    }

    fn scorer<'a>(&'a self, cycle: Cycle<'_>) -> Scorer<'a> {
        let earlier_readings = earlier_readings(cycle.behaviour);
        let allocation = self.scored.allocation(cycle.pod, self.gates, true, earlier_readings);
        if cycle.pod.class.template.resources().accumulates_overhead(self.gates) {
            cycle.notes.add(NotEvaluated::new(
                "NodeResourcesBalancedAllocation's score",
                "kube-scheduler adds the overhead to pod-level requests that have many digits each time it reads them",
                "the score of this pod changes with every attempt to schedule it",
            ));
        }
        Scorer { allocation, scores_change: self.scores_change }
    }

    fn scorer_with_devices<'a>(&'a self, cycle: Cycle<'a>) -> Scorer<'a> {
        let scorer = self.scorer(cycle);
        let devices = self.devices.totals(cycle, self.scored.names());
        Scorer { allocation: scorer.allocation.with_devices(devices), ..scorer }
    }
}

/// How often the requests of a pod were read before this plugin scores it, when the verdicts of the corpus were recorded.
///
/// PreFilter, which ran twice there, reads them in NodeResourcesFit (`computePodResourceRequest`), and for extended resources
/// of DeviceClasses in DynamicResources (`preFilterExtendedResources`). The queue reads them when it signs a new pod
/// (backend/queue/scheduling_queue.go, `signPod`; `Fit.SignPod`): once, and for such resources once more.
fn earlier_readings(behaviour: &Behaviour) -> usize {
    let each_time = 1 + usize::from(behaviour.gates.dra_extended_resource);
    let pre_filters = 2;
    each_time * (pre_filters + usize::from(behaviour.queue_signs_pods))
}

impl Plugin for NodeResourcesBalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }

    points!(pre_score, score, incremental);
}

impl IncrementalPlugin for NodeResourcesBalancedAllocation {
    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        let scorer = self.scorer(cycle);
        if scorer.is_best_effort() {
            Incremental::Skip
        } else if self.devices.totals(cycle, self.scored.names()).is_some() {
            Incremental::scorer(RepeatedScorer::new(
                self,
                |plugin, cycle| Some(Box::new(plugin.scorer_with_devices(cycle))),
                None,
            ))
        } else {
            Incremental::scorer(scorer)
        }
    }
}

impl PreScorePlugin for NodeResourcesBalancedAllocation {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        let scorer = self.scorer_with_devices(cycle);
        if scorer.is_best_effort() { PreScore::Skip } else { PreScore::Run(Box::new(scorer)) }
    }
}

impl ScorePlugin for NodeResourcesBalancedAllocation {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        Box::new(self.scorer_with_devices(cycle))
    }
}

struct Scorer<'a> {
    allocation: ResourceAllocation<'a>,
    scores_change: bool,
}

impl Scorer<'_> {
    fn is_best_effort(&self) -> bool {
        self.allocation.requests.iter().all(|request| *request == 0)
    }

    fn points(&self, shares: impl Iterator<Item = ResourceShare> + Clone) -> i64 {
        let with_pod = balance(shares.clone().map(|share| fraction(share.requested, share.allocatable)));
        if !self.scores_change {
            return with_pod;
        }
        let without_pod = balance(shares.map(|share| fraction(share.used, share.allocatable)));
        change(with_pod, without_pod)
    }
}

impl IncrementalScorer for Scorer<'_> {}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        if self.is_best_effort() {
            return Ok(0); // reached only when the profile took the plugin out of PreScore
        }
        if self.allocation.requests.is_empty() {
            return Err("resources not found".into());
        }
        let mut first = self.allocation.shares(node);
        Ok(match (first.next(), first.next(), first.next()) {
            // Two resources are the rule: each is looked for once.
            (Some(one), Some(other), None) => self.points([one, other].into_iter()),
            _ => self.points(self.allocation.shares(node)),
        })
    }

    fn shared_key(&self) -> Option<SharedKey> {
        self.allocation.shared_key()
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        self.allocation.facts(node, |share| (fraction(share.requested, share.allocatable) * 100.0) as i64)
    }
}

/// 25 to 100 points for a pod that makes the use less or more even (upstream balancedResourceScorer). Where requests beyond
/// all bounds give the smallest integer, Go's integers wrap around, to a score that the framework refuses.
fn change(with_pod: i64, without_pod: i64) -> i64 {
    let change = (MAX_NODE_SCORE / 2).wrapping_add(with_pod).wrapping_sub(without_pod);
    MAX_NODE_SCORE / 2 + change / 2
}

/// How much of the resource is in use, at most 1.
fn fraction(used: i64, allocatable: i64) -> f64 {
    (used as f64 / allocatable as f64).min(1.0)
}

/// 100 points where all resources are used evenly (upstream balancedResourceScore).
fn balance(fractions: impl Iterator<Item = f64> + Clone) -> i64 {
    ((1.0 - deviation(fractions)) * MAX_NODE_SCORE as f64) as i64
}

/// The standard deviation, with upstream's shortcut for two values; 0 for fewer.
fn deviation(fractions: impl Iterator<Item = f64> + Clone) -> f64 {
    let mut first = fractions.clone();
    match (first.next(), first.next(), first.next()) {
        (_, None, _) => 0.0,
        (Some(a), Some(b), None) => ((a - b) / 2.0).abs(),
        _ => {
            let count = fractions.clone().count() as f64;
            let mean = fractions.clone().sum::<f64>() / count;
            let squares: f64 = fractions.map(|fraction| (fraction - mean) * (fraction - mean)).sum();
            (squares / count).sqrt()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(fractions: &[f64], expected: i64) {
        assert_eq!(balance(fractions.iter().copied()), expected, "{fractions:?}");
    }

    #[test]
    fn a_change_is_50_points_at_least_where_it_helps() {
        assert_eq!([change(80, 80), change(100, 50), change(50, 100)], [75, 100, 50]);
        assert_eq!(change(i64::MIN, 100), 4_611_686_018_427_387_929, "as in Go");
    }

    #[test]
    fn even_use_is_balanced() {
        case(&[], 100);
        case(&[0.9], 100);
        case(&[0.5, 0.5], 100);
        case(&[1.0, 0.0], 50);
        // By the formula for more than two it would be 65.
        case(&[0.1, 0.8], 64);
        case(&[0.75, 0.25, 0.5], 79);
    }
}
