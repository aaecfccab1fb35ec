//! One round of Karpenter's scheduler (sigs.k8s.io/karpenter v1.15 `pkg/controllers/provisioning/scheduling/scheduler.go`,
//! `nodeclaim.go`, `nodeclaimtemplate.go`, `existingnode.go`, `queue.go`).
//!
//! Pods go to nodes that are there, then to claims of this round, then to a new claim of the first pool that takes them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::amounts::{Amounts, is_negative, nodes};
use super::catalogue::{Catalogue, InstanceType, million};
use super::nodes::StateNode;
use super::pods::{Candidate, Disks, Wanted, deters, requests_of};
use super::refusal::{Filter, Refusal};
use super::requirement::{HOSTNAME, INITIALIZED, NODE_POOL, REGISTERED, Requirement, Requirements};
use super::topology::{Topology, domains};
use crate::api::host_ports::HostPort;
use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::resources::STANDARD;
use crate::api::taint::Taint;
use crate::decode::autoscaling::karpenter::NodePool;
use crate::state::Cluster;
use crate::state::pod::PodId;

/// What does not change during a round.
pub(super) struct World<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) catalogue: &'a Catalogue,
    pub(super) nodes: &'a [StateNode],
    /// Pods of DaemonSets, one each.
    pub(super) daemons: &'a [Candidate],
    pub(super) best_effort: bool,
    pub(super) ignore_preferences: bool,
    pub(super) refuses_devices: bool,
    pub(super) volumes: &'a BTreeMap<PodId, (Vec<Requirements>, Disks)>,
}

/// A pool that can be asked.
#[derive(Clone, Copy)]
pub(super) struct Pool<'a> {
    pub(super) name: Name,
    pub(super) data: &'a NodePool,
}

/// NodeClaimTemplate.
struct Template {
    pool: Name,
    taints: Vec<Taint>,
    requirements: Requirements,
    types: Vec<usize>,
    groups: Vec<DaemonGroup>,
}

/// DaemonOverheadGroup: instance types that get the same pods of DaemonSets.
#[derive(Clone, Debug)]
struct DaemonGroup {
    types: Vec<usize>,
    overhead: Amounts,
    ports: Vec<(PodId, Vec<HostPort>)>,
}

/// A node that is to be asked for.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) pool: Name,
    taints: Vec<Taint>,
    pub(super) requirements: Requirements,
    pub(super) types: Vec<usize>,
    groups: Vec<DaemonGroup>,
    requests: Amounts,
    pub(super) pods: Vec<PodId>,
}

struct Existing<'a> {
    node: &'a StateNode,
    remaining: Amounts,
    requirements: Requirements,
    ports: Vec<(PodId, Vec<HostPort>)>,
    disks: Disks,
}

/// An instance type of a pool.
pub(super) struct Offer {
    /// Its place in the catalogue.
    pub(super) instance_type: usize,
    /// What pods of DaemonSets request.
    pub(super) overhead: Amounts,
    /// Those pods.
    pub(super) daemons: Vec<PodId>,
}

/// Where a pod went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A node, or a NodeClaim without one, by its place among the world's nodes.
    Existing(usize),
    /// A claim of this round.
    New(usize),
}

/// What came of a round.
pub(super) struct Round {
    pub(super) placed: BTreeMap<PodId, Place>,
    pub(super) refused: BTreeMap<PodId, Vec<(Name, Refusal)>>,
    pub(super) claims: Vec<Claim>,
    /// Pools whose own requirements leave no instance type; whether that is for `minValues`.
    pub(super) without_types: BTreeMap<Name, bool>,
    /// Pools that were asked before the one that makes a pod's node, and refused for the instance types.
    pub(super) passed: BTreeMap<PodId, Name>,
}

