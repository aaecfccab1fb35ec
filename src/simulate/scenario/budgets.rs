//! PodDisruptionBudgets as the eviction API applies them, and how much of them is left.
//!
//! A budget's `disruptionsAllowed` goes down with every pod that leaves, and up again when the pod
//! has found a place: its controller has recreated it, and it runs. Whether a pod is ready is not
//! known here: every pod on a node counts as healthy.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::UpstreamError;
use crate::api::meta::ObjectKey;
use crate::api::selector::Selector;
use crate::decode::pod::PodPhase;
use crate::edit::Edit;
use crate::state::{Cluster, Pod, PodId};

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
}

impl Budgets {
    /// The budgets of `cluster` as they are.
    pub fn new(cluster: &Cluster) -> Self {
        let budgets = cluster.budgets.iter().map(|budget| {
            let left = i64::from(budget.disruptions_allowed);
            Budget { key: budget.key, selector: budget.compiled_selector(), left, least: left }
        });
        Self { all: budgets.collect(), out: FxHashMap::default(), running: FxHashSet::default() }
    }

    /// Budgets that select the pod, in the order of namespace and name.
    pub fn covering(&self, pod: &Pod) -> impl Iterator<Item = ObjectKey> {
        self.places(pod).into_iter().filter_map(|place| self.all.get(place)).map(|budget| budget.key)
    }

    /// Asks the eviction API to let the pod go (upstream pkg/registry/core/pod/storage/eviction.go,
    /// Create, checkAndDecrement). Answers with what changes of the budgets.
    ///
    /// # Errors
    /// Its refusal, in its words.
    pub fn evict(&mut self, pod: &Pod) -> Result<Vec<Edit>, UpstreamError> {
        let pending = pod.own.phase == PodPhase::Pending && !self.running.contains(&pod.id);
        if pending || pod.is_terminating() {
            return Ok(Vec::new());
        }
        let places = self.places(pod);
        if places.len() > 1 {
            return Err(SEVERAL.into());
        }
        if places.iter().filter_map(|place| self.all.get(*place)).any(|budget| budget.left <= 0) {
            return Err(VIOLATED.into());
        }
        Ok(self.leaves(pod.id, places))
    }

    /// The pod is gone without being asked. Answers with what changes of the budgets.
    pub fn lose(&mut self, pod: &Pod) -> Vec<Edit> {
        let places = if pod.is_terminating() { Vec::new() } else { self.places(pod) };
        self.leaves(pod.id, places)
    }

    /// The pod has found a place. Answers with what changes of the budgets.
    pub fn placed(&mut self, pod: PodId) -> Vec<Edit> {
        self.running.insert(pod);
        let places = self.out.remove(&pod).unwrap_or_default();
        self.shift(&places, 1)
    }

    /// Budgets of which more pods were missing at some moment than they allow, in the order of
    /// namespace and name.
    pub fn broken(&self) -> impl Iterator<Item = ObjectKey> {
        self.all.iter().filter(|budget| budget.least < 0).map(|budget| budget.key)
    }

    fn places(&self, pod: &Pod) -> Vec<usize> {
        let key = pod.key();
        let selects = |budget: &Budget| {
            let selector = budget.selector.as_ref();
            budget.key.namespace == key.namespace && selector.is_some_and(|selector| selector.matches(pod.labels()))
        };
        self.all.iter().enumerate().filter(|(_, budget)| selects(budget)).map(|(place, _)| place).collect()
    }

    fn leaves(&mut self, pod: PodId, places: Vec<usize>) -> Vec<Edit> {
        let edits = self.shift(&places, -1);
        self.out.insert(pod, places);
        edits
    }

    fn shift(&mut self, places: &[usize], by: i64) -> Vec<Edit> {
        let mut edits = Vec::new();
        for place in places {
            let Some(budget) = self.all.get_mut(*place) else { continue };
            budget.left += by;
            budget.least = budget.least.min(budget.left);
            let allowed = i32::try_from(budget.left.max(0)).unwrap_or(i32::MAX);
            edits.push(Edit::SetDisruptionsAllowed { budget: budget.key, allowed });
        }
        edits
    }
}
