//! PodDisruptionBudgets as the eviction API applies them, and how much of them is left.
//!
//! `disruptionsAllowed` goes down with every healthy pod that leaves, and up again when the pod has found a place:
//! its controller has recreated it, and it runs. A pod that was not ready is never counted as healthy, and is taken
//! to be as unready where it comes back, unless it was its node that made it so. A pod that is new counts as soon as
//! it has a node, and a workload that gets another size changes how many must stay healthy, as the disruption controller
//! counts again then.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::meta::ObjectKey;
use crate::api::name::Name;
use crate::api::selector::Selector;
use crate::control_plane::disruption;
use crate::decode::pod::PodPhase;
use crate::decode::workload::BudgetCounts;
use crate::edit::Edit;
use crate::framework::NotEvaluated;
use crate::state::{Cluster, Pod, PodId};

use super::lost::is_unreachable;

/// The eviction API's words for a budget that is used up.
const VIOLATED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
/// Its words for a pod that two budgets claim.
const SEVERAL: &str =
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";

/// What is left of every budget. A copy costs little: what does not change is shared.
#[derive(Clone, Debug)]
pub struct Budgets {
    all: Vec<Budget>,
    /// The budgets of each namespace, by place.
    of_namespace: Arc<FxHashMap<Name, Vec<usize>>>,
    /// Pods that are without a place, and the budgets they count against, by place.
    out: FxHashMap<PodId, Vec<usize>>,
    /// Pods that were placed here: they run, whatever their phase was.
    running: FxHashSet<PodId>,
    /// Pods that were not ready when they left, and will not be where they come back.
    unready: FxHashSet<PodId>,
}

#[derive(Clone, Debug)]
struct Budget {
    key: ObjectKey,
    /// None selects nothing.
    selector: Option<Arc<Selector>>,
    /// `disruptionsAllowed`; below zero, as many pods are missing.
    left: i64,
    /// The least that was left because pods were evicted or lost.
    least: i64,
    /// What `least` was at the beginning: so many pods were missing before anything was done.
    missing_before: i64,
    /// How many of its pods must stay healthy, as counted before a workload got another size.
    desired_before: Option<i64>,
    /// `currentHealthy` and `desiredHealthy`, where its controller counted.
    counts: Option<(i64, i64)>,
    always_allows_unhealthy: bool,
    /// It has no status, and what its controller would write there was counted here.
    counted_here: bool,
    /// A pod of it was evicted or lost, or was to be.
    asked: bool,
}

/// What the eviction API says no to, and with what cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Its message.
    pub message: String,
    /// The cause beside it: how many pods the budget needs, and has.
    pub cause: Option<String>,
}

impl Budgets {
    /// The budgets of `cluster` as they are.
    pub fn new(cluster: &Cluster) -> Self {
        let budgets = cluster.budgets.iter().map(|budget| {
            let (counted, allowed) = if budget.has_status {
                (budget.counted, budget.disruptions_allowed)
            } else {
                disruption::count(cluster, budget)
            };
            let counts: Option<(i64, i64)> =
                counted.map(|BudgetCounts { healthy, desired, .. }| (healthy.into(), desired.into()));
            // A status does not say how many pods are missing to the first eviction.
            let missing = counts.map_or(0, |(healthy, desired)| (healthy - desired).min(0));
            let left = if allowed > 0 { i64::from(allowed) } else { missing };
            Budget {
                key: budget.key,
                selector: budget.eviction_selector().map(Arc::new),
                left,
                least: missing,
                missing_before: missing,
                desired_before: None,
                counts,
                always_allows_unhealthy: budget.always_allows_unhealthy,
                counted_here: !budget.has_status,
                asked: false,
            }
        });
        let mut of_namespace: FxHashMap<Name, Vec<usize>> = FxHashMap::default();
        for (place, budget) in cluster.budgets.iter().enumerate() {
            of_namespace.entry(budget.key.namespace).or_default().push(place);
        }
        Self {
            all: budgets.collect(),
            of_namespace: Arc::new(of_namespace),
            out: FxHashMap::default(),
            running: FxHashSet::default(),
            unready: FxHashSet::default(),
        }
    }

    /// Budgets that select the pod, in the order of namespace and name.
    pub fn covering(&self, pod: &Pod) -> impl Iterator<Item = ObjectKey> {
        self.places(pod).into_iter().filter_map(|place| self.all.get(place)).map(|budget| budget.key)
    }

