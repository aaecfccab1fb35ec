//! NodeResourcesBalancedAllocation: prefers nodes whose resources would be used evenly.
//!
//! Looks at what pods really request, and skips a pod that requests none of the scored
//! resources. Upstream plugins/noderesources/balanced_allocation.go.

use crate::api::requests::RequestGates;
use crate::config::{Behaviour, NodeResourcesBalancedAllocationArgs};
use crate::framework::{
    Cycle, Fact, Incremental, IncrementalPlugin, IncrementalScorer, MAX_NODE_SCORE, NodeScorer, Plugin, PreScore,
    PreScorePlugin, ScorePlugin,
};
use crate::state::{NodeInfo, Pod};

use super::dynamic_resources::DeviceCounter;
use super::resource_allocation::{Allocation, ScoredResources, Share};

/// The plugin.
pub struct NodeResourcesBalancedAllocation {
    scored: ScoredResources,
    gates: RequestGates,
    devices: DeviceCounter,
}

impl NodeResourcesBalancedAllocation {
    /// With the profile's arguments, which validation has found sound.
    pub fn new(args: &NodeResourcesBalancedAllocationArgs, behaviour: &Behaviour) -> Self {
        Self {
            scored: ScoredResources::new(&args.resources),
            gates: behaviour.request_gates(),
            devices: DeviceCounter::without_cache(behaviour),
        }
    }

    fn scorer<'a>(&'a self, pod: &Pod) -> Scorer<'a> {
        Scorer { allocation: self.scored.allocation(pod, self.gates, true) }
    }

    fn scorer_with_devices<'a>(&'a self, cycle: Cycle<'a>) -> Scorer<'a> {
        let devices = self.devices.totals(cycle, self.scored.names());
        Scorer { allocation: self.scorer(cycle.pod).allocation.with_devices(devices) }
    }
}

impl Plugin for NodeResourcesBalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }

    fn pre_score(&self) -> Option<&dyn PreScorePlugin> {
        Some(self)
    }

    fn score(&self) -> Option<&dyn ScorePlugin> {
        Some(self)
    }

    fn incremental(&self) -> Option<&dyn IncrementalPlugin> {
        Some(self)
    }
}

impl IncrementalPlugin for NodeResourcesBalancedAllocation {
    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        let scorer = self.scorer(cycle.pod);
        if scorer.is_best_effort() {
            Incremental::Skip
        } else if self.devices.totals(cycle, self.scored.names()).is_some() {
            // What devices are in use changes with more than the pods on the nodes.
            Incremental::Uncached
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
    allocation: Allocation<'a>,
}

impl Scorer<'_> {
    fn is_best_effort(&self) -> bool {
        self.allocation.requests.iter().all(|request| *request == 0)
    }
}

impl IncrementalScorer for Scorer<'_> {}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, String> {
        if self.is_best_effort() {
            return Ok(0); // reached only when the profile took the plugin out of PreScore
        }
        if self.allocation.requests.is_empty() {
            return Err("resources not found".to_owned());
        }
        let fractions: Vec<f64> = self.allocation.shares(node).map(|share| fraction(&share)).collect();
        Ok(((1.0 - deviation(&fractions)) * MAX_NODE_SCORE as f64) as i64)
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        self.allocation.facts(node, |share| (fraction(share) * 100.0) as i64)
    }
}

/// How much of the resource would be in use, at most 1.
fn fraction(share: &Share) -> f64 {
    (share.requested as f64 / share.allocatable as f64).min(1.0)
}

/// The standard deviation, with upstream's shortcut for two values; 0 for fewer.
fn deviation(fractions: &[f64]) -> f64 {
    match fractions {
        [] | [_] => 0.0,
        [a, b] => ((a - b) / 2.0).abs(),
        more => {
            let mean = more.iter().sum::<f64>() / more.len() as f64;
            let squares: f64 = more.iter().map(|fraction| (fraction - mean) * (fraction - mean)).sum();
            (squares / more.len() as f64).sqrt()
        }
    }
}
