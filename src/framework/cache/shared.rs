//! Answers about nodes that classes of pods have in common.
//!
//! Thousands of templates differ in names, labels and images, and ask for the same amounts with the same tolerations. A filter
//! or a scorer that looks at such fields and the node alone says what they are ([`SharedKey`]); what it answers is kept by them,
//! and judged again only for nodes that have changed since. A class that is new takes a copy.

use std::any::Any;
use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};

use crate::api::Name;
use crate::framework::context::Cycle;
use crate::framework::plugin::{NodeFilter, NodeScorer};
use crate::state::{NodeId, NodeInfo};

/// Nodes that go through a filter or a scorer together: one virtual call for many, and what they read of so many stays near
/// the processor from one plugin to the next.
pub const BLOCK: usize = 64;
/// So many blocks are worth a thread's while.
pub const BLOCKS: usize = 8;
/// So many keys are remembered.
const KEYS: usize = 1 << 14;
/// The memory of all answers, in bytes.
const MEMORY: usize = 64 << 20;

/// What of a pod a plugin's answers depend on, beside the node.
pub struct SharedKey(Box<dyn Part>);

impl SharedKey {
    /// These fields, and nothing else of the pod or of the state.
    pub fn of(fields: impl Hash + Eq + Send + 'static) -> Self {
        Self(Box::new(fields))
    }
}

impl PartialEq for SharedKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(other.0.as_any())
    }
}

impl Eq for SharedKey {}

impl Hash for SharedKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hashed().hash(state);
    }
}

/// Fields of any type that can be compared.
trait Part: Send {
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Any) -> bool;
    fn hashed(&self) -> u64;
}

impl<T: Hash + Eq + Send + 'static> Part for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }

    fn hashed(&self) -> u64 {
        let mut hasher = FxHasher::default();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// The answers of plugins by what they depend on.
#[derive(Default)]
pub struct SharedAnswers {
    /// Nodes that have changed, in order.
    changed: Vec<NodeId>,
    filters: Answers<bool>,
    scorers: Answers<i64>,
}

impl SharedAnswers {
    /// A pod came to a node or left it.
    pub fn node_changed(&mut self, node: NodeId) {
        self.changed.push(node);
    }

    /// Which of all nodes `plugin`'s filter admits. None where that is not kept, or the filter fails: ask it.
    pub fn admitted(&mut self, plugin: &'static str, filter: &dyn NodeFilter, cycle: Cycle<'_>) -> Option<&[bool]> {
        let key = (cycle.pod.spec().scheduler_name, plugin, filter.shared_key()?);
        self.filters.of(key, cycle.cluster.nodes(), &self.changed, &|nodes, admitted| admit(filter, nodes, admitted))
    }

    /// The same, asked for where it is not kept; none where the filter fails.
    pub(super) fn admitted_or_asked(
        &mut self,
        plugin: &'static str,
        filter: &dyn NodeFilter,
        cycle: Cycle<'_>,
    ) -> Option<Cow<'_, [bool]>> {
        if let Some(kept) = self.admitted(plugin, filter, cycle) {
            return Some(Cow::Borrowed(kept));
        }
        let nodes = cycle.cluster.nodes();
        let mut asked = vec![false; nodes.len()];
        every(nodes, &mut asked, &|nodes, admitted| admit(filter, nodes, admitted))?;
        Some(Cow::Owned(asked))
    }

    /// The raw scores of all nodes by `plugin`'s scorer. None where these are not kept, or the scorer fails: ask it.
    pub fn scores(&mut self, plugin: &'static str, scorer: &dyn NodeScorer, cycle: Cycle<'_>) -> Option<&[i64]> {
        let key = (cycle.pod.spec().scheduler_name, plugin, scorer.shared_key()?);
        let ask = |nodes: &[&NodeInfo], scores: &mut [i64]| scorer.score_all(nodes, scores).ok();
        self.scorers.of(key, cycle.cluster.nodes(), &self.changed, &ask)
    }
}