    /// Asks the eviction API to let the pod go (upstream pkg/registry/core/pod/storage/eviction.go,
    /// Create, canIgnorePDB, checkAndDecrement). Answers with what changes of the budgets.
    ///
    /// # Errors
    /// Its refusal, in its words.
    pub fn evict(&mut self, cluster: &Cluster, pod: &Pod) -> Result<Vec<Edit>, Denial> {
        let pending = pod.own.phase == PodPhase::Pending && !self.running.contains(&pod.id);
        if pending || pod.is_terminating() {
            self.note_unready(cluster, pod);
            return Ok(Vec::new());
        }
        let places = self.places(pod);
        self.ask(&places);
        if places.len() > 1 {
            return Err(Denial { message: SEVERAL.to_owned(), cause: None });
        }
        let Some(budget) = places.first().and_then(|place| self.all.get(*place)) else { return Ok(Vec::new()) };
        if !self.is_ready(pod) && budget.lets_unready_go() {
            self.note_unready(cluster, pod);
            return Ok(Vec::new());
        }
        if budget.left <= 0 {
            let cause = budget.counts.map(|(healthy, desired)| {
                let name = budget.key.name;
                format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently")
            });
            return Err(Denial { message: VIOLATED.to_owned(), cause });
        }
        Ok(self.leaves(cluster, pod, places))
    }

    /// The pod is gone without being asked. Answers with what changes of the budgets.
    pub fn lose(&mut self, cluster: &Cluster, pod: &Pod) -> Vec<Edit> {
        if pod.is_terminating() {
            return Vec::new();
        }
        let places = self.places(pod);
        self.ask(&places);
        if !self.is_ready(pod) {
            self.note_unready(cluster, pod);
            return Vec::new();
        }
        self.leaves(cluster, pod, places)
    }

    /// `new` comes in the place of `old`, which stays for now.
    pub fn replaced(&mut self, old: PodId, new: PodId) {
        if let Some(places) = self.out.remove(&old) {
            self.out.insert(new, places);
        }
        if self.unready.remove(&old) {
            self.unready.insert(new);
        }
    }

    /// The pod has found a place. Answers with what changes of the budgets: one that never ran counts from now on.
    pub fn placed(&mut self, cluster: &Cluster, pod: PodId) -> Vec<Edit> {
        let is_new = self.running.insert(pod) && !self.unready.contains(&pod);
        let places = match self.out.remove(&pod) {
            Some(places) => places,
            None if is_new => self.places(cluster.pod(pod)),
            None => Vec::new(),
        };
        self.shift(&places, 1)
    }

    /// The pod's controller deletes it, which no budget forbids. Answers with what changes of the budgets.
    pub fn deleted(&mut self, cluster: &Cluster, pod: &Pod) -> Vec<Edit> {
        if pod.is_terminating() || cluster.node_of(pod.id).is_none() || !self.is_ready(pod) {
            return Vec::new();
        }
        let places = self.places(pod);
        let least: Vec<i64> =
            places.iter().filter_map(|place| self.all.get(*place)).map(|budget| budget.least).collect();
        let edits = self.shift(&places, -1);
        for (place, least) in places.into_iter().zip(least) {
            if let Some(budget) = self.all.get_mut(place) {
                budget.least = least;
            }
        }
        edits
    }

    /// Somebody says how many disruptions the budget allows.
    pub fn allow(&mut self, key: ObjectKey, allowed: i32) {
        for budget in self.all.iter_mut().filter(|budget| budget.key == key) {
            budget.left = i64::from(allowed);
        }
    }

    /// A workload of the namespace is about to get another size.
    pub fn before_resize(&mut self, cluster: &Cluster, namespace: Name) {
        for budget in self.all.iter_mut().filter(|budget| budget.key.namespace == namespace) {
            budget.desired_before = desired(cluster, budget.key);
        }
    }

    /// It has got it. Answers with what changes of the budgets.
    pub fn resized(&mut self, cluster: &Cluster, namespace: Name) -> Vec<Edit> {
        let mut edits = Vec::new();
        for budget in self.all.iter_mut().filter(|budget| budget.key.namespace == namespace) {
            let Some(before) = budget.desired_before.take() else { continue };
            let more = desired(cluster, budget.key).map_or(0, |now| now - before);
            if more == 0 {
                continue;
            }
            budget.left -= more;
            if let Some((_, desired)) = &mut budget.counts {
                *desired += more;
            }
            edits.push(budget.status());
        }
        edits
    }

