//! The nodes that the Cluster Autoscaler and Karpenter added during a simulation.

use serde::Serialize;

use crate::api::{Name, ObjectKey};
use crate::node_groups::cluster_autoscaler::short;
use crate::node_groups::karpenter::Instance;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{count, list};
use crate::report::words::new_nodes;
use crate::simulate::autoscale::{Autoscaled, Left, PoolScaleUp, ScaleUp};

/// Groups that are named.
const NAMED: usize = 2;

/// The section.
pub(super) fn render(screen: &mut Screen, autoscaled: &Autoscaled) {
    screen.heading("NODES ADDED", &basis(autoscaled));
    let mut grid = Grid::default();
    for (group, text) in lines(autoscaled) {
        grid.row(Label::Fits, vec![group, text]);
    }
    screen.grid(&grid);
    for text in nothing(autoscaled) {
        screen.paragraph(Label::Plain, text);
    }
    for text in left(autoscaled) {
        screen.paragraph(Label::Plain, &text);
    }
    for note in &autoscaled.notes {
        screen.paragraph(Label::Warning, note);
    }
}

/// By whose rules.
pub(in crate::report) fn basis(autoscaled: &Autoscaled) -> String {
    match (autoscaled.by_autoscaler, autoscaled.by_karpenter) {
        (true, true) => "by the rules of the Cluster Autoscaler and of Karpenter",
        (true, false) => "by the Cluster Autoscaler's rules; new nodes are like its templates",
        (false, _) if autoscaled.is_priced() => "by Karpenter's rules; the cheapest instance type that fits",
        (false, _) => "by Karpenter's rules; the smallest instance type that fits",
    }
    .to_owned()
}

/// Why the pods that are left get no node: a line for each reason.
pub(in crate::report) fn left(autoscaled: &Autoscaled) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<ObjectKey>)> = Vec::new();
    for left in &autoscaled.left {
        let run = autoscaled.last_loop.as_ref();
        let of_groups = run.and_then(|run| Some(new_nodes::fate(run, run.pods.get(&left.id)?)));
        let of_pools = left.outcome.map(|outcome| of_pools(left, outcome));
        let why: Vec<String> = of_groups.into_iter().chain(of_pools).collect();
        let why = why.join("; ");
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, pods)) => pods.push(left.pod),
            None => reasons.push((why, vec![left.pod])),
        }
    }
    let line = |(why, pods): (String, Vec<ObjectKey>)| match pods.as_slice() {
        [only] => format!("No node for {only}: {why}"),
        all => {
            let names: Vec<String> = all.iter().map(ToString::to_string).collect();
            format!("No node for {} ({}): {why}", count(all.len(), "pod"), list(&names, NAMED))
        }
    };
    reasons.into_iter().filter(|(why, _)| !why.is_empty()).map(line).collect()
}

fn of_pools(left: &Left, outcome: &str) -> String {
    let node = left.expected_on.unwrap_or_default();
    match outcome {
        "failed" | "invalid" if !left.refusals.is_empty() => {
            let by_pool = left.refusals.iter().map(|(pool, why)| match pool.as_str() {
                "" => format!("Karpenter: {why}"),
                pool => format!("NodePool {pool}: {why}"),
            });
            by_pool.collect::<Vec<_>>().join("; ")
        }
        "existing-node" => {
            format!("Karpenter expects it on node {node}, which kube-scheduler refuses, so it adds none")
        }
        "in-flight" => format!("Karpenter expects it on {node}, which is under way and not ready in this state"),
        "unknown" => "not known: Karpenter may have an instance type that this state does not show".to_owned(),
        outcome => new_nodes::karpenter_fate(outcome, None),
    }
}

/// Who adds nothing at all.
pub(in crate::report) fn nothing(autoscaled: &Autoscaled) -> impl Iterator<Item = &'static str> {
    let groups = autoscaled.by_autoscaler && autoscaled.scale_ups.is_empty();
    let pools = autoscaled.by_karpenter && autoscaled.launches.is_empty();
    let groups = groups.then_some("No node group grows.");
    groups.into_iter().chain(pools.then_some("Karpenter adds no node."))
}

/// A line for each group and pool that grew.
pub(in crate::report) fn lines(autoscaled: &Autoscaled) -> Vec<(String, String)> {
    let under_way = autoscaled.under_way.iter().map(|it| {
        let (nodes, pods) = (count(it.nodes.len(), "node"), count(it.placed, "pod"));
        (short(&it.maker).to_owned(), format!("{nodes} under way already: {pods} placed"))
    });
    let groups = autoscaled.scale_ups.iter().map(|it| (short(&it.group).to_owned(), group_words(it)));
    let pools = autoscaled.launches.iter().map(|it| (it.instance.pool.to_string(), pool_words(it)));
    under_way.chain(groups).chain(pools).collect()
}