pub(super) struct Solver<'a> {
    world: &'a World<'a>,
    templates: Vec<Template>,
    existing: Vec<Existing<'a>>,
    topology: Topology,
    remaining: BTreeMap<Name, Amounts>,
    tolerate_preferences: bool,
    claims: Vec<Claim>,
    hosts: u32,
    without_types: BTreeMap<Name, bool>,
    passed: BTreeMap<PodId, Name>,
}

/// The requirements of a pool's new nodes.
pub(super) fn template_requirements(world: &World<'_>, pool: &Pool<'_>) -> Requirements {
    let words = &world.catalogue.words;
    let mut found = Requirements::of_pool(words, &pool.data.node.requirements);
    let mut labels: Vec<(Name, Name)> = pool.data.labels.iter().filter(|(key, _)| *key != NODE_POOL).collect();
    labels.push((name(NODE_POOL), pool.name));
    if let Some(class) = pool.data.node.class {
        labels.push((name(&format!("{}/{}", class.group, class.kind.to_lowercase())), class.name));
    }
    found.add_all(&Requirements::of_labels(words, &labels.into_iter().collect::<Labels>()));
    for key in [REGISTERED, INITIALIZED].map(name) {
        found.add(Requirement::is_in(key, [name("true")]));
    }
    found
}

