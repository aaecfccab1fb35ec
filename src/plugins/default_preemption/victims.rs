//! Which pods of one node would have to go (upstream SelectVictimsOnNode).

use std::cmp::Reverse;

use crate::api::Timestamp;
use crate::framework::extender::Victims;
use crate::framework::{Cycle, FailedCycle, FilterSet, PluginRejection, Reason, Rejection};
use crate::state::{Cluster, NodeInfo, Pod};

/// A node as the dry run changes it, with filters that know of the change.
struct DryRun<'a> {
    cycle: Cycle<'a>,
    filters: FilterSet<'a>,
    node: NodeInfo,
}

impl DryRun<'_> {
    fn remove(&mut self, pod: &Pod) {
        self.node.remove_pod(pod);
        self.filters.remove_pod(pod, &self.node);
    }

    fn add(&mut self, pod: &Pod) {
        self.node.add_pod(pod);
        self.filters.add_pod(pod, &self.node);
    }

    fn fits(&self) -> Result<(), PluginRejection> {
        self.filters.run_with_nominated(self.cycle, &self.node)
    }

    /// Puts `pod` back if that leaves room. Answers whether it stays.
    fn reprieve(&mut self, pod: &Pod) -> bool {
        self.add(pod);
        let stays = self.fits().is_ok();
        if !stays {
            self.remove(pod);
        }
        stays
    }
}

/// Takes all pods of lower priority off the node and puts back as many as it can: first those
/// a budget protects, each time in order of importance.
pub(super) fn select_victims(failed: &FailedCycle<'_>, node: &NodeInfo) -> Result<Victims, PluginRejection> {
    let cycle = failed.cycle;
    let mut run = DryRun { cycle, filters: failed.prepared.filters.fork(), node: node.clone() };
    let mut potential: Vec<&Pod> =
        node.pods.iter().map(|id| cycle.cluster.pod(*id)).filter(|pod| pod.priority() < cycle.pod.priority()).collect();
    if potential.is_empty() {
        return Err(PluginRejection { plugin: None, rejection: Rejection::unresolvable(Reason::NoPreemptionVictims) });
    }
    for pod in &potential {
        run.remove(pod);
    }
    run.fits()?;
    potential.sort_by_key(|pod| importance(pod, cycle.now));
    let (protected, others) = by_budget(cycle.cluster, cycle.behaviour.pdb_counting_stops_at_violation, &potential);
    let mut victims: Vec<&Pod> = protected.into_iter().filter(|pod| !run.reprieve(pod)).collect();
    let violations = victims.len() as i64;
    victims.extend(others.into_iter().filter(|pod| !run.reprieve(pod)));
    victims.sort_by_key(|pod| importance(pod, cycle.now));
    if victims.is_empty() {
        let text = format!("expected at least one victim pod on node \"{}\"", node.name());
        return Err(PluginRejection { plugin: None, rejection: Rejection::error(text) });
    }
    Ok(Victims { pods: victims.into_iter().map(|pod| pod.id).collect(), violations })
}

/// Sorts the most important first: priority, then the longest running
/// (upstream pkg/scheduler/util/utils.go, MoreImportantPod).
pub(super) fn importance(pod: &Pod, now: Timestamp) -> (Reverse<i32>, Timestamp) {
    (Reverse(pod.priority()), start_time(pod, now))
}

/// When the pod started; a pod that has not counts as started now.
pub(super) fn start_time(pod: &Pod, now: Timestamp) -> Timestamp {
    pod.own.start_time.unwrap_or(now)
}

/// Splits pods into those whose removal would break a budget and the others, keeping the order.
/// Budgets are drawn on for all pods in turn, before any is reprieved (upstream filterPodsWithPDBViolation,
/// FilterVictimsWithPDBViolation). With `first_only`, a pod that breaks a budget draws on no further one.
fn by_budget<'a>(cluster: &Cluster, first_only: bool, pods: &[&'a Pod]) -> (Vec<&'a Pod>, Vec<&'a Pod>) {
    let mut budgets: Vec<_> = cluster
        .budgets
        .iter()
        .filter_map(|budget| Some((budget, budget.compiled_selector()?, budget.disruptions_allowed)))
        .collect();
    let mut breaks_one = |pod: &Pod| {
        let mut breaks = false;
        for (budget, selector, allowed) in &mut budgets {
            if budget.selects(selector, &pod.own) && !budget.disrupted_pods.contains(&pod.own.key.name) {
                *allowed -= 1;
                breaks |= *allowed < 0;
                if breaks && first_only {
                    break;
                }
            }
        }
        breaks
    };
    pods.iter().partition(|pod| breaks_one(pod))
}
