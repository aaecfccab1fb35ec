//! PodDisruptionBudgets as the eviction API applies them, and how much of them is left.
//!
//! `disruptionsAllowed` goes down with every healthy pod that leaves, and up again when the pod has found a place:
//! its controller has recreated it, and it runs. A pod that was not ready is never counted as healthy, and is taken
//! to be as unready where it comes back, unless it was its node that made it so.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::meta::ObjectKey;
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

/// What is left of every budget.
#[derive(Clone, Debug)]
pub struct Budgets {
    all: Vec<Budget>,
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
    selector: Option<Selector>,
    /// `disruptionsAllowed`; below zero, as many pods are missing.
    left: i64,
    /// The least that was left.
    least: i64,
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
            let left = i64::from(allowed);
            let counts = |BudgetCounts { healthy, desired, .. }: BudgetCounts| (healthy.into(), desired.into());
            Budget {
                key: budget.key,
                selector: budget.eviction_selector(),
                left,
                least: left.min(0),
                counts: counted.map(counts),
                always_allows_unhealthy: budget.always_allows_unhealthy,
                counted_here: !budget.has_status,
                asked: false,
            }
        });
        Self {
            all: budgets.collect(),
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

    /// The pod has found a place. Answers with what changes of the budgets.
    pub fn placed(&mut self, pod: PodId) -> Vec<Edit> {
        self.running.insert(pod);
        let places = self.out.remove(&pod).unwrap_or_default();
        self.shift(&places, 1)
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
        self.all.iter().filter(|budget| budget.least < 0).map(|budget| budget.key)
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
        let key = pod.key();
        let selects = |budget: &Budget| {
            let selector = budget.selector.as_ref();
            budget.key.namespace == key.namespace && selector.is_some_and(|selector| selector.matches(pod.labels()))
        };
        self.all.iter().enumerate().filter(|(_, budget)| selects(budget)).map(|(place, _)| place).collect()
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
            let allowed = i32::try_from(budget.left.max(0)).unwrap_or(i32::MAX);
            edits.push(Edit::SetDisruptionsAllowed { budget: budget.key, allowed });
        }
        edits
    }
}

impl Budget {
    /// Whether a pod that is not ready may go without using up the budget: always by the policy `AlwaysAllow`, and by
    /// `IfHealthyBudget` while enough others are healthy.
    fn lets_unready_go(&self) -> bool {
        self.always_allows_unhealthy || self.counts.is_some_and(|(healthy, desired)| healthy >= desired && desired > 0)
    }
}
