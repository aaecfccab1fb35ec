//! What a simulation remembers of the classes of pods it has placed.
//!
//! Pods of one template are one class. The first of a class makes a [`Memory`]; the next ones
//! ask it. Whatever happened to the state in between stands in a log, which every memory catches
//! up on when it is asked again.
//!
//! [`Memory`]: crate::framework::Memory

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::meta::OwnerReference;
use crate::api::volume::VolumeSource;
use crate::api::{Labels, Name, Timestamp};
use crate::framework::memory::{Best, Memory, Topology};
use crate::framework::{Change, NotEvaluated};
use crate::scheduler::{Remembered, Scheduler};
use crate::state::pod_class::PodClass;
use crate::state::{Cluster, NodeId, NodeInfo, Pod, PodId};

use super::step::{Place, Unplaced};
use super::strategy::Strategy;
use super::ties::Ties;

/// So many classes are remembered at once: a memory takes a hundred bytes or two for each node.
const CLASSES: usize = 256;
/// A log that is longer than that is begun anew; memories are cheap beside so many changes.
const ENTRIES: usize = 1 << 20;

/// What is remembered, by class.
#[derive(Default)]
pub(super) struct Memories<'a> {
    /// Pods that came to nodes and left them, in order.
    log: Vec<Entry>,
    classes: FxHashMap<Class, Known<'a>>,
    topology: Topology,
    /// Whether the nodes of the state are in the order of their names; added ones come last.
    in_order: Option<bool>,
    /// Questions so far.
    asked: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    pod: PodId,
    node: NodeId,
    /// 1 for a pod that came, -1 for one that left.
    sign: i64,
}

/// All that filters and scorers look at of a pod without claims: pods of one class get the same answer.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Class {
    template: Same,
    namespace: Name,
    labels: Arc<Labels>,
    /// The default spread constraints select the pods of a controller.
    controller: Option<OwnerReference>,
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

/// What is known of a class.
struct Known<'a> {
    /// None for a class whose cycles cannot be remembered.
    memory: Option<Remembered<'a>>,
    /// Up to where in the log.
    seen: usize,
    /// When it was asked for last.
    asked: u64,
    /// The answer, if it is that there is no node.
    unplaced: Option<Unplaced>,
}

/// How one of the feasible nodes is chosen.
pub(super) struct Choice<'t> {
    pub(super) strategy: Strategy,
    pub(super) ties: &'t mut Ties,
}

/// What is remembered for a pod.
pub(super) enum Recalled {
    /// Its place, and what the answer does not rest on as far as it was not said yet.
    Place(Place, Vec<NotEvaluated>),
    /// There is none, and why.
    Unplaced(Unplaced),
    /// There is none. Why, a cycle can tell, and [`Memories::keep`] keeps.
    Nowhere,
    /// Nothing: only a cycle can tell.
    Nothing,
}

impl<'a> Memories<'a> {
    /// `pod` has come to `node`.
    pub(super) fn came(&mut self, pod: PodId, node: NodeId) {
        self.write(Entry { pod, node, sign: 1 });
    }

    /// `pod` has left `node`.
    pub(super) fn left(&mut self, pod: PodId, node: NodeId) {
        self.write(Entry { pod, node, sign: -1 });
    }

    fn write(&mut self, entry: Entry) {
        if self.log.len() >= ENTRIES {
            self.forget();
        }
        self.log.push(entry);
    }

    /// What could not be judged is told anew.
    pub(super) fn tell_anew(&mut self) {
        self.classes.values_mut().filter_map(|known| known.memory.as_mut()).for_each(Remembered::tell_anew);
    }

    /// Something else has changed: nothing that was remembered holds.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Where `pod` goes, if that is remembered of its class.
    pub(super) fn recall(
        &mut self,
        scheduler: &'a Scheduler,
        cluster: &Cluster,
        pod: &Pod,
        now: Timestamp,
        choice: &mut Choice<'_>,
    ) -> Recalled {
        // Pods nominated to a node count there for those that must yield to them.
        let yields = || cluster.nominated().any(|nominated| nominated.priority() >= pod.priority());
        if has_own_matters(pod) || yields() {
            return Recalled::Nothing;
        }
        self.asked += 1;
        let class = Class::of(pod);
        if !self.classes.contains_key(&class) {
            self.make_room();
            let memory = scheduler.remember(cluster, pod, now);
            self.classes.insert(class.clone(), Known { memory, seen: self.log.len(), asked: 0, unplaced: None });
        }
        let Some(known) = self.classes.get_mut(&class) else { return Recalled::Nothing };
        known.asked = self.asked;
        known.catch_up(&self.log, cluster, &mut self.topology);
        let in_order = *self.in_order.get_or_insert_with(|| cluster.nodes().is_sorted_by_key(NodeInfo::name));
        known.answer(cluster, pod, choice, in_order)
    }

