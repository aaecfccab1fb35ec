//! The cycle caches of a simulation: one for each class of pods that it has placed.
//!
//! Pods of one template are one class. The first of a class makes a [`CycleCache`]; the next ones
//! look it up. Whatever happened to the state in between is in a log, which a cache is updated
//! from when it is used again.
//!
//! [`CycleCache`]: crate::framework::CycleCache

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::meta::OwnerReference;
use crate::api::volume::VolumeSource;
use crate::api::{Labels, Name, ObjectKey, Timestamp};
use crate::decode::devices::claim::{ClaimAllocation, DeviceConstraint, DeviceRequest, DeviceStatus};
use crate::framework::cache::{Best, Common, DeviceReach};
use crate::framework::{Change, Cycle, CycleCache, NotEvaluated, Notes, sampling};
use crate::scheduler::{CachedCycle, Scheduler};
use crate::state::pod_class::PodClass;
use crate::state::{Cluster, NodeId, NodeInfo, Pod, PodId};

use super::step::{Place, Unplaced};
use super::strategy::Strategy;
use super::ties::Ties;

/// The memory of all caches, in bytes, and what a cache takes for each node.
const MEMORY: usize = 96 << 20;
const BYTES_OF_NODE: usize = 200;
/// So many classes are waited for to come again.
const SEEN: usize = 1 << 16;
/// A class is cached when it comes for this time: to cache a cycle costs what some lean ones do.
const WORTH: u8 = 3;
/// A longer log is dropped together with the caches, which are cheap beside so many changes.
const ENTRIES: usize = 1 << 20;

/// So many classes are cached at once in a cluster of so many nodes.
fn most_classes(nodes: usize) -> usize {
    (MEMORY / BYTES_OF_NODE / nodes.max(1)).clamp(16, SEEN)
}

/// Cycle caches by class.
#[derive(Default)]
pub(super) struct CycleCaches<'a> {
    /// Pods that were put on nodes and taken off them, in order.
    log: Vec<Entry>,
    classes: FxHashMap<Class, CachedClass<'a>>,
    /// Classes that are not cached: to cache a cycle pays for those that come often before their cache would have to go.
    seen: FxHashMap<Class, Seen>,
    common: Common,
    /// Whether the nodes of the state are in the order of their names; added ones come last.
    in_order: Option<bool>,
    /// Lookups so far.
    lookups: u64,
}

/// How a class came that is not cached.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// The number of its last lookup.
    last: u64,
    /// How often it came without a long pause.
    times: u8,
}

#[derive(Clone, Copy)]
struct Entry {
    pod: PodId,
    node: NodeId,
    /// 1 for a pod that was put there, -1 for one that was taken off.
    sign: i64,
    devices: DeviceReach,
}

/// All that filters and scorers look at of a pod without claims of volumes: pods of one class get the same answer.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Class {
    template: Same,
    namespace: Name,
    labels: Arc<Labels>,
    /// The default spread constraints select the pods of a controller.
    controller: Option<OwnerReference>,
    /// What the pod's ResourceClaims ask for and have, whatever their names.
    claims: Vec<ClaimContent>,
}

/// All of a ResourceClaim that decides which nodes can have its pod.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ClaimContent {
    requests: Box<[DeviceRequest]>,
    constraints: Box<[DeviceConstraint]>,
    allocation: Option<ClaimAllocation>,
    /// What drivers report of its devices.
    device_statuses: Box<[DeviceStatus]>,
}

/// Equal only if it is the very same: the state keeps one class for all equal specifications.
#[derive(Clone)]
struct Same(Arc<PodClass>);

impl PartialEq for Same {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Same {}

impl Hash for Same {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// What is cached for a class.
struct CachedClass<'a> {
    /// None for a class whose cycles cannot be cached.
    cycle: Option<CachedCycle<'a>>,
    /// Up to where in the log.
    seen: usize,
    /// The number of the last lookup.
    last_lookup: u64,
    /// The answer, if it is that there is no node.
    unplaced: Option<Unplaced>,
}

/// How one of the feasible nodes is chosen.
pub(super) struct Choice<'t> {
    pub(super) strategy: Strategy,
    pub(super) ties: &'t mut Ties,
    /// Where the cycle begins to look in a large cluster, if that is drawn; then where the next one does.
    pub(super) start: &'t mut Option<usize>,
}

/// Where a pod goes.
pub(super) struct FoundPlace {
    pub(super) place: Place,
    /// What the answer does not rest on as far as it was not reported yet.
    pub(super) notes: Vec<NotEvaluated>,
    /// Plugins that take something there beside the node's resources.
    pub(super) reserving: Vec<&'static str>,
}

/// What the caches answer for a pod.
pub(super) enum CacheLookup {
    /// Its place.
    Place(FoundPlace),
    /// There is none, and why.
    Unplaced(Unplaced),
    /// There is none. Why, only a cycle says, and [`CycleCaches::store`] keeps that.
    Nowhere,
    /// Nothing: run a cycle.
    Miss,
}

