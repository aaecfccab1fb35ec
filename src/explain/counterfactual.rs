//! What a node would need to win: where it is behind the best one, and the changes of node or pod
//! that would put it ahead.
//!
//! A change is believed only after the cycle ran on the changed state. What no single change
//! brings is given in points alone.

use serde::Serialize;

use crate::api::Timestamp;
use crate::api::name::{Name, name};
use crate::api::quantity::{Quantity, QuantityFormat};
use crate::api::resources::STANDARD;
use crate::api::taint::{TaintEffect, Toleration, tolerated};
use crate::edit::{Edit, PodChange, Undo};
use crate::framework::{NodePlacement, Placement};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, NodeInfo, Pod, PodId};

use super::attribution::{self, Gap};

/// Cycles that may be run for one node.
const MOST_CYCLES: usize = 48;
/// Pods whose leaving is tried.
const MOST_PODS: usize = 8;
/// The finest step in which an amount is looked for: a part of what is in use.
const PARTS: i64 = 64;

/// A feasible node against the best one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Counterfactual {
    /// The node.
    pub node: Name,
    /// How it stands.
    pub position: Position,
    /// What each plugin contributes to the distance, the largest gap first; positive where the best
    /// node is ahead.
    pub gaps: Vec<Gap>,
    /// Changes after which the node does win, or at least ties, the smallest first.
    pub changes: Vec<WinningChange>,
}

/// How a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "position", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Position {
    /// Nothing is better.
    Wins {
        /// By how many points it is ahead of the next; none where there is no other.
        #[serde(skip_serializing_if = "Option::is_none")]
        points_ahead: Option<i64>,
    },
    /// Others are as good: each is taken with the same chance.
    Ties {
        /// Nodes at that total, this one included.
        tied_nodes: usize,
    },
    /// Others are better.
    Behind {
        /// The best; the first in the order of names where several tie.
        best_node: Name,
        /// By how many points.
        points_behind: i64,
    },
    /// The pod is nominated to another node, which is taken without comparison.
    Nominated {
        /// That node.
        nominated_node: Name,
    },
}

/// A change that was re-run and makes the node the best.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WinningChange {
    /// The edits; mostly one.
    pub steps: Vec<Edit>,
    /// The node's total then.
    pub total: i64,
    /// Nodes that tie with it then, itself included: 1 when it wins alone.
    pub tied_nodes: usize,
}

/// Looks what `node` would need; none when it is not feasible. The pod of `placement` is pending
/// in `cluster`, and the state is as it was when this returns.
pub fn find(
    scheduler: &Scheduler,
    cluster: &mut Cluster,
    placement: &Placement,
    node: Name,
    now: Timestamp,
) -> Option<Counterfactual> {
    let placed = placement.nodes.iter().find(|placed| placed.name == node)?;
    let total = placed.total?;
    let best = placement.nodes.iter().find(|other| other.rank == Some(1))?;
    let points = best.total? - total;
    let position = match placement.nominated_fits {
        Some(to) if to != node => Position::Nominated { nominated_node: to },
        Some(_) => Position::Wins { points_ahead: None },
        None if points > 0 => Position::Behind { best_node: best.name, points_behind: points },
        None if placement.best.len() > 1 => Position::Ties { tied_nodes: placement.best.len() },
        None => Position::Wins { points_ahead: lead(placement, total) },
    };
    let gaps = if points > 0 { attribution::gaps(best, placed) } else { Vec::new() };
    let changes = match position {
        Position::Behind { .. } => Search { scheduler, cluster, pod: placement.pod_id, node, now, cycles: 0 }.changes(),
        Position::Wins { .. } | Position::Ties { .. } | Position::Nominated { .. } => Vec::new(),
    };
    Some(Counterfactual { node, position, gaps, changes })
}

fn lead(placement: &Placement, total: i64) -> Option<i64> {
    let others = placement.feasible().filter_map(|node: &NodePlacement| node.total).filter(|other| *other < total);
    others.max().map(|next| total - next)
}

struct Search<'a> {
    scheduler: &'a Scheduler,
    cluster: &'a mut Cluster,
    pod: PodId,
    node: Name,
    now: Timestamp,
    cycles: usize,
}

