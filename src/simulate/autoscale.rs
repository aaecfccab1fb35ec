//! A simulation in which the programs that make nodes add some: pods are placed, the Cluster Autoscaler's loop says which
//! group grows and Karpenter's round which NodeClaims it creates, the new nodes are there, and pods are placed again, until
//! nothing changes.
//!
//! Nodes come at once: those of a group as its template has them, those of a pool of the cheapest instance type that the
//! NodeClaim allows. Where several groups are as good for the expander, the real autoscaler draws one; here it is the first
//! by id.

use std::collections::BTreeMap;

use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::taint::tolerated;
use crate::edit::BuiltNode;
use crate::node_groups::cluster_autoscaler::{self, Change, Growth, Loop, Skip, TEMPLATE_LABEL, short};
use crate::node_groups::karpenter::{self, Instance, PoolOverview};
use crate::state::{Cluster, PodId};

use super::scenario::StepReport;
use super::scenario::rollout::RolloutEnd;
use super::{Outcome, Simulation, Step};

/// Loops after which something must be wrong.
const MOST_ROUNDS: usize = 500;

/// What is known, beside the state, of the programs that make nodes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Of the Cluster Autoscaler.
    pub autoscaler: cluster_autoscaler::Options,
    /// Of Karpenter.
    pub karpenter: karpenter::Options,
    /// What of the state could not be read or is not counted, in sentences.
    pub notes: Vec<String>,
}

/// What was added.
#[derive(Clone, Debug, Default)]
pub struct Autoscaled {
    /// Whether the state has a readable status of the Cluster Autoscaler.
    pub by_autoscaler: bool,
    /// Whether the state has NodePools of Karpenter.
    pub by_karpenter: bool,
    /// Nodes that were under way already.
    pub under_way: Vec<UnderWay>,
    /// Groups that grew, in order.
    pub scale_ups: Vec<ScaleUp>,
    /// Nodes that Karpenter asked for, in order; those of a round that are alike together.
    pub launches: Vec<PoolScaleUp>,
    /// The last loop of the Cluster Autoscaler, in which nothing grew any more.
    pub last_loop: Option<Loop>,
    /// Pods that have no node at the end.
    pub left: Vec<Left>,
    /// What of it is not certain, in sentences.
    pub notes: Vec<String>,
}

impl Autoscaled {
    /// Whether the price of each node that Karpenter asks for is known.
    pub fn is_priced(&self) -> bool {
        self.launches.iter().all(|launch| launch.instance.price.is_some())
    }
}

/// Nodes of a group or pool that had been asked for before, and came up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// The group's id, or the pool's name.
    pub maker: Name,
    /// The nodes.
    pub nodes: Vec<Name>,
    /// Pods of the simulation that are on them at the end.
    pub placed: usize,
}

/// A pod without a node at the end.
#[derive(Clone, Debug)]
pub struct Left {
    /// Its place in the state.
    pub id: PodId,
    /// The pod.
    pub pod: ObjectKey,
    /// What Karpenter does about it, in one word.
    pub outcome: Option<&'static str>,
    /// The node or NodeClaim that Karpenter expects it on.
    pub expected_on: Option<Name>,
    /// Why Karpenter's pools make nothing for it; what is said of all pools has no name.
    pub refusals: Vec<(Name, String)>,
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
    /// The expander that decides among those, by what the state does not have; none where one is drawn.
    pub undecided_by: Option<String>,
    /// Pods of the simulation that are on the new nodes at the end.
    pub placed: usize,
}

/// Nodes of one pool that are alike, asked for in one round.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolScaleUp {
    /// Which round, from 1.
    pub round: usize,
    /// What each of them is; of the other instance types that would do, the fewest.
    pub instance: Instance,
    /// The new nodes.
    pub nodes: Vec<Name>,
    /// Pods of the simulation that are on the new nodes at the end.
    pub placed: usize,
}