impl<'a> Solver<'a> {
    /// NewTopology, NewScheduler: for `pods`, with `pools` in their order.
    pub(super) fn new(world: &'a World<'a>, pools: &[Pool<'a>], pods: &[Candidate], with_nodes: bool) -> Self {
        let (cluster, words) = (world.cluster, &world.catalogue.words);
        let types = &world.catalogue.types;
        let by_pool = pools.iter().map(|pool| (pool.data, types.as_slice()));
        let domains = domains(words, by_pool);
        let staying: Vec<StateNode> = world.nodes.iter().filter(|node| !node.leaving).cloned().collect();
        let topology = Topology::new(cluster, words, domains, &staying, pods, world.ignore_preferences);
        let mut solver = Self {
            world,
            templates: Vec::new(),
            existing: Vec::new(),
            topology,
            remaining: pools.iter().map(|pool| (pool.name, pool.data.limits.iter().collect())).collect(),
            tolerate_preferences: pools.iter().any(|pool| deters(&pool.data.node.taints)),
            claims: Vec::new(),
            hosts: 0,
            without_types: BTreeMap::new(),
            passed: BTreeMap::new(),
        };
        let mut daemons: Vec<Candidate> =
            world.daemons.iter().filter(|pod| !(pod.claims_devices && world.refuses_devices)).cloned().collect();
        for pool in pools {
            solver.add_template(pool);
        }
        // Each template relaxes the pods of DaemonSets for the ones after it, too.
        let mut templates = std::mem::take(&mut solver.templates);
        for template in &mut templates {
            template.groups = daemon_groups(world, template, &mut daemons);
        }
        solver.templates = templates;
        for node in world.nodes.iter().filter(|node| !node.leaving) {
            solver.add_existing(node, &daemons);
        }
        solver.existing.sort_by(|one, other| {
            other.node.initialized.cmp(&one.node.initialized).then_with(|| one.node.name.cmp(&other.node.name))
        });
        if !with_nodes {
            solver.existing.clear();
        }
        solver
    }

    fn add_template(&mut self, pool: &Pool<'_>) {
        let world = self.world;
        let requirements = template_requirements(world, pool);
        let all: Vec<usize> = (0..world.catalogue.types.len()).collect();
        let group = DaemonGroup { types: all.clone(), overhead: Amounts::default(), ports: Vec::new() };
        let nobody = Asking { requests: &Amounts::default(), ports: None };
        let found = filter(world, &all, &requirements, nobody, &[group], &Amounts::default(), world.best_effort);
        match found {
            Ok((types, _)) => self.templates.push(Template {
                pool: pool.name,
                taints: pool.data.node.taints.to_vec(),
                requirements,
                types,
                groups: Vec::new(),
            }),
            Err(filter) => {
                self.without_types.insert(pool.name, filter.min_values.is_some());
                // Whether there is none is known only with the whole catalogue.
                if !world.catalogue.complete {
                    let taints = pool.data.node.taints.to_vec();
                    let types = Vec::new();
                    self.templates.push(Template { pool: pool.name, taints, requirements, types, groups: Vec::new() });
                }
            }
        }
    }

    /// NewExistingNode.
    fn add_existing(&mut self, node: &'a StateNode, daemons: &[Candidate]) {
        let words = &self.world.catalogue.words;
        let mut requirements = Requirements::of_labels(words, &node.labels);
        let compatible = daemons.iter().filter(|pod| {
            let strict = pod_strict(words, pod);
            pod.untolerated(&node.taints).is_empty() && requirements.compatible(&strict, None).is_ok()
        });
        let mut overhead = requests_of(compatible);
        overhead.take(&node.daemons);
        overhead.no_less_than_zero();
        requirements.add(Requirement::is_in(name(HOSTNAME), [node.host]));
        self.topology.register(name(HOSTNAME), node.host);
        self.existing.push(Existing {
            node,
            remaining: node.available.minus(&overhead),
            requirements,
            ports: node.ports.clone(),
            disks: node.disks.clone(),
        });
        if let Some(remaining) = node.pool().and_then(|pool| self.remaining.get_mut(&pool)) {
            *remaining = remaining.minus(&node.capacity);
        }
    }

    /// The instance types that each pool's own requirements leave, and what pods of DaemonSets take of each.
    pub(super) fn offers(&self) -> Vec<(Name, Vec<Offer>)> {
        let offers = |template: &Template| {
            let mut offers: Vec<Offer> = template
                .groups
                .iter()
                .flat_map(|group| {
                    let daemons: Vec<PodId> = group.ports.iter().map(|(pod, _)| *pod).collect();
                    group.types.iter().map(move |place| Offer {
                        instance_type: *place,
                        overhead: group.overhead.clone(),
                        daemons: daemons.clone(),
                    })
                })
                .collect();
            offers.sort_by_key(|offer| offer.instance_type);
            offers
        };
        self.templates.iter().map(|template| (template.pool, offers(template))).collect()
    }

    /// Solve.
    pub(super) fn solve(mut self, pods: &[Candidate]) -> Round {
        let mut queue: Vec<Candidate> = pods.to_vec();
        queue.sort_by(largest_first);
        let mut queue: VecDeque<Candidate> = queue.into();
        let mut lengths: BTreeMap<PodId, usize> = BTreeMap::new();
        let (mut placed, mut refused) = (BTreeMap::new(), BTreeMap::new());
        while let Some(pod) = queue.front() {
            // Nothing has changed since it was last refused.
            if lengths.get(&pod.id) == Some(&queue.len()) {
                break;
            }
            let Some(pod) = queue.pop_front() else { break };
            match self.try_pod(pod.clone()) {
                Ok(place) => {
                    refused.remove(&pod.id);
                    placed.insert(pod.id, place);
                }
                Err(refusals) => {
                    refused.insert(pod.id, refusals);
                    self.update(&pod);
                    let id = pod.id;
                    queue.push_back(pod);
                    lengths.insert(id, queue.len());
                }
            }
        }
        Round { placed, refused, claims: self.claims, without_types: self.without_types, passed: self.passed }
    }

    fn update(&mut self, pod: &Candidate) {
        let staying: Vec<StateNode> = self.world.nodes.iter().filter(|node| !node.leaving).cloned().collect();
        self.topology.update(self.world.cluster, &self.world.catalogue.words, &staying, pod);
    }

    /// trySchedule.
    fn try_pod(&mut self, mut pod: Candidate) -> Result<Place, Vec<(Name, Refusal)>> {
        loop {
            let refusals = match self.add(&mut pod) {
                Ok(place) => return Ok(place),
                Err(refusals) => refusals,
            };
            let is_final = refusals.iter().any(|(_, refusal)| *refusal == Refusal::Devices);
            if is_final || !pod.relax(self.tolerate_preferences) {
                return Err(refusals);
            }
            self.update(&pod);
        }
    }

    fn add(&mut self, pod: &mut Candidate) -> Result<Place, Vec<(Name, Refusal)>> {
        if pod.claims_devices && self.world.refuses_devices {
            return Err(vec![(Name::default(), Refusal::Devices)]);
        }
        let wanted = pod.wanted(&self.world.catalogue.words, self.world.ignore_preferences);
        let nothing = (Vec::new(), Disks::new());
        let world = self.world;
        let (volumes, disks) = world.volumes.get(&pod.id).unwrap_or(&nothing);
        for place in 0..self.existing.len() {
            let Some(node) = self.existing.get(place) else { continue };
            if let Some(requirements) = self.can_join(node, pod, &wanted, volumes, disks) {
                return Ok(self.join(place, pod, requirements, disks));
            }
        }
        let mut order: Vec<usize> = (0..self.claims.len()).collect();
        order.sort_by_key(|place| self.claims.get(*place).map(|claim| claim.pods.len()));
        for place in order {
            let Some(claim) = self.claims.get(place) else { continue };
            if let Ok((requirements, types)) = self.can_add(claim, pod, &wanted, volumes, false) {
                self.add_to(place, pod, requirements, types);
                return Ok(Place::New(place));
            }
        }
        if self.templates.is_empty() {
            return Err(vec![(Name::default(), Refusal::NoTypes)]);
        }
        self.new_claim(pod, &wanted, volumes)
    }

    /// addToNewNodeClaim.
    fn new_claim(
        &mut self,
        pod: &Candidate,
        wanted: &Wanted,
        volumes: &[Requirements],
    ) -> Result<Place, Vec<(Name, Refusal)>> {
        let mut refusals = Vec::new();
        for place in 0..self.templates.len() {
            let Some(template) = self.templates.get(place) else { continue };
            let pool = template.pool;
            let remaining = self.remaining.get(&pool).cloned().unwrap_or_default();
            let limits_nodes = remaining.iter().any(|(resource, amount)| resource == nodes() && amount.is_zero());
            if limits_nodes {
                refusals.push((pool, Refusal::NodeLimit(pool)));
                continue;
            }
            let types: Vec<usize> =
                template.types.iter().copied().filter(|it| within(self.instance(*it), &remaining)).collect();
            // Every type has processors and memory.
            let standard = [STANDARD.cpu, STANDARD.memory];
            let exhausted = remaining
                .iter()
                .any(|(resource, left)| standard.contains(&resource) && (left.is_zero() || is_negative(left)));
            if types.is_empty() && (self.world.catalogue.complete || exhausted) {
                refusals.push((pool, Refusal::Limit(pool)));
                continue;
            }
            let mut requirements = template.requirements.clone();
            self.hosts += 1;
            let host = name(&format!("hostname-placeholder-{:04}", self.hosts));
            requirements.add(Requirement::is_in(name(HOSTNAME), [host]));
            let claim = Claim {
                pool,
                taints: template.taints.clone(),
                requirements,
                types,
                groups: template.groups.clone(),
                requests: Amounts::default(),
                pods: Vec::new(),
            };
            match self.can_add(&claim, pod, wanted, volumes, self.world.best_effort) {
                Ok((requirements, types)) => {
                    let passed = refusals.iter().find(|(_, refusal): &&(Name, Refusal)| refusal.hangs_on_types());
                    if let Some((before, _)) = passed {
                        self.passed.insert(pod.id, *before);
                    }
                    self.claims.push(claim);
                    let last = self.claims.len() - 1;
                    self.add_to(last, pod, requirements, types);
                    self.take_most(last);
                    return Ok(Place::New(last));
                }
                Err(refusal) => refusals.push((pool, refusal)),
            }
        }
        Err(refusals)
    }

    /// subtractMax: the claim may become the largest of its types.
    fn take_most(&mut self, place: usize) {
        let Some(claim) = self.claims.get(place) else { return };
        let mut most = Amounts::default();
        for place in &claim.types {
            if let Some(instance) = self.instance(*place) {
                most.max(&instance.capacity);
            }
        }
        if let Some(remaining) = self.remaining.get_mut(&claim.pool) {
            *remaining = remaining.minus(&most);
        }
    }

    fn instance(&self, place: usize) -> Option<&'a InstanceType> {
        self.world.catalogue.types.get(place)
    }