/// A plugin of a profile, by the name of its scheduler, and what its answers depend on.
type Key = (Option<Name>, &'static str, SharedKey);
/// Answers about some nodes, in step with them; none where the plugin fails.
type Ask<'a, T> = dyn Fn(&[&NodeInfo], &mut [T]) -> Option<()> + Sync + 'a;

/// Answers of one kind.
struct Answers<T> {
    by_key: FxHashMap<Key, Column<T>>,
    /// How often they were asked for, all together.
    uses: u64,
    /// How many of the columns have answers.
    columns: usize,
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self { by_key: FxHashMap::default(), uses: 0, columns: 0 }
    }
}

/// An answer a node; none before it is asked for again, as many never are.
struct Column<T> {
    answers: Option<Vec<T>>,
    /// How many changes of nodes they have heard of.
    seen: usize,
    /// When it was used last: how often any was before.
    used: u64,
}

impl<T: Copy + Default + Send> Answers<T> {
    fn of(&mut self, key: Key, nodes: &[NodeInfo], changed: &[NodeId], ask: &Ask<'_, T>) -> Option<&[T]> {
        self.forget_old(nodes.len());
        self.uses += 1;
        let column = match self.by_key.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                new.insert(Column { answers: None, seen: 0, used: self.uses });
                return None;
            }
        };
        column.used = self.uses;
        let news = changed.get(column.seen..).unwrap_or_default();
        column.seen = changed.len();
        self.columns += usize::from(column.answers.is_none());
        let mut answers = column.answers.take().unwrap_or_default();
        let asked = if answers.len() != nodes.len() || news.len() > nodes.len() / 2 {
            answers.resize(nodes.len(), T::default());
            every(nodes, &mut answers, ask)
        } else {
            news.iter().try_for_each(|node| {
                let place = node.index()..node.index() + 1;
                ask(&[nodes.get(node.index())?], answers.get_mut(place)?)
            })
        };
        if asked.is_none() {
            self.columns -= 1;
            return None;
        }
        Some(column.answers.insert(answers))
    }

    /// Makes room: the half that was not used for longest goes.
    fn forget_old(&mut self, nodes: usize) {
        let too_large = self.columns * nodes * size_of::<T>() > MEMORY / 2;
        if !too_large && self.by_key.len() < KEYS {
            return;
        }
        let mut uses: Vec<u64> = self.by_key.values().map(|column| column.used).collect();
        let middle = uses.len() / 2;
        let (_, middle, _) = uses.select_nth_unstable(middle);
        let middle = *middle;
        self.by_key.retain(|_, column| column.used > middle);
        self.columns = self.by_key.values().filter(|column| column.answers.is_some()).count();
    }
}

/// Asks about all nodes.
pub(super) fn every<T: Send>(nodes: &[NodeInfo], answers: &mut [T], ask: &Ask<'_, T>) -> Option<()> {
    let blocks = nodes.par_chunks(BLOCK).zip(answers.par_chunks_mut(BLOCK)).with_min_len(BLOCKS);
    blocks.map(|(nodes, answers)| ask(&nodes.iter().collect::<Vec<_>>(), answers)).collect()
}