    /// Pods that are not ready where they came back.
    pub fn unready(&self) -> impl Iterator<Item = PodId> {
        self.unready.iter().copied()
    }

    /// What is to be said of budgets without a status, as far as any of them was asked.
    pub fn not_evaluated(&self) -> impl Iterator<Item = NotEvaluated> {
        self.all.iter().filter(|budget| budget.asked && budget.counted_here).map(|budget| {
            let effect = match budget.counts {
                Some((_, desired)) => {
                    format!("counted as the disruption controller does: {desired} of its pods must stay healthy")
                }
                None => "the size of a controller of its pods is not known: it allows no eviction".to_owned(),
            };
            NotEvaluated::new(format!("PodDisruptionBudget {}", budget.key), "the input has no status of it", effect)
        })
    }

    /// Budgets of which more pods were missing at some moment than they allow, in the order of
    /// namespace and name.
    pub fn broken(&self) -> impl Iterator<Item = ObjectKey> {
        self.all.iter().filter(|budget| budget.least < budget.missing_before).map(|budget| budget.key)
    }

    /// Pods whose status does not tell, and those that were placed here, count as ready.
    fn is_ready(&self, pod: &Pod) -> bool {
        if self.running.contains(&pod.id) {
            return !self.unready.contains(&pod.id);
        }
        pod.own.ready.is_none_or(|ready| ready.status)
    }

    /// A node that does not answer makes its pods unready: elsewhere they are ready again
    /// (upstream pkg/controller/nodelifecycle, MarkPodsNotReady).
    fn note_unready(&mut self, cluster: &Cluster, pod: &Pod) {
        let node = cluster.node_of(pod.id).map(|node| cluster.node(node));
        if !node.is_some_and(is_unreachable) {
            self.unready.insert(pod.id);
        }
    }

    fn ask(&mut self, places: &[usize]) {
        for place in places {
            if let Some(budget) = self.all.get_mut(*place) {
                budget.asked = true;
            }
        }
    }

    fn places(&self, pod: &Pod) -> Vec<usize> {
        let selects = |place: &usize| {
            let selector = self.all.get(*place).and_then(|budget| budget.selector.as_ref());
            selector.is_some_and(|selector| selector.matches(pod.labels()))
        };
        let places = self.of_namespace.get(&pod.key().namespace).map_or(&[][..], Vec::as_slice);
        places.iter().copied().filter(selects).collect()
    }

    fn leaves(&mut self, cluster: &Cluster, pod: &Pod, places: Vec<usize>) -> Vec<Edit> {
        let edits = self.shift(&places, -1);
        if self.is_ready(pod) {
            self.out.insert(pod.id, places);
        } else {
            self.note_unready(cluster, pod);
        }
        edits
    }

    fn shift(&mut self, places: &[usize], by: i64) -> Vec<Edit> {
        let mut edits = Vec::new();
        for place in places {
            let Some(budget) = self.all.get_mut(*place) else { continue };
            budget.left += by;
            budget.least = budget.least.min(budget.left);
            if let Some((healthy, _)) = &mut budget.counts {
                *healthy += by;
            }
            edits.push(budget.status());
        }
        edits
    }
}

impl Budget {
    /// What its controller writes down by now.
    fn status(&self) -> Edit {
        let number = |number: i64| i32::try_from(number.max(0)).unwrap_or(i32::MAX);
        let counts = self.counts.map(|(healthy, desired)| (number(healthy), number(desired)));
        Edit::SetBudgetStatus { budget: self.key, allowed: number(self.left), counts }
    }

    /// Whether a pod that is not ready may go without using up the budget: always by the policy `AlwaysAllow`, and by
    /// `IfHealthyBudget` while enough others are healthy.
    fn lets_unready_go(&self) -> bool {
        self.always_allows_unhealthy || self.counts.is_some_and(|(healthy, desired)| healthy >= desired && desired > 0)
    }
}

/// How many pods of the budget must stay healthy, as its controller counts them; none where it cannot.
fn desired(cluster: &Cluster, key: ObjectKey) -> Option<i64> {
    let budget = cluster.budgets.iter().find(|budget| budget.key == key)?;
    disruption::count(cluster, budget).0.map(|counts| counts.desired.into())
}