/// How far a group grew, for how many pods.
fn group_words(scale_up: &ScaleUp) -> String {
    let ScaleUp { from, to, max, placed, as_good, undecided_by, .. } = scale_up;
    let pods = count(*placed, "pod");
    let as_good: Vec<&str> = as_good.iter().map(|id| short(id)).collect();
    let drawn = match (as_good.as_slice(), undecided_by) {
        ([], _) => String::new(),
        (others, None) => format!("; {} could grow instead: the autoscaler draws at random", list(others, NAMED)),
        (others, Some(expander)) => {
            format!("; or {}: expander {expander} decides by what this state does not have", list(others, NAMED))
        }
    };
    format!("from {from} to {to} (maximum {max}): {pods} placed{drawn}")
}

/// Which nodes of a pool, for how many pods.
fn pool_words(launch: &PoolScaleUp) -> String {
    let Instance { instance_type, zone, capacity_type, price, other_types, .. } = &launch.instance;
    let nodes = count(launch.nodes.len(), "node");
    let zone = zone.map(|zone| format!(" in {zone}"));
    let place = capacity_type.map(|it| format!(", {it}")).into_iter().chain(zone).collect::<String>();
    let price = match price {
        Some(price) if launch.nodes.len() > 1 => format!(", price {price} each"),
        Some(price) => format!(", price {price}"),
        None => String::new(),
    };
    let others = match other_types {
        0 => String::new(),
        1 => "; 1 other instance type fits, too".to_owned(),
        others => format!("; {others} other instance types fit, too"),
    };
    let pods = count(launch.placed, "pod");
    format!("{nodes} {instance_type}{place}{price}: {pods} placed{others}")
}

/// Nodes that were under way before.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct UnderWayObject<'a> {
    /// The id of the node group, or the name of the NodePool.
    group: Name,
    nodes: &'a [Name],
    /// Pods that are on them at the end.
    placed: usize,
}

impl<'a> UnderWayObject<'a> {
    pub(super) fn all(autoscaled: &'a Autoscaled) -> Vec<Self> {
        let all = autoscaled.under_way.iter();
        all.map(|it| Self { group: it.maker, nodes: &it.nodes, placed: it.placed }).collect()
    }
}

/// A group that grew.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct ScaleUpObject<'a> {
    /// Which loop of the autoscaler, from 1.
    round: usize,
    group: Name,
    from: i64,
    to: i64,
    max: i64,
    nodes: &'a [Name],
    /// Groups that are as good for the expander; the real autoscaler draws one.
    #[serde(skip_serializing_if = "<[Name]>::is_empty")]
    alternatives: &'a [Name],
    /// Pods that are on the new nodes at the end.
    placed: usize,
}

impl<'a> ScaleUpObject<'a> {
    pub(super) fn all(autoscaled: &'a Autoscaled) -> Vec<Self> {
        let scale_ups = autoscaled.scale_ups.iter();
        scale_ups
            .map(|it| Self {
                round: it.round,
                group: it.group,
                from: it.from,
                to: it.to,
                max: it.max,
                nodes: &it.nodes,
                alternatives: &it.as_good,
                placed: it.placed,
            })
            .collect()
    }
}

/// Nodes of one NodePool that are alike.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeClaimsObject<'a> {
    /// Which round of Karpenter, from 1.
    round: usize,
    node_pool: Name,
    instance_type: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_type: Option<Name>,
    /// What one node costs, as the catalogue has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<f64>,
    /// How many other instance types each NodeClaim allows; the provider chooses.
    other_instance_types: usize,
    nodes: &'a [Name],
    /// Pods that are on the new nodes at the end.
    placed: usize,
}

impl<'a> NodeClaimsObject<'a> {
    pub(super) fn all(autoscaled: &'a Autoscaled) -> Option<Vec<Self>> {
        let launches = autoscaled.launches.iter();
        let all = launches.map(|it| Self {
            round: it.round,
            node_pool: it.instance.pool,
            instance_type: it.instance.instance_type,
            zone: it.instance.zone,
            capacity_type: it.instance.capacity_type,
            price: it.instance.price,
            other_instance_types: it.instance.other_types,
            nodes: &it.nodes,
            placed: it.placed,
        });
        autoscaled.by_karpenter.then(|| all.collect())
    }
}
