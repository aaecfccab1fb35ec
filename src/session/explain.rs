//! The answer for one pod: a cycle, what it means, what would help, what the cluster itself says.

use std::sync::Arc;

use crate::api::{Timestamp, name};
use crate::explain::suggest::{self, PreemptionDetail, Suggestion};
use crate::explain::{Explanation, NodeDetail, counterfactual, reported_events};
use crate::framework::{Cycle, NotEvaluated, Notes, Placement};
use crate::report::Answer;
use crate::report::explain::Refused;
use crate::simulate::groups::whole::{self, GroupPlacement};
use crate::simulate::workload::WorkloadPlacement;
use crate::state::{NodeId, PodId};

use super::new_nodes::NewNodesFinder;
use super::{State, cluster_messages, firmness};

/// A pod to be explained.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The pod.
    pub pod: PodId,
    /// Pods of its workload that are placed before it, and their nodes: it is the first that fits nowhere.
    pub after: Vec<(PodId, NodeId)>,
    /// The workload as a whole, where one was asked about.
    pub workload: Option<Arc<WorkloadPlacement>>,
}

impl Subject {
    /// A pod by itself.
    pub fn alone(pod: PodId) -> Self {
        Self { pod, after: Vec::new(), workload: None }
    }
}

/// What costs more cycles, and is done only where it is shown.
pub struct ExplainExtras {
    suggestions: bool,
    preemption: bool,
    /// The pods that were searched for, with what was found: siblings need not be searched again.
    found: Vec<(PodId, Vec<Suggestion>)>,
    /// Groups of pods that were placed.
    groups: Vec<Arc<GroupPlacement>>,
}

impl ExplainExtras {
    /// Suggestions, and the placement's preemption in full, as far as they are wanted.
    pub fn new(suggestions: bool, preemption: bool) -> Self {
        Self { suggestions, preemption, found: Vec::new(), groups: Vec::new() }
    }

    fn suggestions(&mut self, state: &mut State, placement: &Placement, now: Timestamp) -> Option<Vec<Suggestion>> {
        if !self.suggestions {
            return None;
        }
        let pod = placement.pod_id;
        let sibling = self.found.iter().find(|(other, _)| suggest::is_equal_but_for_name(&state.cluster, *other, pod));
        if let Some((other, found)) = sibling {
            let other = state.cluster.pod(*other).key();
            return Some(found.iter().map(|suggestion| suggestion.for_sibling(other, placement.pod)).collect());
        }
        let found = suggest::find(&state.scheduler, &mut state.cluster, placement, now)?;
        self.found.push((pod, found.clone()));
        Some(found)
    }

    /// The group of `pod` as a whole, where any of its pods waits.
    fn group(&mut self, state: &mut State, pod: PodId, now: Timestamp) -> Option<Arc<GroupPlacement>> {
        let group = whole::group_of(&state.scheduler, &state.cluster, pod)?;
        let known = self.groups.iter().find(|known| known.group == group).cloned();
        let placed = known.unwrap_or_else(|| {
            let placed = Arc::new(whole::place(&state.scheduler, &mut state.cluster, group, now));
            self.groups.push(Arc::clone(&placed));
            placed
        });
        (placed.pending > 0).then_some(placed)
    }

    fn preemption(&self, state: &mut State, placement: &Placement, now: Timestamp) -> Option<PreemptionDetail> {
        let (scheduler, cluster) = (&state.scheduler, &mut state.cluster);
        if self.preemption { suggest::explain_preemption(scheduler, cluster, placement, now) } else { None }
    }
}

