//! Another rule than the profile's for which of the feasible nodes a pod goes to.
//!
//! What is feasible is kube-scheduler's word, and the same for every strategy; only the choice
//! differs. A pod that is nominated to a node goes there when it fits, whatever the strategy: others
//! were preempted for it.
//!
//! *Load* is how full a node is once the pod is on it: the mean of the shares of its cpu and its
//! memory that are requested. A resource that a node has none of does not count.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::api::Name;
use crate::framework::{NotEvaluated, Placement};
use crate::state::{Cluster, NodeInfo, Pod};

use super::ties::Ties;

/// How the node is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// The best score of the profile: what kube-scheduler does.
    #[default]
    Default,
    /// Any, each as likely.
    Random,
    /// The one that is least loaded.
    LeastLoad,
    /// The one that is most loaded.
    BestFit,
    /// The first in the order of names.
    FirstFit,
    /// The one with the least load for its weight, which is the value of this label.
    WeightedLeastLoad(Name),
}

impl Strategy {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Random => "random",
            Self::LeastLoad => "least-load",
            Self::BestFit => "best-fit",
            Self::FirstFit => "first-fit",
            Self::WeightedLeastLoad(_) => "weighted-least-load",
        }
    }

    /// How ties are broken: a random choice is drawn, with seed 0 where ties are not.
    pub(super) fn draws(self, ties: Ties) -> Ties {
        if self == Self::Random && ties == Ties::First { Ties::seeded(0) } else { ties }
    }

    /// The nodes that are equally good for the pod of `placement`, which fits somewhere, in the
    /// order of names.
    pub(super) fn picks<'p>(self, placement: &'p Placement, cluster: &Cluster) -> Cow<'p, [Name]> {
        if self == Self::Default || placement.nominated_fits.is_some() {
            return Cow::Borrowed(&placement.picks);
        }
        let nodes = placement.feasible().map(|node| cluster.node(node.id));
        Cow::Owned(self.among(nodes, cluster.pod(placement.pod_id)))
    }

    /// Those of the feasible `nodes` that are equally good for `pod`, in their order. The profile's score
    /// is not looked at.
    pub(super) fn among<'n>(self, nodes: impl Iterator<Item = &'n NodeInfo>, pod: &Pod) -> Vec<Name> {
        match self {
            Self::Default | Self::Random => nodes.map(NodeInfo::name).collect(),
            Self::FirstFit => nodes.map(NodeInfo::name).min().into_iter().collect(),
            Self::LeastLoad => least(nodes.map(|node| (node.name(), load(node, pod)))),
            Self::BestFit => least(nodes.map(|node| (node.name(), -load(node, pod)))),
            Self::WeightedLeastLoad(label) => {
                let weight = |node| number(node, label).unwrap_or(1.0);
                least(nodes.map(|node| (node.name(), load(node, pod) / weight(node))))
            }
        }
    }

    /// What the choice does not rest on in this cluster.
    pub fn not_evaluated(self, cluster: &Cluster) -> Option<NotEvaluated> {
        let Self::WeightedLeastLoad(label) = self else { return None };
        let without = cluster.nodes().iter().filter(|node| number(node, label).is_none()).count();
        (without > 0).then(|| {
            NotEvaluated::new(
                format!("weight of {without} of {} nodes", cluster.nodes().len()),
                format!("label {label} is missing or no positive number"),
                "their weight is 1",
            )
        })
    }
}