/// Places `steps`' pods that have no node, with the nodes that are added for them. None where the state shows nobody who
/// adds nodes.
pub fn grow(simulation: &mut Simulation<'_>, options: &Options, steps: &mut Vec<Step>) -> Option<Autoscaled> {
    let mut makers = Makers {
        autoscaler: cluster_autoscaler::Options { simulated: true, ..options.autoscaler.clone() },
        karpenter: karpenter::Options { simulated: true, ..options.karpenter.clone() },
        changes: Vec::new(),
        found: Autoscaled { notes: options.notes.clone(), ..Autoscaled::default() },
    };
    makers.start(simulation, steps);
    for round in 1..=MOST_ROUNDS {
        let waiting: Vec<PodId> = steps.iter().filter(|step| is_waiting(step)).map(|step| step.pod_id).collect();
        if waiting.is_empty() && round > 1 {
            break;
        }
        let loop_run = makers.autoscaler_loop(simulation, &waiting);
        let claims = makers.karpenter_round(simulation, &waiting);
        if round == 1 {
            makers.found.by_autoscaler = loop_run.is_some();
            makers.found.by_karpenter = claims.is_some();
            if loop_run.is_none() && claims.is_none() {
                return None;
            }
            makers.note_first(simulation.cluster(), loop_run.as_ref(), claims.as_ref(), &waiting);
        }
        let grown = makers.add_groups(simulation, loop_run.as_ref(), round);
        let launched = makers.add_pools(simulation, claims.as_ref(), round);
        if !grown.is_empty() && !launched.is_empty() {
            let text = "the Cluster Autoscaler and Karpenter add nodes for the same pods: neither knows of the other's";
            if !makers.found.notes.iter().any(|note| note == text) {
                makers.found.notes.push(text.to_owned());
            }
        }
        let mut added = grown;
        added.extend(launched);
        if added.is_empty() {
            makers.found.left = left(simulation, claims.as_ref(), &waiting);
            makers.found.last_loop = loop_run;
            break;
        }
        if place(simulation, &waiting, steps) == 0 {
            makers.found.notes.push(format!(
                "{} grows though kube-scheduler places no pod on the new nodes: it would go on until its limits",
                added.join(", ")
            ));
            break;
        }
    }
    let mut found = makers.found;
    let mut placed: BTreeMap<Name, usize> = BTreeMap::new();
    for place in steps.iter().filter_map(Step::place) {
        *placed.entry(place.name).or_default() += 1;
    }
    let count = |nodes: &[Name]| nodes.iter().filter_map(|node| placed.get(node)).sum();
    found.under_way.iter_mut().for_each(|it| it.placed = count(&it.nodes));
    found.scale_ups.iter_mut().for_each(|it| it.placed = count(&it.nodes));
    found.launches.iter_mut().for_each(|it| it.placed = count(&it.nodes));
    if !found.launches.is_empty() {
        let shown = if found.is_priced() { "cheapest" } else { "smallest" };
        found.notes.push(format!(
            "The provider chooses the instance type, the zone, and spot or on-demand, by its own prices and stock; shown is \
             the {shown} that fits, and the first of equals"
        ));
    }
    Some(found)
}

impl Autoscaled {
    /// Names the rollouts that would go on: nodes are added after the last step, and no controller acts on them.
    #[must_use]
    pub fn with_stuck_rollouts(mut self, reports: &[StepReport]) -> Self {
        let stuck = reports.iter().filter_map(|report| report.rollout.as_ref());
        let stuck = stuck.filter(|rollout| matches!(rollout.end, RolloutEnd::NoPlace { .. }));
        self.notes.extend(stuck.filter(|_| !self.scale_ups.is_empty() || !self.launches.is_empty()).map(|rollout| {
            format!("the rollout of {} would go on with the new nodes, and may need more of them", rollout.workload)
        }));
        self
    }
}

/// Whether kube-scheduler tried the pod and found no node. It does not try pods with scheduling gates.
fn is_waiting(step: &Step) -> bool {
    matches!(&step.outcome, Outcome::Unplaced(why) if !why.gated && !why.gone)
}

struct Makers {
    autoscaler: cluster_autoscaler::Options,
    karpenter: karpenter::Options,
    changes: Vec<Change>,
    found: Autoscaled,
}

