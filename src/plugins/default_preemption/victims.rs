//! Which pods would have to go so that the pod fits on one node (upstream SelectVictimsOnNode).

use crate::framework::extender::Victims;
use crate::framework::victim::{BudgetCount, Victim, by_budget, victims_among};
use crate::framework::{Cycle, FailedCycle, FilterSet, PluginRejection, Reason, Rejection};
use crate::state::{NodeInfo, PodId};

/// A node as the dry run changes it, with filters that know of the change.
struct DryRun<'a> {
    cycle: Cycle<'a>,
    filters: FilterSet<'a>,
    node: NodeInfo,
}

impl<'a> DryRun<'a> {
    fn remove(&mut self, victim: &Victim) {
        for id in &victim.pods {
            let pod = self.cycle.cluster.pod(*id);
            if let Some(node) = self.elsewhere(*id) {
                self.filters.remove_pod(pod, node);
            } else {
                self.node.remove_pod(pod);
                self.filters.remove_pod(pod, &self.node);
            }
        }
    }

    fn add(&mut self, victim: &Victim) {
        for id in &victim.pods {
            let pod = self.cycle.cluster.pod(*id);
            if let Some(node) = self.elsewhere(*id) {
                self.filters.add_pod(pod, node);
            } else {
                self.node.add_pod(pod);
                self.filters.add_pod(pod, &self.node);
            }
        }
    }

    /// The node of a pod of a group that is elsewhere; none for a pod of the node itself. Plugins hear that it leaves,
    /// but its node stays as it is: only the one node is filtered (upstream, the same).
    fn elsewhere(&self, pod: PodId) -> Option<&'a NodeInfo> {
        let cluster = self.cycle.cluster;
        cluster.node_of(pod).filter(|node| *node != self.node.id).map(|node| cluster.node(node))
    }

    fn fits(&self) -> Result<(), PluginRejection> {
        self.filters.run_with_nominated(self.cycle, &self.node)
    }

    /// Puts `victim` back if that leaves room. Answers whether it stays.
    fn reprieve(&mut self, victim: &Victim) -> bool {
        self.add(victim);
        let stays = self.fits().is_ok();
        if !stays {
            self.remove(victim);
        }
        stays
    }
}

/// Takes everything of lower priority off the node and puts back as much as it can: first what
/// a budget protects, each time in order of importance.
pub(super) fn select_victims(failed: &FailedCycle<'_>, node: &NodeInfo) -> Result<Victims, PluginRejection> {
    let cycle = failed.cycle;
    let no_victims =
        || PluginRejection { plugin: None, rejection: Rejection::unresolvable(Reason::NoPreemptionVictims) };
    let priority = cycle.pod.priority();
    let below: Vec<PodId> = node.pods_below(priority).collect();
    debug_assert!(
        node.pods.iter().filter(|pod| cycle.cluster.pod(**pod).priority() < priority).eq(&below),
        "a node knows the priorities of its pods"
    );
    // A group has a priority of its own.
    let pods = if cycle.cluster.pod_groups.is_empty() { &below } else { &node.pods };
    let scheduling = cycle.behaviour.pod_groups().for_victims_of_pods();
    let pods = pods.iter().copied();
    let mut potential = victims_among(cycle.cluster, pods, scheduling, cycle.now).map_err(error)?;
    potential.retain(|victim| victim.priority < priority);
    if potential.is_empty() {
        return Err(no_victims());
    }
    let mut run = DryRun { cycle, filters: failed.prepared.filters.fork(), node: node.clone() };
    for victim in &potential {
        run.remove(victim);
    }
    run.fits()?;
    potential.sort_by_key(Victim::importance);
    let count = if cycle.behaviour.pdb_counting_stops_at_violation {
        BudgetCount::FirstBudget
    } else {
        BudgetCount::EveryBudget
    };
    let (protected, others) = by_budget(cycle.cluster, potential, count);
    let (mut victims, mut violations) = (Vec::new(), 0);
    for (victim, breaking) in protected {
        if !run.reprieve(&victim) {
            violations += breaking;
            victims.push(victim);
        }
    }
    victims.extend(others.into_iter().filter(|victim| !run.reprieve(victim)));
    victims.sort_by_key(Victim::importance);
    if victims.is_empty() {
        return Err(error(format!("expected at least one victim pod on node \"{}\"", node.name())));
    }
    Ok(Victims { pods: victims.into_iter().flat_map(|victim| victim.pods).collect(), violations })
}

fn error(text: String) -> PluginRejection {
    PluginRejection { plugin: None, rejection: Rejection::error(text) }
}