    /// ExistingNode.CanAdd.
    fn can_join(
        &self,
        node: &Existing<'_>,
        pod: &Candidate,
        wanted: &Wanted,
        volumes: &[Requirements],
        disks: &Disks,
    ) -> Option<Requirements> {
        if !pod.untolerated(&node.node.taints).is_empty() || pod.clashes(&node.ports) {
            return None;
        }
        let exceeds = node.node.limits.iter().any(|(driver, limit)| {
            let (used, more) = (node.disks.get(driver), disks.get(driver));
            let all: BTreeSet<_> = used.into_iter().flatten().chain(more.into_iter().flatten()).collect();
            i64::try_from(all.len()).is_ok_and(|count| count > *limit)
        });
        if exceeds || !pod.requests.fits_in(&node.remaining) {
            return None;
        }
        node.requirements.compatible(&wanted.requirements, None).ok()?;
        let mut base = node.requirements.clone();
        base.add_all(&wanted.requirements);
        alternatives(volumes).find_map(|alternative| {
            let mut found = base.clone();
            if let Some(alternative) = alternative {
                found.compatible(alternative, None).ok()?;
                found.add_all(alternative);
            }
            let narrowed = self.topology.narrow(pod, &node.node.taints, &wanted.strict, &found).ok()?;
            found.compatible(&narrowed, None).ok()?;
            found.add_all(&narrowed);
            Some(found)
        })
    }