impl Makers {
    fn autoscaler_loop(&self, simulation: &Simulation<'_>, waiting: &[PodId]) -> Option<Loop> {
        let scheduler = simulation.scheduler;
        let gates = scheduler.behaviour().request_gates();
        let (cluster, now) = (simulation.cluster(), simulation.now());
        cluster_autoscaler::run_changed(scheduler, cluster, &self.autoscaler, gates, waiting, now, &self.changes)
    }

    fn karpenter_round(&self, simulation: &Simulation<'_>, waiting: &[PodId]) -> Option<karpenter::Run> {
        karpenter::Run::new(simulation.cluster(), &self.karpenter, waiting)
    }

    /// Nodes that are under way come up, and pods are placed on them: both programs count with that.
    fn start(&mut self, simulation: &mut Simulation<'_>, steps: &mut Vec<Step>) {
        let waiting: Vec<PodId> = steps.iter().filter(|step| is_waiting(step)).map(|step| step.pod_id).collect();
        if let Some(run) = self.autoscaler_loop(simulation, &waiting) {
            for group in run.groups.iter().filter(|group| group.upcoming > 0) {
                let Some(template) = &group.template else { continue };
                let nodes =
                    (0..group.upcoming).filter_map(|_| add_node(simulation, &template.built, &group.id)).collect();
                self.changes.push(Change::Started { group: group.id, by: group.upcoming });
                self.found.under_way.push(UnderWay { maker: group.id, nodes, placed: 0 });
            }
        }
        let gates = simulation.behaviour().request_gates();
        let round = self.karpenter_round(simulation, &waiting);
        for (pool, claim, built) in round.map(|it| it.arriving(simulation.cluster(), gates)).unwrap_or_default() {
            if simulation.cluster().node_named(claim).is_some() {
                continue;
            }
            simulation.add_node(&built, claim);
            match self.found.under_way.iter_mut().find(|known| known.maker == pool) {
                Some(known) => known.nodes.push(claim),
                None => self.found.under_way.push(UnderWay { maker: pool, nodes: vec![claim], placed: 0 }),
            }
        }
        if !self.found.under_way.is_empty() && !waiting.is_empty() {
            place(simulation, &waiting, steps);
        }
    }

    /// What is not certain from the start.
    fn note_first(&mut self, cluster: &Cluster, run: Option<&Loop>, round: Option<&karpenter::Run>, waiting: &[PodId]) {
        let notes = &mut self.found.notes;
        if let Some(run) = run {
            notes.extend(run.notes.iter().cloned());
            // What is at its maximum or in backoff does not grow, whatever a new node of it is like.
            let open = run.groups.iter().filter(|group| matches!(group.skip, None | Some(Skip::NoTemplate(_))));
            let unknown = open.filter_map(|group| Some((short(&group.id), group.not_evaluated.as_ref()?)));
            notes.extend(unknown.map(|(group, why)| format!("{group} could grow, too, and was left out: {why}")));
        }
        let pools = round.map(|round| round.overview(cluster).pools).unwrap_or_default();
        let concerns = |pool: &&PoolOverview| {
            let tolerates = |pod: &PodId| {
                let tolerations = &cluster.pod(*pod).spec().tolerations;
                pool.taints.iter().all(|taint| tolerated(tolerations, taint, true))
            };
            waiting.iter().any(tolerates)
        };
        for pool in &pools {
            let unlaunched = pool.stuck.iter().filter(|claim| claim.condition == "Launched");
            notes.extend(unlaunched.map(|claim| {
                format!("NodeClaim {} of NodePool {} was not launched: {}", claim.name, pool.name, claim.why)
            }));
        }
        let open = pools.iter().filter(|pool| pool.why.is_none() && pool.new_nodes.is_empty()).filter(concerns);
        notes.extend(open.map(|pool| {
            format!("NodePool {} may grow, too, and was left out: no known instance type suits it", pool.name)
        }));
    }

