//! DefaultPreemption: would the pod fit if pods of lower priority were evicted?
//!
//! A dry run on every node where removing pods could help; all nodes are tried, and where a live
//! scheduler stops at enough candidates, the answer says which it may pick ([`sampling`]). <https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/>;
//! upstream plugins/defaultpreemption/default_preemption.go and framework/preemption/preemption.go.

use rayon::prelude::*;

use crate::api::name::Name;
use crate::api::pod_spec::PreemptionPolicy;
use crate::config::DefaultPreemptionArgs;
use crate::framework::extender::Victims;
use crate::framework::fit_error;
use crate::framework::victim::priority_as_victim;
use crate::framework::{
    Candidate, CandidateSampling, Code, Cycle, FailedCycle, Plugin, PluginRejection, PostFilter, PostFilterPlugin,
    Preemption, Reason, Rejection, points,
};
use crate::state::NodeInfo;

mod groups;
mod pick;
mod sampling;
mod victims;

use sampling::Drawn;
use victims::select_victims;

/// The plugin.
pub struct DefaultPreemption {
    args: DefaultPreemptionArgs,
}

impl DefaultPreemption {
    /// With the profile's arguments.
    pub fn new(args: DefaultPreemptionArgs) -> Self {
        Self { args }
    }
}

impl Plugin for DefaultPreemption {
    fn name(&self) -> &'static str {
        "DefaultPreemption"
    }

    points!(post_filter, pod_group_post_filter);
}

impl PostFilterPlugin for DefaultPreemption {
    fn post_filter(&self, failed: &FailedCycle<'_>) -> PostFilter {
        if let Some(why) = groups::left_to_group(failed.cycle) {
            return PostFilter::Unschedulable(format!("preemption: {why}"));
        }
        match preempt(failed, self.args) {
            Ok(preemption) => PostFilter::Success { text: success(failed, &preemption), preemption },
            Err(PreemptionRefusal::Unschedulable(text)) => PostFilter::Unschedulable(format!("preemption: {text}")),
            Err(PreemptionRefusal::NoCandidate(text)) => PostFilter::NoCandidate(format!("preemption: {text}")),
            Err(PreemptionRefusal::Error(text)) => PostFilter::Final(format!("preemption: {text}")),
        }
    }
}

/// What the event says when a node was found; the first of those that tie, where it could be any of them (upstream
/// Evaluator.Preempt).
fn success(failed: &FailedCycle<'_>, preemption: &Preemption) -> String {
    if !failed.cycle.behaviour.preemption_names_node {
        return String::new();
    }
    let picked = preemption.pick.first();
    let candidate = preemption.candidates.iter().find(|candidate| Some(&candidate.node) == picked);
    candidate.map_or_else(String::new, |Candidate { node, victims, .. }| {
        let victims = victims.len();
        format!("preemption: found a potential placement for pod on node {node}, preempting {victims} victims")
    })
}

/// Why no pod can be preempted.
enum PreemptionRefusal {
    Unschedulable(String),
    /// No node can be made to fit, which clears the pod's nomination.
    NoCandidate(String),
    Error(String),
}