    fn join(&mut self, place: usize, pod: &Candidate, requirements: Requirements, disks: &Disks) -> Place {
        let Some(node) = self.existing.get_mut(place) else { return Place::Existing(place) };
        self.topology.record(pod, &node.node.taints, &requirements);
        node.remaining.take(&pod.requests);
        node.requirements = requirements;
        node.ports.push((pod.id, pod.ports.clone()));
        for (driver, claims) in disks {
            node.disks.entry(*driver).or_default().extend(claims.iter().copied());
        }
        let at = self.world.nodes.iter().position(|other| std::ptr::eq(other, node.node));
        Place::Existing(at.unwrap_or_default())
    }

    /// NodeClaim.CanAdd.
    fn can_add(
        &self,
        claim: &Claim,
        pod: &Candidate,
        wanted: &Wanted,
        volumes: &[Requirements],
        relax_min_values: bool,
    ) -> Result<(Requirements, Vec<usize>), Refusal> {
        let untolerated = pod.untolerated(&claim.taints);
        if !untolerated.is_empty() {
            return Err(Refusal::Taints(untolerated));
        }
        let words = Some(&self.world.catalogue.words);
        claim.requirements.compatible(&wanted.requirements, words).map_err(Refusal::Incompatible)?;
        let mut base = claim.requirements.clone();
        base.add_all(&wanted.requirements);
        let mut last = Refusal::NoTypes;
        for alternative in alternatives(volumes) {
            match self.try_alternative(claim, pod, wanted, &base, alternative, relax_min_values) {
                Ok(found) => return Ok(found),
                Err(refusal) => last = refusal,
            }
        }
        Err(last)
    }

