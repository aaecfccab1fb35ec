//! The outcome of many runs: counts only, so that parts add up to the whole in any order.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::api::{Name, ObjectKey};
use crate::state::Cluster;

use super::super::measures::{Measures, Shares, used};
use super::super::scenario::{ScenarioRun, StepReport};
use super::super::state_summary::StateSummary;
use super::super::step::Outcome;
use super::distribution::Distribution;

/// The outcome of many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Pods that went to a node.
    pub placed: Distribution,
    /// Pods that stay pending.
    pub unplaced: Distribution,
    /// Pods that were preempted for others.
    pub preempted: Distribution,
    /// Nodes with a pod at the end.
    pub nodes_used: Distribution,
    /// Standard deviation of the nodes' utilization at the end, in thousandths.
    pub balance: Balance,
    /// What became of each pod that needed a place in any run.
    pub pods: FxHashMap<ObjectKey, PodTally>,
    /// The nodes that pods went to in any run, and how many in those in which any did.
    pub nodes: FxHashMap<Name, Distribution>,
    /// PodDisruptionBudgets that were overrun, and in how many runs.
    pub violated_budgets: FxHashMap<ObjectKey, u64>,
    /// Steps of the scenario that were refused, in part at least, and in how many runs.
    pub refused_steps: FxHashMap<String, u64>,
    /// In how many runs the API server would not let in a pod of a step.
    pub refusing: u64,
}

/// Thousandths of cpu, memory and pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Of CPU.
    pub cpu: Distribution,
    /// Of memory.
    pub memory: Distribution,
    /// Of pods.
    pub pods: Distribution,
}

/// What became of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodTally {
    /// The nodes it went to, and in how many runs.
    pub nodes: FxHashMap<Name, u64>,
    /// In how many runs it went nowhere.
    pub unplaced: u64,
    /// Why it went nowhere in the first such run.
    pub first_unplaced: Option<FirstUnplaced>,
}

/// Why a pod went nowhere in the run with the lowest seed in which it did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FirstUnplaced {
    /// The seed of the run.
    pub seed: u64,
    /// What kube-scheduler says.
    pub message: String,
}

impl RunCounts {
    /// Counts the run with `seed`, which began with `before` and ended in `cluster`.
    pub fn add(&mut self, seed: u64, before: &StateSummary, run: &ScenarioRun, cluster: &Cluster) {
        let mut by_node: FxHashMap<Name, u64> = FxHashMap::default();
        let (mut placed, mut unplaced, mut preempted) = (0, 0, 0);
        for step in &run.steps {
            preempted += u64::from(!step.evictions.is_empty());
            let pod = self.pods.entry(step.pod).or_default();
            match &step.outcome {
                Outcome::Placed(place) => {
                    placed += 1;
                    *by_node.entry(place.name).or_default() += 1;
                    *pod.nodes.entry(place.name).or_default() += 1;
                }
                Outcome::Unplaced(why) => {
                    unplaced += 1;
                    pod.unplaced += 1;
                    if pod.first_unplaced.as_ref().is_none_or(|first| seed < first.seed) {
                        pod.first_unplaced = Some(FirstUnplaced { seed, message: why.message.clone() });
                    }
                }
            }
        }
        self.placed.add(placed, seed);
        self.unplaced.add(unplaced, seed);
        self.preempted.add(preempted, seed);
        for (node, pods) in by_node {
            self.nodes.entry(node).or_default().add(pods, seed);
        }
        self.nodes_used.add(used(cluster).count() as u64, seed);
        self.balance.add(Measures::of(cluster, before.typical).balance, seed);
        for budget in &run.violated_budgets {
            *self.violated_budgets.entry(*budget).or_default() += 1;
        }
        self.refusing += u64::from(run.reports.iter().any(|report| !report.not_created.is_empty()));
        let is_refused = |report: &&StepReport| !report.refused.is_empty() || !report.not_created.is_empty();
        for report in run.reports.iter().filter(is_refused) {
            *self.refused_steps.entry(report.said.clone()).or_default() += 1;
        }
    }

    /// Counts all runs of `other`.
    pub fn merge(&mut self, other: Self) {
        self.placed.merge(&other.placed);
        self.unplaced.merge(&other.unplaced);
        self.preempted.merge(&other.preempted);
        self.nodes_used.merge(&other.nodes_used);
        self.balance.merge(&other.balance);
        for (key, pod) in other.pods {
            self.pods.entry(key).or_default().merge(pod);
        }
        for (node, pods) in &other.nodes {
            self.nodes.entry(*node).or_default().merge(pods);
        }
        add_all(&mut self.violated_budgets, other.violated_budgets);
        add_all(&mut self.refused_steps, other.refused_steps);
        self.refusing = self.refusing.saturating_add(other.refusing);
    }

    /// How many runs were counted.
    pub fn runs(&self) -> u64 {
        self.placed.runs()
    }

    /// In how many runs every pod went to a node.
    pub fn whole_runs(&self) -> u64 {
        self.unplaced.with(0).map_or(0, |seen| seen.runs)
    }
}

impl Balance {
    fn add(&mut self, shares: Shares, seed: u64) {
        let thousandths = |share: f64| (share * 1000.0).round() as u64;
        self.cpu.add(thousandths(shares.cpu), seed);
        self.memory.add(thousandths(shares.memory), seed);
        self.pods.add(thousandths(shares.pods), seed);
    }

    fn merge(&mut self, other: &Self) {
        self.cpu.merge(&other.cpu);
        self.memory.merge(&other.memory);
        self.pods.merge(&other.pods);
    }
}

impl PodTally {
    /// In how many runs it went to a node.
    pub fn placed(&self) -> u64 {
        self.nodes.values().fold(0, |sum, runs| sum.saturating_add(*runs))
    }

    /// In how many runs it needed a place.
    pub fn runs(&self) -> u64 {
        self.placed().saturating_add(self.unplaced)
    }

    /// The nodes it went to, the most frequent first.
    pub fn by_frequency(&self) -> Vec<(Name, u64)> {
        let mut nodes: Vec<(Name, u64)> = self.nodes.iter().map(|(node, runs)| (*node, *runs)).collect();
        nodes.sort_by_key(|(node, runs)| (Reverse(*runs), *node));
        nodes
    }

    fn merge(&mut self, other: Self) {
        add_all(&mut self.nodes, other.nodes);
        self.unplaced = self.unplaced.saturating_add(other.unplaced);
        self.first_unplaced = [self.first_unplaced.take(), other.first_unplaced].into_iter().flatten().min();
    }
}

fn add_all<K: std::hash::Hash + Eq>(counts: &mut FxHashMap<K, u64>, more: FxHashMap<K, u64>) {
    for (key, runs) in more {
        let count = counts.entry(key).or_default();
        *count = count.saturating_add(runs);
    }
}
