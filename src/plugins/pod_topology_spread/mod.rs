//! PodTopologySpread: keeps the pods that a constraint selects evenly spread over topology domains.
//!
//! `DoNotSchedule` constraints filter: on no node may the pod raise its domain by more than
//! `maxSkew` above the emptiest one. `ScheduleAnyway` constraints score: nodes in emptier domains
//! get more. A pod without constraints gets the profile's default ones, which select the pods of
//! its Services and its controller.
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/>;
//! upstream plugins/podtopologyspread.

use crate::api::name;
use crate::api::pod_spec::WhenUnsatisfiable;
use crate::config::{Behaviour, DefaultConstraints, PodTopologySpreadArgs, SpreadConstraint};
use crate::decode::Kind;
use crate::framework::{
    Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, IncrementalScorer, NodeFilter, NodeScorer,
    NotEvaluated, Plugin, PreFilter, PreFilterPlugin, PreScore, PreScorePlugin, Rejection, ScorePlugin, points,
};
use crate::state::NodeInfo;
use crate::state::default_selector::{self, default_selector};

mod constraints;
mod domains;
mod filter;
mod score;

#[cfg(test)]
mod tests;

use constraints::{CompiledConstraint, ConstraintGates};
use filter::{Filter, WithoutPreFilter};
use score::{Scorer, WithoutPreScore};

/// The label that makes each node a domain of its own.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// The plugin.
pub struct PodTopologySpread {
    defaults: Vec<SpreadConstraint>,
    system_defaulted: bool,
    gates: ConstraintGates,
}

impl PodTopologySpread {
    /// With the profile's arguments, which validation has found sound.
    pub fn new(args: &PodTopologySpreadArgs, behaviour: &Behaviour) -> Self {
        let (defaults, system_defaulted) = match &args.default_constraints {
            DefaultConstraints::System => (system_defaults(), true),
            DefaultConstraints::List(constraints) => (constraints.clone(), false),
        };
        Self { defaults, system_defaulted, gates: ConstraintGates::of(behaviour) }
    }

    /// Whether nodes that lack a key take no part in the score. System defaults spread nodes
    /// without a zone by their hostname at least.
    fn requires_all_keys(&self, cycle: Cycle<'_>) -> bool {
        !cycle.pod.spec().topology_spread_constraints.is_empty() || !self.system_defaulted
    }

    /// The constraints that filter, or those that score (upstream common.go,
    /// filterTopologySpreadConstraints and buildDefaultConstraints; plugin.go, getConstraints).
    fn constraints(&self, cycle: Cycle<'_>, action: WhenUnsatisfiable) -> Result<Vec<CompiledConstraint>, String> {
        let pod = cycle.pod;
        let own = &pod.spec().topology_spread_constraints;
        if !own.is_empty() {
            return own
                .iter()
                .filter(|constraint| constraint.when_unsatisfiable == action)
                .map(|constraint| CompiledConstraint::of_pod(constraint, pod, self.gates))
                .collect();
        }
        let hard = action == WhenUnsatisfiable::DoNotSchedule;
        let defaults: Vec<_> = self.defaults.iter().filter(|default| default.do_not_schedule == hard).collect();
        if defaults.is_empty() {
            return Ok(Vec::new());
        }
        note_unread(cycle);
        let selector = default_selector(cycle.cluster, pod);
        if selector.is_empty() {
            return Ok(Vec::new());
        }
        Ok(defaults
            .into_iter()
            .map(|default| CompiledConstraint::from_profile(default, selector.clone(), pod, self.gates))
            .collect())
    }
}

/// What a profile without arguments spreads by (upstream plugin.go, systemDefaultConstraints).
pub fn system_defaults() -> Vec<SpreadConstraint> {
    [(HOSTNAME, 3), ("topology.kubernetes.io/zone", 5)]
        .into_iter()
        .map(|(key, max_skew)| SpreadConstraint {
            max_skew,
            topology_key: name(key),
            do_not_schedule: false,
            min_domains: None,
            honor_node_affinity: true,
            honor_node_taints: false,
            match_label_keys: Vec::new(),
        })
        .collect()
}

/// Says which objects the default selector should have been made from, but which were not read.
fn note_unread(cycle: Cycle<'_>) {
    let owner = default_selector::owner(cycle.pod).map(|(kind, _)| Kind::Workload(kind));
    for kind in [Some(Kind::Service), owner].into_iter().flatten() {
        if !cycle.cluster.kinds.contains(&kind) {
            cycle.notes.add(NotEvaluated::of_kind(
                kind,
                "not in the input; add them to the dump",
                "default topology spreading was not applied",
            ));
        }
    }
}

impl Plugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }

    points!(pre_filter, filter, pre_score, score, incremental);
}

impl IncrementalPlugin for PodTopologySpread {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        match self.constraints(cycle, WhenUnsatisfiable::DoNotSchedule) {
            Ok(constraints) if constraints.is_empty() => Incremental::Skip,
            Ok(constraints) => Incremental::filter(Filter::new(cycle, constraints)),
            Err(_) => Incremental::Uncached,
        }
    }

    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        match self.constraints(cycle, WhenUnsatisfiable::ScheduleAnyway) {
            Ok(constraints) if constraints.is_empty() => Incremental::Skip,
            Ok(constraints) => {
                let require_all_keys = self.requires_all_keys(cycle);
                Incremental::scorer(Scorer::incremental(cycle, constraints, nodes, require_all_keys))
            }
            Err(_) => Incremental::Uncached,
        }
    }
}

impl PreFilterPlugin for PodTopologySpread {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        match self.constraints(cycle, WhenUnsatisfiable::DoNotSchedule) {
            Ok(constraints) if constraints.is_empty() => PreFilter::Skip,
            Ok(constraints) => PreFilter::run(Filter::new(cycle, constraints)),
            Err(error) => PreFilter::Reject(Rejection::error(format!(
                "get constraints from pod: obtaining pod's hard topology spread constraints: {error}"
            ))),
        }
    }
}

impl FilterPlugin for PodTopologySpread {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(WithoutPreFilter)
    }
}

impl PreScorePlugin for PodTopologySpread {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        match self.constraints(cycle, WhenUnsatisfiable::ScheduleAnyway) {
            Ok(constraints) if constraints.is_empty() => PreScore::Skip,
            Ok(constraints) => {
                let require_all_keys = self.requires_all_keys(cycle);
                PreScore::Run(Box::new(Scorer::new(cycle, constraints, feasible, require_all_keys)))
            }
            Err(error) => PreScore::Error(format!(
                "calculating preScoreState: obtaining pod's soft topology spread constraints: {error}"
            )),
        }
    }
}

impl ScorePlugin for PodTopologySpread {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        Box::new(WithoutPreScore)
    }
}