    /// NodeClaim.tryVolumeAlternative.
    fn try_alternative(
        &self,
        claim: &Claim,
        pod: &Candidate,
        wanted: &Wanted,
        base: &Requirements,
        alternative: Option<&Requirements>,
        relax_min_values: bool,
    ) -> Result<(Requirements, Vec<usize>), Refusal> {
        let words = Some(&self.world.catalogue.words);
        let mut found = base.clone();
        if let Some(alternative) = alternative {
            found.compatible(alternative, words).map_err(Refusal::Volumes)?;
            found.add_all(alternative);
        }
        let narrowed = self.topology.narrow(pod, &claim.taints, &wanted.strict, &found).map_err(Refusal::Topology)?;
        found.compatible(&narrowed, words).map_err(|it| Refusal::Topology(it.to_string()))?;
        found.add_all(&narrowed);
        let total = claim.requests.plus(&pod.requests);
        let asking = Asking { requests: &pod.requests, ports: Some(pod) };
        match filter(self.world, &claim.types, &found, asking, &claim.groups, &total, relax_min_values) {
            Ok((types, short)) => {
                for (key, count) in short.into_iter().filter(|_| relax_min_values) {
                    found.set_min_values(key, count);
                }
                Ok((found, types))
            }
            Err(filter) => Err(Refusal::Types(filter)),
        }
    }

    /// NodeClaim.Add.
    fn add_to(&mut self, place: usize, pod: &Candidate, requirements: Requirements, types: Vec<usize>) {
        let Some(claim) = self.claims.get_mut(place) else { return };
        claim.pods.push(pod.id);
        claim.types = types;
        claim.requests.add(&pod.requests);
        // The host becomes a domain once a pod is on it.
        if let Some(host) = requirements.get(name(HOSTNAME)).and_then(Requirement::only) {
            self.topology.register(name(HOSTNAME), host);
        }
        self.topology.record(pod, &claim.taints, &requirements);
        claim.requirements = requirements;
        for group in &mut claim.groups {
            group.ports.push((pod.id, pod.ports.clone()));
        }
    }
}

fn alternatives(volumes: &[Requirements]) -> impl Iterator<Item = Option<&Requirements>> {
    let none = volumes.is_empty().then_some(None);
    none.into_iter().chain(volumes.iter().map(Some))
}

/// Required terms alone.
pub(super) fn pod_strict(words: &super::requirement::Words, pod: &Candidate) -> Requirements {
    let mut found = Requirements::of_labels(words, &pod.selector);
    if let Some(first) = pod.required.iter().flatten().next() {
        found.add_all(&Requirements::of_term(words, first));
    }
    found
}

/// byCPUAndMemoryDescending.
fn largest_first(one: &Candidate, other: &Candidate) -> Ordering {
    let by = |resource| other.requests.get(resource).compare(one.requests.get(resource));
    by(STANDARD.cpu)
        .then_with(|| by(STANDARD.memory))
        .then_with(|| one.created.cmp(&other.created))
        .then_with(|| one.uid.cmp(&other.uid))
}

/// filterByRemainingResources.
fn within(instance: Option<&InstanceType>, remaining: &Amounts) -> bool {
    instance.is_some_and(|instance| {
        remaining.iter().all(|(resource, left)| instance.capacity.get(resource).compare(left) != Ordering::Greater)
    })
}

/// buildDaemonOverheadGroups.
fn daemon_groups(world: &World<'_>, template: &Template, daemons: &mut [Candidate]) -> Vec<DaemonGroup> {
    let mut groups: BTreeMap<Vec<PodId>, DaemonGroup> = BTreeMap::new();
    for place in &template.types {
        let Some(instance) = world.catalogue.types.get(*place) else { continue };
        let compatible: Vec<&Candidate> = daemons
            .iter_mut()
            .filter_map(|pod| is_daemon_compatible(world, template, instance, pod).then_some(&*pod))
            .collect();
        let key = compatible.iter().map(|pod| pod.id).collect();
        let group = groups.entry(key).or_insert_with(|| DaemonGroup {
            types: Vec::new(),
            overhead: if compatible.is_empty() { Amounts::default() } else { requests_of(compatible.iter().copied()) },
            ports: compatible.iter().map(|pod| (pod.id, pod.ports.clone())).collect(),
        });
        group.types.push(*place);
    }
    groups.into_values().collect()
}

