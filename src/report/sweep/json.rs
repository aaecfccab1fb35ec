//! `-o json` and `-o yaml` of a sweep, and reading a shard back.
//!
//! The types here are the contract with scripts, and between the shards and who merges them:
//! fields may be added, never removed or renamed.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{Name, ObjectKey};
use crate::framework::NotEvaluated;
use crate::simulate::sweep::{
    Balance, Distribution, FirstUnplaced, Plan, PodTally, RunCounts, Shard, SweepResult, ValueRuns,
};

use super::super::{API_VERSION, Provenance};
use super::pods_of_node;

const KIND: &str = "Sweep";

/// Data that is not that of a sweep.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotASweep {
    /// It says that it is something else.
    #[error("is not a {KIND} of {API_VERSION}")]
    OtherKind,
    /// A field is missing, or has another shape.
    #[error("{0}")]
    Shape(#[from] serde_json::Error),
    /// Its numbers contradict each other.
    #[error("claims {claimed} runs but contains the values of {contained}")]
    Inconsistent {
        /// Runs that it claims.
        claimed: u64,
        /// Runs that it has values of.
        contained: u64,
    },
}

/// Reads what the formats `json` and `yaml` wrote.
///
/// # Errors
/// It is something else.
pub fn read(value: Value) -> std::result::Result<SweepResult, NotASweep> {
    let is = |field: &str, expected: &str| value.get(field).and_then(Value::as_str) == Some(expected);
    if !is("kind", KIND) || !is("apiVersion", API_VERSION) {
        return Err(NotASweep::OtherKind);
    }
    SweepObject::deserialize(value)?.sweep_result()
}

/// The same simulation many times, or a shard of it.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct SweepObject<'a> {
    #[cfg_attr(test, schemars(extend("const" = "kubectl-sched/v1")))]
    api_version: String,
    #[cfg_attr(test, schemars(extend("const" = "Sweep")))]
    kind: String,
    /// Whose scheduler, and how old the state; written from an answer's provenance.
    #[serde(flatten, skip_deserializing)]
    provenance: Option<&'a Provenance>,
    #[serde(default, skip_serializing)]
    kube_version: String,
    #[serde(default, skip_serializing)]
    state: Option<StateObject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strategy: Option<String>,
    /// The runs of the whole sweep, of which the first has this seed.
    runs: u64,
    seed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shard: Option<ShardObject>,
    /// A check sum of state and question; of shards only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// The runs that this counts, and those of them in which every pod is placed.
    completed_runs: u64,
    runs_with_all_placed: u64,
    /// Those in which the API server would not let in a pod of a step of the scenario.
    #[serde(default, skip_serializing_if = "is_zero")]
    runs_with_refused_pods: u64,
    placed: DistributionObject<u64>,
    unplaced: DistributionObject<u64>,
    preempted: DistributionObject<u64>,
    nodes_used: DistributionObject<u64>,
    balance: BalanceObject,
    pods: Vec<PodObject>,
    nodes: Vec<NodeObject>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    violated_budgets: Vec<BudgetObject>,
    /// Steps of the scenario that were refused, in part at least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused_steps: Vec<StepObject>,
    /// Pods that the API server would not let in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusalObject>,
    not_evaluated: Vec<NotEvaluated>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StateObject {
    read_at: String,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ShardObject {
    index: u32,
    count: u32,
}

/// Over the runs that were played; of two values in the middle the median is the lower one.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DistributionObject<T> {
    min: T,
    median: T,
    max: T,
    values: Vec<ValueObject<T>>,
}

/// A value, in how many runs it came about, and the lowest seed of those.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ValueObject<T> {
    value: T,
    #[serde(flatten)]
    seen: ValueRuns,
}

