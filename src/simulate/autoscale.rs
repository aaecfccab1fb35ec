//! A simulation in which the Cluster Autoscaler adds nodes: pods are placed, its loop says which group grows, the new nodes
//! are there, and pods are placed again, until nothing changes.
//!
//! Nodes come at once and as their group's template has them. Where several groups are as good for the expander, the real
//! autoscaler draws one; here it is the first by id.

use crate::api::name::{Name, name};
use crate::edit::BuiltNode;
use crate::node_groups::cluster_autoscaler::{self, Change, Growth, Loop, Options, TEMPLATE_LABEL, short};
use crate::state::PodId;

use super::{Simulation, Step};

/// Loops after which something must be wrong.
const MOST_ROUNDS: usize = 500;

/// What the autoscaler added.
#[derive(Clone, Debug, Default)]
pub struct Autoscaled {
    /// Groups that grew, in order.
    pub scale_ups: Vec<ScaleUp>,
    /// What of it is not certain, in sentences.
    pub notes: Vec<String>,
}

/// A group that grew in one loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleUp {
    /// Which loop, from 1.
    pub round: usize,
    /// Its id.
    pub group: Name,
    /// How many nodes it had.
    pub from: i64,
    /// How many it has now.
    pub to: i64,
    /// How many it may have.
    pub max: i64,
    /// The new nodes.
    pub nodes: Vec<Name>,
    /// Other groups that were as good.
    pub as_good: Vec<Name>,
    /// Pods of the simulation that got a node after this loop.
    pub placed: usize,
}

/// Places `steps`' pods that have no node, with the nodes that the autoscaler adds for them. None where the state has no
/// readable status of an autoscaler.
pub fn grow(simulation: &mut Simulation<'_>, options: &Options, steps: &mut Vec<Step>) -> Option<Autoscaled> {
    let options = Options { simulated: true, ..options.clone() };
    let mut found = Autoscaled::default();
    let mut changes: Vec<Change> = Vec::new();
    for round in 1..=MOST_ROUNDS {
        let waiting: Vec<PodId> = steps.iter().filter(|step| step.place().is_none()).map(|step| step.pod_id).collect();
        if waiting.is_empty() && round > 1 {
            break;
        }
        let run = run(simulation, &options, &waiting, &changes)?;
        if round == 1 {
            found.notes.extend(run.notes.iter().cloned());
            let unknown = run.groups.iter().filter_map(|group| Some((short(&group.id), group.not_evaluated.as_ref()?)));
            found.notes.extend(unknown.map(|(group, why)| format!("{group} could grow, too, and was left out: {why}")));
        }
        if run.growths.is_empty() {
            break;
        }
        let first = found.scale_ups.len();
        for growth in &run.growths {
            found.scale_ups.extend(add(simulation, &run, *growth, round));
        }
        for scale_up in found.scale_ups.iter().skip(first) {
            changes.push(Change::Grown { group: scale_up.group, by: scale_up.to - scale_up.from });
        }
        let placed = place(simulation, &waiting, steps);
        for scale_up in found.scale_ups.iter_mut().skip(first) {
            scale_up.placed = placed;
        }
        if placed == 0 {
            let groups: Vec<&str> = found.scale_ups.iter().skip(first).map(|it| short(&it.group)).collect();
            found.notes.push(format!(
                "{} grows though kube-scheduler places no pod on the new nodes: it would go on until its maximum",
                groups.join(", ")
            ));
            break;
        }
    }
    Some(found)
}

fn run(simulation: &Simulation<'_>, options: &Options, waiting: &[PodId], changes: &[Change]) -> Option<Loop> {
    let scheduler = simulation.scheduler;
    let gates = scheduler.behaviour().request_gates();
    cluster_autoscaler::run_changed(scheduler, simulation.cluster(), options, gates, waiting, simulation.now(), changes)
}

/// The new nodes of a group.
fn add(simulation: &mut Simulation<'_>, run: &Loop, growth: Growth, round: usize) -> Option<ScaleUp> {
    let group = run.groups.get(growth.group)?;
    let template = group.template.as_ref()?;
    let mark = name(TEMPLATE_LABEL);
    let mut built: BuiltNode = template.built.clone();
    built.node.labels = built.node.labels.iter().filter(|(key, _)| *key != mark).collect();
    let base = short(&group.id);
    let base = base.rsplit('/').next().unwrap_or(base);
    let mut nodes = Vec::new();
    for _ in growth.from..growth.to {
        let free = |number: &usize| simulation.cluster().node_named(name(&format!("{base}-new{number}"))).is_none();
        let called = name(&format!("{base}-new{}", (1..=usize::MAX).find(free)?));
        simulation.add_node(&built, called);
        nodes.push(called);
    }
    let as_good = run.best.iter().filter_map(|place| run.options.get(*place));
    let as_good = as_good.filter_map(|option| run.groups.get(option.group)).map(|group| group.id);
    Some(ScaleUp {
        round,
        group: group.id,
        from: growth.from,
        to: growth.to,
        max: growth.max,
        nodes,
        as_good: as_good.filter(|id| *id != group.id && run.best.len() > 1).collect(),
        placed: 0,
    })
}

/// Places pods once more; their steps take the place of the old ones. How many got a node.
fn place(simulation: &mut Simulation<'_>, waiting: &[PodId], steps: &mut Vec<Step>) -> usize {
    let mut placed = 0;
    for step in simulation.run(waiting) {
        placed += usize::from(step.place().is_some());
        match steps.iter_mut().rev().find(|old| old.pod_id == step.pod_id) {
            Some(old) => *old = step,
            None => steps.push(step),
        }
    }
    placed
}