impl Search<'_> {
    fn changes(mut self) -> Vec<WinningChange> {
        let Some(info) = self.cluster.node_named(self.node).cloned() else { return Vec::new() };
        let pod = self.cluster.pod(self.pod).clone();
        let comparisons = self.scheduler.behaviour().gates.taint_toleration_comparison_operators;
        let mut candidates = of_taints(&pod, &info, comparisons);
        candidates.extend(of_labels(&pod, &info));
        let mut changes: Vec<WinningChange> = candidates.into_iter().filter_map(|steps| self.prove(steps)).collect();
        for (resource, used) in [(STANDARD.cpu, info.requested.milli_cpu), (STANDARD.memory, info.requested.memory)] {
            changes.extend(self.least_freed(resource, used));
        }
        changes.extend(self.leaving(&pod, &info));
        changes
    }

    /// The change, if the node is among the best with it.
    fn prove(&mut self, steps: Vec<Edit>) -> Option<WinningChange> {
        if self.cycles >= MOST_CYCLES {
            return None;
        }
        self.cycles += 1;
        let gates = self.scheduler.behaviour().request_gates();
        let undos = Edit::apply_all(&steps, self.cluster, gates).ok()?;
        let after = self.scheduler.decide(self.cluster, self.pod, self.now);
        Undo::all(undos, self.cluster);
        let total = after.nodes.iter().find(|node| node.name == self.node)?.total?;
        after.picks.contains(&self.node).then_some(WinningChange { steps, total, tied_nodes: after.picks.len() })
    }

    /// The smallest part of what pods of the node hold that would have to be free. More room is
    /// not always better to every scoring strategy, so the search stops where it no longer is.
    fn least_freed(&mut self, resource: Name, used: i64) -> Option<WinningChange> {
        if used <= 0 {
            return None;
        }
        let mut best = self.prove(self.free(resource, used))?;
        let (mut too_little, mut enough) = (0, PARTS);
        while enough - too_little > 1 {
            let middle = i64::midpoint(too_little, enough);
            let amount = i64::try_from(i128::from(used) * i128::from(middle) / i128::from(PARTS)).unwrap_or(used);
            match self.prove(self.free(resource, amount)) {
                Some(change) => {
                    best = change;
                    enough = middle;
                }
                None => too_little = middle,
            }
        }
        Some(best)
    }

    /// An amount that can be read: cpu in steps of 10m, memory in steps of 1Mi, rounded up.
    fn free(&self, resource: Name, amount: i64) -> Vec<Edit> {
        const MEBI: i64 = 1 << 20;
        let up = |unit: i64| amount.saturating_add(unit - 1) / unit * unit;
        let amount = if resource == STANDARD.cpu {
            Quantity::from_milli(up(10))
        } else {
            Quantity::from_value(up(MEBI), QuantityFormat::BinarySI)
        };
        vec![Edit::FreeResource { node: self.node, resource, amount }]
    }

    /// Pods of the node without which it would win: those that are like the pod come first.
    fn leaving(&mut self, pod: &Pod, info: &NodeInfo) -> Vec<WinningChange> {
        let mut others: Vec<&Pod> = info.pods.iter().map(|id| self.cluster.pod(*id)).collect();
        others
            .retain(|other| other.own.controller.is_none_or(|owner| owner.kind != "DaemonSet" && owner.kind != "Node"));
        others.sort_by_key(|other| {
            let equal = other.own.key.namespace == pod.own.key.namespace && other.own.labels == pod.own.labels;
            (!equal, other.priority(), other.key())
        });
        let keys: Vec<_> = others.iter().take(MOST_PODS).map(|other| other.key()).collect();
        keys.into_iter().find_map(|pod| self.prove(vec![Edit::Evict { pod }])).into_iter().collect()
    }
}

/// A `PreferNoSchedule` taint costs points: without it, or tolerated.
fn of_taints(pod: &Pod, info: &NodeInfo, comparisons: bool) -> Vec<Vec<Edit>> {
    let tolerations = &pod.spec().tolerations;
    let costly = info.node.taints.iter().filter(|taint| taint.effect == TaintEffect::PreferNoSchedule);
    costly
        .filter(|taint| !tolerated(tolerations, taint, comparisons))
        .flat_map(|taint| {
            let value = Some(taint.value).filter(|value| !value.is_empty());
            let toleration = Toleration {
                key: Some(taint.key),
                operator: Some(name(if value.is_some() { "Equal" } else { "Exists" })),
                value,
                effect: Some(name(taint.effect.as_str())),
                toleration_seconds: None,
            };
            let changes = vec![PodChange::Tolerate { toleration }];
            [
                vec![Edit::PatchPod { pod: pod.key(), changes }],
                vec![Edit::RemoveTaint { node: info.name(), taint: *taint }],
            ]
        })
        .collect()
}

/// Labels that a preferred term wants and the node lacks. Those of Kubernetes tell what a node is,
/// and are not for anybody to set.
fn of_labels(pod: &Pod, info: &NodeInfo) -> Vec<Vec<Edit>> {
    let labels = &info.node.labels;
    let mut preferred: Vec<_> = pod.spec().preferred_node_affinity().iter().collect();
    preferred.sort_by_key(|term| std::cmp::Reverse(term.weight));
    preferred
        .into_iter()
        .filter_map(|term| {
            let mut edits = Vec::new();
            for wanted in &term.preference.match_expressions {
                let has = labels.get(wanted.key);
                let value = match wanted.operator.as_str() {
                    "In" if has.is_none_or(|value| !wanted.values.contains(&value)) => {
                        wanted.values.first().copied()?
                    }
                    "Exists" if has.is_none() => Name::default(),
                    "In" | "Exists" => continue,
                    _ => return None,
                };
                if wanted.key.contains("kubernetes.io/") {
                    return None;
                }
                edits.push(Edit::LabelNode { node: info.name(), key: wanted.key, value });
            }
            (!edits.is_empty()).then_some(edits)
        })
        .collect()
}