impl<'a> CycleCaches<'a> {
    /// `pod` was put on `node`.
    pub(super) fn pod_added(&mut self, pod: PodId, node: NodeId, devices: DeviceReach) {
        self.write(Entry { pod, node, sign: 1, devices });
    }

    /// `pod` was taken off `node`.
    pub(super) fn pod_removed(&mut self, pod: PodId, node: NodeId, devices: DeviceReach) {
        self.write(Entry { pod, node, sign: -1, devices });
    }

    fn write(&mut self, entry: Entry) {
        if self.log.len() >= ENTRIES {
            self.clear();
        }
        self.common.node_changed(entry.node);
        self.log.push(entry);
    }

    /// What all classes have in common.
    pub(super) fn common(&mut self) -> &mut Common {
        &mut self.common
    }

    /// What could not be judged is reported again from now on.
    pub(super) fn reset_notes(&mut self) {
        self.classes.values_mut().filter_map(|class| class.cycle.as_mut()).for_each(CachedCycle::reset_notes);
    }

    /// Something else has changed: nothing that is cached holds.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Where `pod` goes, if the cache of its class can say.
    pub(super) fn lookup(
        &mut self,
        scheduler: &'a Scheduler,
        cluster: &Cluster,
        pod: &Pod,
        now: Timestamp,
        choice: &mut Choice<'_>,
    ) -> CacheLookup {
        // Pods nominated to a node count there for those that must yield to them.
        let yields = || cluster.nominated().any(|nominated| nominated.priority() >= pod.priority());
        if needs_own_cycle(pod) || yields() {
            return CacheLookup::Miss;
        }
        let Some(class) = Class::of(pod, cluster) else { return CacheLookup::Miss };
        self.lookups += 1;
        if !self.classes.contains_key(&class) {
            if self.seen.len() >= SEEN {
                self.seen.clear();
            }
            let most = most_classes(cluster.nodes().len());
            let seen = self.seen.entry(class.clone()).or_default();
            if self.lookups - seen.last > most as u64 {
                seen.times = 0;
            }
            *seen = Seen { last: self.lookups, times: seen.times.saturating_add(1) };
            if seen.times < WORTH {
                return CacheLookup::Miss;
            }
            self.evict_oldest(most);
            let cycle = scheduler.cache_cycle(cluster, pod, now, &mut self.common);
            let cached = CachedClass { cycle, seen: self.log.len(), last_lookup: 0, unplaced: None };
            self.classes.insert(class.clone(), cached);
        }
        let Some(cached) = self.classes.get_mut(&class) else { return CacheLookup::Miss };
        cached.last_lookup = self.lookups;
        let notes = Notes::default();
        let cycle = Cycle { cluster, pod, behaviour: scheduler.behaviour(), now, notes: &notes };
        cached.catch_up(&self.log, cycle, &mut self.common);
        let in_order = *self.in_order.get_or_insert_with(|| cluster.nodes().is_sorted_by_key(NodeInfo::name));
        cached.answer(cycle, choice, in_order, &mut self.common)
    }

    /// A lean cycle did not do for `pod`: the next of its class is cached.
    pub(super) fn expect_again(&mut self, pod: &Pod, cluster: &Cluster) {
        if let Some(seen) = Class::of(pod, cluster).and_then(|class| self.seen.get_mut(&class)) {
            seen.times = WORTH;
        }
    }

    /// Stores why there is no node for pods equal to `pod`: the answer of the cycle that was
    /// run for [`CacheLookup::Nowhere`].
    pub(super) fn store(&mut self, pod: &Pod, cluster: &Cluster, unplaced: &Unplaced) {
        if let Some(cached) = Class::of(pod, cluster).and_then(|class| self.classes.get_mut(&class)) {
            cached.unplaced = Some(unplaced.clone());
        }
    }

    /// Drops the class whose last lookup is the oldest, where there are too many.
    fn evict_oldest(&mut self, most: usize) {
        if self.classes.len() < most {
            return;
        }
        let oldest = self.classes.values().map(|class| class.last_lookup).min();
        self.classes.retain(|_, class| Some(class.last_lookup) != oldest);
    }
}