/// The positive number that a label of a node says.
pub(super) fn number(node: &NodeInfo, label: Name) -> Option<f64> {
    let value: f64 = node.node.labels.get(label)?.as_str().parse().ok()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

/// The load of `node` with `pod` on it.
fn load(node: &NodeInfo, pod: &Pod) -> f64 {
    let (requested, asks, has) = (&node.requested, &pod.class.requests.requested, &node.node.allocatable);
    let share = |used: i64, more: i64, has: i64| (has > 0).then(|| used.saturating_add(more) as f64 / has as f64);
    let shares =
        [share(requested.milli_cpu, asks.milli_cpu, has.milli_cpu), share(requested.memory, asks.memory, has.memory)];
    let (sum, count) = shares.into_iter().flatten().fold((0.0, 0.0), |(sum, count), share| (sum + share, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

fn least(nodes: impl Iterator<Item = (Name, f64)>) -> Vec<Name> {
    let mut lowest = f64::INFINITY;
    let mut names = Vec::new();
    for (name, value) in nodes {
        match value.total_cmp(&lowest) {
            Ordering::Less => {
                lowest = value;
                names = vec![name];
            }
            Ordering::Equal => names.push(name),
            Ordering::Greater => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::requests::RequestGates;
    use crate::api::{Timestamp, name};
    use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
    use crate::decode::{Kind, Object};
    use crate::scheduler::Scheduler;
    use crate::simulate::{Simulation, queue};
    use crate::state::ClusterBuilder;

    /// Nodes by name, cpus, what is requested of them, and weight: where two pods of one cpu go.
    #[track_caller]
    fn case(strategy: Strategy, ties: Ties, nodes: &[(&str, u32, u32, &str)], expected: [Option<&str>; 2]) {
        let mut builder = ClusterBuilder::default();
        let mut add = |kind, object: serde_json::Value| {
            builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
        };
        for (name, cpus, used, weight) in nodes {
            let (cpus, used) = (cpus.to_string(), used.to_string());
            let allocatable = json!({"cpu": cpus, "memory": "8Gi", "pods": "9"});
            add(
                Kind::Node,
                json!({"metadata": {"name": name, "labels": {"weight": weight}}, "status": {"allocatable": allocatable}}),
            );
            let containers = json!([{"resources": {"requests": {"cpu": used, "memory": "1Gi"}}}]);
            add(Kind::Pod, json!({"metadata": {"name": name}, "spec": {"nodeName": name, "containers": containers}}));
        }
        for pod in ["new-1", "new-2"] {
            let containers = json!([{"resources": {"requests": {"cpu": "1"}}}]);
            add(Kind::Pod, json!({"metadata": {"name": pod}, "spec": {"containers": containers}}));
        }
        let mut cluster = builder.build(RequestGates::default());
        let behaviour = Behaviour::new(KubeVersion::NEWEST);
        let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
        let mut pods: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
        queue::sort(&cluster, &mut pods);
        let steps = Simulation::new(&scheduler, &mut cluster, Timestamp(0), ties).following(strategy).run(&pods);
        let places: Vec<_> = steps.iter().map(|step| step.place().map(|place| place.name.as_str())).collect();
        assert_eq!(places, expected);
    }

    #[test]
    fn where_pods_go() {
        let nodes = [("c", 4, 1, "1"), ("b", 4, 2, "1"), ("a", 8, 1, "0.1"), ("d", 4, 4, "9")];
        let (first, weight) = (Ties::First, Strategy::WeightedLeastLoad(name("weight")));
        // d is full: nobody sends a pod there, whatever its weight.
        case(Strategy::LeastLoad, first, &nodes, [Some("a"), Some("a")]);
        case(Strategy::BestFit, first, &nodes, [Some("b"), Some("b")]);
        case(Strategy::FirstFit, first, &nodes, [Some("a"), Some("a")]);
        case(weight, first, &nodes, [Some("c"), Some("b")]);
        // Without a weight, or with none that is a number, a node counts once.
        case(weight, first, &[("a", 4, 2, "many"), ("b", 4, 2, "3")], [Some("b"), Some("b")]);
        // The first is filled before the second is begun.
        case(Strategy::FirstFit, first, &[("b", 4, 0, ""), ("a", 2, 1, "")], [Some("a"), Some("b")]);
        // Equally good nodes: the first in the order of names.
        case(Strategy::LeastLoad, first, &[("b", 4, 1, ""), ("a", 4, 1, "")], [Some("a"), Some("b")]);
        case(Strategy::BestFit, first, &[("a", 1, 1, "")], [None, None]);
        // One seed, one run; a run without a seed is that of seed 0.
        let three = [("a", 9, 0, ""), ("b", 9, 0, ""), ("c", 9, 0, "")];
        case(Strategy::Random, first, &three, [Some("c"), Some("b")]);
        case(Strategy::Random, Ties::seeded(0), &three, [Some("c"), Some("b")]);
    }
}