/// Upstream Evaluator.Preempt.
fn preempt(failed: &FailedCycle<'_>, args: DefaultPreemptionArgs) -> Result<Preemption, PreemptionRefusal> {
    eligible(failed).map_err(|why| PreemptionRefusal::Unschedulable(why.to_owned()))?;
    let nodes: Vec<&NodeInfo> = failed.potential_nodes().collect();
    let tried: Vec<(&NodeInfo, Result<Victims, PluginRejection>)> =
        nodes.par_iter().map(|node| (*node, select_victims(failed, node))).collect();
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for (node, result) in tried {
        match result {
            Ok(victims) => found.push((node, victims)),
            Err(rejection) => refused.push((node.name(), rejection.rejection)),
        }
    }
    if found.is_empty() {
        return Err(nowhere(failed, &refused));
    }
    let cluster = failed.cycle.cluster;
    let found = found.into_iter().map(|(node, victims)| (node.id, victims)).collect();
    let found: Vec<(&NodeInfo, Victims)> = failed
        .extenders
        .process_preemption(found)
        .map_err(|error| PreemptionRefusal::Error(error.into()))?
        .into_iter()
        .map(|(node, victims)| (cluster.node(node), victims))
        .collect();
    if found.is_empty() {
        return Err(PreemptionRefusal::Unschedulable("no candidate node for preemption".to_owned()));
    }
    let pick::Picked { pick, decided_by, lost_by } = pick::pick(failed.cycle, &found);
    let sampling = sampled(failed.cycle, &found, sampling::candidates_to_find(nodes.len(), args));
    let candidates = found
        .iter()
        .zip(lost_by)
        .map(|((node, victims), lost_by)| Candidate {
            node: node.name(),
            victims: victims.pods.iter().map(|id| cluster.pod(*id).key()).collect(),
            pdb_violations: usize::try_from(victims.violations).unwrap_or_default(),
            lost_by,
        })
        .collect();
    let refused = refused.into_iter().map(|(node, rejection)| (node, rejection.reasons)).collect();
    Ok(Preemption { candidates, pick, sampling, decided_by, refused })
}

/// Where a live scheduler compares fewer candidates than there are: which it may pick.
fn sampled(cycle: Cycle<'_>, found: &[(&NodeInfo, Victims)], compared: usize) -> Option<CandidateSampling> {
    if compared >= found.len() {
        return None;
    }
    let ranks = pick::ranks(cycle, found);
    let drawn: Vec<Drawn> =
        found.iter().zip(ranks).map(|((_, victims), rank)| Drawn { rank, clean: victims.violations == 0 }).collect();
    let chances = found.iter().zip(sampling::chances(&drawn, compared));
    let picks = chances.filter(|(_, chance)| *chance > 0.0).map(|((node, _), chance)| (node.name(), chance));
    Some(CandidateSampling { compared, picks: picks.collect() })
}

/// The text when no node can be made to fit: those that were tried with their reasons, all
/// others with one that says preemption could not help.
fn nowhere(failed: &FailedCycle<'_>, refused: &[(Name, Rejection)]) -> PreemptionRefusal {
    let refused: Vec<&Rejection> = refused.iter().map(|(_, rejection)| rejection).collect();
    let errors: Vec<String> =
        refused.iter().filter(|rejection| rejection.code == Code::Error).map(|rejection| rejection.message()).collect();
    match errors.as_slice() {
        [] => {}
        [error] => return PreemptionRefusal::Error(error.clone()),
        errors => return PreemptionRefusal::Error(format!("[{}]", errors.join(", "))),
    }
    let nodes = failed.cycle.cluster.nodes().len();
    let others = std::iter::repeat_n(Reason::PreemptionNotHelpful, nodes - refused.len());
    let reasons = refused.iter().flat_map(|rejection| rejection.reasons.iter().cloned()).chain(others);
    PreemptionRefusal::NoCandidate(fit_error::no_node(nodes, reasons, ""))
}

/// Upstream PodEligibleToPreemptOthers.
fn eligible(failed: &FailedCycle<'_>) -> Result<(), &'static str> {
    let (cluster, pod) = (failed.cycle.cluster, failed.cycle.pod);
    if pod.spec().preemption_policy == Some(PreemptionPolicy::Never) {
        return Err("not eligible due to preemptionPolicy=Never.");
    }
    let Some(nominated) = pod.own.nominated_node_name.and_then(|name| cluster.node_named(name)) else {
        return Ok(());
    };
    if failed.code(nominated) == Code::UnschedulableAndUnresolvable {
        return Ok(());
    }
    let scheduling = failed.cycle.behaviour.pod_groups().for_victims_of_pods();
    let waits = nominated.pods.iter().map(|id| cluster.pod(*id)).any(|other| {
        priority_as_victim(cluster, scheduling, other) < pod.priority()
            && other.is_terminating()
            && other.own.preempted_by_scheduler
    });
    if waits { Err("not eligible due to a terminating pod on the nominated node.") } else { Ok(()) }
}