/// The answer for one pod, against the state as it was found; of `node` in full.
pub fn answer(
    state: &mut State,
    subject: Subject,
    node: Option<&str>,
    wanted: &mut ExplainExtras,
    finder: &NewNodesFinder,
    now: Timestamp,
) -> Answer {
    let Subject { pod, after, workload } = subject;
    for (pod, node) in &after {
        state.cluster.assume(*pod, *node);
    }
    let is_pending = state.cluster.pod(pod).own.node_name.is_none();
    let mut new_nodes = if is_pending { finder.find(state, pod) } else { None };
    if let Some(new_nodes) = new_nodes.as_mut().filter(|_| wanted.suggestions) {
        finder.try_tolerations(state, new_nodes);
    }
    let group = wanted.group(state, pod, now);
    let lifted = state.cluster.lift(pod);
    let mut placement = state.scheduler.explain_lifted(&state.cluster, &lifted, now);
    NotEvaluated::join(&mut placement.not_evaluated, &state.notes);
    if let Some(group) = &group {
        NotEvaluated::join(&mut placement.not_evaluated, &group.not_evaluated);
    }
    let fits_if_admitted = placement.schedulable;
    let is_new =
        state.cluster.pod(pod).own.creation_timestamp.is_none() && state.cluster.pod(pod).own.sequence == u32::MAX;
    // What a webhook refuses only the controller can tell.
    let reported = workload.as_ref().filter(|_| is_new).and_then(|workload| workload.reported_refusal());
    let refused = state.refusal(placement.pod).or_else(|| reported.map(ToOwned::to_owned));
    let refused = refused.map(|message| Refused { message, fits_if_admitted });
    if let Some(new_nodes) = &mut new_nodes {
        new_nodes.compare(&state.cluster, &placement);
    }
    let mut suggestions = wanted.suggestions(state, &placement, now);
    if is_pending {
        finder.name_makers(state, suggestions.iter_mut().flatten());
    }
    let mut answer = Answer {
        suggestions,
        preemption: wanted.preemption(state, &placement, now),
        explanation: Explanation::in_full(&state.scheduler, &state.cluster, &placement, now),
        detail: node.and_then(|node| detail(state, &placement, node, now)),
        cluster_messages: cluster_messages::find(state, &placement),
        new_nodes,
        nodes: state.cluster.nodes().len(),
        filters: filters(state, pod),
        refused,
        is_new,
        placed_before: after.len(),
        workload,
        evaluated_for: None,
        group,
        placement,
    };
    let fits = answer.placement.schedulable;
    answer.placement.not_evaluated.iter_mut().for_each(|item| item.judge(fits));
    firmness::judge(state, pod, &mut answer, now);
    if let Some(workload) = answer.workload.as_ref().filter(|_| answer.is_made_up()) {
        let known = state.cluster.workload(workload.workload);
        answer.cluster_messages.events =
            known.map(|workload| reported_events::of_workload(&state.cluster, workload)).unwrap_or_default();
    }
    // Whatever a cycle would say: a pod that is not admitted is not scheduled.
    answer.placement.schedulable &= answer.refused.is_none();
    state.cluster.restore(lifted);
    for (pod, _) in after.into_iter().rev() {
        state.cluster.forget(pod);
    }
    answer
}

fn filters(state: &State, pod: PodId) -> Vec<&'static str> {
    let framework = state.scheduler.framework_for(state.cluster.pod(pod));
    framework.map(|(_, framework)| framework.filter.iter().map(|(plugin, _)| *plugin).collect()).unwrap_or_default()
}

fn detail(state: &mut State, placement: &Placement, node: &str, now: Timestamp) -> Option<NodeDetail> {
    let pod = state.cluster.pod(placement.pod_id);
    let (_, framework) = state.scheduler.framework_for(pod)?;
    // What could not be judged was noted by the cycle itself.
    let notes = Notes::default();
    let behaviour = state.scheduler.behaviour();
    let cycle = Cycle { cluster: &state.cluster, pod, behaviour, now, notes: &notes };
    let info = state.cluster.node_named(name(node))?;
    let mut detail = NodeDetail::of(&framework, cycle, placement, info);
    detail.counterfactual = counterfactual::find(&state.scheduler, &mut state.cluster, placement, name(node), now);
    Some(detail)
}