/// isDaemonPodCompatible: what it gives up of a pod stays given up.
fn is_daemon_compatible(world: &World<'_>, template: &Template, instance: &InstanceType, pod: &mut Candidate) -> bool {
    pod.tolerate_prefer_no_schedule();
    if !pod.untolerated(&template.taints).is_empty() {
        return false;
    }
    let words = &world.catalogue.words;
    loop {
        let strict = pod_strict(words, pod);
        if template.requirements.compatible(&strict, Some(words)).is_ok() && instance.requirements.intersects(&strict) {
            return true;
        }
        if !pod.give_up_required_term() {
            return false;
        }
    }
}

/// Who asks for a node.
#[derive(Clone, Copy)]
struct Asking<'p> {
    requests: &'p Amounts,
    ports: Option<&'p Candidate>,
}

type Filtered = Result<(Vec<usize>, BTreeMap<Name, i64>), Box<Filter>>;

/// filterInstanceTypesByRequirements: the types that are left, and the labels of which too few values are.
fn filter(
    world: &World<'_>,
    eligible: &[usize],
    requirements: &Requirements,
    asking: Asking<'_>,
    groups: &[DaemonGroup],
    total: &Amounts,
    relax_min_values: bool,
) -> Filtered {
    let mut found = Filter::new(requirements.clone(), asking.requests.clone());
    let words = Some(&world.catalogue.words);
    let mut left = Vec::new();
    for group in groups {
        if asking.ports.is_some_and(|pod| pod.clashes(&group.ports)) {
            continue;
        }
        let mut total = total.clone();
        if !group.overhead.is_empty() {
            found.track_overhead(&group.overhead);
            total.add(&group.overhead);
        }
        for place in group.types.iter().filter(|place| eligible.contains(place)) {
            let Some(instance) = world.catalogue.types.get(*place) else { continue };
            let met = instance.requirements.intersects(requirements);
            let offered = instance.offerings.iter().any(|it| requirements.compatible(&it.requirements, words).is_ok());
            let fits = offered && total.fits_in(&instance.allocatable);
            found.track(met, fits, offered);
            if met && fits && offered {
                left.push(*place);
            }
        }
    }
    left.sort_unstable();
    let mut short = BTreeMap::new();
    if requirements.has_min_values() {
        short = too_few(world, &left, requirements);
        if !short.is_empty() && !relax_min_values {
            found.min_values = Some(short.keys().copied().collect());
            left.clear();
        }
    }
    if left.is_empty() { Err(Box::new(found)) } else { Ok((left, short)) }
}

/// SatisfiesMinValues: the labels of which too few values are left, and how many.
fn too_few(world: &World<'_>, left: &[usize], requirements: &Requirements) -> BTreeMap<Name, i64> {
    let mut values: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
    let mut short = BTreeMap::new();
    for instance in left.iter().filter_map(|place| world.catalogue.types.get(*place)) {
        for wanted in requirements.iter().filter(|it| it.min_values.is_some()) {
            let offered = instance.requirements.get(wanted.key).into_iter().flat_map(|it| it.values.iter().copied());
            values.entry(wanted.key).or_default().extend(offered.filter(|value| wanted.has(*value)));
        }
        for (key, values) in &values {
            let wanted = requirements.get(*key).and_then(|it| it.min_values).unwrap_or_default();
            let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
            if count < wanted {
                short.insert(*key, count);
            } else {
                short.remove(key);
            }
        }
        if short.is_empty() {
            break;
        }
    }
    short
}

/// Whether so much processor time is asked for that somebody may have mistaken the unit.
pub(super) fn is_absurd(requests: &Amounts) -> bool {
    requests.get(STANDARD.cpu).compare(million()) != Ordering::Less
}
