//! Pods on nodes, grouped by what selectors see of them.
//!
//! Selectors ask for namespace and labels. The replicas of a workload have these in common, so
//! a selector is matched once for a group instead of once for every pod. A second grouping
//! holds only pods with pod (anti-)affinity: what their terms mean depends on the class and the
//! namespace, so they are matched once for all pods that have these in common.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::pod::{Pod, PodId};
use super::pod_class::PodClass;
use crate::api::labels::Labels;
use crate::api::name::Name;

/// Pods on nodes that have the same namespace and labels.
#[derive(Clone, Debug)]
pub struct LabelGroup {
    /// Their namespace.
    pub namespace: Name,
    /// Their labels.
    pub labels: Arc<Labels>,
    /// The pods, in no particular order.
    pub pods: Vec<PodId>,
}

/// Pods on nodes that have the same namespace and the same pod (anti-)affinity terms.
#[derive(Clone, Debug)]
pub struct AffinityGroup {
    /// Their namespace.
    pub namespace: Name,
    /// Their class: specification and compiled terms.
    pub class: Arc<PodClass>,
    /// The pods, in no particular order.
    pub pods: Vec<PodId>,
}

/// The index. Groups that have become empty stay, so that a pod put back finds its place.
#[derive(Clone, Debug, Default)]
pub struct PodGroups {
    labels: Vec<LabelGroup>,
    by_labels: FxHashMap<(Name, Arc<Labels>), usize>,
    by_namespace: FxHashMap<Name, Vec<usize>>,
    affinity: Vec<AffinityGroup>,
    by_class: FxHashMap<(Name, usize), usize>,
    /// Groups with affinity whose terms mean only pods of their own namespace, by that: nearly all of them.
    affinity_near: FxHashMap<Name, Vec<usize>>,
    /// The others.
    affinity_far: Vec<usize>,
}

impl PodGroups {
    /// Groups of `namespace`.
    pub fn in_namespace(&self, namespace: Name) -> impl Iterator<Item = &LabelGroup> {
        self.by_namespace.get(&namespace).into_iter().flatten().filter_map(|index| self.labels.get(*index))
    }

    /// Groups of all namespaces.
    pub fn all(&self) -> &[LabelGroup] {
        &self.labels
    }

    /// Groups of pods with pod affinity or anti-affinity.
    pub fn with_affinity(&self) -> &[AffinityGroup] {
        &self.affinity
    }

    /// Those of them whose terms can mean a pod in `namespace`.
    pub fn with_affinity_to(&self, namespace: Name) -> impl Iterator<Item = &AffinityGroup> {
        let near = self.affinity_near.get(&namespace).into_iter().flatten();
        let mut groups: Vec<usize> = near.chain(&self.affinity_far).copied().collect();
        // Of several terms that keep a pod away the first is named.
        groups.sort_unstable();
        groups.into_iter().filter_map(|index| self.affinity.get(index))
    }

    /// Counts `pod` in.
    pub fn add(&mut self, pod: &Pod) {
        let group = self.label_group(pod);
        self.labels[group].pods.push(pod.id);
        if has_pod_affinity(pod) {
            let Self { affinity, affinity_near, affinity_far, by_class, .. } = self;
            let index = *by_class.entry(class_key(pod)).or_insert_with(|| {
                let reach = match pod.class.affinity.stays_in_namespace() {
                    true => affinity_near.entry(pod.own.key.namespace).or_default(),
                    false => affinity_far,
                };
                reach.push(affinity.len());
                affinity.push(AffinityGroup {
                    namespace: pod.own.key.namespace,
                    class: Arc::clone(&pod.class),
                    pods: Vec::new(),
                });
                affinity.len() - 1
            });
            self.affinity[index].pods.push(pod.id);
        }
    }

    /// Counts `pod` out.
    pub fn remove(&mut self, pod: &Pod) {
        let key = (pod.own.key.namespace, Arc::clone(&pod.own.labels));
        let Some(&group) = self.by_labels.get(&key) else { return };
        take_out(&mut self.labels[group].pods, pod.id);
        if let Some(&index) = self.by_class.get(&class_key(pod)) {
            take_out(&mut self.affinity[index].pods, pod.id);
        }
    }

    fn label_group(&mut self, pod: &Pod) -> usize {
        let key = (pod.own.key.namespace, Arc::clone(&pod.own.labels));
        let (labels, by_namespace) = (&mut self.labels, &mut self.by_namespace);
        *self.by_labels.entry(key).or_insert_with(|| {
            labels.push(LabelGroup {
                namespace: pod.own.key.namespace,
                labels: Arc::clone(&pod.own.labels),
                pods: Vec::new(),
            });
            let index = labels.len() - 1;
            by_namespace.entry(pod.own.key.namespace).or_default().push(index);
            index
        })
    }
}

fn has_pod_affinity(pod: &Pod) -> bool {
    pod.class.affinity.any
}

/// Classes are shared by address, and a group keeps its class: the address is the class.
fn class_key(pod: &Pod) -> (Name, usize) {
    (pod.own.key.namespace, Arc::as_ptr(&pod.class) as usize)
}

fn take_out(pods: &mut Vec<PodId>, pod: PodId) {
    // What came last often leaves first: a what-if question is taken back.
    if let Some(place) = pods.iter().rposition(|id| *id == pod) {
        pods.swap_remove(place);
    }
}
