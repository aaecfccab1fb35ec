//! Who would have to leave for a group as a whole (upstream framework/preemption/podgrouppreemption.go).
//!
//! Everything of lower priority in the cluster is taken off its node, and the group is tried. If it
//! fits, victims are put back in the order of importance, first those that a budget protects; each
//! stays if the group still fits: in v1.36 by trying the group again ([`tried_again`]), since v1.37 where the
//! first trial has put its pods ([`super::reprieve`]).

use rustc_hash::FxHashMap;

use crate::api::Name;
use crate::api::pod_spec::PreemptionPolicy;
use crate::config::PodGroupScheduling;
use crate::framework::victim::{BudgetCount, Victim, by_budget, priority_as_victim, victims_among};
use crate::framework::{FailedGroup, GroupCode, GroupReason, GroupStatus, PodGroupPostFilter};
use crate::simulate::Simulation;
use crate::simulate::change::Mutation;
use crate::state::PodId;
use crate::state::node_tree::node_tree;

use super::attempt::Attempt;
use super::by_permit::PostFilters;
use super::placements;
use super::reprieve::Assigned;
use super::submit::GroupCycleEnd;
use super::turn::Turn;

/// What came of it.
pub(super) enum Preempted {
    /// Nobody was asked to leave, and nothing was said.
    NotAsked,
    /// Nothing helps.
    Refused(GroupStatus),
    /// The group fits once these have left.
    Made {
        victims: Vec<PodId>,
        /// Where its pods are nominated to.
        nominated: FxHashMap<PodId, Name>,
        /// What is added to the group's status.
        said: Option<GroupReason>,
    },
}