impl CachedClass<'_> {
    fn catch_up(&mut self, log: &[Entry], current: Cycle<'_>, common: &mut Common) {
        let cluster = current.cluster;
        let news = log.get(self.seen..).unwrap_or_default();
        self.seen = log.len();
        if news.is_empty() {
            return;
        }
        self.unplaced = None;
        let Some(cycle) = &mut self.cycle else { return };
        let changes = news.iter().map(|entry| Change {
            pod: cluster.pod(entry.pod),
            node: cluster.node(entry.node),
            sign: entry.sign,
            devices: entry.devices,
        });
        if cycle.cache.update(current, common, changes).is_none() {
            self.cycle = None;
        }
    }

    fn answer(
        &mut self,
        current: Cycle<'_>,
        choice: &mut Choice<'_>,
        in_order: bool,
        common: &mut Common,
    ) -> CacheLookup {
        let Cycle { cluster, pod, .. } = current;
        if let Some(unplaced) = &self.unplaced {
            return CacheLookup::Unplaced(unplaced.clone());
        }
        let Some(cycle) = &mut self.cycle else { return CacheLookup::Miss };
        if let (Some(start), Some(compared)) = (*choice.start, cycle.stops_at()) {
            let Some(found) = cycle.cache.best_from(current, common, start, compared) else {
                self.cycle = None;
                return CacheLookup::Miss;
            };
            *choice.start = Some(found.next_start);
            let place =
                choice.ties.choose(&found.tied.iter().map(|node| cluster.node(*node).name()).collect::<Vec<_>>());
            let node = place.and_then(|name| cluster.node_named(name));
            return node.map_or(CacheLookup::Miss, |node| {
                let place = Place { node: node.id, name: node.name(), total: found.total, tied: found.tied.len() };
                cycle.place(place, sampling::SamplingBasis::Drawn)
            });
        }
        let Some(best) = cycle.cache.best() else { return CacheLookup::Nowhere };
        let place = match choice.strategy {
            Strategy::Default => best_place(&cycle.cache, best, cluster, choice.ties, in_order),
            _ => chosen_place(&cycle.cache, cluster, pod, choice),
        };
        place.map_or(CacheLookup::Miss, |place| cycle.place(place, sampling::SamplingBasis::All))
    }
}

/// One of the nodes with the best score.
fn best_place(cache: &CycleCache<'_>, best: Best, cluster: &Cluster, ties: &mut Ties, in_order: bool) -> Option<Place> {
    let node = match ties.place(best.tied) {
        0 if *ties == Ties::First && !in_order => cache.tied(best).min_by_key(|node| cluster.node(*node).name()),
        0 => Some(best.first),
        place => cache.tied(best).nth(place),
    }?;
    Some(Place { node, name: cluster.node(node).name(), total: best.total, tied: best.tied })
}

/// One of those that another rule finds best. All feasible nodes are looked at, as the pods placed
/// before change their load.
fn chosen_place(cache: &CycleCache<'_>, cluster: &Cluster, pod: &Pod, choice: &mut Choice<'_>) -> Option<Place> {
    let picks = choice.strategy.among(cache.feasible().map(|(node, _)| cluster.node(node)), pod);
    let node = cluster.node_named(choice.ties.choose(&picks)?)?;
    let (_, total) = cache.feasible().find(|(other, _)| *other == node.id)?;
    Some(Place { node: node.id, name: node.name(), total, tied: picks.len() })
}

impl CachedCycle<'_> {
    fn place(&mut self, place: Place, basis: sampling::SamplingBasis) -> CacheLookup {
        CacheLookup::Place(FoundPlace {
            place,
            notes: self.new_notes(basis),
            reserving: self.cache.reserving().to_vec(),
        })
    }
}

impl Class {
    /// None for a pod with a claim that cannot be used, or that more than its content decides about.
    fn of(pod: &Pod, cluster: &Cluster) -> Option<Self> {
        let devices = &cluster.devices;
        // What a scheduler left behind for the pod's extended resources is the pod's own.
        if devices.claim_for_extended_resources(pod.key().name, pod.own.uid).is_some() {
            return None;
        }
        let claims = pod.spec().resource_claims.iter().map(|entry| {
            let generated = pod.own.resource_claim_statuses.iter().find(|status| status.name == entry.name);
            // Where no claim was needed the pod has one less.
            let name = match (entry.resource_claim_name, generated) {
                (Some(name), _) => name,
                (None, status) => status?.resource_claim_name?,
            };
            let claim = devices.claim(ObjectKey::new(pod.key().namespace, name))?;
            let is_own =
                entry.resource_claim_name.is_some() || claim.controller.is_some_and(|owner| owner.uid == pod.own.uid);
            let is_usable = is_own && !claim.is_terminating && !devices.is_in_flight(claim.key);
            is_usable.then(|| ClaimContent {
                requests: claim.requests.clone(),
                constraints: claim.constraints.clone(),
                allocation: claim.allocation.clone(),
                device_statuses: claim.device_statuses.clone(),
            })
        });
        Some(Self {
            claims: claims.collect::<Option<_>>()?,
            template: Same(Arc::clone(&pod.class)),
            namespace: pod.own.key.namespace,
            labels: Arc::clone(&pod.own.labels),
            controller: pod.own.controller,
        })
    }
}

/// Whether more than its class decides where `pod` goes, or whether it takes more than resources.
fn needs_own_cycle(pod: &Pod) -> bool {
    let is_claim =
        |source: &VolumeSource| matches!(source, VolumeSource::PersistentVolumeClaim(_) | VolumeSource::Ephemeral(_));
    pod.is_terminating()
        || pod.own.node_name.is_some()
        || pod.own.nominated_node_name.is_some()
        || pod.spec().scheduling_group.is_some()
        || pod.spec().workload_ref.is_some()
        || pod.spec().volumes.iter().any(|volume| is_claim(&volume.source))
}
