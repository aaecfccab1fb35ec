//! Which of several groups grows (`expander/`). What is drawn is not drawn here: all that tie are named.

use super::estimate::Estimate;
use super::template::Template;
use crate::api::name::Name;
use crate::decode::autoscaling::priorities::Priorities;
use crate::state::Cluster;

/// A group that could grow.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// The group.
    pub group: usize,
    /// How many nodes, for which pods.
    pub estimate: Estimate,
}

/// What the expanders decide by.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    pub(super) cluster: &'a Cluster,
    /// A node label with a price.
    pub(super) price_label: Option<Name>,
    /// Priorities of groups; none where the state does not have them.
    pub(super) priorities: Option<&'a Result<Priorities, String>>,
    /// The ids of the groups.
    pub(super) id: &'a dyn Fn(usize) -> Option<Name>,
    /// Their templates.
    pub(super) template: &'a dyn Fn(usize) -> Option<Template>,
}

/// The options that are left after the expanders named, in this order; more than one are drawn from
/// (`expander/factory/chain.go`). And the expander, if there is one, that decides by what the state does not have: whatever
/// comes behind it is not known.
pub(super) fn best(basis: Basis<'_>, expanders: &[String], options: &[Choice]) -> (Vec<usize>, Option<String>) {
    let mut left: Vec<usize> = (0..options.len()).collect();
    for expander in expanders {
        if left.len() < 2 {
            break;
        }
        let option = |place: usize| options.get(place);
        let kept = match expander.as_str() {
            "least-waste" => minima(&left, |place| waste(basis, option(place)?)),
            "most-pods" => minima(&left, |place| option(place).map(|option| -(option.estimate.pods.len() as f64))),
            "least-nodes" => minima(&left, |place| option(place).map(|option| option.estimate.nodes as f64)),
            "price" if basis.price_label.is_some() => minima(&left, |place| price(basis, option(place)?)),
            "priority" => match basis.priorities {
                Some(Ok(priorities)) => minima(&left, |place| {
                    let id = (basis.id)(option(place)?.group)?;
                    priorities.of(id).map(|priority| -(priority as f64))
                }),
                // What the autoscaler cannot read it ignores.
                Some(Err(_)) => Vec::new(),
                None => return (left, Some(expander.clone())),
            },
            "random" => Vec::new(),
            // A program of the user's, a price list: neither is in the state.
            _ => return (left, Some(expander.clone())),
        };
        if !kept.is_empty() {
            left = kept;
        }
    }
    (left, None)
}

fn minima(places: &[usize], score: impl Fn(usize) -> Option<f64>) -> Vec<usize> {
    let mut best: Option<f64> = None;
    let mut kept = Vec::new();
    for place in places {
        let Some(score) = score(*place) else { continue };
        if best.is_none_or(|best| score < best) {
            best = Some(score);
            kept.clear();
        }
        if best == Some(score) {
            kept.push(*place);
        }
    }
    kept
}

/// What the new nodes cost, by a label of the group's template. Upstream's own price expander has price lists of clouds.
fn price(basis: Basis<'_>, option: &Choice) -> Option<f64> {
    let price: f64 = (basis.template)(option.group)?.built.node.labels.get(basis.price_label?)?.parse().ok()?;
    price.is_finite().then_some(price * option.estimate.nodes as f64)
}

/// The share of CPU plus the share of memory that the pods would leave of the new nodes (expander/waste).
fn waste(basis: Basis<'_>, option: &Choice) -> Option<f64> {
    let node = (basis.template)(option.group)?.built.node;
    let (mut cpu, mut memory) = (0, 0);
    for pod in &option.estimate.pods {
        let requested = &basis.cluster.pod(*pod).class.requests.requested;
        cpu += requested.milli_cpu;
        memory += requested.memory;
    }
    let wasted = |all: i64, used: i64| {
        let all = all.saturating_mul(option.estimate.nodes);
        (all - used) as f64 / all as f64
    };
    Some(wasted(node.capacity.milli_cpu, cpu) + wasted(node.capacity.memory, memory))
}