/// What happens after the group's cycle has failed.
pub(super) fn after(
    simulation: &mut Simulation<'_>,
    turn: &Turn<'_>,
    ended: &GroupCycleEnd,
    reached: &[&'static str],
) -> Preempted {
    if ended.status.code != GroupCode::Unschedulable {
        return Preempted::NotAsked;
    }
    match simulation.pod_groups() {
        PodGroupScheduling::FeasibleCycle => post_filters(simulation, turn, reached),
        PodGroupScheduling::PermitCycle if simulation.scheduler.behaviour().gates.workload_aware_preemption => {
            workload_aware(simulation, turn)
        }
        _ => Preempted::NotAsked,
    }
}

/// v1.36 with WorkloadAwarePreemption (upstream schedule_one_podgroup.go, runWorkloadAwarePreemption).
fn workload_aware(simulation: &mut Simulation<'_>, turn: &Turn<'_>) -> Preempted {
    let refused = |code, text: &str| Preempted::Refused(GroupStatus::new(code, GroupReason::text(text)));
    if turn.framework.pod_group_post_filter.is_empty() {
        let text = "default preemption plugin is not registered, workload aware preemption is disabled";
        return refused(GroupCode::Unschedulable, text);
    }
    if turn.group.topology_key.is_some() {
        let text = "workload aware preemption is not supported for pod groups with scheduling constraints";
        return refused(GroupCode::Unschedulable, text);
    }
    if never_preempts(simulation, turn) {
        return refused(GroupCode::Unschedulable, "not eligible due to preemptionPolicy=Never.");
    }
    let mark = simulation.savepoint();
    let chosen = choose(simulation, turn, BudgetCount::FirstPod, |simulation, _| {
        placements::attempt(simulation, turn, PostFilters::Skip).status.is_success()
    });
    simulation.rollback(mark);
    match chosen {
        Ok(chosen) => Preempted::Made { victims: chosen.victims, nominated: FxHashMap::default(), said: None },
        Err(status) => Preempted::Refused(status),
    }
}

/// v1.37 (upstream runtime/framework.go, RunPodGroupPostFilterPlugins).
fn post_filters(simulation: &mut Simulation<'_>, turn: &Turn<'_>, reached: &[&'static str]) -> Preempted {
    let mut texts = Vec::new();
    for (name, plugin) in &turn.framework.pod_group_post_filter {
        let failed = FailedGroup { group: &turn.group, reached, topology_aware: turn.topology_aware };
        let refusal = match plugin.pod_group_post_filter(failed) {
            PodGroupPostFilter::Preempt => match preempt(simulation, turn) {
                Ok(made) => return made,
                Err(refusal) => refusal,
            },
            PodGroupPostFilter::Unschedulable(text) => {
                GroupStatus::new(GroupCode::Unschedulable, GroupReason::text(text))
            }
            PodGroupPostFilter::Error(text) => GroupStatus::failed(text),
        };
        match refusal.code {
            GroupCode::Unschedulable => texts.push(refusal.message()),
            GroupCode::UnschedulableAndUnresolvable => return Preempted::Refused(refusal),
            _ => {
                let text = format!("error in \"{name}\" PodGroupPostFilter plugins: {}", refusal.message());
                return Preempted::Refused(GroupStatus::failed(text));
            }
        }
    }
    texts.retain(|text| !text.is_empty());
    Preempted::Refused(GroupStatus::new(GroupCode::Unschedulable, GroupReason::text(texts.join(", "))))
}

/// DefaultPreemption for the whole group (upstream PodGroupEvaluator.Preempt).
fn preempt(simulation: &mut Simulation<'_>, turn: &Turn<'_>) -> Result<Preempted, GroupStatus> {
    if never_preempts(simulation, turn) {
        let never = GroupReason::text("not eligible due to preemptionPolicy=Never.");
        return Err(of_preemption(&GroupStatus::new(GroupCode::Unschedulable, never)));
    }
    if let Some(nominated) = ongoing(simulation, turn) {
        let said = GroupReason::text("pod group preemption: ongoing preemption on nominated nodes");
        return Ok(Preempted::Made { victims: Vec::new(), nominated, said: Some(said) });
    }
    let mark = simulation.savepoint();
    let chosen =
        choose(simulation, turn, BudgetCount::FirstBudget, |simulation, trial| Assigned::all_of(trial).fit(simulation));
    simulation.rollback(mark);
    let chosen = chosen.map_err(|status| of_preemption(&status))?;
    let said =
        format!("pod group preemption: found a placement for podgroup, preempting {} victims", chosen.victims.len());
    let nominated = Assigned::all_of(&chosen.trial).nodes();
    Ok(Preempted::Made { victims: chosen.victims, nominated, said: Some(GroupReason::text(said)) })
}

/// The status as DefaultPreemption hands it on (upstream PodGroupPostFilter).
fn of_preemption(status: &GroupStatus) -> GroupStatus {
    GroupStatus::new(status.code, GroupReason::text(format!("pod group preemption: {}", status.message())))
}

/// Who has to leave, and the trial without all who could.
struct Chosen {
    victims: Vec<PodId>,
    trial: Attempt,
}

/// Upstream selectVictimsOnDomain. Leaves the state changed.
fn choose(
    simulation: &mut Simulation<'_>,
    turn: &Turn<'_>,
    count: BudgetCount,
    mut still_fits: impl FnMut(&mut Simulation<'_>, &Attempt) -> bool,
) -> Result<Chosen, GroupStatus> {
    let cluster = simulation.cluster();
    let nodes = node_tree(cluster.nodes()).into_iter().map(|id| cluster.node(id));
    let pods = nodes.flat_map(|node| node.pods.iter().copied());
    let mut potential = victims_among(cluster, pods, simulation.pod_groups(), simulation.now)
        .map_err(|error| GroupStatus::failed(format!("failed to create domain: {error}")))?;
    potential.retain(|victim| victim.priority < turn.group.priority);
    if potential.is_empty() {
        return Err(GroupStatus::new(GroupCode::UnschedulableAndUnresolvable, GroupReason::NoVictims));
    }
    for victim in &potential {
        detach(simulation, victim);
    }
    let trial = placements::attempt(simulation, turn, PostFilters::Skip);
    if !trial.status.is_success() {
        return Err(trial.status);
    }
    potential.sort_by_key(Victim::importance);
    let (protected, others) = by_budget(simulation.cluster(), potential, count);
    let mut victims: Vec<Victim> = Vec::new();
    for victim in protected.into_iter().map(|(victim, _)| victim).chain(others) {
        for pod in &victim.pods {
            simulation.change(Mutation::Attach { pod: *pod });
        }
        if !still_fits(simulation, &trial) {
            detach(simulation, &victim);
            victims.push(victim);
        }
    }
    victims.sort_by_key(Victim::importance);
    Ok(Chosen { victims: victims.into_iter().flat_map(|victim| victim.pods).collect(), trial })
}

fn detach(simulation: &mut Simulation<'_>, victim: &Victim) {
    for pod in &victim.pods {
        simulation.change(Mutation::Detach { pod: *pod });
    }
}

fn never_preempts(simulation: &Simulation<'_>, turn: &Turn<'_>) -> bool {
    let cluster = simulation.cluster();
    if simulation.scheduler.behaviour().gates.pod_group_preemption_policy {
        return turn.group.preemption_policy == Some(PreemptionPolicy::Never);
    }
    let mut policies = turn.members.iter().map(|pod| cluster.pod(*pod).spec().preemption_policy);
    policies.any(|policy| policy == Some(PreemptionPolicy::Never))
}

/// Where the group's pods are nominated to, if pods are leaving one of these nodes already
/// (upstream isOngoingPreemption).
fn ongoing(simulation: &Simulation<'_>, turn: &Turn<'_>) -> Option<FxHashMap<PodId, Name>> {
    let (cluster, scheduling) = (simulation.cluster(), simulation.pod_groups());
    let nominated = |pod: &PodId| Some((*pod, cluster.pod(*pod).own.nominated_node_name?));
    let nodes: FxHashMap<PodId, Name> = turn.members.iter().filter_map(nominated).collect();
    let leaves = |name: &Name| {
        cluster.node_named(*name).is_some_and(|node| {
            node.pods.iter().map(|id| cluster.pod(*id)).any(|pod| {
                priority_as_victim(cluster, scheduling, pod) < turn.group.priority
                    && pod.is_terminating()
                    && pod.own.preempted_by_scheduler
            })
        })
    };
    nodes.values().any(leaves).then_some(nodes)
}