/// Which of `nodes` a filter admits; none where it fails.
pub(super) fn admit(filter: &dyn NodeFilter, nodes: &[&NodeInfo], admitted: &mut [bool]) -> Option<()> {
    let mut left = nodes.to_vec();
    filter.retain_admitted(&mut left)?;
    // Those that are left are in the same order.
    let mut left = left.into_iter().peekable();
    for (node, admitted) in nodes.iter().zip(admitted) {
        *admitted = left.next_if(|next| std::ptr::eq(*next, *node)).is_some();
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::api::requests::RequestGates;
    use crate::api::{ObjectKey, Timestamp, UpstreamError, name};
    use crate::config::Behaviour;
    use crate::decode::{Kind, Object};
    use crate::framework::not_evaluated::Notes;
    use crate::state::{Cluster, ClusterBuilder};

    /// Scores nodes by how many pods are there, times a factor; counts how often it is asked.
    struct Counting {
        factor: Option<i64>,
        asked: AtomicUsize,
    }

    impl NodeScorer for Counting {
        fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(self.factor.unwrap_or(1) * node.pods.len() as i64)
        }

        fn shared_key(&self) -> Option<SharedKey> {
            self.factor.map(SharedKey::of)
        }
    }

    fn cluster() -> Cluster {
        let pod = |pod: &str, node: Option<&str>, scheduler: &str| {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "namespace": "n"},
                "spec": {"nodeName": node, "schedulerName": scheduler, "containers": [{"name": "c"}]}})
        };
        let node = |name: &str| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}});
        let pods = [pod("there", Some("a"), "one"), pod("new", None, "one"), pod("other", None, "two")];
        let mut builder = ClusterBuilder::default();
        for (kind, object) in [(Kind::Node, ["a", "b", "c"].map(node)), (Kind::Pod, pods)]
            .into_iter()
            .flat_map(|(kind, objects)| objects.map(|object| (kind, object)))
        {
            builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
        }
        builder.build(RequestGates::OFF)
    }

    /// What `scores` answers for the pod, and how many nodes the scorer was asked about.
    fn ask(shared: &mut SharedAnswers, cluster: &Cluster, pod: &str, factor: Option<i64>) -> (Option<Vec<i64>>, usize) {
        let (behaviour, notes) = (Behaviour::default(), Notes::default());
        let pod = cluster.pod_named(ObjectKey::new(name("n"), name(pod))).unwrap();
        let cycle = Cycle { cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let scorer = Counting { factor, asked: AtomicUsize::new(0) };
        let scores = shared.scores("Counting", &scorer, cycle).map(<[i64]>::to_vec);
        (scores, scorer.asked.into_inner())
    }

    #[test]
    fn answers_are_kept_from_the_second_time_on() {
        let (cluster, mut shared) = (cluster(), SharedAnswers::default());
        assert_eq!(ask(&mut shared, &cluster, "new", Some(2)), (None, 0));
        assert_eq!(ask(&mut shared, &cluster, "new", Some(2)), (Some(vec![2, 0, 0]), 3));
        assert_eq!(ask(&mut shared, &cluster, "new", Some(2)), (Some(vec![2, 0, 0]), 0));
        // Other fields of the pod, another scheduler, a scorer that looks at more: nothing is known.
        assert_eq!(ask(&mut shared, &cluster, "new", Some(3)), (None, 0));
        assert_eq!(ask(&mut shared, &cluster, "other", Some(2)), (None, 0));
        assert_eq!(ask(&mut shared, &cluster, "new", None), (None, 0));
        assert_eq!(ask(&mut shared, &cluster, "new", None), (None, 0));
    }

    #[test]
    fn changed_nodes_are_asked_about_again() {
        let (mut cluster, mut shared) = (cluster(), SharedAnswers::default());
        ask(&mut shared, &cluster, "new", Some(1));
        ask(&mut shared, &cluster, "new", Some(1));
        let (pod, node) =
            (cluster.pod_named(ObjectKey::new(name("n"), name("other"))).unwrap().id, cluster.nodes()[1].id);
        cluster.assume(pod, node);
        shared.node_changed(node);
        assert_eq!(ask(&mut shared, &cluster, "new", Some(1)), (Some(vec![1, 1, 0]), 1));
        // More than half of the nodes: all of them.
        cluster.forget(pod);
        shared.node_changed(node);
        shared.node_changed(node);
        assert_eq!(ask(&mut shared, &cluster, "new", Some(1)), (Some(vec![1, 0, 0]), 3));
    }

    #[test]
    fn what_was_not_used_for_longest_is_forgotten() {
        let (cluster, mut shared) = (cluster(), SharedAnswers::default());
        for factor in 0..KEYS as i64 {
            ask(&mut shared, &cluster, "new", Some(factor));
        }
        ask(&mut shared, &cluster, "new", Some(KEYS as i64 - 1));
        assert!(shared.scorers.by_key.len() <= KEYS / 2, "{}", shared.scorers.by_key.len());
        assert_eq!(shared.scorers.columns, 1);
        assert_eq!(ask(&mut shared, &cluster, "new", Some(0)), (None, 0));
    }
}