    /// Keeps in mind why there is no node for pods like `pod`: the answer of the cycle that was
    /// run for [`Recalled::Nowhere`].
    pub(super) fn keep(&mut self, pod: &Pod, unplaced: &Unplaced) {
        if let Some(known) = self.classes.get_mut(&Class::of(pod)) {
            known.unplaced = Some(unplaced.clone());
        }
    }

    /// Forgets the class that was not asked for longest, where there are too many.
    fn make_room(&mut self) {
        if self.classes.len() < CLASSES {
            return;
        }
        let oldest = self.classes.values().map(|known| known.asked).min();
        self.classes.retain(|_, known| Some(known.asked) != oldest);
    }
}

impl Known<'_> {
    fn catch_up(&mut self, log: &[Entry], cluster: &Cluster, topology: &mut Topology) {
        let news = log.get(self.seen..).unwrap_or_default();
        self.seen = log.len();
        if news.is_empty() {
            return;
        }
        self.unplaced = None;
        let Some(remembered) = &mut self.memory else { return };
        let changes = news.iter().map(|entry| Change {
            pod: cluster.pod(entry.pod),
            node: cluster.node(entry.node),
            sign: entry.sign,
        });
        if remembered.memory.follow(cluster, topology, changes).is_none() {
            self.memory = None;
        }
    }

    fn answer(&mut self, cluster: &Cluster, pod: &Pod, choice: &mut Choice<'_>, in_order: bool) -> Recalled {
        if let Some(unplaced) = &self.unplaced {
            return Recalled::Unplaced(unplaced.clone());
        }
        let Some(remembered) = &mut self.memory else { return Recalled::Nothing };
        let Some(best) = remembered.memory.best() else { return Recalled::Nowhere };
        let place = match choice.strategy {
            Strategy::Default => best_place(&remembered.memory, best, cluster, choice.ties, in_order),
            _ => chosen_place(&remembered.memory, cluster, pod, choice),
        };
        place.map_or(Recalled::Nothing, |place| Recalled::Place(place, remembered.news()))
    }
}

/// One of the nodes with the best score.
fn best_place(memory: &Memory<'_>, best: Best, cluster: &Cluster, ties: &mut Ties, in_order: bool) -> Option<Place> {
    let node = match ties.place(best.tied) {
        0 if *ties == Ties::First && !in_order => memory.tied(best).min_by_key(|node| cluster.node(*node).name()),
        0 => Some(best.first),
        place => memory.tied(best).nth(place),
    }?;
    Some(Place { node, name: cluster.node(node).name(), total: best.total, tied: best.tied })
}

/// One of those that another rule finds best. All feasible nodes are looked at, as whatever the pods
/// before took changes their load.
fn chosen_place(memory: &Memory<'_>, cluster: &Cluster, pod: &Pod, choice: &mut Choice<'_>) -> Option<Place> {
    let picks = choice.strategy.among(memory.feasible().map(|(node, _)| cluster.node(node)), pod);
    let node = cluster.node_named(choice.ties.choose(&picks)?)?;
    let (_, total) = memory.feasible().find(|(other, _)| *other == node.id)?;
    Some(Place { node: node.id, name: node.name(), total, tied: picks.len() })
}

impl Class {
    fn of(pod: &Pod) -> Self {
        Self {
            template: Same(Arc::clone(&pod.class)),
            namespace: pod.own.key.namespace,
            labels: Arc::clone(&pod.own.labels),
            controller: pod.own.controller,
        }
    }
}

/// Whether more than its class decides where `pod` goes, or whether it takes more than resources.
fn has_own_matters(pod: &Pod) -> bool {
    let is_claim =
        |source: &VolumeSource| matches!(source, VolumeSource::PersistentVolumeClaim(_) | VolumeSource::Ephemeral);
    pod.is_terminating()
        || pod.own.node_name.is_some()
        || pod.own.nominated_node_name.is_some()
        || pod.spec().scheduling_group.is_some()
        || pod.spec().workload_ref.is_some()
        || !pod.spec().resource_claims.is_empty()
        || pod.spec().volumes.iter().any(|volume| is_claim(&volume.source))
}