    /// Adds the nodes of growing groups; the groups' names.
    fn add_groups(&mut self, simulation: &mut Simulation<'_>, run: Option<&Loop>, round: usize) -> Vec<String> {
        let first = self.found.scale_ups.len();
        if let Some(run) = run {
            for growth in &run.growths {
                self.found.scale_ups.extend(add(simulation, run, *growth, round));
            }
        }
        let new = self.found.scale_ups.get(first..).unwrap_or_default();
        self.changes.extend(new.iter().map(|it| Change::Grown { group: it.group, by: it.to - it.from }));
        new.iter().map(|it| short(&it.group).to_owned()).collect()
    }

    /// Adds the nodes that Karpenter asks for; the pools' names.
    fn add_pools(
        &mut self,
        simulation: &mut Simulation<'_>,
        claims: Option<&karpenter::Run>,
        round: usize,
    ) -> Vec<String> {
        let first = self.found.launches.len();
        let gates = simulation.behaviour().request_gates();
        let launches = claims.map(|claims| claims.launches(simulation.cluster(), gates)).unwrap_or_default();
        for launch in launches {
            let instance = launch.instance;
            let Some(called) = free_name(simulation, &instance.pool) else { continue };
            simulation.add_node(&launch.built, called);
            for key in &launch.random_labels {
                let text = format!("the label {key} of new nodes of NodePool {} gets a random value", instance.pool);
                if !self.found.notes.contains(&text) {
                    self.found.notes.push(text);
                }
            }
            let known = self.found.launches.iter_mut().skip(first).find(|known| known.instance.is_like(&instance));
            match known {
                Some(known) => {
                    known.instance.other_types = known.instance.other_types.min(instance.other_types);
                    known.nodes.push(called);
                }
                None => self.found.launches.push(PoolScaleUp { round, instance, nodes: vec![called], placed: 0 }),
            }
        }
        let mut pools: Vec<String> =
            self.found.launches.iter().skip(first).map(|launch| format!("NodePool {}", launch.instance.pool)).collect();
        pools.dedup();
        pools
    }
}

/// Why the pods that are left get no node.
fn left(simulation: &Simulation<'_>, round: Option<&karpenter::Run>, waiting: &[PodId]) -> Vec<Left> {
    let cluster = simulation.cluster();
    let left = |pod: &PodId| Left {
        id: *pod,
        pod: cluster.pod(*pod).key(),
        outcome: round.and_then(|round| round.outcome(*pod)).map(|(outcome, _)| outcome),
        expected_on: round.and_then(|round| round.expected_on(*pod)),
        refusals: round.map(|round| refusals(cluster, round, *pod)).unwrap_or_default(),
    };
    waiting.iter().map(left).collect()
}

fn refusals(cluster: &Cluster, round: &karpenter::Run, pod: PodId) -> Vec<(Name, String)> {
    let refusals = round.refusals(pod);
    if refusals.is_empty() {
        return round.error(cluster, pod).map(|error| (Name::default(), error)).into_iter().collect();
    }
    refusals
}

/// A name for a new node of a group or pool.
fn free_name(simulation: &Simulation<'_>, base: &str) -> Option<Name> {
    let is_free = |called: &Name| simulation.cluster().node_named(*called).is_none();
    (1..=usize::MAX).map(|number| name(&format!("{base}-new{number}"))).find(is_free)
}

/// Adds a node that is like the template of a group.
fn add_node(simulation: &mut Simulation<'_>, template: &BuiltNode, group: &str) -> Option<Name> {
    let mark = name(TEMPLATE_LABEL);
    let mut built: BuiltNode = template.clone();
    built.node.labels = built.node.labels.iter().filter(|(key, _)| *key != mark).collect();
    let base = short(group);
    let called = free_name(simulation, base.rsplit('/').next().unwrap_or(base))?;
    simulation.add_node(&built, called);
    Some(called)
}

/// The new nodes of a group.
fn add(simulation: &mut Simulation<'_>, run: &Loop, growth: Growth, round: usize) -> Option<ScaleUp> {
    let group = run.groups.get(growth.group)?;
    let template = group.template.as_ref()?;
    let nodes = (growth.from..growth.to).filter_map(|_| add_node(simulation, &template.built, &group.id)).collect();
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
        undecided_by: run.undecided_by.clone(),
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