/// Standard deviation of the nodes' utilization, from 0 to 1, to three digits.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BalanceObject {
    cpu: DistributionObject<f64>,
    memory: DistributionObject<f64>,
    pods: DistributionObject<f64>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PodObject {
    pod: ObjectKey,
    /// In how many runs it is placed, and in how many it is not.
    runs_placed: u64,
    runs_unplaced: u64,
    /// Why it is not in the first such run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The seed of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// The nodes it went to, the most frequent first.
    nodes: Vec<OnNodeObject>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OnNodeObject {
    node: Name,
    runs: u64,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NodeObject {
    node: Name,
    /// In how many runs pods went to it.
    runs: u64,
    /// How many; runs in which none did are in `min`, `median` and `max`, and not among the values.
    pods: DistributionObject<u64>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BudgetObject {
    budget: ObjectKey,
    runs: u64,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StepObject {
    step: String,
    runs: u64,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusalObject {
    pod: ObjectKey,
    message: String,
}

impl<'a> SweepObject<'a> {
    pub(super) fn new(sweep_result: &SweepResult, provenance: &'a Provenance) -> Self {
        let SweepResult { plan, tally, .. } = sweep_result;
        let mut nodes: Vec<NodeObject> =
            tally.nodes.iter().map(|(node, pods)| NodeObject::new(*node, pods, tally)).collect();
        nodes.sort_by_key(|node| node.node);
        let mut pods: Vec<PodObject> = tally.pods.iter().map(|(key, pod)| PodObject::new(*key, pod)).collect();
        pods.sort_by_key(|pod| pod.pod);
        let mut violated_budgets: Vec<BudgetObject> =
            tally.violated_budgets.iter().map(|(budget, runs)| BudgetObject { budget: *budget, runs: *runs }).collect();
        violated_budgets.sort_by_key(|budget| budget.budget);
        let mut refused_steps: Vec<StepObject> =
            tally.refused_steps.iter().map(|(step, runs)| StepObject { step: step.clone(), runs: *runs }).collect();
        refused_steps.sort_by(|one, other| one.step.cmp(&other.step));
        let refused = sweep_result.refused.iter();
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            provenance: Some(provenance),
            kube_version: sweep_result.kube_version.clone(),
            state: None,
            strategy: sweep_result.strategy.clone(),
            runs: plan.runs,
            seed: plan.seed,
            shard: plan.shard.map(|Shard { index, of }| ShardObject { index, count: of }),
            fingerprint: sweep_result.question.clone(),
            completed_runs: tally.runs(),
            runs_with_all_placed: tally.whole_runs(),
            runs_with_refused_pods: tally.refusing,
            placed: DistributionObject::new(&tally.placed, count),
            unplaced: DistributionObject::new(&tally.unplaced, count),
            preempted: DistributionObject::new(&tally.preempted, count),
            nodes_used: DistributionObject::new(&tally.nodes_used, count),
            balance: BalanceObject::new(&tally.balance),
            pods,
            nodes,
            violated_budgets,
            refused_steps,
            refused: refused.map(|(pod, message)| RefusalObject { pod: *pod, message: message.clone() }).collect(),
            not_evaluated: sweep_result.not_evaluated.clone(),
        }
    }

    fn sweep_result(self) -> std::result::Result<SweepResult, NotASweep> {
        let nodes = self.nodes.iter().map(|node| (node.node, node.pods.distribution(count)));
        let tally = RunCounts {
            placed: self.placed.distribution(count),
            unplaced: self.unplaced.distribution(count),
            preempted: self.preempted.distribution(count),
            nodes_used: self.nodes_used.distribution(count),
            balance: self.balance.balance(),
            nodes: nodes.collect(),
            pods: self.pods.into_iter().map(|pod| (pod.pod, pod.tally())).collect(),
            violated_budgets: self.violated_budgets.into_iter().map(|budget| (budget.budget, budget.runs)).collect(),
            refused_steps: self.refused_steps.into_iter().map(|step| (step.step, step.runs)).collect(),
            refusing: self.runs_with_refused_pods,
        };
        if tally.runs() != self.completed_runs {
            return Err(NotASweep::Inconsistent { claimed: self.completed_runs, contained: tally.runs() });
        }
        let shard = self.shard.map(|ShardObject { index, count: of }| Shard { index, of });
        Ok(SweepResult {
            kube_version: self.kube_version,
            read_at: self.state.map(|state| state.read_at),
            question: self.fingerprint,
            strategy: self.strategy,
            plan: Plan { seed: self.seed, runs: self.runs, shard },
            tally,
            refused: self.refused.into_iter().map(|refusal| (refusal.pod, refusal.message)).collect(),
            not_evaluated: self.not_evaluated,
        })
    }
}

impl<T: Copy> DistributionObject<T> {
    fn new(distribution: &Distribution, unit: fn(u64) -> T) -> Self {
        let values = distribution.iter().map(|(value, seen)| ValueObject { value: unit(value), seen });
        Self {
            min: unit(distribution.least()),
            median: unit(distribution.median()),
            max: unit(distribution.most()),
            values: values.collect(),
        }
    }

    fn distribution(&self, unit: fn(T) -> u64) -> Distribution {
        let mut distribution = Distribution::default();
        self.values.iter().for_each(|value| distribution.join(unit(value.value), value.seen));
        distribution
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Of counts, which are what they are.
fn count(value: u64) -> u64 {
    value
}

impl BalanceObject {
    fn new(balance: &Balance) -> Self {
        let of = |distribution| DistributionObject::new(distribution, |thousandths| thousandths as f64 / 1000.0);
        Self { cpu: of(&balance.cpu), memory: of(&balance.memory), pods: of(&balance.pods) }
    }

    fn balance(&self) -> Balance {
        let of = |object: &DistributionObject<f64>| object.distribution(|share| (share * 1000.0).round() as u64);
        Balance { cpu: of(&self.cpu), memory: of(&self.memory), pods: of(&self.pods) }
    }
}

impl PodObject {
    fn new(key: ObjectKey, pod: &PodTally) -> Self {
        let first = pod.first_unplaced.as_ref();
        Self {
            pod: key,
            runs_placed: pod.placed(),
            runs_unplaced: pod.unplaced,
            message: first.map(|first| first.message.clone()),
            seed: first.map(|first| first.seed),
            nodes: pod.by_frequency().into_iter().map(|(node, runs)| OnNodeObject { node, runs }).collect(),
        }
    }

    fn tally(self) -> PodTally {
        let nodes: FxHashMap<Name, u64> = self.nodes.into_iter().map(|on| (on.node, on.runs)).collect();
        let first_unplaced = self.message.zip(self.seed).map(|(message, seed)| FirstUnplaced { seed, message });
        PodTally { nodes, unplaced: self.runs_unplaced, first_unplaced }
    }
}

impl NodeObject {
    fn new(node: Name, pods: &Distribution, tally: &RunCounts) -> Self {
        let whole = DistributionObject::new(&pods_of_node(pods, tally.runs()), count);
        let values = whole.values.into_iter().filter(|value| value.value > 0).collect();
        Self { node, runs: pods.runs(), pods: DistributionObject { values, ..whole } }
    }
}
